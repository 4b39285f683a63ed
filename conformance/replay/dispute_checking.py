"""Checking a dispute's pack, offline: it belongs to the bundle of that digest, and says what the record says.

What is proven: the record (and the census) stand in the evidence that the bundle's manifest binds; counts, samples and
verdict follow from the record; the printed pages say what ``dispute.json`` says. Where the packs are held here in the
same state, the clause's text and the second opinion are made again and compared as well.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from conformance.bundle.archive_reading import open_archive
from conformance.bundle.limits import LIMITS, Limits
from conformance.bundle.model import MANIFEST, BundleError
from conformance.bundle.reading_json import manifest_schema, read_json, report_schema, require_valid
from conformance.bundle.records import CENSUS, FINDING, LINE_LIMIT
from conformance.evidence.record import FindingRecord
from conformance.judge.verdict import Verdict
from conformance.replay.dispute import (
    CENSUS_FILE,
    DISPUTE,
    FILES,
    PAGE,
    README,
    RECORD_FILE,
    requirement_value,
)
from conformance.replay.dispute_opinion import held_standards, opinion, recountable
from conformance.replay.dispute_record import DisputeError, evidence_value, finding_record
from conformance.replay.dispute_text import dispute_page, readme
from conformance.signing.digest import ALGORITHMS, digest_set, same_digests
from conformance.signing.merkle import holds_inclusion
from conformance.standard.standards import Standards

#: A dispute's own bounds: a record is one line of the evidence, twice as much may be told of it.
_LIMITS = Limits(
    total=64 << 20,
    entries=LIMITS.entries,
    sizes={
        MANIFEST: LIMITS.of(MANIFEST),
        RECORD_FILE: LINE_LIMIT,
        CENSUS_FILE: LINE_LIMIT,
        DISPUTE: 4 * LINE_LIMIT,
    },
    other=4 * LINE_LIMIT,
    values=LIMITS.values,
)


@dataclass(frozen=True)
class Checked:
    """A dispute's pack that holds: its finding, verdict as the evidence has it, the bundle's digests and its product.

    ``complete``: the packs are held here, so that clause and second opinion were compared too.
    """

    finding: str
    verdict: str
    digest: Mapping[str, str]
    product: Mapping[str, Any]
    complete: bool


def check_dispute(path: Path, bundle_digest: str, standards_root: Path | None = None) -> Checked:
    """Check a pack against a bundle's digest (SHA-256 or SM3, 64 hexadecimal digits).

    Raises :class:`BundleError` for an archive that is refused, :class:`DisputeError` for a pack that does not hold.
    """
    contents = open_archive(path, _LIMITS, FILES)
    for name in FILES:
        if name not in contents and name != CENSUS_FILE:
            raise BundleError("bundle.file-missing", name=name)
    digest = digest_set(contents[MANIFEST])
    if bundle_digest.strip().lower() not in digest.values():
        raise DisputeError("dispute.other-bundle")
    manifest, value = _values(contents)
    if not same_digests(value["bundle"], digest):
        raise DisputeError("dispute.other-bundle")
    if set(value["proofs"]) != {RECORD_FILE, CENSUS_FILE} & set(contents):
        raise DisputeError("dispute.proof", name=CENSUS_FILE)
    body = _proven(RECORD_FILE, FINDING, contents, manifest, value)
    census = _proven(CENSUS_FILE, CENSUS, contents, manifest, value) if CENSUS_FILE in contents else None
    record = finding_record(body)
    _require_finding(value, record)
    standards = held_standards(manifest["packs"], standards_root)
    complete = _require_judged_alike(value, record, census, standards)
    if contents[PAGE] != dispute_page(value, manifest) or contents[README] != readme(value, manifest):
        raise DisputeError("dispute.page")
    return Checked(record.id, value["finding"]["verdict"], digest, manifest["product"], complete)


def _values(contents: Mapping[str, bytes]) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Manifest and dispute, each in its form."""
    manifest = read_json(MANIFEST, contents[MANIFEST], _LIMITS)
    require_valid(MANIFEST, manifest, manifest_schema())
    value = read_json(DISPUTE, contents[DISPUTE], _LIMITS)
    require_valid(DISPUTE, value, _schema())
    return manifest, value


def _proven(
    name: str, kind: str, contents: Mapping[str, bytes], manifest: Mapping[str, Any], value: Mapping[str, Any]
) -> Any:
    """The body of a record whose line stands where its proof says, in the tree of each digest."""
    proof, evidence = value["proofs"][name], manifest["evidence"]
    holds = proof["size"] == evidence["count"] and all(
        holds_inclusion(
            contents[name],
            proof["index"],
            proof["size"],
            [bytes.fromhex(one) for one in proof["hashes"][algorithm]],
            bytes.fromhex(evidence["root"][algorithm]),
            algorithm=algorithm,
        )
        for algorithm in ALGORITHMS
    )
    if not holds:
        raise DisputeError("dispute.proof", name=name)
    line = read_json(name, contents[name], _LIMITS)
    if not isinstance(line, dict) or line.get("kind") != kind or line.get("seq") != proof["index"]:
        raise DisputeError("dispute.proof", name=name)
    return line.get("body")


def _require_finding(value: Mapping[str, Any], record: FindingRecord) -> None:
    """Raises where the dispute tells of a finding what its record does not."""
    finding, tally = value["finding"], evidence_value(record)
    told = {
        "id": record.id,
        "requirement": record.requirement,
        "target": record.target,
        "dataset": record.dataset,
        "column": record.column,
        "clause": {"standard": record.clause.standard, "number": record.clause.number},
        "provenance": record.provenance.word,
        "expected": tally["expected"] or finding["text"],
        **{name: tally[name] for name in ("checked", "violations", "undecided")},
    }
    waived = record.waiver is not None and finding["verdict"] == Verdict.WAIVED.word
    if not waived or tally["verdict"] != Verdict.FAIL.word:
        told |= {name: tally[name] for name in ("verdict", "attribution", "reason")}
    if value["tally"] != tally or any(finding[name] != here for name, here in told.items()):
        raise DisputeError("dispute.differs")


def _require_judged_alike(
    value: Mapping[str, Any], record: FindingRecord, census: Any, standards: Standards | None
) -> bool:
    """Whether clause and second opinion could be made again here, with the same packs; raises where they differ."""
    finding, told = value["finding"], value["requirement"]
    if census is not None and not recountable(record):
        raise DisputeError("dispute.proof", name=CENSUS_FILE)
    if standards is None:
        return False
    held = bool(told["held"] == "yes")
    expected = requirement_value(finding, standards)
    requirement = standards.requirements.get(record.requirement)
    quoted = {"title": requirement.title, "text": requirement.text, "remedy": requirement.remedy} if requirement else {}
    same = all(finding[name] == {"zh": text.zh, "en": text.en} for name, text in quoted.items())
    if not same or told["text"] != expected["text"] or (held and told != expected):
        raise DisputeError("dispute.other-text")
    if requirement is not None and finding["level"] != requirement.level:
        raise DisputeError("dispute.other-text")
    if value["opinion"] != opinion(record, finding["level"], census, standards if held else None):
        raise DisputeError("dispute.other-opinion")
    return held


@cache
def _schema() -> Mapping[str, Any]:
    """The form of ``dispute.json``, with what a report's schema defines."""
    own = json.loads(resources.files(__package__).joinpath("dispute.schema.json").read_text("utf-8"))
    return {**own, "$defs": {**report_schema()["$defs"], **own["$defs"]}}
