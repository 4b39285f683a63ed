"""Which findings are run again: a draw that nobody can choose and anybody can compute."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from conformance.office.cases.facts import Judged

SCHEMA = "lubiao-draw/1"


@dataclass(frozen=True)
class Draw:
    """``seed``: hexadecimal; ``always``: findings that rest on a person's word, which all go in; ``drawn``: the others,
    in the order of the draw; ``of``: how many findings there are. The root is that of the log's checkpoint of ``size``.
    """

    seed: str
    size: int
    root: str
    always: tuple[str, ...]
    drawn: tuple[str, ...]
    of: int

    @property
    def chosen(self) -> frozenset[str]:
        """All findings that are run again."""
        return frozenset((*self.always, *self.drawn))

    def value(self) -> dict[str, Any]:
        """As ``draw.json`` holds it."""
        return {
            "schema": SCHEMA,
            "seed": self.seed,
            "checkpoint": {"size": self.size, "root": self.root},
            "always": list(self.always),
            "drawn": list(self.drawn),
            "of": self.of,
        }


def draw_of(value: Any) -> Draw:
    """The draw of such a value."""
    place = value["checkpoint"]
    always, drawn = tuple(value["always"]), tuple(value["drawn"])
    return Draw(value["seed"], place["size"], place["root"], always, drawn, value["of"])


def sample_seed(manifest: str, root: bytes) -> bytes:
    """SHA-256(SHA-256 of the manifest, as bytes ‖ root of the first checkpoint after the receipt's)."""
    return hashlib.sha256(bytes.fromhex(manifest) + root).digest()


def smallest(seed: bytes, ids: Collection[str], count: int) -> tuple[str, ...]:
    """The ``count`` ids with the smallest SHA-256(seed ‖ id), smallest first; all, where there are no more."""
    return tuple(sorted(ids, key=lambda id_: (hashlib.sha256(seed + id_.encode()).digest(), id_))[:count])


def draw(manifest: str, size: int, root: bytes, findings: Sequence[Judged], count: int) -> Draw:
    """The sample of a bundle: ``count`` findings by lot, and with them each that rests on a person's word."""
    seed = sample_seed(manifest, root)
    always = tuple(sorted(one.id for one in findings if one.manual))
    lots = [one.id for one in findings if not one.manual]
    return Draw(seed.hex(), size, root.hex(), always, smallest(seed, lots, count), len(findings))
