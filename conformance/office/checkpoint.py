"""Checkpoints: the C2SP text that says which tree a log was at a size, and who signed it (tlog-checkpoint).

Three lines (origin, size, Base64 root), a blank line, and signature lines: an em dash, a name, and the Base64 of four
bytes that tell the key and of the signature, which is over the three lines with their line feeds. The log's own keys
sign under its origin, a witness under its key's id.

The four bytes are, for ES256 (type 02, as C2SP says of ECDSA), the first of the SHA-256 of the DER SPKI alone. For SM2,
of which C2SP knows nothing, they are the first of SHA-256(name ‖ 0A ‖ FF ‖ ``lubiao-sm2/1`` ‖ DER SPKI): the type FF is
the one that it reserves for others, followed by an identifier. Readers that do not know SM2 skip those lines.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from conformance.signing.canonical import LARGEST, NotCanonicalError, storable
from conformance.signing.dsse import decoded
from conformance.signing.keys import KeySet, PublicKey
from conformance.signing.merkle import Tree
from conformance.signing.signers import Signer
from conformance.signing.verifying import verify_signature

#: The bounds of a checkpoint: in bytes, and in signature lines (C2SP wants 16 at least to be read).
LIMIT, LINES = 16 << 10, 64
#: The name of the latest one, in a log's folder.
CHECKPOINT_FILE = "checkpoint"
#: The uses of keys whose lines a checkpoint holds.
LOG, WITNESS = "log", "witness"
_SM2_TYPE = b"\xfflubiao-sm2/1"
_MARK = "— "
_NAME_LIMIT = 255
_ROOT_BYTES, _HASH_BYTES = 32, 4
_BODY_LINES = 3
_SIZE = re.compile("0|[1-9][0-9]{0,15}")


class CheckpointError(ValueError):
    """A checkpoint that cannot be read or made; ``id`` is that of the message that says why, ``params`` its own."""

    def __init__(self, id_: str, **params: str | int) -> None:
        super().__init__(id_)
        self.id, self.params = id_, params


@dataclass(frozen=True)
class NoteLine:
    """One signature line: under which name, the four bytes that tell the key, and the signature (DER for our keys)."""

    name: str
    key_hash: bytes
    signature: bytes

    @property
    def text(self) -> str:
        """The line, with its line feed."""
        return f"{_MARK}{self.name} {base64.b64encode(self.key_hash + self.signature).decode()}\n"


@dataclass(frozen=True)
class Checkpoint:
    """``text``: the whole, signature lines among it; whether they hold is asked of :func:`checkpoint_signers`."""

    origin: str
    size: int
    root: bytes
    text: str

    @property
    def body(self) -> str:
        """The three lines that are signed."""
        return _body(self.origin, self.size, self.root)

    @property
    def lines(self) -> tuple[NoteLine, ...]:
        """The signature lines."""
        return _lines(self.text[len(self.body) + 1 :].split("\n")[:-1])


def read_checkpoint(text: str | bytes) -> Checkpoint:
    """A checkpoint from its only writing; raises :class:`CheckpointError` for any other text, and without signatures.

    Nothing is verified but the form. Lines of unknown names and types are read over.
    """
    content = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    if len(content) > LIMIT:
        raise CheckpointError("office.checkpoint.large", limit=LIMIT)
    try:
        lines = content.decode("utf-8").split("\n")
        return _checkpoint(lines)
    except (UnicodeDecodeError, NotCanonicalError, ValueError) as error:
        if isinstance(error, CheckpointError):
            raise
        raise CheckpointError("office.checkpoint.malformed") from error


def _checkpoint(lines: list[str]) -> Checkpoint:
    if len(lines) < _BODY_LINES + 3 or lines[_BODY_LINES] or lines[-1]:
        raise CheckpointError("office.checkpoint.malformed")
    origin, written, coded = lines[:_BODY_LINES]
    root = decoded(coded)
    sized = _SIZE.fullmatch(written) is not None and int(written) <= LARGEST
    if not is_name(origin) or not sized or len(root) != _ROOT_BYTES:
        raise CheckpointError("office.checkpoint.malformed")
    size = int(written)
    if size == 0 and root != Tree().root():
        raise CheckpointError("office.checkpoint.malformed")
    held = _lines(lines[_BODY_LINES + 1 : -1])
    if len(held) > LINES or len({(line.name, line.key_hash) for line in held}) != len(held):
        raise CheckpointError("office.checkpoint.lines")
    return Checkpoint(origin, size, root, "\n".join(lines))


def _lines(lines: Sequence[str]) -> tuple[NoteLine, ...]:
    held = []
    for line in lines:
        name, separator, coded = line.removeprefix(_MARK).partition(" ")
        content = decoded(coded)
        if not line.startswith(_MARK) or not separator or not is_name(name) or len(content) <= _HASH_BYTES:
            raise CheckpointError("office.checkpoint.malformed")
        held.append(NoteLine(name, content[:_HASH_BYTES], content[_HASH_BYTES:]))
    return tuple(held)


def is_name(text: str) -> bool:
    """May it be an origin or the name of a line? No spaces of Unicode, no plus (C2SP), nothing that is not seen, or
    that canonical JSON would change.
    """
    short = 0 < len(text) <= _NAME_LIMIT and text == storable(text) and len(text.encode()) <= _NAME_LIMIT
    return short and text.isprintable() and not re.search(r"[\s+]", text)


def _body(origin: str, size: int, root: bytes) -> str:
    return f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n"


def note_name(key: PublicKey, origin: str, use: str) -> str:
    """Under which name a key's line stands: the log's own keys under its origin, a witness under its key's id."""
    return origin if use == LOG else key.id


def key_hash(key: PublicKey, name: str) -> bytes:
    """The four bytes that tell a key in a line of that name."""
    if key.algorithm == "ES256":
        return hashlib.sha256(key.spki).digest()[:_HASH_BYTES]
    return hashlib.sha256(name.encode() + b"\n" + _SM2_TYPE + key.spki).digest()[:_HASH_BYTES]


def signed_checkpoint(origin: str, size: int, root: bytes, signers: Sequence[Signer]) -> Checkpoint:
    """A checkpoint with a line of each signer, of keys of use ``log``, in that order; each signature is verified.

    Raises :class:`CheckpointError`, and what the signers raise.
    """
    if not signers:
        raise CheckpointError("office.checkpoint.unsigned")
    body = _body(origin, size, root)
    lines = [_line(body, origin, signer, LOG) for signer in signers]
    return read_checkpoint(f"{body}\n{''.join(line.text for line in lines)}")


def cosigned(checkpoint: Checkpoint, signer: Signer) -> Checkpoint:
    """The same checkpoint with a witness's line, instead of an older line of that key where there is one."""
    line = _line(checkpoint.body, checkpoint.origin, signer, WITNESS)
    others = [one for one in checkpoint.lines if (one.name, one.key_hash) != (line.name, line.key_hash)]
    return _with_lines(checkpoint, [*others, line])


def joined(checkpoint: Checkpoint, other: Checkpoint, keys: KeySet, instant: datetime) -> Checkpoint:
    """The checkpoint with those lines of ``other`` that hold and are of pinned witnesses; any other line is left out.

    Raises :class:`CheckpointError` where the two do not say the same of the tree.
    """
    if other.body != checkpoint.body:
        raise CheckpointError("office.checkpoint.other")
    known = {(one.name, one.key_hash) for one in checkpoint.lines}
    held = checkpoint_signers(other, keys, instant, WITNESS)
    names = {(name, key_hash(key, name)) for key in held for name in [note_name(key, other.origin, WITNESS)]}
    new = [one for one in other.lines if (one.name, one.key_hash) in names - known]
    return _with_lines(checkpoint, [*checkpoint.lines, *new])


def checkpoint_signers(
    checkpoint: Checkpoint, keys: KeySet, instant: datetime, use: str = LOG
) -> tuple[PublicKey, ...]:
    """The pinned keys of that use, valid at the instant, whose lines hold.

    None at all where the checkpoint is of another log than the key set's, or where a line of one of those keys does
    not hold (as C2SP wants it). A key that may also sign for the log is never a witness of it.
    """
    if checkpoint.origin != keys.origin:
        return ()
    return lines_of(checkpoint, [key for key in keys.keys if key.valid_at(instant)], use)


def lines_of(checkpoint: Checkpoint, keys: Iterable[PublicKey], use: str) -> tuple[PublicKey, ...]:
    """As :func:`checkpoint_signers`, of any keys and whenever they were valid: for checkpoints of the past."""
    held, body = [], checkpoint.body.encode()
    lines = {(line.name, line.key_hash): line for line in checkpoint.lines}
    for key in keys:
        name = note_name(key, checkpoint.origin, use)
        line = lines.get((name, key_hash(key, name)))
        if line is None or not _may(key, use):
            continue
        if not verify_signature(key, body, line.signature):
            return ()
        held.append(key)
    return tuple(held)


def _may(key: PublicKey, use: str) -> bool:
    return use in key.uses and (use == LOG or LOG not in key.uses)


def _line(body: str, origin: str, signer: Signer, use: str) -> NoteLine:
    key = signer.key
    if not _may(key, use):
        raise CheckpointError("office.checkpoint.use", key=key.id, use=use)
    name = note_name(key, origin, use)
    signature = signer.sign(body.encode())
    if not verify_signature(key, body.encode(), signature):
        raise CheckpointError("office.checkpoint.signer", key=key.id)
    return NoteLine(name, key_hash(key, name), signature)


def _with_lines(checkpoint: Checkpoint, lines: Sequence[NoteLine]) -> Checkpoint:
    return read_checkpoint(f"{checkpoint.body}\n{''.join(line.text for line in lines)}")
