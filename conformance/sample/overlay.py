"""Mutants: a reference system with one named fault, written as a small overlay (``fixtures/mutants/<name>.yaml``)."""

from __future__ import annotations

import copy
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl
import yaml

from conformance.sample.access_changes import ProbeEdit, edit_probe, read_probe_edit, vouch_again
from conformance.sample.changes import Change, Recompute, apply_change, read_change
from conformance.sample.errors import SampleError
from conformance.sample.identifiers import recompute
from conformance.sample.package_changes import (
    PackageEdit,
    TableEdit,
    edit_package,
    edit_table,
    read_package_edit,
)
from conformance.sample.pointers import remove_at, set_at
from conformance.sample.recipe import resolve_element
from conformance.sample.service_changes import ASKED, FileEdit, NodeEdit, apply_to_service, read_service_edit
from conformance.sample.writing import Output, output_of, read, write
from conformance.standard.exchange import ExchangeRules
from conformance.standard.model import Scheme, Text
from conformance.standard.standards import Standards
from conformance.system.lookup import Lookup

DECLARATION = "system.yaml"
_MUTANT_KEYS = {"name", "requirement", "fault", "of", "changes", "red", "near_miss"}
_NEAR_MISS_KEYS = {"what", "changes"}
#: In place of ``changes``, where the reference stands in several forms (``of: access``: one for each vendor).
_VARIANTS = "variants"
_DECLARATION_KEYS = {"declaration", "declaration_remove"}
_VERDICTS = ("fail", "inconclusive", "not-run")


@dataclass(frozen=True)
class DeclarationEdit:
    """Edits of ``system.yaml``: values to set, by JSON pointer (``-`` appends to a list), and pointers to remove."""

    values: Mapping[str, Any]
    removed: tuple[str, ...]


Edit = Change | DeclarationEdit | PackageEdit | TableEdit | NodeEdit | FileEdit | ProbeEdit


@dataclass(frozen=True)
class NearMiss:
    """What looks like the fault and is none: nothing may turn red."""

    what: Text
    changes: tuple[Edit, ...]
    variants: Mapping[str, tuple[Edit, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Mutant:
    """One named fault. ``red`` maps each ``REQUIREMENT@target`` that must turn red to its verdict; no other may.

    ``variants``: the same fault in each form of a reference that stands in several, by the form's name; ``changes`` are
    then made in all of them.
    """

    name: str
    requirement: str
    fault: Text
    of: str
    changes: tuple[Edit, ...]
    red: Mapping[str, str]
    near_miss: NearMiss
    variants: Mapping[str, tuple[Edit, ...]] = field(default_factory=dict)

    def forms(self) -> tuple[Mutant, ...]:
        """The mutant of each form; itself where the reference has only one."""
        return tuple(self._form(name) for name in self.variants) or (self,)

    def _form(self, name: str) -> Mutant:
        near = self.near_miss
        miss = replace(near, changes=(*near.changes, *near.variants.get(name, ())), variants={})
        changes = (*self.changes, *self.variants[name])
        return replace(
            self, name=f"{self.name}[{name}]", of=f"{self.of}/{name}", changes=changes, near_miss=miss, variants={}
        )


def read_mutant(path: Path) -> Mutant:
    """One mutant file; raises :class:`SampleError` for unknown keys or verdicts, or a name that is not the file's."""
    raw = yaml.load(path.read_bytes(), yaml.CSafeLoader)
    if not isinstance(raw, dict):
        raise SampleError("sample.file.mapping", path=path.name)
    for part, keys, place in (
        (raw, _MUTANT_KEYS, path.name),
        (raw["near_miss"], _NEAR_MISS_KEYS, f"{path.name}: near_miss"),
    ):
        if _VARIANTS in raw:
            part.setdefault("changes", [])
            part.setdefault(_VARIANTS, {})
        _exactly(part, keys | ({_VARIANTS} & set(part)), place)
    if raw["name"] != path.stem:
        raise SampleError("sample.mutant.name", path=path.name, name=str(raw["name"]))
    red = {str(item): str(verdict) for item, verdict in raw["red"].items()}
    if not red or any("@" not in item or verdict not in _VERDICTS for item, verdict in red.items()):
        raise SampleError("sample.mutant.red", path=path.name)
    return Mutant(
        name=raw["name"],
        requirement=raw["requirement"],
        fault=Text(**raw["fault"]),
        of=raw["of"],
        changes=read_changes(raw["changes"], path.name),
        red=red,
        near_miss=NearMiss(
            Text(**raw["near_miss"]["what"]),
            read_changes(raw["near_miss"]["changes"], path.name),
            _variants(raw["near_miss"], path.name),
        ),
        variants=_variants(raw, path.name),
    )


def _variants(raw: Mapping[str, Any], place: str) -> Mapping[str, tuple[Edit, ...]]:
    return {name: read_changes(changes or (), f"{place}: {name}") for name, changes in raw.get(_VARIANTS, {}).items()}


def read_changes(raw: Sequence[Mapping[str, Any]], place: str) -> tuple[Edit, ...]:
    """The changes of a mutant, in order; each names a dataset or edits the declaration."""
    return tuple(_read_edit(item, f"{place}: change {number}") for number, item in enumerate(raw, 1))


def apply(changes: Sequence[Edit], reference: Path, out: Path) -> Path:
    """Write a copy of the reference system to ``out``, with the changes made in order; returns its declaration.

    ``reference`` holds a declaration and its data (a scaled-down sample does). Datasets that no change touches, and a
    declaration that none edits, are copied byte for byte.
    """
    system = _System(reference)
    declared = copy.deepcopy(system.declared)
    if any(target.get("kind") in ASKED for target in declared["targets"].values()):
        return _apply_to_service(changes, reference, declared, out)
    frames: dict[str, pl.DataFrame] = {}
    for target in system.handed:
        _copy(reference / system.path(target), out / system.path(target))
    for change in changes:
        if isinstance(change, DeclarationEdit):
            edit_declaration(declared, change)
            continue
        if isinstance(change, NodeEdit | FileEdit | ProbeEdit):
            raise SampleError("sample.change.dataset", dataset="node")
        if change.dataset not in system.declared["targets"]:
            raise SampleError("sample.change.dataset", dataset=change.dataset)
        if isinstance(change, PackageEdit):
            source = declared["targets"][change.dataset]["source"]
            made = edit_package(out / source["path"], change, system.exchange)
            source["path"] = made.relative_to(out).as_posix()
            continue
        if isinstance(change, TableEdit):
            edit_table(out / system.path(change.dataset), change)
            continue
        frame = frames.get(change.dataset)
        if frame is None:
            frame = read(system.outputs[change.dataset], reference)
        frames[change.dataset] = apply_change(frame, change, system.recomputer(change.dataset))
    return _write(system, declared, frames, out)


def _apply_to_service(changes: Sequence[Edit], reference: Path, declared: dict[str, Any], out: Path) -> Path:
    """A copy of a folder that is asked, not read: files and the declaration are changed, switches thrown later."""
    apply_to_service([one for one in changes if isinstance(one, FileEdit)], reference, out)
    for change in changes:
        if isinstance(change, DeclarationEdit):
            edit_declaration(declared, change)
        elif isinstance(change, ProbeEdit):
            edit_probe(out, change)
        elif not isinstance(change, NodeEdit | FileEdit):
            raise SampleError("sample.change.dataset", dataset=change.dataset)
    path = out / DECLARATION
    path.write_text(yaml.safe_dump(declared, allow_unicode=True, sort_keys=False, width=120), "utf-8")
    vouch_again(reference, out, declared)
    return path


def edit_declaration(declared: dict[str, Any], edit: DeclarationEdit) -> None:
    """Make the edits in place; raises :class:`SampleError` for a pointer that leads nowhere."""
    for pointer, value in edit.values.items():
        set_at(declared, pointer, value)
    for pointer in edit.removed:
        remove_at(declared, pointer)


class _System:
    """A reference system on disc: its declaration as written, its outputs, and the schemes of its columns."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        path = folder / DECLARATION
        if not path.is_file():
            raise SampleError("sample.file.missing", path=DECLARATION)
        self.declared: dict[str, Any] = yaml.load(path.read_bytes(), yaml.CSafeLoader)
        targets: dict[str, dict[str, Any]] = self.declared["targets"]
        #: What is handed over by the rules of the exchange pack, and what a reader of datasets reads.
        self.handed = tuple(target for target, entry in targets.items() if "dataset" in entry)
        self.outputs: dict[str, Output] = {
            target: output_of(target, entry["source"])
            for target, entry in targets.items()
            if "source" in entry and "dataset" not in entry and entry.get("kind") not in ASKED
        }

    def path(self, target: str) -> str:
        """The path of a target's source, as declared."""
        return str(self.declared["targets"][target]["source"]["path"])

    @cached_property
    def exchange(self) -> ExchangeRules:
        """The envelope of packages."""
        return self._standards.exchange

    @cached_property
    def _standards(self) -> Standards:
        return Standards.load(self._claims)

    @cached_property
    def _lookup(self) -> Lookup:
        return Lookup(self._standards, self._claims)

    @property
    def _claims(self) -> list[tuple[str, str]]:
        return [(claim["id"], claim["edition"]) for claim in self.declared["claims"]["standards"]]

    def recomputer(self, target: str) -> Recompute:
        """How ``recompute`` works on one dataset: by the column's scheme, or another that it admits, by length."""

        def give(column: str, cell: str, how: str) -> str:
            right = recompute(self._scheme(target, column, len(cell)), cell)
            if how == "check":
                return right
            if how != "wrong-check":
                raise SampleError("sample.change.recompute", how=how)
            return _wrong(self._scheme(target, column, len(cell)), right)

        return give

    def _scheme(self, target: str, column: str, length: int) -> Scheme:
        entry = self.declared["targets"][target]["columns"][column]
        element = resolve_element(entry, self._lookup)
        ids = [element.domain.partition(":")[2]] if element.domain.startswith("scheme:") else []
        ids += entry.get("also", []) if isinstance(entry, dict) else []
        for scheme in (self._standards.schemes[id_] for id_ in ids):
            if scheme.length == length and scheme.check is not None:
                return scheme
        raise SampleError("sample.change.unschemed", column=column, length=length)


def _wrong(scheme: Scheme, right: str) -> str:
    """The identifier with a check digit that is not the right one, whatever that is."""
    part = scheme.part("check")
    assert part is not None  # noqa: S101 - the scheme has a check character
    at = part.start - 1
    digit = "1" if right[at] == "0" else "0"
    return right[:at] + digit + right[at + 1 :]


def _copy(source: Path, to: Path) -> None:
    to.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, to)
    else:
        shutil.copyfile(source, to)


def _write(system: _System, declared: dict[str, Any], frames: Mapping[str, pl.DataFrame], out: Path) -> Path:
    out.mkdir(parents=True, exist_ok=True)
    for target, output in system.outputs.items():
        if target in frames:
            write(frames[target], output, out)
        else:
            (out / output.path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(system.folder / output.path, out / output.path)
    path = out / DECLARATION
    if declared == system.declared:
        shutil.copyfile(system.folder / DECLARATION, path)
    else:
        path.write_text(yaml.safe_dump(declared, allow_unicode=True, sort_keys=False, width=120), "utf-8")
    return path


def _read_edit(raw: Mapping[str, Any], place: str) -> Edit:
    if "probe" in raw:
        return read_probe_edit(raw, place)
    if "node" in raw or "file" in raw:
        return read_service_edit(raw, place)
    if "package" in raw or "sql" in raw:
        return read_package_edit(raw, place)
    if not set(raw) & _DECLARATION_KEYS:
        return read_change(raw, place)
    _known(raw, _DECLARATION_KEYS, place)
    return DeclarationEdit(raw.get("declaration") or {}, tuple(raw.get("declaration_remove") or ()))


def _exactly(raw: Mapping[str, Any], keys: set[str], place: str) -> None:
    _known(raw, keys, place)
    if missing := sorted(keys - set(raw)):
        raise SampleError("sample.key.missing", place=place, keys=", ".join(missing))


def _known(raw: Mapping[str, Any], keys: set[str], place: str) -> None:
    if unknown := sorted(set(raw) - keys):
        raise SampleError("sample.key.unknown", place=place, keys=", ".join(unknown), allowed=", ".join(sorted(keys)))
