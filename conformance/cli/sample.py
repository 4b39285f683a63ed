"""``lubiao sample``: synthetic data that conform, from a recipe, or of one dataset as an exchange package."""

from __future__ import annotations

import argparse
from pathlib import Path

from conformance.cli.speech import Speech

_ROWS = 20
_FORMATS = ("xml", "json", "jsonl", "csv")
_ARCHIVES = ("folder", "zip", "tar", "tar.gz")


def add(parser: argparse.ArgumentParser, speech: Speech) -> None:
    """The arguments of the command: a recipe's, or those of one dataset."""
    parser.add_argument("folder", type=Path, nargs="?", help=speech.text("cli.sample.folder"))
    parser.add_argument("--output", "-o", type=Path, metavar="DIR", help=speech.text("cli.sample.output"))
    parser.add_argument("--scale", type=float, default=1.0, help=speech.text("cli.sample.scale"))
    parser.add_argument("--seed", type=int, help=speech.text("cli.sample.seed"))
    parser.add_argument("--only", action="append", default=[], metavar="TARGET", help=speech.text("cli.sample.only"))
    parser.add_argument("--dataset", metavar="ID", help=speech.text("cli.sample.dataset"))
    parser.add_argument("--format", choices=_FORMATS, default=_FORMATS[0], help=speech.text("cli.sample.format"))
    parser.add_argument("--rows", type=int, default=_ROWS, help=speech.text("cli.sample.rows", rows=_ROWS))
    parser.add_argument("--broken", metavar="FACET", help=speech.text("cli.sample.broken"))
    parser.add_argument("--archive", choices=_ARCHIVES, default=_ARCHIVES[0], help=speech.text("cli.sample.archive"))
    parser.add_argument("--as-of", metavar="YYYYMMDD", help=speech.text("cli.sample.as-of"))


def run(arguments: argparse.Namespace, speech: Speech) -> int:
    """Write the datasets of a recipe, or one package of one dataset."""
    from conformance.sample.errors import SampleError

    if (arguments.folder is None) == (arguments.dataset is None):
        speech.error("cli.sample.which")
        return 2
    try:
        paths = _recipe(arguments) if arguments.dataset is None else _package(arguments, speech)
    except (OSError, SampleError) as error:
        shown = error.message.render(speech.language) if isinstance(error, SampleError) else str(error)
        speech.error("cli.sample.failed", error=shown)
        return 2
    for path in paths:
        print(path)
    return 0


def _recipe(arguments: argparse.Namespace) -> tuple[Path, ...]:
    from conformance.sample.recipe import write_sample

    recipe = arguments.folder / "recipe.yaml" if arguments.folder.is_dir() else arguments.folder
    return write_sample(
        recipe,
        arguments.output or recipe.parent,
        scale=arguments.scale,
        seed=arguments.seed,
        only=tuple(arguments.only),
    )


def _package(arguments: argparse.Namespace, speech: Speech) -> tuple[Path, ...]:
    from conformance.sample.single import write_single

    made = write_single(
        arguments.output or Path(),
        arguments.dataset,
        format=arguments.format,
        rows=arguments.rows,
        seed=arguments.seed or 0,
        archive=arguments.archive,
        as_of=arguments.as_of or "",
        broken=arguments.broken or "",
    )
    if made.broken:
        fault = made.broken
        speech.error("cli.sample.fault", requirement=fault.requirement, field=fault.field, row=fault.row)
    return (made.path,)
