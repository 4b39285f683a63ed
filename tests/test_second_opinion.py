"""The second opinion names the field and the facet, tells structure apart, and raises nothing whatever it is shown."""

from __future__ import annotations

import json
from html import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.standard.standards import Standards
from conformance.system.second_opinion import Complaint, SecondOpinion

STANDARDS = Standards.load([("exchange", "2019")])
SPEC = STANDARDS.datasets["birth-registration"]
OPINION = SecondOpinion(SPEC, STANDARDS.exchange, STANDARDS.exchange_folder() / "schemas")
GOOD = {
    "CSYXZMBH": "Q370000001",
    "XM": "样本甲",
    "XBDM": "1",
    "CSRQ": "20200101",
    "CSTZ": "3500",
    "MQXM": "样本乙",
    "MQGMSFHM": "11010519491231002X",
    "HH": "000001",
    "HJDXZQHDM": "370102",
    "HJDZ": "样本街道1号",
    "CSDJRQ": "20200102",
    "HJDJJGMC": "样本派出所",
}
BROKEN = Complaint("", "structure")
CASES = [
    ({}, set()),
    ({"CZLX": "I"}, set()),
    ({"CZLX": "X"}, set()),  # EX-OPERATION says that
    ({"XM": None}, {Complaint("XM", "mandatory")}),
    ({"XM": ""}, {Complaint("XM", "mandatory")}),
    ({"XBDM": ""}, {Complaint("XBDM", "mandatory")}),
    ({"CSRQ": None, "HH": ""}, {Complaint("CSRQ", "mandatory"), Complaint("HH", "mandatory")}),
    ({"GMSFHM": ""}, set()),
    ({"CSTZ": ""}, set()),
    ({"MZDM": ""}, set()),
    ({"DBTBZ": ""}, set()),
    ({"XM": "𠮷" * 30}, set()),
    ({"XM": "𠮷" * 31}, {Complaint("XM", "length")}),
    ({"XBDM": "01"}, {Complaint("XBDM", "length")}),
    ({"XBDM": "7"}, {Complaint("XBDM", "domain")}),
    ({"GMSFHM": "1"}, {Complaint("GMSFHM", "length")}),
    ({"CSTZ": "123456"}, {Complaint("CSTZ", "length")}),
    ({"CSTZ": "x"}, {Complaint("CSTZ", "length")}),
    ({"CSTZ": "3500.5"}, {Complaint("CSTZ", "format")}),
    ({"CSSC": "50.55"}, {Complaint("CSSC", "format")}),
    ({"CSSC": "５０"}, {Complaint("CSSC", "length")}),
    ({"CSRQ": "2020-01-01"}, {Complaint("CSRQ", "format")}),
    ({"CSRQ": "20200231"}, set()),  # DE-DATE is no facet
    ({"DBTBZ": "2"}, {Complaint("DBTBZ", "format")}),
    ({"HJDXZQHDM": "37"}, set()),  # AD-FORM is no facet
]


def xml(record: dict[str, str | None], wrap: str = "{}") -> bytes:
    fields = "".join(f"<{n}>{escape(v)}</{n}>" for n, v in record.items() if v is not None)
    return wrap.format(f"<record>{fields}</record>").encode()


def ordered(record: dict[str, str | None]) -> dict[str, str | None]:
    names = ["CZLX", *SPEC.names]
    return dict(sorted(record.items(), key=lambda pair: names.index(pair[0])))


@pytest.mark.parametrize(("changed", "complaints"), CASES)
def test_a_broken_facet_is_named_in_both_formats(changed: dict[str, str | None], complaints: set[Complaint]) -> None:
    record = ordered({**GOOD, **changed})
    members = {name: value for name, value in record.items() if value is not None}
    assert set(OPINION.judge(xml(record), "xml")) == complaints
    for format_ in ("json", "jsonl"):
        assert set(OPINION.judge(json.dumps(members, ensure_ascii=False).encode(), format_)) == complaints


WHOLE = xml({**GOOD}).decode()
NAMESPACE = STANDARDS.exchange.namespace_of(SPEC.id, SPEC.edition)


@pytest.mark.parametrize(
    ("fragment", "complaints"),
    [
        (WHOLE.replace("<record>", f'<record xmlns="{NAMESPACE}">'), set()),
        (WHOLE.replace("<", "<x:").replace("<x:/", "</x:"), set()),
        (WHOLE.replace("样本甲", "样<!-- -->本<?p ?>甲"), set()),
        (WHOLE.replace("样本甲", "<![CDATA[样本]]>&#x7532;"), set()),
        (WHOLE.replace("样本甲", "<!-- -->"), {Complaint("XM", "mandatory")}),
        (WHOLE.replace("样本甲", "甲" * 20 + "<!-- -->" + "甲" * 20), {Complaint("XM", "length")}),
        (WHOLE.replace("<record>", '<record xmlns="urn:another">'), {BROKEN}),
        (WHOLE.replace("<record>", '<record a="1">'), {BROKEN}),
        (WHOLE.replace("<record>", "<record>text"), {BROKEN}),
        (WHOLE.replace("<XBDM>", "<ZZZ/><XBDM>"), {BROKEN}),
        (WHOLE.replace("<XBDM>1</XBDM>", "<XBDM>1</XBDM><XBDM>7</XBDM>"), {BROKEN}),
        (WHOLE.replace("<XBDM>1</XBDM>", "<XBDM>7</XBDM><XBDM>1</XBDM>"), {BROKEN, Complaint("XBDM", "domain")}),
        (WHOLE.replace("<HH>000001</HH>", "").replace("</record>", "<HH>1</HH></record>"), {BROKEN}),
        (WHOLE.replace("<XM>", '<XM b="1">'), {Complaint("XM", "structure")}),
        (WHOLE.replace("样本甲", "<i>甲</i>"), {Complaint("XM", "structure"), Complaint("XM", "mandatory")}),
        (WHOLE + WHOLE, {BROKEN}),
        (WHOLE[:-1], {BROKEN}),
        ("", {BROKEN}),
        ("<other/>", {BROKEN}),
        (f"{WHOLE}</d><d>", {BROKEN}),
        (f"<!DOCTYPE d [<!ENTITY e 'x'>]>{WHOLE}", {BROKEN}),
        (WHOLE.replace("样本甲", "&e;"), {BROKEN}),
        (f'<?xml version="1.0"?>{WHOLE}', {BROKEN}),
        ("<a>" * 5000 + "</a>" * 5000, {BROKEN}),
        ("<record>" + "<XM>" * 200 + "</XM>" * 200 + "</record>", None),
        ("\x00", {BROKEN}),
        ("<xs:record/>", None),
        ("<xml:record/>", {BROKEN}),
        ("<xmlns:record/>", {BROKEN}),
    ],
)
def test_the_structure_of_an_xml_record(fragment: str, complaints: set[Complaint] | None) -> None:
    found = set(OPINION.judge(fragment.encode(), "xml"))
    assert found == complaints if complaints is not None else found


@pytest.mark.parametrize(
    ("fragment", "complaints"),
    [
        (json.dumps(GOOD | {"ZZZ": "1"}), {BROKEN}),
        (json.dumps(GOOD | {"XM": None}), {Complaint("XM", "structure"), Complaint("XM", "mandatory")}),
        (json.dumps(GOOD | {"GMSFHM": None}), {Complaint("GMSFHM", "structure")}),
        (json.dumps(GOOD | {"XBDM": 1}), {Complaint("XBDM", "structure")}),
        (json.dumps(GOOD | {"XM": {"XM": "甲"}}), {Complaint("XM", "structure")}),
        (json.dumps(GOOD)[:-1] + ', "XM": "乙"}', {BROKEN}),
        (json.dumps(GOOD)[:-1] + ', "XBDM": "7"}', {BROKEN, Complaint("XBDM", "domain")}),
        (json.dumps(GOOD)[:-1] + ', "CSTZ": NaN}', {BROKEN}),
        (json.dumps(GOOD)[:-1], {BROKEN}),
        (json.dumps(GOOD | {"XM": "\ud800"}), set()),
        ("[]", {BROKEN}),
        ("null", {BROKEN}),
        ('""', {BROKEN}),
        ("", {BROKEN}),
        ("[" * 100_000, {BROKEN}),
        ('{"XM":' + "[" * 900 + "]" * 900 + "}", None),
        ("9" * 5000, {BROKEN}),
    ],
)
def test_the_structure_of_a_json_record(fragment: str, complaints: set[Complaint] | None) -> None:
    found = set(OPINION.judge(fragment.encode(), "json"))
    assert found == complaints if complaints is not None else found


def test_an_attribute_that_names_a_schema_fetches_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("something was fetched")

    monkeypatch.setattr("socket.socket.connect", refuse)
    monkeypatch.setattr("urllib.request.OpenerDirector.open", refuse)
    instance = "http://www.w3.org/2001/XMLSchema-instance"
    for hint in ('schemaLocation="urn:a http://192.0.2.1/a.xsd"', 'noNamespaceSchemaLocation="file:///etc/hostname"'):
        fragment = WHOLE.replace("<record>", f'<record xmlns:i="{instance}" i:{hint}>')
        assert OPINION.judge(fragment.encode(), "xml") == ()
    nil = WHOLE.replace("<XM>样本甲", f'<XM xmlns:i="{instance}" i:nil="true">')
    assert Complaint("XM", "structure") in OPINION.judge(nil.encode(), "xml")


@settings(max_examples=150, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=60),
        st.builds(
            lambda a, b, c: (a + c + b).encode("utf-8", "replace"),
            st.sampled_from([WHOLE, "<record><XM>", '{"XM": "', "[", "<!DOCTYPE a ["]),
            st.sampled_from(["</XM></record>", '"}', ""]),
            st.text(max_size=20),
        ),
    )
)
def test_nothing_is_raised_whatever_the_fragment_holds(fragment: bytes) -> None:
    for format_ in ("xml", "json"):
        assert all(one.field in {"", "CZLX", *SPEC.names} for one in OPINION.judge(fragment, format_))
