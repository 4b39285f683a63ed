// What is said of a certificate, in words: the facts as conformance/office/verifying.py lists them. ES2018.
"use strict";
const LubiaoTelling = (() => {
  const UNSEEN = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\p{Zl}\p{Zp}]/gu;
  const LONGEST = 4000;

  /** A text as one line that hides nothing. */
  function visible(text) {
    const held = Array.from(String(text));
    const cut = held.length > LONGEST ? `${held.slice(0, LONGEST).join("")}…〔${held.length}〕` : held.join("");
    return cut.replace(UNSEEN, (one) => `〔U+${one.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}〕`);
  }

  /** The text of an id in a language, with its parameters; one that is `{word}` is the reason of a status. */
  function say(texts, id, params) {
    return texts[id].replace(/\{(\w+)\}/g, (whole, name) => {
      const value = params[name];
      return typeof value === "object" ? reason(texts, value.word) : String(value);
    });
  }

  /** A reason in words, as conformance/office/status.py has them; one that is not known is repeated. */
  function reason(texts, word) {
    const known = `office.reason.${word}`;
    if (word !== "other" && Object.prototype.hasOwnProperty.call(texts, known)) return texts[known];
    return say(texts, "office.reason.other", { word });
  }

  /** What a person compares: [name, text or {id, params}] of a certificate whose signatures hold. */
  function facts(certificate, status) {
    const held = certificate.held;
    const { product, share, rerun } = held;
    const digest = { digest: certificate.statement.subject[0].digest.sha256 };
    const kind = product.build.kind === "declared" ? "declared" : "digest";
    const list = [
      ...(held.test ? [["notice", { id: "certificate.notice.test" }]] : []),
      ["number", held.certificateNo],
      ["product", product.product],
      ["vendor", product.vendor],
      ["version", product.version],
      ["build", product.build.id],
      ["build-kind", { id: `certificate.build-kind.${kind}`, params: digest }],
      ...held.classes.map((one) => ["class", { id: "certificate.class", params: { name: one.class, n: one.executed, of: one.requirements } }]),
      ...held.standards.map((one) => ["standard", `${one.number} (${one.id}@${one.edition})`]),
      ["assurance", { id: `certificate.assurance.${held.assurance.toLowerCase()}` }],
      ...(rerun ? [["rerun", { id: "certificate.rerun", params: { n: rerun.n, of: rerun.of } }]] : []),
      ["share", { id: "certificate.share", params: share.executed }],
      ["official-text", { id: "certificate.official-text", params: share.officialText }],
      ["issued", held.timeCreated],
      ["validity", { id: "certificate.validity", params: { begun: held.validFrom, ended: held.validUntil } }],
    ];
    if (status && status.id === held.status.list) list.push(["status", { id: "certificate.status", params: { issued: status.issued } }]);
    return list.concat([["disclaimer", { id: "certificate.disclaimer" }]]);
  }

  /** A fact's text in a language. */
  function fact(texts, told) {
    return visible(typeof told === "string" ? told : say(texts, told.id, told.params || {}));
  }

  return { visible, say, facts, fact };
})();
