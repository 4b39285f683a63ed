"""A bundle from hostile hands: read only where it agrees with itself to the byte; and what that cannot find."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from bundle_made import RED, attested, finding, forged, laid_out, made, relisted, value_of, with_manifest

from conformance.bundle.archive import write_archive
from conformance.bundle.archive_reading import AbsentError
from conformance.bundle.limits import LIMITS, Limits
from conformance.bundle.model import ATTESTATION, MANIFEST, RECORDS, REPORT, REQUIRED, BundleError
from conformance.bundle.reading import bundle_of, read_bundle
from conformance.bundle.reading_json import manifest_schema
from conformance.bundle.records import Record, chained, read_chain
from conformance.messages import catalogue, message
from conformance.signing.canonical import canonical
from conformance.signing.digest import digest_set
from conformance.signing.dsse import Envelope, Signature, read_envelope, write_envelope

Contents = dict[str, bytes]
ROOT = Path(__file__).parents[1]
#: What a vendor wrote, which no refusal may repeat.
MARK = "甄无名370102199001011234"


def refusal(contents: Mapping[str, bytes], limits: Limits = LIMITS) -> str:
    """The id of the reason; its words exist in both languages and quote nothing of the vendor's."""
    with pytest.raises(BundleError) as caught:
        bundle_of(contents, limits)
    told = message(caught.value.id, **caught.value.params).both()
    assert all(text.isprintable() and len(text) < 300 and MARK not in text for text in told.values())
    return caught.value.id


def test_folder_and_archive_are_the_same_bundle(tmp_path: Path) -> None:
    folder = laid_out(tmp_path / "out", made())
    (tmp_path / "bundle.zip").write_bytes(write_archive(made()))
    one, other = read_bundle(folder), read_bundle(tmp_path / "bundle.zip")
    assert one == other
    assert one.contents == made()
    assert one.digest == digest_set(made()[MANIFEST])
    assert not one.official
    assert one.chain.content == made()[RECORDS]
    assert write_archive(one.contents) == (tmp_path / "bundle.zip").read_bytes()


def test_a_forgery_of_nothing_is_the_bundle_itself() -> None:
    """So that what the forgers of this file change is what they say, and no more."""
    assert forged() == made()
    assert relisted(attested(made())) == made()


def test_what_else_lies_in_a_folder_is_not_looked_at(tmp_path: Path) -> None:
    folder = laid_out(tmp_path, {**made(), "bundle.zip": b"torn", "notes.txt": b"x", "evidence/other": b"y"})
    (folder / "loop").symlink_to(folder)
    assert read_bundle(folder).contents == made()


def put_link(folder: Path) -> None:
    (folder / REPORT).rename(folder / "elsewhere")
    (folder / REPORT).symlink_to("elsewhere")


def put_folder_link(folder: Path) -> None:
    (folder / "evidence").rename(folder / "elsewhere")
    (folder / "evidence").symlink_to("elsewhere")


def put_pipe(folder: Path) -> None:
    (folder / "junit.xml").unlink()
    os.mkfifo(folder / "junit.xml")


def put_folder(folder: Path) -> None:
    (folder / "junit.xml").unlink()
    (folder / "junit.xml").mkdir()


@pytest.mark.parametrize(
    ("spoil", "id_"),
    [
        (put_link, "bundle.folder-link"),
        (put_folder_link, "bundle.folder-link"),
        (put_pipe, "bundle.folder-link"),
        (put_folder, "bundle.folder-link"),
        (lambda folder: (folder / REPORT).unlink(), "bundle.file-missing"),
        (lambda folder: (folder / MANIFEST).unlink(), "bundle.file-missing"),
        (lambda folder: os.truncate(folder / REPORT, 10 << 30), "bundle.file-large"),
    ],
    ids=["link", "folder-link", "pipe", "folder", "missing", "no manifest", "ten gigabytes"],
)
def test_a_folder_of_tricks_is_refused(tmp_path: Path, spoil: Callable[[Path], None], id_: str) -> None:
    folder = laid_out(tmp_path, made())
    spoil(folder)
    begun = time.monotonic()
    with pytest.raises(BundleError) as caught:
        read_bundle(folder)
    assert caught.value.id == id_
    assert time.monotonic() - begun < 2


def test_a_folder_larger_than_all_may_be_together_is_refused(tmp_path: Path) -> None:
    folder = laid_out(tmp_path, made())
    total = sum(map(len, made().values()))
    assert read_bundle(folder, Limits(total=total)).contents == made()
    with pytest.raises(BundleError) as caught:
        read_bundle(folder, Limits(total=total - 1))
    assert caught.value.id == "bundle.file-large"


def test_there_is_nothing(tmp_path: Path) -> None:
    with pytest.raises(AbsentError):
        read_bundle(tmp_path / "none")


@pytest.mark.parametrize("name", REQUIRED)
def test_an_archive_without_a_file_that_must_be_there(tmp_path: Path, name: str) -> None:
    path = tmp_path / "bundle.zip"
    path.write_bytes(write_archive({one: content for one, content in made().items() if one != name}))
    with pytest.raises(BundleError) as caught:
        read_bundle(path)
    assert (caught.value.id, caught.value.params["name"]) == ("bundle.file-missing", name)


def report_edited(edit: Callable[[Any], object]) -> Contents:
    """The report edited and listed anew, and nothing else."""
    report = value_of(made(), REPORT)
    edit(report)
    return relisted({**made(), REPORT: canonical(report)})


def report_bytes(content: bytes) -> Contents:
    """Any bytes as the report, listed and digested."""
    return with_manifest(
        relisted({**made(), REPORT: content}), lambda manifest: manifest.update(reportDigest=digest_set(content))
    )


def records_of(edit: Callable[[list[Record]], list[Record]]) -> Contents:
    return forged(records=edit)


def records_bytes(content: bytes) -> Contents:
    return relisted({**made(), RECORDS: content})


def line_swapped() -> Contents:
    """Two records exchanged, and nothing chained anew."""
    lines = made()[RECORDS].splitlines(keepends=True)
    lines[3], lines[4] = lines[4], lines[3]
    return records_bytes(b"".join(lines))


def chain_anew_manifest_old() -> Contents:
    """A record left out and all later ones chained anew: only the manifest still knows."""
    records = read_chain(made()[RECORDS]).records
    return records_bytes(chained(records[:-1]).content)


def attestation_edited(**members: Any) -> Contents:
    envelope = read_envelope(made()[ATTESTATION])
    payload = envelope.value() | members
    return relisted({**made(), ATTESTATION: write_envelope(Envelope(envelope.payload_type, canonical(payload)))})


def attestation_of_another_type() -> Contents:
    envelope = read_envelope(made()[ATTESTATION])
    return relisted({**made(), ATTESTATION: write_envelope(Envelope("text/html", envelope.payload))})


def in_manifest(**members: Any) -> Contents:
    return with_manifest(made(), lambda manifest: manifest.update(members))


def in_product(**members: Any) -> Contents:
    return with_manifest(made(), lambda manifest: manifest["product"].update(members))


def left_out(name: str) -> Contents:
    return {one: content for one, content in made().items() if one != name}


def duplicate_finding(report: Any) -> None:
    report["findings"].append(report["findings"][0])


HOSTILE: dict[str, tuple[Callable[[], Contents], str]] = {
    "file changed": (lambda: {**made(), "junit.xml": b"<x/>"}, "bundle.file-changed"),
    "page changed, same length": (
        lambda: {**made(), "report.html": made()["report.html"].replace(b"pass", b"pasS", 1)},
        "bundle.file-changed",
    ),
    "report changed": (lambda: {**made(), REPORT: made()[REPORT].replace(b'"fail"', b'"pass"')}, "bundle.file-changed"),
    "report changed and listed": (lambda: report_edited(lambda r: r["run"].update(seed=7)), "bundle.report-digest"),
    "verdict edited": (
        lambda: forged_but_results(lambda report: finding(report).update(verdict="pass")),
        "bundle.results-digest",
    ),
    "results of another report": (
        lambda: in_manifest(resultsDigest=digest_set(b"x")),
        "bundle.results-digest",
    ),
    "results of another report, in the report": (
        lambda: forged_but_results(lambda report: report.update(resultsDigest=digest_set(b"x"))),
        "bundle.results-digest",
    ),
    "two findings of one id": (lambda: forged(duplicate_finding), "bundle.finding-twice"),
    "file more": (lambda: {**made(), "report.pdf": b"%PDF"}, "bundle.file-unlisted"),
    "file less": (lambda: left_out("junit.xml"), "bundle.file-missing"),
    "manifest lists what may not be": (
        lambda: with_manifest(made(), lambda m: m["files"].update({"../x": m["files"][REPORT]})),
        "bundle.schema",
    ),
    "manifest without sm3": (
        lambda: with_manifest(made(), lambda m: m["files"][REPORT].pop("sm3")),
        "bundle.schema",
    ),
    "sm3 wrong alone": (
        lambda: with_manifest(made(), lambda m: m["files"][REPORT].update(sm3="0" * 64)),
        "bundle.file-changed",
    ),
    "manifest says more": (lambda: in_manifest(note=MARK), "bundle.schema"),
    "manifest of another schema": (lambda: in_manifest(schema="lubiao-bundle/2"), "bundle.schema"),
    "manifest is a list": (lambda: {**made(), MANIFEST: b"[]"}, "bundle.schema"),
    "manifest indented": (
        lambda: {**made(), MANIFEST: json.dumps(value_of(made(), MANIFEST), indent=1).encode()},
        "bundle.not-canonical",
    ),
    "manifest with a line end": (lambda: {**made(), MANIFEST: made()[MANIFEST] + b"\n"}, "bundle.not-canonical"),
    "manifest with a mark before": (
        lambda: {**made(), MANIFEST: b"\xef\xbb\xbf" + made()[MANIFEST]},
        "bundle.not-canonical",
    ),
    "a key twice": (
        lambda: {
            **made(),
            MANIFEST: made()[MANIFEST].replace(b'{"challenge":null', b'{"challenge":1,"challenge":null'),
        },
        "bundle.not-canonical",
    ),
    "a float": (lambda: report_bytes(b"[1.0]"), "bundle.not-canonical"),
    "an endless number": (lambda: report_bytes(b"[" + b"9" * 100_000 + b"]"), "bundle.not-canonical"),
    "a number beyond": (lambda: report_bytes(b"[9007199254740993]"), "bundle.not-canonical"),
    "deep": (lambda: report_bytes(b"[" * 100_000 + b"]" * 100_000), "bundle.not-canonical"),
    "not utf-8": (lambda: report_bytes(b'["\xff"]'), "bundle.not-canonical"),
    "a lone surrogate": (lambda: report_bytes(b'["\\ud800"]'), "bundle.not-canonical"),
    "not composed": (lambda: report_bytes('["e\u0301"]'.encode()), "bundle.not-canonical"),
    "not a number": (lambda: report_bytes(b"[NaN]"), "bundle.not-canonical"),
    "empty": (lambda: report_bytes(b""), "bundle.not-canonical"),
    "no report": (lambda: report_bytes(b"null"), "bundle.schema"),
    "report says more": (lambda: forged(lambda report: report.update(note=MARK)), "bundle.schema"),
    "verdict unknown": (lambda: forged_but_results(lambda r: finding(r).update(verdict=MARK)), "bundle.schema"),
    "texts that differ in kind": (
        lambda: forged(lambda report: report.update(volatile=[1, "a"] * 20_000)),
        "bundle.schema",
    ),
    "another product": (lambda: in_product(product=MARK), "bundle.disagrees"),
    "another vendor": (lambda: in_product(vendor=MARK), "bundle.disagrees"),
    "another version": (lambda: in_product(version="9"), "bundle.disagrees"),
    "another build": (lambda: in_product(build={"kind": "image", "id": "x"}), "bundle.disagrees"),
    "another mode": (lambda: in_manifest(mode="official"), "bundle.disagrees"),
    "other packs": (lambda: in_manifest(packs=[]), "bundle.disagrees"),
    "a challenge that the run had not": (
        lambda: in_manifest(challenge={"commitment": "0" * 64, "nonce": "0" * 64}),
        "bundle.disagrees",
    ),
    "records changed": (
        lambda: records_bytes(made()[RECORDS].replace(b'"violations":1', b'"violations":0')),
        "bundle.chain-broken",
    ),
    "records exchanged": (line_swapped, "bundle.chain-broken"),
    "record torn": (lambda: records_bytes(made()[RECORDS][:-1]), "bundle.chain-broken"),
    "record indented": (lambda: records_bytes(made()[RECORDS].replace(b'":', b'": ', 1)), "bundle.chain-broken"),
    "no records": (lambda: records_bytes(b""), "bundle.evidence-differs"),
    "chained anew, manifest old": (chain_anew_manifest_old, "bundle.evidence-differs"),
    "records in another order": (lambda: records_of(lambda held: held[::-1]), "bundle.records-order"),
    "two runs": (lambda: records_of(lambda held: held[:1] + held), "bundle.records-order"),
    "no run": (lambda: records_of(lambda held: held[1:]), "bundle.records-order"),
    "lines without end": (lambda: records_bytes(b"\n" * 300_000), "bundle.values-many"),
    "attestation of another report": (
        lambda: attestation_edited(subject=[{"name": MARK, "digest": {"sha256": "0" * 64}}]),
        "bundle.attestation-differs",
    ),
    "attestation says passed": (
        lambda: attestation_edited(predicate={"result": "PASSED"}),
        "bundle.attestation-differs",
    ),
    "attestation of another kind": (lambda: attestation_edited(predicateType="x"), "bundle.attestation-differs"),
    "attestation of another type": (attestation_of_another_type, "bundle.attestation-differs"),
    "attestation is none": (lambda: relisted({**made(), ATTESTATION: b"{}"}), "bundle.not-canonical"),
    "attestation of another suite": (
        lambda: with_manifest(made(), lambda manifest: manifest["suite"].update(version="9")),
        "bundle.attestation-differs",
    ),
}


def forged_but_results(edit: Callable[[Any], object]) -> Contents:
    """An edited report with every digest made anew, but for that of the results."""
    report = value_of(made(), REPORT)
    edit(report)
    return report_bytes(canonical(report))


@pytest.mark.parametrize("name", HOSTILE)
def test_a_bundle_that_does_not_agree_with_itself_is_refused(name: str) -> None:
    make, id_ = HOSTILE[name]
    contents = make()
    begun = time.monotonic()
    assert refusal(contents) == id_
    assert time.monotonic() - begun < 2


def test_every_refusal_of_a_bundle_has_a_case() -> None:
    ids = set()
    for name in ("reading", "reading_json"):
        source = (ROOT / f"conformance/bundle/{name}.py").read_text("utf-8")
        ids |= {word for word in source.split('"') if word in catalogue() and word.startswith("bundle.")}
    assert ids == {id_ for _, id_ in HOSTILE.values()}


def test_values_are_bounded_before_they_are_parsed() -> None:
    begun = time.monotonic()
    assert refusal(report_bytes(b"[" + b"[]," * 2_000_000 + b"[]]")) == "bundle.values-many"
    assert refusal(made(), Limits(values=20)) == "bundle.values-many"
    assert time.monotonic() - begun < 2


def test_pages_are_never_parsed() -> None:
    """Whatever a vendor puts into a page: it is digested, and that is all."""
    page = b"\xff\xfe<script>" + b"&a;" * 1000 + b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    contents = relisted({**made(), "report.html": page, "junit.xml": page, "report.pdf": page})
    assert bundle_of(contents).contents["report.pdf"] == page


def test_signatures_are_not_judged_here_but_kept() -> None:
    """Whose keys they are only the office knows."""
    envelope = read_envelope(made()[ATTESTATION])
    signed = Envelope(envelope.payload_type, envelope.payload, (Signature("k", b"junk"),))
    contents = relisted({**made(), ATTESTATION: write_envelope(signed)})
    assert bundle_of(contents).attestation == signed


def test_a_chain_made_anew_agrees_with_itself_and_only_admission_finds_it() -> None:
    """A violation taken out, everything chained and digested anew: another digest than the receipt has."""

    def cleaned(held: list[Record]) -> list[Record]:
        return [record for record in held if record.kind != "finding" or record.body["requirement"] != "DE-BLANK"]

    bundle = bundle_of(records_of(cleaned))
    assert bundle.digest != bundle_of(made()).digest
    assert all(bundle.digest[name] != digest_set(made()[MANIFEST])[name] for name in ("sha256", "sm3"))


def test_a_verdict_edited_with_all_digests_agrees_with_itself_and_only_replay_finds_it() -> None:
    def green(report: Any) -> None:
        finding(report).update(verdict="pass", attribution=None)

    bundle = bundle_of(forged(green))
    assert finding(bundle.report)["verdict"] == "pass"
    kept = next(body for body in bundle.chain.of("finding") if f"{body['requirement']}[{body['target']}]" == RED)
    assert kept["tally"]["violations"] == 1, "the evidence still says otherwise"
    assert bundle.digest != digest_set(made()[MANIFEST])


def test_the_manifest_schema_is_one_and_has_every_file() -> None:
    from jsonschema import Draft202012Validator  # noqa: PLC0415 - this test alone

    Draft202012Validator.check_schema(manifest_schema())
    Draft202012Validator(manifest_schema()).validate(value_of(made(), MANIFEST))
    assert set(manifest_schema()["required"]) == set(value_of(made(), MANIFEST))
