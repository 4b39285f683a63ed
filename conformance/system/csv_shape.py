"""Is each record of a delimited file as wide as its header, and is the quoting sound? (RFC 4180)

Polars fills short records with nothing and, where it reads only some columns, overlooks long ones and stray quotes; so
the structure is checked first, on bytes: everything but delimiters, line ends and quotes is deleted, what is left must
repeat one pattern. That costs a fraction of the reading.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

_NEWLINE, _RETURN = 10, 13


class ShapeFault(Exception):  # noqa: N818 - named for what it is
    """Where the structure breaks. ``kind``: ``width``, ``stray-quote``, ``open-quote``, ``nul``.

    ``record`` counts from 0, the header; ``line`` is 0 where only the record is known.
    """

    def __init__(self, kind: str, record: int = -1, line: int = 0, found: int = 0) -> None:
        super().__init__(kind)
        self.kind, self.record, self.line, self.found = kind, record, line, found


@dataclass(frozen=True)
class Shape:
    """How a delimited file is written: single-byte ``delimiter`` and ``quote`` (empty: none), fields in a record."""

    delimiter: bytes
    quote: bytes
    fields: int


class ShapeCheck:
    """Feed it blocks that end with a line; it raises :class:`ShapeFault` at the first fault. ``records`` counts."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self.records = 0
        self._lines = 0
        self._quotes_seen = self._unended = False
        self._opened_at = 0
        self._carry = b""
        self._record = shape.delimiter * (shape.fields - 1) + b"\n"
        pair = shape.quote * 2
        self._record_in_quotes = (pair + shape.delimiter) * (shape.fields - 1) + pair + b"\n"
        kept = set(shape.delimiter + b"\n\0")
        self._all_but_separators = bytes(set(range(256)) - kept)
        self._all_but_quotes_too = bytes(set(range(256)) - kept - set(shape.quote))
        self._quoted = re.compile(shape.quote + b"[^" + (shape.quote or b"\0") + b"]*" + shape.quote)

    def feed(self, block: bytes) -> None:
        """Check one block."""
        self._unended = not block.endswith(b"\n")
        if self.shape.quote and self.shape.quote in block:
            self._quotes_seen = True
            self._feed_quoted(block)
        elif self._opened_at:
            self._require_no_nul(block)
            self._lines += block.count(b"\n")
        else:
            self._compare(block.translate(None, self._all_but_separators))

    def finish(self) -> None:
        """The file ends here; its last line need not end with a line end."""
        if self._opened_at:
            raise ShapeFault("open-quote", line=self._opened_at)
        if self._unended:
            self._compare(b"\n")

    def _feed_quoted(self, block: bytes) -> None:
        self._require_no_nul(block)
        quote, inside = self.shape.quote, self._opened_at > 0
        text, positions = block, self._quotes(block)
        if (np.diff(positions) == 1).any():
            text = block.replace(quote + quote, b"")
            positions = self._quotes(text)
        self._require_at_edges(text, positions, inside)
        tokens = self._outside(text.translate(None, self._all_but_quotes_too), inside)
        if inside == bool(len(positions) % 2):
            self._opened_at = 0
        elif len(positions):
            self._opened_at = self._lines + text.count(b"\n", 0, int(positions[-1])) + 1
        self._compare(tokens)
        self._lines += block.count(b"\n") - tokens.count(b"\n")

    def _quotes(self, text: bytes) -> npt.NDArray[np.intp]:
        return np.flatnonzero(np.frombuffer(text, np.uint8) == self.shape.quote[0])

    def _outside(self, tokens: bytes, inside: bool) -> bytes:
        """The separators that stand outside quotes, of separators and quotes."""
        quote = self.shape.quote
        if not inside and tokens == self._record_in_quotes * (len(tokens) // len(self._record_in_quotes)):
            return self._record * (len(tokens) // len(self._record_in_quotes))
        if inside:
            tokens = tokens[tokens.index(quote) + 1 :] if quote in tokens else b""
        tokens = self._quoted.sub(b"", tokens.replace(quote + quote, b""))
        return tokens[: tokens.index(quote)] if quote in tokens else tokens

    def _require_at_edges(self, text: bytes, positions: npt.NDArray[np.intp], inside: bool) -> None:
        """An opening quote follows a separator, a closing one comes before a separator."""
        octets = np.frombuffer(text, np.uint8)
        openers, closers = (positions[1::2], positions[::2]) if inside else (positions[::2], positions[1::2])
        before = octets[np.maximum(openers - 1, 0)]
        delimiter = self.shape.delimiter[0]
        good_before = (openers == 0) | (before == delimiter) | (before == _NEWLINE)
        after = octets[np.minimum(closers + 1, len(octets) - 1)]
        good_after = (closers == len(octets) - 1) | (after == delimiter) | (after == _NEWLINE) | (after == _RETURN)
        if not (good_before.all() and good_after.all()):
            first = min([*openers[~good_before], *closers[~good_after]])
            raise ShapeFault("stray-quote", line=self._lines + text.count(b"\n", 0, int(first)) + 1)

    def _compare(self, separators: bytes) -> None:
        """Hold what is left of a block against the pattern of a whole number of records."""
        data = self._carry + separators if self._carry else separators
        cut = data.rfind(b"\n") + 1
        whole, self._carry = data[:cut], data[cut:]
        count = whole.count(b"\n")
        if whole != self._record * count or b"\0" in self._carry:
            self._locate(data)
        self.records += count
        self._lines += separators.count(b"\n")

    def _locate(self, data: bytes) -> None:
        *ended, last = data.split(b"\n")
        for index, separators in enumerate((*ended, last)):
            record = self.records + index
            line = 0 if self._quotes_seen else record + 1
            if b"\0" in separators:
                raise ShapeFault("nul", record, line)
            if index < len(ended) and separators + b"\n" != self._record:
                raise ShapeFault("width", record, line, len(separators) + 1)

    def _require_no_nul(self, block: bytes) -> None:
        if b"\0" in block:
            raise ShapeFault("nul", line=self._lines + block.count(b"\n", 0, block.index(b"\0")) + 1)
