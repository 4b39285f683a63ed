"""``lubiao office``: a case from submission to approval, and the office's routine."""

from __future__ import annotations

import argparse
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.cli.at_desk import NOT_DONE, REFUSED, add_person, at_desk, harmless, now, rendered, secret, told
from conformance.cli.speech import Speech
from conformance.standard.model import Text

if TYPE_CHECKING:
    from conformance.office.cases.desk import Desk
    from conformance.office.cases.model import Case

Act = Callable[[argparse.Namespace, "Desk", Speech], int]


def add(parser: argparse.ArgumentParser, speech: Speech) -> None:
    """The arguments of each act."""
    acts = parser.add_subparsers(dest="act", required=True, metavar="ACT")
    helps = _helps(speech)

    def act(name: str, *places: str) -> argparse.ArgumentParser:
        sub = acts.add_parser(name, help=helps[name], description=helps[name])
        sub.add_argument("folder", type=Path, metavar="DIR", help=speech.text("cli.office.folder"))
        if "case" in places:
            sub.add_argument("case", metavar="CASE", help=speech.text("cli.office.case"))
        if name != "init":
            add_person(sub, speech)
        speech.add_to([sub])
        return sub

    act("init").add_argument("--test", action="store_true", help=speech.text("cli.office.init.test"))
    intake = act("intake")
    intake.add_argument("file", type=Path, metavar="FILE", help=speech.text("cli.office.file"))
    intake.add_argument("--opening", type=Path, metavar="FILE", help=speech.text("cli.office.opening"))
    for name in ("receipt", "draw", "approve", "show"):
        act(name, "case")
    act("compare", "case").add_argument("rerun", type=Path, metavar="BUNDLE", help=speech.text("cli.office.rerun"))
    act("reject", "case").add_argument("--reason", required=True, help=speech.text("cli.office.reason"))
    for name in ("checkpoint", "cases", "status"):
        act(name)
    challenge = act("challenge")
    challenge.add_argument("commitment", type=Path, metavar="FILE", help=speech.text("cli.office.commitment"))
    challenge.add_argument("-o", "--output", type=Path, required=True, help=speech.text("cli.office.output"))
    issue = act("issue", "case")
    issue.add_argument("--class", dest="classes", action="append", default=[], help=speech.text("cli.certify.class"))
    issue.add_argument("--supersedes", action="append", default=[], help=speech.text("cli.certify.supersedes"))


def _helps(speech: Speech) -> Mapping[str, str]:
    return {
        "init": speech.text("cli.office.init"),
        "intake": speech.text("cli.office.intake"),
        "receipt": speech.text("cli.office.receipt"),
        "checkpoint": speech.text("cli.office.checkpoint"),
        "draw": speech.text("cli.office.draw"),
        "compare": speech.text("cli.office.compare"),
        "approve": speech.text("cli.office.approve"),
        "issue": speech.text("cli.office.issue"),
        "reject": speech.text("cli.office.reject"),
        "cases": speech.text("cli.office.cases"),
        "show": speech.text("cli.office.show"),
        "status": speech.text("cli.office.status"),
        "challenge": speech.text("cli.office.challenge"),
    }


def run(arguments: argparse.Namespace, speech: Speech) -> int:
    """Do one act: 0 done, 1 refused or disagreeing, 2 not done."""
    from conformance.cli.certify import issued

    if arguments.act == "init":
        return told(lambda: _init(arguments, speech), speech)
    acts: Mapping[str, Act] = {
        "intake": _intake,
        "receipt": _receipt,
        "checkpoint": _checkpoint,
        "draw": _draw,
        "compare": _compare,
        "approve": _approve,
        "issue": lambda arguments, desk, speech: issued(desk, arguments.case, arguments, speech),
        "reject": _reject,
        "cases": _cases,
        "show": _show,
        "status": _status,
        "challenge": _challenge,
    }

    def act() -> int:
        with at_desk(arguments.folder, arguments.person) as desk:
            return acts[arguments.act](arguments, desk, speech)

    return told(act, speech)


def _init(arguments: argparse.Namespace, speech: Speech) -> int:
    from conformance.bundle.suite import suite_facts
    from conformance.office.cases.starting import make_test_office
    from conformance.standard.pack import standards_root

    if not arguments.test:
        speech.error("case.init.test-only")
        return NOT_DONE
    secret.cache_clear()
    if not secret("passphrase"):
        speech.error("case.init.no-passphrase")
        return NOT_DONE
    make_test_office(arguments.folder, now(), secret, (suite_facts()["digest"],), standards_root())
    speech.say("cli.office.made", folder=str(arguments.folder))
    speech.say("cli.office.made.next", folder=str(arguments.folder))
    return 0


def _intake(arguments: argparse.Namespace, desk: Desk, speech: Speech) -> int:
    from conformance.office.cases.flow import intake, read_opening

    opening = read_opening(arguments.opening) if arguments.opening else None
    case, refusals = intake(desk, arguments.file, opening)
    if not refusals:
        speech.say("cli.office.taken", case=case.id, state=_state(case, desk))
        return 0
    speech.error("cli.office.not-taken", case=case.id, state=_state(case, desk))
    for one in refusals:
        speech.error("cli.office.reason-line", word=one.word, told=rendered(one.message, speech))
    return REFUSED


def _receipt(arguments: argparse.Namespace, desk: Desk, speech: Speech) -> int:
    from conformance.office.cases.desk import RECEIPT
    from conformance.office.cases.flow import receipt

    case = receipt(desk, arguments.case)
    file = str(desk.submission(case.id, RECEIPT))
    speech.say("cli.office.receipted", case=case.id, index=case.fact("receipt")["index"], file=file)
    return 0


def _checkpoint(_arguments: argparse.Namespace, desk: Desk, speech: Speech) -> int:
    from conformance.office.cases.flow import routine

    speech.say("cli.office.published", size=routine(desk))
    return 0


def _draw(arguments: argparse.Namespace, desk: Desk, speech: Speech) -> int:
    from conformance.office.cases.desk import DRAW
    from conformance.office.cases.flow import draw_sample

    drawn = draw_sample(desk, arguments.case)
    file = str(desk.submission(arguments.case, DRAW))
    numbers = {"of": drawn.of, "drawn": len(drawn.drawn), "always": len(drawn.always)}
    speech.say("cli.office.drawn", case=arguments.case, file=file, **numbers)
    for id_ in (*drawn.always, *drawn.drawn):
        print(f"  {harmless(id_)}")
    return 0


def _compare(arguments: argparse.Namespace, desk: Desk, speech: Speech) -> int:
    from conformance.cli.at_desk import agrees
    from conformance.office.cases.flow import compare_rerun

    found = compare_rerun(desk, arguments.case, arguments.rerun, agrees)
    if not found.disagreements:
        speech.say("cli.office.agrees", case=arguments.case, n=found.n, of=found.of, level=found.level)
        return 0
    speech.error("cli.office.disagrees", case=arguments.case, number=len(found.disagreements))
    for one in found.disagreements:
        vendor, office = harmless(one.vendor) or "—", harmless(one.office) or "—"
        speech.error("cli.office.disagreement", id=harmless(one.id), vendor=vendor, office=office)
    return REFUSED


def _approve(arguments: argparse.Namespace, desk: Desk, speech: Speech) -> int:
    from conformance.office.cases.flow import approve

    case = approve(desk, arguments.case)
    level = str(case.fact("approve")["level"])
    speech.say("cli.office.approved", case=case.id, state=_state(case, desk), level=level)
    return 0


def _reject(arguments: argparse.Namespace, desk: Desk, speech: Speech) -> int:
    from conformance.office.cases.flow import reject

    case = reject(desk, arguments.case, arguments.reason)
    speech.say("cli.office.rejected", case=case.id, state=_state(case, desk))
    return 0


def _cases(_arguments: argparse.Namespace, desk: Desk, speech: Speech) -> int:
    for case in desk.store.cases.values():
        product = case.fact("intake")["product"]
        name = harmless(f"{product['vendor']}  {product['product']} {product['version']}")
        print(f"{case.id}  {getattr(_state(case, desk), speech.language)}  {case.number or '—'}  {name}")
    if not desk.store.cases:
        speech.say("cli.office.no-cases")
    return 0


def _show(arguments: argparse.Namespace, desk: Desk, speech: Speech) -> int:
    """The history of a case: when, who, what, and what was told of it."""
    from conformance.office.cases.naming import names
    from conformance.signing.canonical import canonical

    case = desk.store.case(arguments.case)
    print(f"{case.id}  {getattr(_state(case, desk), speech.language)}  {case.number}".rstrip())
    for one in case.events:
        name = getattr(names()["acts"][one.kind], speech.language)
        print(f"{one.time}  {one.person}{f' ({one.login})' if one.login else ''}  {name}")
        print(f"    {harmless(canonical(dict(one.body)).decode(), 1000)}")
    return 0


def _status(_arguments: argparse.Namespace, desk: Desk, speech: Speech) -> int:
    from conformance.office.cases.standing import renew_status

    desk.require_role("status", "keyholder", "clerk")
    renewed = renew_status(desk)
    speech.say("cli.office.renewed", sequence=renewed.sequence, until=renewed.valid_until)
    return 0


def _challenge(arguments: argparse.Namespace, desk: Desk, speech: Speech) -> int:
    from conformance.office.cases.flow import give_challenge, read_opening

    content = give_challenge(desk, read_opening(arguments.commitment), secrets.token_hex(32))
    arguments.output.write_bytes(content)
    speech.say("cli.office.challenged", file=str(arguments.output))
    return 0


def _state(case: Case, desk: Desk) -> Text:
    from conformance.office.cases.naming import names

    return names()["states"][case.shown_state(desk.actor.now)]
