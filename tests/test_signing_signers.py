"""Signers: a file that only its owner reads, a command of the office's own; what does not verify never leaves."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from signing_made import NOW, PASSPHRASE, Made, copied, key_set, made

from conformance.messages import LANGUAGES
from conformance.signing import ecdsa
from conformance.signing.curves import P256
from conformance.signing.der import read_signature, write_signature
from conformance.signing.keys import PublicKey, key_id
from conformance.signing.making import make_key
from conformance.signing.pbes2 import ENCRYPTED, PLAIN, encrypted, read_pem, write_pem
from conformance.signing.signers import PASSPHRASE as ASKED
from conformance.signing.signers import Signer, SignerError, open_signer, sign_envelope
from conformance.signing.signers.command import LIMIT, SHOWN, shown
from conformance.signing.sm2 import choose, provider
from conformance.signing.sm2.pure import PureBackend
from conformance.signing.verifying import signature_state, verify_signature

ALGORITHMS = ("ES256", "SM2")
MESSAGE = b"what is signed"


def secret(_: str) -> bytes:
    return PASSPHRASE


def refused(reference: str, key: PublicKey, asked: Callable[[str], bytes] = secret, **given: float) -> SignerError:
    """Why a signer cannot be opened or does not sign; its words exist in both languages."""
    with pytest.raises(SignerError) as raised:
        open_signer(reference, key, asked, **given).sign(MESSAGE)
    assert all(raised.value.message.render(language) for language in LANGUAGES)
    return raised.value


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_file_signs_and_asks_for_its_pass_phrase_once(algorithm: str) -> None:
    one, asked = made(algorithm), []

    def asking(prompt: str) -> bytes:
        asked.append(prompt)
        return PASSPHRASE

    signer = open_signer(f"file:{one.path}", one.key, asking)
    assert signer.key == one.key
    assert all(verify_signature(one.key, message, signer.sign(message)) for message in (b"", MESSAGE, bytes(1 << 20)))
    assert asked == [ASKED]


def test_every_signature_of_es256_is_the_lower_one() -> None:
    signer = made("ES256").signer()
    for number in range(64):
        _, s = read_signature(signer.sign(b"%d" % number), P256)
        assert s <= P256.n // 2


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("wrong", [b"", PASSPHRASE + b" ", PASSPHRASE[:-1], b"\x00", b"\xff" * 2000])
def test_a_wrong_pass_phrase_has_its_own_words(algorithm: str, wrong: bytes) -> None:
    one = made(algorithm)
    assert refused(f"file:{one.path}", one.key, lambda _: wrong).id == "signing.file.passphrase"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o610, 0o601, 0o602])
def test_a_file_that_others_can_reach_is_refused_unasked(mode: int, tmp_path: Path) -> None:
    one = made("ES256")
    path = copied(one, tmp_path)
    path.chmod(mode)
    error = refused(f"file:{path}", one.key, never)
    assert (error.id, error.params["mode"]) == ("signing.file.mode", f"{mode:04o}")
    path.chmod(0o400)
    assert open_signer(f"file:{path}", one.key, secret).sign(MESSAGE)


def never(prompt: str) -> bytes:
    raise AssertionError(f"asked for {prompt}")


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_private_key_of_another_is_refused(algorithm: str) -> None:
    assert refused(f"file:{made(algorithm, 'b').path}", made(algorithm).key).id == "signing.file.other-key"


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_private_key_of_another_algorithm_is_refused(algorithm: str) -> None:
    other = next(name for name in ALGORITHMS if name != algorithm)
    assert refused(f"file:{made(other).path}", made(algorithm).key).id.startswith("signing.file.")


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_key_that_is_not_encrypted_is_for_tests_only(algorithm: str, tmp_path: Path) -> None:
    one = made(algorithm)
    _, der = read_pem(one.path.read_bytes())
    path = tmp_path / "open.pem"
    path.write_bytes(write_pem(opened(der, algorithm), PLAIN))
    path.chmod(0o600)
    assert open_signer(f"file:{path}", one.key, never).sign(MESSAGE)
    real = replace(one.key, id=key_id(one.key.spki, test=False), owner="标准化办公室")
    assert refused(f"file:{path}", real, never).id == "signing.file.not-encrypted"


def opened(der: bytes, algorithm: str) -> bytes:
    if algorithm == "SM2":
        return provider().keeper().opened(der, PASSPHRASE)
    held = serialization.load_der_private_key(der, PASSPHRASE)
    return held.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


PEM = write_pem(b"\x30\x00", ENCRYPTED)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00" * 100,
        b"-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n",
        PEM.replace(b"ENCRYPTED ", b"EC "),
        PEM + PEM,
        b"text before\n" + PEM,
        PEM.replace(b"MAA=", b"MA*="),
        PEM.replace(b"MAA=", b"MA==MA=="),
        PEM + b" " * (1 << 16),
    ],
)
def test_a_file_that_is_no_key_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    path.write_bytes(content)
    path.chmod(0o600)
    for algorithm in ALGORITHMS:
        assert refused(f"file:{path}", made(algorithm).key).id == "signing.file.malformed"


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_what_is_encrypted_but_no_key_is_refused(algorithm: str, tmp_path: Path) -> None:
    for inside in (b"", b"\x30\x00", b"not a key at all"):
        path = tmp_path / "key.pem"
        path.write_bytes(write_pem(encrypted(inside, PASSPHRASE, 2048), ENCRYPTED))
        path.chmod(0o600)
        assert refused(f"file:{path}", made(algorithm).key).id == "signing.file.passphrase"


def test_a_key_of_another_kind_is_refused(tmp_path: Path) -> None:
    for private in (ec.generate_private_key(ec.SECP384R1()), rsa.generate_private_key(65537, 2048)):
        pem = private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(PASSPHRASE),
        )
        path = tmp_path / "key.pem"
        path.write_bytes(pem)
        path.chmod(0o600)
        for algorithm in ALGORITHMS:
            assert refused(f"file:{path}", made(algorithm).key).id.startswith("signing.file.")


def test_no_file_a_folder_and_a_device_are_unreadable(tmp_path: Path) -> None:
    for path in (tmp_path / "none", tmp_path, Path("/dev/null"), Path()):
        assert refused(f"file:{path}", made("ES256").key).id == "signing.file.unreadable"
    assert refused("file:\x00", made("ES256").key).id == "signing.file.malformed"


@pytest.mark.parametrize("reference", ["", "file", "key.pem", "FILE:x", "http://x", "env:KEY", "pkcs12:x"])
def test_a_reference_that_is_none(reference: str) -> None:
    asked = refused(reference, made("ES256").key)
    assert asked.id in ("signing.signer.reference", "signing.file.unreadable")


def test_a_public_key_that_is_none_is_refused_first() -> None:
    for key in (replace(made("ES256").key, spki=b"x"), replace(made("ES256").key, algorithm="RSA")):
        assert refused("exec:true", key).id == "signing.signer.public-key"


def test_a_machine_whose_sm2_only_verifies_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    only = choose([PureBackend])
    monkeypatch.setattr("conformance.signing.signers.file.provider", lambda: only)
    assert refused(f"file:{made('SM2').path}", made("SM2").key).id == "signing.sm2.verify-only"


SCRIPT = """
import sys
message = sys.stdin.buffer.read()
{body}
"""


def command(tmp_path: Path, body: str) -> str:
    script = tmp_path / "sign er.py"
    script.write_text(SCRIPT.format(body=body), "utf-8")
    return f"exec:'{sys.executable}' '{script}'"


def openssl(one: Made, tmp_path: Path) -> str:
    """A command as an office might write it: the system's openssl, with the key that it alone can read."""
    options = ["-sm3", "-sigopt", "distid:1234567812345678"] if one.key.algorithm == "SM2" else ["-sha256"]
    parts = ["openssl", "dgst", *options, "-passin", f"pass:{PASSPHRASE.decode()}", "-sign", str(one.path)]
    body = f"import subprocess\nsys.exit(subprocess.run({parts!r}, input=message).returncode)"
    return command(tmp_path, body)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_command_signs(algorithm: str, tmp_path: Path) -> None:
    """openssl gives the higher s as often as the lower: each comes out in the one form."""
    one = made(algorithm)
    signer = open_signer(openssl(one, tmp_path), one.key, never)
    for number in range(6):
        assert verify_signature(one.key, b"%d" % number, signer.sign(b"%d" % number))


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("pass", "malformed"),
        ("sys.stdout.write('no signature')", "malformed"),
        ("sys.stdout.buffer.write(bytes.fromhex('3006020101020101'))", "does-not-verify"),
        ("sys.stdout.buffer.write(bytes(64))", "malformed"),
        ("sys.stdout.buffer.write(bytes.fromhex('3006020101020101') + b'\\n')", "malformed"),
    ],
)
def test_what_a_command_gives_is_verified(body: str, why: str, tmp_path: Path) -> None:
    for algorithm in ALGORITHMS:
        assert refused(command(tmp_path, body), made(algorithm).key).id == f"signing.signer.{why}"


def test_a_command_that_signs_with_another_key_is_found_out(tmp_path: Path) -> None:
    assert refused(openssl(made("ES256", "b"), tmp_path), made("ES256").key).id == "signing.signer.does-not-verify"


def test_a_command_that_signs_under_another_identifier_is_found_out(tmp_path: Path) -> None:
    reference = openssl(made("SM2"), tmp_path)
    script = tmp_path / "sign er.py"
    script.write_text(script.read_text("utf-8").replace("distid:1234567812345678", "distid:another"), "utf-8")
    assert refused(reference, made("SM2").key).id == "signing.signer.does-not-verify"


def test_a_command_gets_exactly_the_bytes_and_no_shell(tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    reference = command(tmp_path, f"open({str(seen)!r}, 'wb').write(message + sys.argv[1].encode())") + " '$(id) > x;'"
    refused(reference, made("ES256").key)
    assert seen.read_bytes() == MESSAGE + b"$(id) > x;"
    assert not (tmp_path / "x").exists()


def test_a_command_that_fails_is_quoted_masked_and_bounded(tmp_path: Path) -> None:
    body = "sys.stderr.write('PIN 123456 wrong \\x1b[31m\\u202e for token42 ' + 'k' * 64 + ' word' * 9999); sys.exit(3)"
    error = refused(command(tmp_path, body), made("ES256").key)
    assert (error.id, error.params["code"]) == ("signing.exec.failed", 3)
    said = str(error.params["said"])
    assert said.startswith("PIN *** wrong")
    assert "123456" not in said
    assert "token42" not in said
    assert "kkkk" not in said
    assert said.isprintable()
    assert len(said) <= SHOWN + 1


def test_what_is_shown_of_nothing_is_a_dash() -> None:
    assert shown(b"") == shown(b"\x00\n\x1b") == "—"
    assert shown(b"\xff\xfe no").endswith("no")


def test_a_command_that_floods_is_stopped(tmp_path: Path) -> None:
    body = "b = b'x' * 65536\nwhile True: sys.stdout.buffer.write(b)"
    assert refused(command(tmp_path, body), made("ES256").key, timeout=20).id == "signing.exec.too-much"
    quiet = f"sys.stdout.buffer.write(b'x' * {LIMIT})"
    assert refused(command(tmp_path, quiet), made("ES256").key).id == "signing.signer.malformed"


def test_a_command_that_takes_too_long_is_ended_with_what_it_started(tmp_path: Path) -> None:
    """The child that it leaves behind would go on holding the device."""
    mark = tmp_path / "child"
    body = (
        "import subprocess, time\n"
        f"p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        f"open({str(mark)!r}, 'w').write(str(p.pid))\n"
        "time.sleep(600)"
    )
    began = time.monotonic()
    error = refused(command(tmp_path, body), made("ES256").key, timeout=1.5)
    assert error.id == "signing.exec.timeout"
    assert time.monotonic() - began < 10
    child = mark.read_text()
    state = subprocess.run(["ps", "-o", "stat=", "-p", child], capture_output=True, text=True, check=False).stdout
    assert not state.strip() or state.strip().startswith("Z")


@pytest.mark.parametrize("text", ["", "   ", "'open"])
def test_a_command_that_is_none(text: str) -> None:
    assert refused(f"exec:{text}", made("ES256").key).id == "signing.exec.malformed"


def test_a_command_that_is_not_there(tmp_path: Path) -> None:
    for words in (str(tmp_path / "none"), str(tmp_path), "'a\x00b'"):
        assert refused(f"exec:{words}", made("ES256").key).id == "signing.exec.not-started"


def test_an_envelope_is_signed_by_each_in_order() -> None:
    one, other = made("ES256"), made("SM2")
    envelope = sign_envelope("text/plain", b"x", [other.signer(), one.signer()])
    assert [signature.keyid for signature in envelope.signatures] == [other.key.id, one.key.id]
    assert signature_state(envelope, key_set(one.key, other.key), "certificate", NOW).held == (other.key, one.key)


def test_an_envelope_without_signers_or_with_one_twice_is_not_made() -> None:
    signer = made("ES256").signer()
    cases: list[tuple[list[Signer], str]] = [([], "signing.signer.none"), ([signer, signer], "signing.signer.twice")]
    for signers, why in cases:
        with pytest.raises(SignerError) as raised:
            sign_envelope("text/plain", b"x", signers)
        assert raised.value.id == why


def test_a_made_key_cannot_be_guessed_faster_than_the_rounds_allow(tmp_path: Path) -> None:
    real = make_key(tmp_path / "k", "ES256", test=False, owner="办公室", uses=("log",), passphrase=PASSPHRASE)
    told = subprocess.run(
        ["openssl", "asn1parse", "-in", str(tmp_path / "k")], capture_output=True, text=True, check=True
    ).stdout
    for word in (":PBES2", ":PBKDF2", ":hmacWithSHA256", ":aes-256-cbc", f":{600_000:06X}"):
        assert word in told
    assert open_signer(f"file:{tmp_path / 'k'}", real, secret).sign(MESSAGE)
    assert write_signature(1, 1) == bytes.fromhex("3006020101020101")
    assert not ecdsa.verify(real.spki, MESSAGE, b"")
