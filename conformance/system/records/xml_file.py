"""XML files of records (``docs/exchange.md``): all structure judged, values in batches, at the speed of arrays."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

import polars as pl

from conformance.judge.faults import Fault, FaultCounter
from conformance.judge.rulebook import Location
from conformance.standard.exchange import ExchangeRules
from conformance.standard.model import DatasetSpec
from conformance.system.records.model import FileClaim, RecordFile
from conformance.system.records.xml_chunks import Plan
from conformance.system.records.xml_names import path_of, shape_of
from conformance.system.records.xml_places import Place, places
from conformance.system.records.xml_reading import Mark, Reading
from conformance.system.records.xml_text import XmlText

_RULES = ("encoding", "doctype", "well-formed", "namespace", "structure")
#: The rules behind which nothing is judged once one of them is broken, in their order.
_FIRST = _RULES[:-1]


class XmlFile(RecordFile):
    """One XML file. ``regular`` False reads it by the parser alone: slower, and with the same results."""

    rules_judged = _RULES

    def __init__(self, claim: FileClaim, spec: DatasetSpec, rules: ExchangeRules, faults: FaultCounter) -> None:
        super().__init__(claim, spec, rules, faults)
        self.regular = True
        self._shape = shape_of(spec, rules, claim.encoding)
        self._codec = rules.encodings.get(claim.encoding, "utf-8")
        self._text: XmlText | None = None
        self._marks: list[Mark] | None = None
        self._read = False
        self._told = 0
        self._broken = len(_FIRST)

    def batches(self) -> Iterator[pl.DataFrame]:
        """See :meth:`RecordFile.batches`. A reading that is broken off tells no fault twice when it is begun again."""
        reading = Reading(self._plan())
        if self._marks is None:
            self._marks = reading.marks
        number = 0
        for frame in reading.frames():
            number = self._tell(reading.faults, number)
            yield frame
        self._tell(reading.faults, number)
        self._marks = reading.marks
        if not self._read:
            self._read = True
            self.records = reading.row if reading.ended else None
            self.header = reading.header
            self._count(reading.row)

    def locate(self, rows: Collection[int]) -> Mapping[int, Location]:
        """See :meth:`RecordFile.locate`; rows that are not in the file are left out."""
        xml = self.rules.xml
        return {
            row: Location(self.claim.name, place.line, path_of((xml.root, xml.body, f"{xml.record}[{row}]")))
            for row, place in self._places(rows).items()
        }

    def fragments(self, rows: Collection[int]) -> Mapping[int, bytes]:
        """See :meth:`RecordFile.fragments`; rows that are not in the file are left out."""
        text = self._plan().text
        return {row: text.read(place.offset, place.end - place.offset) for row, place in self._places(rows).items()}

    def _plan(self) -> Plan:
        if self._text is None:
            self._text = XmlText(self.claim.path, self._codec)
        return Plan(self._text, self._shape, self.rules.limits, self.claim.name, self.regular)

    def _places(self, rows: Collection[int]) -> Mapping[int, Place]:
        if self._marks is None:
            for _ in self.batches():
                pass
        return places(self._plan(), self._marks or (), rows)

    def _tell(self, faults: list[Fault], number: int) -> int:
        """Tell the faults of a reading that no reading told before; ``number`` came before them."""
        for fault in faults:
            number += 1
            if number <= self._told:
                continue
            self._told = number
            rank = _RULES.index(fault.rule)
            if rank <= self._broken:
                self.faults.add(fault)
            if rank < len(_FIRST):
                self._broken = min(self._broken, rank)
        faults.clear()
        return number

    def _count(self, records: int) -> None:
        """Say what was judged: no rule behind the first that is broken, unless it is about records."""
        for rule in _RULES[: self._broken + 1]:
            self.faults.checked(rule, records + 1 if rule == "structure" else 1)
