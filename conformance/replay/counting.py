"""A column judged again from its census, by the plain oracle: under any edition of the packs.

What a shape cannot decide is not guessed: those values are counted as unknown from the step on that they reach first.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from conformance.evidence.census import Census
from conformance.evidence.census_shape import GATHERED, OPAQUE, PLACED, alphabet_digest, made_for
from conformance.judge import oracle
from conformance.judge.model import Column, Dataset, DivisionUse
from conformance.judge.oracle_chain import OracleResult
from conformance.standard.model import Element
from conformance.standard.standards import Standards

#: The steps of a column's chain in their order: the oracle's name, and the rule that requirements refer to.
STEPS = {
    "DE-CHARSET": "charset",
    "DE-BLANK": "blank",
    "DE-HALFWIDTH": "halfwidth",
    "DE-LENGTH": "length",
    "DE-FORMAT": "format",
    "DE-DATE": "date",
    "DE-DOMAIN": "domain",
    "DE-CODE-DATE": "code-date",
    "DE-SCHEME": "scheme",
    "DE-CHECK": "check",
    "DE-RANGE": "range",
    "AD-FORM": "division-form",
    "AD-COLLECTIVE": "division-collective",
    "AD-DISPUTED": "division-disputed",
    "AD-ZONE": "division-zone",
    "AD-SYSTEM": "division-system",
    "AD-EXISTS": "division-exists",
    "AD-VALID": "division-valid",
    "AD-LEVEL": "division-level",
    "AD-EMBEDDED": "division-embedded",
}
MANDATORY = "mandatory"
CHAIN = (MANDATORY, *STEPS.values())
_CHARACTERS = frozenset({"charset", "blank", "halfwidth"})
#: Steps that are judged at the time of the record.
_TIMED = frozenset(
    {"code-date", *(f"division-{name}" for name in ("collective", "disputed", "zone", "valid", "level"))}
)
_NAME, _VALUE, _TIME = "column", "value", "time"


@dataclass(frozen=True)
class Counted:
    """What the oracle counted of one rule over one column. ``unknown`` values may or may not be among the others."""

    checked: int
    violations: int
    undecided: int
    unknown: int = 0


def recount(census: Census, standards: Standards) -> Mapping[str, Counted]:
    """What each rule of the column's chain counts, by rule; empty where the packs lack what the column needs.

    Where the census is not complete the counts are those of a part of the records.
    """
    try:
        column = _column(census, standards)
        dataset = Dataset(_NAME, (column,), census.use.as_of)
        values = [{_VALUE: text, _TIME: time or None} for text, time, _ in census.values]
        shapes = [{_VALUE: shape, _TIME: None} for shape, _ in census.shapes]
        told = oracle.judge(dataset, values, standards), oracle.judge(dataset, shapes, standards)
    except KeyError:
        return {}
    walk = _Walk(census, column.element, standards)
    found = {
        STEPS[step]: walk.step(STEPS[step], of_values, told[1][step, target])
        for (step, target), of_values in told[0].items()
    }
    if census.use.mandatory:
        found[MANDATORY] = Counted(census.rows, census.absent, 0)
    return found


def _column(census: Census, standards: Standards) -> Column:
    element, use = standards.elements[census.element], census.use
    kind, _, system = element.domain.partition(":")
    division = DivisionUse(use.system or system, use.levels) if kind == "division" else None
    date = _TIME if use.date else ""
    return Column(_VALUE, element, _VALUE, date=date, also=use.also, division=division)


class _Walk:
    """Follows values and shapes along the chain."""

    def __init__(self, census: Census, element: Element, standards: Standards) -> None:
        self._census, self._element = census, element
        self._values = {row: number for row, (_, _, number) in enumerate(census.values, 1)}
        self._shapes = {row: number for row, (_, number) in enumerate(census.shapes, 1)}
        self._unknown = 0
        self._same_alphabet = census.alphabet == alphabet_digest(standards.repertoire)
        formats = (element.format, element.conflict[0]) if element.conflict else (element.format,)
        self._orderless = all(one.kind == "text" and not one.picture for one in formats)
        self._same_made = census.made == made_for(element, standards)

    def step(self, rule: str, of_values: OracleResult, of_shapes: OracleResult) -> Counted:
        """What one step counts of those that reach it."""
        if not self._decides(rule):
            self._unknown += sum(self._shapes.values())
            self._shapes = {}
        if rule in _TIMED and self._census.use.date and not self._census.dated:
            self._unknown += sum(self._values.values())
            self._values = {}
        checked = sum(self._values.values()) + sum(self._shapes.values())
        violations = _taken(self._values, of_values.violations) + _taken(self._shapes, of_shapes.violations)
        undecided = _taken(self._values, of_values.undecided) + _taken(self._shapes, of_shapes.undecided)
        return Counted(checked, violations, undecided, self._unknown)

    def _decides(self, rule: str) -> bool:
        """Does this step say the same of a shape as of its value?"""
        form = self._census.form
        if not self._same_alphabet or form == OPAQUE:
            return False
        if rule in _CHARACTERS:
            return True
        if rule in ("length", "format"):
            return self._same_made and (form == PLACED or self._orderless)
        if rule == "date":
            return self._same_made and self._element.format.kind == "picture"
        return rule == "division-form" and form != GATHERED


def _taken(rows: dict[int, int], gone: Collection[int] | Sequence[int]) -> int:
    """How many left the chain here; they go no further."""
    return sum(rows.pop(row, 0) for row in gone)
