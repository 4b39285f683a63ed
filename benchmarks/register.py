"""How long the public register takes: many synthetic certificates, read, verified, rendered in both languages, written.

The floor is writing the same files again, the same bytes into the same folders, and nothing else.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import statistics
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--certificates", type=int, default=10_000)
    parser.add_argument("--batch", type=int, default=10, help="entries between two checkpoints of the log")
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    with TemporaryDirectory(prefix="lubiao-register-") as folder:
        measure(Path(folder), arguments)


def measure(folder: Path, arguments: argparse.Namespace) -> None:
    from register_office import NOW

    from conformance.register.building import build

    started = time.perf_counter()
    office = synthetic(folder / "office", arguments.certificates, arguments.batch)
    print(f"made {arguments.certificates} certificates in {time.perf_counter() - started:.1f} s", flush=True)
    pairs = []
    for _ in range(arguments.runs):
        started = time.perf_counter()
        built = build(folder / "site", office, NOW)
        took = time.perf_counter() - started
        least, size = floor(folder / "site", folder / "floor")
        pairs.append((took, least))
        print(f"build {took:.1f} s, floor {least:.1f} s, ratio {took / least:.1f}", flush=True)
    seconds = statistics.median(took for took, _ in pairs)
    ratio = statistics.median(took / least for took, least in pairs)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    print(f"{built.files} files, {size / 1e6:.0f} MB: median {seconds:.1f} s, ratio {ratio:.1f}, peak {peak} MB")


def synthetic(folder: Path, count: int, batch: int) -> Path:
    """An office with so many certificates of different products, some revoked and some suspended."""
    from register_office import Office, made, template

    product = template()["predicate"]["product"]
    certificates = []
    for place in range(1, count + 1):
        named = {
            **product,
            "product": f"政务平台{place % 997}",
            "vendor": f"第{place % 313}软件公司",
            "version": f"{place % 7}.{place}",
        }
        acts = []
        if place % 100 == 0:
            acts = [("revoke" if place % 200 else "suspend", {"reason": "surveillance"})]
        certificates.append(made(place, *acts, product=named))
    return Office(folder).write(certificates, batch=batch)


def floor(site: Path, target: Path) -> tuple[float, int]:
    """Seconds and bytes of writing the site's files again."""
    contents = [(path.relative_to(site), path.read_bytes()) for path in sorted(site.rglob("*")) if path.is_file()]
    shutil.rmtree(target, ignore_errors=True)
    started = time.perf_counter()
    for name, content in contents:
        path = target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return time.perf_counter() - started, sum(len(content) for _, content in contents)


if __name__ == "__main__":
    main()
