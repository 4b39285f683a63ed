"""The requirement matrix: packs, suites and mutants held against one another (``docs/requirements.md``).

``python -m conformance.matrix`` writes the page; ``--register`` also takes the present ids and texts as meant. Suites
are read as text, not imported: this stands above every room and below none.
"""

from __future__ import annotations

import ast
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from conformance.messages import LANGUAGES, Message, message
from conformance.standard.model import Pack, Requirement
from conformance.standard.pack import editions, load_yaml, read_pack
from conformance.standard.standards import text_digest

PAGE = Path("docs/requirements.md")
#: Every requirement id that ever was, with the digest of its text, by pack.
REGISTER = Path("tests/data/requirement-ids.yaml")
REGISTER_HEAD = (
    "# Every requirement id with the digest of its text; `python -m conformance.matrix --register` writes it.\n"
)
SUITES, MUTANTS, STANDARDS = Path("conformance/suites"), Path("fixtures/mutants"), Path("standards")
COLUMNS = ("id", "title", "level", "class", "obligation", "testability", "clause", "test", "mutants", "near")


@dataclass(frozen=True)
class SuiteTest:
    """A test function of the suites; ``requirement`` is empty where it is not marked with one."""

    module: str
    function: str
    requirement: str

    @property
    def name(self) -> str:
        """``test_data_elements::test_characters_are_readable``."""
        return f"{self.module}::{self.function}"


@dataclass(frozen=True)
class Mutant:
    """A mutant: the requirement whose fault it has, every requirement that it turns red, whether it has a near-miss."""

    name: str
    requirement: str
    reds: tuple[str, ...]
    near_miss: bool


@dataclass(frozen=True)
class Matrix:
    """What there is to trace."""

    packs: tuple[Pack, ...]
    tests: tuple[SuiteTest, ...]
    mutants: tuple[Mutant, ...]

    @property
    def requirements(self) -> Mapping[str, Requirement]:
        """Every requirement by id; of one that several editions hold, the last edition's."""
        return {id_: requirement for pack in self.packs for id_, requirement in pack.requirements.items()}


def read_matrix(root: Path) -> Matrix:
    """Everything that a checkout holds."""
    packs = (
        read_pack(root / STANDARDS, id_, edition)
        for id_, several in editions(root / STANDARDS).items()
        for edition in several
    )
    return Matrix(
        tuple(pack for pack in packs if pack.requirements),
        tuple(suite_tests(root / SUITES)),
        tuple(read_mutants(root / MUTANTS)),
    )


def suite_tests(folder: Path) -> Iterator[SuiteTest]:
    """Each test function of a folder of suites, with the requirement that its mark names."""
    for path in sorted(folder.glob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                marked = list(_marked(node))
                if marked or node.name.startswith("test"):
                    yield SuiteTest(path.stem, node.name, marked[0] if marked else "")


def _marked(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
    for mark in node.decorator_list:
        if isinstance(mark, ast.Call) and ast.unparse(mark.func).rpartition(".")[2] == "requirement":
            for argument in mark.args:
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    yield argument.value


def read_mutants(folder: Path) -> Iterator[Mutant]:
    """Each mutant of a folder; see ``docs/sample.md``."""
    for path in sorted(folder.glob("*.yaml")):
        raw: dict[str, Any] = load_yaml(path)
        reds = tuple(sorted({key.partition("@")[0] for key in raw.get("red") or ()}))
        yield Mutant(path.stem, raw.get("requirement", ""), reds, bool(raw.get("near_miss")))


def faults(matrix: Matrix) -> Iterator[Message]:
    """Everything that cannot be traced from clause to test to mutant, or back."""
    known = matrix.requirements
    tests = Counter(test.requirement for test in matrix.tests)
    reds = {id_ for mutant in matrix.mutants for id_ in mutant.reds}
    near = {mutant.requirement for mutant in matrix.mutants if mutant.near_miss}
    for id_ in sorted(id_ for id_, requirement in known.items() if requirement.testability == "automated"):
        if not tests[id_]:
            yield message("matrix.fault.no-test", id=id_)
        if id_ not in reds:
            yield message("matrix.fault.no-mutant", id=id_)
        if id_ not in near:
            yield message("matrix.fault.no-near-miss", id=id_)
    for id_ in sorted(id_ for id_, times in tests.items() if id_ and times > 1):
        several = ", ".join(test.name for test in matrix.tests if test.requirement == id_)
        yield message("matrix.fault.two-tests", id=id_, tests=several)
    for test in matrix.tests:
        if not test.requirement:
            yield message("matrix.fault.unmarked", test=test.name)
        elif test.requirement not in known:
            yield message("matrix.fault.no-requirement", holder=test.name, id=test.requirement)
    for mutant in matrix.mutants:
        for id_ in sorted({*mutant.reds, mutant.requirement} - known.keys()):
            yield message("matrix.fault.no-requirement", holder=mutant.name, id=id_)
        if mutant.requirement not in mutant.reds:
            yield message("matrix.fault.not-its-own", mutant=mutant.name, id=mutant.requirement)


def register_faults(matrix: Matrix, register: Mapping[str, Any]) -> Iterator[Message]:
    """Every requirement that is new, vanished, changed its text, or came back after it was withdrawn."""
    known, withdrawn = register.get("registered") or {}, register.get("withdrawn") or {}
    now = _digests(matrix.packs)
    for pack in sorted(now.keys() | known.keys()):
        present, registered = now.get(pack, {}), known.get(pack) or {}
        for id_ in sorted(present.keys() | registered.keys()):
            told = ""
            if id_ not in present:
                told = "vanished"
            elif id_ in (withdrawn.get(pack) or ()):
                told = "reused"
            elif id_ not in registered:
                told = "new"
            elif present[id_] != registered[id_]:
                told = "changed"
            if told:
                yield message(f"matrix.fault.{told}", pack=pack, id=id_)


def registered_anew(matrix: Matrix, register: Mapping[str, Any]) -> dict[str, Any]:
    """The register with the present ids and texts; what vanished stays, as withdrawn."""
    now = _digests(matrix.packs)
    withdrawn = {pack: list(ids) for pack, ids in (register.get("withdrawn") or {}).items()}
    for pack, ids in (register.get("registered") or {}).items():
        if gone := sorted(set(ids or ()) - now.get(pack, {}).keys()):
            withdrawn[pack] = sorted({*withdrawn.get(pack, ()), *gone})
    return {"registered": now, "withdrawn": withdrawn}


def _digests(packs: Sequence[Pack]) -> dict[str, dict[str, str]]:
    return {
        f"{pack.id}@{pack.edition}": {
            id_: text_digest(requirement) for id_, requirement in sorted(pack.requirements.items())
        }
        for pack in packs
    }


def page(matrix: Matrix) -> str:
    """``docs/requirements.md``: one table for each pack, Chinese and English."""
    requirements = matrix.requirements.values()
    total = message(
        "matrix.total",
        requirements=len(requirements),
        automated=sum(requirement.testability == "automated" for requirement in requirements),
        mutants=len(matrix.mutants),
        near=sum(mutant.near_miss for mutant in matrix.mutants),
    )
    lines = [f"# {_both(message('matrix.title'), ' · ')}", ""]
    for told in (message("matrix.generated"), message("matrix.reading"), total):
        lines += [text for language in LANGUAGES for text in (told.render(language), "")]
    for pack in matrix.packs:
        lines += [f"## {pack.title.zh} · {pack.title.en} (`{pack.id}@{pack.edition}`)", ""]
        lines.append(_line(_both(message(f"matrix.column.{name}"), "<br>") for name in COLUMNS))
        lines.append(_line("---" for _ in COLUMNS))
        lines += [_line(_cells(requirement, matrix)) for _, requirement in sorted(pack.requirements.items())]
        lines.append("")
    return "\n".join(lines)


def _cells(requirement: Requirement, matrix: Matrix) -> Iterator[str]:
    id_ = requirement.id
    yield id_
    yield f"{requirement.title.zh}<br>{requirement.title.en}"
    yield from (requirement.level, requirement.conformance_class, requirement.obligation, requirement.testability)
    yield "<br>".join(f"{one.standard} {one.number}".strip() + f" ({one.provenance.word})" for one in requirement.basis)
    yield "<br>".join(f"`{test.name}`" for test in matrix.tests if test.requirement == id_) or "—"
    killers = [mutant.name for mutant in matrix.mutants if id_ in mutant.reds]
    yield "<br>".join(f"[{name}](../{(MUTANTS / name).as_posix()}.yaml)" for name in killers) or "—"
    yield str(sum(mutant.near_miss and mutant.requirement == id_ for mutant in matrix.mutants))


def _line(cells: Iterator[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _both(told: Message, between: str) -> str:
    return between.join(told.render(language) for language in LANGUAGES)


def main(argv: Sequence[str]) -> None:
    """Write the page, and with ``--register`` the register."""
    root = Path(__file__).parents[1]
    matrix = read_matrix(root)
    (root / PAGE).write_text(page(matrix), "utf-8")
    if "--register" in argv:
        path = root / REGISTER
        before = load_yaml(path) if path.is_file() else {}
        path.parent.mkdir(exist_ok=True)
        path.write_text(REGISTER_HEAD + yaml.safe_dump(registered_anew(matrix, before), width=120), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
