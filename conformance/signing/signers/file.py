"""A private key in a file: PKCS#8 PEM, encrypted (keys for tests may be open), readable by its owner alone."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from conformance.signing import ecdsa
from conformance.signing.keys import PublicKey
from conformance.signing.pbes2 import ENCRYPTED, PLAIN, read_pem
from conformance.signing.signers.refusing import PASSPHRASE, SignerError
from conformance.signing.sm2 import Sm2Provider, Sm2UnavailableError, provider
from conformance.signing.sm2.openssl import LibraryRefusedError

#: The largest file that is read as a key.
LIMIT = 1 << 16
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class _Private(Protocol):
    """An opened private key."""

    @property
    def spki(self) -> bytes: ...
    def sign(self, message: bytes) -> bytes: ...


class _Sm2Key:
    """An SM2 private key, from DER PKCS#8, encrypted where a pass phrase is given."""

    def __init__(self, der: bytes, passphrase: bytes | None, distid: str) -> None:
        """Raises LibraryRefusedError, and Sm2UnavailableError where nothing here can sign with SM2."""
        self._provider: Sm2Provider = provider()
        keeper = self._provider.keeper()
        self._pkcs8 = der if passphrase is None else keeper.opened(der, passphrase)
        self._distid = distid
        self.spki = keeper.public(self._pkcs8)

    def sign(self, message: bytes) -> bytes:
        """DER of a message."""
        return self._provider.sign(self._pkcs8, message, self._distid)


class FileHolder:
    """Signs with the key of a file; it is read and opened once."""

    def __init__(self, path: str, key: PublicKey, secret: Callable[[str], bytes]) -> None:
        """Raises SignerError where the file, its mode, the pass phrase or the key is not what it must be."""
        name = Path(path).name
        label, der = _block(path, name)
        if label == PLAIN and not key.test:
            raise SignerError("signing.file.not-encrypted", file=name)
        if label not in (PLAIN, ENCRYPTED):
            raise SignerError("signing.file.malformed", file=name)
        self._key = _opened(der, secret(PASSPHRASE) if label == ENCRYPTED else None, key, name)
        if self._key.spki != key.spki:
            raise SignerError("signing.file.other-key", file=name, key=key.id)

    def sign(self, message: bytes) -> bytes:
        """DER of a message."""
        try:
            return self._key.sign(message)
        except LibraryRefusedError as error:
            raise SignerError("signing.file.refused", error=str(error)) from error


def _block(path: str, name: str) -> tuple[str, bytes]:
    """The PEM block of a file that others cannot read: the mode is of the file opened, not of one put there since."""
    try:
        # Not blocking: a pipe in the place of the file would wait for ever.
        with os.fdopen(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)), "rb") as file:
            held = os.fstat(file.fileno())
            if not stat.S_ISREG(held.st_mode):
                raise SignerError("signing.file.unreadable", file=name)
            if os.name == "posix" and held.st_mode & _OTHERS:
                raise SignerError("signing.file.mode", file=name, mode=f"{stat.S_IMODE(held.st_mode):04o}")
            content = file.read(LIMIT + 1)
        if len(content) > LIMIT:
            raise ValueError("too long")
        return read_pem(content)
    except OSError as error:
        raise SignerError("signing.file.unreadable", file=name) from error
    except ValueError as error:
        raise SignerError("signing.file.malformed", file=name) from error


def _opened(der: bytes, passphrase: bytes | None, key: PublicKey, name: str) -> _Private:
    try:
        if key.algorithm == "SM2":
            return _Sm2Key(der, passphrase, key.distid)
        return ecdsa.PrivateKey(der, passphrase)
    except Sm2UnavailableError as error:
        raise SignerError(error.id, **error.params) from error
    except (LibraryRefusedError, ecdsa.KeyRefusedError) as error:
        if passphrase is not None:
            raise SignerError("signing.file.passphrase", file=name) from error
        raise SignerError("signing.file.malformed", file=name) from error
