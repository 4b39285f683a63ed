"""A small office for tests: keys, a log, a status list, a bundle that conforms, and the certificate issued for it."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from conformance.bundle.model import ATTESTATION, MANIFEST, RECORDS, REPORT, SCHEMA, Bundle
from conformance.bundle.records import FINDING, RUN, Record, chained
from conformance.evidence.record import FindingRecord, record_value
from conformance.office.admission import AdmissionTerms, Challenge, Comparison, Signing
from conformance.office.certificate import Issue, Rerun, certificate_payload, write_certificate
from conformance.office.checkpoint import signed_checkpoint
from conformance.office.events import EVENT, event_payload
from conformance.office.status import STATUS, StatusList, status_payload
from conformance.report.digests import results_digest
from conformance.signing.canonical import canonical
from conformance.signing.digest import digest_set
from conformance.signing.dsse import IN_TOTO, Envelope, write_envelope
from conformance.signing.keys import TEST_NAME, KeySet, PublicKey
from conformance.signing.making import make_key
from conformance.signing.merkle import Tree
from conformance.signing.signers import Signer, open_signer, sign_envelope
from conformance.standard.model import Clause, Provenance

REGISTER, ORIGIN = "https://register.example", "register.example/log"
LIST = f"{REGISTER}/status/2026"
NOW = datetime.fromisoformat("2026-11-22T09:00:00+08:00")
CREATED, UNTIL = "2026-11-21T17:00:00+08:00", "2028-11-21T00:00:00+08:00"
NUMBER, INDEX = "TEST-LB-2026-000045", 45
BUILD = "registry.example/app@sha256:" + "ab" * 32
COMMITMENT, NONCE, SEED = "11" * 32, "22" * 32, 123456
LIVE = "区划代码"
VERDICTS = ("error", "fail", "inconclusive", "not-run", "waived", "pass", "not-applicable")
#: The keys of the office: name, algorithm, use.
KEYS = (
    ("certificate", "ES256", "certificate"),
    ("certificate-sm2", "SM2", "certificate"),
    ("log", "ES256", "log"),
    ("log-sm2", "SM2", "log"),
    ("status", "ES256", "status"),
    ("other", "ES256", "certificate"),
    ("ended", "ES256", "certificate"),
)
#: Keys that nobody pins.
UNPINNED = ("other",)
ENDED = "2026-06-30T00:00:00+08:00"


@cache
def signers() -> Mapping[str, Signer]:
    """The office's signers by name."""
    held = {}
    with TemporaryDirectory() as folder:
        for name, algorithm, use in KEYS:
            path = Path(folder) / f"{name}.pem"
            key = make_key(path, algorithm, test=True, owner=f"{name} {TEST_NAME}", uses=(use,), passphrase=b"secret")
            if name == "ended":
                key = replace(key, valid_to=ENDED)
            held[name] = open_signer(f"file:{path}", key, lambda _prompt: b"secret")
    return held


def key(name: str) -> PublicKey:
    return signers()[name].key


@cache
def key_set() -> KeySet:
    """What verifiers pin: both algorithms are required for certificates, one for the log and for the list."""
    pinned = tuple(key(name) for name, _, _ in KEYS if name not in UNPINNED)
    required: Mapping[str, Mapping[str, tuple[str, ...]]] = {
        "certificate": {"2026": ("ES256", "SM2")},
        "log": {"2026": ("ES256",)},
        "status": {"2026": ("ES256",)},
    }
    return KeySet("test", {"zh": "测试办公室", "en": "Test office"}, ORIGIN, REGISTER, pinned, required)


def finding(requirement: str, target: str, **changed: Any) -> dict[str, Any]:
    """A finding of a report: passed, on seven values."""
    text = {"zh": requirement, "en": requirement}
    return {
        "id": f"{requirement}[{target}]",
        "requirement": requirement,
        "title": text,
        "text": text,
        "class": LIVE,
        "obligation": "shall",
        "level": "table",
        "clause": {"standard": "GB/T 2260", "number": "4"},
        "target": target,
        "dataset": target,
        "column": None,
        "element": None,
        "verdict": "pass",
        "attribution": None,
        "checked": 7,
        "violations": 0,
        "undecided": 0,
        "expected": text,
        "reason": None,
        "remedy": text,
        "provenance": "text",
        "samples": [],
        "samplesShown": 0,
        "waiver": None,
        **changed,
    }


def report(findings: list[dict[str, Any]] | None = None, **system: Any) -> dict[str, Any]:
    """The report of an official run: two requirements of one class, both passed; one more does not apply."""
    text = {"zh": "标准", "en": "standard"}
    value: dict[str, Any] = {
        "schema": "lubiao-report/1",
        "run": {
            "id": "r",
            "tool": {"name": "lubiao", "version": "0.1.0"},
            "mode": "official",
            "engine": "polars",
            "seed": SEED,
            "started": "2026-11-20T10:00:00+08:00",
            "ended": "2026-11-20T10:05:00+08:00",
            "sampleLimit": 20,
            "narrowed": [],
            "inputs": [],
            "environment": {},
            "challenge": {"commitment": COMMITMENT, "nonce": NONCE},
        },
        "system": {
            "product": "一网通办平台",
            "vendor": "某某软件",
            "version": "3.2.1",
            "build": {"kind": "image", "id": BUILD},
            "declaration": {"sha256": "cd" * 32},
            **system,
        },
        "standards": [
            {
                "id": "divisions",
                "edition": "2026",
                "number": "GB/T 2260",
                "title": text,
                "provenance": "text",
                "digest": f"sha256:{'ef' * 32}",
            }
        ],
        "classes": [],
        "findings": [finding("AT-FORM", "a.table"), finding("AT-PARENT", "a.table", provenance="adopted")]
        if findings is None
        else findings,
        "notTested": [
            {"requirement": "AT-OTHER", "class": LIVE, "title": text, "target": "a.table", "reason": text},
            {"requirement": "DE-FORMAT", "class": "数据元", "title": text, "target": "*", "reason": text},
        ],
        "volatile": [],
    }
    return summed(value)


def summed(value: dict[str, Any]) -> dict[str, Any]:
    """The report with summary, classes and results' digest as they follow from its findings."""
    findings = value["findings"]
    counts = {word: sum(entry["verdict"] == word for entry in findings) for word in VERDICTS}
    judged = [entry for entry in findings if entry["verdict"] not in ("not-run", "not-applicable")]
    worst = next((word for word in VERDICTS if counts[word]), "not-run")
    if worst == "pass" and not any(entry["checked"] for entry in findings):
        worst = "not-run"
    return {
        **value,
        "summary": {
            "verdict": worst,
            "exitCode": {"pass": 0, "fail": 1, "error": 4}.get(worst, 3),
            "counts": counts,
            "checked": sum(entry["checked"] for entry in findings),
            "violations": sum(entry["violations"] for entry in findings),
            "officialShare": {"text": sum(one["provenance"] == "text" for one in judged), "total": len(judged)},
        },
        "classes": [
            {
                "class": LIVE,
                "verdict": worst,
                "requirements": len({entry["requirement"] for entry in findings}),
                "counts": counts,
            }
        ],
        "resultsDigest": results_digest(findings),
    }


def records(value: Mapping[str, Any]) -> tuple[Record, ...]:
    """The evidence of a report."""
    clause = Clause("GB/T 2260", "4", Provenance.TEXT)
    kept = [
        FindingRecord(
            one["requirement"], one["target"], one["target"], None, None, "", "", clause, Provenance.TEXT, None
        )
        for one in value["findings"]
    ]
    return (Record(RUN, {"facts": {}}), *(Record(FINDING, record_value(one)) for one in kept))


def bundle(value: Mapping[str, Any] | None = None, evidence: tuple[Record, ...] | None = None, **bound: Any) -> Bundle:
    """The bundle of a report; ``bound`` replaces members of its manifest."""
    held = report() if value is None else value
    chain = chained(records(held) if evidence is None else evidence)
    content, run, system = canonical(held), held["run"], held["system"]
    manifest = {
        "schema": SCHEMA,
        "reportDigest": digest_set(content),
        "resultsDigest": held["resultsDigest"],
        "evidence": chain.facts,
        "suite": {"name": "lubiao", "version": "0.1.0", "digest": digest_set(b"suite")},
        "packs": [{name: entry[name] for name in ("id", "edition", "digest")} for entry in held["standards"]],
        "mode": run["mode"],
        "product": {name: system[name] for name in ("vendor", "product", "version", "build")},
        "challenge": run.get("challenge"),
        "files": {},
        **bound,
    }
    attestation = Envelope(IN_TOTO, canonical({}))
    contents = {
        REPORT: content,
        RECORDS: chain.content,
        ATTESTATION: write_envelope(attestation),
        MANIFEST: canonical(manifest),
    }
    return Bundle(digest_set(contents[MANIFEST]), manifest, held, chain, attestation, contents)


def terms(held: Bundle, **changed: Any) -> AdmissionTerms:
    """Terms that the good bundle meets, at L2."""
    good = AdmissionTerms(
        classes=(LIVE,),
        packs={("divisions", "2026"): f"sha256:{'ef' * 32}"},
        suites=(digest_set(b"another suite"), digest_set(b"suite")),
        replayed=True,
        challenge=Challenge(COMMITMENT, NONCE, SEED),
        receipt={"case": "1", "bundle": dict(held.digest)},
        assurance="L2",
        comparison=Comparison(1, 2, 0),
        tester="tester",
        approver="approver",
        issuer="issuer",
        signing=Signing(key_set(), (key("certificate"), key("certificate-sm2")), NOW, test=True),
    )
    return replace(good, **changed)


RERUN = Rerun(1, 2, "33" * 32, 1, "44" * 32, 0, digest_set(b"results"))
ISSUE = Issue(
    number=NUMBER,
    test=True,
    issuer_id=f"{REGISTER}/office/2026",
    issuer_name={"zh": "标准化办公室（测试用，无效）", "en": "Standards office (for tests, void)"},
    register=REGISTER,
    classes=(LIVE,),
    assurance="L2",
    rerun=RERUN,
    receipt=0,
    time_created=CREATED,
    valid_from=CREATED,
    valid_until=UNTIL,
    status_list=LIST,
    status_index=INDEX,
)


def signed(payload: bytes, *names: str) -> Envelope:
    return sign_envelope(IN_TOTO, payload, [signers()[name] for name in names or ("certificate", "certificate-sm2")])


@dataclass(frozen=True)
class Logged:
    """A certificate as it was logged, and the log: other entries before and after it."""

    content: bytes
    envelope: Envelope
    tree: Tree
    index: int


def logged(envelope: Envelope, *names: str, origin: str = ORIGIN) -> Logged:
    """The certificate of an envelope that was logged as the third of four entries."""
    receipt = Envelope(EVENT, event_payload("receipt", CREATED, {"case": "1", "bundle": digest_set(b"bundle")}))
    tree = Tree([b"first", write_envelope(receipt), write_envelope(envelope), b"last"])
    text = checkpoint(tree, *names, origin=origin)
    return Logged(write_certificate(envelope, 2, text, tree.inclusion(2)), envelope, tree, 2)


def checkpoint(tree: Tree, *names: str, origin: str = ORIGIN, size: int | None = None) -> str:
    held = len(tree) if size is None else size
    chosen = [signers()[name] for name in names or ("log", "log-sm2")]
    return signed_checkpoint(origin, held, tree.root(held), chosen).text


@cache
def certificate() -> Logged:
    """The good one."""
    return logged(signed(certificate_payload(bundle(), ISSUE)))


def status(*names: str, **changed: Any) -> bytes:
    """A status list of yesterday, of a week."""
    list_ = StatusList(LIST, 7, "2026-11-21T18:00:00+08:00", "2026-11-28T18:00:00+08:00")
    payload = status_payload(replace(list_, **changed))
    return write_envelope(sign_envelope(STATUS, payload, [signers()[name] for name in names or ("status",)]))


@cache
def good_status() -> bytes:
    return status()


def changed(value: Mapping[str, Any], change: Callable[[Any], object]) -> Any:
    """A deep copy, changed."""
    held = copy.deepcopy(dict(value))
    change(held)
    return held
