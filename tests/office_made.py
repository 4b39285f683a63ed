"""An office for tests, made once and copied; a vendor's bundle, and the office's own run of the same system."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from small_system import KEY, SmallSystem

from conformance.bundle.model import Bundle
from conformance.bundle.reading import read_bundle
from conformance.bundle.suite import suite_facts
from conformance.checking import check
from conformance.evidence.key import VARIABLE
from conformance.office.cases import flow
from conformance.office.cases.desk import Desk, opened
from conformance.office.cases.facts import FormalTerms, facts_of, formal_refusals
from conformance.office.cases.issuing import Wish, issue
from conformance.office.cases.sandbox import ReadApart
from conformance.office.cases.starting import make_test_office
from conformance.office.settings import read_office
from conformance.office.verifying import verify_certificate
from conformance.run import Challenge, Options
from conformance.standard.pack import standards_root

NOW = datetime.fromisoformat("2026-11-22T09:00:00+08:00")
COMMITMENT, NONCE = "11" * 32, "22" * 32
PASSPHRASE = b"x"
NUMBER = "TEST-LB-2026-000001"
CASE = "C-2026-000001"


def secret(_kind: str) -> bytes:
    """The pass phrase of every test key."""
    return PASSPHRASE


@cache
def _shelf() -> Path:
    """A folder for what is made once."""
    folder = tempfile.TemporaryDirectory(prefix="lubiao-office-tests-")
    _KEPT.append(folder)
    return Path(folder.name)


_KEPT: list[tempfile.TemporaryDirectory[str]] = []


def bundle_zip(name: str, *, official: bool = True, version: str = "1.0", challenged: bool = False) -> Path:
    """The ZIP of a run of the small system, which conforms; each ``name`` is another run."""
    return _run(name, official, version, challenged)


@cache
def _run(name: str, official: bool, version: str, challenged: bool) -> Path:
    folder = _shelf() / f"{name}-{official}-{version}-{challenged}"
    product = {"product": "样例", "vendor": "无", "version": version, "build": {"kind": "declared", "id": "x"}}
    challenge = Challenge(COMMITMENT, NONCE) if challenged else None
    before = os.environ.get(VARIABLE)
    os.environ[VARIABLE] = KEY
    try:
        options = Options(official=official, keep=True, challenge=challenge)
        outcome = check(SmallSystem(more={"system": product}).write(folder), report=folder / "out", options=options)
        assert outcome.exit_code == 0
    finally:
        os.environ.pop(VARIABLE)
        if before is not None:
            os.environ[VARIABLE] = before
    return folder / "out" / "bundle.zip"


@cache
def _template() -> Path:
    folder = _shelf() / "office"
    make_test_office(folder, NOW - timedelta(days=1), secret, (suite_facts()["digest"],), standards_root())
    return folder


@cache
def _brought(state: str) -> Path:
    folder = office(_shelf() / state)
    brought(folder, state)
    return folder


def office(folder: Path, state: str = "") -> Path:
    """An office in a folder, fresh or with one case in a state."""
    shutil.copytree(_brought(state) if state else _template(), folder / "office")
    return folder / "office"


def here(path: Path, terms: FormalTerms) -> ReadApart:
    """What the sandbox does, in this process."""
    bundle = read_bundle(path)
    return ReadApart(facts_of(bundle), formal_refusals(bundle, terms))


@contextmanager
def desk(folder: Path, person: str, *, login: str = "somebody", days: int = 0) -> Iterator[Desk]:
    """The office opened by a person, so many days after :data:`NOW`."""
    now = NOW + timedelta(days=days)
    with opened(folder, standards_root(), person=person, login=login, now=now, secret=secret) as held:
        yield held


def agrees(_bundle: Bundle) -> bool | None:
    """A replay that comes to the report."""
    return True


#: The steps to approval: who does what; ``{}`` the case.
ORDER = ("received", "receipted", "drawn", "compared", "approved", "issued")


def brought(folder: Path, state: str, case: str = CASE, vendor: Path | None = None, own: Path | None = None) -> None:
    """Bring a new case to a state of :data:`ORDER` (``received``: formally checked)."""
    steps = ORDER[: ORDER.index(state) + 1]
    with desk(folder, "clerk") as held:
        flow.intake(held, vendor or bundle_zip("vendor"), read=here)
        if "receipted" in steps:
            flow.receipt(held, case)
            flow.routine(held)
    if "drawn" in steps:
        with desk(folder, "tester") as held:
            flow.draw_sample(held, case, read=here)
            if "compared" in steps:
                flow.compare_rerun(held, case, own or bundle_zip("own"), agrees, read=here)
    if "approved" in steps:
        with desk(folder, "approver") as held:
            flow.approve(held, case)
    if "issued" in steps:
        with desk(folder, "keyholder") as held:
            issue(held, case, Wish(), agrees)


def edited(folder: Path, changes: Mapping[str, str]) -> None:
    """Replace texts in ``office.yaml``, each of which must stand there."""
    path = folder / "office.yaml"
    text = path.read_text("utf-8")
    for before, after in changes.items():
        assert before in text
        text = text.replace(before, after)
    path.write_text(text, "utf-8")


class CrashError(Exception):
    """The process is killed."""


def crash(*_: object, **__: object) -> None:
    raise CrashError


def word(folder: Path, number: str = NUMBER, days: int = 0) -> str:
    """What ``verify`` says of a certificate with the office's public files."""
    content = (folder / "certificates" / f"{number}.json").read_bytes()
    keys, status = read_office(folder).keys, (folder / "status.json").read_bytes()
    return verify_certificate(content, keys, now=NOW + timedelta(days=days), status=status).word
