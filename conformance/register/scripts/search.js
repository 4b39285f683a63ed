// The search over the register's small index; without it the plain list says the same. ES2018.
"use strict";
(() => {
  const MOST = 100;
  const place = document.getElementById("search");
  const list = document.getElementById("list");
  if (!place || !list) return;
  const body = list.tBodies[0];
  const plain = Array.from(body.rows);
  const pages = document.querySelector(".pages");
  const [words, ofClass, status, found] = ["q", "q-class", "q-status", "found"].map((id) => document.getElementById(id));
  const headlines = named(status);
  const classNames = named(ofClass);
  let index = null;

  function named(select) {
    const names = {};
    for (const option of select.options) names[option.value] = option.textContent;
    return names;
  }

  function folded(text) {
    return text.normalize("NFKC").toLowerCase();
  }

  async function read() {
    const answer = await fetch(place.dataset.index, { credentials: "omit" });
    if (!answer.ok) throw new Error(String(answer.status));
    const value = await answer.json();
    return value.rows.map(([number, product, vendor, version, classes, word, ended]) => {
      const names = classes.map((one) => value.classes[one]);
      return { number, product, vendor, version, names, word, ended, text: folded([number, product, vendor, version].join("\n")) };
    });
  }

  function cell(row, kind, ...parts) {
    const made = row.appendChild(document.createElement(kind));
    made.append(...parts);
    return made;
  }

  function element(kind, text, style) {
    const made = document.createElement(kind);
    made.textContent = text;
    if (style) made.className = style;
    return made;
  }

  /** A text that hides nothing, as the build writes it into pages. */
  function seen(text) {
    return text.replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\p{Zl}\p{Zp}]/gu, (one) => `〔U+${one.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}〕`);
  }

  function drawn(one) {
    const row = document.createElement("tr");
    const link = element("a", one.number);
    link.href = `${one.number}.html`;
    cell(row, "th", link).scope = "row";
    cell(row, "td", element("bdi", seen(one.product)), " ", element("bdi", seen(one.version), "m"));
    cell(row, "td", element("bdi", seen(one.vendor)));
    cell(row, "td", ...one.names.map((name) => element("span", classNames[name] || seen(name), "c"))).className = "m";
    const ended = cell(row, "td", one.ended);
    ended.className = "num";
    ended.dataset.label = list.tHead.rows[0].cells[4].textContent;
    cell(row, "td", element("span", headlines[one.word] || one.word, `b w-${one.word}`));
    return row;
  }

  function show(rows, text) {
    body.replaceChildren(...rows);
    list.hidden = !rows.length;
    found.textContent = text;
    if (pages) pages.hidden = rows !== plain;
  }

  async function search() {
    const asked = folded(words.value).split(/\s+/u).filter(Boolean);
    if (!asked.length && !ofClass.value && !status.value) return show(plain, "");
    if (!index) index = read();
    let all;
    try {
      all = await index;
    } catch (error) {
      index = null;
      return show(plain, place.dataset.unread);
    }
    const hits = all.filter(
      (one) =>
        asked.every((word) => one.text.includes(word)) &&
        (!ofClass.value || one.names.includes(ofClass.value)) &&
        (!status.value || one.word === status.value)
    );
    const template = hits.length ? (hits.length > MOST ? place.dataset.shown : place.dataset.found) : place.dataset.nothing;
    return show(hits.slice(0, MOST).map(drawn), template.replace("{n}", hits.length).replace("{shown}", MOST));
  }

  place.hidden = false;
  words.addEventListener("input", search);
  ofClass.addEventListener("change", search);
  status.addEventListener("change", search);
})();
