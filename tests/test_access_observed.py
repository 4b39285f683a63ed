"""Results of probes as files: what is whole is read; what was changed, mixed up or made to harm is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conformance.judge.rulebook import Location
from conformance.messages import LANGUAGES
from conformance.probe.agent import digest
from conformance.system.access import observed as reading
from conformance.system.access.observed import read_observed
from conformance.system.problem import ConfigurationError

Row = dict[str, Any]
PROBE: Row = {
    "id": "base",
    "kind": "base",
    "target": "59.195.0.10",
    "state": "done",
    "reason": "",
    "control": None,
    "facts": {"reached": True},
}
MET: Row = {"kind": "echo", "source": "59.240.10.10", "probe": "base", "at": "2026-11-20T18:00:00+00:00", "facts": {}}


def results(**over: Any) -> Row:
    return {"schema": 1, "nonce": "n1", "place": "lan", "ended": "2026-11-20T18:00:00+00:00", "probes": [PROBE], **over}


def record(**over: Any) -> Row:
    return {"schema": 1, "nonce": "n1", "met": [MET], **over}


def put(folder: Path, name: str, document: Row) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(json.dumps({**document, "digest": digest(document)}, ensure_ascii=False), "utf-8")
    return path


def problems(folder: Path) -> list[tuple[str, str, str]]:
    """Id, file and path of each problem; each has words in both languages."""
    with pytest.raises(ConfigurationError) as raised:
        read_observed(folder)
    for one in raised.value.problems:
        assert all(one.message.render(language) and one.mend.render(language) for language in LANGUAGES)
    return [(one.message.id, one.file, one.path) for one in raised.value.problems]


def test_nothing_handed_in_is_nothing_observed(tmp_path: Path) -> None:
    assert read_observed(tmp_path / "observed") is None
    (tmp_path / "notes.txt").write_text("x")
    assert read_observed(tmp_path) is None


def test_places_and_the_far_end_are_one_run(tmp_path: Path) -> None:
    folder = tmp_path / "observed"
    blocked = {**PROBE, "id": "dns", "kind": "dns", "state": "blocked", "reason": "base", "control": False}
    put(folder, "lan.json", results(probes=[PROBE, blocked]))
    put(folder, "far.json", results(place="far", ended="2026-11-20T15:59:00+00:00"))
    put(folder, "far.responder.json", record())
    found = read_observed(folder)
    assert found is not None
    assert (found.nonce, found.ended) == ("n1", "2026-11-20"), "the earlier end counts, by China's day"
    assert [one.where.file for one in found.probes] == ["observed/far.json", "observed/lan.json", "observed/lan.json"]
    (dns,) = found.of("dns")
    assert (dns.state, dns.control, dns.where) == ("blocked", False, Location("observed/lan.json", 0, "probes[1]"))
    (met,) = found.met("echo", "base") or ()
    assert (met.source, met.where) == ("59.240.10.10", Location("observed/far.responder.json", 0, "met[0]"))


def test_without_the_far_end_its_record_is_missing_not_empty(tmp_path: Path) -> None:
    put(tmp_path, "lan.json", results(ended="2026-11-20T18:00:00+00:00"))
    found = read_observed(tmp_path)
    assert found is not None
    assert (found.responder, found.met("echo", "base"), found.ended) == (None, None, "2026-11-21")


def test_what_was_changed_after_it_was_written_is_told(tmp_path: Path) -> None:
    path = put(tmp_path, "lan.json", results())
    path.write_text(path.read_text("utf-8").replace("true", "false"), "utf-8")
    other = put(tmp_path, "far.responder.json", record())
    other.write_text(other.read_text("utf-8").replace("59.240.10.10", "59.240.10.11"), "utf-8")
    name = tmp_path.name
    assert problems(tmp_path) == [
        ("source.observed-digest", f"{name}/far.responder.json", "digest"),
        ("source.observed-digest", f"{name}/lan.json", "digest"),
    ]


def test_runs_and_places_are_not_mixed(tmp_path: Path) -> None:
    put(tmp_path, "a.json", results())
    put(tmp_path, "b.json", results(nonce="n2", place="far"))
    put(tmp_path, "c.json", results())
    put(tmp_path, "d.responder.json", record(nonce="n3"))
    name = tmp_path.name
    assert problems(tmp_path) == [
        ("source.observed-nonce", f"{name}/b.json", "nonce"),
        ("source.observed-place", f"{name}/c.json", "place"),
        ("source.observed-nonce", f"{name}/d.responder.json", "nonce"),
    ]


def test_a_record_alone_is_no_observation(tmp_path: Path) -> None:
    put(tmp_path, "far.responder.json", record())
    assert [id_ for id_, _, _ in problems(tmp_path)] == ["source.observed-no-results"]


@pytest.mark.parametrize(
    ("document", "path"),
    [
        (results(nonce=""), "nonce"),
        (results(nonce=7), "nonce"),
        (results(place=None), "place"),
        (results(ended="yesterday"), "ended"),
        (results(ended="2026-11-20T18:00:00"), "ended"),
        (results(ended="0001-01-01T00:00:00+14:00"), "ended"),
        (results(probes={}), "probes"),
        (results(probes=["base"]), "probes[0]"),
        (results(probes=[{**PROBE, "state": "fine"}]), "probes[0].state"),
        (results(probes=[{**PROBE, "state": ["done"]}]), "probes[0].state"),
        (results(probes=[{**PROBE, "control": 1}]), "probes[0].control"),
        (results(probes=[{**PROBE, "facts": []}]), "probes[0].facts"),
        (results(probes=[{**PROBE, "id": "x" * 1001}]), "probes[0].id"),
        (results(probes=[{**PROBE, "reason": {}}]), "probes[0].reason"),
    ],
)
def test_what_has_another_shape_is_told_with_its_place(document: Row, path: str, tmp_path: Path) -> None:
    put(tmp_path, "lan.json", document)
    assert problems(tmp_path) == [("source.observed-shape", f"{tmp_path.name}/lan.json", path)]


def test_ids_are_there_once_and_other_versions_are_not_read(tmp_path: Path) -> None:
    put(tmp_path, "lan.json", results(probes=[PROBE, PROBE]))
    for name, schema in (("two", 2), ("yes", True), ("none", None)):
        put(tmp_path, f"{name}.json", results(schema=schema, place=name))
    told = {(id_, file.rpartition("/")[2]) for id_, file, _ in problems(tmp_path)}
    assert told == {
        ("source.observed-twice", "lan.json"),
        ("source.observed-version", "two.json"),
        ("source.observed-version", "yes.json"),
        ("source.observed-version", "none.json"),
    }


def deep(levels: int) -> str:
    return '{"facts":' * levels + "1" + "}" * levels


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[]",
        b"\xff\xfe{}",
        b'{"schema": 1, "schema": 1}',
        b'{"schema": NaN}',
        b'{"schema": -Infinity}',
        b'{"schema": 1e999}',
        b'{"schema": ' + b"1" * 5000 + b"}",
        b'{"schema": 1' + b"0" * 18 + b"}",
        b'{"nonce": "\\ud800"}',
        deep(17).encode(),
        deep(100_000).encode(),
        b"[" * 1_000_000,
    ],
)
def test_json_that_is_made_to_harm_is_no_json(text: bytes, tmp_path: Path) -> None:
    (tmp_path / "lan.json").write_bytes(text)
    assert problems(tmp_path) == [("source.observed-json", f"{tmp_path.name}/lan.json", "")]


def test_size_and_number_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_BYTES", 1000)
    put(tmp_path, "lan.json", results(padding="x" * 1000))
    assert [id_ for id_, _, _ in problems(tmp_path)] == ["source.observed-large"]
    monkeypatch.undo()
    monkeypatch.setattr(reading, "MAX_PROBES", 1)
    put(tmp_path, "lan.json", results(probes=[PROBE, {**PROBE, "id": "b"}]))
    assert [path for _, _, path in problems(tmp_path)] == ["probes"]
    monkeypatch.undo()
    put(tmp_path, "lan.json", results(probes=[0] * 500))
    assert len(problems(tmp_path)) == reading.MAX_PROBLEMS
    monkeypatch.setattr(reading, "MAX_FILES", 1)
    put(tmp_path, "far.json", results(place="far"))
    assert [id_ for id_, _, _ in problems(tmp_path)] == ["source.observed-many"]


def test_a_folder_in_the_place_of_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "lan.json").mkdir()
    assert [id_ for id_, _, _ in problems(tmp_path)] == ["source.observed-unreadable"]


KEYS = st.sampled_from([*PROBE, *MET, "x"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=12,
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(document=st.dictionaries(st.sampled_from([*results(), *record(), "digest"]), JSON), good=st.booleans())
def test_no_json_breaks_the_reader(document: Row, good: bool, tmp_path: Path) -> None:
    document = {"schema": 1, "nonce": "n1", "place": "lan", **document}
    try:
        signed = {**document, "digest": digest(document)} if good else document
        (tmp_path / "lan.json").write_text(json.dumps(signed), "utf-8")
        (tmp_path / "far.responder.json").write_text(json.dumps(signed), "utf-8")
    except ValueError:
        return
    try:
        found = read_observed(tmp_path)
    except ConfigurationError as error:
        assert error.problems
    else:
        assert found is not None
        assert found.nonce
