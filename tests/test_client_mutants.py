"""The reference client is whole, and each of its switches breaks the rule that it names and no other.

A switch of one job is judged in the scenes of that job, one that every request shows in few of them, and (but for those
that would never end) as a function instead of a process. All scenes, all switches and processes are the kill matrix's.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import yaml
from client_system import FOLDER, judged, red, scenes, start_here

from conformance.dialogue.platform.running import start
from conformance.judge.rulebook import Judged
from conformance.judge.service.client_calls import CALL_RULES
from conformance.judge.service.rules import CLIENT_RULES

SWITCHES: Mapping[str, Mapping[str, Any]] = yaml.safe_load((FOLDER / "switches.yaml").read_text("utf-8"))
#: Near misses and rules over requests that are a matter of delivering; of the others those that are.
DELIVERING = {
    "sends_fields_that_nobody_registered",
    "labels_json_as_text",
    "sends_bodies_in_gb",
    "begins_bodies_with_a_mark",
    "number_in_url",
    "lays_out_json_in_another_way",
}
DELIVERING_RULES = ("client-repeat", "client-order")
#: Where every request is wrong, scenes that show how the platform takes it.
FEW = ("fetch-well", "fetch-broken", "deliver-well", "deliver-no-receipt")
#: Scenes that only the switches of their own rule are judged in.
OWN = {"fetch-bad-signature": "client-refusal", "fetch-other-host": "client-tls", "fetch-expired": "client-tls"}
ENDLESS = ("retries_for_ever_without_pause",)
AT_ONCE = 6


def jobs_of(switch: str) -> tuple[str, ...]:
    delivers = switch in DELIVERING or SWITCHES[switch]["rule"] in DELIVERING_RULES
    return ("deliver",) if delivers else ("fetch",)


def judge_switch(switch: str) -> Judged:
    rule = SWITCHES[switch]["rule"]
    few = FEW if rule in CALL_RULES else [one.id for one in scenes().scenes if OWN.get(one.id, rule) == rule]
    return judged(switch, jobs_of(switch), few, starter=start if switch in ENDLESS else start_here)


@pytest.fixture(scope="module")
def results() -> Mapping[str, Judged]:
    """Every switch, several at once: most of the time is waiting."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return dict(zip(SWITCHES, pool.map(judge_switch, SWITCHES), strict=True))


@pytest.mark.parametrize("switch", SWITCHES)
def test_a_switch_breaks_its_rule_and_no_other(switch: str, results: Mapping[str, Judged]) -> None:
    rule = SWITCHES[switch]["rule"]
    assert red(results[switch]) == ({rule} if rule else set())
    hindered = [rule for (rule, _), tally in results[switch].tallies.items() if tally.hindered]
    assert hindered == []


def test_every_rule_of_a_client_is_broken_by_a_switch() -> None:
    assert {one["rule"] for one in SWITCHES.values()} - {""} == set(CLIENT_RULES)


def test_every_switch_is_told_in_both_languages() -> None:
    assert all(one.keys() == {"rule", "zh", "en"} and one["zh"] and one["en"] for one in SWITCHES.values())
