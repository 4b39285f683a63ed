"""``lubiao plan``: what will be judged, and why the rest does not apply. Reads no data but the files' heads."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from conformance.cli.speech import Speech


def add(parser: argparse.ArgumentParser, speech: Speech) -> None:
    """The arguments of the command."""
    parser.add_argument("system", type=Path, help=speech.text("cli.system"))


def run(arguments: argparse.Namespace, speech: Speech) -> int:
    """Print the plan."""
    from conformance.run import prepare
    from conformance.system.problem import ConfigurationError
    from conformance.words import problem_lines

    try:
        plan = prepare(arguments.system).plan
    except ConfigurationError as error:
        print("\n".join(problem_lines(error, arguments.system, speech.language)), file=sys.stderr)
        return 2
    speech.say("cli.plan.judged", number=len(plan.assignments))
    for one in plan.assignments:
        title = getattr(one.requirement.title, speech.language)
        print(f"  {one.id}  {title}  [{one.clause.standard} {one.clause.number}, {one.provenance.word}]")
    speech.say("cli.plan.omitted", number=len(plan.omissions))
    for omission in plan.omissions:
        print(f"  {omission.requirement.id}[{omission.target}]  {omission.reason.render(speech.language)}")
    return 0 if plan.assignments else 3
