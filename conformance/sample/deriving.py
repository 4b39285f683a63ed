"""From a dataset to a recipe: how each field is made so that the record conforms, out of what the packs say.

What the packs leave open (invented words, likely years) is in ``hints.yaml``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cache
from graphlib import TopologicalSorter
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from conformance.sample.errors import SampleError
from conformance.standard.model import Code, DatasetSpec, Element, Field
from conformance.standard.standards import Standards
from conformance.system.declaration import Place, Source, Target
from conformance.system.handed_over import PACKAGE, exchange_dataset

Params = dict[str, Any]

_SUBJECT = "subject"
_TOWNSHIPS = "gbt-10114"
#: Sequence numbers of invented people, apart from those of the recipes; each identity has its own.
_SEQUENCES = tuple(range(901, 911))
_PEOPLE = 50
_NUMBERED_FROM = 1984
#: Days that are kept free before ``as_of`` for each date that must come later.
_DAYS_APART = 20
_DAY = 8


@dataclass(frozen=True)
class Blueprint:
    """How the fields of a dataset are made, in the order of making. ``blanks`` maps an optional field to the field
    that it is absent together with; columns that are no fields of the dataset are helpers.
    """

    columns: Mapping[str, Params]
    elements: Mapping[str, Element]
    identities: Mapping[str, Mapping[str, Any]]
    blanks: Mapping[str, str]
    names: tuple[str, ...]
    links: tuple[tuple[str, Mapping[str, str]], ...] = ()
    times: Mapping[str, str] = field(default_factory=dict)


def blueprint(spec: DatasetSpec, standards: Standards, as_of: str) -> Blueprint:
    """The blueprint of a dataset; raises :class:`SampleError` for a field that nothing here can make."""
    return _Deriving(spec, standards, as_of).blueprint()


def field_links(spec: DatasetSpec, standards: Standards) -> tuple[tuple[str, Mapping[str, str]], ...]:
    """What holds between the fields, as (kind, fields by role): what the judge will ask, no more and no less."""
    dataset = _judged(spec, standards, "20000101")
    return tuple((link.kind, link.roles) for link in dataset.links)


def field_times(spec: DatasetSpec, standards: Standards) -> Mapping[str, str]:
    """The field at whose date each field's codes are judged; fields judged at the dataset's day are left out."""
    dataset = _judged(spec, standards, "20000101")
    return {column.name: column.date for column in dataset.columns if column.date and column.name in spec.names}


def _judged(spec: DatasetSpec, standards: Standards, as_of: str) -> Any:
    source = Source(Path(), Place(1, 1, ""))
    return exchange_dataset(Target(spec.id, PACKAGE, source, dataset=spec.id), standards, as_of)


@cache
def hints() -> Mapping[str, Any]:
    """``hints.yaml``, read once."""
    raw: Mapping[str, Any] = yaml.safe_load(
        resources.files("conformance.sample").joinpath("hints.yaml").read_text("utf-8")
    )
    return raw


class _Deriving:
    """The state of deriving one blueprint: each step adds the columns that it knows how to make."""

    def __init__(self, spec: DatasetSpec, standards: Standards, as_of: str) -> None:
        self.spec, self.standards, self.as_of = spec, standards, as_of
        self.links = field_links(spec, standards)
        self.times = field_times(spec, standards)
        self.columns: dict[str, Params] = {}
        self.elements = {one.name: _in_its_system(one) for one in spec.fields}
        self.identities: dict[str, Mapping[str, Any]] = {}
        self.together: dict[str, str] = {}

    def blueprint(self) -> Blueprint:
        self._people()
        self._divisions()
        self._codes()
        self._entities()
        self._times()
        self._texts()
        self._repeats()
        blanks = {one.name: self.together.get(one.name, one.name) for one in self.spec.fields if self._may_lack(one)}
        return Blueprint(
            self._ordered(), self.elements, self.identities, blanks, self.spec.names, self.links, self.times
        )

    def _of_kind(self, kind: str) -> Iterable[Mapping[str, str]]:
        return (roles for linked, roles in self.links if linked == kind)

    def _may_lack(self, one: Field) -> bool:
        needed = {*self.spec.key, *self.times.values()}
        return not one.mandatory and one.name not in needed

    def _domain(self, one: Field) -> tuple[str, str]:
        kind, _, name = self.elements[one.name].domain.partition(":")
        return kind, name

    # -- people ----------------------------------------------------------------------------------------------------

    def _people(self) -> None:
        """Identity numbers; birth dates and sexes agree with the number that they are linked to."""
        subjects = {roles["number"] for kind in ("birth", "sex") for roles in self._of_kind(kind)}
        numbers = [one.name for one in self.spec.fields if self._is_number(one)]
        main = next((name for name in numbers if name in subjects), "")
        for name in numbers:
            identity = _SUBJECT if name == main else name
            self._identity(identity, born=self._born() if name == main else hints()["others-born"])
            self.columns[name] = {"make": "citizen-number", "identity": identity}
        for kind, maker in (("birth", "birth"), ("sex", "sex")):
            for roles in self._of_kind(kind):
                identity = self.columns[roles["number"]]["identity"]
                self.columns[roles[kind]] = {"make": maker, "identity": identity}
        if main:
            for one in self.spec.fields:
                if one.element.personal == "birth" and one.element.format.kind == "picture":
                    self.columns.setdefault(one.name, {"make": "birth", "identity": _SUBJECT})

    def _is_number(self, one: Field) -> bool:
        return self._domain(one) == ("scheme", "gb-11643") or one.element.id in hints()["numbers"]

    def _identity(self, name: str, born: list[str]) -> None:
        """Each identity of a record has dates and sequence numbers of its own: nobody is somebody else too."""
        place = len(self.identities)
        latest = _day(self.as_of, -_DAYS_APART * (2 + len(self.spec.fields)))
        first, last = (min(_day(str(bound), -_DAYS_APART * place), latest) for bound in born)
        self.identities[name] = {
            "born": [first, last],
            "sequences": [number + place * len(_SEQUENCES) % _PEOPLE for number in _SEQUENCES],
            "scopes": ["37"],
            "numbered-from": _NUMBERED_FROM,
        }

    def _born(self) -> list[str]:
        known: Mapping[str, list[str]] = hints()["born"]
        return known.get(self.spec.id, known[""])

    # -- divisions -------------------------------------------------------------------------------------------------

    def _divisions(self) -> None:
        parents = {roles["child"]: roles["parent"] for roles in self._of_kind("division-parent")}
        for one in self.spec.fields:
            kind, system = self._domain(one)
            if kind != "division":
                continue
            params: Params = {"make": "division", "system": system, "levels": list(one.division_levels)}
            if one.name in parents and system == _TOWNSHIPS:
                params = {"make": "township", "county": parents[one.name]}
            elif one.name in parents.values():
                params = {"make": "settled-county", "levels": ["county"]}
            elif one.name in parents:
                raise self._cannot(one)
            self.columns[one.name] = self._dated(one.name, params)
        for roles in self._of_kind("division-name"):
            code = roles["code"]
            self.columns[roles["name"]] = self._dated(code, {"make": "name-of", "of": code})
            self.together[roles["name"]] = code

    def _dated(self, name: str, params: Params) -> Params:
        return {**params, "date": self.times[name]} if name in self.times else params

    # -- codes -----------------------------------------------------------------------------------------------------

    def _codes(self) -> None:
        """Codes whose names the name's field can hold; of two codes with one name, the second follows from it."""
        named: dict[str, list[str]] = {}
        for roles in self._of_kind("name"):
            named.setdefault(roles["name"], []).append(roles["code"])
        for one in self.spec.fields:
            kind, list_ = self._domain(one)
            if kind == "code" and one.name not in self.columns:
                names = [name for name, codes in named.items() if one.name in codes]
                members = [code for code in self.standards.codes[list_].codes if self._speakable(code, one, names)]
                wanted = self._wanted(one, members)
                self.columns[one.name] = self._dated(one.name, {"codes": wanted})
        for name, (first, *others) in named.items():
            self.columns[name] = {"make": "name-of", "of": first}
            self.together[name] = first
            for other in others:
                list_ = self.elements[other].domain.partition(":")[2]
                self._narrow(first, {code.name for code in self.standards.codes[list_].codes})
                self.columns[other] = {"make": "code-named", "of": name, "list": list_}
                self.together[other] = first

    def _wanted(self, one: Field, members: list[Code]) -> list[str]:
        """What the hints ask for, as far as the list holds it; else all."""
        codes = [code.code for code in members]
        asked = [str(code) for code in hints()["makers"].get(one.element.id, {}).get("codes", ())]
        return [code for code in asked if code in codes] or codes

    def _speakable(self, code: Code, one: Field, names: list[str]) -> bool:
        form = one.element.format
        fits = form.minimum <= len(code.code) <= (form.maximum or len(code.code))
        longest = [self.elements[name].format.maximum for name in names]
        return fits and all(limit is None or len(code.name) <= limit for limit in longest)

    def _narrow(self, column: str, names: set[str]) -> None:
        list_ = self.elements[column].domain.partition(":")[2]
        kept = {code.code for code in self.standards.codes[list_].codes if code.name in names}
        self.columns[column]["codes"] = [code for code in self.columns[column]["codes"] if code in kept]

    # -- legal entities --------------------------------------------------------------------------------------------

    def _entities(self) -> None:
        authorities = {roles["number"]: roles["division"] for roles in self._of_kind("authority")}
        holders = {roles["organisation"]: roles["number"] for roles in self._of_kind("organisation")}
        own = {*self.spec.key, *authorities, *holders.values(), *(one.name for one in self.spec.fields if one.unique)}
        for one in self.spec.fields:
            kind, scheme = self._domain(one)
            if kind != "scheme" or one.name in self.columns:
                continue
            if scheme == "gb-32100":
                self.columns[one.name] = self._credit_code(one.name, authorities, own=one.name in own)
            elif scheme.startswith("gb-11714"):
                self.columns[one.name] = {"make": "organisation-code", "of": self._holder(one.name, holders)}
            elif scheme == "gs-15-2006":
                self.columns[one.name] = {"make": "registration-number"}
            else:
                raise self._cannot(one)

    def _credit_code(self, name: str, authorities: Mapping[str, str], *, own: bool) -> Params:
        known: Mapping[str, list[str]] = hints()["classes"]
        if not own:
            return {"make": "office-code", "classes": known[""]}
        classes = next((found for id_, found in known.items() if id_ and self.spec.id.startswith(id_)), known[""])
        place = {"division": authorities[name]} if name in authorities else {}
        return {"make": "credit-code", "classes": classes, **place}

    def _holder(self, name: str, holders: Mapping[str, str]) -> str:
        if name not in holders:
            self.columns[f"{name} holder"] = {"make": "credit-code", "classes": hints()["classes"][""]}
        return holders.get(name, f"{name} holder")

    # -- dates -----------------------------------------------------------------------------------------------------

    def _times(self) -> None:
        """Dates in the order that relations ask for; those made already (birth dates) only bound the others."""
        pictures = {one.name: one for one in self.spec.fields if one.element.format.kind == "picture"}
        before: dict[str, list[str]] = {name: [] for name in pictures}
        for roles in self._of_kind("order"):
            if roles["first"] in pictures and roles["second"] in pictures:
                before[roles["second"]].append(roles["first"])
        heights = _heights(before)
        for name, one in pictures.items():
            if name not in self.columns:
                self.columns[name] = self._date(one, before, heights[name])

    def _date(self, one: Field, before: Mapping[str, list[str]], height: int) -> Params:
        params: Params = {"to": _day(self.as_of, -_DAYS_APART * height), **self._hinted(one)}
        earlier = before[one.name]
        if earlier:
            helper = f"{one.name} latest"
            self.columns[helper] = {"make": "latest", "of": earlier}
            params["after"] = helper
            timed = [len(self.elements[name].format.picture) > _DAY for name in (one.name, *earlier)]
            params["gap"] = int(timed[0] and any(timed[1:]))
        else:
            params.pop("within", None)
        born = [second for second, firsts in before.items() if one.name in firsts and self._is_birth(second)]
        if born:
            params |= {"before": born[0], "from": "19000101"}
        return params

    def _is_birth(self, name: str) -> bool:
        return self.columns.get(name, {}).get("make") == "birth"

    def _hinted(self, one: Field) -> Params:
        return dict(hints()["makers"].get(one.element.id, {}))

    # -- everything else -------------------------------------------------------------------------------------------

    def _texts(self) -> None:
        alone = self._key_to_number()
        for one in self.spec.fields:
            if one.name not in self.columns:
                self.columns[one.name] = self._serial(one) if one.unique or one.name == alone else self._text(one)
            elif one.name == alone:
                raise self._cannot(one)

    def _key_to_number(self) -> str:
        """The field of the key that makes it unique; empty where an identifier does so already."""
        makers = {self.columns[name].get("make") for name in self.spec.key if name in self.columns}
        if makers & {"citizen-number", "credit-code", "registration-number", "organisation-code"}:
            return ""
        return next(
            (name for name in self.spec.key if name not in self.columns), self.spec.key[0] if self.spec.key else ""
        )

    def _serial(self, one: Field) -> Params:
        form = one.element.format
        if form.kind != "text" or form.picture or one.element.domain:
            raise self._cannot(one)
        digits = self.standards.dialect_of(one.element).classes[form.symbol]["fixed" if form.fixed else "variable"]
        prefix = "" if digits == "digits" else one.name[:1]
        width = max(form.minimum, min(form.maximum or 12, 12)) - len(prefix)
        return {"make": "scattered", "prefix": prefix, "width": width}

    def _text(self, one: Field) -> Params:
        element = one.element
        free = element.format.kind == "text" and not element.format.picture and self._is_graphic(element)
        if not free or element.id in hints()["makers"]:
            return self._hinted(one)
        if element.personal in ("name", "phone"):
            return {"make": element.personal}
        if element.personal == "email":
            self.columns["row serial"] = {"make": "serial", "width": 8}
            return {"make": "join", "parts": [{"text": "u"}, "row serial", {"text": "@invalid.example"}]}
        if element.personal in ("document", "account") or element.name.endswith(("编号", "号码", "证号", "号")):
            return self._serial(one)
        if element.format.maximum is None:
            return {"make": "pick", "pool": "free-texts"}
        return self._worded(element)

    def _worded(self, element: Element) -> Params:
        for hint in hints()["names"]:
            ends = hint["ends"]
            if element.name.endswith(ends if isinstance(ends, str) else tuple(ends)):
                params = {key: value for key, value in hint.items() if key != "ends"}
                longest = element.format.maximum or 0
                if params["make"] == "pick":
                    return {**params, "make": "pick-text"}
                return params if longest >= 20 else {}  # noqa: PLR2004 - what the joined parts may come to
        return {}

    def _is_graphic(self, element: Element) -> bool:
        classes = self.standards.dialect_of(element).classes[element.format.symbol]
        return classes["fixed" if element.format.fixed else "variable"] == "graphic"

    def _repeats(self) -> None:
        """Fields that say again what another says, where nothing else binds them."""
        bound = {name for _, roles in self.links for name in roles.values()} | set(self.spec.key)
        first = {one.element.id: one.name for one in reversed(self.spec.fields)}
        for one in self.spec.fields:
            other = first.get(hints()["same"].get(one.element.id, ""))
            if other and one.name not in bound and not one.unique:
                self.columns[one.name] = {"make": "copy", "of": other}

    def _ordered(self) -> Mapping[str, Params]:
        graph = {name: _needs(params) & self.columns.keys() for name, params in self.columns.items()}
        return {name: self.columns[name] for name in TopologicalSorter(graph).static_order()}

    def _cannot(self, one: Field) -> SampleError:
        return SampleError("sample.records.field", dataset=self.spec.id, field=one.name)


def _in_its_system(one: Field) -> Element:
    """The element, with the division system that the field uses."""
    if one.division_system:
        return replace(one.element, domain=f"division:{one.division_system}")
    return one.element


def _needs(params: Params) -> set[str]:
    """The columns that making a column reads."""
    found: set[str] = set()
    for key in ("of", "after", "before", "date", "division", "county"):
        value = params.get(key, ())
        found.update([value] if isinstance(value, str) else value)
    return found | {part for part in params.get("parts", ()) if isinstance(part, str)}


def _heights(before: Mapping[str, list[str]]) -> Mapping[str, int]:
    """How many dates must come after each, one after the other."""
    heights = dict.fromkeys(before, 0)
    for name in reversed(list(TopologicalSorter(before).static_order())):
        for earlier in before[name]:
            heights[earlier] = max(heights[earlier], heights[name] + 1)
    return heights


def _day(day: str, days: int) -> str:
    moved = date(int(day[:4]), int(day[4:6]), int(day[6:8])) + timedelta(days=days)
    return moved.strftime("%Y%m%d")
