"""A bundle read apart: in a process with limits, a time-out, an empty environment and a folder of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from conformance.evidence.record import message_of
from conformance.office.admission import Refusal
from conformance.office.cases.apart import TERMS, WRITTEN
from conformance.office.cases.facts import Facts, FormalTerms, facts_from
from conformance.office.cases.failing import CaseError
from conformance.signing.canonical import NotCanonicalError, canonical, parse

#: Seconds that reading a bundle may take.
TIMEOUT = 600.0
_BOOT = (
    "import sys; sys.path.insert(0, sys.argv[1]); from conformance.office.cases.apart import main; main(sys.argv[2])"
)


@dataclass(frozen=True)
class ReadApart:
    """A bundle that could be read: its facts, and why it is not taken further, if so."""

    facts: Facts
    refusals: tuple[Refusal, ...]


def read_apart(path: Path, terms: FormalTerms, *, timeout: float = TIMEOUT, boot: str = _BOOT) -> ReadApart:
    """Read a bundle (folder or ZIP) in a process of its own; raises :class:`CaseError` where it is none, and where the
    process came to an end otherwise than by an answer. ``boot`` is what that process runs.
    """
    with tempfile.TemporaryDirectory(prefix="lubiao-intake-") as folder:
        answer = Path(folder) / "answer.json"
        (Path(folder) / TERMS).write_bytes(canonical(asdict(terms)))
        code = _run(
            [sys.executable, "-I", "-c", boot, str(_root()), str(path.resolve())], Path(folder), answer, timeout
        )
        with answer.open("rb") as file:
            content = file.read(WRITTEN + 1)
    if code is None:
        raise CaseError("case.sandbox.timeout", seconds=int(timeout))
    if code:
        raise CaseError("case.sandbox.ended", code=code)
    return _answered(content)


def _answered(content: bytes) -> ReadApart:
    """The answer; what comes out of that process is believed no more than what went in."""
    try:
        value: Any = parse(content, limit=WRITTEN)
        if set(value) == {"refused"}:
            told = message_of(value["refused"])
            if told is None:
                raise ValueError("no message")
            told.both()
        else:
            facts, refusals = facts_from(value)
            for one in refusals:
                one.message.both()
            return ReadApart(facts, refusals)
    except (NotCanonicalError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise CaseError("case.sandbox.answer") from error
    raise CaseError(told.id, **told.params)


def _run(command: list[str], folder: Path, answer: Path, timeout: float) -> int | None:
    """The exit code of the process, None where it took too long; all that it started is ended with it."""
    environment = {"LANG": "C.UTF-8", "TMPDIR": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    with answer.open("wb") as out:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and our own text
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            env=environment,
            start_new_session=True,
        )
        try:
            return process.wait(timeout)
        except subprocess.TimeoutExpired:
            return None
        finally:
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    if sys.platform == "win32":
        process.kill()
    else:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _root() -> Path:
    """The folder that holds the package."""
    return Path(__file__).parents[3]
