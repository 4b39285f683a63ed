"""A package that lies there as a folder: ordinary files, and nothing that leads out of it."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from conformance.messages import Message, message
from conformance.standard.exchange import Limits
from conformance.system.package.container import BLOCK, Container, Member, RefusedError


class Folder(Container):
    """The entries below a folder, sorted. Links are seen, never followed; what is no ordinary file is never opened."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self.root = path
        self.members = tuple(self._walk(path, limits))

    def _walk(self, root: Path, limits: Limits) -> Iterator[Member]:
        waiting, number = [""], 0
        while waiting:
            inside = waiting.pop(0)
            for name in sorted(f"{inside}{item.name}" for item in (root / inside).iterdir()):
                mode, size = _status(root / name)
                deep = len(name) > limits.name_characters
                is_folder = stat.S_ISDIR(mode)
                yield Member(name, number, size, folder=is_folder, fault=_form(mode))
                number += 1
                if number > limits.entries:
                    return
                if is_folder and not deep:
                    waiting.append(f"{name}/")

    def path(self, member: Member) -> Path:
        """Where the file lies."""
        return self.root / member.name

    def blocks(self, member: Member) -> Iterator[bytes]:
        """The content as it is now; a link that took the file's place is refused."""
        try:
            handle = os.open(self.path(member), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError as error:
            raise RefusedError(message("package.archive-damaged")) from error
        with os.fdopen(handle, "rb") as file:
            left = member.bytes
            while block := file.read(min(BLOCK, left)):
                left -= len(block)
                yield block
            if left or file.read(1):
                raise RefusedError(message("package.archive-damaged"))


def _status(path: Path) -> tuple[int, int]:
    status = path.lstat()
    return status.st_mode, status.st_size


def _form(mode: int) -> Message | None:
    if stat.S_ISLNK(mode):
        return message("package.archive-link")
    return None if stat.S_ISREG(mode) or stat.S_ISDIR(mode) else message("package.archive-special")
