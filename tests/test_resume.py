"""A run that is killed, at whatever moment, goes on to the same bundle as an unbroken one; it takes up nothing else."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from small_system import KEY, TARGET, SmallSystem, faulty

from conformance.checking import check
from conformance.evidence.key import VARIABLE
from conformance.run.journal import NAME, Journal, fingerprint

#: Dies by its own hand, as by power cut, after so many targets were kept.
DYING = """
import os, signal, sys
from pathlib import Path
from conformance.checking import check
from conformance.run.journal import Journal
kept, keep = [], Journal.keep
def dying(self, outcome, watched):
    keep(self, outcome, watched)
    kept.append(outcome.target)
    if len(kept) == int(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)
Journal.keep = dying
check(sys.argv[1], report=Path(sys.argv[2]))
"""


@pytest.fixture(autouse=True)
def one_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, KEY)


def several(folder: Path) -> Path:
    """Three datasets with faults; the second refers to the first."""
    path = faulty().write(folder)
    declared = yaml.safe_load(path.read_text("utf-8"))
    for name in ("second.people", "third.people"):
        (folder / f"{name}.csv").write_bytes((folder / "person.csv").read_bytes())
        target = json.loads(json.dumps(declared["targets"][TARGET]))
        target["source"]["path"] = f"{name}.csv"
        declared["targets"][name] = target
    path.write_text(yaml.safe_dump(declared, allow_unicode=True, sort_keys=False), "utf-8")
    return path


def killed(system: Path, out: Path, after: int) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", DYING, str(system), str(out), str(after)], capture_output=True, check=False, timeout=120
    )
    assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()


def settled(folder: Path) -> dict[str, Any]:
    """Report and evidence without what two runs may differ in."""
    report = json.loads((folder / "report.json").read_bytes())
    for name in ("id", "started", "ended", "environment"):
        report["run"].pop(name)
    records = [json.loads(line) for line in (folder / "evidence" / "records.jsonl").read_bytes().splitlines()]
    return {"report": report, "records": [one["body"] for one in records[1:]]}


@pytest.mark.parametrize("after", [1, 2, 3])
def test_a_run_killed_between_targets_ends_in_the_same_bundle(tmp_path: Path, after: int) -> None:
    system = several(tmp_path)
    check(system, report=tmp_path / "whole")
    killed(system, tmp_path / "out", after)
    head = json.loads((tmp_path / "out" / NAME).read_bytes().splitlines()[0])["head"]
    assert not (tmp_path / "out" / "report.json").exists()
    read = judged_targets(system, tmp_path / "out")
    assert len(read) == 3 - after, "what was judged is not judged again"
    assert settled(tmp_path / "out") == settled(tmp_path / "whole")
    assert json.loads((tmp_path / "out" / "report.json").read_bytes())["run"]["id"] == head["id"], "it is the same run"
    assert not (tmp_path / "out" / NAME).exists()


def judged_targets(system: Path, out: Path) -> list[str]:
    """Finish a run; the targets that it judged itself."""
    read: list[str] = []
    check(system, report=out, progress=lambda target, rows: read.append(target) if rows == 0 else None)
    return list(dict.fromkeys(read))


def test_a_torn_line_counts_as_nothing(tmp_path: Path) -> None:
    system = several(tmp_path)
    check(system, report=tmp_path / "whole")
    killed(system, tmp_path / "out", 2)
    journal = tmp_path / "out" / NAME
    content = journal.read_bytes()
    last = content.splitlines(keepends=True)[-1]
    for cut in (1, len(last) // 2, len(last) - 1):
        journal.write_bytes(content[: len(content) - cut])
        assert len(judged_targets(system, tmp_path / "out")) == 2
        assert settled(tmp_path / "out") == settled(tmp_path / "whole")
        journal.write_bytes(content)


@pytest.mark.parametrize("what", ["data", "declaration", "selection", "rubbish", "edited"])
def test_nothing_is_taken_up_from_another_run(tmp_path: Path, what: str) -> None:
    system = several(tmp_path)
    killed(system, tmp_path / "out", 3)
    journal, expected = tmp_path / "out" / NAME, 3
    if what == "data":
        (tmp_path / "second.people.csv").write_bytes(
            b"".join((tmp_path / "person.csv").read_bytes().splitlines(keepends=True)[:-1])
        )
        expected = 1
    if what == "declaration":
        system.write_text(system.read_text("utf-8").replace("1.0", "1.1"), "utf-8")
    if what == "selection":
        lines = journal.read_bytes().splitlines(keepends=True)
        journal.write_bytes(lines[0].replace(b'"selection":[[],', b'"selection":[["x"],') + b"".join(lines[1:]))
    if what == "rubbish":
        journal.write_bytes(os.urandom(4000))
    if what == "edited":
        lines = journal.read_bytes().splitlines(keepends=True)
        journal.write_bytes(lines[0] + b" " + b"".join(lines[1:]))
    assert len(judged_targets(system, tmp_path / "out")) == expected


def test_a_file_added_to_a_folder_is_a_change(tmp_path: Path) -> None:
    (tmp_path / "handed").mkdir()
    (tmp_path / "handed" / "a.csv").write_bytes(b"1")
    before = fingerprint([tmp_path / "handed"])
    (tmp_path / "handed" / "b.csv").write_bytes(b"2")
    assert fingerprint([tmp_path / "handed"]) != before
    assert fingerprint([tmp_path / "gone"]) is None


def test_two_runs_at_once_do_not_share_a_journal(tmp_path: Path) -> None:
    first = Journal.open(tmp_path, {"run": "x"})
    assert first is not None
    assert Journal.open(tmp_path, {"run": "x"}) is None
    first.close(ended=True)
    assert not (tmp_path / NAME).exists()


def test_a_folder_that_cannot_be_written_is_run_without(tmp_path: Path) -> None:
    (tmp_path / "taken").write_bytes(b"")
    assert Journal.open(tmp_path / "taken", {}) is None
    assert check(SmallSystem().write(tmp_path)).exit_code == 0
