"""The declaration of an access point: ``access.yaml`` or ``access.json``, read whole or refused with every problem.

A shape that the pack's schema refuses, a reference that leads nowhere, an address that does not exist is configuration.
What is missing or wrong in a good shape is left for the rules to judge.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath

from conformance.judge.access.site import Site
from conformance.standard.access.model import AccessRules
from conformance.system.access.building import site_of
from conformance.system.access.part import Part
from conformance.system.problem import (
    ConfigurationError,
    Place,
    Problem,
    failure,
    listed,
    nearest,
    problem,
    shown,
)
from conformance.system.schema_check import SHOWN_VALUE, schema_problems
from conformance.system.yaml_text import MAX_BYTES, Document, read_document

#: The names that a declaration may have in its folder.
NAMES = ("access.yaml", "access.json")
#: No more problems than that are told of one declaration.
MOST = 1000

_START = Place(1, 1, "")
#: What is said of a text whose shape is wrong, by the anchor of the schema's part.
_SHAPES: Mapping[str, str] = {
    "id": "declaration.access.id",
    "words": "declaration.access.words",
    "maybe-words": "declaration.access.words",
    "file": "declaration.access.words",
    "interface": "declaration.access.interface",
    "address": "declaration.access.no-address",
    "maybe-address": "declaration.access.no-address",
    "prefix": "declaration.access.no-prefix",
    "date": "declaration.access.date",
    "ports": "declaration.access.no-ports",
    "sha256": "declaration.access.sha256",
    "route-distinguisher": "declaration.access.route-distinguisher",
    "maybe-route-distinguisher": "declaration.access.route-distinguisher",
    "portal": "declaration.access.portal",
    "division": "declaration.access.division",
}
#: Where ids are given, and by which key.
_IDS = {
    "areas": "area-id",
    "devices": "device-id",
    "site-network-accesses": "site-network-access-id",
    "lans": "lan-id",
    "vpns": "vpn-id",
    "flows": "flow-id",
}
#: Which keys of which lists name something: the list in which it must stand.
_REFERENCES = {
    "areas": {"vpn-id": "vpns"},
    "site-network-accesses": {"device": "devices", "vpn-id": "vpns"},
    "lans": {"area": "areas", "device": "devices", "vpn-id": "vpns"},
}


def read_site(path: Path, rules: AccessRules) -> Site:
    """The declaration in a folder, or in that file; raises :class:`ConfigurationError` with every problem."""
    file = path.name
    try:
        found = declaration_file(path)
        file = found.name
        return _site(found, rules)
    except ConfigurationError as error:
        raise ConfigurationError(replace(one, file=file) for one in error.problems) from None


def declaration_file(path: Path) -> Path:
    """The declaration's file in a folder, or that file itself; raises :class:`ConfigurationError`."""
    try:
        if not path.is_dir():
            return path
        found = [path / name for name in NAMES if (path / name).is_file()]
    except (OSError, ValueError) as error:
        raise failure(_START, "declaration.unreadable", file=path.name, why=type(error).__name__) from None
    if len(found) > 1:
        raise failure(_START, "declaration.access.two-files", first=NAMES[0], second=NAMES[1])
    if not found:
        raise failure(_START, "declaration.access.no-file", first=NAMES[0], second=NAMES[1])
    return found[0]


def _site(path: Path, rules: AccessRules) -> Site:
    document = _document(path)
    problems = [*document.problems, *schema_problems(document, rules.schema, _SHAPES, MOST)]
    if problems:
        raise ConfigurationError(_ordered(problems))
    whole = Part(document, path.name, (), document.value)
    site = site_of(whole)
    problems = [
        *whole.problems,
        *_repeated(whole),
        *_unknown(whole),
        *_not_of_the_pack(whole, site, rules),
        *_outside(whole, path.parent),
    ]
    if problems:
        raise ConfigurationError(_ordered(problems))
    return site


def _document(path: Path) -> Document:
    try:
        if not path.is_file():
            raise failure(_START, "declaration.access.no-file", first=NAMES[0], second=NAMES[1])
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise failure(_START, "declaration.unreadable", file=path.name, why=type(error).__name__) from None
    if len(content) > MAX_BYTES:
        raise failure(_START, "declaration.access.too-large", limit=MAX_BYTES)
    try:
        return read_document(content)
    except ConfigurationError as error:
        if error.problems[0].message.id == "declaration.empty":
            raise failure(_START, "declaration.access.empty") from None
        raise


def _ordered(problems: Iterable[Problem]) -> list[Problem]:
    return sorted(dict.fromkeys(problems), key=lambda one: (one.line, one.column, one.path))[:MOST]


def _repeated(whole: Part) -> Iterator[Problem]:
    """Ids that are given twice in one list."""
    for name, key in _IDS.items():
        first: dict[str, int] = {}
        for part in whole.parts(name):
            id_, place = part.text(key), part.place(key)
            if id_ in first:
                yield problem(place, "declaration.access.repeated", key=key, found=id_, first=first[id_])
            first.setdefault(id_, place.line)


def _unknown(whole: Part) -> Iterator[Problem]:
    """References to what is not declared."""
    known = {name: {part.text(key) for part in whole.parts(name)} for name, key in _IDS.items()}
    referring = [(part, keys) for name, keys in _REFERENCES.items() for part in whole.parts(name)]
    referring += [(part, {"vpn-id": "vpns"}) for part in whole.part("routing").parts("static")]
    for part, keys in referring:
        for key, name in keys.items():
            found = part.text(key)
            if found and found not in known[name]:
                close = listed(nearest(found, known[name]) or sorted(known[name]))
                yield problem(
                    part.place(key), "declaration.access.reference", key=key, found=found, list=name, known=close
                )


def _not_of_the_pack(whole: Part, site: Site, rules: AccessRules) -> Iterator[Problem]:
    """Names that the pack must know: profile, platforms, kinds of statements."""
    if site.profile not in rules.profiles:
        known = listed(sorted(rules.profiles))
        yield problem(whole.place("profile"), "declaration.access.profile", found=_cut(site.profile), known=known)
    for part, device in zip(whole.parts("devices"), site.devices, strict=True):
        if device.platform and device.platform not in rules.platforms:
            known = listed(sorted(rules.platforms), limit=20)
            yield problem(
                part.place("platform"), "declaration.access.platform", found=_cut(device.platform), known=known
            )
    for part, statement in zip(whole.parts("statements"), site.statements, strict=True):
        if statement.kind not in rules.statements:
            known = listed(sorted(rules.statements), limit=20)
            yield problem(
                part.place("statement"), "declaration.access.statement", found=_cut(statement.kind), known=known
            )


def _outside(whole: Part, folder: Path) -> Iterator[Problem]:
    """Configurations that lie outside the declaration's folder, also by way of a link."""
    for part in whole.parts("devices"):
        configuration = part.part("configuration")
        text = configuration.text("file")
        if text and not _inside(folder, text):
            yield problem(configuration.place("file"), "declaration.access.outside", found=_cut(text))


def _inside(folder: Path, text: str) -> bool:
    pure = PurePosixPath(text)
    if pure.is_absolute() or ".." in pure.parts or not pure.parts or "\\" in text or ":" in text:
        return False
    try:
        return (folder / pure).resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError, ValueError):
        return False


def _cut(text: str) -> str:
    return shown(text, SHOWN_VALUE)
