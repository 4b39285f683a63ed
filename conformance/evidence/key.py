"""The key under which persons get the same token in every report of one place, and no other."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

#: Where a key may be given from outside, as hexadecimal digits.
VARIABLE = "LUBIAO_PSEUDONYM_KEY"
KEY_BYTES = 32


def pseudonym_key(folder: Path, environ: Mapping[str, str] = os.environ) -> bytes:
    """The key of a folder: from the environment, else ``.lubiao/pseudonym.key`` in it, made at the first run.

    Where the folder cannot be written the key lives for one run, and tokens do not compare between runs. It is never
    part of a report: who has it can try numbers out.
    """
    if given := environ.get(VARIABLE):
        return bytes.fromhex(given)
    path = folder / ".lubiao" / "pseudonym.key"
    with suppress(OSError, ValueError):
        return bytes.fromhex(path.read_text("ascii"))
    key = secrets.token_bytes(KEY_BYTES)
    with suppress(OSError):
        path.parent.mkdir(mode=0o700, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(key.hex())
    return key
