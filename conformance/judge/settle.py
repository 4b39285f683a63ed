"""From counts to verdicts: pure, and never green by accident."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from conformance.judge.rulebook import Tally
from conformance.judge.verdict import Attribution, Finding, Verdict
from conformance.messages import Message, message


@dataclass(frozen=True)
class WaiverTerms:
    """A waiver as it bears on one finding. ``expires`` has a time zone; ``digest`` pins the requirement's text."""

    owner: str
    reason: str
    digest: str
    expires: str


def settle(tally: Tally, rows: int, *, around: bool = False) -> tuple[Verdict, Attribution | None, Message | None]:
    """Verdict, whose it is, and why when it is neither pass nor fail.

    An empty dataset is ``not-run``. A dataset with records but none to which the rule applies is
    ``not-applicable``: an optional column without a single value breaks nothing, and proves nothing. ``around``: the
    rule looks at what is around the records, and is judged though there be none.
    """
    if tally.violations and not tally.broken:
        return Verdict.FAIL, Attribution.PRODUCT, None
    if tally.broken or tally.hindered or tally.unasked or tally.blind or tally.undecided:
        return _open(tally)
    if tally.checked and (rows or around):
        return Verdict.PASS, None, None
    return Verdict.NOT_APPLICABLE if rows or tally.idle else Verdict.NOT_RUN, None, tally.idle or _nothing(rows, around)


def _nothing(rows: int, around: bool) -> Message:
    """Why nothing was judged."""
    if around:
        return message("verdict.nothing-around")
    return message("verdict.no-value" if rows else "verdict.empty")


def _open(tally: Tally) -> tuple[Verdict, Attribution | None, Message | None]:
    """What was not judged to its end, not at all, or not with certainty."""
    if tally.broken:
        return Verdict.ERROR, Attribution.HARNESS, tally.broken
    if tally.hindered:
        return Verdict.INCONCLUSIVE, Attribution.CONFIGURATION, tally.hindered
    if tally.blind:
        return Verdict.INCONCLUSIVE, Attribution.HARNESS, tally.blind
    if tally.unasked:
        return Verdict.NOT_RUN, None, tally.unasked
    if tally.ours:
        return Verdict.INCONCLUSIVE, Attribution.HARNESS, message("verdict.disagreement", number=tally.undecided)
    return Verdict.INCONCLUSIVE, Attribution.STANDARD, message("verdict.undecided", number=tally.undecided)


def waive(finding: Finding, terms: WaiverTerms, digest: str, now: datetime) -> tuple[Finding, str]:
    """The finding under a waiver, and the waiver's state: ``active``, ``expired`` or ``stale``.

    Only a fail can be waived, and it becomes ``waived``, never a pass. A waiver lapses at its instant, or when the
    requirement's text changed; one whose requirement passes is stale. Lapsed and stale waivers fail the run.
    """
    if finding.verdict is not Verdict.FAIL:
        return finding, "stale"
    if terms.digest != digest or datetime.fromisoformat(terms.expires) <= now:
        return finding, "expired"
    reason = message("verdict.waived", owner=terms.owner, expires=terms.expires)
    return replace(finding, verdict=Verdict.WAIVED, reason=reason), "active"
