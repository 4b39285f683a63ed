"""What we sign others verify, and what others sign we do: securesystemslib, the command line of OpenSSL."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from securesystemslib import dsse as foreign
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer._key import Key as ForeignKey
from securesystemslib.signer._key import SSlibKey
from signing_made import PASSPHRASE, made

from conformance.signing.curves import CURVES
from conformance.signing.der import normal
from conformance.signing.dsse import IN_TOTO, Envelope, pae, write_envelope
from conformance.signing.keys import PublicKey
from conformance.signing.pbes2 import write_pem
from conformance.signing.signers import sign_envelope
from conformance.signing.verifying import verify_signature

ALGORITHMS = ("ES256", "SM2")
DISTID = "distid:1234567812345678"


@pytest.fixture(scope="module")
def envelope() -> Envelope:
    return sign_envelope(IN_TOTO, '{"产品":"一网通办"}'.encode(), [made(name).signer() for name in ALGORITHMS])


def foreign_key(key: PublicKey) -> ForeignKey:
    public = serialization.load_der_public_key(key.spki)
    return SSlibKey.from_crypto(public, keyid=key.id)


def test_securesystemslib_verifies_our_envelope_beside_a_leg_it_does_not_know(envelope: Envelope) -> None:
    key = made("ES256").key
    read = foreign.Envelope.from_dict(json.loads(write_envelope(envelope)))
    assert read.pae() == envelope.signed
    assert list(read.verify([foreign_key(key)], 1)) == [key.id]


def test_securesystemslib_refuses_another_payload_and_key(envelope: Envelope) -> None:
    key = foreign_key(made("ES256").key)
    changed = foreign.Envelope.from_dict(json.loads(write_envelope(replace(envelope, payload=b"{}"))))
    with pytest.raises(VerificationError):
        changed.verify([key], 1)
    stranger = foreign.Envelope.from_dict(json.loads(write_envelope(envelope)))
    with pytest.raises(VerificationError):
        stranger.verify([foreign_key(made("ES256", "b").key)], 1)


@dataclass(frozen=True)
class Files:
    """A folder with a public key, a message and a signature, as OpenSSL takes them."""

    folder: Path
    algorithm: str

    def write(self, name: str, content: bytes) -> str:
        path = self.folder / name
        path.write_bytes(content)
        return str(path)

    def verifies(self, message: bytes, signature: bytes, distid: str = DISTID) -> bool:
        public = self.write("public.pem", write_pem(made(self.algorithm).key.spki, "PUBLIC KEY"))
        given = ["-verify", public, "-signature", self.write("signature", signature), self.write("message", message)]
        done = subprocess.run(["openssl", "dgst", *self.digest(distid), *given], capture_output=True, check=False)
        return (done.returncode, done.stdout.strip()) == (0, b"Verified OK")

    def signed(self, message: bytes) -> bytes:
        private = ["-passin", f"pass:{PASSPHRASE.decode()}", "-sign", str(made(self.algorithm).path)]
        place = self.write("message", message)
        command = ["openssl", "dgst", *self.digest(DISTID), *private, place]
        return subprocess.run(command, capture_output=True, check=True).stdout

    def digest(self, distid: str) -> list[str]:
        return ["-sm3", "-sigopt", distid] if self.algorithm == "SM2" else ["-sha256"]


@pytest.fixture(params=ALGORITHMS)
def files(request: pytest.FixtureRequest, tmp_path: Path) -> Files:
    return Files(tmp_path, request.param)


def test_openssl_verifies_both_legs_of_an_envelope(files: Files, envelope: Envelope) -> None:
    leg = envelope.signatures[ALGORITHMS.index(files.algorithm)]
    assert files.verifies(pae(envelope.payload_type, envelope.payload), leg.sig)
    assert not files.verifies(envelope.signed + b"\n", leg.sig)
    assert not files.verifies(envelope.payload, leg.sig)


def test_openssl_needs_the_identifier_that_the_key_names(envelope: Envelope, tmp_path: Path) -> None:
    leg = envelope.signatures[ALGORITHMS.index("SM2")]
    assert not Files(tmp_path, "SM2").verifies(envelope.signed, leg.sig, "distid:other")


def test_we_verify_what_openssl_signs(files: Files) -> None:
    """In the one form: of OpenSSL's ES256 signatures half have the higher s, and are refused as they are."""
    key, curve = made(files.algorithm).key, CURVES[files.algorithm]
    for number in range(4):
        message = b"signed elsewhere %d" % number
        signature = files.signed(message)
        assert verify_signature(key, message, normal(signature, curve))
        assert verify_signature(key, message, signature) == (normal(signature, curve) == signature)


def test_openssl_opens_our_private_keys(files: Files) -> None:
    one = made(files.algorithm)
    opened = ["openssl", "pkey", "-in", str(one.path), "-pubout", "-outform", "DER", "-passin"]
    told = subprocess.run([*opened, f"pass:{PASSPHRASE.decode()}"], capture_output=True, check=True)
    assert told.stdout == one.key.spki
    assert subprocess.run([*opened, "pass:other"], capture_output=True, check=False).returncode != 0
