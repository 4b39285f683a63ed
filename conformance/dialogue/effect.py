"""The oracle of side effects: after a node refused what it must refuse, nothing is there that was not there before.

Used around a set of cases: :meth:`Effect.begin`, then the cases are asked, then :meth:`Effect.end`. Where something is
there, the cases are asked again one at a time to find which it was; then it is removed, so that what is judged later is
undisturbed.
"""

from __future__ import annotations

import json
import re
import secrets
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from conformance.dialogue.calls import json_body, number_text, operated, transfer_call
from conformance.dialogue.state import Part, Unseen, seen, snapshot, viewers
from conformance.dialogue.talk import Talk
from conformance.dialogue.valid import test_records
from conformance.judge.service.answers import Case, told
from conformance.judge.service.model import Call
from conformance.judge.service.stored import Key, Record, key_of
from conformance.messages import message
from conformance.standard.services.model import BatchRules, Interface

NO_EFFECT = "no-effect"
#: What tells the series of a run from those of others, and what reports show in its place.
_OWN, _NOBODY = re.compile(rb"LB-[0-9a-f]{12}-"), b"LB-" + b"0" * 12 + b"-"


class Naming:
    """Names of series, another for each: no run uses one that an earlier run used. No report shows them as they are."""

    def __init__(self) -> None:
        self._own, self._given = secrets.token_hex(6), 0

    def series(self) -> str:
        """A name that was not given before."""
        self._given += 1
        return f"LB-{self._own}-{self._given}"

    def shown(self, call: Call) -> Call:
        """The call as reports may show it: what tells a run from others is zeros, whoever gave the name."""
        return call if call.body is None else replace(call, body=_OWN.sub(_NOBODY, call.body))


def remove(
    talk: Talk, transfer: Interface, records: Mapping[Key, Record], naming: Naming, *, there: bool = False
) -> None:
    """Delete what is there of these keys; nothing is judged, and what cannot be deleted stays. ``there``: all of it was
    seen to be there, and is looked at again only where it cannot be deleted as a whole.

    A node may judge the values of a record that is to be deleted: it is named as it was sent, by a conforming record
    that has its key, and by its key alone, until one of them is taken.
    """
    if not records or (there and _deleted(talk, transfer, list(records.values()), naming)):
        return
    rows_by_key = seen(talk, transfer, records, lenient=True, cheapest=True)
    left = {key: records[key] for key, rows in rows_by_key.items() if rows}
    if not left or (not there and _deleted(talk, transfer, list(left.values()), naming)):
        return
    like = _patterns(talk, transfer, 1)
    for key, record in left.items():
        named = dict(zip(transfer.key, key, strict=True))
        ways: list[Record] = [record, *({**one, **named} for one in like), named]
        for way in ways:
            if _deleted(talk, transfer, [way], naming):
                break


def _deleted(talk: Talk, transfer: Interface, records: Sequence[Record], naming: Naming) -> bool:
    size = transfer.limits.records or len(records)
    series, first, client = naming.series(), talk.rules.batch.first, talk.caller(transfer.id)
    for number, start in enumerate(range(0, len(records), size), first):
        batch = [operated(talk.rules, "delete", record) for record in records[start : start + size]]
        call = transfer_call(transfer, talk.rules, series, number, batch, client=client)
        if talk.ask(call).status != HTTPStatus.OK:
            return False
    return True


def _patterns(talk: Talk, transfer: Interface, number: int) -> list[dict[str, str]]:
    return test_records(transfer, talk.standards, talk.node.seed, number, talk.node.as_of)


class Effect:
    """What refused calls of one transfer interface left behind."""

    def __init__(self, talk: Talk, interface: Interface) -> None:
        self._talk, self._interface, self._naming = talk, interface, Naming()
        self._areas: tuple[Record, ...] = ()
        self._before: dict[Part, str] = {}

    @property
    def visible(self) -> bool:
        """True where some interface shows what this one stores; without one, nothing can be said of effects."""
        return bool(self._interface.key and viewers(self._talk, self._interface))

    def begin(self) -> None:
        """Look at everything before the cases are asked."""
        if self.visible:
            self._areas = self._known()
            self._before = snapshot(self._talk, self._interface, self._areas)

    def end(self, cases: Sequence[Case], accepted: Collection[Case] = ()) -> None:
        """Look again, tell what the cases had as effect, and remove it.

        ``accepted`` are cases that the node took though it had to refuse them: what they stored is removed, not told.
        """
        refused = [case for case in cases if case not in accepted]
        if not self.visible:
            return
        records = _by_key([*cases, *accepted], self._talk.rules.batch, self._interface)
        try:
            there = self._present(records)
            remove(self._talk, self._interface, {key: records[key] for key in there}, self._naming)
            others = snapshot(self._talk, self._interface, self._areas) != self._before
        except Unseen:
            self._talk.hinder(self._interface.id, NO_EFFECT, message("transfer.unseen"))
            return
        self._talk.checked(self._interface.id, *([NO_EFFECT] * len(refused)))
        if there or others:
            self._find([case for case in refused if others or self._keys(case) & there])

    def _find(self, suspects: Sequence[Case]) -> None:
        """Ask each suspect again, alone, and tell those that have an effect; no more of them than tell anything new."""
        most = self._talk.profile.effort("examples")
        shown = 0
        for case in suspects[: most * self._talk.profile.effort("batches")]:
            if shown == most:
                return
            try:
                effect = self._has_effect(case)
            except Unseen:
                continue
            if effect:
                call = self._naming.shown(case.call)
                self._talk.tell(self._interface.id, told(NO_EFFECT, call, "transfer.effect"))
                shown += 1

    def _has_effect(self, case: Case) -> bool:
        """True where the call, refused once more, leaves all of itself behind or changes what was there.

        What leaves a part of itself behind is not this rule's: a batch was not taken whole or not at all.
        """
        records = _by_key([case], self._talk.rules.batch, self._interface)
        before = snapshot(self._talk, self._interface, self._areas)
        answer = self._talk.ask(self._afresh(case.call))
        there = self._present(records)
        if there:
            remove(self._talk, self._interface, {key: records[key] for key in there}, self._naming)
            refused = answer.status >= 400  # noqa: PLR2004 - as HTTP has it
            return refused and len(there) == len(records)
        return snapshot(self._talk, self._interface, self._areas) != before

    def _afresh(self, call: Call) -> Call:
        """The call as the first batch of a new series, where it is a batch at all."""
        content = _content(call)
        names = self._talk.rules.batch
        if content is None or names.series not in content or not isinstance(content.get(names.records), list):
            return call
        content |= {names.series: self._naming.series(), names.number: number_text(names, names.first)}
        return replace(call, body=json_body(content))

    def _present(self, records: Mapping[Key, Record]) -> set[Key]:
        return {
            key for key, rows in seen(self._talk, self._interface, records, lenient=True, cheapest=True).items() if rows
        }

    def _keys(self, case: Case) -> set[Key]:
        return set(_by_key([case], self._talk.rules.batch, self._interface))

    def _known(self) -> tuple[Record, ...]:
        """Records whose values say where to look: of rows that the interfaces gave, else our own."""
        most = self._talk.profile.effort("broken")
        sights = [
            sight.values
            for viewer in viewers(self._talk, self._interface)
            for sight in self._talk.sights[viewer.id][:most]
        ]
        return tuple(sights[:most]) or tuple(_patterns(self._talk, self._interface, most))


def _content(call: Call) -> dict[str, Any] | None:
    try:
        content = json.loads(call.body or b"")
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def _by_key(cases: Sequence[Case], names: BatchRules, interface: Interface) -> dict[Key, Record]:
    """The records that cases would store, by key; of a field with several values the one that most of them have, so
    that a value which is broken in one case does not keep the record from being found.
    """
    variants: dict[Key, list[Mapping[str, Any]]] = {}
    fields = {field.name for field in interface.parameters}
    for case in cases:
        content = _content(case.call) or {}
        records = content.get(names.records)
        for record in records if isinstance(records, list) else ():
            key = key_of(record, interface.key) if isinstance(record, dict) else None
            if key is not None:
                variants.setdefault(key, []).append(record)
    return {
        key: {
            name: value
            for name in sorted(fields)
            if (value := _commonest([one[name] for one in records if isinstance(one.get(name), str)]))
        }
        for key, records in variants.items()
    }


def _commonest(values: Sequence[str]) -> str:
    return Counter(values).most_common(1)[0][0] if values else ""
