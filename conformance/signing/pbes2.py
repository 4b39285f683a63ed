"""Private keys at rest: PKCS#8 encrypted by PBES2 (RFC 8018: PBKDF2 with HMAC-SHA-256, AES-256-CBC), as PEM.

Written by us, so that both algorithms are kept alike and as hard to guess: the libraries' own writers stop at
2 048 rounds.
"""

from __future__ import annotations

import base64
import binascii
import re
import secrets

from cryptography.hazmat.primitives import hashes, padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

#: Rounds of PBKDF2: of keys with force, and of keys for tests, which protect nothing.
ROUNDS, TEST_ROUNDS = 600_000, 2_048
ENCRYPTED, PLAIN = "ENCRYPTED PRIVATE KEY", "PRIVATE KEY"
_PBES2 = bytes.fromhex("06092a864886f70d01050d")
_PBKDF2 = bytes.fromhex("06092a864886f70d01050c")
_HMAC_SHA256 = bytes.fromhex("300c06082a864886f70d02090500")
_AES_256_CBC = bytes.fromhex("060960864801650304012a")
_SEQUENCE, _INTEGER, _OCTETS = 0x30, 0x02, 0x04
_SHORT = 0x80
_SALT, _BLOCK, _KEY = 16, 16, 32
_LINE = 64


def encrypted(pkcs8: bytes, passphrase: bytes, rounds: int) -> bytes:
    """The EncryptedPrivateKeyInfo of a PrivateKeyInfo, both DER."""
    salt, vector = secrets.token_bytes(_SALT), secrets.token_bytes(_BLOCK)
    key = PBKDF2HMAC(hashes.SHA256(), _KEY, salt, rounds).derive(passphrase)
    padder = padding.PKCS7(8 * _BLOCK).padder()
    encryptor = Cipher(algorithms.AES(key), modes.CBC(vector)).encryptor()
    hidden = encryptor.update(padder.update(pkcs8) + padder.finalize()) + encryptor.finalize()
    number = rounds.to_bytes(rounds.bit_length() // 8 + 1, "big")
    derivation = _tlv(_SEQUENCE, _tlv(_OCTETS, salt) + _tlv(_INTEGER, number) + _HMAC_SHA256)
    scheme = _tlv(_SEQUENCE, _PBKDF2 + derivation) + _tlv(_SEQUENCE, _AES_256_CBC + _tlv(_OCTETS, vector))
    algorithm = _tlv(_SEQUENCE, _PBES2 + _tlv(_SEQUENCE, scheme))
    return _tlv(_SEQUENCE, algorithm + _tlv(_OCTETS, hidden))


def write_pem(der: bytes, label: str) -> bytes:
    """One PEM block."""
    text = base64.b64encode(der).decode()
    lines = [text[at : at + _LINE] for at in range(0, len(text), _LINE)]
    return "\n".join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""]).encode()


def read_pem(content: bytes) -> tuple[str, bytes]:
    """Label and bytes of a file that is one PEM block and nothing else; ValueError for any other."""
    found = re.fullmatch(rb"-----BEGIN ([A-Z0-9 ]+)-----\s+([A-Za-z0-9+/=\s]+)-----END \1-----\s*", content)
    if not found:
        raise ValueError("not one PEM block")
    try:
        return found[1].decode(), base64.b64decode(b"".join(found[2].split()), validate=True)
    except binascii.Error as error:
        raise ValueError("not Base64") from error


def _tlv(tag: int, content: bytes) -> bytes:
    length = len(content)
    if length < _SHORT:
        return bytes([tag, length]) + content
    size = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([tag, _SHORT | len(size)]) + size + content
