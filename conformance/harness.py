"""What a suite sees of the harness: the mark that names a requirement, and the thing judged, with its outcomes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import pytest

from conformance.judge.verdict import Finding, Verdict

#: Where a test function carries the id of its requirement.
REQUIREMENT = "lubiao_requirement"

Test = TypeVar("Test", bound=Callable[..., None])


def requirement(id_: str) -> Callable[[Test], Test]:
    """Mark a test as the test of one requirement: the plugin makes one item of it for each target in the plan."""

    def mark(test: Test) -> Test:
        setattr(test, REQUIREMENT, id_)
        return test

    return mark


class NotConforming(AssertionError):  # noqa: N818 - named for the verdict
    """The requirement does not hold; ``finding`` says where and why. No traceback helps: the product is at fault."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.requirement.title.zh)
        self.finding = finding


class NotDecided(NotConforming):
    """The requirement could not be decided: inconclusive, not run, or our own error. Never the product's failure."""


@dataclass(frozen=True)
class Judged:
    """One requirement judged on one target."""

    finding: Finding

    def must_hold(self) -> None:
        """Pass only if the requirement was executed and holds."""
        verdict = self.finding.verdict
        if verdict is Verdict.PASS:
            return
        reason = self.finding.reason.render() if self.finding.reason else verdict.word
        if verdict is Verdict.NOT_APPLICABLE:
            pytest.skip(reason)
        if verdict is Verdict.WAIVED:
            pytest.xfail(reason)
        raise (NotConforming if verdict is Verdict.FAIL else NotDecided)(self.finding)
