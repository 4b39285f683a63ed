"""What an XML file of one dataset is made of: the names of its elements, and where a parser can start."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import quoteattr

from conformance.standard.exchange import ExchangeRules
from conformance.standard.model import DatasetSpec

#: Parts a name of the parser: namespace, local name, prefix. No XML text can hold it.
SEPARATOR = "\x0c"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
#: Attributes that every element may have.
FREE = frozenset({(XSI, "schemaLocation"), (XSI, "noNamespaceSchemaLocation")})


@dataclass(frozen=True)
class Shape:
    """The elements of a file: around the records, in the header, in a record, each in order; what the encoding is."""

    root: str
    namespace: str
    parts: tuple[str, str]
    header: tuple[str, ...]
    record: str
    fields: tuple[str, ...]
    encoding: str


def shape_of(spec: DatasetSpec, rules: ExchangeRules, encoding: str) -> Shape:
    """The shape of a dataset's files (``docs/exchange.md``)."""
    xml = rules.xml
    return Shape(
        root=xml.root,
        namespace=rules.namespace_of(spec.id, spec.edition),
        parts=(xml.header, xml.body),
        header=("packageId", "dataset", "edition", xml.records),
        record=xml.record,
        fields=(rules.operation.name, *spec.names),
        encoding=encoding,
    )


@dataclass(frozen=True)
class Name:
    """A name as the parser gives it."""

    namespace: str
    local: str
    prefix: str

    @property
    def spelled(self) -> str:
        """As it stands in the file."""
        return f"{self.prefix}:{self.local}" if self.prefix else self.local


def name_of(given: str) -> Name:
    """The parts of a parser's name."""
    if SEPARATOR not in given:
        return Name("", given, "")
    namespace, local, *prefix = given.split(SEPARATOR)
    return Name(namespace, local, prefix[0] if prefix else "")


Bindings = Mapping[str | None, str | None]


@dataclass(frozen=True)
class Context:
    """Where the records stand: root and body as they are spelled, the prefixes that each binds, the namespaces that
    they are in, and which parts of the root came before (the body among them).
    """

    root: str
    root_bindings: Bindings
    body: str
    body_bindings: Bindings
    namespace: str
    body_namespace: str
    seen: tuple[str, ...]

    @property
    def prefix(self) -> str:
        """What stands before the body's name, and before those of canonical records."""
        return self.body[: self.body.find(":") + 1]

    @property
    def opening(self) -> bytes:
        """Text that opens a body just like the file's."""
        return (_tag(self.root, self.root_bindings) + _tag(self.body, self.body_bindings)).encode()


def _tag(name: str, bindings: Bindings) -> str:
    attributes = [
        f" xmlns{f':{prefix}' if prefix else ''}={quoteattr(uri or '')}"
        for prefix, uri in bindings.items()
        if prefix != "xml"
    ]
    return f"<{name}{''.join(attributes)}>"


def path_of(parts: Sequence[str]) -> str:
    """``/dataset/body/record[17]``."""
    return "/" + "/".join(parts)
