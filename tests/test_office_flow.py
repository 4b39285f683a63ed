"""From submission to approval: who may do what when, and that nothing is done twice, unseen or by the wrong person."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest
from office_made import (
    CASE,
    COMMITMENT,
    NONCE,
    NOW,
    CrashError,
    agrees,
    brought,
    bundle_zip,
    crash,
    desk,
    edited,
    here,
    office,
)

from conformance.office.cases import flow
from conformance.office.cases.comparing import compare
from conformance.office.cases.desk import Desk
from conformance.office.cases.facts import Facts, FormalTerms, Judged
from conformance.office.cases.failing import CaseError
from conformance.office.cases.issuing import Wish, issue
from conformance.office.cases.model import APART, STATES, Case, CaseEvent, require_may, transitions
from conformance.office.cases.naming import names
from conformance.office.cases.sampling import Draw, draw, smallest
from conformance.office.certificate import read_certificate
from conformance.office.challenge import commit, read_challenge
from conformance.office.checkpoint import checkpoint_signers, read_checkpoint
from conformance.office.events import read_event
from conformance.office.log import Log
from conformance.office.settings import ROLES, Person, read_office
from conformance.signing.dsse import envelope_of, write_envelope
from conformance.signing.keys import read_key_set
from conformance.signing.merkle import holds_inclusion
from conformance.signing.seed import seed_of
from conformance.signing.verifying import signature_state

EVERYONE = Person("all", "", ROLES)


def said(error: pytest.ExceptionInfo[CaseError]) -> str:
    """The id of a refusal, which renders in both languages."""
    assert all(error.value.message.both().values())
    return error.value.id


def test_the_whole_way(tmp_path: Path) -> None:
    folder = office(tmp_path, "issued")
    with desk(folder, "clerk") as held:
        case = held.store.case(CASE)
        assert case.state == "issued"
        acts = [event.kind for event in case.events]
        assert acts == ["intake", "check", "receipt", "draw", "compare", "approve", "prepare", "issue"]
        assert [event.person for event in case.events] == [
            *("clerk",) * 3,
            *("tester",) * 2,
            "approver",
            *("keyholder",) * 2,
        ]
        assert {event.login for event in case.events} == {"somebody"}
        predicate = read_certificate(held.certificate(case.number).read_bytes()).predicate
    assert predicate["assurance"] == "L3"
    assert predicate["rerun"]["n"] == predicate["rerun"]["of"] > 5
    assert predicate["receipt"]["index"] == case.fact("receipt")["index"]


def test_the_receipt_binds_the_bundle_and_anybody_can_check_it(tmp_path: Path) -> None:
    folder = office(tmp_path, "receipted")
    held = json.loads((folder / "submissions" / CASE / "receipt.json").read_bytes())
    keys = read_key_set((folder / "keys.json").read_bytes())
    envelope, proof = envelope_of(held["envelope"]), held["proof"]
    assert len(signature_state(envelope, keys, "receipt", NOW).held) == 2
    checkpoint = read_checkpoint(proof["checkpoint"])
    assert len(checkpoint_signers(checkpoint, keys, NOW)) == 2
    hashes = [bytes.fromhex(one) for one in proof["hashes"]]
    leaf = write_envelope(envelope)
    assert holds_inclusion(leaf, proof["index"], checkpoint.size, hashes, checkpoint.root)
    facts = here(bundle_zip("vendor"), FormalTerms()).facts
    assert read_event(envelope).body == {"case": CASE, **facts.bound}


@pytest.mark.parametrize("state", ["none", *STATES])
def test_what_does_not_follow_is_refused(state: str) -> None:
    """Every act in every state: exactly those of the table are done."""
    for act in sorted({act for _, act in transitions()}):
        case = Case(CASE, state)
        if (state, act) in transitions():
            require_may(case, act, EVERYONE)
            continue
        with pytest.raises(CaseError) as error:
            require_may(case, act, EVERYONE)
        assert said(error) == "case.transition"


def test_each_act_needs_its_role() -> None:
    for (state, act), step in transitions().items():
        for role in ROLES:
            person = Person("one", "", (role,))
            if role in step.roles:
                require_may(Case(CASE, state), act, person)
                continue
            with pytest.raises(CaseError) as error:
                require_may(Case(CASE, state), act, person)
            assert said(error) == "case.role"


@pytest.mark.parametrize(("first", "second"), APART)
def test_two_persons(first: str, second: str) -> None:
    state = next(before for before, act in transitions() if act == second and before != "receipted")
    done = Case(
        CASE, state, done={first: ("other", "all", "other"), "compare": ("x",) if first != "compare" else ("all",)}
    )
    with pytest.raises(CaseError) as error:
        require_may(done, second, EVERYONE)
    assert said(error) == "case.same-person"
    require_may(done, second, Person("third", "", ROLES))


def test_every_word_has_a_name() -> None:
    assert {*STATES, "none", "expired"} == set(names()["states"])
    assert {act for _, act in transitions()} <= set(names()["acts"])
    assert set(names()["roles"]) == set(ROLES)
    assert {step.after for step in transitions().values()} == set(STATES)


def test_a_person_with_every_role_cannot_pass_a_case_alone(tmp_path: Path) -> None:
    folder = office(tmp_path)
    edited(folder, {"roles: [tester]": "roles: [clerk, tester, approver, keyholder]"})
    brought(folder, "compared")
    with desk(folder, "tester") as held, pytest.raises(CaseError) as error:
        flow.approve(held, CASE)
    assert said(error) == "case.same-person"
    edited(folder, {"roles: [approver]": "roles: [approver, keyholder]"})
    with desk(folder, "approver") as held:
        flow.approve(held, CASE)
        with pytest.raises(CaseError) as error:
            issue(held, CASE, Wish(), agrees)
        assert said(error) == "case.same-person"
        assert held.store.case(CASE).state == "approved"
        assert held.log.size == 10


def test_who_is_not_of_the_office_or_at_another_account_does_nothing(tmp_path: Path) -> None:
    folder = office(tmp_path)
    with pytest.raises(CaseError) as error, desk(folder, "nobody"):
        pass
    assert said(error) == "case.person"
    edited(folder, {"roles: [clerk]": "roles: [clerk], login: wang"})
    with pytest.raises(CaseError) as error, desk(folder, "clerk", login="li"):
        pass
    assert said(error) == "case.login"
    with desk(folder, "clerk", login="wang"):
        pass


def test_a_self_test_is_refused_in_words_and_may_come_again(tmp_path: Path) -> None:
    folder = office(tmp_path)
    with desk(folder, "clerk") as held:
        case, refusals = flow.intake(held, bundle_zip("self", official=False), read=here)
        assert case.state == "rejected"
        assert [one.word for one in refusals] == ["self-test"]
        assert case.fact("refuse")["refusals"][0]["word"] == "self-test"
        again, _ = flow.intake(held, bundle_zip("self", official=False), read=here)
        assert again.id == "C-2026-000002"


def test_a_bundle_is_one_case(tmp_path: Path) -> None:
    folder = office(tmp_path, "received")
    with desk(folder, "clerk") as held, pytest.raises(CaseError) as error:
        flow.intake(held, bundle_zip("vendor"), read=here)
    assert said(error) == "case.intake.known"
    assert not (folder / "submissions" / ".coming.zip").exists()


def test_what_is_no_file_is_not_taken(tmp_path: Path) -> None:
    folder = office(tmp_path)
    with desk(folder, "clerk") as held:
        for path, expected in ((tmp_path, "case.intake.no-file"), (tmp_path / "absent", "case.intake.no-file")):
            with pytest.raises(CaseError) as error:
                flow.intake(held, path, read=here)
            assert said(error) == expected
        assert not held.store.cases


def test_an_unknown_suite_is_refused(tmp_path: Path) -> None:
    folder = office(tmp_path)
    suite = read_office(folder).suites[0]
    edited(folder, {suite["sm3"]: "0" * 64})
    with desk(folder, "clerk") as held:
        _, refusals = flow.intake(held, bundle_zip("vendor"), read=here)
    assert [one.word for one in refusals] == ["suite-unknown"]


def test_nothing_is_drawn_before_a_later_checkpoint(tmp_path: Path) -> None:
    folder = office(tmp_path, "received")
    with desk(folder, "clerk") as held:
        flow.receipt(held, CASE)
    with desk(folder, "tester") as held, pytest.raises(CaseError) as error:
        flow.draw_sample(held, CASE, read=here)
    assert said(error) == "case.no-later-checkpoint"


def test_anybody_can_compute_the_draw(tmp_path: Path) -> None:
    """As the contract says it, written down a second time."""
    folder = office(tmp_path)
    edited(folder, {"cases: 52": "cases: 3"})
    brought(folder, "drawn")
    told = json.loads((folder / "submissions" / CASE / "draw.json").read_bytes())
    facts = here(bundle_zip("vendor"), FormalTerms()).facts
    checkpoint = Log.open(folder / "log").checkpoint(told["checkpoint"]["size"])
    seed = hashlib.sha256(bytes.fromhex(facts.digest) + checkpoint.root).digest()
    assert told["seed"] == seed.hex()
    ranked = sorted((hashlib.sha256(seed + one.id.encode()).hexdigest(), one.id) for one in facts.findings)
    assert told["drawn"] == [id_ for _, id_ in ranked[:3]]
    assert told["of"] == len(facts.findings)
    assert told["bundle"]["sha256"] == facts.digest


def test_what_rests_on_a_persons_word_is_always_drawn() -> None:
    findings = [Judged(f"R{number}[t]", "pass", "", manual=number in (3, 7)) for number in range(20)]
    drawn = draw("ab" * 32, 5, b"\1" * 32, findings, 4)
    assert drawn.always == ("R3[t]", "R7[t]")
    assert len(drawn.drawn) == 4
    assert not set(drawn.always) & set(drawn.drawn)
    assert drawn != draw("ab" * 32, 5, b"\2" * 32, findings, 4)
    assert len(smallest(b"", ["a", "b"], 9)) == 2


def facts(findings: tuple[Judged, ...], digest: str = "aa", **other: object) -> Facts:
    """Facts of a bundle; each digest is another bundle."""
    results = json.dumps([(one.id, one.verdict, one.attribution) for one in findings])
    bound = {name: {"sha256": digest} for name in ("bundle", "report", "evidence")}
    return Facts(
        {**bound, "results": {"sha256": hashlib.sha256(results.encode()).hexdigest()}},
        **{
            "product": {"product": "p", "vendor": "v", "version": "1", "build": {}},
            "packs": [{"id": "a", "edition": "1", "digest": "d"}],
            "suite": {},
            "declaration": "",
            "mode": "official",
            "run": {},
            "findings": findings,
            **other,
        },  # type: ignore[arg-type]
    )


A, B, C = (Judged(f"{name}[t]", "pass", "", manual=False) for name in "ABC")
RED = Judged("B[t]", "fail", "product", manual=False)
SAMPLE = Draw("", 1, "", (), ("A[t]",), 3)


def test_the_whole_run_again_bears_l3() -> None:
    found = compare(facts((A, B, C)), facts((A, B, C), "bb"), SAMPLE)
    assert (found.level, found.n, found.of, found.disagreements) == ("L3", 3, 3, ())


def test_a_part_run_again_bears_l2() -> None:
    found = compare(facts((A, B, C)), facts((A, C), "bb"), SAMPLE)
    assert (found.level, found.n, found.of, found.disagreements) == ("L2", 1, 3, ())
    assert set(found.results) == {"sha256", "sm3"}


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        ((B, C), [("A[t]", "pass/", "")]),
        ((A, RED, C), [("B[t]", "pass/", "fail/product")]),
        ((A, B, C, Judged("D[t]", "pass", "", manual=False)), [("D[t]", "", "pass/")]),
        ((A, Judged("B[t]", "pass", "product", manual=False), C), [("B[t]", "pass/", "pass/product")]),
    ],
    ids=["drawn-and-not-run", "differs-outside-the-sample", "only-ours", "attribution"],
)
def test_disagreements_are_listed(own: tuple[Judged, ...], expected: list[tuple[str, str, str]]) -> None:
    found = compare(facts((A, B, C)), facts(own, "bb"), SAMPLE)
    assert [(one.id, one.vendor, one.office) for one in found.disagreements] == expected
    assert found.value()["disagreements"] == len(expected)


def rewritten(name: str) -> Facts:
    """The office's own facts, but for one digest, which is the vendor's."""
    own = facts((A, B), "bb")
    return replace(own, bound={**own.bound, name: {"sha256": "aa"}})


@pytest.mark.parametrize(
    ("own", "id_"),
    [
        (facts((A,), "bb", mode="self-test"), "case.compare.not-official"),
        (
            facts((A,), "bb", product={"product": "p", "vendor": "v", "version": "2", "build": {}}),
            "case.compare.product",
        ),
        (facts((A,), "bb", packs=[{"id": "a", "edition": "1", "digest": "e"}]), "case.compare.packs"),
        (facts((A,)), "case.compare.same-bundle"),
        *((rewritten(name), "case.compare.same-bundle") for name in ("bundle", "report", "evidence")),
        (facts((A, A), "bb"), "case.compare.twice"),
    ],
    ids=["self-test", "product", "packs", "same", "same-bundle", "same-report", "same-evidence", "twice"],
)
def test_what_is_no_re_run_is_refused(own: Facts, id_: str) -> None:
    with pytest.raises(CaseError) as error:
        compare(facts((A, B)), own, SAMPLE)
    assert said(error) == id_


def test_the_vendors_own_bundle_is_no_re_run(tmp_path: Path) -> None:
    folder = office(tmp_path, "drawn")
    with desk(folder, "tester") as held:
        for other, id_ in (("vendor", "case.compare.same-bundle"), ("next", "case.compare.product")):
            path = bundle_zip(other, version="2.0" if other == "next" else "1.0")
            with pytest.raises(CaseError) as error:
                flow.compare_rerun(held, CASE, path, agrees, read=here)
            assert said(error) == id_
        assert held.store.case(CASE).state == "drawn"


@pytest.mark.parametrize("replayed", [False, None])
def test_a_re_run_that_does_not_follow_from_its_evidence_is_none(tmp_path: Path, replayed: bool | None) -> None:
    folder = office(tmp_path, "drawn")
    with desk(folder, "tester") as held:
        with pytest.raises(CaseError) as error:
            flow.compare_rerun(held, CASE, bundle_zip("own"), lambda _: replayed, read=here)
        assert said(error) == "case.compare.not-replayed"
        assert held.store.case(CASE).state == "drawn"


def test_a_re_run_that_disagrees_is_not_approved(tmp_path: Path) -> None:
    folder = office(tmp_path, "compared")
    with desk(folder, "tester") as held:
        body = {**held.store.case(CASE).fact("compare"), "disagreements": 1}
        held.record(CASE, "compare", body)
    with desk(folder, "approver") as held, pytest.raises(CaseError) as error:
        flow.approve(held, CASE)
    assert said(error) == "case.approve.disagrees"
    with desk(folder, "tester") as held:
        flow.compare_rerun(held, CASE, bundle_zip("own"), agrees, read=here)
    with desk(folder, "approver") as held:
        assert flow.approve(held, CASE).state == "approved"


def test_l1_only_where_the_office_issues_it(tmp_path: Path) -> None:
    folder = office(tmp_path, "receipted")
    with desk(folder, "approver") as held, pytest.raises(CaseError) as error:
        flow.approve(held, CASE)
    assert said(error) == "case.approve.level"
    edited(folder, {"levels: [L2, L3]": "levels: [L1, L2, L3]", "roles: [clerk]": "roles: [clerk, approver]"})
    with desk(folder, "clerk") as held, pytest.raises(CaseError) as error:
        flow.approve(held, CASE)
    assert said(error) == "case.same-person"
    with desk(folder, "approver") as held:
        flow.approve(held, CASE)
    with desk(folder, "keyholder") as held:
        number = issue(held, CASE, Wish(), agrees)
        predicate = read_certificate(held.certificate(number).read_bytes()).predicate
    assert (predicate["assurance"], predicate["rerun"]) == ("L1", None)


def test_a_submission_that_was_changed_is_noticed(tmp_path: Path) -> None:
    folder = office(tmp_path, "receipted")
    (folder / "submissions" / CASE / "bundle.zip").write_bytes(bundle_zip("own").read_bytes())
    with desk(folder, "tester") as held, pytest.raises(CaseError) as error:
        flow.draw_sample(held, CASE, read=here)
    assert said(error) == "case.submission.changed"


def test_a_receipt_interrupted_is_not_given_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = office(tmp_path, "received")
    for broken in ("publish", "write", "record"):
        with monkeypatch.context() as patched, desk(folder, "clerk") as held:
            patched.setattr(Desk, broken, crash)
            with pytest.raises(CrashError):
                flow.receipt(held, CASE)
    with desk(folder, "clerk") as held:
        assert flow.receipt(held, CASE).fact("receipt")["index"] == 8
        assert held.log.size == 9


def test_a_store_older_than_the_log_is_noticed_and_no_case_id_comes_again(tmp_path: Path) -> None:
    folder = office(tmp_path)
    backup = (folder / "cases.sqlite").read_bytes()
    brought(folder, "receipted")
    for path in folder.glob("cases.sqlite*"):
        path.unlink()
    (folder / "cases.sqlite").write_bytes(backup)
    with desk(folder, "clerk") as held:
        case, _ = flow.intake(held, bundle_zip("own"), read=here)
        assert case.id == "C-2026-000002"
        held.store.add(CaseEvent(CASE, held.actor.time, "clerk", "", "intake", dict(case.fact("intake"))))
        held.record(CASE, "check", {})
        with pytest.raises(CaseError) as error:
            flow.receipt(held, CASE)
        assert said(error) == "case.store.behind"


def test_a_rejected_case_is_over(tmp_path: Path) -> None:
    folder = office(tmp_path, "compared")
    with desk(folder, "approver") as held:
        with pytest.raises(CaseError) as error:
            flow.reject(held, CASE, "  ")
        assert said(error) == "case.reject.reason"
        assert flow.reject(held, CASE, "复测环境不符").state == "rejected"
        with pytest.raises(CaseError) as error:
            flow.approve(held, CASE)
    assert said(error) == "case.transition"


def declared() -> str:
    """The SHA-256 of the declaration of the small system, as its bundle says."""
    return here(bundle_zip("vendor"), FormalTerms()).facts.declaration


def test_commit_and_reveal(tmp_path: Path) -> None:
    folder = office(tmp_path)
    public, _ = commit(declared(), "无", "样例", "1.0", "5c" * 32)
    with desk(folder, "clerk") as held:
        content = flow.give_challenge(held, public, NONCE)
        assert flow.give_challenge(held, public, "33" * 32) == content
        challenge = read_challenge(content, held.office.keys)
    assert challenge.nonce == NONCE
    assert challenge.seed == seed_of(challenge.commitment, NONCE) < 2**52
    forged = content.replace(b'"payload":"', b'"payload":"AA')
    with pytest.raises(CaseError) as error:
        read_challenge(forged, read_office(folder).keys)
    assert said(error) == "case.challenge.unreadable"
    others = read_office(office(tmp_path / "other")).keys
    unsigned = content[: content.index(b'"signatures"')] + b'"signatures":[]}'
    for keys in (others, replace(others, required={})):
        for one in (unsigned, content):
            with pytest.raises(CaseError) as error:
                read_challenge(one, keys if one is unsigned else replace(keys, keys=()))
            assert said(error) == "case.challenge.signature"


def test_a_challenged_product_must_answer_the_challenge(tmp_path: Path) -> None:
    folder = office(tmp_path)
    public, _ = commit(declared(), "无", "样例", "1.0", "5c" * 32)
    with desk(folder, "clerk") as held:
        flow.give_challenge(held, public, NONCE)
        _, refusals = flow.intake(held, bundle_zip("vendor"), read=here)
        assert [one.word for one in refusals] == ["challenge-missing"]
        _, refusals = flow.intake(held, bundle_zip("answer", challenged=True), read=here)
        assert [one.word for one in refusals] == ["challenge-wrong"]


def test_a_challenged_run_opens_its_commitment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = office(tmp_path)
    answer = bundle_zip("answer", challenged=True)
    declaration = here(answer, FormalTerms()).facts.declaration
    body = {"vendor": "无", "product": "样例", "version": "1.0", "commitment": COMMITMENT, "nonce": NONCE}
    with desk(folder, "clerk") as held:
        held.record("", "challenge", {**body, "envelope": {}})
        with pytest.raises(CaseError) as error:
            flow.intake(held, answer, read=here)
        assert said(error) == "case.intake.no-opening"
        for salt, sha in (("5c" * 32, declaration), ("5d" * 32, "0" * 64)):
            _, opening = commit(sha, "无", "样例", "1.0", salt)
            with pytest.raises(CaseError) as error:
                flow.intake(held, answer, opening, read=here)
            assert said(error) == "case.challenge.opened-wrong"
        assert not held.store.cases
        # The digest committed to is fixed by the bundle here; one that fits it is pretended.
        monkeypatch.setattr("conformance.office.challenge.commitment_digest", lambda *_: COMMITMENT)
        _, opening = commit("0" * 64, "无", "样例", "1.0", "5c" * 32)
        with pytest.raises(CaseError) as error:
            flow.intake(held, answer, opening, read=here)
        assert said(error) == "case.challenge.opened-wrong"
        _, opening = commit(declaration, "无", "样例", "1.0", "5c" * 32)
        case, refusals = flow.intake(held, answer, opening, read=here)
        assert (case.state, refusals) == ("formally-checked", ())
