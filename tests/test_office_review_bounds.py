"""Review R2: no day of a person in a reason, nothing of a stranger's evidence that costs without bound."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars
import pytest
from bundle_made import forged, value_of
from differential_values import STANDARDS
from log_made import office, written_log
from small_system import PEOPLE, ROOT, SmallSystem

from conformance.bundle.model import BundleError
from conformance.bundle.reading import bundle_of
from conformance.bundle.reading_json import report_schema, require_valid
from conformance.bundle.records import CENSUS, Record
from conformance.checking import check
from conformance.evidence import census as census_module
from conformance.evidence.census import DECODED, CensusTaker, census_of, census_value, censuses_of
from conformance.judge.model import Column, Dataset
from conformance.replay.rebuilding import ReplayError, evidence_of
from conformance.run import Options
from conformance.run.judging import Judging
from conformance.signing.keys import write_key_set

#: A country that ended before anybody of these was born.
ENDED = "SUN"
#: An element that holds countries, and nobody.
COUNTRY = "4223.2-05-039"
#: Bytes of address space that a command may need.
MEMORY = 2 << 30


def _census(values: list[str], times: list[str]) -> dict[str, Any]:
    """The census of a column that is judged at the day of its record."""
    column = Column("代码", STANDARDS.elements[COUNTRY], "代码", date="日期")
    days = Column("日期", STANDARDS.elements["4223.2-05-022"], "日期")
    taker = CensusTaker(Dataset("legal.entity", (column, days), "20261121"), STANDARDS)
    taker.add({"代码": values, "日期": times})
    return census_value(taker.records()[0])


def _bomb(number: int, length: int = 100_000) -> Record:
    """A census of a few bytes that stand for nearly as many characters as a column may have."""
    shapes = [[f"一{{{length - one}}}", 1] for one in range(DECODED // length)]
    use = {"asOf": "20260101", "mandatory": False, "date": "", "also": [], "system": "", "levels": []}
    told = {"rows": len(shapes), "of": len(shapes), "complete": True, "dated": False, "absent": 0, "values": []}
    named = {"target": "t", "column": "c", "label": f"l{number}", "element": "4223.1-05-002", "use": use}
    return Record(CENSUS, {**named, **told, "form": "gathered", "made": "", "alphabet": "x", "shapes": shapes})


@pytest.mark.parametrize("date", ["CSRQ", "LXDH"])
def test_a_reason_holds_no_persons_day(tmp_path: Path, date: str) -> None:
    """A code may be judged at the day of birth, or by mistake at a telephone: neither is shown in the reason."""
    rows = [{**one, "GJDM": ENDED, "LXDH": f"1381234567{number}"} for number, one in enumerate(PEOPLE)]
    columns = {"GJDM": {"element": "GJDM", "date": date}}
    system = SmallSystem(rows=rows, header=tuple(rows[0]), columns=columns).write(tmp_path)
    check(system, report=tmp_path / "out")
    report = json.loads((tmp_path / "out" / "report.json").read_bytes())
    told = [one for one in report["findings"] if one["requirement"] == "DE-CODE-DATE" and one["samples"]]
    assert told or date == "LXDH"
    for path in (tmp_path / "out").rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert not [one for one in PEOPLE if one["CSRQ"].encode() in content], path.name
            assert b"13812345" not in content, path.name


def test_a_reason_still_tells_a_day_that_is_nobodys(tmp_path: Path) -> None:
    rows = [{**one, "GJDM": ENDED, "DJRQ": "20200203"} for one in PEOPLE]
    columns = {"GJDM": {"element": "GJDM", "date": "DJRQ"}, "DJRQ": "4223.2-05-022"}
    packs = [{"id": f"db37-4223.{one}", "edition": "2020"} for one in (1, 2)]
    more = {"claims": {"standards": packs, "classes": ["数据元"]}}
    system = SmallSystem(rows=rows, header=tuple(rows[0]), columns=columns, more=more).write(tmp_path)
    check(system, report=tmp_path / "out")
    (found,) = (
        one
        for one in json.loads((tmp_path / "out" / "report.json").read_bytes())["findings"]
        if one["requirement"] == "DE-CODE-DATE" and one["samples"]
    )
    assert "20200203" in found["samples"][0]["reason"]["en"]


def test_a_census_keeps_no_times_that_are_telephones() -> None:
    """The date column may be named by mistake: what mostly is no day is not kept beside the codes."""
    days = [f"2020010{one}" for one in range(1, 9)]
    phones = [f"138123456{one}9" for one in range(1, 9)]
    assert [entry[1] for entry in _census([ENDED] * 8, days)["values"]] == days
    for times in (phones, [*phones[:5], *days[5:]]):
        kept = _census([ENDED] * 8, times)
        assert (kept["values"], kept["dated"]) == ([[ENDED, "", 8]], False)


def test_shapes_of_a_census_are_bounded_as_written_out() -> None:
    """A kilobyte may stand for hundreds of megabytes, and each column of a bundle for as much again."""
    few = [_bomb(number).body for number in range(2)]
    assert len(json.dumps(few[0])) < 2_000
    assert len(censuses_of(few)) == len(few)
    with pytest.raises(ValueError, match="too long"):
        census_of({**few[0], "rows": 99, "of": 99, "shapes": [*few[0]["shapes"], *([["Ω{99999}", 1]] * 50)]})
    with pytest.raises(ValueError, match="too long"):
        censuses_of([few[0], few[0]])


def test_a_bundle_of_bombs_is_refused_before_it_is_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(census_module, "DECODED_TOGETHER", 3 * DECODED)

    def with_bombs(number: int) -> Any:
        bombs = [_bomb(one) for one in range(number)]
        return bundle_of(forged(records=lambda held: [held[0], *bombs, *held[1:]])).chain

    assert {"t.l0", "t.l1"} < evidence_of(with_bombs(2)).census.keys()
    with pytest.raises(ReplayError) as refused:
        evidence_of(with_bombs(4))
    assert refused.value.id == "replay.malformed"


def test_what_a_run_writes_is_within_what_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """The writer stops where the reader would refuse, and says that the census is not complete."""
    monkeypatch.setattr(census_module, "DECODED", 1_000)
    column = Column("名", STANDARDS.elements["4223.1-05-002"], "名")
    taker = CensusTaker(Dataset("population.person", (column,), "20261121"), STANDARDS)
    taker.add({"名": ["一" * length for length in range(1, 100)]})
    (kept,) = taker.records()
    assert sum(len(shape) for shape, _ in kept.shapes) <= 1_000
    assert not kept.complete
    assert census_of(census_value(kept)) == kept


def test_the_schema_written_out_refuses_what_the_published_one_does() -> None:
    report = value_of(forged(), "report.json")
    require_valid("report.json", report, report_schema())
    for path in (("resultsDigest", "sm3"), ("summary", "verdict"), ("system", "build"), ("findings", 0, "text")):
        broken = json.loads(json.dumps(report))
        place = broken
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = 7
        with pytest.raises(BundleError):
            require_valid("report.json", broken, report_schema())


def test_no_batch_is_read_beyond_those_that_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(census_module, "ROWS", 4)
    read = []

    def batches() -> Iterator[polars.DataFrame]:
        for number in range(5):
            read.append(number)
            yield polars.DataFrame({"名": ["甲"] * 2})

    dataset = Dataset("population.person", (Column("名", STANDARDS.elements["4223.1-05-002"], "名"),), "20261121")
    source = SimpleNamespace(wanted=("名",), batches=batches)
    run = SimpleNamespace(options=Options(keep=True), _sources={dataset.target: source}, standards=STANDARDS)
    (kept,) = Judging._census(run, dataset, SimpleNamespace(rows=10))  # type: ignore[arg-type]
    assert read == [0, 1]
    assert kept["rows"] == 4


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes by name")
@pytest.mark.parametrize("kind", ["pipe", "zero"])
@pytest.mark.parametrize(
    "command",
    [
        "keys show {it}",
        "keys new new.pem --set {it} --algorithm ES256 --use log --owner x --test",
        "witness --keys {it} --log log --state seen.json",
        "witness --keys keys.json --log {it} --state seen.json",
        "witness --keys keys.json --log log --state {it}",
        "log verify log --keys {it}",
        "log cosign log {it} --keys keys.json",
        "office cases settings --as clerk",
    ],
)
def test_no_file_is_waited_for_or_read_without_end(tmp_path: Path, command: str, kind: str) -> None:
    """Pipes that nobody writes to and devices without end are refused, in little memory and time."""
    it = tmp_path / "it"
    if kind == "pipe":
        os.mkfifo(it)
    else:
        it.symlink_to("/dev/zero")
    written_log(tmp_path / "log", 3)
    (tmp_path / "keys.json").write_bytes(write_key_set(office()))
    (tmp_path / "settings").mkdir()
    (tmp_path / "settings" / "office.yaml").symlink_to(it)
    code = (
        f"import resource as r; r.setrlimit(r.RLIMIT_AS, ({MEMORY},) * 2); import conformance.cli as c; exit(c.main())"
    )
    words = [sys.executable, "-c", code, *command.format(it=it).split()]
    known = {**os.environ, "PYTHONPATH": str(ROOT), "LUBIAO_KEY_PASSPHRASE": "only for a test"}
    ended = subprocess.run(words, cwd=tmp_path, env=known, capture_output=True, timeout=30, check=False)
    assert ended.returncode == 2, ended.stderr.decode()
    assert ended.stderr
    assert b"Traceback" not in ended.stderr
    assert b"usage" not in ended.stderr
