"""From a report to files: one registry of formats, one small module each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance.report.html import write_html
from conformance.report.json_report import write_json
from conformance.report.junit import write_junit


@dataclass(frozen=True)
class Rendering:
    """A format: the name of its file and the function that turns a report into that file's bytes."""

    filename: str
    write: Callable[[Mapping[str, Any]], bytes]


#: Every format by the word that ``--format`` takes.
RENDERINGS: Mapping[str, Rendering] = {
    "html": Rendering("report.html", write_html),
    "json": Rendering("report.json", write_json),
    "junit": Rendering("junit.xml", write_junit),
}


class UnknownFormatError(ValueError):
    """A format that the registry does not hold: ``format``; ``known`` lists those that it does."""

    def __init__(self, format_: str) -> None:
        self.format = format_
        self.known = tuple(sorted(RENDERINGS))
        super().__init__(f"unknown report format {format_!r}; known: {', '.join(self.known)}")


def require_known(formats: Sequence[str]) -> None:
    """Raise :class:`UnknownFormatError` for a format that nobody can write: before a run, not after it."""
    for format_ in formats:
        if format_ not in RENDERINGS:
            raise UnknownFormatError(format_)


def rendered(report: Mapping[str, Any], formats: Sequence[str]) -> dict[str, bytes]:
    """Each format's file by name, in the order asked; raises :class:`UnknownFormatError` before anything is made."""
    require_known(formats)
    chosen = (RENDERINGS[format_] for format_ in dict.fromkeys(formats))
    return {one.filename: one.write(report) for one in chosen}


def render(report: Mapping[str, Any], formats: Sequence[str], folder: Path) -> tuple[Path, ...]:
    """Write the report in each format into the folder (made where missing) and return the files in the order asked.

    Raises :class:`UnknownFormatError` before anything is written.
    """
    contents = rendered(report, formats)
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return tuple(folder / name for name in contents)
