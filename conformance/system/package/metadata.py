"""EX-METADATA: ``metadata.xml`` is valid core metadata of DB37/T 2885, of the manifest's resource and provider.

Nothing outside the file is ever opened for it: a document type is refused before a parser that knows entities sees it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import cast
from xml.parsers import expat

from lxml import etree

from conformance.judge.exchange.model import Manifest
from conformance.judge.faults import Fault, FaultCounter
from conformance.judge.rulebook import Location
from conformance.messages import Message, message
from conformance.standard.exchange import ExchangeRules
from conformance.system.package.opening import PackageFiles, RefusedError
from conformance.system.problem import shown

RULE = "metadata"

_ENCODINGS = ("utf-8", "utf8")
_UNKNOWN_ENCODING = expat.errors.codes[expat.errors.XML_ERROR_UNKNOWN_ENCODING]
_STRUCTURE = "ELEMENT_CONTENT"

_Wrong = tuple[int, str, Message]


class _DoctypeError(Exception):
    """There is a document type."""


def read_metadata(
    files: PackageFiles, rules: ExchangeRules, schema: Path, manifest: Manifest | None, faults: FaultCounter
) -> None:
    """Tell everything wrong with the metadata; nothing where the package has none, or the archive withholds them."""
    name = rules.names["metadata"]
    if name not in files.entries:
        return
    if files.entries[name].bytes > rules.limits.metadata_bytes:
        faults.add(Fault(RULE, Location(name), message("package.metadata-size", limit=rules.limits.metadata_bytes)))
        return
    try:
        raw = files.path(name).read_bytes()
    except RefusedError:
        return
    faults.checked(RULE)
    wrong = _unsafe(raw)
    for line, path, reason in [wrong] if wrong else _invalid(raw, schema, rules, manifest):
        faults.add(Fault(RULE, Location(name, line, path), reason))


def _unsafe(raw: bytes) -> _Wrong | None:
    """What keeps the file from being parsed at all: encoding, document type, broken markup."""
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError as error:
        return raw.count(b"\n", 0, error.start) + 1, "", message("package.metadata-encoding")
    parser = expat.ParserCreate()
    declared: list[str] = []

    def refuse(*_: object) -> None:
        raise _DoctypeError

    parser.StartDoctypeDeclHandler = refuse
    parser.XmlDeclHandler = lambda _version, encoding, _standalone: declared.append(encoding or "utf-8")
    try:
        parser.Parse(raw, True)
    except _DoctypeError:
        return parser.CurrentLineNumber, "", message("package.metadata-doctype")
    except expat.ExpatError as error:
        if error.code != _UNKNOWN_ENCODING:
            return error.lineno, "", message("package.metadata-syntax")
        declared.append("")
    if any(encoding.lower() not in _ENCODINGS for encoding in declared):
        return 1, "", message("package.metadata-encoding")
    return None


def _invalid(raw: bytes, schema: Path, rules: ExchangeRules, manifest: Manifest | None) -> Iterator[_Wrong]:
    """The errors of the schema, then what does not agree with the manifest."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(raw, parser)
    except etree.XMLSyntaxError as error:
        yield error.lineno or 0, "", message("package.metadata-syntax")
        return
    judge = etree.XMLSchema(etree.parse(str(schema), parser))
    if not judge.validate(root):
        told: set[tuple[str | None, str]] = set()
        for one in cast("Iterable[etree._LogEntry]", judge.error_log):
            place = (one.path, "content" if _STRUCTURE in one.type_name else "value")
            # A value that breaks a facet is told twice by libxml2: of the facet, and of the type that has it.
            if place not in told:
                told.add(place)
                yield one.line, _path(root, one.path), _reason(one.type_name)
    if manifest is not None:
        yield from _disagreeing(root, rules, manifest)


def _reason(kind: str) -> Message:
    """By libxml2's word for the error, which repeats no value."""
    word = kind.removeprefix("SCHEMAV_")
    id_ = "package.metadata-content" if _STRUCTURE in kind else "package.metadata-value"
    return message(id_, kind=word)


def _path(root: etree._Element, path: str | None) -> str:
    """The local names from the root to the element, for libxml2's path says only numbers."""
    found = root.xpath(path) if path else []
    if not isinstance(found, list) or not found or not isinstance(found[0], etree._Element):
        return ""
    element = found[0]
    names = [etree.QName(one).localname for one in (*reversed(list(element.iterancestors())), element)]
    return "/" + "/".join(shown(name) for name in names)


def _disagreeing(root: etree._Element, rules: ExchangeRules, manifest: Manifest) -> Iterator[_Wrong]:
    said = {"resource": manifest.resource, "provider": manifest.provider}
    for member, steps in rules.metadata.items():
        for element in _below(root, steps):
            if (element.text or "") != said[member]:
                expected = shown(said[member])
                reason = message("package.metadata-differs", field=steps[-1], member=member, expected=expected)
                yield _line(element), "/".join(("", etree.QName(root).localname, *steps)), reason


def _line(element: etree._Element) -> int:
    line: object = element.sourceline
    return line if isinstance(line, int) else 0


def _below(root: etree._Element, steps: tuple[str, ...]) -> list[etree._Element]:
    found = [root]
    for step in steps:
        found = [child for one in found for child in one.iterchildren("{*}" + step)]
    return found
