"""The office's log: a folder to which signed entries are only ever added, with checkpoints that are only ever later.

``entries.jsonl``: an envelope a line, canonical; a leaf is a line without its line feed. ``checkpoint``: the latest
one, ``checkpoints/<size>``: each that was published, ``origin``: the log's name. Whoever opens a log that was
shortened, edited or put in another order within what was published is told so, and gets nothing else.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from conformance.office.checkpoint import (
    CHECKPOINT_FILE,
    Checkpoint,
    CheckpointError,
    is_name,
    joined,
    read_checkpoint,
    signed_checkpoint,
)
from conformance.office.checkpoint import LIMIT as CHECKPOINT_LIMIT
from conformance.office.durable import locked, replace, settle, write_at
from conformance.office.events import EVENT, EventError, read_event
from conformance.signing.canonical import NotCanonicalError
from conformance.signing.dsse import IN_TOTO, LIMIT, Envelope, read_envelope, write_envelope
from conformance.signing.keys import KeySet
from conformance.signing.merkle import Tree, holds_inclusion
from conformance.signing.signers import Signer

ENTRIES, CHECKPOINTS, ORIGIN = "entries.jsonl", "checkpoints", "origin"
#: The bound of the number of entries.
MOST = 10_000_000


class LogError(ValueError):
    """A log that cannot be used or added to; ``id`` is that of the message that says why, ``params`` its parameters."""

    def __init__(self, id_: str, **params: str | int) -> None:
        super().__init__(id_)
        self.id, self.params = id_, params


class Log:
    """A log, opened. Entries are added by one process at a time, which sees before it what others added meanwhile.

    ``torn``: the bytes of a line at the end that a crash cut off; it was never an entry. Nothing is added until
    :meth:`repair` has put it aside.
    """

    def __init__(self, folder: Path) -> None:
        """Use :meth:`open` or :meth:`create`."""
        self.folder = folder
        self.origin = ""
        self.torn = 0
        self._tree = Tree()
        self._ends = [0]
        self._latest: Checkpoint | None = None

    @classmethod
    def open(cls, folder: Path) -> Log:
        """The log of a folder (the one that holds ``entries.jsonl``), read and held against its latest checkpoint.

        No signature is verified: what is found is that the entries are not those of the checkpoint. A copy that may
        only be read is read. Raises :class:`LogError`.
        """
        log = cls(folder)
        try:
            with locked(folder / ENTRIES, exclusive=False) as file:
                log._catch_up(file)
        except OSError as error:
            raise LogError("office.log.unreadable", error=type(error).__name__) from error
        return log

    @classmethod
    def create(cls, folder: Path, origin: str) -> Log:
        """A new log without entries; raises :class:`LogError` where there is one already, or the origin is no name."""
        if not is_name(origin):
            raise LogError("office.log.origin")
        try:
            (folder / CHECKPOINTS).mkdir(parents=True, exist_ok=True)
            if (folder / ENTRIES).exists():
                raise FileExistsError
            replace(folder / ORIGIN, f"{origin}\n".encode())
            (folder / ENTRIES).open("xb").close()
            settle(folder)
        except FileExistsError as error:
            raise LogError("office.log.exists") from error
        except OSError as error:
            raise LogError("office.log.unwritten", error=type(error).__name__) from error
        return cls.open(folder)

    @property
    def size(self) -> int:
        """The number of entries."""
        return len(self._tree)

    def entry(self, index: int) -> bytes:
        """The line of an entry, proved to be the one that was hashed; raises :class:`LogError`."""
        if not 0 <= index < self.size:
            raise LogError("office.log.index", index=index, size=self.size)
        start, end = self._ends[index : index + 2]
        try:
            with (self.folder / ENTRIES).open("rb") as file:
                file.seek(start)
                line = file.read(end - start)[:-1]
        except OSError as error:
            raise LogError("office.log.unreadable", error=type(error).__name__) from error
        if not holds_inclusion(line, index, self.size, self._tree.inclusion(index), self._tree.root()):
            raise LogError("office.log.edited", size=self.size)
        return line

    def entries(self, start: int = 0) -> Iterator[bytes]:
        """The lines from an index on, each as :meth:`entry` gives it."""
        return map(self.entry, range(start, self.size))

    def root(self, size: int | None = None) -> bytes:
        """The root over the first ``size`` entries, or all; raises :class:`LogError` where there are fewer."""
        if size is not None and not 0 <= size <= self.size:
            raise LogError("office.log.index", index=size, size=self.size)
        return self._tree.root(size)

    def latest(self) -> Checkpoint | None:
        """The checkpoint published last, as of when the log was last opened or written to; None before the first."""
        return self._latest

    def checkpoint(self, size: int) -> Checkpoint:
        """The checkpoint published of a size; raises :class:`LogError` where there is none, or the log is not so."""
        held = self._read_checkpoint(self.folder / CHECKPOINTS / str(size))
        if held is None or held.size != size:
            raise LogError("office.log.no-checkpoint", size=size)
        self._require(held)
        return held

    def published(self) -> tuple[int, ...]:
        """The sizes of which checkpoints are kept, ascending."""
        try:
            names = [path.name for path in (self.folder / CHECKPOINTS).iterdir()]
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise LogError("office.log.unreadable", error=type(error).__name__) from error
        return tuple(sorted(int(name) for name in names if re.fullmatch("0|[1-9][0-9]{0,15}", name)))

    def inclusion(self, index: int, size: int) -> list[bytes]:
        """The proof that an entry stands in the tree of a size; raises :class:`LogError`."""
        if not 0 <= index < size <= self.size:
            raise LogError("office.log.index", index=index, size=min(size, self.size))
        return self._tree.inclusion(index, size)

    def consistency(self, old: int, size: int) -> list[bytes]:
        """The proof that the tree of ``old`` entries is the beginning of that of ``size``; raises :class:`LogError`."""
        if not 0 <= old <= size <= self.size:
            raise LogError("office.log.sizes", old=old, size=size, held=self.size)
        return self._tree.consistency(old, size)

    def append(self, envelope: Envelope) -> int:
        """Add an entry, a statement or an event, and give its index: it is on the disc when this returns.

        Raises :class:`LogError`; then nothing was added.
        """
        require_entry(envelope)
        line = write_envelope(envelope)
        if len(line) > LIMIT:
            raise LogError("office.log.entry-large", limit=LIMIT)
        with self._writing() as file:
            write_at(file, self._ends[-1], line + b"\n")
            self._add(line)
        return self.size - 1

    def publish(self, signers: Sequence[Signer]) -> Checkpoint:
        """Sign and keep a checkpoint of all entries; the latest one as it is, where nothing was added since.

        The file is read anew before anything is signed. Raises :class:`LogError`, and what signing raises.
        """
        with self._writing(anew=True):
            if self._latest is not None and self._latest.size == self.size:
                new = self._latest
            else:
                new = signed_checkpoint(self.origin, self.size, self._tree.root(), signers)
            self._keep(new)
        return new

    def cosign(self, checkpoint: Checkpoint, keys: KeySet, instant: datetime) -> Checkpoint:
        """Add the lines of pinned witnesses to the checkpoint that they signed; raises :class:`LogError`."""
        with self._writing():
            try:
                new = joined(self.checkpoint(checkpoint.size), checkpoint, keys, instant)
            except CheckpointError as error:
                raise LogError(error.id, **error.params) from error
            self._keep(new)
        return new

    def repair(self) -> int:
        """Put aside, as ``torn-<index>``, what a crash left at the end; gives how many bytes. No entry is touched."""
        with self._writing(whole=False) as file:
            found, end = self.torn, self._ends[-1]
            if found:
                file.seek(end)
                replace(self.folder / f"torn-{self.size}", file.read(found))
                file.truncate(end)
                os.fsync(file.fileno())
                self.torn = 0
        return found

    @contextmanager
    def _writing(self, *, whole: bool = True, anew: bool = False) -> Iterator[BinaryIO]:
        """The file of entries, locked against all others, with what they added known."""
        try:
            with locked(self.folder / ENTRIES, exclusive=True) as file:
                if anew:
                    self._read_anew(file)
                else:
                    self._catch_up(file)
                if self.torn and whole:
                    raise LogError("office.log.torn", bytes=self.torn)
                yield file
        except OSError as error:
            raise LogError("office.log.unwritten", error=type(error).__name__) from error

    def _keep(self, checkpoint: Checkpoint) -> None:
        content = checkpoint.text.encode()
        (self.folder / CHECKPOINTS).mkdir(exist_ok=True)
        replace(self.folder / CHECKPOINTS / str(checkpoint.size), content)
        if self._latest is None or self._latest.size <= checkpoint.size:
            replace(self.folder / CHECKPOINT_FILE, content)
            self._latest = checkpoint

    def _add(self, line: bytes) -> None:
        self._tree.append(line)
        self._ends.append(self._ends[-1] + len(line) + 1)

    def _read_anew(self, file: BinaryIO) -> None:
        """All entries from the file, which must hold those that are known."""
        size, root = self.size, self._tree.root()
        self._tree, self._ends = Tree(), [0]
        self._catch_up(file)
        if self.size < size or self._tree.root(size) != root:
            raise LogError("office.log.edited", size=size)

    def _catch_up(self, file: BinaryIO) -> None:
        """What the file holds beyond what is known, and the latest checkpoint; the file is locked."""
        known = self.size
        if file.seek(0, os.SEEK_END) < self._ends[-1]:
            raise LogError("office.log.truncated", size=known)
        file.seek(self._ends[-1])
        self.torn = 0
        while line := file.readline(LIMIT + 2):
            if not line.endswith(b"\n"):
                if len(line) > LIMIT:
                    raise LogError("office.log.entry", index=self.size)
                self.torn = len(line)
                break
            if self.size == MOST:
                raise LogError("office.log.large", limit=MOST)
            self._add(line[:-1])
        self._latest = self._newest()
        self._require_unpublished(file, max(known, self._latest.size if self._latest else 0))

    def _newest(self) -> Checkpoint | None:
        """The latest checkpoint: after a crash, or where somebody put an old one back, not the one that says so."""
        said = self._read_checkpoint(self.folder / CHECKPOINT_FILE)
        self.origin = self._origin(said)
        if said is not None:
            self._require(said)
        kept = max(self.published(), default=-1)
        if kept < 0 or (said is not None and said.size > kept):
            return said
        return self.checkpoint(kept)

    def _origin(self, said: Checkpoint | None) -> str:
        path = self.folder / ORIGIN
        try:
            with path.open("rb") as file:
                content = file.read(CHECKPOINT_LIMIT)
        except FileNotFoundError:
            if said is None:
                raise LogError("office.log.no-origin") from None
            return said.origin
        try:
            return content.decode().removesuffix("\n")
        except UnicodeDecodeError as error:
            raise LogError("office.log.no-origin") from error

    def _read_checkpoint(self, path: Path) -> Checkpoint | None:
        try:
            with path.open("rb") as file:
                return read_checkpoint(file.read(CHECKPOINT_LIMIT + 1))
        except FileNotFoundError:
            return None
        except CheckpointError as error:
            raise LogError("office.log.bad-checkpoint", file=path.name) from error

    def _require(self, checkpoint: Checkpoint) -> None:
        """The entries are those that were published."""
        if checkpoint.origin != self.origin:
            raise LogError("office.log.other-origin")
        if checkpoint.size > self.size:
            raise LogError("office.log.truncated", size=checkpoint.size)
        if self._tree.root(checkpoint.size) != checkpoint.root:
            raise LogError("office.log.edited", size=checkpoint.size)

    def _require_unpublished(self, file: BinaryIO, start: int) -> None:
        """What no checkpoint vouches for yet is at least an entry each."""
        file.seek(self._ends[start])
        for index in range(start, self.size):
            line = file.read(self._ends[index + 1] - self._ends[index])[:-1]
            try:
                require_entry(read_envelope(line))
            except (NotCanonicalError, LogError) as error:
                raise LogError("office.log.entry", index=index) from error


def require_entry(envelope: Envelope) -> None:
    """A signed statement or event is what a log holds; raises :class:`LogError` for anything else."""
    if not envelope.signatures:
        raise LogError("office.log.unsigned")
    if envelope.payload_type == EVENT:
        try:
            read_event(envelope)
        except EventError as error:
            raise LogError(error.id, **error.params) from error
    elif envelope.payload_type == IN_TOTO:
        try:
            envelope.value()
        except NotCanonicalError as error:
            raise LogError("office.log.statement") from error
    else:
        raise LogError("office.log.kind")
