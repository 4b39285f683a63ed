"""Changes that make mutants of exchange packages, of series of packages and of exchange tables (``docs/sample.md``)."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import re
import shutil
import sqlite3
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from conformance.sample.errors import SampleError
from conformance.sample.pointers import remove_at, set_at
from conformance.standard.exchange import ExchangeRules

#: Archives made again carry no time of their own: ZIP knows none before this one.
_TIME = (1980, 1, 1, 0, 0, 0)
_ZIP, _TAR = ".zip", (".tar", ".tar.gz", ".tgz")
#: What is done to a package as a whole; nothing else goes with it.
_WHOLE = ("copy", "drop")


@dataclass(frozen=True)
class Replacement:
    """In ``file`` the text ``find``, or what the regular expression ``pattern`` matches, becomes ``text``.

    ``times``: of so many places, from the first (0: of all). ``encoding`` is that of the file (``latin-1``: bytes).
    """

    file: str
    text: str
    find: str = ""
    pattern: str = ""
    times: int = 1
    encoding: str = "utf-8"


@dataclass(frozen=True)
class PackageEdit:
    """Edits of one package: of the target's own, or of the package ``of`` in a series.

    Made in this order: ``replace``, ``recode`` (file: its encoding, the new one), ``move``, ``remove``, ``add``,
    ``link`` (symbolic ones; folders only), ``manifest`` (values by JSON pointer), ``seal`` (sizes and digests in the
    manifest are made right), ``manifest_remove``, ``entries`` (names that no file can have; archives only), ``reverse``
    (their order; archives only), ``name`` (of the package). ``copy`` repeats a package under another name, ``drop``
    leaves it out.
    """

    dataset: str
    of: str = ""
    replace: tuple[Replacement, ...] = ()
    recode: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    move: Mapping[str, str] = field(default_factory=dict)
    remove: tuple[str, ...] = ()
    add: Mapping[str, str] = field(default_factory=dict)
    link: Mapping[str, str] = field(default_factory=dict)
    manifest: Mapping[str, Any] = field(default_factory=dict)
    manifest_remove: tuple[str, ...] = ()
    seal: bool = True
    entries: Mapping[str, str] = field(default_factory=dict)
    reverse: bool = False
    name: str = ""
    copy: str = ""
    drop: bool = False


@dataclass(frozen=True)
class TableEdit:
    """SQL statements over the file of an exchange table."""

    dataset: str
    sql: tuple[str, ...]


def read_package_edit(raw: Mapping[str, Any], place: str) -> PackageEdit | TableEdit:
    """One change of a mutant file; raises :class:`SampleError` for keys that are unknown, or do not go together."""
    if "sql" in raw:
        _known(raw, ("table", "sql"), place)
        return TableEdit(raw["table"], tuple(raw["sql"]))
    words = [one.name for one in fields(PackageEdit) if one.name != "dataset"]
    whole = next((word for word in _WHOLE if word in raw), "")
    _known(raw, ("package", "of", whole) if whole else ("package", *words), place)
    given = {key: value for key, value in raw.items() if key != "package"}
    for name in ("manifest_remove", "remove"):
        given[name] = tuple(raw.get(name, ()))
    given["recode"] = {file: tuple(encodings) for file, encodings in raw.get("recode", {}).items()}
    given["replace"] = tuple(_read_replacement(item, place) for item in raw.get("replace", ()))
    return PackageEdit(raw["package"], **given)


def _read_replacement(raw: Mapping[str, Any], place: str) -> Replacement:
    searched = "pattern" if "pattern" in raw else "find"
    _known(raw, ("file", "text", "times", "encoding", searched), place)
    if missing := sorted({"file", "text", searched} - set(raw)):
        raise SampleError("sample.key.missing", place=place, keys=", ".join(missing))
    return Replacement(**raw)


def _known(raw: Mapping[str, Any], allowed: Sequence[str], place: str) -> None:
    if unknown := sorted(set(raw) - set(allowed)):
        raise SampleError(
            "sample.key.unknown", place=place, keys=", ".join(unknown), allowed=", ".join(sorted(allowed))
        )


def edit_table(path: Path, edit: TableEdit) -> None:
    """Run the statements on a SQLite file; raises :class:`SampleError` where one changes no row that it could."""
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in edit.sql:
            if connection.execute(statement).rowcount == 0:
                raise SampleError("sample.change.nothing", dataset=edit.dataset)


def edit_package(path: Path, edit: PackageEdit, rules: ExchangeRules) -> Path:
    """Edit what lies at ``path`` (a folder, an archive, a series) in place; returns where it is then.

    Raises :class:`SampleError` where an edit finds nothing to change.
    """
    if not edit.of:
        return _edit_one(path, edit, rules)
    _edit_one(_member(path, edit.of), edit, rules)
    return path


def _edit_one(path: Path, edit: PackageEdit, rules: ExchangeRules) -> Path:
    if edit.drop:
        _remove(path)
    elif edit.copy:
        _copy(path, path.with_name(edit.copy))
    elif path.is_dir():
        _known({word: 1 for word in ("entries", "reverse") if getattr(edit, word)}, (), edit.dataset)
        _edit_folder(path, edit, rules)
    else:
        _known({"link": 1} if edit.link else {}, (), edit.dataset)
        with tempfile.TemporaryDirectory() as work:
            names = _unpack(path, Path(work))
            _edit_folder(Path(work), edit, rules)
            _pack(Path(work), path, names, edit)
    return path.rename(path.with_name(edit.name)) if edit.name else path


def _member(series: Path, name: str) -> Path:
    """A package of a series: by its whole name, else by what stands before its suffix."""
    exact = series / name
    found = [exact] if exact.exists() else [path for path in series.iterdir() if path.name.startswith(f"{name}.")]
    if len(found) != 1:
        raise SampleError("sample.file.missing", path=name)
    return found[0]


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()


def _copy(path: Path, twin: Path) -> None:
    """Repeat a package; a folder under the name of an archive is packed."""
    if path.is_file():
        shutil.copyfile(path, twin)
    elif twin.name.endswith((_ZIP, *_TAR)):
        _pack(path, twin, (), PackageEdit(""))
    else:
        shutil.copytree(path, twin)


def _edit_folder(folder: Path, edit: PackageEdit, rules: ExchangeRules) -> None:
    for one in edit.replace:
        _replace(_there(folder, one.file), one, edit)
    for name, (old, new) in edit.recode.items():
        file = _there(folder, name)
        file.write_bytes(file.read_bytes().decode(old).encode(new))
    for name, to in edit.move.items():
        (folder / to).parent.mkdir(parents=True, exist_ok=True)
        _there(folder, name).rename(folder / to)
    for name in edit.remove:
        _there(folder, name).unlink()
    for name, text in edit.add.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(text.encode())
    for name, to in edit.link.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).symlink_to(to)
    manifest = folder / rules.names["manifest"]
    if manifest.is_file():
        _edit_manifest(manifest, edit, rules)


def _there(folder: Path, name: str) -> Path:
    path = folder / name
    if not path.is_file():
        raise SampleError("sample.file.missing", path=name)
    return path


def _replace(path: Path, one: Replacement, edit: PackageEdit) -> None:
    before = path.read_bytes().decode(one.encoding)
    if one.pattern:
        after = re.sub(one.pattern, one.text, before, count=one.times, flags=re.MULTILINE)
    else:
        after = before.replace(one.find, one.text, one.times or -1)
    if after == before:
        raise SampleError("sample.change.nothing", dataset=edit.dataset)
    path.write_bytes(after.encode(one.encoding))


def _edit_manifest(path: Path, edit: PackageEdit, rules: ExchangeRules) -> None:
    """Set, seal and remove; a manifest that nothing of this changes keeps its bytes."""
    try:
        manifest = json.loads(path.read_bytes())
    except ValueError:
        return  # a replacement broke it: that was the point
    before = json.dumps(manifest)
    for pointer, value in edit.manifest.items():
        set_at(manifest, pointer, value)
    if edit.seal:
        for entry in manifest["files"]:
            _seal(path.parent / entry["name"], entry, rules)
    for pointer in edit.manifest_remove:
        remove_at(manifest, pointer)
    if json.dumps(manifest) == before:
        if edit.manifest or edit.manifest_remove:
            raise SampleError("sample.change.nothing", dataset=edit.dataset)
    else:
        path.write_text(json.dumps(manifest, ensure_ascii=False, indent=1) + "\n", "utf-8")


def _seal(path: Path, entry: dict[str, Any], rules: ExchangeRules) -> None:
    if path.is_file():
        content = path.read_bytes()
        digest = entry.setdefault("digest", {"algorithm": next(iter(rules.digests))})
        digest["value"] = hashlib.new(rules.digests[digest["algorithm"]], content).hexdigest()
        entry["bytes"] = len(content)


def _unpack(path: Path, work: Path) -> tuple[str, ...]:
    """Unpack an archive that we packed ourselves; the names of its files in their order."""
    if path.name.endswith(_ZIP):
        with zipfile.ZipFile(path) as archive:
            archive.extractall(work)  # noqa: S202 - our own
            return tuple(archive.namelist())
    with tarfile.open(path) as tar:
        tar.extractall(work, filter="data")
        return tuple(tar.getnames())


def _pack(folder: Path, path: Path, order: Sequence[str], edit: PackageEdit) -> None:
    """Pack a folder: what was there in its order, then the rest, then the entries that no file can be."""
    there = {one.relative_to(folder).as_posix() for one in folder.rglob("*") if one.is_file()}
    names = [name for name in order if name in there]
    names += sorted(there - set(names))
    contents = [(name, (folder / name).read_bytes()) for name in names]
    contents += [(name, text.encode()) for name, text in edit.entries.items()]
    packed = io.BytesIO()
    (_zip if path.name.endswith(_ZIP) else _tar)(reversed(contents) if edit.reverse else iter(contents), packed)
    content = packed.getvalue()
    path.write_bytes(gzip.compress(content, mtime=0) if path.name.endswith("gz") else content)


def _zip(contents: Iterator[tuple[str, bytes]], packed: io.BytesIO) -> None:
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in contents:
            archive.writestr(zipfile.ZipInfo(name, _TIME), content, zipfile.ZIP_DEFLATED)


def _tar(contents: Iterator[tuple[str, bytes]], packed: io.BytesIO) -> None:
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, content in contents:
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
