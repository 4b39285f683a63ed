"""``lubiao register build``: the office's folder becomes the public register, a static site."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path

from conformance.cli.speech import Speech


def add(parser: argparse.ArgumentParser, speech: Speech) -> None:
    """The arguments of the command."""
    parser.add_argument("act", choices=("build",), help=speech.text("cli.register.act"))
    parser.add_argument("folder", type=Path, metavar="DIR", help=speech.text("cli.register.dir"))
    parser.add_argument("--office", type=Path, required=True, metavar="DIR", help=speech.text("cli.register.office"))
    parser.add_argument("--now", metavar="INSTANT", help=speech.text("cli.register.now"))


def run(arguments: argparse.Namespace, speech: Speech) -> int:
    """Build the site; 2 where anything does not verify or cannot be used: then the old site stands as it was."""
    from conformance.register.building import build
    from conformance.register.refusing import RegisterError
    from conformance.report.harmless import visible

    now = _instant(arguments.now)
    if now is None:
        speech.error("cli.register.instant", text=visible(arguments.now, line=True))
        return 2
    try:
        built = build(arguments.folder, arguments.office, now)
    except RegisterError as error:
        why = visible(error.told.render(speech.language), line=True)
        speech.error("register.refused", file=visible(error.file, line=True), why=why)
        return 2
    speech.say("cli.register.written", folder=str(arguments.folder), certificates=built.certificates, files=built.files)
    speech.say("cli.register.digest", sha256=built.verifier["sha256"], sm3=built.verifier["sm3"])
    return 0


def _instant(text: str | None) -> datetime | None:
    """The instant asked for, or now; None where the text is none."""
    if text is None:
        return datetime.now(UTC)
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    return instant if instant.tzinfo is not None else None
