"""EX-ARCHIVE: a package is opened so that nothing in it can reach out of it, fill the memory or the disc, or be run.

What is dangerous is named, counted and not opened; the rest is read.
"""

from __future__ import annotations

import errno
import re
import shutil
import tempfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from conformance.judge.faults import Fault, FaultCounter
from conformance.judge.rulebook import Location
from conformance.messages import Message, message
from conformance.standard.exchange import ExchangeRules, Limits
from conformance.system.package.container import Container, Member, RefusedError
from conformance.system.package.digests import digest_of_all, digests_of
from conformance.system.package.folder import Folder
from conformance.system.package.names import name_fault, plain_name, told_twice
from conformance.system.package.tar_archive import Tar, unzip
from conformance.system.package.zip_archive import Zip
from conformance.system.problem import shown

__all__ = ["Entry", "PackageFiles", "RefusedError", "open_package"]

RULE = "archive"
#: The algorithm that stands for a file's content.
CONTENT = "sha256"

_SUFFIX = re.compile(r"(?i)\.(zip|tar|tar\.gz|tgz)$")
_ZIP, _GZIP = (b"PK\x03\x04", b"PK\x05\x06"), b"\x1f\x8b"
_TAR, _TAR_PLACE = b"ustar", 257
#: How archives of other kinds begin: these are looked at only to be refused.
_NESTED = (*_ZIP, _GZIP, b"BZh", b"\xfd7zXZ\x00", b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07", b"\x28\xb5\x2f\xfd", b"MSCF")
_HEAD = 512


@dataclass(frozen=True)
class Entry:
    """An ordinary file of a package: its name, with ``/`` between folders, and its size."""

    name: str
    bytes: int


class PackageFiles:
    """The files of an opened package; :meth:`close` removes whatever was unpacked.

    ``entries`` are the ordinary files that may be read, ``refused`` the names of those that may not; ``broken`` says
    that the archive breaks off, so that there may have been more. Reading a file may find it damaged: it is then
    refused, told once, and :class:`RefusedError` is raised.
    """

    def __init__(self, name: str, container: Container, work: Path, limits: Limits, faults: FaultCounter) -> None:
        self.name = name
        self.broken = container.broken is not None
        self.refused: set[str] = set()
        self._container, self._work, self._limits, self._faults = container, work, limits, faults
        self._members: dict[str, Member] = {}
        self._unpacked: dict[str, Path] = {}
        self._digests: dict[str, dict[str, str]] = {}
        self._take_in()

    @property
    def entries(self) -> Mapping[str, Entry]:
        """The ordinary files that may be read, by name, sorted."""
        return {name: Entry(name, self._members[name].bytes) for name in sorted(self._members)}

    @property
    def digest(self) -> str:
        """One SHA-256 for the content of all files, the same for a folder and an archive of it."""
        for name in sorted(self._members):
            with suppress(RefusedError):
                self.digests(name)
        return digest_of_all({name: self._digests[name][CONTENT] for name in self._members})

    def path(self, name: str) -> Path:
        """A file on disc with the entry's content: in the folder itself, or unpacked into the work folder.

        Raises KeyError where there is no such entry, :class:`RefusedError` where reading finds it damaged.
        """
        member = self._members[name]
        if isinstance(self._container, Folder):
            return self._container.path(member)
        if name not in self._unpacked:
            target = self._work / f"{member.number:08d}"
            with target.open("xb") as file:
                for block in self._blocks(member):
                    file.write(block)
            self._unpacked[name] = target
        return self._unpacked[name]

    def digests(self, name: str, algorithms: Collection[str] = ()) -> Mapping[str, str]:
        """The content's digests by ``hashlib``'s names, SHA-256 always among them; raises as :meth:`path` does."""
        member = self._members[name]
        known = self._digests.setdefault(name, {})
        wanted = {CONTENT, *algorithms} - known.keys()
        if wanted:
            try:
                known.update(digests_of(self._blocks(member), wanted))
            except RefusedError:
                del self._digests[name]
                raise
        return known

    def close(self) -> None:
        """Remove what was unpacked."""
        self._container.close()
        shutil.rmtree(self._work, ignore_errors=True)

    def __enter__(self) -> PackageFiles:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _take_in(self) -> None:
        members = self._container.members[: self._limits.entries]
        self._faults.checked(RULE, len(members) or 1)
        if self._container.broken is not None:
            self._tell("", self._container.broken)
        if len(self._container.members) > self._limits.entries:
            self._tell("", message("package.archive-entries", limit=self._limits.entries))
            self.broken = True
        files = [plain_name(member.name) for member in members if not member.folder]
        twice = told_twice(files, [plain_name(member.name) for member in members if member.folder])
        total = 0
        for member in members:
            name = plain_name(member.name)
            fault = self._fault(member, name in twice and not member.folder)
            if fault is None and not member.folder:
                total += member.bytes
                if total > self._limits.package_bytes:
                    fault = message("package.archive-size", limit=self._limits.package_bytes)
            if fault is not None:
                self._refuse(name, fault)
            elif not member.folder:
                self._members[name] = member

    def _fault(self, member: Member, twice: bool) -> Message | None:
        if plain_name(member.name) == "" and member.folder:
            return None
        found = name_fault(member.name.rstrip("/") if member.folder else member.name, self._limits) or member.fault
        if found is not None or member.folder:
            return found
        if twice:
            return message("package.archive-twice")
        try:
            head = next(self._container.blocks(member), b"")[:_HEAD]
        except RefusedError as error:
            return error.reason
        nested = head.startswith(_NESTED) or _is_tar(head)
        return message("package.archive-nested") if nested else None

    def _blocks(self, member: Member) -> Iterator[bytes]:
        """The content, never more than was stated; what is wrong with it is told, and the entry refused."""
        left = member.bytes
        try:
            for block in self._container.blocks(member):
                left -= len(block)
                if left < 0:
                    raise RefusedError(message("package.archive-damaged"))
                yield block
            if left:
                raise RefusedError(message("package.archive-damaged"))
        except RefusedError as error:
            name = plain_name(member.name)
            self._members.pop(name, None)
            self._refuse(name, error.reason)
            raise

    def _refuse(self, name: str, reason: Message) -> None:
        self.refused.add(name)
        self._tell(name, reason)

    def _tell(self, name: str, reason: Message) -> None:
        self._faults.add(Fault(RULE, Location(shown(name or self.name)), reason))


def open_package(path: Path, rules: ExchangeRules, faults: FaultCounter) -> PackageFiles:
    """Open a folder, ZIP, TAR or gzip TAR, whichever its content is; raises OSError where nothing can be read there.

    Whatever is wrong with it as an archive is told as faults of the rule ``archive``, and never raised.
    """
    if not path.is_dir() and not path.is_file():
        raise FileNotFoundError(errno.ENOENT, "neither a folder nor an ordinary file", path.name)
    name = path.name if path.is_dir() else _SUFFIX.sub("", path.name)
    work = Path(tempfile.mkdtemp(prefix="lubiao-"))
    try:
        return PackageFiles(name, _container(path, work, rules.limits), work, rules.limits, faults)
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise


def _container(path: Path, work: Path, limits: Limits) -> Container:
    if path.is_dir():
        return Folder(path, limits)
    head = _head(path)
    if head.startswith(_ZIP):
        return Zip(path, limits)
    if not head.startswith(_GZIP):
        return Tar(path, limits) if _is_tar(head) else _Unknown()
    unpacked = work / "archive.tar"
    stopped = unzip(path, unpacked, limits)
    return Tar(unpacked, limits, stopped) if stopped or _is_tar(_head(unpacked)) else _Unknown()


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_HEAD)


def _is_tar(head: bytes) -> bool:
    return head[_TAR_PLACE:].startswith(_TAR)


class _Unknown(Container):
    """A file that is no archive that we know."""

    broken = message("package.archive-unknown")

    def blocks(self, member: Member) -> Iterator[bytes]:  # noqa: ARG002 - there is none to be asked for
        """There is no member."""
        raise RefusedError(message("package.archive-unknown"))
