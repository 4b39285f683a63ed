"""The files that a PDF carries."""

from __future__ import annotations

import base64

from conformance.typeset.reading import read_confined


def attached(pdf: bytes) -> dict[str, bytes]:
    """The embedded files of a PDF by name, as its last revision has them; none where it carries none.

    The PDF may be anybody's: what cannot be read within bounds of size, memory and time, or names one file twice,
    raises :class:`conformance.typeset.reading.PdfUnreadableError`. Whether it was changed,
    :func:`conformance.typeset.pades.pdf_state` says.
    """
    found: dict[str, str] = read_confined({"ask": "attached"}, pdf)
    return {name: base64.b64decode(content) for name, content in found.items()}
