"""``lubiao recall``: which certificates would another edition, or a corrected checker, touch?"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.cli.replay import CONFIGURATION, add_packs, editions_of, effect_value, harmless, json_text
from conformance.cli.speech import Speech

if TYPE_CHECKING:
    from conformance.replay.recalling import Recalled


def add(parser: argparse.ArgumentParser, speech: Speech) -> None:
    """The arguments of the command."""
    parser.add_argument("folder", type=Path, metavar="REGISTER_OR_OFFICE_DIR", help=speech.text("recall.where"))
    add_packs(parser, speech, "--pack")
    parser.add_argument("--json", action="store_true", help=speech.text("recall.json"))


def run(arguments: argparse.Namespace, speech: Speech) -> int:
    """Judge the bundle of each certificate again.

    0: all stay; 1: some would change; 3: of some it cannot be known; 14: a stored report does not follow from its
    evidence; 2: there are no certificates.
    """
    from conformance.replay.recalling import NoCertificatesError, recall

    editions = editions_of(arguments.packs, speech)
    if editions is None:
        return CONFIGURATION
    found = list[str]()
    try:
        for one in recall(arguments.folder, arguments.standards, editions):
            found.append(one.word)
            _tell(one, speech, as_json=arguments.json)
    except NoCertificatesError:
        speech.error("recall.folder", folder=harmless(str(arguments.folder)))
        return CONFIGURATION
    if not found:
        speech.error("recall.none", folder=harmless(str(arguments.folder)))
        return CONFIGURATION
    _total(found, speech, as_json=arguments.json)
    return _code(set(found))


def _code(words: set[str]) -> int:
    from conformance.replay.recalling import CHANGES, UNKNOWN
    from conformance.replay.recalling import EDITED as EDITED_WORD
    from conformance.replay.replaying import EDITED, NOT_KNOWN, SAME, TURNS_RED

    codes = ((EDITED_WORD, EDITED), (CHANGES, TURNS_RED), (UNKNOWN, NOT_KNOWN))
    return next((code for word, code in codes if word in words), SAME)


def _tell(one: Recalled, speech: Speech, *, as_json: bool) -> None:
    """One certificate: a line of JSON, or lines for a person."""
    if as_json:
        print(json_text(_as_json(one)))
        return
    number = harmless(one.number)
    if one.word == "changes":
        after = one.verdict_after or speech.text("replay.word-unknown")
        speech.say("recall.changes", number=number, before=one.verdict, after=after)
    elif one.word == "not-known":
        why = harmless(one.why.render(speech.language)) if one.why else ""
        speech.say("recall.unknown", number=number, why=why)
    else:
        speech.say("recall.edited" if one.word == "edited" else "recall.same", number=number)
    for effect in one.effects:
        finding = harmless(effect.finding)
        print(f"  {speech.text('recall.finding', finding=finding, before=effect.before, after=effect.after)}")


def _as_json(one: Recalled) -> dict[str, Any]:
    return {
        "certificate": one.number,
        "word": one.word,
        "verdict": {"before": one.verdict or None, "after": one.verdict_after or None},
        "findings": [effect_value(effect) for effect in one.effects],
        "why": one.why.both() if one.why else None,
    }


def _total(words: list[str], speech: Speech, *, as_json: bool) -> None:
    if as_json:
        return
    speech.say(
        "recall.total",
        number=len(words),
        changed=sum(word in ("changes", "edited") for word in words),
        unknown=words.count("not-known"),
        same=words.count("stays"),
    )
