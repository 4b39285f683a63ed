"""One run: a prepared declaration, judged dataset by dataset on demand, ended as a report.

The ways a run may break, in order: configuration (:class:`ConfigurationError`, exit 2, before any verdict) ->
reading a source (configuration too) -> judging (``error`` findings, exit 4) -> nothing judged (``not-run``, exit 3).
"""

from __future__ import annotations

import os
import platform
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.conversing import Conversations, Nodes, open_nodes
from conformance.evidence.key import pseudonym_key
from conformance.evidence.mask import Masker
from conformance.evidence.samples import Sampler
from conformance.judge.rulebook import Judged
from conformance.judge.settle import WaiverTerms, settle, waive
from conformance.judge.table import judge_table
from conformance.judge.verdict import Attribution, Finding, Verdict
from conformance.messages import Message, message
from conformance.plan import AROUND, Assignment, Plan, Selection, make_plan
from conformance.report.model import FindingContext, InputFacts, NotTested, RunFacts, build_report, standard_entry
from conformance.standard.standards import Shelf, Standards, text_digest
from conformance.system.declaration import ACCESS, Declaration, Waiver, read_declaration
from conformance.system.problem import ConfigurationError, problem
from conformance.system.resolve import columns_read, load_standards, resolve

if TYPE_CHECKING:
    from conformance.judge.engine_polars import Keys
    from conformance.judge.model import Dataset
    from conformance.system.access.opening import AccessPoint
    from conformance.system.exchange_source import HandedFacts
    from conformance.system.source import OpenedSource

#: A run's day is a day in Shandong, wherever the machine stands.
CHINA = timezone(timedelta(hours=8))

#: Told now and then what is going on: the target, and the records read so far.
Progress = Callable[[str, int], None]


@dataclass(frozen=True)
class Options:
    """How to run. ``official`` refuses whatever narrows; ``now`` is the run's instant, with its zone."""

    official: bool = False
    selection: Selection = field(default_factory=Selection)
    sample_limit: int = 20
    now: datetime | None = None
    standards_root: Path | None = None
    seed: int = 0
    #: Reach no system over the network: what would be asked can be shown, and nothing can be judged.
    dry: bool = False
    #: Packs read already, where many runs are made in one process.
    shelf: Shelf | None = None


def prepare(path: Path, options: Options | None = None) -> Run:
    """Read a declaration, sort configuration from product, plan. Raises :class:`ConfigurationError`."""
    from conformance.system.preflight import preflight  # noqa: PLC0415 - needs Polars; broken YAML should not wait for it

    chosen = options or Options()
    now = chosen.now or datetime.now(CHINA)
    declaration = read_declaration(path)
    standards = load_standards(declaration, chosen.standards_root, chosen.shelf)
    datasets = resolve(declaration, standards, now.astimezone(CHINA).strftime("%Y%m%d"))
    narrowed = _narrowings(declaration, standards, chosen) if chosen.official else ()
    problems = [*narrowed, *preflight(declaration, datasets, standards)]
    if problems:
        raise ConfigurationError(problems)
    today = now.astimezone(CHINA).strftime("%Y%m%d")
    nodes = open_nodes(declaration, datasets, standards, today=today, seed=chosen.seed, ask=not chosen.dry)
    points = _points(declaration, standards, today)
    plan = make_plan(datasets, standards, declaration.classes, chosen.selection)
    return Run(declaration, standards, plan, replace(chosen, now=now), datasets, nodes=nodes, points=points)


def _points(declaration: Declaration, standards: Standards, today: str) -> dict[str, AccessPoint]:
    """The access points of the extranet, each read whole, by target."""
    targets = [target for target in declaration.targets if target.kind == ACCESS]
    if not targets:
        return {}
    from conformance.system.access.opening import open_points  # noqa: PLC0415 - on demand

    return open_points(targets, standards.access, today)


def _narrowings(declaration: Declaration, standards: Standards, options: Options) -> Iterator[Any]:
    """What an official run may not have: filters, records left out, the vendor's own waivers, a plan for tests."""
    if options.selection:
        yield problem(declaration.place("claims"), "run.official-filter")
    for target in declaration.targets:
        if target.where:
            yield problem(declaration.place("targets", target.name, "where"), "run.official-where", target=target.name)
    if declaration.waivers:
        yield problem(declaration.place("waivers"), "run.official-waiver")
    joined = [target for target in declaration.targets if target.kind == ACCESS]
    if joined and standards.access.addresses.synthetic:
        yield problem(declaration.place("targets", joined[0].name), "run.official-plan")


class Run:
    """A run in progress. Ask for findings in any order; each dataset is read once, when first asked for."""

    def __init__(
        self,
        declaration: Declaration,
        standards: Standards,
        plan: Plan,
        options: Options,
        datasets: Collection[Dataset],
        *,
        nodes: Nodes | None = None,
        points: Mapping[str, AccessPoint] | None = None,
    ) -> None:
        assert options.now is not None  # noqa: S101 - prepare() has set it
        self.declaration, self.standards, self.plan, self.options = declaration, standards, plan, options
        self.id = uuid.uuid4().hex
        self.now = options.now
        self.started = options.now
        self.progress: Progress = lambda _target, _rows: None
        self.failure: Exception | None = None
        self.nodes = nodes or {}
        self.points = points or {}
        self._datasets = {dataset.target: dataset for dataset in datasets}
        self._talks = Conversations(
            declaration, standards, self.nodes, plan.books, options.seed, self.id, options.sample_limit
        )
        self._masker = Masker(pseudonym_key(declaration.path.parent))
        self._judged: dict[str, Judged | Exception] = {}
        self._sources: dict[str, OpenedSource] = {}
        self._handed: dict[str, HandedFacts] = {}
        self._findings: dict[str, tuple[Finding, FindingContext]] = {}
        self._waivers = {(waiver.requirement, waiver.target): waiver for waiver in declaration.waivers}

    def finding(self, assignment: Assignment) -> Finding:
        """The finding of one requirement on one target; judges its dataset if that has not been done."""
        if assignment.id not in self._findings:
            self._findings[assignment.id] = self._waived(assignment, self._settled(assignment))
        return self._findings[assignment.id][0]

    def _settled(self, assignment: Assignment) -> Finding:
        bare = Finding(
            requirement=assignment.requirement,
            target=assignment.target,
            verdict=Verdict.ERROR,
            clause=assignment.clause,
            provenance=assignment.provenance,
            expected=assignment.expected,
        )
        judged = self._judge(assignment.dataset)
        if isinstance(judged, Exception):
            return _broken(bare, judged)
        try:
            return self._concluded(bare, assignment, judged)
        except Exception as error:  # noqa: BLE001 - explaining or masking a sample broke: ours as well
            self.failure = error
            return _broken(bare, error)

    def _concluded(self, bare: Finding, assignment: Assignment, judged: Judged) -> Finding:
        """The finding that the counts of one rule come to."""
        tally = judged.tallies[assignment.rule, assignment.label]
        around = assignment.requirement.level in AROUND
        rows = (judged.rows or judged.asked) if around else judged.rows
        verdict, attribution, reason = settle(tally, rows, around=around)
        sampler = Sampler(
            assignment.dataset, self.standards, self._masker, self._talks.reproducer(assignment.dataset, self._masker)
        )
        return replace(
            bare,
            verdict=verdict,
            attribution=attribution,
            reason=reason,
            checked=tally.checked,
            violations=tally.violations,
            undecided=tally.undecided,
            samples=sampler.samples(assignment.rule, tally, self.options.sample_limit),
            evidence=tally.evidence,
        )

    def _waived(self, assignment: Assignment, finding: Finding) -> tuple[Finding, FindingContext]:
        context = FindingContext(
            assignment.dataset.target, assignment.column.name if assignment.column else None, assignment.element
        )
        waiver = self._waivers.get((assignment.requirement.id, assignment.target))
        if waiver is None:
            return finding, context
        terms = WaiverTerms(waiver.owner, waiver.reason, waiver.digest, waiver.expires)
        after, state = waive(finding, terms, text_digest(assignment.requirement), self.now)
        return after, replace(context, waiver=_shown(waiver, state))

    def _judge(self, dataset: Dataset) -> Judged | Exception:
        if dataset.target not in self._judged:
            try:
                self._judged[dataset.target] = self._judged_now(dataset)
            except ConfigurationError:
                raise
            except Exception as error:  # noqa: BLE001 - whatever breaks here is ours: verdict `error`, exit 4
                self.failure = error
                self._judged[dataset.target] = error
        return self._judged[dataset.target]

    def _judged_now(self, dataset: Dataset) -> Judged:
        self.progress(dataset.target, 0)
        if dataset.exchange is not None:
            return self._handed_over(dataset)
        if dataset.access:
            from conformance.judge.access.judging import judge_access  # noqa: PLC0415 - on demand

            return judge_access(self.points[dataset.target].case, sample_limit=self.options.sample_limit)
        if dataset.service is not None:
            node, report = dataset.service.node, self.progress
            return self._talks.judged(node, dataset.target, lambda calls: report(node, calls))
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
        report = self.progress
        return judge(book, source.batches, keys, sample_limit=limit, progress=lambda rows: report(dataset.target, rows))

    def _handed_over(self, dataset: Dataset) -> Judged:
        from conformance.handover import judge_handover  # noqa: PLC0415 - Polars on demand

        report = self.progress
        handed = judge_handover(
            dataset,
            self.plan.books[dataset.target],
            self.standards,
            self.declaration.target(dataset.target).source,
            sample_limit=self.options.sample_limit,
            progress=lambda rows: report(dataset.target, rows),
        )
        self._handed[dataset.target] = handed.facts
        return handed.judged

    def _source(self, target: str) -> OpenedSource:
        if target not in self._sources:
            from conformance.system.dataset import open_source  # noqa: PLC0415 - Polars on demand

            claim = self.declaration.target(target)
            columns = columns_read(self.declaration, self._datasets.values(), target)
            self._sources[target] = open_source(claim.source, columns, claim.where)
        return self._sources[target]

    def report(self, ended: datetime | None = None) -> dict[str, Any]:
        """End the run: the report over everything in the plan; what was never asked for is ``not-run``."""
        for assignment in self.plan.assignments:
            if assignment.id not in self._findings:
                self._findings[assignment.id] = self._unreached(assignment)
        pairs = list(self._findings.values())
        return build_report(
            self._facts(ended or self.now),
            self._system(),
            [standard_entry(pack) for pack in self.standards.packs.values()],
            [finding for finding, _ in pairs],
            [context for _, context in pairs],
            not_tested=[NotTested(one.requirement, one.target, one.reason) for one in self.plan.omissions],
            claimed=self.declaration.classes,
            floor=Verdict.FAIL if self._pointless_waivers() else None,
        )

    def _unreached(self, assignment: Assignment) -> tuple[Finding, FindingContext]:
        finding = Finding(
            assignment.requirement,
            assignment.target,
            Verdict.NOT_RUN,
            assignment.clause,
            assignment.provenance,
            expected=assignment.expected,
            reason=message("verdict.not-reached"),
        )
        return finding, FindingContext(assignment.dataset.target, element=assignment.element)

    def _pointless_waivers(self) -> bool:
        """A waiver over something that the plan does not hold is stale."""
        planned = {(one.requirement.id, one.target) for one in self.plan.assignments}
        planned |= {(one.requirement.id, one.target) for one in self.plan.omissions if one.narrowed}
        return bool(self._waivers.keys() - planned)

    def _facts(self, ended: datetime) -> RunFacts:
        return RunFacts(
            id=self.id,
            tool="lubiao",
            version=version("lubiao"),
            mode="official" if self.options.official else "self-test",
            engine="polars",
            seed=self.options.seed,
            started=self.started.isoformat(timespec="seconds"),
            ended=ended.isoformat(timespec="seconds"),
            sample_limit=self.options.sample_limit,
            narrowed=tuple(self._narrowed()),
            inputs=tuple(self._inputs()),
            service=self._talks.figures,
            configurations=tuple(figures for point in self.points.values() for figures in point.coverage),
            environment={"python": platform.python_version(), "platform": platform.platform()},
        )

    def _narrowed(self) -> Iterator[Message]:
        chosen = self.options.selection
        for name, values in (
            ("class", chosen.classes),
            ("requirement", chosen.requirements),
            ("target", chosen.targets),
        ):
            if values:
                yield message(f"run.narrowed-{name}", names="、".join(sorted(values)))
        for target in self.declaration.targets:
            if target.where:
                yield message("run.narrowed-where", target=target.name)
        if self.points and self.standards.access.addresses.synthetic:
            yield message("run.synthetic-plan")

    def _inputs(self) -> Iterator[InputFacts]:
        for target, source in self._sources.items():
            facts = source.facts
            path, rows = self._input(target)
            yield InputFacts(
                target, path, facts.format, facts.encoding, facts.delimiter, rows, facts.bytes, facts.sha256
            )
        for target, handed in self._handed.items():
            path, rows = self._input(target)
            yield InputFacts(target, path, handed.format, "", "", rows, handed.bytes, handed.sha256)
        for target, point in self.points.items():
            for one in point.inputs:
                yield InputFacts(target, one.path, one.format, "", "", 0, one.bytes, one.sha256)
        for held in self._talks.inputs():
            path, _ = self._input(held.target)
            yield InputFacts(held.target, path, "registrations", "", "", held.files, held.bytes, held.sha256)

    def _input(self, target: str) -> tuple[str, int]:
        """The path of a target's source as declared, and how many records of it were judged."""
        judged = self._judged.get(target)
        path = os.path.relpath(self.declaration.target(target).source.path, self.declaration.path.parent)
        return Path(path).as_posix(), judged.rows if isinstance(judged, Judged) else 0

    def _system(self) -> dict[str, Any]:
        declared = self.declaration
        return {
            "product": declared.product,
            "vendor": declared.vendor,
            "version": declared.version,
            "build": {"kind": declared.build.kind, "id": declared.build.id},
            "declaration": {"sha256": declared.sha256},
        }


def _broken(bare: Finding, error: Exception) -> Finding:
    """The tool broke: never the vendor's fail."""
    told = message("verdict.harness", error=type(error).__name__)
    return replace(bare, attribution=Attribution.HARNESS, reason=told)


def _shown(waiver: Waiver, state: str) -> dict[str, str]:
    return {
        "owner": waiver.owner,
        "reason": waiver.reason,
        "expires": waiver.expires,
        "digest": waiver.digest,
        "state": state,
    }
