"""Certificates as they come to a verifier, good and spoiled in every way that has a word of its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import certificate_case as case
from certificate_case import CREATED, NOW, ORIGIN, UNTIL
from register_office import LEGS, payload, template

from conformance.office.verifying import AskedProduct
from conformance.signing.canonical import canonical
from conformance.signing.curves import P256
from conformance.signing.der import read_signature, write_signature
from conformance.signing.dsse import Envelope, Signature, envelope_value, write_envelope
from conformance.signing.merkle import Tree

PLACE = 45


@dataclass(frozen=True)
class Handed:
    """What a verifier is given: ``now`` RFC 3339, ``status`` and ``checkpoint`` where there is one."""

    content: bytes
    status: bytes | None = None
    now: str = NOW.isoformat()
    asked: AskedProduct = field(default_factory=AskedProduct)
    checkpoint: str | None = None


def issued(*names: str, log: tuple[str, ...] = ("log", "log-sm2"), origin: str = ORIGIN, **predicate: Any) -> bytes:
    """A certificate that was logged, of a statement with other members than the good one's."""
    return case.logged(case.signed(payload(PLACE, **predicate), *(names or LEGS)), *log, origin=origin).content


@cache
def good() -> bytes:
    return issued()


def rewritten(change: Callable[[Any], object]) -> bytes:
    """The good certificate, changed and canonical again."""
    value = json.loads(good())
    change(value)
    return canonical(value)


def statement(change: Callable[[Any], object]) -> bytes:
    """A certificate whose statement was changed before it was signed and logged, as an office would by mistake."""
    value = json.loads(payload(PLACE))
    change(value)
    return raw(case.signed(canonical(value), *LEGS))


def raw(envelope: Envelope) -> bytes:
    """A certificate of any envelope, whether or not it may be one."""
    value = json.loads(good())
    tree = Tree([b"first", b"second", write_envelope(envelope), b"last"])
    value["envelope"] = envelope_value(envelope)
    value["proof"] = {
        "index": 2,
        "checkpoint": case.checkpoint(tree),
        "hashes": [one.hex() for one in tree.inclusion(2)],
    }
    return canonical(value)


def put(*path: str | int, value: Any) -> Callable[[Any], None]:
    """Sets a member somewhere below."""

    def change(held: Any) -> None:
        for one in path[:-1]:
            held = held[one]
        held[path[-1]] = value

    return change


def flipped(position: int) -> bytes:
    """The good certificate with one bit of one byte changed."""
    content = bytearray(good())
    content[position] ^= 1
    return bytes(content)


def mutants() -> Iterator[tuple[str, Handed]]:
    """Each with a name."""
    content, status = good(), case.good_status()
    yield "good", Handed(content, status)
    for name, spoiled in _forms(content):
        yield f"form-{name}", Handed(spoiled, status)
    for name, spoiled in _statements():
        yield f"statement-{name}", Handed(spoiled, status)
    for name, spoiled in _signatures():
        yield f"signature-{name}", Handed(spoiled, status)
    for name, spoiled in _proofs():
        yield f"proof-{name}", Handed(spoiled, status)
    for name, asked in _asked():
        yield f"asked-{name}", Handed(content, status, asked=asked)
    for name, now in _instants():
        yield f"now-{name}", Handed(content, status, now=now)
    for name, list_ in _lists():
        yield f"status-{name}", Handed(content, list_)
    for name, text in _checkpoints():
        yield f"checkpoint-{name}", Handed(content, status, checkpoint=text)


def _forms(content: bytes) -> Iterator[tuple[str, bytes]]:
    text = content.decode()
    yield "empty", b""
    yield "blank", content + b" "
    yield "mark", b"\xef\xbb\xbf" + content
    yield "not-utf8", content.replace(b"index", b"ind\xff")
    yield "order", json.dumps(dict(reversed(json.loads(content).items())), separators=(",", ":")).encode()
    yield "twice", text.replace('{"envelope"', '{"schema":"lubiao-certificate/1","envelope"').encode()
    yield "float", text.replace('"index":2', '"index":2.0').encode()
    yield "large", text.replace('"index":2', '"index":9007199254740993').encode()
    yield "negative", text.replace('"index":2', '"index":-2').encode()
    yield "true", text.replace('"index":2', '"index":true').encode()
    yield "deep", b"[" * 2000 + b"]" * 2000
    yield "list", b"[]"
    yield "member", rewritten(put("more", value=1))
    yield "schema", rewritten(put("schema", value="lubiao-certificate/2"))
    yield "payload-type", rewritten(put("envelope", "payloadType", value="application/json"))
    yield "base64", rewritten(lambda held: held["envelope"].update(payload=held["envelope"]["payload"] + "\n"))
    for position in range(40, len(content), len(content) // 12):
        yield f"bit-{position}", flipped(position)


def _statements() -> Iterator[tuple[str, bytes]]:
    product = template()["predicate"]["product"]
    declared = {**product, "build": {"kind": "declared", "id": "r1"}}
    yield "extra", statement(put("predicate", "score", value=99))
    yield "missing", statement(lambda held: held["predicate"].pop("suite"))
    yield "number", statement(put("predicate", "certificateNo", value="TEST-LB-2026-45"))
    yield "number-line", statement(put("predicate", "certificateNo", value="TEST-LB-2026-000045\n"))
    yield "no-day", statement(put("predicate", "validUntil", value="2028-02-30T00:00:00+08:00"))
    yield "no-hour", statement(put("predicate", "timeCreated", value="2026-11-21T24:00:00+08:00"))
    yield "no-offset", statement(put("predicate", "validFrom", value="2026-11-21T17:00:00+24:00"))
    yield "backwards", statement(put("predicate", "validUntil", value=CREATED))
    yield "real", statement(put("predicate", "test", value=False))
    yield "bare-l2", statement(put("predicate", "rerun", value=None))
    yield "partial-l3", statement(put("predicate", "assurance", value="L3"))
    yield "emoji", statement(put("predicate", "product", "vendor", value="𠮷" * 4200))
    yield "too-long", statement(put("predicate", "product", "vendor", value="𠮷" * 4201))
    yield (
        "register",
        statement(put("predicateType", value="https://else.example/attestation/conformance-certificate/v1")),
    )
    yield "declared", statement(put("predicate", "product", value=declared))
    yield "classes", statement(put("predicate", "classes", value=[]))


def _signatures() -> Iterator[tuple[str, bytes]]:
    good_one = case.signed(payload(PLACE), *LEGS)
    es256, sm2 = good_one.signatures
    yield "es256-only", issued("certificate")
    yield "sm2-only", issued("certificate-sm2")
    yield "none", raw(Envelope(good_one.payload_type, good_one.payload))
    yield "unknown", issued("certificate", "certificate-sm2", "other")
    yield "ended", issued("certificate", "certificate-sm2", "ended")
    yield "wrong-use", issued("certificate", "certificate-sm2", "status")
    yield "twice", raw(Envelope(good_one.payload_type, good_one.payload, (es256, sm2, sm2)))
    yield "swapped", _with(good_one, Signature(es256.keyid, sm2.sig), Signature(sm2.keyid, es256.sig))
    other = case.signed(payload(PLACE, timeCreated="2026-11-21T17:00:01+08:00"), *LEGS).signatures
    yield "es256-other", _with(good_one, other[0], sm2)
    yield "sm2-other", _with(good_one, es256, other[1])
    yield "sm2-empty", _with(good_one, es256, Signature(sm2.keyid, b""))
    yield "es256-raw", _with(good_one, Signature(es256.keyid, bytes(64)), sm2)
    yield "es256-high", _with(good_one, Signature(es256.keyid, _high(es256.sig)), sm2)
    yield "sm2-not-minimal", _with(good_one, es256, Signature(sm2.keyid, _not_minimal(sm2.sig)))
    yield "es256-not-minimal", _with(good_one, Signature(es256.keyid, _not_minimal(es256.sig)), sm2)
    yield "sm2-padded", _with(good_one, es256, Signature(sm2.keyid, sm2.sig + b"\x00"))


def _with(envelope: Envelope, *signatures: Signature) -> bytes:
    return raw(Envelope(envelope.payload_type, envelope.payload, signatures))


def _not_minimal(signature: bytes) -> bytes:
    """The same numbers, r with a zero byte more than DER gives it."""
    length = signature[3] + 1
    return bytes([0x30, signature[1] + 1, 2, length, 0]) + signature[4:]


def _high(signature: bytes) -> bytes:
    """The other signature that holds under ECDSA, which is not its form here."""
    r, s = read_signature(signature, P256)
    return write_signature(r, P256.n - s)


def _proofs() -> Iterator[tuple[str, bytes]]:
    text = json.loads(good())["proof"]["checkpoint"]
    marks = [line for line in text.split("\n") if line.startswith("— ")]
    yield "index", rewritten(put("proof", "index", value=1))
    yield "index-beyond", rewritten(put("proof", "index", value=4))
    yield "hash", rewritten(put("proof", "hashes", 0, value="00" * 32))
    yield "hash-short", rewritten(put("proof", "hashes", 0, value="00"))
    yield "fewer", rewritten(lambda held: held["proof"]["hashes"].pop())
    yield "more", rewritten(lambda held: held["proof"]["hashes"].append("00" * 32))
    yield "text", rewritten(put("proof", "checkpoint", value="x"))
    yield "size", rewritten(put("proof", "checkpoint", value=text.replace("\n4\n", "\n04\n")))
    yield "size-other", rewritten(put("proof", "checkpoint", value=text.replace("\n4\n", "\n5\n")))
    yield (
        "unsigned",
        rewritten(put("proof", "checkpoint", value=text.replace(marks[0] + "\n", "").replace(marks[1] + "\n", ""))),
    )
    yield "line-missing", rewritten(put("proof", "checkpoint", value=text.replace(marks[1] + "\n", "")))
    yield "leg-missing", rewritten(put("proof", "checkpoint", value=text.replace(marks[0] + "\n", "")))
    yield "line-twice", rewritten(put("proof", "checkpoint", value=text + marks[0] + "\n"))
    yield "line-strange", rewritten(put("proof", "checkpoint", value=text + "— else.example AAAAAAAA\n"))
    yield "line-spoiled", rewritten(put("proof", "checkpoint", value=text.replace(marks[1][-6:-2], "AAAA")))
    yield "origin", issued(origin="else.example/log")
    yield "log-es256", issued(log=("log",))
    yield "log-sm2", issued(log=("log-sm2",))


def _asked() -> Iterator[tuple[str, AskedProduct]]:
    product = template()["predicate"]["product"]
    yield "all", AskedProduct(product["product"], product["vendor"], product["version"], product["build"]["id"])
    yield "digest", AskedProduct(build="sha256:" + "ab" * 32)
    yield "product", AskedProduct(product="一网通办")
    yield "vendor", AskedProduct(vendor="某某软件 ")
    yield "version", AskedProduct(version="3.2")
    yield "build", AskedProduct(build="ab" * 31 + "ac")


def _instants() -> Iterator[tuple[str, str]]:
    yield "before", "2026-11-21T16:59:59+08:00"
    yield "first", CREATED
    yield "list-ended", "2026-11-28T18:00:00+08:00"
    yield "last", "2028-11-20T15:59:59Z"
    yield "end", UNTIL
    yield "list-future", "2026-11-20T17:59:59+08:00"


def _lists() -> Iterator[tuple[str, bytes | None]]:
    one = frozenset({PLACE})
    states: Mapping[str, Mapping[str, Any]] = {
        "revoked": {"revoked": one, "reasons": {PLACE: "false-evidence"}},
        "suspended": {"suspended": one},
        "superseded": {"superseded": one, "reasons": {PLACE: "replaced"}},
        "unworded": {"revoked": one},
        "other": {"revoked": one, "reasons": {PLACE: "other"}},
        "both": {"superseded": one, "revoked": one},
        "neighbour": {"revoked": frozenset({PLACE - 1, PLACE + 1})},
        "foreign": {"id": "https://else.example/1"},
        "old": {"issued": "2026-11-01T00:00:00+08:00", "valid_until": "2026-11-08T00:00:00+08:00"},
        "old-revoked": {
            "issued": "2026-11-01T00:00:00+08:00",
            "valid_until": "2026-11-08T00:00:00+08:00",
            "revoked": one,
        },
        "future": {"issued": "2026-11-24T00:00:00+08:00", "valid_until": "2026-11-28T00:00:00+08:00"},
    }
    yield "none", None
    yield "garbage", b"{}"
    for name, changed in states.items():
        yield name, case.status(**changed)
    yield "unknown-signer", case.status("other")
    yield "wrong-use", case.status("log")
    content = bytearray(case.good_status())
    content[content.index(b'"sig":"') + 30] ^= 1
    yield "spoiled", bytes(content)


def _checkpoints() -> Iterator[tuple[str, str]]:
    tree = case.certificate().tree
    yield "other-tree", case.checkpoint(tree)
    yield "same", json.loads(good())["proof"]["checkpoint"]
    yield "older", case.checkpoint(tree, size=2)
    yield "unsigned", case.checkpoint(tree, "log-sm2")
    yield "other-origin", case.checkpoint(tree, origin="else.example/log")
