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


def render(report: Mapping[str, Any], formats: Sequence[str], folder: Path) -> tuple[Path, ...]:
    """Write the report in each format into the folder (made where missing) and return the files in the order asked.

    Raises :class:`UnknownFormatError` before anything is written.
    """
    require_known(formats)
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for format_ in dict.fromkeys(formats):
        rendering = RENDERINGS[format_]
        path = folder / rendering.filename
        path.write_bytes(rendering.write(report))
        paths.append(path)
    return tuple(paths)
