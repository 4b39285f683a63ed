"""Every rule judged over a case, the comparison of sources among them; the reference is :func:`access_case.case`."""

from __future__ import annotations

from access_case import case as whole

from conformance.judge.access.case import Case, Told, parts
from conformance.judge.access.rules import load
from conformance.judge.access.rules.documents import sources_agree

__all__ = ["AGREEMENT", "doubtful", "ids", "judged", "reds", "whole"]
AGREEMENT = "sources-agree"


def judged(case: Case) -> dict[str, Told]:
    """What every rule tells of a case, in the order of judging: all methods of each, the comparison last."""
    load()
    told: dict[str, Told] = {}
    for (rule, method), part in parts().items():
        said = told.setdefault(rule, Told())
        said.method = method
        part.judge(case, said)
    spoken = tuple(fault for said in told.values() for fault in said.faults)
    told[AGREEMENT] = Told("configuration")
    sources_agree(case, told[AGREEMENT], spoken)
    return told


def reds(case: Case) -> set[str]:
    """The rules that find a fault."""
    return {rule for rule, said in judged(case).items() if said.faults}


def doubtful(case: Case) -> set[str]:
    """The rules that end in doubt or undone, without a fault."""
    return {rule for rule, said in judged(case).items() if (said.doubts or said.unruns) and not said.faults}


def ids(case: Case, rule: str) -> set[str]:
    """The messages of a rule's faults and doubts."""
    said = judged(case)[rule]
    return {one.reason.id for one in (*said.faults, *said.doubts)} | {one.id for one in said.unruns.values()}
