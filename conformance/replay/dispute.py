"""One finding packed for a dispute: what the clause says, what was found, on what that rests, and proof that it does.

The pack is a ZIP of ours (``write_archive``): ``dispute.json`` (canonical), ``dispute.md`` and ``README.md`` (for
people), ``manifest.json``, and the records ``record.json`` and, where one bears on the finding, ``census.json``, as
they stand in the bundle. Whoever has the bundle's digest checks it without the bundle: each record's line is proven to
stand in the tree whose roots the manifest holds (RFC 6962, both digests).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from conformance.bundle.archive import write_archive
from conformance.bundle.model import MANIFEST, Bundle
from conformance.bundle.records import CENSUS, FINDING
from conformance.evidence.record import FindingRecord
from conformance.replay.dispute_opinion import held_standards, opinion, recountable
from conformance.replay.dispute_record import DisputeError, evidence_value, finding_record
from conformance.replay.dispute_text import dispute_page, readme
from conformance.report.harmless import shortened, visible
from conformance.signing.canonical import canonical
from conformance.signing.digest import ALGORITHMS
from conformance.signing.merkle import Tree
from conformance.standard.standards import Standards, text_digest

SCHEMA = "lubiao-dispute/1"
DISPUTE, PAGE, README, RECORD_FILE, CENSUS_FILE = (
    "dispute.json",
    "dispute.md",
    "README.md",
    "record.json",
    "census.json",
)
FILES = (DISPUTE, PAGE, README, MANIFEST, RECORD_FILE, CENSUS_FILE)
#: Of ids near to one that is unknown so many are told; longer ones and further ones are not looked at.
_NEAR, _ID, _SOUGHT = 5, 300, 5000


class UnknownFindingError(DisputeError):
    """The bundle has no such finding; ``near`` lists ids like it, made visible."""

    def __init__(self, finding: str, near: tuple[str, ...]) -> None:
        super().__init__("dispute.unknown", finding=_shown(finding))
        self.near = near


@dataclass(frozen=True)
class _Place:
    """A record where it stands in its chain."""

    index: int
    line: bytes
    body: Any


def dispute(bundle: Bundle, finding: str, standards_root: Path | None = None) -> bytes:
    """The ZIP over one finding, by its id; the same bundle and standards give the same bytes.

    Raises :class:`UnknownFindingError`, and :class:`DisputeError` where its evidence cannot be understood.
    """
    return write_archive(dispute_contents(bundle, finding, standards_root))


def dispute_contents(bundle: Bundle, finding: str, standards_root: Path | None = None) -> dict[str, bytes]:
    """The files of the ZIP by name."""
    entry = _entry(bundle, finding)
    place, record = _record(bundle, finding)
    census = _census(bundle, record)
    standards = held_standards(bundle.manifest["packs"], standards_root)
    value = {
        "schema": SCHEMA,
        "bundle": dict(bundle.digest),
        "finding": {**entry, "samples": []},
        "requirement": requirement_value(entry, standards),
        "tally": evidence_value(record),
        "opinion": opinion(record, entry["level"], census.body if census else None, standards),
        "proofs": _proofs(bundle, {RECORD_FILE: place, CENSUS_FILE: census}),
    }
    page, guide = dispute_page(value, bundle.manifest), readme(value, bundle.manifest)
    contents = {DISPUTE: canonical(value), PAGE: page, README: guide}
    contents |= {MANIFEST: bundle.contents[MANIFEST], RECORD_FILE: place.line}
    return contents | ({CENSUS_FILE: census.line} if census else {})


def requirement_value(entry: Mapping[str, Any], standards: Standards | None) -> dict[str, Any]:
    """The clause as the pack has it, with digests; where the pack is not held here, as the report quotes it."""
    requirement = standards.requirements.get(entry["requirement"]) if standards else None
    if standards is None or requirement is None:
        return {"held": "no", "id": entry["requirement"], "text": entry["text"], "textDigest": "", "pack": None}
    pack = next(pack for pack in standards.packs.values() if requirement.id in pack.requirements)
    return {
        "held": "yes",
        "id": requirement.id,
        "text": {"zh": requirement.text.zh, "en": requirement.text.en},
        "textDigest": text_digest(requirement),
        "pack": {"id": pack.id, "edition": pack.edition, "number": pack.number, "digest": pack.digest},
    }


def _entry(bundle: Bundle, finding: str) -> Mapping[str, Any]:
    for entry in bundle.report["findings"]:
        if entry["id"] == finding:
            found: Mapping[str, Any] = entry
            return found
    raise UnknownFindingError(finding, _near(bundle, finding))


def _near(bundle: Bundle, finding: str) -> tuple[str, ...]:
    """Ids that hold what was asked for, else those that look like it."""
    ids = [entry["id"] for entry in bundle.report["findings"][:_SOUGHT] if len(entry["id"]) <= _ID]
    asked = finding[:_ID]
    holding = [id_ for id_ in ids if asked and asked.casefold() in id_.casefold()]
    close = holding[:_NEAR] or get_close_matches(asked, ids, n=_NEAR, cutoff=0.5)
    return tuple(_shown(id_) for id_ in close)


def _record(bundle: Bundle, finding: str) -> tuple[_Place, FindingRecord]:
    """The one record of a finding."""
    found = [
        (place, record) for place in _places(bundle, FINDING) if (record := finding_record(place.body)).id == finding
    ]
    if len(found) != 1:
        raise DisputeError("dispute.no-record")
    return found[0]


def _census(bundle: Bundle, record: FindingRecord) -> _Place | None:
    """The census of the finding's column, where it bears on the finding."""
    if not recountable(record):
        return None
    for place in _places(bundle, CENSUS):
        body = place.body
        if isinstance(body, Mapping) and f"{body.get('target')}.{body.get('label')}" == record.target:
            return place
    return None


def _places(bundle: Bundle, kind: str) -> Iterator[_Place]:
    for index, (record, line) in enumerate(zip(bundle.chain.records, bundle.chain.lines, strict=True)):
        if record.kind == kind:
            yield _Place(index, line, record.body)


def _proofs(bundle: Bundle, places: Mapping[str, _Place | None]) -> dict[str, Any]:
    """For each file that is a record: where it stands, of how many, and the hashes that lead to each root."""
    trees = {name: Tree(bundle.chain.lines, name) for name in ALGORITHMS}
    return {
        file: {
            "index": place.index,
            "size": len(bundle.chain.lines),
            "hashes": {name: [one.hex() for one in tree.inclusion(place.index)] for name, tree in trees.items()},
        }
        for file, place in places.items()
        if place is not None
    }


def _shown(text: str) -> str:
    return shortened(visible(text, line=True), 200)
