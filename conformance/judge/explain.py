"""What is wrong with one record: facts derived from its values, never the values themselves.

A reason may name codes of divisions and lists, lengths, positions and shapes; it holds no name, number or address, so
it needs no mask. Numbers of persons are shown, masked, as the sample's values.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping

from conformance.judge.expression import At
from conformance.judge.model import Column, Dataset, DivisionUse
from conformance.judge.rulebook import RawSample
from conformance.judge.rules.lookup import code_list_of, schemes_of
from conformance.messages import Message, Param, message
from conformance.standard.divisions import Assignment, DivisionRegistry
from conformance.standard.model import Scheme, Text
from conformance.standard.repertoire import Ranges
from conformance.standard.standards import Standards

#: Longest shape that a message shows.
SHAPE_LIMIT = 32
#: What is a day, and not the beginning of a telephone or document in a column that was named by mistake.
_DAY = re.compile("(?:18|19|20|21)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])")

Facts = Mapping[str, Param]


class Explainer:
    """Explains the samples of one dataset."""

    def __init__(self, dataset: Dataset, standards: Standards) -> None:
        self.dataset, self.standards = dataset, standards

    def violation(self, rule: str, sample: RawSample) -> Message:
        """Why this record violates the rule."""
        id_, facts = self._facts(rule, sample)
        return message(id_, **facts)

    def undecided(self, rule: str, sample: RawSample) -> Message:
        """Why this record is neither red nor green."""
        _, facts = self._facts(rule, sample)
        return message(f"undecided.{rule}", **facts)

    def _facts(self, rule: str, sample: RawSample) -> tuple[str, Facts]:
        special = SPECIAL.get(rule)
        if special is not None:
            return special(self, sample)
        value = sample.values[0][1] or ""
        return f"found.{rule}", FACTS[rule](self, value) if rule in FACTS else {}

    def column(self, sample: RawSample) -> Column:
        """The column whose value is judged: the first that a sample holds."""
        return self.dataset.column(sample.values[0][0])

    def time(self, sample: RawSample, unit: str) -> str:
        """The year or day that the record speaks of, as the engine takes it."""
        column = self.column(sample)
        text = dict(sample.values).get(column.date) or ""
        return time_text(At(column.date, self.dataset.as_of, unit), text)

    def day(self, sample: RawSample) -> str:
        """The day that the record speaks of, as it may be shown: the year alone where it is somebody's own day."""
        text, date = self.time(sample, "day"), self.column(sample).date
        personal = any(column.name == date and column.element.personal for column in self.dataset.columns)
        return text if _DAY.fullmatch(text) and not personal else f"{text[:4]}…"

    def registry(self) -> DivisionRegistry:
        """The division codes."""
        return self.standards.divisions


def time_text(at: At, text: str) -> str:
    """The time that a date column's text gives; see :class:`conformance.judge.expression.At`."""
    if at.unit == "year":
        return text[:4] if re.match("[0-9]{4}", text) else at.default[:4]
    if re.match("[0-9]{8}", text):
        return text[:8]
    return f"{text[:4]}1231" if re.match("[0-9]{4}", text) else at.default


def shape(value: str) -> str:
    """How a value is written, without what it says: 9 for digits, A for letters, 汉 for Han characters."""
    return "".join(_symbol(character) for character in value[:SHAPE_LIMIT]) + ("…" if len(value) > SHAPE_LIMIT else "")


def _symbol(character: str) -> str:
    if character.isascii():
        return (
            "9"
            if character.isdigit()
            else "A"
            if character.isalpha()
            else character
            if character.isprintable()
            else "?"
        )
    return "汉" if unicodedata.category(character) == "Lo" else "?"


def _first_in(value: str, ranges: Ranges) -> int:
    return next((i for i, char in enumerate(value) if any(low <= ord(char) <= high for low, high in ranges)), 0)


def _charset(explainer: Explainer, value: str) -> Facts:
    position = _first_in(value, explainer.standards.repertoire.forbidden)
    return {"position": position + 1, "code": f"U+{ord(value[position]):04X}"}


def _halfwidth(explainer: Explainer, value: str) -> Facts:
    return {"position": _first_in(value, explainer.standards.repertoire.fullwidth) + 1}


def _shape(_explainer: Explainer, value: str) -> Facts:
    return {"shape": shape(value)}


def _length(explainer: Explainer, sample: RawSample) -> tuple[str, Facts]:
    value = sample.values[0][1] or ""
    if explainer.column(sample).element.format.kind == "number":
        return "found.digits", {"length": sum(char in "0123456789" for char in value)}
    return "found.length", {"length": len(value)}


def _code_date(explainer: Explainer, sample: RawSample) -> tuple[str, Facts]:
    codes = code_list_of(explainer.column(sample).element, explainer.standards)
    assert codes is not None  # noqa: S101 - the rule exists only over a code list
    code = next(code for code in codes.codes if code.code == sample.values[0][1])
    at = explainer.day(sample)
    return "found.code-date", {"first": code.valid_from or "…", "last": code.valid_to or "…", "at": at}


def _scheme(explainer: Explainer, sample: RawSample) -> tuple[str, Facts]:
    value = sample.values[0][1] or ""
    return "found.scheme", {"part": _broken_part(value, _scheme_of(explainer, sample), explainer.standards)}


def _scheme_of(explainer: Explainer, sample: RawSample) -> Scheme:
    """The scheme that the value follows: of several, that of its length."""
    schemes = schemes_of(explainer.column(sample), explainer.standards)
    length = len(sample.values[0][1] or "")
    return next((scheme for scheme in schemes if scheme.length == length), schemes[0])


def _broken_part(value: str, scheme: Scheme, standards: Standards) -> str:
    if len(value) != scheme.length:
        return f"{len(value)} ≠ {scheme.length}"
    if not re.fullmatch(scheme.pattern, value):
        return shape(value)
    for part in scheme.parts:
        text = value[part.start - 1 : part.start - 1 + part.length]
        if part.kind == "code" and text not in {code.code for code in standards.codes[part.domain].codes}:
            return f"{part.name} {text}"
        if part.kind == "scheme" and not re.fullmatch(standards.schemes[part.domain].pattern, text):
            return part.name
    return next((part.name for part in scheme.parts if part.kind in ("date", "short-date")), scheme.id)


def _division_valid(explainer: Explainer, sample: RawSample) -> tuple[str, Facts]:
    """An abolished code names its successors and the document of its end."""
    code = sample.values[0][1] or ""
    use = explainer.column(sample).division
    at = explainer.time(sample, "year")
    assert use is not None  # noqa: S101 - the rule exists only over division columns
    holders = explainer.registry().assignments(use.system)[code]
    last = max(holders, key=lambda holder: holder.valid_to or 9999)
    ended = last.valid_to is not None and last.valid_to < int(at)
    facts: dict[str, Param] = {"code": code, "name": last.name, "at": at, **_span(last)}
    if not ended:
        return "found.division-valid", facts
    return "found.division-abolished", {**facts, **end_of(last, use.system, explainer.registry(), int(at))}


def _span(holder: Assignment) -> Facts:
    return {"first": str(holder.valid_from or "…"), "last": str(holder.valid_to or "…")}


def end_of(holder: Assignment, system: str, registry: DivisionRegistry, year: int) -> Facts:
    """The successors and the approval document of a code that ended; a dash where they are not known."""
    successors = registry.successors(system, holder.code, year) or holder.successors
    change = registry.change(holder.code, holder.valid_to or year)
    document = (
        f"{change.document}（{change.approved_on}）"
        if change and change.approved_on
        else change.document
        if change
        else ""
    )
    return {"successors": "、".join(successors) or "—", "document": document or "—"}


def _division_pair(explainer: Explainer, sample: RawSample, attribute: str) -> tuple[str, Facts]:
    code, at = sample.values[0][1] or "", explainer.time(sample, "year")
    use = explainer.column(sample).division
    assert use is not None  # noqa: S101 - the rule exists only over division columns
    valid = explainer.registry().valid(use.system, code, int(at))
    right = "／".join(dict.fromkeys(getattr(holder, attribute) for holder in valid)) or "—"
    return f"found.division-{attribute}", {"code": code, "at": at, attribute: right}


def _level(explainer: Explainer, sample: RawSample) -> tuple[str, Facts]:
    code = sample.values[0][1] or ""
    use = explainer.column(sample).division or DivisionUse("gbt-2260")
    levels = dict.fromkeys(holder.level for holder in explainer.registry().assignments(use.system).get(code, ()))
    return "found.division-level", {"code": code, "level": "／".join(levels)}


def _system(explainer: Explainer, sample: RawSample) -> tuple[str, Facts]:
    use = explainer.column(sample).division or DivisionUse("gbt-10114")
    other = explainer.registry().other_system(use.system) or ""
    return "found.division-system", {"code": sample.values[0][1] or "", "other": other}


def _embedded(explainer: Explainer, sample: RawSample) -> tuple[str, Facts]:
    value = sample.values[0][1] or ""
    part = _scheme_of(explainer, sample).part("division")
    code = value[part.start - 1 : part.start - 1 + part.length] if part else "—"
    return "found.division-embedded", {"code": code}


def _name(explainer: Explainer, sample: RawSample) -> tuple[str, Facts]:
    codes = code_list_of(explainer.column(sample).element, explainer.standards)
    names = [code.name for code in codes.codes if code.code == sample.values[0][1]] if codes else []
    return "found.name", {"name": "／".join(names) or "—"}


def _authority(explainer: Explainer, sample: RawSample) -> tuple[str, Facts]:
    part = _scheme_of(explainer, sample).part("division")
    value = sample.values[0][1] or ""
    code = value[part.start - 1 : part.start - 1 + part.length] if part else "—"
    return "found.authority", {"code": code}


def _collective(explainer: Explainer, value: str) -> Facts:
    return {"code": shown_code(value), "reason": explainer.registry().policy.reasons["collective"]}


def _disputed(explainer: Explainer, value: str) -> Facts:
    return {"code": shown_code(value), "reason": dispute_reason(explainer.registry(), value)}


def dispute_reason(registry: DivisionRegistry, code: str) -> Text:
    """Why a code is disputed: the policy's words for the kind of the first source that asserts it."""
    disputes = registry.disputes.get(code, ())
    return registry.policy.disputed_kinds[disputes[0].kind] if disputes else registry.policy.reasons["disputed"]


def shown_code(value: str) -> str:
    """A division code may be shown as it stands: digits only; anything else by its shape."""
    return value if value.isascii() and value.isdigit() else shape(value)


def _code(_explainer: Explainer, value: str) -> Facts:
    return {"code": shown_code(value)}


FACTS: Mapping[str, Callable[[Explainer, str], Facts]] = {
    "charset": _charset,
    "halfwidth": _halfwidth,
    "format": _shape,
    "division-form": _shape,
    "division-zone": _code,
    "division-exists": _code,
    "division-collective": _collective,
    "division-disputed": _disputed,
}
SPECIAL: Mapping[str, Callable[[Explainer, RawSample], tuple[str, Facts]]] = {
    "length": _length,
    "code-date": _code_date,
    "scheme": _scheme,
    "division-valid": _division_valid,
    "division-level": _level,
    "division-system": _system,
    "division-embedded": _embedded,
    "division-name": lambda e, s: _division_pair(e, s, "name"),
    "division-parent": lambda e, s: _division_pair(e, s, "parent"),
    "name": _name,
    "authority": _authority,
}
