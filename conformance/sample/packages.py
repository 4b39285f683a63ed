"""Exchange packages of any dataset, as ``docs/exchange.md`` describes them; the same rows give the same bytes."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from conformance.sample.archives import FOLDER, pack
from conformance.sample.errors import SampleError
from conformance.sample.metadata import metadata_xml
from conformance.sample.rendering import FileHeader, render
from conformance.standard.exchange import ExchangeRules
from conformance.standard.model import DatasetSpec
from conformance.standard.standards import Standards

#: An attachment: its name below ``attachments/`` and its bytes.
Attachment = tuple[str, bytes]

#: The credit code of an office that does not exist: province 37, subject 000000000.
PROVIDER = "11370000000000000W"
_PLAIN = "utf-8"
_CONTACT = {"name": "样本联系人", "phone": "10000000000"}


def package_name(spec: DatasetSpec, provider: str, mode: str, batch: int) -> str:
    """The name of a package, without a suffix."""
    return f"{provider}_{spec.id}_{mode}_{batch:06}"


def write_package(
    out: Path,
    spec: DatasetSpec,
    frame: pl.DataFrame,
    standards: Standards,
    *,
    format: str,  # noqa: A002 - the word of the manifest
    created_at: str,
    provider: str = PROVIDER,
    batch: int = 1,
    mode: str = "F",
    encoding: str = "UTF-8",
    digest: str = "SHA-256",
    parts: int = 1,
    archive: str = FOLDER,
    operations: Sequence[str] | pl.Series | None = None,
    metadata: bool = False,
    attachments: Iterable[Attachment] = (),
    again: bool = False,
) -> Path:
    """Write the records of ``frame`` as one package below ``out``, replacing it where it is; returns its path.

    ``created_at`` is ISO 8601 with its zone. ``operations`` holds one letter for each record; where it is None and no
    column holds them, a full package has none and an incremental one inserts. ``archive`` is ``folder``, ``zip``,
    ``tar`` or ``tar.gz``; ``again`` names the package as one handed over for the second time. Columns that are no
    fields are written all the same.
    """
    rules = standards.exchange
    _known(rules, mode, encoding, digest)
    name = package_name(spec, provider, mode, batch)
    target = out / (f"{name}.again" if again else name)
    out.mkdir(parents=True, exist_ok=True)
    kind = _Kind(rules, spec, name, format, encoding, digest)
    with tempfile.TemporaryDirectory(dir=out, prefix=".making-") as making:
        folder = Path(making) / name
        files = [*_write_data(folder, kind, _with_operations(frame, rules, mode, operations), parts)]
        if metadata:
            text = metadata_xml(spec, standards, provider, created_at)
            files.append(kind.write(folder, rules.names["metadata"], "metadata", [text.encode()]))
        for attachment, content in attachments:
            files.append(kind.write(folder, f"attachments/{attachment}", "attachment", [content]))
        manifest = _manifest(
            kind, files, provider=provider, mode=mode, batch=batch, records=frame.height, created_at=created_at
        )
        (folder / rules.names["manifest"]).write_bytes(manifest)
        if archive != FOLDER:
            names = [rules.names["manifest"], *(file["name"] for file in files)]
            return pack(folder, names, target, archive, datetime.fromisoformat(created_at))
        if target.exists():
            shutil.rmtree(target)
        folder.rename(target)
    return target


@dataclass(frozen=True)
class _Kind:
    """How the files of one package are written."""

    rules: ExchangeRules
    spec: DatasetSpec
    package: str
    form: str
    encoding: str
    digest: str

    @property
    def header(self) -> FileHeader:
        """What each data file says of itself."""
        spec = self.spec
        namespace = self.rules.namespace_of(spec.id, spec.edition)
        return FileHeader(self.package, spec.id, spec.edition, namespace, self.encoding, self.rules.xml)

    def write(self, folder: Path, name: str, role: str, pieces: Iterable[bytes]) -> dict[str, Any]:
        """Write a file piece by piece; what the manifest says of it."""
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        hashed, size = hashlib.new(self.rules.digests[self.digest]), 0
        with path.open("wb") as file:
            for piece in pieces:
                file.write(piece)
                hashed.update(piece)
                size += len(piece)
        digest = {"algorithm": self.digest, "value": hashed.hexdigest()}
        return {"name": name, "role": role, "bytes": size, "digest": digest}


def _known(rules: ExchangeRules, mode: str, encoding: str, digest: str) -> None:
    for word, known in (
        (mode, rules.modes.values()),
        (encoding, rules.encodings.keys()),
        (digest, rules.digests.keys()),
    ):
        if word not in known:
            raise SampleError("sample.package.word", word=word, known=", ".join(sorted(known)))


def _with_operations(
    frame: pl.DataFrame, rules: ExchangeRules, mode: str, operations: Sequence[str] | pl.Series | None
) -> pl.DataFrame:
    """The records with their operations in front."""
    name = rules.operation.name
    if operations is None and (mode == rules.modes["full"] or name in frame.columns):
        return frame
    letters = [rules.operations["insert"]] * frame.height if operations is None else list(operations)
    return frame.select(pl.Series(name, letters, dtype=pl.String), pl.exclude(name))


def _write_data(folder: Path, kind: _Kind, frame: pl.DataFrame, parts: int) -> Iterator[dict[str, Any]]:
    """The data files, each with its share of the records."""
    codec = kind.rules.encodings[kind.encoding]
    bounds = [frame.height * number // parts for number in range(parts + 1)]
    for number in range(parts):
        part = frame.slice(bounds[number], bounds[number + 1] - bounds[number])
        name = f"data/{kind.spec.id}_{number + 1:03}.{kind.form}"
        pieces = render(part, kind.form, kind.header)
        said = kind.write(folder, name, "data", pieces if codec == _PLAIN else _recoded(pieces, codec))
        yield {
            "name": name,
            "role": "data",
            "format": kind.form,
            "encoding": kind.encoding,
            "records": part.height,
            "bytes": said["bytes"],
            "digest": said["digest"],
        }


def _recoded(pieces: Iterable[bytes], codec: str) -> Iterator[bytes]:
    return (piece.decode(_PLAIN).encode(codec) for piece in pieces)


def _manifest(
    kind: _Kind, files: Sequence[dict[str, Any]], *, provider: str, mode: str, batch: int, records: int, created_at: str
) -> bytes:
    spec = kind.spec
    said = {
        "lubiao": kind.rules.schema,
        "packageId": kind.package,
        "provider": provider,
        "resource": spec.resource,
        "dataset": spec.id,
        "edition": spec.edition,
        "mode": mode,
        "batch": f"{batch:06}",
        "recordCount": records,
        "createdAt": created_at,
        "contact": _CONTACT,
        "files": list(files),
    }
    return (json.dumps(said, ensure_ascii=False, indent=1) + "\n").encode()
