"""Work on many certificates: nothing is left out on the way to the cores, and nothing that goes wrong there is lost."""

from __future__ import annotations

import os

import pytest

from conformance.register.refusing import RegisterError
from conformance.register.spreading import LEAST, spread


@pytest.fixture(autouse=True)
def cores(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine of three cores, whatever this one has."""
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0, 1, 2})


@pytest.mark.parametrize("number", [0, 1, LEAST, 2 * LEAST - 1, 2 * LEAST, 5 * LEAST + 7])
def test_each_thing_is_worked_on_once_and_in_order(number: int) -> None:
    things = range(number)
    parts = spread(lambda part: (os.getpid(), list(things[part])), number)
    assert [one for _, several in parts for one in several] == list(things)
    assert len({process for process, _ in parts}) == max(1, min(3, number // LEAST))


@pytest.mark.parametrize("fault", [0, LEAST, 3 * LEAST - 1])
def test_the_first_fault_is_told_wherever_it_was_found(fault: int) -> None:
    def work(part: slice) -> None:
        if part.start <= fault < part.stop:
            raise RegisterError(f"{fault}.json", "register.refused.leg", algorithms="SM2")

    with pytest.raises(RegisterError) as error:
        spread(work, 3 * LEAST)
    assert error.value.file == f"{fault}.json"
    assert "SM2" in error.value.told.render("en")


def test_a_process_that_dies_is_no_success() -> None:
    here = os.getpid()

    def work(_part: slice) -> int:
        if os.getpid() != here:
            os._exit(9)
        return 1

    with pytest.raises(OSError, match="ended"):
        spread(work, 3 * LEAST)
