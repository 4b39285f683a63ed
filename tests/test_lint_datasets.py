"""The linter over datasets: a sound one is silent, each fault is found and named, and the linter outlives any YAML."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conformance.messages import catalogue
from conformance.standard.lint import LintFinding, lint
from conformance.standard.pack import load_yaml, standards_root

HEAD = """\
id: x
edition: "2026"
number: X 1—2026
title: {zh: 例, en: Example}
issued: ""
effective: ""
status: draft
replaces: []
dialect: ga-542
provenance: text
sources: []
licence: none
note: {zh: 例, en: Example}
"""
ELEMENTS = """\
id,name,pinyin,identifier,object_class,property,representation,type,format,domain,unit,min,max,synonyms,version,\
status,class,clause,personal,halfwidth,definition,provenance,source,conflict
x-1,编号,bian-hao,BH,人,编号,编号,字符型,c4,,,,,,1,标准,人员,5.1,,,,text,通读,
x-2,出生日期,chu-sheng-ri-qi,CSRQ,人,出生,日期,日期型,d8,,,,,,1,标准,人员,5.2,,,,text,通读,
x-3,登记日期,deng-ji-ri-qi,DJRQ,人,登记,日期,日期型,d8,,,,,,1,标准,人员,5.2,,,,text,通读,
x-4,区划代码,qu-hua-dai-ma,QHDM,人,区划,代码,字符型,n6,division:gbt-2260,,,,,1,标准,人员,5.3,,,,text,通读,
x-5,相片,xiang-pian,XP,人,相片,影像,二进制,bn,,,,,,1,标准,人员,5.4,,,,text,通读,
"""
DATASET = """\
id: people
edition: "2026"
title: {zh: 人员, en: People}
standard: X 1—2026
clause: "5"
provenance: reconstructed
source: ours
resource: "307001000001000001"
key: [BH]
date: DJRQ
fields:
  - {name: BH, element: x-1, occurs: "1"}
  - {name: CSRQ, element: x-2, occurs: "0..1"}
  - {name: DJRQ, element: x-3, occurs: "1"}
  - {name: QHDM, element: x-4, occurs: "1", division: {system: gbt-2260, levels: [county]}, date: DJRQ}
relations:
  - {kind: order, roles: {first: CSRQ, second: DJRQ}, provenance: reconstructed}
"""
BORN = '  - {name: CSRQ, element: x-2, occurs: "0..1"}\n'
PLACE = "division: {system: gbt-2260, levels: [county]}, "

Lint = Callable[[str], tuple[LintFinding, ...]]


@pytest.fixture
def linted(tmp_path: Path) -> Lint:
    """Lints a pack whose one dataset is the text given."""
    return lambda text: lint(pack(tmp_path, text))


def pack(folder: Path, dataset: str, beside: str = "") -> Path:
    """Write a pack with one dataset, or with a second one beside it."""
    root = folder / "x" / "2026"
    for name in ("elements", "datasets"):
        (root / name).mkdir(parents=True, exist_ok=True)
    (root / "standard.yaml").write_text(HEAD, "utf-8")
    (root / "elements" / "a.csv").write_text(ELEMENTS.replace("\\\n", ""), "utf-8", newline="\n")
    (root / "datasets" / "people.yaml").write_text(dataset, "utf-8")
    if beside:
        (root / "datasets" / "others.yaml").write_text(beside, "utf-8")
    return root


BAD: list[tuple[str, str, str, str]] = [
    ("bad-dataset", "lint.dataset.file-name", "id: people", "id: persons"),
    ("bad-dataset", "lint.dataset.text", 'edition: "2026"', "edition: 2026"),
    ("bad-dataset", "lint.dataset.text", '"307001000001000001"', "307001000001000001"),
    ("bad-dataset", "lint.dataset.items", BORN, BORN + "  - CSRQ\n"),
    ("bad-dataset", "lint.dataset.items", "  - {kind: order", "  - order\n  - {kind: order"),
    ("bad-dataset", "lint.dataset.key", "key: [BH]", "key: BH"),
    ("bad-dataset", "lint.dataset.key", "key: [BH]", "key: []"),
    ("bad-dataset", "lint.dataset.duplicate-field", BORN, BORN * 2),
    ("bad-dataset", "lint.dataset.field-name", BORN, BORN + BORN.replace("CSRQ", "csrq")),
    ("bad-dataset", "lint.dataset.field-name", BORN, BORN + BORN.replace("CSRQ", "A" * 31)),
    ("bad-dataset", "lint.dataset.field-name", BORN, BORN + BORN.replace("CSRQ", "CS_RQ")),
    ("bad-dataset", "lint.dataset.occurs", 'x-2, occurs: "0..1"', 'x-2, occurs: "0..n"'),
    ("bad-dataset", "lint.dataset.occurs", 'x-1, occurs: "1"', "x-1, occurs: 1"),
    ("bad-dataset", "lint.dataset.binary", BORN, BORN + BORN.replace("CSRQ", "XP").replace("x-2", "x-5")),
    ("bad-dataset", "lint.dataset.division", PLACE, ""),
    ("bad-dataset", "lint.dataset.division", "gbt-2260", "gbt-9999"),
    ("bad-dataset", "lint.dataset.division", "levels: [county]", "levels: [hamlet]"),
    ("bad-dataset", "lint.dataset.division", "levels: [county]", "levels: []"),
    ("bad-dataset", "lint.dataset.division", "element: x-2, ", f"element: x-2, {PLACE}"),
    ("bad-dataset", "lint.dataset.relation", "kind: order", "kind: friend"),
    ("bad-dataset", "lint.dataset.relation", "kind: order", "kind: reference"),
    ("bad-dataset", "lint.dataset.roles", "second: DJRQ", "third: DJRQ"),
    ("bad-dataset", "lint.dataset.roles", "{first: CSRQ, second: DJRQ}", "[CSRQ, DJRQ]"),
    ("dangling-field", "lint.dataset.unknown-element", "x-2", "x-9"),
    ("dangling-field", "lint.dataset.unknown-field", "key: [BH]", "key: [BH, XM]"),
    ("dangling-field", "lint.dataset.unknown-field", "\ndate: DJRQ", "\ndate: XM"),
    ("dangling-field", "lint.dataset.unknown-field", ", date: DJRQ}", ", date: XM}"),
    ("dangling-field", "lint.dataset.unknown-field", "first: CSRQ", "first: XM"),
    ("missing-translation", "lint.missing-translation", "{zh: 人员, en: People}", "{zh: 人员}"),
    ("missing-key", "lint.missing-key", "source: ours\n", ""),
    ("missing-key", "lint.missing-key", 'x-2, occurs: "0..1"', "x-2"),
    ("unknown-provenance", "lint.unknown-word", '5"\nprovenance: reconstructed', '5"\nprovenance: hearsay'),
    ("unknown-provenance", "lint.unknown-word", "}, provenance: reconstructed}", "}, provenance: hearsay}"),
    ("file-shape", "lint.file.unreadable", "fields:", "fields: ["),
]


def test_a_sound_dataset_is_silent(linted: Lint) -> None:
    assert linted(DATASET) == ()


@pytest.mark.parametrize(
    ("rule", "text", "old", "new"), BAD, ids=[f"{text}-{n}" for n, (_, text, _, _) in enumerate(BAD)]
)
def test_each_fault_of_a_dataset_is_found(rule: str, text: str, old: str, new: str, linted: Lint) -> None:
    assert old in DATASET
    found = linted(DATASET.replace(old, new))
    assert (rule, text) in {(each.rule, each.message.id) for each in found}
    if rule != "file-shape":
        assert {each.rule for each in found} == {rule}, found
    assert {each.path for each in found} == {"datasets/people.yaml"}
    assert all(all(each.message.both().values()) for each in found)


def test_every_message_over_datasets_has_a_bad_example() -> None:
    messages = {text for _, text, _, _ in BAD if text.startswith("lint.dataset.")} | {"lint.dataset.resource"}
    assert {id_ for id_ in catalogue() if id_.startswith("lint.dataset.")} == messages


def test_two_datasets_share_no_resource_code(tmp_path: Path) -> None:
    beside = DATASET.replace("id: people", "id: others")
    found = lint(pack(tmp_path, DATASET, beside))
    assert [(each.message.id, each.subject) for each in found] == [
        ("lint.dataset.resource", "others"),
        ("lint.dataset.resource", "people"),
    ]


def test_a_dataset_of_another_standard_keeps_its_id(tmp_path: Path) -> None:
    root = pack(tmp_path, DATASET)
    other = tmp_path / "y" / "1"
    (other / "datasets").mkdir(parents=True)
    (other / "standard.yaml").write_text(HEAD.replace("id: x", "id: y").replace('2026"\nn', '1"\nn'), "utf-8")
    (other / "datasets" / "people.yaml").write_text(DATASET, "utf-8")
    (found,) = lint(root)
    assert (found.rule, found.subject) == ("duplicate-id", "people")


def test_the_other_files_of_the_exchange_pack_are_read(tmp_path: Path) -> None:
    root = pack(tmp_path, DATASET)
    (root / "mapping.yaml").write_text("provenance: hearsay\ntitle: {zh: 映射}\n", "utf-8")
    (root / "package.yaml").write_text("- 1\n", "utf-8")
    found = {(each.path, each.rule) for each in lint(root)}
    assert found == {
        ("package.yaml", "file-shape"),
        ("mapping.yaml", "missing-translation"),
        ("mapping.yaml", "unknown-provenance"),
    }


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text("Aa1{[:", max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text("Aa1", max_size=2), inner, max_size=2),
    max_leaves=4,
)
FIELD = st.dictionaries(st.sampled_from(["name", "element", "occurs", "division", "date"]), ANYTHING, max_size=5)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(key=st.sampled_from(sorted(yaml.safe_load(DATASET))), value=ANYTHING | st.lists(FIELD, max_size=2))
def test_the_linter_outlives_whatever_a_dataset_holds(key: str, value: Any, linted: Lint) -> None:
    changed = {**yaml.safe_load(DATASET), key: value}
    for each in linted(yaml.safe_dump(changed, allow_unicode=True)):
        assert each.message.both()["zh"]


def test_the_datasets_of_the_exchange_pack_stand_in_the_table_of_standards() -> None:
    entries = load_yaml(standards_root() / "catalogue.yaml")
    known = {entry["number"]: entry["pack"] for entry in entries}
    datasets = [
        load_yaml(path) for path in sorted((standards_root() / "exchange" / "2019" / "datasets").glob("*.yaml"))
    ]
    assert {known.get(dataset["standard"]) for dataset in datasets} == {"exchange@2019"}
    assert {dataset["provenance"] for dataset in datasets} == {"reconstructed"}
