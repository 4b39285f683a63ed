"""EX-BATCH, EX-REPEAT, EX-CREATED: the packages of a series in their order.

Packages are applied by batch number. One fault turns one rule red: a number that name and manifest state differently is
``identity``, one that cannot be read ``manifest`` or ``package-name``, and none of them is a gap as well.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise

from conformance.judge.exchange.model import Manifest, PackageFacts
from conformance.judge.faults import Fault, FaultCounter
from conformance.judge.rulebook import Location
from conformance.messages import Message, message
from conformance.standard.exchange import ExchangeRules

#: Characters of a name that somebody else gave that a message repeats.
_SHOWN = 80


@dataclass(frozen=True)
class Turn:
    """One package in the order in which a receiver applies it.

    ``batch`` is None where neither name nor manifest tells it. ``again``: by its id the package came before, and
    changes nothing; ``same``: its content is that of the first with this id. ``follows``: it can be told that this is
    the next package after the one before. ``trusted``: its manifest was read, and agrees with its name, and with every
    repetition of it.
    """

    package: PackageFacts
    batch: int | None
    again: bool = False
    same: bool = True
    follows: bool = False
    trusted: bool = False

    @property
    def mode(self) -> str:
        """The mode that a trusted manifest states; empty where there is none."""
        return self.package.manifest.mode if self.trusted and self.package.manifest else ""


@dataclass(frozen=True)
class _Known:
    """A package and what it says of itself: one id, batch and mode where name and manifest agree."""

    package: PackageFacts
    ids: tuple[str, ...]
    batches: tuple[int, ...]
    modes: tuple[str, ...]

    @property
    def identity(self) -> tuple[str, ...]:
        """What makes a repetition: the package id where it is sure, else the package itself."""
        return self.ids if len(self.ids) == 1 else ("", self.package.name)

    @property
    def agrees(self) -> bool:
        return self.package.manifest is not None and len(self.ids) == len(self.batches) == len(self.modes) == 1


def order_of(packages: Iterable[PackageFacts], rules: ExchangeRules) -> tuple[Turn, ...]:
    """The packages as a receiver applies them, each followed by its repetitions; independent of the order given."""
    groups: dict[tuple[str, ...], list[_Known]] = {}
    by_name = sorted(packages, key=lambda package: (package.name, package.digest))
    for one in (_known(package, rules) for package in by_name):
        groups.setdefault(one.identity, []).append(one)
    for members in groups.values():
        # What cannot be read must not stand for its readable repetition.
        members.sort(key=lambda one: not one.agrees)
    turns = [turn for number, members in _numbered(groups.values(), rules) for turn in _turns(number, members)]
    turns.sort(key=lambda turn: (turn.batch is None, turn.batch or 0))
    return _followed(turns, rules)


def judge_series(packages: Sequence[PackageFacts], rules: ExchangeRules, faults: FaultCounter) -> None:
    """Tell the faults of a series by the rules ``batch``, ``repeat``, ``created`` and ``identity``.

    ``checked``: packages for ``batch`` and ``identity``, packages whose id is sure for ``repeat``, pairs of neighbours
    for ``created``. Who judges single packages tells of ``created`` and ``identity`` as well.
    """
    turns = order_of(packages, rules)
    once = [turn for turn in turns if not turn.again]
    faults.extend(_batch_faults(once, rules, faults))
    faults.extend(_repeat_faults(turns, rules, faults))
    faults.extend(_created_faults(once, faults))
    faults.extend(_provider_faults(once, faults))


def whole(package: PackageFacts) -> bool:
    """Every data file that the manifest lists was read to its end, with the records that it states.

    Else the receiver's state after this package is not known.
    """
    if package.manifest is None:
        return False
    read = {file.name: file.records for file in package.read}
    listed = [file for file in package.manifest.files if file.records is not None]
    return all(read.get(file.name) == file.records for file in listed)


def _known(package: PackageFacts, rules: ExchangeRules) -> _Known:
    """What name and manifest say, each word once. A name may go on after what the rule asks: ``….again``."""
    named = re.match(f"(?:{rules.names['package']})(?![0-9A-Za-z])", package.name)
    manifest = package.manifest
    ids = [*([named.group()] if named else ()), *([manifest.package_id] if manifest else ())]
    batches = [*([named["batch"]] if named else ()), *([manifest.batch] if manifest else ())]
    modes = [*([named["mode"]] if named else ()), *([manifest.mode] if manifest else ())]
    numbers = [int(batch) for batch in batches if batch.isascii() and batch.isdigit()]
    return _Known(package, tuple(dict.fromkeys(ids)), tuple(dict.fromkeys(numbers)), tuple(dict.fromkeys(modes)))


def _numbered(groups: Iterable[list[_Known]], rules: ExchangeRules) -> Iterator[tuple[int | None, list[_Known]]]:
    """Each group with its batch number; where two are stated, the one that nobody else has and that fits the count."""
    several = list(groups)
    taken = Counter(members[0].batches[0] for members in several if len(members[0].batches) == 1)
    expected = range(rules.first_batch, rules.first_batch + len(several))
    for members in several:
        stated: Sequence[int] = members[0].batches
        if len(stated) > 1:
            free = [batch for batch in stated if batch in expected and not taken[batch]]
            stated = (free or stated)[:1]
            taken[stated[0]] += 1
        yield (stated[0] if stated else None), members


def _turns(number: int | None, members: list[_Known]) -> Iterator[Turn]:
    first = members[0].package
    same = [not first.digest or one.package.digest in ("", first.digest) for one in members]
    trusted = members[0].agrees and all(same)
    for position, (one, equal) in enumerate(zip(members, same, strict=True)):
        yield Turn(one.package, number, again=position > 0, same=equal, trusted=trusted)


def _told_apart(first: PackageFacts, second: PackageFacts) -> bool:
    """The difference of two packages is one of what their manifests claim, not of files that belie a manifest."""
    if first.manifest is None or second.manifest is None:
        return False
    return first.manifest != second.manifest or (
        _truthful(first, first.manifest) and _truthful(second, second.manifest)
    )


def _truthful(package: PackageFacts, manifest: Manifest) -> bool:
    """The files that are there are those that the manifest lists, by their digests as far as these can be told."""
    listed = {file.name: (file.algorithm, file.digest) for file in manifest.files}
    there = {file.name: file.digests for file in package.present if file.digests}
    return listed.keys() == there.keys() and all(
        there[name].get(algorithm, digest) == digest for name, (algorithm, digest) in listed.items()
    )


def _followed(turns: list[Turn], rules: ExchangeRules) -> tuple[Turn, ...]:
    """The turns, each told whether it surely comes next: not after a gap, nor where batch numbers or times clash."""
    once = [turn for turn in turns if not turn.again]
    shared = {batch for batch, number in Counter(turn.batch for turn in once).items() if number > 1}
    clashing = {id(turn) for pair in pairwise(once) if _made_before(*pair) for turn in pair}
    expected: int | None = rules.first_batch
    found = []
    for turn in turns:
        follows = turn.batch is not None and turn.batch == expected and turn.batch not in shared
        found.append(replace(turn, follows=turn.again or (follows and id(turn) not in clashing)))
        if not turn.again:
            expected = None if turn.batch is None else turn.batch + 1
    return tuple(found)


def _batch_faults(once: list[Turn], rules: ExchangeRules, faults: FaultCounter) -> Iterator[Fault]:
    """A wrong first batch, gaps, and numbers that two packages have.

    No gap is told of where packages whose number nobody knows may fill them all, and no number that an untrusted
    package may not have.
    """
    numbered = [(turn.batch, turn) for turn in once if turn.batch is not None]
    faults.checked("batch", len(numbered))
    unknown = len(once) - len(numbered)
    gaps = []
    for (before, earlier), (batch, turn) in pairwise(numbered):
        if batch > before + 1:
            gaps.append((before, batch, turn))
        elif batch == before and turn.trusted and earlier.trusted:
            yield Fault("batch", _at(turn), message("series.batch-twice", batch=_digits(batch)))
    first, lowest = rules.first_batch, numbered[0][0] if numbered else rules.first_batch
    if max(lowest - first, 0) + sum(batch - before - 1 for before, batch, _ in gaps) <= unknown and lowest >= first:
        return
    if lowest != first:
        reason = message("series.batch-first", expected=_digits(first), found=_digits(lowest))
        yield Fault("batch", _at(numbered[0][1]), reason)
    for before, batch, turn in gaps:
        yield Fault("batch", _at(turn), _gap(before, batch))


def _gap(before: int, found: int) -> Message:
    return message(
        "series.batch-gap",
        before=_digits(before),
        expected=_digits(before + 1),
        found=_digits(found),
        missing=found - before - 1,
    )


def _repeat_faults(turns: Sequence[Turn], rules: ExchangeRules, faults: FaultCounter) -> Iterator[Fault]:
    faults.checked("repeat", sum(len(_known(turn.package, rules).ids) == 1 for turn in turns))
    first = turns[0].package if turns else None
    for turn in turns:
        if not turn.again or first is None:
            first = turn.package
        elif not turn.same and _told_apart(first, turn.package):
            yield Fault("repeat", _at(turn), message("series.repeat-differs", first=_plain(first.name)))


def _created_faults(once: list[Turn], faults: FaultCounter) -> Iterator[Fault]:
    """A package made before its neighbour of the earlier batch; only neighbours, lest one wrong clock tells of many."""
    for earlier, later in pairwise(once):
        if _made(earlier) is not None and _made(later) is not None and earlier.batch != later.batch:
            faults.checked("created")
            if _made_before(earlier, later):
                before = _digits(earlier.batch or 0)
                yield Fault("created", _at(later), message("series.created-order", before=before))


def _provider_faults(once: list[Turn], faults: FaultCounter) -> Iterator[Fault]:
    """Packages whose provider is not the one that most have; of as many, the one that comes first."""
    stated = [(turn, turn.package.manifest.provider) for turn in once if turn.trusted and turn.package.manifest]
    faults.checked("identity", len(stated))
    usual = max(Counter(provider for _, provider in stated).items(), key=lambda item: item[1], default=("", 0))[0]
    first = next((turn.package.name for turn, provider in stated if provider == usual), "")
    for turn, provider in stated:
        if provider != usual:
            yield Fault("identity", _at(turn), message("series.provider-differs", first=_plain(first)))


def _made(turn: Turn) -> datetime | None:
    """The instant at which a package says that it was made; None where it says no instant."""
    if turn.package.manifest is None or turn.batch is None:
        return None
    try:
        instant = datetime.fromisoformat(turn.package.manifest.created_at)
    except ValueError:
        return None
    return instant if instant.tzinfo is not None else None


def _made_before(earlier: Turn, later: Turn) -> bool:
    """The package of the later batch says that it was made first."""
    first, second = _made(earlier), _made(later)
    return first is not None and second is not None and earlier.batch != later.batch and second < first


def _digits(batch: int) -> str:
    return f"{batch:06d}"


def _at(turn: Turn) -> Location:
    return Location(_plain(turn.package.name))


def _plain(name: str) -> str:
    """A name that somebody else gave, fit for a line."""
    plain = "".join(character if character.isprintable() else "�" for character in name)
    return plain if len(plain) <= _SHOWN else f"{plain[: _SHOWN - 1]}…"
