"""``lubiao commit``: a vendor commits to its declaration, to get the office's challenge."""

from __future__ import annotations

import argparse
import os
import secrets
import sys
from pathlib import Path

from conformance.cli.at_desk import NOT_DONE, told
from conformance.cli.speech import Speech


def add(parser: argparse.ArgumentParser, speech: Speech) -> None:
    """The arguments of the command."""
    parser.add_argument("system", type=Path, help=speech.text("cli.system"))
    parser.add_argument("-o", "--output", type=Path, required=True, help=speech.text("cli.commit.output"))


def run(arguments: argparse.Namespace, speech: Speech) -> int:
    """Write the commitment, and beside it the file that opens it, which only its owner can read."""
    from conformance.system.problem import ConfigurationError
    from conformance.words import problem_lines

    try:
        return told(lambda: _commit(arguments, speech), speech)
    except ConfigurationError as error:
        print("\n".join(problem_lines(error, arguments.system, speech.language)), file=sys.stderr)
        return NOT_DONE


def _commit(arguments: argparse.Namespace, speech: Speech) -> int:
    from conformance.office.challenge import commit
    from conformance.report.harmless import readable
    from conformance.system.declaration import read_declaration

    declared = read_declaration(arguments.system)
    # As the report will hold them, or the office could not compare.
    vendor, product, version = map(readable, (declared.vendor, declared.product, declared.version))
    public, opening = commit(declared.sha256, vendor, product, version, secrets.token_hex(32))
    hidden = arguments.output.with_name(f"{arguments.output.stem}.secret.json")
    for path in (arguments.output, hidden):
        if path.exists():
            speech.error("cli.commit.exists", file=str(path))
            return NOT_DONE
    with os.fdopen(os.open(hidden, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(opening)
    arguments.output.write_bytes(public)
    speech.say("cli.commit.done", file=str(arguments.output), secret=str(hidden))
    return 0
