"""Folders packed as ZIP or TAR; the same files and time give the same bytes."""

from __future__ import annotations

import gzip
import shutil
import tarfile
import zipfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from conformance.sample.errors import SampleError

FOLDER = "folder"
_MODE = 0o644
_UNIX = 3
_LEVEL = 6
_FILE = 0o100000


def pack(folder: Path, names: Sequence[str], target: Path, kind: str, made: datetime) -> Path:
    """Pack the named files of a folder, in that order, as ``kind``; returns ``target`` with the suffix of its kind."""
    path = target.with_name(f"{target.name}.{kind}")
    if kind == "zip":
        _zip(folder, names, path, made)
    elif kind == "tar":
        with path.open("wb") as file:
            _tar(folder, names, file, made)
    elif kind == "tar.gz":
        # No file name and no time in the header: they would differ from one writing to the next.
        with path.open("wb") as raw, gzip.GzipFile("", "wb", _LEVEL, raw, mtime=0) as file:
            _tar(folder, names, file, made)
    else:
        raise SampleError("sample.package.archive", archive=kind)
    return path


def _zip(folder: Path, names: Sequence[str], path: Path, made: datetime) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            entry = zipfile.ZipInfo(name, made.timetuple()[:6])
            entry.compress_type, entry.create_system = zipfile.ZIP_DEFLATED, _UNIX
            entry.external_attr = (_FILE | _MODE) << 16
            entry.file_size = (folder / name).stat().st_size
            with (folder / name).open("rb") as source, archive.open(entry, "w") as target:
                shutil.copyfileobj(source, target, 1 << 20)


def _tar(folder: Path, names: Sequence[str], file: object, made: datetime) -> None:
    with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as archive:  # type: ignore[call-overload]
        for name in names:
            entry = tarfile.TarInfo(name)
            entry.size, entry.mtime, entry.mode = (folder / name).stat().st_size, int(made.timestamp()), _MODE
            with (folder / name).open("rb") as source:
                archive.addfile(entry, source)
