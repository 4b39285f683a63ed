(function () {
  "use strict";
  var list = Array.prototype.slice;
  var all = function (query) { return list.call(document.querySelectorAll(query)); };
  var at = function (id) { return document.getElementById(id); };
  var rows = all("details.f");
  var words = [];
  var form = at("filter");
  form.hidden = false;

  // Options, placeholders and the title cannot hold markup: they carry both texts as attributes.
  function speak() {
    var key = at("lang-en").checked ? "e" : "z";
    all("[data-z]").forEach(function (node) {
      var text = node.getAttribute("data-" + key);
      if (node.tagName === "INPUT") { node.placeholder = text; } else { node.textContent = text; }
    });
  }

  function filter() {
    var verdicts = all(".chip[aria-pressed=true]").map(function (chip) { return chip.dataset.verdict; });
    var group = at("by-class").value, dataset = at("by-dataset").value;
    var text = at("by-text").value.trim().toLowerCase();
    var shown = 0;
    rows.forEach(function (row, index) {
      var fits = (!verdicts.length || verdicts.indexOf(row.dataset.v) >= 0) &&
        (!group || row.dataset.c === group) && (!dataset || row.dataset.d === dataset);
      if (fits && text) {
        if (words[index] === undefined) { words[index] = row.textContent.toLowerCase(); }
        fits = words[index].indexOf(text) >= 0;
      }
      row.hidden = !fits;
      shown += fits ? 1 : 0;
    });
    at("shown").textContent = shown.toLocaleString("en");
    at("nothing").hidden = shown > 0 || !rows.length;
  }

  function follow() {
    var row = null;
    try { row = at(decodeURIComponent(location.hash.slice(1))); } catch (error) { return; }
    if (!row || row.className.indexOf("f ") !== 0) { return; }
    if (row.hidden) { form.reset(); row.hidden = false; }
    row.open = true;
    row.scrollIntoView();
  }

  all(".chip").forEach(function (chip) {
    chip.addEventListener("click", function () {
      chip.setAttribute("aria-pressed", String(chip.getAttribute("aria-pressed") !== "true"));
      filter();
    });
  });
  form.addEventListener("input", filter);
  form.addEventListener("submit", function (event) { event.preventDefault(); });
  form.addEventListener("reset", function () {
    all(".chip").forEach(function (chip) { chip.setAttribute("aria-pressed", "false"); });
    setTimeout(filter);
  });
  [["open-all", true], ["close-all", false]].forEach(function (pair) {
    at(pair[0]).addEventListener("click", function () {
      rows.forEach(function (row) { if (!row.hidden) { row.open = pair[1]; } });
    });
  });
  all("input[name=language]").forEach(function (radio) { radio.addEventListener("change", speak); });
  addEventListener("hashchange", follow);
  addEventListener("beforeprint", function () {
    rows.forEach(function (row) { if (row.dataset.v !== "pass" && row.dataset.v !== "not-applicable") { row.open = true; } });
  });
  if (/[?&]lang=en\b/.test(location.search)) { at("lang-en").checked = true; }
  speak();
  filter();
  follow();
})();
