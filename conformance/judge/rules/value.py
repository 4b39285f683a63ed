"""The chain of a data element's values: characters, length, format, date, code, identifier, bounds.

GB/T 39046—2020 5.3; the order is the one of ``docs/architecture.md``, "first cause first".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from conformance.judge.expression import (
    AllOf,
    AnyOf,
    CheckHolds,
    Col,
    Condition,
    DigitsIn,
    Joined,
    LengthIn,
    Not,
    NumberIn,
    OnlyFrom,
    RealDate,
    Recorded,
    Shape,
    Slice,
    Table,
    Term,
    TextIn,
)
from conformance.judge.model import Column, Dataset
from conformance.judge.rulebook import Chain, Step
from conformance.judge.rules.common import ALWAYS, character_steps, code_table, dated, mandatory_step, time_of
from conformance.judge.rules.division import embedded_steps
from conformance.judge.rules.lookup import code_list_of, is_free_text, repertoire_name, schemes_of
from conformance.judge.rules.quick import quick_condition
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
    # Most identifiers have the element's own scheme: its steps alone are stricter than those over several schemes.
    alone = tuple(_steps(replace(column, also=()), dataset, standards)) if column.also else steps
    quick = quick_condition(column, alone, standards.repertoire)
    return Chain(column.name, column.label, mandatory_step(column), steps, quick)


def _steps(column: Column, dataset: Dataset, standards: Standards) -> Iterator[Step]:
    element = column.element
    multiline = element.format.kind == "text" and element.format.maximum is None
    halfwidth = element.halfwidth or not is_free_text(element, standards.dialect_of(element))
    yield from character_steps(column, standards.repertoire, multiline=multiline, halfwidth=halfwidth)
    schemes = schemes_of(column, standards)
    yield from _length_steps(column, schemes, standards)
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


def _length_steps(column: Column, schemes: tuple[Scheme, ...], standards: Standards) -> Iterator[Step]:
    value, format_ = Col(column.name), column.element.format
    if schemes[1:]:
        lengths = "、".join(str(scheme.length) for scheme in schemes)
        either = AnyOf(tuple(LengthIn(value, scheme.length, scheme.length) for scheme in schemes))
        yield Step("length", either, message("expected.length-either", lengths=lengths))
    elif own := _length_condition(format_, value):
        expected = message("expected.length", format=format_.notation)
        if format_.kind == "number":
            expected = message("expected.digits", maximum=format_.maximum or 0)
        yield from _steps_of_format("length", own, expected, column, standards)


def _length_condition(format_: Format, value: Col) -> Condition | None:
    """What the length of a value must be; None where the format sets none, or its picture says all."""
    if format_.kind == "number":
        return DigitsIn(value, 1, format_.maximum or 0)
    if format_.kind == "text" and (format_.minimum or format_.maximum is not None):
        return LengthIn(value, format_.minimum, format_.maximum)
    return None


def _format_steps(column: Column, schemes: tuple[Scheme, ...], standards: Standards) -> Iterator[Step]:
    element, value = column.element, Col(column.name)
    own = format_condition(element, element.format, value, standards)
    if own is None:
        return
    expected = message("expected.format", format=element.format.notation)
    if schemes[1:]:
        others = tuple(LengthIn(value, scheme.length, scheme.length) for scheme in schemes[1:])
        yield Step("format", AnyOf((own, *others)), expected)
        return
    yield from _steps_of_format("format", own, expected, column, standards)


def _steps_of_format(
    rule: str, own: Condition, expected: Message, column: Column, standards: Standards
) -> Iterator[Step]:
    """One step; two where the standard gives the element a second format, for values that fit only that are undecided.

    The element's own row is what a value is judged by. Where a scheme decides, the second format has no say.
    """
    element = column.element
    if element.conflict is None or element.domain.startswith("scheme:"):
        yield Step(rule, own, expected)
        return
    (other, place), value = element.conflict, Col(column.name)
    parts = (_length_condition(other, value), format_condition(element, other, value, standards))
    fits = AllOf(tuple(part for part in parts if part is not None))
    told = message("expected.conflict", format=element.format.notation, other=other.notation, place=place)
    yield Step(rule, AnyOf((own, fits)), expected)
    yield Step(rule, own, told, undecided=True, standard_fault=True)


def format_condition(element: Element, format_: Format, value: Col, standards: Standards) -> Condition | None:
    """What the characters of a value must be, its length apart; None where every graphic character will do."""
    dialect = standards.dialect_of(element)
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
    return standards.repertoire.classes[repertoire_name(format_, dialect)]


def _domain_steps(column: Column, codes: CodeList, dataset: Dataset) -> Iterator[Step]:
    value, table = Col(column.name), code_table(codes)
    known = _of_list(value, codes)
    name = codes.title
    if codes.complete:
        yield Step("domain", known, message("expected.domain", list=name, standard=codes.standard), codes.clause)
    else:
        told = message("expected.domain-incomplete", list=name, standard=codes.standard)
        yield Step("domain", known, told, codes.clause, undecided=True)
    if dated(codes):
        valid: Condition = Recorded((value,), table, time_of(column, dataset, "day"))
        if codes.extension:
            valid = AnyOf((valid, Not(Recorded((value,), table))))
        yield Step("code-date", valid, message("expected.code-date", list=name), codes.clause)


def _of_list(text: Term, codes: CodeList) -> Condition:
    """The text is a code of the list, or one that users may add."""
    known = Recorded((text,), code_table(codes))
    return AnyOf((known, Shape(text, codes.extension))) if codes.extension else known


def _scheme_steps(column: Column, schemes: tuple[Scheme, ...], standards: Standards) -> Iterator[Step]:
    value = Col(column.name)
    names = Text("、".join(scheme.title.zh for scheme in schemes), ", ".join(scheme.title.en for scheme in schemes))
    told = message("expected.scheme", scheme=names)
    certain = AnyOf(tuple(_structure(value, scheme, standards, lists="complete") for scheme in schemes))
    whole = AnyOf(tuple(_structure(value, scheme, standards, lists="all") for scheme in schemes))
    yield Step("scheme", certain, told, schemes[0].clause)
    if whole != certain:
        yield Step("scheme", whole, told, schemes[0].clause, undecided=True)
    checks = [_checks(value, scheme, standards) for scheme in schemes]
    if any(checks):
        right = (
            AllOf((LengthIn(value, scheme.length, scheme.length), *of_scheme))
            for scheme, of_scheme in zip(schemes, checks, strict=True)
        )
        yield Step("check", AnyOf(tuple(right)), message("expected.check", scheme=names), schemes[0].clause)


def _structure(value: Term, scheme: Scheme, standards: Standards, *, lists: str) -> Condition:
    """Length and pattern, each date part real, each code part in its list, and so for an identifier inside.

    ``lists`` is ``all`` or ``complete``: a code that an incomplete list lacks may be right all the same.
    """
    parts: list[Condition] = [LengthIn(value, scheme.length, scheme.length), Shape(value, scheme.pattern)]
    for part in scheme.parts:
        text = Slice(value, part.start, part.length)
        if part.kind == "date":
            parts.append(RealDate(text, "YYYYMMDD"))
        elif part.kind == "short-date":
            parts.append(RealDate(Joined("19", text), "YYYYMMDD"))
        elif part.kind == "code" and (lists == "all" or standards.codes[part.domain].complete):
            parts.append(_of_list(text, standards.codes[part.domain]))
        elif part.kind == "scheme":
            parts.append(_structure(text, standards.schemes[part.domain], standards, lists=lists))
    return AllOf(tuple(parts))


def _checks(value: Col, scheme: Scheme, standards: Standards) -> tuple[Condition, ...]:
    """The check character, and that of an identifier inside (the organisation code in a credit code)."""
    found: list[Condition] = [CheckHolds(value, scheme.length, scheme.check)] if scheme.check else []
    for part in scheme.parts:
        inner = standards.schemes[part.domain].check if part.kind == "scheme" else None
        if inner:
            found.append(CheckHolds(Slice(value, part.start, part.length), part.length, inner))
    return tuple(found)


def _range_steps(column: Column) -> Iterator[Step]:
    element, value = column.element, Col(column.name)
    if not (element.minimum or element.maximum):
        return
    numeric = element.format.kind == "number" or (element.format.kind == "text" and element.format.symbol == "n")
    within = NumberIn if numeric else TextIn
    told = message("expected.range", minimum=element.minimum or "—", maximum=element.maximum or "—", unit=element.unit)
    yield Step("range", within(value, element.minimum, element.maximum), told)
