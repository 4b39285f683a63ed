"""One document set: a template of ours, its data as JSON, its attachments, as PDF/A-3a.

Equal data give equal bytes: the document's time is passed in, and nothing of the machine comes into it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from conformance.messages import message
from conformance.typeset.fonts import FontRefusedError, Fonts, TypesetError, needed

#: PDF/A-3 with structure and Unicode: the accessible level, with attachments.
STANDARD = "a-3a"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Attachment:
    """A text file that the document carries: its name, content in UTF-8, media type, and words about it."""

    name: str
    content: bytes = field(repr=False)
    media_type: str
    description: str


def set_document(
    template: str, data: Mapping[str, Any], attachment: Attachment, fonts: Fonts, *, time: str, language: str
) -> bytes:
    """The PDF of a template of this room. ``time`` is RFC 3339 with offset; where it is none, 1970 stands in the file.

    Every string of ``data`` must have gone through :class:`conformance.typeset.glyphs.Glyphs`; one that the fonts
    cannot print raises :class:`TypesetError`, it is never left out.
    """
    given = {
        **data,
        "attachment": {
            "name": attachment.name,
            "mediaType": attachment.media_type,
            "description": attachment.description,
        },
    }
    inputs = {"data": _json(given, fonts, language), "attachment": attachment.content.decode("utf-8")}
    return _compiled(template, fonts, inputs, pdf_standards=[STANDARD], timestamp=_instant(time))


def mark_svg(lines: Sequence[tuple[str, int]], fill: str, fonts: Fonts, language: str) -> str:
    """A mark to lay across a page, as an SVG of outlines: each line with its size in points, in a colour.

    As text it would stand between the letters of whatever it crosses, for everybody who copies or searches the page.
    """
    data = {"lines": [list(line) for line in lines], "fill": fill}
    return _compiled("mark", fonts, {"data": _json(data, fonts, language)}, format="svg").decode("utf-8")


def _json(data: Mapping[str, Any], fonts: Fonts, language: str) -> str:
    faces = {"body": [fonts.body, fonts.heading], "heading": [fonts.heading, fonts.body]}
    return json.dumps({**data, "font": faces, "language": language}, ensure_ascii=False)


def _compiled(template: str, fonts: Fonts, inputs: Mapping[str, str], **asked: Any) -> bytes:
    typst = needed("typst")
    with resources.as_file(resources.files(__package__) / "templates") as folder:
        try:
            made = typst.compile(
                str(folder / f"{template}.typ"),
                root=str(folder),
                font_paths=_held(fonts.files),
                ignore_system_fonts=True,
                sys_inputs=dict(inputs),
                **asked,
            )
        except typst.TypstError as error:
            raise TypesetError(message("typeset.failed", reason=str(error)[:400])) from error
    return bytes(made)


@cache
def _held(files: tuple[Path, ...]) -> Any:
    """The typesetter's view of the fonts' folders, which must hold no other font: it would take any that fits."""
    folders = dict.fromkeys(str(path.parent) for path in files)
    held = needed("typst").Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=list(folders))
    pinned = {path.resolve() for path in files}
    for font in held.fonts():
        if font.path is None or Path(font.path).resolve() not in pinned:
            raise FontRefusedError(message("typeset.font-unpinned", file=Path(font.path or "?").name))
    return held


def _instant(time: str) -> datetime:
    try:
        instant = datetime.fromisoformat(time)
    except ValueError:
        return _EPOCH
    return instant.replace(microsecond=0) if instant.tzinfo is not None else _EPOCH
