"""``lubiao replay``: a bundle's evidence judged again, under the same packs or under others."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.cli.speech import Speech
from conformance.messages import Message, Param

if TYPE_CHECKING:
    from conformance.replay.change import Change
    from conformance.replay.effects import Counts, Effect
    from conformance.replay.replaying import Replayed

CONFIGURATION = 2
_BASES = {"census": "replay.basis-census", "record": "replay.basis-record", "not-known": "replay.basis-not-known"}
_KINDS = {
    "removed": "edition.kind-removed",
    "added": "edition.kind-added",
    "renumbered": "edition.kind-renumbered",
    "reworded": "edition.kind-reworded",
    "tightened": "edition.kind-tightened",
    "relaxed": "edition.kind-relaxed",
    "changed": "edition.kind-changed",
}


def add(parser: argparse.ArgumentParser, speech: Speech) -> None:
    """The arguments of the command."""
    parser.add_argument("bundle", type=Path, metavar="BUNDLE", help=speech.text("replay.bundle"))
    add_packs(parser, speech, "--standard")
    parser.add_argument("--json", action="store_true", help=speech.text("replay.json"))


def add_packs(parser: argparse.ArgumentParser, speech: Speech, name: str) -> None:
    """Which packs to judge under: shared with ``lubiao recall``."""
    parser.add_argument(
        name, dest="packs", action="append", default=[], metavar="ID@EDITION", help=speech.text("replay.packs-asked")
    )
    parser.add_argument("--standards", type=Path, metavar="ROOT", help=speech.text("replay.root"))


def editions_of(texts: Iterable[str], speech: Speech) -> dict[str, str] | None:
    """The editions asked for, by id; None, and said so, where one is not written as it must be."""
    found: dict[str, str] = {}
    for text in texts:
        id_, _, edition = text.partition("@")
        if not id_ or not edition or found.get(id_, edition) != edition:
            speech.error("replay.standard-form", text=harmless(text))
            return None
        found[id_] = edition
    return found


def run(arguments: argparse.Namespace, speech: Speech) -> int:
    """Judge one bundle again; the exit code says what became of it."""
    from conformance.bundle.model import BundleError
    from conformance.bundle.reading import read_bundle
    from conformance.replay.rebuilding import ReplayError
    from conformance.replay.replaying import EDITED, replay

    editions = editions_of(arguments.packs, speech)
    if editions is None:
        return CONFIGURATION
    try:
        bundle = read_bundle(arguments.bundle)
    except BundleError as error:
        speech.error(error.id, **harmless_params(error.params))
        return CONFIGURATION if not arguments.bundle.exists() else EDITED
    try:
        replayed = replay(bundle, arguments.standards, editions)
    except ReplayError as error:
        speech.error(error.id, **harmless_params(error.params))
        return EDITED if error.malformed else CONFIGURATION
    if arguments.json:
        print(json_text(_as_json(replayed), indent=1))
    else:
        _tell(replayed, speech)
    return replayed.exit_code


def harmless(text: str) -> str:
    """A text of somebody else's on one line, bounded."""
    from conformance.report.harmless import shortened, visible

    return shortened(visible(text, line=True), 500)


def harmless_params(params: Mapping[str, Param]) -> dict[str, Param]:
    """Parameters of a message, each text of them harmless."""
    return {name: harmless(value) if isinstance(value, str) else value for name, value in params.items()}


def json_text(value: Any, *, indent: int | None = None) -> str:
    """JSON for a terminal: nothing in it that a terminal or an editor would obey."""
    from conformance.report.harmless import visible

    return visible(json.dumps(value, ensure_ascii=False, indent=indent, sort_keys=True))


def _said(told: Message, speech: Speech) -> str:
    return harmless(told.render(speech.language))


def _tell(replayed: Replayed, speech: Speech) -> None:
    for id_, before, after in replayed.standards:
        if before == after:
            speech.say("replay.same-name", standard=id_, edition=after)
        else:
            speech.say("replay.standard", standard=id_, before=before or "—", after=after)
    _tell_agreement(replayed, speech)
    for change in replayed.changes:
        kind, detail = speech.text(_KINDS[change.kind]), _said(change.detail, speech)
        print(f"  {speech.text('replay.change', kind=kind, detail=detail)}")
    for effect in replayed.effects:
        if effect.changed or not effect.known:
            _tell_effect(effect, speech)
    if replayed.effects:
        _tell_total(replayed, speech)


def _tell_agreement(replayed: Replayed, speech: Speech) -> None:
    if replayed.agrees:
        speech.say("replay.agrees")
    elif replayed.agrees is False:
        speech.say("replay.edited")
        for told in replayed.objections:
            print(f"  {_said(told, speech)}")
    elif replayed.same_suite:
        speech.say("replay.packs-gone")
    if not replayed.same_suite:
        speech.say("replay.other-suite")


def _tell_effect(effect: Effect, speech: Speech) -> None:
    after = effect.after or speech.text("replay.word-removed" if effect.removed else "replay.word-unknown")
    speech.say(
        "replay.effect",
        finding=harmless(effect.finding),
        before=effect.before or speech.text("replay.word-new"),
        after=after,
        basis=speech.text(_BASES[effect.basis]),
    )
    if effect.counts_before and effect.counts_after and effect.counts_before != effect.counts_after:
        print(f"    {_counts(effect.counts_before, effect.counts_after, speech, at_least=effect.at_least)}")
    for change in effect.why:
        print(f"    {speech.text('replay.why', detail=_said(change.detail, speech))}")


def _counts(one: Counts, other: Counts, speech: Speech, *, at_least: bool) -> str:
    return speech.text(
        "replay.counts",
        checked=one[0],
        violations=one[1],
        undecided=one[2],
        checked_after=other[0],
        violations_after=speech.text("replay.least", number=other[1]) if at_least else other[1],
        undecided_after=other[2],
    )


def _tell_total(replayed: Replayed, speech: Speech) -> None:
    effects = replayed.effects
    speech.say(
        "replay.total",
        number=len(effects),
        same=sum(one.known and not one.changed for one in effects),
        changed=sum(one.changed for one in effects),
        red=sum(one.turns_red for one in effects),
        unknown=sum(not one.known for one in effects),
    )
    after = replayed.verdict_after or speech.text("replay.word-unknown")
    speech.say("replay.run", before=replayed.verdict, after=after)


def _as_json(replayed: Replayed) -> dict[str, Any]:
    return {
        "agrees": replayed.agrees,
        "objections": [told.both() for told in replayed.objections],
        "samePacks": replayed.same_packs,
        "sameSuite": replayed.same_suite,
        "standards": [{"id": id_, "before": before, "after": after} for id_, before, after in replayed.standards],
        "changes": [change_value(one) for one in replayed.changes],
        "findings": [effect_value(one) for one in replayed.effects],
        "verdict": {"before": replayed.verdict, "after": replayed.verdict_after or None},
        "exitCode": replayed.exit_code,
    }


def change_value(change: Change) -> dict[str, Any]:
    """A change as ``--json`` shows it."""
    return {
        "kind": change.kind,
        "requirement": change.requirement or None,
        "to": change.to or None,
        "elements": list(change.elements),
        "domain": change.domain or None,
        "detail": change.detail.both(),
    }


def effect_value(effect: Effect) -> dict[str, Any]:
    """What becomes of a finding, as ``--json`` shows it."""
    return {
        "finding": effect.finding,
        "requirement": effect.requirement,
        "before": effect.before or None,
        "after": effect.after or None,
        "basis": effect.basis,
        "removed": effect.removed,
        "countsBefore": effect.counts_before,
        "countsAfter": effect.counts_after,
        "atLeast": effect.at_least,
        "why": [change_value(one) for one in effect.why],
    }
