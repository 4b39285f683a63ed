"""A small system under test, written by hand into a folder: synthetic people, one declaration."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from stdnum.cn import ric

from conformance.evidence.key import VARIABLE
from conformance.standard.standards import Standards, text_digest

ROOT = Path(__file__).parents[1]
TARGET = "population.person"
#: Any key will do: with one from outside a run writes none beside the data.
KEY = "5a" * 32

Row = Mapping[str, str]


def citizen_number(address: str, born: str, sequence: str) -> str:
    """A number of nobody: the check character is right, the sequence number one that only samples use."""
    body = address + born + sequence
    return body + str(ric.calc_check_digit(body + "0"))


#: Two invented people without a fault, under the identifiers of DB37/T 4223.1.
PEOPLE: tuple[Row, ...] = (
    {"RYBH": "R0001", "GMSFHM": citizen_number("370102", "19900101", "981"), "XM": "甄无名", "CSRQ": "19900101"},
    {"RYBH": "R0002", "GMSFHM": citizen_number("370202", "20001231", "982"), "XM": "贾不存", "CSRQ": "20001231"},
)


@dataclass(frozen=True)
class SmallSystem:
    """One dataset of persons; ``target`` and ``more`` are merged into the declaration's target and top level."""

    rows: Sequence[Row] = PEOPLE
    header: tuple[str, ...] = tuple(PEOPLE[0])
    columns: Mapping[str, Any] = field(default_factory=dict)
    target: Mapping[str, Any] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)

    def write(self, folder: Path) -> Path:
        """Write data and declaration; the path of the declaration."""
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "person.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, self.header)
            writer.writeheader()
            writer.writerows(self.rows)
        target: dict[str, Any] = {
            "source": {"path": "person.csv", "format": "csv", "encoding": "utf-8", "delimiter": ",", "quote": '"'},
            "as_of": "20261121",
            "key": ["RYBH"],
            "columns": {name: name for name in self.header} | dict(self.columns),
        }
        declaration = {
            "lubiao": 1,
            "system": {"product": "样例", "vendor": "无", "version": "1.0", "build": {"kind": "declared", "id": "x"}},
            "claims": {"standards": [{"id": "db37-4223.1", "edition": "2020"}], "classes": ["数据元"]},
            "targets": {TARGET: target | dict(self.target)},
        }
        path = folder / "system.yaml"
        path.write_text(yaml.safe_dump(declaration | dict(self.more), allow_unicode=True, sort_keys=False), "utf-8")
        return path


def faulty() -> SmallSystem:
    """The small system with one fault: the first name ends in a blank, so DE-BLANK is red and nothing else."""
    return SmallSystem(rows=({**PEOPLE[0], "XM": "甄无名 "}, PEOPLE[1]))


def waiver(requirement: str, label: str, expires: str = "2099-01-01T00:00:00+08:00", **other: str) -> dict[str, str]:
    """A waiver that pins the requirement's present text."""
    standards = Standards.load([("db37-4223.1", "2020")], ROOT / "standards")
    digest = text_digest(standards.requirements[requirement])
    named = {"requirement": requirement, "target": f"{TARGET}.{label}" if label else TARGET}
    return {**named, "owner": "张三", "reason": "迁移中", "digest": digest, "expires": expires} | other


def run_pytest(
    system: Path | None, *arguments: str, folder: Path, autoload: bool = False
) -> subprocess.CompletedProcess[bytes]:
    """The same run under pytest alone, in a process and a folder of its own.

    ``autoload``: as a vendor types it, with every plugin of the environment; without, half as slow and the same.
    """
    command = [sys.executable, "-m", "pytest", "--pyargs", "conformance.suites", "-p", "no:cacheprovider"]
    known = {**os.environ, VARIABLE: KEY, "PYTHONDONTWRITEBYTECODE": "1"}
    known["PYTHONPATH"] = os.pathsep.join((str(folder), str(ROOT)))
    if not autoload:
        command += ["-p", "conformance.plugin"]
        known["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    if system is not None:
        command += ["--system", str(system)]
    return subprocess.run([*command, *arguments], cwd=folder, env=known, capture_output=True, check=False)
