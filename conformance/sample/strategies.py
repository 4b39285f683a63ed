"""Hypothesis strategies out of the packs: values that an element admits, values with one fault, packages of both kinds.

Tests and the dialogue with services import this module, nothing else: Hypothesis takes a while to load. Single values
shrink; a package is made from one drawn number (``cases``), some hundred times quicker than drawing each field.
"""

from __future__ import annotations

import string
from collections.abc import Mapping
from datetime import datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from functools import lru_cache

import polars as pl
from hypothesis import strategies as st

from conformance.sample.cases import AS_OF, PackageCase, broken_package_case, package_case
from conformance.sample.errors import SampleError
from conformance.sample.linked import RECORD_MAKERS
from conformance.sample.making import Making, World
from conformance.sample.spoiling import SPOILERS, spoil
from conformance.standard.model import CodeList, Element, Field
from conformance.standard.notation import PICTURE_FIELDS
from conformance.standard.repertoire import Ranges, without
from conformance.standard.standards import Standards

_LONGEST = 40
_EXAMPLES = 60
#: Values on which it is tried which facets an element has.
_TRIED = 8
#: Planes 0 to 3: what Chinese text may hold. Surrogates are no characters.
_EVERYTHING: Ranges = ((0x21, 0xD7FF), (0xE000, 0x3FFFF))
_IDENTITY = {
    "people": {"born": ["19400101", "20051231"], "sequences": [921, 922, 923], "scopes": ["37"], "numbered-from": 1984}
}
_SCHEME_MAKERS: Mapping[str, Mapping[str, object]] = {
    "gb-11643": {"make": "citizen-number", "identity": "people"},
    "gb-32100": {"make": "credit-code"},
    "gb-11714": {"make": "organisation-code", "of": "holder"},
    "gb-11714-compact": {"make": "organisation-code", "of": "holder"},
    "gs-15-2006": {"make": "registration-number"},
}


@lru_cache(maxsize=1024)
def values(element: Element, standards: Standards) -> st.SearchStrategy[str]:
    """Values that every rule of the element's chain accepts on the day ``AS_OF``; never the empty text."""
    kind, _, domain = element.domain.partition(":")
    if kind == "code":
        return st.sampled_from(_codes_at(element, standards.codes[domain]))
    if kind == "division":
        registry, year = standards.divisions, int(AS_OF[:4])
        return st.sampled_from([one.code for one in registry.in_force(domain, "37", (), year)])
    if kind == "scheme":
        if domain in _SCHEME_MAKERS:
            return st.sampled_from(_made(element, standards))
        return st.from_regex(standards.schemes[domain].pattern, fullmatch=True)
    return _plain(element, standards)


@lru_cache(maxsize=1024)
def broken_values(element: Element, standards: Standards) -> st.SearchStrategy[tuple[str, str]]:
    """Pairs of a facet and a value in which that facet is broken, and no rule before it in the chain."""
    field = Field(element.identifier or "X", element)
    whole = values(element, standards)
    tried = _made(element, standards)[:_TRIED]
    facets = [facet for facet in SPOILERS if any(_spoilt(facet, text, field, standards) for text in tried)]

    def broken(facet: str) -> st.SearchStrategy[tuple[str, str]]:
        spoilt = whole.map(lambda text: _spoilt(facet, text, field, standards)).filter(bool)
        return spoilt.map(lambda text: (facet, str(text)))

    return st.sampled_from(facets).flatmap(broken)


def packages(standards: Standards) -> st.SearchStrategy[PackageCase]:
    """Packages that conform, of all datasets, formats, encodings, modes and archives."""
    return st.integers(0, 2**32 - 1).map(lambda number: package_case(number, standards))


def broken_packages(standards: Standards) -> st.SearchStrategy[PackageCase]:
    """Packages with one broken facet of one value, which ``broken`` names."""
    return st.integers(0, 2**32 - 1).map(lambda number: broken_package_case(number, standards))


def _spoilt(facet: str, value: str, field: Field, standards: Standards) -> str | None:
    broken = spoil(facet, value, field, standards)
    return None if broken == value else broken


def _codes_at(element: Element, codes: CodeList) -> list[str]:
    form = element.format
    good = (code for code in codes.codes if code.valid_from <= AS_OF <= (code.valid_to or AS_OF))
    return [code.code for code in good if form.minimum <= len(code.code) <= (form.maximum or len(code.code))]


@lru_cache(maxsize=1024)
def _made(element: Element, standards: Standards) -> tuple[str, ...]:
    """Some values of the element, by the makers of samples."""
    kind, _, domain = element.domain.partition(":")
    params: Mapping[str, object] = {"make": "division"} if kind == "division" else {}
    if kind == "scheme":
        params = _SCHEME_MAKERS.get(domain, {})
    done = {"holder": _column(element, standards, {"make": "credit-code"}, {})} if "of" in params else {}
    return tuple(_column(element, standards, params, done).to_list())


def _column(
    element: Element, standards: Standards, params: Mapping[str, object], done: Mapping[str, pl.Series]
) -> pl.Series:
    world = World(standards, 1, _IDENTITY)
    making = Making(world, "values", "value", params, element, {}, AS_OF, 0, _EXAMPLES, done)
    return RECORD_MAKERS[str(params.get("make", "element"))](making)


def _plain(element: Element, standards: Standards) -> st.SearchStrategy[str]:
    """Values of an element without a domain."""
    form = element.format
    if form.kind == "picture":
        return _dates(element)
    if form.kind == "number":
        return _numbers(element)
    if form.kind == "boolean":
        return st.sampled_from(standards.dialect_of(element).booleans)
    if form.kind != "text":
        raise SampleError("sample.values.binary", element=element.id)
    return _texts(element, standards)


def _dates(element: Element) -> st.SearchStrategy[str]:
    form = element.format.picture
    for name, directive in zip(PICTURE_FIELDS, ("%Y", "%m", "%d", "%H", "%M", "%S"), strict=True):
        form = form.replace(name, directive)
    first = "".join(letter for letter in element.minimum if letter.isdigit())[:8] or "18500101"
    low = datetime(int(first[:4]), int(first[4:6]), int(first[6:8]))
    return st.datetimes(low, datetime(2100, 12, 31)).map(lambda moment: moment.strftime(form))


def _numbers(element: Element) -> st.SearchStrategy[str]:
    form = element.format
    decimals, digits = form.decimals or 0, form.maximum or _LONGEST
    largest = (Decimal(10) ** digits - 1).scaleb(-decimals)
    low = Decimal(element.minimum or 0)
    high = min(largest, Decimal(element.maximum)) if element.maximum else largest
    first = int(low.scaleb(decimals).to_integral_value(ROUND_CEILING))
    last = int(high.scaleb(decimals).to_integral_value(ROUND_FLOOR))
    return st.integers(first, last).map(lambda units: f"{Decimal(units).scaleb(-decimals):f}")


def _texts(element: Element, standards: Standards) -> st.SearchStrategy[str]:
    form, repertoire = element.format, standards.repertoire
    if form.picture:
        letters = {"a": string.ascii_uppercase, "n": string.digits}
        return st.tuples(*(st.sampled_from(letters[symbol]) for symbol in form.picture)).map("".join)
    classes = standards.dialect_of(element).classes[form.symbol]
    name = classes["fixed" if form.fixed else "variable"]
    longest = min(form.maximum or _LONGEST, max(_LONGEST, form.minimum))
    if name == "digits" and (element.minimum or element.maximum):
        low, high = int(element.minimum or 0), int(element.maximum or 10 ** (form.maximum or _LONGEST) - 1)
        return st.integers(low, high).map(lambda number: str(number).zfill(form.minimum))
    ranges = repertoire.classes[name]
    if not ranges:
        forbidden = (*repertoire.forbidden, *repertoire.blanks, *(repertoire.fullwidth if element.halfwidth else ()))
        ranges = without(_EVERYTHING, forbidden)
    return st.text(_characters(ranges), min_size=max(1, form.minimum), max_size=longest)


def _characters(ranges: Ranges) -> st.SearchStrategy[str]:
    return st.one_of(
        [st.characters(min_codepoint=low, max_codepoint=high, exclude_categories=()) for low, high in ranges]
    )
