"""Public keys, and the set of keys that somebody pins: whose they are, for what, since when, and which are required.

A key set is the only thing that a verifier must get by a way of its own (``docs/certificates.md``). Test keys look like
test keys, by id and by name, and a production set that holds one is refused.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from conformance.signing.canonical import NotCanonicalError, canonical, parse
from conformance.signing.curves import CURVES, point_of
from conformance.signing.dsse import decoded

SCHEMA = "lubiao-keys/1"
ALGORITHMS = ("ES256", "SM2")
#: What a key may sign. ``submission``: a vendor's own statements.
USES = ("certificate", "status", "log", "receipt", "witness", "pack", "submission")
KINDS = ("production", "test")
TEST_PREFIX = "TEST-"
#: What a test key says of itself.
TEST_NAME = "测试用，无效"
#: The distinguishing identifier of GM/T 0009, which SM2 hashes into each signature; always given, never assumed.
DEFAULT_DISTID = "1234567812345678"
LIMIT = 1 << 20
#: Instants and years in their only writing: every language reads them alike.
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(Z|[+-][0-9]{2}:[0-5][0-9])")
_YEAR = re.compile("[0-9]{4}")
_MEMBERS = {"schema", "kind", "name", "origin", "register", "keys", "required"}


class KeySetError(ValueError):
    """A key set that cannot be used; ``id`` is that of the message that says why, ``params`` its parameters."""

    def __init__(self, id_: str, **params: str) -> None:
        super().__init__(id_)
        self.id, self.params = id_, params


@dataclass(frozen=True)
class PublicKey:
    """A public key: ``spki`` is DER SubjectPublicKeyInfo; signatures are DER SEQUENCE(r, s) over SHA-256 (``ES256``) or
    over Z_A and the message with SM3 (``SM2``, under ``distid``). Instants are RFC 3339 with offset; empty: no bound.
    """

    id: str
    algorithm: str
    owner: str
    uses: tuple[str, ...]
    spki: bytes
    valid_from: str = ""
    valid_to: str = ""
    distid: str = ""

    @property
    def test(self) -> bool:
        """Is it a key for tests, whose signatures have no force?"""
        return self.id.startswith(TEST_PREFIX)

    def valid_at(self, instant: datetime) -> bool:
        """Did the key's time of use hold that instant?"""
        begun = not self.valid_from or datetime.fromisoformat(self.valid_from) <= instant
        return begun and (not self.valid_to or instant < datetime.fromisoformat(self.valid_to))


@dataclass(frozen=True)
class KeySet:
    """The keys of one authority. ``required``: for each use, the algorithms of which a signature must be there, by the
    year (``2026``) from which that holds; ``origin`` is the name of its log, ``register`` the address of its register.
    """

    kind: str
    name: Mapping[str, str]
    origin: str
    register: str
    keys: tuple[PublicKey, ...]
    required: Mapping[str, Mapping[str, tuple[str, ...]]]

    def key(self, id_: str) -> PublicKey | None:
        """The key of that id."""
        return next((key for key in self.keys if key.id == id_), None)

    def required_for(self, use: str, instant: datetime) -> tuple[str, ...]:
        """The algorithms that a statement of that use must be signed with at an instant: of the latest year begun."""
        years = [year for year in self.required.get(use, {}) if int(year) <= instant.year]
        return self.required[use][max(years)] if years else ()


class Verifier(Protocol):
    """Checks signatures of one algorithm. False for any signature that does not hold, malformed ones too."""

    def __call__(self, key: PublicKey, message: bytes, signature: bytes) -> bool: ...


def key_id(spki: bytes, *, test: bool) -> str:
    """The id of a key: 32 hexadecimal digits of the SHA-256 of its SPKI; a test key's begins with ``TEST-``."""
    return (TEST_PREFIX if test else "") + hashlib.sha256(spki).hexdigest()[:32]


def write_key_set(keys: KeySet) -> bytes:
    """The canonical bytes of a key set."""
    return canonical(_value(keys))


def read_key_set(content: bytes) -> KeySet:
    """A key set from canonical bytes; raises :class:`KeySetError` where it is malformed, a production set holds a test
    key, or an id is not that of its key.
    """
    try:
        value = parse(content, limit=LIMIT)
        keys = _key_set(value)
    except (NotCanonicalError, KeyError, TypeError, ValueError, AttributeError) as error:
        if isinstance(error, KeySetError):
            raise
        raise KeySetError("signing.keys.malformed") from error
    return keys


def _key_set(value: Any) -> KeySet:
    if value["schema"] != SCHEMA or value["kind"] not in KINDS:
        raise KeySetError("signing.keys.malformed")
    held = tuple(_key(entry) for entry in value["keys"])
    for key in held:
        if key.id != key_id(key.spki, test=key.test):
            raise KeySetError("signing.keys.id", key=key.id)
        if key.test != (value["kind"] == "test"):
            raise KeySetError("signing.keys.test" if key.test else "signing.keys.real", key=key.id)
        if key.test and TEST_NAME not in key.owner:
            raise KeySetError("signing.keys.name", key=key.id)
        if key.algorithm not in ALGORITHMS or not _fits(key):
            raise KeySetError("signing.keys.use", key=key.id)
        if set(key.uses) - set(USES) or (key.algorithm == "SM2") != bool(key.distid):
            raise KeySetError("signing.keys.use", key=key.id)
    if len({key.id for key in held}) != len(held):
        raise KeySetError("signing.keys.twice")
    asked = {name for years in value["required"].values() for names in years.values() for name in names}
    if set(value) != _MEMBERS or set(value["required"]) - set(USES) or asked - set(ALGORITHMS):
        raise KeySetError("signing.keys.malformed")  # a rule with a slip of the pen in it would require nothing
    if not all(_YEAR.fullmatch(year) for years in value["required"].values() for year in years):
        raise KeySetError("signing.keys.malformed")
    required = {
        str(use): {year: tuple(map(str, names)) for year, names in years.items()}
        for use, years in value["required"].items()
    }
    name = {"zh": str(value["name"]["zh"]), "en": str(value["name"]["en"])}
    return KeySet(value["kind"], name, str(value["origin"]), str(value["register"]), held, required)


def _fits(key: PublicKey) -> bool:
    """Is the key a point of its algorithm's curve?"""
    try:
        point_of(key.spki, CURVES[key.algorithm])
    except ValueError:
        return False
    return True


def _key(entry: Mapping[str, Any]) -> PublicKey:
    key = PublicKey(
        str(entry["id"]),
        str(entry["algorithm"]),
        str(entry["owner"]),
        tuple(map(str, entry["uses"])),
        decoded(entry["spki"]),
        str(entry["validFrom"]),
        str(entry["validTo"]),
        str(entry["distid"]),
    )
    for instant in filter(None, (key.valid_from, key.valid_to)):
        if not _INSTANT.fullmatch(instant) or datetime.fromisoformat(instant).tzinfo is None:
            raise KeySetError("signing.keys.malformed")
    return key


def _value(keys: KeySet) -> dict[str, Any]:

    return {
        "schema": SCHEMA,
        "kind": keys.kind,
        "name": dict(keys.name),
        "origin": keys.origin,
        "register": keys.register,
        "keys": [
            {
                "id": key.id,
                "algorithm": key.algorithm,
                "owner": key.owner,
                "uses": list(key.uses),
                "spki": base64.b64encode(key.spki).decode(),
                "validFrom": key.valid_from,
                "validTo": key.valid_to,
                "distid": key.distid,
            }
            for key in keys.keys
        ],
        "required": {use: {year: list(names) for year, names in years.items()} for use, years in keys.required.items()},
    }


def missing_legs(required: Iterable[str], held: Sequence[PublicKey]) -> tuple[str, ...]:
    """The algorithms required of which no signature holds."""
    there = {key.algorithm for key in held}
    return tuple(name for name in required if name not in there)
