"""What packages made to break a reader are made of: sound ones, and ways to spoil them."""

from __future__ import annotations

import hashlib
import io
import json
import struct
import tarfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

PROVIDER, DATASET = "11370000000000000W", "cremation"
NAME = f"{PROVIDER}_{DATASET}_F_000001"
RESOURCE = "307001000001000007"
NAMESPACE = f"urn:db37:exchange:{DATASET}:2020"
MIB = 1 << 20
LEVELS = 200_000

RECORD = {
    "HHZBH": "HH2026000001",
    "XM": "丛一",
    "XBDM": "1",
    "SWRQ": "20260102",
    "HHRQ": "20260104",
    "BYGMC": "合成市殡仪馆",
    "BYGTYSHXYDM": PROVIDER,
}

Files = dict[str, bytes]
Case = Callable[[Path], Path]
GENERATED: dict[str, Case] = {}


def case(make: Case) -> Case:
    """A case of the corpus, under its function's name: makes the package below a folder and says where it lies."""
    GENERATED[make.__name__] = make
    return make


def xml(body: str, *, prolog: str = '<?xml version="1.0" encoding="UTF-8"?>\n', records: int = 1) -> bytes:
    header = (
        f"<packageId>{NAME}</packageId><dataset>{DATASET}</dataset><edition>2020</edition><records>{records}</records>"
    )
    return f'{prolog}<dataset xmlns="{NAMESPACE}"><header>{header}</header><body>{body}</body></dataset>\n'.encode()


def xml_record(**changed: str) -> str:
    fields = "".join(f"<{name}>{value}</{name}>" for name, value in {**RECORD, **changed}.items())
    return f"<record>{fields}</record>"


def json_text(body: str, records: int = 1) -> bytes:
    header = json.dumps({"packageId": NAME, "dataset": DATASET, "edition": "2020", "records": records})
    return f'{{"header": {header}, "body": [{body}]}}\n'.encode("utf-8", "surrogatepass")


def manifest(files: Mapping[str, bytes], records: int) -> bytes:
    stated: dict[str, Any] = {
        "lubiao": "exchange-package/1",
        "packageId": NAME,
        "provider": PROVIDER,
        "resource": RESOURCE,
        "dataset": DATASET,
        "edition": "2020",
        "mode": "F",
        "batch": "000001",
        "recordCount": records,
        "createdAt": "2026-11-20T09:00:00+08:00",
        "contact": {"name": "丛一", "phone": "00000000000"},
        "files": [_listed(name, content, records) for name, content in sorted(files.items())],
    }
    return json.dumps(stated, ensure_ascii=False, indent=1).encode()


def _listed(name: str, content: bytes, records: int) -> dict[str, Any]:
    digest = {"algorithm": "SHA-256", "value": hashlib.sha256(content).hexdigest()}
    listed: dict[str, Any] = {"name": name, "role": "attachment", "bytes": len(content), "digest": digest}
    if name.startswith("data/"):
        listed |= {"role": "data", "format": name.rpartition(".")[2], "encoding": "UTF-8", "records": records}
    return listed | ({"role": "metadata"} if name == "metadata.xml" else {})


def data_package(content: bytes, suffix: str, records: int = 1, more: Mapping[str, bytes] | None = None) -> Files:
    files = {f"data/{DATASET}_001.{suffix}": content, **(more or {})}
    return {"manifest.json": manifest(files, records), **files}


def package(more: Mapping[str, bytes] | None = None) -> Files:
    """A sound package of one record, with more files, which its manifest lists."""
    return data_package(xml(xml_record()), "xml", 1, more)


def as_folder(folder: Path, files: Mapping[str, bytes]) -> Path:
    root = folder / NAME
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return root


def zip_bytes(files: Mapping[str, bytes], more: Callable[[zipfile.ZipFile], None] | None = None) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
        if more is not None:
            more(archive)
    return target.getvalue()


def as_zip(folder: Path, files: Mapping[str, bytes], more: Callable[[zipfile.ZipFile], None] | None = None) -> Path:
    return written(folder / f"{NAME}.zip", zip_bytes(files, more))


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def tar_bytes(files: Mapping[str, bytes], *more: tarfile.TarInfo) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        for info in more:
            archive.addfile(info)
    return target.getvalue()


def as_tar(folder: Path, files: Mapping[str, bytes], *more: tarfile.TarInfo) -> Path:
    return written(folder / f"{NAME}.tar", tar_bytes(files, *more))


def tar_member(kind: bytes, name: str = "attachments/a.txt", target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def directory(archive: bytearray) -> Iterator[int]:
    """Where each entry of a ZIP's directory begins."""
    place = struct.unpack_from("<I", archive, archive.rindex(b"PK\x05\x06") + 16)[0]
    while archive[place : place + 4] == b"PK\x01\x02":
        yield place
        place += 46 + sum(struct.unpack_from("<3H", archive, place + 28))


def patched(archive: bytes, entry: int, local: int, central: int, value: bytes) -> bytes:
    """A ZIP with a field of one entry changed in its own header and in the directory, by their offsets there."""
    changed = bytearray(archive)
    place = list(directory(changed))[entry]
    own = struct.unpack_from("<I", changed, place + 42)[0]
    changed[own + local : own + local + len(value)] = value
    changed[place + central : place + central + len(value)] = value
    return bytes(changed)


def with_name(folder: Path, name: str) -> Path:
    return as_zip(folder, package(), lambda archive: archive.writestr(zipfile.ZipInfo(name), b"x"))
