// The offline verifier page: files are read here, and nothing leaves this machine. ES2018.
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const LIMIT = 32 << 20;
  const ENTRIES_LIMIT = 512 << 20;
  const files = {};
  let language = "zh";
  let shown = null;
  let turn = 0;

  const $ = (id) => document.getElementById(id);
  const texts = () => data.texts[language];
  const say = (id, params) => LubiaoTelling.say(texts(), id, params || {});

  function element(kind, text) {
    const made = document.createElement(kind);
    made.textContent = text;
    return made;
  }

  function row(label, ...cells) {
    const made = document.createElement("tr");
    const head = element("th", label);
    head.scope = "row";
    made.append(head, ...cells.map((text) => element("td", text)));
    return made;
  }

  function speak() {
    document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
    for (const one of document.querySelectorAll("[data-t]")) one.textContent = say(one.dataset.t);
    $("lang").textContent = say("register.other-language");
    $("lang").lang = language === "zh" ? "en" : "zh-CN";
    const keys = data.keys.keys.map((key) =>
      row(key.id, key.algorithm, key.uses.map((use) => say(`register.use.${use}`)).join(language === "zh" ? "、" : ", "), LubiaoTelling.visible(key.owner))
    );
    $("keys").replaceChildren(...keys);
    $("keyset").replaceChildren(...Object.keys(data.keysDigest).flatMap((name) => [element("dt", name), element("dd", data.keysDigest[name])]));
    draw();
  }

  function draw() {
    if (!shown) return;
    const place = $("result");
    place.className = `verdict w-${shown.word || "none"}`;
    const word = shown.word === "valid" && data.keys.kind === "test" ? "test" : shown.word;
    $("word").textContent = word ? say(`register.word.${word}`) : "";
    $("sentence").removeAttribute("data-t");
    $("sentence").textContent = LubiaoTelling.visible(say(shown.id, shown.params));
    $("code").textContent = shown.word ? say("register.offline.code", { code: data.codes[shown.word] }) : "";
    const facts = shown.certificate ? LubiaoTelling.facts(shown.certificate, shown.status) : [];
    $("facts").hidden = !facts.length;
    $("facts").tBodies[0].replaceChildren(...facts.map(([name, told]) => row(say(`verify.fact.${name}`), LubiaoTelling.fact(texts(), told))));
  }

  /** A problem of what was handed in: nothing was verified. */
  class Unusable extends Error {}

  async function content(name) {
    const file = files[name];
    if (!file) return undefined;
    if (file.size > (name === "entries" ? ENTRIES_LIMIT : LIMIT)) throw new Unusable("register.offline.large");
    return new Uint8Array(await file.arrayBuffer());
  }

  function lines(bytes) {
    const found = [];
    for (let start = 0, end; (end = bytes.indexOf(10, start)) >= 0; start = end + 1) found.push(bytes.subarray(start, end));
    return found;
  }

  function instant(text) {
    try {
      return text ? LubiaoForm.instant(text) : Date.now();
    } catch (error) {
      throw new Unusable("register.offline.at.bad");
    }
  }

  function checkpointText(bytes) {
    try {
      const text = LubiaoForm.textOf(bytes);
      LubiaoProof.readCheckpoint(text);
      return text;
    } catch (error) {
      throw new Unusable("register.offline.checkpoint.bad");
    }
  }

  async function verified() {
    const certificate = await content("certificate");
    if (!certificate) return { id: "register.offline.waiting" };
    if (LubiaoForm.hex(certificate.slice(0, 4)) === "25504446") throw new Unusable("register.offline.pdf");
    const asked = {};
    for (const name of ["product", "vendor", "version", "build"]) asked[name] = $(name).value.trim();
    const given = { keys: data.keys, schema: data.schema, now: instant($("at").value.trim()), asked, status: await content("status") };
    const checkpoint = await content("checkpoint");
    const entries = await content("entries");
    if (checkpoint) given.checkpoint = checkpointText(checkpoint);
    if (entries) given.entries = lines(entries);
    return Lubiao.verify(certificate, given);
  }

  async function verify() {
    const mine = (turn += 1);
    delete $("result").dataset.word; // what stood there is of other files
    shown = { id: "register.check.running" };
    draw();
    let found;
    try {
      found = await verified();
    } catch (error) {
      found = { id: error instanceof Unusable ? error.message : "register.offline.ours" };
    }
    if (mine !== turn) return;
    shown = found;
    draw();
    $("result").dataset.word = shown.word || "none";
  }

  const KINDS = [
    ["entries", /\.jsonl$/i],
    ["status", /status.*\.json$/i],
    ["certificate", /\.(json|pdf)$/i],
    ["checkpoint", /./],
  ];

  function take(list) {
    for (const file of list) {
      const [name] = KINDS.find((kind) => kind[1].test(file.name));
      files[name] = file;
      const holder = new DataTransfer();
      holder.items.add(file);
      $(name).files = holder.files;
    }
    verify();
  }

  for (const [name] of KINDS) {
    $(name).addEventListener("change", () => {
      files[name] = $(name).files[0];
      verify();
    });
  }
  $("verify").addEventListener("click", verify);
  $("lang").addEventListener("click", () => {
    language = language === "zh" ? "en" : "zh";
    speak();
  });
  const drop = $("drop");
  for (const kind of ["dragover", "dragleave", "drop"]) {
    drop.addEventListener(kind, (event) => {
      event.preventDefault();
      drop.classList.toggle("over", kind === "dragover");
      if (kind === "drop") take(event.dataTransfer.files);
    });
  }
  speak();
})();
