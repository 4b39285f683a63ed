"""The certificate as a PDF, where the typesetter is installed, and the office's hook that puts a seal on it."""

from __future__ import annotations

import shlex
import subprocess
from importlib.util import find_spec
from pathlib import Path

from conformance.office.cases.desk import Desk
from conformance.office.cases.failing import CaseError
from conformance.signing.digest import digest_set
from conformance.standard.model import Text

PDF, SEALED = ".pdf", ".sealed.pdf"
#: Seconds that the seal's platform may take; bytes of what it gives.
TIMEOUT, LIMIT = 600.0, 64 << 20


def make_paper(desk: Desk, id_: str) -> Path | None:
    """Typeset the PDF of a case's certificate, unless it lies there; None where the extra ``pdf`` is not installed."""
    number = desk.store.case(id_).number
    path = desk.certificate(number, PDF)
    if path.is_file() and desk.store.case(id_).fact("paper"):
        return path
    if find_spec("typst") is None:
        return None
    from conformance.typeset.certificate import certificate_pdf  # noqa: PLC0415 - an extra
    from conformance.typeset.fonts import TypesetError  # noqa: PLC0415

    try:
        content = desk.certificate(number).read_bytes()
        pdf = _signed(desk, certificate_pdf(content, address=desk.office.register, test=desk.office.test))
    except TypesetError as error:
        raise CaseError("case.paper.failed", number=number, why=Text(**error.message.both())) from error
    desk.write(path, pdf)
    desk.record(id_, "paper", {"pdf": digest_set(pdf)})
    return path


def _signed(desk: Desk, pdf: bytes) -> bytes:
    """The PDF signed with the office's ES256 key, where the settings name the certificates of that key."""
    if not desk.office.pdf_chain:
        return pdf
    from conformance.typeset.pades import key_signer, sign_pdf  # noqa: PLC0415 - an extra

    signer = next((one for one in desk.signers("certificate") if one.key.algorithm == "ES256"), None)
    if signer is None:
        raise CaseError("case.paper.no-key")
    try:
        chain = (desk.office.folder / desk.office.pdf_chain).read_bytes()
    except OSError as error:
        raise CaseError("case.unreadable", file=desk.office.pdf_chain, error=type(error).__name__) from error
    return sign_pdf(pdf, key_signer(signer, chain), now=desk.actor.now)


def put_seal(desk: Desk, id_: str, *, timeout: float = TIMEOUT) -> Path | None:
    """Have the office's command seal the PDF, unless that was done; None where there is no command or no PDF.

    The command gets the PDF's path and the path of the file that it must write. Raises :class:`CaseError`.
    """
    case = desk.store.case(id_)
    pdf, sealed = desk.certificate(case.number, PDF), desk.certificate(case.number, SEALED)
    if not desk.office.seal or not pdf.is_file():
        return None
    if sealed.is_file() and case.fact("seal"):
        return sealed
    desk.require_may(id_, "seal")
    before = pdf.read_bytes()
    sealed.unlink(missing_ok=True)
    _run(desk.office.seal, pdf, sealed, timeout)
    if pdf.read_bytes() != before:
        raise CaseError("case.seal.changed", file=pdf.name)
    content = _written(sealed)
    if content == before:
        raise CaseError("case.seal.nothing", file=sealed.name)
    desk.record(id_, "seal", {"pdf": digest_set(before), "sealed": digest_set(content)})
    return sealed


def _written(path: Path) -> bytes:
    if path.is_symlink() or not path.is_file() or not 0 < path.stat().st_size <= LIMIT:
        raise CaseError("case.seal.nothing", file=path.name)
    return path.read_bytes()


def _run(command: str, pdf: Path, sealed: Path, timeout: float) -> None:
    try:
        words = [*shlex.split(command), str(pdf.resolve()), str(sealed.resolve())]
        done = subprocess.run(  # noqa: S603 - the office's own command, split without a shell
            words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, timeout=timeout, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise CaseError("case.seal.timeout", seconds=int(timeout)) from error
    except (OSError, ValueError) as error:
        raise CaseError("case.seal.not-started", error=type(error).__name__) from error
    if done.returncode:
        raise CaseError("case.seal.failed", code=done.returncode)
