"""From a recipe to data: ``recipe.yaml`` says how many rows of what, the declaration what each column must be.

The same recipe, packs and seed give the same bytes. Data are synthetic: ``pools.yaml`` and ``people`` say how.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import yaml

from conformance.sample.errors import SampleError
from conformance.sample.handing import Handover, read_handover, write_handover
from conformance.sample.makers import MAKERS
from conformance.sample.making import Making, World
from conformance.sample.table import division_table
from conformance.sample.writing import Output, output_of, write
from conformance.standard.model import Element
from conformance.standard.standards import Standards
from conformance.system.lookup import Lookup

_FORMAT = 1
_TOP = {"lubiao-sample", "seed", "declaration", "identities", "datasets", "packages"}
_DATASET = {"rows", "columns", "closed-since"}
#: Rows made at once; part of the recipe's meaning, for each chunk has its own streams.
CHUNK = 250_000


@dataclass(frozen=True)
class Sheet:
    """One dataset of a recipe beside its target of the declaration."""

    target: str
    rows: int
    columns: Mapping[str, Mapping[str, Any]]
    elements: Mapping[str, Element]
    as_of: str
    output: Output
    table: Mapping[str, Any] | None
    roles: Mapping[str, str]
    closed_since: int


@dataclass(frozen=True)
class Recipe:
    """A recipe, resolved against its declaration and the packs that this claims."""

    path: Path
    declaration: Path
    standards: Standards
    seed: int
    identities: Mapping[str, Mapping[str, Any]]
    sheets: tuple[Sheet, ...]
    handovers: tuple[Handover, ...] = ()

    def targets(self) -> tuple[str, ...]:
        """The targets that the recipe makes, in order."""
        return (*(sheet.target for sheet in self.sheets), *(one.target for one in self.handovers))

    def sheet(self, target: str) -> Sheet:
        """The dataset of that target; raises :class:`SampleError` where the recipe has none."""
        for sheet in self.sheets:
            if sheet.target == target:
                return sheet
        raise SampleError("sample.recipe.target", target=target)


def write_sample(
    recipe: Path, out: Path, *, scale: float = 1.0, seed: int | None = None, only: Sequence[str] = ()
) -> tuple[Path, ...]:
    """Make the data of a recipe under ``out``, with the declaration beside them; returns the files written, in order.

    ``scale`` multiplies every number of rows, ``only`` names the targets to write (all, where empty).
    """
    read = read_recipe(recipe)
    if unknown := [target for target in only if target not in read.targets()]:
        raise SampleError("sample.recipe.target", target=unknown[0])
    out.mkdir(parents=True, exist_ok=True)
    beside = out / read.declaration.name
    if beside.resolve() != read.declaration.resolve():
        shutil.copyfile(read.declaration, beside)
    written = [
        write(frame, sheet.output, out)
        for sheet, frame in generate(read, scale=scale, seed=seed)
        if not only or sheet.target in only
    ]
    written += [
        write_handover(one, out, read.standards, seed=read.seed if seed is None else seed, scale=scale)
        for one in read.handovers
        if not only or one.target in only
    ]
    return tuple(written)


def generate(
    recipe: Recipe, *, scale: float = 1.0, seed: int | None = None, sheets: Sequence[Sheet] | None = None
) -> Iterator[tuple[Sheet, pl.DataFrame]]:
    """Each dataset of the recipe (or of ``sheets``) and its rows, in the recipe's order; references look back only."""
    world = new_world(recipe, seed)
    for sheet in recipe.sheets if sheets is None else sheets:
        if sheet.table is not None:
            frame = division_table(world.places, sheet.table, sheet.roles, sheet.as_of, sheet.closed_since)
        else:
            frame = pl.concat(chunks(world, sheet, max(1, round(sheet.rows * scale))))
        world.tables[sheet.target] = frame
        yield sheet, frame


def new_world(recipe: Recipe, seed: int | None = None) -> World:
    """What the datasets of one run share."""
    return World(recipe.standards, recipe.seed if seed is None else seed, recipe.identities)


def chunks(world: World, sheet: Sheet, rows: int) -> Iterator[pl.DataFrame]:
    """The rows of one dataset, at most :data:`CHUNK` at a time."""
    for start in range(0, rows, CHUNK):
        yield _chunk(world, sheet, start, min(CHUNK, rows - start))


def _chunk(world: World, sheet: Sheet, start: int, size: int) -> pl.DataFrame:
    done: dict[str, pl.Series] = {}
    for name, params in sheet.columns.items():
        making = Making(
            world, sheet.target, name, params, sheet.elements.get(name), sheet.elements, sheet.as_of, start, size, done
        )
        values = MAKERS[params.get("make", "element")](making)
        blank = float(params.get("blank", 0))
        if blank:
            kept = pl.Series(making.draw_for(f"{name} blank").shares(size) >= blank)
            values = pl.select(pl.when(kept).then(values)).to_series()
        done[name] = values.alias(name)
    hidden = {name for name, params in sheet.columns.items() if params.get("hidden")}
    return pl.DataFrame([values for name, values in done.items() if name not in hidden])


def read_recipe(path: Path) -> Recipe:
    """Read a recipe and its declaration; raises :class:`SampleError` for what does not fit."""
    raw = _mapping(path, _load(path))
    _known(raw, _TOP, path.name)
    if raw.get("lubiao-sample") != _FORMAT:
        raise SampleError("sample.recipe.version", path=path.name, version=str(raw.get("lubiao-sample")))
    declaration = path.parent / str(raw["declaration"])
    declared = _mapping(declaration, _load(declaration))
    claims = [(str(claim["id"]), str(claim["edition"])) for claim in declared["claims"]["standards"]]
    standards = Standards.load(claims)
    lookup = Lookup(standards, claims)
    targets, datasets, packages = declared["targets"], raw.get("datasets") or {}, raw.get("packages") or {}
    sheets = tuple(_sheet(target, entry, targets.get(target), lookup) for target, entry in datasets.items())
    handovers = tuple(read_handover(target, entry, targets.get(target)) for target, entry in packages.items())
    return Recipe(path, declaration, standards, int(raw["seed"]), raw.get("identities") or {}, sheets, handovers)


def _sheet(target: str, entry: Mapping[str, Any], declared: Mapping[str, Any] | None, lookup: Lookup) -> Sheet:
    _known(entry, _DATASET, target)
    if declared is None:
        raise SampleError("sample.recipe.undeclared", target=target)
    table = declared.get("table")
    columns: Mapping[str, Mapping[str, Any]] = {name: item or {} for name, item in (entry.get("columns") or {}).items()}
    for name, params in columns.items():
        if params.get("make", "element") not in MAKERS:
            raise SampleError("sample.recipe.maker", dataset=target, column=name, maker=str(params["make"]))
    mapped = declared["columns"]
    elements = {} if table else {name: resolve_element(item, lookup) for name, item in mapped.items()}
    if missing := sorted(set(elements) - set(columns)):
        raise SampleError("sample.recipe.missing", target=target, columns=", ".join(missing))
    return Sheet(
        target=target,
        rows=int(entry.get("rows", 0)),
        columns=columns,
        elements=elements,
        as_of=str(declared.get("as_of", "")),
        output=output_of(target, declared["source"]),
        table=table,
        roles=mapped if table else {},
        closed_since=int(entry.get("closed-since", 0)),
    )


def resolve_element(declared: Any, lookup: Lookup) -> Element:
    """The element that a column's declaration names; raises :class:`SampleError` where it is not exactly one."""
    name = str(declared["element"] if isinstance(declared, Mapping) else declared)
    found = lookup.find(name)
    if found.element is None:
        raise SampleError("sample.recipe.unresolved", element=name, found=len(found.candidates))
    return found.element


def _load(path: Path) -> Any:
    if not path.is_file():
        raise SampleError("sample.file.missing", path=path.name)
    return yaml.load(path.read_bytes(), yaml.CSafeLoader)


def _mapping(path: Path, raw: Any) -> Mapping[str, Any]:
    if not isinstance(raw, dict):
        raise SampleError("sample.file.mapping", path=path.name)
    return raw


def _known(raw: Mapping[str, Any], allowed: set[str], place: str) -> None:
    if unknown := sorted(set(raw) - allowed):
        raise SampleError(
            "sample.key.unknown", place=place, keys=", ".join(unknown), allowed=", ".join(sorted(allowed))
        )
