"""``lubiao verify``: is a certificate valid? Offline, with keys that the asker got by a way of its own."""

from __future__ import annotations

import argparse
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.cli.speech import Speech
from conformance.messages import LANGUAGES, Message, Param, message

if TYPE_CHECKING:
    from conformance.office.verifying import Fact, Verification

#: The bounds of what is read: a certificate or the PDF that carries it, and what stands beside it.
LIMIT, SMALL = 32 << 20, 4 << 20
#: The longest fact that is shown.
_SHOWN = 500
_PDF = b"%PDF"
_LABELS = {
    "notice": "verify.fact.notice",
    "number": "verify.fact.number",
    "product": "verify.fact.product",
    "vendor": "verify.fact.vendor",
    "version": "verify.fact.version",
    "build": "verify.fact.build",
    "build-kind": "verify.fact.build-kind",
    "class": "verify.fact.class",
    "standard": "verify.fact.standard",
    "assurance": "verify.fact.assurance",
    "rerun": "verify.fact.rerun",
    "share": "verify.fact.share",
    "official-text": "verify.fact.official-text",
    "issued": "verify.fact.issued",
    "validity": "verify.fact.validity",
    "status": "verify.fact.status",
    "disclaimer": "verify.fact.disclaimer",
    "pdf": "verify.fact.pdf",
}


class UnusableError(Exception):
    """The key set, a file or an argument cannot be used; nothing was verified."""

    def __init__(self, id_: str, **params: Param) -> None:
        super().__init__(id_)
        self.told = Message(id_, params)


def add(parser: argparse.ArgumentParser, speech: Speech) -> None:
    """The arguments of the command."""
    parser.add_argument("file", type=Path, metavar="FILE", help=speech.text("verify.file"))
    parser.add_argument("--keys", type=Path, required=True, metavar="FILE", help=speech.text("verify.keys"))
    parser.add_argument("--status", type=Path, metavar="FILE", help=speech.text("verify.status"))
    parser.add_argument("--checkpoint", type=Path, metavar="FILE", help=speech.text("verify.checkpoint"))
    parser.add_argument("--consistency", type=Path, metavar="FILE", help=speech.text("verify.consistency"))
    parser.add_argument("--product", help=speech.text("verify.product"))
    parser.add_argument("--vendor", help=speech.text("verify.vendor"))
    parser.add_argument("--version", help=speech.text("verify.version"))
    parser.add_argument("--build", metavar="ID", help=speech.text("verify.build"))
    parser.add_argument("--at", metavar="INSTANT", help=speech.text("verify.at"))
    parser.add_argument(
        "--pdf-root", type=Path, action="append", default=[], metavar="FILE", help=speech.text("verify.pdf-root")
    )
    parser.add_argument("--json", action="store_true", help=speech.text("verify.json"))


def run(arguments: argparse.Namespace, speech: Speech) -> int:
    """Verify one certificate; the exit code is that of the word, or 2 where something cannot be used."""
    try:
        found = _verified(arguments)
    except UnusableError as error:
        speech.error(error.told.id, **{name: _harmless(value) for name, value in error.told.params.items()})
        return 2
    print(_as_json(found) if arguments.json else _as_text(found, speech))
    return found.code


def _verified(arguments: argparse.Namespace) -> Verification:
    from conformance.office.checkpoint import CheckpointError
    from conformance.office.verifying import AskedProduct, verify_certificate
    from conformance.signing.keys import KeySetError, read_key_set

    if arguments.consistency and not arguments.checkpoint:
        raise UnusableError("verify.proof-alone")
    asked = AskedProduct(**{name: _asked(arguments, name) for name in ("product", "vendor", "version", "build")})
    now = _instant(arguments.at)
    try:
        keys = read_key_set(_content(arguments.keys, SMALL))
    except KeySetError as error:
        raise UnusableError(error.id, **error.params) from error
    carried = _carried(_content(arguments.file, LIMIT), arguments.pdf_root, now)
    if not isinstance(carried, tuple):
        return carried
    try:
        found = verify_certificate(
            carried[0],
            keys,
            now=now,
            status=_status(arguments),
            checkpoint=_content(arguments.checkpoint, SMALL) if arguments.checkpoint else None,
            consistency=_proof(arguments.consistency) if arguments.consistency else None,
            asked=asked,
        )
    except CheckpointError as error:
        raise UnusableError(error.id, **error.params) from error
    return _with_facts(found, carried[1])


def _carried(content: bytes, roots: list[Path], now: datetime) -> Verification | tuple[bytes, tuple[Fact, ...]]:
    """The certificate that a file holds, and what there is to say of the PDF around it; or that this was changed."""
    if not content.startswith(_PDF):
        return content, ()
    from conformance.office.certificate import FILENAME
    from conformance.office.verifying import tampered
    from conformance.typeset.attachments import attached
    from conformance.typeset.fonts import TypesetMissingError
    from conformance.typeset.pades import pdf_state
    from conformance.typeset.reading import PdfUnreadableError

    pinned = [_content(path, SMALL) for path in roots]
    try:
        state, files = pdf_state(content, pinned, now=now), attached(content)
    except TypesetMissingError as error:
        raise UnusableError("verify.pdf-extra") from error
    except PdfUnreadableError:
        return tampered(message("verify.pdf-unreadable"))
    told = {
        "unsigned": message("verify.pdf-unsigned"),
        "untrusted": message("verify.pdf-signed"),
        "intact": message("verify.pdf-intact", signer=state.signer),
    }
    if state.word not in told:
        return tampered(message("verify.pdf-changed"))
    if FILENAME not in files:
        return tampered(message("verify.pdf-empty"))
    return files[FILENAME], (("pdf", told[state.word]),)


def _with_facts(found: Verification, more: tuple[Fact, ...]) -> Verification:
    from dataclasses import replace

    return replace(found, facts=(*found.facts, *more)) if found.facts else found


def _status(arguments: argparse.Namespace) -> bytes | None:
    """The list that was named, or the one beside the certificate, where there is one."""
    if arguments.status:
        return _content(arguments.status, SMALL)
    beside = arguments.file.with_name("status.json")
    return _content(beside, SMALL) if beside.is_file() else None


def _asked(arguments: argparse.Namespace, name: str) -> str:
    """What is asked of the product. An empty text, as of a variable that is not set, would ask nothing: refused."""
    text: str | None = getattr(arguments, name)
    if text == "":
        raise UnusableError("verify.asked-empty", option=f"--{name}")
    return text or ""


def _proof(path: Path) -> tuple[bytes, ...]:
    """The hashes of a consistency proof, as ``office/proofs.py`` writes it."""
    from conformance.office.proofs import read_consistency
    from conformance.signing.canonical import NotCanonicalError

    try:
        return read_consistency(_content(path, SMALL)).hashes
    except NotCanonicalError as error:
        raise UnusableError("verify.proof", file=str(path)) from error


def _content(path: Path, limit: int) -> bytes:
    """A file's bytes; of a file without end (a device, a pipe) nothing is read."""
    try:
        if path.exists() and not path.is_file():
            raise UnusableError("verify.unreadable", file=str(path), error="IsNoFile")
        with path.open("rb") as file:
            content = file.read(limit + 1)
    except (OSError, ValueError) as error:
        raise UnusableError("verify.unreadable", file=str(path), error=type(error).__name__) from error
    if len(content) > limit:
        raise UnusableError("verify.large", file=str(path), limit=limit)
    return content


def _instant(text: str | None) -> datetime:
    if text is None:
        return datetime.now(UTC)
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise UnusableError("verify.instant", text=text) from error
    if instant.tzinfo is None:
        raise UnusableError("verify.instant", text=text)
    return instant


def _as_text(found: Verification, speech: Speech) -> str:
    """The verdict first, then a line for each fact."""
    lines = [_harmless(found.message.render(speech.language))]
    lines += [f"  {speech.text(_LABELS[name])}: {_shown(value, speech.language)}" for name, value in found.facts]
    return "\n".join(lines)


def _as_json(found: Verification) -> str:
    value = {
        "word": found.word,
        "code": found.code,
        "message": {language: _shown(found.message, language) for language in LANGUAGES},
        "facts": [
            {
                "name": name,
                "label": message(_LABELS[name]).both(),
                "text": {language: _shown(told, language) for language in LANGUAGES},
            }
            for name, told in found.facts
        ],
    }
    return json.dumps(value, ensure_ascii=False, indent=1)


def _shown(told: Message | str, language: str) -> str:
    return _harmless(told if isinstance(told, str) else told.render(language))


def _harmless(value: Param) -> str:
    """Nothing of it drives a terminal, and no line of it looks like one of ours."""
    from conformance.report.harmless import shortened, visible

    return shortened(visible(str(value), line=True), _SHOWN)
