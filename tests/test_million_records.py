"""A million records, one in a thousand broken: the counts are exact, and those of a plain reader of the same file."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime
from pathlib import Path

import polars as pl
import yaml

from conformance.run import Options, prepare
from conformance.sample.packages import write_package
from conformance.sample.records import records
from conformance.standard.standards import Standards

DATASET, TARGET, AS_OF = "registered-population", "population", "20261121"
RECORDS, EVERY = 1_000_000, 1000
#: Every kind of fault that is made has its turn at one record in a thousand.
KINDS = 4


def broken(kind: int) -> pl.Expr:
    return pl.int_range(pl.len()) % (KINDS * EVERY) == kind * EVERY + EVERY // 2


def made(folder: Path, standards: Standards) -> Path:
    """The package: names left out, unknown codes, days that do not exist, whole records repeated."""
    spec = standards.datasets[DATASET]
    faults = {"XM": pl.lit(None), "MZDM": pl.lit("99"), "HJDJRQ": pl.lit("20260230")}
    again = pl.when(broken(len(faults))).then(pl.all().shift(1)).otherwise(pl.all())
    frame = records(spec, standards, 3, RECORDS, AS_OF).with_columns(again)
    changed = [
        pl.when(broken(kind)).then(fault).otherwise(pl.col(name)).alias(name)
        for kind, (name, fault) in enumerate(faults.items())
    ]
    made_at = "2026-11-20T09:00:00+08:00"
    return write_package(folder, spec, frame.with_columns(changed), standards, format="jsonl", created_at=made_at)


def plain_count(package: Path, standards: Standards) -> Counter[str]:
    """What a plain reader counts, record by record, with nothing of ours but the code list."""
    groups = {code.code for code in standards.codes["gbt-3304"].codes}
    found: Counter[str] = Counter()
    keys: Counter[str] = Counter()
    with (package / "data" / f"{DATASET}_001.jsonl").open("rb") as file:
        for line in file:
            record = json.loads(line)
            found["rows"] += 1
            found[f"DE-MANDATORY[{TARGET}.姓名]"] += not record.get("XM")
            found[f"DE-DOMAIN[{TARGET}.民族代码]"] += record["MZDM"] not in groups
            found[f"DE-DATE[{TARGET}.户籍登记日期]"] += not is_day(record["HJDJRQ"])
            keys[record["GMSFHM"]] += 1
    found[f"DS-KEY[{TARGET}]"] = sum(times for times in keys.values() if times > 1)
    return found


def is_day(text: str) -> bool:
    try:
        datetime.strptime(text, "%Y%m%d")
    except ValueError:
        return False
    return True


def test_counts_over_a_million_records_are_exact(tmp_path: Path) -> None:
    standards = Standards.load([("exchange", "2019")])
    package = made(tmp_path, standards)
    target = {"kind": "package", "dataset": DATASET, "source": {"path": package.name}, "as_of": AS_OF}
    declaration = {
        "lubiao": 1,
        "system": {"product": "p", "vendor": "v", "version": "1", "build": {"kind": "declared", "id": "1"}},
        "claims": {"standards": [{"id": "exchange", "edition": "2019"}]},
        "targets": {TARGET: target},
    }
    (tmp_path / "system.yaml").write_text(yaml.safe_dump(declaration, allow_unicode=True), "utf-8")
    run = prepare(tmp_path / "system.yaml", Options())
    findings = [run.finding(one) for one in run.plan.assignments]
    assert run.failure is None
    counts = {f"{one.requirement.id}[{one.target}]": one.violations for one in findings if one.violations}
    plain = plain_count(package, standards)
    assert plain.pop("rows") == RECORDS
    assert counts == dict(plain)
    assert sum(counts.values()) == (KINDS + 1) * RECORDS // (KINDS * EVERY)
    assert not any(one.undecided for one in findings)
