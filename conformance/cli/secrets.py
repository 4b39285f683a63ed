"""Where commands get pass phrases and PINs: from the environment, else from who sits at the terminal; never a file."""

from __future__ import annotations

import getpass
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conformance.signing.signers import Signer

#: The variable of each kind of secret.
VARIABLES = {"passphrase": "LUBIAO_KEY_PASSPHRASE", "pin": "LUBIAO_PKCS11_PIN"}


def secret(kind: str) -> bytes:
    """A pass phrase or a PIN (``kind``), from its variable or by asking; empty where nobody can be asked."""
    if (given := os.environ.get(VARIABLES.get(kind, ""))) is not None:
        return given.encode()
    return getpass.getpass(f"{kind}: ").encode() if sys.stdin.isatty() else b""


def signer_for(reference: str, keys: Path | None, use: str) -> Signer:
    """The signer of a reference, whose public key is the one of that use in a key set that the private key fits."""
    from conformance.signing.keys import LIMIT, KeySetError, read_key_set
    from conformance.signing.reading import content_of
    from conformance.signing.signers import SignerError, open_signer

    if keys is None:
        raise KeySetError("cli.secrets.no-keys")
    refused: SignerError | None = None
    for key in read_key_set(content_of(keys, LIMIT)).keys:
        if use in key.uses:
            try:
                return open_signer(reference, key, secret)
            except SignerError as error:
                if error.id != "signing.file.other-key":  # never try a PIN or a pass phrase again: devices lock
                    raise
                refused = error
    raise refused or KeySetError("cli.secrets.no-key", use=use)
