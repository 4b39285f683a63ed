"""``lubiao check``: preflight, run, report."""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import sys
import time
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.cli.speech import Speech

if TYPE_CHECKING:
    from conformance.run import Challenge, Options, Run
    from conformance.signing.signers import Signer

#: How often a terminal's progress line is drawn anew, in seconds.
REDRAW = 0.1


def add(parser: argparse.ArgumentParser, speech: Speech) -> None:
    """The arguments of the command."""
    parser.add_argument("system", type=Path, help=speech.text("cli.system"))
    parser.add_argument("--report", type=Path, metavar="DIR", help=speech.text("cli.check.report"))
    parser.add_argument("--format", default="json,html,junit", help=speech.text("cli.check.format"))
    parser.add_argument("--official", action="store_true", help=speech.text("cli.check.official"))
    parser.add_argument("--challenge", type=Path, metavar="FILE", help=speech.text("cli.check.challenge"))
    parser.add_argument("--key", metavar="REFERENCE", help=speech.text("cli.check.key"))
    parser.add_argument("--keys", type=Path, metavar="FILE", help=speech.text("cli.check.keys"))
    parser.add_argument("--restart", action="store_true", help=speech.text("cli.check.restart"))
    parser.add_argument("--class", dest="classes", action="append", default=[], help=speech.text("cli.check.class"))
    parser.add_argument("--requirement", action="append", default=[], help=speech.text("cli.check.requirement"))
    parser.add_argument("--target", action="append", default=[], help=speech.text("cli.check.target"))
    parser.add_argument("--samples", type=_count, default=20, metavar="N", help=speech.text("cli.check.samples"))
    parser.add_argument("--seed", type=_count, default=0, metavar="N", help=speech.text("cli.check.seed"))
    parser.add_argument("--dry-run", action="store_true", help=speech.text("cli.check.dry-run"))
    parser.add_argument("--open", action="store_true", help=speech.text("cli.check.open"))


def run(arguments: argparse.Namespace, speech: Speech) -> int:
    """Check one system; the exit code is the verdict's."""
    from conformance.bundle.rendering import FormatError, require_known
    from conformance.checking import execute
    from conformance.run import prepare
    from conformance.run.journal import NAME as JOURNAL
    from conformance.signing.failing import SigningError
    from conformance.signing.keys import KeySetError
    from conformance.system.problem import ConfigurationError
    from conformance.words import problem_lines

    progress = _Progress(speech)
    folder = arguments.report or Path("reports") / arguments.system.resolve().parent.name
    formats = _formats(arguments.format)
    if arguments.restart:
        (folder / JOURNAL).unlink(missing_ok=True)
    try:
        require_known(formats)
        signers = _signers(arguments)
        run_ = prepare(arguments.system, _options(arguments, folder))
        if arguments.dry_run:
            return _rehearse(run_, speech)
        if run_.resumed:
            speech.error("cli.check.resumed", targets="、".join(run_.resumed))
        outcome = execute(run_, report=folder, formats=formats, progress=progress, signers=signers)
    except (_UnusableError, KeySetError, SigningError) as error:
        speech.error(error.id, **error.params)
        return 2
    except FormatError as error:
        print(error.message.render(speech.language), file=sys.stderr)
        return 2
    except ConfigurationError as error:
        progress.clear()
        for line in problem_lines(error, arguments.system, speech.language):
            print(line, file=sys.stderr)
        return 2
    progress.clear()
    if outcome.failure is not None and arguments.debug:
        raise outcome.failure
    _tell(outcome.report, folder, speech)
    if arguments.open and (folder / "report.html").is_file():
        webbrowser.open((folder / "report.html").resolve().as_uri())
    return outcome.exit_code


class _UnusableError(Exception):
    """An argument that cannot be used: the message that says why."""

    def __init__(self, id_: str, **params: str) -> None:
        super().__init__(id_)
        self.id, self.params = id_, params


def _options(arguments: argparse.Namespace, folder: Path) -> Options:
    """How to run, as the arguments say."""
    from conformance.plan import Selection
    from conformance.run import Options

    return Options(
        arguments.official,
        Selection(tuple(arguments.classes), tuple(arguments.requirement), tuple(arguments.target)),
        arguments.samples,
        seed=arguments.seed,
        dry=arguments.dry_run,
        challenge=_challenge(arguments.challenge) if arguments.challenge else None,
        journal=folder,
        keep=True,
    )


def _challenge(path: Path) -> Challenge:
    """What the office's challenge holds. Whether it is the office's, the office sees when it gets the bundle."""
    from conformance.run import Challenge
    from conformance.signing.dsse import LIMIT, read_envelope
    from conformance.signing.reading import content_of

    try:
        held = read_envelope(content_of(path, LIMIT)).value()
        challenge = Challenge(str(held["commitment"]), str(held["nonce"]))
        _ = challenge.seed
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _UnusableError("cli.check.challenge-unreadable", file=path.name) from error
    return challenge


def _signers(arguments: argparse.Namespace) -> tuple[Signer, ...]:
    """Who signs the attestation; nobody without ``--key``."""
    if not arguments.key:
        return ()
    from conformance.cli.secrets import signer_for

    return (signer_for(arguments.key, arguments.keys, "submission"),)


def _rehearse(run: Run, speech: Speech) -> int:
    """Print the calls that would be made of each service, and make none; nothing was judged."""
    from conformance.dialogue.rehearsal import rehearse

    for name, opened in run.nodes.items():
        speech.say("cli.check.dry.node", target=name, url=opened.reach.url)
        number = 0
        for line in rehearse(opened, run.standards):
            number += 1
            print(f"  {line}")
        speech.say("cli.check.dry.total", number=number, limit=opened.reach.requests)
    if not run.nodes:
        speech.say("cli.check.dry.none")
    return 3


def _count(text: str) -> int:
    """A whole number that is not negative; argparse turns the error into its own message and exit code 2."""
    number = int(text)
    if number < 0:
        raise ValueError(text)
    return number


def _formats(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _tell(report: dict[str, object], folder: Path, speech: Speech) -> None:
    from conformance.bundle.model import MANIFEST
    from conformance.report.terminal import summary, wants_colour

    size = shutil.get_terminal_size()
    colour = wants_colour(sys.stdout, os.environ)
    print(summary(report, speech.language, width=size.columns, height=size.lines, colour=colour), end="")
    speech.say("cli.check.written", folder=str(folder))
    speech.say("cli.check.bundle", digest=hashlib.sha256((folder / MANIFEST).read_bytes()).hexdigest())


class _Progress:
    """What is going on: one line that is drawn over on a terminal, one line for each dataset elsewhere."""

    def __init__(self, speech: Speech) -> None:
        self._speech = speech
        self._live = sys.stderr.isatty()
        self._target = ""
        self._drawn = 0.0

    def __call__(self, target: str, rows: int) -> None:
        if not self._live:
            if target != self._target:
                self._speech.error("cli.check.judging", target=target)
            self._target = target
            return
        if time.monotonic() - self._drawn > REDRAW or target != self._target:
            self._drawn, self._target = time.monotonic(), target
            text = self._speech.text("cli.check.progress", target=target, rows=rows)
            print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)

    def clear(self) -> None:
        """Leave the terminal as it was."""
        if self._live and self._target:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
