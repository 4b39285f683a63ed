"""``lubiao witness``: what a party outside the office runs, so that the office cannot show different logs to different
people: hold the log's checkpoint against the last one seen, and sign it.
"""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.cli.speech import Speech

if TYPE_CHECKING:
    from conformance.office.checkpoint import Checkpoint
    from conformance.office.witness import Prover
    from conformance.signing.keys import KeySet


def add(parser: argparse.ArgumentParser, speech: Speech) -> None:
    """The arguments of the command."""
    parser.add_argument("--keys", type=Path, required=True, metavar="FILE", help=speech.text("cli.witness.keys"))
    parser.add_argument("--log", type=Path, required=True, metavar="PATH", help=speech.text("cli.witness.log"))
    parser.add_argument("--state", type=Path, required=True, metavar="FILE", help=speech.text("cli.witness.state"))
    parser.add_argument("--proof", type=Path, metavar="FILE", help=speech.text("cli.witness.proof"))
    parser.add_argument("--key", metavar="REFERENCE", help=speech.text("cli.witness.key"))
    parser.add_argument("--id", metavar="ID", help=speech.text("cli.witness.id"))
    parser.add_argument("--output", type=Path, metavar="FILE", help=speech.text("cli.witness.output"))


def run(arguments: argparse.Namespace, speech: Speech) -> int:
    """One round: 0 where the checkpoint follows from what was seen, 30 to 36 where not, 2 where it cannot be told."""
    from conformance.office.checkpoint import CheckpointError
    from conformance.office.durable import locked
    from conformance.office.witness import StateError
    from conformance.signing.canonical import NotCanonicalError
    from conformance.signing.failing import SigningError
    from conformance.signing.keys import LIMIT, KeySetError, read_key_set
    from conformance.signing.reading import content_of

    try:
        keys = read_key_set(content_of(arguments.keys, LIMIT))
        lock = arguments.state.with_name(f"{arguments.state.name}.lock")
        with locked(lock, exclusive=True, create=True):
            return _round(arguments, keys, speech)
    except (CheckpointError, KeySetError, SigningError) as error:
        speech.error(error.id, **error.params)
    except StateError:
        speech.error("cli.witness.bad-state", file=arguments.state.name)
    except NotCanonicalError:
        speech.error("cli.witness.bad-proof")
    except OSError as error:
        speech.error("cli.witness.file", error=type(error).__name__)
    return 2


def _round(arguments: argparse.Namespace, keys: KeySet, speech: Speech) -> int:
    """What was seen is kept before the signature leaves: nothing is ever vouched for that is then forgotten."""
    from conformance.office.checkpoint import CHECKPOINT_FILE, LIMIT
    from conformance.office.durable import replace
    from conformance.office.witness import LIMIT as STATE_LIMIT
    from conformance.office.witness import observe, read_seen, write_seen
    from conformance.signing.reading import content_of

    seen = read_seen(content_of(arguments.state, STATE_LIMIT)) if arguments.state.exists() else None
    path = arguments.log / CHECKPOINT_FILE if arguments.log.is_dir() else arguments.log
    content = content_of(path, LIMIT)
    now = datetime.now(UTC)
    found = observe(content, keys, now, seen, _prover(arguments))
    print(f"{found.word}: {found.message.render(speech.language)}", file=sys.stderr)
    if found.checkpoint is None:
        return found.code
    signed = _signed(found.checkpoint, keys, arguments)
    replace(arguments.state, write_seen(found.checkpoint))
    if signed is not None:
        _give(signed, arguments.output)
        speech.error("cli.witness.signed", size=signed.size)
    return found.code


def _prover(arguments: argparse.Namespace) -> Prover | None:
    from conformance.office.log import Log
    from conformance.office.proofs import LIMIT, read_consistency
    from conformance.office.witness import from_log, from_proof
    from conformance.signing.reading import content_of

    if arguments.proof is not None:
        return from_proof(read_consistency(content_of(arguments.proof, LIMIT)))
    if arguments.log.is_dir():
        return from_log(lambda: Log.open(arguments.log))
    return None


def _signed(checkpoint: Checkpoint, keys: KeySet, arguments: argparse.Namespace) -> Checkpoint | None:
    """With the witness's own line, where it gave a key; else it only watches."""
    from conformance.cli.secrets import secret, signer_for
    from conformance.office.checkpoint import WITNESS, cosigned
    from conformance.signing.keys import KeySetError
    from conformance.signing.signers import open_signer

    if not arguments.key:
        return None
    if not arguments.id:
        return cosigned(checkpoint, signer_for(arguments.key, arguments.keys, WITNESS))
    key = keys.key(arguments.id)
    if key is None:
        raise KeySetError("cli.witness.no-key", key=arguments.id)
    return cosigned(checkpoint, open_signer(arguments.key, key, secret))


def _give(checkpoint: Checkpoint, output: Path | None) -> None:
    from conformance.office.durable import replace

    content = checkpoint.text.encode()
    if output is None:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    else:
        replace(output, content)
