"""What ``lubiao revoke``, ``suspend`` and ``reinstate`` share."""

from __future__ import annotations

import argparse
from pathlib import Path

from conformance.cli.at_desk import add_person, at_desk, told
from conformance.cli.speech import Speech


def add_change(parser: argparse.ArgumentParser, speech: Speech, act: str) -> None:
    """The arguments of a change of a certificate's standing."""
    from conformance.office.cases.model import reasons

    known = ", ".join(f"{one.word} ({one.text[speech.language]})" for one in reasons().values() if act in one.acts)
    parser.add_argument("number", metavar="NUMBER", help=speech.text("cli.standing.number"))
    parser.add_argument("--office", type=Path, required=True, metavar="DIR", help=speech.text("cli.certify.office"))
    parser.add_argument("--reason", required=True, metavar="WORD", help=speech.text("cli.standing.reason", known=known))
    parser.add_argument("--note", default="", help=speech.text("cli.standing.note"))
    add_person(parser, speech)


def change(arguments: argparse.Namespace, speech: Speech, act: str) -> int:
    """Change it: 0 done, 2 not done."""

    def changed() -> int:
        from conformance.office.cases import standing
        from conformance.office.cases.issuing import by_number
        from conformance.office.cases.naming import names

        with at_desk(arguments.office, arguments.person) as desk:
            case = by_number(desk, arguments.number)
            status = standing.change(desk, case, act, arguments.reason, arguments.note)
            state = names()["states"][desk.store.case(case.id).state]
        until = status.valid_until
        speech.say("cli.standing.done", number=arguments.number, state=state, sequence=status.sequence, until=until)
        return 0

    return told(changed, speech)
