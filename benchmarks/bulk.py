"""Bulk judging against a floor: all rules over millions of population records, beside a scan of the same columns.

Each figure is a whole process (start-up, preflight, digests, judging), floor and judge in turn, so that their
ratio holds on a noisy machine. See README.md beside this file for the method.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "fixtures" / "reference"
TARGET = "population.person"


def main() -> int:
    """Make the data, run floor and judge in turn, print the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--formats", default="parquet,csv")
    parser.add_argument("--worker", choices=("floor", "judge"))
    parser.add_argument("--system", type=Path)
    arguments = parser.parse_args()
    if arguments.worker:
        print(json.dumps(WORKERS[arguments.worker](arguments.system)))
        return 0
    with TemporaryDirectory() as folder:
        for format_ in arguments.formats.split(","):
            system = make(Path(folder), format_, arguments.rows)
            tell(format_, arguments.rows, [pair(system) for _ in range(arguments.runs)])
    return 0


def make(folder: Path, format_: str, rows: int) -> Path:
    """The reference system with so many persons in the format; returns the path of its declaration."""
    from conformance.sample.bulk import write_bulk
    from conformance.sample.recipe import write_sample

    system = folder / format_
    write_sample(REFERENCE / "recipe.yaml", system, only=("population.household",))
    raw = yaml.safe_load((REFERENCE / "system.yaml").read_text("utf-8"))
    raw["targets"] = {name: raw["targets"][name] for name in ("population.household", TARGET)}
    raw["targets"][TARGET]["source"] = {"path": f"data/persons.{format_}", "format": format_}
    raw["claims"]["standards"] = [{"id": "db37-4223.1", "edition": "2020"}]
    (system / "system.yaml").write_text(yaml.safe_dump(raw, allow_unicode=True, sort_keys=False), "utf-8")
    write_bulk(REFERENCE / "recipe.yaml", TARGET, system / "data" / f"persons.{format_}", rows)
    return system / "system.yaml"


def pair(system: Path) -> dict[str, dict[str, float]]:
    """One run of each worker, in processes of their own."""
    return {name: run(name, system) for name in WORKERS}


def run(worker: str, system: Path) -> dict[str, float]:
    """One worker's own figures and the wall time of its process."""
    started = time.perf_counter()
    command = [sys.executable, __file__, "--worker", worker, "--system", str(system)]
    found: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return {**found, "process": time.perf_counter() - started}


def floor(system: Path) -> dict[str, float]:
    """Read and decode every column that judging reads, and do nothing with it."""
    import polars as pl

    from conformance.run import prepare

    book = prepare(system).plan.books[TARGET]
    path = next((system.parent / "data").glob("persons.*"))
    scan = pl.scan_parquet(path) if path.suffix == ".parquet" else pl.scan_csv(path, infer_schema=False)
    started = time.perf_counter()
    scan.select(pl.col(book.columns).str.len_bytes().sum()).collect(engine="streaming")
    return {"seconds": time.perf_counter() - started, "peak": peak()}


def judge(system: Path) -> dict[str, float]:
    """Judge every requirement on the persons."""
    from conformance.run import prepare

    run_ = prepare(system)
    assignments = [one for one in run_.plan.assignments if one.dataset.target == TARGET]
    started = time.perf_counter()
    verdicts = {run_.finding(one).verdict.word for one in assignments}
    seconds = time.perf_counter() - started
    if verdicts != {"pass"}:
        raise SystemExit(f"the sample does not conform: {verdicts}")
    return {"seconds": seconds, "peak": peak(), "findings": len(assignments)}


def peak() -> float:
    """The largest resident size of this process so far, in MiB (``getrusage`` would count its parent's as well)."""
    status = Path("/proc/self/status").read_text("ascii")
    return int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0]) / 1024


def tell(format_: str, rows: int, pairs: list[dict[str, dict[str, float]]]) -> None:
    """Print the medians of one format."""
    ratio = statistics.median(one["judge"]["seconds"] / one["floor"]["seconds"] for one in pairs)
    seconds = {name: statistics.median(one[name]["seconds"] for one in pairs) for name in WORKERS}
    process = statistics.median(one["judge"]["process"] for one in pairs)
    memory = max(one["judge"]["peak"] for one in pairs)
    findings = int(pairs[0]["judge"]["findings"])
    print(
        f"{format_}: {rows} rows, {findings} findings: floor {seconds['floor']:.2f} s, judge {seconds['judge']:.2f} s "
        f"= {ratio:.1f} x floor, {rows / seconds['judge'] / 1e6:.2f} M rows/s, whole process {process:.1f} s, "
        f"peak {memory:.0f} MiB (medians of {len(pairs)}, ratio pair by pair)",
        flush=True,
    )


WORKERS = {"floor": floor, "judge": judge}

if __name__ == "__main__":
    sys.exit(main())
