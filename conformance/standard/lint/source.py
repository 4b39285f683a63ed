"""A pack as it stands on disc, before anybody believes it: raw rows and entries, and what could not be read."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from conformance.messages import Message, message


@dataclass(frozen=True)
class Row:
    """One row of a CSV file, with its cells by column; columns that the file lacks are missing."""

    path: str
    line: int
    cells: Mapping[str, str]

    def get(self, column: str) -> str:
        """The cell, stripped; empty where the column is missing."""
        return self.cells.get(column, "").strip()


@dataclass(frozen=True)
class Entry:
    """One entry of a YAML file: a whole file, or an item of its list."""

    path: str
    data: Mapping[str, Any]

    def get(self, key: str) -> str:
        """A plain value as text; empty where it is missing or no plain value."""
        value = self.data.get(key)
        return "" if value is None or isinstance(value, dict | list) else str(value)


@dataclass(frozen=True)
class Fault:
    """Something about a file that no rule can look behind."""

    path: str
    line: int
    message: Message


@dataclass(frozen=True)
class RawPack:
    """Everything of one pack that the rules look at. Nothing is known to be right."""

    name: str
    head: Entry
    elements: tuple[Row, ...]
    lists: tuple[Entry, ...]
    codes: Mapping[str, tuple[Row, ...]]
    schemes: tuple[Entry, ...]
    relations: tuple[Entry, ...]
    requirements: tuple[Entry, ...]
    datasets: tuple[Entry, ...]
    documents: tuple[Entry, ...]
    faults: tuple[Fault, ...]

    @property
    def depends(self) -> tuple[tuple[str, str], ...]:
        """The (id, edition) pairs that the pack says it depends on."""
        return tuple((str(item.get("id")), str(item.get("edition"))) for item in mappings(self.head.data, "depends"))

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Every YAML entry."""
        listed = (*self.lists, *self.schemes, *self.relations, *self.requirements)
        return (self.head, *listed, *self.datasets, *self.documents)


@cache
def contract() -> Mapping[str, Mapping[str, Sequence[str]]]:
    """What a pack's files must hold: ``columns``, ``keys``, ``words``, ``roles`` and ``documents`` by name."""
    text = resources.files(__package__).joinpath("contract.yaml").read_text("utf-8")
    content: Mapping[str, Mapping[str, Sequence[str]]] = yaml.safe_load(text)
    return content


def mappings(data: Mapping[str, Any], key: str) -> tuple[Mapping[str, Any], ...]:
    """The mappings in the list under a key; whatever else stands there is left out."""
    value = data.get(key)
    return tuple(item for item in value if isinstance(item, dict)) if isinstance(value, list) else ()


def read(folder: Path) -> RawPack:
    """Read a pack without judging it; never raises for what a pack's files hold."""
    return _Reader(folder).pack()


class _Reader:
    """Reads one folder and gathers the faults on the way."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.faults: list[Fault] = []

    def pack(self) -> RawPack:
        head = self._document(self.folder / "standard.yaml")
        elements = [row for path in self._files("elements/*.csv") for row in self._rows(path, "elements")]
        codes = {
            path.name.removesuffix(".csv"): tuple(self._rows(path, "codes")) for path in self._files("codes/*.csv")
        }
        lists = self._items("codes/lists.yaml")
        schemes = tuple(self._document(path) for path in self._files("schemes/*.yaml"))
        relations, requirements = self._items("relations.yaml"), self._items("requirements.yaml")
        return RawPack(
            name=f"{self.folder.parent.name}/{self.folder.name}",
            head=head,
            elements=tuple(elements),
            lists=lists,
            codes=codes,
            schemes=schemes,
            relations=relations,
            requirements=requirements,
            datasets=tuple(self._document(path) for path in self._files("datasets/*.yaml")),
            documents=tuple(self._documents()),
            faults=tuple(self.faults),
        )

    def _documents(self) -> Iterator[Entry]:
        for names in contract()["documents"].values():
            paths = (path for name in names for path in self._files(name))
            yield from (self._document(path) for path in paths if path.is_file())

    def _files(self, pattern: str) -> list[Path]:
        return sorted(self.folder.glob(pattern))

    def _fault(self, path: Path, line: int, id_: str, **params: str | int) -> None:
        relative = path.relative_to(self.folder).as_posix()
        self.faults.append(Fault(relative, line, message(f"lint.file.{id_}", **params)))

    def _yaml(self, path: Path) -> Any:
        try:
            return yaml.load(path.read_text("utf-8"), yaml.CSafeLoader)
        except FileNotFoundError:
            self._fault(path, 0, "missing")
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            mark = getattr(error, "problem_mark", None)
            self._fault(path, mark.line + 1 if mark else 0, "unreadable", why=" ".join(str(error).split()))
        return None

    def _document(self, path: Path) -> Entry:
        content = self._yaml(path)
        if content is not None and not isinstance(content, dict):
            self._fault(path, 0, "not-mapping")
        return Entry(path.relative_to(self.folder).as_posix(), content if isinstance(content, dict) else {})

    def _items(self, relative: str) -> tuple[Entry, ...]:
        path = self.folder / relative
        content = self._yaml(path) if path.is_file() else None
        if content is None:
            return ()
        if not isinstance(content, list) or not all(isinstance(item, dict) for item in content):
            self._fault(path, 0, "not-list")
            return ()
        return tuple(Entry(relative, item) for item in content)

    def _rows(self, path: Path, contract_name: str) -> Iterator[Row]:
        expected = list(contract()["columns"][contract_name])
        relative = path.relative_to(self.folder).as_posix()
        try:
            text = path.read_bytes().decode("utf-8")
            if "\r" in text:
                self._fault(path, 0, "line-ends")
            reader = csv.reader(text.splitlines(keepends=True), strict=True)
            header = next(reader, [])
            if header != expected:
                self._fault(path, 1, "header", expected=",".join(expected), found=",".join(header))
            for cells in reader:
                if len(cells) != len(header):
                    self._fault(path, reader.line_num, "cells", expected=len(header), found=len(cells))
                yield Row(relative, reader.line_num, dict(zip(header, cells, strict=False)))
        except (csv.Error, UnicodeDecodeError) as error:
            self._fault(path, 0, "unreadable", why=str(error))
