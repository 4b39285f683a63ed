"""Transfers against a node in memory, conforming or with one fault: a fault turns its own rule red, and no other."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from conformance.dialogue import transfer_machine
from conformance.dialogue.calls import operated, transfer_call
from conformance.dialogue.effect import NO_EFFECT, Effect, Naming
from conformance.dialogue.state import Unseen, seen, snapshot
from conformance.dialogue.talk import NodeSpec, Talk
from conformance.dialogue.transfer import RULES, judge_transfers
from conformance.dialogue.transfer_bench import Bench
from conformance.dialogue.transfer_supply import Supply
from conformance.judge.service.answers import Case
from conformance.judge.service.model import Answer, Call
from conformance.judge.service.rules import ANSWER_RULES, ERROR_RULES, TRANSFER_RULES
from conformance.judge.service.stored import Key, Record
from conformance.messages import message
from conformance.standard.pack import standards_root
from conformance.standard.services.model import Interface, Registration, ServiceRules
from conformance.standard.services.reading import interface_of, read_service_rules
from conformance.standard.standards import Standards

AS_OF = "20261121"
T, Q, D = "t", "q", "d"
FIELDS = {
    "TYSHXYDM": ("4223.2-05-001", "1"),
    "JGMC": ("4223.2-05-005", "1"),
    "HZRQ": ("4223.2-05-024", "1"),
    "ZS": ("4223.2-05-045", "1"),
    "ZSXZQHDM": ("4223.2-05-046", "1"),
    "JGLXDH": ("4223.2-05-052", "0..1"),
    "JYFW": ("4223.2-05-057", "1"),
}
#: What is wrong with the node, by name, and the rule that says so; see :class:`FakeNode`.
FAULTS = {
    "stores_nothing": "transfer-stored",
    "ignores_updates": "transfer-stored",
    "ignores_deletions": "transfer-stored",
    "inserts_twice": "transfer-stored",
    "counts_one_record_too_many": "transfer-stored",
    "truncates_names": "transfer-values",
    "loses_optional_fields": "transfer-values",
    "knows_no_rare_characters": "transfer-values",
    "doubles_on_resend": "transfer-repeat",
    "refuses_a_resend": "transfer-repeat",
    "gives_another_receipt": "transfer-repeat",
    "revives_on_resend": "transfer-repeat",
    "takes_other_content": "transfer-conflict",
    "overwrites_on_insert": "transfer-conflict",
    "takes_a_key_twice": "transfer-conflict",
    "accepts_a_gap": "transfer-order",
    "accepts_any_beginning": "transfer-order",
    "keeps_half_of_a_bad_batch": "transfer-atomic",
    "skips_bad_records": "transfer-atomic",
    "keeps_an_interrupted_batch": "transfer-interrupted",
    "loses_what_was_interrupted": "transfer-interrupted",
    "refuses_what_was_interrupted": "transfer-interrupted",
    "shares_series_between_senders": "transfer-senders",
    "loses_one_of_two_at_once": "transfer-senders",
    "drops_the_first_batch_at_the_third": "transfer-kept",
    "drops_a_record_of_the_batch_before_last": "transfer-kept",
    "stores_before_refusing": "no-effect",
    "deletes_other_rows_at_the_fourth": "transfer-kept",
    "tells_another_code_for_conflicts": "error-code",
    "crashes_on_a_gap": "error-server",
}
NEAR_MISSES = ("gives_rows_backwards", "gives_longer_receipts", "answers_an_interrupted_upload")


@cache
def standards() -> Standards:
    return Standards.load((("exchange", "2019"), ("db37-4223.2", "2020")))


@cache
def rules() -> ServiceRules:
    return read_service_rules(standards_root() / "services" / "2020")


@cache
def interface(id_: str) -> Interface:
    fields = [{"name": name, "element": element, "occurs": occurs} for name, (element, occurs) in FIELDS.items()]
    asked = {T: list(FIELDS), Q: ["TYSHXYDM", "JGMC"], D: ["ZSXZQHDM"]}[id_]
    raw: dict[str, Any] = {
        "id": id_,
        "class": {Q: "1", T: "3", D: "4"}[id_],
        "path": f"/{id_}",
        "request": "json" if id_ == T else "query",
        "paging": "page" if id_ == Q else "none",
        "parameters": [one for one in fields if one["name"] in asked],
        "results": [] if id_ == T else fields,
        "key": ["TYSHXYDM"],
        "date": "HZRQ",
        "limits": {"page_size": 10, "records": 100},
    }
    made = interface_of(Registration(id_, f"{id_}.yaml", raw), standards().elements, rules())
    assert made is not None
    return made


class Refused(Exception):  # noqa: N818 - what happened
    """A refusal of the catalogue."""


class FakeNode:
    """A node in memory, and a ``Line`` to it: it conforms but for the faults that are named."""

    def __init__(self, *faults: str) -> None:
        self.faults = set(faults)
        self.rows: list[dict[str, str]] = [{name: f"{name}{n}" for name in FIELDS} for n in range(3)]
        for row, record in zip(self.rows, Supply(_talk(self), interface(T)).peek(3), strict=True):
            row["ZSXZQHDM"] = record["ZSXZQHDM"]
        self.batches: dict[tuple[str, str, int], tuple[str, str, list[dict[str, str]]]] = {}
        self.cut: set[str] = set()
        self.calls = 0

    def send(self, call: Call) -> Answer:
        self.calls += 1
        if call.cut_after is not None:
            return self._cut_off(call)
        try:
            return {Q: self._query, D: self._file, T: self._transfer}[call.interface](call)
        except Refused as refused:
            error = rules().errors[str(refused)]
            return _answer(error.status, error.code, None)

    def send_together(self, calls: Sequence[Call]) -> tuple[Answer, ...]:
        answers = tuple(self.send(call) for call in calls)
        if "loses_one_of_two_at_once" in self.faults:
            for record in self._records(calls[-1]):
                self._drop(record)
        return answers

    def _query(self, call: Call) -> Answer:
        asked = {name: value for name, value in call.query if name in FIELDS}
        rows = [row for row in self.rows if asked.items() <= row.items()]
        page, size = (int(dict(call.query)[name]) for name in ("PAGE", "PAGENUM"))
        return _answer(200, "00000", {"total": len(rows), "rows": self._given(rows)[(page - 1) * size : page * size]})

    def _file(self, call: Call) -> Answer:
        rows = [row for row in self.rows if dict(call.query).items() <= row.items()]
        return Answer(200, (), "".join(json.dumps(row) + "\n" for row in self._given(rows)).encode())

    def _given(self, rows: list[dict[str, str]]) -> list[dict[str, str]]:
        return rows[::-1] if "gives_rows_backwards" in self.faults else rows

    def _records(self, call: Call) -> list[dict[str, str]]:
        return list(json.loads(call.body or b"")["records"])

    def _cut_off(self, call: Call) -> Answer:
        if {"loses_what_was_interrupted", "refuses_what_was_interrupted"} & self.faults:
            self.cut.add(call.client)
        if "keeps_an_interrupted_batch" in self.faults and call.cut_after == len(call.body or b"") - 1:
            for record in self._records(call):
                self._put({name: text for name, text in record.items() if name in FIELDS})
        if "answers_an_interrupted_upload" in self.faults:
            return _answer(400, "40006", None)
        return Answer(0, failure="closed")

    def _transfer(self, call: Call) -> Answer:
        content = json.loads(call.body or b"")
        number, sender = int(content["batch"]), "" if "shares_series_between_senders" in self.faults else call.client
        place = (sender, content["series"], number)
        told = json.dumps(content, sort_keys=True)
        if place in self.batches:
            return self._again(place, told, content)
        self._in_order(place)
        if call.client in self.cut:
            self.cut.discard(call.client)
            if "refuses_what_was_interrupted" in self.faults:
                raise Refused("batch-conflict")
        else:
            self._take(content["records"])
            self._spoil(place)
        receipt = f"{len(self.batches)}/{call.client}/{content['series']}" * (
            3 if "gives_longer_receipts" in self.faults else 1
        )
        self.batches[place] = (told, receipt, content["records"])
        return self._receipt(content, receipt)

    def _receipt(self, content: Mapping[str, Any], receipt: str) -> Answer:
        counted = len(content["records"]) + ("counts_one_record_too_many" in self.faults)
        data = {"series": content["series"], "batch": content["batch"], "records": counted, "receipt": receipt}
        return _answer(200, "00000", data)

    def _again(self, place: tuple[str, str, int], told: str, content: Mapping[str, Any]) -> Answer:
        before, receipt, records = self.batches[place]
        if told != before and "takes_other_content" not in self.faults:
            raise Refused("batch-order" if "tells_another_code_for_conflicts" in self.faults else "batch-conflict")
        if "refuses_a_resend" in self.faults:
            raise Refused("batch-conflict")
        later = sum(1 for one in self.batches if one[:2] == place[:2]) - place[2]
        for record in records:
            row = {name: text for name, text in record.items() if name in FIELDS}
            doubled = "doubles_on_resend" in self.faults or ("doubles_an_older_batch" in self.faults and later > 1)
            if (doubled and self._there(row)) or ("revives_on_resend" in self.faults and not self._there(row)):
                self.rows.append(row)
        return self._receipt(content, receipt + "'" * ("gives_another_receipt" in self.faults))

    def _in_order(self, place: tuple[str, str, int]) -> None:
        sender, series, number = place
        last = max([0, *(one[2] for one in self.batches if one[:2] == (sender, series))])
        if number == last + 1 or "accepts_a_gap" in self.faults:
            return
        if last == 0 and "accepts_any_beginning" in self.faults:
            return
        raise Refused("internal" if "crashes_on_a_gap" in self.faults else "batch-order")

    def _take(self, records: Sequence[Mapping[str, str]]) -> None:
        before = [dict(row) for row in self.rows]
        keys = [record["TYSHXYDM"] for record in records]
        try:
            records = self._checked(records)
            if len(set(keys)) < len(keys) and "takes_a_key_twice" not in self.faults:
                raise Refused("record-conflict")
            for record in records:
                self._require_fit(record)
                self._do(record)
        except Refused:
            if "keeps_half_of_a_bad_batch" not in self.faults:
                self.rows = before
            if "stores_before_refusing" in self.faults:
                new = [record for record in records if record["CZLX"] == "I" and not self._there(record)]
                self.rows += [{name: text for name, text in record.items() if name in FIELDS} for record in new]
            raise
        if "stores_nothing" in self.faults:
            self.rows = before

    def _checked(self, records: Sequence[Mapping[str, str]]) -> Sequence[Mapping[str, str]]:
        mandatory = {name for name, (_, occurs) in FIELDS.items() if occurs == "1"}
        bad = [record for record in records if record["CZLX"] != "D" and not mandatory <= record.keys()]
        if bad and not ("skips_bad_records" in self.faults and len(records) > len(bad)):
            raise Refused("missing-parameter")
        return [record for record in records if record not in bad]

    def _require_fit(self, record: Mapping[str, str]) -> None:
        fits = self._there(record) != (record["CZLX"] == "I")
        if not fits and not (record["CZLX"] == "I" and "overwrites_on_insert" in self.faults):
            raise Refused("record-conflict")

    def _there(self, record: Mapping[str, str]) -> bool:
        return any(row["TYSHXYDM"] == record["TYSHXYDM"] for row in self.rows)

    def _drop(self, record: Mapping[str, str]) -> None:
        self.rows = [row for row in self.rows if row["TYSHXYDM"] != record["TYSHXYDM"]]

    def _put(self, row: dict[str, str]) -> None:
        self.rows += [row, dict(row)] if "inserts_twice" in self.faults else [row]

    def _do(self, record: Mapping[str, str]) -> None:
        if record["CZLX"] == "U" and "ignores_updates" in self.faults:
            return
        if record["CZLX"] == "D" and "ignores_deletions" in self.faults:
            return
        self._drop(record)
        if record["CZLX"] == "D":
            return
        row = {name: text for name, text in record.items() if name in FIELDS}
        if "truncates_names" in self.faults:
            row["JGMC"] = row["JGMC"][:8]
        if "loses_optional_fields" in self.faults:
            row.pop("JGLXDH", None)
        if "knows_no_rare_characters" in self.faults:
            row = {name: "".join("?" if ord(one) > 0xFFFF else one for one in text) for name, text in row.items()}
        self._put(row)

    def _spoil(self, place: tuple[str, str, int]) -> None:
        """What goes wrong later than the batch that it goes wrong with."""
        sender, series, number = place
        if "drops_the_first_batch_at_the_third" in self.faults and number == 3:
            for record in self.batches[sender, series, 1][2]:
                self._drop(record)
        if "drops_a_record_of_the_batch_before_last" in self.faults and number > 2:
            for one, (_, _, records) in self.batches.items():
                if one[:2] == (sender, series) and one[2] == number - 2:
                    self._drop(records[0])
        if "deletes_other_rows_at_the_fourth" in self.faults and number == 4:
            self.rows = self.rows[1:]


def _answer(status: int, code: str, data: object) -> Answer:
    body = {"code": code, "message": "m", "requestId": "r", **({} if data is None else {"data": data})}
    return Answer(status, (("content-type", "application/json"),), json.dumps(body, ensure_ascii=False).encode())


def _spec(**changes: Any) -> NodeSpec:
    spec = NodeSpec(
        "node",
        (),
        {id_: interface(id_) for id_ in (T, Q, D)},
        {},
        ("tester", "second"),
        {"tester": (T, Q, D), "second": (T,)},
        rules().profiles["default"],
        state={T: (Q, D)},
        writes=True,
        as_of=AS_OF,
        seed=11,
    )
    return replace(spec, **changes)


def _talk(node: Any, **changes: Any) -> Talk:
    return Talk(_spec(**changes), rules(), standards(), node)


def _judged(*faults: str, **changes: Any) -> tuple[Talk, FakeNode]:
    node = FakeNode(*faults)
    talk = _talk(node, **changes)
    judge_transfers(talk, (T, Q, D))
    return talk, node


def _red(talk: Talk) -> set[str]:
    return {
        rule
        for id_ in ("", T, Q, D)
        for (rule, _), one in talk.counter(id_).tallies((*TRANSFER_RULES, *ANSWER_RULES, *ERROR_RULES)).items()
        if one.violations
    }


def _reasons(talk: Talk, rule: str) -> list[str]:
    (tally,) = talk.counter(T).tallies([rule]).values()
    return [sample.reason.id for sample in tally.samples if sample.reason]


def test_a_conforming_node_stays_green_on_every_rule() -> None:
    talk, node = _judged()
    assert _red(talk) == set()
    tallies = talk.counter(T).tallies(RULES)
    assert {rule for (rule, _), one in tallies.items() if not one.checked} == set()
    assert talk.not_run(T) == {}
    assert talk.hindrances(T) == {}
    assert node.calls <= 250


def test_nothing_of_ours_stays() -> None:
    _, node = _judged()
    assert [row["TYSHXYDM"] for row in node.rows] == ["TYSHXYDM0", "TYSHXYDM1", "TYSHXYDM2"]


@pytest.mark.parametrize("name", NEAR_MISSES)
def test_a_node_that_only_looks_wrong_stays_green(name: str) -> None:
    talk, _ = _judged(name)
    assert _red(talk) == set()


@pytest.mark.parametrize("name", FAULTS)
def test_one_fault_turns_one_rule_red(name: str) -> None:
    talk, _ = _judged(name)
    assert _red(talk) == {FAULTS[name]}


@pytest.mark.parametrize("name", [name for name, rule in FAULTS.items() if rule.startswith("transfer-")])
def test_each_fault_is_shown_by_a_call_and_tells_nothing_that_was_sent(name: str) -> None:
    talk, _ = _judged(name)
    (tally,) = talk.counter(T).tallies([FAULTS[name]]).values()
    for sample in tally.samples:
        assert sample.call is not None
        assert sample.reason is not None
        for language in ("zh", "en"):
            assert sample.reason.render(language)
            assert "LB-" not in sample.reason.render(language)
        assert b"LB-" not in (sample.call.body or b"").replace(b"LB-000000000000-", b"")


def test_the_same_seed_shows_the_same_calls() -> None:
    shown = [_judged("doubles_an_older_batch")[0].counter(T).tallies(RULES) for _ in range(2)]
    assert shown[0] == shown[1]


def test_the_machine_finds_what_no_script_looks_for_and_shortens_it() -> None:
    talk, _ = _judged("doubles_an_older_batch", profile=_tireless())
    assert _red(talk) == {"transfer-repeat"}
    (tally,) = talk.counter(T).tallies(["transfer-repeat"]).values()
    (sample,) = tally.samples
    assert sample.reason is not None
    # Three batches, and the first of them once more: shorter it cannot be shown.
    assert sample.reason.params["step"] == 4


def _tireless() -> Any:
    profile = rules().profiles["default"]
    return replace(profile, groups={**profile.groups, "effort": {**profile.groups["effort"], "sequences": 20}})


def test_shrinking_ends_and_what_was_found_is_told_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer_machine, "_SHORTER", 1)
    talk, node = _judged("doubles_an_older_batch", profile=_tireless())
    assert _red(talk) == {"transfer-repeat"}
    assert node.calls < 2000


def test_a_node_that_is_lost_ends_the_dialogue_inside_the_machine() -> None:
    class LostError(Exception):
        """The line is down."""

    class Mortal(FakeNode):
        def send(self, call: Call) -> Answer:
            if self.calls > 160:
                raise LostError
            return super().send(call)

    node = Mortal()
    with pytest.raises(LostError):
        judge_transfers(_talk(node), (T,))
    assert node.calls == 161


def test_leftovers_of_a_run_that_broke_off_are_cleared_away() -> None:
    node = FakeNode()
    node.rows += [dict(record) for record in Supply(_talk(node), interface(T)).peek(60)]
    talk = _talk(node)
    judge_transfers(talk, (T, Q, D))
    assert _red(talk) == set()


def test_without_leave_to_write_nothing_is_sent() -> None:
    talk, node = _judged(writes=False)
    assert node.calls == 0
    assert set(talk.not_run(T)) == set(RULES)
    assert {one.id for one in talk.not_run(T).values()} == {"service.no-writes"}


def test_without_an_interface_that_shows_what_is_stored_nothing_is_sent() -> None:
    talk, node = _judged(state={})
    assert node.calls == 0
    assert {one.id for one in talk.not_run(T).values()} == {"transfer.no-state"}


def test_what_cannot_be_seen_is_a_doubt_and_no_fault() -> None:
    class Blind(FakeNode):
        def send(self, call: Call) -> Answer:
            return super().send(call) if call.interface == T else _answer(503, "50301", None)

    talk = _talk(Blind())
    judge_transfers(talk, (T, Q, D))
    assert _red(talk) == set()
    assert "transfer-stored" in talk.hindrances(T)
    assert {one.id for one in talk.hindrances(T).values()} == {"transfer.unseen"}


def test_our_patience_is_no_fault() -> None:
    class Slow(FakeNode):
        def send(self, call: Call) -> Answer:
            return super().send(call) if call.interface != T else Answer(0, failure="timeout")

    talk = _talk(Slow())
    judge_transfers(talk, (T, Q, D))
    assert _red(talk) == set()
    assert "transfer-stored" in talk.hindrances(T)


def test_what_one_interface_shows_wrongly_another_shows_right() -> None:
    class Confused(FakeNode):
        """Its query writes dates in a way of its own; that is the query's fault."""

        def _query(self, call: Call) -> Answer:
            answer = super()._query(call)
            content = json.loads(answer.body)
            for row in content["data"]["rows"]:
                row["HZRQ"] = "-".join(row["HZRQ"])
            return replace(answer, body=json.dumps(content).encode())

    talk = _talk(Confused())
    judge_transfers(talk, (T, Q, D))
    assert _red(talk) == set()


def _cases(bench: Bench, records: Sequence[Record], rule: str = "refuse-surplus") -> list[Case]:
    found = []
    for record in records:
        said = [operated(rules(), "insert", {**record, "WDJX": "1"})]
        call = transfer_call(interface(T), rules(), bench.naming.series(), 1, said, client="tester")
        found.append(Case(rule, call, message("transfer.effect"), ("surplus-parameter",)))
    return found


class Careless(FakeNode):
    """Refuses fields that nobody registered, and stores the record all the same where ``stored`` says so."""

    def __init__(self, stored: Sequence[Key], *, accepts: bool = False) -> None:
        super().__init__()
        self.stored, self.accepts = stored, accepts

    def _transfer(self, call: Call) -> Answer:
        records = self._records(call)
        if not any("WDJX" in record for record in records):
            return super()._transfer(call)
        for record in records:
            if (record["TYSHXYDM"],) in self.stored and not self._there(record):
                self._put({name: text for name, text in record.items() if name in FIELDS})
        if self.accepts:
            return self._receipt(json.loads(call.body or b""), "r")
        raise Refused("surplus-parameter")


def _effects(number: int, guilty: int, *, accepts: bool = False) -> tuple[Talk, Careless, list[Case]]:
    node = Careless([], accepts=accepts)
    talk = _talk(node)
    bench = Bench(talk, interface(T), Naming(), Supply(talk, interface(T)))
    records = bench.fresh(number)
    node.stored = [bench.key(record) for record in records[:guilty]]
    cases = _cases(bench, records)
    effect = Effect(talk, interface(T))
    effect.begin()
    for case in cases:
        talk.ask(case.call)
    effect.end(cases, cases[:guilty] if accepts else ())
    return talk, node, cases


def test_the_culprit_of_an_effect_is_found_among_the_innocent() -> None:
    talk, node, cases = _effects(5, 2)
    (tally,) = talk.counter(T).tallies([NO_EFFECT]).values()
    assert (tally.checked, tally.violations) == (5, 2)
    assert [sample.call for sample in tally.samples] == [Naming().shown(case.call) for case in cases[:2]]
    assert len(node.rows) == 3


def test_cases_without_effect_stay_green() -> None:
    talk, _, _ = _effects(3, 0)
    (tally,) = talk.counter(T).tallies([NO_EFFECT]).values()
    assert (tally.checked, tally.violations) == (3, 0)


def test_what_was_accepted_is_removed_and_not_told() -> None:
    talk, node, _ = _effects(3, 1, accepts=True)
    (tally,) = talk.counter(T).tallies([NO_EFFECT]).values()
    assert (tally.checked, tally.violations) == (2, 0)
    assert len(node.rows) == 3


def test_a_row_that_vanishes_is_an_effect() -> None:
    class Hungry(Careless):
        def _transfer(self, call: Call) -> Answer:
            if any("WDJX" in record for record in self._records(call)):
                self.rows = self.rows[1:]
            return super()._transfer(call)

    node = Hungry([])
    talk = _talk(node)
    bench = Bench(talk, interface(T), Naming(), Supply(talk, interface(T)))
    node.rows += [dict(record) for record in bench.fresh(3)]
    areas = [record["ZSXZQHDM"] for record in node.rows]
    node.rows = [{**row, "ZSXZQHDM": areas[0]} for row in node.rows]
    effect = Effect(talk, interface(T))
    talk.sights[D] = []
    effect._areas = (node.rows[0],)
    effect._before = snapshot(talk, interface(T), effect._areas)
    cases = _cases(bench, bench.fresh(1))
    talk.ask(cases[0].call)
    effect.end(cases)
    (tally,) = talk.counter(T).tallies([NO_EFFECT]).values()
    assert tally.violations == 1


def test_state_is_read_by_key_and_page_by_page() -> None:
    node = FakeNode()
    talk = _talk(node)
    record = Supply(talk, interface(T)).peek(1)[0]
    node.rows += [dict(record) for _ in range(23)]
    key = (record["TYSHXYDM"],)
    assert len(seen(talk, interface(T), {key: record})[key]) == 23
    assert node.calls == 3


def test_a_record_that_nothing_can_be_asked_with_is_unseen() -> None:
    talk = _talk(FakeNode())
    with pytest.raises(Unseen):
        seen(talk, interface(T), {("x",): {"TYSHXYDM": "x"}})
    assert seen(talk, interface(T), {("x",): {"TYSHXYDM": "x"}}, lenient=True) == {}
