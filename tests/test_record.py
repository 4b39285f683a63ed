"""A finding's record is all that its finding is made of: through canonical JSON and back, nothing is lost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_system import SmallSystem, faulty, waiver

from conformance.bundle.records import FINDING, RUN
from conformance.bundle.run_record import kept_run_of, kept_run_value
from conformance.evidence.record import (
    message_of,
    message_value,
    record_of,
    record_value,
    storable_value,
)
from conformance.judge.rulebook import Location, Tally
from conformance.judge.verdict import Reproduction, Sample
from conformance.messages import Message
from conformance.run import prepare
from conformance.signing.canonical import canonical, parse
from conformance.standard.model import Text

PARAMS = st.one_of(st.text(max_size=20), st.integers(-(2**53) + 1, 2**53 - 1), st.builds(Text, st.text(), st.text()))
SYSTEMS = {
    "conforming": SmallSystem(),
    "faulty": faulty(),
    "empty": SmallSystem(rows=()),
    "waived": SmallSystem(rows=faulty().rows, more={"waivers": [waiver("DE-BLANK", "姓名")]}),
}


def through(value: Any) -> Any:
    return parse(canonical(value), limit=1 << 20)


@pytest.mark.parametrize("name", SYSTEMS)
def test_every_record_of_a_run_comes_back(tmp_path: Path, name: str) -> None:
    run = prepare(SYSTEMS[name].write(tmp_path))
    for assignment in run.plan.assignments:
        run.finding(assignment)
    ended = run.ended()
    bodies = [record.body for record in ended.records if record.kind == FINDING]
    assert len(bodies) == len(ended.report["findings"]) >= 20
    assert [record_value(record_of(through(body))) for body in bodies] == bodies
    kept = next(record.body for record in ended.records if record.kind == RUN)
    assert kept_run_value(kept_run_of(through(kept))) == kept


@given(st.dictionaries(st.from_regex("[a-z]{1,8}", fullmatch=True), PARAMS, max_size=4))
def test_a_message_says_the_same_after_it(params: dict[str, Any]) -> None:
    told = Message("some.id", params)
    back = message_of(through(storable_value(message_value(told))))
    assert back is not None
    shown = message_value(back)
    assert shown == storable_value(message_value(told))


def test_whatever_stands_in_a_sample_can_be_kept() -> None:
    """Lone surrogates, other normal forms, places and calls."""
    awkward = "e\u0301 \ud800 \x00 〔〕 𠀀"
    sample = Sample(
        3,
        (("键\ud800", awkward),),
        (("a", awkward), ("a", "twice")),
        Message("x", {"value": awkward}),
        Location(awkward, 4, "/a"),
        Reproduction("curl " + awkward, "print()"),
    )
    run = json.loads(
        '{"requirement":"R","target":"t","dataset":"d","column":null,"element":null,"rule":"r","label":"l",'
        '"clause":{"standard":"s","number":"1","provenance":"text"},"provenance":"adopted","expected":null,'
        '"tally":{"checked":1,"violations":1,"undecided":0,"ours":false,"evidence":[],"hindered":null,"unasked":null,'
        '"blind":null,"idle":null,"broken":null},"rows":1,"around":false,"samples":[],"waiver":null,"error":"",'
        '"reached":true}'
    )
    record = record_of(run)
    assert record.tally == Tally(checked=1, violations=1)
    body = record_value(type(record)(**{**vars(record), "samples": (sample,)}))
    assert record_value(record_of(through(body))) == body
    assert "é 〔U+D800〕" in body["samples"][0]["values"][0][1]
