"""What files of JSON and of JSON Lines have in common: frames, faults told once, records found again."""

from __future__ import annotations

from abc import abstractmethod
from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from conformance.judge.faults import Fault, FaultCounter
from conformance.judge.rulebook import Location
from conformance.messages import message
from conformance.standard.exchange import ExchangeRules
from conformance.standard.model import DatasetSpec
from conformance.system.records.json_exact import Note
from conformance.system.records.json_framing import Ending, Framing
from conformance.system.records.json_gaps import Array
from conformance.system.records.json_pieces import Piece, PieceReader
from conformance.system.records.json_reading import Place, Reading, Step
from conformance.system.records.json_text import Utf8Stream
from conformance.system.records.model import FileClaim, RecordFile
from conformance.system.source import ROW

#: A frame has at least so many records, but for the last one: what is judged costs something a frame, too.
FRAME_ROWS = 25_000
ENCODING, WELL_FORMED, STRUCTURE = "encoding", "well-formed", "structure"


@dataclass
class Findings:
    """The faults that one reading met: the first of each rule, and how many more; told when it came to its end."""

    limit: int
    first: dict[str, list[Fault]] = field(default_factory=dict)
    more: Counter[str] = field(default_factory=Counter)
    checked: Counter[str] = field(default_factory=Counter)

    def add(self, fault: Fault) -> None:
        """Keep a fault, or count it."""
        kept = self.first.setdefault(fault.rule, [])
        if self.has_room(fault.rule):
            kept.append(fault)
        else:
            self.more[fault.rule] += 1

    def has_room(self, rule: str) -> bool:
        """Whether one more fault of this rule would be kept."""
        return len(self.first.get(rule, ())) < max(1, self.limit)

    def tell(self, counter: FaultCounter) -> None:
        """Tell all."""
        for rule, number in self.checked.items():
            counter.checked(rule, number)
        for rule, faults in self.first.items():
            counter.extend(faults)
            for _ in range(self.more[rule]):
                counter.add(faults[-1])


#: Where records of a stretch begin, or end; for how many records of a file this is kept.
Spots = npt.NDArray[np.int32]
SPOTS = 2_000_000


def _spots(step: Step) -> tuple[Spots, Spots] | None:
    """The places of a step's records, unless too many are kept: those can be read for again."""
    read = step.read
    if step.place.row + read.rows > SPOTS:
        return None
    return read.starts[: read.rows].astype(np.int32), read.ends[: read.rows].astype(np.int32)


@dataclass(frozen=True)
class _Stretch:
    """Where some records stand: they begin at a place, and their text has so many bytes.

    ``spots``: where each begins and ends behind the place, as far as this is kept (eight bytes a record).
    """

    place: Place
    length: int
    spots: tuple[Spots, Spots] | None


class JsonRecords(RecordFile):
    """A file of JSON objects; what stands around them, subclasses know."""

    rules_judged = (ENCODING, WELL_FORMED, STRUCTURE)
    #: Where the records stand in the document.
    body_path: str

    def __init__(
        self, claim: FileClaim, spec: DatasetSpec, rules: ExchangeRules, faults: FaultCounter, fast: bool = True
    ) -> None:
        super().__init__(claim, spec, rules, faults)
        self._stream = Utf8Stream(claim.path, claim.encoding, rules.encodings.get(claim.encoding, "utf-8"))
        self._framing = self._framed()
        self._reader = PieceReader(self._framing, self.columns, rules.limits, faults.limit, fast)
        self._stretches: tuple[_Stretch, ...] | None = None
        self._passing: list[_Stretch] = []

    @abstractmethod
    def _framed(self) -> Framing:
        """How records follow one another."""

    @abstractmethod
    def _steps(self, place: Place, findings: Findings) -> Iterator[Step]:
        """Read the file from the first character on; sets :attr:`header` and :attr:`records`."""

    def batches(self) -> Iterator[pl.DataFrame]:
        findings = Findings(self.faults.limit)
        waiting: list[pl.DataFrame] = []
        for frame in self._frames(findings):
            waiting.append(frame)
            if sum(one.height for one in waiting) >= FRAME_ROWS:
                yield pl.concat(waiting, rechunk=True)
                waiting = []
        if waiting:
            yield pl.concat(waiting, rechunk=True)
        if self._stretches is None:
            self._stretches = tuple(self._passing)
            findings.tell(self.faults)

    def _frames(self, findings: Findings) -> Iterator[pl.DataFrame]:
        self._passing, findings.checked[ENCODING] = [], 1
        begin = self._stream.begin()
        if begin:
            findings.add(Fault(ENCODING, self._location(1), message("records.text.bom-start")))
        for step in self._steps(Place(begin), findings):
            self._note(step, findings)
            if step.read.rows:
                self._passing.append(_Stretch(step.place, step.read.consumed, _spots(step)))
            if step.read.frame.height:
                yield step.read.frame.with_columns(pl.col(ROW) + (step.place.row + 1))

    def locate(self, rows: Collection[int]) -> Mapping[int, Location]:
        return {row: self._location(line, f"{self.body_path}[{row - 1}]") for row, line, _ in self._records_at(rows)}

    def fragments(self, rows: Collection[int]) -> Mapping[int, bytes]:
        return {row: text for row, _, text in self._records_at(rows)}

    def _records_at(self, rows: Collection[int]) -> Iterator[tuple[int, int, bytes]]:
        """Number, line and text of records, in order; only the stretches that they stand in are read again."""
        if self._stretches is None:
            for _ in self.batches():
                pass
        stretches = self._stretches or ()
        begins = [stretch.place.row for stretch in stretches]
        at = -1
        for row in sorted(set(rows)):
            found = bisect_right(begins, row - 1) - 1
            if found < 0:
                continue
            if found != at:
                at, stretch = found, stretches[found]
                data = self._stream.slice(stretch.place.offset, stretch.length)
                starts, ends = stretch.spots or self._scanned(stretch.place.offset, data)
            number = row - 1 - stretch.place.row
            if number < len(starts):
                start, end = int(starts[number]), int(ends[number])
                yield row, stretch.place.line + data.count(b"\n", 0, start), data[start:end]

    def _scanned(self, offset: int, data: bytes) -> tuple[Array, Array]:
        read = self._reader.read(Piece(offset, data, Ending.FILE))
        return read.starts[: read.rows], read.ends[: read.rows]

    def _reading(self, place: Place) -> Reading:
        return Reading(self._stream, self._framing, self._reader, place)

    def _note(self, step: Step, findings: Findings) -> None:
        """Give the faults of a piece their places in the file."""
        notes, place = step.read.notes, step.place
        for rule, found in notes.first.items():
            for one in found:
                if not findings.has_room(rule):
                    findings.more[rule] += 1
                    continue
                line = place.line + step.piece.data.count(b"\n", 0, one.offset)
                row = place.row + one.row + 1 if one.row >= 0 else 0
                findings.add(self._fault(one.note, line, row))
            findings.more[rule] += notes.more[rule]

    def _fault(self, note: Note, line: int, row: int) -> Fault:
        path = f"{self.body_path}[{row - 1}]" if row else self.body_path
        if note.member:
            path = f"{path}.{note.member}"
        return Fault(note.rule, self._location(line, path), note.message, row)

    def _lost(self, findings: Findings, line: int) -> None:
        """The bytes that come next are not text in the encoding declared."""
        if self._stream.fault is not None:
            findings.add(Fault(ENCODING, self._location(line), self._stream.fault.message))

    def _location(self, line: int, path: str = "") -> Location:
        return Location(self.claim.name, line, path)
