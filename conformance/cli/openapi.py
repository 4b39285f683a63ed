"""``lubiao openapi``: the OpenAPI document of each interface of a declared service, from its registration."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.cli.speech import Speech

if TYPE_CHECKING:
    from conformance.system.declaration import Declaration

#: A document is there, and is not what would be written; or is missing.
STALE = 1
CONFIGURATION = 2


def add(parser: argparse.ArgumentParser, speech: Speech) -> None:
    """The arguments of the command."""
    parser.add_argument("system", type=Path, help=speech.text("cli.system"))
    parser.add_argument(
        "--output", "-o", type=Path, required=True, metavar="DIR", help=speech.text("cli.openapi.output")
    )
    parser.add_argument("--check", action="store_true", help=speech.text("cli.openapi.check"))


def run(arguments: argparse.Namespace, speech: Speech) -> int:
    """Write the documents, or with ``--check`` fail where one is missing or stale. Other files of the folder stay."""
    from conformance.system.declaration import read_declaration
    from conformance.system.problem import ConfigurationError
    from conformance.words import problem_lines

    try:
        files = dict(_files(read_declaration(arguments.system)))
    except ConfigurationError as error:
        print("\n".join(problem_lines(error, arguments.system, speech.language)), file=sys.stderr)
        return CONFIGURATION
    if not files:
        speech.error("cli.openapi.nothing")
        return CONFIGURATION
    for name in [name for name, text in files.items() if text is None]:
        speech.error("cli.openapi.uncallable", file=name)
    texts = {arguments.output / name: text for name, text in files.items() if text is not None}
    worst = CONFIGURATION if len(texts) < len(files) else 0
    return max(worst, _check(texts, speech) if arguments.check else _write(texts, speech))


def _files(declaration: Declaration) -> Iterator[tuple[str, str | None]]:
    """Name and text of each document; None where the registration does not say how its interface is called.

    Documents of one of several services lie in a folder of the service's name.
    """
    from conformance.standard.services.openapi import openapi_document, write_openapi
    from conformance.standard.services.reading import interface_of
    from conformance.standard.standards import SERVICES
    from conformance.system.problem import failure
    from conformance.system.resolve import load_standards
    from conformance.system.service.registrations import read_registrations

    standards = load_standards(declaration)
    services = [(target, target.service) for target in declaration.targets if target.service is not None]
    for target, service in services:
        if SERVICES not in standards.packs:
            raise failure(declaration.place("targets", target.name, "kind"), "resolve.no-services")
        rules = standards.services
        folder = f"{target.name}/" if len(services) > 1 else ""
        place = declaration.place("targets", target.name, "service", "registrations")
        for one in read_registrations(service.registrations, place):
            interface = interface_of(one, standards.elements, rules)
            if interface is None:
                yield f"{folder}{one.file}", None
                continue
            document = openapi_document(one, interface, rules, standards, url=service.url)
            yield f"{folder}{one.id}.yaml", write_openapi(document)


def _check(texts: dict[Path, str], speech: Speech) -> int:
    stale = [path for path, text in texts.items() if not path.is_file() or path.read_bytes() != text.encode()]
    for path in stale:
        speech.error("cli.openapi.stale", file=str(path))
    return STALE if stale else 0


def _write(texts: dict[Path, str], speech: Speech) -> int:
    for path, text in texts.items():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8", newline="\n")
        except OSError as error:
            speech.error("cli.openapi.unwritable", file=str(path), error=type(error).__name__)
            return CONFIGURATION
        print(path)
    return 0
