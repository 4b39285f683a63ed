"""What is wrong with one row of a vendor's division table, and what each rule expects of the table."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from conformance.judge.explain import Facts, dispute_reason, end_of, shown_code
from conformance.judge.model import Dataset
from conformance.judge.rulebook import RawSample
from conformance.messages import Message, message
from conformance.standard.divisions import SYSTEMS, DivisionRegistry


class TableExplainer:
    """Explains the samples of one division table."""

    def __init__(self, dataset: Dataset, registry: DivisionRegistry) -> None:
        assert dataset.table is not None  # noqa: S101 - for division tables only
        self.use, self.registry = dataset.table, registry
        self.as_of, self.year = dataset.as_of, int(dataset.as_of[:4])

    def expected(self, rule: str) -> Message:
        """What the rule asks of the table."""
        return message(
            f"expected.{rule}",
            digits=SYSTEMS[self.use.system],
            as_of=self.as_of,
            scope=self.use.scope or "*",
            levels="、".join(self.use.levels) or "*",
        )

    def violation(self, rule: str, sample: RawSample) -> Message:
        """Why this row violates the rule."""
        code = self._code(sample)
        return message(f"found.{rule}", code=shown_code(code), shape=shown_code(code), **FACTS[rule](self, code))

    def undecided(self, rule: str, sample: RawSample) -> Message:
        """Why this row is neither red nor green."""
        code = self._code(sample)
        reason = self.registry.policy.reasons["collective"]
        if rule == "table-disputed":
            reason = dispute_reason(self.registry, code)
        return message(f"undecided.{rule}", code=code, reason=reason)

    def _code(self, sample: RawSample) -> str:
        return dict(sample.values).get(self.use.roles["code"]) or ""


def _nothing(_explainer: TableExplainer, _code: str) -> Facts:
    return {}


def _closed(explainer: TableExplainer, code: str) -> Facts:
    holders = explainer.registry.assignments(explainer.use.system)[code]
    last = max(holders, key=lambda holder: holder.valid_to or 9999)
    ending = end_of(last, explainer.use.system, explainer.registry, explainer.year)
    return {"name": last.name, "last": str(last.valid_to or "…"), **ending}


def _successor(explainer: TableExplainer, code: str) -> Facts:
    return {"successors": "、".join(explainer.registry.successors(explainer.use.system, code, explainer.year))}


def _official(explainer: TableExplainer, code: str) -> Facts:
    holders = explainer.registry.valid(explainer.use.system, code, explainer.year)
    return {
        "name": "／".join(dict.fromkeys(holder.name for holder in holders)),
        "parent": "／".join(dict.fromkeys(holder.parent for holder in holders)) or "—",
    }


FACTS: Mapping[str, Callable[[TableExplainer, str], Facts]] = {
    "table-form": _nothing,
    "table-unique": _nothing,
    "table-zone": _nothing,
    "table-extra": _nothing,
    "table-closed": _closed,
    "table-successor": _successor,
    "table-name": _official,
    "table-parent": _official,
    "table-complete": _official,
}
