// Is a certificate valid? The same words, causes and order as conformance/office/verifying.py. ES2018.
"use strict";
const Lubiao = (() => {
  const F = LubiaoForm;
  const P = LubiaoProof;
  const AHEAD = 86400000;
  const MONTH = 31 * 86400000;
  const BITS = 131072;
  const MOST_BITS = 1048576;
  const PREDICATE = "/attestation/conformance-certificate/v1";

  /** A certificate from its bytes, not verified; throws for all that no office wrote. */
  function readCertificate(content, schema) {
    const value = F.parse(content, 1 << 20);
    F.members(value, ["schema", "envelope", "proof"]);
    if (value.schema !== "lubiao-certificate/1") F.refuse("another schema");
    const envelope = F.envelope(value.envelope);
    if (envelope.type !== "application/vnd.in-toto+json") F.refuse("another type of payload");
    const statement = F.parse(envelope.payload, 4 << 20);
    if (!F.fits(schema, statement, schema.$defs)) F.refuse("not the statement of a certificate");
    const held = statement.predicate;
    const times = { created: F.instant(held.timeCreated), begun: F.instant(held.validFrom), ended: F.instant(held.validUntil) };
    const consistent = times.begun < times.ended && held.test === held.certificateNo.startsWith("TEST-");
    if (!consistent || !assured(held.assurance, held.rerun)) F.refuse("it contradicts itself");
    return { envelope, statement, held, times, proof: readProof(value.proof) };
  }

  function assured(level, rerun) {
    if (level === "L1" || rerun === null) return level === "L1" && rerun === null;
    return rerun.n > 0 && rerun.n <= rerun.of && (level === "L2" || rerun.n === rerun.of);
  }

  function readProof(proof) {
    F.members(proof, ["index", "checkpoint", "hashes"]);
    const hashes = proof.hashes;
    const shaped = Number.isSafeInteger(proof.index) && proof.index >= 0 && typeof proof.checkpoint === "string";
    const hashed = Array.isArray(hashes) && hashes.length <= 63 && hashes.every((one) => typeof one === "string" && /^[0-9a-f]{64}$/.test(one));
    if (!shaped || !hashed) F.refuse("a malformed proof");
    return { index: proof.index, checkpoint: proof.checkpoint, hashes: hashes.map(F.unhex) };
  }

  function cause(word, id, params, blind) {
    return { word, id: `certificate.${id}`, params: params || {}, blind: Boolean(blind) };
  }

  function year(text) {
    return Number(text.slice(0, 4));
  }

  async function causeInSignatures(certificate, keys) {
    const { held, times } = certificate;
    const state = await P.signatureState(certificate.envelope, keys, "certificate", times.created);
    if (state.bad.length) return cause("tampered", "tampered.signature", { keys: ids(state.bad) }, true);
    if (state.unknown.length) return cause("unknown-signer", "unknown-signer", { keys: ids(state.unknown) }, true);
    const missing = P.missingLegs(keys, "certificate", year(held.timeCreated), state.held);
    if (missing.length) return cause("leg-missing", "leg-missing", { algorithms: missing.join(", ") }, true);
    if (!state.held.length) return cause("leg-missing", "unsigned", {}, true);
    if (certificate.statement.predicateType !== keys.register + PREDICATE) return cause("tampered", "tampered.register", {}, true);
    if (held.test !== (keys.kind === "test")) return cause("tampered", "tampered.kind", {}, true);
    return null;
  }

  function ids(list) {
    return list.slice(0, 5).map((id) => Array.from(F.storable(id)).slice(0, 64).join("")).join(", ");
  }

  async function causeInLog(certificate, given) {
    const { proof, times, held } = certificate;
    let shown;
    try {
      shown = P.readCheckpoint(proof.checkpoint);
    } catch (error) {
      return cause("tampered", "tampered.checkpoint");
    }
    if (!P.holdsInclusion(certificate.envelope.leaf, proof.index, shown.size, proof.hashes, shown.root)) return cause("tampered", "tampered.proof");
    const unpublished = await causeUnpublished(shown, given.keys, times.created, year(held.timeCreated));
    if (unpublished) return unpublished;
    const signers = await P.checkpointSigners(shown, given.keys, times.created, "log");
    if (shown.lines.length !== signers.length) return cause("tampered", "tampered.lines");
    return given.checkpoint === undefined ? null : causeInOtherLog(shown, given);
  }

  async function causeUnpublished(checkpoint, keys, time, inYear) {
    if (checkpoint.origin !== keys.origin) return cause("not-logged", "not-logged.origin", { origin: keys.origin });
    const signers = await P.checkpointSigners(checkpoint, keys, time, "log");
    const missing = P.missingLegs(keys, "log", inYear, signers);
    return signers.length && !missing.length ? null : cause("not-logged", "not-logged.unsigned");
  }

  /** The asker's own checkpoint, with the log's entries where the two differ in size. Throws where it is unreadable. */
  async function causeInOtherLog(shown, given) {
    const seen = P.readCheckpoint(given.checkpoint);
    const unpublished = await causeUnpublished(seen, given.keys, given.now, new Date(given.now).getUTCFullYear());
    if (unpublished) return unpublished;
    return sameLog(shown, seen, given.entries) ? null : cause("not-logged", "not-logged.other-log");
  }

  function sameLog(one, other, entries) {
    if (!one.size || !other.size) return false;
    if (one.size === other.size) return one.root === other.root;
    if (!entries) return false;
    return [one, other].every((held) => held.size <= entries.length && P.rootOf(entries.slice(0, held.size)) === held.root);
  }

  function causeInProduct(certificate, asked) {
    const product = certificate.held.product;
    for (const name of ["product", "vendor", "version"]) {
      if (asked[name] && F.storable(asked[name]) !== product[name]) return cause("wrong-product", `wrong-product.${name}`);
    }
    const digest = certificate.statement.subject[0].digest.sha256;
    const builds = product.build.kind === "declared" ? [product.build.id] : [product.build.id, digest, `sha256:${digest}`];
    return asked.build && !builds.includes(F.storable(asked.build)) ? cause("wrong-product", "wrong-product.build") : null;
  }

  function causeInTime({ held, times }, now) {
    if (now < times.begun || times.created - now > AHEAD) return cause("not-yet-valid", "not-yet-valid", { begun: held.validFrom });
    return now >= times.ended ? cause("expired", "expired", { ended: held.validUntil }) : null;
  }

  function causeInStatus({ held }, list, now) {
    if (!list) return cause("status-unknown", "status-unknown.none");
    if (list.id !== held.status.list) return cause("status-unknown", "status-unknown.foreign");
    const index = held.status.index;
    const reason = Object.prototype.hasOwnProperty.call(list.reasons, index) ? { word: list.reasons[index] } : "—";
    for (const [word, name] of [["revoked", "revocation"], ["suspended", "suspension"], ["superseded", "supersession"]]) {
      if (list.lists[name][index >> 3] & (128 >> (index & 7))) return cause(word, word, { reason });
    }
    if (now >= F.instant(list.validUntil)) return cause("status-unknown", "status-unknown.old", { ended: list.validUntil });
    if (F.instant(list.issued) - now > AHEAD) return cause("status-unknown", "status-unknown.future", { issued: list.issued });
    return null;
  }

  /** The list, where it is one that the pinned register signed; null otherwise. */
  async function readStatus(content, keys) {
    try {
      const envelope = F.envelope(F.parse(content, 4 << 20));
      const value = F.parse(envelope.payload, 4 << 20);
      if (envelope.type !== "application/vnd.lubiao.status-list+json") F.refuse("another type");
      F.members(value, ["schema", "id", "sequence", "issued", "validUntil", "lists", "reasons"]);
      const issued = F.instant(value.issued);
      const state = await P.signatureState(envelope, keys, "status", issued);
      const missing = P.missingLegs(keys, "status", year(value.issued), state.held);
      if (state.bad.length || state.unknown.length || !state.held.length || missing.length) F.refuse("not signed as required");
      return unpacked(value, issued);
    } catch (error) {
      return null;
    }
  }

  function unpacked(value, issued) {
    F.members(value.lists, ["revocation", "suspension", "supersession"]);
    const lists = {};
    for (const name of Object.keys(value.lists)) lists[name] = bitList(value.lists[name]);
    const { revocation, suspension, supersession } = lists;
    const sized = revocation.length === suspension.length && revocation.length === supersession.length;
    const listed = (index) => index < revocation.length * 8 && [revocation, suspension, supersession].some((one) => one[index >> 3] & (128 >> (index & 7)));
    const worded = Object.keys(value.reasons).every(
      (index) => /^(0|[1-9][0-9]{0,9})$/.test(index) && listed(Number(index)) && isWord(value.reasons[index])
    );
    const span = F.instant(value.validUntil) - issued;
    const named = typeof value.id === "string" && /^(?:[^\p{C}\p{Z}]| ){1,500}$/u.test(value.id);
    const numbered = Number.isSafeInteger(value.sequence) && value.sequence >= 0;
    if (value.schema !== "lubiao-status/1" || !F.isMap(value.reasons) || !sized || !worded || !named || !numbered) F.refuse("malformed");
    if (span <= 0 || span > MONTH) F.refuse("a time that is too long");
    return Object.assign({}, value, { lists });
  }

  function isWord(word) {
    return typeof word === "string" && /^[a-z][a-z0-9-]{0,39}$/.test(word);
  }

  /** The bytes of a W3C bit string: never more of them than a list may have. */
  function bitList(text) {
    if (typeof text !== "string" || !/^u[A-Za-z0-9_-]+$/.test(text) || text.length > MOST_BITS / 4) F.refuse("not a list");
    const plain = text.slice(1).replace(/-/g, "+").replace(/_/g, "/");
    const packed = F.base64(plain + "=".repeat((4 - (plain.length % 4)) % 4));
    if (!F.hex(packed.slice(0, 8)).startsWith("1f8b080000000000") || packed.length < 18) F.refuse("not a list");
    const end = new DataView(packed.buffer, packed.length - 8);
    const size = end.getUint32(4, true);
    if (size * 8 < BITS || size * 8 > MOST_BITS) F.refuse("not a list");
    const content = inflated(packed, size);
    const whole = content.length === size && crc32(content) === end.getUint32(0, true);
    return whole && !endsEarly(packed, size) ? content : F.refuse("not a list");
  }

  /** What is packed, and one byte more than it may be, where it is longer: the library cuts off without a word. */
  function inflated(packed, size) {
    return LubiaoCrypto.gunzipSync(packed, { out: new Uint8Array(size + 1) });
  }

  /** Do bytes follow the packed ones? Then these are whole without the last. */
  function endsEarly(packed, size) {
    try {
      return inflated(F.joined(packed.slice(0, -9), packed.slice(-8)), size).length === size;
    } catch (error) {
      return false;
    }
  }

  /** CRC-32, of which the library does not ask. */
  function crc32(bytes) {
    let held = -1;
    for (const byte of bytes) {
      held ^= byte;
      for (let bit = 0; bit < 8; bit += 1) held = (held >>> 1) ^ (held & 1 ? 0xedb88320 : 0);
    }
    return ~held >>> 0;
  }

  /**
   * What `lubiao verify` says of a certificate's bytes. `given`: keys (a key set's value), schema (that of the
   * statement), now (milliseconds), status (bytes), checkpoint (text), entries (all lines of the log, as bytes), asked
   * (product, vendor, version, build). Resolves to {word, id, params, certificate}; `certificate` is null unless its
   * signatures hold.
   */
  async function verify(content, given) {
    let certificate;
    try {
      certificate = readCertificate(content, given.schema);
    } catch (error) {
      return Object.assign(cause("tampered", "tampered.form"), { certificate: null, status: null });
    }
    const status = given.status === undefined ? null : await readStatus(given.status, given.keys);
    const found =
      (await causeInSignatures(certificate, given.keys)) ||
      (await causeInLog(certificate, given)) ||
      causeInProduct(certificate, given.asked || {}) ||
      causeInTime(certificate, given.now) ||
      causeInStatus(certificate, status, given.now);
    if (found && found.blind) return Object.assign(found, { certificate: null, status: null });
    const valid = () => cause("valid", given.keys.kind === "test" ? "valid.test" : "valid", { issued: status.issued });
    return Object.assign(found || valid(), { certificate, status });
  }

  return { verify };
})();
