"""Judging what is handed over (a package, a series, an exchange table), around its values and in them.

Records of every format flow into the same judge as datasets. What is around them (envelope, structure, state) is told
by those who read it. A sample of the records is judged by schema validators too: the second opinion of each run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from conformance.judge.engine_polars import judge, judge_few
from conformance.judge.exchange.rules import rules_of
from conformance.judge.exchange.table import without_columns
from conformance.judge.faults import FaultCounter
from conformance.judge.model import Dataset
from conformance.judge.rulebook import Judged, Location, RawSample, Rulebook, Tally
from conformance.messages import message
from conformance.standard.standards import Standards
from conformance.system.declaration import Source
from conformance.system.exchange_opening import open_exchange
from conformance.system.exchange_source import ExchangeSource, HandedFacts
from conformance.system.record_text import record_values

if TYPE_CHECKING:
    from conformance.system.second_opinion import SecondOpinion

#: The rules over values that a schema states too; ``structure`` is told by whoever reads a file.
FACETS = ("mandatory", "length", "format", "domain")
STRUCTURE = "structure"
#: How many records with a fault get a second opinion, and how many of each rule and field; others are spread over all.
OPINIONS, OF_EACH = 40, 4


@dataclass(frozen=True)
class Handed:
    """What was handed over, judged: the tallies of all its rules, and what it was."""

    judged: Judged
    facts: HandedFacts


def judge_handover(
    dataset: Dataset,
    book: Rulebook,
    standards: Standards,
    source: Source,
    *,
    sample_limit: int = 20,
    progress: Callable[[int], None] = lambda _: None,
) -> Handed:
    """Judge a target of the exchange pack.

    Raises :class:`conformance.system.problem.ConfigurationError` where nothing is there to be read as declared; what is
    wrong with what is there is counted.
    """
    assert dataset.exchange is not None  # noqa: S101 - the caller asks for exchange targets only
    faults = FaultCounter(sample_limit)
    with closing(open_exchange(dataset, standards, source, faults)) as opened, ThreadPoolExecutor(1) as pool:
        # Validators and schemas are laid out while records are read.
        ready = pool.submit(_prepare, dataset.exchange.spec.id, standards, opened.schema_format)
        held = without_columns(book, opened.unread)
        judged = judge(held, opened.batches, {}, sample_limit=sample_limit, progress=progress)
        opened.conclude()
        unasked = {("mandatory", chain.label): Tally() for chain in book.chains if chain.column in opened.unread}
        tallies = {**unasked, **judged.tallies, **faults.tallies(rules_of(dataset.exchange))}
        ready.result()
        if (STRUCTURE, "") in tallies:
            tallies[STRUCTURE, ""] = _with_opinion(tallies, book, standards, opened)
        return Handed(Judged(judged.rows, _placed(tallies, dataset, opened)), opened.facts())


def _placed(
    tallies: Mapping[tuple[str, str], Tally], dataset: Dataset, opened: ExchangeSource
) -> dict[tuple[str, str], Tally]:
    """The tallies with each sample's file, line and path; a value's path ends with its field."""
    samples = [sample for tally in tallies.values() for sample in (*tally.samples, *tally.undecided_samples)]
    places = opened.locate(sorted({one.row for one in samples if one.row and one.where is None}))
    fields = {column.label: column.name for column in dataset.columns}

    def placed(kept: Iterable[RawSample], field: str) -> tuple[RawSample, ...]:
        return tuple(one if one.where else replace(one, where=_at(places.get(one.row), field)) for one in kept)

    return {
        (rule, label): replace(
            tally,
            samples=placed(tally.samples, fields.get(label, "")),
            undecided_samples=placed(tally.undecided_samples, fields.get(label, "")),
        )
        for (rule, label), tally in tallies.items()
    }


def _at(place: Location | None, field: str) -> Location | None:
    if place is None or not field:
        return place
    between = "" if not place.path else "." if place.path.startswith("$") else "/"
    return replace(place, path=f"{place.path}{between}{field}")


def _with_opinion(
    tallies: Mapping[tuple[str, str], Tally], book: Rulebook, standards: Standards, opened: ExchangeSource
) -> Tally:
    """The tally of the structure rule, undecided where schema and content disagree on a record."""
    tally = tallies[STRUCTURE, ""]
    told = sorted(set(_faulty_rows(tallies)))[:OPINIONS]
    fragments = opened.fragments(sorted({*told, *opened.spread()}))
    broken = {sample.row for sample in tally.samples}
    if tally.violations > len(tally.samples):
        broken |= set(fragments)  # which of them are broken is not known to the last
    disagreeing = list(_disagreements(fragments, broken, tallies, book, standards))
    if not disagreeing:
        return tally
    return replace(
        tally, undecided=len({one.row for one in disagreeing}), undecided_samples=tuple(disagreeing), ours=True
    )


def _faulty_rows(tallies: Mapping[tuple[str, str], Tally]) -> Iterator[int]:
    for (rule, _), tally in tallies.items():
        if rule in FACETS or rule == STRUCTURE:
            yield from (sample.row for sample in tally.samples[:OF_EACH] if sample.row)


def _disagreements(
    fragments: Mapping[int, tuple[str, bytes]],
    broken: set[int],
    tallies: Mapping[tuple[str, str], Tally],
    book: Rulebook,
    standards: Standards,
) -> Iterator[RawSample]:
    """Each record and field on which the schema and the judge of contents do not say the same."""
    use = book.dataset.exchange
    assert use is not None  # noqa: S101 - as above
    rules, spec = standards.exchange, use.spec
    namespace = rules.namespace_of(spec.id, spec.edition)
    opinion = _opinion(spec.id, standards)
    read = {row: record_values(text, format_, rules.xml, namespace) for row, (format_, text) in fragments.items()}
    records = {row: values for row, values in read.items() if values is not None}
    columns = tuple(column.name for column in book.dataset.columns)
    judged = judge_few(book, records, columns)
    names = {column.label: column.name for column in book.dataset.columns}
    stated = set(_stated(book, standards))
    again = _reds(judged.tallies, names)
    first = _reds(tallies, names)
    for row in records:
        format_, text = fragments[row]
        complaints = {(one.field, one.facet) for one in opinion.judge(text, format_)}
        red, seen = again.get(row, set()), first.get(row, set()) & stated
        yield from _compared(row, complaints, red, seen, stated, structural=row in broken)


@lru_cache(maxsize=32)
def _opinion(dataset: str, standards: Standards) -> SecondOpinion:
    """The schemas of a dataset, compiled once in a process."""
    from conformance.system.second_opinion import SecondOpinion  # noqa: PLC0415 - half a second, which a thread takes

    return SecondOpinion(standards.datasets[dataset], standards.exchange, standards.exchange_folder() / "schemas")


def _prepare(dataset: str, standards: Standards, format_: str) -> None:
    if format_:
        _opinion(dataset, standards).prepare(format_)


def _stated(book: Rulebook, standards: Standards) -> Iterator[tuple[str, str]]:
    """The (field, rule) pairs that a schema states as well: of code lists only what is complete and closed."""
    for column in book.dataset.columns:
        kind, _, name = column.element.domain.partition(":")
        listed = standards.codes.get(name) if kind == "code" else None
        for rule in FACETS:
            if rule != "domain" or (listed is not None and listed.complete and not listed.extension):
                yield column.name, rule


def _reds(tallies: Mapping[tuple[str, str], Tally], names: Mapping[str, str]) -> dict[int, set[tuple[str, str]]]:
    """(field, rule) of each sampled record's reds, by row."""
    found: dict[int, set[tuple[str, str]]] = {}
    for (rule, label), tally in tallies.items():
        if label in names:
            for sample in (*tally.samples, *tally.undecided_samples):
                found.setdefault(sample.row, set()).add((names[label], rule))
    return found


def _compared(
    row: int,
    complaints: set[tuple[str, str]],
    red: set[tuple[str, str]],
    seen: set[tuple[str, str]],
    stated: set[tuple[str, str]],
    *,
    structural: bool,
) -> Iterator[RawSample]:
    """A complaint of the schema must be a red of the content, a red at a facet a complaint, an engine's red a red."""
    of_fields = {field for field, _ in red}
    for field, facet in sorted(complaints):
        if facet == STRUCTURE and not structural:
            yield _disagreement(row, field, STRUCTURE, "—")
        elif facet != STRUCTURE and field not in of_fields:
            yield _disagreement(row, field, facet, "—")
    complained = {field for field, facet in complaints if facet != STRUCTURE}
    for field, rule in sorted((red & stated) | seen):
        if field not in complained or (field, rule) not in red:
            yield _disagreement(row, field, "—", rule)


def _disagreement(row: int, field: str, schema: str, content: str) -> RawSample:
    return RawSample(row, (), reason=message("opinion.disagrees", field=field, schema=schema, content=content))
