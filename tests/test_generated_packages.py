"""Generated packages: whole ones pass schema, stream and content; a broken facet turns its requirement red, alone.

Two thousand of each, from seeds, over every dataset and format, through the same way that a run takes.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor

import pytest
from generated_packages import broken_case, whole_case

CASES = 2000


@pytest.fixture(scope="module")
def pool() -> Iterator[ProcessPoolExecutor]:
    """Processes that judge small data: one a core, and one thread of Polars each."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("POLARS_MAX_THREADS", "1")
        spawned = multiprocessing.get_context("spawn")  # Polars does not survive a fork
        with ProcessPoolExecutor(os.cpu_count() or 1, spawned) as several:
            yield several


@pytest.mark.parametrize("judge", [whole_case, broken_case])
def test_generated_packages(judge: Callable[[int], str], pool: ProcessPoolExecutor) -> None:
    """Accepted by schema, stream and content alike; or refused for the broken facet's requirement, and no other."""
    answers = list(pool.map(judge, range(CASES), chunksize=20))
    assert [answer for answer in answers if answer] == []
    assert len(answers) == CASES
