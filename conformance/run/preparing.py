"""From a declaration to a run: configuration is sorted from product here, before any verdict."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.bundle.suite import suite_facts
from conformance.conversing import open_nodes
from conformance.plan import make_plan
from conformance.run.journal import Journal
from conformance.run.options import CHINA, Options
from conformance.run.running import Identity, Run
from conformance.standard.released import unreleased
from conformance.standard.standards import Standards
from conformance.system.declaration import ACCESS, Declaration, read_declaration
from conformance.system.problem import ConfigurationError, problem
from conformance.system.resolve import load_standards, resolve

if TYPE_CHECKING:
    from conformance.judge.model import Dataset
    from conformance.system.access.opening import AccessPoint


def prepare(path: Path, options: Options | None = None) -> Run:
    """Read a declaration, sort configuration from product, plan. Raises :class:`ConfigurationError`."""
    from conformance.system.preflight import preflight  # noqa: PLC0415 - needs Polars; broken YAML should not wait for it

    chosen = options or Options()
    if chosen.challenge is not None:
        chosen = replace(chosen, seed=chosen.challenge.seed)
    now = chosen.now or datetime.now(CHINA)
    today = now.astimezone(CHINA).strftime("%Y%m%d")
    declaration = read_declaration(path)
    standards = load_standards(declaration, chosen.standards_root, chosen.shelf)
    datasets = resolve(declaration, standards, today)
    narrowed = _narrowings(declaration, standards, chosen, datasets) if chosen.official else ()
    problems = [*narrowed, *preflight(declaration, datasets, standards)]
    if problems:
        raise ConfigurationError(problems)
    nodes = open_nodes(declaration, datasets, standards, today=today, seed=chosen.seed, ask=not chosen.dry)
    points = _points(declaration, standards, today)
    plan = make_plan(datasets, standards, declaration.classes, chosen.selection)
    journal, identity = _opened(declaration, standards, chosen, now)
    return Run(
        declaration, standards, plan, chosen, datasets, identity=identity, nodes=nodes, points=points, journal=journal
    )


def _opened(
    declaration: Declaration, standards: Standards, options: Options, now: datetime
) -> tuple[Journal | None, Identity]:
    """The journal, and which run this is: the one that the journal tells of, or a new one."""
    new = Identity(uuid.uuid4().hex, now)
    if options.journal is None or options.dry:
        return None, new
    described = _described(declaration, standards, options, now)
    journal = Journal.open(options.journal, described)
    if journal is None:
        return None, new
    if journal.head is not None:
        return journal, Identity(journal.head["id"], datetime.fromisoformat(journal.head["started"]))
    journal.begin(described, {"id": new.id, "started": new.started.isoformat()})
    return journal, new


def _described(declaration: Declaration, standards: Standards, options: Options, now: datetime) -> dict[str, Any]:
    """What makes a run this run: any difference, and nothing of an earlier one is taken up."""
    chosen = options.selection
    return {
        "declaration": declaration.sha256,
        "packs": {pack.id: f"{pack.edition} {pack.digest}" for pack in standards.packs.values()},
        "suite": suite_facts()["digest"],
        "official": options.official,
        "selection": [sorted(chosen.classes), sorted(chosen.requirements), sorted(chosen.targets)],
        "sampleLimit": options.sample_limit,
        "seed": options.seed,
        "keep": options.keep,
        "day": now.astimezone(CHINA).strftime("%Y%m%d"),
    }


def _points(declaration: Declaration, standards: Standards, today: str) -> Mapping[str, AccessPoint]:
    """The access points of the extranet, each read whole, by target."""
    targets = [target for target in declaration.targets if target.kind == ACCESS]
    if not targets:
        return {}
    from conformance.system.access.opening import open_points  # noqa: PLC0415 - on demand

    return open_points(targets, standards.access, today)


def _narrowings(
    declaration: Declaration, standards: Standards, options: Options, datasets: Collection[Dataset]
) -> Iterator[Any]:
    """What an official run may not have: filters, records left out, the vendor's own waivers, a plan for tests, packs
    that nobody released, a seed of the vendor's choice.
    """
    if options.selection:
        yield problem(declaration.place("claims"), "run.official-filter")
    for target in declaration.targets:
        if target.where:
            yield problem(declaration.place("targets", target.name, "where"), "run.official-where", target=target.name)
    if declaration.waivers:
        yield problem(declaration.place("waivers"), "run.official-waiver")
    joined = [target for target in declaration.targets if target.kind == ACCESS]
    if joined and standards.access.addresses.synthetic:
        yield problem(declaration.place("targets", joined[0].name), "run.official-plan")
    for pack in unreleased(standards):
        yield problem(declaration.place("claims"), "run.official-pack", pack=f"{pack.id}@{pack.edition}")
    asked = [dataset for dataset in datasets if dataset.service is not None]
    if asked and options.challenge is None:
        yield problem(declaration.place("targets", asked[0].target), "run.official-challenge")
