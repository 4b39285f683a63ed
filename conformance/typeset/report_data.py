"""What the template of the report is given: plain lists of texts, in one language, each bounded and printable.

Non-conformities come first and in full; each table is bounded, and says how many more stand in report.json.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from conformance.signing.canonical import canonical
from conformance.signing.digest import digest_set
from conformance.typeset.report_findings import bounded, failures, open_rows, result_rows, untested_rows
from conformance.typeset.wording import Wording, grouped, hexadecimal, moment

#: The verdicts, worst first, as columns of the summary.
VERDICTS = ("error", "fail", "inconclusive", "not-run", "waived", "pass", "not-applicable")
#: What a build's identity is worth, and who ran the test.
BUILDS = {
    "declared": "typeset.build.declared",
    "package": "typeset.build.package",
    "image": "typeset.build.image",
}
_MODES = {"self-test": "typeset.mode.self-test", "official": "typeset.mode.official"}
_NAME, _FACT = 120, 200
_FEW = 40
#: The longest id of a run that is a report's number as it is, and how much of a longer one is.
_NUMBER, _SHORT = 24, 12
_LABELS = (
    *("report.title", "report.brand", "report.clause", "report.expected", "report.fault", "report.format"),
    *(
        "report.found",
        "report.key",
        "report.name",
        "report.number",
        "report.provenance",
        "report.reason",
        "report.violations",
    ),
    *("report.remedy", "report.row", "report.target", "report.value"),
    *("typeset.class", "typeset.counts", "typeset.edition", "typeset.file", "typeset.number", "typeset.pack-digest"),
    *("typeset.requirement", "typeset.requirements", "typeset.samples", "typeset.seal", "typeset.seal-note"),
    *("typeset.section.basis", "typeset.section.conclusion", "typeset.section.environment"),
    *("typeset.section.failed", "typeset.section.notes", "typeset.section.open", "typeset.section.results"),
    *("typeset.section.sample", "typeset.section.summary", "typeset.section.untested"),
    *("typeset.sign.date", "typeset.size", "typeset.total", "typeset.verdict"),
    *("typeset.none.classes", "typeset.none.inputs", "typeset.none.open", "typeset.none.results"),
    *("typeset.none.untested",),
)


@dataclass(frozen=True)
class SignOff:
    """Who answers for a report: the office, and names where they are known; an empty name is a blank to sign on."""

    office: str = ""
    tester: str = ""
    reviewer: str = ""
    approver: str = ""


#: Nobody named yet: blanks to sign on.
NOBODY = SignOff()


def report_data(
    report: Mapping[str, Any],
    content: bytes,
    manifest: Mapping[str, Any] | None,
    sign_off: SignOff,
    wording: Wording,
) -> dict[str, Any]:
    """All that the template ``report.typ`` reads. ``content``: the bytes of report.json."""
    say = wording.say
    data: dict[str, Any] = {
        "labels": wording.labels(_LABELS),
        "number": number(report),
        "mark": say("typeset.self-test") if report["run"]["mode"] != "official" else "",
        "page": say("typeset.page", page="{page}", pages="{pages}"),
        "bound": _bound(content, manifest, wording),
        "cover": _cover(report, sign_off, wording),
        "conclusion": _conclusion(report, wording),
        "sign": _sign(sign_off, wording),
        "standards": _standards(report, wording),
        "sample": _sample(report, wording),
        "inputs": _inputs(report, wording),
        "environment": _environment(report, content, manifest, wording),
        "classes": _classes(report, wording),
        "failed": failures(report, wording),
        "open": open_rows(report, wording),
        "untested": untested_rows(report, wording),
        "results": result_rows(report, wording),
    }
    return {**data, "notes": _notes(report, wording)}


def number(report: Mapping[str, Any]) -> str:
    """The number of a report: its run's id, shortened where it is long."""
    id_ = "".join(
        letter for letter in str(report["run"]["id"]) if letter.isascii() and (letter.isalnum() or letter in "-_")
    )
    return id_ if len(id_) <= _NUMBER else id_[:_SHORT]


def _bound(content: bytes, manifest: Mapping[str, Any] | None, wording: Wording) -> dict[str, str]:
    if manifest is not None:
        return {
            "label": wording.say("typeset.digest.bundle"),
            "digest": digest_set(canonical(manifest))["sha256"],
        }
    return {"label": wording.say("typeset.digest.report"), "digest": digest_set(content)["sha256"]}


def _cover(report: Mapping[str, Any], sign_off: SignOff, wording: Wording) -> dict[str, Any]:
    system, run, say = report["system"], report["run"], wording.say
    rows = [
        [say("typeset.product"), wording.plain(system["product"], _NAME)],
        [say("typeset.version"), wording.plain(system["version"], _NAME)],
        [say("typeset.build"), build(system["build"], wording)],
        [say("typeset.vendor"), wording.plain(system["vendor"], _NAME)],
        [say("typeset.mode"), wording.named(_MODES, run["mode"])],
        [say("typeset.tested"), wording.plain(moment(run["ended"]), 60)],
    ]
    office = wording.plain(sign_off.office, _NAME)
    return {
        "product": wording.plain(f"{system['product']} {system['version']}", 2 * _NAME),
        "rows": [*rows, [say("typeset.office"), office]] if office else rows,
        "date": wording.plain(str(run["ended"])[:10], 20),
    }


def build(told: Mapping[str, Any], wording: Wording) -> str:
    """A build with what its identity is worth: one that was only declared says so."""
    kind = wording.named(BUILDS, told["kind"])
    id_ = wording.plain(told["id"], _NAME) or wording.say("typeset.build.none")
    return f"{id_}（{kind}）" if wording.language == "zh" else f"{id_} ({kind})"


def _conclusion(report: Mapping[str, Any], wording: Wording) -> dict[str, Any]:
    summary, say = report["summary"], wording.say
    share = summary["officialShare"]
    return {
        "verdict": _key(summary["verdict"]),
        "word": wording.word("verdict", summary["verdict"]),
        "text": wording.word("headline", summary["verdict"]),
        "narrowed": [wording.both(text, 300) for text in report["run"]["narrowed"][:_FEW]],
        "narrowedLabel": say("report.narrowed"),
        "figures": [
            [say("report.checked"), grouped(summary["checked"])],
            [say("report.violations"), grouped(summary["violations"])],
            [
                say("report.official-share"),
                say("typeset.share", text=grouped(share["text"]), total=grouped(share["total"])),
            ],
        ],
        "honest": _honest(report, wording),
        "noCertification": say("typeset.no-certification"),
    }


def _honest(report: Mapping[str, Any], wording: Wording) -> str:
    return wording.say(
        "typeset.honest",
        build=build(report["system"]["build"], wording),
        date=wording.plain(str(report["run"]["ended"])[:10], 20),
    )


def _sign(sign_off: SignOff, wording: Wording) -> list[list[str]]:
    return [
        [wording.say("typeset.sign.tester"), wording.plain(sign_off.tester, 40)],
        [wording.say("typeset.sign.reviewer"), wording.plain(sign_off.reviewer, 40)],
        [wording.say("typeset.sign.approver"), wording.plain(sign_off.approver, 40)],
    ]


def _standards(report: Mapping[str, Any], wording: Wording) -> dict[str, Any]:
    rows = [
        [
            wording.plain(entry["number"], _NAME),
            wording.plain(entry["edition"], 20),
            wording.both(entry["title"], _FACT),
            wording.word("provenance", entry["provenance"]),
            wording.plain(hexadecimal(entry["digest"]), 80),
        ]
        for entry in report["standards"]
    ]
    return bounded(rows, wording)


def _sample(report: Mapping[str, Any], wording: Wording) -> list[list[str]]:
    system, say = report["system"], wording.say
    return [
        [say("typeset.product"), wording.plain(f"{system['product']} {system['version']}", 2 * _NAME)],
        [say("typeset.vendor"), wording.plain(system["vendor"], _NAME)],
        [say("typeset.build"), build(system["build"], wording)],
        [say("report.declaration"), f"SHA-256 {wording.plain(system['declaration']['sha256'], 80)}"],
    ]


def _inputs(report: Mapping[str, Any], wording: Wording) -> dict[str, Any]:
    rows = [
        [
            wording.plain(entry["target"], _NAME),
            wording.plain(entry["path"], _FACT),
            wording.plain(" ".join(filter(None, (entry["format"], entry["encoding"]))), 60),
            wording.say("typeset.rows-bytes", rows=grouped(entry["rows"]), bytes=grouped(entry["bytes"])),
            wording.plain(entry["sha256"], 80),
        ]
        for entry in report["run"]["inputs"]
    ]
    return bounded(rows, wording)


def _environment(
    report: Mapping[str, Any], content: bytes, manifest: Mapping[str, Any] | None, wording: Wording
) -> list[list[str]]:
    run, say = report["run"], wording.say
    times = say("typeset.tested-from-to", started=moment(run["started"])[:40], ended=moment(run["ended"])[:40])
    rows = [
        [say("report.run-id"), wording.plain(run["id"], _NAME)],
        [say("report.tool"), wording.plain(f"{run['tool']['name']} {run['tool']['version']}", _NAME)],
        [say("report.engine"), wording.plain(run["engine"], _NAME)],
        [say("report.seed"), str(run["seed"])],
        [say("typeset.tested"), times],
    ]
    rows += [
        [wording.plain(name, 60), wording.plain(run["environment"][name], _FACT)]
        for name in sorted(run["environment"])[:_FEW]
    ]
    if challenge := run.get("challenge"):
        listed = [wording.plain(f"{name} {challenge[name]}", _FACT) for name in sorted(challenge)[:_FEW]]
        rows.append([say("typeset.challenge"), "\n".join(listed)])
    digests = {
        say("typeset.report-digest"): digest_set(content),
        say("typeset.results-digest"): report.get("resultsDigest"),
    }
    if manifest is not None:
        digests[say("typeset.suite-digest")] = dict(manifest.get("suite") or {}).get("digest")
        digests[say("typeset.evidence-root")] = dict(manifest.get("evidence") or {}).get("root")
        digests[say("typeset.bundle-digest")] = digest_set(canonical(manifest))
    return rows + [[label, _written(held, wording)] for label, held in digests.items() if held]


def _written(held: Any, wording: Wording) -> str:
    """A digest, or a set of them, one a line."""
    if not isinstance(held, Mapping):
        return wording.plain(hexadecimal(held), 80)
    names = {"sha256": "SHA-256", "sm3": "SM3"}
    return "\n".join(f"{names[name]} {wording.plain(held[name], 80)}" for name in names if name in held)


def _classes(report: Mapping[str, Any], wording: Wording) -> dict[str, Any]:
    """A row for each class: name, verdict, requirements, and a count for each verdict; and their sums."""
    rows = [
        {
            "name": wording.word("class", entry["class"]),
            "verdict": _key(entry["verdict"]),
            "word": wording.word("verdict", entry["verdict"]),
            "counts": [grouped(entry["requirements"]), *(grouped(entry["counts"][one]) for one in VERDICTS)],
        }
        for entry in report["classes"][:_FEW]
    ]
    counts, summary = report["summary"]["counts"], report["summary"]
    total = [
        grouped(sum(entry["requirements"] for entry in report["classes"])),
        *(grouped(counts[one]) for one in VERDICTS),
    ]
    return {
        "head": [wording.say("typeset.requirements"), *(wording.word("verdict", one) for one in VERDICTS)],
        "rows": rows,
        "total": {
            "name": wording.say("typeset.total"),
            "verdict": _key(summary["verdict"]),
            "word": wording.word("verdict", summary["verdict"]),
            "counts": total,
        },
    }


def _key(verdict: str) -> str:
    return verdict if verdict in VERDICTS else "error"


def _notes(report: Mapping[str, Any], wording: Wording) -> list[str]:
    say = wording.say
    meanings = [f"{wording.word('verdict', one)}：{wording.word('meaning', one)}" for one in VERDICTS]
    spoken = "；".join(meanings) + "。" if wording.language == "zh" else "; ".join(meanings).replace("：", ": ") + "."
    return [
        _honest(report, wording),
        say("typeset.no-certification"),
        spoken,
        say("typeset.note.provenance"),
        *sorted(
            {
                wording.word("basis", entry["provenance"])
                for entry in report["standards"]
                if entry["provenance"] != "text"
            }
        ),
        say("typeset.note.masked"),
        say("typeset.note.visible"),
        say("typeset.note.attached"),
        *wording.notes_on_glyphs(),
    ]
