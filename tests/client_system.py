"""The reference client of the platform, as tests judge it: the pack's scenes with short delays, some of them."""

from __future__ import annotations

import importlib
import sys
import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from conformance.dialogue.platform.declared import client_spec
from conformance.dialogue.platform.running import Running, Starter, start
from conformance.dialogue.platform.scenes import Scenes, scenes_of
from conformance.dialogue.platform.session import judge_client
from conformance.dialogue.platform.spec import ClientSpec, Job
from conformance.judge.rulebook import Judged
from conformance.standard.standards import Standards
from conformance.system.declaration import read_declaration

FOLDER = Path(__file__).parents[1] / "fixtures" / "exchange-client"
#: Enough for a client with time-outs of 350 ms to lose patience, and for one that does not wait to be seen.
DELAY_MS, HOLD_MS = 800, 80


@cache
def standards() -> Standards:
    return Standards.load(read_declaration(FOLDER / "system.yaml").standards)


def scenes(only: Collection[str] = ()) -> Scenes:
    """The pack's scenes, all or those named."""
    whole = scenes_of(standards())
    short = (
        replace(one, delay_ms=min(one.delay_ms, DELAY_MS), hold_ms=min(one.hold_ms, HOLD_MS)) for one in whole.scenes
    )
    return replace(whole, scenes=tuple(one for one in short if not only or one.id in only))


def spec(switch: str = "", jobs: Collection[str] = ("fetch", "deliver")) -> ClientSpec:
    """The declared client with a switch thrown, started by this Python, with these jobs."""
    declaration = read_declaration(FOLDER / "system.yaml")
    target = declaration.targets[0]
    declared = client_spec(target, declaration, standards(), as_of=target.as_of, seed=7, environ={})

    def started(job: Job | None) -> Job | None:
        if job is None:
            return None
        _, program, *rest = job.command
        extra = (f"--break={switch}",) if switch else ()
        return Job(job.interface, (sys.executable, "-S", "-E", program, *extra, *rest))

    return replace(
        declared,
        fetch=started(declared.fetch) if "fetch" in jobs else None,
        deliver=started(declared.deliver) if "deliver" in jobs else None,
        seconds=30,
    )


def judged(
    switch: str = "",
    jobs: Collection[str] = ("fetch", "deliver"),
    only: Collection[str] = (),
    starter: Starter = start,
) -> Judged:
    """What the client comes to."""
    declared = spec(switch, jobs)
    return judge_client(declared, standards().services, standards(), scenes=scenes(only), starter=starter)


class _Here:
    """A job as a function in a thread of this process."""

    def __init__(self, command: Sequence[str], over: Callable[[], None]) -> None:
        self._arguments, self._over = list(command[command.index("client.py") + 1 :]), over
        self._code: int | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        self._code = _main()(self._arguments)
        self._over()

    def code(self) -> int | None:
        return self._code

    def end(self) -> None:
        """It ends by itself: nobody answers any more."""


def start_here(command: Sequence[str], folder: Path, over: Callable[[], None]) -> Running:
    """Start the reference client without a process."""
    return _Here(command, over)


@cache
def _main() -> Callable[[list[str]], int]:
    sys.path.insert(0, str(FOLDER))
    try:
        importlib.import_module("broken")
        main: Callable[[list[str]], int] = importlib.import_module("client").main
        return main
    finally:
        sys.path.remove(str(FOLDER))


def red(found: Judged) -> set[str]:
    """The rules that are broken."""
    return {rule for (rule, _), tally in found.tallies.items() if tally.violations}
