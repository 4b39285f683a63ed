"""Exchange packages of 200 MB, judged whole: structure, keys and contents, beside plain parsing and schema validators.

Each figure is of a process of its own, in turn, so that ratios hold on a noisy machine. One record in a thousand is
broken; every fault is told with its file, line and path, and the counts must be those that were made. See README.md.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml
from bulk import peak

DATASET = "registered-population"
TARGET = "population"
AS_OF = "20261121"
#: One record in so many is broken, each kind in its turn; and how many bytes of a file the slow peers are given.
EVERY, SLICE = 1000, 2_000_000
MADE = 20_000


def main() -> int:
    """Make the packages, run all workers in turn, print the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=200)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--formats", default="xml,json")
    parser.add_argument("--worker", choices=sorted(WORKERS))
    parser.add_argument("--folder", type=Path)
    arguments = parser.parse_args()
    if arguments.worker:
        print(json.dumps(WORKERS[arguments.worker](arguments.folder)))
        return 0
    with TemporaryDirectory() as folder:
        for format_ in arguments.formats.split(","):
            system = Path(folder) / format_
            made = make(system, format_, arguments.megabytes * 1_000_000)
            names = PEERS[format_]
            tell(format_, made, [{name: run(name, system) for name in names} for _ in range(arguments.runs)])
    return 0


def make(system: Path, format_: str, size: int) -> Mapping[str, int]:
    """A package of about that size and its declaration; the violations made, by finding."""
    import polars as pl

    from conformance.sample.packages import write_package
    from conformance.sample.records import records
    from conformance.standard.standards import Standards

    standards = Standards.load([("exchange", "2019")])
    spec = standards.datasets[DATASET]
    few = records(spec, standards, 1, MADE, AS_OF)
    write = {"format": format_, "created_at": "2026-11-21T09:00:00+08:00"}
    probe = data_file(write_package(system / "probe", spec, few, standards, **write))
    frame = records(spec, standards, 1, round(size / (probe.stat().st_size / MADE)), AS_OF)
    number = pl.int_range(pl.len())

    def broken(kind: int) -> pl.Expr:
        return number % (4 * EVERY) == kind * EVERY + EVERY // 2

    faults = {"XM": pl.lit(None), "MZDM": pl.lit("99"), "HJDJRQ": pl.lit("20260230")}
    changed = [
        pl.when(broken(kind)).then(fault).otherwise(pl.col(name)).alias(name)
        for kind, (name, fault) in enumerate(faults.items())
    ]
    again = pl.when(broken(len(faults))).then(pl.all().shift(1)).otherwise(pl.all())
    frame = frame.with_columns(again).with_columns(changed)
    package = write_package(system, spec, frame, standards, **write)
    target = {"kind": "package", "dataset": DATASET, "source": {"path": package.name}, "as_of": AS_OF}
    declaration = {
        "lubiao": 1,
        "system": {"product": "b", "vendor": "b", "version": "1", "build": {"kind": "declared", "id": "1"}},
        "claims": {"standards": [{"id": "exchange", "edition": "2019"}]},
        "targets": {TARGET: target},
    }
    (system / "system.yaml").write_text(yaml.safe_dump(declaration, allow_unicode=True), "utf-8")
    made = {name: frame.select(broken(kind).sum()).item() for kind, name in enumerate((*faults, "again"))}
    return {
        "rows": frame.height,
        "bytes": data_file(package).stat().st_size,
        f"DE-MANDATORY[{TARGET}.姓名]": made["XM"],
        f"DE-DOMAIN[{TARGET}.民族代码]": made["MZDM"],
        f"DE-DATE[{TARGET}.户籍登记日期]": made["HJDJRQ"],
        f"DS-KEY[{TARGET}]": 2 * made["again"],
    }


def data_file(package: Path) -> Path:
    """The one data file of a package."""
    return next((package / "data").iterdir())


def run(worker: str, system: Path) -> dict[str, object]:
    """One worker's own figures and the wall time of its process."""
    started = time.perf_counter()
    command = [sys.executable, __file__, "--worker", worker, "--folder", str(system)]
    found: dict[str, object] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return {**found, "process": time.perf_counter() - started}


def timed(system: Path, work: Callable[[Path], object], share: float = 1.0) -> dict[str, object]:
    """The seconds that some work on the data file takes; ``share`` of the file was read."""
    path = next(data_file(package) for package in system.glob("*_*") if package.is_dir())
    started = time.perf_counter()
    work(path)
    return {"seconds": (time.perf_counter() - started) / share, "peak": peak()}


def judge(system: Path) -> dict[str, object]:
    """Judge everything, every fault kept as a sample with its place."""
    from conformance.run import Options, prepare

    run_ = prepare(system / "system.yaml", Options(sample_limit=10**9))
    started = time.perf_counter()
    findings = [run_.finding(one) for one in run_.plan.assignments]
    seconds = time.perf_counter() - started
    red = {one for one in findings if one.violations or one.undecided}
    placed = all(sample.where and sample.where.line for one in red for sample in one.samples)
    whole = all(one.violations == len(one.samples) for one in red)
    counts = {f"{one.requirement.id}[{one.target}]": one.violations for one in red}
    return {"seconds": seconds, "peak": peak(), "counts": counts, "placed": placed and whole}


def expat(system: Path) -> dict[str, object]:
    """The standard library's parser, without a handler."""
    from xml.parsers.expat import ParserCreate

    return timed(system, lambda path: ParserCreate().ParseFile(path.open("rb")))


def lxml_dom(system: Path) -> dict[str, object]:
    """lxml: the whole document in memory, validated against the generated XSD."""
    from lxml import etree

    schema = etree.XMLSchema(etree.parse(schemas() / f"{DATASET}.xsd"))
    return timed(system, lambda path: schema.validate(etree.parse(path, etree.XMLParser(huge_tree=True))))


def xmlschema_lazy(system: Path) -> dict[str, object]:
    """xmlschema on the first records of the file, extrapolated: the whole would take minutes."""
    import xmlschema

    schema = xmlschema.XMLSchema(schemas() / f"{DATASET}.xsd")

    def work(path: Path) -> None:
        head = path.read_bytes()[:SLICE].rpartition(b"</record>")
        list(schema.iter_errors((head[0] + head[1] + b"</body></dataset>").decode()))

    return timed(system, work, SLICE / size_of(system))


def json_load(system: Path) -> dict[str, object]:
    """The standard library's parser: the whole document in memory."""
    return timed(system, lambda path: json.loads(path.read_bytes()))


def jsonschema_slice(system: Path) -> dict[str, object]:
    """jsonschema on the first records of the file, extrapolated."""
    from jsonschema import Draft202012Validator

    validator = Draft202012Validator(json.loads((schemas() / f"{DATASET}.schema.json").read_text("utf-8")))

    def work(path: Path) -> None:
        head = path.read_bytes()[:SLICE].rpartition(b"}")[0].rpartition(b"}")
        list(validator.iter_errors(json.loads(head[0] + head[1] + b"]}")))

    return timed(system, work, SLICE / size_of(system))


def schemas() -> Path:
    """The folder of generated schemas."""
    from conformance.standard.standards import Standards

    return Standards.load([("exchange", "2019")]).exchange_folder() / "schemas"


def size_of(system: Path) -> int:
    """Bytes of the data file."""
    return next(data_file(package) for package in system.glob("*_*") if package.is_dir()).stat().st_size


def tell(format_: str, made: Mapping[str, int], runs: list[dict[str, dict[str, object]]]) -> None:
    """Print the medians of one format, and whether every fault was found in its place."""
    size = made["bytes"] / 1e6
    expected = {name: count for name, count in made.items() if name not in ("rows", "bytes")}
    exact = all(one["judge"]["counts"] == expected and one["judge"]["placed"] for one in runs)
    print(f"{format_}: {size:.0f} MB, {made['rows']} records, {sum(expected.values())} violations, exact: {exact}")
    for name in PEERS[format_]:
        seconds = statistics.median(float(str(one[name]["seconds"])) for one in runs)
        process = statistics.median(float(str(one[name]["process"])) for one in runs)
        memory = max(float(str(one[name]["peak"])) for one in runs)
        print(f"  {name}: {size / seconds:.1f} MB/s ({seconds:.2f} s; process {process:.2f} s), peak {memory:.0f} MiB")


WORKERS = {
    "judge": judge,
    "expat": expat,
    "lxml-dom-xsd": lxml_dom,
    "xmlschema": xmlschema_lazy,
    "json": json_load,
    "jsonschema": jsonschema_slice,
}
PEERS = {"xml": ("judge", "expat", "lxml-dom-xsd", "xmlschema"), "json": ("judge", "json", "jsonschema")}

if __name__ == "__main__":
    sys.exit(main())
