"""The census of a column: how often each form of value came, so that the column can be judged again without its data.

A bundle holds no data. It holds for each column of a dataset a multiset of evidence forms: values where they name
nobody (:mod:`conformance.evidence.census_kept`), shapes for all else (:mod:`conformance.evidence.census_shape`).
Columns are counted each for itself; nothing says which forms stood in one record.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from conformance.evidence.census_kept import Keeper
from conformance.evidence.census_shape import Alphabets, Shaper, alphabet_digest, coded, decoded
from conformance.evidence.record import storable_value
from conformance.judge.model import Column, Dataset
from conformance.judge.oracle_dates import all_digits
from conformance.standard.standards import Standards

#: Bounds: records of a dataset that are counted, different forms of a column, and characters of its forms as written.
ROWS, DISTINCT, CHARACTERS = 50_000, 5_000, 1 << 20
#: The bound of a column's shapes written out, which a few coded bytes may stand for; and of all columns of a bundle.
#: Whoever judges them again needs about a second and two MiB for each Mi.
DECODED, DECODED_TOGETHER = 4 << 20, 128 << 20
#: Below this share of values that look right a column is taken to be mapped wrongly, and none is kept.
_RIGHT = 2
_DAY, _YEAR = len("YYYYMMDD"), len("YYYY")
#: What a record's date looks like.
_TIME = re.compile(r"(?:18|19|20|21|99)[0-9]{2}(?:$|(?:0[0-9]|1[0-2])(?:[0-2][0-9]|3[01])$)")

Values = Sequence[str | None]


@dataclass(frozen=True)
class Use:
    """How a dataset uses a column: what its judgement depends on beside the packs. As in ``judge.model.Column``."""

    as_of: str
    mandatory: bool = False
    date: str = ""
    also: tuple[str, ...] = ()
    system: str = ""
    levels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Census:
    """What was counted of one column. ``target`` is the dataset's, ``element`` the element's id.

    ``rows`` of the dataset's ``of`` records were counted; ``complete``: all, and each form of theirs stands here.
    ``absent`` values are null or empty; ``values`` are (text, time, count), the time being the digits of the record's
    date that its code is judged at where ``dated``; ``shapes`` are (shape, count). ``form`` and ``made`` say what
    shapes can decide, ``alphabet`` under which repertoires.
    """

    target: str
    column: str
    label: str
    element: str
    use: Use
    rows: int
    of: int
    complete: bool
    dated: bool
    form: str
    made: str
    alphabet: str
    absent: int
    values: tuple[tuple[str, str, int], ...]
    shapes: tuple[tuple[str, int], ...]

    @property
    def id(self) -> str:
        """The target that findings over the column have."""
        return f"{self.target}.{self.label}"


class CensusTaker:
    """Counts the columns of one dataset, batch by batch; the same records give the same census however they come."""

    def __init__(self, dataset: Dataset, standards: Standards) -> None:
        alphabets = Alphabets(standards.repertoire)
        told = {column.name for column in dataset.columns if not column.element.personal}
        self._of = self._rows = 0
        self._columns = [
            _ColumnCount(dataset, column, standards, alphabets, column.date in told) for column in dataset.columns
        ]

    def add(self, columns: Mapping[str, Values]) -> None:
        """Count the next records: by name the values of each mapped column, and of date columns; all equally long."""
        total = len(next(iter(columns.values()), ()))
        taken = min(total, ROWS - self._rows)
        self._of += total
        self._rows += taken
        if not taken:
            return
        for counted in self._columns:
            values, date = columns[counted.column.name], counted.date
            times = columns[date][:taken] if date and date in columns else None
            counted.add(values[:taken] if taken < total else values, times)

    @property
    def left(self) -> int:
        """How many more records will be counted."""
        return ROWS - self._rows

    def skip(self, records: int) -> None:
        """So many further records are in the dataset, and not counted."""
        self._of += records

    def records(self) -> tuple[Census, ...]:
        """What was counted, in the order of the dataset's columns."""
        return tuple(counted.census(self._rows, self._of) for counted in self._columns)


class _ColumnCount:
    """Counts one column; gives up times, then values, then forms where there are too many different ones."""

    def __init__(
        self,
        dataset: Dataset,
        column: Column,
        standards: Standards,
        alphabets: Alphabets,
        date_may_be_kept: bool,
    ) -> None:
        self.column, self._dataset = column, dataset
        self._keeper = Keeper(column, standards)
        self._shaper = Shaper(column, standards, alphabets)
        self._alphabet = alphabet_digest(standards.repertoire)
        self._by_value = bool(self._keeper.kind)
        #: Divisions are judged at a year, codes at a day.
        self._width = _YEAR if self._keeper.kind == "division" else _DAY
        self.date = column.date if date_may_be_kept and self._keeper.dated else ""
        self._dated = bool(self.date)
        self._values: Counter[tuple[str, str]] = Counter()
        self._distinct: set[str] = set()
        self._shapes: Counter[str] = Counter()
        self._absent = self._characters = self._decoded = 0
        self._dropped = False

    def add(self, values: Values, times: Values | None) -> None:
        if not self._by_value:
            self._add_shapes([value for value in values if value])
            self._absent += len(values) - sum(map(bool, values))
            return
        if self._dated and times is not None:
            told = {time: _digits(time, self._width) for time in set(times)}
            counts = Counter(zip(values, map(told.__getitem__, times), strict=True))
        else:
            self._dated = False
            counts = Counter({(value, ""): number for value, number in Counter(values).items()})
        for (value, time), number in counts.items():
            self._count(value, time if self._dated else "", number)

    def _count(self, value: str | None, time: str, number: int) -> None:
        if not value:
            self._absent += number
        elif not self._by_value or not (value in self._distinct or self._keeper.keeps(value)):
            self._shape(self._shaper.shape(value), number)
        else:
            self._distinct.add(value)
            self._values[value, time] += number
            if len(self._values) > DISTINCT:
                self._give_up()

    def _give_up(self) -> None:
        """Too many different ones: first the times go, then the values become shapes."""
        if self._dated:
            self._undate()
        if len(self._values) > DISTINCT:
            self._coarsen()

    def _undate(self) -> None:
        self._dated = False
        undated: Counter[tuple[str, str]] = Counter()
        for (value, _), number in self._values.items():
            undated[value, ""] += number
        self._values = undated

    def _coarsen(self) -> None:
        self._by_value = self._dated = False
        for (value, _), number in self._values.items():
            self._shape(self._shaper.shape(value), number)
        self._values, self._distinct = Counter(), set()

    def _add_shapes(self, present: list[str]) -> None:
        for shape, number in self._shaper.shapes(present).items():
            self._shape(shape, number)

    def _shape(self, shape: str, number: int) -> None:
        if shape not in self._shapes:
            size = len(coded(shape))
            full = self._characters + size > CHARACTERS or self._decoded + len(shape) > DECODED
            if full or len(self._shapes) >= DISTINCT:
                self._dropped = True
                return
            self._characters += size
            self._decoded += len(shape)
        self._shapes[shape] += number

    def census(self, rows: int, of: int) -> Census:
        if self._by_value and self._values.total() * _RIGHT < self._values.total() + self._shapes.total():
            self._coarsen()
        wrong = sum(number for (_, time), number in self._values.items() if time and not _TIME.match(time))
        if wrong * _RIGHT > self._values.total():  # telephones in the column that was named as the date
            self._undate()
        column, division = self.column, self.column.division
        use = Use(
            self._dataset.as_of,
            column.mandatory,
            column.date,
            column.also,
            division.system if division else "",
            division.levels if division else (),
        )
        return Census(
            target=self._dataset.target,
            column=column.name,
            label=column.label,
            element=column.element.id,
            use=use,
            rows=rows,
            of=of,
            complete=rows == of and not self._dropped,
            dated=self._dated,
            form=self._shaper.form,
            made=self._shaper.made,
            alphabet=self._alphabet,
            absent=self._absent,
            values=tuple(sorted((value, time, number) for (value, time), number in self._values.items())),
            shapes=tuple(sorted(self._shapes.items())),
        )


def _digits(time: str | None, width: int) -> str:
    """The digits that a record's date begins with, as far as codes are judged by them; empty where there are none."""
    for length in (width, _YEAR):
        if time and len(time) >= length and all_digits(time[:length]):
            return time[:length]
    return ""


def census_value(census: Census) -> dict[str, Any]:
    """The census as canonical JSON holds it."""
    use = census.use
    value = {
        "target": census.target,
        "column": census.column,
        "label": census.label,
        "element": census.element,
        "use": {
            "asOf": use.as_of,
            "mandatory": use.mandatory,
            "date": use.date,
            "also": list(use.also),
            "system": use.system,
            "levels": list(use.levels),
        },
        "rows": census.rows,
        "of": census.of,
        "complete": census.complete,
        "dated": census.dated,
        "form": census.form,
        "made": census.made,
        "alphabet": census.alphabet,
        "absent": census.absent,
        "values": [list(entry) for entry in census.values],
        "shapes": [[coded(shape), number] for shape, number in census.shapes],
    }
    kept: dict[str, Any] = storable_value(value)
    return kept


def census_of(value: Mapping[str, Any]) -> Census:
    """The census of a value that :func:`census_value` made; KeyError, TypeError or ValueError for any other."""
    use = value["use"]
    held = Census(
        target=_text(value["target"]),
        column=_text(value["column"]),
        label=_text(value["label"]),
        element=_text(value["element"]),
        use=Use(
            _text(use["asOf"]),
            bool(use["mandatory"]),
            _text(use["date"]),
            tuple(map(_text, use["also"])),
            _text(use["system"]),
            tuple(map(_text, use["levels"])),
        ),
        rows=_number(value["rows"]),
        of=_number(value["of"]),
        complete=bool(value["complete"]),
        dated=bool(value["dated"]),
        form=_text(value["form"]),
        made=_text(value["made"]),
        alphabet=_text(value["alphabet"]),
        absent=_number(value["absent"]),
        values=tuple((_text(text), _text(time), _number(number)) for text, time, number in _few(value["values"])),
        shapes=tuple(_shapes(value["shapes"])),
    )
    _require_sum(held)
    return held


def censuses_of(values: Iterable[Mapping[str, Any]]) -> dict[str, Census]:
    """The census of each column of a bundle by :attr:`Census.id`, within the bound of all together; raises as
    :func:`census_of` does, and where a column comes twice.
    """
    held, left = dict[str, Census](), DECODED_TOGETHER
    for value in values:
        census = census_of(value)
        left -= sum(len(shape) for shape, _ in census.shapes)
        if left < 0 or census.id in held:
            raise ValueError("censuses that are too long together, or two of one column")
        held[census.id] = census
    return held


def _shapes(entries: Iterable[Any]) -> Iterator[tuple[str, int]]:
    """The shapes, within the bound of what they are as written out."""
    left = DECODED
    for text, number in _few(entries):
        shape = decoded(_text(text))
        left -= len(shape)
        if left < 0:
            raise ValueError("a census of shapes that are too long")
        yield shape, _number(number)


def _require_sum(census: Census) -> None:
    """The forms are those of the rows: what was counted adds up."""
    counted = census.absent + sum(entry[2] for entry in census.values) + sum(entry[1] for entry in census.shapes)
    if counted > census.rows or census.rows > census.of or (census.complete and counted != census.of):
        raise ValueError("a census that does not add up")
    if any(not text for text, _, _ in census.values) or any(not shape for shape, _ in census.shapes):
        raise ValueError("a value of a census that is absent")


def _few(entries: Iterable[Any]) -> list[Any]:
    held = list(entries)
    if len(held) > DISTINCT:
        raise ValueError("a census of too many forms")
    return held


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("a member of a census that is no text")
    return value


def _number(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise TypeError("a member of a census that is no count")
    return value
