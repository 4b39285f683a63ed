"""Does a bundle agree with itself? What its manifest, its report and its evidence say of one another, computed again.

None of this finds a forgery that is consistent: that is what commitment, replay and re-run are for. It finds the edits
that are not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from conformance.bundle.model import RECORDS, REPORT, Bundle
from conformance.bundle.records import CENSUS, FINDING, RUN, BrokenChainError, read_chain
from conformance.messages import Message, message
from conformance.office.share import executed
from conformance.report.digests import results_digest
from conformance.signing.digest import digest_set, same_digests

_ORDER = {RUN: 0, CENSUS: 1, FINDING: 2}
_PASSING = ("pass", "not-applicable")


def chain_fault(bundle: Bundle) -> Message | None:
    """Where the evidence is no chain: a record that does not follow, or not one run's record first, then the others."""
    try:
        chain = read_chain(bundle.contents.get(RECORDS, b""))
    except BrokenChainError as error:
        return message("admission.chain-broken", number=error.number)
    kinds = [record.kind for record in chain.records]
    if kinds.count(RUN) != 1 or [_ORDER[kind] for kind in kinds] != sorted(_ORDER[kind] for kind in kinds):
        return message("admission.chain-order")
    return None


def evidence_fault(bundle: Bundle) -> Message | None:
    """Where the evidence is not what the manifest binds, or not that of the report's findings."""
    try:
        chain = read_chain(bundle.contents.get(RECORDS, b""))
    except BrokenChainError:
        return message("admission.evidence-unreadable")
    if chain.facts != bundle.manifest["evidence"] or bundle.chain.facts != chain.facts:
        return message("admission.evidence-swapped")
    held = [
        f"{body.get('requirement')}[{body.get('target')}]" for body in chain.of(FINDING) if isinstance(body, Mapping)
    ]
    if sorted(held) != sorted(entry["id"] for entry in bundle.report["findings"]):
        return message("admission.evidence-other-findings")
    return None


def contradictions(bundle: Bundle) -> Iterator[Message]:
    """Where the report contradicts the manifest or itself, in this order."""
    manifest, report = bundle.manifest, bundle.report
    if not same_digests(manifest["reportDigest"], digest_set(bundle.contents.get(REPORT, b""))):
        yield message("admission.report-digest")
    computed = results_digest(report["findings"])
    if not same_digests(manifest["resultsDigest"], computed) or not same_digests(report["resultsDigest"], computed):
        yield message("admission.results-digest")
    told = {name: report["system"][name] for name in ("vendor", "product", "version", "build")}
    run = report["run"]
    if manifest["product"] != told or manifest["mode"] != run["mode"] or manifest["challenge"] != run.get("challenge"):
        yield message("admission.manifest-differs")
    if not _adds_up(report):
        yield message("admission.summary-differs")
    if not _is_instant(run["started"]) or not _is_instant(run["ended"]):
        yield message("admission.instants")


def _adds_up(report: Mapping[str, Any]) -> bool:
    """Are the counts those of the findings, and is each pass of a class, and of the run, borne by findings?"""
    findings, summary = report["findings"], report["summary"]
    judged = [entry for entry in findings if entry["verdict"] not in ("not-run", "not-applicable")]
    official = {"text": sum(entry["provenance"] == "text" for entry in judged), "total": len(judged)}
    names = [entry["class"] for entry in report["classes"]]
    borne = all(entry["verdict"] != "pass" or _passes(report, entry["class"]) for entry in report["classes"])
    passed = summary["verdict"] != "pass" or all(entry["verdict"] in _PASSING for entry in report["classes"])
    return (
        borne
        and passed
        and _counts(summary["counts"]) == Counter(entry["verdict"] for entry in findings)
        and summary["officialShare"] == official
        and summary["checked"] == sum(entry["checked"] for entry in findings)
        and summary["violations"] == sum(entry["violations"] for entry in findings)
        and len(set(names)) == len(names)
        and {entry["class"] for entry in findings} <= set(names)
        and len({entry["id"] for entry in findings}) == len(findings)
        and all(entry["id"] == f"{entry['requirement']}[{entry['target']}]" for entry in findings)
    )


def _passes(report: Mapping[str, Any], name: str) -> bool:
    """Has a class a mandatory requirement that was executed, and does each other one pass or not apply?"""
    mandatory = [entry for entry in report["findings"] if entry["class"] == name and entry["obligation"] == "shall"]
    done = any(entry["verdict"] == "pass" and entry["checked"] > 0 for entry in mandatory)
    return done and all(entry["verdict"] in _PASSING for entry in mandatory)


def tested(report: Mapping[str, Any], name: str) -> bool:
    """Was anything of a class executed?"""
    return bool(executed(report, name))


def _counts(counts: Mapping[str, int]) -> Counter[str]:
    return Counter({word: number for word, number in counts.items() if number})


def _is_instant(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False
