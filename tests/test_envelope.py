"""The envelope: a sound package is green, and each single fault turns exactly one rule red."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from conformance.judge.exchange.envelope import judge_envelope
from conformance.judge.exchange.model import ListedFile, Manifest, PackageFacts, PresentFile, ReadFile
from conformance.judge.exchange.rules import PACKAGE_RULES
from conformance.judge.faults import FaultCounter
from conformance.standard.standards import Standards

STANDARDS = Standards.load([("exchange", "2019")])
SPEC, RULES = STANDARDS.datasets["cremation"], STANDARDS.exchange
CREDIT_CODE = STANDARDS.schemes["gb-32100"]
PROVIDER = "11370000000000000W"
NAME = f"{PROVIDER}_cremation_F_000001"
FIRST, SECOND = "data/cremation_001.xml", "data/cremation_002.csv"
ATTACHED = "attachments/a.pdf"
HASH = "ab" * 32
AS_OF = "20261121"


def listed(name: str, **more: Any) -> ListedFile:
    plain = ListedFile(name, "attachment", 10, "SHA-256", HASH)
    if name.startswith("data/"):
        plain = replace(plain, role="data", format=name.rpartition(".")[2], encoding="UTF-8", records=2)
    return replace(plain, **more)


def present(name: str, **more: Any) -> PresentFile:
    return replace(PresentFile(name, 10, {"SHA-256": HASH}), **more)


HEADER = {"packageId": NAME, "dataset": "cremation", "edition": "2020", "records": "2"}
MANIFEST = Manifest(
    package_id=NAME,
    provider=PROVIDER,
    resource=SPEC.resource,
    dataset="cremation",
    edition="2020",
    mode="F",
    batch="000001",
    record_count=4,
    created_at="2026-11-21T23:59:59+08:00",
    files=(listed(FIRST), listed(SECOND), listed(ATTACHED)),
)
SOUND = PackageFacts(
    NAME,
    MANIFEST,
    (present(ATTACHED), present(FIRST), present(SECOND)),
    (ReadFile(FIRST, 2, HEADER), ReadFile(SECOND, 2, None)),
)


def judged(facts: PackageFacts) -> FaultCounter:
    faults = FaultCounter(20)
    judge_envelope(facts, SPEC, RULES, CREDIT_CODE, AS_OF, faults)
    return faults


def reds(facts: PackageFacts) -> dict[str, set[str]]:
    """The ids told, by rule."""
    tallies = judged(facts).tallies(PACKAGE_RULES)
    return {
        rule: {one.reason.id for one in tally.samples if one.reason}
        for (rule, _), tally in tallies.items()
        if tally.violations
    }


def stating(**changed: Any) -> PackageFacts:
    """The sound package with another manifest."""
    return replace(SOUND, manifest=replace(MANIFEST, **changed))


def listing(name: str, /, **changed: Any) -> PackageFacts:
    return stating(files=tuple(replace(one, **changed) if one.name == name else one for one in MANIFEST.files))


def lying_there(name: str, /, **changed: Any) -> PackageFacts:
    return replace(SOUND, present=tuple(replace(one, **changed) if one.name == name else one for one in SOUND.present))


def heading(**changed: str) -> PackageFacts:
    return replace(SOUND, read=(ReadFile(FIRST, 2, {**HEADER, **changed}), SOUND.read[1]))


def renamed(old: str, new: str, **changed: Any) -> PackageFacts:
    """A file under another name, in the manifest too."""
    return replace(
        listing(old, name=new, **changed),
        present=tuple(replace(one, name=new) if one.name == old else one for one in SOUND.present),
        read=tuple(replace(one, name=new) if one.name == old else one for one in SOUND.read),
    )


def everywhere(**changed: str) -> PackageFacts:
    """The package consistently with another provider, mode, batch or dataset."""
    said = {"provider": PROVIDER, "dataset": "cremation", "mode": "F", "batch": "000001", **changed}
    name = "_".join(said.values())
    facts = replace(stating(**said, package_id=name), name=name)
    return replace(facts, read=(ReadFile(FIRST, 2, {**HEADER, "packageId": name}), SOUND.read[1]))


def without(name: str) -> PackageFacts:
    return replace(
        SOUND,
        present=tuple(one for one in SOUND.present if one.name != name),
        read=tuple(one for one in SOUND.read if one.name != name),
    )


FAULTS: dict[str, tuple[PackageFacts, str, str]] = {
    "name of another form": (replace(SOUND, name="export"), "package-name", "package.name-form"),
    "name with a blank": (replace(SOUND, name=f"{NAME} "), "package-name", "package.name-form"),
    "name in full-width": (replace(SOUND, name=NAME.replace("F", "\uff26")), "package-name", "package.name-form"),
    "attachment in Chinese": (renamed(ATTACHED, "attachments/附件.pdf"), "package-name", "package.name-file"),
    "file beside the folders": (renamed(ATTACHED, "a.pdf"), "package-name", "package.name-file"),
    "data without number": (renamed(FIRST, "data/cremation.xml"), "package-name", "package.name-file"),
    "file missing": (without(ATTACHED), "files", "package.files-missing"),
    "data missing": (without(FIRST), "files", "package.files-missing"),
    "file not listed": (
        replace(SOUND, present=(*SOUND.present, present(".DS_Store"))), "files", "package.files-unlisted",
    ),
    "file listed twice": (stating(files=(*MANIFEST.files, listed(ATTACHED))), "files", "package.files-twice"),
    "manifest lists itself": (
        stating(files=(*MANIFEST.files, listed("manifest.json"))), "files", "package.files-manifest",
    ),
    "role of another folder": (listing(ATTACHED, role="metadata"), "files", "package.files-role"),
    "format of another suffix": (listing(FIRST, format="json"), "files", "package.files-format"),
    "numbers with a gap": (renamed(SECOND, "data/cremation_003.csv"), "files", "package.files-parts"),
    "one number twice": (renamed(SECOND, "data/cremation_001.csv"), "files", "package.files-parts"),
    "no data at all": (
        PackageFacts(NAME, replace(MANIFEST, record_count=0, files=()), ()), "files", "package.files-no-data",
    ),
    "bytes differ": (lying_there(FIRST, bytes=11, digests={"SHA-256": "cd" * 32}), "digest", "package.digest-bytes"),
    "digest differs": (lying_there(FIRST, digests={"SHA-256": "cd" * 32}), "digest", "package.digest-differs"),
    "record of a file miscounted": (listing(FIRST, records=3), "count", "package.count-file"),
    "record in the header miscounted": (heading(records="02" * 2), "count", "package.count-header"),
    "records of the package miscounted": (stating(record_count=5), "count", "package.count-whole"),
    "another dataset in the manifest": (stating(dataset="execution"), "edition", "package.edition-differs"),
    "another edition in the manifest": (stating(edition="2019"), "edition", "package.edition-differs"),
    "another edition in the header": (heading(edition="2019"), "edition", "package.edition-differs"),
    "another dataset in the header": (heading(dataset="execution"), "edition", "package.edition-differs"),
    "another dataset everywhere": (everywhere(dataset="execution"), "edition", "package.edition-differs"),
    "package renamed": (replace(SOUND, name=NAME[:-1] + "2"), "identity", "package.identity-differs"),
    "another id in the manifest": (stating(package_id=NAME[:-1] + "2"), "identity", "package.identity-differs"),
    "an id of no form": (stating(package_id="1"), "identity", "package.identity-differs"),
    "another id in the header": (heading(packageId="1"), "identity", "package.identity-differs"),
    "another mode in the manifest": (stating(mode="I"), "identity", "package.identity-differs"),
    "another batch in the manifest": (stating(batch="000002"), "identity", "package.identity-differs"),
    "another provider in the manifest": (
        stating(provider="12370000000000000R"), "identity", "package.identity-differs",
    ),
    "another dataset in a file's name": (
        renamed(FIRST, "data/execution_001.xml"), "identity", "package.identity-differs",
    ),
    "provider's check character": (everywhere(provider="11370000000000000X"), "provider", "package.provider-check"),
    "provider of no form": (everywhere(provider="01370000000000000W"), "provider", "package.provider-form"),
    "resource of no form": (stating(resource="307001"), "resource", "package.resource-form"),
    "resource below the range": (stating(resource="307001000000999999"), "resource", "package.resource-form"),
    "another resource": (stating(resource="307001000001000099"), "resource", "package.resource-other"),
    "made tomorrow": (stating(created_at="2026-11-22T00:00:00+08:00"), "created", "package.created-later"),
    "made on no day": (stating(created_at="2026-02-30T00:00:00+08:00"), "created", "package.created-form"),
    "made in no zone": (stating(created_at="2026-02-03T00:00:00"), "created", "package.created-form"),
}  # fmt: skip


def test_a_sound_package_is_green_and_everything_was_judged() -> None:
    faults = judged(SOUND)
    tallies = {rule: tally for (rule, _), tally in faults.tallies(PACKAGE_RULES).items()}
    assert reds(SOUND) == {}
    judged_rules = {
        "package-name", "files", "digest", "count", "edition", "identity", "provider", "resource", "created",
    }  # fmt: skip
    assert {rule for rule, tally in tallies.items() if tally.checked} == judged_rules
    assert (tallies["package-name"].checked, tallies["files"].checked, tallies["digest"].checked) == (4, 3, 3)
    assert tallies["count"].checked == 4, "two files, one header, the package"


@pytest.mark.parametrize("fault", FAULTS)
def test_a_single_fault_turns_one_rule_red(fault: str) -> None:
    facts, rule, id_ = FAULTS[fault]
    assert reds(facts) == {rule: {id_}}


NEAR: dict[str, Callable[[], PackageFacts]] = {
    "handed over again": lambda: replace(SOUND, name=f"{NAME}.again"),
    "handed over a third time": lambda: replace(SOUND, name=f"{NAME}~2"),
    "incremental, everywhere": lambda: everywhere(mode="I", batch="000017"),
    "a header that says less": lambda: replace(SOUND, read=(ReadFile(FIRST, 2, {}), SOUND.read[1])),
    "a header whose number is none": lambda: heading(records="²"),
    "a header whose number is endless": lambda: heading(records="9" * 5000),
    "made this morning in UTC": lambda: stating(created_at="2026-11-21T00:00:00Z"),
    "an entry refused with the archive": lambda: replace(
        SOUND, present=(*SOUND.present, PresentFile("../escaped", 0, {}))
    ),
    "a listed file refused with the archive": lambda: lying_there(ATTACHED, bytes=0, digests={}),
    "a file that breaks off": lambda: replace(SOUND, read=(ReadFile(FIRST, None, HEADER), SOUND.read[1])),
    "data refused with the archive": lambda: replace(
        lying_there(FIRST, bytes=0, digests={}), read=(SOUND.read[1],)
    ),
    "data that were not read": lambda: replace(SOUND, read=()),
}  # fmt: skip


@pytest.mark.parametrize("near", NEAR)
def test_what_is_right_or_told_elsewhere_is_green(near: str) -> None:
    assert reds(NEAR[near]()) == {}


def test_without_a_manifest_only_the_name_is_judged() -> None:
    tallies = judged(PackageFacts("export", None, SOUND.present)).tallies(PACKAGE_RULES)
    assert {rule: tally.checked for (rule, _), tally in tallies.items() if tally.checked} == {"package-name": 1}


def test_a_missing_file_is_judged_for_nothing_else() -> None:
    faults = judged(without(FIRST)).tallies(["digest", "count"])
    assert (faults["digest", ""].checked, faults["count", ""].checked) == (2, 2)


def test_a_file_with_a_wrong_digest_is_counted_all_the_same() -> None:
    both = replace(listing(FIRST, records=3, digest="cd" * 32))
    assert reds(both).keys() == {"digest", "count"}


def test_an_algorithm_that_the_machine_lacks_is_undecided() -> None:
    tally = judged(listing(FIRST, algorithm="SM3")).tallies(["digest"])["digest", ""]
    assert (tally.checked, tally.violations, tally.undecided) == (3, 0, 1)
    assert [one.reason.id for one in tally.undecided_samples if one.reason] == ["package.digest-unavailable"]


def test_sm3_is_compared_where_the_machine_has_it() -> None:
    digests = {"SHA-256": HASH, "SM3": "ef" * 32}
    facts = replace(
        listing(FIRST, algorithm="SM3", digest="ef" * 32), present=lying_there(FIRST, digests=digests).present
    )
    assert reds(facts) == {}
    facts = replace(listing(FIRST, algorithm="SM3", digest=HASH), present=lying_there(FIRST, digests=digests).present)
    assert reds(facts) == {"digest": {"package.digest-differs"}}


def test_messages_keep_the_terminal_still() -> None:
    hostile = "\x1b[2J\u202e" + "长" * 5000
    facts = replace(stating(package_id=hostile, provider=hostile, resource=hostile), name=hostile)
    facts = replace(facts, present=(*facts.present, present(hostile)))
    for tally in judged(facts).tallies(PACKAGE_RULES).values():
        for sample in tally.samples:
            assert sample.reason and sample.where
            for text in (*sample.reason.both().values(), sample.where.file, sample.where.path):
                assert text.isprintable()
                assert len(text) < 500
