"""Scopes for the probe agent's tests, and the agent run on them as a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from conformance.probe import agent

HOME = Path(agent.__file__).parent
NONCE = "0123456789abcdef"
WAIT = 150
Row = dict[str, Any]


def probe(kind: str, *, after: tuple[str, ...] = (), control: Row | None = None, deadline: int = 5000, **p: Any) -> Row:
    id_ = p.pop("id", kind)
    parameters = {"wait_ms": WAIT, **p}
    return {
        "id": id_,
        "kind": kind,
        "after": list(after),
        "deadline_ms": deadline,
        "control": control,
        "parameters": parameters,
    }


def scope_of(*probes: Row, **over: Any) -> Row:
    document = {
        "schema": 1,
        "nonce": NONCE,
        "place": "lan",
        "until": "2999-01-01",
        "limits": {"connects": 50, "packets_per_second": 1000, "bandwidth": True},
        "targets": ["127.0.0.0/8", "::1", "192.0.2.1"],
        "probes": list(probes),
        **over,
    }
    return {"digest": agent.digest(document), **document}


def started(folder: Path, scope: Row) -> tuple[subprocess.Popen[str], Path]:
    path, out = folder / "scope.json", folder / "lan.json"
    path.write_text(json.dumps(scope), "utf-8")
    command = [sys.executable, "-I", str(HOME / "agent.py"), "--scope", str(path), "--out", str(out)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True), out


def run(folder: Path, scope: Row) -> tuple[int, dict[str, Row], str]:
    """Exit code, probes by id, and what was said."""
    process, out = started(folder, scope)
    _, said = process.communicate(timeout=60)
    probes = json.loads(out.read_text("utf-8"))["probes"] if out.exists() else []
    return process.returncode, {one["id"]: one for one in probes}, said


def facts(done: Mapping[str, Row], id_: str) -> Row:
    assert done[id_]["state"] == "done", done[id_]
    return done[id_]["facts"]  # type: ignore[no-any-return]
