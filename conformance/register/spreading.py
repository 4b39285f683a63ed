"""Work on many certificates, spread over the cores of the machine."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable
from itertools import pairwise
from multiprocessing.connection import Connection
from typing import TypeVar

#: Fewer than so many are not worth another process.
LEAST = 500

Result = TypeVar("Result")


def spread(work: Callable[[slice], Result], number: int) -> list[Result]:
    """What ``work`` makes of each part of ``number`` things, in order.

    Processes are forked, so that what the work looks at need not be copied; where a system cannot fork, or there is
    little to do, everything is done here. Whatever work raises is raised; a process that dies is an OSError.
    """
    cores = min(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1, number // LEAST)
    if cores < 2 or "fork" not in multiprocessing.get_all_start_methods():  # noqa: PLR2004 - nobody to share with
        return [work(slice(0, number))]
    bounds = [number * place // cores for place in range(cores + 1)]
    parts = [slice(first, last) for first, last in pairwise(bounds)]
    context = multiprocessing.get_context("fork")
    started = []
    for part in parts[1:]:
        here, there = context.Pipe(duplex=False)
        process = context.Process(target=_tell, args=(there, work, part), daemon=True)
        process.start()
        there.close()
        started.append((process, here))
    results = [work(parts[0])]
    for process, here in started:
        try:
            result, error = here.recv()
        except EOFError as ended:
            raise OSError("a process that was to help ended") from ended
        process.join()
        if error is not None:
            raise error
        results.append(result)
    return results


def _tell(there: Connection, work: Callable[[slice], Result], part: slice) -> None:
    try:
        there.send((work(part), None))
    except Exception as error:  # noqa: BLE001 - raised again by who waits
        there.send((None, error))
