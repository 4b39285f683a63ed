"""Issuing: admitted or refused with every reason; killed anywhere, it goes on, and there is one certificate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from office_made import (
    CASE,
    NUMBER,
    CrashError,
    agrees,
    brought,
    bundle_zip,
    crash,
    desk,
    edited,
    office,
    word,
)

from conformance.office.cases import flow, issuing
from conformance.office.cases.desk import Desk
from conformance.office.cases.failing import CaseError, RefusedError
from conformance.office.cases.issuing import Wish, after_months, issue
from conformance.office.cases.public import Logged, read_public
from conformance.office.cases.store import Store
from conformance.office.certificate import read_certificate
from conformance.office.log import Log
from conformance.office.settings import read_office

SECOND = "C-2026-000002"


def one_certificate(folder: Path) -> None:
    """There is exactly one, in the log, in the folder and in the store, and it is valid."""
    public = read_public(Log.open(folder / "log"))
    assert list(public.certificates) == [NUMBER]
    assert [path.name for path in (folder / "certificates").iterdir()] == [f"{NUMBER}.json"]
    held = read_certificate((folder / "certificates" / f"{NUMBER}.json").read_bytes())
    assert held.envelope == public.certificates[NUMBER].envelope
    case = Store.open(folder).case(CASE)
    assert (case.state, case.number) == ("issued", NUMBER)
    assert [event.kind for event in case.events].count("issue") == 1
    assert word(folder) == "valid"


#: Where the process is killed, before the step and after it: what is patched.
STEPS: dict[str, tuple[Any, str]] = {
    "prepare": (Desk, "record"),
    "sign": (issuing, "sign_envelope"),
    "append": (Log, "append"),
    "publish": (Log, "publish"),
    "status": (issuing, "renew_status"),
    "write": (Desk, "write"),
    "issue": (Desk, "record"),
}


def killed(step: str, act: Callable[..., Any], *, after: bool) -> Callable[..., Any]:
    """The step, at which the process is killed; ``record`` only of that event."""

    def patched(*arguments: Any, **named: Any) -> Any:
        if act.__name__ == "record" and arguments[2] != step:
            return act(*arguments, **named)
        if after:
            act(*arguments, **named)
        raise CrashError

    return patched


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", STEPS)
def test_killed_at_any_step_it_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, after: bool) -> None:
    folder = office(tmp_path, "approved")
    place, name = STEPS[step]
    with monkeypatch.context() as patched, desk(folder, "keyholder") as held:
        patched.setattr(place, name, killed(step, getattr(place, name), after=after))
        with pytest.raises(CrashError):
            issue(held, CASE, Wish(), agrees)
    with desk(folder, "keyholder") as held:
        assert issue(held, CASE, Wish(), agrees) == NUMBER
    one_certificate(folder)
    with desk(folder, "keyholder") as held:
        assert issue(held, CASE, Wish(), agrees) == NUMBER
    one_certificate(folder)


def test_killed_within_the_log_it_goes_on(tmp_path: Path) -> None:
    """A line that a crash cut off was never an entry."""
    folder = office(tmp_path, "approved")
    with (folder / "log" / "entries.jsonl").open("ab") as file:
        file.write(b'{"payload":"AAAA')
    with desk(folder, "keyholder") as held:
        issue(held, CASE, Wish(), agrees)
    one_certificate(folder)


def test_a_certificate_that_does_not_verify_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the office hands out, it has verified as anybody will: here its proof is of another entry."""
    folder = office(tmp_path, "approved")

    right = issuing.certificate_file

    def wrong(log: Log, held: Logged) -> bytes:
        return right(log, replace(held, index=0))

    with monkeypatch.context() as patched, desk(folder, "keyholder") as held:
        patched.setattr(issuing, "certificate_file", wrong)
        with pytest.raises(CaseError) as error:
            issue(held, CASE, Wish(), agrees)
    assert error.value.id == "case.issue.does-not-verify"
    assert not list((folder / "certificates").iterdir())
    with desk(folder, "keyholder") as held:
        issue(held, CASE, Wish(), agrees)
    one_certificate(folder)


def test_a_lost_certificate_is_written_again(tmp_path: Path) -> None:
    folder = office(tmp_path, "issued")
    path = folder / "certificates" / f"{NUMBER}.json"
    before = path.read_bytes()
    path.unlink()
    with desk(folder, "keyholder", days=3) as held:
        issue(held, CASE, Wish(), agrees)
    assert path.read_bytes() == before


def test_two_cases_get_two_numbers_and_two_places(tmp_path: Path) -> None:
    folder = office(tmp_path, "issued")
    brought(folder, "issued", SECOND, bundle_zip("next", version="2.0"), bundle_zip("next-own", version="2.0"))
    held = read_public(Log.open(folder / "log")).certificates
    assert list(held) == [NUMBER, "TEST-LB-2026-000002"]
    assert [one.status_index for one in held.values()] == [0, 1]
    assert word(folder, "TEST-LB-2026-000002") == "valid"


@pytest.mark.parametrize(
    ("replayed", "reason"), [(False, "verdict-edited"), (None, "verdict-edited")], ids=["differs", "not-known"]
)
def test_without_a_replay_that_agrees_nothing_is_issued(tmp_path: Path, replayed: bool | None, reason: str) -> None:
    folder = office(tmp_path, "approved")
    with desk(folder, "keyholder") as held:
        size = held.log.size
        with pytest.raises(RefusedError) as error:
            issue(held, CASE, Wish(), lambda _: replayed)
        assert error.value.words == (reason,)
        assert all(one.both() for one in error.value.reasons)
        assert (held.log.size, held.store.case(CASE).state) == (size, "approved")
    assert not list((folder / "certificates").iterdir())


def test_all_reasons_are_told_at_once(tmp_path: Path) -> None:
    folder = office(tmp_path, "approved")
    suite = read_office(folder).suites[0]
    edited(folder, {suite["sm3"]: "0" * 64, "file:keys/certificate-es256.pem": "file:keys/log-es256.pem"})
    with desk(folder, "keyholder") as held, pytest.raises(RefusedError) as error:
        issue(held, CASE, Wish(classes=("网络接入",)), lambda _: False)
    assert set(error.value.words) == {
        *("not-conforming", "nothing-tested", "verdict-edited", "suite-unknown", "key-refused"),
    }


def test_an_unapproved_case_is_not_issued(tmp_path: Path) -> None:
    folder = office(tmp_path, "compared")
    with desk(folder, "keyholder") as held, pytest.raises(CaseError) as error:
        issue(held, CASE, Wish(), agrees)
    assert error.value.id == "case.transition"


def test_a_certificate_in_the_log_is_not_rejected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = office(tmp_path, "approved")
    with monkeypatch.context() as patched, desk(folder, "keyholder") as held:
        patched.setattr(Log, "publish", crash)
        with pytest.raises(CrashError):
            issue(held, CASE, Wish(), agrees)
    with desk(folder, "approver") as held, pytest.raises(CaseError) as error:
        flow.reject(held, CASE, "x")
    assert error.value.id == "case.reject.logged"


@pytest.mark.parametrize(
    ("begun", "months", "ended"),
    [
        ("2026-11-22", 24, "2028-11-22"),
        ("2026-01-31", 1, "2026-02-28"),
        ("2027-12-31", 2, "2028-02-29"),
        ("2026-12-01", 1, "2027-01-01"),
        ("2024-02-29", 12, "2025-02-28"),
    ],
)
def test_months_later(begun: str, months: int, ended: str) -> None:
    assert after_months(datetime.fromisoformat(begun), months) == datetime.fromisoformat(ended)
