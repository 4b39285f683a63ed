"""The kill matrix: each mutant of the reference system turns red exactly what it names (``docs/kill-matrix.md``).

``python -m conformance.killmatrix`` judges a scaled-down reference, every mutant and every near-miss, and writes the
page if all went as named. ``--check`` writes nothing and also fails where the page is stale; ``--only NAME`` judges
single mutants. Exit 0: all as named; 1: not.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import multiprocessing
import os
import shutil
import sys
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from types import ModuleType

import yaml

from conformance.checking import Outcome, check
from conformance.messages import LANGUAGES, Bilingual, Message, message
from conformance.run import CHINA, Options, prepare
from conformance.sample.errors import SampleError
from conformance.sample.overlay import Edit, Mutant, apply, read_mutant
from conformance.sample.recipe import write_sample
from conformance.sample.service_changes import NodeEdit
from conformance.standard.model import Requirement
from conformance.standard.standards import Shelf
from conformance.system.problem import ConfigurationError

ROOT = Path(__file__).parents[1]
PAGE = Path("docs/kill-matrix.md")
MUTANTS = Path("fixtures/mutants")
#: Where the references of mutants lie: ``of: NAME`` means ``fixtures/NAME``.
FIXTURES, RECIPE = Path("fixtures"), "recipe.yaml"
REFERENCES = (
    "reference",
    "exchange",
    "exchange-node",
    "exchange-client",
    "access/huawei",
    "access/h3c",
    "access/linux",
)
#: The reference that has a value for every one of its requirements to judge in every one of its targets.
WHOLE = REFERENCES[0]
#: The reference that is a running node, and what a node makes in its folder when it starts.
NODE, RUN = "exchange-node", "run"
#: How much of the reference is judged: 400 persons, and rows enough for each mutant to find what it breaks.
SCALE = 0.02
#: The day of the reference system; nothing here looks at a clock.
OPTIONS = Options(now=datetime(2026, 11, 21, 12, tzinfo=CHINA), sample_limit=1, shelf=Shelf())
PASS = "pass"  # noqa: S105 - a verdict
GREEN = (PASS, "not-applicable")
#: Processes beyond the number of cores: a client's trial mostly waits.
SPARE_WORKERS = 1
#: The heads of the page's two tables.
REQUIREMENT_COLUMNS = (
    "killmatrix.column.requirement",
    "killmatrix.column.alone",
    "killmatrix.column.collateral",
    "killmatrix.column.near-misses",
)
MUTANT_COLUMNS = (
    "killmatrix.column.mutant",
    "killmatrix.column.fault",
    "killmatrix.column.red",
    "killmatrix.column.near-miss",
)


@dataclass(frozen=True)
class Trial:
    """What ``check`` made of one system: each ``REQUIREMENT@target`` with its verdict, and the exit code.

    ``failure`` says why there is none: the changes could not be made, or the declaration not be used.
    """

    verdicts: Mapping[str, str]
    exit_code: int
    failure: str = ""

    @property
    def red(self) -> Mapping[str, str]:
        """Everything that is neither passed nor without a value to judge."""
        return {item: verdict for item, verdict in self.verdicts.items() if verdict not in GREEN}


@dataclass(frozen=True)
class Result:
    """A mutant, what it turned red, and what its near-miss did."""

    mutant: Mutant
    killed: Trial
    near_miss: Trial


def write_reference(folder: Path, name: str = WHOLE) -> Path:
    """Write a reference system, scaled down; returns the folder."""
    source = ROOT / FIXTURES / name
    if (source / RECIPE).is_file():
        write_sample(source / RECIPE, folder, scale=SCALE)
        return folder
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns(RUN, "__pycache__"))
    if name == NODE:
        serving().prepare(folder / RUN)
    return folder


def serving() -> ModuleType:
    """The reference node's own module that starts it; a fixture, and no part of the package."""
    folder = str(ROOT / FIXTURES / NODE)
    if folder not in sys.path:
        sys.path.append(folder)
    return importlib.import_module("exchange_node.serving")


def read_mutants(folder: Path, only: Collection[str] = ()) -> tuple[Mutant, ...]:
    """The mutants of a folder by name, or those asked for; raises :class:`SampleError` where one is not there."""
    paths = [folder / f"{name}.yaml" for name in only] if only else sorted(folder.glob("*.yaml"))
    for path in paths:
        if not path.is_file():
            raise SampleError("sample.file.missing", path=path.name)
    return tuple(read_mutant(path) for path in paths)


def judge(references: Mapping[str, Path], mutants: Sequence[Mutant], workers: int = 2) -> tuple[Result, ...]:
    """Judge each mutant of a reference and its near-miss, in ``workers`` processes (1: in this one)."""
    wanted = [(edits, references[one.of]) for one in mutants for edits in (one.changes, one.near_miss.changes)]
    # Several mutants may share a near-miss: each system is judged once.
    systems = {repr(system): system for system in wanted}
    spawned = multiprocessing.get_context("spawn")  # Polars does not survive a fork
    warmed = (tuple(references.values()),)
    several = ProcessPoolExecutor(workers, spawned, _warm_up, warmed) if workers > 1 else nullcontext()
    with several as pool:
        run = map if pool is None else pool.map
        trials = dict(zip(systems, run(trial, *zip(*systems.values(), strict=True)), strict=True))
    found = [trials[repr(system)] for system in wanted]
    return tuple(map(Result, mutants, found[::2], found[1::2]))


def _warm_up(references: Sequence[Path]) -> None:
    """Load the packs, and keep the garbage collector from looking at them again at each trial: a fifth of the time."""
    for reference in references:
        trial((), reference)
    gc.collect()
    gc.freeze()


def trial(changes: Sequence[Edit], reference: Path) -> Trial:
    """Check a copy of the reference with these changes made."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            path = apply(changes, reference, Path(folder))
            with started(changes, reference, path):
                return outcome_trial(check(path, options=OPTIONS))
        except (SampleError, ConfigurationError) as error:
            return Trial({}, 2, str(error))


@contextmanager
def started(changes: Sequence[Edit], reference: Path, path: Path) -> Iterator[None]:
    """Start the reference node, if it is one, with the switches of these changes; the declaration learns where."""
    if not (reference / RUN).is_dir():
        yield
        return
    run = path.parent / RUN
    shutil.copytree(reference / RUN, run)
    thrown = [change for change in changes if isinstance(change, NodeEdit)]
    switches = tuple(switch for change in thrown for switch in change.switches)
    registered = {"registered": path.parent} if any(change.follows for change in thrown) else {}
    with serving().Node(run, switches, log=run / "access.jsonl", **registered) as node:
        declared = yaml.safe_load(path.read_bytes())
        for target in declared["targets"].values():
            target["service"] |= {"url": node.url, "plain": [node.plain_url]}
        path.write_text(yaml.safe_dump(declared, allow_unicode=True, sort_keys=False), "utf-8")
        yield


def outcome_trial(outcome: Outcome) -> Trial:
    """What a finished run says, as far as mutants are concerned."""
    findings = outcome.report["findings"]
    return Trial({f"{one['requirement']}@{one['target']}": one["verdict"] for one in findings}, outcome.exit_code)


def reference_faults(reference: Trial, name: str = WHOLE) -> Iterator[Message]:
    """A reference conforms whole, and the first has a value for every one of its requirements to judge.

    Packages of one form have nothing for the rules of another: there, each rule has a value in some target.
    """
    if reference.failure:
        yield message("killmatrix.fault.broken", name=name, error=reference.failure)
    lenient = {item.partition("@")[0] for item, verdict in reference.verdicts.items() if verdict == PASS}
    for item, verdict in sorted(reference.verdicts.items()):
        idle = verdict == "not-applicable" and name != WHOLE and item.partition("@")[0] in lenient
        if verdict != PASS and not idle:
            yield message("killmatrix.fault.reference", item=item, verdict=verdict)
    if reference.exit_code != 0:
        yield message("killmatrix.fault.exit", name=name, code=reference.exit_code, expected=0)


def faults(results: Iterable[Result]) -> Iterator[Message]:
    """Where a mutant was missed or turned something else red, or a near-miss is not green."""
    for result in results:
        name = result.mutant.name
        if result.killed.failure:
            yield message("killmatrix.fault.broken", name=name, error=result.killed.failure)
        else:
            yield from _kill_faults(result)
        if result.near_miss.failure:
            yield message("killmatrix.fault.near-broken", name=name, error=result.near_miss.failure)
        else:
            yield from _near_miss_faults(result)


def _kill_faults(result: Result) -> Iterator[Message]:
    name, named, found = result.mutant.name, result.mutant.red, result.killed.red
    for item, verdict in sorted(named.items()):
        if item not in found:
            yield message("killmatrix.fault.missed", name=name, item=item)
        elif found[item] != verdict:
            yield message("killmatrix.fault.other", name=name, item=item, verdict=found[item], expected=verdict)
    for item in sorted(found.keys() - named.keys()):
        yield message("killmatrix.fault.collateral", name=name, item=item, verdict=found[item])
    expected = 1 if "fail" in named.values() else 3
    if not found.keys() ^ named.keys() and result.killed.exit_code != expected:
        yield message("killmatrix.fault.exit", name=name, code=result.killed.exit_code, expected=expected)


def _near_miss_faults(result: Result) -> Iterator[Message]:
    name, near = result.mutant.name, result.near_miss
    for item, verdict in sorted(near.red.items()):
        yield message("killmatrix.fault.near", name=name, item=item, verdict=verdict)
    for item in sorted(result.mutant.red):
        if item not in near.red and near.verdicts.get(item) != PASS:
            yield message("killmatrix.fault.near-idle", name=name, item=item)
    if not near.red and near.exit_code != 0:
        yield message("killmatrix.fault.near-exit", name=name, code=near.exit_code)


def gaps(mutants: Sequence[Mutant], requirements: Iterable[Requirement]) -> Iterator[Message]:
    """The automated requirements that no mutant of their own turns red alone (each mutant has its near-miss)."""
    alone = {mutant.requirement for mutant in mutants if requirements_of(mutant) == {mutant.requirement}}
    for requirement in requirements:
        if requirement.testability == "automated" and requirement.id not in alone:
            yield message("killmatrix.fault.gap", id=requirement.id)


def requirements_of(mutant: Mutant) -> set[str]:
    """The requirements that a mutant turns red, whatever the targets."""
    return {item.partition("@")[0] for item in mutant.red}


def page(mutants: Sequence[Mutant], requirements: Sequence[Requirement]) -> str:
    """``docs/kill-matrix.md``: requirements with what kills them, mutants with their faults; Chinese and English."""
    total = message("killmatrix.total", requirements=len(requirements), mutants=len(mutants))
    lines = [f"# {_both(message('killmatrix.title'), ' · ')}", ""]
    for told in (message("killmatrix.generated"), message("killmatrix.reading"), total):
        lines += [line for language in LANGUAGES for line in (told.render(language), "")]
    lines += _table("killmatrix.requirements", REQUIREMENT_COLUMNS)
    lines += [_line(_requirement_cells(requirement, mutants)) for requirement in requirements]
    lines += ["", *_table("killmatrix.mutants", MUTANT_COLUMNS)]
    lines += [_line(_mutant_cells(mutant)) for mutant in mutants]
    return "\n".join([*lines, ""])


def _table(title: str, columns: Sequence[str]) -> Iterator[str]:
    yield f"## {_both(message(title), ' · ')}"
    yield ""
    yield _line(_both(message(column), "<br>") for column in columns)
    yield _line("---" for _ in columns)


def _requirement_cells(requirement: Requirement, mutants: Sequence[Mutant]) -> Iterator[str]:
    killers = [mutant for mutant in mutants if requirement.id in requirements_of(mutant)]
    yield f"{requirement.id}<br>{requirement.title.zh}<br>{requirement.title.en}"
    for lone in (True, False):
        yield "<br>".join(_link(one) for one in killers if (len(requirements_of(one)) == 1) is lone) or "—"
    yield str(sum(mutant.requirement == requirement.id for mutant in mutants))


def _mutant_cells(mutant: Mutant) -> Iterator[str]:
    yield _link(mutant)
    yield _texts(mutant.fault)
    yield "<br>".join(f"`{item}` {verdict}" for item, verdict in sorted(mutant.red.items()))
    yield _texts(mutant.near_miss.what)


def _link(mutant: Mutant) -> str:
    return f"[{mutant.name}](../{(MUTANTS / mutant.name).as_posix()}.yaml)"


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _texts(text: Bilingual) -> str:
    return f"{text.zh}<br>{text.en}"


def _both(told: Message, between: str) -> str:
    return between.join(told.render(language) for language in LANGUAGES)


def main(argv: Sequence[str]) -> int:
    """Judge, say what is wrong, write or compare the page; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m conformance.killmatrix")
    parser.add_argument("--check", action="store_true", help=_both(message("killmatrix.check"), " / "))
    parser.add_argument("--only", action="append", default=[], help=_both(message("killmatrix.only"), " / "))
    parser.add_argument("--of", action="append", choices=REFERENCES, help=_both(message("killmatrix.of"), " / "))
    chosen = parser.parse_args(argv)
    mutants = read_mutants(ROOT / MUTANTS, chosen.only)
    if chosen.of:
        mutants = tuple(mutant for mutant in mutants if any(form.of in chosen.of for form in mutant.forms()))
        chosen.only = [mutant.name for mutant in mutants]
    os.environ.setdefault("POLARS_MAX_THREADS", "1")  # of the workers: one process a core is faster on small data
    forms = tuple(form for mutant in mutants for form in mutant.forms() if not chosen.of or form.of in chosen.of)
    names = [name for name in REFERENCES if not chosen.only or any(form.of == name for form in forms)]
    with tempfile.TemporaryDirectory() as folder:
        references = {name: write_reference(Path(folder) / name, name) for name in names}
        requirements = _requirements(references.values())
        wrong = [told for name in names for told in reference_faults(trial((), references[name]), name)]
        if not wrong:
            wrong += faults(judge(references, forms, (os.cpu_count() or 1) + SPARE_WORKERS))
    if not chosen.only:
        wrong += gaps(mutants, requirements)
        wrong += settled_page(page(mutants, requirements), write=not chosen.check and not wrong)
    for told in wrong:
        sys.stderr.write(f"{_both(told, ' / ')}\n")
    if not wrong:
        sys.stdout.write(f"{_both(message('killmatrix.done', mutants=len(mutants)), ' / ')}\n")
    return 1 if wrong else 0


def _requirements(references: Iterable[Path]) -> tuple[Requirement, ...]:
    """The requirements of all packs that the references claim, each once."""
    found: dict[str, Requirement] = {}
    for reference in references:
        found.update(prepare(reference / "system.yaml", replace(OPTIONS, dry=True)).standards.requirements)
    return tuple(found.values())


def settled_page(text: str, *, write: bool) -> Iterator[Message]:
    """Write the page, or say that the one there is another."""
    path = ROOT / PAGE
    if write:
        path.write_text(text, "utf-8")
    elif not path.is_file() or path.read_text("utf-8") != text:
        yield message("killmatrix.fault.stale", page=PAGE.as_posix())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
