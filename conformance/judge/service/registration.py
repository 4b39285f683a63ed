"""The registration of an interface (DB37/T 4225 annex A; names, classes and codes: DB37/T 3522 clause 5.2.2).

First cause first: what departs from the form is judged by no other rule; a class digit in the code that is wrong is the
class's fault, not the code's; codes are compared where each is well formed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from conformance.judge.faults import Fault
from conformance.judge.oracle_schemes import holds
from conformance.judge.rulebook import Location
from conformance.judge.service.answers import Reading
from conformance.judge.service.registration_form import Misfit, misfits, plain
from conformance.messages import message
from conformance.standard.divisions import SYSTEMS
from conformance.standard.model import Element, Text
from conformance.standard.services.model import InterfaceClass, Registration, ServiceRules
from conformance.standard.standards import Standards

#: How classes answer that give rows: these have result fields.
_ROWS = ("rows", "file")
#: How a class answers that takes records in: its parameters are the fields of a record, and it has a key.
_RECEIPT = "receipt"
#: How classes answer that have no result fields.
_WITHOUT_RESULTS = ("match", _RECEIPT)
_PARTS = ("parameters", "results")
_FORM, _UNIQUE = "registration-form", "registration-unique"
#: No code is longer; longer texts are not searched for what is wrong with them.
_LONGEST_CODE = 64


def read_registration(registration: Registration, rules: ServiceRules, standards: Standards) -> Reading:
    """One registration, judged by the seven rules over single interfaces."""
    wrong = tuple(misfits(registration.raw, rules.form))
    read = _Registration(registration.raw, rules, standards, frozenset(path for path, _ in wrong))
    checked = [_FORM]
    faults = [_fault(_FORM, registration, misfit) for misfit in wrong]
    for rule, (needs, judge) in _JUDGES.items():
        if all(read.fits(path) for path in needs):
            checked.append(rule)
            faults += [_fault(rule, registration, misfit) for misfit in judge(read)]
    return Reading(None, tuple(checked), tuple(faults))


def read_unique(registrations: Sequence[Registration], rules: ServiceRules) -> Reading:
    """All registrations of a node: no two have one code, or one path under the same method."""
    faults: list[Fault] = []
    seen: dict[tuple[str, ...], Registration] = {}
    for registration in registrations:
        for path, key in _identities(registration.raw, rules):
            first = seen.setdefault(key, registration)
            if first is not registration:
                reason = message("registration.repeated", other=plain(first.file))
                faults.append(_fault(_UNIQUE, registration, (path, reason)))
    return Reading(None, (_UNIQUE,) * len(registrations), tuple(faults))


def _identities(raw: Mapping[str, Any], rules: ServiceRules) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Where a registration says what no other may say, and what it says."""
    code, path, request = (raw.get(name) for name in ("code", "path", "request"))
    if isinstance(code, str) and code:
        yield "code", ("code", code)
    if isinstance(path, str) and path and isinstance(request, str) and request in rules.requests:
        yield "path", ("path", rules.requests[request].method, path)


def _fault(rule: str, registration: Registration, misfit: Misfit) -> Fault:
    path, reason = misfit
    return Fault(rule, Location(registration.file, path=path), reason)


@dataclass(frozen=True)
class _Code:
    """What an interface's code says; ``digit`` is that of its class, one of the known ones or not."""

    number: str
    digit: str


@dataclass(frozen=True)
class _Item:
    """A parameter or a result that is as the form says; ``element`` None: of no pack."""

    path: str
    part: str
    raw: Mapping[str, Any]
    element: Element | None


@dataclass(frozen=True)
class _Registration:
    """One registration; ``spoilt`` are the places that are not as the form says."""

    raw: Mapping[str, Any]
    rules: ServiceRules
    standards: Standards
    spoilt: frozenset[str]

    def fits(self, path: str) -> bool:
        """Whether the item at a path, a part of it or what it is part of is as the form says."""
        return path not in self._touched and self.spoilt.isdisjoint(_holders(path))

    @cached_property
    def _touched(self) -> frozenset[str]:
        """The spoilt places, and all that they are part of."""
        return frozenset(holder for path in self.spoilt for holder in _holders(path))

    def text(self, path: str) -> str:
        """The text at a path that fits; empty where there is none."""
        value: Any = self.raw
        for name in path.split("."):
            value = value.get(name, "") if isinstance(value, dict) else ""
        return value if isinstance(value, str) and self.fits(path) else ""

    def items(self, *parts: str) -> Iterator[_Item]:
        """The parameters, the results, or both, as far as they fit."""
        for part in parts:
            several = self.raw.get(part)
            for number, raw in enumerate(several if isinstance(several, list) else ()):
                path = f"{part}[{number}]"
                if self.fits(path):
                    yield _Item(path, part, raw, self.standards.elements.get(raw["element"]))

    @cached_property
    def names(self) -> Mapping[str, frozenset[str]]:
        """The names of each part's fields."""
        return {part: frozenset(item.raw["name"] for item in self.items(part)) for part in _PARTS}

    @cached_property
    def class_(self) -> InterfaceClass | None:
        """The class, by what the registration says."""
        return self.rules.class_of(self.text("class"))

    @cached_property
    def code(self) -> _Code | None:
        """The code, where all of it but the digit of the class is well formed and in range."""
        code = self.text("code")
        for text in _with_known_digit(code, self.rules):
            if match := re.fullmatch(self.rules.code, text):
                first, last = self.rules.number
                digit = code[match.start("class") : match.end("class")]
                return _Code(match["number"], digit) if first <= match["number"] <= last else None
        return None

    def judge_name(self) -> Iterator[Misfit]:
        """Provider, resource and class; of class and code that disagree the name may say either."""
        digits = {self.text("class"), self.code.digit if self.code else ""}
        classes = [one for one in self.rules.classes.values() if one.digit in digits] or [*self.rules.classes.values()]
        own = {"provider": self.text("provider.short"), "resource": self.text("resource.name")}
        if self.text("name") not in {self.rules.name.format(**own, **{"class": one.title.zh}) for one in classes}:
            title = self.class_.title if self.class_ else Text("接口类别", "class")
            yield "name", message("registration.name", title=title)

    def judge_code(self) -> Iterator[Misfit]:
        """Sixteen characters, the number in range."""
        if self.code is None:
            first, last = self.rules.number
            yield "code", message("registration.code", first=first, last=last)

    def judge_class(self) -> Iterator[Misfit]:
        """A known class, that of the code, and what it may have."""
        if self.class_ is None:
            known = "、".join(one.digit for one in self.rules.classes.values())
            yield "class", message("registration.class-unknown", known=known)
        elif self.code is not None and self.code.digit != self.class_.digit:
            yield "class", message("registration.class-differs", title=self.class_.title, digit=self.class_.digit)
        else:
            yield from self._of_class(self.class_)

    def _of_class(self, class_: InterfaceClass) -> Iterator[Misfit]:
        admitted = {"request": class_.requests, "paging": class_.paging, "protocol": (self.rules.protocol,)}
        for name, words in admitted.items():
            if self.fits(name) and self.text(name) not in words:
                yield name, message("registration.class-admits", title=class_.title, known="、".join(words))
        if self.fits("results") and class_.answer in _ROWS and not self.raw["results"]:
            yield "results", message("registration.class-results", title=class_.title)
        if self.fits("results") and class_.answer in _WITHOUT_RESULTS and self.raw["results"]:
            yield "results", message("registration.class-no-results", title=class_.title)
        for name in ("parameters", "key") if class_.answer == _RECEIPT else ():
            if self.fits(name) and not self.raw.get(name):
                yield name, message("registration.class-record", title=class_.title)

    def judge_provider(self) -> Iterator[Misfit]:
        """A credit code; a resource code, whose last digits are those in the interface's code."""
        scheme, code = self.standards.schemes[self.rules.provider], self.text("provider.code")
        if self.fits("provider.code"):
            if len(code) != scheme.length or not re.fullmatch(scheme.pattern, code):
                yield "provider.code", message("registration.provider-form", length=scheme.length)
            elif scheme.check is not None and not holds(code, scheme.check):
                yield "provider.code", message("registration.provider-check")
        if self.fits("resource.code"):
            first, last = self.rules.number
            formed = re.fullmatch(self.rules.resource, self.text("resource.code"))
            if formed is None or not first <= formed["number"] <= last:
                yield "resource.code", message("registration.resource-form", first=first, last=last)
            elif self.code is not None and formed["number"] != self.code.number:
                yield "resource.code", message("registration.resource-differs")

    def judge_elements(self) -> Iterator[Misfit]:
        """Elements of the packs, names of their own, dates and key among the fields, divisions of a known system."""
        for part in _PARTS:
            taken = set(self._reserved()) if part == _PARTS[0] else set()
            for item in self.items(part):
                name = item.raw["name"]
                yield from self._of_item(item)
                if name in taken:
                    yield item.path, message("registration.name-twice", name=name)
                taken.add(name)
        record = "results" if self.raw.get("results") else "parameters"
        whole = self.names[record] and all(self.fits(part) for part in _PARTS)
        named = [("date", self.text("date")), *(("key", one) for one in self._key())] if whole else []
        for path, name in named:
            if name and name not in self.names[record]:
                yield path, message("registration.no-field")

    def _of_item(self, item: _Item) -> Iterator[Misfit]:
        element, division, date = item.element, item.raw.get("division"), item.raw.get("date")
        if element is None:
            yield f"{item.path}.element", message("registration.no-element")
        elif element.format.kind == "binary":
            yield f"{item.path}.element", message("registration.binary")
        elif division and not (element.domain.startswith("division:") and division["system"] in SYSTEMS):
            yield f"{item.path}.division", message("registration.no-system", known="、".join(SYSTEMS))
        if date and self.fits(item.part) and date not in self.names[item.part]:
            yield f"{item.path}.date", message("registration.no-field")

    def _key(self) -> Iterable[str]:
        return (self.raw.get("key") or ()) if self.fits("key") else ()

    def _reserved(self) -> Iterator[str]:
        """The names that the convention itself gives to parameters, or to members of a record."""
        style = self.rules.paging.get(self.text("paging"))
        if style is not None:
            yield from (style.position, style.size)
        if self.class_ is not None and self.class_.answer == _RECEIPT:
            yield self.rules.batch.operation

    def judge_personal(self) -> Iterator[Misfit]:
        """Nothing personal travels in the URL."""
        form = self.rules.requests.get(self.text("request"))
        if form is not None and not form.content_type:
            for item in self.items("parameters"):
                if item.element is not None and item.element.personal:
                    yield item.path, message("registration.personal", name=item.raw["name"])


def _with_known_digit(code: str, rules: ServiceRules) -> Iterator[str]:
    """The code itself, then each text that differs from it in the class's digit alone and has a known one there."""
    yield code
    for place in range(len(code)) if len(code) <= _LONGEST_CODE else ():
        for class_ in rules.classes.values():
            other = code[:place] + class_.digit + code[place + 1 :]
            match = re.fullmatch(rules.code, other)
            if match and match.start("class") == place:
                yield other


def _holders(path: str) -> Iterator[str]:
    """The path, and the paths of what it is part of: ``parameters[2].name``, ``parameters[2]``, ``parameters``."""
    return (path[: end.start()] for end in re.finditer(r"[.\[]|$", path))


#: Each rule but that over the form: the items without which it cannot be judged, and how it is judged.
_JUDGES: Mapping[str, tuple[tuple[str, ...], Callable[[_Registration], Iterator[Misfit]]]] = {
    "registration-name": (("name", "provider.short", "resource.name"), _Registration.judge_name),
    "registration-code": (("code",), _Registration.judge_code),
    "registration-class": (("class",), _Registration.judge_class),
    "registration-provider": ((), _Registration.judge_provider),
    "registration-elements": ((), _Registration.judge_elements),
    "registration-personal": (("request",), _Registration.judge_personal),
}
