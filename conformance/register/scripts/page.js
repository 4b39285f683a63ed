// A certificate's page verifies itself: a convenience, which proves nothing against the server that it comes from.
"use strict";
(() => {
  const place = document.getElementById("check");
  const outcome = document.getElementById("outcome");
  const texts = LubiaoData.texts[place.dataset.lang];

  async function bytes(address) {
    const answer = await fetch(address, { cache: "no-cache", credentials: "omit" });
    if (!answer.ok) throw new Error(String(answer.status));
    return new Uint8Array(await answer.arrayBuffer());
  }

  async function verify() {
    outcome.textContent = texts["register.check.running"];
    const [certificate, status] = await Promise.all([bytes(place.dataset.certificate), bytes(place.dataset.status).catch(() => undefined)]);
    const given = { keys: LubiaoData.keys, schema: LubiaoData.schema, now: Date.now(), status };
    const found = await Lubiao.verify(certificate, given);
    outcome.dataset.word = found.word;
    outcome.classList.add(`w-${found.word}`);
    const differs = found.word === place.dataset.word ? "" : ` ${texts["register.check.differs"]}`;
    const code = /^#([0-9a-f]{32})$/.exec(location.hash); // what a QR code says of the file
    const other = code && !LubiaoForm.hex(LubiaoCrypto.sha256(certificate)).startsWith(code[1]);
    outcome.dataset.code = code ? String(!other) : "";
    outcome.textContent = LubiaoTelling.visible(LubiaoTelling.say(texts, found.id, found.params)) + differs + (other ? ` ${texts["register.check.code"]}` : "");
  }

  verify().catch(() => {
    outcome.dataset.word = "failed";
    outcome.textContent = texts["register.check.failed"];
  });
})();
