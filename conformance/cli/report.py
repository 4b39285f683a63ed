"""``lubiao report``: render a bundle again, in other formats."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from conformance.cli.speech import Speech


def add(parser: argparse.ArgumentParser, speech: Speech) -> None:
    """The arguments of the command."""
    parser.add_argument("bundle", type=Path, help=speech.text("cli.report.bundle"))
    parser.add_argument("--format", default="html", help=speech.text("cli.check.format"))
    parser.add_argument("--output", "-o", type=Path, metavar="DIR", help=speech.text("cli.report.output"))


def run(arguments: argparse.Namespace, speech: Speech) -> int:
    """Render the formats beside the bundle's report.json, or into another folder."""
    from conformance.bundle.rendering import FormatError, render

    source = arguments.bundle / "report.json" if arguments.bundle.is_dir() else arguments.bundle
    try:
        report = json.loads(source.read_bytes())
        paths = render(report, tuple(arguments.format.split(",")), arguments.output or source.parent)
    except (OSError, json.JSONDecodeError) as error:
        speech.error("cli.report.unreadable", file=str(source), error=type(error).__name__)
        return 2
    except FormatError as error:
        print(error.message.render(speech.language), file=sys.stderr)
        return 2
    for path in paths:
        print(path)
    return 0
