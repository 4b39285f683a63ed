"""One value with one fault: each function takes a valid value and breaks one rule of its chain, and no earlier one.

None where the element's format, domain or bounds leave nothing to break. The order of the chain is that of
``docs/architecture.md``.
"""

from __future__ import annotations

import itertools
import re
import string
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal

from conformance.standard.divisions import SYSTEMS
from conformance.standard.model import CodeList, Element, Field, Scheme
from conformance.standard.standards import Standards

#: What breaks a value: (valid value, its field, the packs) -> the broken value.
Spoiler = Callable[[str, Field, Standards], str | None]

_PRIVATE_USE = "\ue000"
_IDEOGRAPHIC_SPACE = "\u3000"
_FULLWIDTH = 0xFEE0
_FULLWIDTH_A = "Ａ"
_GRAPHIC = "graphic"
_CANDIDATES = 20_000


def spoil(facet: str, value: str, field: Field, standards: Standards) -> str | None:
    """The value with that facet broken; None where it cannot be. ``facet`` is a key of :data:`SPOILERS`."""
    return SPOILERS[facet](value, field, standards)


def _charset(value: str, field: Field, _: Standards) -> str | None:
    """A private-use character at the end; dates keep their digits, for other values may be judged at them."""
    if field.element.format.kind == "binary":
        return None
    return (value if field.element.format.kind == "picture" else value[:-1]) + _PRIVATE_USE


def _blank(value: str, _field: Field, _: Standards) -> str | None:
    return value + _IDEOGRAPHIC_SPACE


def _halfwidth(value: str, field: Field, standards: Standards) -> str | None:
    element = field.element
    free = element.format.kind == "text" and not element.domain and _repertoire(element, standards) == _GRAPHIC
    if free and not element.halfwidth:
        return None
    first = chr(ord(value[0]) + _FULLWIDTH) if "!" <= value[0] <= "~" else _FULLWIDTH_A
    return first + value[1:]


def _length(value: str, field: Field, standards: Standards) -> str | None:
    """One character or digit too many."""
    element = field.element
    form = element.format
    if element.conflict or form.maximum is None or _is_division(field) or form.kind not in ("text", "number"):
        return None
    if form.kind == "number":
        return "1" * (form.maximum + 1)
    schemes = [standards.schemes[id_].length for id_ in (*_scheme_ids(element), *field.also)]
    longest = max([form.maximum, *schemes])
    return value + value[-1] * (longest + 1 - len(value))


def _format(value: str, field: Field, standards: Standards) -> str | None:
    element = field.element
    form = element.format
    if element.conflict or _is_division(field) or form.kind == "binary":
        return None
    if form.kind == "number":
        decimals = (form.decimals or 0) + 1
        return f"1.{'5' * decimals}" if 1 + decimals <= (form.maximum or 0) else _signed(element)
    if form.kind == "boolean":
        return "2"
    if form.kind == "picture":
        return value[:-1] + "A"
    wrong = {"digits": "A", "letters": "1", "alphanumeric": "-"}.get(_repertoire(element, standards))
    if form.picture:
        wrong = "1" if form.picture[-1] == "a" else "A"
    return value[:-1] + wrong if wrong else None


def _signed(element: Element) -> str | None:
    return None if element.minimum.startswith("-") else "-1"


def _date(value: str, field: Field, _: Standards) -> str | None:
    """A day that no month has; the year stays."""
    picture = field.element.format.picture
    if field.element.format.kind != "picture" or "DD" not in picture:
        return None
    at = picture.index("DD")
    return f"{value[:at]}32{value[at + 2 :]}"


def _domain(value: str, field: Field, standards: Standards) -> str | None:
    kind, _, name = field.element.domain.partition(":")
    codes = standards.codes[name] if kind == "code" else None
    if codes is None or not codes.complete:
        return None
    repertoire = _repertoire(field.element, standards)
    alphabet = {"digits": string.digits, "letters": string.ascii_uppercase}.get(
        repertoire, string.digits + string.ascii_uppercase
    )
    return next((text for text in _texts(alphabet, len(value)) if not _holds(codes, text)), None)


def _texts(alphabet: str, length: int) -> Iterator[str]:
    every = ("".join(letters) for letters in itertools.product(reversed(alphabet), repeat=length))
    return itertools.islice(every, _CANDIDATES)


def _holds(codes: CodeList, text: str) -> bool:
    extended = bool(codes.extension) and re.fullmatch(codes.extension, text) is not None
    return extended or any(code.code == text for code in codes.codes)


def _scheme(value: str, field: Field, standards: Standards) -> str | None:
    """A date that does not exist inside the identifier, or a character that the scheme does not know."""
    scheme = _scheme_of(value, field, standards)
    if scheme is None or _repertoire(field.element, standards) != _GRAPHIC:
        return None
    part = scheme.part("date")
    if part is not None:
        at = part.start - 1 + len("YYYY")
        return f"{value[:at]}13{value[at + 2 :]}"
    return f"#{value[1:]}"


def _check(value: str, field: Field, standards: Standards) -> str | None:
    """Another check character than the right one, of those that the scheme admits."""
    scheme = _scheme_of(value, field, standards)
    part = scheme.part("check") if scheme else None
    if scheme is None or part is None or scheme.check is None:
        return None
    at = part.start - 1
    others = (value[:at] + other + value[at + 1 :] for other in scheme.check.check_values if other != value[at])
    return next((text for text in others if re.fullmatch(scheme.pattern, text)), None)


def _range(value: str, field: Field, _: Standards) -> str | None:
    """Just outside the bounds: below where the format lets a value be, else above."""
    element = field.element
    if element.format.kind == "picture":
        low = element.minimum[:4]
        return f"{int(low) - 1:04}{value[4:]}" if low.isdigit() and value[4:8] != "0229" else None
    if not (element.minimum or element.maximum) or element.format.symbol != "n":
        return None
    below = Decimal(element.minimum) - 1 if element.minimum else None
    above = Decimal(element.maximum) + 1 if element.maximum else None
    for bound in (below, above):
        if bound is not None and bound >= 0 and len(str(bound).replace(".", "")) <= (element.format.maximum or 0):
            return str(bound).zfill(element.format.minimum)
    return None


def _division(value: str, field: Field, standards: Standards) -> str | None:
    """A code of the right form, near the right one, that nobody ever had and no source asserts."""
    if not _is_division(field):
        return None
    registry = standards.divisions
    taken = {*registry.collective, *registry.zones, *registry.disputes}
    systems = [registry.assignments(system) for system, digits in SYSTEMS.items() if digits == len(value)]
    near = (f"{value[:-2]}{number:02}" for number in range(99, 0, -1))
    return next((code for code in near if code not in taken and not any(code in held for held in systems)), None)


def _is_division(field: Field) -> bool:
    return bool(field.division_system) or field.element.domain.startswith("division:")


def _repertoire(element: Element, standards: Standards) -> str:
    """The repertoire of a text element's characters; empty for other kinds."""
    classes = standards.dialect_of(element).classes.get(element.format.symbol, {})
    return classes.get("fixed" if element.format.fixed else "variable", "") if element.format.kind == "text" else ""


def _scheme_ids(element: Element) -> tuple[str, ...]:
    kind, _, name = element.domain.partition(":")
    return (name,) if kind == "scheme" else ()


def _scheme_of(value: str, field: Field, standards: Standards) -> Scheme | None:
    """The scheme that the value's length names."""
    ids = (*_scheme_ids(field.element), *field.also)
    return next((standards.schemes[id_] for id_ in ids if standards.schemes[id_].length == len(value)), None)


SPOILERS: Mapping[str, Spoiler] = {
    "charset": _charset,
    "blank": _blank,
    "halfwidth": _halfwidth,
    "length": _length,
    "format": _format,
    "date": _date,
    "domain": _domain,
    "scheme": _scheme,
    "check": _check,
    "range": _range,
    "division": _division,
}
