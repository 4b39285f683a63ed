"""JSON Lines: one object a line; strings stay strings, numbers stay as they are written.

Read by the standard library, line by line: Polars rewrites numbers (1.50 to 1.5), keeps the first of two equal keys and
turns broken escapes into NUL, and a certifier may do none of these.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NoReturn

import polars as pl

from conformance.system.declaration import Source
from conformance.system.problem import ConfigurationError, failure
from conformance.system.source import BATCH_ROWS, OpenedSource, facts
from conformance.system.text_file import as_utf8, encoding_of, line_blocks

_BOM = "\ufeff"
#: Objects that are looked at for their keys, unless a wanted one is missing among these.
_LOOKED_AT = 1000


class _TwiceError(ValueError):
    """An object with two equal keys."""


class JsonLinesSource(OpenedSource):
    """A file of JSON objects. A column is present where at least one object has its key."""

    def __init__(self, source: Source, wanted: Sequence[str], where: Mapping[str, tuple[str, ...]]) -> None:
        super().__init__(source, wanted, where)
        encoding = encoding_of(source)
        self._copy = as_utf8(source, encoding)
        self._decoder = json.JSONDecoder(
            object_pairs_hook=_object, parse_int=str, parse_float=str, parse_constant=_no_constant
        )
        self.facts = facts(source.path, "jsonl", encoding)
        self.columns = self._present()
        if self.columns:
            self.require_columns()

    def lazy(self) -> pl.LazyFrame | None:
        return None

    def _present(self) -> tuple[str, ...]:
        """All keys of the first objects, and of as many more as it takes to see each wanted one."""
        present: dict[str, None] = {}
        for number, (_, record) in enumerate(self._records()):
            present.update(dict.fromkeys(record))
            if number >= _LOOKED_AT and all(name in present for name in self.read):
                break
        return tuple(present)

    def _frames(self) -> Iterator[pl.DataFrame]:
        names = self.read
        rows: list[tuple[str | None, ...]] = []
        for line, record in self._records():
            rows.append(tuple(self._text(record.get(name), name, line) for name in names))
            if len(rows) == BATCH_ROWS:
                yield self._frame(rows)
                rows = []
        if rows:
            yield self._frame(rows)

    def _frame(self, rows: list[tuple[str | None, ...]]) -> pl.DataFrame:
        return pl.DataFrame(rows, schema=dict.fromkeys(self.read, pl.String), orient="row")

    def _text(self, value: Any, name: str, line: int) -> str | None:
        if value is None or isinstance(value, str):
            return value
        if isinstance(value, bool):
            return "1" if value else "0"
        kind = "object" if isinstance(value, dict) else "array"
        raise failure(
            self.source.place, "source.nested-line", column=name, type=kind, line=line, file=self.source.path.name
        )

    def _records(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """Each object with its line; blank lines are passed over."""
        number = 0
        with self._copy.path.open("rb") as file:
            for block in line_blocks(file, self.source):
                for raw in block.removesuffix(b"\n").split(b"\n"):
                    number += 1
                    if stripped := raw.strip():
                        yield number, self._record(stripped, number)

    def _record(self, raw: bytes, line: int) -> dict[str, Any]:
        try:
            text = raw.decode("utf-8")
            if line == 1:
                text = text.removeprefix(_BOM)
            value = self._decoder.decode(text)
            if "\\ud" in text or "\\uD" in text:
                json.dumps(value, ensure_ascii=False).encode("utf-8")
        except _TwiceError as error:
            raise self._wrong("source.json-twice", line, key=str(error)) from None
        except RecursionError:
            raise self._wrong("source.json-deep", line) from None
        except ValueError as error:
            declared = self.source.encoding or "utf-8"
            if isinstance(error, UnicodeDecodeError):
                raise self._wrong("source.encoding-none", line, declared=declared, fits="") from None
            raise self._wrong("source.json", line) from None
        if not isinstance(value, dict):
            raise self._wrong("source.json-object", line)
        return value

    def _wrong(self, id_: str, line: int, **params: str | int) -> ConfigurationError:
        return failure(self.source.place, id_, file=self.source.path.name, line=line, **params)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        keys = [key for key, _ in pairs]
        raise _TwiceError(next(key for key in keys if keys.count(key) > 1))
    return result


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)
