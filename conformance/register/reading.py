"""The office's folder as the register reads it: bounded, and each file with its name where it cannot be used."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from conformance.messages import Param
from conformance.office.certificate import LIMIT as CERTIFICATE_LIMIT
from conformance.office.certificate import Certificate, read_certificate
from conformance.office.checkpoint import Checkpoint
from conformance.office.log import ENTRIES, Log, LogError
from conformance.office.status import StatusError, StatusList, read_status
from conformance.register.refusing import RegisterError
from conformance.signing.canonical import NotCanonicalError
from conformance.signing.dsse import LIMIT as ENVELOPE_LIMIT
from conformance.signing.keys import LIMIT as KEYS_LIMIT
from conformance.signing.keys import KeySet, KeySetError, read_key_set

KEYS, STATUS, LOG, CERTIFICATES = "keys.json", "status.json", "log", "certificates"
#: The bound of the log's entries in one file: what fits into memory beside everything else.
ENTRIES_LIMIT = 2 << 30


@dataclass(frozen=True)
class Held:
    """What an office's folder holds, read; only the status list's signatures are verified.

    ``entries``: the lines of the log up to ``checkpoint``, its latest one; ``certificates`` ascending by number.
    """

    keys: KeySet
    keys_content: bytes
    status: StatusList
    status_content: bytes
    log: Log
    checkpoint: Checkpoint
    entries: tuple[bytes, ...]
    certificates: tuple[Certificate, ...]


def read_office(folder: Path) -> Held:
    """Read an office's folder; raises :class:`RegisterError` with the name of the file at fault."""
    keys_content = _content(folder, KEYS, KEYS_LIMIT)
    try:
        keys = read_key_set(keys_content)
    except KeySetError as error:
        raise RegisterError(KEYS, error.id, **error.params) from error
    status_content = _content(folder, STATUS, ENVELOPE_LIMIT)
    try:
        status = read_status(status_content, keys)
    except StatusError as error:
        raise RegisterError(STATUS, error.id, **error.params) from error
    log, checkpoint = _log(folder)
    entries = _content(folder, f"{LOG}/{ENTRIES}", ENTRIES_LIMIT).split(b"\n")[: checkpoint.size]
    certificates = tuple(_certificates(folder))
    return Held(keys, keys_content, status, status_content, log, checkpoint, tuple(entries), certificates)


def certificate_file(number: str) -> str:
    """Where the office keeps a certificate, relative to its folder."""
    return f"{CERTIFICATES}/{number}.json"


def _log(folder: Path) -> tuple[Log, Checkpoint]:
    """The log, whose entries are those of its checkpoints."""
    try:
        log = Log.open(folder / LOG)
    except LogError as error:
        raise RegisterError(LOG, error.id, **error.params) from error
    checkpoint = log.latest()
    if checkpoint is None:
        raise RegisterError(LOG, "register.refused.no-checkpoint")
    return log, checkpoint


def _certificates(folder: Path) -> Iterator[Certificate]:
    try:
        names = sorted(path.name for path in (folder / CERTIFICATES).iterdir() if path.suffix == ".json")
    except FileNotFoundError:
        return
    except OSError as error:
        raise _unreadable(CERTIFICATES, error) from error
    for name in names:
        file = f"{CERTIFICATES}/{name}"
        try:
            certificate = read_certificate(_content(folder, file, CERTIFICATE_LIMIT))
        except NotCanonicalError as error:
            raise RegisterError(file, "register.refused.certificate") from error
        if name != f"{certificate.number}.json":
            raise RegisterError(file, "register.refused.name", number=certificate.number)
        yield certificate


def _content(folder: Path, name: str, limit: int) -> bytes:
    path = folder / name
    try:
        if path.exists() and not path.is_file():  # a device or a pipe has no end
            raise RegisterError(name, "register.refused.unreadable", error="IsNoFile")
        with path.open("rb") as file:
            content = file.read(limit + 1)
    except OSError as error:
        raise _unreadable(name, error) from error
    if len(content) > limit:
        raise RegisterError(name, "register.refused.large", limit=limit)
    return content


def _unreadable(name: str, error: OSError) -> RegisterError:
    kind: Param = type(error).__name__
    return RegisterError(name, "register.refused.unreadable", error=kind)
