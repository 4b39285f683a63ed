"""A case is what its events come to; which act may follow is data (``transitions.yaml``)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from importlib import resources
from typing import Any

import yaml

from conformance.office.cases.failing import CaseError
from conformance.office.cases.naming import named
from conformance.office.settings import Person
from conformance.office.status import reason_words

#: The state of what is no case yet.
NONE = "none"
STATES = (
    *("received", "formally-checked", "receipted", "drawn", "compared", "approved"),
    *("issued", "suspended", "revoked", "superseded", "rejected"),
)
#: The states of a case that has a certificate.
CERTIFIED = ("issued", "suspended", "revoked", "superseded")
#: Acts of which no person of the office may do both on one case: who compared does not approve, and so on.
APART = (("compare", "approve"), ("approve", "prepare"), ("approve", "issue"))


@dataclass(frozen=True)
class CaseEvent:
    """Something that happened: who did what when; ``body`` is canonical JSON's value, its shape that of the act.

    ``case`` is empty where it concerns the office as a whole. ``login``: the system account, empty where unknown.
    """

    case: str
    time: str
    person: str
    login: str
    kind: str
    body: Mapping[str, Any]
    id: int = 0


@dataclass(frozen=True)
class Case:
    """A case as its events leave it. ``facts``: the last body of each act; ``done``: who did each act, in order."""

    id: str
    state: str = NONE
    facts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    done: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    events: tuple[CaseEvent, ...] = field(default=(), repr=False)

    def fact(self, act: str) -> Mapping[str, Any]:
        """What the last event of an act holds; empty where there was none."""
        return self.facts.get(act, {})

    @property
    def bundle(self) -> str:
        """The SHA-256 of the bundle's manifest."""
        return str(self.fact("intake").get("bundle", {}).get("sha256", ""))

    @property
    def number(self) -> str:
        """The certificate's number, once it is issued."""
        return str(self.fact("issue").get("number", ""))

    @property
    def tester(self) -> str:
        """Who compared last."""
        return self.done.get("compare", ("",))[-1]

    @property
    def approver(self) -> str:
        """Who approved."""
        return self.done.get("approve", ("",))[-1]

    def shown_state(self, now: datetime) -> str:
        """The state, or ``expired`` where the certificate's time has ended meanwhile."""
        until = self.fact("issue").get("validUntil")
        ended = until is not None and datetime.fromisoformat(until) <= now
        return "expired" if ended and self.state in ("issued", "suspended") else self.state


@dataclass(frozen=True)
class Transition:
    """An act that may be done in a state, the state that follows, and the roles that may."""

    before: str
    act: str
    after: str
    roles: tuple[str, ...]


@cache
def transitions() -> Mapping[tuple[str, str], Transition]:
    """The transitions by state and act."""
    rows = yaml.safe_load(resources.files(__package__).joinpath("transitions.yaml").read_text("utf-8"))
    held = [Transition(row["from"], row["act"], row["to"], tuple(row["role"])) for row in rows]
    return {(one.before, one.act): one for one in held}


@dataclass(frozen=True)
class Reason:
    """A public word for a change of status, and the acts that it may stand for."""

    word: str
    acts: tuple[str, ...]
    text: Mapping[str, str]


@cache
def reasons() -> Mapping[str, Reason]:
    """The reasons by word."""
    rows = yaml.safe_load(resources.files(__package__).joinpath("reasons.yaml").read_text("utf-8"))
    return {row["word"]: Reason(row["word"], tuple(row["acts"]), reason_words(row["word"]).both()) for row in rows}


def follow(case: Case, event: CaseEvent) -> Case:
    """The case after one more event; raises :class:`CaseError` where it may not follow (a store was tampered with)."""
    step = transitions().get((case.state, event.kind))
    if step is None or event.case != case.id:
        raise CaseError("case.store.impossible", case=case.id, act=event.kind)
    return replace(
        case,
        state=step.after,
        facts={**case.facts, event.kind: event.body},
        done={**case.done, event.kind: (*case.done.get(event.kind, ()), event.person)},
        events=(*case.events, event),
    )


def project(events: Iterable[CaseEvent]) -> Mapping[str, Case]:
    """Every case by its id, in the order in which they came."""
    held: dict[str, Case] = {}
    for event in events:
        if event.case:
            held[event.case] = follow(held.get(event.case, Case(event.case)), event)
    return held


def require_may(case: Case, act: str, person: Person) -> None:
    """Raises :class:`CaseError` where the act does not follow the case's state, or that person may not do it."""
    step = transitions().get((case.state, act))
    if step is None:
        possible = [one for state, one in transitions() if state == case.state]
        raise CaseError(
            "case.transition",
            case=case.id,
            act=named("acts", [act]),
            state=named("states", [case.state]),
            possible=named("acts", possible),
        )
    require_role(person, step.roles, act)
    for first, second in APART:
        if act == second and person.id in case.done.get(first, ()):
            raise _same_person(person, first, second)
    # Whoever let an L1 in is the only one who has looked at it: somebody else approves.
    if act == "approve" and "compare" not in case.done and person.id in case.done.get("receipt", ()):
        raise _same_person(person, "receipt", act)


def _same_person(person: Person, first: str, second: str) -> CaseError:
    return CaseError("case.same-person", person=person.id, first=named("acts", [first]), second=named("acts", [second]))


def require_role(person: Person, roles: Iterable[str], act: str) -> None:
    """Raises :class:`CaseError` where the person has none of the roles."""
    wanted = tuple(roles)
    if not set(wanted) & set(person.roles):
        raise CaseError("case.role", person=person.id, act=named("acts", [act]), roles=named("roles", wanted))
