"""Reading records from a place on: pieces of the text are read by two threads ahead of whoever wants them.

Where a piece is cut is a guess; it holds if the piece before was read to its very end. Where that is not so, what was
read ahead is thrown away, and reading goes on from where the piece before ended.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass

from conformance.system.records.json_framing import Ending, Framing, State
from conformance.system.records.json_pieces import Piece, PieceReader, Read
from conformance.system.records.json_text import Utf8Stream, whole_characters

#: Bytes in a piece, at most and at least; one that holds no whole record grows until it does.
PIECE, SMALLEST = 1 << 20, 1 << 16
_THREADS, _AHEAD = 2, 2


@dataclass(frozen=True)
class Place:
    """A place in a file's text: an offset, the line that it stands in, the records before it."""

    offset: int
    line: int = 1
    row: int = 0


@dataclass(frozen=True)
class Step:
    """A piece that was read, and where it begins."""

    place: Place
    piece: Piece
    read: Read


class Reading:
    """Reads records from ``place`` on. When :meth:`steps` ended, ``place`` is where and ``state`` how.

    ``CLOSED`` is the regular end, of the array or of a file of lines.
    """

    def __init__(self, stream: Utf8Stream, framing: Framing, reader: PieceReader, place: Place) -> None:
        self._stream, self._framing, self._reader = stream, framing, reader
        self.place, self.state = place, State.READ

    def steps(self) -> Iterator[Step]:
        """Each piece that was read for good, in order."""
        size, whole = PIECE, False
        with ThreadPoolExecutor(_THREADS) as pool:
            while True:
                with closing(self._ahead(pool, self._pieces(size, whole))) as ahead:
                    for piece, read in ahead:
                        yield self._accept(piece, read)
                        if read.state is not State.READ or read.consumed < len(piece.data):
                            break
                if self.state not in (State.READ, State.MORE):
                    return
                whole = read.consumed == 0
                size = _next_size(size, piece, read)

    def _accept(self, piece: Piece, read: Read) -> Step:
        before = self.place
        lines = piece.data.count(b"\n", 0, read.consumed)
        self.place = Place(before.offset + read.consumed, before.line + lines, before.row + read.rows)
        self.state = read.state
        if read.state is State.READ and read.consumed == len(piece.data) and piece.ending is not Ending.MORE:
            self.state = State.CLOSED if piece.ending is Ending.FILE else State.LOST
        return Step(before, piece, read)

    def _ahead(self, pool: ThreadPoolExecutor, pieces: Iterator[Piece]) -> Generator[tuple[Piece, Read]]:
        waiting: deque[tuple[Piece, Future[Read]]] = deque()
        try:
            for piece in pieces:
                waiting.append((piece, pool.submit(self._reader.read, piece)))
                while len(waiting) > _AHEAD:
                    first, read = waiting.popleft()
                    yield first, read.result()
            while waiting:
                first, read = waiting.popleft()
                yield first, read.result()
        finally:
            for _, read in waiting:
                read.cancel()

    def _pieces(self, size: int, whole: bool) -> Iterator[Piece]:
        """The text from here on, cut before records; what cannot be cut is a piece by itself, and the last one.

        ``whole``: cutting was tried in vain, for what looks like the end of a record is inside of one.
        """
        offset, parts, length = self.place.offset, [], 0
        for block in self._stream.blocks(offset):
            parts.append(block)
            length += len(block)
            if length < size:
                continue
            window = b"".join(parts)
            for piece, cut in self._cuts(window, size, offset, whole):
                yield piece
                if not cut:
                    return
                offset += cut
                window = window[cut:]
            parts, length = [window], len(window)
        ending = Ending.FILE if self._stream.fault is None else Ending.FAULT
        yield Piece(offset, b"".join(parts), ending)

    def _cuts(self, window: bytes, size: int, offset: int, whole: bool) -> Iterator[tuple[Piece, int]]:
        at = 0
        while len(window) - at >= size:
            data = window[at : at + size]
            data = data[: whole_characters(data)]
            cut = 0 if whole else self._framing.cut(data)
            yield Piece(offset + at, data[:cut] if cut else data, Ending.MORE), cut
            at += cut


def _next_size(size: int, piece: Piece, read: Read) -> int:
    """Pieces grow where one does not hold a record, and shrink where one holds more records than may be."""
    if read.consumed == 0:
        return 2 * size
    if read.state is State.READ and read.consumed < len(piece.data):
        return max(SMALLEST, min(PIECE, read.consumed))
    return min(PIECE, size)
