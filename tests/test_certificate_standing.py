"""Product, time and status: each word that ``verify`` says of them, for its cause; and the first cause first."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from certificate_case import (
    BUILD,
    CREATED,
    INDEX,
    ISSUE,
    KEYS,
    LIST,
    NOW,
    UNTIL,
    bundle,
    certificate,
    changed,
    good_status,
    key_set,
    logged,
    report,
    signed,
    status,
)
from certificate_verified import PAYLOAD, issued, pinned, refiled, restated, said, verified

from conformance.office.certificate import certificate_payload
from conformance.office.verifying import AskedProduct
from conformance.signing.canonical import canonical
from conformance.signing.dsse import IN_TOTO, Envelope, envelope_value

# --- the product -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "cause"),
    [
        (AskedProduct(product="一网通办平台X"), "product"),
        (AskedProduct(product="一网通办"), "product"),
        (AskedProduct(vendor="某某软件公司"), "vendor"),
        (AskedProduct(version="3.2.10"), "version"),
        (AskedProduct(version="3.2"), "version"),
        (AskedProduct(build="ab" * 31), "build"),
        (AskedProduct(build="cd" * 32), "build"),
        (AskedProduct(product="一网通办平台", version="3.2.2", build="no"), "version"),
    ],
)
def test_another_product_than_asked_for(asked: AskedProduct, cause: str) -> None:
    found = verified(asked=asked)
    assert said(found) == ("wrong-product", f"wrong-product.{cause}")
    assert dict(found.facts)["version"] == "3.2.1"


@pytest.mark.parametrize("build", [BUILD, "ab" * 32, f"sha256:{'ab' * 32}"])
def test_the_product_asked_for(build: str) -> None:
    asked = AskedProduct("一网通办平台", "某某软件", "3.2.1", build)
    assert said(verified(asked=asked))[0] == "valid"


def test_a_declaration_is_no_build() -> None:
    """Of a declared build only its id is known: its subject's digest is that of the declaration."""
    held = bundle(report(build={"kind": "declared", "id": "3.2.1"}))
    content = logged(signed(certificate_payload(held, ISSUE))).content
    assert said(verified(content, asked=AskedProduct(build="3.2.1")))[0] == "valid"
    assert said(verified(content, asked=AskedProduct(build="cd" * 32))) == ("wrong-product", "wrong-product.build")


# --- the time --------------------------------------------------------------------------------------------------------


def test_before_and_after_its_time() -> None:
    begun, ended = datetime.fromisoformat(CREATED), datetime.fromisoformat(UNTIL)
    second = timedelta(seconds=1)
    assert said(verified(now=begun - second)) == ("not-yet-valid", "not-yet-valid")
    assert said(verified(now=begun))[0] == "valid"
    assert said(verified(now=ended)) == ("expired", "expired")
    late = status(issued="2028-11-20T00:00:00+08:00", valid_until="2028-11-27T00:00:00+08:00")
    assert said(verified(now=ended - second, status=late))[0] == "valid"


def test_a_certificate_that_was_made_tomorrow() -> None:
    """Its signers' keys are judged at that instant: nobody may choose one to come."""
    later = issued(time_created="2026-11-24T00:00:00+08:00")
    assert said(verified(later.content)) == ("not-yet-valid", "not-yet-valid")


def test_an_instant_needs_its_zone() -> None:
    with pytest.raises(ValueError, match="zone"):
        verified(now=datetime(2026, 11, 22))


# --- the status ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lists", "word"),
    [
        ({"revoked": frozenset({INDEX}), "reasons": {INDEX: "test-forged"}}, "revoked"),
        ({"suspended": frozenset({INDEX})}, "suspended"),
        ({"superseded": frozenset({INDEX})}, "superseded"),
        ({"revoked": frozenset({INDEX}), "suspended": frozenset({INDEX})}, "revoked"),
        ({"superseded": frozenset({INDEX}), "suspended": frozenset({INDEX})}, "suspended"),
        ({"revoked": frozenset({INDEX - 1, INDEX + 1})}, "valid"),
    ],
)
def test_what_the_list_says(lists: dict[str, Any], word: str) -> None:
    found = verified(status=status(**lists))
    assert said(found)[0] == word
    if "reasons" in lists:
        assert "test-forged" in found.message.render("en")


def test_no_list_or_none_that_counts() -> None:
    assert said(verified(status=None)) == ("status-unknown", "status-unknown.none")
    for content in (b"", b"{}", certificate().content, good_status()[:-1], status("log"), status("other")):
        assert said(verified(status=content)) == ("status-unknown", "status-unknown.none")


def test_a_list_without_the_leg_that_is_required() -> None:
    keys = pinned(required={**key_set().required, "status": {"2026": ("ES256", "SM2")}})
    assert said(verified(keys=keys)) == ("status-unknown", "status-unknown.none")


def test_the_list_of_another_register() -> None:
    found = verified(status=status(id="https://elsewhere.example/status"))
    assert said(found) == ("status-unknown", "status-unknown.foreign")
    assert "status" not in dict(found.facts)


def test_a_list_past_its_end_or_of_the_future() -> None:
    ended = NOW + timedelta(days=7)
    assert said(verified(now=ended)) == ("status-unknown", "status-unknown.old")
    at_the_end = datetime.fromisoformat("2026-11-28T18:00:00+08:00")
    assert said(verified(now=at_the_end)) == ("status-unknown", "status-unknown.old")
    assert said(verified(now=at_the_end - timedelta(seconds=1)))[0] == "valid"
    future = status(issued="2026-11-24T00:00:00+08:00", valid_until="2026-11-30T00:00:00+08:00")
    assert said(verified(status=future)) == ("status-unknown", "status-unknown.future")
    soon = status(issued="2026-11-22T20:00:00+08:00", valid_until="2026-11-29T00:00:00+08:00")
    assert said(verified(status=soon))[0] == "valid"


def test_a_revocation_is_believed_though_its_list_is_old() -> None:
    old = status(revoked=frozenset({INDEX}))
    assert said(verified(now=NOW + timedelta(days=30), status=old))[0] == "revoked"


# --- the first cause first -------------------------------------------------------------------------------------------


def test_the_first_cause_is_told() -> None:
    """Everything is wrong at once; then one thing after the other is mended."""
    after = datetime.fromisoformat(UNTIL)
    revoked = status(revoked=frozenset({INDEX}))
    envelope = certificate().envelope
    stolen = Envelope(IN_TOTO, envelope.payload, signed(canonical({})).signatures)
    wrong: dict[str, Any] = {"now": after, "status": revoked, "asked": AskedProduct(product="another")}
    unlogged = logged(envelope, "log-sm2").content
    forged = refiled(lambda value: value.update(envelope=envelope_value(stolen)), unlogged)
    assert said(verified(forged, **wrong))[0] == "tampered"
    assert said(verified(unlogged, **wrong))[0] == "not-logged"
    assert said(verified(**wrong))[0] == "wrong-product"
    del wrong["asked"]
    assert said(verified(**wrong))[0] == "expired"
    del wrong["now"]
    assert said(verified(**wrong))[0] == "revoked"
    assert LIST in certificate().envelope.payload.decode()
    assert {name for name, _, _ in KEYS} > {"certificate", "log", "status"}


def test_a_statement_that_no_office_makes() -> None:
    """Signed and logged though it is: the form is not one of a certificate."""

    def drop_disclaimer(value: Any) -> None:
        del value["predicate"]["statement"]

    def add_person(value: Any) -> None:
        value["predicate"]["approver"] = "somebody"

    def other_day(value: Any) -> None:
        value["predicate"]["validUntil"] = "2027-02-30T00:00:00+08:00"

    def backwards(value: Any) -> None:
        value["predicate"]["validUntil"] = value["predicate"]["validFrom"]

    def unborne(value: Any) -> None:
        value["predicate"]["assurance"] = "L3"

    def line_end(value: Any) -> None:
        value["predicate"]["certificateNo"] += "\n"

    for change in (drop_disclaimer, add_person, other_day, backwards, unborne, line_end):
        with pytest.raises(ValueError):
            restated(change)
        payload = canonical(changed(json.loads(PAYLOAD), change))
        file = {**json.loads(certificate().content), "envelope": envelope_value(signed(payload))}
        assert said(verified(canonical(file))) == ("tampered", "tampered.form")
