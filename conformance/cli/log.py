"""``lubiao log``: an office's log, held by anybody: verify, prove, consistency; and for the office: repair, cosign."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.cli.speech import Speech

if TYPE_CHECKING:
    from conformance.office.log import Log

#: The exit code of a log that cannot be relied on.
BROKEN = 1


def add(parser: argparse.ArgumentParser, speech: Speech) -> None:
    """The arguments of the command."""
    acts = parser.add_subparsers(dest="act", required=True, metavar="ACT")

    def act(name: str, help_: str) -> argparse.ArgumentParser:
        sub = acts.add_parser(name, help=help_, description=help_)
        sub.add_argument("folder", type=Path, metavar="DIR", help=speech.text("cli.log.folder"))
        return sub

    verify = act("verify", speech.text("cli.log.verify"))
    verify.add_argument("--keys", type=Path, required=True, metavar="FILE", help=speech.text("cli.log.keys"))
    prove = act("prove", speech.text("cli.log.prove"))
    prove.add_argument("index", type=int, help=speech.text("cli.log.index"))
    consistency = act("consistency", speech.text("cli.log.consistency"))
    consistency.add_argument("old", type=int, help=speech.text("cli.log.old"))
    consistency.add_argument("new", type=int, help=speech.text("cli.log.new"))
    for proof in (prove, consistency):
        proof.add_argument("--output", type=Path, metavar="FILE", help=speech.text("cli.log.output"))
    cosign = act("cosign", speech.text("cli.log.cosign"))
    cosign.add_argument("checkpoint", type=Path, help=speech.text("cli.log.cosigned"))
    cosign.add_argument("--keys", type=Path, required=True, metavar="FILE", help=speech.text("cli.log.keys"))
    act("repair", speech.text("cli.log.repair"))
    speech.add_to(acts.choices.values())


def run(arguments: argparse.Namespace, speech: Speech) -> int:
    """Do one of the acts: 0 done, 1 a log that cannot be relied on, 2 what was given cannot be used."""
    from conformance.office.checkpoint import CheckpointError
    from conformance.office.log import ENTRIES, Log, LogError
    from conformance.signing.failing import SigningError
    from conformance.signing.keys import KeySetError

    acts: dict[str, Callable[[argparse.Namespace, Log, Speech], int]] = {
        "verify": _verify,
        "prove": _prove,
        "consistency": _consistency,
        "cosign": _cosign,
        "repair": _repair,
    }
    folder = arguments.folder
    if not (folder / ENTRIES).exists() and (folder / "log" / ENTRIES).exists():
        folder = folder / "log"
    if not (folder / ENTRIES).is_file():
        speech.error("cli.log.none")
        return 2
    try:
        return acts[arguments.act](arguments, Log.open(folder), speech)
    except LogError as error:
        speech.error(error.id, **error.params)
        return BROKEN
    except (CheckpointError, KeySetError, SigningError) as error:
        speech.error(error.id, **error.params)
    except OSError as error:
        speech.error("cli.log.file", error=type(error).__name__)
    return 2


def _verify(arguments: argparse.Namespace, log: Log, speech: Speech) -> int:
    from conformance.office.audit import audit
    from conformance.signing.keys import LIMIT, read_key_set
    from conformance.signing.reading import content_of

    found = audit(log, read_key_set(content_of(arguments.keys, LIMIT)), datetime.now(UTC))
    for problem in found.problems:
        print(problem.render(speech.language), file=sys.stderr)
    speech.say("cli.log.counts", entries=found.entries, checkpoints=found.checkpoints, unpublished=found.unpublished)
    if found.unknown:
        speech.say("cli.log.unknown", number=found.unknown)
    if log.torn:
        speech.say("cli.log.torn", bytes=log.torn)
    if found.problems:
        return BROKEN
    if not found.witnesses:
        speech.say("cli.log.unwitnessed")
    speech.say("cli.log.holds", size=found.entries - found.unpublished, witnesses=len(found.witnesses))
    return 0


def _prove(arguments: argparse.Namespace, log: Log, speech: Speech) -> int:
    from conformance.office.log import LogError
    from conformance.office.proofs import write_inclusion

    latest = log.latest()
    if latest is None:
        raise LogError("office.audit.no-checkpoint")
    hashes = log.inclusion(arguments.index, latest.size)
    _give(write_inclusion(arguments.index, latest.text, hashes), arguments.output, speech)
    return 0


def _consistency(arguments: argparse.Namespace, log: Log, speech: Speech) -> int:
    from conformance.office.proofs import Consistency, write_consistency

    hashes = log.consistency(arguments.old, arguments.new)
    proof = Consistency(log.origin, arguments.old, arguments.new, tuple(hashes))
    _give(write_consistency(proof), arguments.output, speech)
    return 0


def _cosign(arguments: argparse.Namespace, log: Log, speech: Speech) -> int:
    from conformance.office.checkpoint import LIMIT, WITNESS, checkpoint_signers, read_checkpoint
    from conformance.signing.keys import LIMIT as KEYS_LIMIT
    from conformance.signing.keys import read_key_set
    from conformance.signing.reading import content_of

    keys, now = read_key_set(content_of(arguments.keys, KEYS_LIMIT)), datetime.now(UTC)
    shown = read_checkpoint(content_of(arguments.checkpoint, LIMIT))
    held = log.cosign(shown, keys, now)
    witnesses = checkpoint_signers(held, keys, now, WITNESS)
    speech.say("cli.log.witnesses", size=held.size, witnesses=len(witnesses))
    return 0 if witnesses else BROKEN


def _repair(_arguments: argparse.Namespace, log: Log, speech: Speech) -> int:
    found = log.repair()
    if found:
        speech.say("cli.log.repaired", bytes=found, file=f"torn-{log.size}")
    else:
        speech.say("cli.log.sound", size=log.size)
    return 0


def _give(content: bytes, output: Path | None, speech: Speech) -> None:
    """A file of canonical JSON has no line feed at its end: not one byte more."""
    if output is None:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    else:
        output.write_bytes(content)
        speech.error("cli.log.written", file=output.name)
