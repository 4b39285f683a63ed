"""Test records to hand over: conforming, nobody's, and each with a key of its own."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from conformance.dialogue.state import Unseen, viewers
from conformance.dialogue.talk import Talk
from conformance.dialogue.valid import faults_of, test_records
from conformance.judge.service.stored import Key, Record, key_of
from conformance.standard.services.model import Interface

#: A character of real names beyond the first plane of Unicode, where systems that keep two octets a character lose it.
_RARE = "\U00020bb7"
#: What is judged at a date: of a record at its own, of a parameter at the day of the call.
_DATED = ("code:", "division:")
_UNREGISTERED = "LBWDJ"
_SUPPLY, _LONGEST = 160, 500
#: Transfers have keys of their own: another number than the other parts of the dialogue add to the run's seed.
_OWN_SEED = 5_002


class Supply:
    """Conforming records to hand over, each with a key of its own; what was deleted again may be handed over anew."""

    def __init__(self, talk: Talk, interface: Interface) -> None:
        senders = [role for role in talk.node.clients if interface.id in talk.node.grants[role]]
        prefixes = [limit for role in senders for limit in talk.node.rows.get(role, {}).items()]
        drawn = test_records(interface, talk.standards, talk.node.seed + _OWN_SEED, _SUPPLY, talk.node.as_of)
        self._left = deque[Record](
            one
            for one in drawn
            if all(one.get(name, "").startswith(starts) for name, starts in prefixes if name in one)
            and _askable(talk, interface, one)
        )
        self._keys = frozenset(key for one in drawn if (key := key_of(one, interface.key)))
        own = {name for viewer in viewers(talk, interface) for name in (field.name for field in viewer.parameters)}
        related = {id_ for relation in talk.standards.relations for id_ in relation.roles.values()}
        #: Fields whose text may be any other: by them records are updated, or filled to their full length.
        self.free = tuple(
            one
            for one in interface.parameters
            if one.name not in interface.key
            and not one.element.domain
            and one.element.format.kind == "text"
            and one.element.format.symbol == "c"
            and one.element.id not in related
        )
        self.loose = tuple(one for one in self.free if one.name not in own)
        #: A field that a record must have and that nothing is found by; empty where there is none.
        needed = [one.name for one in interface.parameters if one.mandatory]
        self._needed = next((name for name in needed if name not in (*interface.key, *own)), "")

    def peek(self, number: int) -> list[Record]:
        """The next records, which stay in the supply."""
        return list(self._left)[:number]

    @property
    def keys(self) -> frozenset[Key]:
        """The keys of all records that there ever were in the supply."""
        return self._keys

    def take(self, number: int) -> list[Record]:
        """So many records; raises :class:`Unseen` where there are no more."""
        if len(self._left) < number:
            raise Unseen
        return [self._left.popleft() for _ in range(number)]

    def give_back(self, records: Iterable[Record]) -> None:
        """Records that are not there any more."""
        self._left.extend(records)

    def altered(self, record: Record, other: Record) -> Record:
        """The record with texts of another in fields that neither its key nor a query depends on."""
        return {
            **record,
            **{one.name: other[one.name] for one in self.loose if one.name in other and one.name in record},
        }

    def spoiled(self, record: Record) -> Record:
        """The record with something wrong that any node must see: a mandatory field missing, or one too many."""
        if self._needed:
            return {name: text for name, text in record.items() if name != self._needed}
        return {**record, _UNREGISTERED: "1"}

    def filled(self, record: Record) -> Record:
        """The record with each free text filled to the greatest length of its element, a rare character at its end."""
        texts = {}
        for one in self.free:
            text, most = record.get(one.name, "").strip(), one.element.format.maximum
            if text and most and most <= _LONGEST:
                texts[one.name] = (text * (most // len(text) + 1))[: most - 1].strip() + _RARE
        return {**record, **texts}


def _askable(talk: Talk, interface: Interface, record: Record) -> bool:
    """True where the record can be asked for today: a code in it may have been abolished since its own date."""
    needed = {
        field.name: field
        for viewer in viewers(talk, interface)
        for field in viewer.parameters
        if field.mandatory and field.element.domain.startswith(_DATED)
    }
    return not any(
        faults_of(field, record[name], record, talk.standards, as_of=talk.node.as_of)
        for name, field in needed.items()
        if name in record
    )
