"""A series of packages as the judge sees it: the packages of a folder, applied one after another."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import deque
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from conformance.judge.exchange.envelope import judge_envelope
from conformance.judge.exchange.model import PackageFacts
from conformance.judge.exchange.series import Turn, judge_series, order_of
from conformance.judge.exchange.state import StateReplay
from conformance.judge.faults import Fault, FaultCounter
from conformance.judge.model import Dataset
from conformance.judge.rulebook import Location
from conformance.messages import message
from conformance.standard.exchange import ExchangeRules
from conformance.standard.standards import Standards
from conformance.system.declaration import Source
from conformance.system.exchange_source import ExchangeSource, HandedFacts, Spread
from conformance.system.package.digests import digest_of_all
from conformance.system.package.operations import check_operations
from conformance.system.package.reading import PackageReading, PackageSchemas, read_package
from conformance.system.problem import failure, shown
from conformance.system.source import ROW

_ARCHIVE = re.compile(r"(?i).+\.(zip|tar|tar\.gz|tgz)")


def list_series(path: Path, rules: ExchangeRules) -> tuple[tuple[Path, ...], tuple[Path, ...]]:
    """The packages of a folder, and what else lies there, both sorted by name.

    A package is an archive by its name, or a folder that holds a manifest or is named as packages are: without its
    manifest it is a broken package, not a stray. Links are strays, and never followed.
    """
    entries = sorted(path.iterdir(), key=lambda entry: entry.name)
    packages = tuple(entry for entry in entries if _is_package(entry, rules))
    return packages, tuple(entry for entry in entries if entry not in set(packages))


def _is_package(entry: Path, rules: ExchangeRules) -> bool:
    if entry.is_symlink():
        return False
    if entry.is_dir():
        manifest = entry / rules.names["manifest"]
        return manifest.is_symlink() or manifest.exists() or bool(re.match(rules.names["package"], entry.name))
    return entry.is_file() and bool(_ARCHIVE.fullmatch(entry.name))


class MemberFaults(FaultCounter):
    """Passes the faults of one package on to those of its series: files are named within the package, rows counted over
    the series. ``before`` is how many records stand before the package's; None: its records are none of the series.
    """

    def __init__(self, series: FaultCounter, package: str) -> None:
        super().__init__(series.limit)
        self._series, self._package = series, package
        self.before: int | None = 0

    def checked(self, rule: str, number: int = 1) -> None:
        self._series.checked(rule, number)

    def add(self, fault: Fault) -> None:
        where = fault.where and _within(self._package, fault.where)
        if self.before is None:
            self._series.add(replace(fault, where=where or Location(self._package), row=0))
        else:
            self._series.add(replace(fault, where=where, row=fault.row + self.before if fault.row else 0))


def _within(package: str, where: Location) -> Location:
    """The place, in a package of a series; what is told of the package itself names it already."""
    return where if where.file == package else replace(where, file=f"{package}/{where.file}")


@dataclass
class _Member:
    """An opened package: ``early`` is what is known before it is read, ``rows`` how many records it gave."""

    reading: PackageReading
    faults: MemberFaults
    early: PackageFacts
    rows: int = 0

    @property
    def name(self) -> str:
        return shown(self.early.name)


class SeriesSource(ExchangeSource):
    """The packages of a folder, in the order in which a receiver applies them; a package that comes again is not read.

    A package that claims to come again and differs is read for its own faults, and gives no records.
    """

    def __init__(self, dataset: Dataset, standards: Standards, source: Source, faults: FaultCounter) -> None:
        assert dataset.exchange is not None  # noqa: S101 - the caller asks for exchange targets only
        self._dataset, self._standards, self._faults = dataset, standards, faults
        self._spec, self._rules = dataset.exchange.spec, standards.exchange
        self._state = StateReplay(self._rules, self._spec.key, faults)
        self._spread = Spread()
        self._told = False
        self._members: list[_Member] = []
        try:
            paths, self._strays = list_series(source.path, self._rules)
            schemas = PackageSchemas.of(standards.exchange_folder())
            for path in paths:
                self._members.append(self._open(path, schemas))
        except OSError as error:
            self.close()
            raise failure(source.place, "source.damaged", file=source.path.name, why=type(error).__name__) from None
        except BaseException:
            self.close()
            raise
        self._turns = self._ordered()

    def batches(self) -> Iterator[pl.DataFrame]:
        """The records of all packages but those that come again; the first time the receiver's state is replayed."""
        before = 0
        for turn, member in self._turns:
            if turn.again:
                if not turn.same and not self._told:
                    member.faults.before = None
                    deque(member.reading.batches(), maxlen=0)
                continue
            member.faults.before = before
            rows = 0
            if not self._told:
                self._state.begin(turn)
            for frame in member.reading.batches():
                numbered = frame.with_columns(pl.col(ROW) + before)
                rows = int(frame[ROW].max())  # type: ignore[arg-type]
                if not self._told:
                    self._look(numbered, turn)
                yield numbered
            if not self._told:
                member.rows = rows
                self._state.end(member.reading.facts())
            before += rows
        self._told = True

    def conclude(self) -> None:
        """Judge each envelope, then the series; of a package that comes again only its name and that it is the same."""
        code = self._standards.schemes[self._rules.provider]
        found: list[PackageFacts] = []
        for turn, member in self._turns:
            known = turn.again and turn.same
            facts = replace(member.early, manifest=None) if known else member.reading.facts()
            judge_envelope(facts, self._spec, self._rules, code, self._dataset.as_of, member.faults)
            found.append(replace(facts, manifest=member.early.manifest))
        judge_series(found, self._rules, self._faults)
        self._faults.checked("files", len(self._members) + len(self._strays))
        for stray in self._strays:
            self._faults.add(Fault("files", Location(shown(stray.name)), message("series.stray")))

    def locate(self, rows: Collection[int]) -> Mapping[int, Location]:
        """Where records stand: ``<package>/<data file>``, line, path."""
        found: dict[int, Location] = {}
        for member, before, inside in self._by_member(rows):
            places = member.reading.locate(inside).items()
            found |= {row + before: _within(member.name, place) for row, place in places}
        return found

    def fragments(self, rows: Collection[int]) -> Mapping[int, tuple[str, bytes]]:
        """The format and the text of records."""
        found: dict[int, tuple[str, bytes]] = {}
        for member, before, inside in self._by_member(rows):
            found |= {row + before: text for row, text in member.reading.fragments(inside).items()}
        return found

    def facts(self) -> HandedFacts:
        """The digest is over the packages' names and contents; strays have no part in it."""
        size = sum(entry.bytes for member in self._members for entry in member.reading.files.entries.values())
        digests: dict[str, str] = {}
        for number, member in enumerate(self._members):
            digests[f"{number:06d}/{member.early.name}"] = member.reading.files.digest
        return HandedFacts("series", size, digest_of_all(digests))

    def close(self) -> None:
        """Remove whatever was unpacked."""
        for member in self._members:
            member.reading.close()

    def spread(self) -> tuple[int, ...]:
        """Row numbers of some records, spread over them all."""
        return self._spread.rows()

    def _open(self, path: Path, schemas: PackageSchemas) -> _Member:
        name = re.sub(r"(?i)\.(zip|tar|tar\.gz|tgz)$", "", path.name) if path.is_file() else path.name
        faults = MemberFaults(self._faults, shown(name))
        reading = read_package(path, self._spec, self._rules, schemas, faults)
        files = reading.files
        return _Member(reading, faults, PackageFacts(files.name, reading.manifest, (), digest=files.digest))

    def _ordered(self) -> list[tuple[Turn, _Member]]:
        """Each turn with its package; equal facts (a folder and an archive of it) stand for one another."""
        waiting = list(self._members)
        ordered = []
        for turn in order_of([member.early for member in waiting], self._rules):
            member = next(one for one in waiting if one.early is turn.package)
            waiting.remove(member)
            ordered.append((turn, member))
        return ordered

    def _look(self, frame: pl.DataFrame, turn: Turn) -> None:
        """Tell of the operations of a batch, and apply it."""
        self._spread.take(frame)
        if turn.package.manifest is not None:
            check_operations(frame, turn.package.manifest.mode, self._rules, self._faults)
        columns = frame.select(ROW, pl.col(self._rules.operation.name).fill_null(""), *self._spec.key)
        self._state.apply((row, word, tuple(key)) for row, word, *key in columns.iter_rows())

    def _by_member(self, rows: Collection[int]) -> Iterator[tuple[_Member, int, list[int]]]:
        """The packages that hold these records: the package, how many records stand before it, the numbers inside."""
        wanted, before = sorted(rows), 0
        for turn, member in self._turns:
            if turn.again:
                continue
            upto = before + member.rows
            inside = wanted[bisect_left(wanted, before + 1) : bisect_left(wanted, upto + 1)]
            if inside:
                yield member, before, [row - before for row in inside]
            before = upto
