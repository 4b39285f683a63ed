"""A bundle as it lies in a folder or a ZIP, read and held: what the office, replay and disputes work from.

``manifest.json`` binds all the rest: its digest is the bundle's, and what a vendor commits to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from conformance.bundle.records import Chain
from conformance.signing.dsse import Envelope

SCHEMA = "lubiao-bundle/1"
MANIFEST, REPORT, RECORDS, ATTESTATION = (
    "manifest.json",
    "report.json",
    "evidence/records.jsonl",
    "attestation.dsse.json",
)
ARCHIVE = "bundle.zip"
#: Files that a bundle must have, and those that it may have beside them.
REQUIRED = (MANIFEST, REPORT, RECORDS, ATTESTATION)
OPTIONAL = ("report.html", "junit.xml", "report.pdf")


@dataclass(frozen=True)
class Bundle:
    """A bundle whose files are those of its manifest, each with the digests that stand there.

    ``manifest``, ``report``: as read; ``digest``: digest set of manifest.json's bytes, which is the bundle's own;
    ``chain``: the evidence; ``attestation``: the in-toto test-result statement, unsigned where the vendor has no key;
    ``contents``: every file's bytes by name, manifest.json among them.
    """

    digest: Mapping[str, str]
    manifest: Mapping[str, Any]
    report: Mapping[str, Any]
    chain: Chain = field(repr=False)
    attestation: Envelope = field(repr=False)
    contents: Mapping[str, bytes] = field(repr=False)

    @property
    def official(self) -> bool:
        """Was the run made in official mode?"""
        return bool(self.report["run"]["mode"] == "official")


class BundleError(ValueError):
    """A bundle that cannot be trusted to be what it says; ``id`` is that of the message that says why (``bundle.…``),
    ``params`` its parameters. Texts of the vendor in them are bounded and made visible by who renders.
    """

    def __init__(self, id_: str, **params: str | int) -> None:
        super().__init__(id_)
        self.id, self.params = id_, params
