"""Packs over findings in dispute, for tests; and what forgers make of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from bundle_made import RED, forged, made, value_of

from conformance.bundle.archive import write_archive
from conformance.bundle.model import Bundle, BundleError
from conformance.bundle.reading import bundle_of
from conformance.bundle.records import Record
from conformance.messages import message
from conformance.replay.dispute import dispute_contents
from conformance.replay.dispute_checking import Checked, check_dispute
from conformance.replay.dispute_record import DisputeError
from conformance.replay.dispute_text import dispute_page, readme
from conformance.signing.canonical import canonical

Contents = dict[str, bytes]
#: Where a standard has no pack.
NOWHERE = Path("no-standards-here")


@cache
def bundle() -> Bundle:
    return bundle_of(made())


@cache
def packed(id_: str = RED) -> tuple[tuple[str, bytes], ...]:
    return tuple(dispute_contents(bundle(), id_).items())


def contents_of(id_: str = RED) -> Contents:
    return dict(packed(id_))


def value(contents: Contents) -> Any:
    return json.loads(contents["dispute.json"])


def checked(folder: Path, contents: Contents, digest: str = "", root: Path | None = None) -> Checked:
    path = folder / "dispute.zip"
    path.write_bytes(write_archive(contents))
    return check_dispute(path, digest or bundle().digest["sha256"], root)


def refusal(folder: Path, contents: Contents, root: Path | None = None) -> str:
    """The id of the reason why a pack does not hold; its words exist in both languages."""
    with pytest.raises((DisputeError, BundleError)) as caught:
        checked(folder, contents, root=root)
    assert isinstance(caught.value, DisputeError | BundleError)
    assert message(caught.value.id, **caught.value.params).both()
    return caught.value.id


def edited(edit: Callable[[Any], object]) -> Contents:
    """The dispute edited, with its pages made anew by who can."""
    contents = contents_of()
    told = value(contents)
    edit(told)
    manifest = value_of(contents, "manifest.json")
    pages = {"dispute.md": dispute_page(told, manifest), "README.md": readme(told, manifest)}
    return {**contents, "dispute.json": canonical(told), **pages}


def whole_other_bundle() -> Contents:
    """A pack that holds, of another bundle: a verdict edited, everything made anew."""
    other = bundle_of(forged(records=lambda held: [tampered(record) for record in held]))
    return dispute_contents(other, RED)


def tampered(record: Record) -> Record:
    """The red finding without its violation."""
    if record.kind != "finding" or record.body["requirement"] != "DE-BLANK" or record.body["label"] != "姓名":
        return record
    return Record(record.kind, {**record.body, "tally": {**record.body["tally"], "violations": 0}, "samples": []})


def spoilt(edit: Callable[[Any], object]) -> Bundle:
    """A bundle that agrees with itself, with the red finding's record edited."""

    def each(record: Record) -> Record:
        body = json.loads(json.dumps(record.body))
        if record.kind == "finding" and body["requirement"] == "DE-BLANK" and body["label"] == "姓名":
            edit(body)
        return Record(record.kind, body)

    return bundle_of(forged(records=lambda held: [each(record) for record in held]))
