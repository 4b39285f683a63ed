"""Keys and sets for tests of signing: made once a process, of both algorithms, with and without force."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from conformance.signing.keys import KeySet, PublicKey
from conformance.signing.making import make_key
from conformance.signing.signers import Signer, open_signer

PASSPHRASE = b"a pass phrase of tests"
NOW = datetime.fromisoformat("2026-11-21T10:00:00+08:00")


@dataclass(frozen=True)
class Made:
    """A public key and the file of its private half."""

    key: PublicKey
    path: Path

    def signer(self) -> Signer:
        return open_signer(f"file:{self.path}", self.key, lambda _: PASSPHRASE)


_FOLDER = TemporaryDirectory(prefix="lubiao-keys-")


def made(algorithm: str, name: str = "a", uses: tuple[str, ...] = ("certificate",)) -> Made:
    """A test key by its name; the same one whenever, and however, it is asked for again."""
    return _made(algorithm, name, uses)


@cache
def _made(algorithm: str, name: str, uses: tuple[str, ...]) -> Made:
    path = Path(_FOLDER.name) / f"{algorithm}-{name}-{'-'.join(uses)}.pem"
    return Made(make_key(path, algorithm, test=True, owner=name, uses=uses, passphrase=PASSPHRASE), path)


def copied(one: Made, folder: Path) -> Path:
    """A copy of a private key's file, for a test that changes it."""
    return Path(shutil.copy(one.path, folder / one.path.name))


def key_set(*keys: PublicKey, kind: str = "test") -> KeySet:
    """A set of some keys that requires nothing."""
    name = {"zh": "测试办公室", "en": "Test office"}
    return KeySet(kind, name, "log.example.test/2026", "https://register.example.test", keys, {})
