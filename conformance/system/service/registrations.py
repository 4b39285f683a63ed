"""Registrations of interfaces as files: a folder of YAML, one interface a file. What they say is judged elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from conformance.standard.model import Text
from conformance.standard.services.model import Registration
from conformance.system.problem import ConfigurationError, Place, Problem, failure, problem
from conformance.system.yaml_text import MAX_BYTES, read_document

#: Folders with more files are no folder of registrations.
MAX_FILES = 500
_SUFFIX = ".yaml"
#: An id that may be part of a target's name, and name a file. The pack's form is stricter; that is the judge's matter.
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,79}")


def read_registrations(folder: Path, place: Place) -> tuple[Registration, ...]:
    """The registrations in a folder, by file name; the id is that written, or the file's name where it cannot be used.

    ``place`` is where the declaration names the folder. Raises :class:`ConfigurationError` where there is no such
    folder, no registration in it, a file that is no YAML mapping, or an id that stands in two files.
    """
    try:
        paths = registration_files(folder)
    except OSError as error:
        raise failure(place, "resolve.no-registrations", folder=str(folder), why=type(error).__name__) from None
    if not 0 < len(paths) <= MAX_FILES:
        raise failure(place, "resolve.registrations-number", folder=str(folder), found=len(paths), limit=MAX_FILES)
    problems: list[Problem] = []
    found = tuple(one for path in paths for one in _registration(path, place, problems))
    problems += _twice(found, place)
    if problems:
        raise ConfigurationError(problems)
    return found


def registration_files(folder: Path) -> list[Path]:
    """The files of a folder that are registrations, by name; raises OSError where there is no such folder."""
    return sorted(path for path in folder.iterdir() if path.suffix == _SUFFIX and path.is_file())


def _registration(path: Path, place: Place, problems: list[Problem]) -> Iterator[Registration]:
    """The registration in one file; what keeps it from being read is added to ``problems``."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
        document = read_document(content)
    except OSError as error:
        problems.append(problem(place, "resolve.registration-file", file=path.name, line=1, why=type(error).__name__))
        return
    except ConfigurationError as error:
        problems += [_inside(path, one, place) for one in error.problems]
        return
    problems += [_inside(path, one, place) for one in document.problems]
    if isinstance(document.value, dict):
        yield Registration(_id(path, document.value), path.name, document.value)
    else:
        problems.append(problem(place, "resolve.registration-mapping", file=path.name))


def _inside(path: Path, one: Problem, place: Place) -> Problem:
    """What is wrong inside a file, told at the place in the declaration that led there."""
    why = Text(**one.message.both())
    return problem(place, "resolve.registration-file", file=path.name, line=one.line, why=why)


def _id(path: Path, raw: dict[str, Any]) -> str:
    written = raw.get("id")
    return written if isinstance(written, str) and _ID.fullmatch(written) else path.name.removesuffix(_SUFFIX)


def _twice(registrations: tuple[Registration, ...], place: Place) -> Iterator[Problem]:
    first: dict[str, Registration] = {}
    for one in registrations:
        earlier = first.setdefault(one.id, one)
        if earlier is not one:
            yield problem(place, "resolve.registration-twice", id=one.id, first=earlier.file, second=one.file)
