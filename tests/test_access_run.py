"""An access point from its folder to its report: what is judged by what, and never green by accident."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from conformance.checking import check
from conformance.judge.access.case import parts
from conformance.judge.access.judging import AGREEMENT, missing_parts
from conformance.run import CHINA, Options
from conformance.sample.access_changes import vouch_again
from conformance.standard.standards import Shelf, Standards
from conformance.system.problem import ConfigurationError

FIXTURES = Path(__file__).parents[1] / "fixtures" / "access"
OPTIONS = Options(now=datetime(2026, 11, 21, 12, tzinfo=CHINA), sample_limit=3, shelf=Shelf())
TARGET = "site"
#: What has nothing to ask of the configuration of a site that is joined by a router.
IDLE = ("NA-ARC-03",)


def copied(folder: Path, vendor: str = "huawei") -> Path:
    shutil.copytree(FIXTURES / vendor, folder, dirs_exist_ok=True)
    return folder


def judged(folder: Path) -> tuple[int, dict[str, Mapping[str, Any]]]:
    """Exit code and findings by requirement, of a folder whose digests are made good first."""
    declared = yaml.safe_load((folder / "system.yaml").read_bytes())
    outcome = check(folder / "system.yaml", options=OPTIONS)
    assert declared["targets"].keys() == {TARGET}
    return outcome.exit_code, {one["requirement"]: one for one in outcome.report["findings"]}


def words(findings: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    return {name: one["verdict"] for name, one in findings.items()}


@pytest.mark.parametrize("vendor", ["huawei", "h3c", "linux"])
def test_the_reference_conforms_whole(vendor: str) -> None:
    code, findings = judged(FIXTURES / vendor)
    assert code == 0
    assert len(findings) == 70
    assert set(words(findings).values()) == {"pass"}


def test_of_a_partial_platform_what_its_export_does_not_tell_is_undecided() -> None:
    """IOS leaves SNMPv3 users out of ``show running-config``."""
    code, findings = judged(FIXTURES / "cisco")
    undecided = {name: word for name, word in words(findings).items() if word != "pass"}
    assert (code, undecided) == (3, {"NA-MGT-02": "inconclusive"})
    assert findings["NA-MGT-02"]["attribution"] == "harness"


def test_every_method_that_the_pack_names_has_its_judge_and_none_is_left_over() -> None:
    methods = Standards.load([("network-access", "draft")]).access.methods
    assert missing_parts(methods) == ()
    assert missing_parts({**methods, "new-rule": ("probe",)}) == (("new-rule", "probe"),)
    assert all(
        rule == AGREEMENT or (rule, method) in parts() for rule, several in methods.items() for method in several
    )


def test_without_probes_nothing_that_needs_them_passes(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    shutil.rmtree(folder / "point" / "observed")
    methods = Standards.load([("network-access", "draft")])
    code, findings = judged(folder)
    assert code == 3
    for name, one in findings.items():
        needs = "probe" in methods.requirements[name].methods
        assert one["verdict"] == ("not-run" if needs else "pass"), name
        assert "probe" not in one["evidence"]


def test_without_a_configuration_nothing_that_needs_one_passes(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    declaration = folder / "point" / "access.yaml"
    lines = declaration.read_text("utf-8").splitlines(keepends=True)
    declaration.write_text("".join(line for line in lines if "configuration:" not in line), "utf-8")
    methods = Standards.load([("network-access", "draft")])
    code, findings = judged(folder)
    assert code == 1  # a device of layer 3 without its configuration
    assert findings["NA-ARC-02"]["verdict"] == "fail"
    for name, one in findings.items():
        if "configuration" in methods.requirements[name].methods and name not in IDLE:
            assert one["verdict"] in ("not-run", "inconclusive", "fail"), name
            assert "configuration" not in one["evidence"], name


def test_a_file_of_another_platform_than_declared_is_not_judged(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    shutil.copyfile(FIXTURES / "h3c" / "point" / "configs" / "ce01.cfg", folder / "point" / "configs" / "ce01.cfg")
    vouch_again(FIXTURES / "huawei", folder, yaml.safe_load((folder / "system.yaml").read_bytes()))
    code, findings = judged(folder)
    assert code == 1
    assert findings["NA-DOC-02"]["verdict"] == "fail"
    assert findings["NA-RTG-05"]["verdict"] == "not-run"
    assert findings["NA-CMP-01"]["verdict"] == "pass"


def test_a_finding_tells_severity_evidence_and_the_line(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    config = folder / "point" / "configs" / "ce01.cfg"
    text = config.read_text("utf-8")
    assert "undo telnet server enable" in text
    config.write_text(text.replace("undo telnet server enable", "telnet server enable"), "utf-8")
    vouch_again(FIXTURES / "huawei", folder, yaml.safe_load((folder / "system.yaml").read_bytes()))
    code, findings = judged(folder)
    found = findings["NA-MGT-04"]
    assert (code, found["verdict"], found["severity"]) == (1, "fail", "major")
    assert found["evidence"] == ["configuration", "probe"]
    where = found["samples"][0]["where"]
    assert where["file"] == "configs/ce01.cfg"
    assert "telnet" in config.read_text("utf-8").splitlines()[where["line"] - 1]
    assert found["standing"] == "verified"
    assert findings["NA-ARC-04"]["evidence"] == ["configuration", "statement"]
    declared = {name for name, one in findings.items() if one["standing"] == "declared"}
    assert declared >= {"NA-ARC-04", "NA-ARC-10", "NA-SEC-07", "NA-MGT-06", "NA-CMP-01"}


def test_a_rule_of_ours_that_breaks_is_our_error_and_no_other_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    judged(FIXTURES / "huawei")  # the rules are loaded

    def broken(*_: object) -> None:
        raise RuntimeError

    known = dict(parts())
    key = ("as-range", "declaration")
    monkeypatch.setitem(parts(), key, type(known[key])("as-range", "declaration", broken))
    code, findings = judged(FIXTURES / "huawei")
    assert code == 4
    assert {name for name, one in findings.items() if one["verdict"] != "pass"} == {"NA-RTG-02"}
    assert (findings["NA-RTG-02"]["verdict"], findings["NA-RTG-02"]["attribution"]) == ("error", "harness")


def test_the_inputs_of_a_run_are_named_with_their_digests() -> None:
    report = check(FIXTURES / "linux" / "system.yaml", options=OPTIONS).report
    inputs = {one["path"]: one for one in report["run"]["inputs"]}
    assert {"access.yaml", "configs/ce01", "observed/lan.json"} <= inputs.keys()
    assert inputs["configs/ce01"]["format"] == "linux-bundle"
    assert all(len(one["sha256"]) == 64 for one in inputs.values())
    assert json.dumps(report)  # plain data


def test_the_report_says_how_far_each_configuration_was_understood(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    config = folder / "point" / "configs" / "ce01.cfg"
    config.write_text(config.read_text("utf-8").replace("\nreturn", "\nnew-feature on\n#\nreturn"), "utf-8")
    vouch_again(FIXTURES / "huawei", folder, yaml.safe_load((folder / "system.yaml").read_bytes()))
    report = check(folder / "system.yaml", report=tmp_path / "r", formats=("json", "html"), options=OPTIONS).report
    (told,) = report["run"]["configurations"]
    assert (told["device"], told["level"], told["unread"], told["complete"]) == ("ce01", "full", 1, "yes")
    assert told["recognised"] > 500
    assert "未识别的行" in (tmp_path / "r" / "report.html").read_text("utf-8")


def test_a_plan_for_tests_is_told_in_a_self_test_and_refused_in_an_official_run() -> None:
    """Nobody answers at its Internet addresses in the field: there, silence would prove nothing."""
    report = check(FIXTURES / "linux" / "system.yaml", options=OPTIONS).report
    assert any("合成" in told["zh"] for told in report["run"]["narrowed"])
    with pytest.raises(ConfigurationError) as refused:
        check(FIXTURES / "linux" / "system.yaml", options=replace(OPTIONS, official=True))
    assert [one.message.id for one in refused.value.problems] == ["run.official-plan"]


def test_a_clause_that_found_nothing_among_lines_not_understood_is_not_passed_over(tmp_path: Path) -> None:
    """Without its IKE stanzas the site has nothing to judge; with an IKE stanza that nobody understands, who knows."""
    folder = copied(tmp_path)
    config = folder / "point" / "configs" / "ce01.cfg"
    views = config.read_text("utf-8").split("\n#\n")
    kept = [view for view in views if not view.lstrip().startswith(("ike ", "ipsec ", "pki "))]
    assert len(kept) < len(views)
    for odd, word in (("", "not-applicable"), ("\n#\nike new-feature on", "inconclusive")):
        config.write_text("\n#\n".join([*kept[:-1], kept[-1]]).replace("\nreturn", f"{odd}\n#\nreturn"), "utf-8")
        shutil.copyfile(FIXTURES / "huawei" / "point" / "access.yaml", folder / "point" / "access.yaml")
        vouch_again(FIXTURES / "huawei", folder, yaml.safe_load((folder / "system.yaml").read_bytes()))
        assert judged(folder)[1]["NA-RAS-03"]["verdict"] == word
