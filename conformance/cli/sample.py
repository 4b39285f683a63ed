"""``lubiao sample``: synthetic data that conform, from the packs and a recipe."""

from __future__ import annotations

import argparse
from pathlib import Path

from conformance.cli.speech import Speech


def add(parser: argparse.ArgumentParser, speech: Speech) -> None:
    """The arguments of the command."""
    parser.add_argument("folder", type=Path, help=speech.text("cli.sample.folder"))
    parser.add_argument("--output", "-o", type=Path, metavar="DIR", help=speech.text("cli.sample.output"))
    parser.add_argument("--scale", type=float, default=1.0, help=speech.text("cli.sample.scale"))
    parser.add_argument("--seed", type=int, help=speech.text("cli.sample.seed"))
    parser.add_argument("--only", action="append", default=[], metavar="TARGET", help=speech.text("cli.sample.only"))


def run(arguments: argparse.Namespace, speech: Speech) -> int:
    """Write the datasets of a recipe."""
    from conformance.sample.errors import SampleError
    from conformance.sample.recipe import write_sample

    recipe = arguments.folder / "recipe.yaml" if arguments.folder.is_dir() else arguments.folder
    try:
        paths = write_sample(
            recipe,
            arguments.output or recipe.parent,
            scale=arguments.scale,
            seed=arguments.seed,
            only=tuple(arguments.only),
        )
    except (OSError, SampleError) as error:
        speech.error("cli.sample.failed", error=str(error))
        return 2
    for path in paths:
        print(path)
    return 0
