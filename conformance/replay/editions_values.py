"""What two editions ask of values: formats, repertoires, bounds, code lists, identifier schemes, division codes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal, InvalidOperation

from conformance.messages import Message, message
from conformance.replay.change import ADDED, CHANGED, RELAXED, REMOVED, TIGHTENED, Change
from conformance.standard.divisions import SYSTEMS
from conformance.standard.model import Code, CodeList, Element
from conformance.standard.notation import Format
from conformance.standard.pack import pack_folder
from conformance.standard.repertoire import Ranges, without
from conformance.standard.standards import DIVISIONS, Standards

#: Every code point: what a repertoire without ranges admits.
_ANY: Ranges = ((0, 0x10FFFF),)
#: The system of twelve digits.
VILLAGES = "stat-12"
_DIVISION_RULES = tuple(
    f"division-{name}"
    for name in ("form", "collective", "disputed", "zone", "system", "exists", "valid", "level", "name", "parent")
)


def value_changes(before: Standards, after: Standards) -> Iterator[Change]:
    """Every change of what values must be."""
    yield from _repertoires(before, after)
    for id_ in sorted(before.elements.keys() | after.elements.keys()):
        one, other = before.elements.get(id_), after.elements.get(id_)
        if one is None or other is None:
            told = message("edition.element-added" if one is None else "edition.element-removed", element=id_)
            yield Change(ADDED if one is None else REMOVED, told, elements=(id_,))
        else:
            yield from _element(one, other, before, after)
    for id_ in sorted(before.codes.keys() & after.codes.keys()):
        yield from _codes(before.codes[id_], after.codes[id_])
    for id_ in sorted(before.schemes.keys() & after.schemes.keys()):
        if before.schemes[id_] != after.schemes[id_]:
            rules = ("length", "scheme", "check", "division-embedded", "birth", "sex", "organisation", "authority")
            yield Change(CHANGED, message("edition.scheme", scheme=id_), domain=f"scheme:{id_}", rules=rules)
    yield from _divisions(before, after)


def _direction(*, narrower: bool, wider: bool) -> str:
    """Stricter, laxer, or neither of both alone."""
    return CHANGED if narrower == wider else TIGHTENED if narrower else RELAXED


def _repertoires(before: Standards, after: Standards) -> Iterator[Change]:
    old, new = before.repertoire, after.repertoire
    if old == new:
        return
    kind = CHANGED
    if replace(old, forbidden=new.forbidden) == new:
        narrower, wider = bool(without(new.forbidden, old.forbidden)), bool(without(old.forbidden, new.forbidden))
        kind = _direction(narrower=narrower, wider=wider)
    rules = ("charset", "blank", "halfwidth", "length", "format")
    yield Change(kind, message("edition.repertoire"), domain="*", rules=rules)


def _element(one: Element, other: Element, before: Standards, after: Standards) -> Iterator[Change]:
    """What differs in an element that both editions have."""
    if one.format.kind != other.format.kind or one.format.picture != other.format.picture:
        told = _told(one, str(one.format), str(other.format))
        yield _of(one, CHANGED, told, "length", "format", "date", "halfwidth", "charset")
    else:
        yield from _lengths(one, one.format, other.format)
        yield from _characters(one, other, before, after)
    if one.conflict != other.conflict:
        kind = RELAXED if one.conflict is None else TIGHTENED if other.conflict is None else CHANGED
        yield _of(one, kind, message("edition.conflict", element=one.id, name=one.name), "length", "format")
    if one.domain != other.domain:
        rules = ("halfwidth", "length", "format", "domain", "code-date", "scheme", "check", "division-embedded")
        told = message("edition.domain", element=one.id, name=one.name, before=one.domain, after=other.domain)
        yield _of(one, CHANGED, told, *rules, *_DIVISION_RULES)
    if one.halfwidth != other.halfwidth:
        kind = TIGHTENED if other.halfwidth else RELAXED
        yield _of(one, kind, message("edition.halfwidth", element=one.id, name=one.name), "halfwidth")
    yield from _bounds(one, other)


def _of(element: Element, kind: str, told: Message, *rules: str) -> Change:
    return Change(kind, told, elements=(element.id,), rules=rules)


def _told(element: Element, before: str, after: str) -> Message:
    return message("edition.format", element=element.id, name=element.name, before=before, after=after)


def _lengths(element: Element, one: Format, other: Format) -> Iterator[Change]:
    if (one.minimum, one.maximum) != (other.minimum, other.maximum):
        narrower = other.minimum > one.minimum or _below(other.maximum, one.maximum)
        wider = other.minimum < one.minimum or _below(one.maximum, other.maximum)
        kind = _direction(narrower=narrower, wider=wider)
        yield _of(element, kind, _told(element, str(one), str(other)), "length", "charset")
    if one.decimals != other.decimals:
        kind = TIGHTENED if (other.decimals or 0) < (one.decimals or 0) else RELAXED
        yield _of(element, kind, _told(element, str(one), str(other)), "format")


def _below(one: int | None, other: int | None) -> bool:
    return one is not None and (other is None or one < other)


def _characters(one: Element, other: Element, before: Standards, after: Standards) -> Iterator[Change]:
    """Which characters the format admits: a matter of the dialect too."""
    if one.format.kind == "boolean":
        words, others = set(before.dialect_of(one).booleans), set(after.dialect_of(other).booleans)
        narrower, wider = bool(words - others), bool(others - words)
    elif one.format.kind == "text" and not one.format.picture:
        old, new = _ranges(one, before), _ranges(other, after)
        narrower, wider = bool(without(old, new)), bool(without(new, old))
    else:
        return
    if narrower or wider:
        kind = _direction(narrower=narrower, wider=wider)
        yield _of(one, kind, _told(one, str(one.format), str(other.format)), "format", "halfwidth")


def _ranges(element: Element, standards: Standards) -> Ranges:
    format_ = element.format
    name = standards.dialect_of(element).classes[format_.symbol]["fixed" if format_.fixed else "variable"]
    return standards.repertoire.classes[name] or _ANY


def _bounds(one: Element, other: Element) -> Iterator[Change]:
    if (one.minimum, one.maximum) == (other.minimum, other.maximum):
        return
    narrower = _higher(other.minimum, one.minimum) or _lower(other.maximum, one.maximum)
    wider = _higher(one.minimum, other.minimum) or _lower(one.maximum, other.maximum)
    told = message(
        "edition.bounds",
        element=one.id,
        name=one.name,
        before=f"{one.minimum or '—'}..{one.maximum or '—'}",
        after=f"{other.minimum or '—'}..{other.maximum or '—'}",
    )
    signed = one.minimum.startswith("-") != other.minimum.startswith("-")
    yield _of(one, _direction(narrower=narrower, wider=wider), told, *(["format"] if signed else []), "range")


def _higher(one: str, other: str) -> bool:
    """Is the first lower bound the stricter? Without one there is no bound."""
    return bool(one) and (not other or _order(one) > _order(other))


def _lower(one: str, other: str) -> bool:
    """Is the first upper bound the stricter?"""
    return bool(one) and (not other or _order(one) < _order(other))


def _order(bound: str) -> tuple[Decimal, str]:
    """Numbers by their value, dates of one picture by their text."""
    try:
        return Decimal(bound), ""
    except InvalidOperation:
        return Decimal(0), bound


def _codes(one: CodeList, other: CodeList) -> Iterator[Change]:
    """Members that came and went, others' validity, names; whether the list is whole and may be extended."""
    old, new = _members(one), _members(other)
    gone, come = sorted(old.keys() - new.keys()), sorted(new.keys() - old.keys())
    domain = f"code:{one.id}"
    if gone or come:
        kind = _direction(narrower=bool(gone), wider=bool(come))
        told = message(
            "edition.codes", list=one.id, removed=len(gone), added=len(come), names="、".join((gone + come)[:10])
        )
        yield Change(kind, told, domain=domain, rules=("domain", "code-date", "scheme", "name"))
    both = sorted(old.keys() & new.keys())
    if moved := [code for code in both if _validity(old[code]) != _validity(new[code])]:
        told = message("edition.validity", list=one.id, number=len(moved), names="、".join(moved[:10]))
        yield Change(_validity_direction(moved, old, new), told, domain=domain, rules=("code-date",))
    if named := [code for code in both if _names(old[code]) != _names(new[code])]:
        told = message("edition.names", list=one.id, number=len(named), names="、".join(named[:10]))
        yield Change(CHANGED, told, domain=domain, rules=("name",))
    if one.complete != other.complete:
        kind = TIGHTENED if other.complete else RELAXED
        yield Change(kind, message("edition.complete", list=one.id), domain=domain, rules=("domain", "scheme"))
    if one.extension != other.extension:
        kind = RELAXED if not one.extension else TIGHTENED if not other.extension else CHANGED
        told = message("edition.extension", list=one.id)
        yield Change(kind, told, domain=domain, rules=("domain", "code-date", "scheme"))


def _members(codes: CodeList) -> Mapping[str, tuple[Code, ...]]:
    held: dict[str, list[Code]] = {}
    for code in codes.codes:
        held.setdefault(code.code, []).append(code)
    return {code: tuple(rows) for code, rows in held.items()}


def _validity(rows: tuple[Code, ...]) -> set[tuple[str, str]]:
    return {(row.valid_from or "0", row.valid_to or "9") for row in rows}


def _validity_direction(
    moved: list[str], old: Mapping[str, tuple[Code, ...]], new: Mapping[str, tuple[Code, ...]]
) -> str:
    if any(len(held[code]) != 1 for code in moved for held in (old, new)):
        return CHANGED
    spans = [(*_validity(old[code]), *_validity(new[code])) for code in moved]
    narrower = any(new_[0] > old_[0] or new_[1] < old_[1] for old_, new_ in spans)
    wider = any(new_[0] < old_[0] or new_[1] > old_[1] for old_, new_ in spans)
    return _direction(narrower=narrower, wider=wider)


def _names(rows: tuple[Code, ...]) -> set[tuple[str, str]]:
    return {(row.name, row.note if row.note.startswith("synonyms:") else "") for row in rows}


def _divisions(before: Standards, after: Standards) -> Iterator[Change]:
    if DIVISIONS not in before.packs or DIVISIONS not in after.packs:
        return
    if before.packs[DIVISIONS].digest == after.packs[DIVISIONS].digest:
        return
    villages = _villages(before) == _villages(after)
    for system in SYSTEMS:
        if system == VILLAGES and villages:
            continue  # by far the largest table, and the one that changes least
        old, new = before.divisions.assignments(system), after.divisions.assignments(system)
        if old == new:
            continue
        gone, come = len(old.keys() - new.keys()), len(new.keys() - old.keys())
        moved = sum(old[code] != new[code] for code in old.keys() & new.keys())
        kind = _direction(narrower=bool(gone), wider=bool(come)) if not moved else CHANGED
        told = message("edition.divisions", system=system, removed=gone, added=come, changed=moved)
        rules = (*_DIVISION_RULES, "division-embedded")
        yield Change(kind, told, domain=f"division:{system}", rules=rules)
    if _policies(before) != _policies(after):
        rules = (*_DIVISION_RULES, "division-embedded")
        yield Change(CHANGED, message("edition.division-policy"), domain="division:*", rules=rules)


def _villages(standards: Standards) -> list[tuple[str, bytes]]:
    folder = pack_folder(standards.root, DIVISIONS, standards.packs[DIVISIONS].edition)
    return sorted((path.name, path.read_bytes()) for path in folder.glob("divisions/*villages*"))


def _policies(standards: Standards) -> tuple[object, ...]:
    held = standards.divisions
    return held.policy, held.disputes, held.collective, held.zones
