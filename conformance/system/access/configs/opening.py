"""Opening what a declaration names as a configuration: bounded, below its folder, as text."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from conformance.judge.rulebook import Location
from conformance.messages import Message, message

MAX_BYTES, MAX_FILES, MAX_LINES, MAX_LINE = 16 * 2**20, 500, 200_000, 2_000
_DEEPEST = 8
#: Where the system has them (Windows has not).
_FLAGS = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_BINARY = re.compile(r"[\x00-\x02\x04-\x06\x0e-\x1a\x1c-\x1f\x7f]")
#: What a terminal leaves of its pager, with the moves of the cursor that wiped it away.
_PAGER = re.compile(
    r"(?: {0,8}-{2,6} ?More ?-{2,6})?\x1b\[\d{1,3}D(?: {1,200}\x1b\[\d{1,3}D)?| {0,8}-{2,6} ?More ?-{2,6}[\x08 ]{0,200}"
)
_RETURNS = re.compile(r"\r+\n?")
#: Signs at which Python ends a line and no device does.
_NO_LINE_ENDS = dict.fromkeys(map(ord, "\v\f\x85\u2028\u2029\x1c\x1d\x1e"), " ")


class BadFileError(Exception):
    """What was named cannot be read: where, why, and its digest where it was got that far."""

    def __init__(self, where: Location, reason: Message, digest: str = "") -> None:
        super().__init__(reason.id)
        self.where, self.reason, self.digest = where, reason, digest


@dataclass(frozen=True)
class Opened:
    """The texts by file name inside the bundle (a single file: the empty name), with the digest of what was there."""

    bundle: bool
    texts: Mapping[str, str]
    digest: str


def opened(file: str, folder: Path) -> Opened:
    """Open a file or the folder of a bundle below ``folder``; raises :class:`BadFileError`."""
    path = _inside(file, folder)
    if path.is_dir():
        contents = dict(_bundle(path, file))
        digest = hashlib.sha256()
        for name in sorted(contents):
            digest.update(f"{name} {len(contents[name])}\n".encode("utf-8", "surrogateescape"))
            digest.update(contents[name])
        return _texts(file, contents, digest.hexdigest(), bundle=True)
    content = _content(path, file, MAX_BYTES)
    return _texts(file, {"": content}, hashlib.sha256(content).hexdigest(), bundle=False)


def _texts(file: str, contents: Mapping[str, bytes], digest: str, *, bundle: bool) -> Opened:
    try:
        texts = {name: _text(content, f"{file}/{name}" if name else file) for name, content in contents.items()}
    except BadFileError as error:
        raise BadFileError(error.where, error.reason, digest) from error
    return Opened(bundle, texts, digest)


def _inside(file: str, folder: Path) -> Path:
    """The path, none of whose steps leaves the folder or is a symbolic link."""
    named = PurePosixPath(file)
    outside = BadFileError(Location(_shown(file)), message("access.configs.outside", file=_shown(file)))
    if named.is_absolute() or not named.parts or ".." in named.parts or "\\" in file or "\0" in file:
        raise outside
    path = folder
    for part in named.parts:
        path = path / part
        try:
            state = path.lstat()
        except (OSError, ValueError) as error:
            raise _missing(file) from error
        if stat.S_ISLNK(state.st_mode):
            raise outside
    return path


def _missing(file: str) -> BadFileError:
    return BadFileError(Location(_shown(file)), message("access.configs.missing", file=_shown(file)))


def _content(path: Path, file: str, room: int) -> bytes:
    """The bytes of a regular file, no more than there is room for."""
    try:
        handle = os.open(path, _FLAGS)
        with os.fdopen(handle, "rb") as stream:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise _missing(file)
            content = stream.read(room + 1)
    except OSError as error:
        raise _missing(file) from error
    if len(content) > room:
        raise _large(file)
    return content


def _large(file: str) -> BadFileError:
    return BadFileError(Location(_shown(file)), message("access.configs.too-large", limit=MAX_BYTES, files=MAX_FILES))


def _bundle(path: Path, file: str) -> Iterator[tuple[str, bytes]]:
    """The files of a folder and of folders in it, by name below it."""
    room, count = MAX_BYTES, 0
    waiting = [(path, PurePosixPath())]
    while waiting:
        here, name = waiting.pop()
        try:
            entries = sorted(os.scandir(here), key=lambda entry: entry.name)
        except OSError as error:
            raise _missing(file) from error
        for entry in entries:
            below = name / entry.name
            count += 1
            if count > MAX_FILES or len(below.parts) > _DEEPEST:
                raise _large(file)
            shown = _shown(f"{file}/{below}")
            if not entry.name.isprintable():
                raise BadFileError(Location(shown), message("access.configs.file-name", file=shown))
            if entry.is_symlink():
                raise BadFileError(Location(shown), message("access.configs.outside", file=shown))
            if entry.is_dir():
                waiting.append((Path(entry.path), below))
                continue
            content = _content(Path(entry.path), f"{file}/{below}", room)
            room -= len(content)
            yield str(below), content


def _text(content: bytes, file: str) -> str:
    """The text, with lines ended by line feeds only."""
    where = Location(_shown(file))
    try:
        text = _decoded(content)
    except UnicodeDecodeError as error:
        raise BadFileError(where, message("access.configs.encoding")) from error
    text = _PAGER.sub("", _RETURNS.sub(_line_ends, text)).translate(_NO_LINE_ENDS)
    if _BINARY.search(text):
        raise BadFileError(where, message("access.configs.binary"))
    if not text.strip():
        raise BadFileError(where, message("access.configs.empty"))
    lines = text.split("\n")
    if len(lines) > MAX_LINES:
        raise BadFileError(where, message("access.configs.too-many-lines", limit=MAX_LINES))
    for number, line in enumerate(lines, 1):
        if len(line) > MAX_LINE and not file.endswith(".json"):  # nft and ip write all of it in one line
            raise BadFileError(Location(where.file, number), message("access.configs.long-line", limit=MAX_LINE))
    return text


def _line_ends(found: re.Match[str]) -> str:
    """Returns before a line feed belong to it; each of any others ends a line."""
    return "\n" if found[0].endswith("\n") else "\n" * len(found[0])


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("gb18030")


def _shown(text: str) -> str:
    return "".join(sign for sign in text if sign.isprintable())[:200]
