"""Why the office issues no certificate for a bundle: every reason at once, each with its word (docs/certificates.md).

Pure functions over given values. What was not given (no receipt, no replay, no approval) is a reason, never a pass.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from conformance.bundle.model import Bundle
from conformance.messages import Message, message
from conformance.office.certifiable import chain_fault, contradictions, evidence_fault, tested
from conformance.signing.digest import same_digests
from conformance.signing.keys import KeySet, PublicKey, missing_legs

#: The reasons that a bundle itself can give, and those that lie in what the office did; in the order of every output.
FORMAL = (
    *("self-test", "narrowed", "not-conforming", "nothing-tested", "chain-broken", "evidence-swapped"),
    *("verdict-edited", "pack-unknown", "suite-unknown", "challenge-missing", "challenge-wrong"),
)
OFFICE = ("not-receipted", "sample-disagrees", "not-approved", "same-person", "key-refused")
REFUSALS = (*FORMAL, *OFFICE)


@dataclass(frozen=True)
class Challenge:
    """What a vendor was challenged with: its commitment and the office's nonce (hex), and the seed that follows."""

    commitment: str
    nonce: str
    seed: int


@dataclass(frozen=True)
class Comparison:
    """What the re-run came to: ``n`` of ``of`` findings compared, and how many disagree without explanation."""

    n: int
    of: int
    disagreements: int


@dataclass(frozen=True)
class Signing:
    """With which keys the certificate would be signed, and when; ``keys`` is the set that verifiers pin."""

    keys: KeySet
    signers: tuple[PublicKey, ...]
    instant: datetime
    test: bool


@dataclass(frozen=True)
class AdmissionTerms:
    """What a bundle is held to, all of it given.

    ``classes``: those to certify; ``packs``: digest (``sha256:…``) by id and edition; ``suites``: digest sets;
    ``receipt``: the body of the receipt's event in the log; ``challenge``: None where the office gave none;
    ``assurance``: the level wanted; ``replayed``: did the replay give the same report (None: nobody replayed);
    people by id, empty where nobody has acted; ``signing``: None where no key could be opened.
    """

    classes: tuple[str, ...]
    packs: Mapping[tuple[str, str], str]
    suites: Collection[Mapping[str, str]]
    replayed: bool | None
    challenge: Challenge | None = None
    receipt: Mapping[str, Any] | None = None
    assurance: str = "L2"
    comparison: Comparison | None = None
    tester: str = ""
    approver: str = ""
    issuer: str = ""
    signing: Signing | None = None


@dataclass(frozen=True)
class Refusal:
    """A reason: ``word`` of :data:`REFUSALS`, and the message that says it."""

    word: str
    message: Message


def admit(bundle: Bundle, terms: AdmissionTerms) -> tuple[Refusal, ...]:
    """Every reason not to issue, in the order of :data:`REFUSALS`; none where the certificate may be issued."""
    return (*admit_formally(bundle, terms), *_refusals(OFFICE, _office(bundle, terms)))


def admit_formally(bundle: Bundle, terms: AdmissionTerms) -> tuple[Refusal, ...]:
    """The reasons that lie in the bundle, known when it arrives: nothing that the office does is looked at."""
    return _refusals(FORMAL, _formal(bundle, terms))


def _refusals(order: Sequence[str], found: Iterator[Refusal]) -> tuple[Refusal, ...]:
    return tuple(sorted(found, key=lambda one: order.index(one.word)))


def _formal(bundle: Bundle, terms: AdmissionTerms) -> Iterator[Refusal]:
    report = bundle.report
    if not bundle.official or bundle.manifest["mode"] != "official":
        yield Refusal("self-test", message("admission.self-test"))
    if report["run"]["narrowed"]:
        yield Refusal("narrowed", message("admission.narrowed"))
    if report["summary"]["counts"].get("waived") or any(entry["waiver"] for entry in report["findings"]):
        yield Refusal("narrowed", message("admission.waived"))
    yield from _verdicts(report, terms.classes)
    if fault := chain_fault(bundle):
        yield Refusal("chain-broken", fault)
    if fault := evidence_fault(bundle):
        yield Refusal("evidence-swapped", fault)
    yield from (Refusal("verdict-edited", told) for told in contradictions(bundle))
    if terms.replayed is None:
        yield Refusal("verdict-edited", message("admission.not-replayed"))
    elif not terms.replayed:
        yield Refusal("verdict-edited", message("admission.replay-differs"))
    yield from _packs(bundle, terms.packs)
    yield from _suite(bundle, terms.suites)
    yield from _challenge(bundle, terms.challenge)


def _verdicts(report: Mapping[str, Any], classes: Sequence[str]) -> Iterator[Refusal]:
    verdict = report["summary"]["verdict"]
    if verdict != "pass":
        yield Refusal("not-conforming", message("admission.not-conforming", verdict=verdict))
    held = {entry["class"]: entry["verdict"] for entry in report["classes"]}
    for name in classes:
        if held.get(name) != "pass":
            told = message("admission.class-not-conforming", name=name, verdict=held.get(name, "not-run"))
            yield Refusal("not-conforming", told)
        if not tested(report, name):
            yield Refusal("nothing-tested", message("admission.class-not-tested", name=name))
    if not classes or not any(entry["checked"] > 0 for entry in report["findings"]):
        yield Refusal("nothing-tested", message("admission.nothing-tested"))


def _packs(bundle: Bundle, accepted: Mapping[tuple[str, str], str]) -> Iterator[Refusal]:
    held = [(entry["id"], entry["edition"], entry["digest"]) for entry in bundle.manifest["packs"]]
    used = [(entry["id"], entry["edition"], entry["digest"]) for entry in bundle.report["standards"]]
    if not held or sorted(held) != sorted(used):
        yield Refusal("pack-unknown", message("admission.packs-differ"))
    for id_, edition, digest in held:
        if accepted.get((id_, edition)) != digest:
            yield Refusal("pack-unknown", message("admission.pack-unknown", pack=f"{id_}@{edition}", digest=digest))


def _suite(bundle: Bundle, accepted: Collection[Mapping[str, str]]) -> Iterator[Refusal]:
    suite, tool = bundle.manifest["suite"], bundle.report["run"]["tool"]
    name = f"{suite['name']} {suite['version']}"
    if (suite["name"], suite["version"]) != (tool["name"], tool["version"]):
        yield Refusal("suite-unknown", message("admission.suite-differs", suite=name))
    if not any(same_digests(one, suite["digest"]) for one in accepted):
        yield Refusal("suite-unknown", message("admission.suite-unknown", suite=name))


def _challenge(bundle: Bundle, expected: Challenge | None) -> Iterator[Refusal]:
    held = bundle.manifest["challenge"]
    if expected is None:
        if held:
            yield Refusal("challenge-wrong", message("admission.challenge-never-given"))
    elif not held:
        yield Refusal("challenge-missing", message("admission.challenge-missing"))
    elif held != {"commitment": expected.commitment, "nonce": expected.nonce}:
        yield Refusal("challenge-wrong", message("admission.challenge-wrong"))
    elif bundle.report["run"]["seed"] != expected.seed:
        yield Refusal("challenge-wrong", message("admission.challenge-seed"))


def _office(bundle: Bundle, terms: AdmissionTerms) -> Iterator[Refusal]:
    yield from _receipt(bundle, terms.receipt)
    yield from _compared(terms)
    if not terms.approver:
        yield Refusal("not-approved", message("admission.not-approved"))
    if terms.tester and terms.tester == terms.approver:
        yield Refusal("same-person", message("admission.tester-approves", person=terms.tester))
    if terms.issuer and terms.issuer == terms.approver:
        yield Refusal("same-person", message("admission.approver-issues", person=terms.issuer))
    if terms.signing is None:
        yield Refusal("key-refused", message("admission.no-key"))
    else:
        yield from _keys(terms.signing)


def _receipt(bundle: Bundle, receipt: Mapping[str, Any] | None) -> Iterator[Refusal]:
    """The log holds a receipt of this very bundle, and what else the receipt says of it is so."""
    if receipt is None:
        yield Refusal("not-receipted", message("admission.not-receipted"))
        return
    manifest = bundle.manifest
    bound = {
        "report": manifest["reportDigest"],
        "results": manifest["resultsDigest"],
        "evidence": manifest["evidence"],
        "challenge": manifest["challenge"],
    }
    named = receipt.get("bundle")
    whole = isinstance(named, Mapping) and same_digests(named, bundle.digest)
    if not whole or any(name in receipt and receipt[name] != value for name, value in bound.items()):
        yield Refusal("not-receipted", message("admission.receipt-differs"))


def _compared(terms: AdmissionTerms) -> Iterator[Refusal]:
    held = terms.comparison
    if held is not None and held.disagreements:
        yield Refusal("sample-disagrees", message("admission.sample-disagrees", number=held.disagreements, n=held.n))
    if terms.assurance == "L1":
        return
    if held is None or held.n < 1 or not terms.tester:
        yield Refusal("sample-disagrees", message("admission.not-compared", assurance=terms.assurance))
    elif terms.assurance != "L2" and held.n != held.of:
        yield Refusal("sample-disagrees", message("admission.not-all-compared", n=held.n, of=held.of))


def _keys(signing: Signing) -> Iterator[Refusal]:
    """Each key is one that verifiers pin for certificates, in its time and of its kind; none that is required lacks."""
    for key in signing.signers:
        held = signing.keys.key(key.id)
        if held is None or held.spki != key.spki:
            yield Refusal("key-refused", message("admission.key-not-pinned", key=key.id))
        elif "certificate" not in held.uses:
            yield Refusal("key-refused", message("admission.key-use", key=key.id))
        elif not held.valid_at(signing.instant):
            yield Refusal("key-refused", message("admission.key-time", key=key.id))
        if key.test != signing.test:
            yield Refusal("key-refused", message("admission.key-kind", key=key.id))
    missing = missing_legs(signing.keys.required_for("certificate", signing.instant), signing.signers)
    if missing or not signing.signers:
        names = ", ".join(missing) or "—"
        yield Refusal("key-refused", message("admission.key-leg", algorithms=names))
