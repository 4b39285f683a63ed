"""The OpenAPI documents: fresh, valid OpenAPI 3.1, and of one mind with the data elements and the convention."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import schemathesis
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR

from conformance.cli import main
from conformance.sample.strategies import broken_values, values
from conformance.standard.model import Field
from conformance.standard.services.model import Interface, Registration
from conformance.standard.services.openapi import openapi_document, write_openapi
from conformance.standard.services.reading import interface_of
from conformance.standard.standards import Standards
from conformance.system.problem import Place
from conformance.system.service.registrations import read_registrations

NODE = Path(__file__).parents[1] / "fixtures" / "exchange-node"
STANDARDS = Standards.load([("services", "2020")])
RULES = STANDARDS.services
REGISTRATIONS = {one.id: one for one in read_registrations(NODE / "registrations", Place(1, 1, ""))}
#: What a schema can see of a broken value: the facets that the exchange schemas state, too.
SEEN = {"length", "format", "domain"}


def interface(registration: Registration) -> Interface:
    found = interface_of(registration, STANDARDS.elements, RULES)
    assert found is not None
    return found


@cache
def document(id_: str) -> Mapping[str, Any]:
    """The document as whoever reads the file sees it."""
    one = REGISTRATIONS[id_]
    return dict(yaml.safe_load(write_openapi(openapi_document(one, interface(one), RULES, STANDARDS))))


def operation(id_: str) -> tuple[str, Mapping[str, Any]]:
    ((_, methods),) = document(id_)["paths"].items()
    ((method, found),) = methods.items()
    return method, found


def schemas(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every schema of a document, with where it stands."""
    for key, inner in value.items() if isinstance(value, dict) else ():
        if key == "schema":
            yield f"{path}/{key}", inner
        elif key == "schemas":
            yield from ((f"{path}/{key}/{name}", one) for name, one in inner.items())
        else:
            yield from schemas(inner, f"{path}/{key}")
    for number, inner in enumerate(value if isinstance(value, list) else ()):
        yield from schemas(inner, f"{path}/{number}")


def valid(id_: str, schema: Any, value: Any) -> bool:
    """Whether a value is as a schema of the document says."""
    return Draft202012Validator({**schema, "components": document(id_)["components"]}).is_valid(value)


def body(id_: str) -> Any:
    (content,) = operation(id_)[1]["requestBody"]["content"].values()
    return content["schema"]


def answer(id_: str, status: str = "200") -> Any:
    return operation(id_)[1]["responses"][status]["content"]["application/json"]["schema"]


@pytest.mark.parametrize("id_", REGISTRATIONS)
def test_the_document_is_openapi(id_: str) -> None:
    found = dict(document(id_))
    assert OPENAPI_31_VALIDATOR.is_valid(found), [error.message for error in OPENAPI_31_VALIDATOR.iter_errors(found)]
    assert not OPENAPI_31_VALIDATOR.is_valid({**found, "paths": {"no-slash": {}}})


@pytest.mark.parametrize("id_", REGISTRATIONS)
def test_every_schema_in_it_is_json_schema_and_every_reference_leads_somewhere(id_: str) -> None:
    seen = list(schemas(document(id_)))
    assert len(seen) > 8
    for path, schema in seen:
        Draft202012Validator.check_schema(schema)
        assert isinstance(schema, dict), path
    for reference in references(document(id_)):
        place: Any = document(id_)
        for part in reference.removeprefix("#/").split("/"):
            place = place[part]


def references(value: Any) -> Iterator[str]:
    for key, inner in value.items() if isinstance(value, dict) else ():
        if key == "$ref":
            yield inner
        yield from references(inner)
    for inner in value if isinstance(value, list) else ():
        yield from references(inner)


@pytest.mark.parametrize("id_", REGISTRATIONS)
def test_schemathesis_finds_its_one_operation(id_: str) -> None:
    (found,) = schemathesis.openapi.from_dict(dict(document(id_))).get_all_operations()
    assert isinstance(found, Ok) and found.ok().method == operation(id_)[0]


def test_parameters_travel_as_registered() -> None:
    method, query = operation("enterprise-query")
    names = [one["name"] for one in query["parameters"] if "name" in one]
    assert method == "get" and "requestBody" not in query
    assert names == [one["name"] for one in REGISTRATIONS["enterprise-query"].raw["parameters"]] + ["PAGE", "PAGENUM"]
    assert {one["$ref"].rpartition("/")[2] for one in query["parameters"] if "$ref" in one} == set(
        RULES.signing.headers.values()
    )
    method, form = operation("population-query")
    assert method == "post" and [*form["requestBody"]["content"]] == ["application/x-www-form-urlencoded"]
    assert {"STARTNUM", "PAGENUM"} <= set(body("population-query")["required"])
    assert [*operation("enterprise-transfer")[1]["requestBody"]["content"]] == ["application/json"]


def test_refusals_are_those_of_the_catalogue_that_may_come() -> None:
    told = {id_: codes(id_) for id_ in REGISTRATIONS}
    assert set().union(*told.values()) == {error.code for error in RULES.errors.values()}
    conflict, paging, content = (
        RULES.errors[id_].code for id_ in ("batch-conflict", "bad-paging", "wrong-content-type")
    )
    assert {id_ for id_, found in told.items() if conflict in found} == {"enterprise-transfer"}
    assert {id_ for id_, found in told.items() if paging in found} == {"enterprise-query", "population-query"}
    assert {id_ for id_, found in told.items() if content not in found} == {"enterprise-query", "enterprise-download"}


def codes(id_: str) -> set[str]:
    """The codes of refusals, each under its status."""
    found = set()
    for status, response in operation(id_)[1]["responses"].items():
        if status != "200":
            (_, own) = response["content"]["application/json"]["schema"]["allOf"]
            several = own["properties"]["code"]["enum"]
            assert all(str(known.status) == status for known in map(RULES.error_of, several) if known)
            found |= set(several)
    return found


def fields() -> list[tuple[str, Field, Mapping[str, Any]]]:
    """The fields of all documents, each element once, with the schema of its values."""
    found: dict[str, tuple[str, Field, Mapping[str, Any]]] = {}
    for id_, registration in REGISTRATIONS.items():
        one = interface(registration)
        record = document(id_)["components"]["schemas"].get("Record", {"properties": {}})["properties"]
        for field in (*one.parameters, *one.results):
            if field.name in record:
                found.setdefault(field.element.id, (id_, field, record[field.name]))
    return list(found.values())


FIELDS = fields()


@settings(max_examples=120, deadline=None)
@given(st.data())
def test_a_schema_admits_what_the_element_admits_and_refuses_what_it_can_see(data: st.DataObject) -> None:
    id_, field, schema = data.draw(st.sampled_from(FIELDS))
    assert valid(id_, schema, data.draw(values(field.element, STANDARDS)))
    facet, value = data.draw(broken_values(field.element, STANDARDS))
    closed_list = "enum" in schema
    seen = facet in SEEN and not field.division_system and (facet != "domain" or closed_list)
    assert not (seen and valid(id_, schema, value)), (field.name, facet)


def test_fields_are_many_and_some_lists_are_closed() -> None:
    assert len(FIELDS) > 40
    assert any("enum" in schema for _, _, schema in FIELDS)


@pytest.mark.parametrize("value", ["", 1, True, None, ["男"], {"a": "b"}])
def test_every_value_is_text_and_none_is_empty(value: Any) -> None:
    assert not any(valid(id_, schema, value) for id_, _, schema in FIELDS)


def rows(fields_: tuple[Field, ...]) -> st.SearchStrategy[dict[str, str]]:
    """Records with every mandatory field, and some of the others."""
    whole = {field.name: values(field.element, STANDARDS) for field in fields_}
    mandatory = {field.name: whole.pop(field.name) for field in fields_ if field.mandatory}
    return st.fixed_dictionaries(mandatory, optional=whole)


@settings(max_examples=5, deadline=None)
@given(rows(interface(REGISTRATIONS["enterprise-query"]).results))
def test_the_envelope_of_a_query(row: dict[str, str]) -> None:
    good = {"code": "00000", "message": "成功", "requestId": "r1", "data": {"total": 1, "rows": [row]}}
    schema = answer("enterprise-query")
    assert valid("enterprise-query", schema, good)
    assert valid("enterprise-query", schema, {**good, "data": {"total": 0, "rows": []}})
    for wrong in (
        {**good, "code": "40001"},
        {**good, "extra": 1},
        {**good, "message": None},
        {**good, "data": {"total": "1", "rows": []}},
        {**good, "data": {"rows": []}},
        {**good, "data": {"total": 1, "rows": [{**row, "MORE": "x"}]}},
        {**good, "data": {"total": 101, "rows": [row] * 101}},
        {**good, "data": {"total": 1, "rows": [{key: text for key, text in row.items() if key != "JGMC"}]}},
        {key: value for key, value in good.items() if key != "requestId"},
    ):
        assert not valid("enterprise-query", schema, wrong), wrong


def test_the_envelopes_of_the_other_classes() -> None:
    head = {"code": "00000", "message": "成功", "requestId": "r1"}
    verify, transfer = answer("population-verify"), answer("enterprise-transfer")
    assert valid("population-verify", verify, {**head, "data": {"result": "0"}})
    assert not valid("population-verify", verify, {**head, "data": {"result": "2"}})
    assert not valid("population-verify", verify, {**head, "data": {"result": "1", "XM": "甲"}})
    receipt = {"series": "s-1", "batch": "000001", "records": 3, "receipt": "x"}
    assert valid("enterprise-transfer", transfer, {**head, "data": receipt})
    assert not valid("enterprise-transfer", transfer, {**head, "data": {**receipt, "batch": "1"}})
    refused = {"code": "40903", "message": "m", "requestId": "r2"}
    assert valid("enterprise-transfer", answer("enterprise-transfer", "409"), refused)
    assert valid("enterprise-transfer", answer("enterprise-transfer", "409"), {**refused, "data": None})
    assert not valid("enterprise-transfer", answer("enterprise-transfer", "400"), refused)
    assert not valid("enterprise-transfer", answer("enterprise-transfer", "409"), {**refused, "trace": "x"})


@settings(max_examples=5, deadline=None)
@given(rows(interface(REGISTRATIONS["enterprise-transfer"]).parameters))
def test_the_batch_of_a_transfer(record: dict[str, str]) -> None:
    schema = body("enterprise-transfer")
    insert = {"CZLX": "I", **record}
    batch = {"series": "s-1", "batch": "000001", "records": [insert]}
    assert valid("enterprise-transfer", schema, batch)
    for wrong in (
        {**batch, "records": []},
        {**batch, "records": [record]},
        {**batch, "records": [{"CZLX": "X", **record}]},
        {**batch, "records": [insert] * 101},
        {**batch, "batch": "1"},
        {**batch, "series": ""},
        {**batch, "more": 1},
    ):
        assert not valid("enterprise-transfer", schema, wrong), wrong


def test_a_download_tells_its_records_and_its_digest() -> None:
    response = operation("enterprise-download")[1]["responses"]["200"]
    assert set(response["headers"]) == {"X-Record-Count", "X-Content-SHA256"}
    assert [*response["content"]] == ["application/x-ndjson"]


def test_the_documents_of_the_reference_node_are_fresh(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["openapi", str(NODE / "system.yaml"), "-o", str(NODE / "openapi"), "--check"])
    assert code == 0, capsys.readouterr().err
    written = {path.name for path in (NODE / "openapi").iterdir()}
    assert written == {f"{id_}.yaml" for id_ in REGISTRATIONS}


def test_stale_and_missing_documents_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["openapi", str(NODE / "system.yaml"), "-o", str(tmp_path / "out"), "--lang", "en"]
    assert main([*command, "--check"]) == 1 and not (tmp_path / "out").exists()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("kept")
    assert main(command) == 0 and main([*command, "--check"]) == 0
    path = tmp_path / "out" / "enterprise-query.yaml"
    path.write_text(path.read_text("utf-8").replace("3.1.0", "3.0.0"), "utf-8")
    capsys.readouterr()
    assert main([*command, "--check"]) == 1
    assert "enterprise-query.yaml" in capsys.readouterr().err
    assert (tmp_path / "out" / "mine.txt").read_text() == "kept"


def test_what_cannot_be_written_is_configuration(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("x")
    assert main(["openapi", str(NODE / "system.yaml"), "-o", str(tmp_path / "file")]) == 2
    assert main(["openapi", str(tmp_path / "none.yaml"), "-o", str(tmp_path)]) == 2
    system = NODE / "system.yaml"
    (tmp_path / "registrations").mkdir()
    (tmp_path / "system.yaml").write_text(system.read_text("utf-8"), "utf-8")
    command = ["openapi", str(tmp_path / "system.yaml"), "-o", str(tmp_path / "out")]
    assert main(command) == 2
    (tmp_path / "registrations" / "a.yaml").write_text("id: a\n", "utf-8")
    good = (NODE / "registrations" / "population-verify.yaml").read_text("utf-8")
    (tmp_path / "registrations" / "b.yaml").write_text(good, "utf-8")
    capsys.readouterr()
    assert main(command) == 2
    assert "a.yaml" in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["population-verify.yaml"]


def test_a_declaration_without_services_has_no_documents(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    system = NODE.parent / "exchange" / "system.yaml"
    assert main(["openapi", str(system), "-o", str(tmp_path)]) == 2
    assert capsys.readouterr().err.strip()
