"""The generated schemas are those of the packs, compile everywhere, and admit what ``docs/exchange.md`` shows."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from lxml import etree
from xmlschema import XMLSchema10

from conformance.standard.model import DatasetSpec, Provenance
from conformance.standard.pack import load_yaml
from conformance.standard.schemas import generate
from conformance.standard.schemas.__main__ import FOLDER, faults, main, write
from conformance.standard.schemas.ddl import tables_of
from conformance.standard.schemas.facets import SchemaField, record_fields
from conformance.standard.schemas.mapping import read_mapping
from conformance.standard.standards import Standards

STANDARDS = Standards.load([("exchange", "2019")])
PACK = STANDARDS.exchange_folder()
MAPPING = read_mapping(load_yaml(PACK / "mapping.yaml"))
FILES = generate(STANDARDS)
DATASETS = sorted(STANDARDS.datasets)
XS = "{http://www.w3.org/2001/XMLSchema}"
HEADER = {"dataset": "birth-registration", "edition": "2020"}
PACKAGE = "11370000000000000W_birth-registration_F_000001"


def text(name: str) -> str:
    return (PACK / FOLDER / name).read_text("utf-8")


def xsd(name: str) -> etree.XMLSchema:
    return etree.XMLSchema(etree.fromstring(text(f"{name}.xsd").encode()))


def test_checked_in_schemas_are_current() -> None:
    assert [one.render("en") for one in faults(PACK / FOLDER, FILES)] == []


def test_a_stale_a_missing_and_an_unknown_file_are_told(tmp_path: Path) -> None:
    write(tmp_path, {"a.xsd": "1", "b.sql": "2", "d": "4"})
    told = [(one.id, one.params["file"]) for one in faults(tmp_path, {"a.xsd": "1", "b.sql": "3", "c": "4"})]
    assert told == [("schemas.stale", "b.sql"), ("schemas.missing", "c"), ("schemas.unknown", "d")]
    write(tmp_path, {"c": "4"})
    assert list(faults(tmp_path, {"c": "4"})) == []


def test_check_says_that_a_changed_pack_has_stale_schemas(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for pack in STANDARDS.root.iterdir():
        if pack.name != "exchange":
            (tmp_path / pack.name).symlink_to(pack)
    copy = tmp_path / "exchange" / PACK.name
    copy.mkdir(parents=True)
    for each in PACK.iterdir():
        if each.name != "package.yaml":
            (copy / each.name).symlink_to(each)
    package = (PACK / "package.yaml").read_text("utf-8")
    (copy / "package.yaml").write_text(package, "utf-8")
    assert main(["--check"], tmp_path) == 0
    (copy / "package.yaml").write_text(package.replace("urn:db37:exchange", "urn:another"), "utf-8")
    assert main(["--check"], tmp_path) == 1
    assert "birth-registration.xsd" in capsys.readouterr().err


@pytest.mark.parametrize("name", [*DATASETS, "metadata"])
def test_every_xsd_compiles_in_both_engines(name: str) -> None:
    xsd(name)
    schema = XMLSchema10(text(f"{name}.xsd"), defuse="always", allow="none")
    assert etree.fromstring(text(f"{name}.xsd").encode()).get("elementFormDefault") == "qualified"
    assert not schema.identities


@pytest.mark.parametrize("name", [*DATASETS, "manifest"])
def test_every_json_schema_is_one(name: str) -> None:
    schema = json.loads(text(f"{name}.schema.json"))
    assert schema["$schema"].endswith("2020-12/schema")
    Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("name", DATASETS)
def test_every_ddl_runs_and_says_what_the_dataset_says(name: str) -> None:
    spec = STANDARDS.datasets[name]
    with sqlite3.connect(":memory:") as database:
        database.executescript(text(f"{name}.sql"))
        for table in tables_of(spec, STANDARDS, MAPPING):
            rows = database.execute(f'PRAGMA table_info("{table.name}")').fetchall()
            assert [(row[1], row[2], bool(row[3])) for row in rows] == [
                (column.name, column.type, column.not_null) for column in table.columns
            ]
            assert [row[1] for row in sorted(rows, key=lambda row: row[5]) if row[5]] == list(table.key)
    table, batches = tables_of(spec, STANDARDS, MAPPING)
    assert [column.name for column in table.columns] == [*spec.names, "PCH", "CZLX", "CZSJ", "CLZT"]
    assert [column.name for column in batches.columns] == ["PCH", "JLS", "SCSJ"]
    mandatory = {field.name for field in spec.fields if field.mandatory}
    assert {column.name for column in table.columns if column.not_null} == {*mandatory, "PCH", "CZLX", "CZSJ", "CLZT"}
    assert set(table.key) <= {column.name for column in table.columns if column.not_null}


def test_text_stays_text_in_a_table() -> None:
    with sqlite3.connect(":memory:") as database:
        for name in DATASETS:
            database.executescript(text(f"{name}.sql"))
            for table in tables_of(STANDARDS.datasets[name], STANDARDS, MAPPING):
                columns = [column.name for column in table.columns]
                values = ["007.50"] * len(columns)
                marks = ", ".join("?" * len(columns))
                database.execute(f'INSERT INTO "{table.name}" VALUES ({marks})', values)  # noqa: S608
                assert database.execute(f'SELECT * FROM "{table.name}"').fetchone() == tuple(values)  # noqa: S608


@pytest.mark.parametrize("name", DATASETS)
def test_each_form_names_the_fields_of_the_dataset(name: str) -> None:
    spec = STANDARDS.datasets[name]
    record = json.loads(text(f"{name}.schema.json"))["$defs"]["record"]
    assert list(record["properties"]) == ["CZLX", *spec.names]
    assert record["required"] == [field.name for field in spec.fields if field.mandatory]
    content = XMLSchema10(text(f"{name}.xsd"), allow="none").types["record"].model_group
    assert content is not None
    assert [each.local_name for each in content.iter_elements()] == ["CZLX", *spec.names]
    fields = record_fields(spec, STANDARDS, MAPPING)
    for field, documentation in zip(fields, _documentation(name), strict=True):
        assert all(word in documentation for word in (field.title, field.id, field.notation))


def _documentation(name: str) -> list[str]:
    root = etree.fromstring(text(f"{name}.xsd").encode())
    record = root.find(f"{XS}complexType[@name='record']")
    return [one.text or "" for one in record.iter(f"{XS}documentation")] if record is not None else []


# ---- whole files


def record_of(spec: DatasetSpec) -> dict[str, str]:
    """A record that a schema admits: something in each mandatory field."""
    fields = record_fields(spec, STANDARDS, MAPPING)
    return {field.name: _some(field) for field in fields if field.facets.mandatory}


def _some(field: SchemaField) -> str:
    if field.facets.values:
        return field.facets.values[0]
    return "1" * (int(field.notation[1:]) if field.notation.startswith("d") else max(1, field.facets.minimum))


def xml_of(spec: DatasetSpec, body: list[dict[str, str]], namespace: str = "", **changed: str) -> etree._Element:
    package = f"11370000000000000W_{spec.id}_F_000001"
    header = {"packageId": package, "dataset": spec.id, "edition": spec.edition, "records": str(len(body))} | changed
    inside = {"header": header, "body": [("record", record) for record in body]}
    return tree(namespace or STANDARDS.exchange.namespace_of(spec.id, spec.edition), "dataset", inside)


def tree(namespace: str, name: str, content: Any) -> etree._Element:
    """An element with text, or with members by name, or with a list of members."""
    root = etree.Element(f"{{{namespace}}}{name}")
    if isinstance(content, str):
        root.text = content
    else:
        for each, inside in content.items() if isinstance(content, dict) else content:
            root.append(tree(namespace, each, inside))
    return root


def json_of(spec: DatasetSpec, records: list[dict[str, str]]) -> dict[str, Any]:
    package = f"11370000000000000W_{spec.id}_F_000001"
    header = {"packageId": package, "dataset": spec.id, "edition": spec.edition, "records": len(records)}
    return {"header": header, "body": records}


@pytest.mark.parametrize("name", DATASETS)
def test_whole_files_are_valid_with_and_without_records(name: str) -> None:
    spec, schema = STANDARDS.datasets[name], xsd(name)
    validator = Draft202012Validator(json.loads(text(f"{name}.schema.json")))
    one = record_of(spec)
    for records in ([], [one], [{"CZLX": "U"} | one, one]):
        schema.assertValid(xml_of(spec, records))
        validator.validate(json_of(spec, records))
    for broken in ({"CZLX": "X"} | one, one | {"ZZZZ": "1"}, dict(list(one.items())[1:])):
        assert not schema.validate(xml_of(spec, [one, broken]))
        assert not validator.is_valid(json_of(spec, [one, broken]))


@pytest.mark.parametrize(
    "changed",
    [
        {"dataset": "cremation"},
        {"edition": "2021"},
        {"packageId": "x"},
        {"records": "-1"},
        {"records": "+1"},
        {"namespace": "urn:another"},
    ],
)
def test_a_wrong_header_is_invalid(changed: dict[str, str]) -> None:
    spec = STANDARDS.datasets["birth-registration"]
    assert not xsd(spec.id).validate(xml_of(spec, [], **changed))


def test_fields_stand_in_order_in_xml_and_in_any_order_in_json() -> None:
    spec = STANDARDS.datasets["birth-registration"]
    turned = dict(reversed(record_of(spec).items()))
    assert not xsd(spec.id).validate(xml_of(spec, [turned]))
    Draft202012Validator(json.loads(text(f"{spec.id}.schema.json"))).validate(json_of(spec, [turned]))


def test_a_value_in_json_is_text() -> None:
    spec = STANDARDS.datasets["birth-registration"]
    validator = Draft202012Validator(json.loads(text(f"{spec.id}.schema.json")))
    values: list[Any] = [None, 1, True, ["1"], {}]
    for value in values:
        file: Any = json_of(spec, [record_of(spec)])
        file["body"][0]["CSYZ"] = value
        assert not validator.is_valid(file), value


# ---- the envelope


def manifest() -> dict[str, Any]:
    """The manifest that ``docs/exchange.md`` shows, with an attachment."""
    digest = {"algorithm": "SHA-256", "value": "0" * 64}
    name = "data/birth-registration_001.xml"
    data = {"name": name, "role": "data", "format": "xml", "encoding": "UTF-8", "records": 20, "bytes": 12345}
    return {
        "lubiao": "exchange-package/1",
        "packageId": PACKAGE,
        "provider": "11370000000000000W",
        "resource": "307001000001000001",
        **HEADER,
        "mode": "F",
        "batch": "000001",
        "recordCount": 20,
        "createdAt": "2026-11-21T09:00:00+08:00",
        "contact": {"name": "样本", "phone": "0531-00000000"},
        "files": [
            data | {"digest": digest},
            {"name": "attachments/a.pdf", "role": "attachment", "bytes": 0, "digest": digest | {"algorithm": "SM3"}},
        ],
    }


def test_the_manifest_of_the_contract_is_valid() -> None:
    Draft202012Validator(json.loads(text("manifest.schema.json"))).validate(manifest())


@pytest.mark.parametrize("name", sorted(manifest()))
def test_a_manifest_without_a_member_is_invalid(name: str) -> None:
    broken = {member: value for member, value in manifest().items() if member != name}
    assert not Draft202012Validator(json.loads(text("manifest.schema.json"))).is_valid(broken)


def _first(name: str, value: object) -> Callable[[dict[str, Any]], None]:
    return lambda m: m["files"][0].__setitem__(name, value)


@pytest.mark.parametrize(
    "change",
    [
        lambda m: m.update(lubiao="exchange-package/2"),
        lambda m: m.update(mode="X"),
        lambda m: m.update(batch="1"),
        lambda m: m.update(batch="000001\n"),
        lambda m: m.update(batch=1),
        lambda m: m.update(recordCount="20"),
        lambda m: m.update(recordCount=-1),
        lambda m: m.update(recordCount=True),
        lambda m: m.update(createdAt="2026-11-21T09:00:00"),
        lambda m: m.update(createdAt="2026-11-21"),
        lambda m: m.update(more=""),
        lambda m: m.update(provider=""),
        lambda m: m["contact"].pop("phone"),
        _first("role", "other"),
        _first("role", "metadata"),
        _first("format", "xlsx"),
        _first("encoding", "utf-8"),
        _first("records", 1.5),
        _first("digest", {"algorithm": "MD5", "value": "0" * 64}),
        _first("digest", {"algorithm": "SM3", "value": "F" * 64}),
        _first("digest", {"algorithm": "SM3", "value": "0" * 63}),
        lambda m: m["files"][0].pop("records"),
        lambda m: m["files"][1].update(records=1),
    ],
)
def test_a_wrong_manifest_is_invalid(change: Callable[[dict[str, Any]], None]) -> None:
    broken = deepcopy(manifest())
    change(broken)
    assert not Draft202012Validator(json.loads(text("manifest.schema.json"))).is_valid(broken)


METADATA = {
    "resTitle": "出生登记信息",
    "abstract": "样本",
    "resID": "307001000001000001",
    "pointOfContact": {"rpOrgName": "样本局", "rpOrgCode": "11370000000000000W"},
    "tpCat": "307001",
    "resFormat": "交换包",
    "resManagement": "集中",
    "shareType": "有条件共享",
    "shareCondition": "样本",
    "updateCycle": "每日",
    "pubDate": "2026-11-21",
    "serviceInfo": "样本",
    "onLineSrc": "样本",
    "mdContact": "样本局",
    "mdVersion": "1.0",
}
OPTIONAL = {
    *("resFormat", "resManagement", "shareCondition", "updateCycle", "pubDate", "serviceInfo", "onLineSrc"),
    *("mdContact", "mdVersion"),
}


def metadata(values: dict[str, Any]) -> etree._Element:
    return tree("urn:db37:2885:2016", "metadata", values)


def test_metadata_have_the_fifteen_elements_of_clause_6() -> None:
    raw = load_yaml(PACK / "metadata.yaml")
    assert [item["clause"] for item in raw["elements"]] == [f"6.{number}" for number in range(1, 16)]
    lost = [item["clause"] for item in raw["elements"] if item["name_provenance"] == "reconstructed"]
    assert lost == ["6.1", "6.9", "6.10"]
    xsd("metadata").assertValid(metadata(METADATA))


@pytest.mark.parametrize("name", list(METADATA))
def test_metadata_may_lack_only_what_is_optional(name: str) -> None:
    less = {tag: value for tag, value in METADATA.items() if tag != name}
    assert xsd("metadata").validate(metadata(less)) == (name in OPTIONAL)
    assert not xsd("metadata").validate(metadata(METADATA | {name: ""}))


@pytest.mark.parametrize("date", ["2026-11-31", "20261121", "2026-11-21Z", "2026-1-1"])
def test_a_date_of_metadata_is_one(date: str) -> None:
    assert not xsd("metadata").validate(metadata(METADATA | {"pubDate": date}))


@pytest.mark.parametrize("name", ["mapping.yaml", "manifest.yaml", "metadata.yaml"])
def test_what_no_text_was_seen_of_says_so(name: str) -> None:
    assert Provenance[load_yaml(PACK / name)["provenance"].upper()] is Provenance.RECONSTRUCTED


def test_each_mapping_rule_has_its_basis() -> None:
    for rule in load_yaml(PACK / "mapping.yaml")["rules"]:
        assert rule["text"]["zh"] and rule["text"]["en"]
        assert rule["basis"]
        assert all(basis["provenance"] == "reconstructed" for basis in rule["basis"])
