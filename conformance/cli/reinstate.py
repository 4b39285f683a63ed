"""``lubiao reinstate``: reinstate a suspended certificate."""

from __future__ import annotations

import argparse

from conformance.cli.speech import Speech
from conformance.cli.standing import add_change, change


def add(parser: argparse.ArgumentParser, speech: Speech) -> None:
    """The arguments of the command."""
    add_change(parser, speech, "reinstate")


def run(arguments: argparse.Namespace, speech: Speech) -> int:
    """An event in the log, and a new status list."""
    return change(arguments, speech, "reinstate")
