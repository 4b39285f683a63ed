"""Records as the text of an exchange file (XML, JSON, JSON Lines, CSV), whole columns at a time."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from conformance.sample.errors import SampleError
from conformance.standard.exchange import XmlNames

#: Records rendered at once.
_CHUNK = 50_000

_XML: Mapping[str, str] = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"}
_JSON: Mapping[str, str] = {
    **{chr(code): f"\\u{code:04x}" for code in range(0x20)},
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    '"': '\\"',
    "\\": "\\\\",
}


@dataclass(frozen=True)
class FileHeader:
    """What an exchange file says of itself; ``namespace`` and ``encoding`` are for XML."""

    package: str
    dataset: str
    edition: str
    namespace: str
    encoding: str
    names: XmlNames


def render(frame: pl.DataFrame, form: str, header: FileHeader) -> Iterator[bytes]:
    """A file that holds all rows, in UTF-8, piece by piece; an absent value is left out (CSV: empty).

    Bytes, not text: a text with one rare character takes four bytes a character in memory.
    """
    chunks = frame.iter_slices(_CHUNK)
    if form == "xml":
        yield from _xml(chunks, frame.height, header)
    elif form == "json":
        yield from _json(chunks, frame.height, header)
    elif form == "jsonl":
        for chunk in chunks:
            yield _joined(_json_objects(chunk), "\n")
            yield b"\n"
    elif form == "csv":
        yield frame.clear().write_csv().encode()
        for chunk in chunks:
            yield chunk.write_csv(include_header=False).encode()
    else:
        raise SampleError("sample.package.format", format=form)


def _xml(chunks: Iterator[pl.DataFrame], records: int, header: FileHeader) -> Iterator[bytes]:
    names = header.names
    said = {"packageId": header.package, "dataset": header.dataset, "edition": header.edition, names.records: records}
    head = "".join(f"<{name}>{value}</{name}>" for name, value in said.items())
    opening = (
        f'<?xml version="1.0" encoding="{header.encoding}"?>\n<{names.root} xmlns="{header.namespace}">\n'
        f"  <{names.header}>{head}</{names.header}>\n  <{names.body}>\n"
    )
    yield opening.encode()
    for chunk in chunks:
        fields = [
            pl.concat_str([pl.lit(f"<{name}>"), _escaped(chunk[name], _XML), pl.lit(f"</{name}>")])
            for name in chunk.columns
        ]
        whole = [pl.lit(f"    <{names.record}>"), *fields, pl.lit(f"</{names.record}>")]
        yield _joined(chunk.select(pl.concat_str(whole, ignore_nulls=True)).to_series(), "\n")
        yield b"\n"
    yield f"  </{names.body}>\n</{names.root}>\n".encode()


def _json(chunks: Iterator[pl.DataFrame], records: int, header: FileHeader) -> Iterator[bytes]:
    names = header.names
    said = {"packageId": header.package, "dataset": header.dataset, "edition": header.edition, names.records: records}
    yield f'{{"{names.header}": {json.dumps(said, ensure_ascii=False)},\n "{names.body}": ['.encode()
    for number, chunk in enumerate(chunks):
        yield b",\n" if number else b"\n"
        yield _joined(_json_objects(chunk), ",\n")
    yield b"\n]}\n"


def _joined(texts: pl.Series, separator: str) -> bytes:
    joined: bytes = texts.str.join(separator).cast(pl.Binary).item() or b""
    return joined


def _json_objects(chunk: pl.DataFrame) -> pl.Series:
    members = [
        pl.concat_str([pl.lit(f'"{name}":"'), _escaped(chunk[name], _JSON), pl.lit('"')]) for name in chunk.columns
    ]
    inside = pl.concat_str(members, separator=",", ignore_nulls=True)
    return chunk.select(pl.concat_str([pl.lit("{"), inside, pl.lit("}")])).to_series()


def _escaped(column: pl.Series, marks: Mapping[str, str]) -> pl.Expr:
    """The column with its marks escaped; most columns have none, which is quicker to see than to replace."""
    expression = pl.col(column.name)
    if column.str.contains_any(list(marks)).any():
        return expression.str.replace_many(list(marks), list(marks.values()))
    return expression
