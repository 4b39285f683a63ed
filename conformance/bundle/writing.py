"""The bundle: everything that a verdict rests on, in one folder, with a manifest of digests."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from conformance.report.render import render

MANIFEST = "manifest.json"


def write_bundle(report: Mapping[str, Any], formats: Sequence[str], folder: Path) -> tuple[Path, ...]:
    """Write the report in each format (``report.json`` always) and the manifest; returns the files written."""
    paths = render(report, tuple(dict.fromkeys(("json", *formats))), folder)
    manifest = folder / MANIFEST
    manifest.write_bytes(_manifest(paths))
    return (*paths, manifest)


def _manifest(paths: Sequence[Path]) -> bytes:
    """Each file's size and SHA-256 by name, as JSON with sorted keys."""
    files = {path.name: _entry(path.read_bytes()) for path in paths}
    text = json.dumps({"schema": "lubiao-manifest/1", "files": files}, ensure_ascii=False, indent=2, sort_keys=True)
    return f"{text}\n".encode()


def _entry(content: bytes) -> dict[str, Any]:
    return {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
