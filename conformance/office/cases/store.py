"""The case store: one table of events to which rows are only ever added, each naming the digest of the one before.

SQLite through SQLAlchemy, portable types only. Triggers refuse to change or remove a row; who goes round them breaks
the chain, which is computed anew whenever the store is opened.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Connection, Engine, Integer, MetaData, String, Table, Text, create_engine, event, text
from sqlalchemy.exc import DatabaseError

from conformance.office.cases.failing import CaseError
from conformance.office.cases.model import Case, CaseEvent, follow, project
from conformance.signing.canonical import NotCanonicalError, canonical, parse

FILE = "cases.sqlite"
#: What the first event names as the one before it.
NOTHING = "0" * 64
#: The bound of an event's body in bytes.
BODY_LIMIT = 64 << 20

_DATA = MetaData()
_EVENTS = Table(
    "events",
    _DATA,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("case_id", String(40), nullable=False),
    Column("time", String(40), nullable=False),
    Column("person", String(40), nullable=False),
    Column("login", String(100), nullable=False),
    Column("kind", String(40), nullable=False),
    Column("body", Text, nullable=False),
    Column("prev", String(64), nullable=False),
    Column("digest", String(64), nullable=False, unique=True),
)
_TRIGGERS = tuple(
    f"CREATE TRIGGER IF NOT EXISTS events_no_{act.lower()} BEFORE {act} ON events "
    "BEGIN SELECT RAISE(ABORT, 'events are only ever added'); END"
    for act in ("UPDATE", "DELETE")
)


@dataclass(frozen=True)
class _Held:
    """All events of a store, verified: those of cases projected, the office's own, and where the chain ends."""

    cases: Mapping[str, Case]
    office: tuple[CaseEvent, ...]
    last: int
    head: str


class Store:
    """The events of an office. What is read is as of when the store was opened, or of its own last addition."""

    def __init__(self, engine: Engine, held: _Held) -> None:
        """Use :meth:`create` or :meth:`open`."""
        self._engine = engine
        self._held = held

    @classmethod
    def create(cls, folder: Path) -> Store:
        """A new store in a folder; raises :class:`CaseError` where there is one."""
        if (folder / FILE).exists():
            raise CaseError("case.store.exists")
        engine = _engine(folder / FILE)
        with engine.begin() as connection:
            _DATA.create_all(connection)
            for trigger in _TRIGGERS:
                connection.execute(text(trigger))
        return cls.open(folder)

    @classmethod
    def open(cls, folder: Path) -> Store:
        """The store of a folder, its chain verified from the first event; raises :class:`CaseError`."""
        if not (folder / FILE).is_file():
            raise CaseError("case.store.missing")
        engine = _engine(folder / FILE)
        with _told(), engine.connect() as connection:
            _require_guarded(connection)
            return cls(engine, _read(connection))

    @property
    def cases(self) -> Mapping[str, Case]:
        """Every case by its id."""
        return self._held.cases

    @property
    def office(self) -> tuple[CaseEvent, ...]:
        """The events that concern no single case."""
        return self._held.office

    def case(self, id_: str) -> Case:
        """A case; raises :class:`CaseError` where there is none of that id."""
        if id_ not in self.cases:
            raise CaseError("case.unknown", case=id_)
        return self.cases[id_]

    def add(self, new: CaseEvent) -> CaseEvent:
        """Add an event, which must follow from the state of its case; it is on the disc when this returns.

        Raises :class:`CaseError`, also where another process added one meanwhile.
        """
        cases = dict(self.cases)
        if new.case:
            cases[new.case] = follow(cases.get(new.case, Case(new.case)), new)
        numbered = CaseEvent(new.case, new.time, new.person, new.login, new.kind, new.body, self._held.last + 1)
        row = _row(numbered, self._held.head)
        with _told(), self._engine.begin() as connection:
            connection.execute(_EVENTS.insert().values(**row))
        office = self.office if new.case else (*self.office, numbered)
        self._held = _Held(cases, office, numbered.id, row["digest"])
        return numbered

    def close(self) -> None:
        """Give the file back."""
        self._engine.dispose()


def _engine(path: Path) -> Engine:
    engine = create_engine(f"sqlite+pysqlite:///{path}")

    @event.listens_for(engine, "connect")
    def _durable(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.close()

    return engine


def _require_guarded(connection: Connection) -> None:
    """Raises :class:`CaseError` where the triggers are gone, or are others."""
    rows = connection.execute(text("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'events'"))
    if sorted(row[0] for row in rows) != sorted(one.replace("IF NOT EXISTS ", "") for one in _TRIGGERS):
        raise CaseError("case.store.unguarded")


def _read(connection: Connection) -> _Held:
    events, last, head = list[CaseEvent](), 0, NOTHING
    for row in connection.execute(_EVENTS.select().order_by(_EVENTS.c.id)).mappings():
        held = _event(row)
        expected = _row(held, head)
        if dict(row) != expected:
            raise CaseError("case.store.tampered", number=last + 1)
        events.append(held)
        last, head = held.id, expected["digest"]
    return _Held(project(events), tuple(one for one in events if not one.case), last, head)


def _event(row: Mapping[Any, Any]) -> CaseEvent:
    """The event of a row; its body must be as we write it."""
    try:
        body = parse(row["body"].encode(), limit=BODY_LIMIT)
    except (NotCanonicalError, AttributeError, UnicodeEncodeError) as error:
        raise CaseError("case.store.tampered", number=row["id"]) from error
    return CaseEvent(row["case_id"], row["time"], row["person"], row["login"], row["kind"], body, row["id"])


def _row(held: CaseEvent, before: str) -> dict[str, Any]:
    """The row of an event: ``digest`` is over all else, the digest before among it."""
    row = {
        "id": held.id,
        "case_id": held.case,
        "time": held.time,
        "person": held.person,
        "login": held.login,
        "kind": held.kind,
        "body": canonical(dict(held.body)).decode(),
        "prev": before,
    }
    return {**row, "digest": hashlib.sha256(canonical(row)).hexdigest()}


@contextmanager
def _told() -> Iterator[None]:
    """Errors of the database as messages."""
    try:
        yield
    except (DatabaseError, NotCanonicalError) as error:
        cause = getattr(error, "orig", error)
        raise CaseError("case.store.failed", error=type(cause).__name__) from error
