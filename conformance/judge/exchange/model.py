"""What is known of an exchange package once it was read, as frozen values; the judge knows nothing of files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class ListedFile:
    """A file as the manifest lists it; ``records`` is None and format and encoding are empty but for data files."""

    name: str
    role: str
    bytes: int
    algorithm: str
    digest: str
    format: str = ""
    encoding: str = ""
    records: int | None = None


@dataclass(frozen=True)
class Manifest:
    """A manifest that its schema admits."""

    package_id: str
    provider: str
    resource: str
    dataset: str
    edition: str
    mode: str
    batch: str
    record_count: int
    created_at: str
    files: tuple[ListedFile, ...]


@dataclass(frozen=True)
class PresentFile:
    """A file that lies in the package, the manifest left out.

    ``digests``: by the manifest's word for the algorithm, lower-case hex; SHA-256 is always among them, an algorithm
    that this machine does not offer is not. Without any: the entry was refused when the package was opened (or may lie
    behind the place where the archive breaks off), that is told, and it is judged for nothing else.
    """

    name: str
    bytes: int
    digests: Mapping[str, str]


@dataclass(frozen=True)
class ReadFile:
    """What reading a data file found: its records (None: it breaks off) and what its header says (None: no header)."""

    name: str
    records: int | None
    header: Mapping[str, str] | None


@dataclass(frozen=True)
class PackageFacts:
    """One package. ``name`` is that of its folder or archive, without suffix; ``digest`` stands for its content."""

    name: str
    manifest: Manifest | None
    present: tuple[PresentFile, ...]
    read: tuple[ReadFile, ...] = ()
    digest: str = ""
