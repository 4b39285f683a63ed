"""The rooms import in one direction: the table of ``docs/architecture.md`` says which, this holds the code to it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "conformance"
SECTION = "## Rooms and import direction"

#: Who may know a library, as paths below the package: an engine stays where it can be replaced.
LIBRARIES = {
    ("polars", "numpy"): ("judge/engine_polars/", "system/", "sample/"),
    ("pytest",): ("harness.py", "suites/", "plugin.py", "checking.py"),
}
#: Libraries that reach beyond the machine, and where alone that is done: what carries calls, and the platform we play.
NETWORK = {
    *("socket", "socketserver", "ssl", "http", "urllib", "urllib3", "ftplib", "smtplib", "asyncio"),
    *("requests", "httpx", "aiohttp", "starlette", "uvicorn"),
}
ON_THE_NETWORK = ("system/service/", "dialogue/platform/", "probe/")
#: What stands beside them and reaches nowhere.
HARMLESS = ("urllib.parse", "http.HTTPStatus")


def table() -> dict[str, set[str]]:
    """What each room may import, in the order of the page."""
    page = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    section = page.partition(SECTION)[2].partition("\n## ")[0]
    rows = [line.split("|")[1:3] for line in section.splitlines() if line.startswith("| `")]
    return {room.strip(" `"): set(re.findall(r"`(\w+)`", imports)) for room, imports in rows}


def room_of(path: Path) -> str:
    """``judge`` for ``judge/rules/value.py``, ``plan`` for ``plan.py``."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def modules() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


def imported(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and full name of everything imported, wherever in the file; ``from conformance import x`` counts as x."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            if module == "conformance":
                yield from ((node.lineno, f"conformance.{alias.name}") for alias in node.names)
            else:
                yield node.lineno, module


def crossings(source: str, room: str, allowed: set[str]) -> list[str]:
    """The imports of a module that its room may not have."""
    found = []
    for line, name in imported(ast.parse(source)):
        first, _, rest = name.partition(".")
        other = rest.partition(".")[0]
        if first == "" or (first == "conformance" and other != room and other not in allowed):
            found.append(f"{line}: {name}")
    return found


def test_the_table_has_a_row_for_each_room_and_no_other() -> None:
    assert set(table()) == {room_of(path) for path in modules()}


def test_a_row_names_only_rooms_above_it() -> None:
    """So that no import goes round in a circle, whatever the rows say one by one."""
    above: set[str] = set()
    for room, allowed in table().items():
        assert allowed <= above, room
        above.add(room)


@pytest.mark.parametrize("path", modules(), ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_a_room_imports_only_what_its_row_names(path: Path) -> None:
    room = room_of(path)
    assert crossings(path.read_text("utf-8"), room, table()[room]) == []


def test_every_permission_is_used() -> None:
    """A row that allows more than the code does would let the next crossing pass; ``cli`` alone is still growing."""
    used: dict[str, set[str]] = {room: set() for room in table()}
    for path in modules():
        for _, name in imported(ast.parse(path.read_text("utf-8"))):
            if name.startswith("conformance."):
                used[room_of(path)].add(name.split(".")[1])
    unused = {room: sorted(allowed - used[room]) for room, allowed in table().items() if room != "cli"}
    assert {room: rest for room, rest in unused.items() if rest} == {}


@pytest.mark.parametrize(("names", "places"), LIBRARIES.items(), ids=lambda value: value[0])
def test_a_library_is_known_only_where_it_must_be(names: tuple[str, ...], places: tuple[str, ...]) -> None:
    for path in modules():
        inside = path.relative_to(PACKAGE).as_posix()
        known = {name.partition(".")[0] for _, name in imported(ast.parse(path.read_text("utf-8")))}
        assert inside.startswith(places) or not known & set(names), inside


def networking(source: str) -> set[str]:
    """The libraries of a module that reach beyond the machine."""
    known = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            known |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            known |= {f"{node.module}.{alias.name}" for alias in node.names}
    harmless = {name for name in known for one in HARMLESS if f"{name}.".startswith(f"{one}.")}
    return {name.partition(".")[0] for name in known - harmless} & NETWORK


def test_nothing_else_reaches_for_the_network() -> None:
    for path in modules():
        inside = path.relative_to(PACKAGE).as_posix()
        assert inside.startswith(ON_THE_NETWORK) or not networking(path.read_text("utf-8")), inside


@pytest.mark.parametrize("place", ON_THE_NETWORK)
def test_who_may_reach_for_the_network_does(place: str) -> None:
    assert any(networking(path.read_text("utf-8")) for path in (PACKAGE / place).rglob("*.py"))


@pytest.mark.parametrize(
    ("line", "known"),
    [
        ("import urllib3", {"urllib3"}),
        ("from http import client", {"http"}),
        ("import urllib.request", {"urllib"}),
        ("from urllib import request", {"urllib"}),
        ("import urllib", {"urllib"}),
        ("def late():\n    import socket", {"socket"}),
        ("from urllib.parse import quote", set()),
        ("import urllib.parse", set()),
        ("from http import HTTPStatus", set()),
    ],
)
def test_the_network_is_seen_in_every_shape(line: str, known: set[str]) -> None:
    assert networking(line) == known


@pytest.mark.parametrize(
    "line",
    [
        "import conformance.system.dataset",
        "from conformance.system.dataset import open_source",
        "from conformance import system",
        "def late():\n    from conformance.system import dataset",
        "if TYPE_CHECKING:\n    from conformance.system import dataset",
        "from .. import system",
    ],
)
def test_a_crossing_is_seen_in_every_shape(line: str) -> None:
    assert crossings(line, "judge", {"messages", "standard"})
    assert crossings("from conformance.standard.model import Clause", "judge", {"standard"}) == []
