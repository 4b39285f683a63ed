"""The linter over the network access pack: the pack is silent, each fault is found and named, any YAML is outlived."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conformance.messages import catalogue
from conformance.standard.access.reading import SCHEMA, read_access_rules
from conformance.standard.lint import LintFinding, lint
from conformance.standard.pack import BrokenPack, standards_root
from conformance.standard.standards import ACCESS

PACK = standards_root() / ACCESS / "draft"
FILES = (
    "address-plan.yaml",
    "as-plan.yaml",
    "vpn-registry.yaml",
    "domain-plan.yaml",
    "classes.yaml",
    "platforms.yaml",
    "statements.yaml",
    "probes.yaml",
    "profiles/default.yaml",
    "requirements.yaml",
)
PLAN, AUTONOMOUS, VPNS, NAMES, CLASSES, PLATFORMS, STATEMENTS, PROBES, PROFILE, REQUIREMENTS = FILES

Change = Callable[[Any], object]
Linted = Callable[[str, str], tuple[LintFinding, ...]]


@pytest.fixture
def linted(tmp_path: Path) -> Linted:
    """Lints the pack's own files, alone in a root, one of them with another text (empty: left out)."""
    folder = tmp_path / ACCESS / "draft"
    shutil.copytree(PACK, folder)
    head = yaml.safe_load((PACK / "standard.yaml").read_text("utf-8"))
    (folder / "standard.yaml").write_text(yaml.safe_dump({**head, "depends": []}), "utf-8")

    def write(name: str, text: str) -> tuple[LintFinding, ...]:
        (folder / name).write_text(text, "utf-8")
        if not text:
            (folder / name).unlink()
        return tuple(each for each in lint(folder) if each.path == name or each.rule == "bad-access")

    return write


def put(*path: str | int, value: Any) -> Change:
    """A change that puts a value at a path."""

    def change(data: Any) -> None:
        for part in path[:-1]:
            data = data[part]
        data[path[-1]] = value

    return change


def drop(*path: str | int) -> Change:
    """A change that takes away what stands at a path."""

    def change(data: Any) -> None:
        for part in path[:-1]:
            data = data[part]
        del data[path[-1]]

    return change


def more(*path: str | int, value: Any) -> Change:
    """A change that adds a row to the list at a path."""

    def change(data: Any) -> None:
        for part in path:
            data = data[part]
        data.append(value)

    return change


def of(name: str, change: Change) -> str:
    """The text of a file with a change."""
    data = yaml.load((PACK / name).read_text("utf-8"), yaml.CSafeLoader)
    change(data)
    return str(yaml.dump(data, Dumper=yaml.CSafeDumper, allow_unicode=True))


ELSEWHERE = {"site": "x", "prefix": "192.0.2.0/24", "use": "lan", "vpn": "", "provenance": "reconstructed"}
INNER = {**ELSEWHERE, "prefix": "59.240.10.128/25"}
BAD: list[tuple[str, str, Change]] = [
    (REQUIREMENTS, "lint.access.methods", drop(0, "methods")),
    (REQUIREMENTS, "lint.access.methods", put(0, "methods", value=[])),
    (REQUIREMENTS, "lint.access.methods", put(0, "methods", value="probe")),
    (REQUIREMENTS, "lint.unknown-word", put(0, "methods", value=["interview"])),
    (REQUIREMENTS, "lint.duplicate-id", put(0, "methods", value=["probe", "probe"])),
    (REQUIREMENTS, "lint.unknown-word", put(0, "severity", value="fatal")),
    (REQUIREMENTS, "lint.unknown-word", drop(0, "severity")),
    (REQUIREMENTS, "lint.duplicate-id", put(0, "rule", value="as-pair")),
    (PLAN, "lint.missing-key", drop("sentinels")),
    (PLAN, "lint.missing-key", drop("segments", 0, "scope")),
    (PLAN, "lint.access.prefix", put("segments", 0, "prefix", value="59.192.0.1/10")),
    (PLAN, "lint.access.prefix", put("allocations", 4, "prefix", value="59.240.12.1")),
    (PLAN, "lint.unknown-word", put("segments", 0, "scope", value="global")),
    (PLAN, "lint.unknown-word", put("segments", 0, "provenance", value="guess")),
    (PLAN, "lint.unknown-word", put("allocations", 0, "use", value="wifi")),
    (PLAN, "lint.unknown-word", put("allocations", 0, "vpn", value="zz")),
    (PLAN, "lint.access.outside", more("allocations", value=ELSEWHERE)),
    (PLAN, "lint.access.overlap", more("allocations", value=INNER)),
    (PLAN, "lint.access.lengths", put("lengths", "lan4", "value", value=[33])),
    (PLAN, "lint.unknown-word", put("lengths", "wifi4", value={"value": [24], "provenance": "reconstructed"})),
    (PLAN, "lint.access.provenance", put("lengths", "lan4", value=[24])),
    (PLAN, "lint.access.sentinel", put("sentinels", 0, "address", value="59.240.10.9")),
    (PLAN, "lint.access.address", put("sentinels", 0, "address", value="example.com")),
    (PLAN, "lint.access.list", put("sentinels", value={"a": 1})),
    (
        AUTONOMOUS,
        "lint.access.range",
        put("ranges", "customer", 1, value={"first": 5, "last": 4, "provenance": "text"}),
    ),
    (AUTONOMOUS, "lint.access.pair", put("pairs", 0, "customer", value=100)),
    (AUTONOMOUS, "lint.duplicate-id", put("pairs", 1, "site", value="jn-dsj-01")),
    (AUTONOMOUS, "lint.unknown-word", put("ranges", "carrier", value=[])),
    (AUTONOMOUS, "lint.access.mapping", put("ranges", value=[1])),
    (VPNS, "lint.duplicate-id", put("vpns", 1, "rd", value="64801:188")),
    (VPNS, "lint.duplicate-id", put("vpns", 1, "instance", value="ga")),
    (VPNS, "lint.unknown-word", put("vpns", 0, "exchanges", value=["zz"])),
    (VPNS, "lint.access.texts", put("vpns", 0, "imports", value=[64801])),
    (VPNS, "lint.access.texts", put("vpns", 0, "rd", value=3888248)),
    (NAMES, "lint.bad-pattern", put("patterns", "hostname", "value", value="[A-")),
    (NAMES, "lint.access.provenance", drop("patterns", "name", "provenance")),
    (NAMES, "lint.access.mapping", put("regions", value=["SD"])),
    (NAMES, "lint.duplicate-id", put("regions", "370800", "value", value="JN")),
    (NAMES, "lint.access.flag", put("zones", 0, "extranet_only", value="yes")),
    (CLASSES, "lint.unknown-word", put("classes", 0, "areas", value=["secret"])),
    (CLASSES, "lint.unknown-word", put("classes", 0, "exit", value="proxy")),
    (CLASSES, "lint.duplicate-id", put("classes", 1, "id", value="A")),
    (CLASSES, "lint.missing-translation", drop("classes", 0, "title", "en")),
    (PLATFORMS, "lint.missing-key", drop("platforms", 0, "reader")),
    (PLATFORMS, "lint.unknown-word", put("platforms", 0, "reader", value="junos")),
    (PLATFORMS, "lint.unknown-word", put("platforms", 0, "level", value="some")),
    (PLATFORMS, "lint.unknown-word", put("platforms", 0, "topics", value=["bgp", "multicast"])),
    (PLATFORMS, "lint.unknown-word", put("platforms", 0, "defaults", "telnet-server", value="maybe")),
    (PLATFORMS, "lint.unknown-word", put("platforms", 0, "defaults", "telnet-server", value=False)),
    (PLATFORMS, "lint.bad-pattern", put("platforms", 0, "detect", value=["("])),
    (PLATFORMS, "lint.bad-pattern", put("platforms", 0, "end", value="*")),
    (PLATFORMS, "lint.duplicate-id", put("platforms", 1, "id", value="huawei-vrp8")),
    (STATEMENTS, "lint.access.requirement", put("statements", 0, "requirement", value="NA-ARC-99")),
    (STATEMENTS, "lint.access.number", put("statements", 0, "days", value=0)),
    (STATEMENTS, "lint.duplicate-id", put("statements", 1, "id", value="log-protection")),
    (PROBES, "lint.unknown-word", put("kinds", 1, "after", value=["basis"])),
    (PROBES, "lint.unknown-word", put("kinds", 1, "control", value="ping")),
    (PROBES, "lint.unknown-word", put("kinds", 1, "place", value="moon")),
    (PROBES, "lint.access.number", put("kinds", 1, "deadline_ms", value="8 s")),
    (PROBES, "lint.access.flag", put("kinds", 1, "privileged", value=1)),
    (PROBES, "lint.access.mapping", put("kinds", 1, "parameters", value=[7000])),
    (PROBES, "lint.duplicate-id", put("kinds", 1, "id", value="path")),
    (PROFILE, "lint.access.provenance", put("delay", "jitter_ms", value=10)),
    (PROFILE, "lint.access.provenance", put("delay", "jitter_ms", "provenance", value="guess")),
    (PROFILE, "lint.access.file-name", put("id", value="strict")),
    (PROFILE, "lint.missing-key", drop("source")),
]


@pytest.mark.parametrize("name", FILES)
def test_the_pack_is_silent(name: str, linted: Linted) -> None:
    assert linted(name, of(name, lambda _: None)) == ()


def test_the_pack_is_silent_where_it_stands() -> None:
    assert lint(PACK) == ()


@pytest.mark.parametrize(("name", "id_", "change"), BAD, ids=range(len(BAD)))
def test_each_fault_is_found_and_named(name: str, id_: str, change: Change, linted: Linted) -> None:
    found = linted(name, of(name, change))
    assert {(each.path, each.message.id) for each in found} == {(name, id_)}, found
    assert all(all(each.message.both().values()) for each in found)


@pytest.mark.parametrize("name", FILES[1:-1])
def test_a_file_that_is_missing_is_told(name: str, linted: Linted) -> None:
    assert [(each.path, each.message.id) for each in linted(name, "")] == [(name, "lint.file.missing")]


def test_another_profile_has_all_that_the_default_has(linted: Linted) -> None:
    def strict(change: Change) -> str:
        return of(PROFILE, lambda data: (data.update(id="strict"), change(data)))

    assert linted("profiles/strict.yaml", strict(put("delay", "jitter_ms", "value", value=5))) == ()
    (found,) = linted("profiles/strict.yaml", strict(drop("delay", "jitter_ms")))
    assert (found.message.id, found.message.params["key"]) == ("lint.missing-key", "delay.jitter_ms")
    (found,) = linted("profiles/strict.yaml", strict(put("delay", "jitter_ms", "value", value="5 ms")))
    assert found.message.id == "lint.access.kind"


def test_every_message_has_a_bad_example() -> None:
    shown = {id_ for _, id_, _ in BAD} | {"lint.access.kind"}
    assert {id_ for id_ in catalogue() if id_.startswith("lint.access.")} <= shown


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_yaml_breaks_the_linter(data: st.DataObject, linted: Linted) -> None:
    name = data.draw(st.sampled_from(FILES[:-1]))
    whole = yaml.load((PACK / name).read_text("utf-8"), yaml.CSafeLoader)
    key = data.draw(st.sampled_from(sorted(whole)))
    inner = whole[key]
    if isinstance(inner, list) and inner and data.draw(st.booleans()):
        inner[0][data.draw(st.sampled_from(sorted(inner[0])))] = data.draw(JUNK)
    else:
        whole[key] = data.draw(JUNK)
    linted(name, yaml.dump(whole, Dumper=yaml.CSafeDumper, allow_unicode=True))


def test_yaml_that_holds_itself_is_outlived(linted: Linted) -> None:
    assert linted(PLAN, "segments: &a [{prefix: *a, scope: *a}]\nlengths: &b {lan4: *b}\n")


# What cannot be read is no verdict.

BROKEN: list[tuple[str, Change]] = [
    (PLAN, put("segments", 0, "prefix", value="59.192.0.1/10")),
    (PLAN, put("sentinels", 0, "address", value="somewhere")),
    (PLAN, drop("lengths", "lan4", "value")),
    (AUTONOMOUS, put("ranges", value=[])),
    (VPNS, drop("vpns", 0, "rd")),
    (NAMES, put("patterns", "name", "value", value="(")),
    (CLASSES, put("classes", 0, "title", value="A")),
    (PLATFORMS, drop("platforms", 0, "reader")),
    (STATEMENTS, put("statements", value=None)),
    (PROBES, drop("kinds", 0, "after")),
    (PROFILE, put("delay", "jitter_ms", value=10)),
]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(PACK, tmp_path / ACCESS / "draft"))


@pytest.mark.parametrize(("name", "change"), BROKEN, ids=range(len(BROKEN)))
def test_a_pack_that_says_not_what_it_must_is_broken(name: str, change: Change, copy: Path) -> None:
    (copy / name).write_text(of(name, change), "utf-8")
    with pytest.raises(BrokenPack, match="network-access/draft"):
        read_access_rules(copy, ())


@pytest.mark.parametrize("name", [*FILES[:-2], SCHEMA.as_posix()])
def test_a_pack_without_a_file_is_broken(name: str, copy: Path) -> None:
    (copy / name).unlink()
    with pytest.raises(BrokenPack):
        read_access_rules(copy, ())


def test_a_schema_that_is_no_json_is_broken(copy: Path) -> None:
    (copy / SCHEMA).write_text("{", "utf-8")
    with pytest.raises(BrokenPack):
        read_access_rules(copy, ())
