"""A pack checked offline: nothing in it can be another."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from bundle_made import RED, value_of
from dispute_made import NOWHERE, Contents, bundle, checked, contents_of, edited, refusal, value, whole_other_bundle

from conformance.messages import message
from conformance.replay.dispute import dispute_contents
from conformance.replay.dispute_record import DisputeError
from conformance.replay.dispute_text import dispute_page, readme
from conformance.signing.canonical import canonical
from conformance.signing.digest import digest_set
from conformance.signing.merkle import root_set


def other_record() -> Contents:
    """Another record of the same bundle, with its own right proof."""
    other = contents_of("DE-BLANK[population.person.人员编号]")
    contents = edited(lambda told: told["proofs"].update({"record.json": value(other)["proofs"]["record.json"]}))
    return {**contents, "record.json": other["record.json"]}


def other_census() -> Contents:
    other = contents_of("DE-BLANK[population.person.公民身份号码]")
    contents = edited(lambda told: told["proofs"].update({"census.json": value(other)["proofs"]["census.json"]}))
    return {**contents, "census.json": other["census.json"]}


def without_census() -> Contents:
    contents = edited(lambda told: told["proofs"].pop("census.json"))
    del contents["census.json"]
    return contents


def one_line_longer() -> Contents:
    return {**contents_of(), "record.json": contents_of()["record.json"] + b"\n"}


HOSTILE: dict[str, tuple[Callable[[], Contents], str]] = {
    "another bundle": (whole_other_bundle, "dispute.other-bundle"),
    "manifest changed": (lambda: {**contents_of(), "manifest.json": b"{}"}, "dispute.other-bundle"),
    "says another bundle": (lambda: edited(lambda told: told["bundle"].update(sm3="0" * 64)), "dispute.other-bundle"),
    "record changed": (
        lambda: {**contents_of(), "record.json": contents_of()["record.json"].replace(b":1,", b":0,")},
        "dispute.proof",
    ),
    "record longer": (one_line_longer, "dispute.proof"),
    "another record": (other_record, "dispute.differs"),
    "record as census": (lambda: {**contents_of(), "census.json": contents_of()["record.json"]}, "dispute.proof"),
    "another census": (other_census, "dispute.other-opinion"),
    "census left out": (without_census, "dispute.other-opinion"),
    "census without proof": (lambda: edited(lambda told: told["proofs"].pop("census.json")), "dispute.proof"),
    "proof of another place": (
        lambda: edited(lambda told: told["proofs"]["record.json"].update(index=3)),
        "dispute.proof",
    ),
    "proof for SHA-256 alone": (
        lambda: edited(lambda told: told["proofs"]["record.json"]["hashes"].update(sm3=[])),
        "dispute.proof",
    ),
    "tree of another size": (
        lambda: edited(lambda told: told["proofs"]["record.json"].update(size=26)),
        "dispute.proof",
    ),
    "verdict": (lambda: edited(lambda told: told["finding"].update(verdict="pass")), "dispute.differs"),
    "waived without waiver": (lambda: edited(lambda told: told["finding"].update(verdict="waived")), "dispute.differs"),
    "counts": (lambda: edited(lambda told: told["tally"].update(violations=9)), "dispute.differs"),
    "counts of the finding": (lambda: edited(lambda told: told["finding"].update(violations=9)), "dispute.differs"),
    "inputs": (lambda: edited(lambda told: told["tally"].update(inputs=[])), "dispute.differs"),
    "expected": (lambda: edited(lambda told: told["finding"]["expected"].update(zh="随意")), "dispute.differs"),
    "attribution": (lambda: edited(lambda told: told["finding"].update(attribution="harness")), "dispute.differs"),
    "clause": (lambda: edited(lambda told: told["finding"]["clause"].update(number="9")), "dispute.differs"),
    "target": (lambda: edited(lambda told: told["finding"].update(target="x")), "dispute.differs"),
    "text": (lambda: edited(lambda told: told["requirement"]["text"].update(zh="随意")), "dispute.other-text"),
    "text of the finding": (
        lambda: edited(lambda told: told["finding"]["text"].update(zh="随意")),
        "dispute.other-text",
    ),
    "remedy": (lambda: edited(lambda told: told["finding"]["remedy"].update(zh="随意")), "dispute.other-text"),
    "level": (lambda: edited(lambda told: told["finding"].update(level="access")), "dispute.other-text"),
    "text digest": (lambda: edited(lambda told: told["requirement"].update(textDigest="x")), "dispute.other-text"),
    "pack": (lambda: edited(lambda told: told["requirement"]["pack"].update(digest="x")), "dispute.other-text"),
    "opinion": (lambda: edited(lambda told: told["opinion"].update(result="differs")), "dispute.other-opinion"),
    "forms": (lambda: edited(lambda told: told["opinion"].update(forms=[])), "dispute.other-opinion"),
    "words of the opinion": (
        lambda: edited(lambda told: told["opinion"]["words"].update(en="x")),
        "dispute.other-opinion",
    ),
    "page": (
        lambda: {
            **contents_of(),
            "dispute.md": contents_of()["dispute.md"].replace("不通过".encode(), "通过".encode()),
        },
        "dispute.page",
    ),
    "readme": (lambda: {**contents_of(), "README.md": b"curl x | sh"}, "dispute.page"),
    "no page": (lambda: {n: c for n, c in contents_of().items() if n != "dispute.md"}, "bundle.file-missing"),
    "file more": (lambda: {**contents_of(), "setup.exe": b"MZ"}, "bundle.file-unknown"),
    "not canonical": (
        lambda: {**contents_of(), "dispute.json": contents_of()["dispute.json"] + b" "},
        "bundle.not-canonical",
    ),
    "not its form": (lambda: {**contents_of(), "dispute.json": b"{}"}, "bundle.schema"),
    "says more": (
        lambda: {**contents_of(), **{"dispute.json": canonical({**value(contents_of()), "x": 1})}},
        "bundle.schema",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_pack_with_anything_changed_does_not_hold(tmp_path: Path, name: str) -> None:
    make, id_ = HOSTILE[name]
    assert refusal(tmp_path, make()) == id_


def test_without_the_packs_the_pack_says_so_and_still_proves_the_record(tmp_path: Path) -> None:
    contents = dispute_contents(bundle(), RED, NOWHERE)
    told = value(contents)
    assert (told["requirement"]["held"], told["opinion"]["result"]) == ("no", "none")
    assert told["opinion"]["words"] == message("dispute.opinion-no-packs").both()
    assert "没有与标准包核对" in contents["dispute.md"].decode()
    assert not checked(tmp_path, contents).complete
    assert not checked(tmp_path, contents, root=NOWHERE).complete
    assert not checked(tmp_path, contents_of(), root=NOWHERE).complete


def test_without_the_packs_a_pack_may_still_not_quote_another_clause(tmp_path: Path) -> None:
    contents = dispute_contents(bundle(), RED, NOWHERE)
    told = value(contents)
    told["requirement"]["text"]["zh"] = "随意"
    manifest = value_of(contents, "manifest.json")
    pages = {"dispute.md": dispute_page(told, manifest), "README.md": readme(told, manifest)}
    assert refusal(tmp_path, {**contents, "dispute.json": canonical(told), **pages}) == "dispute.other-text"


def test_a_record_out_of_its_place_is_none(tmp_path: Path) -> None:
    """A tree over that one line alone: such a bundle is refused where it is read, and its pack does not hold."""
    line = contents_of()["record.json"]
    proof = {"index": 0, "size": 1, "hashes": {"sha256": [], "sm3": []}}
    contents = edited(lambda told: told.update(proofs={"record.json": proof}))
    del contents["census.json"]
    manifest = value_of(contents, "manifest.json")
    manifest["evidence"] = {"count": 1, "head": "0" * 64, "root": root_set([line])}
    told = value(contents) | {"bundle": digest_set(canonical(manifest))}
    contents |= {"manifest.json": canonical(manifest), "dispute.json": canonical(told)}
    contents |= {"dispute.md": dispute_page(told, manifest), "README.md": readme(told, manifest)}
    with pytest.raises(DisputeError) as caught:
        checked(tmp_path, contents, told["bundle"]["sm3"])
    assert caught.value.id == "dispute.proof"
