"""``lubiao dispute``: one finding packed with all that it rests on; or such a pack checked, offline.

Exit 0 done or holds, 14 a bundle or pack that does not hold, 2 an unknown finding, file or argument.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from conformance.cli.speech import Speech

EXIT_ARGUMENTS, EXIT_REFUSED = 2, 14
_DIGEST = re.compile("[0-9a-fA-F]{64}")


def add(parser: argparse.ArgumentParser, speech: Speech) -> None:
    """The arguments of the command."""
    parser.add_argument("bundle", nargs="?", type=Path, help=speech.text("cli.dispute.bundle"))
    parser.add_argument("finding", nargs="?", help=speech.text("cli.dispute.finding"))
    parser.add_argument(
        "-o", "--output", type=Path, default=Path("dispute.zip"), help=speech.text("cli.dispute.output")
    )
    parser.add_argument("--check", type=Path, metavar="FILE", help=speech.text("cli.dispute.check"))
    parser.add_argument("--bundle-digest", metavar="HEX", help=speech.text("cli.dispute.bundle-digest"))
    parser.add_argument("--root", type=Path, help=speech.text("cli.dispute.root"))


def run(arguments: argparse.Namespace, speech: Speech) -> int:
    """Pack, or check."""
    packing, digest = arguments.bundle is not None and arguments.finding is not None, arguments.bundle_digest
    if arguments.check is None and packing and digest is None:
        return _pack(arguments, speech)
    if arguments.check is not None and arguments.bundle is None and digest and _DIGEST.fullmatch(digest):
        return _check(arguments, speech)
    speech.error("cli.dispute.arguments")
    return EXIT_ARGUMENTS


def _pack(arguments: argparse.Namespace, speech: Speech) -> int:
    from conformance.bundle.model import BundleError
    from conformance.bundle.reading import read_bundle
    from conformance.cli.bundle import refused
    from conformance.replay.dispute import UnknownFindingError, dispute
    from conformance.replay.dispute_record import DisputeError

    try:
        bundle = read_bundle(arguments.bundle)
        content = dispute(bundle, arguments.finding, arguments.root)
        arguments.output.write_bytes(content)
    except BundleError as error:
        return refused(arguments.bundle, error, speech)
    except DisputeError as error:
        speech.error("cli.dispute.failed", why=speech.text(error.id, **error.params))
        if not isinstance(error, UnknownFindingError):
            return EXIT_REFUSED
        _tell_near(error.near, speech)
        return EXIT_ARGUMENTS
    except OSError as error:
        speech.error("cli.dispute.unwritten", file=str(arguments.output), error=type(error).__name__)
        return EXIT_ARGUMENTS
    speech.say("cli.dispute.written", file=str(arguments.output))
    speech.say("cli.dispute.how", file=str(arguments.output), digest=bundle.digest["sha256"])
    return 0


def _tell_near(near: tuple[str, ...], speech: Speech) -> None:
    import sys

    if near:
        speech.error("cli.dispute.near")
        for id_ in near:
            print(f"  {id_}", file=sys.stderr)


def _check(arguments: argparse.Namespace, speech: Speech) -> int:
    from conformance.bundle.archive_reading import AbsentError
    from conformance.bundle.model import BundleError
    from conformance.replay.dispute_checking import check_dispute
    from conformance.replay.dispute_record import DisputeError
    from conformance.report.harmless import shortened, visible

    try:
        checked = check_dispute(arguments.check, arguments.bundle_digest, arguments.root)
    except (BundleError, DisputeError) as error:
        speech.error("cli.dispute.refused", why=speech.text(error.id, **error.params))
        return EXIT_ARGUMENTS if isinstance(error, AbsentError) else EXIT_REFUSED
    verdict = speech.text(f"report.verdict.{checked.verdict}")
    finding = shortened(visible(checked.finding, line=True), 300)
    speech.say("cli.dispute.holds", finding=finding, verdict=verdict)
    speech.say("cli.dispute.whole" if checked.complete else "cli.dispute.partly")
    return 0
