"""The chain of a data element's values: characters, length, format, date, code, identifier, bounds.

GB/T 39046—2020 5.3; the order is the one of ``docs/architecture.md``, "first cause first".
"""

from __future__ import annotations

from collections.abc import Iterator

from conformance.judge.expression import (
    AllOf,
    AnyOf,
    CheckHolds,
    Col,
    Condition,
    DigitsIn,
    Joined,
    LengthIn,
    NumberIn,
    OnlyFrom,
    RealDate,
    Recorded,
    Shape,
    Slice,
    Table,
    TextIn,
)
from conformance.judge.model import Column, Dataset
from conformance.judge.rulebook import Chain, Step
from conformance.judge.rules.common import ALWAYS, character_steps, code_table, dated, mandatory_step, time_of
from conformance.judge.rules.division import embedded_steps
from conformance.messages import Message, message
from conformance.standard.model import CodeList, Dialect, Element, Scheme, Text
from conformance.standard.notation import Format, picture_shape
from conformance.standard.repertoire import Ranges
from conformance.standard.standards import Standards


def value_chain(column: Column, dataset: Dataset, standards: Standards) -> Chain:
    """Every rule over the values of one column, in the order in which causes are told apart."""
    element = column.element
    if element.format.kind == "binary":
        return Chain(column.name, column.label, mandatory_step(column), (), AllOf(()))
    steps = tuple(_steps(column, dataset, standards))
    return Chain(column.name, column.label, mandatory_step(column), steps, _clean(column, dataset, standards, steps))


def _steps(column: Column, dataset: Dataset, standards: Standards) -> Iterator[Step]:
    element = column.element
    multiline = element.format.kind == "text" and element.format.maximum is None
    halfwidth = element.halfwidth or not is_free_text(element, standards.dialect_of(element))
    yield from character_steps(column, standards.repertoire, multiline=multiline, halfwidth=halfwidth)
    schemes = schemes_of(column, standards)
    yield from _length_steps(column, schemes)
    yield from _format_steps(column, schemes, standards)
    if element.format.kind == "picture":
        picture = element.format.picture
        yield Step("date", RealDate(Col(column.name), picture), message("expected.date", picture=picture))
    if codes := code_list_of(element, standards):
        yield from _domain_steps(column, codes, dataset)
    if schemes:
        yield from _scheme_steps(column, schemes, standards)
        for scheme in schemes:
            yield from embedded_steps(column, scheme, schemes, dataset, standards)
    yield from _range_steps(column)


def code_list_of(element: Element, standards: Standards) -> CodeList | None:
    """The value domain of an element, or None."""
    kind, _, name = element.domain.partition(":")
    return standards.codes[name] if kind == "code" else None


def schemes_of(column: Column, standards: Standards) -> tuple[Scheme, ...]:
    """The identifier schemes that a column admits: the element's own first, then those declared beside it."""
    kind, _, name = column.element.domain.partition(":")
    if kind != "scheme":
        return ()
    return tuple(standards.schemes[id_] for id_ in (name, *column.also))


def is_free_text(element: Element, dialect: Dialect) -> bool:
    """True where values are words for people: text of graphic characters without a code list or scheme."""
    return (
        element.format.kind == "text" and not element.domain and _repertoire_name(element.format, dialect) == "graphic"
    )


def _repertoire_name(format_: Format, dialect: Dialect) -> str:
    return dialect.classes[format_.symbol]["fixed" if format_.fixed else "variable"]


def _length_steps(column: Column, schemes: tuple[Scheme, ...]) -> Iterator[Step]:
    value, format_ = Col(column.name), column.element.format
    if format_.kind == "number":
        maximum = format_.maximum or 0
        yield Step("length", DigitsIn(value, 1, maximum), message("expected.digits", maximum=maximum))
    elif schemes[1:]:
        lengths = "、".join(str(scheme.length) for scheme in schemes)
        either = AnyOf(tuple(LengthIn(value, scheme.length, scheme.length) for scheme in schemes))
        yield Step("length", either, message("expected.length-either", lengths=lengths))
    elif format_.kind == "text" and (format_.minimum or format_.maximum is not None):
        yield from _text_length_steps(column, value)


def _text_length_steps(column: Column, value: Col) -> Iterator[Step]:
    element = column.element
    own = LengthIn(value, element.format.minimum, element.format.maximum)
    expected = message("expected.length", format=element.format.notation)
    other = _other_format(element, "text")
    if other is None:
        yield Step("length", own, expected)
        return
    either = AnyOf((own, LengthIn(value, other.minimum, other.maximum)))
    yield Step("length", either, expected)
    yield Step("length", own, _conflict(element), undecided=True, standard_fault=True)


def _other_format(element: Element, kind: str) -> Format | None:
    """The second format that the standard gives to the element, where it is of that kind and no scheme decides."""
    if element.conflict is None or element.domain.startswith("scheme:") or element.conflict[0].kind != kind:
        return None
    return element.conflict[0]


def _conflict(element: Element) -> Message:
    assert element.conflict is not None  # noqa: S101 - asked for only where there is one
    other, place = element.conflict
    return message("expected.conflict", format=element.format.notation, other=other.notation, place=place)


def _format_steps(column: Column, schemes: tuple[Scheme, ...], standards: Standards) -> Iterator[Step]:
    element, value = column.element, Col(column.name)
    own = format_condition(element, value, standards)
    if own is None:
        return
    expected = message("expected.format", format=element.format.notation)
    if schemes[1:]:
        others = tuple(LengthIn(value, scheme.length, scheme.length) for scheme in schemes[1:])
        yield Step("format", AnyOf((own, *others)), expected)
        return
    other = _other_format(element, "picture") if element.format.kind == "picture" else None
    if other is None:
        yield Step("format", own, expected)
        return
    yield Step("format", AnyOf((own, Shape(value, picture_shape(other.picture)))), expected)
    yield Step("format", own, _conflict(element), undecided=True, standard_fault=True)


def format_condition(element: Element, value: Col, standards: Standards) -> Condition | None:
    """What the characters of a value must be, its length apart; None where every graphic character will do."""
    format_, dialect = element.format, standards.dialect_of(element)
    if format_.kind == "number":
        sign = "-?" if element.minimum.startswith("-") else ""
        return Shape(
            value, rf"{sign}[0-9]+(?:\.[0-9]{{1,{format_.decimals}}})?" if format_.decimals else f"{sign}[0-9]+"
        )
    if format_.kind == "picture":
        return Shape(value, picture_shape(format_.picture))
    if format_.kind == "boolean":
        return Recorded((value,), Table(f"boolean:{dialect.id}", tuple(((b,), *ALWAYS) for b in dialect.booleans)))
    if format_.picture:
        classes = {"a": "[A-Za-z]", "n": "[0-9]"}
        return Shape(value, "".join(classes[symbol] for symbol in format_.picture))
    ranges = _ranges(format_, dialect, standards)
    return OnlyFrom(value, ranges) if ranges else None


def _ranges(format_: Format, dialect: Dialect, standards: Standards) -> Ranges:
    return standards.repertoire.classes[_repertoire_name(format_, dialect)]


def _domain_steps(column: Column, codes: CodeList, dataset: Dataset) -> Iterator[Step]:
    value, table = Col(column.name), code_table(codes)
    known: Condition = Recorded((value,), table)
    if codes.extension:
        known = AnyOf((known, Shape(value, codes.extension)))
    name = codes.title
    if codes.complete:
        yield Step("domain", known, message("expected.domain", list=name, standard=codes.standard), codes.clause)
    else:
        told = message("expected.domain-incomplete", list=name, standard=codes.standard)
        yield Step("domain", known, told, codes.clause, undecided=True)
    if dated(codes):
        valid: Condition = Recorded((value,), table, time_of(column, dataset, "day"))
        if codes.extension:
            valid = AnyOf((valid, Shape(value, codes.extension)))
        yield Step("code-date", valid, message("expected.code-date", list=name), codes.clause)


def _scheme_steps(column: Column, schemes: tuple[Scheme, ...], standards: Standards) -> Iterator[Step]:
    value = Col(column.name)
    names = Text("、".join(scheme.title.zh for scheme in schemes), ", ".join(scheme.title.en for scheme in schemes))
    structure = AnyOf(tuple(_structure(value, scheme, standards) for scheme in schemes))
    yield Step("scheme", structure, message("expected.scheme", scheme=names), schemes[0].clause)
    if any(scheme.check for scheme in schemes):
        check = AnyOf(tuple(_check(value, scheme, standards) for scheme in schemes))
        yield Step("check", check, message("expected.check", scheme=names), schemes[0].clause)


def _structure(value: Col, scheme: Scheme, standards: Standards) -> Condition:
    """Length and pattern, each date part real, each code part in its list (GB 11643 3, GB 32100 4)."""
    parts: list[Condition] = [LengthIn(value, scheme.length, scheme.length), Shape(value, scheme.pattern)]
    for part in scheme.parts:
        text = Slice(value, part.start, part.length)
        if part.kind == "date":
            parts.append(RealDate(text, "YYYYMMDD"))
        elif part.kind == "short-date":
            parts.append(RealDate(Joined("19", text), "YYYYMMDD"))
        elif part.kind == "code":
            parts.append(Recorded((text,), code_table(standards.codes[part.domain])))
        elif part.kind == "scheme":
            parts.append(Shape(text, standards.schemes[part.domain].pattern))
    return AllOf(tuple(parts))


def _check(value: Col, scheme: Scheme, standards: Standards) -> Condition:
    """The check character, and that of an identifier inside (the organisation code in a credit code)."""
    parts: list[Condition] = [LengthIn(value, scheme.length, scheme.length)]
    if scheme.check:
        parts.append(CheckHolds(value, scheme.length, scheme.check))
    for part in scheme.parts:
        inner = standards.schemes[part.domain].check if part.kind == "scheme" else None
        if inner:
            parts.append(CheckHolds(Slice(value, part.start, part.length), part.length, inner))
    return AllOf(tuple(parts))


def _range_steps(column: Column) -> Iterator[Step]:
    element, value = column.element, Col(column.name)
    if not (element.minimum or element.maximum):
        return
    numeric = element.format.kind == "number" or (element.format.kind == "text" and element.format.symbol == "n")
    within = NumberIn if numeric else TextIn
    told = message("expected.range", minimum=element.minimum or "—", maximum=element.maximum or "—", unit=element.unit)
    yield Step("range", within(value, element.minimum, element.maximum), told)


def _clean(column: Column, dataset: Dataset, standards: Standards, steps: tuple[Step, ...]) -> Condition:
    """A cheaper condition that holds only where every step holds.

    A complete list of plain codes says all that its chain says: membership, among codes that are themselves
    well-formed, leaves no room for a wrong character or length.
    """
    codes = code_list_of(column.element, standards)
    everything = AllOf(tuple(step.holds for step in steps))
    if codes is None or not codes.complete or any(step.rule == "range" for step in steps):
        return everything
    format_ = column.element.format
    plain = tuple(
        row
        for row in code_table(codes).rows
        if row[0][0].isascii()
        and row[0][0].isalnum()
        and format_.kind == "text"
        and not format_.picture
        and _plain_fits(row[0][0], column, standards)
    )
    at = time_of(column, dataset, "day") if dated(codes) else None
    return Recorded((Col(column.name),), Table(f"clean:{codes.id}:{column.element.id}", plain), at)


def _plain_fits(code: str, column: Column, standards: Standards) -> bool:
    format_ = column.element.format
    if not format_.minimum <= len(code) <= (format_.maximum or len(code)):
        return False
    ranges = _ranges(format_, standards.dialect_of(column.element), standards)
    return not ranges or all(any(low <= ord(char) <= high for low, high in ranges) for char in code)
