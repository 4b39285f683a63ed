"""The run as an in-toto statement: ``test-result/v0.1`` in DSSE, which gates of other systems read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from conformance.bundle.model import RECORDS, REPORT

STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "https://in-toto.io/attestation/test-result/v0.1"
_IDENTIFIED = re.compile(r"(?:.*@)?sha256:(?P<digest>[0-9a-f]{64})")
_RESULTS = {"pass": "PASSED", "fail": "FAILED", "error": "FAILED"}


def subject_of(system: Mapping[str, Any]) -> dict[str, Any]:
    """The thing tested as an in-toto resource: the build, where a digest identifies it, else what was declared of it.

    ``system`` is that of a report. A build that is only declared is named by its declaration's digest.
    """
    build = system["build"]
    found = _IDENTIFIED.fullmatch(build["id"]) if build["kind"] != "declared" else None
    digest = found["digest"] if found else system["declaration"]["sha256"]
    return {"name": f"{system['product']} {system['version']}", "digest": {"sha256": digest}}


def configuration(bound: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What a statement names beside its subject: report, evidence, suite and packs as a manifest binds them."""
    suite = bound["suite"]
    return [
        {"name": REPORT, "digest": bound["reportDigest"]},
        {"name": RECORDS, "digest": bound["evidence"]["root"]},
        {"name": f"{suite['name']} {suite['version']}", "digest": suite["digest"]},
        *(
            {"name": f"{pack['id']}@{pack['edition']}", "digest": {"sha256": pack["digest"].removeprefix("sha256:")}}
            for pack in bound["packs"]
        ),
    ]


def statement(report: Mapping[str, Any], configured: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The statement over a report; ``configured`` names what it was judged by, with digests.

    The predicate knows three results only: what is neither a pass nor a failure warns, and so do its findings.
    """
    names: dict[str, list[str]] = {"passed": [], "warned": [], "failed": []}
    for entry in report["findings"]:
        if entry["verdict"] != "not-applicable":
            names[_RESULTS.get(entry["verdict"], "WARNED").lower()].append(entry["id"])
    return {
        "_type": STATEMENT,
        "subject": [subject_of(report["system"])],
        "predicateType": PREDICATE,
        "predicate": {
            "result": _RESULTS.get(report["summary"]["verdict"], "WARNED"),
            "configuration": list(configured),
            "passedTests": names["passed"],
            "warnedTests": names["warned"],
            "failedTests": names["failed"],
        },
    }
