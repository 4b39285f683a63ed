"""Structure as the reader judges it is structure as the generated XSD has it, apart from facets and missing values.

The schema is the checked-in one with every facet taken out and every field of a record optional; libxml2 validates.
"""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from lxml import etree
from test_records_xml import DATASET, checked, rows, standards, told, xml_file
from test_records_xml_paths import documents

from conformance.judge.faults import FaultCounter
from conformance.system.records.model import FileClaim
from conformance.system.records.xml_file import XmlFile

XS = "{http://www.w3.org/2001/XMLSchema}"


@cache
def schema(dataset: str) -> etree.XMLSchema:
    """The dataset's schema without facets, its records' fields optional."""
    tree = etree.parse(standards().exchange_folder() / "schemas" / f"{dataset}.xsd")
    simple = {one.get("name") for one in tree.iter(f"{XS}simpleType")} - {None}
    for element in tree.iter(f"{XS}element"):
        if element.get("type") in simple or element.find(f"{XS}simpleType") is not None:
            element[:] = []
            element.set("type", "xs:string")
    for element in tree.iterfind(f".//{XS}complexType[@name='record']//{XS}element"):
        element.set("minOccurs", "0")
    return etree.XMLSchema(tree)


def parsed(data: bytes) -> etree._Element | None:
    """The root, or None where libxml2 finds the text not well formed."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        return etree.fromstring(data, parser)
    except etree.XMLSyntaxError:
        return None


@settings(max_examples=200, deadline=None)
@given(documents())
def test_a_fault_is_one_for_the_schema_too(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.xml"
        path.write_bytes(data)
        file = xml_file(path)
        rows(file)
    broken = {rule for rule, *_ in told(file)}
    assume(not broken & {"encoding", "doctype", "namespace"})
    root = parsed(data)
    assert (root is None) == ("well-formed" in broken)
    if root is not None:
        assert schema(DATASET).validate(root) == ("structure" not in broken)
        assert checked(file)["structure"] > 0


@pytest.mark.parametrize("dataset", sorted(standards().datasets))
@given(data=st.data())
@settings(max_examples=15, deadline=None)
def test_every_dataset_has_its_own_order(dataset: str, data: st.DataObject) -> None:
    """Any choice of fields in any order: the schema and the reader agree on it."""
    spec, rules = standards().datasets[dataset], standards().exchange
    names = (rules.operation.name, *spec.names)
    some = data.draw(st.lists(st.sampled_from(names), max_size=6))
    if data.draw(st.booleans()):
        some = sorted(set(some), key=names.index)
    namespace = rules.namespace_of(spec.id, spec.edition)
    header = (
        f"<packageId>p</packageId><dataset>{spec.id}</dataset><edition>{spec.edition}</edition><records>1</records>"
    )
    record = "".join(f"<{name}>1</{name}>" for name in some)
    text = f'<dataset xmlns="{namespace}"><header>{header}</header><body><record>{record}</record></body></dataset>'
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.xml"
        path.write_text(text)
        file = XmlFile(FileClaim("x.xml", path, "xml", "UTF-8"), spec, rules, FaultCounter(10))
        assert len(rows(file)) == 1
    assert schema(dataset).validate(etree.fromstring(text)) == (not told(file))
    assert (some == sorted(set(some), key=names.index)) == (not told(file))
