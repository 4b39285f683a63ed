"""A finding in dispute, packed: the clause, the evidence, a second opinion, and proof."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bundle_made import RED, finding, forged, made
from dispute_made import bundle, checked, contents_of, spoilt, tampered, value, whole_other_bundle

from conformance.bundle.archive import write_archive
from conformance.bundle.model import MANIFEST
from conformance.bundle.reading import bundle_of
from conformance.bundle.records import Record
from conformance.evidence.record import record_of
from conformance.messages import message
from conformance.replay.dispute import dispute, dispute_contents
from conformance.replay.dispute_opinion import held_standards, opinion
from conformance.replay.dispute_record import DisputeError, finding_record
from conformance.standard.standards import Standards, text_digest


def test_the_pack_holds_and_says_what_the_bundle_says(tmp_path: Path) -> None:
    contents = contents_of()
    told = value(contents)
    assert set(contents) == {"dispute.json", "dispute.md", "README.md", "manifest.json", "record.json", "census.json"}
    assert contents["manifest.json"] == made()[MANIFEST]
    assert contents["record.json"] in bundle().chain.lines
    assert contents["census.json"] in bundle().chain.lines
    assert told["finding"] == {**finding(bundle().report), "samples": []}
    assert (told["tally"]["checked"], told["tally"]["violations"], told["tally"]["verdict"]) == (2, 1, "fail")
    assert told["tally"]["inputs"][0]["reason"] == "found.blank"
    for digest in bundle().digest.values():
        holds = checked(tmp_path, contents, digest)
        assert (holds.finding, holds.verdict, holds.complete) == (RED, "fail", True)


def test_the_clause_is_the_packs_with_its_digests() -> None:
    standards = Standards.load([("db37-4223.1", "2020")])
    told = value(contents_of())["requirement"]
    requirement = standards.requirements["DE-BLANK"]
    assert told["textDigest"] == text_digest(requirement)
    assert told["text"] == {"zh": requirement.text.zh, "en": requirement.text.en}
    assert told["pack"]["digest"] == standards.packs["data-elements"].digest


def test_every_finding_of_the_bundle_can_be_packed_and_checked(tmp_path: Path) -> None:
    results = {}
    for entry in bundle().report["findings"][::3]:
        contents = contents_of(entry["id"])
        assert checked(tmp_path, contents).finding == entry["id"]
        results[entry["level"], value(contents)["opinion"]["result"]] = entry["id"]
    assert ("value", "agrees") in results
    assert not {result for _, result in results} & {"differs"}


def test_the_same_bundle_gives_the_same_pack() -> None:
    assert dispute(bundle(), RED) == dispute(bundle(), RED) == write_archive(contents_of())


def test_an_opinion_differs_where_somebody_cleaned_the_record() -> None:
    """The record says no violation, the census still holds the blank."""
    told = value(whole_other_bundle())
    assert told["tally"]["verdict"] == "pass"
    assert told["opinion"]["result"] == "differs"
    assert told["opinion"]["forms"] == [{"form": "一一一 ", "kept": "shape", "count": 1}]


def test_an_opinion_over_shapes_leaves_open_what_shapes_do_not_tell() -> None:
    told = value(contents_of("DE-CHECK[population.person.公民身份号码]"))
    assert told["opinion"]["result"] == "compatible"
    assert told["opinion"]["counts"]["unknown"] == 2


@pytest.mark.parametrize("level", ["record", "dataset", "table", "package", "service", "access"])
def test_where_nothing_can_be_judged_again_it_says_what_the_run_had(level: str) -> None:
    body = next(body for body in bundle().chain.of("finding") if body["column"] is None)
    told = opinion(record_of(body), level, None, None)
    assert told["result"] == "none"
    assert told["words"]["zh"] != told["words"]["en"]


def test_packs_are_held_only_where_all_are_in_the_same_state() -> None:
    packs = bundle().manifest["packs"]
    assert held_standards(packs) is not None
    assert held_standards([{**packs[0], "digest": "sha256:" + "0" * 64}, *packs[1:]]) is None
    assert held_standards([{**packs[0], "id": "../" + packs[0]["id"]}, *packs[1:]]) is None
    assert held_standards([{**packs[0], "edition": "1066"}, *packs[1:]]) is None
    assert held_standards(packs[1:]) is None, "what it depends on is not named"


def test_records_that_were_not_counted_are_left_open() -> None:
    body = next(body for body in bundle().chain.of("census") if body["label"] == "姓名")
    record = next(r for r in map(record_of, bundle().chain.of("finding")) if r.id == RED)
    told = opinion(record, "value", {**body, "of": 5, "complete": False}, held_standards(bundle().manifest["packs"]))
    assert (told["result"], told["counts"]["unknown"]) == ("compatible", 3)
    whole = opinion(record, "value", body, held_standards(bundle().manifest["packs"]))
    assert (whole["result"], whole["counts"]["unknown"]) == ("agrees", 0)


@pytest.mark.parametrize(
    "edit",
    [
        lambda body: body.pop("tally"),
        lambda body: body["tally"].update(violations="1"),
        lambda body: body["tally"].update(violations=-1),
        lambda body: body["tally"].update(violations=True),
        lambda body: body["samples"][0]["reason"].update(id="no.such.text"),
        lambda body: body["samples"][0]["reason"].update(id="found.length"),
        lambda body: body["samples"][0]["reason"].update(params={"a": [1]}),
        lambda body: body["samples"][0].update(reason=None),
        lambda body: body["samples"][0].update(key=[["a"]]),
        lambda body: body.update(rule=7),
        lambda body: body.update(note="more"),
        lambda body: body.update(clause={"standard": "x", "number": "y", "provenance": "none"}),
    ],
)
def test_a_record_that_no_run_writes_is_refused(edit: Callable[[Any], object]) -> None:
    with pytest.raises(DisputeError) as caught:
        dispute(spoilt(edit), RED)
    assert caught.value.id == "dispute.malformed"


def test_a_finding_without_a_record_or_with_two_is_refused() -> None:
    none = bundle_of(forged(records=lambda held: [r for r in held if tampered(r) is r]))
    two = bundle_of(forged(records=lambda held: [*held, next(r for r in held if tampered(r) is not r)]))
    for other in (none, two):
        with pytest.raises(DisputeError) as caught:
            dispute(other, RED)
        assert caught.value.id == "dispute.no-record"


def test_a_census_that_nobody_understands_gives_no_opinion() -> None:
    def broken(record: Record) -> Record:
        return Record(record.kind, {**record.body, "rows": -1}) if record.kind == "census" else record

    other = bundle_of(forged(records=lambda held: [broken(record) for record in held]))
    assert value(dispute_contents(other, RED))["opinion"]["words"] == message("dispute.opinion-malformed").both()


def test_a_record_is_read_as_it_was_written() -> None:
    for body in bundle().chain.of("finding"):
        assert finding_record(body) == record_of(body)
