"""Series of packages: order, repetition and the receiver's state, held to plain models; one fault, one rule red."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.judge.exchange.live_keys import LiveKeys, key_hash
from conformance.judge.exchange.model import ListedFile, Manifest, PackageFacts, PresentFile, ReadFile
from conformance.judge.exchange.series import judge_series, order_of, whole
from conformance.judge.exchange.state import Record, StateReplay
from conformance.judge.faults import FaultCounter
from conformance.judge.model import Dataset, ExchangeUse
from conformance.judge.rulebook import Tally
from conformance.messages import LANGUAGES
from conformance.standard.standards import Standards
from conformance.system.declaration import Source
from conformance.system.package.series import SeriesSource, list_series
from conformance.system.problem import ConfigurationError, Place
from conformance.system.source import ROW

STANDARDS = Standards.load([("exchange", "2019")])
RULES = STANDARDS.exchange
SPEC = STANDARDS.datasets["cremation"]
PROVIDER = "11370000000000000W"
START = datetime(2026, 11, 1, 9, tzinfo=timezone(timedelta(hours=8)))
KEY = ("HHZBH",)


def package(
    batch: int, mode: str = "I", *, suffix: str = "", day: int | None = None, content: str = ""
) -> PackageFacts:
    """A package without a fault, of one data file of one record; ``day`` is when it was made."""
    id_ = f"{PROVIDER}_cremation_{mode}_{batch:06d}"
    digest = hashlib.sha256(f"{id_}{content}".encode()).hexdigest()
    name = "data/cremation_001.jsonl"
    created = (START + timedelta(days=batch if day is None else day)).isoformat()
    file = ListedFile(name, "data", 10, "SHA-256", digest, "jsonl", "UTF-8", 1)
    manifest = Manifest(id_, PROVIDER, SPEC.resource, SPEC.id, SPEC.edition, mode, f"{batch:06d}", 1, created, (file,))
    present = (PresentFile(name, 10, {"SHA-256": digest}),)
    return PackageFacts(f"{id_}{suffix}", manifest, present, (ReadFile(name, 1, None),), digest)


def stating(one: PackageFacts, **words: str) -> PackageFacts:
    """The package with other words in its manifest."""
    assert one.manifest is not None
    return replace(one, manifest=replace(one.manifest, **words))  # type: ignore[arg-type]


def tallies_of(packages: Sequence[PackageFacts]) -> dict[str, Tally]:
    faults = FaultCounter(99)
    judge_series(packages, RULES, faults)
    return {rule: tally for (rule, _), tally in faults.tallies(["batch", "repeat", "created", "identity"]).items()}


def reds(tallies: dict[str, Tally]) -> dict[str, int]:
    for tally in tallies.values():
        assert len(tally.samples) == tally.violations
        assert all(one.reason and all(one.reason.render(language) for language in LANGUAGES) for one in tally.samples)
    return {rule: tally.violations for rule, tally in tallies.items() if tally.violations}


def test_a_series_without_a_fault_is_judged_by_each_rule() -> None:
    tallies = tallies_of([package(1, "F"), package(2), package(3), package(2, suffix=".again")])
    assert reds(tallies) == {}
    assert {rule: tally.checked for rule, tally in tallies.items()} == {
        "batch": 3,
        "repeat": 4,
        "created": 2,
        "identity": 3,
    }


CASES: dict[str, tuple[list[PackageFacts], dict[str, int]]] = {
    "starts late": ([package(2, "F"), package(3)], {"batch": 1}),
    "starts at zero": ([package(0, "F"), package(1)], {"batch": 1}),
    "a gap": ([package(1, "F"), package(2), package(5), package(6)], {"batch": 1}),
    "a gap before a full package": ([package(1, "F"), package(3, "F")], {"batch": 1}),
    "two gaps": ([package(1, "F"), package(3), package(5)], {"batch": 2}),
    "two packages of a batch": ([package(1, "F"), package(2), package(2, "F")], {"batch": 1}),
    "made before the one before": ([package(1, "F"), package(2, day=9), package(3)], {"created": 1}),
    "another content": ([package(1, "F"), package(2), package(2, suffix="~2", content="x")], {"repeat": 1}),
    "two other contents": (
        [package(1, "F"), package(1, "F", suffix="~2", content="x"), package(1, "F", suffix="~3", content="y")],
        {"repeat": 2},
    ),
    "another provider": (
        [package(1, "F"), stating(package(2), provider="12370000000000000X"), package(3)],
        {"identity": 1},
    ),
}


@pytest.mark.parametrize(("packages", "expected"), CASES.values(), ids=CASES)
def test_one_fault_turns_one_rule_red(packages: list[PackageFacts], expected: dict[str, int]) -> None:
    assert reds(tallies_of(packages)) == expected


#: What other rules tell (manifest, package-name, identity, digest), and the series does not tell again.
ELSEWHERE: dict[str, list[PackageFacts]] = {
    "a full package anywhere": [package(1), package(2, "F"), package(3), package(4, "F")],
    "made in the same second": [package(1, "F", day=1), package(2, day=1)],
    "no manifest": [package(1, "F"), replace(package(2), manifest=None), package(3)],
    "no manifest in a repetition": [
        package(1, "F"),
        replace(package(1, "F", suffix=".again"), manifest=None, digest="another"),
    ],
    "neither manifest nor name": [
        package(1, "F"),
        replace(package(2), manifest=None, name="batch two"),
        package(3),
    ],
    "a name of another form": [package(1, "F"), replace(package(2), name="batch two"), package(3)],
    "another batch in the manifest": [package(1, "F"), stating(package(2), batch="000009"), package(3)],
    "another batch in the name": [
        package(1, "F"),
        replace(package(2), name=package(3).name),
        package(4, day=5),
        replace(package(3), name=package(3).name + "~2"),
    ],
    "another id in the manifest": [
        package(1, "F"),
        stating(package(2), package_id=package(1, "F").name),
        package(3),
    ],
    "a file spoilt in a repetition": [
        package(1, "F"),
        replace(
            package(1, "F", suffix=".again"),
            digest="another",
            present=(PresentFile("data/cremation_001.jsonl", 10, {"SHA-256": "00"}),),
        ),
    ],
    "an instant without a zone": [package(1, "F"), stating(package(2), created_at="2020-01-01T00:00:00"), package(3)],
    "nothing": [],
}


@pytest.mark.parametrize("packages", ELSEWHERE.values(), ids=ELSEWHERE)
def test_what_another_rule_tells_is_not_told_again(packages: list[PackageFacts]) -> None:
    assert reds(tallies_of(packages)) == {}


@settings(max_examples=200, deadline=None)
@given(st.sets(st.integers(1, 30), max_size=15), st.data())
def test_gaps_are_counted_whatever_the_order_and_the_repetitions(batches: set[int], data: st.DataObject) -> None:
    packages = [package(batch) for batch in sorted(batches)]
    again = [package(batch, suffix="~2") for batch in data.draw(st.lists(st.sampled_from(sorted(batches) or [1])))]
    every = data.draw(st.permutations([*packages, *(again if batches else [])]))
    tallies = tallies_of(every)
    numbers = [0, *sorted(batches)]
    assert tallies["batch"].violations == sum(after - before > 1 for before, after in pairwise(numbers))
    assert (tallies["batch"].checked, tallies["repeat"].violations) == (len(batches), 0)
    turns = order_of(every, RULES)
    assert [turn.batch for turn in turns if not turn.again] == sorted(batches)
    assert sum(turn.again for turn in turns) == len(every) - len(batches)
    assert [turn.package.name for turn in turns] == [turn.package.name for turn in order_of(reversed(every), RULES)]


# --- the receiver's state

Log = list[tuple[str, list[tuple[str, str]]]]
#: Packages of a series: the mode, and of each record the operation as written and the key.
LOGS: st.SearchStrategy[Log] = st.lists(
    st.tuples(
        st.sampled_from("FIIII"),
        st.lists(st.tuples(st.sampled_from(["I", "I", "U", "D", "", "X"]), st.sampled_from("abcde")), max_size=8),
    ),
    max_size=6,
)


def model(log: Log) -> tuple[int, list[int]]:
    """How many records were judged, and the rows of the faulty ones: a dict, and nothing clever."""
    state: dict[str, str] = {}
    judged, faulty, row = 0, list[int](), 0
    for mode, records in log:
        if mode == "F":
            state = {}
        for word, key in records:
            row += 1
            operation = word or ("I" if mode == "F" else "")
            before = state.get(key, "gone")
            if operation not in "IUD" or operation == "" or (mode == "F" and operation != "I"):
                state[key] = "open"
                continue
            state[key] = "gone" if operation == "D" else "held"
            if before != "open":
                judged += 1
                if (operation == "I") == (before == "held"):
                    faulty.append(row)
    return judged, faulty


def replayed(turns: Iterable[tuple[PackageFacts, list[Record]]]) -> tuple[int, list[int]]:
    """What the replay says of packages given in any order."""
    records = {id(one): rows for one, rows in turns}
    packages = [one for one, _ in turns]
    faults = FaultCounter(999)
    state = StateReplay(RULES, KEY, faults)
    for turn in order_of(packages, RULES):
        state.take(turn, records[id(turn.package)])
    tally = faults.tallies(["state"])["state", ""]
    return tally.checked, [sample.row for sample in tally.samples]


def series_of(log: Log) -> list[tuple[PackageFacts, list[Record]]]:
    found, row = list[tuple[PackageFacts, list[Record]]](), 0
    for batch, (mode, records) in enumerate(log, 1):
        found.append((package(batch, mode), [(row + i, word, (key,)) for i, (word, key) in enumerate(records, 1)]))
        row += len(records)
    return found


@settings(max_examples=400, deadline=None)
@given(LOGS)
def test_the_state_agrees_with_a_plain_model(log: Log) -> None:
    assert replayed(series_of(log)) == model(log)


@settings(max_examples=200, deadline=None)
@given(LOGS.filter(bool), st.randoms(use_true_random=False))
def test_a_package_handed_over_again_changes_nothing(log: Log, chance: random.Random) -> None:
    series = series_of(log)
    again = [
        (replace(one, name=f"{one.name}{suffix}"), records)
        for one, records in chance.choices(series, k=3)
        for suffix in [chance.choice((".again", "~2", ""))]
    ]
    every = [*series, *again]
    chance.shuffle(every)
    assert replayed(every) == model(log)


@settings(max_examples=200, deadline=None)
@given(LOGS.filter(bool), st.data())
def test_after_a_gap_nothing_is_judged_until_the_next_full_package(log: Log, data: st.DataObject) -> None:
    series = series_of(log)
    gone = data.draw(st.integers(0, len(log) - 1))
    full = next((i for i in range(gone + 1, len(log)) if log[i][0] == "F"), len(log))
    kept = [([*log][i][0], log[i][1]) for i in range(len(log))]
    checked, rows = replayed([*series[:gone], *series[gone + 1 :]])
    before, after = model(kept[:gone]), model(kept[full:])
    skipped = sum(len(records) for _, records in kept[:full])
    assert checked == before[0] + after[0]
    assert rows == [*before[1], *(row + skipped for row in after[1])]


BREAKS: dict[str, Callable[[PackageFacts], PackageFacts]] = {
    "no manifest": lambda one: replace(one, manifest=None),
    "broken off": lambda one: replace(one, read=(ReadFile("data/cremation_001.jsonl", None, None),)),
    "not there": lambda one: replace(one, read=()),
    "another count": lambda one: replace(one, read=(ReadFile("data/cremation_001.jsonl", 2, None),)),
    "another mode": lambda one: stating(one, mode="F"),
    "another batch": lambda one: stating(one, batch="000007"),
    "another id": lambda one: stating(one, package_id="x"),
    "made too late": lambda one: stating(one, created_at="2026-12-31T00:00:00+08:00"),
}


@pytest.mark.parametrize("spoil", BREAKS.values(), ids=BREAKS)
def test_what_another_rule_tells_of_a_package_leaves_the_state_open(
    spoil: Callable[[PackageFacts], PackageFacts],
) -> None:
    """Each log ends in an update of what nobody inserted: red, but for the package in the middle."""
    log: Log = [("I", [("I", "a")]), ("I", []), ("I", [("U", "b")]), ("F", []), ("I", [("U", "b")])]
    series = series_of(log)
    assert replayed(series)[1] == [2, 3]
    series[1] = (spoil(series[1][0]), [])
    assert replayed(series)[1] == [3]


def test_contents_that_differ_leave_the_state_open() -> None:
    series = series_of([("I", [("I", "a")]), ("I", [("U", "b")])])
    assert replayed(series)[1] == [2]
    assert replayed([*series, (package(1, suffix="~2", content="x"), [])])[1] == []


def test_records_without_a_whole_key_are_passed_over() -> None:
    faults = FaultCounter(9)
    state = StateReplay(RULES, ("A", "B"), faults)
    (turn,) = order_of([package(1)], RULES)
    state.take(turn, [(1, "U", ("a", None)), (2, "D", ("", "b")), (3, "I", ("a,b", "c")), (4, "I", ("a", "b,c"))])
    tally = faults.tallies(["state"])["state", ""]
    assert (tally.checked, tally.violations) == (2, 0)


def test_whole_means_every_listed_data_file_with_its_records() -> None:
    assert whole(package(1))
    assert not any(whole(spoil(package(1))) for name, spoil in BREAKS.items() if name in list(BREAKS)[:4])


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(1, 40)), max_size=200), st.sampled_from([1, 1 << 10, 1 << 62]))
def test_live_keys_are_a_set(steps: list[tuple[bool, int]], spread: int) -> None:
    """Whatever runs into one another in the table: with ``1 << 10`` all hashes begin at one place."""
    ours, plain = LiveKeys(), set[int]()
    for adding, number in steps:
        key = (number * spread) % (1 << 64) or 1
        assert (ours.add(key) if adding else ours.remove(key)) is ((key in plain) is not adding)
        (plain.add if adding else plain.discard)(key)
        assert (len(ours), key in ours) == (len(plain), key in plain)
    assert all(key in ours for key in plain)


def test_live_keys_grow_and_take_little() -> None:
    keys = LiveKeys()
    number = 20_000
    hashes = [key_hash((str(i),)) or 0 for i in range(number)]
    assert all(keys.add(key) for key in hashes)
    assert all(key in keys for key in hashes)
    assert keys._slots.itemsize * len(keys._slots) <= 24 * number
    assert all(keys.remove(key) for key in hashes[::2])
    assert [key in keys for key in hashes[:4]] == [False, True, False, True]


def test_a_hash_is_the_same_in_every_run() -> None:
    assert key_hash(("甲", "1")) == 0x0 + int.from_bytes(
        hashlib.blake2b("3:甲1:1".encode(), digest_size=8).digest(), "little"
    )


# --- packages on disc


def write(folder: Path, batch: int, records: Sequence[dict[str, str]], mode: str = "I", suffix: str = "") -> Path:
    """A package as a folder, its records as JSON Lines."""
    id_ = f"{PROVIDER}_cremation_{mode}_{batch:06d}"
    root = folder / f"{id_}{suffix}"
    (root / "data").mkdir(parents=True)
    text = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records).encode()
    (root / "data" / "cremation_001.jsonl").write_bytes(text)
    file = {
        "name": "data/cremation_001.jsonl",
        "role": "data",
        "format": "jsonl",
        "encoding": "UTF-8",
        "records": len(records),
        "bytes": len(text),
        "digest": {"algorithm": "SHA-256", "value": hashlib.sha256(text).hexdigest()},
    }
    manifest = {
        "lubiao": RULES.schema,
        "packageId": id_,
        "provider": PROVIDER,
        "resource": SPEC.resource,
        "dataset": SPEC.id,
        "edition": SPEC.edition,
        "mode": mode,
        "batch": f"{batch:06d}",
        "recordCount": len(records),
        "createdAt": (START + timedelta(days=batch)).isoformat(),
        "contact": {"name": "联系处", "phone": "0531-00000000"},
        "files": [file],
    }
    (root / "manifest.json").write_text(json.dumps(manifest, ensure_ascii=False), "utf-8")
    return root


def record(operation: str, key: str) -> dict[str, str]:
    return {"CZLX": operation, "HHZBH": key, "XM": "甄无名"}


def opened(folder: Path, faults: FaultCounter) -> SeriesSource:
    dataset = Dataset("exchange.series", (), "20261121", exchange=ExchangeUse("package-series", SPEC))
    return SeriesSource(dataset, STANDARDS, Source(folder, Place(1, 1, "targets.x.source")), faults)


RULES_SEEN = ("archive", "files", "digest", "manifest", "batch", "repeat", "created", "operation", "state", "structure")


def run(folder: Path) -> tuple[dict[str, Tally], list[str], SeriesSource]:
    """The tallies of the rules that a series looks at, the keys in the order in which they flowed."""
    faults = FaultCounter(20)
    series = opened(folder, faults)
    keys = [key for frame in series.batches() for key in frame["HHZBH"].to_list()]
    again = [key for frame in series.batches() for key in frame["HHZBH"].to_list()]
    assert again == keys
    series.conclude()
    series.close()
    return {rule: tally for (rule, _), tally in faults.tallies(RULES_SEEN).items()}, keys, series


def counts(tallies: dict[str, Tally]) -> dict[str, int]:
    return {rule: tally.violations for rule, tally in tallies.items() if tally.violations}


def small(folder: Path) -> None:
    write(folder, 2, [record("U", "a"), record("I", "c")])
    write(folder, 1, [{"HHZBH": "a", "XM": "甄无名"}, {"HHZBH": "b", "XM": "甄无名"}], "F")
    write(folder, 2, [record("U", "a"), record("I", "c")], suffix=".again")
    write(folder, 3, [record("D", "c"), record("I", "c")])


def test_packages_flow_in_order_and_a_repetition_not_at_all(tmp_path: Path) -> None:
    small(tmp_path)
    tallies, keys, series = run(tmp_path)
    assert counts(tallies) == {}
    assert keys == ["a", "b", "a", "c", "c", "c"]
    assert tallies["state"].checked == 6
    assert series.facts().format == "series"


def test_rows_count_over_the_series_and_places_name_the_package(tmp_path: Path) -> None:
    small(tmp_path)
    faults = FaultCounter(20)
    series = opened(tmp_path, faults)
    rows = [row for frame in series.batches() for row in frame[ROW].to_list()]
    assert rows == [1, 2, 3, 4, 5, 6]
    places = series.locate([2, 5])
    assert places[2].file == f"{PROVIDER}_cremation_F_000001/data/cremation_001.jsonl"
    assert (places[5].file, places[5].line) == (f"{PROVIDER}_cremation_I_000003/data/cremation_001.jsonl", 1)
    assert b'"CZLX": "D"' in series.fragments([5])[5][1]
    assert series.spread()
    series.close()


def spoil_state(folder: Path) -> None:
    write(folder, 4, [record("I", "b")])


def spoil_gap(folder: Path) -> None:
    write(folder, 9, [record("U", "nobody")])


def spoil_copy(folder: Path) -> None:
    write(folder, 3, [record("D", "c"), record("I", "e")], suffix="~2")


def spoil_copied_file(folder: Path) -> None:
    path = folder / f"{PROVIDER}_cremation_I_000002.again" / "data" / "cremation_001.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"c"', b'"d"'))


def spoil_with_stray(folder: Path) -> None:
    (folder / "README.txt").write_text("?", "utf-8")


def spoil_with_link(folder: Path) -> None:
    (folder / f"{PROVIDER}_cremation_I_000004").symlink_to(folder)


def spoil_manifest(folder: Path) -> None:
    (folder / f"{PROVIDER}_cremation_I_000002" / "manifest.json").write_text("{", "utf-8")
    (folder / f"{PROVIDER}_cremation_I_000002.again" / "manifest.json").write_text("{", "utf-8")


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (spoil_state, {"state": 1}),
        (spoil_gap, {"batch": 1}),
        (spoil_copy, {"repeat": 1}),
        (spoil_copied_file, {"digest": 1}),
        (spoil_with_stray, {"files": 1}),
        (spoil_with_link, {"files": 1}),
        (spoil_manifest, {"manifest": 2}),
    ],
)
def test_one_fault_on_disc_turns_one_rule_red(
    tmp_path: Path, spoil: Callable[[Path], None], expected: dict[str, int]
) -> None:
    small(tmp_path)
    spoil(tmp_path)
    assert counts(run(tmp_path)[0]) == expected


def test_a_fault_inside_a_package_names_it(tmp_path: Path) -> None:
    small(tmp_path)
    spoil_copied_file(tmp_path)
    (sample,) = run(tmp_path)[0]["digest"].samples
    assert sample.where is not None
    assert sample.where.file == f"{PROVIDER}_cremation_I_000002.again/data/cremation_001.jsonl"


def test_a_series_lists_packages_and_strays(tmp_path: Path) -> None:
    small(tmp_path)
    (tmp_path / "old.ZIP").touch()
    (tmp_path / "notes").mkdir()
    packages, strays = list_series(tmp_path, RULES)
    assert [path.name for path in strays] == ["notes"]
    assert len(packages) == 5


def test_a_folder_that_is_not_there_is_a_matter_of_the_configuration(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError):
        opened(tmp_path / "nowhere", FaultCounter(1))
