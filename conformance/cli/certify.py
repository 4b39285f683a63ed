"""``lubiao certify``: issue the certificate of an approved case, or finish issuing it."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.cli.at_desk import add_person, agrees, at_desk, told
from conformance.cli.speech import Speech

if TYPE_CHECKING:
    from conformance.office.cases.desk import Desk


def add(parser: argparse.ArgumentParser, speech: Speech) -> None:
    """The arguments of the command."""
    parser.add_argument("subject", metavar="CASE|BUNDLE", help=speech.text("cli.certify.subject"))
    parser.add_argument("--office", type=Path, required=True, metavar="DIR", help=speech.text("cli.certify.office"))
    parser.add_argument("--class", dest="classes", action="append", default=[], help=speech.text("cli.certify.class"))
    parser.add_argument("--supersedes", action="append", default=[], help=speech.text("cli.certify.supersedes"))
    add_person(parser, speech)


def run(arguments: argparse.Namespace, speech: Speech) -> int:
    """Issue one certificate: 0 issued, 1 refused with every reason, 2 not done."""

    def act() -> int:
        with at_desk(arguments.office, arguments.person) as desk:
            return issued(desk, _case(desk, arguments.subject), arguments, speech)

    return told(act, speech)


def issued(desk: Desk, case: str, arguments: argparse.Namespace, speech: Speech) -> int:
    """Issue, typeset and seal; what was done already stays as it is."""
    from conformance.office.cases.issuing import Wish, issue
    from conformance.office.cases.paper import make_paper, put_seal

    wish = Wish(tuple(dict.fromkeys(arguments.classes)), tuple(arguments.supersedes))
    number = issue(desk, case, wish, agrees)
    speech.say("cli.certify.issued", number=number, file=str(desk.certificate(number)))
    if desk.office.test:
        speech.say("cli.certify.test")
    paper = make_paper(desk, case)
    if paper is None:
        speech.say("cli.certify.no-pdf")
    else:
        speech.say("cli.certify.pdf", file=str(paper))
    if (sealed := put_seal(desk, case)) is not None:
        speech.say("cli.certify.sealed", file=str(sealed))
    return 0


def _case(desk: Desk, subject: str) -> str:
    """The case of that id, or the one that is about the bundle at that path."""
    from conformance.office.cases.failing import CaseError
    from conformance.office.cases.sandbox import read_apart

    if subject in desk.store.cases:
        return subject
    path = Path(subject)
    if not path.exists():
        raise CaseError("case.unknown", case=subject)
    digest = read_apart(path, desk.formal_terms()).facts.digest
    found = [case for case in desk.store.cases.values() if case.bundle == digest and case.state != "rejected"]
    if not found:
        raise CaseError("cli.certify.no-case")
    return found[-1].id
