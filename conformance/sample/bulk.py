"""Bulk data for benchmarks: one dataset of a recipe at millions of rows, written a chunk at a time.

The columns and their makers are those of the recipe; only as much as a chunk is in memory (Parquet parts are joined
at the end by a streaming copy).
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from conformance.sample.recipe import Sheet, chunks, generate, new_world, read_recipe
from conformance.sample.writing import Output, csv_bytes


def write_bulk(recipe: Path, target: str, path: Path, rows: int, *, seed: int | None = None) -> Path:
    """Write ``rows`` rows of one target to ``path``: Parquet where it ends so, else UTF-8 CSV. Returns the path.

    What the target refers to is made at the recipe's own size, before it, and not written.
    """
    read = read_recipe(recipe)
    sheet = read.sheet(target)
    world = new_world(read, seed)
    before = read.sheets[: read.sheets.index(sheet)]
    for earlier, frame in generate(read, seed=seed, sheets=before):
        world.tables[earlier.target] = frame
    frames = chunks(world, sheet, rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".parquet":
        _write_parquet(frames, path)
    else:
        _write_csv(frames, sheet, path)
    return path


def _write_csv(frames: Iterator[pl.DataFrame], sheet: Sheet, path: Path) -> None:
    output = Output(sheet.output.path, "csv")
    with path.open("wb") as file:
        for number, frame in enumerate(frames):
            file.write(csv_bytes(frame, output, header=number == 0))


def _write_parquet(frames: Iterator[pl.DataFrame], path: Path) -> None:
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        parts: list[Path] = []
        for number, frame in enumerate(frames):
            parts.append(Path(folder) / f"{number:06}.parquet")
            frame.write_parquet(parts[-1], compression="lz4")
        pl.scan_parquet(parts).sink_parquet(path, compression="zstd", compression_level=1)
