"""Manifests, metadata and data files that are too large, or too deep, to be kept."""

from __future__ import annotations

import json
from pathlib import Path

from hostile_packages import (
    LEVELS,
    MIB,
    RECORD,
    as_folder,
    case,
    data_package,
    json_text,
    package,
    xml,
    xml_record,
)


def with_manifest(folder: Path, content: bytes) -> Path:
    return as_folder(folder, {**package(), "manifest.json": content})


@case
def manifest_missing(folder: Path) -> Path:
    files = package()
    del files["manifest.json"]
    return as_folder(folder, files)


@case
def manifest_deep(folder: Path) -> Path:
    return with_manifest(folder, b'{"a":' * LEVELS)


@case
def manifest_of_five_megabytes(folder: Path) -> Path:
    return with_manifest(folder, package()["manifest.json"] + b" " * (5 * MIB))


@case
def manifest_of_a_million_files(folder: Path) -> Path:
    return with_manifest(folder, b'{"files": [' + b"{}," * MIB + b"{}]}")


@case
def manifest_number_of_a_million_digits(folder: Path) -> Path:
    return with_manifest(folder, package()["manifest.json"].replace(b": 1,", b": " + b"9" * 1_000_000 + b",", 1))


@case
def manifest_of_keys_only(folder: Path) -> Path:
    return with_manifest(folder, b"{" + b'"a":1,' * 600_000 + b'"a":1}')


@case
def metadata_deep(folder: Path) -> Path:
    return as_folder(folder, package({"metadata.xml": b"<a>" * LEVELS}))


def of_data(folder: Path, content: bytes, suffix: str = "xml") -> Path:
    return as_folder(folder, data_package(content, suffix))


@case
def xml_quadratic_blow_up(folder: Path) -> Path:
    prolog = f'<?xml version="1.0"?>\n<!DOCTYPE dataset [<!ENTITY a "{"a" * 50_000}">]>\n'
    return of_data(folder, xml(xml_record(BZ="&a;" * 50_000), prolog=prolog))


@case
def xml_deep(folder: Path) -> Path:
    return of_data(folder, xml("<a>" * LEVELS + "</a>" * LEVELS))


@case
def xml_deep_and_cut_short(folder: Path) -> Path:
    return of_data(folder, xml("<a>" * LEVELS).partition(b"</body>")[0])


@case
def xml_attribute_of_twenty_megabytes(folder: Path) -> Path:
    return of_data(folder, xml(f'<record a="{"a" * 20 * MIB}"/>'))


@case
def xml_value_of_twenty_megabytes(folder: Path) -> Path:
    return of_data(folder, xml(xml_record(XM="a" * 20 * MIB)))


@case
def xml_name_of_twenty_megabytes(folder: Path) -> Path:
    return of_data(folder, xml(f"<record><{'A' * 20 * MIB}/></record>"))


@case
def xml_500000_attributes(folder: Path) -> Path:
    attributes = " ".join(f'a{number}="x"' for number in range(500_000))
    return of_data(folder, xml(f"<record {attributes}/>"))


@case
def json_deep(folder: Path) -> Path:
    return of_data(folder, json_text("[" * LEVELS + "]" * LEVELS), "json")


@case
def json_deep_and_cut_short(folder: Path) -> Path:
    return of_data(folder, b'{"a":' * LEVELS, "json")


@case
def json_value_of_twenty_megabytes(folder: Path) -> Path:
    return of_data(folder, json_text(json.dumps({**RECORD, "XM": "a" * 20 * MIB})), "json")


@case
def json_number_of_five_megabytes(folder: Path) -> Path:
    return of_data(folder, json_text('{"HHZBH": ' + "9" * 5 * MIB + "}"), "json")


@case
def jsonl_deep(folder: Path) -> Path:
    return of_data(folder, b"[" * LEVELS + b"\n", "jsonl")


@case
def jsonl_line_of_twenty_megabytes(folder: Path) -> Path:
    return of_data(folder, json.dumps({**RECORD, "XM": "a" * 20 * MIB}).encode() + b"\n", "jsonl")


@case
def csv_quote_never_closes_for_twenty_megabytes(folder: Path) -> Path:
    return of_data(folder, ",".join(RECORD).encode() + b'\r\n"' + b"a,\n" * 7 * MIB, "csv")


@case
def csv_of_a_million_columns(folder: Path) -> Path:
    return of_data(folder, ",".join(f"A{number}" for number in range(1_000_000)).encode() + b"\n", "csv")
