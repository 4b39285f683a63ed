"""A bundle of a small register of organisations, ways to forge it, and other editions of the packs."""

from __future__ import annotations

import copy
import csv
import shutil
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import yaml
from small_system import KEY, PEOPLE, ROOT

from conformance.bundle.model import Bundle
from conformance.bundle.reading import bundle_of, read_bundle
from conformance.bundle.records import FINDING, Record
from conformance.bundle.writing import Ended, bundle_contents
from conformance.checking import check
from conformance.evidence.key import VARIABLE
from conformance.report.digests import results_digest
from conformance.run import Options

STANDARDS = ROOT / "standards"
#: Code, name, day of registration, division and staff of organisations; nothing is wrong but one type's code.
ENTITIES: tuple[Mapping[str, str], ...] = tuple(
    {
        "LX": type_,
        "MC": f"不存在第{'一二三四五六七八'[place]}公司",
        "RQ": f"2015010{place + 1}",
        "DM": "370102",
        "RS": "12",
    }
    for place, type_ in enumerate(("11", "11", "111", "111", "111", "1", "1", "999"))
)
COLUMNS = {
    "LX": {"element": "4223.2-05-008", "mandatory": True},
    "MC": "4223.2-05-005",
    "RQ": "4223.2-05-022",
    "DM": {"element": "4223.2-05-019", "division": {"system": "gbt-2260", "levels": ["county"]}},
    "RS": "4223.2-05-072",
}
Edit = Callable[[str], str]
#: Bundles of this process, gone with it.
_HELD = TemporaryDirectory(prefix="lubiao-replay-")


def written(folder: Path, rows: Sequence[Mapping[str, str]] = ENTITIES, **more: Any) -> Path:
    """The declaration of the organisations, and two people without a fault."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, records in (("entity.csv", rows), ("person.csv", PEOPLE)):
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(records[0]))
            writer.writeheader()
            writer.writerows(records)
    shape = {"format": "csv", "encoding": "utf-8", "delimiter": ",", "quote": '"'}
    packs = ("db37-4223.1", "db37-4223.2", "divisions")
    editions = {"divisions": "2026"}
    declaration = {
        "lubiao": 1,
        "system": {"product": "样例", "vendor": "无", "version": "1.0", "build": {"kind": "declared", "id": "x"}},
        "claims": {
            "standards": [{"id": id_, "edition": editions.get(id_, "2020")} for id_ in packs],
            "classes": ["数据元", "区划代码"],
        },
        "targets": {
            "legal.entity": {"source": {"path": "entity.csv", **shape}, "as_of": "20261121", "columns": COLUMNS},
            "population.person": {
                "source": {"path": "person.csv", **shape},
                "as_of": "20261121",
                "key": ["RYBH"],
                "columns": {name: name for name in PEOPLE[0]},
            },
        },
    }
    path = folder / "system.yaml"
    path.write_text(yaml.safe_dump(declaration | more, allow_unicode=True, sort_keys=False), "utf-8")
    return path


@cache
def made(whole: bool = False, **_: Any) -> Path:
    """The folder of a bundle; ``whole``: nothing in it is wrong."""
    folder = Path(_HELD.name) / str(whole)
    rows = ENTITIES[:-1] if whole else ENTITIES
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, KEY)
        check(written(folder, rows), report=folder / "report", formats=("json",), options=Options(sample_limit=5))
    return folder / "report"


def bundle(*, whole: bool = False) -> Bundle:
    """The bundle read."""
    return read_bundle(made(whole=whole))


def forged(
    held: Bundle,
    report: Callable[[dict[str, Any]], None] | None = None,
    record: Callable[[dict[str, Any]], None] | None = None,
    records: Callable[[list[Record]], None] | None = None,
) -> Bundle:
    """The bundle with its report or its records edited, and every digest made anew: it agrees with itself."""
    value = copy.deepcopy(dict(held.report))
    kept = [Record(one.kind, copy.deepcopy(one.body)) for one in held.chain.records]
    if report is not None:
        report(value)
        value["resultsDigest"] = results_digest(value["findings"])
    for one in kept if record is not None else ():
        if one.kind == FINDING and record is not None:
            record(one.body)
    if records is not None:
        records(kept)
    contents = bundle_contents(Ended(value, tuple(kept)), ())
    return bundle_of(contents)


def root_with(folder: Path, edits: Mapping[str, Edit], new: Mapping[str, str] | None = None) -> Path:
    """A folder of packs in which some files are edited (by ``pack/edition/file``); a pack in ``new`` keeps its old
    edition, and has the edited one under a new name.
    """
    root = folder / "standards"
    shutil.copytree(STANDARDS, root)
    for pack, edition in (new or {}).items():
        (old,) = (path for path in (root / pack).iterdir() if path.is_dir())
        shutil.copytree(old, root / pack / edition)
        head = root / pack / edition / "standard.yaml"
        head.write_text(head.read_text("utf-8").replace(f'edition: "{old.name}"', f'edition: "{edition}"', 1), "utf-8")
    for name, edit in edits.items():
        path = root / name
        before = path.read_text("utf-8")
        after = edit(before)
        assert after != before, name
        path.write_text(after, "utf-8")
    return root


def without_line(start: str) -> Edit:
    """Leaves out the only line that begins so."""

    def edit(text: str) -> str:
        lines = text.splitlines(keepends=True)
        kept = [line for line in lines if not line.startswith(start)]
        assert len(lines) - len(kept) == 1
        return "".join(kept)

    return edit


def replaced(old: str, new: str) -> Edit:
    """Replaces what stands there once."""

    def edit(text: str) -> str:
        assert text.count(old) == 1, (old, text.count(old))
        return text.replace(old, new)

    return edit
