"""What an element refers to, looked up in the packs: its code list, its identifier schemes, its characters."""

from __future__ import annotations

from conformance.judge.model import Column
from conformance.standard.model import CodeList, Dialect, Element, Scheme
from conformance.standard.notation import Format
from conformance.standard.standards import Standards


def code_list_of(element: Element, standards: Standards) -> CodeList | None:
    """The value domain of an element, or None."""
    kind, _, name = element.domain.partition(":")
    return standards.codes[name] if kind == "code" else None


def schemes_of(column: Column, standards: Standards) -> tuple[Scheme, ...]:
    """The identifier schemes that a column admits, one for each length: the element's own first, then those declared.

    A value's length tells which scheme it follows, so a second scheme of one length is passed over.
    """
    kind, _, name = column.element.domain.partition(":")
    if kind != "scheme":
        return ()
    by_length: dict[int, Scheme] = {}
    for id_ in (name, *column.also):
        by_length.setdefault(standards.schemes[id_].length, standards.schemes[id_])
    return tuple(by_length.values())


def is_free_text(element: Element, dialect: Dialect) -> bool:
    """True where values are words for people: text of graphic characters without a code list or scheme."""
    return (
        element.format.kind == "text" and not element.domain and repertoire_name(element.format, dialect) == "graphic"
    )


def repertoire_name(format_: Format, dialect: Dialect) -> str:
    """The repertoire that a format's symbol means in a dialect, fixed and variable lengths apart."""
    return dialect.classes[format_.symbol]["fixed" if format_.fixed else "variable"]
