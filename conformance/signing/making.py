"""New keys, and sets of keys: made at a key ceremony, by a command, never while something is judged or verified."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from conformance.signing import ecdsa
from conformance.signing.failing import SigningError
from conformance.signing.keys import (
    ALGORITHMS,
    DEFAULT_DISTID,
    TEST_NAME,
    USES,
    KeySet,
    KeySetError,
    PublicKey,
    key_id,
    read_key_set,
    write_key_set,
)
from conformance.signing.pbes2 import ENCRYPTED, ROUNDS, TEST_ROUNDS, encrypted, write_pem
from conformance.signing.sm2 import provider

#: The shortest pass phrase of a key with force, in bytes; a test key's must only be there.
SHORTEST = 12
_YEAR = re.compile("[0-9]{4}")


class KeyMakingError(SigningError):
    """A key or a set that cannot be made so."""


def make_key(
    path: Path,
    algorithm: str,
    *,
    test: bool,
    owner: str,
    uses: tuple[str, ...],
    passphrase: bytes,
    valid_from: str = "",
    valid_to: str = "",
) -> PublicKey:
    """A new key: its private half goes to ``path`` (encrypted PKCS#8 PEM, mode 0600, never over another file), the
    public half is given back.

    A test key's owner is marked as such. Raises :class:`KeyMakingError`, Sm2UnavailableError, and OSError where the
    file cannot be written.
    """
    _require(algorithm, test, owner, uses, passphrase)
    begin, end = (_instant(text) for text in (valid_from, valid_to))
    if begin and end and begin >= end:
        raise KeyMakingError("signing.making.order")
    pkcs8, spki = ecdsa.make() if algorithm == "ES256" else _sm2()
    hidden = encrypted(pkcs8, passphrase, TEST_ROUNDS if test else ROUNDS)
    _write(path, write_pem(hidden, ENCRYPTED))
    if test and TEST_NAME not in owner:
        owner = f"{owner}（{TEST_NAME}）"
    distid = DEFAULT_DISTID if algorithm == "SM2" else ""
    return PublicKey(key_id(spki, test=test), algorithm, owner, uses, spki, valid_from, valid_to, distid)


def with_key(keys: KeySet, key: PublicKey) -> KeySet:
    """The set with one more key; raises KeySetError where the set could not be read back so."""
    return read_key_set(write_key_set(replace(keys, keys=(*keys.keys, key))))


def requiring(keys: KeySet, use: str, year: str, algorithms: tuple[str, ...]) -> KeySet:
    """The set with one more rule: from that year statements of that use need a signature of each algorithm.

    The year is four digits. Raises :class:`KeyMakingError`.
    """
    if use not in USES or set(algorithms) - set(ALGORITHMS) or not algorithms or not (_YEAR.fullmatch(year)):
        raise KeyMakingError("signing.making.required")
    required: dict[str, Mapping[str, tuple[str, ...]]] = dict(keys.required)
    required[use] = {**required.get(use, {}), year: algorithms}
    return read_key_set(write_key_set(replace(keys, required=required)))


def write_keys(path: Path, keys: KeySet) -> None:
    """The set as a file, put in another's place in one step; raises KeySetError where it could not be read back."""
    content = write_key_set(keys)
    if read_key_set(content) != keys:
        raise KeySetError("signing.keys.malformed")
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_bytes(content)
    fresh.replace(path)


def _require(algorithm: str, test: bool, owner: str, uses: tuple[str, ...], passphrase: bytes) -> None:
    if algorithm not in ALGORITHMS:
        raise KeyMakingError("signing.making.algorithm", algorithm=algorithm)
    if not owner.strip() or not uses or set(uses) - set(USES):
        raise KeyMakingError("signing.making.uses", uses=", ".join(USES))
    if not test and TEST_NAME in owner:
        raise KeyMakingError("signing.making.test-owner")
    if len(passphrase) < (1 if test else SHORTEST):
        raise KeyMakingError("signing.making.passphrase", least=SHORTEST)


def _instant(text: str) -> datetime | None:
    """The instant of a bound; None where there is none."""
    if not text:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise KeyMakingError("signing.making.instant") from error
    if instant.tzinfo is None:
        raise KeyMakingError("signing.making.instant")
    return instant


def _sm2() -> tuple[bytes, bytes]:
    keeper = provider().keeper()
    pkcs8 = keeper.make()
    return pkcs8, keeper.public(pkcs8)


def _write(path: Path, content: bytes) -> None:
    try:
        place = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise KeyMakingError("signing.making.exists", file=path.name) from error
    with os.fdopen(place, "wb") as file:
        file.write(content)
