"""Reading a bundle, from whoever it comes: every digest computed again, every file held against every other.

What comes out is consistent with itself, and no more than that. Who writes all of it anew gives another manifest, and
so another digest than was committed to: admission finds that. Who edits a verdict and then all digests is found by
replay.
Pages, JUnit files and PDFs of a vendor are digested, and never parsed or shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from conformance.bundle.archive_reading import AbsentError, open_archive
from conformance.bundle.attestation import configuration, statement
from conformance.bundle.limits import LIMITS, Limits
from conformance.bundle.model import ATTESTATION, MANIFEST, RECORDS, REPORT, REQUIRED, Bundle, BundleError
from conformance.bundle.reading_folder import read_files
from conformance.bundle.reading_json import (
    manifest_schema,
    read_json,
    report_schema,
    require_few_values,
    require_valid,
)
from conformance.bundle.records import KINDS, LINES_LIMIT, RUN, BrokenChainError, Chain, read_chain
from conformance.report.digests import results_digest
from conformance.signing.canonical import NotCanonicalError, canonical
from conformance.signing.digest import digest_set, same_digests
from conformance.signing.dsse import IN_TOTO, Envelope, read_envelope

__all__ = ["AbsentError", "open_archive", "read_bundle"]


def read_bundle(path: Path, limits: Limits = LIMITS) -> Bundle:
    """The bundle in a folder, or in a ZIP; of a folder only the files that its manifest names are read.

    Raises :class:`AbsentError` where there is nothing to read, :class:`BundleError` for all that is not, to the byte,
    a bundle that is whole and agrees with itself.
    """
    if path.is_dir():
        manifest = _manifest(read_files(path, (MANIFEST,), limits)[MANIFEST], limits)
        contents = read_files(path, (MANIFEST, *sorted(manifest["files"])), limits)
    else:
        contents = open_archive(path, limits)
        for name in REQUIRED:
            if name not in contents:
                raise BundleError("bundle.file-missing", name=name)
    return bundle_of(contents, limits)


def bundle_of(contents: Mapping[str, bytes], limits: Limits = LIMITS) -> Bundle:
    """The bundle of its files' bytes by name, :data:`conformance.bundle.model.REQUIRED` among them."""
    manifest = _manifest(contents[MANIFEST], limits)
    _require_files(manifest, contents)
    report = _report(manifest, contents[REPORT], limits)
    chain = _chain(manifest, contents[RECORDS], limits)
    attestation = _attestation(manifest, report, contents[ATTESTATION], limits)
    return Bundle(digest_set(contents[MANIFEST]), manifest, report, chain, attestation, dict(contents))


def _manifest(content: bytes, limits: Limits) -> Mapping[str, Any]:
    value: Mapping[str, Any] = read_json(MANIFEST, content, limits)
    require_valid(MANIFEST, value, manifest_schema())
    return value


def _require_files(manifest: Mapping[str, Any], contents: Mapping[str, bytes]) -> None:
    """Raises unless the files are those of the manifest, each with its size and both digests."""
    listed = manifest["files"]
    if unlisted := sorted(contents.keys() - listed.keys() - {MANIFEST}):
        raise BundleError("bundle.file-unlisted", name=unlisted[0])
    for name, entry in sorted(listed.items()):
        if name not in contents:
            raise BundleError("bundle.file-missing", name=name)
        if len(contents[name]) != entry["bytes"] or not same_digests(digest_set(contents[name]), entry):
            raise BundleError("bundle.file-changed", name=name)


def _report(manifest: Mapping[str, Any], content: bytes, limits: Limits) -> Mapping[str, Any]:
    report: Mapping[str, Any] = read_json(REPORT, content, limits)
    require_valid(REPORT, report, report_schema())
    if not same_digests(manifest["reportDigest"], digest_set(content)):
        raise BundleError("bundle.report-digest")
    results = results_digest(report["findings"])
    if not same_digests(report["resultsDigest"], results) or not same_digests(manifest["resultsDigest"], results):
        raise BundleError("bundle.results-digest")
    if len({entry["id"] for entry in report["findings"]}) != len(report["findings"]):
        raise BundleError("bundle.finding-twice")
    _require_same(manifest, report)
    return report


def _require_same(manifest: Mapping[str, Any], report: Mapping[str, Any]) -> None:
    """Raises where the manifest says of product, mode, packs or challenge what the report does not."""
    system, run = report["system"], report["run"]
    told = {
        "product": {name: system[name] for name in ("vendor", "product", "version", "build")},
        "mode": run["mode"],
        "packs": [{name: entry[name] for name in ("id", "edition", "digest")} for entry in report["standards"]],
        "challenge": run.get("challenge"),
    }
    for name, value in told.items():
        if manifest[name] != value:
            raise BundleError("bundle.disagrees", part=name)


def _chain(manifest: Mapping[str, Any], content: bytes, limits: Limits) -> Chain:
    require_few_values(RECORDS, content, limits)
    if content.count(b"\n") > LINES_LIMIT:
        raise BundleError("bundle.values-many", name=RECORDS, limit=LINES_LIMIT)
    try:
        chain = read_chain(content)
    except BrokenChainError as error:
        raise BundleError("bundle.chain-broken", number=error.number) from error
    if chain.facts != manifest["evidence"]:
        raise BundleError("bundle.evidence-differs")
    kinds = [record.kind for record in chain.records]
    if kinds.count(RUN) != 1 or kinds != sorted(kinds, key=KINDS.index):
        raise BundleError("bundle.records-order")
    return chain


def _attestation(manifest: Mapping[str, Any], report: Mapping[str, Any], content: bytes, limits: Limits) -> Envelope:
    """The envelope, whose statement is the one that follows from the report; whose keys signed it is not asked here."""
    require_few_values(ATTESTATION, content, limits)
    try:
        envelope = read_envelope(content)
    except NotCanonicalError as error:
        raise BundleError("bundle.not-canonical", name=ATTESTATION) from error
    expected = canonical(statement(report, configuration(manifest)))
    if envelope.payload_type != IN_TOTO or envelope.payload != expected:
        raise BundleError("bundle.attestation-differs")
    return envelope
