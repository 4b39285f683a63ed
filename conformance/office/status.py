"""The status list: which certificates are revoked, suspended or superseded, and from when to when that may be said.

Each list is coded as the W3C's Bitstring Status List: bit i, from the left, is the certificate with that index; GZIP
(one member, no name, no time) in multibase base64url without padding. Nothing is decompressed before the signatures of
the list hold, and then only as far as a list may be long.
"""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from conformance.messages import Message, catalogue, message
from conformance.signing.canonical import LARGEST, NotCanonicalError, canonical
from conformance.signing.dsse import read_envelope
from conformance.signing.keys import KeySet, missing_legs
from conformance.signing.verifying import signature_state

#: The payload type.
STATUS = "application/vnd.lubiao.status-list+json"
SCHEMA = "lubiao-status/1"
#: The use of keys that sign it.
USE = "status"
#: Bits of a list: as many as the W3C wants at least, so that a list does not tell how many certificates there are; and
#: the bound.
BITS, MOST_BITS = 131_072, 1 << 20
#: The longest time between a list and its end: an old key cannot speak for ever.
LONGEST = timedelta(days=31)
#: States, worst first.
REVOKED, SUSPENDED, SUPERSEDED = "revoked", "suspended", "superseded"
_LISTS = {REVOKED: "revocation", SUSPENDED: "suspension", SUPERSEDED: "supersession"}
#: The message of a word that nobody here knows is no word itself.
_OTHER = "other"
_MEMBERS = {"schema", "id", "sequence", "issued", "validUntil", "lists", "reasons"}
#: GZIP: deflate, no flags, no time; two bytes of level and system follow, which readers pass over.
_GZIP, _GZIP_END = b"\x1f\x8b\x08\x00\x00\x00\x00\x00", b"\x02\xff"
_WORD = re.compile("[a-z][a-z0-9-]{0,39}")
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,6})?(Z|[+-][0-9]{2}:[0-5][0-9])"
)
_INDEX = re.compile("0|[1-9][0-9]{0,9}")
_ID_LIMIT = 500
#: The longest text of a list: one of :data:`MOST_BITS` that deflate cannot make smaller, in Base64.
_TEXT_LIMIT = MOST_BITS // 8 * 2


class StatusError(ValueError):
    """A status list that says nothing; ``id`` is that of the message that says why, ``params`` its parameters."""

    def __init__(self, id_: str, **params: str | int) -> None:
        super().__init__(id_)
        self.id, self.params = id_, params


@dataclass(frozen=True)
class StatusList:
    """The status of every certificate of a list, by index; instants are RFC 3339 with offset.

    ``sequence`` grows from list to list. ``reasons``: a word (``[a-z][a-z0-9-]*``) for indices that are in a list.
    """

    id: str
    sequence: int
    issued: str
    valid_until: str
    revoked: frozenset[int] = frozenset()
    suspended: frozenset[int] = frozenset()
    superseded: frozenset[int] = frozenset()
    reasons: Mapping[int, str] = field(default_factory=lambda: MappingProxyType({}))
    bits: int = BITS

    def state(self, index: int) -> str:
        """The worst that is said of a certificate: ``revoked``, ``suspended``, ``superseded``, or nothing: ``""``.

        Raises :class:`StatusError` for an index that the list does not have: of that it says nothing.
        """
        if not 0 <= index < self.bits:
            raise StatusError("office.status.index", index=index, bits=self.bits)
        held = {REVOKED: self.revoked, SUSPENDED: self.suspended, SUPERSEDED: self.superseded}
        return next((state for state, indices in held.items() if index in indices), "")

    def reason(self, index: int) -> str:
        """The word that is given for a certificate's state; empty where none is."""
        return self.reasons.get(index, "")

    def current(self, now: datetime) -> bool:
        """Has the list been issued, and not ended?"""
        return datetime.fromisoformat(self.issued) <= now < datetime.fromisoformat(self.valid_until)


def reason_words(word: str) -> Message:
    """What a reason's word means; a word of which the catalogue says nothing is repeated."""
    id_ = f"office.reason.{word}"
    return message(id_) if word != _OTHER and id_ in catalogue() else message("office.reason.other", word=word)


def encoded_list(indices: Iterable[int], bits: int = BITS) -> str:
    """A list of bits as the W3C codes it; the same bytes wherever zlib compresses alike. ValueError beyond the bits."""
    content = bytearray(bits // 8)
    for index in indices:
        if not 0 <= index < bits:
            raise ValueError(f"no bit {index} in a list of {bits}")
        content[index // 8] |= 0x80 >> index % 8
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    deflated = packer.compress(bytes(content)) + packer.flush()
    end = zlib.crc32(content).to_bytes(4, "little") + len(content).to_bytes(4, "little")
    return "u" + base64.urlsafe_b64encode(_GZIP + _GZIP_END + deflated + end).decode().rstrip("=")


def decoded_list(text: str) -> tuple[frozenset[int], int]:
    """The indices whose bits are set, and the number of bits; raises :class:`StatusError`.

    At most :data:`MOST_BITS` are decompressed, whatever would follow.
    """
    packed = _packed(text)
    unpacker = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        content = unpacker.decompress(packed, MOST_BITS // 8 + 1)
    except zlib.error as error:
        raise StatusError("office.status.coding") from error
    whole = unpacker.eof and not unpacker.unused_data and not unpacker.unconsumed_tail
    if not whole or not BITS <= len(content) * 8 <= MOST_BITS:
        raise StatusError("office.status.coding")
    held = (place * 8 + bit for place, byte in enumerate(content) if byte for bit in range(8) if byte & 0x80 >> bit)
    return frozenset(held), len(content) * 8


def _packed(text: str) -> bytes:
    """The GZIP of a list, of which nothing can be added to or left out unseen."""
    if not text.startswith("u") or not text.isascii() or len(text) > _TEXT_LIMIT:
        raise StatusError("office.status.coding")
    try:
        packed = base64.b64decode(text[1:] + "=" * (-(len(text) - 1) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise StatusError("office.status.coding") from error
    again = base64.urlsafe_b64encode(packed).decode().rstrip("=")
    if again != text[1:] or not packed.startswith(_GZIP):
        raise StatusError("office.status.coding")
    return packed


def status_payload(list_: StatusList) -> bytes:
    """The canonical bytes of a list, to be signed as :data:`STATUS`; raises :class:`StatusError` where it is none."""
    held = {REVOKED: list_.revoked, SUSPENDED: list_.suspended, SUPERSEDED: list_.superseded}
    try:
        content = canonical(
            {
                "schema": SCHEMA,
                "id": list_.id,
                "sequence": list_.sequence,
                "issued": list_.issued,
                "validUntil": list_.valid_until,
                "lists": {_LISTS[state]: encoded_list(indices, list_.bits) for state, indices in held.items()},
                "reasons": {str(index): word for index, word in list_.reasons.items()},
            }
        )
    except ValueError as error:
        raise StatusError("office.status.malformed") from error
    _require(list_)
    return content


def read_status(content: bytes, keys: KeySet, *, last: int | None = None) -> StatusList:
    """The list of an envelope's canonical bytes, which every signature of it and every leg required must vouch for.

    ``last``: the sequence number that the caller saw last; a list with a smaller one is refused. Whether the list is
    still :meth:`~StatusList.current`, and which list it is, the caller asks. Raises :class:`StatusError`.
    """
    try:
        envelope = read_envelope(content)
        value = envelope.value()
    except NotCanonicalError as error:
        raise StatusError("office.status.malformed") from error
    if envelope.payload_type != STATUS or not isinstance(value, dict) or set(value) != _MEMBERS:
        raise StatusError("office.status.malformed")
    issued = _instant(value["issued"])
    state = signature_state(envelope, keys, USE, issued)
    if state.bad:
        raise StatusError("office.status.signature", key=state.bad[0])
    if state.unknown or not state.held:
        raise StatusError("office.status.signer")
    if missing := missing_legs(keys.required_for(USE, issued), state.held):
        raise StatusError("office.status.leg", algorithm=missing[0])
    list_ = _list(value)
    if last is not None and list_.sequence < last:
        raise StatusError("office.status.backwards", sequence=list_.sequence, last=last)
    return list_


def _list(value: Mapping[str, Any]) -> StatusList:
    try:
        lists = {state: decoded_list(value["lists"][name]) for state, name in _LISTS.items()}
        reasons = {_number(index): word for index, word in value["reasons"].items()}
    except (AttributeError, KeyError, TypeError) as error:
        raise StatusError("office.status.malformed") from error
    bits = {several for _, several in lists.values()}
    if len(bits) != 1 or value["schema"] != SCHEMA or len(value["lists"]) != len(_LISTS):
        raise StatusError("office.status.malformed")
    list_ = StatusList(
        value["id"],
        value["sequence"],
        value["issued"],
        value["validUntil"],
        lists[REVOKED][0],
        lists[SUSPENDED][0],
        lists[SUPERSEDED][0],
        reasons=MappingProxyType(reasons),
        bits=bits.pop(),
    )
    _require(list_)
    return list_


def _require(list_: StatusList) -> None:
    """What both who writes and who reads a list hold it to."""
    listed = list_.revoked | list_.suspended | list_.superseded
    named = isinstance(list_.id, str) and 0 < len(list_.id) <= _ID_LIMIT and list_.id.isprintable()
    numbered = type(list_.sequence) is int and 0 <= list_.sequence <= LARGEST
    worded = all(isinstance(word, str) and _WORD.fullmatch(word) for word in list_.reasons.values())
    sized = BITS <= list_.bits <= MOST_BITS and list_.bits % 8 == 0
    if not (named and numbered and worded and sized and set(list_.reasons) <= listed):
        raise StatusError("office.status.malformed")
    if not timedelta(0) < _instant(list_.valid_until) - _instant(list_.issued) <= LONGEST:
        raise StatusError("office.status.span", days=LONGEST.days)


def _instant(text: Any) -> datetime:
    if not isinstance(text, str) or not _INSTANT.fullmatch(text):
        raise StatusError("office.status.malformed")
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise StatusError("office.status.malformed") from error


def _number(text: str) -> int:
    if not _INDEX.fullmatch(text):
        raise StatusError("office.status.malformed")
    return int(text)
