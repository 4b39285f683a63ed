"""A run that is killed goes on where it was: targets judged are kept as they are judged, and taken up by the next run.

:data:`NAME` in the report's folder: a head that says which run it is, then one canonical line a target, each on disc
before the next target begins. It is taken up only by the same run (declaration, packs, suite, options, day), and of it
only targets whose files are, by digest, those that were judged; a torn last line counts as nothing. The bundle removes
it. Who can write it can write the report as well: it proves nothing, and is not part of the bundle.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from conformance.run.outcome import TargetOutcome, outcome_of, outcome_value
from conformance.signing.canonical import NotCanonicalError, canonical, parse
from conformance.system.source import digest

NAME = ".journal.jsonl"
#: Bounds: of one line, and of the files watched of one target. A target with more is judged again.
LINE_LIMIT, FILES_LIMIT = 64 << 20, 10_000


@dataclass
class Journal:
    """An open journal. ``head`` is that of the run taken up, or None; ``taken`` what was judged, by target."""

    path: Path
    head: Mapping[str, Any] | None = None
    taken: dict[str, TargetOutcome] = field(default_factory=dict)
    file: BinaryIO | None = field(default=None, repr=False)

    @classmethod
    def open(cls, folder: Path, run: Mapping[str, Any]) -> Journal | None:
        """The journal of a folder for the run that ``run`` describes.

        None where it cannot be kept: the folder cannot be written, or another run is at it.
        """
        path = folder / NAME
        try:
            folder.mkdir(parents=True, exist_ok=True)
            file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600), "r+b")
            _lock(file)
        except OSError:
            return None
        journal = cls(path, file=file)
        journal._take_up(run)
        return journal

    def _take_up(self, run: Mapping[str, Any]) -> None:
        """Read what an earlier run left, if it was this one, and cut off what is torn; else begin anew."""
        assert self.file is not None  # noqa: S101 - opened by open()
        kept = 0
        for line in self.file:
            value = _value(line)
            if value is None or (not kept and value.get("run") != run):
                break
            if not kept:
                self.head = value["head"]
            elif (outcome := _unchanged(value)) is not None:
                self.taken[outcome.target] = outcome
            kept += len(line)
        self.file.seek(kept)
        self.file.truncate()

    def begin(self, run: Mapping[str, Any], head: Mapping[str, Any]) -> None:
        """Write the head of a run that begins anew."""
        self._write({"run": run, "head": head})

    def keep(self, outcome: TargetOutcome, watched: Iterable[Path]) -> None:
        """A target was judged on those files and folders."""
        places = sorted(set(watched))
        files = fingerprint(places)
        if files is not None:
            shown = [os.fspath(place) for place in places]
            self._write({"watched": shown, "files": files, "outcome": outcome_value(outcome)})

    def _write(self, value: Mapping[str, Any]) -> None:
        if self.file is None:
            return
        self.file.write(canonical(value) + b"\n")
        self.file.flush()
        os.fsync(self.file.fileno())

    def close(self, *, ended: bool) -> None:
        """``ended``: the bundle is written, and nothing is left to go on with."""
        if self.file is None:
            return
        if ended:
            with suppress(OSError):
                self.path.unlink()
        self.file.close()
        self.file = None


def _lock(file: BinaryIO) -> None:
    """Take the file for this process, where the system knows such locks; OSError where another has it."""
    with suppress(ImportError):
        import fcntl  # noqa: PLC0415 - not on every system

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def fingerprint(watched: Iterable[Path]) -> list[list[str]] | None:
    """Path and SHA-256 of each file at or under some places, or None where that cannot be told."""
    found: list[list[str]] = []
    for place in sorted(set(watched)):
        paths = sorted(place.rglob("*")) if place.is_dir() else [place]
        for path in paths:
            if path.is_dir():
                continue
            if len(found) >= FILES_LIMIT or not path.is_file():
                return None
            try:
                found.append([os.fspath(path), digest(path)])
            except OSError:
                return None
    return found


def _unchanged(value: Mapping[str, Any]) -> TargetOutcome | None:
    """What was judged, if the files are still those that it was judged on."""
    try:
        if fingerprint(map(Path, value["watched"])) != value["files"]:
            return None
        return outcome_of(value["outcome"])
    except (KeyError, TypeError, ValueError):
        return None


def _value(line: bytes) -> Mapping[str, Any] | None:
    if not line.endswith(b"\n"):
        return None
    try:
        value = parse(line[:-1], limit=LINE_LIMIT)
    except NotCanonicalError:
        return None
    return value if isinstance(value, Mapping) else None
