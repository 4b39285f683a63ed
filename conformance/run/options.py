"""How to run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path

from conformance.plan import Selection
from conformance.signing.seed import seed_of
from conformance.standard.standards import Shelf

#: A run's day is a day in Shandong, wherever the machine stands.
CHINA = timezone(timedelta(hours=8))

#: Told now and then what is going on: the target, and the records read so far.
Progress = Callable[[str, int], None]


@dataclass(frozen=True)
class Challenge:
    """The vendor's commitment, made first, and the office's nonce, given after it: neither alone chose the seed."""

    commitment: str
    nonce: str

    @property
    def seed(self) -> int:
        """The seed of everything generated."""
        return seed_of(self.commitment, self.nonce)


@dataclass(frozen=True)
class Options:
    """How to run. ``official`` refuses whatever narrows; ``now`` is the run's instant, with its zone."""

    official: bool = False
    selection: Selection = field(default_factory=Selection)
    sample_limit: int = 20
    now: datetime | None = None
    standards_root: Path | None = None
    seed: int = 0
    #: Reach no system over the network: what would be asked can be shown, and nothing can be judged.
    dry: bool = False
    #: Packs read already, where many runs are made in one process.
    shelf: Shelf | None = None
    #: What the seed comes from; it overrules ``seed``.
    challenge: Challenge | None = None
    #: The folder in which a run leaves what it has judged, so that it goes on there after it was killed.
    journal: Path | None = None
    #: Whether evidence for judging again is taken: a census of what columns hold.
    keep: bool = False
