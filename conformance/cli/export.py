"""``lubiao export``: a declaration in the form of somebody else's model (``--l3vpn-svc``: RFC 8299)."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from conformance.cli.speech import Speech

CONFIGURATION = 2


def add(parser: argparse.ArgumentParser, speech: Speech) -> None:
    """The arguments of the command."""
    parser.add_argument(
        "--l3vpn-svc", type=Path, required=True, metavar="ACCESS", help=speech.text("cli.export.l3vpn-svc")
    )
    parser.add_argument("--output", "-o", type=Path, metavar="FILE", help=speech.text("cli.export.output"))


def run(arguments: argparse.Namespace, speech: Speech) -> int:
    """Write what of the declaration has a place in the model: to the file, or to standard output."""
    from conformance.standard.pack import editions, standards_root
    from conformance.standard.standards import ACCESS, Standards
    from conformance.system.access.declaration import read_site
    from conformance.system.access.l3vpn import l3vpn_service
    from conformance.system.problem import ConfigurationError
    from conformance.words import problem_lines

    source: Path = arguments.l3vpn_svc
    rules = Standards.load([(ACCESS, editions(standards_root())[ACCESS][-1])]).access
    try:
        document = l3vpn_service(read_site(source, rules))
    except ConfigurationError as error:
        print("\n".join(problem_lines(error, source, speech.language)), file=sys.stderr)
        return CONFIGURATION
    text = f"{json.dumps(document, ensure_ascii=False, indent=2)}\n"
    if arguments.output is None:
        print(text, end="")
        return 0
    try:
        arguments.output.write_text(text, "utf-8", newline="\n")
    except OSError as error:
        speech.error("cli.export.unwritable", file=str(arguments.output), error=type(error).__name__)
        return CONFIGURATION
    print(arguments.output)
    return 0
