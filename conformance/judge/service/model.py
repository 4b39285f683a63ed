"""Calls and answers, as plain values: what was asked of a service, and what came back."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Twist:
    """How the signing of a call departs from the convention; the default departs in nothing.

    ``omit`` names headers left out, by role (client, timestamp, nonce, signature). ``clock_ms`` is added to the time.
    ``client_id`` and ``nonce`` stand in place of the right ones where they are not empty. ``signature``: empty (right),
    or ``blank``, ``other-secret``, ``truncated``, ``hex``, ``other-timestamp`` (computed over a time other than sent).
    """

    omit: tuple[str, ...] = ()
    clock_ms: int = 0
    client_id: str = ""
    nonce: str = ""
    signature: str = ""


#: A call signed as the convention says.
STRAIGHT = Twist()


@dataclass(frozen=True)
class Call:
    """One request, before it is signed.

    ``query`` are parameters of the URL, encoded when sent; ``raw_query``, where it is not None, is sent as it is.
    ``client`` is the role of who calls (``tester``, ``second``). ``cut_after``: the upload is broken off after so many
    octets. ``headers`` are sent beside those of the convention.
    """

    interface: str
    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    raw_query: str | None = None
    body: bytes | None = field(default=None, repr=False)
    content_type: str = ""
    client: str = "tester"
    twist: Twist = STRAIGHT
    headers: tuple[tuple[str, str], ...] = ()
    cut_after: int | None = None


@dataclass(frozen=True)
class Answer:
    """What came back. ``status`` 0: nothing did, and ``failure`` says why: ``timeout`` (our patience ended), ``closed``
    (the connection was cut), ``refused`` (nobody listens), ``protocol`` (no HTTP). ``headers`` have lower-case names.
    ``body`` is what was read, at most the tester's bound (then ``truncated``). ``seconds``: from the first octet sent
    to the last one read; ``own_seconds``: what of the call was our own work beside that. ``nonce``: the one sent.
    """

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = field(default=b"", repr=False)
    truncated: bool = False
    seconds: float = 0.0
    own_seconds: float = 0.0
    failure: str = ""
    nonce: str = ""

    def header(self, name: str) -> str:
        """The header of that name, any case; empty where there is none."""
        return next((value for key, value in self.headers if key == name.lower()), "")
