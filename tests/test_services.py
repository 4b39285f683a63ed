"""Exchange services, whole: the reference node judged, configuration sorted from product, a node lost on the way."""

from __future__ import annotations

import json
import shutil
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme
import yaml

from conformance import killmatrix
from conformance.checking import Outcome, check
from conformance.cli import main
from conformance.run import Options, prepare
from conformance.system.problem import ConfigurationError

NODE = killmatrix.serving().Node
Edit = Callable[[dict[str, Any]], object]


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return killmatrix.write_reference(tmp_path_factory.mktemp("node") / "reference", killmatrix.NODE)


@pytest.fixture
def system(reference: Path, tmp_path: Path) -> Iterator[tuple[Path, Any]]:
    """A declaration, and the running node that it speaks of."""
    path = tmp_path / "system" / "system.yaml"
    shutil.copytree(reference, path.parent)
    log = path.parent / "run" / "access.jsonl"
    with NODE(path.parent / "run", log=log) as node:
        edit(path, lambda service: service.update({"url": node.url, "plain": [node.plain_url]}))
        yield path, node


def edit(path: Path, change: Edit) -> None:
    declared = yaml.safe_load(path.read_bytes())
    change(declared["targets"]["node"]["service"])
    path.write_text(yaml.safe_dump(declared, allow_unicode=True, sort_keys=False), "utf-8")


def verdicts(outcome: Outcome) -> dict[str, str]:
    return {f"{one['requirement']}@{one['target']}": one["verdict"] for one in outcome.report["findings"]}


def steady(report: dict[str, Any]) -> str:
    """The report without what it declares volatile."""
    plain = json.loads(json.dumps(report))
    for pointer in report["volatile"]:
        *parents, last = pointer.strip("/").split("/")
        holder = plain
        for part in parents:
            holder = holder[part]
        holder.pop(last, None)
    return json.dumps(plain, sort_keys=True, ensure_ascii=False)


def test_the_reference_node_conforms(system: tuple[Path, Any], tmp_path: Path) -> None:
    path, _ = system
    outcome = check(path, report=tmp_path / "report")
    red = {item: word for item, word in verdicts(outcome).items() if word not in ("pass", "not-applicable")}
    assert red == {}
    assert outcome.exit_code == 0
    assert outcome.report["run"]["service"]
    page = (tmp_path / "report" / "report.html").read_text("utf-8")
    assert "SV-NO-EFFECT" in page


def test_one_seed_makes_the_same_bundle_and_another_makes_other_calls(system: tuple[Path, Any]) -> None:
    path, _ = system
    log = path.parent / "run" / "access.jsonl"

    def run(seed: int) -> tuple[str, list[tuple[str, str]]]:
        before = len(log.read_bytes().splitlines())
        report = check(path, options=Options(seed=seed)).report
        lines = [json.loads(line) for line in log.read_bytes().splitlines()[before:]]
        return steady(report), [(line["interface"], line["code"]) for line in lines]

    first, again, other = run(7), run(7), run(8)
    assert first[0] == again[0]
    assert sorted(first[1]) == sorted(again[1])
    assert first[0] != other[0]


def test_a_second_run_finds_nothing_left_of_the_first(system: tuple[Path, Any]) -> None:
    path, _ = system
    assert check(path).exit_code == 0
    assert check(path).exit_code == 0


def configuration(path: Path) -> list[str]:
    with pytest.raises(ConfigurationError) as error:
        prepare(path)
    for problem in error.value.problems:
        assert problem.message.render("zh") and problem.mend.render("en")
    return [problem.message.id for problem in error.value.problems]


def test_what_keeps_us_from_a_node_is_configuration(system: tuple[Path, Any], tmp_path: Path) -> None:
    path, node = system
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(str(other))
    (path.parent / "run" / "wrong.secret").write_text("wrong")
    good = path.read_bytes()

    def told(change: Edit) -> list[str]:
        path.write_bytes(good)
        edit(path, change)
        assert main(["check", str(path), "--report", str(tmp_path / "none")]) == 2
        assert not (tmp_path / "none").exists()
        return configuration(path)

    unreachable = told(lambda service: service.update(url="https://127.0.0.1:9"))
    wrong_url = told(lambda service: service.update(url=f"{node.url}/elsewhere"))
    wrong_anchor = told(lambda service: service.update(ca=str(other)))
    wrong_secret = told(lambda service: service["clients"]["tester"].update(secret={"file": "run/wrong.secret"}))
    no_secret = told(lambda service: service["clients"]["tester"].update(secret={"env": "LUBIAO_NO_SUCH_SECRET"}))
    unknown = told(lambda service: service["clients"]["tester"].update(id="nobody"))
    several = [unreachable, wrong_url, wrong_anchor, wrong_secret, no_secret, unknown]
    assert all(len(ids) == 1 for ids in several)
    assert len({ids[0] for ids in several}) == len(several)


@pytest.mark.parametrize("minutes", [11, -11])
def test_a_clock_that_is_off_is_configuration(reference: Path, tmp_path: Path, minutes: int) -> None:
    path = tmp_path / "system" / "system.yaml"
    shutil.copytree(reference, path.parent)
    with NODE(path.parent / "run", clock_offset_ms=minutes * 60_000) as node:
        edit(path, lambda service: service.update({"url": node.url, "plain": [node.plain_url]}))
        assert [id_.split(".")[-1] for id_ in configuration(path)] == ["reach-clock"]


def test_a_node_killed_on_the_way_leaves_the_rest_undecided(system: tuple[Path, Any], tmp_path: Path) -> None:
    path, node = system
    ended = threading.Event()

    def kill(target: str, calls: int) -> None:
        if target == "node" and calls == 300 and not ended.is_set():
            ended.set()
            node.close()

    outcome = check(path, report=tmp_path / "report", progress=kill)
    assert ended.is_set()
    found = verdicts(outcome)
    assert outcome.exit_code == 3
    assert "fail" not in found.values() and "error" not in found.values()
    assert found["SV-TLS@node"] == found["SV-REG-CODE@node.enterprise-query"] == "pass"
    assert found["SV-NO-EFFECT@node.enterprise-transfer"] == "inconclusive"
    undecided = [one for one in outcome.report["findings"] if one["verdict"] == "inconclusive"]
    assert {one["attribution"] for one in undecided} == {"configuration"}
    assert (tmp_path / "report" / "report.html").is_file()


def test_nothing_is_written_where_the_declaration_forbids_it(system: tuple[Path, Any]) -> None:
    path, _ = system
    edit(path, lambda service: service.update(writes=False))
    outcome = check(path)
    found = verdicts(outcome)
    assert outcome.exit_code == 3
    assert found["SV-TRANSFER-STORED@node.enterprise-transfer"] == "not-run"
    assert found["SV-CRITERIA@node.enterprise-query"] == "pass"


def test_a_bound_on_calls_is_kept_and_leaves_the_rest_undecided(system: tuple[Path, Any]) -> None:
    path, _ = system
    log = path.parent / "run" / "access.jsonl"
    edit(path, lambda service: service.update(limits={"requests": 200, "rate": 1000, "seconds": 600}))
    outcome = check(path)
    assert outcome.exit_code == 3
    assert len(log.read_bytes().splitlines()) <= 200 + 20  # and the calls of preflight


def test_a_rehearsal_lists_calls_and_makes_none(system: tuple[Path, Any], capsys: pytest.CaptureFixture[str]) -> None:
    path, _ = system
    log = path.parent / "run" / "access.jsonl"
    assert main(["check", str(path), "--dry-run"]) == 3
    lines = capsys.readouterr().out.splitlines()
    assert sum("enterprise-transfer" in line for line in lines) > 20
    assert any("refuse-division" in line for line in lines)
    assert not log.exists() or not log.read_bytes()


def test_a_declared_service_is_shown_in_the_plan(system: tuple[Path, Any], capsys: pytest.CaptureFixture[str]) -> None:
    path, _ = system
    assert main(["plan", str(path)]) == 0
    assert "SV-TRANSFER-KEPT[node.enterprise-transfer]" in capsys.readouterr().out


def test_the_fixture_is_no_part_of_the_package() -> None:
    assert "exchange_node" in sys.modules
    assert not any(name.startswith("conformance.exchange_node") for name in sys.modules)


def test_a_node_is_asked_as_of_today_and_no_faster_than_its_interfaces_are_registered_for(
    system: tuple[Path, Any],
) -> None:
    path, _ = system
    declared = yaml.safe_load(path.read_bytes())
    declared["targets"]["node"]["as_of"] = "20150601"
    path.write_text(yaml.safe_dump(declared, allow_unicode=True), "utf-8")
    place = path.parent / "registrations" / "population-verify.yaml"
    raw = yaml.safe_load(place.read_bytes())
    raw["limits"]["rate"] = 250
    place.write_text(yaml.safe_dump(raw, allow_unicode=True), "utf-8")
    run = prepare(path)
    opened = run.nodes["node"]
    assert opened.spec.as_of == run.identity.started.strftime("%Y%m%d")
    assert opened.reach.rate == 250


def test_rows_that_an_interface_keeps_from_us_are_no_pass_where_services_are_not_claimed(
    reference: Path, tmp_path: Path
) -> None:
    path = tmp_path / "system" / "system.yaml"
    shutil.copytree(reference, path.parent)
    with NODE(path.parent / "run", ("forgets_an_interface",)) as node:
        declared = yaml.safe_load(path.read_bytes())
        declared["claims"]["classes"] = ["数据元"]
        declared["targets"]["node"]["service"] |= {"url": node.url, "plain": [node.plain_url]}
        path.write_text(yaml.safe_dump(declared, allow_unicode=True), "utf-8")
        outcome = check(path)
    mute = {word for item, word in verdicts(outcome).items() if "@node.population-download" in item}
    assert mute == {"not-run"}
    assert outcome.exit_code == 3


def test_a_second_opinion_agrees_with_the_first(system: tuple[Path, Any]) -> None:
    path, _ = system
    log = path.parent / "run" / "access.jsonl"
    alone = check(path).report["run"]["service"][0]["requests"]
    edit(path, lambda service: service.update(second_opinion=True))
    outcome = check(path)
    found = verdicts(outcome)
    assert outcome.exit_code == 0
    assert found["SV-ENVELOPE@node.enterprise-query"] == "pass"
    assert outcome.report["run"]["service"][0]["requests"] > alone
    assert log.read_bytes()
