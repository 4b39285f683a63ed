"""The files of a bundle that lies in a folder: just those that its manifest names, no link followed."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from pathlib import Path

from conformance.bundle.archive_reading import AbsentError
from conformance.bundle.limits import LIMITS, Limits
from conformance.bundle.model import BundleError


def read_files(folder: Path, names: Sequence[str], limits: Limits = LIMITS) -> dict[str, bytes]:
    """The content of each named file of a folder, together at most ``limits.total`` bytes.

    ``names`` are relative, with ``/``, and of ours: whoever passes names of a stranger checks them first. What else
    lies in the folder is not looked at. Raises :class:`BundleError`.
    """
    held: dict[str, bytes] = {}
    left = limits.total
    for name in names:
        held[name] = _content(folder, name, min(limits.of(name), left))
        left -= len(held[name])
    return held


def _content(folder: Path, name: str, limit: int) -> bytes:
    """One file; not even a folder on the way to it may be a link."""
    place = folder
    for part in name.split("/")[:-1]:
        place = place / part
        if not stat.S_ISDIR(_state(place, name)):
            raise BundleError("bundle.folder-link", name=name)
    place = folder / name
    if not stat.S_ISREG(_state(place, name)):
        raise BundleError("bundle.folder-link", name=name)
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        with os.fdopen(os.open(place, flags), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise BundleError("bundle.folder-link", name=name)
            content = file.read(limit + 1)
    except OSError as error:
        raise AbsentError("bundle.file-missing", name=name) from error
    if len(content) > limit:
        raise BundleError("bundle.file-large", name=name, limit=limit)
    return content


def _state(place: Path, name: str) -> int:
    try:
        return place.lstat().st_mode
    except (OSError, ValueError) as error:
        raise BundleError("bundle.file-missing", name=name) from error
