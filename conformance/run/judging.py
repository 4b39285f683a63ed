"""Judging one target of a run: opened, judged, explained, masked; what comes out holds nothing that must not leave."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.conversing import Conversations
from conformance.evidence.census import ROWS, CensusTaker, census_value
from conformance.evidence.mask import Masker
from conformance.evidence.record import FindingRecord
from conformance.evidence.samples import Sampler
from conformance.judge.rulebook import Judged, Tally
from conformance.judge.table import judge_table
from conformance.plan import AROUND, Assignment, Plan
from conformance.report.model import InputFacts
from conformance.run.facts import declared_path
from conformance.run.options import Options, Progress
from conformance.run.outcome import TargetOutcome
from conformance.standard.standards import Standards
from conformance.system.declaration import Declaration
from conformance.system.resolve import columns_read

if TYPE_CHECKING:
    from conformance.judge.engine_polars import Keys
    from conformance.judge.model import Dataset
    from conformance.system.access.opening import AccessPoint
    from conformance.system.exchange_source import HandedFacts
    from conformance.system.source import OpenedSource


@dataclass
class Judging:
    """What judging needs of a run. Each source is opened once, each conversation held once."""

    declaration: Declaration
    standards: Standards
    plan: Plan
    options: Options
    datasets: tuple[Dataset, ...]
    talks: Conversations
    points: Mapping[str, AccessPoint]
    masker: Masker
    _sources: dict[str, OpenedSource] = field(default_factory=dict)
    _handed: dict[str, HandedFacts] = field(default_factory=dict)

    def outcome(self, dataset: Dataset, assigned: Sequence[Assignment], progress: Progress) -> TargetOutcome:
        """Judge one target for its assignments. Raises whatever judging raises; a finding that cannot be explained or
        masked breaks alone.
        """
        judged = self._judge(dataset, progress)
        records, failure = [], None
        for assignment in assigned:
            try:
                records.append(self._record(assignment, judged))
            except Exception as error:  # noqa: BLE001 - explaining or masking a sample broke: ours
                failure = error
                records.append(broken_record(assignment, error))
        return TargetOutcome(
            dataset.target,
            tuple(self._waived(record) for record in records),
            tuple(self._inputs(dataset, judged)),
            tuple(self._census(dataset, judged)),
            tuple(self._figures(dataset)),
            failure,
        )

    def watched(self, dataset: Dataset) -> tuple[Path, ...]:
        """The files and folders that the target's judgement rests on."""
        own = dataset.service.node if dataset.service else dataset.target
        return tuple(self.declaration.target(name).source.path for name in (own, *self._others(dataset)))

    def _others(self, dataset: Dataset) -> tuple[str, ...]:
        """The datasets that the target refers to."""
        book = self.plan.books.get(dataset.target)
        return tuple(dict.fromkeys(rule.to for rule in book.references)) if book else ()

    def _record(self, assignment: Assignment, judged: Judged) -> FindingRecord:
        tally = judged.tallies[assignment.rule, assignment.label]
        around = assignment.requirement.level in AROUND
        reproducer = self.talks.reproducer(assignment.dataset, self.masker)
        sampler = Sampler(assignment.dataset, self.standards, self.masker, reproducer)
        return replace(
            blank_record(assignment),
            tally=replace(tally, samples=(), undecided_samples=()),
            rows=(judged.rows or judged.asked) if around else judged.rows,
            around=around,
            samples=sampler.samples(assignment.rule, tally, self.options.sample_limit),
        )

    def _waived(self, record: FindingRecord) -> FindingRecord:
        for waiver in self.declaration.waivers:
            if (waiver.requirement, waiver.target) == (record.requirement, record.target):
                terms = {name: str(getattr(waiver, name)) for name in ("owner", "reason", "expires", "digest")}
                return replace(record, waiver=terms)
        return record

    def _judge(self, dataset: Dataset, progress: Progress) -> Judged:
        progress(dataset.target, 0)
        if dataset.exchange is not None:
            return self._handed_over(dataset, progress)
        if dataset.access:
            from conformance.judge.access.judging import judge_access  # noqa: PLC0415 - on demand

            return judge_access(self.points[dataset.target].case, sample_limit=self.options.sample_limit)
        if dataset.service is not None:
            node = dataset.service.node
            return self.talks.judged(node, dataset.target, lambda calls: progress(node, calls))
        source = self._source(dataset.target)
        limit = self.options.sample_limit
        if dataset.table is not None:
            from conformance.system.source import ROW  # noqa: PLC0415 - Polars on demand

            rows = (
                (int(row[ROW]), {name: value for name, value in row.items() if name != ROW})
                for batch in source.batches()
                for row in batch.iter_rows(named=True)
            )
            return judge_table(dataset, rows, self.standards.divisions, sample_limit=limit)
        from conformance.judge.engine_polars import judge, key_values  # noqa: PLC0415 - Polars on demand

        book = self.plan.books[dataset.target]
        keys: Keys = {
            (rule.to, rule.to_columns): key_values(self._source(rule.to).batches, rule.to_columns)
            for rule in book.references
        }
        return judge(
            book, source.batches, keys, sample_limit=limit, progress=lambda rows: progress(dataset.target, rows)
        )

    def _handed_over(self, dataset: Dataset, progress: Progress) -> Judged:
        from conformance.handover import judge_handover  # noqa: PLC0415 - Polars on demand

        handed = judge_handover(
            dataset,
            self.plan.books[dataset.target],
            self.standards,
            self.declaration.target(dataset.target).source,
            sample_limit=self.options.sample_limit,
            progress=lambda rows: progress(dataset.target, rows),
        )
        self._handed[dataset.target] = handed.facts
        return handed.judged

    def _source(self, target: str) -> OpenedSource:
        if target not in self._sources:
            from conformance.system.dataset import open_source  # noqa: PLC0415 - Polars on demand

            claim = self.declaration.target(target)
            columns = columns_read(self.declaration, self.datasets, target)
            self._sources[target] = open_source(claim.source, columns, claim.where)
        return self._sources[target]

    def _census(self, dataset: Dataset, judged: Judged) -> Iterator[Mapping[str, Any]]:
        """What a dataset's columns hold, for judging again; nothing where no evidence is kept or no column judged."""
        if not self.options.keep or dataset.target not in self._sources or dataset.table is not None:
            return
        taker = CensusTaker(dataset, self.standards)
        names = self._sources[dataset.target].wanted
        for batch in self._sources[dataset.target].batches():
            taker.add({name: batch.get_column(name).head(taker.left).to_list() for name in names})
            if not taker.left:  # before the next batch is read, which may cost as much again
                break
        taker.skip(max(judged.rows - ROWS, 0))
        yield from (census_value(one) for one in taker.records())

    def _inputs(self, dataset: Dataset, judged: Judged) -> Iterator[InputFacts]:
        """What was read for the target; a dataset that it refers to counts no records here."""
        target = dataset.target
        if dataset.service is not None:
            for held in self.talks.inputs():
                if held.target == dataset.service.node:
                    path = declared_path(self.declaration, held.target)
                    yield InputFacts(held.target, path, "registrations", "", "", held.files, held.bytes, held.sha256)
        elif target in self.points:
            for one in self.points[target].inputs:
                yield InputFacts(target, one.path, one.format, "", "", 0, one.bytes, one.sha256)
        elif (handed := self._handed.get(target)) is not None:
            path = declared_path(self.declaration, target)
            yield InputFacts(target, path, handed.format, "", "", judged.rows, handed.bytes, handed.sha256)
        else:
            for name in dict.fromkeys((target, *self._others(dataset))):
                facts, path = self._source(name).facts, declared_path(self.declaration, name)
                rows = judged.rows if name == target else 0
                yield InputFacts(
                    name, path, facts.format, facts.encoding, facts.delimiter, rows, facts.bytes, facts.sha256
                )

    def _figures(self, dataset: Dataset) -> Iterator[Mapping[str, Any]]:
        if dataset.service is not None and (held := self.talks.held.get(dataset.service.node)) and held.figures:
            yield held.figures


def blank_record(assignment: Assignment) -> FindingRecord:
    """The record of an assignment of which nothing is known yet."""
    return FindingRecord(
        requirement=assignment.requirement.id,
        target=assignment.target,
        dataset=assignment.dataset.target,
        column=assignment.column.name if assignment.column else None,
        element=assignment.element.id if assignment.element else None,
        rule=assignment.rule,
        label=assignment.label,
        clause=assignment.clause,
        provenance=assignment.provenance,
        expected=assignment.expected,
        tally=Tally(),
    )


def broken_record(assignment: Assignment, error: Exception) -> FindingRecord:
    """The record of an assignment over which we broke: never the vendor's fail."""
    return replace(blank_record(assignment), error=type(error).__name__)


def unreached_record(assignment: Assignment) -> FindingRecord:
    """The record of an assignment before which the run ended."""
    return replace(blank_record(assignment), reached=False)
