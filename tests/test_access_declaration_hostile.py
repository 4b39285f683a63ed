"""Hostile declarations of an access point: each is read or refused, soon, with a line, and never a crash."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from access_declared import RULES, TEXT, ids, of_text, plain, read_plain, refused
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conformance.judge.access.site import Site
from conformance.system.access.declaration import declaration_file, read_site
from conformance.system.problem import ConfigurationError
from conformance.system.yaml_text import MAX_BYTES


def test_a_folder_holds_one_declaration(tmp_path: Path) -> None:
    assert ids(refused(lambda: read_site(tmp_path, RULES))) == ["access.no-file"]
    (tmp_path / "access.yaml").write_text(TEXT, "utf-8")
    assert declaration_file(tmp_path) == tmp_path / "access.yaml"
    (tmp_path / "access.json").write_text("{}", "utf-8")
    assert ids(refused(lambda: read_site(tmp_path, RULES))) == ["access.two-files"]
    assert read_site(tmp_path / "access.yaml", RULES).id == "jn-dsj-01"


@pytest.mark.parametrize("name", ["none.yaml", "nul\0.yaml", "x" * 5000])
def test_a_file_that_is_none(tmp_path: Path, name: str) -> None:
    assert ids(refused(lambda: read_site(tmp_path / name, RULES)))[0] in ("access.no-file", "unreadable")


HOSTILE = {
    "alias bomb": (
        b"\n".join(
            [b"a0: &a0 [x, x, x, x, x, x, x, x, x]"]
            + [b"a%d: &a%d [%s]" % (n, n, b", ".join([b"*a%d" % (n - 1)] * 9)) for n in range(1, 12)]
        ),
        "too-deep",
    ),
    "self reference": (b"access: &a [*a]", "too-deep"),
    "10 MB": (b"access: 1\n" + b"#" * 10_000_000, "access.too-large"),
    "deep nesting": (b"access: " + b"[" * 100_000, "too-deep"),
    "UTF-16": (TEXT.encode("utf-16"), "encoding"),
    "GB 18030": (TEXT.encode("gb18030"), "encoding"),
    "a list": (b"- access: 1\n", "type"),
    "a word": (b"access", "type"),
    "nothing": (b"# nothing\n", "access.empty"),
    "two documents": (TEXT.encode() + b"---\n" + TEXT.encode(), "syntax"),
    "an object": (b"access: !!python/object/apply:os.system [ls]\n", "tag"),
    "a control character": (TEXT.encode() + b"\x07", "character"),
    "a tab": (b"access:\n\t- 1\n", "syntax"),
    "duplicate keys": (TEXT.encode() + b"access: 1\n", "duplicate-key"),
    "broken JSON": (b'{"access": 1,', "syntax"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused_with_a_line(tmp_path: Path, name: str) -> None:
    content, id_ = HOSTILE[name]
    problems = refused(lambda: of_text(tmp_path, content))
    assert id_ in ids(problems)
    assert all(one.line > 0 and one.column > 0 and one.file == "access.yaml" for one in problems)


def test_a_full_megabyte_of_errors_ends_soon(tmp_path: Path) -> None:
    flows = [{f"k{n}{m}": "?" * 20 for m in range(9)} for n in range(2000)]
    text = json.dumps({"flows": flows, **dict.fromkeys(map(str, range(4000)), 0)}, indent=0)
    assert len(text) < MAX_BYTES
    start = time.process_time()
    problems = refused(lambda: read_plain(tmp_path, json.loads(text)))
    assert 500 < len(problems) <= 1000
    assert time.process_time() - start < 10


# Anything else


ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=20),
    st.sampled_from(["", "0.0.0.0/0", "::/0", "::", "1.2.3.4", "\u0000", "2026-13-01", "0-99999", "a:99999", "ce01"]),
    st.lists(st.text(max_size=3), max_size=3),
    st.dictionaries(st.text(max_size=5), st.integers(), max_size=3),
)


def all_paths(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, member in members:
        yield (*path, key)
        yield from all_paths(member, (*path, key))


PATHS = sorted(all_paths(plain()), key=str)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.sampled_from(PATHS), st.sampled_from(["set", "drop", "double"]), ODD), min_size=1, max_size=3)
)
def test_a_changed_declaration_is_read_or_refused(
    tmp_path: Path, changes: list[tuple[tuple[str | int, ...], str, Any]]
) -> None:
    value = plain()
    for path, how, odd in changes:
        change_at(value, path, how, odd)
    try:
        assert isinstance(read_plain(tmp_path, value), Site)
    except ConfigurationError as error:
        assert error.problems
        assert all(one.line > 0 and one.message.both() and one.mend.both() for one in error.problems)


def change_at(value: Any, path: tuple[str | int, ...], how: str, odd: Any) -> None:
    """Set, drop or double what stands at a path, where it still does."""
    try:
        for key in path[:-1]:
            value = value[key]
        if how == "drop":
            del value[path[-1]]
        elif how == "double" and isinstance(value, list):
            value.append(value[int(path[-1])])
        else:
            value[path[-1]] = odd
    except (KeyError, IndexError, TypeError):
        return


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, len(TEXT)), st.integers(0, 200), st.binary(max_size=8))
def test_a_damaged_file_is_read_or_refused(tmp_path: Path, start: int, length: int, put: bytes) -> None:
    content = TEXT.encode()
    try:
        assert isinstance(of_text(tmp_path, content[:start] + put + content[start + length :]), Site)
    except ConfigurationError as error:
        assert all(one.line > 0 and one.message.both() for one in error.problems)
