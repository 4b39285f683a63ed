"""The QR code of a certificate: where to look, for what, and 128 bits by which to know the file again."""

from __future__ import annotations

import io
from dataclasses import dataclass

from conformance.typeset.fonts import needed

#: The least width of the code itself, in tenths of a millimetre, and its quiet zone in modules.
WIDTH, QUIET = 260, 4
#: Hexadecimal digits of the digest that stand in the code: 128 bits.
PREFIX = 32


@dataclass(frozen=True)
class QrCode:
    """An SVG with its quiet zone, and how wide to draw it, in tenths of a millimetre."""

    svg: str
    width: int


def qr_text(address: str, number: str, digest: str) -> str:
    """What a certificate's code says: ``https://register/LB-2026-000045.html#<32 hexadecimal digits>``.

    ``digest`` is the SHA-256 of certificate.json. The digits stand behind ``#``: no server is told them.
    """
    return f"{address.rstrip('/')}/{number}.html#{digest[:PREFIX]}"


def qr_code(text: str) -> QrCode:
    """The code of a text at error level M; equal texts give equal bytes."""
    code = needed("segno").make(text, error="m", boost_error=False, micro=False)
    out = io.BytesIO()
    code.save(out, kind="svg", border=QUIET, xmldecl=False, svgclass=None, lineclass=None, nl=False)
    modules = code.symbol_size(border=0)[0]
    return QrCode(out.getvalue().decode("utf-8"), -(-WIDTH * (modules + 2 * QUIET) // modules))
