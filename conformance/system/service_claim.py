"""What a declaration says of an exchange service, or of a client of the platform: frozen, nothing reached yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

#: What a dialogue may take where the declaration does not say: calls, calls a second, seconds.
REQUESTS, RATE, SECONDS = 5000, 100, 900
PROFILE = "default"
#: How long a client's job may take where the declaration does not say.
JOB_SECONDS = 60


@dataclass(frozen=True)
class CredentialClaim:
    """A client's id, and where its secret lies: ``file`` or ``env``, one of them empty."""

    id: str
    file: str
    env: str


@dataclass(frozen=True)
class ServiceClaim:
    """A node as declared; paths are whole, ``grants`` empty where every client may use every interface."""

    url: str
    registrations: Path
    clients: Mapping[str, CredentialClaim]
    ca: Path | None
    grants: Mapping[str, tuple[str, ...]]
    rows: Mapping[str, Mapping[str, tuple[str, ...]]]
    state: Mapping[str, tuple[str, ...]]
    examples: Mapping[str, Path]
    writes: bool
    log: Path | None
    plain: tuple[str, ...]
    hosts: tuple[str, ...]
    profile: str
    requests: int
    rate: int
    seconds: int
    second_opinion: bool


@dataclass(frozen=True)
class JobClaim:
    """A job of a client: the interface that it uses, and the command that starts it."""

    interface: str
    command: tuple[str, ...]


@dataclass(frozen=True)
class ClientClaim:
    """A client of the platform as declared."""

    registrations: Path
    credentials: CredentialClaim
    fetch: JobClaim | None
    deliver: JobClaim | None
    seconds: int
    profile: str


def service_claim(raw: Mapping[str, Any], folder: Path) -> ServiceClaim:
    """The service of a target, as the schema admits it; paths are relative to ``folder``."""
    limits = raw.get("limits", {})
    url = raw["url"].rstrip("/")
    return ServiceClaim(
        url=url,
        registrations=folder / raw["registrations"],
        clients={role: _credentials(item) for role, item in raw["clients"].items()},
        ca=_path(raw, "ca", folder),
        grants=_lists(raw.get("grants", {})),
        rows={role: _lists(fields) for role, fields in raw.get("rows", {}).items()},
        state=_lists(raw.get("state", {})),
        examples={id_: folder / path for id_, path in raw.get("examples", {}).items()},
        writes=raw.get("writes", False),
        log=_path(raw, "log", folder),
        plain=tuple(address.rstrip("/") for address in raw.get("plain", ())),
        hosts=tuple(raw.get("hosts", (urlsplit(url).hostname or "",))),
        profile=raw.get("profile", PROFILE),
        requests=limits.get("requests", REQUESTS),
        rate=limits.get("rate", RATE),
        seconds=limits.get("seconds", SECONDS),
        second_opinion=raw.get("second_opinion", False),
    )


def client_claim(raw: Mapping[str, Any], folder: Path) -> ClientClaim:
    """The client of a target, as the schema admits it."""
    return ClientClaim(
        registrations=folder / raw["registrations"],
        credentials=_credentials(raw["credentials"]),
        fetch=_job(raw.get("fetch")),
        deliver=_job(raw.get("deliver")),
        seconds=raw.get("seconds", JOB_SECONDS),
        profile=raw.get("profile", PROFILE),
    )


def _credentials(raw: Mapping[str, Any]) -> CredentialClaim:
    return CredentialClaim(raw["id"], raw["secret"].get("file", ""), raw["secret"].get("env", ""))


def _job(raw: Mapping[str, Any] | None) -> JobClaim | None:
    return None if raw is None else JobClaim(raw["interface"], tuple(raw["command"]))


def _path(raw: Mapping[str, Any], name: str, folder: Path) -> Path | None:
    return folder / raw[name] if name in raw else None


def _lists(raw: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    return {name: tuple(values) for name, values in raw.items()}
