"""``lubiao bundle check``: is this bundle whole, and what is it? Exit 0 intact, 14 refused, 2 not there."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.cli.speech import Speech

if TYPE_CHECKING:
    from conformance.bundle.model import Bundle, BundleError

EXIT_ABSENT, EXIT_REFUSED = 2, 14
#: Of each text of a vendor so many characters are shown.
_SHOWN = 100


def add(parser: argparse.ArgumentParser, speech: Speech) -> None:
    """The arguments of the command."""
    parser.add_argument("act", choices=("check",), help=speech.text("cli.bundle.act"))
    parser.add_argument("file", type=Path, help=speech.text("cli.bundle.file"))


def run(arguments: argparse.Namespace, speech: Speech) -> int:
    """Read the bundle strictly, and tell what it is."""
    from conformance.bundle.model import BundleError
    from conformance.bundle.reading import read_bundle

    try:
        bundle = read_bundle(arguments.file)
    except BundleError as error:
        return refused(arguments.file, error, speech)
    _tell(bundle, speech)
    return 0


def refused(file: Path, error: BundleError, speech: Speech) -> int:
    """Say why a file is no bundle; the exit code."""
    from conformance.bundle.reading import AbsentError

    speech.error("cli.bundle.refused", file=str(file), why=speech.text(error.id, **error.params))
    return EXIT_ABSENT if isinstance(error, AbsentError) else EXIT_REFUSED


def _tell(bundle: Bundle, speech: Speech) -> None:
    manifest, report = bundle.manifest, bundle.report
    product = manifest["product"]
    speech.say("cli.bundle.intact")
    speech.say(
        "cli.bundle.product",
        product=_shown(product["product"]),
        version=_shown(product["version"]),
        vendor=_shown(product["vendor"]),
        kind=speech.text(f"report.build.{product['build']['kind']}"),
        build=_shown(product["build"]["id"]),
    )
    speech.say(
        "cli.bundle.run",
        mode=speech.text("cli.bundle.official" if bundle.official else "cli.bundle.self-test"),
        verdict=speech.text(f"report.verdict.{report['summary']['verdict']}"),
        findings=len(report["findings"]),
    )
    speech.say("cli.bundle.signed", number=len(bundle.attestation.signatures))
    speech.say("cli.bundle.digests")
    for what, digests in (
        (speech.text("cli.bundle.of-bundle"), bundle.digest),
        (speech.text("cli.bundle.of-report"), manifest["reportDigest"]),
        (speech.text("cli.bundle.of-results"), manifest["resultsDigest"]),
        (speech.text("cli.bundle.of-evidence"), manifest["evidence"]["root"]),
    ):
        for algorithm, digest in digests.items():
            print(f"  {what} {algorithm}: {digest}")


def _shown(text: str) -> str:
    from conformance.report.harmless import shortened, visible

    return shortened(visible(text, line=True), _SHOWN)
