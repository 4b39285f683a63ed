"""The in-toto statement of a run: what gates of other systems read must not say more than the report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from small_system import SmallSystem, faulty

from conformance.bundle.attestation import subject_of
from conformance.bundle.model import ATTESTATION, MANIFEST, REPORT
from conformance.bundle.suite import suite_facts
from conformance.checking import check
from conformance.signing.digest import digest_set
from conformance.signing.dsse import IN_TOTO, read_envelope

SYSTEMS = {
    "PASSED": SmallSystem(),
    "FAILED": faulty(),
    "WARNED": SmallSystem(rows=()),
}


@pytest.mark.parametrize("result", SYSTEMS)
def test_the_result_is_the_reports(tmp_path: Path, result: str) -> None:
    check(SYSTEMS[result].write(tmp_path), report=tmp_path / "out")
    envelope = read_envelope((tmp_path / "out" / ATTESTATION).read_bytes())
    assert (envelope.payload_type, envelope.signatures) == (IN_TOTO, ())
    statement = envelope.value()
    assert statement["predicateType"].endswith("test-result/v0.1")
    predicate = statement["predicate"]
    assert predicate["result"] == result
    report: dict[str, Any] = json.loads((tmp_path / "out" / REPORT).read_bytes())
    words = {"passedTests": ["pass"], "failedTests": ["fail", "error"], "warnedTests": ["inconclusive", "not-run"]}
    for name, verdicts in words.items():
        assert predicate[name] == [one["id"] for one in report["findings"] if one["verdict"] in verdicts]
    named = {one["name"]: one["digest"] for one in predicate["configuration"]}
    manifest = json.loads((tmp_path / "out" / MANIFEST).read_bytes())
    assert named[REPORT] == digest_set((tmp_path / "out" / REPORT).read_bytes()) == manifest["reportDigest"]
    assert named["evidence/records.jsonl"] == manifest["evidence"]["root"]
    assert named[f"lubiao {suite_facts()['version']}"] == suite_facts()["digest"]


@pytest.mark.parametrize(
    ("kind", "id_", "strong"),
    [
        ("image", f"registry.example/x@sha256:{'a' * 64}", True),
        ("package", f"sha256:{'a' * 64}", True),
        ("declared", f"sha256:{'a' * 64}", False),
        ("image", "registry.example/x:latest", False),
        ("package", f"sha256:{'a' * 63}", False),
    ],
)
def test_only_a_digest_identifies_a_build(kind: str, id_: str, strong: bool) -> None:
    system = {"product": "p", "version": "1", "build": {"kind": kind, "id": id_}, "declaration": {"sha256": "d" * 64}}
    assert subject_of(system) == {"name": "p 1", "digest": {"sha256": ("a" if strong else "d") * 64}}
