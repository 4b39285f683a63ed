"""The report model: findings and the facts of a run become one plain value, ``report.json``.

Every other format is a rendering of this value. It holds integers, strings, lists and mappings only; every text for
people is ``{"zh": ..., "en": ...}``; the same input gives the same value, but for the fields named in ``volatile``.
The caller masks personal data before it comes here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from conformance.judge.verdict import Attribution, Finding, Sample, Verdict, class_verdict, roll_up
from conformance.messages import Message
from conformance.report.digests import results_digest
from conformance.report.harmless import readable, shortened
from conformance.standard.model import Element, Pack, Provenance, Requirement, Text

SCHEMA = "lubiao-report/1"
#: JSON pointers of the fields in which two runs on the same input may differ.
VOLATILE = ("/run/ended", "/run/environment", "/run/id", "/run/started")
#: Volatile too, where the run talked with a service: what was measured.
VOLATILE_SERVICE = "/run/service"
#: The bound of any text, and of a key or value in a sample: a vendor's megabyte stays out of the report.
TEXT_LIMIT, VALUE_LIMIT = 4000, 200
_UNTESTED = (Verdict.NOT_RUN, Verdict.NOT_APPLICABLE)
_EXIT = {Verdict.PASS: 0, Verdict.FAIL: 1, Verdict.ERROR: 4}


@dataclass(frozen=True)
class InputFacts:
    """One input of the run as it was read: ``path`` as declared, never a path of the machine; ``sha256`` bare hex."""

    target: str
    path: str
    format: str
    encoding: str
    delimiter: str
    rows: int
    bytes: int
    sha256: str


@dataclass(frozen=True)
class RunFacts:
    """What the caller knows of a run. ``mode`` is ``self-test`` or ``official``; times are RFC 3339 with offset.

    ``narrowed`` says in words how the run was narrowed (a filter, a class left out); ``environment`` may differ
    between two runs on the same input. ``service``: what was measured of each service that was talked with
    (``report.schema.json`` says which figures), which may differ as well; ``configurations``: how far each
    configuration of a device was understood; ``challenge``: the vendor's commitment and the office's nonce, of which
    the seed was made.
    """

    id: str
    tool: str
    version: str
    mode: str
    engine: str
    seed: int
    started: str
    ended: str
    sample_limit: int
    narrowed: tuple[Message, ...] = ()
    inputs: tuple[InputFacts, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    service: tuple[Mapping[str, Any], ...] = ()
    configurations: tuple[Mapping[str, Any], ...] = ()
    challenge: Mapping[str, str] | None = None


@dataclass(frozen=True)
class FindingContext:
    """Where a finding stands, for display: its dataset's target, its column and element where it has them.

    ``waiver`` holds ``owner``, ``reason``, ``expires``, ``digest`` and ``state``: ``active`` (also when left out),
    ``expired`` or ``stale`` (the requirement passes without it). The last two fail the run.
    """

    dataset: str
    column: str | None = None
    element: Element | None = None
    waiver: Mapping[str, str] | None = None


@dataclass(frozen=True)
class NotTested:
    """A requirement that was judged on no value of a target, and why."""

    requirement: Requirement
    target: str
    reason: Message


def build_report(
    run: RunFacts,
    system: Mapping[str, Any],
    standards: Sequence[Mapping[str, Any]],
    findings: Sequence[Finding],
    contexts: Sequence[FindingContext],
    *,
    not_tested: Sequence[NotTested] = (),
    claimed: Iterable[str] = (),
    floor: Verdict | None = None,
) -> dict[str, Any]:
    """The report as plain data that ``report.schema.json`` describes.

    ``contexts`` runs parallel to ``findings``. A conformance class in ``claimed`` that has no finding is shown, and is
    not run. The run's verdict is never better than ``floor``. Raises ValueError where two findings judge the same
    requirement on the same target, and TypeError for a value that report.json cannot hold.
    """
    entries = [_finding(finding, context) for finding, context in zip(findings, contexts, strict=True)]
    entries.sort(key=lambda entry: (entry["target"], entry["requirement"]))
    if twice := sorted(id_ for id_, times in Counter(entry["id"] for entry in entries).items() if times > 1):
        raise ValueError(f"two findings for one requirement and target: {twice}")
    classes = _classes(findings, claimed)
    report = {
        "schema": SCHEMA,
        "run": _run(run),
        "system": system,
        "standards": sorted(standards, key=lambda entry: (entry["id"], entry["edition"])),
        "summary": _summary(findings, _run_verdict(classes, contexts, floor)),
        "classes": classes,
        "findings": entries,
        "notTested": sorted(
            (_not_tested(entry) for entry in not_tested), key=lambda entry: (entry["target"], entry["requirement"])
        ),
        "volatile": sorted((*VOLATILE, VOLATILE_SERVICE) if run.service else VOLATILE),
    }
    stored: dict[str, Any] = _stored(report, TEXT_LIMIT)
    return {**stored, "resultsDigest": results_digest(stored["findings"])}


def standard_entry(pack: Pack) -> dict[str, Any]:
    """A pack as an entry of ``standards``."""
    return {
        "id": pack.id,
        "edition": pack.edition,
        "number": pack.number,
        "title": _both(pack.title),
        "provenance": pack.provenance.word,
        "digest": pack.digest,
    }


def exit_code(verdict: Verdict) -> int:
    """The exit code of a run: 0 conforms, 1 does not, 4 our own error; 3 for all that is undecided or not tested.

    A waived fail is no pass: a run whose worst verdict is ``waived`` ends with 3.
    """
    return _EXIT.get(verdict, 3)


def _run_verdict(
    classes: Sequence[Mapping[str, Any]], contexts: Sequence[FindingContext], floor: Verdict | None
) -> Verdict:
    verdicts = [_verdict(entry["verdict"]) for entry in classes]
    if floor is not None:
        verdicts.append(floor)
    if any(context.waiver and context.waiver.get("state", "active") != "active" for context in contexts):
        verdicts.append(Verdict.FAIL)
    return roll_up(verdicts)


def _verdict(word: str) -> Verdict:
    return Verdict[word.upper().replace("-", "_")]


def _run(run: RunFacts) -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": run.id,
        "tool": {"name": run.tool, "version": run.version},
        "mode": run.mode,
        "engine": run.engine,
        "seed": run.seed,
        "started": run.started,
        "ended": run.ended,
        "sampleLimit": run.sample_limit,
        "narrowed": [message.both() for message in run.narrowed],
        "inputs": [asdict(facts) for facts in sorted(run.inputs, key=lambda facts: (facts.target, facts.path))],
        "environment": dict(run.environment),
    }
    if run.configurations:
        told["configurations"] = [dict(figures) for figures in run.configurations]
    if run.challenge:
        told["challenge"] = dict(run.challenge)
    if run.service:
        told["service"] = [dict(figures) for figures in run.service]
    return told


def _summary(findings: Sequence[Finding], verdict: Verdict) -> dict[str, Any]:
    judged = [finding for finding in findings if finding.verdict not in _UNTESTED]
    return {
        "verdict": verdict.word,
        "exitCode": exit_code(verdict),
        "counts": _counts(findings),
        "checked": sum(finding.checked for finding in findings),
        "violations": sum(finding.violations for finding in findings),
        "officialShare": {
            "text": sum(finding.provenance is Provenance.TEXT for finding in judged),
            "total": len(judged),
        },
    }


def _counts(findings: Iterable[Finding]) -> dict[str, int]:
    counter = Counter(finding.verdict for finding in findings)
    return {verdict.word: counter[verdict] for verdict in Verdict}


def _classes(findings: Sequence[Finding], claimed: Iterable[str]) -> list[dict[str, Any]]:
    names = {finding.requirement.conformance_class for finding in findings} | set(claimed)
    classes = []
    for name in sorted(names):
        members = [finding for finding in findings if finding.requirement.conformance_class == name]
        classes.append(
            {
                "class": name,
                "verdict": class_verdict(members).word,
                "requirements": len({finding.requirement.id for finding in members}),
                "counts": _counts(members),
            }
        )
    return classes


def _finding(finding: Finding, context: FindingContext) -> dict[str, Any]:
    requirement = finding.requirement
    text = _both(requirement.text)
    return {
        "id": f"{requirement.id}[{finding.target}]",
        "requirement": requirement.id,
        "title": _both(requirement.title),
        "text": text,
        "class": requirement.conformance_class,
        "obligation": requirement.obligation,
        "level": requirement.level,
        "clause": {"standard": finding.clause.standard, "number": finding.clause.number},
        "target": finding.target,
        "dataset": context.dataset,
        "column": context.column,
        "element": _element(context.element),
        "verdict": finding.verdict.word,
        "attribution": _attribution(finding.attribution),
        "checked": finding.checked,
        "violations": finding.violations,
        "undecided": finding.undecided,
        "expected": finding.expected.both() if finding.expected else text,
        "reason": finding.reason.both() if finding.reason else None,
        "remedy": _both(requirement.remedy),
        "provenance": finding.provenance.word,
        "samples": [_sample(sample) for sample in finding.samples],
        "samplesShown": len(finding.samples),
        "waiver": {"state": "active", **context.waiver} if context.waiver else None,
        **_graded(finding),
    }


def _graded(finding: Finding) -> dict[str, Any]:
    """How much hangs on a requirement, and what kinds of evidence its verdict rests on, where the pack says."""
    if not finding.requirement.methods:
        return {}
    return {
        "severity": finding.requirement.severity,
        "evidence": list(finding.evidence),
        "standing": _standing(finding.evidence),
    }


def _standing(evidence: Collection[str]) -> str:
    """``verified``, or only ``declared`` with evidence: where a signed statement bears part of it, or nothing beside
    the declaration was seen.
    """
    if not evidence:
        return "none"
    seen = "statement" not in evidence and {"configuration", "probe"} & set(evidence)
    return "verified" if seen else "declared"


def _element(element: Element | None) -> dict[str, str] | None:
    return None if element is None else {"id": element.id, "name": element.name, "format": element.format.notation}


def _attribution(attribution: Attribution | None) -> str | None:
    return None if attribution is None else attribution.value


def _sample(sample: Sample) -> dict[str, Any]:
    told: dict[str, Any] = {
        "row": sample.row,
        "key": _stored(dict(sample.key), VALUE_LIMIT),
        "values": _stored(dict(sample.values), VALUE_LIMIT),
        "reason": sample.reason.both(),
    }
    if sample.where is not None:
        told["where"] = _stored(asdict(sample.where), VALUE_LIMIT)
    if sample.call is not None:
        told["call"] = asdict(sample.call)
    return told


def _not_tested(entry: NotTested) -> dict[str, Any]:
    return {
        "requirement": entry.requirement.id,
        "title": _both(entry.requirement.title),
        "class": entry.requirement.conformance_class,
        "target": entry.target,
        "reason": entry.reason.both(),
    }


def _both(text: Text) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}


def _stored(value: Any, limit: int) -> Any:
    """The value with its keys sorted and each string storable and bounded; raises TypeError for floats and the like."""
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    if isinstance(value, str):
        return shortened(readable(value), limit)
    if isinstance(value, Mapping):
        return {shortened(readable(key), limit): _stored(value[key], limit) for key in sorted(value)}
    if isinstance(value, (list, tuple)):
        return [_stored(item, limit) for item in value]
    raise TypeError(f"report.json holds no {type(value).__name__}: {value!r}")
