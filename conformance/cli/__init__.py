"""The command line: ``lubiao``, also ``python -m conformance``. One small module for each command.

Exit codes: 0 conforms or done, 1 does not conform, 2 configuration, 3 undecided or nothing tested, 4 our own error.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import version

from conformance.cli.speech import Speech, language_of

#: Commands in the order of a vendor's day, of whoever looks into a verdict, of the office's; each is a module of this
#: room with ``add`` and ``run``.
COMMANDS = (
    *("check", "plan", "report", "sample", "openapi", "export", "probe", "platform", "standards"),
    *("bundle", "dispute", "replay", "verify", "witness", "commit"),
    *("office", "certify", "suspend", "reinstate", "revoke", "recall", "register", "log", "keys"),
)

#: Libraries that come with an extra, by the extra.
EXTRAS = {"sqlalchemy": "office", "pkcs11": "office", "pyhanko": "pdf", "segno": "pdf", "typst": "pdf"}

EXIT_CONFIGURATION = 2
EXIT_OURS = 4
EXIT_INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    words = sys.argv[1:] if argv is None else argv
    speech = Speech(language_of(words, os.environ))
    parser = _parser(speech, next((word for word in words if word in COMMANDS), ""))
    arguments = parser.parse_args(argv)
    command = import_module(f"conformance.cli.{arguments.command}")
    try:
        return int(command.run(arguments, speech))
    except KeyboardInterrupt:
        speech.error("cli.interrupted")
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_OURS
    except Exception as error:
        if arguments.debug:
            raise
        if isinstance(error, ModuleNotFoundError) and (extra := EXTRAS.get((error.name or "").partition(".")[0])):
            speech.error("cli.extra", extra=extra)
            return EXIT_CONFIGURATION
        speech.error("cli.harness", error=type(error).__name__)
        return EXIT_OURS


def _parser(speech: Speech, asked: str) -> argparse.ArgumentParser:
    """Every command by name and help; only the module of the one asked for is loaded, so that each starts quickly."""
    parser = argparse.ArgumentParser(prog="lubiao", description=speech.text("cli.lubiao"))
    parser.add_argument("--version", action="version", version=f"lubiao {version('lubiao')}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name in COMMANDS:
        text = speech.text(f"cli.{name}")
        sub = commands.add_parser(name, help=text, description=text)
        sub.add_argument("--lang", choices=("zh", "en"), help=speech.text("cli.lang"))
        sub.add_argument("--debug", action="store_true", help=speech.text("cli.debug"))
        if name == asked:
            import_module(f"conformance.cli.{name}").add(sub, speech)
    return parser
