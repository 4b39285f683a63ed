"""A small office's folder for tests of the register: keys, log, status list, certificates of every status."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import certificate_case as case
from certificate_case import CREATED, ISSUE, LIST, NOW, ORIGIN, key_set, signers

from conformance.office.certificate import certificate_payload, write_certificate
from conformance.office.checkpoint import signed_checkpoint
from conformance.office.events import EVENT, event_payload
from conformance.office.status import STATUS, StatusList, status_payload
from conformance.signing.canonical import canonical
from conformance.signing.dsse import IN_TOTO, Envelope, write_envelope
from conformance.signing.keys import KeySet, write_key_set
from conformance.signing.merkle import Tree
from conformance.signing.signers import sign_envelope

__all__ = ("CREATED", "NOW", "Made", "Office", "numbered", "payload", "status_list")

LEGS = ("certificate", "certificate-sm2")
HOSTILE = '</td><script>alert(1)</script>"\u202e\u200b&{{7*7}}'


@cache
def template() -> Mapping[str, Any]:
    """The statement of the good certificate."""
    loaded: dict[str, Any] = json.loads(certificate_payload(case.bundle(), ISSUE))
    return loaded


def numbered(place: int) -> str:
    return f"TEST-LB-2026-{place:06d}"


def payload(place: int, **predicate: Any) -> bytes:
    """The statement of a certificate with that number and place in the status list."""
    held = json.loads(json.dumps(template()))
    held["predicate"] |= {"certificateNo": numbered(place), "status": {"list": LIST, "index": place}, **predicate}
    product = held["predicate"]["product"]
    held["subject"][0]["name"] = f"{product['product']} {product['version']}"
    return canonical(held)


@dataclass(frozen=True)
class Made:
    """A certificate to be logged: its number, its envelope, and what befell it: events (kind, body)."""

    place: int
    envelope: Envelope
    acts: tuple[tuple[str, Mapping[str, Any]], ...] = ()


def made(place: int, *acts: tuple[str, Mapping[str, Any]], legs: Sequence[str] = LEGS, **predicate: Any) -> Made:
    envelope = sign_envelope(IN_TOTO, payload(place, **predicate), [signers()[name] for name in legs])
    return Made(place, envelope, acts)


def event(kind: str, place: int, **body: Any) -> Envelope:
    about = {"certificateNo": numbered(place), "index": place, **body}
    return sign_envelope(EVENT, event_payload(kind, CREATED, about), [signers()["status"]])


def status_list(**changed: Any) -> bytes:
    """A signed list of yesterday, of a week."""
    held = StatusList(LIST, 7, "2026-11-21T18:00:00+08:00", "2026-11-28T18:00:00+08:00")
    return write_envelope(sign_envelope(STATUS, status_payload(replace(held, **changed)), [signers()["status"]]))


def checkpoint(tree: Tree, size: int) -> str:
    return signed_checkpoint(ORIGIN, size, tree.root(size), [signers()["log"], signers()["log-sm2"]]).text


@dataclass
class Office:
    """The folder of an office as it is written, from certificates in the order of their issue."""

    folder: Path
    keys: KeySet = field(default_factory=key_set)

    def write(self, certificates: Sequence[Made], *, status: bytes | None = None, batch: int = 0) -> Path:
        """Everything: entries, then events; the list says what the events say.

        A checkpoint for all, or, with ``batch``, one after each so many entries.
        """
        lines = [write_envelope(one.envelope) for one in certificates]
        lines += [write_envelope(event(kind, one.place, **body)) for one in certificates for kind, body in one.acts]
        tree = Tree(lines)
        sizes = [*range(batch, len(tree), batch), len(tree)] if batch else [len(tree)]
        texts = {size: checkpoint(tree, size) for size in sizes}
        for name in ("certificates", "log/checkpoints"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        (self.folder / "keys.json").write_bytes(write_key_set(self.keys))
        (self.folder / "status.json").write_bytes(status or self.listed(certificates))
        (self.folder / "log" / "entries.jsonl").write_bytes(b"".join(line + b"\n" for line in lines))
        (self.folder / "log" / "origin").write_text(f"{ORIGIN}\n")
        (self.folder / "log" / "checkpoint").write_text(texts[len(tree)])
        for size, text in texts.items():
            (self.folder / "log" / "checkpoints" / str(size)).write_text(text)
        for index, one in enumerate(certificates):
            size = next(size for size in sizes if size > index)
            content = write_certificate(one.envelope, index, texts[size], tree.inclusion(index, size))
            self.certificate(one.place).write_bytes(content)
        return self.folder

    def certificate(self, place: int) -> Path:
        return self.folder / "certificates" / f"{numbered(place)}.json"

    @staticmethod
    def listed(certificates: Sequence[Made]) -> bytes:
        """The list that says what the events say."""
        sets: dict[str, set[int]] = {"revoke": set(), "suspend": set(), "supersede": set()}
        reasons: dict[int, str] = {}
        for one in certificates:
            for kind, body in one.acts:
                if kind == "reinstate":
                    sets["suspend"].discard(one.place)
                    reasons.pop(one.place, None)
                else:
                    sets[kind].add(one.place)
                    reasons[one.place] = body.get("reason", "replaced")
        lists = {"revoked": sets["revoke"], "suspended": sets["suspend"], "superseded": sets["supersede"]}
        return status_list(reasons=reasons, **{name: frozenset(places) for name, places in lists.items()})


@cache
def every_status() -> tuple[Made, ...]:
    """One certificate of each word that a register shows, and one whose vendor is hostile."""
    product = template()["predicate"]["product"]
    declared = {**product, "build": {"kind": "declared", "id": "2026.11.20-r1"}}
    hostile = {**declared, "product": HOSTILE, "vendor": f"=cmd {HOSTILE}", "version": "9" * 300}
    return (
        made(45, product={**product, "vendor": "山东某某信息技术有限公司"}),
        made(
            46,
            ("suspend", {"reason": "under-review"}),
            product={**product, "product": "政务数据共享交换平台", "vendor": "齐鲁软件"},
        ),
        made(
            47,
            ("revoke", {"reason": "false-evidence"}),
            product={**declared, "product": "人口库", "vendor": "Example Ltd."},
        ),
        made(48, ("supersede", {"by": numbered(49)}), product=declared),
        made(49, product={**declared, "version": "3.3.0"}, supersedes=[numbered(48)]),
        made(50, product=product, validUntil="2026-11-22T00:00:00+08:00"),
        made(51, product=product, validFrom="2027-01-01T00:00:00+08:00"),
        made(52, ("suspend", {"reason": "under-review"}), ("reinstate", {"reason": "cleared"}), product=product),
        made(53, product=hostile, assurance="L1", rerun=None),
    )
