"""Results of probes as they were handed in, and the far end's record of them: read, verified, never judged.

Files come from machines of others: each is bounded in size, depth and number of entries, its digest must be that of
what it holds, and all are of one run (one nonce), one file for each place. What is wrong is configuration, all told at
once.
"""

from __future__ import annotations

import errno
import hashlib
import json
import math
import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from conformance.judge.access.observed import BLOCKED, DONE, ERROR, REFUSED, TIMEOUT, UNSUPPORTED, Met, Observed, Probe
from conformance.judge.rulebook import Location
from conformance.system.problem import ConfigurationError, Place, Problem, problem, shown

SCHEMA = 1
MAX_FILES = 64
MAX_BYTES = 16 << 20
MAX_ALL = 64 << 20  # of all files together
MAX_DEPTH = 16
MAX_PROBES = 10_000
MAX_MET = 200_000
MAX_PROBLEMS = 20  # of one file
MAX_TEXT = 1000  # characters of a name, a place, a reason
MAX_DIGITS = 18
SHOWN_REASON = 60  # characters of a reason that reports repeat
RESPONDER = ".responder.json"
_STATES = (DONE, BLOCKED, TIMEOUT, ERROR, UNSUPPORTED, REFUSED)
#: Where the system has them (Windows has not).
_FLAGS = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_CHINA = timezone(timedelta(hours=8))


class _NotPlainError(ValueError):
    """JSON that parsers read in different ways, or that is made to exhaust them."""


@dataclass
class _File:
    """One file while it is read: its name in locations, and what is wrong with it so far."""

    name: str
    problems: list[Problem] = field(default_factory=list)

    def wrong(self, id_: str, path: str = "", **params: str | int) -> None:
        """Tell a problem of this file; the first MAX_PROBLEMS are enough."""
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(problem(Place(1, 1, path, self.name), id_, file=self.name, **params))

    def at(self, path: str) -> Location:
        """A place in this file."""
        return Location(self.name, 0, path)

    def text(self, row: Mapping[str, Any], name: str, path: str, *, needed: bool = True) -> str:
        """A printable text of an object; a problem, and empty, where it is none."""
        value = row.get(name, "")
        if isinstance(value, str) and len(value) <= MAX_TEXT and (value or not needed) and value.isprintable():
            return value
        self.wrong("source.observed-shape", f"{path}.{name}".lstrip("."))
        return ""


@dataclass(frozen=True)
class _Results:
    """What one file of the agent holds."""

    nonce: str
    place: str
    ended: date | None
    probes: tuple[Probe, ...]


@dataclass(frozen=True)
class _Record:
    """What one file of the responder holds."""

    nonce: str
    met: tuple[Met, ...]


def read_observed(folder: Path) -> Observed | None:
    """What was observed, None where no results were handed in; raises :class:`ConfigurationError` with all problems."""
    paths = sorted(folder.glob("*.json"))
    if not paths:
        return None
    files = [_File(f"{folder.name}/{shown(path.name)}") for path in paths]
    if len(paths) > MAX_FILES:
        files[0].wrong("source.observed-many", limit=MAX_FILES)
        raise ConfigurationError(files[0].problems)
    _bounded(paths, files)
    results: list[tuple[_File, _Results]] = []
    records: list[tuple[_File, _Record]] = []
    for path, file in zip(paths, files, strict=True):
        document = _document(path, file)
        if document is not None and path.name.endswith(RESPONDER):
            records.append((file, _record(document, file)))
        elif document is not None:
            results.append((file, _results(document, file)))
    _one_run(results, records, files[0])
    if problems := [one for file in files for one in file.problems]:
        raise ConfigurationError(problems)
    return Observed(
        nonce=results[0][1].nonce,
        ended=min(one.ended for _, one in results if one.ended).isoformat(),
        probes=tuple(probe for _, one in results for probe in one.probes),
        responder=tuple(met for _, one in records for met in one.met) if records else None,
    )


def _bounded(paths: list[Path], files: list[_File]) -> None:
    """Raises where a file is no regular one of a printable name, or where all of them are too large together."""
    room = MAX_ALL
    for path, file in zip(paths, files, strict=True):
        try:
            state = path.lstat()
        except OSError as error:
            file.wrong("source.observed-unreadable", why=error.strerror or type(error).__name__)
            continue
        if stat.S_ISDIR(state.st_mode):
            file.wrong("source.observed-unreadable", why=os.strerror(errno.EISDIR))
        elif not stat.S_ISREG(state.st_mode) or not path.name.isprintable():
            file.wrong("source.observed-no-file")
        elif (room := room - state.st_size) < 0:
            file.wrong("source.observed-all", limit=MAX_ALL >> 20)
            break
    if problems := [one for file in files for one in file.problems]:
        raise ConfigurationError(problems)


def _one_run(results: list[tuple[_File, _Results]], records: list[tuple[_File, _Record]], first: _File) -> None:
    """Tell what keeps these files from being one run."""
    if not results and not first.problems:
        first.wrong("source.observed-no-results")
    told = [(file, one.nonce) for file, one in results] + [(file, one.nonce) for file, one in records]
    told = [(file, nonce) for file, nonce in told if nonce]
    for file, nonce in told:
        if nonce != told[0][1]:
            file.wrong("source.observed-nonce", "nonce", other=told[0][0].name)
    places: dict[str, _File] = {}
    for file, one in results:
        if one.place and places.setdefault(one.place, file) is not file:
            file.wrong("source.observed-place", "place", name=one.place, other=places[one.place].name)


# --- one file as JSON ---


def _document(path: Path, file: _File) -> dict[str, Any] | None:
    """The file's JSON object with a good digest and of our version; None, and a problem, where it is not."""
    try:
        # Whoever replaces it by a pipe or a link after it was looked at gets no further.
        with os.fdopen(os.open(path, _FLAGS), "rb") as opened:
            raw = opened.read(MAX_BYTES + 1)
    except OSError as error:
        file.wrong("source.observed-unreadable", why=error.strerror or type(error).__name__)
        return None
    if len(raw) > MAX_BYTES:
        file.wrong("source.observed-large", limit=MAX_BYTES >> 20)
        return None
    try:
        document = json.loads(
            raw.decode("utf-8"),
            object_pairs_hook=_once,
            parse_constant=_no_constant,
            parse_int=_integer,
            parse_float=_finite,
        )
        if not isinstance(document, dict) or not _shallow(document):
            raise _NotPlainError
        good = document.get("digest") == _digest(document)
    except (ValueError, RecursionError):
        file.wrong("source.observed-json")
        return None
    if document.get("schema") != SCHEMA or isinstance(document["schema"], bool):
        file.wrong("source.observed-version", "schema", version=SCHEMA)
        return None
    if not good:
        file.wrong("source.observed-digest", "digest")
        return None
    return document


def _digest(document: Mapping[str, Any]) -> str:
    rest = {key: value for key, value in document.items() if key != "digest"}
    text = json.dumps(rest, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return "sha256:" + hashlib.sha256(text.encode("utf-8")).hexdigest()


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({key for key, _ in pairs}) != len(pairs):
        raise _NotPlainError
    return dict(pairs)


def _no_constant(_: str) -> Any:
    raise _NotPlainError


def _integer(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise _NotPlainError
    return int(text)


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise _NotPlainError
    return value


def _shallow(document: object) -> bool:
    """Whether nothing is nested deeper than MAX_DEPTH."""
    layer = [document]
    for _ in range(MAX_DEPTH):
        layer = [item for one in layer for item in _items(one)]
        if not layer:
            return True
    return False


def _items(value: object) -> Iterator[object]:
    if isinstance(value, dict):
        yield from (one for one in value.values() if isinstance(one, dict | list))
    elif isinstance(value, list):
        yield from (one for one in value if isinstance(one, dict | list))


# --- the agent's results ---


def _results(document: Mapping[str, Any], file: _File) -> _Results:
    nonce, place = file.text(document, "nonce", ""), file.text(document, "place", "")
    ended = _day(document.get("ended"))
    if ended is None:
        file.wrong("source.observed-shape", "ended")
    probes = tuple(_probes(document, file))
    seen: set[str] = set()
    for probe in probes:
        if probe.id in seen:
            file.wrong("source.observed-twice", probe.where.path, id=probe.id)
        seen.add(probe.id)
    return _Results(nonce, place, ended, probes)


def _probes(document: Mapping[str, Any], file: _File) -> Iterator[Probe]:
    rows = document.get("probes")
    if not isinstance(rows, list) or len(rows) > MAX_PROBES:
        file.wrong("source.observed-shape", "probes")
        return
    for number, row in enumerate(rows):
        path = f"probes[{number}]"
        if not isinstance(row, dict):
            file.wrong("source.observed-shape", path)
            continue
        state, control, facts = row.get("state"), row.get("control"), row.get("facts", {})
        good = {"state": state in _STATES, "control": control is None or isinstance(control, bool)}
        good["facts"] = isinstance(facts, dict)
        for name in (name for name, right in good.items() if not right):
            file.wrong("source.observed-shape", f"{path}.{name}")
        if all(good.values()):
            yield Probe(
                id=file.text(row, "id", path),
                kind=file.text(row, "kind", path),
                where=file.at(path),
                target=file.text(row, "target", path, needed=False),
                state=str(state),
                control=control,
                reason=_reason(row, path, file),
                facts=facts,
            )


def _reason(row: Mapping[str, Any], path: str, file: _File) -> str:
    """Why a probe was not done, as much of it as reports repeat: it may quote what the other end said."""
    value = row.get("reason", "")
    if isinstance(value, str) and len(value) <= MAX_TEXT:
        return shown(value, SHOWN_REASON)
    file.wrong("source.observed-shape", f"{path}.reason")
    return ""


def _day(value: object) -> date | None:
    """The day in China of an ISO time with a zone."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
        return moment.astimezone(_CHINA).date() if moment is not None and moment.tzinfo else None
    except (ValueError, OverflowError):
        return None


# --- the far end's record ---


def _record(document: Mapping[str, Any], file: _File) -> _Record:
    if document.get("dropped", 0) != 0:
        file.wrong("source.observed-dropped", "dropped")
    return _Record(file.text(document, "nonce", ""), tuple(_met(document, file)))


def _met(document: Mapping[str, Any], file: _File) -> Iterator[Met]:
    rows = document.get("met")
    if not isinstance(rows, list) or len(rows) > MAX_MET:
        file.wrong("source.observed-shape", "met")
        return
    for number, row in enumerate(rows):
        path = f"met[{number}]"
        facts = row.get("facts", {}) if isinstance(row, dict) else None
        if not isinstance(row, dict) or not isinstance(facts, dict):
            file.wrong("source.observed-shape", path)
            continue
        yield Met(
            kind=file.text(row, "kind", path),
            source=file.text(row, "source", path),
            probe=file.text(row, "probe", path, needed=False),
            where=file.at(path),
            facts=facts,
        )
