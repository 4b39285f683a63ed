"""Findings on paper: what does not conform in full, all else as rows of tables, each bounded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from conformance.typeset.wording import Wording, grouped

#: Bounds: non-conformities told in full, rows of a table, samples of a non-conformity, columns of a sample.
DETAILED, ROWS, SAMPLES, PAIRS = 100, 600, 5, 8
_TARGET, _VALUE, _SENTENCE = 160, 120, 400
_OBLIGATION = {"shall": 0, "should": 1, "may": 2}
_OPEN = ("error", "inconclusive", "waived")
_UNTESTED = ("not-run", "not-applicable")
_WORST = ("error", "fail", "inconclusive", "not-run", "waived", "pass", "not-applicable")


def failures(report: Mapping[str, Any], wording: Wording) -> dict[str, Any]:
    """Every fail, mandatory requirements first: some in full, the others as rows, and sentences on how many."""
    failed = sorted((one for one in report["findings"] if one["verdict"] == "fail"), key=_by_weight)
    if not failed:
        untested = all(one["verdict"] in _UNTESTED for one in report["findings"])
        none = wording.say("typeset.none.failed-untested") if untested else wording.say("typeset.none.failed")
        return {"intro": none, "full": [], "rest": bounded([], wording), "restIntro": ""}
    rest = failed[DETAILED:]
    return {
        "intro": wording.say("typeset.failed-intro", number=grouped(len(failed))),
        "full": [_failure(one, place, wording) for place, one in enumerate(failed[:DETAILED], 1)],
        "rest": bounded(rest, wording, lambda one: _row(one, wording)),
        "restIntro": wording.say("typeset.failed-rest", shown=grouped(DETAILED)) if rest else "",
    }


def open_rows(report: Mapping[str, Any], wording: Wording) -> dict[str, Any]:
    """Errors of ours, what could not be decided, and what is waived: each with its reason."""
    found = sorted((one for one in report["findings"] if one["verdict"] in _OPEN), key=_by_verdict)
    return bounded(found, wording, lambda one: [*_row(one, wording)[:4], _why(one, wording)])


def untested_rows(report: Mapping[str, Any], wording: Wording) -> dict[str, Any]:
    """What the run judged on nothing, with the reason: findings that were not run, then the plan's own list."""
    held = [one for one in report["findings"] if one["verdict"] in _UNTESTED]
    known = {(one["requirement"], one["target"]) for one in report["findings"]}
    planned = [one for one in report["notTested"] if (one["requirement"], one["target"]) not in known]
    held.sort(key=_by_verdict)
    return bounded(
        [*held, *planned],
        wording,
        lambda one: [
            wording.plain(one["requirement"], 60),
            wording.both(one["title"], _VALUE),
            wording.plain(one["target"], _TARGET),
            wording.both(one["reason"], _SENTENCE),
        ],
    )


def result_rows(report: Mapping[str, Any], wording: Wording) -> dict[str, Any]:
    """Every finding as one row, worst first."""
    return bounded(sorted(report["findings"], key=_by_verdict), wording, lambda one: _row(one, wording))


def bounded(found: Sequence[Any], wording: Wording, row: Any = lambda one: one) -> dict[str, Any]:
    """The first rows as texts, and a sentence on how many more there are."""
    rest = len(found) - ROWS
    more = wording.say("typeset.more", shown=grouped(ROWS), number=grouped(rest)) if rest > 0 else ""
    return {"rows": [row(one) for one in found[:ROWS]], "more": more}


def _by_weight(one: Mapping[str, Any]) -> tuple[Any, ...]:
    clause = one["clause"]
    return (
        _OBLIGATION.get(one["obligation"], 9),
        clause["standard"],
        clause["number"],
        one["requirement"],
        one["target"],
    )


def _by_verdict(one: Mapping[str, Any]) -> tuple[Any, ...]:
    return (_WORST.index(one["verdict"]), *_by_weight(one))


def _row(one: Mapping[str, Any], wording: Wording) -> list[str]:
    """Verdict's key and word, requirement with its title, target, clause."""
    return [
        one["verdict"],
        wording.word("verdict", one["verdict"]),
        f"{wording.plain(one['requirement'], 60)}\n{wording.both(one['title'], _VALUE)}",
        wording.plain(one["target"], _TARGET),
        _clause(one, wording),
        grouped(one["violations"]) if one["violations"] else "",
    ]


def _clause(one: Mapping[str, Any], wording: Wording) -> str:
    return wording.plain(f"{one['clause']['standard']} {one['clause']['number']}", 120)


def _counts(one: Mapping[str, Any], wording: Wording) -> str:
    checked, violations = grouped(one["checked"]), grouped(one["violations"])
    if one["undecided"]:
        undecided = grouped(one["undecided"])
        return wording.say("report.count-undecided", checked=checked, violations=violations, undecided=undecided)
    return wording.say("report.count", checked=checked, violations=violations)


def _why(one: Mapping[str, Any], wording: Wording) -> str:
    said = [wording.both(one["reason"], _SENTENCE)]
    if one["undecided"] or one["violations"]:
        said.append(_counts(one, wording))
    if waiver := one["waiver"]:
        said.append(_waiver(waiver, wording))
    return "\n".join(filter(None, said))


def _waiver(waiver: Mapping[str, Any], wording: Wording) -> str:
    return wording.say(
        "typeset.waived-by",
        owner=wording.plain(waiver["owner"], 60),
        reason=wording.plain(waiver["reason"], 200),
        expires=wording.plain(waiver["expires"], 40),
        state=wording.word("waiver", waiver["state"]),
    )


def _failure(one: Mapping[str, Any], place: int, wording: Wording) -> dict[str, Any]:
    text, expected = wording.both(one["text"]), wording.both(one["expected"], _SENTENCE)
    shown = one["samples"][:SAMPLES]
    rest = len(one["samples"]) - len(shown)
    fault = wording.word("attribution", one["attribution"]) if one["attribution"] else ""
    return {
        "name": wording.say("typeset.item", number=place),
        "title": wording.both(one["title"], _VALUE),
        "id": wording.plain(one["requirement"], 60),
        "clause": _clause(one, wording),
        "obligation": wording.word("obligation", one["obligation"]),
        "provenance": wording.word("provenance", one["provenance"]),
        "target": wording.plain(one["target"], _TARGET),
        "text": text,
        "expected": "" if expected == text else expected,
        "counts": _counts(one, wording),
        "reason": wording.both(one["reason"], _SENTENCE),
        "fault": fault,
        "remedy": wording.both(one["remedy"]),
        "waiver": _waiver(one["waiver"], wording) if one["waiver"] else "",
        "samples": [_sample(sample, wording) for sample in shown],
        "samplesMore": wording.say("typeset.samples-more", number=grouped(rest)) if rest else "",
    }


def _sample(sample: Mapping[str, Any], wording: Wording) -> list[str]:
    """Row or place, key, values, what is wrong."""
    where = sample.get("where")
    row = grouped(sample["row"]) if sample["row"] else ""
    if where:
        line = f":{where['line']}" if where["line"] else ""
        row = "\n".join(filter(None, (row, wording.plain(f"{where['file']}{line} {where['path']}".strip(), _VALUE))))
    return [row, _pairs(sample["key"], wording), _pairs(sample["values"], wording), wording.both(sample["reason"], 240)]


def _pairs(values: Mapping[str, str], wording: Wording) -> str:
    listed = [f"{wording.plain(name, 40)}: {wording.plain(values[name], _VALUE)}" for name in sorted(values)[:PAIRS]]
    return "\n".join([*listed, "…"] if len(values) > PAIRS else listed)
