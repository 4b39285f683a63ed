"""Registrations of interfaces: sound ones are green, each fault turns just its rule red, nothing breaks the judge."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.judge.service.answers import Reading
from conformance.judge.service.registration import read_registration, read_unique
from conformance.judge.service.rules import REGISTRATION_RULES
from conformance.standard.services.model import Registration
from conformance.standard.services.openapi import openapi_document, write_openapi
from conformance.standard.services.reading import interface_of
from conformance.standard.standards import Standards
from conformance.system.problem import ConfigurationError, Place
from conformance.system.service.registrations import read_registrations

FOLDER = Path(__file__).parents[1] / "fixtures" / "exchange-node" / "registrations"
PLACE = Place(1, 1, "targets.node.service.registrations")
STANDARDS = Standards.load([("services", "2020")])
RULES = STANDARDS.services
SOUND = {one.id: one for one in read_registrations(FOLDER, PLACE)}
QUERY, FORM_QUERY, VERIFY = SOUND["enterprise-query"], SOUND["population-query"], SOUND["population-verify"]
TRANSFER, DOWNLOAD = SOUND["enterprise-transfer"], SOUND["enterprise-download"]
#: Stands for leaving an item out.
GONE = object()
PERSONAL = {"name": "FDDBRXM", "element": "4223.2-05-034", "occurs": "0..1"}
BINARY = next(id_ for id_, element in STANDARDS.elements.items() if element.format.kind == "binary")


def changed(sound: Registration, *changes: tuple[str, Any]) -> Registration:
    """The registration with other values at some paths (``provider.code``, ``results.0.name``)."""
    raw = copy.deepcopy(dict(sound.raw))
    for path, value in changes:
        *within, last = [int(part) if part.isdigit() else part for part in path.split(".")]
        place: Any = raw
        for part in within:
            place = place[part]
        if value is GONE:
            del place[last]
        elif isinstance(last, int) and last == len(place):
            place.append(value)
        else:
            place[last] = value
    return Registration(sound.id, sound.file, raw)


def judged(registration: Registration) -> Reading:
    return read_registration(registration, RULES, STANDARDS)


def code(text: str, digit: str) -> str:
    return text[:13] + digit + text[14:]


@pytest.mark.parametrize("id_", SOUND)
def test_the_registrations_of_the_reference_node_are_green(id_: str) -> None:
    reading = judged(SOUND[id_])
    assert reading.good, [(fault.rule, fault.where, fault.reason.render()) for fault in reading.faults]
    assert reading.checked == REGISTRATION_RULES


def test_the_reference_node_has_an_interface_of_each_class() -> None:
    assert {one.raw["class"] for one in SOUND.values()} == {"1", "2", "3", "4"}
    assert read_unique(tuple(SOUND.values()), RULES).good


NEAR_MISSES = [
    changed(QUERY, ("code", "P000002000001199")),
    changed(QUERY, ("code", "T000001000001101"), ("resource.code", "307002000001000001")),
    changed(QUERY, ("code", "T999999999999101"), ("resource.code", "307002999999999999")),
    changed(QUERY, ("contact.phone", "0531-00000000"), ("description", "一\n二"), ("version", "2")),
    changed(QUERY, ("paging", "start")),
    changed(QUERY, ("request", "form"), ("parameters.5", PERSONAL)),
    changed(QUERY, ("key", GONE), ("date", GONE)),
    changed(QUERY, ("parameters.2.division", GONE)),
    changed(QUERY, ("parameters.2.division", {"system": "gbt-2260"})),
    changed(QUERY, ("parameters", [])),
    changed(QUERY, ("limits.page_size", 1)),
    changed(QUERY, ("results.0.date", "HZRQ")),
    changed(
        QUERY,
        ("class", "9"),
        ("code", code("T000002000001101", "9")),
        ("name", "省市场监管局企业登记信息其他类"),
        ("paging", "none"),
        ("results", []),
        ("key", GONE),
        ("date", GONE),
    ),
]


@pytest.mark.parametrize("near", NEAR_MISSES, ids=range(len(NEAR_MISSES)))
def test_what_only_looks_wrong_is_green(near: Registration) -> None:
    reading = judged(near)
    assert reading.good, [(fault.rule, fault.where, fault.reason.render()) for fault in reading.faults]


RED: list[tuple[str, str, Registration]] = [
    ("form", "version", changed(QUERY, ("version", GONE))),
    ("form", "version", changed(QUERY, ("version", 1.0))),
    ("form", "description", changed(QUERY, ("description", ""))),
    ("form", "description", changed(QUERY, ("description", " x"))),
    ("form", "contact.department", changed(QUERY, ("contact.department", None))),
    ("form", "contact.fax", changed(QUERY, ("contact.fax", "1"))),
    ("form", "contact", changed(QUERY, ("contact", "数据资源处"))),
    ("form", "owner", changed(QUERY, ("owner", "x"))),
    ("form", "id", changed(QUERY, ("id", "Enterprise_Query"))),
    ("form", "path", changed(QUERY, ("path", "gateway/x"))),
    ("form", "path", changed(QUERY, ("path", "/gateway/x?y=1"))),
    ("form", "code", changed(QUERY, ("code", 2000001101))),
    ("form", "name", changed(QUERY, ("name", GONE))),
    ("form", "class", changed(QUERY, ("class", 1))),
    ("form", "request", changed(QUERY, ("request", ["query"]))),
    ("form", "paging", changed(QUERY, ("paging", GONE))),
    ("form", "protocol", changed(QUERY, ("protocol", GONE))),
    ("form", "provider", changed(QUERY, ("provider", "省市场监管局"))),
    ("form", "provider.code", changed(QUERY, ("provider.code", 113700000000000000))),
    ("form", "provider.short", changed(QUERY, ("provider.short", GONE))),
    ("form", "resource.code", changed(QUERY, ("resource.code", 307002000002000001))),
    ("form", "resource.name", changed(QUERY, ("resource.name", GONE))),
    ("form", "limits.rate", changed(QUERY, ("limits.rate", "500"))),
    ("form", "limits.rate", changed(QUERY, ("limits.rate", 0))),
    ("form", "limits.rate", changed(QUERY, ("limits.rate", True))),
    ("form", "parameters", changed(QUERY, ("parameters", {"name": "X"}))),
    ("form", "results", changed(QUERY, ("results", GONE))),
    ("form", "parameters[0]", changed(QUERY, ("parameters.0", "TYSHXYDM"))),
    ("form", "parameters[0].name", changed(QUERY, ("parameters.0.name", "tyshxydm"))),
    ("form", "parameters[0].occurs", changed(QUERY, ("parameters.0.occurs", "n"))),
    ("form", "parameters[0].element", changed(QUERY, ("parameters.0.element", GONE))),
    ("form", "parameters[2].division", changed(QUERY, ("parameters.2.division", "gbt-2260"))),
    ("form", "parameters[2].division", changed(QUERY, ("parameters.2.division", {"system": "gbt-2260", "levels": 6}))),
    ("form", "parameters[2].division", changed(QUERY, ("parameters.2.division", {"system": "gbt-2260", "scope": "3"}))),
    ("form", "key", changed(QUERY, ("key", "TYSHXYDM"))),
    ("form", "key", changed(TRANSFER, ("key", [1]))),
    ("name", "name", changed(QUERY, ("name", "山东省市场监督管理局企业登记信息查询类"))),
    ("name", "name", changed(QUERY, ("name", "省市场监管局查询类企业登记信息"))),
    ("name", "name", changed(QUERY, ("name", "省市场监管局企业登记信息下载类"))),
    ("name", "name", changed(QUERY, ("name", "省市场监管局企业登记信息查询"))),
    ("code", "code", changed(QUERY, ("code", "X000002000001101"))),
    ("code", "code", changed(QUERY, ("code", "T00000200000110"))),
    ("code", "code", changed(QUERY, ("code", "T0000020000011011"))),
    ("code", "code", changed(QUERY, ("code", "T00000200000１101"))),
    ("code", "code", changed(QUERY, ("code", "T000000000000101"))),
    ("code", "code", changed(QUERY, ("code", "t000002000001101"))),
    ("class", "class", changed(QUERY, ("code", code("T000002000001101", "4")))),
    ("class", "class", changed(QUERY, ("code", code("T000002000001101", "5")))),
    ("class", "class", changed(QUERY, ("class", "4"))),
    ("class", "class", changed(QUERY, ("class", "7"))),
    ("class", "class", changed(QUERY, ("class", "7"), ("code", code("T000002000001101", "7")))),
    ("class", "request", changed(QUERY, ("request", "json"))),
    ("class", "request", changed(QUERY, ("request", "soap"))),
    ("class", "paging", changed(QUERY, ("paging", "none"))),
    ("class", "paging", changed(QUERY, ("paging", "cursor"))),
    ("class", "paging", changed(VERIFY, ("paging", "page"))),
    ("class", "protocol", changed(QUERY, ("protocol", "HTTP"))),
    ("class", "results", changed(QUERY, ("results", []), ("parameters", []))),
    ("class", "results", changed(VERIFY, ("results", [{"name": "JG", "element": "4223.1-05-003", "occurs": "1"}]))),
    ("class", "key", changed(TRANSFER, ("key", GONE))),
    ("class", "parameters", changed(TRANSFER, ("parameters", []))),
    ("provider", "provider.code", changed(QUERY, ("provider.code", "11370000000000027M"))),
    ("provider", "provider.code", changed(QUERY, ("provider.code", "1137000000000027L"))),
    ("provider", "provider.code", changed(QUERY, ("provider.code", "11370000000000027l"))),
    ("provider", "resource.code", changed(QUERY, ("resource.code", "307002000002000002"))),
    ("provider", "resource.code", changed(QUERY, ("resource.code", "307002000000000000"))),
    ("provider", "resource.code", changed(QUERY, ("resource.code", "30700200000200001"))),
    ("elements", "parameters[0].element", changed(QUERY, ("parameters.0.element", "4223.2-99-999"))),
    ("elements", "results[0].element", changed(QUERY, ("results.0.element", "统一社会信用代码"))),
    ("elements", "results[1].element", changed(QUERY, ("results.1.element", BINARY))),
    ("elements", "parameters[1]", changed(QUERY, ("parameters.1.name", "TYSHXYDM"))),
    ("elements", "results[2]", changed(QUERY, ("results.2.name", "ZCH"))),
    ("elements", "parameters[1]", changed(QUERY, ("parameters.1.name", "PAGENUM"))),
    ("elements", "parameters[1]", changed(TRANSFER, ("parameters.1.name", "CZLX"))),
    ("elements", "parameters[0].division", changed(QUERY, ("parameters.0.division", {"system": "gbt-2260"}))),
    ("elements", "parameters[2].division", changed(QUERY, ("parameters.2.division.system", "iso-3166"))),
    ("elements", "results[0].date", changed(QUERY, ("results.0.date", "GXSJ"))),
    ("elements", "date", changed(QUERY, ("date", "GXSJ"))),
    ("elements", "key", changed(QUERY, ("key", ["TYSHXYDM", "XH"]))),
    ("personal", "parameters[5]", changed(QUERY, ("parameters.5", PERSONAL))),
    ("personal", "parameters[0]", changed(VERIFY, ("request", "query"), ("parameters", [VERIFY.raw["parameters"][0]]))),
]


@pytest.mark.parametrize(
    ("rule", "path", "wrong"), RED, ids=[f"{rule}-{path}-{n}" for n, (rule, path, _) in enumerate(RED)]
)
def test_one_fault_turns_its_rule_red_and_no_other(rule: str, path: str, wrong: Registration) -> None:
    reading = judged(wrong)
    told = {(fault.rule, fault.where.file, fault.where.path) for fault in reading.faults if fault.where}
    assert told == {(f"registration-{rule}", wrong.file, path)}
    assert all(fault.rule in reading.checked and all(fault.reason.both().values()) for fault in reading.faults)


def test_every_rule_has_its_red() -> None:
    assert {f"registration-{rule}" for rule, _, _ in RED} == set(REGISTRATION_RULES)


def test_what_is_not_of_the_form_is_judged_by_no_other_rule() -> None:
    assert "registration-code" not in judged(changed(QUERY, ("code", GONE))).checked
    assert "registration-class" not in judged(changed(QUERY, ("class", GONE))).checked
    assert "registration-name" not in judged(changed(QUERY, ("provider", GONE))).checked
    assert "registration-personal" not in judged(changed(QUERY, ("request", GONE))).checked


def test_a_fault_behind_another_is_told_beside_it() -> None:
    reading = judged(changed(QUERY, ("parameters.0.name", "x"), ("parameters.1.element", "none"), ("name", "x")))
    assert {(fault.rule, fault.where and fault.where.path) for fault in reading.faults} == {
        ("registration-form", "parameters[0].name"),
        ("registration-elements", "parameters[1].element"),
        ("registration-name", "name"),
    }


@pytest.mark.parametrize(
    ("path", "changes"),
    [
        ("code", (("path", "/gateway/api/1/other"),)),
        ("path", (("code", "T000002000001102"),)),
    ],
)
def test_two_interfaces_of_one_code_or_path_are_told(path: str, changes: tuple[tuple[str, Any], ...]) -> None:
    twin = changed(QUERY, *changes)
    twin = Registration("twin", "twin.yaml", twin.raw)
    reading = read_unique((*SOUND.values(), twin), RULES)
    assert [(fault.where.file, fault.where.path) for fault in reading.faults if fault.where] == [("twin.yaml", path)]
    assert reading.checked == ("registration-unique",) * (len(SOUND) + 1)
    assert "enterprise-query.yaml" in reading.faults[0].reason.render("en")


def test_one_path_under_two_methods_is_two_interfaces() -> None:
    other = changed(DOWNLOAD, ("path", QUERY.raw["path"]), ("request", "form"))
    assert read_unique((QUERY, other), RULES).good


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)
PATHS = sorted(
    {path for _, path, wrong in RED if "[" not in path and path.split(".")[0] in wrong.raw}
    | {"parameters.0", "parameters.2.division", "parameters.2.division.levels", "results.0.element", "results.0.name"}
    | {"limits", "limits.page_size", "resource", "date"}
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(PATHS), JUNK), min_size=1, max_size=3))
def test_no_registration_breaks_the_judge_and_none_is_repeated(changes: list[tuple[str, Any]]) -> None:
    wrong = QUERY
    for change in changes:
        try:
            wrong = changed(wrong, change)
        except (TypeError, KeyError, IndexError):
            continue
    reading = judged(wrong)
    read_unique((wrong, TRANSFER), RULES)
    assert all(fault.rule in REGISTRATION_RULES and fault.reason.both() for fault in reading.faults)
    interface = interface_of(wrong, STANDARDS.elements, RULES)
    if interface is not None:
        write_openapi(openapi_document(wrong, interface, RULES, STANDARDS))


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(QUERY.raw)), JUNK))
def test_no_mapping_breaks_the_judge(raw: dict[str, Any]) -> None:
    registration = Registration("x", "x.yaml", raw)
    assert not judged(registration).good
    interface_of(registration, STANDARDS.elements, RULES)


def folder(path: Path, **files: str | bytes) -> Path:
    for name, content in files.items():
        data = content if isinstance(content, bytes) else content.encode()
        (path / f"{name}.yaml").write_bytes(data)
    return path


def test_registrations_are_read_in_order_under_their_ids(tmp_path: Path) -> None:
    read = read_registrations(folder(tmp_path, b="id: one\n", a="id: ../../x\n", c="id: 7\nclass: 0123\n"), PLACE)
    assert [(one.id, one.file) for one in read] == [("a", "a.yaml"), ("one", "b.yaml"), ("c", "c.yaml")]
    assert read[2].raw["class"] == "0123"


BROKEN: list[tuple[str, Callable[[Path], Path]]] = [
    ("resolve.no-registrations", lambda path: path / "nowhere"),
    ("resolve.registrations-number", lambda path: path),
    ("resolve.registration-file", lambda path: folder(path, a="id: [\n")),
    ("resolve.registration-file", lambda path: folder(path, a=b"id: \xff\n")),
    ("resolve.registration-file", lambda path: folder(path, a="")),
    ("resolve.registration-file", lambda path: folder(path, a="id: x\nid: y\n")),
    ("resolve.registration-file", lambda path: folder(path, a="id: !!python/object:x.Y {}\n")),
    ("resolve.registration-file", lambda path: folder(path, a="&a [" + "*a," * 300 + "]")),
    ("resolve.registration-mapping", lambda path: folder(path, a="- id: x\n")),
    ("resolve.registration-twice", lambda path: folder(path, a="id: x\n", b="id: x\n")),
]


@pytest.mark.parametrize(("id_", "make"), BROKEN, ids=range(len(BROKEN)))
def test_what_cannot_be_read_is_configuration(id_: str, make: Callable[[Path], Path], tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read_registrations(make(tmp_path), PLACE)
    for problem in caught.value.problems:
        assert (problem.message.id, problem.path) == (id_, PLACE.path)
        assert all(problem.message.both().values()) and all(problem.mend.both().values())
