"""Form, signatures and log: each word that ``verify`` says of them, with its code, for its cause."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from certificate_case import (
    BUILD,
    CREATED,
    ENDED,
    INDEX,
    ISSUE,
    LIVE,
    NUMBER,
    UNTIL,
    bundle,
    certificate,
    checkpoint,
    good_status,
    key,
    key_set,
    logged,
    report,
    signed,
    status,
)
from certificate_verified import CODES, PAYLOAD, drop_leg, issued, pinned, refiled, said, verified

from conformance.messages import LANGUAGES, Message
from conformance.office.certificate import certificate_payload, read_certificate, write_certificate
from conformance.office.checkpoint import CheckpointError
from conformance.office.verifying import AskedProduct, outcomes
from conformance.signing.canonical import canonical
from conformance.signing.digest import digest_set
from conformance.signing.dsse import Envelope
from conformance.signing.merkle import Tree


def test_every_word_is_reached() -> None:
    """One case for each word of the data."""
    sm2_only = logged(certificate().envelope, "log-sm2").content
    cases: dict[str, dict[str, Any]] = {
        "valid": {},
        "expired": {"now": datetime.fromisoformat(UNTIL)},
        "suspended": {"status": status(suspended=frozenset({INDEX}))},
        "revoked": {"status": status(revoked=frozenset({INDEX}))},
        "superseded": {"status": status(superseded=frozenset({INDEX}))},
        "tampered": {"content": certificate().content + b" "},
        "wrong-product": {"asked": AskedProduct(version="4")},
        "unknown-signer": {"keys": pinned(keys=())},
        "leg-missing": {"content": refiled(drop_leg(0))},
        "not-yet-valid": {"now": datetime.fromisoformat(CREATED) - timedelta(days=1)},
        "status-unknown": {"status": None},
        "not-logged": {"content": sm2_only},
    }
    assert {word: said(verified(**given))[0] for word, given in cases.items()} == {word: word for word in outcomes()}


def test_the_codes_are_the_contracts() -> None:
    assert dict(outcomes()) == CODES


def test_the_good_one_is_valid_as_of_the_lists_date() -> None:
    found = verified()
    assert said(found) == ("valid", "valid.test")
    for language in LANGUAGES:
        assert "2026-11-21T18:00:00+08:00" in found.message.render(language)
    assert "不具效力" in found.message.render("zh")


def test_the_facts_are_those_a_buyer_compares() -> None:
    facts = verified().facts
    told = {name: value if isinstance(value, str) else value.render("zh") for name, value in facts}
    assert told["number"] == NUMBER
    assert (told["product"], told["vendor"], told["version"]) == ("一网通办平台", "某某软件", "3.2.1")
    assert told["build"] == BUILD
    assert "以摘要确认" in told["build-kind"]
    assert told["class"].startswith(LIVE)
    assert "抽样" in told["assurance"]
    assert told["share"] == "已测 2 条，共 3 条要求"
    assert told["notice"] == "测试密钥签发，不具效力"
    assert told["disclaimer"] == "符合性测试证书，不构成认证，不代替CMA/CNAS报告"
    assert "2026-11-21T18:00:00" in told["status"]
    assert UNTIL in told["validity"]


def test_a_build_that_no_digest_identifies_is_called_declared() -> None:
    held = bundle(report(build={"kind": "package", "id": "pypi:app@1.0"}))
    found = verified(logged(signed(certificate_payload(held, ISSUE))).content)
    told = dict(found.facts)["build-kind"]
    assert isinstance(told, Message)
    assert told.id == "certificate.build-kind.declared"


# --- form and signatures ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"null",
        b"[]",
        b"\x00\xff" * 100,
        b'{"schema":"lubiao-certificate/1"}',
        b"[" * 100_000,
        b"1" * 5000,
        b" " * (2 << 20),
        good_status(),
        PAYLOAD,
    ],
    ids=range(11),
)
def test_what_is_no_certificate_is_tampered(content: bytes) -> None:
    found = verified(content)
    assert said(found) == ("tampered", "tampered.form")
    assert found.facts == ()


@pytest.mark.parametrize(
    "change",
    [
        lambda value: value.update(schema="lubiao-certificate/2"),
        lambda value: value.update(more=1),
        lambda value: value.pop("proof"),
        lambda value: value["envelope"].update(payloadType="application/vnd.lubiao.event+json"),
    ],
)
def test_another_form_than_the_certificates(change: Callable[[Any], object]) -> None:
    assert said(verified(refiled(change))) == ("tampered", "tampered.form")


@pytest.mark.parametrize("number", [0, 1])
def test_a_signature_of_another_certificate_is_tampered(number: int) -> None:
    other = json.loads(issued(status_index=46).content)["envelope"]["signatures"][number]["sig"]
    found = verified(refiled(lambda value: value["envelope"]["signatures"][number].update(sig=other)))
    assert said(found) == ("tampered", "tampered.signature")
    assert found.facts == ()


def test_the_same_leg_twice_is_tampered() -> None:
    twice = refiled(lambda value: value["envelope"]["signatures"].append(value["envelope"]["signatures"][0]))
    assert said(verified(twice)) == ("tampered", "tampered.signature")


def test_legs_in_another_order_are_not_what_was_logged() -> None:
    turned = refiled(lambda value: value["envelope"]["signatures"].reverse())
    assert said(verified(turned)) == ("tampered", "tampered.proof")


def test_a_leg_by_a_key_that_is_not_pinned() -> None:
    more = logged(signed(PAYLOAD, "certificate", "certificate-sm2", "other"))
    found = verified(more.content)
    assert said(found) == ("unknown-signer", "unknown-signer")
    assert key("other").id in found.message.render("en")
    assert found.facts == ()


def test_a_leg_by_nobody_added_later() -> None:
    leg = {"keyid": "nobody", "sig": "AAAA"}
    added = refiled(lambda value: value["envelope"]["signatures"].append(leg))
    assert said(verified(added)) == ("unknown-signer", "unknown-signer")


@pytest.mark.parametrize("name", ["log", "status"])
def test_a_key_of_another_use(name: str) -> None:
    found = verified(logged(signed(PAYLOAD, "certificate-sm2", name)).content)
    assert said(found) == ("unknown-signer", "unknown-signer")


def test_a_key_outside_its_time() -> None:
    late = logged(signed(PAYLOAD, "ended", "certificate-sm2"))
    assert said(verified(late.content)) == ("unknown-signer", "unknown-signer")
    before = (datetime.fromisoformat(ENDED) - timedelta(days=1)).isoformat()
    payload = certificate_payload(bundle(), replace(ISSUE, time_created=before))
    early = logged(signed(payload, "ended", "certificate-sm2"))
    assert said(verified(early.content)) == ("valid", "valid.test")


def test_a_revoked_keys_certificates_end_with_it() -> None:
    """A key that is withdrawn gets an end; what is said to have been signed later is not believed."""
    ended = replace(key("certificate"), valid_to=CREATED)
    keys = pinned(keys=(ended, *key_set().keys[1:]))
    assert said(verified(keys=keys)) == ("unknown-signer", "unknown-signer")


@pytest.mark.parametrize(("number", "lacks"), [(0, "ES256"), (1, "SM2")])
def test_a_leg_that_is_required_and_missing(number: int, lacks: str) -> None:
    found = verified(refiled(drop_leg(number)))
    assert said(found) == ("leg-missing", "leg-missing")
    assert lacks in found.message.render("en")
    assert found.facts == ()


def test_no_signature_at_all_is_never_enough_whatever_is_required() -> None:
    bare = refiled(lambda value: value["envelope"].update(signatures=[]))
    assert said(verified(bare)) == ("leg-missing", "leg-missing")
    assert said(verified(bare, pinned(required={}))) == ("leg-missing", "unsigned")


def test_a_bad_signature_comes_before_an_unknown_one_and_that_before_a_missing_one() -> None:
    def break_all(value: Any) -> None:
        legs = value["envelope"]["signatures"]
        legs[0]["sig"], legs[1]["keyid"] = legs[1]["sig"], "nobody"

    assert said(verified(refiled(break_all)))[0] == "tampered"
    unknown = refiled(lambda value: value["envelope"]["signatures"][1].update(keyid="nobody"))
    assert said(verified(unknown))[0] == "unknown-signer"


def test_a_statement_of_another_register() -> None:
    assert said(verified(issued(register="https://elsewhere.example").content)) == ("tampered", "tampered.register")


def test_a_real_number_under_test_keys() -> None:
    assert said(verified(issued(number="LB-2026-000045", test=False).content)) == ("tampered", "tampered.kind")


# --- the log ---------------------------------------------------------------------------------------------------------


def test_another_index_than_its_own() -> None:
    for index in (0, 1, 3, 4, 2**53 - 1):
        value = json.loads(certificate().content)
        value["proof"]["index"] = index
        assert said(verified(canonical(value))) == ("tampered", "tampered.proof")


def test_the_proof_of_another_leaf() -> None:
    proof = [one.hex() for one in certificate().tree.inclusion(1)]
    other = refiled(lambda value: value["proof"].update(index=1, hashes=proof))
    assert said(verified(other)) == ("tampered", "tampered.proof")


@pytest.mark.parametrize("hashes", [[], ["00" * 32], ["00" * 32] * 2, ["00" * 32] * 63])
def test_a_proof_that_does_not_reach_the_root(hashes: list[str]) -> None:
    other = refiled(lambda value: value["proof"].update(hashes=hashes))
    assert said(verified(other)) == ("tampered", "tampered.proof")


@pytest.mark.parametrize(
    "proof",
    [
        {"index": -1},
        {"index": True},
        {"index": None},
        {"index": "2"},
        {"hashes": None},
        {"hashes": [7]},
        {"hashes": ["00"]},
        {"hashes": ["AB" * 32]},
        {"hashes": ["ab" * 32 + "\n"]},
        {"hashes": ["00" * 32] * 64},
        {"checkpoint": None},
        {"more": 1},
    ],
    ids=str,
)
def test_a_proof_of_another_form(proof: dict[str, Any]) -> None:
    assert said(verified(refiled(lambda value: value["proof"].update(proof)))) == ("tampered", "tampered.form")


@pytest.mark.parametrize("text", ["", "\n", "a\n4\nAAAA\n\n", "\ud7ff" * 9, f"{certificate().index}"])
def test_a_checkpoint_that_is_none(text: str) -> None:
    other = refiled(lambda value: value["proof"].update(checkpoint=text))
    assert said(verified(other)) == ("tampered", "tampered.checkpoint")


def test_the_checkpoint_of_another_log() -> None:
    other = logged(certificate().envelope, origin="elsewhere.example/log")
    assert said(verified(other.content)) == ("not-logged", "not-logged.origin")


def test_a_checkpoint_that_the_log_did_not_sign() -> None:
    sm2_only = logged(certificate().envelope, "log-sm2")
    assert said(verified(sm2_only.content)) == ("not-logged", "not-logged.unsigned")
    nobody = pinned(keys=tuple(one for one in key_set().keys if "log" not in one.uses), required={})
    assert said(verified(keys=nobody)) == ("not-logged", "not-logged.unsigned")


def test_a_checkpoint_without_lines_is_none() -> None:
    bare = refiled(lambda value: value["proof"].update(checkpoint="\n".join(_text(value).split("\n")[:4]) + "\n"))
    assert said(verified(bare)) == ("tampered", "tampered.checkpoint")


def test_a_line_that_is_not_the_logs_is_no_part_of_a_certificate() -> None:
    """Else somebody could add bytes to a certificate that nobody vouches for."""
    line = f"— witness.example {base64.b64encode(bytes(12)).decode()}\n"
    more = refiled(lambda value: value["proof"].update(checkpoint=_text(value) + line))
    assert said(verified(more)) == ("tampered", "tampered.lines")


def test_the_lines_of_witnesses_are_left_out_of_a_certificate() -> None:
    good = certificate()
    line = f"— witness.example {base64.b64encode(bytes(12)).decode()}\n"
    text = read_certificate(good.content).checkpoint_text
    assert write_certificate(good.envelope, 2, text + line, good.tree.inclusion(2)) == good.content


def _text(value: Any) -> str:
    return str(value["proof"]["checkpoint"])


def grown() -> Tree:
    """The log, later."""
    return Tree([*_leaves(), b"later", b"later still", b"latest"])


def _leaves() -> list[bytes]:
    from conformance.office.events import EVENT, event_payload  # noqa: PLC0415 - for this alone
    from conformance.signing.dsse import write_envelope  # noqa: PLC0415

    receipt = Envelope(EVENT, event_payload("receipt", CREATED, {"case": "1", "bundle": digest_set(b"bundle")}))
    return [b"first", write_envelope(receipt), write_envelope(certificate().envelope), b"last"]


def test_a_newer_checkpoint_of_the_same_log() -> None:
    tree = grown()
    proof = tuple(tree.consistency(4))
    assert said(verified(checkpoint=checkpoint(tree), consistency=proof))[0] == "valid"


def test_an_older_checkpoint_that_the_asker_saw() -> None:
    tree = certificate().tree
    seen = checkpoint(tree, size=2)
    assert said(verified(checkpoint=seen, consistency=tuple(tree.consistency(2))))[0] == "valid"
    assert said(verified(checkpoint=seen)) == ("not-logged", "not-logged.other-log")


def test_a_log_of_nothing_shows_nothing() -> None:
    assert said(verified(checkpoint=checkpoint(Tree()))) == ("not-logged", "not-logged.other-log")


def test_the_same_checkpoint_needs_no_proof() -> None:
    assert said(verified(checkpoint=checkpoint(certificate().tree)))[0] == "valid"


def test_another_log_than_the_one_seen() -> None:
    split = Tree([b"first", b"another past", *_leaves()[2:], b"later"])
    proof = tuple(split.consistency(4))
    assert said(verified(checkpoint=checkpoint(split), consistency=proof)) == ("not-logged", "not-logged.other-log")
    same_size = Tree([b"first", b"another past", *_leaves()[2:]])
    assert said(verified(checkpoint=checkpoint(same_size))) == ("not-logged", "not-logged.other-log")


def test_a_newer_checkpoint_without_its_proof_or_signatures() -> None:
    tree = grown()
    assert said(verified(checkpoint=checkpoint(tree))) == ("not-logged", "not-logged.other-log")
    unsigned, proof = checkpoint(tree, "log-sm2"), tuple(tree.consistency(4))
    found = verified(checkpoint=unsigned, consistency=proof)
    assert said(found) == ("not-logged", "not-logged.unsigned")
    foreign = checkpoint(tree, origin="elsewhere.example/log")
    assert said(verified(checkpoint=foreign, consistency=proof)) == ("not-logged", "not-logged.origin")


def test_the_askers_own_checkpoint_must_be_one() -> None:
    with pytest.raises(CheckpointError):
        verified(checkpoint="no checkpoint")
