"""The hostile corpus: each case ends in the findings that are written down for it, or in a configuration error.

Run as a program, this module judges one package after another in a process of its own: under a limit of memory, with
every way to the network shut, and with every write outside its temporary folder told.
"""

from __future__ import annotations

import html
import json
import os
import re
import resource
import select
import shutil
import socket
import subprocess
import sys
import traceback
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import hostile_corpus
import hostile_packages
import pytest
import yaml

from conformance.judge.exchange.envelope import judge_envelope
from conformance.judge.exchange.rules import PACKAGE_RULES
from conformance.judge.faults import FaultCounter
from conformance.judge.rulebook import RawSample
from conformance.standard.standards import Standards
from conformance.system.package.reading import PackageSchemas, read_package

#: Address space of the process that judges: Polars alone reserves about 1.5 GB of it.
MEMORY = 2_500_000_000
#: Seconds that a case may take.
TIME = 30
AS_OF = "20261121"
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u2028\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
EXPECTED: Mapping[str, Any] = yaml.safe_load((hostile_corpus.CORPUS / "expected.yaml").read_text("utf-8"))


class Judge:
    """The process that judges; started again where a case was its death."""

    def __init__(self, work: Path) -> None:
        self.work = work
        self._process: subprocess.Popen[str] | None = None

    def judge(self, path: Path) -> dict[str, Any]:
        """What the process says of a package; fails where it says nothing in time."""
        process = self._process or self._start()
        assert process.stdin and process.stdout
        print(json.dumps(os.fsdecode(path)), file=process.stdin, flush=True)
        ready, _, _ = select.select([process.stdout], [], [], TIME)
        line = process.stdout.readline() if ready else ""
        if not line:
            self.stop()
            pytest.fail(f"no answer within {TIME} seconds" if not ready else f"the process died: {process.returncode}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _start(self) -> subprocess.Popen[str]:
        environment = {**os.environ, "TMPDIR": str(self.work), "PYTHONDONTWRITEBYTECODE": "1"}
        command = [sys.executable, __file__]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )
        return self._process

    def stop(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None
            # What a killed process leaves behind is told of its own case, not of the next one.
            for left in self.work.iterdir():
                shutil.rmtree(left)


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Judge]:
    one = Judge(tmp_path_factory.mktemp("work"))
    yield one
    one.stop()


def test_every_case_has_an_expectation() -> None:
    assert sorted(EXPECTED) == hostile_corpus.cases()


@pytest.mark.parametrize("name", hostile_corpus.cases())
def test_hostile(name: str, judge: Judge, tmp_path: Path) -> None:
    answer = judge.judge(hostile_corpus.make(name, tmp_path))
    assert answer["red"] == EXPECTED[name]
    assert answer["forbidden"] == [], "written elsewhere, or reached out"
    assert list(judge.work.iterdir()) == [], "something is left behind"
    assert not [text for text in answer["texts"] if FORBIDDEN.search(text)]
    assert not [path for path in tmp_path.rglob("*escaped*") if "attachments" not in path.parts]


def test_the_process_sees_what_it_must(judge: Judge, tmp_path: Path) -> None:
    """A sound package is green and its record is read; a write elsewhere, and a connection, would be told."""
    answer = judge.judge(hostile_packages.as_zip(tmp_path, hostile_packages.package()))
    assert (answer["red"], answer["rows"]) == ([], 1)
    assert "open" in judge.judge(Path("provoke:write"))["forbidden"][0]
    assert "socket" in judge.judge(Path("provoke:socket"))["forbidden"][0]


def test_markup_stays_text(judge: Judge, tmp_path: Path) -> None:
    """Names reach messages as they are, so that a report must escape them; what does, is tested with the report."""
    texts = judge.judge(hostile_corpus.make("folder_with_markup_in_a_name", tmp_path))["texts"]
    assert any("<img" in text for text in texts)
    assert not any("<img" in html.escape(text) for text in texts)


# The process that judges.

_FORBIDDEN_EVENTS = (
    "socket.",
    "subprocess.",
    "os.exec",
    "os.fork",
    "os.posix_spawn",
    "os.system",
    "ftplib.",
    "urllib.",
)
_WRITES = ("os.mkdir", "os.symlink", "os.link", "os.rename", "os.chmod", "os.truncate")


class Watch:
    """Tells every write outside the temporary folder, every process and every connection that Python is asked for."""

    def __init__(self, work: str) -> None:
        self.work = work
        self.seen: list[str] = []

    def __call__(self, event: str, given: tuple[Any, ...]) -> None:
        if event.startswith(_FORBIDDEN_EVENTS):
            self.seen.append(event)
        elif event == "open" and isinstance(given[2], int):
            writes = given[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC)
            if writes and not self._inside(given[0]):
                self.seen.append(f"open {given[0]!r}")
        elif event in _WRITES and not self._inside(given[0]):
            self.seen.append(f"{event} {given[0]!r}")

    def _inside(self, path: Any) -> bool:
        return isinstance(path, int) or Path(os.path.realpath(os.fsdecode(path))).is_relative_to(self.work)


def answer_of(path: Path, standards: Standards) -> dict[str, Any]:
    """Judge one package: the red requirements (or ``configuration``), how many records it gave, every text told."""
    spec, rules = standards.datasets["cremation"], standards.exchange
    faults = FaultCounter(20)
    try:
        reading = read_package(path, spec, rules, PackageSchemas.of(standards.exchange_folder()), faults)
    except OSError:
        return {"red": "configuration", "texts": [], "rows": 0}
    with reading:
        rows = sum(frame.height for frame in reading.batches())
        again = sum(frame.height for frame in reading.batches())
        places = reading.locate(range(1, min(rows, 20) + 1))
        assert (rows, len(places)) == (again, min(rows, 20))
        facts = reading.facts()
    judge_envelope(facts, spec, rules, standards.schemes["gb-32100"], AS_OF, faults)
    by_rule = {one.rule: id_ for id_, one in standards.requirements.items() if id_.startswith("EX-")}
    tallies = faults.tallies(PACKAGE_RULES)
    samples = [sample for tally in tallies.values() for sample in (*tally.samples, *tally.undecided_samples)]
    red = sorted(by_rule[rule] for (rule, _), tally in tallies.items() if tally.violations or tally.undecided)
    return {"red": red, "rows": rows, "texts": [text for sample in samples for text in texts_of(sample)]}


def texts_of(sample: RawSample) -> Iterator[str]:
    """Whatever a report would show of a fault."""
    if sample.reason is not None:
        yield from sample.reason.both().values()
    if sample.where is not None:
        yield f"{sample.where.file}:{sample.where.line} {sample.where.path}"


def shut(*_: object, **__: object) -> None:
    raise PermissionError("no network")


def provoke(what: str) -> dict[str, Any]:
    """Do what a package must never bring about."""
    if what == "write":
        os.close(os.open(os.devnull, os.O_WRONLY))
    else:
        socket.getaddrinfo("localhost", 9)
    return {}


def serve(requests: IO[str], answers: IO[str]) -> None:
    """Judge what is asked for, a line each, until there is no more."""
    standards = Standards.load([("exchange", "2019")])
    assert standards.datasets and standards.exchange  # loaded before anything is watched
    watch = Watch(os.path.realpath(os.environ["TMPDIR"]))
    socket.socket.connect = shut  # type: ignore[method-assign]
    sys.addaudithook(watch)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for line in requests:
        path = json.loads(line)
        watch.seen.clear()
        kind, _, what = path.partition("provoke:")
        try:
            answer = provoke(what) if what and not kind else answer_of(Path(path), standards)
        except Exception:  # noqa: BLE001 - what it was is for whoever reads the failed test
            answer = {"red": traceback.format_exc(), "texts": [], "rows": 0}
        print(json.dumps({**answer, "forbidden": list(watch.seen)}), file=answers, flush=True)


if __name__ == "__main__":
    serve(sys.stdin, sys.stdout)
