// How bytes are read: strictly, as conformance/signing and conformance/office read them. ES2018; needs LubiaoCrypto.
"use strict";
const LubiaoForm = (() => {
  const LARGEST = Number.MAX_SAFE_INTEGER;
  const DEPTH = 32;
  const LONE = /[\ud800-\udbff](?![\udc00-\udfff])|(?:[^\ud800-\udbff]|^)[\udc00-\udfff]/;
  const encoder = new TextEncoder();

  /** Anything thrown while reading: the bytes are not what an office writes. */
  function refuse(why) {
    throw new Error(why);
  }

  function utf8(text) {
    return encoder.encode(text);
  }

  function textOf(bytes) {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  }

  /** The value of canonical JSON (RFC 8785 over I-JSON); throws for any other bytes. */
  function parse(bytes, limit) {
    if (bytes.length > limit) refuse("too large");
    const text = textOf(bytes);
    const value = JSON.parse(text);
    if (written(value, 0) !== text) refuse("not in canonical form");
    return value;
  }

  /** The canonical writing of a value; throws for what canonical JSON cannot hold. */
  function written(value, depth) {
    if (depth > DEPTH) refuse("nested too deeply");
    if (value === null || typeof value === "boolean") return String(value);
    if (typeof value === "number") return Number.isSafeInteger(value) ? String(value) : refuse("no integer");
    if (typeof value === "string") return quoted(value);
    if (Array.isArray(value)) return `[${value.map((item) => written(item, depth + 1)).join(",")}]`;
    const members = Object.keys(value).sort();
    return `{${members.map((name) => `${quoted(name)}:${written(value[name], depth + 1)}`).join(",")}}`;
  }

  function quoted(text) {
    if (LONE.test(text) || text.normalize("NFC") !== text) refuse("a text that is not in NFC");
    return JSON.stringify(text);
  }

  /** A text as canonical JSON can hold it. */
  function storable(text) {
    const shown = Array.from(text, (one) => (LONE.test(one) ? `〔U+${one.charCodeAt(0).toString(16).toUpperCase()}〕` : one));
    return shown.join("").normalize("NFC");
  }

  function isMap(value) {
    return typeof value === "object" && value !== null && !Array.isArray(value);
  }

  function members(value, names) {
    if (!isMap(value) || Object.keys(value).sort().join() !== names.slice().sort().join()) refuse("other members");
  }

  function bytesOf(binary) {
    return Uint8Array.from(binary, (one) => one.charCodeAt(0));
  }

  /** The bytes of Base64 in its only canonical writing. */
  function base64(text) {
    if (typeof text !== "string") refuse("no text");
    const binary = atob(text);
    if (btoa(binary) !== text) refuse("Base64 not in canonical form");
    return bytesOf(binary);
  }

  function unhex(text) {
    return Uint8Array.from(text.match(/../g) || [], (pair) => parseInt(pair, 16));
  }

  function hex(bytes) {
    return Array.from(bytes, (one) => one.toString(16).padStart(2, "0")).join("");
  }

  function joined(...parts) {
    const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    let place = 0;
    for (const part of parts) {
      whole.set(part, place);
      place += part.length;
    }
    return whole;
  }

  /** A DSSE envelope from its value: payload as bytes, and what its signatures are over. */
  function envelope(value) {
    members(value, ["payloadType", "payload", "signatures"]);
    if (!Array.isArray(value.signatures) || typeof value.payloadType !== "string") refuse("no envelope");
    const signatures = value.signatures.map((one) => {
      members(one, ["keyid", "sig"]);
      if (typeof one.keyid !== "string") refuse("no text");
      return { keyid: one.keyid, sig: base64(one.sig) };
    });
    const payload = base64(value.payload);
    const kind = utf8(value.payloadType);
    const head = [utf8(`DSSEv1 ${kind.length} `), kind, utf8(` ${payload.length} `)];
    return { type: value.payloadType, payload, signatures, signed: joined(...head, payload), leaf: utf8(written(value, 0)) };
  }

  const INSTANT = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?(Z|([+-])(\d\d):(\d\d))$/;

  /** Milliseconds of an RFC 3339 instant; throws where there is no such instant. */
  function instant(text) {
    const found = INSTANT.exec(text) || refuse("no instant");
    const [year, month, day, hour, minute, second] = found.slice(1, 7).map(Number);
    const local = Date.UTC(year, month - 1, day, hour, minute, second);
    const again = new Date(local).toISOString().slice(0, 19);
    if (again !== text.slice(0, 19) || Number(found[10] || 0) > 23 || Number(found[11] || 0) > 59) refuse("no instant");
    const offset = (found[9] === "-" ? -1 : 1) * (Number(found[10] || 0) * 60 + Number(found[11] || 0));
    return local + Number((found[7] || "0").padEnd(3, "0").slice(0, 3)) - offset * 60000;
  }

  const KEYWORDS = {
    $ref: (rule, value, defs) => fits(defs[rule.split("/").pop()], value, defs),
    type: (rule, value) => ({ object: isMap, array: Array.isArray, integer: Number.isSafeInteger })[rule]
      ? { object: isMap, array: Array.isArray, integer: Number.isSafeInteger }[rule](value)
      : rule === (value === null ? "null" : typeof value),
    const: (rule, value) => rule === value,
    enum: (rule, value) => rule.includes(value),
    anyOf: (rule, value, defs) => rule.some((one) => fits(one, value, defs)),
    required: (rule, value) => !isMap(value) || rule.every((name) => Object.prototype.hasOwnProperty.call(value, name)),
    properties: (rule, value, defs) => !isMap(value) || Object.keys(value).every((name) => !rule[name] || fits(rule[name], value[name], defs)),
    items: (rule, value, defs) => !Array.isArray(value) || value.every((item) => fits(rule, item, defs)),
    minItems: (rule, value) => !Array.isArray(value) || value.length >= rule,
    maxItems: (rule, value) => !Array.isArray(value) || value.length <= rule,
    uniqueItems: (rule, value) => !Array.isArray(value) || !rule || new Set(value.map((item) => written(item, 0))).size === value.length,
    minLength: (rule, value) => typeof value !== "string" || Array.from(value).length >= rule,
    maxLength: (rule, value) => typeof value !== "string" || Array.from(value).length <= rule,
    pattern: (rule, value) => typeof value !== "string" || new RegExp(rule, "u").test(value),
    minimum: (rule, value) => typeof value !== "number" || value >= rule,
    maximum: (rule, value) => typeof value !== "number" || value <= rule,
  };
  const SAYS_NOTHING = ["$schema", "$id", "$defs", "title", "description", "additionalProperties"];

  /** Does a value fit a JSON Schema? A keyword that is not known here throws: no rule is passed over. */
  function fits(schema, value, defs) {
    for (const name of Object.keys(schema)) {
      if (SAYS_NOTHING.includes(name)) continue;
      if (!KEYWORDS[name]) refuse(`unknown keyword ${name}`);
      if (!KEYWORDS[name](schema[name], value, defs)) return false;
    }
    const closed = schema.additionalProperties === false && isMap(value);
    return !closed || Object.keys(value).every((name) => Object.prototype.hasOwnProperty.call(schema.properties, name));
  }

  return { LARGEST, refuse, utf8, textOf, parse, written, storable, isMap, members, base64, bytesOf, unhex, hex, joined, envelope, instant, fits };
})();
