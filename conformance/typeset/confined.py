"""The process in which a PDF of unknown origin is read: one question and the file on standard input, JSON back.

Run by :mod:`conformance.typeset.reading` only. Whatever goes wrong here ends the process, and means "unreadable".
"""

from __future__ import annotations

import base64
import io
import json
import sys
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from conformance.report.harmless import shortened, visible

if TYPE_CHECKING:
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

#: Bytes of address space, seconds of computing, and what may come back: attachments, and bytes of all together.
_MEMORY, _SECONDS = 1 << 30, 20
_FILES, _BYTES, _NAME = 16, 48 << 20, 255
#: How many nodes of the tree of names are looked at.
_NODES = 64
_SIGNATURES = 8


def main() -> None:
    """Answer one question."""
    _bound()
    question = json.loads(sys.stdin.buffer.readline())
    pdf = sys.stdin.buffer.read()
    from pyhanko.pdf_utils.reader import PdfFileReader  # noqa: PLC0415 - after the bounds

    reader = PdfFileReader(io.BytesIO(pdf))
    answer = _attached(reader) if question["ask"] == "attached" else _state(reader, pdf, question)
    sys.stdout.write(json.dumps(answer))


def _bound() -> None:
    try:
        import resource  # noqa: PLC0415 - not on every system
    except ImportError:
        return
    for kind, most in ((resource.RLIMIT_AS, _MEMORY), (resource.RLIMIT_CPU, _SECONDS)):
        resource.setrlimit(kind, (most, most))


def _attached(reader: PdfFileReader) -> dict[str, str]:
    """The embedded files by name, in Base64."""
    found: dict[str, str] = {}
    size = 0
    names = _member(_member(reader.root, "/Names"), "/EmbeddedFiles")
    for held in _leaves(names):
        name = str(held["/UF"] if "/UF" in held else held["/F"])
        content = bytes(held["/EF"]["/F"].data)
        size += len(content)
        if name in found or len(name) > _NAME or len(found) == _FILES or size > _BYTES:
            raise ValueError("attachments beyond the bounds, or two of one name")
        found[name] = base64.b64encode(content).decode()
    return found


def _leaves(root: Any) -> Iterator[Any]:
    """The file specifications of a name tree."""
    waiting, seen = [] if root is None else [root], 0
    while waiting:
        node, seen = waiting.pop(), seen + 1
        kids, pairs = _member(node, "/Kids"), _member(node, "/Names")
        if seen > _NODES or len(kids or ()) > _NODES:
            raise ValueError("a tree of names beyond the bounds")
        waiting.extend(kids[place] for place in range(len(kids or ())))
        yield from (pairs[place] for place in range(1, len(pairs or ()), 2))


def _member(held: Any, name: str) -> Any:
    """A member of a dictionary, behind whatever reference; None where there is none. Only ``[]`` follows references."""
    return held[name] if held is not None and name in held else None


def _state(reader: PdfFileReader, pdf: bytes, question: Any) -> dict[str, str]:
    signatures = reader.embedded_regular_signatures
    if not signatures:
        # A signature whose field was taken away by a later edit is no unsigned file.
        return {"word": "changed" if b"/ByteRange" in pdf else "unsigned", "signer": ""}
    if len(signatures) > _SIGNATURES:
        raise ValueError("more signatures than are looked at")
    roots = [base64.b64decode(one) for one in question["roots"]]
    now = datetime.fromisoformat(question["now"])
    words = [_word(one, roots, now, last=one is signatures[-1]) for one in signatures]
    worst = min(words, key=("changed", "untrusted", "intact").index)
    subject = signatures[words.index(worst)].signer_cert.subject
    signer = visible(shortened(str(subject.native.get("common_name", subject.human_friendly)), _NAME), line=True)
    return {"word": worst, "signer": signer}


def _word(signature: EmbeddedPdfSignature, roots: list[bytes], now: datetime, *, last: bool) -> str:
    """What one signature is worth. One that cannot be checked counts as changed: nobody knows that it holds."""
    from pyhanko.sign.validation import validate_pdf_signature  # noqa: PLC0415
    from pyhanko.sign.validation.settings import KeyUsageConstraints  # noqa: PLC0415
    from pyhanko.sign.validation.status import SignatureCoverageLevel  # noqa: PLC0415
    from pyhanko_certvalidator import ValidationContext  # noqa: PLC0415
    from pyhanko_certvalidator.registry import SimpleTrustManager  # noqa: PLC0415

    context = ValidationContext(
        trust_manager=SimpleTrustManager.build(trust_roots=_certificates(roots)), moment=now, allow_fetching=False
    )
    usage = KeyUsageConstraints(key_usage={"digital_signature", "non_repudiation"}, match_all_key_usages=False)
    try:
        found = validate_pdf_signature(signature, context, key_usage_settings=usage)
    except Exception:  # noqa: BLE001 - whatever a hostile signature sets off
        return "changed"
    whole = found.coverage == SignatureCoverageLevel.ENTIRE_FILE or not last
    if not (found.intact and found.valid and whole and found.docmdp_ok):
        return "changed"
    return "intact" if found.trusted and found.bottom_line else "untrusted"


def _certificates(roots: list[bytes]) -> list[Any]:
    from pyhanko.keys import load_certs_from_pemder_data  # noqa: PLC0415

    return [one for content in roots for one in load_certs_from_pemder_data(content)]


if __name__ == "__main__":
    main()
