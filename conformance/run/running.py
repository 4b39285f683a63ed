"""A run in progress: findings in any order, each target judged once, when first asked for."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from conformance.bundle.records import CENSUS, FINDING, RUN, Record
from conformance.bundle.run_record import KeptOmission, KeptRun, kept_run_value
from conformance.bundle.writing import Ended
from conformance.conversing import Conversations, Nodes
from conformance.evidence.key import pseudonym_key
from conformance.evidence.mask import Masker
from conformance.evidence.record import FindingRecord, concluded, record_value
from conformance.judge.verdict import Finding, Verdict
from conformance.plan import Assignment, Plan
from conformance.report.model import FindingContext, NotTested, build_report, standard_entry
from conformance.run.facts import run_facts, system_facts
from conformance.run.journal import Journal
from conformance.run.judging import Judging, broken_record, unreached_record
from conformance.run.options import Options, Progress
from conformance.run.outcome import TargetOutcome
from conformance.standard.standards import Standards
from conformance.system.declaration import Declaration
from conformance.system.problem import ConfigurationError

if TYPE_CHECKING:
    from conformance.judge.model import Dataset
    from conformance.system.access.opening import AccessPoint


@dataclass(frozen=True)
class Identity:
    """Which run this is: a run that goes on where it was killed keeps both."""

    id: str
    started: datetime


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
        identity: Identity,
        nodes: Nodes | None = None,
        points: Mapping[str, AccessPoint] | None = None,
        journal: Journal | None = None,
    ) -> None:
        self.declaration, self.standards, self.plan, self.options = declaration, standards, plan, options
        self.identity = identity
        self.progress: Progress = lambda _target, _rows: None
        self.failure: Exception | None = None
        self.nodes = nodes or {}
        self.points = points or {}
        self.journal = journal
        talks = Conversations(
            declaration, standards, self.nodes, plan.books, options.seed, identity.id, options.sample_limit
        )
        masker = Masker(pseudonym_key(declaration.path.parent))
        self._judging = Judging(declaration, standards, plan, options, tuple(datasets), talks, self.points, masker)
        self._assigned: dict[str, list[Assignment]] = {}
        for assignment in plan.assignments:
            self._assigned.setdefault(assignment.dataset.target, []).append(assignment)
        self._outcomes: dict[str, TargetOutcome] = {}
        self._findings: dict[str, tuple[Finding, FindingContext, FindingRecord]] = {}

    @property
    def resumed(self) -> tuple[str, ...]:
        """The targets that an earlier run, which was killed, had judged."""
        return tuple(sorted(self.journal.taken)) if self.journal else ()

    def finding(self, assignment: Assignment) -> Finding:
        """The finding of one requirement on one target; judges its dataset if that has not been done."""
        if assignment.id not in self._findings:
            outcome = self._outcome(assignment.dataset)
            self._findings[assignment.id] = self._concluded(assignment, outcome.by_id[assignment.id])
        return self._findings[assignment.id][0]

    def _concluded(
        self, assignment: Assignment, record: FindingRecord
    ) -> tuple[Finding, FindingContext, FindingRecord]:
        """What a record comes to; where concluding it breaks, that is ours as well."""
        try:
            finding, waiver = concluded(record, assignment.requirement, self.identity.started)
        except Exception as error:  # noqa: BLE001 - whatever breaks here is ours: verdict `error`, exit 4
            self.failure = error
            record = broken_record(assignment, error)
            finding, waiver = concluded(record, assignment.requirement, self.identity.started)
        return finding, FindingContext(record.dataset, record.column, assignment.element, waiver), record

    def _outcome(self, dataset: Dataset) -> TargetOutcome:
        """What judging a target came to: taken up from the journal, or judged now and kept there."""
        if dataset.target not in self._outcomes:
            taken = self.journal.taken.get(dataset.target) if self.journal else None
            assigned = self._assigned[dataset.target]
            if taken is not None and taken.by_id.keys() == {one.id for one in assigned}:
                self._outcomes[dataset.target] = taken
            else:
                self._outcomes[dataset.target] = self._judged(dataset, assigned)
        return self._outcomes[dataset.target]

    def _judged(self, dataset: Dataset, assigned: Sequence[Assignment]) -> TargetOutcome:
        try:
            outcome = self._judging.outcome(dataset, assigned, self.progress)
        except ConfigurationError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever breaks here is ours: verdict `error`, exit 4
            outcome = TargetOutcome(dataset.target, tuple(broken_record(one, error) for one in assigned), failure=error)
        if outcome.failure is not None:
            self.failure = outcome.failure
        elif self.journal is not None:
            self.journal.keep(outcome, self._judging.watched(dataset))
        return outcome

    def ended(self, ended: datetime | None = None) -> Ended:
        """End the run: the report over everything in the plan; what was never asked for is ``not-run``."""
        for assignment in self.plan.assignments:
            if assignment.id not in self._findings:
                self._findings[assignment.id] = self._concluded(assignment, unreached_record(assignment))
        kept = self._kept(ended or self.identity.started)
        findings = sorted(self._findings.values(), key=lambda one: (one[2].target, one[2].requirement))
        report = build_report(
            kept.facts,
            kept.system,
            kept.standards,
            [finding for finding, _, _ in findings],
            [context for _, context, _ in findings],
            not_tested=[NotTested(one.requirement, one.target, one.reason) for one in self.plan.omissions],
            claimed=kept.claimed,
            floor=Verdict.FAIL if kept.failed else None,
        )
        census = [one for target in sorted(self._outcomes) for one in self._outcomes[target].census]
        records = (
            Record(RUN, kept_run_value(kept)),
            *(Record(CENSUS, one) for one in census),
            *(Record(FINDING, record_value(record)) for _, _, record in findings),
        )
        return Ended(report, records)

    def _kept(self, ended: datetime) -> KeptRun:
        outcomes = tuple(self._outcomes[target] for target in sorted(self._outcomes))
        return KeptRun(
            facts=run_facts(self, outcomes, ended),
            system=system_facts(self.declaration),
            standards=[standard_entry(pack) for pack in self.standards.packs.values()],
            claimed=tuple(self.declaration.classes),
            omissions=tuple(KeptOmission(one.requirement.id, one.target, one.reason) for one in self.plan.omissions),
            failed=self._pointless_waivers(),
            now=self.identity.started,
        )

    def _pointless_waivers(self) -> bool:
        """A waiver over something that the plan does not hold is stale."""
        waived = {(waiver.requirement, waiver.target) for waiver in self.declaration.waivers}
        planned = {(one.requirement.id, one.target) for one in self.plan.assignments}
        planned |= {(one.requirement.id, one.target) for one in self.plan.omissions if one.narrowed}
        return bool(waived - planned)
