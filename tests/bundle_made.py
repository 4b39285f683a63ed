"""Bundles for tests: a real one of a small faulty system, made once; and what forgers make of it."""

from __future__ import annotations

import json
import os
import struct
import tempfile
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from small_system import KEY, faulty

from conformance.bundle.attestation import statement
from conformance.bundle.model import ATTESTATION, MANIFEST, RECORDS, REPORT
from conformance.bundle.records import Record, chained, read_chain
from conformance.checking import check
from conformance.evidence.key import VARIABLE
from conformance.report.digests import results_digest
from conformance.signing.canonical import canonical
from conformance.signing.digest import digest_set
from conformance.signing.dsse import IN_TOTO, Envelope, write_envelope

#: The finding that is red.
RED = "DE-BLANK[population.person.姓名]"
Edit = Callable[[Any], object]


@cache
def _made() -> tuple[tuple[str, bytes], ...]:
    before = os.environ.get(VARIABLE)
    os.environ[VARIABLE] = KEY
    try:
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "out"
            check(faulty().write(Path(folder)), report=out)
            files = [path for path in sorted(out.rglob("*")) if path.is_file() and path.name != "bundle.zip"]
            return tuple((path.relative_to(out).as_posix(), path.read_bytes()) for path in files)
    finally:
        os.environ.pop(VARIABLE)
        if before is not None:
            os.environ[VARIABLE] = before


def made() -> dict[str, bytes]:
    """The files of the real bundle by name."""
    return dict(_made())


def value_of(contents: Mapping[str, bytes], name: str) -> Any:
    """A file as JSON."""
    return json.loads(contents[name])


def with_manifest(contents: Mapping[str, bytes], edit: Edit) -> dict[str, bytes]:
    """The bundle with an edited manifest, canonical again."""
    manifest = value_of(contents, MANIFEST)
    edit(manifest)
    return {**contents, MANIFEST: canonical(manifest)}


def relisted(contents: Mapping[str, bytes]) -> dict[str, bytes]:
    """The bundle with sizes and digests of its files in the manifest made anew, and nothing else."""
    files = {
        name: {"bytes": len(content), **digest_set(content)} for name, content in contents.items() if name != MANIFEST
    }
    return with_manifest(contents, lambda manifest: manifest.update(files=files))


def forged(
    report: Edit | None = None, records: Callable[[list[Record]], Iterable[Record]] | None = None
) -> dict[str, bytes]:
    """The real bundle with its report or records edited and all that binds them made anew, as a forger would."""
    contents = made()
    told = value_of(contents, REPORT)
    if report is not None:
        report(told)
        told["resultsDigest"] = results_digest(told["findings"])
    contents[REPORT] = canonical(told)
    chain = read_chain(contents[RECORDS])
    if records is not None:
        chain = chained(records(list(chain.records)))
    contents[RECORDS] = chain.content
    manifest = value_of(contents, MANIFEST)
    system = told["system"]
    manifest |= {
        "reportDigest": digest_set(contents[REPORT]),
        "resultsDigest": told["resultsDigest"],
        "evidence": chain.facts,
        "mode": told["run"]["mode"],
        "product": {name: system[name] for name in ("vendor", "product", "version", "build")},
        "packs": [{name: entry[name] for name in ("id", "edition", "digest")} for entry in told["standards"]],
    }
    contents[MANIFEST] = canonical(manifest)
    return relisted(attested(contents))


def attested(contents: Mapping[str, bytes]) -> dict[str, bytes]:
    """The bundle with the attestation that follows from its report and manifest, unsigned."""
    manifest, told = value_of(contents, MANIFEST), value_of(contents, REPORT)
    suite = manifest["suite"]
    configuration: list[Mapping[str, Any]] = [
        {"name": REPORT, "digest": manifest["reportDigest"]},
        {"name": RECORDS, "digest": manifest["evidence"]["root"]},
        {"name": f"{suite['name']} {suite['version']}", "digest": suite["digest"]},
    ]
    for pack in manifest["packs"]:
        digest = {"sha256": pack["digest"].removeprefix("sha256:")}
        configuration.append({"name": f"{pack['id']}@{pack['edition']}", "digest": digest})
    envelope = Envelope(IN_TOTO, canonical(statement(told, configuration)))
    return {**contents, ATTESTATION: write_envelope(envelope)}


def laid_out(folder: Path, contents: Mapping[str, bytes]) -> Path:
    """The files in a folder."""
    for name, content in contents.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def finding(report: Any, id_: str = RED) -> Any:
    """A finding of a report, to be edited."""
    return next(entry for entry in report["findings"] if entry["id"] == id_)


def end_record(count: int, size: int, start: int, *, comment: bytes = b"") -> bytes:
    """A ZIP's last record, whatever it says."""
    return struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, count, count, size, start, len(comment)) + comment
