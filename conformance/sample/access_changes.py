"""Changes of an access point: texts of its files, after which the digests that vouch for them are made good again.

A mutant has one fault. A changed configuration whose declared digest were left would have two; so would a changed
result of a probe that its own digest gives away.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance.sample.errors import SampleError
from conformance.system.access.configs.opening import opened
from conformance.system.access.declaration import declaration_file
from conformance.system.access.opening import OBSERVED
from conformance.system.access.scope import digest
from conformance.system.declaration import ACCESS


@dataclass(frozen=True)
class ProbeEdit:
    """Other facts, or another state or control, of one probe in a file of results; ``values`` as the file has them."""

    file: str
    probe: str
    values: Mapping[str, Any]
    facts: Mapping[str, Any]


def read_probe_edit(raw: Mapping[str, Any], place: str) -> ProbeEdit:
    """One change of a mutant file: ``probe: lan/loss``, with ``facts: {received: 29}`` or another state or control."""
    allowed = ("probe", "facts", "state", "reason", "control", "in")
    if unknown := sorted(set(raw) - set(allowed)):
        raise SampleError("sample.key.unknown", place=place, keys=", ".join(unknown), allowed=", ".join(allowed))
    file, _, probe = raw["probe"].partition("/")
    values = {name: raw[name] for name in ("state", "reason", "control") if name in raw}
    return ProbeEdit(f"{raw.get('in', 'point')}/{OBSERVED}/{file}.json", probe, values, raw.get("facts") or {})


def edit_probe(out: Path, edit: ProbeEdit) -> None:
    """Make the change in a copy of the access point; raises :class:`SampleError` where there is no such probe."""
    path = out / edit.file
    body = json.loads(path.read_bytes())
    for probe in body["probes"]:
        if probe["id"] == edit.probe:
            probe.update(edit.values)
            probe["facts"].update(edit.facts)
            path.write_text(json.dumps(body, ensure_ascii=False, indent=1) + "\n", "utf-8")
            return
    raise SampleError("sample.change.nothing", dataset=f"{edit.file}: {edit.probe}")


def vouch_again(reference: Path, out: Path, declared: Mapping[str, Any]) -> None:
    """Make the digests in the copy ``out`` good for what was changed since ``reference``."""
    for target in declared["targets"].values():
        if target.get("kind") == ACCESS:
            folder = target["source"]["path"]
            _configurations(reference / folder, out / folder)
            for path in sorted((out / folder / OBSERVED).glob("*.json")):
                _results(path, reference / folder / OBSERVED / path.name)


def _configurations(before: Path, after: Path) -> None:
    if not before.is_dir():
        return
    declaration = declaration_file(after)
    text = declaration.read_text("utf-8")
    for path in sorted((before / "configs").iterdir()):
        changed = after / "configs" / path.name
        if changed.exists():
            text = text.replace(opened(path.name, path.parent).digest, opened(path.name, changed.parent).digest)
    declaration.write_text(text, "utf-8")


def _results(path: Path, before: Path) -> None:
    content = path.read_bytes()
    if before.is_file() and before.read_bytes() != content:
        body = json.loads(content)
        body["digest"] = digest(body)
        path.write_text(json.dumps(body, ensure_ascii=False, indent=1) + "\n", "utf-8")
