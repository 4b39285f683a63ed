"""Starting a client's job: no shell, a process group of its own that ends with it, and nothing kept of its prints.

A process that left the group is known by a mark in its environment, where the system shows it (Linux).
"""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol

#: Under this name every process of a job bears the job's mark. The key of pseudonyms is none of its business.
MARK, KEPT_BACK = "LUBIAO_JOB", "LUBIAO_PSEUDONYM_KEY"

#: How long after it was ended a process may take to be gone.
_GRACE_SECONDS = 5.0
_PROCESSES = Path("/proc")
#: How often whatever bears the mark is looked for: while it is, it may start others.
_ROUNDS = 20


class Running(Protocol):
    """A job that was started."""

    def code(self) -> int | None:
        """How it ended; None while it runs."""

    def end(self) -> None:
        """End it and whatever it started."""


#: Starts a command in a folder and calls back when it is over; raises OSError where it cannot be started.
Starter = Callable[[Sequence[str], Path, Callable[[], None]], Running]


def filled(command: Sequence[str], places: Mapping[str, str]) -> tuple[str, ...]:
    """The command with ``{url}`` and the like replaced, wherever they stand in its words; other braces stay."""
    words = []
    for word in command:
        text = word
        for name, value in places.items():
            text = text.replace(f"{{{name}}}", value)
        words.append(text)
    return tuple(words)


class _Process:
    def __init__(self, command: Sequence[str], folder: Path, over: Callable[[], None]) -> None:
        self._mark = secrets.token_hex(16)
        self._process = subprocess.Popen(  # noqa: S603 - the declaration's own command, without a shell
            list(command),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            env={**{name: value for name, value in os.environ.items() if name != KEPT_BACK}, MARK: self._mark},
        )
        self._code: int | None = None
        self._over = over
        self._waiting = threading.Thread(target=self._wait, daemon=True)
        self._waiting.start()

    def _wait(self) -> None:
        # Not reaped before its group is ended: until then its id cannot be anybody else's.
        os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOWAIT)
        self._end_group()
        self._code = self._process.wait()
        _end_marked(self._mark)
        self._over()

    def _end_group(self) -> None:
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            return

    def code(self) -> int | None:
        return self._code

    def end(self) -> None:
        if self._waiting.is_alive():
            self._end_group()
        self._waiting.join(_GRACE_SECONDS)


def _end_marked(mark: str) -> None:
    """End every process that bears the mark, however it left its group."""
    if sys.platform != "linux":
        return
    for _ in range(_ROUNDS):
        if not [pid for pid in _pids() if _ended(pid, f"{MARK}={mark}".encode())]:
            return


def _pids() -> list[int]:
    with suppress(OSError):
        return [int(one.name) for one in _PROCESSES.iterdir() if one.name.isdecimal()]
    return []


def _ended(pid: int, mark: bytes) -> bool:
    """End a process that bears the mark; held by a descriptor, so that its number cannot become somebody else's."""
    try:
        held = os.pidfd_open(pid)
    except OSError:
        return False
    try:
        if mark not in (_PROCESSES / str(pid) / "environ").read_bytes().split(b"\0"):
            return False
        signal.pidfd_send_signal(held, signal.SIGKILL)
    except OSError:
        return False
    finally:
        os.close(held)
    return True


def start(command: Sequence[str], folder: Path, over: Callable[[], None]) -> Running:
    """Start a job as a process."""
    return _Process(command, folder, over)
