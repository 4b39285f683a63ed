"""The office's folder, opened by one person at one instant, locked against all others until they are done."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from conformance.office.cases.facts import FormalTerms
from conformance.office.cases.failing import CaseError
from conformance.office.cases.model import CaseEvent, require_may, require_role
from conformance.office.cases.store import Store
from conformance.office.checkpoint import Checkpoint
from conformance.office.durable import locked, replace
from conformance.office.events import EVENT, event_payload
from conformance.office.log import Log
from conformance.office.settings import Office, Person, read_office
from conformance.office.status import StatusError, StatusList, read_status
from conformance.signing.signers import Signer, open_signer, sign_envelope
from conformance.standard.pack import load_yaml
from conformance.standard.released import FILE as RELEASED

LOCK, LOG, SUBMISSIONS, CERTIFICATES, STATUS = ".lock", "log", "submissions", "certificates", "status.json"
BUNDLE, RECEIPT, DRAW = "bundle.zip", "receipt.json", "draw.json"


@dataclass(frozen=True)
class Actor:
    """Who acts, under which system account, when (with a zone, whole seconds), and where their secrets come from."""

    person: Person
    login: str
    now: datetime
    secret: Callable[[str], bytes] = field(repr=False)

    @property
    def time(self) -> str:
        """The instant as it is written."""
        return self.now.isoformat()


@dataclass(frozen=True)
class Desk:
    """An office at work. ``packs``: digest by id and edition, of the packs that were released."""

    office: Office
    store: Store
    log: Log
    actor: Actor
    packs: Mapping[tuple[str, str], str] = field(repr=False)

    def signers(self, use: str) -> tuple[Signer, ...]:
        """The signers of a use, opened; raises SignerError."""
        opened = []
        for one in self.office.signers[use]:
            key = self.office.keys.key(one.key)
            if key is None:
                raise CaseError("settings.key-unknown", key=one.key)
            opened.append(open_signer(one.reference, key, self.actor.secret))
        return tuple(opened)

    def record(self, case: str, kind: str, body: Mapping[str, Any]) -> None:
        """Add an event of a case (empty: of the office) to the store; who may is asked first."""
        actor = self.actor
        if case:
            self.require_may(case, kind)
        self.store.add(CaseEvent(case, actor.time, actor.person.id, actor.login, kind, body))

    def require_may(self, case: str, act: str) -> None:
        """Raises :class:`CaseError` where the act does not follow, or the one who acts may not."""
        require_may(self.store.case(case), act, self.actor.person)

    def require_role(self, act: str, *roles: str) -> None:
        """Raises :class:`CaseError` where the one who acts has none of the roles."""
        require_role(self.actor.person, roles, act)

    def enter(self, kind: str, body: Mapping[str, Any], use: str) -> int:
        """Sign an event and append it to the log; its index."""
        payload = event_payload(kind, self.actor.time, body)
        return self.log.append(sign_envelope(EVENT, payload, self.signers(use)))

    def publish(self) -> Checkpoint:
        """Publish a checkpoint of all entries."""
        return self.log.publish(self.signers("log"))

    def submission(self, case: str, name: str = BUNDLE) -> Path:
        """A file of a case's folder."""
        return self.office.folder / SUBMISSIONS / case / name

    def certificate(self, number: str, suffix: str = ".json") -> Path:
        """A certificate's file."""
        return self.office.folder / CERTIFICATES / f"{number}{suffix}"

    def write(self, path: Path, content: bytes) -> None:
        """Write a file that outlives a crash, in a folder that is made where it is missing."""
        path.parent.mkdir(parents=True, exist_ok=True)
        replace(path, content)

    def formal_terms(self) -> FormalTerms:
        """What every bundle is held to when it arrives."""
        challenges = tuple(
            {name: one.body[name] for name in ("commitment", "nonce", "vendor", "product", "version")}
            for one in self.store.office
            if one.kind == "challenge"
        )
        packs = tuple((id_, edition, digest) for (id_, edition), digest in sorted(self.packs.items()))
        return FormalTerms(packs, self.office.suites, challenges)

    def status(self) -> StatusList | None:
        """The status list that lies there, where it is one of this office; None where there is none."""
        path = self.office.folder / STATUS
        if not path.is_file():
            return None
        try:
            return read_status(path.read_bytes(), self.office.keys)
        except StatusError as error:
            raise CaseError(error.id, **error.params) from error


@contextmanager
def opened(
    folder: Path, standards: Path, *, person: str, login: str, now: datetime, secret: Callable[[str], bytes]
) -> Iterator[Desk]:
    """The office of a folder, for one person; ``standards``: the root of the packs.

    Raises SettingsError, :class:`CaseError` (a store that was tampered with, a person who is not of the office or sits
    at another account), LogError.
    """
    office = read_office(folder)
    with locked(folder / LOCK, exclusive=True, create=True):
        actor = Actor(_person(office, person, login), login, now.replace(microsecond=0), secret)
        store = Store.open(folder)
        try:
            log = Log.open(folder / LOG)
            if log.torn:
                log.repair()
            if log.origin != office.origin:
                raise CaseError("case.other-log")
            yield Desk(office, store, log, actor, released(standards))
        finally:
            store.close()


def released(standards: Path) -> Mapping[tuple[str, str], str]:
    """The digests of released packs by id and edition; none where nothing was released."""
    path = standards / RELEASED
    rows = load_yaml(path) if path.is_file() else None
    held = {}
    for name, digest in (rows or {}).items():
        id_, _, edition = name.partition("@")
        held[id_, edition] = digest
    return held


def _person(office: Office, id_: str, login: str) -> Person:
    person = office.person(id_)
    if person is None:
        raise CaseError("case.person", person=id_, known=", ".join(one.id for one in office.people))
    if person.login and person.login != login:
        raise CaseError("case.login", person=id_, login=person.login)
    return person
