"""The case store: rows are only ever added; whoever goes round that is noticed when the store is opened."""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from office_made import CASE, NOW, desk, office

from conformance.office.cases.failing import CaseError
from conformance.office.cases.model import CaseEvent, project
from conformance.office.cases.store import FILE, NOTHING, Store
from conformance.signing.canonical import canonical


def event(kind: str, case: str = CASE, **body: object) -> CaseEvent:
    return CaseEvent(case, NOW.isoformat(), "clerk", "", kind, body)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A store with three events."""
    store = Store.create(tmp_path)
    for kind in ("intake", "check", "receipt"):
        store.add(event(kind, bundle={"sha256": "ab"}))
    store.close()
    return tmp_path


def execute(folder: Path, *statements: str) -> None:
    with closing(sqlite3.connect(folder / FILE)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def opening(folder: Path) -> str:
    """The id of what opening the store says."""
    with pytest.raises(CaseError) as error:
        Store.open(folder)
    assert all(error.value.message.both().values())
    return error.value.id


def test_what_was_added_is_there_when_it_is_opened(folder: Path) -> None:
    store = Store.open(folder)
    case = store.case(CASE)
    assert (case.state, [one.id for one in case.events]) == ("receipted", [1, 2, 3])
    assert project(case.events) == {CASE: case}
    with pytest.raises(CaseError) as error:
        store.case("C-2026-999999")
    assert error.value.id == "case.unknown"


@pytest.mark.parametrize(
    "statement", ["UPDATE events SET person = 'x' WHERE id = 2", "DELETE FROM events WHERE id = 3"]
)
def test_triggers_forbid_change_and_removal(folder: Path, statement: str) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="only ever added"):
        execute(folder, statement)
    assert Store.open(folder).case(CASE).state == "receipted"


UNGUARDED = ("DROP TRIGGER events_no_update", "DROP TRIGGER events_no_delete")


def guarded(folder: Path) -> tuple[str, ...]:
    """The statements that make the triggers."""
    with closing(sqlite3.connect(folder / FILE)) as connection:
        return tuple(row[0] for row in connection.execute("SELECT sql FROM sqlite_master WHERE type = 'trigger'"))


def test_a_store_without_its_triggers_is_not_used(folder: Path) -> None:
    triggers = guarded(folder)
    assert len(triggers) == 2
    execute(folder, UNGUARDED[0])
    assert opening(folder) == "case.store.unguarded"
    execute(folder, triggers[0].replace("'events are only ever added'", "'x'"))
    assert opening(folder) == "case.store.unguarded"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE events SET person = 'other' WHERE id = 2",
        "UPDATE events SET time = '2026-01-01T00:00:00+08:00' WHERE id = 1",
        "UPDATE events SET login = 'x' WHERE id = 3",
        "UPDATE events SET body = '{}' WHERE id = 1",
        "UPDATE events SET body = body || ' ' WHERE id = 1",
        "UPDATE events SET body = 'no json' WHERE id = 1",
        "UPDATE events SET case_id = 'C-2026-000002' WHERE id = 3",
        "UPDATE events SET digest = 'ab' WHERE id = 3",
        "DELETE FROM events WHERE id = 1",
        "DELETE FROM events WHERE id = 2",
        "UPDATE events SET id = 9 WHERE id = 3",
    ],
)
def test_tampering_round_the_triggers_is_noticed(folder: Path, statement: str) -> None:
    triggers = guarded(folder)
    execute(folder, *UNGUARDED, statement, *triggers)
    assert opening(folder) == "case.store.tampered"


def test_the_chain_is_over_every_field(folder: Path) -> None:
    """Computed a second time: each digest is over all of the row, that of the row before among it."""
    before = NOTHING
    with closing(sqlite3.connect(folder / FILE)) as connection:
        connection.row_factory = sqlite3.Row
        for row in connection.execute("SELECT * FROM events ORDER BY id"):
            held = dict(row)
            digest = held.pop("digest")
            assert held["prev"] == before
            before = hashlib.sha256(canonical(held)).hexdigest()
            assert digest == before


def test_an_event_that_cannot_follow_is_not_added(folder: Path) -> None:
    store = Store.open(folder)
    for kind, case in (("issue", CASE), ("check", "C-2026-000002"), ("nonsense", CASE)):
        with pytest.raises(CaseError) as error:
            store.add(event(kind, case))
        assert error.value.id == "case.store.impossible"
    assert len(Store.open(folder).case(CASE).events) == 3


def test_a_forged_chain_with_an_impossible_step_is_noticed(folder: Path) -> None:
    """Who writes the chain anew still has to tell a story that could have happened."""
    with closing(sqlite3.connect(folder / FILE)) as connection, connection:
        last = connection.execute("SELECT digest FROM events WHERE id = 3").fetchone()[0]
        row = {"id": 4, "case_id": CASE, "time": NOW.isoformat(), "person": "x", "login": "", "kind": "issue"}
        row |= {"body": "{}", "prev": last}
        values = (*row.values(), hashlib.sha256(canonical(row)).hexdigest())
        connection.execute("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", values)
    assert opening(folder) == "case.store.impossible"


def test_two_writers_do_not_overwrite_each_other(folder: Path) -> None:
    one, other = Store.open(folder), Store.open(folder)
    one.add(event("draw"))
    with pytest.raises(CaseError) as error:
        other.add(event("reject"))
    assert error.value.id == "case.store.failed"
    assert Store.open(folder).case(CASE).state == "drawn"


def test_it_is_durable(folder: Path) -> None:
    with closing(sqlite3.connect(folder / FILE)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    store = Store.open(folder)
    with store._engine.connect() as used:
        assert used.exec_driver_sql("PRAGMA synchronous").scalar() == 2


def test_no_store_and_a_file_that_is_none(tmp_path: Path) -> None:
    assert opening(tmp_path) == "case.store.missing"
    (tmp_path / FILE).write_bytes(b"no database at all, only text" * 100)
    assert opening(tmp_path) == "case.store.failed"
    with pytest.raises(CaseError) as error:
        Store.create(tmp_path)
    assert error.value.id == "case.store.exists"


def test_an_office_with_a_tampered_store_does_nothing(tmp_path: Path) -> None:
    folder = office(tmp_path, "received")
    triggers = guarded(folder)
    execute(folder, *UNGUARDED, "UPDATE events SET person = 'x' WHERE kind = 'check'", *triggers)
    with pytest.raises(CaseError) as error, desk(folder, "clerk"):
        pass
    assert error.value.id == "case.store.tampered"
