"""How commands of the office open its folder for one person, and say what is refused."""

from __future__ import annotations

import argparse
import getpass
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.cli.speech import Speech
from conformance.messages import Param

if TYPE_CHECKING:
    from conformance.bundle.model import Bundle
    from conformance.messages import Message
    from conformance.office.cases.desk import Desk

#: Exit codes: not issued or not as the vendor said; not done, for a cause that the message gives.
REFUSED, NOT_DONE = 1, 2
#: The longest text of a vendor that is shown.
_SHOWN = 300


def add_person(parser: argparse.ArgumentParser, speech: Speech) -> None:
    """Who acts."""
    parser.add_argument("--as", dest="person", required=True, metavar="PERSON", help=speech.text("cli.office.as"))


def now() -> datetime:
    """The instant of the command, in the office's zone."""
    from conformance.office.settings import CHINA

    return datetime.now(CHINA).replace(microsecond=0)


def login() -> str:
    """The system account, as the system knows it: a variable of the environment says nothing."""
    if sys.platform == "win32":
        return getpass.getuser()
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


@cache
def secret(kind: str) -> bytes:
    """A pass phrase or a PIN, asked for once a command."""
    from conformance.cli.secrets import secret as ask

    return ask(kind)


def agrees(bundle: Bundle) -> bool | None:
    """Does the evidence, judged again, come to the report? None where that cannot be known."""
    from conformance.replay.rebuilding import ReplayError
    from conformance.replay.replaying import replay

    try:
        return replay(bundle).agrees
    except ReplayError:
        return None


@contextmanager
def at_desk(folder: Path, person: str) -> Iterator[Desk]:
    """The office of a folder, opened by a person."""
    from conformance.office.cases.desk import opened
    from conformance.standard.pack import standards_root

    secret.cache_clear()
    with opened(folder, standards_root(), person=person, login=login(), now=now(), secret=secret) as desk:
        yield desk


def told(act: Callable[[], int], speech: Speech) -> int:
    """The exit code of an act; what is refused is said on standard error."""
    from conformance.bundle.model import BundleError
    from conformance.office.cases.failing import CaseError, RefusedError
    from conformance.office.checkpoint import CheckpointError
    from conformance.office.events import EventError
    from conformance.office.log import LogError
    from conformance.office.settings import FILE, SettingsError
    from conformance.office.status import StatusError
    from conformance.signing.failing import SigningError
    from conformance.signing.keys import KeySetError

    try:
        return act()
    except SettingsError as error:
        for one in error.problems:
            text = harmless(one.message.render(speech.language))
            speech.error("cli.office.problem", file=FILE, line=one.line, told=text)
    except RefusedError as error:
        speech.error(error.id, **error.params)
        for reason in error.reasons:
            speech.error("cli.certify.why", told=rendered(reason, speech))
        return REFUSED
    except (CaseError, BundleError, CheckpointError, EventError, LogError, StatusError) as error:
        speech.error(error.id, **_harmless(error.params))
    except (SigningError, KeySetError) as error:
        speech.error(error.id, **_harmless(error.params))
    except OSError as error:
        name = Path(str(error.filename)).name if error.filename else "—"
        speech.error("case.unreadable", file=harmless(name), error=type(error).__name__)
    return NOT_DONE


def rendered(message: Message, speech: Speech) -> str:
    """A message that may hold texts of a vendor, as one bounded line."""
    return harmless(message.render(speech.language), 4 * _SHOWN)


def harmless(text: str, limit: int = _SHOWN) -> str:
    """A text of anybody, visible and bounded, as one line."""
    from conformance.report.harmless import shortened, visible

    return shortened(visible(text, line=True), limit)


def _harmless(params: object) -> dict[str, Param]:
    held: dict[str, Param] = dict(params) if isinstance(params, dict) else {}
    return {name: harmless(value) if isinstance(value, str) else value for name, value in held.items()}
