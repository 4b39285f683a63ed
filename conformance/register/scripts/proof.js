// What is proved: signatures, checkpoints, trees, the status list. ES2018; needs LubiaoCrypto and LubiaoForm.
"use strict";
const LubiaoProof = (() => {
  const F = LubiaoForm;
  const C = LubiaoCrypto;
  const ORDER = {
    ES256: "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
    SM2: "fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123",
  };
  const PREFIX = {
    ES256: "3059301306072a8648ce3d020106082a8648ce3d03010703420004",
    SM2: "3059301306072a8648ce3d020106082a811ccf5501822d03420004",
  };

  /** r and s of strict DER, 64 hexadecimal digits each, in range and (ES256) the lower s; null for anything else. */
  function readSignature(der, algorithm) {
    if (der.length < 8 || der.length > 72 || der[0] !== 0x30 || der[1] !== der.length - 2) return null;
    const numbers = [];
    let place = 2;
    while (place < der.length) {
      const length = der[place + 1];
      const body = der.slice(place + 2, place + 2 + length);
      if (der[place] !== 2 || !length || length > 33 || body.length !== length || body[0] & 0x80) return null;
      if (length > 1 && body[0] === 0 && !(body[1] & 0x80)) return null;
      numbers.push(F.hex(body).replace(/^(00)*/, "").padStart(64, "0"));
      place += 2 + length;
    }
    return numbers.length === 2 && inRange(numbers, algorithm) ? numbers : null;
  }

  function inRange(numbers, algorithm) {
    const [r, s] = numbers.map((one) => BigInt(`0x${one}`));
    const n = BigInt(`0x${ORDER[algorithm]}`);
    if (!r || !s || r >= n || s >= n) return false;
    return algorithm === "SM2" ? r + s !== n : s + s <= n;
  }

  /** Does a signature hold? False for anything malformed. */
  async function holds(key, message, der) {
    const pair = readSignature(der, key.algorithm);
    const spki = F.hex(F.base64(key.spki));
    if (!pair || !spki.startsWith(PREFIX[key.algorithm]) || spki.length !== PREFIX[key.algorithm].length + 128) return false;
    const point = spki.slice(-130);
    try {
      if (key.algorithm === "SM2") return C.sm2.doVerifySignature(message, pair.join(""), point, { hash: true, userId: key.distid });
      return await holdsES256(F.unhex(point), message, F.unhex(pair.join("")));
    } catch (error) {
      return false; // a point that is not on its curve
    }
  }

  async function holdsES256(point, message, signature) {
    const subtle = typeof crypto === "undefined" ? undefined : crypto.subtle; // undefined on plain http
    if (!subtle) return C.p256.verify(signature, C.sha256(message), point, { prehash: false, lowS: true });
    const kind = { name: "ECDSA", namedCurve: "P-256" };
    const key = await subtle.importKey("raw", point, kind, false, ["verify"]);
    return subtle.verify({ name: "ECDSA", hash: "SHA-256" }, key, signature, message);
  }

  function validAt(key, time) {
    return (!key.validFrom || F.instant(key.validFrom) <= time) && (!key.validTo || time < F.instant(key.validTo));
  }

  /** An envelope's signatures, as conformance/signing/verifying.py tells them apart. */
  async function signatureState(envelope, keys, use, time) {
    const state = { held: [], unknown: [], bad: [] };
    for (const one of envelope.signatures) {
      const key = keys.keys.find((entry) => entry.id === one.keyid);
      const times = envelope.signatures.filter((other) => other.keyid === one.keyid).length;
      if (!key || !key.uses.includes(use) || !validAt(key, time)) note(state.unknown, one.keyid);
      else if (times > 1 || !(await holds(key, envelope.signed, one.sig))) note(state.bad, one.keyid);
      else state.held.push(key);
    }
    return state;
  }

  function note(list, id) {
    if (!list.includes(id)) list.push(id);
  }

  /** The algorithms that a use requires in a year and that no key held has. */
  function missingLegs(keys, use, year, held) {
    const rules = keys.required[use] || {};
    const years = Object.keys(rules).filter((one) => Number(one) <= year).sort();
    const required = years.length ? rules[years[years.length - 1]] : [];
    return required.filter((name) => !held.some((key) => key.algorithm === name));
  }

  const NAME = /^[^\p{C}\p{Z}\s+]+$/u;

  function isName(text) {
    return NAME.test(text) && F.utf8(text).length <= 255 && F.storable(text) === text;
  }

  /** A checkpoint from its only writing; throws for any other text. */
  function readCheckpoint(text) {
    const lines = text.split("\n");
    if (F.utf8(text).length > 16384 || lines.length < 6 || lines[3] || lines[lines.length - 1]) F.refuse("no checkpoint");
    const [origin, size] = lines;
    const root = F.base64(lines[2]);
    if (!isName(origin) || !/^(0|[1-9][0-9]{0,15})$/.test(size) || Number(size) > F.LARGEST || root.length !== 32) F.refuse("no checkpoint");
    if (size === "0" && F.hex(root) !== F.hex(C.sha256(new Uint8Array()))) F.refuse("no checkpoint");
    const held = lines.slice(4, -1).map(noteLine);
    if (held.length > 64 || new Set(held.map((one) => `${one.name} ${one.hash}`)).size !== held.length) F.refuse("lines");
    return { origin, size: Number(size), root: F.hex(root), body: `${lines.slice(0, 3).join("\n")}\n`, lines: held };
  }

  function noteLine(line) {
    const [mark, name, coded, more] = line.split(" ");
    const content = F.base64(coded);
    if (mark !== "—" || more !== undefined || !isName(name) || content.length <= 4) F.refuse("no signature line");
    return { name, hash: F.hex(content.slice(0, 4)), signature: content.slice(4) };
  }

  function keyHash(key, name) {
    const spki = F.base64(key.spki);
    const head = F.joined(F.utf8(`${name}\n`), new Uint8Array([255]), F.utf8("lubiao-sm2/1"));
    return F.hex(C.sha256(key.algorithm === "ES256" ? spki : F.joined(head, spki)).slice(0, 4));
  }

  /** The pinned keys of a use whose lines hold; none at all where the log is another or one line does not hold. */
  async function checkpointSigners(checkpoint, keys, time, use) {
    if (checkpoint.origin !== keys.origin) return [];
    const held = [];
    for (const key of keys.keys.filter((one) => validAt(one, time))) {
      const name = use === "log" ? checkpoint.origin : key.id;
      const line = checkpoint.lines.find((one) => one.name === name && one.hash === keyHash(key, name));
      if (!line || !key.uses.includes(use) || (use !== "log" && key.uses.includes("log"))) continue;
      if (!(await holds(key, F.utf8(checkpoint.body), line.signature))) return [];
      held.push(key);
    }
    return held;
  }

  function leafHash(leaf) {
    return C.sha256(F.joined(new Uint8Array([0]), leaf));
  }

  function nodeHash(left, right) {
    return C.sha256(F.joined(new Uint8Array([1]), left, right));
  }

  /** RFC 9162, 2.1.3.2: is the leaf the one at that index of the tree with that root (hexadecimal)? */
  function holdsInclusion(leaf, index, size, proof, root) {
    if (!(index >= 0 && index < size)) return false;
    let [place, last, held] = [index, size - 1, leafHash(leaf)];
    for (const one of proof) {
      if (last === 0) return false;
      if (place % 2 || place === last) {
        held = nodeHash(one, held);
        for (; place % 2 === 0 && place; place /= 2) last = Math.floor(last / 2);
      } else held = nodeHash(held, one);
      place = Math.floor(place / 2);
      last = Math.floor(last / 2);
    }
    return last === 0 && F.hex(held) === root;
  }

  /** The root (hexadecimal) over the first leaves of a log, given whole. */
  function rootOf(leaves) {
    if (!leaves.length) return F.hex(C.sha256(new Uint8Array()));
    let level = leaves.map(leafHash);
    while (level.length > 1) {
      const next = [];
      for (let place = 0; place < level.length; place += 2) {
        next.push(place + 1 < level.length ? nodeHash(level[place], level[place + 1]) : level[place]);
      }
      level = next;
    }
    return F.hex(level[0]);
  }

  return { signatureState, missingLegs, readCheckpoint, checkpointSigners, holdsInclusion, rootOf };
})();
