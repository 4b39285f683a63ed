"""Nothing tested is never a pass; a waived fail is no pass; a break of ours is never the vendor's fail.

Each is shown through the library and through pytest alone, for both must end with the same code.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from small_system import KEY, PEOPLE, TARGET, SmallSystem, faulty, run_pytest, waiver

from conformance.checking import Outcome, check
from conformance.evidence.key import VARIABLE
from conformance.plan import Selection
from conformance.run import Options
from conformance.system.problem import ConfigurationError

CONFORMS, FAILS, CONFIGURATION, UNDECIDED, OURS = range(5)


@pytest.fixture(autouse=True)
def one_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, KEY)


def verdicts(outcome: Outcome) -> dict[str, int]:
    return {word: number for word, number in outcome.report["summary"]["counts"].items() if number}


def finding(outcome: Outcome, id_: str) -> dict[str, Any]:
    (found,) = [one for one in outcome.report["findings"] if one["id"] == id_]
    return dict(found)


def ids(error: pytest.ExceptionInfo[ConfigurationError]) -> list[str]:
    return [problem.message.id for problem in error.value.problems]


BLANK = f"DE-BLANK[{TARGET}.姓名]"
EMPTY = SmallSystem(rows=())
NOBODY = SmallSystem(target={"where": {"XM": "没有这个人"}})
WAIVED = replace(faulty(), more={"waivers": [waiver("DE-BLANK", "姓名")]})
STALE = SmallSystem(more={"waivers": [waiver("DE-BLANK", "姓名")]})


def test_a_system_without_a_fault_conforms(tmp_path: Path) -> None:
    """Without this, every test below could pass because nothing ever does."""
    system = SmallSystem().write(tmp_path)
    outcome = check(system)
    assert (outcome.exit_code, set(verdicts(outcome))) == (CONFORMS, {"pass"})
    assert outcome.report["summary"]["checked"] > 20
    assert run_pytest(system, folder=tmp_path, autoload=True).returncode == CONFORMS


def test_one_fault_turns_one_finding_red(tmp_path: Path) -> None:
    outcome = check(faulty().write(tmp_path))
    assert (outcome.exit_code, verdicts(outcome)["fail"]) == (FAILS, 1)
    assert (finding(outcome, BLANK)["violations"], finding(outcome, BLANK)["attribution"]) == (1, "product")


@pytest.mark.parametrize(
    ("system", "word", "code"),
    [
        (EMPTY, "not-run", UNDECIDED),
        (NOBODY, "not-run", UNDECIDED),
        (WAIVED, "waived", UNDECIDED),
        (STALE, "fail", FAILS),
        (faulty(), "fail", FAILS),
    ],
    ids=["header only", "where matches nothing", "all red waived", "stale waiver", "red"],
)
def test_both_ways_in_end_alike(tmp_path: Path, system: SmallSystem, word: str, code: int) -> None:
    path = system.write(tmp_path)
    outcome = check(path)
    assert (outcome.report["summary"]["verdict"], outcome.exit_code) == (word, code)
    alone = run_pytest(path, "--report", "out", folder=tmp_path)
    summary = json.loads((tmp_path / "out" / "report.json").read_bytes())["summary"]
    assert (summary["verdict"], summary["exitCode"], alone.returncode) == (word, code, code)


@pytest.mark.parametrize("system", [EMPTY, NOBODY])
def test_without_a_record_nothing_passes(tmp_path: Path, system: SmallSystem) -> None:
    outcome = check(system.write(tmp_path))
    assert set(verdicts(outcome)) == {"not-run"}
    assert all(one["verdict"] == "not-run" for one in outcome.report["classes"])


def test_what_is_narrowed_says_so(tmp_path: Path) -> None:
    kept = SmallSystem(target={"where": {"XM": "甄无名"}})
    for path, options in (
        (kept.write(tmp_path / "where"), Options()),
        (SmallSystem().write(tmp_path / "filter"), Options(selection=Selection(requirements=["DE-BLANK"]))),
    ):
        outcome = check(path, options=options)
        assert outcome.exit_code == CONFORMS
        assert len(outcome.report["run"]["narrowed"]) == 1


@pytest.mark.parametrize(
    "selection",
    [
        Selection(requirements=["DE-NOSUCH"]),
        Selection(targets=["no.such.target"]),
        Selection(classes=["没有这一类"]),
        Selection(requirements=["DE-BLANK"], targets=["no.such.target"]),
    ],
)
def test_a_filter_that_selects_nothing_is_no_pass(tmp_path: Path, selection: Selection) -> None:
    outcome = check(SmallSystem().write(tmp_path), options=Options(selection=selection))
    assert (outcome.exit_code, outcome.report["summary"]["verdict"]) == (UNDECIDED, "not-run")
    assert outcome.report["run"]["narrowed"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("-k", "nothing_is_called_so"),
        ("-k", "DE-BLANK"),
        ("--collect-only",),
        ("--deselect", "test_data_elements.py"),
        ("--requirement", "DE-NOSUCH"),
        ("--official", "-k", "DE-BLANK"),
    ],
    ids=" ".join,
)
def test_what_pytest_leaves_out_is_no_pass(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    ended = run_pytest(SmallSystem().write(tmp_path), *arguments, "--report", "out", folder=tmp_path)
    assert ended.returncode == UNDECIDED
    assert json.loads((tmp_path / "out" / "report.json").read_bytes())["summary"]["verdict"] == "not-run"


def test_the_suites_without_a_system_are_an_error(tmp_path: Path) -> None:
    ended = run_pytest(None, folder=tmp_path, autoload=True)
    assert ended.returncode not in (CONFORMS, FAILS)
    assert b"--system" in ended.stdout


def test_every_finding_waived_is_no_pass(tmp_path: Path) -> None:
    """What passes cannot be waived: waivers over everything are stale, and fail the run."""
    path = faulty().write(tmp_path / "first")
    every = [one["id"].rstrip("]").partition("[") for one in check(path).report["findings"]]
    waivers = [waiver(requirement, target.removeprefix(TARGET).lstrip(".")) for requirement, _, target in every]
    outcome = check(replace(faulty(), more={"waivers": waivers}).write(tmp_path / "second"))
    assert outcome.exit_code == FAILS
    states = {one["waiver"]["state"]: one["verdict"] for one in outcome.report["findings"]}
    assert states == {"active": "waived", "stale": "pass"}


def test_every_finding_red_and_waived_is_no_pass(tmp_path: Path) -> None:
    """A system that is judged on nothing but what is waived."""
    only = Options(selection=Selection(requirements=["DE-BLANK"], targets=[f"{TARGET}.姓名"]))
    outcome = check(WAIVED.write(tmp_path), options=only)
    assert verdicts(outcome) == {"waived": 1}
    assert (outcome.exit_code, outcome.report["summary"]["verdict"]) == (UNDECIDED, "waived")


def test_a_waiver_over_a_text_that_changed_has_lapsed(tmp_path: Path) -> None:
    waivers = [waiver("DE-BLANK", "姓名", digest="sha256:" + "0" * 64)]
    outcome = check(replace(faulty(), more={"waivers": waivers}).write(tmp_path))
    assert (outcome.exit_code, finding(outcome, BLANK)["verdict"]) == (FAILS, "fail")
    assert finding(outcome, BLANK)["waiver"]["state"] == "expired"


INSTANT = datetime.fromisoformat("2027-01-01T00:00:00+08:00")
ZONES = [timezone(timedelta(hours=8)), UTC, timezone(timedelta(hours=-9, minutes=-30))]


@pytest.mark.parametrize("zone", ZONES, ids=str)
@pytest.mark.parametrize("expires", ["2027-01-01T00:00:00+08:00", "2026-12-31T16:00:00Z", "2026-12-31T06:30:00-09:30"])
def test_a_waiver_ends_at_its_instant_in_every_zone(tmp_path: Path, expires: str, zone: timezone) -> None:
    system = replace(faulty(), more={"waivers": [waiver("DE-BLANK", "姓名", expires)]}).write(tmp_path)
    for seconds, word, state, code in (
        (-1, "waived", "active", UNDECIDED),
        (0, "fail", "expired", FAILS),
        (1, "fail", "expired", FAILS),
    ):
        now = (INSTANT + timedelta(seconds=seconds)).astimezone(zone)
        outcome = check(system, options=Options(now=now))
        one = finding(outcome, BLANK)
        assert (one["verdict"], one["waiver"]["state"], outcome.exit_code) == (word, state, code)


def test_a_missing_file_is_configuration(tmp_path: Path) -> None:
    system = SmallSystem().write(tmp_path)
    (tmp_path / "person.csv").unlink()
    with pytest.raises(ConfigurationError) as error:
        check(system, report=tmp_path / "out")
    assert ids(error) == ["source.no-file"]
    assert run_pytest(system, "--report", "out", folder=tmp_path).returncode == CONFIGURATION
    assert not (tmp_path / "out").exists()


def test_a_missing_declaration_is_configuration(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as error:
        check(tmp_path / "system.yaml")
    assert ids(error) == ["declaration.no-file"]
    assert run_pytest(tmp_path / "system.yaml", folder=tmp_path).returncode == CONFIGURATION


@pytest.mark.parametrize(
    ("system", "options", "arguments", "expected"),
    [
        (
            SmallSystem(),
            Options(selection=Selection(requirements=["DE-BLANK"])),
            ("--requirement", "DE-BLANK"),
            "filter",
        ),
        (SmallSystem(), Options(selection=Selection(classes=["数据元"])), ("--class", "数据元"), "filter"),
        (SmallSystem(), Options(selection=Selection(targets=[TARGET])), ("--target", TARGET), "filter"),
        (SmallSystem(target={"where": {"XM": "甄无名"}}), Options(), (), "where"),
        (WAIVED, Options(), (), "waiver"),
    ],
    ids=["requirement", "class", "target", "where", "waiver"],
)
def test_an_official_run_is_not_narrowed(
    tmp_path: Path, system: SmallSystem, options: Options, arguments: tuple[str, ...], expected: str
) -> None:
    path = system.write(tmp_path)
    with pytest.raises(ConfigurationError) as error:
        check(path, options=replace(options, official=True))
    assert ids(error) == [f"run.official-{expected}"]
    if expected != "filter" or "--class" in arguments:
        assert run_pytest(path, "--official", *arguments, folder=tmp_path).returncode == CONFIGURATION


def test_an_official_run_says_that_it_is_one(tmp_path: Path) -> None:
    outcome = check(SmallSystem().write(tmp_path), options=Options(official=True))
    assert (outcome.exit_code, outcome.report["run"]["mode"]) == (CONFORMS, "official")


def crashing(*_: Any, **__: Any) -> Any:
    raise RuntimeError("甄无名 made us crash")


@pytest.mark.parametrize("place", ["conformance.judge.engine_polars.judge", "conformance.evidence.record.settle"])
def test_a_crash_while_judging_is_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    system = faulty().write(tmp_path)
    monkeypatch.setattr(place, crashing)
    outcome = check(system, report=tmp_path / "out")
    assert (outcome.exit_code, set(verdicts(outcome))) == (OURS, {"error"})
    assert {one["attribution"] for one in outcome.report["findings"]} == {"harness"}
    assert isinstance(outcome.failure, RuntimeError)
    written = b"".join(path.read_bytes() for path in sorted((tmp_path / "out").rglob("*")) if path.is_file())
    assert b"RuntimeError" in written and b"made us crash" not in written


def test_a_crash_while_explaining_is_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every finding is explained after it was judged; one that cannot be is no fail, and no pass either."""
    system = faulty().write(tmp_path)
    monkeypatch.setattr("conformance.evidence.samples.Explainer.violation", crashing)
    outcome = check(system)
    assert (outcome.exit_code, verdicts(outcome)["error"]) == (OURS, 1)
    assert (finding(outcome, BLANK)["verdict"], finding(outcome, BLANK)["attribution"]) == ("error", "harness")


def test_a_crash_over_one_dataset_leaves_the_others_their_verdicts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = {"source": {"path": "person.csv"}, "key": ["RYBH"], "columns": {"RYBH": "RYBH", "XM": "XM"}}
    person = SmallSystem().write(tmp_path)
    text = person.read_text("utf-8").replace("targets:\n", f"targets:\n  other.people: {json.dumps(other)}\n")
    person.write_text(text, "utf-8")
    judge: Callable[..., Any] = __import__("conformance.judge.engine_polars", fromlist=["judge"]).judge

    def half(book: Any, *rest: Any, **options: Any) -> Any:
        return crashing() if book.dataset.target == TARGET else judge(book, *rest, **options)

    monkeypatch.setattr("conformance.judge.engine_polars.judge", half)
    outcome = check(person)
    words = {one["dataset"]: one["verdict"] for one in outcome.report["findings"]}
    assert (outcome.exit_code, words) == (OURS, {TARGET: "error", "other.people": "pass"})


#: Faults put into a run under pytest alone, by a plugin: what breaks, and how the run must end.
BREAKS = {
    "conformance.judge.engine_polars.judge": OURS,
    "conformance.plugin.prepare": OURS,
    "conformance.plugin.write_bundle": OURS,
    "conformance.run.running.build_report": OURS,
}


@pytest.mark.parametrize(("place", "code"), BREAKS.items())
def test_a_crash_under_pytest_alone_is_ours(tmp_path: Path, place: str, code: int) -> None:
    system = SmallSystem().write(tmp_path)
    module, _, name = place.rpartition(".")
    (tmp_path / "breaks.py").write_text(
        f"import {module} as broken\ndef crash(*_, **__):\n    raise RuntimeError('甄无名')\nbroken.{name} = crash\n",
        "utf-8",
    )
    ended = run_pytest(system, "-p", "breaks", "--report", "out", folder=tmp_path)
    assert ended.returncode == code, ended.stdout.decode()
    assert "RuntimeError" in ended.stdout.decode() + ended.stderr.decode()


def test_a_report_that_cannot_be_written_is_no_fail_of_the_product(tmp_path: Path) -> None:
    system = SmallSystem().write(tmp_path)
    (tmp_path / "taken").write_text("", "utf-8")
    with pytest.raises(NotADirectoryError):
        check(system, report=tmp_path / "taken" / "out")
    assert run_pytest(system, "--report", "taken/out", folder=tmp_path).returncode == OURS


def test_the_people_of_these_tests_are_nobody() -> None:
    assert all(row["GMSFHM"][14:17] in ("981", "982") for row in PEOPLE)
