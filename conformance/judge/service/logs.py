"""Whether a node's log holds the calls that were made, and nothing of what was said in them."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from urllib.parse import unquote_plus

from conformance.judge.faults import Fault
from conformance.judge.rulebook import Location
from conformance.judge.service.model import Call
from conformance.messages import message

_MS = 1000
#: A time without a zone is Shandong's.
_CHINA = timezone(timedelta(hours=8))
#: How long a value of a class must be, and of how many digits, to be nobody else's when it is met in a log.
_DISTINCT: Mapping[str, tuple[int, int]] = {
    "id-number": (15, 14), "document": (8, 6), "account": (8, 8), "phone": (7, 7), "email": (6, 0),
    "name": (2, 0), "address": (4, 0),
}  # fmt: skip
#: Classes whose values are looked for only where they are written in more than ASCII: ``A`` stands everywhere.
_IN_WORDS = ("name", "address")


@dataclass(frozen=True)
class Made:
    """A call that was answered with a request id: what its entry is to say. ``client`` empty: not known, or refused."""

    call: Call
    request: str
    code: str
    client: str
    interface: tuple[str, ...]


@dataclass(frozen=True)
class Entry:
    """One line of a log; texts that are none are empty."""

    line: int
    request: str
    client: str
    interface: str
    code: str
    moment: datetime | None


@dataclass(frozen=True)
class Said:
    """A personal value that was sent, and the field it was sent under."""

    field: str
    value: str


def read_log(lines: Sequence[str], first: int = 1) -> tuple[list[Entry], list[int]]:
    """The entries, and the numbers of the lines that are none; ``first`` is the number of the first line."""
    entries, wrong = [], []
    for number, line in enumerate(lines, first):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            value = None
        if isinstance(value, dict):
            entries.append(_entry(number, value))
        else:
            wrong.append(number)
    return entries, wrong


def _entry(number: int, value: Mapping[str, Any]) -> Entry:
    texts = {name: item for name, item in value.items() if isinstance(item, str)}
    return Entry(
        line=number,
        request=texts.get("requestId", ""),
        client=texts.get("clientId", ""),
        interface=texts.get("interface", ""),
        code=texts.get("code", ""),
        moment=_moment(value.get("time")),
    )


def _moment(value: object) -> datetime | None:
    """A time as ISO 8601 has it, or as milliseconds."""
    try:
        if isinstance(value, str):
            read = datetime.fromisoformat(value)
            return read if read.tzinfo else read.replace(tzinfo=_CHINA)
        if isinstance(value, int) and not isinstance(value, bool):
            return datetime.fromtimestamp(value / _MS, UTC)
    except (ValueError, OverflowError, OSError):
        pass
    return None


def entry_faults(
    made: Sequence[Made],
    entries: Sequence[Entry],
    wrong: Collection[int],
    *,
    log: str,
    since: datetime,
    until: datetime,
) -> Iterator[Fault]:
    """What is wrong with a log: lines that are no entries, calls without one, entries that say something else."""
    for line in wrong:
        yield Fault("logging", Location(log, line), message("service.log-line"))
    found: dict[str, list[Entry]] = {}
    for entry in entries:
        found.setdefault(entry.request, []).append(entry)
    for one in made:
        several = found.get(one.request, [])
        if not several:
            yield Fault("logging", Location(log), message("service.log-lacks"), call=one.call)
            continue
        lacking = min((_lacking(one, entry, since, until) for entry in several), key=len)
        if lacking:
            told = message("service.log-differs", names="、".join(lacking))
            yield Fault("logging", Location(log, several[0].line), told, call=one.call)


def _lacking(made: Made, entry: Entry, since: datetime, until: datetime) -> list[str]:
    """The members of an entry that do not say what they should."""
    good = {
        "clientId": entry.client == made.client or not made.client,
        "interface": entry.interface in made.interface or not made.interface,
        "time": entry.moment is not None and since <= entry.moment <= until,
        "code": entry.code == made.code,
    }
    return [name for name, holds in good.items() if not holds]


def worth_looking_for(value: str, personal: str) -> bool:
    """True where a value of that class is long enough to be told from anything else."""
    if personal not in _DISTINCT:
        return False
    length, digits = _DISTINCT[personal]
    enough = len(value) >= length and sum(character.isdigit() for character in value) >= digits
    return enough and (personal not in _IN_WORDS or not value.isascii())


def personal_faults(lines: Sequence[str], said: Collection[Said], *, log: str, first: int = 1) -> Iterator[Fault]:
    """Where values that were sent stand in lines of a log, however the line writes them. Values are not repeated."""
    shapes = [_shapes(line) for line in lines]
    everything = "\n".join(shapes)
    met = [one for one in said if one.value in everything]
    for number, shape in enumerate(shapes, first):
        fields = sorted({one.field for one in met if one.value in shape})
        if fields:
            yield Fault(
                "logging-personal", Location(log, number), message("service.log-personal", names="、".join(fields))
            )


def _shapes(line: str) -> str:
    """A line as it stands, with its JSON escapes read, and with its percent-encoding read."""
    try:
        plain = json.dumps(json.loads(line), ensure_ascii=False)
    except (ValueError, RecursionError):
        plain = line
    return "\n".join({line: None, plain: None, unquote_plus(plain): None})
