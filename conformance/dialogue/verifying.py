"""Rule ``verify``: a verification says the same where all that is given agrees with one record, and other where not.

It needs a query (or examples of the declaration) whose rows have the verification's fields. That a changed value is
other is asked only where the parameters hold the key of those rows: no other record agrees by chance then.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from conformance.dialogue.calls import make_call
from conformance.dialogue.harvest import asks, mandatory, of_class, same_resource
from conformance.dialogue.talk import Row, Talk
from conformance.dialogue.url_encoding import garbles
from conformance.dialogue.valid import examples
from conformance.judge.faults import Fault
from conformance.judge.service.answers import told
from conformance.judge.service.model import Call
from conformance.judge.service.rows import match_of
from conformance.messages import message
from conformance.sample.strategies import values
from conformance.standard.services.model import QUERY, VERIFY, Interface

#: Rows whose every parameter is changed in turn.
_CHANGED = 3


@dataclass(frozen=True)
class _Question:
    """What is asked and how: ``kind`` is ``same``, ``other`` (``names`` were changed) or ``unknown``."""

    values: Mapping[str, str]
    kind: str
    names: tuple[str, ...]


def judge_verification(talk: Talk, served: Collection[str]) -> None:
    """Ask each verification for what is known, for what is changed, and for what nobody has."""
    for interface in of_class(talk, served, VERIFY):
        kinds: set[str] = set()
        for question in _questions(talk, interface):
            call = make_call(interface, talk.rules, question.values, client=talk.caller(interface.id))
            verdict = ask_match(talk, interface, call)
            if verdict is None:
                continue
            talk.checked(interface.id, "verify")
            kinds.add(question.kind)
            if verdict != (question.kind == "same"):
                talk.tell(interface.id, _fault(call, question))
        if kinds == {"same"}:
            talk.unasked(interface.id, ["verify"], message("dialogue.verify.one-sided"), follows=True)


def ask_match(talk: Talk, interface: Interface, call: Call) -> bool | None:
    """Make a valid call of a verification: is it the same? None (and a fault told) where the answer does not say."""
    envelope = talk.accept(call)
    if envelope is None:
        return None
    reading, verdict = match_of(call, envelope, talk.rules)
    talk.checked(interface.id, *reading.checked)
    talk.tell(interface.id, *reading.faults)
    return verdict


def _questions(talk: Talk, interface: Interface) -> Iterator[_Question]:
    must = mandatory(interface)
    rows = asks(talk, interface, ascii_only=garbles(talk, interface))
    chosen = talk.chance("verify", interface.id).sample(rows, min(len(rows), talk.profile.effort("examples")))
    for row in chosen:
        for said in _wordings(row, must):
            yield _Question(said, "same", tuple(said))
    key = _key(talk, interface)
    if not key:
        return
    for row in chosen[:_CHANGED]:
        for said in _wordings(row, must):
            if key <= said.keys():
                yield from _changed(said, rows)
                yield from _unknown(talk, interface, said, key, rows)


def _wordings(row: Row, must: Collection[str]) -> Iterator[dict[str, str]]:
    """With mandatory parameters only, and with all that the row has."""
    short = {name: text for name, text in row.items() if name in must}
    if short:
        yield short
    if len(short) < len(row):
        yield dict(row)


def _changed(said: Mapping[str, str], rows: Sequence[Row]) -> Iterator[_Question]:
    """Each parameter in turn with the value of another row, unless a row agrees with that too."""
    for name, text in said.items():
        others = sorted({row[name] for row in rows if row.get(name, text) != text})
        for other in others:
            changed = {**said, name: other}
            if not any(all(row.get(one) == value for one, value in changed.items()) for row in rows):
                yield _Question(changed, "other", (name,))
                break


def _unknown(
    talk: Talk, interface: Interface, said: Mapping[str, str], key: Collection[str], rows: Sequence[Row]
) -> Iterator[_Question]:
    """A key that is valid and that no known row has."""
    name = min(key)
    strategy = values(interface.parameter(name).element, talk.standards)
    held = {row.get(name) for row in rows}
    made = examples(strategy, f"{talk.node.seed}/verify/{interface.id}/{name}", talk.profile.effort("examples"))
    for text in made:
        if text not in held:
            yield _Question({**said, name: text}, "unknown", (name,))
            return


def _key(talk: Talk, interface: Interface) -> frozenset[str]:
    """The key of the rows that the interface verifies, where all of it is among the parameters."""
    names = {one.name for one in interface.parameters}
    queries = (one for one in same_resource(talk, interface) if one.interface_class == QUERY)
    keys = (one.key for one in queries if names <= {field.name for field in one.results})
    key = interface.key or next(keys, ())
    return frozenset(key) if set(key) <= names else frozenset()


def _fault(call: Call, question: _Question) -> Fault:
    names = "、".join(question.names)
    if question.kind == "same":
        return told("verify", call, "dialogue.verify.same", names=names)
    if question.kind == "other":
        return told("verify", call, "dialogue.verify.other", names=names)
    return told("verify", call, "dialogue.verify.unknown", names=names)
