"""From a report to files: one registry of formats, one small module each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance.messages import Message, message
from conformance.report.html import write_html
from conformance.report.json_report import write_json
from conformance.report.junit import write_junit


def _write_pdf(report: Mapping[str, Any]) -> bytes:
    from conformance.typeset.report import report_pdf  # noqa: PLC0415 - an extra, and a second to load

    return report_pdf(report)


def _nothing() -> None:
    """Every machine can write it."""


def _require_typesetter() -> None:
    from conformance.typeset.fonts import TypesetError, load_fonts, needed  # noqa: PLC0415 - an extra

    try:
        needed("typst")
        load_fonts()
    except TypesetError as error:
        raise FormatError(error.message) from error


@dataclass(frozen=True)
class Rendering:
    """A format: the name of its file, the function that turns a report into that file's bytes, and one that raises
    :class:`FormatError` where this machine cannot write it.
    """

    filename: str
    write: Callable[[Mapping[str, Any]], bytes]
    require: Callable[[], None] = _nothing


#: Every format by the word that ``--format`` takes.
RENDERINGS: Mapping[str, Rendering] = {
    "html": Rendering("report.html", write_html),
    "json": Rendering("report.json", write_json),
    "junit": Rendering("junit.xml", write_junit),
    "pdf": Rendering("report.pdf", _write_pdf, _require_typesetter),
}


class FormatError(ValueError):
    """A format that cannot be written; ``message`` says why."""

    def __init__(self, said: Message) -> None:
        super().__init__(said.render("en"))
        self.message = said


class UnknownFormatError(FormatError):
    """A format that the registry does not hold: ``format``; ``known`` lists those that it does."""

    def __init__(self, format_: str) -> None:
        self.format = format_
        self.known = tuple(sorted(RENDERINGS))
        super().__init__(message("cli.report.format", name=format_, known="、".join(self.known)))


def require_known(formats: Sequence[str]) -> None:
    """Raise :class:`FormatError` for a format that nobody, or not this machine, can write; before a run, not after."""
    for format_ in formats:
        if format_ not in RENDERINGS:
            raise UnknownFormatError(format_)
        RENDERINGS[format_].require()


def rendered(report: Mapping[str, Any], formats: Sequence[str]) -> dict[str, bytes]:
    """Each format's file by name, in the order asked; raises :class:`FormatError` before anything is made."""
    require_known(formats)
    chosen = (RENDERINGS[format_] for format_ in dict.fromkeys(formats))
    return {one.filename: one.write(report) for one in chosen}


def render(report: Mapping[str, Any], formats: Sequence[str], folder: Path) -> tuple[Path, ...]:
    """Write the report in each format into the folder (made where missing) and return the files in the order asked.

    Raises :class:`FormatError` before anything is written.
    """
    contents = rendered(report, formats)
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return tuple(folder / name for name in contents)
