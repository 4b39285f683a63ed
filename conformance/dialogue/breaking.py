"""What calls that must be refused are made of: values that are right, values with one fault, requests with one.

A value counts as broken only where the oracle says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from conformance.dialogue.talk import Talk
from conformance.dialogue.valid import divisions_in_force, faults_of, test_records
from conformance.judge.service.answers import Case
from conformance.judge.service.model import Call
from conformance.messages import Message, message
from conformance.sample.spoiling import spoil
from conformance.standard.model import Field
from conformance.standard.services.model import TRANSFER, Interface
from conformance.standard.standards import Standards
from conformance.system.problem import shown

Row = Mapping[str, str]
Said = Callable[[str], Message]

#: What is broken of a value, in the order in which values are judged, and the words for it.
_SAID: Mapping[str, Said] = {
    "charset": lambda name: message("refuse.charset", name=name),
    "blank": lambda name: message("refuse.blank", name=name),
    "halfwidth": lambda name: message("refuse.halfwidth", name=name),
    "length": lambda name: message("refuse.length", name=name),
    "format": lambda name: message("refuse.format", name=name),
    "date": lambda name: message("refuse.date", name=name),
    "domain": lambda name: message("refuse.domain", name=name),
    "scheme": lambda name: message("refuse.scheme", name=name),
    "check": lambda name: message("refuse.check", name=name),
    "range": lambda name: message("refuse.range", name=name),
    "division": lambda name: message("refuse.division", name=name),
    "abolished": lambda name: message("refuse.abolished", name=name),
}
FACETS = tuple(_SAID)
#: The requirement that the oracle finds broken, and the rule under which a service refuses it.
_RULES = {
    "DE-LENGTH": "refuse-length",
    "DE-DATE": "refuse-date",
    "DE-DOMAIN": "refuse-domain",
    "DE-CODE-DATE": "refuse-domain",
    "DE-CHECK": "refuse-check",
    "AD-EXISTS": "refuse-division",
    "AD-VALID": "refuse-division",
}
_FORMAT = "refuse-format"
#: Of these facets several values are tried.
SEVERAL = ("length", "date", "domain", "check", "division", "abolished")
MISSING, SURPLUS = "refuse-missing", "refuse-surplus"
#: The errors with which calls are refused that lack something, or say too much.
LEFT_OUT, TOO_MUCH = ("missing-parameter",), ("surplus-parameter",)
#: The rows of refused calls are numbered apart from those of other parts of the dialogue.
_OWN_SEED = 5_000
_SUPPLY = 40
#: What no interface registers: "not registered", by its initials.
_UNREGISTERED = "WDJX"
_OTHER_TYPES = ("text/plain", "application/xml")
_PROVINCE_DIGITS = 2
_BODILESS = "GET"


@dataclass(frozen=True)
class BrokenValue:
    """A value with one fault, in a row that is otherwise right."""

    rule: str
    facet: str
    field: Field
    value: str
    row: Row

    def case(self, call: Call) -> Case:
        """The case that the call makes of it."""
        return Case(self.rule, call, _SAID[self.facet](shown(self.field.name)), expected_of(self.field))


@dataclass(frozen=True)
class Bench:
    """What cases of one interface are made of: who calls, and rows of values that are right."""

    talk: Talk
    interface: Interface
    client: str
    rows: Sequence[Row]

    @property
    def tries(self) -> int:
        """How many values are tried for each facet."""
        return self.talk.profile.effort("broken")

    def broken(self, field: Field, facet: str, number: int) -> Iterator[BrokenValue]:
        """Values of the field in which that facet is broken and no earlier one, each in a row of its own."""
        found: set[str] = set()
        for row in self.rows:
            for value in self._spoilt(field, facet, row):
                if len(found) == number:
                    return
                rule = rule_of(self.talk, self.interface, field, value, row)
                if value not in found and rule:
                    found.add(value)
                    yield BrokenValue(rule, facet, field, value, row)
                    break

    def _spoilt(self, field: Field, facet: str, row: Row) -> Iterator[str]:
        value, standards = row.get(field.name, ""), self.talk.standards
        if not value:
            return
        if facet == "abolished":
            day = row.get(field.date or date_of(self.interface), "") or self.talk.node.as_of
            prefixes = self.talk.node.rows.get(self.client, {}).get(field.name, ("",))
            yield from (code for code in abolished(field, day, value, standards) if code.startswith(prefixes))
            return
        spoilt = spoil(facet, value, field, standards)
        if spoilt and spoilt != value:
            yield spoilt


def rule_of(talk: Talk, interface: Interface, field: Field, value: str, row: Row) -> str:
    """The rule under which a value in its row must be refused; empty where that is not beyond doubt."""
    date = date_of(interface)
    faults = faults_of(field, value, row, talk.standards, as_of=talk.node.as_of, date=date)
    if len(faults) != 1 or faults[0].endswith("?"):
        return ""
    return _RULES.get(faults[0], _FORMAT)


def date_of(interface: Interface) -> str:
    """The field at whose date a record's codes are judged; of parameters there is none."""
    return interface.date if interface.interface_class == TRANSFER else ""


def bench_of(talk: Talk, interface: Interface, supply: int = _SUPPLY) -> Bench:
    """The bench of an interface; raises :class:`conformance.sample.errors.SampleError` where no value can be made."""
    client, node = talk.caller(interface.id), talk.node
    rows = test_records(interface, talk.standards, node.seed + _OWN_SEED, supply, node.as_of)
    return Bench(talk, interface, client, granted(talk, interface, client, rows))


def granted(talk: Talk, interface: Interface, client: str, rows: Sequence[Row]) -> Sequence[Row]:
    """The rows, their divisions such as the client is granted."""
    allowed = talk.node.rows.get(client, {})
    narrowed = [one for one in interface.parameters if one.name in allowed]
    chosen = {
        one.name: divisions_in_force(one, talk.standards, talk.node.as_of, allowed[one.name])
        for one in narrowed
        if one.element.domain.startswith("division:")
    }
    return [
        {
            name: value
            if name not in chosen or value.startswith(allowed[name])
            else chosen[name][place % len(chosen[name])]
            for name, value in row.items()
        }
        for place, row in enumerate(rows)
    ]


def expected_of(field: Field) -> tuple[str, ...]:
    """The errors with which a broken value of the field may be refused."""
    coded = field.element.domain.startswith(("code:", "division:")) or field.division_system
    return ("bad-value", "bad-code") if coded else ("bad-value",)


def abolished(field: Field, day: str, like: str, standards: Standards) -> list[str]:
    """Division codes that the field might have had, ended well before that day, the latest first.

    They are of the province of the code that they are to stand for.
    """
    if not (field.division_system or field.element.domain.startswith("division:")):
        return []
    system = field.division_system or field.element.domain.partition(":")[2]
    ended = [
        (rows[-1].valid_to, code)
        for code, rows in standards.divisions.assignments(system).items()
        if code.startswith(like[:_PROVINCE_DIGITS])
        and rows[-1].valid_to is not None
        and rows[-1].valid_to < int(day[:4]) - 1
        and (not field.division_levels or rows[-1].level in field.division_levels)
    ]
    return [code for _, code in sorted(ended, reverse=True)]


def unregistered(interface: Interface) -> str:
    """A name that is no parameter and no result of the interface."""
    taken = {one.name for one in (*interface.parameters, *interface.results)}
    name = _UNREGISTERED
    while name in taken:
        name += "X"
    return name


def body_cases(bench: Bench, call: Call, padding: bytes) -> Iterator[Case]:
    """What is wrong with a call's body, whatever it says; ``padding`` lengthens it and says nothing."""
    if call.body is None:
        return
    for kind in _OTHER_TYPES:
        said = message("refuse.content-type", name=kind)
        yield Case("refuse-content-type", replace(call, content_type=kind), said, ("wrong-content-type",))
    most = bench.interface.limits.body_bytes
    if 0 < most <= bench.talk.profile.tester("answer_bytes"):
        for size in (most + 1, most * 2):
            body = call.body + padding * (size - len(call.body))
            yield Case("refuse-size", replace(call, body=body), message("refuse.size", number=most), ("too-large",))


def method_cases(bench: Bench, call: Call, bare: Call) -> Iterator[Case]:
    """The call by other methods than the registered one; ``bare`` is what is sent without a body."""
    rules = bench.talk.rules
    known = {form.method for form in rules.requests.values()} | set(rules.probes.methods)
    for method in sorted(known - {call.method}):
        changed = replace(bare if method == _BODILESS else call, method=method)
        yield Case("refuse-method", changed, message("refuse.method", name=method), ("wrong-method",))
