"""Writing a bundle: reports, evidence, attestation, manifest, and the same as one ZIP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.bundle.archive import write_archive
from conformance.bundle.attestation import configuration, statement
from conformance.bundle.model import ARCHIVE, ATTESTATION, MANIFEST, RECORDS, REPORT, SCHEMA
from conformance.bundle.records import Chain, Record, chained
from conformance.bundle.rendering import rendered
from conformance.bundle.suite import suite_facts
from conformance.signing.canonical import canonical
from conformance.signing.digest import digest_set
from conformance.signing.dsse import IN_TOTO, Envelope, write_envelope

if TYPE_CHECKING:
    from conformance.signing.signers import Signer


@dataclass(frozen=True)
class Ended:
    """A run that has ended: its report, and the records that the report can be built from again."""

    report: dict[str, Any]
    records: tuple[Record, ...] = field(repr=False)


def write_bundle(
    ended: Ended, formats: Sequence[str], folder: Path, signers: Sequence[Signer] = ()
) -> tuple[Path, ...]:
    """Write the bundle into a folder (made where missing), ``bundle.zip`` last; returns the files written.

    ``report.json`` is always among the formats. Each file appears whole or not at all. Without ``signers`` the
    attestation is unsigned.
    """
    contents = bundle_contents(ended, formats, signers)
    written = {**contents, ARCHIVE: write_archive(contents)}
    for name, content in written.items():
        _replace(folder / name, content)
    return tuple(folder / name for name in written)


def bundle_contents(ended: Ended, formats: Sequence[str], signers: Sequence[Signer] = ()) -> dict[str, bytes]:
    """Every file of the bundle by name, ``manifest.json`` last."""
    chain = chained(ended.records)
    contents = rendered(ended.report, ("json", *formats))
    contents[RECORDS] = chain.content
    bound = _bound(ended.report, contents[REPORT], chain)
    contents[ATTESTATION] = write_envelope(_attested(ended.report, bound, signers))
    files = {name: {"bytes": len(content), **digest_set(content)} for name, content in contents.items()}
    contents[MANIFEST] = canonical({**bound, "files": files})
    return contents


def _bound(report: Mapping[str, Any], content: bytes, chain: Chain) -> dict[str, Any]:
    """What the manifest binds beside the files."""
    system, run = report["system"], report["run"]
    return {
        "schema": SCHEMA,
        "reportDigest": digest_set(content),
        "resultsDigest": report["resultsDigest"],
        "evidence": chain.facts,
        "suite": suite_facts(),
        "packs": [{name: entry[name] for name in ("id", "edition", "digest")} for entry in report["standards"]],
        "mode": run["mode"],
        "product": {name: system[name] for name in ("vendor", "product", "version", "build")},
        "challenge": run.get("challenge"),
    }


def _attested(report: Mapping[str, Any], bound: Mapping[str, Any], signers: Sequence[Signer]) -> Envelope:
    payload = canonical(statement(report, configuration(bound)))
    if not signers:
        return Envelope(IN_TOTO, payload)
    from conformance.signing.signers import sign_envelope  # noqa: PLC0415 - few vendors have a key

    return sign_envelope(IN_TOTO, payload, signers)


def _replace(path: Path, content: bytes) -> None:
    """The file whole under its name, whatever happens meanwhile."""
    path.parent.mkdir(parents=True, exist_ok=True)
    passing = path.with_name(f".{path.name}.part")
    passing.write_bytes(content)
    passing.replace(path)
