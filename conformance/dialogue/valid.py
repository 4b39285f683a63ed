"""Calls that a conforming service must accept: values of parameters, and records to be transferred.

Hypothesis draws parameters (``valid_values``, ``examples``), the makers of samples make records (``test_records``).
Both give the same for the same seed, whatever was drawn before.
"""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, TypeVar

from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis import strategies as st
from hypothesis.internal.conjecture.providers import AVAILABLE_PROVIDERS, HypothesisProvider

from conformance.judge.model import Column, Dataset, DivisionUse
from conformance.judge.oracle import judge
from conformance.sample.cases import AS_OF
from conformance.sample.deriving import Blueprint, blueprint
from conformance.sample.linked import RECORD_MAKERS
from conformance.sample.making import Making, World
from conformance.sample.records import BLANK
from conformance.sample.strategies import values
from conformance.standard.model import Clause, DatasetSpec, Element, Field, Provenance, Text
from conformance.standard.services.model import TRANSFER, Interface
from conformance.standard.standards import Standards

T = TypeVar("T")
Row = Mapping[str, str]
#: Prefixes that a parameter's value must have, by name: which rows a client is granted.
Allowed = Mapping[str, tuple[str, ...]]

#: Where the numbering of test records begins, and how many numbers each seed has for itself: rows of no sample.
_FIRST_ROW, _ROWS_A_SEED, _SEEDS = 1_000_000, 1_000, 10_000
_PROVINCE = "37"
_BACKEND = "lubiao"


class PlainProvider(HypothesisProvider):
    """Hypothesis without the constants that it collects out of whatever modules are loaded: draws hang on the seed
    alone.
    """

    def _maybe_draw_constant(self, *_args: Any, **_kwargs: Any) -> None:
        return None


AVAILABLE_PROVIDERS[_BACKEND] = f"{__name__}.{PlainProvider.__name__}"


def examples(strategy: st.SearchStrategy[T], seed_text: str, number: int) -> list[T]:
    """``number`` values (fewer where there are no more), the same for the same text."""
    drawn: list[T] = []

    @seed(int.from_bytes(hashlib.sha256(seed_text.encode()).digest()[:8], "big"))
    @settings(
        database=None,
        deadline=None,
        derandomize=False,
        max_examples=number,
        phases=(Phase.generate,),
        suppress_health_check=tuple(HealthCheck),
        verbosity=Verbosity.quiet,
        backend=_BACKEND,
    )
    @given(strategy)
    def collect(value: T) -> None:
        drawn.append(value)

    collect()
    return drawn[:number]


def valid_values(
    interface: Interface,
    known: Sequence[Row],
    standards: Standards,
    *,
    as_of: str = AS_OF,
    allowed: Allowed | None = None,
) -> st.SearchStrategy[dict[str, str]]:
    """Values of the parameters, by name: each mandatory one, optional ones sometimes.

    They come out of one of the ``known`` rows, as far as its values are good, or out of the elements. Of a parameter in
    ``allowed`` only values with one of these prefixes.
    """
    narrow = allowed or {}
    made = {one.name: _field_values(one, standards, as_of, narrow.get(one.name, ())) for one in interface.parameters}
    rows = _usable(interface, known, standards, as_of, narrow)

    @st.composite
    def drawn(draw: st.DrawFn) -> dict[str, str]:
        from_row = bool(rows) and draw(st.booleans())
        row: Row = draw(st.sampled_from(rows)) if from_row else {}
        found: dict[str, str] = {}
        for one in interface.parameters:
            if not one.mandatory and (not draw(st.booleans()) or (row and one.name not in row)):
                continue
            found[one.name] = row[one.name] if one.name in row else draw(made[one.name])
        return found

    return drawn()


def test_records(
    interface: Interface, standards: Standards, seed: int, number: int, as_of: str
) -> list[dict[str, str]]:
    """``number`` conforming records whose fields are the interface's parameters, absent ones left out.

    Nobody in them exists. Keys never repeat, neither within a seed nor between seeds that are less than 10000 apart
    (as long as a seed is asked for no more than a thousand records).
    Raises :class:`conformance.sample.errors.SampleError` for a field that nothing can make.
    """
    plan, world_name = _plan(interface, standards, as_of), interface.id
    world = World(standards, seed, plan.identities)
    start = _FIRST_ROW + seed % _SEEDS * _ROWS_A_SEED
    done: dict[str, Any] = {}

    def making(name: str, params: Mapping[str, Any]) -> Making:
        return Making(
            world, world_name, name, params, plan.elements.get(name), plan.elements, as_of, start, number, done
        )

    for name, params in plan.columns.items():
        done[name] = RECORD_MAKERS[params.get("make", "element")](making(name, params))
    absent = {
        name: making(anchor, {}).draw_for(f"{anchor} blank").shares(number) < BLANK
        for name, anchor in plan.blanks.items()
    }
    columns = {name: done[name].to_list() for name in plan.names}
    return [
        {
            name: texts[row]
            for name, texts in columns.items()
            if texts[row] is not None and not (name in absent and absent[name][row])
        }
        for row in range(number)
    ]


def faults_of(field: Field, value: str, record: Row, standards: Standards, *, as_of: str, date: str = "") -> list[str]:
    """The requirements that a value in its record breaks, or that cannot be decided (then with ``?``): none for a good
    one. ``date`` is the field at which codes are judged; empty: at ``as_of``.
    """
    dataset = Dataset("value", (_column(field, date),), as_of)
    results = judge(dataset, [{**record, field.name: value}], standards)
    found = [requirement for (requirement, _), result in results.items() if result.violations]
    return found + [f"{requirement}?" for (requirement, _), result in results.items() if result.undecided]


def _column(field: Field, date: str) -> Column:
    kind, _, system = field.element.domain.partition(":")
    return Column(
        name=field.name,
        element=field.element,
        label=field.name,
        date=(field.date or date) if kind in ("code", "division") else "",
        also=field.also,
        division=DivisionUse(field.division_system or system, field.division_levels) if kind == "division" else None,
    )


def _usable(
    interface: Interface, rows: Sequence[Row], standards: Standards, as_of: str, allowed: Allowed
) -> list[dict[str, str]]:
    """What of the rows may be asked for: values that are good today and allowed."""
    usable: list[dict[str, str]] = [{} for _ in rows]
    for field in interface.parameters:
        today = replace(field, date="")
        results = judge(Dataset("values", (_column(today, ""),), as_of), rows, standards).values()
        doubtful = {row for result in results for row in (*result.violations, *result.undecided)}
        for place, row in enumerate(rows):
            value = row.get(field.name)
            if value and place + 1 not in doubtful and value.startswith(allowed.get(field.name, ("",))):
                usable[place][field.name] = value
    return [row for row in usable if row]


def _field_values(field: Field, standards: Standards, as_of: str, prefixes: tuple[str, ...]) -> st.SearchStrategy[str]:
    kind = field.element.domain.partition(":")[0]
    if kind == "division":
        return st.sampled_from(divisions_in_force(field, standards, as_of, prefixes))
    if kind == "code":
        return st.sampled_from(_codes_at(field.element, standards, as_of))
    whole = values(field.element, standards)
    return whole.filter(lambda text: text.startswith(prefixes)) if prefixes else whole


def divisions_in_force(field: Field, standards: Standards, as_of: str, prefixes: tuple[str, ...] = ()) -> list[str]:
    """Division codes that the field may have on that day, of the province and of these prefixes."""
    system = field.division_system or field.element.domain.partition(":")[2]
    year = int(as_of[:4])
    held = standards.divisions.in_force(system, _PROVINCE, field.division_levels, year)
    good = [one.code for one in held if not standards.divisions.is_collective(one.code)]
    return [code for code in good if code.startswith(prefixes or ("",))] or good


def _codes_at(element: Element, standards: Standards, as_of: str) -> list[str]:
    form, codes = element.format, standards.codes[element.domain.partition(":")[2]]
    good = (one for one in codes.codes if one.valid_from <= as_of <= (one.valid_to or as_of))
    return [one.code for one in good if form.minimum <= len(one.code) <= (form.maximum or len(one.code))]


@lru_cache(maxsize=64)
def _plan(interface: Interface, standards: Standards, as_of: str) -> Blueprint:
    """The blueprint of records whose fields are the interface's parameters; the packs are told of them for as long."""
    names = {one.name for one in interface.parameters}
    spec = DatasetSpec(
        id=interface.id,
        edition="",
        title=Text(interface.name, interface.name),
        clause=Clause("", "", Provenance.RECONSTRUCTED),
        resource="",
        key=tuple(name for name in interface.key if name in names),
        date=interface.date if interface.interface_class == TRANSFER and interface.date in names else "",
        fields=interface.parameters,
    )
    told = copy.copy(standards)
    told.__dict__["datasets"] = {interface.id: spec}
    return blueprint(spec, told, as_of)
