"""The certificate of conformity test: what it states of a bundle, and the file that carries it, read strictly.

It names a build, packs and a suite by digest, says how far the office looked itself, and says what it is not. Nothing
of persons, no evidence, no scores: everything else is named by its digest.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from importlib import resources
from typing import Any

from jsonschema_rs import Draft202012Validator

from conformance.bundle.attestation import STATEMENT, subject_of
from conformance.bundle.model import Bundle
from conformance.messages import Message, message
from conformance.office.checkpoint import CheckpointError, read_checkpoint
from conformance.office.share import executed_share, official_share, scope
from conformance.signing.canonical import NotCanonicalError, canonical, parse
from conformance.signing.dsse import IN_TOTO, Envelope, envelope_of, envelope_value
from conformance.standard.model import Text

SCHEMA = "lubiao-certificate/1"
#: What a PDF carries it as.
FILENAME = "certificate.json"
#: What the predicate's type is, after the register's address.
PREDICATE = "/attestation/conformance-certificate/v1"
#: The bound of a certificate's file; a proof of a tree of 2^63 leaves has 63 hashes.
LIMIT, HASHES = 1 << 20, 63
ASSURANCES = ("L1", "L2", "L3")
TEST_NUMBER = "TEST-"
_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Certificate:
    """A certificate as its file holds it, read and not verified: ``content`` the file's bytes, ``index``,
    ``checkpoint_text`` and ``hashes`` the proof that its envelope stands in the log.
    """

    content: bytes = field(repr=False)
    envelope: Envelope = field(repr=False)
    statement: Mapping[str, Any] = field(repr=False)
    predicate: Mapping[str, Any] = field(repr=False)
    number: str
    index: int
    checkpoint_text: str = field(repr=False)
    hashes: tuple[bytes, ...] = field(repr=False)

    def instant(self, name: str) -> datetime:
        """``timeCreated``, ``validFrom`` or ``validUntil``."""
        return datetime.fromisoformat(self.predicate[name])


@dataclass(frozen=True)
class Rerun:
    """What the office ran again: ``n`` of ``of`` findings, drawn by ``seed`` (hex) with the root (hex) of the log's
    checkpoint of ``size``; ``results``: the digest set of what came out, equal to the vendor's on the same findings.
    """

    n: int
    of: int
    seed: str
    size: int
    root: str
    disagreements: int
    results: Mapping[str, str]

    def value(self) -> dict[str, Any]:
        """As the certificate holds it."""
        return {
            "n": self.n,
            "of": self.of,
            "seed": self.seed,
            "checkpoint": {"size": self.size, "root": self.root},
            "disagreements": self.disagreements,
            "results": dict(self.results),
        }


@dataclass(frozen=True)
class Issue:
    """What the office adds to a bundle. ``classes``: the conformance classes to certify; ``receipt``: index of the
    receipt in the log; ``status_list``, ``status_index``: the certificate's place in the status list; instants are RFC
    3339 with offset, to the second. ``register`` is the address of the register, without a slash at its end.
    """

    number: str
    test: bool
    issuer_id: str
    issuer_name: Mapping[str, str]
    register: str
    classes: tuple[str, ...]
    assurance: str
    rerun: Rerun | None
    receipt: int
    time_created: str
    valid_from: str
    valid_until: str
    status_list: str
    status_index: int
    supersedes: tuple[str, ...] = ()


def certificate_payload(bundle: Bundle, issue: Issue) -> bytes:
    """The canonical bytes of the statement that the office signs.

    The bundle must have been admitted. Raises ValueError where the statement would not be true of the bundle (a class
    that did not pass, an assurance without its re-run) or not be a certificate.
    """
    _require_true(bundle.report, issue)
    subject, product = subject_of(bundle.report["system"]), _product(bundle.report["system"])
    manifest, report = bundle.manifest, bundle.report
    predicate = {
        "certificateNo": issue.number,
        "test": issue.test,
        "issuer": {"id": issue.issuer_id, "name": dict(issue.issuer_name)},
        "product": product,
        "classes": [scope(report, name).value() for name in sorted(issue.classes)],
        "standards": [
            {name: entry[name] for name in ("id", "edition", "number", "digest")} for entry in report["standards"]
        ],
        "share": {
            "executed": executed_share(report, issue.classes).value(),
            "officialText": official_share(report).value(),
        },
        "assurance": issue.assurance,
        "rerun": issue.rerun.value() if issue.rerun else None,
        "report": {
            "digest": manifest["reportDigest"],
            "results": manifest["resultsDigest"],
            "bundle": dict(bundle.digest),
            "evidence": manifest["evidence"],
        },
        "suite": manifest["suite"],
        "receipt": {"index": issue.receipt},
        "timeCreated": issue.time_created,
        "validFrom": issue.valid_from,
        "validUntil": issue.valid_until,
        "supersedes": sorted(issue.supersedes),
        "status": {"list": issue.status_list, "index": issue.status_index},
        "statement": _honest(bundle, issue, subject, product).both(),
    }
    statement = {
        "_type": STATEMENT,
        "subject": [subject],
        "predicateType": f"{issue.register}{PREDICATE}",
        "predicate": predicate,
    }
    _require_statement(statement)
    return canonical(statement)


def write_certificate(envelope: Envelope, index: int, checkpoint_text: str, hashes: Sequence[bytes]) -> bytes:
    """The canonical bytes of a certificate's file; raises :class:`NotCanonicalError` for what would not be read.

    Of the checkpoint the log's own lines are kept only: a witness that a verifier does not know could not be told from
    a line that somebody added.
    """
    proof = {"index": index, "checkpoint": _own(checkpoint_text), "hashes": [one.hex() for one in hashes]}
    content = canonical({"schema": SCHEMA, "envelope": envelope_value(envelope), "proof": proof})
    read_certificate(content)
    return content


def read_certificate(content: bytes) -> Certificate:
    """A certificate from the bytes of its file; raises :class:`NotCanonicalError` for all that no office wrote.

    Nothing is verified: neither signatures nor the proof.
    """
    value = parse(content, limit=LIMIT)
    _require_members(value, {"schema", "envelope", "proof"})
    if value["schema"] != SCHEMA:
        raise NotCanonicalError("another schema")
    envelope = envelope_of(value["envelope"])
    if envelope.payload_type != IN_TOTO:
        raise NotCanonicalError("another type of payload")
    statement = envelope.value()
    _require_statement(statement)
    proof = value["proof"]
    _require_members(proof, {"index", "checkpoint", "hashes"})
    index, checkpoint, hashes = proof["index"], proof["checkpoint"], proof["hashes"]
    if not isinstance(index, int) or isinstance(index, bool) or index < 0 or not isinstance(checkpoint, str):
        raise NotCanonicalError("a malformed proof")
    predicate = statement["predicate"]
    return Certificate(
        content, envelope, statement, predicate, predicate["certificateNo"], index, checkpoint, _hashes(hashes)
    )


@cache
def schema() -> Mapping[str, Any]:
    """The published JSON Schema of the statement."""
    text = resources.files(__package__).joinpath("certificate.schema.json").read_text("utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def assurance_words(level: str) -> Message:
    """An assurance level in words."""
    return {
        "L1": message("certificate.assurance.l1"),
        "L2": message("certificate.assurance.l2"),
        "L3": message("certificate.assurance.l3"),
    }[level]


@cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(dict(schema()))


def _require_statement(statement: Any) -> None:
    """Raises :class:`NotCanonicalError` for what is no statement of a certificate, or contradicts itself."""
    if not _validator().is_valid(statement):
        raise NotCanonicalError("not the statement of a certificate")
    predicate = statement["predicate"]
    try:
        instants = [datetime.fromisoformat(predicate[name]) for name in ("timeCreated", "validFrom", "validUntil")]
    except ValueError as error:
        raise NotCanonicalError("an instant that there is not") from error
    if instants[1] >= instants[2]:
        raise NotCanonicalError("a time of validity that ends before it begins")
    if predicate["test"] != predicate["certificateNo"].startswith(TEST_NUMBER):
        raise NotCanonicalError("a number that is not of its kind")
    if not _assured(predicate["assurance"], predicate["rerun"]):
        raise NotCanonicalError("an assurance that its re-run does not bear")


def _assured(level: str, rerun: Mapping[str, Any] | None) -> bool:
    """Does the re-run bear the level: none at L1, a sample at L2, all at L3?"""
    if level == "L1" or rerun is None:
        return level == "L1" and rerun is None
    return 0 < rerun["n"] <= rerun["of"] and (level == "L2" or rerun["n"] == rerun["of"])


def _require_true(report: Mapping[str, Any], issue: Issue) -> None:
    passed = {entry["class"] for entry in report["classes"] if entry["verdict"] == "pass"}
    if not issue.classes or set(issue.classes) - passed:
        raise ValueError(f"classes that did not pass: {sorted(set(issue.classes) - passed)}")


def _product(system: Mapping[str, Any]) -> dict[str, Any]:
    """The product; its build is ``declared`` wherever no digest identifies it, whatever the declaration calls it."""
    declared = subject_of(system)["digest"]["sha256"] == system["declaration"]["sha256"]
    kind = "declared" if declared else system["build"]["kind"]
    return {
        **{name: system[name] for name in ("product", "vendor", "version")},
        "build": {"kind": kind, "id": system["build"]["id"]},
    }


def _honest(bundle: Bundle, issue: Issue, subject: Mapping[str, Any], product: Mapping[str, Any]) -> Message:
    """What was tested by what and when, what the office did itself, and what all this does not say."""
    digest, suite = subject["digest"]["sha256"], bundle.manifest["suite"]
    if product["build"]["kind"] == "declared":
        build = message("certificate.build.declared", build=product["build"]["id"], digest=digest)
    else:
        build = message("certificate.build.digest", digest=digest)
    day = datetime.fromisoformat(bundle.report["run"]["ended"]).date().isoformat()
    return message(
        "certificate.statement",
        build=_text(build),
        suite=f"{suite['name']} {suite['version']} (sha256:{suite['digest']['sha256']})",
        packs=", ".join(f"{one['id']}@{one['edition']} ({one['digest']})" for one in bundle.report["standards"]),
        day=day,
        assurance=_text(_repeated(issue)),
    )


def _repeated(issue: Issue) -> Message:
    """What the office repeated, in words."""
    rerun = issue.rerun
    if rerun is None:
        return message("certificate.repeated.none")
    if issue.assurance == "L3":
        return message("certificate.repeated.all", of=rerun.of)
    return message("certificate.repeated.sample", n=rerun.n, of=rerun.of)


def _own(text: str) -> str:
    """A checkpoint without the lines of witnesses."""
    try:
        held = read_checkpoint(text)
    except CheckpointError as error:
        raise NotCanonicalError("a malformed checkpoint") from error
    return f"{held.body}\n{''.join(line.text for line in held.lines if line.name == held.origin)}"


def _text(told: Message) -> Text:
    return Text(**told.both())


def _hashes(value: Any) -> tuple[bytes, ...]:
    if not isinstance(value, list) or len(value) > HASHES:
        raise NotCanonicalError("a malformed proof")
    if not all(isinstance(one, str) and _HASH.fullmatch(one) for one in value):
        raise NotCanonicalError("a malformed proof")
    return tuple(bytes.fromhex(one) for one in value)


def _require_members(value: Any, names: set[str]) -> None:
    if not isinstance(value, Mapping) or set(value) != names:
        raise NotCanonicalError(f"not exactly the members {', '.join(sorted(names))}")
