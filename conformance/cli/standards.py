"""``lubiao standards``: the standards as a product: list, show, lint, release."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

from conformance.cli.speech import Speech
from conformance.standard.datasets import read_datasets
from conformance.standard.model import DatasetSpec, Pack
from conformance.standard.pack import StandardsError, editions, load_yaml, pack_folder, read_pack, standards_root
from conformance.standard.released import FILE, release
from conformance.standard.standards import Standards


def add(parser: argparse.ArgumentParser, speech: Speech) -> None:
    """The arguments of the command."""
    parser.add_argument("act", choices=("list", "show", "lint", "release"), help=speech.text("cli.standards.act"))
    parser.add_argument("standard", nargs="?", help=speech.text("cli.standards.standard"))
    parser.add_argument("--root", type=Path, help=speech.text("cli.standards.root"))


def run(arguments: argparse.Namespace, speech: Speech) -> int:
    """Do one of the acts."""
    root = arguments.root or standards_root()
    try:
        return ACTS[arguments.act](arguments, root, speech)
    except StandardsError as error:
        speech.error("cli.standards.error", error=str(error))
        return 2


def _list(_arguments: argparse.Namespace, root: Path, speech: Speech) -> int:
    """Every standard of the catalogue, with the pack that holds it or a dash."""
    for entry in load_yaml(root / "catalogue.yaml"):
        print(f"{entry['number']:<28} {entry.get('pack') or '—':<24} {entry['title'][speech.language]}")
    return 0


def _show(arguments: argparse.Namespace, root: Path, speech: Speech) -> int:
    """One pack: what it holds, requirement by requirement."""
    if not arguments.standard:
        speech.error("cli.standards.which")
        return 2
    id_, _, edition = arguments.standard.partition("@")
    known = editions(root).get(id_, ("",))
    pack = read_pack(root, id_, edition or known[-1])
    print(f"{pack.number}  {getattr(pack.title, speech.language)}")
    print(f"{pack.id}@{pack.edition}  {pack.status}  {pack.provenance.word}  {pack.digest}")
    speech.say(
        "cli.standards.holds",
        elements=len(pack.elements),
        codes=len(pack.codes),
        schemes=len(pack.schemes),
        requirements=len(pack.requirements),
    )
    for requirement in pack.requirements.values():
        title = getattr(requirement.title, speech.language)
        print(f"  {requirement.id:<16} {title}  [{requirement.clause.provenance.word}]")
    for spec in _datasets(root, pack).values():
        print(f"  {spec.id:<28} {getattr(spec.title, speech.language)}  {spec.clause.standard} {spec.clause.number}")
    for element in pack.elements.values():
        print(f"  {element.id:<16} {element.name}  {element.format}  {element.domain}")
    return 0


def _release(_arguments: argparse.Namespace, root: Path, speech: Speech) -> int:
    """Write down the digest of each pack: official runs judge by these."""
    (root / FILE).write_text(release(root), "utf-8")
    speech.say("cli.standards.released", file=FILE)
    return 0


def _datasets(root: Path, pack: Pack) -> Mapping[str, DatasetSpec]:
    """The pack's own datasets; their fields may be elements of any pack that it depends on."""
    elements = Standards.load([(pack.id, pack.edition)], root).elements
    return read_datasets(pack_folder(root, pack.id, pack.edition), elements)


def _lint(arguments: argparse.Namespace, root: Path, speech: Speech) -> int:
    """Lint one pack, or all; errors end with 1."""
    from conformance.standard.lint import lint

    asked = arguments.standard.partition("@") if arguments.standard else None
    errors = 0
    for id_, several in editions(root).items():
        for edition in several:
            if asked and (id_ != asked[0] or asked[2] not in ("", edition)):
                continue
            for finding in lint(pack_folder(root, id_, edition)):
                errors += finding.level == "error"
                place = f"{id_}/{edition}/{finding.path}" + (f":{finding.line}" if finding.line else "")
                told = finding.message.render(speech.language)
                print(f"{place}: {finding.level} {finding.rule} {finding.subject}: {told}")
    speech.say("cli.standards.linted", errors=errors)
    return 1 if errors else 0


ACTS = {"list": _list, "show": _show, "lint": _lint, "release": _release}
