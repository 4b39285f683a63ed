"""Authorisation: who is let in, by headers, signature, clock, nonce and grant, and nobody else.

Each interface is asked by calls that are right but for who makes them. A batch among them holds a record of its own,
which is deleted again if it was taken.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from conformance.dialogue.breaking import Row, granted
from conformance.dialogue.calls import first_page, make_call, operated, transfer_call
from conformance.dialogue.effect import Naming
from conformance.dialogue.refuse import hear, showing
from conformance.dialogue.talk import Talk
from conformance.dialogue.valid import test_records
from conformance.judge.faults import Fault
from conformance.judge.service.answers import Case, told
from conformance.judge.service.model import STRAIGHT, Call, Twist
from conformance.judge.service.rules import AUTHORISATION_RULES
from conformance.messages import Message, message
from conformance.sample.errors import SampleError
from conformance.standard.services.model import TRANSFER, ErrorCode, Interface

_ACCEPT, _HEADERS, _CLIENT, _SIGNATURE = "accept", "auth-headers", "auth-client", "auth-signature"
_CLOCK, _NONCE, _GRANT = "auth-clock", "auth-nonce", "auth-grant"
#: What an empty header may be taken for, by role: the rule, and the error beside ``missing-header``.
_EMPTY = {
    "client": (_CLIENT, "unknown-client"),
    "timestamp": (_CLOCK, "stale-timestamp"),
    "nonce": (_HEADERS, "bad-signature"),
    "signature": (_SIGNATURE, "bad-signature"),
}
#: Ways of signing wrongly, and the words for them.
_WRONGLY = {
    "blank": message("authorise.no-signature"),
    "other-secret": message("authorise.other-secret"),
    "truncated": message("authorise.truncated"),
    "hex": message("authorise.hexadecimal"),
    "other-timestamp": message("authorise.other-time"),
}
#: What may be wrong with the answer to a call that was accepted.
_AFTER_ALL = ("answer-encoding", "envelope")
_UNKNOWN = "lubiao-unknown-client"
_OWN_SEED, _SUPPLY, _PAGE = 5_001, 60, 10
_MS = 1_000


def judge_authorisation(talk: Talk, served: Collection[str]) -> None:
    """Knock at each interface that is there; at one that stores, only where test data may be written."""
    for id_, interface in talk.node.interfaces.items():
        if id_ not in served:
            continue
        if interface.interface_class == TRANSFER and not talk.node.writes:
            talk.unasked(id_, AUTHORISATION_RULES, message("service.no-writes"))
            continue
        try:
            door = _Door(talk, interface)
        except SampleError as error:
            talk.unasked(id_, AUTHORISATION_RULES, error.message, follows=True)
            continue
        door.knock()


class _Door:
    """One interface, and the calls that knock at it."""

    def __init__(self, talk: Talk, interface: Interface) -> None:
        self.talk, self.interface, self.rules = talk, interface, talk.rules
        self.client = talk.caller(interface.id)
        self.naming = Naming()
        self._rows = self._right_rows()
        self._taken: list[Call] = []
        #: The rules under which somebody was let in.
        self._open: set[str] = set()

    def knock(self) -> None:
        """All calls, in an order in which none disturbs another; what was stored is deleted even if one breaks off."""
        try:
            nonce = _fresh_nonce()
            first = self._call(Twist(nonce=nonce))
            accepted, faults = self._asked(first)
            self.talk.tell(self.interface.id, *faults)
            let_in = accepted or self._refused_within(faults)
            if let_in:
                self._refuse(_NONCE, first, message("authorise.replayed"), "replayed-nonce")
                self._clocks_within(accepted=accepted)
                self._nonce_of_another(nonce)
            else:
                self.talk.unasked(self.interface.id, (_NONCE,), message("authorise.no-ground"), follows=True)
            self._wrong_callers()
            if let_in:
                self._refuse(_NONCE, first, message("authorise.replayed-later"), "replayed-nonce")
        finally:
            self._delete()

    def _right_rows(self) -> Iterator[Row]:
        node = self.talk.node
        rows = test_records(self.interface, self.talk.standards, node.seed + _OWN_SEED, _SUPPLY, node.as_of)
        return iter(granted(self.talk, self.interface, self.client, rows))

    def _call(self, twist: Twist = STRAIGHT, *, client: str = "") -> Call:
        """A call that is right but for the twist, and says no more than it must."""
        client, row = client or self.client, next(self._rows)
        if self.interface.interface_class == TRANSFER:
            first, series = self.rules.batch.first, self.naming.series()
            records = [operated(self.rules, "insert", row)]
            return transfer_call(self.interface, self.rules, series, first, records, client=client, twist=twist)
        row = granted(self.talk, self.interface, client, [row])[0]
        row = {one.name: row[one.name] for one in self.interface.parameters if one.mandatory}
        paging = first_page(self.interface, self.rules, _PAGE)
        return make_call(self.interface, self.rules, row, client=client, paging=paging, twist=twist)

    def _refuse(self, rule: str, call: Call, what: Message, *expected: str) -> None:
        reading = hear(self.talk, Case(rule, call, what, expected), self.naming)
        self.talk.tell(self.interface.id, *reading.faults)
        if any(fault.rule == rule for fault in reading.faults):
            self._taken.append(call)
            self._open.add(rule)

    def _asked(self, call: Call) -> tuple[bool, list[Fault]]:
        """Make a call that must be accepted: whether it was, however it was answered; the faults are not told yet."""
        with self.talk.holding() as held:
            good = self.talk.fetch(call) if self.talk.is_file(self.interface.id) else self.talk.accept(call)
        faults = [showing(fault, call, self.naming) for _, fault in held]
        accepted = good is not None or (bool(faults) and all(fault.rule in _AFTER_ALL for fault in faults))
        if accepted:
            self._taken.append(call)
        return accepted, faults

    def _refused_within(self, faults: Sequence[Fault]) -> bool:
        """True where the caller was let in, and the call refused for another reason."""
        refused = [self._error(fault) for fault in faults if fault.rule == _ACCEPT]
        not_let_in = self.rules.errors["unknown-client"].status
        return any(error is not None and error.status != not_let_in for error in refused)

    def _error(self, fault: Fault) -> ErrorCode | None:
        """The error of the catalogue with which a valid call was refused."""
        return self.rules.error_of(str(fault.reason.params.get("code", "")))

    def _wrong_callers(self) -> None:
        """Each is refused; empty headers are tried only where nothing was wrong with what they are taken for."""
        for role, name in self.rules.signing.headers.items():
            said = message("authorise.no-header", name=name)
            self._refuse(_HEADERS, self._call(Twist(omit=(role,))), said, "missing-header")
        call = self._call(Twist(client_id=_UNKNOWN))
        self._refuse(_CLIENT, call, message("authorise.unknown-client"), "unknown-client")
        for way, said in _WRONGLY.items():
            missing = ("missing-header",) if way == "blank" else ()
            self._refuse(_SIGNATURE, self._call(Twist(signature=way)), said, "bad-signature", *missing)
        skew = self.talk.profile.security("skew_refused_ms")
        slow, fast = (message(id_, seconds=skew // _MS) for id_ in ("authorise.slow-clock", "authorise.fast-clock"))
        self._refuse(_CLOCK, self._call(Twist(clock_ms=-skew)), slow, "stale-timestamp")
        self._refuse(_CLOCK, self._call(Twist(clock_ms=skew)), fast, "stale-timestamp")
        stranger = self.talk.stranger(self.interface.id)
        if stranger:
            call = self._call(client=stranger)
            self._refuse(_GRANT, call, message("authorise.not-granted"), "not-granted")
        self._empty_headers()

    def _empty_headers(self) -> None:
        for role, name in self.rules.signing.headers.items():
            rule, error = _EMPTY[role]
            if rule not in self._open:
                call = replace(self._call(Twist(omit=(role,))), headers=((name, ""),))
                said = message("authorise.empty-header", name=name)
                self._refuse(_HEADERS, call, said, "missing-header", error)

    def _clocks_within(self, *, accepted: bool) -> None:
        """Clocks off by less than a timestamp's validity are good; ``accepted``: calls with a right clock are."""
        skew = self.talk.profile.security("skew_accepted_ms")
        stale = self.rules.errors["stale-timestamp"]
        for off in (-skew, skew):
            call = self._call(Twist(clock_ms=off))
            self.talk.checked(self.interface.id, _CLOCK)
            _, faults = self._asked(call)
            refused = told(_CLOCK, call, "authorise.clock-refused", seconds=off // _MS)
            mine = [fault.rule == _ACCEPT and (accepted or self._error(fault) == stale) for fault in faults]
            self._tell_instead(faults, mine, showing(refused, call, self.naming))

    def _nonce_of_another(self, nonce: str) -> None:
        """A nonce is its client's: another one may use it too."""
        granted_to = (role for role, ids in self.talk.node.grants.items() if self.interface.id in ids)
        other = next((role for role in granted_to if role != self.client), "")
        if not other:
            return
        call = self._call(Twist(nonce=nonce), client=other)
        self.talk.checked(self.interface.id, _NONCE)
        _, faults = self._asked(call)
        replayed = showing(told(_NONCE, call, "authorise.nonce-of-another"), call, self.naming)
        mine = [self._error(fault) == self.rules.errors["replayed-nonce"] for fault in faults]
        self._tell_instead(faults, mine, replayed)

    def _tell_instead(self, faults: Sequence[Fault], mine: Sequence[bool], own: Fault) -> None:
        """Tell the faults, and those that are the rule's own as what they are."""
        told_as = (own if is_own else fault for fault, is_own in zip(faults, mine, strict=True))
        self.talk.tell(self.interface.id, *told_as)

    def _delete(self) -> None:
        """Take back what batches stored: nothing of it is judged here."""
        if self.interface.interface_class != TRANSFER:
            return
        names, grants = self.rules.batch, self.talk.node.grants
        for call in dict.fromkeys(self._taken):
            [record] = json.loads(call.body or b"")[names.records]
            client = call.client if self.interface.id in grants[call.client] else self.client
            records = [{**record, names.operation: names.operations["delete"]}]
            batch = transfer_call(self.interface, self.rules, self.naming.series(), names.first, records, client=client)
            self.talk.ask(batch)


def _fresh_nonce() -> str:
    """A nonce that nobody used: a number, as the convention says."""
    return str(10**17 + secrets.randbelow(9 * 10**17))
