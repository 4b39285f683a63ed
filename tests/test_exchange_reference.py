"""Reference packages of every dataset conform in every format, through the whole line; a fault is told to its line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from conformance import check
from conformance.cli import main
from conformance.run import Options
from conformance.sample.broken import break_facet
from conformance.sample.packages import write_package
from conformance.sample.records import records
from conformance.standard.standards import Standards

FORMATS = ("xml", "json", "jsonl", "csv")
AS_OF, MADE = "20261121", "2026-11-20T09:00:00+08:00"
STANDARDS = Standards.load([("exchange", "2019")])


def declared(folder: Path, targets: dict[str, Any]) -> Path:
    raw = {
        "lubiao": 1,
        "system": {"product": "p", "vendor": "v", "version": "1", "build": {"kind": "declared", "id": "1"}},
        "claims": {"standards": [{"id": "exchange", "edition": "2019"}], "classes": ["交换格式", "数据元", "区划代码"]},
        "targets": targets,
    }
    path = folder / "system.yaml"
    path.write_text(yaml.safe_dump(raw, allow_unicode=True), "utf-8")
    return path


def target(dataset: str, package: Path, folder: Path) -> dict[str, Any]:
    source = {"path": package.relative_to(folder).as_posix()}
    return {"kind": "package", "dataset": dataset, "source": source, "as_of": AS_OF}


def test_packages_of_every_dataset_conform_in_every_format(tmp_path: Path) -> None:
    targets = {}
    for number, (id_, spec) in enumerate(STANDARDS.datasets.items()):
        frame = records(spec, STANDARDS, number, 40, AS_OF)
        for format_ in FORMATS:
            out = tmp_path / format_
            package = write_package(out, spec, frame, STANDARDS, format=format_, created_at=MADE, metadata=True)
            targets[f"{id_}.{format_}"] = target(id_, package, tmp_path)
    outcome = check(declared(tmp_path, targets))
    red = [one["id"] for one in outcome.report["findings"] if one["verdict"] not in ("pass", "not-applicable")]
    assert red == []
    assert outcome.exit_code == 0
    assert {one["dataset"] for one in outcome.report["findings"]} == targets.keys()


@pytest.mark.parametrize("format_", FORMATS)
def test_one_fault_is_the_same_finding_in_every_format_and_told_to_its_line(format_: str, tmp_path: Path) -> None:
    spec = STANDARDS.datasets["birth-registration"]
    whole = records(spec, STANDARDS, 5, 30, AS_OF)
    fault = break_facet(whole, spec, "date", 11, STANDARDS)
    package = write_package(tmp_path, spec, fault.frame, STANDARDS, format=format_, created_at=MADE)
    path = declared(tmp_path, {"births": target(spec.id, package, tmp_path)})
    outcome = check(path, report=tmp_path / "report", formats=("json", "html", "junit"))
    assert outcome.exit_code == 1
    (red,) = (one for one in outcome.report["findings"] if one["verdict"] == "fail")
    name = spec.field(fault.field).element.name
    assert (red["requirement"], red["target"]) == ("DE-DATE", f"births.{name}")
    (sample,) = red["samples"]
    where = sample["where"]
    assert (sample["row"], where["file"]) == (fault.row, f"data/{spec.id}_001.{format_}")
    lines = (package / where["file"]).read_text("utf-8").splitlines()
    key = fault.frame[spec.key[0]][fault.row - 1]
    assert key in "".join(lines[where["line"] - 1 : where["line"] + len(spec.fields) + 2])
    assert (
        where["path"]
        == {
            "xml": f"/dataset/body/record[{fault.row}]/{fault.field}",
            "json": f"$.body[{fault.row - 1}].{fault.field}",
            "jsonl": f"$[{fault.row - 1}].{fault.field}",
            "csv": fault.field,
        }[format_]
    )
    told = json.dumps(outcome.report, ensure_ascii=False)
    assert fault.frame["MQGMSFHM"][fault.row - 1] not in told
    shown = f"{where['file']}:{where['line']}"
    assert shown in (tmp_path / "report" / "report.html").read_text("utf-8")
    assert shown in (tmp_path / "report" / "junit.xml").read_text("utf-8")


@pytest.mark.parametrize("format_", ["xml", "json", "csv"])
def test_a_schema_that_disagrees_is_the_harness_fault_never_the_products(
    format_: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from conformance.system.second_opinion import Complaint, SecondOpinion  # noqa: PLC0415 - what is replaced

    monkeypatch.setattr(SecondOpinion, "judge", lambda *_: (Complaint("XM", "length"),))
    spec = STANDARDS.datasets["birth-registration"]
    frame = records(spec, STANDARDS, 5, 10, AS_OF)
    package = write_package(tmp_path, spec, frame, STANDARDS, format=format_, created_at=MADE)
    outcome = check(
        declared(tmp_path, {"births": target(spec.id, package, tmp_path)}), options=Options(sample_limit=20)
    )
    assert outcome.exit_code == 3
    (open_,) = (one for one in outcome.report["findings"] if one["verdict"] == "inconclusive")
    assert (open_["requirement"], open_["attribution"], open_["undecided"]) == ("EX-STRUCTURE", "harness", 10)


#: A terminal's red, a right-to-left override, markup.
AWKWARD = "attachments/\x1b[31mx\u202e<script>alert(1)</script>.txt"


def test_a_hostile_name_neither_drives_the_terminal_nor_enters_the_page(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = STANDARDS.datasets["birth-registration"]
    package = write_package(
        tmp_path, spec, records(spec, STANDARDS, 5, 3, AS_OF), STANDARDS, format="xml", created_at=MADE
    )
    hostile = package / AWKWARD
    hostile.parent.mkdir(parents=True)
    hostile.write_text("x", "utf-8")
    path = declared(tmp_path, {"births": target(spec.id, package, tmp_path)})
    assert main(["check", str(path), "--report", str(tmp_path / "report")]) == 1
    shown = capsys.readouterr()
    pages = [(tmp_path / "report" / name).read_text("utf-8") for name in ("report.html", "junit.xml")]
    for text in (shown.out, shown.err, *pages):
        assert "\x1b" not in text
        assert "\u202e" not in text
        assert "<script>alert" not in text
