"""How a node is reached: its address, who calls, what bounds the calls. Plain values; secrets are never shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

#: What of a certificate and of TLS may be forgiven when calls are made, because it is judged elsewhere: a wrong host
#: name, a validity that is over or has not begun, nothing later than TLS 1.1, keys or digests too weak for OpenSSL.
HOST, TIME, VERSION, STRENGTH = "host", "time", "version", "strength"
_PORT = 443


class NotAllowed(ValueError):  # noqa: N818 - what it is
    """The address is not HTTPS, or its host is not on the allow-list: nothing was sent."""


@dataclass(frozen=True)
class Credentials:
    """Who calls."""

    id: str
    secret: bytes = field(repr=False)


@dataclass(frozen=True)
class Reach:
    """``credentials`` are by role (``tester``, ``second``); ``ca`` None: the system's trust anchors; ``hosts`` is the
    allow-list; at most ``requests`` calls, ``rate`` a second, for ``seconds``; ``forgiven`` as above.
    """

    url: str
    credentials: Mapping[str, Credentials]
    ca: Path | None
    hosts: tuple[str, ...]
    requests: int
    rate: int
    seconds: int
    patience_ms: int
    answer_bytes: int
    attempts: int
    pause_ms: int
    forgiven: tuple[str, ...] = ()


@dataclass(frozen=True)
class Address:
    """Where calls go: ``base`` stands before the path of each call."""

    host: str
    port: int
    base: str

    @property
    def authority(self) -> str:
        """What the ``Host`` header says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORT else f"{host}:{self.port}"


def address_of(reach: Reach) -> Address:
    """The address that calls go to; raises :class:`NotAllowed`."""
    try:
        parts = urlsplit(reach.url)
        host, port = ascii_host(parts.hostname or ""), parts.port or _PORT
    except ValueError as error:
        raise NotAllowed("no URL") from error
    if parts.scheme != "https" or not host or parts.username or parts.query or parts.fragment:
        raise NotAllowed("the URL is https://host[:port][/path] and nothing more")
    require_allowed(reach, host)
    return Address(host, port, parts.path.rstrip("/"))


def require_allowed(reach: Reach, host: str) -> None:
    """Raise :class:`NotAllowed` where a host is not on the allow-list."""
    if ascii_host(host) not in {ascii_host(one) for one in reach.hosts}:
        raise NotAllowed("the host is not on the allow-list")


def ascii_host(host: str) -> str:
    """A host as it travels: lower case, names in other scripts as IDNA; raises ValueError."""
    bare = host.strip("[]").lower()
    return bare if bare.isascii() else bare.encode("idna").decode("ascii")
