"""Suspended, reinstated, revoked, superseded: in the log, in the list, in the case; and never two ways."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from office_made import CASE, NOW, NUMBER, CrashError, agrees, brought, bundle_zip, crash, desk, office, word

from conformance.office.cases import issuing, standing
from conformance.office.cases.desk import Desk
from conformance.office.cases.failing import CaseError
from conformance.office.cases.issuing import Wish, by_number, issue
from conformance.office.cases.public import PublicRecord, read_public
from conformance.office.cases.store import Store
from conformance.office.events import Event
from conformance.office.log import Log
from conformance.office.settings import read_office
from conformance.office.status import read_status

SECOND = "C-2026-000002"


def test_suspended_reinstated_revoked(tmp_path: Path) -> None:
    folder = office(tmp_path, "issued")

    def change(act: str, reason: str, note: str = "") -> None:
        with desk(folder, "approver") as held:
            standing.change(held, by_number(held, NUMBER), act, reason, note)

    change("suspend", "under-review", "说明")
    assert word(folder) == "suspended"
    change("reinstate", "resolved")
    assert word(folder) == "valid"
    change("revoke", "false-evidence")
    assert word(folder) == "revoked"
    with pytest.raises(CaseError) as error:
        change("reinstate", "resolved")
    assert error.value.id == "case.transition"
    events = read_public(Log.open(folder / "log")).changes[NUMBER]
    assert [one.kind for one in events] == ["suspend", "reinstate", "revoke"]
    assert events[0].body["note"] == {"zh": "说明", "en": "说明"}
    status = read_status((folder / "status.json").read_bytes(), read_office(folder).keys)
    assert (status.sequence, dict(status.reasons)) == (4, {0: "false-evidence"})


@pytest.mark.parametrize(
    ("act", "reason", "note", "person", "id_"),
    [
        ("suspend", "resolved", "", "approver", "case.reason"),
        ("suspend", "nonsense", "", "approver", "case.reason"),
        ("suspend", "under-review", "a\nb", "approver", "case.note"),
        ("suspend", "under-review", "", "clerk", "case.role"),
        ("reinstate", "resolved", "", "approver", "case.transition"),
    ],
)
def test_a_change_that_may_not_be_is_refused(
    tmp_path: Path, *, act: str, reason: str, note: str, person: str, id_: str
) -> None:
    folder = office(tmp_path, "issued")
    with desk(folder, person) as held:
        size = held.log.size
        with pytest.raises(CaseError) as error:
            standing.change(held, by_number(held, NUMBER), act, reason, note)
        assert error.value.id == id_
        assert all(error.value.message.both().values())
        assert held.log.size == size
    assert word(folder) == "valid"


@pytest.mark.parametrize("step", ["publish", "renew_status", "record"])
def test_a_revocation_interrupted_is_finished_not_doubled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    folder = office(tmp_path, "issued")
    with monkeypatch.context() as patched, desk(folder, "approver") as held:
        patched.setattr(standing if step == "renew_status" else Desk, step, crash)
        with pytest.raises(CrashError):
            standing.change(held, by_number(held, NUMBER), "revoke", "holder-request")
    with desk(folder, "approver") as held:
        with pytest.raises(CaseError) as error:
            standing.change(held, by_number(held, NUMBER), "suspend", "under-review")
        assert error.value.id == "case.change.unfinished"
        standing.change(held, by_number(held, NUMBER), "revoke", "holder-request")
        assert held.store.case(CASE).state == "revoked"
    log = Log.open(folder / "log")
    assert len(read_public(log).changes[NUMBER]) == 1
    assert log.published()[-1] == log.size
    assert word(folder) == "revoked"


def test_nothing_brings_a_revoked_certificate_back() -> None:
    """Whatever the log says after a revocation, and in whatever order."""

    def event(kind: str, reason: str) -> Event:
        return Event(kind, NOW.isoformat(), {"certificateNo": NUMBER, "index": 5, "reason": reason})

    changes = [
        event("suspend", "under-review"),
        event("revoke", "false-evidence"),
        event("suspend", "under-review"),
        event("reinstate", "resolved"),
    ]
    held = standing.listed(PublicRecord({}, {}, {NUMBER: changes}), "list")
    assert (held.state(5), held.reason(5)) == ("revoked", "false-evidence")
    held = standing.listed(PublicRecord({}, {}, {NUMBER: [changes[0], changes[3]]}), "list")
    assert (held.state(5), dict(held.reasons)) == ("", {})


def test_a_newer_certificate_supersedes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = office(tmp_path, "issued")
    brought(folder, "approved", SECOND, bundle_zip("next", version="2.0"), bundle_zip("next-own", version="2.0"))
    wish = Wish(supersedes=(NUMBER,))
    with monkeypatch.context() as patched, desk(folder, "keyholder") as held:
        patched.setattr(Log, "publish", crash)
        with pytest.raises(CrashError):
            issue(held, SECOND, wish, agrees)
    with desk(folder, "keyholder") as held:
        # What was asked for first is in the log; a later wish changes nothing of it.
        new = issue(held, SECOND, Wish(), agrees)
        assert held.store.case(CASE).state == "superseded"
        with pytest.raises(CaseError) as error:
            issuing._require_supersedable(held, held.store.case(SECOND), (NUMBER,))
        assert error.value.id == "case.supersede.state"
        with pytest.raises(CaseError) as error:
            issuing._require_supersedable(held, held.store.case(SECOND), ("TEST-LB-2026-000009",))
        assert error.value.id == "case.no-certificate"
    assert (word(folder), word(folder, new)) == ("superseded", "valid")
    public = read_public(Log.open(folder / "log"))
    assert [event.body["by"] for event in public.changes[NUMBER]] == [new]
    with desk(folder, "approver") as held:
        standing.change(held, by_number(held, NUMBER), "revoke", "suite-fault")
    assert word(folder) == "revoked"


def test_the_status_list_is_renewed_and_its_number_never_goes_back(tmp_path: Path) -> None:
    folder = office(tmp_path, "issued")
    assert word(folder, days=8) == "status-unknown"
    (folder / "status.json").unlink()
    with desk(folder, "keyholder", days=8) as held:
        renewed = standing.renew_status(held)
    assert renewed.sequence == 2
    assert word(folder, days=8) == "valid"


def test_an_expired_certificate_is_shown_so(tmp_path: Path) -> None:
    folder = office(tmp_path, "issued")
    case = Store.open(folder).case(CASE)
    assert case.shown_state(NOW) == "issued"
    assert case.shown_state(datetime.fromisoformat("2028-11-22T09:00:00+08:00")) == "expired"
