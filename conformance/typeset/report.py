"""The certification report on paper: ``report.pdf``, set from ``report.json`` and carrying it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from conformance.messages import message
from conformance.signing.canonical import canonical
from conformance.signing.digest import digest_set, same_digests
from conformance.typeset.fonts import Fonts, TypesetError, load_fonts
from conformance.typeset.glyphs import Glyphs
from conformance.typeset.report_data import NOBODY, SignOff, report_data
from conformance.typeset.setting import Attachment, mark_svg, set_document
from conformance.typeset.wording import Wording

NAME = "report.json"
#: The mark of a self-test, behind the text.
_PALE = "#f5e3e3"


def report_pdf(
    report: Mapping[str, Any],
    *,
    manifest: Mapping[str, Any] | None = None,
    language: str = "zh",
    sign_off: SignOff = NOBODY,
    fonts: Path | None = None,
) -> bytes:
    """PDF/A-3a of a report that ``report.schema.json`` describes; equal input gives equal bytes.

    ``manifest`` is that of the bundle, whose digest then stands on every page; a report.pdf within the bundle is made
    without it, and names the digest of report.json. ``fonts`` is a folder with its own ``fonts.yaml``. Raises
    :class:`conformance.typeset.fonts.TypesetError`, also where the manifest is that of another report.
    """
    held = load_fonts(fonts)
    wording = Wording(language, Glyphs(held.characters))
    try:
        content = canonical(report)
        if manifest is not None and not same_digests(manifest.get("reportDigest") or {}, digest_set(content)):
            raise TypesetError(message("typeset.report-manifest"))
        told = report_data(report, content, manifest, sign_off, wording)
    except (KeyError, IndexError, TypeError, AttributeError, ValueError) as error:
        raise TypesetError(message("typeset.report-malformed")) from error
    data = {**told, "across": _across(told["mark"], held, language)}
    attached = Attachment(NAME, content, "application/json", message("typeset.attached-report").render(language))
    return set_document("report", data, attached, held, time=str(report["run"]["ended"]), language=language)


def _across(mark: str, fonts: Fonts, language: str) -> str:
    return mark_svg([(mark, 45 if language == "zh" else 34)], _PALE, fonts, language) if mark else ""
