"""The vendor's run against the office's own: verdict and attribution, finding by finding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from conformance.office.cases.facts import Facts, Judged
from conformance.office.cases.failing import CaseError
from conformance.office.cases.sampling import Draw
from conformance.report.digests import results_digest

#: How many disagreements a case keeps; their number is exact.
KEPT = 200


@dataclass(frozen=True)
class Disagreement:
    """A finding of which the two runs tell differently: ``verdict/attribution`` of each, empty where it has none."""

    id: str
    vendor: str
    office: str


@dataclass(frozen=True)
class Compared:
    """``level``: what the re-run bears, L2 (the sample) or L3 (the whole); ``n`` of ``of`` findings compared for it;
    ``results``: the digest set of what the office's run came to on them.
    """

    level: str
    n: int
    of: int
    disagreements: tuple[Disagreement, ...]
    results: Mapping[str, str]

    def value(self) -> dict[str, Any]:
        """As the case keeps it; at most :data:`KEPT` disagreements are listed."""
        listed = [{"id": one.id, "vendor": one.vendor, "office": one.office} for one in self.disagreements[:KEPT]]
        return {
            "level": self.level,
            "n": self.n,
            "of": self.of,
            "disagreements": len(self.disagreements),
            "listed": listed,
            "results": dict(self.results),
        }


def require_comparable(vendor: Facts, office: Facts) -> None:
    """Raises :class:`CaseError` where the office's bundle is no official re-run of the same build by the same packs."""
    if office.mode != "official":
        raise CaseError("case.compare.not-official")
    if office.product != vendor.product:
        raise CaseError("case.compare.product")
    if _packs(office) != _packs(vendor):
        raise CaseError("case.compare.packs")
    own, theirs = office.bound, vendor.bound
    same = any(own[name] == theirs[name] for name in ("bundle", "report", "evidence"))
    run = office.run.get("id")
    if same or (run and run == vendor.run.get("id")):
        raise CaseError("case.compare.same-bundle")


def compare(vendor: Facts, office: Facts, draw: Draw) -> Compared:
    """What the re-run says of the vendor's run.

    Whatever was run again is compared. What was drawn and not run again disagrees, and so does what only the office's
    run found. The re-run bears the whole (L3) only where both have the very same findings.
    """
    require_comparable(vendor, office)
    theirs, own = _by_id(vendor.findings), _by_id(office.findings)
    asked = draw.chosen | (own.keys() & theirs.keys()) | (own.keys() - theirs.keys())
    disagreements = tuple(
        Disagreement(id_, theirs.get(id_, ""), own.get(id_, ""))
        for id_ in sorted(asked)
        if theirs.get(id_) != own.get(id_)
    )
    whole = own.keys() == theirs.keys()
    taken = [one for one in office.findings if whole or one.id in draw.chosen]
    results = office.bound["results"] if whole else _results(taken)
    if whole and not disagreements and results != vendor.bound["results"]:
        raise CaseError("case.compare.results")
    n = len(theirs) if whole else len(draw.chosen)
    return Compared("L3" if whole else "L2", n, len(theirs), disagreements, results)


def _by_id(findings: Sequence[Judged]) -> dict[str, str]:
    held = {one.id: f"{one.verdict}/{one.attribution}" for one in findings}
    if len(held) != len(findings):
        raise CaseError("case.compare.twice")
    return held


def _results(findings: Sequence[Judged]) -> dict[str, str]:
    entries = [{"id": one.id, "verdict": one.verdict, "attribution": one.attribution or None} for one in findings]
    return results_digest(entries)


def _packs(facts: Facts) -> list[tuple[str, str, str]]:
    return sorted((one["id"], one["edition"], one["digest"]) for one in facts.packs)
