"""``lubiao verify`` of a PDF: what it carries is verified, a PDF changed after it was signed is tampered."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
from certificate_case import NUMBER, REGISTER, certificate, good_status, key_set
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from conformance.cli import verify
from conformance.cli.speech import Speech
from conformance.office.verifying import outcomes
from conformance.signing.keys import write_key_set
from conformance.typeset.certificate import certificate_pdf
from conformance.typeset.pades import pem_signer, sign_pdf

NOW = datetime(2026, 11, 22, 1, tzinfo=UTC)


@cache
def plain() -> bytes:
    return certificate_pdf(certificate().content, address=f"{REGISTER}/certificates", test=True)


@cache
def root() -> tuple[bytes, bytes]:
    """A key and its own certificate, in PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "测试用，无效")])
    usage = x509.KeyUsage(True, True, False, False, False, True, True, False, False)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=365))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private, made.public_bytes(serialization.Encoding.PEM)


@cache
def signed() -> bytes:
    private, own = root()
    return sign_pdf(plain(), pem_signer(private, None, own), now=NOW)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "keys.json").write_bytes(write_key_set(key_set()))
    (tmp_path / "status.json").write_bytes(good_status())
    (tmp_path / "root.pem").write_bytes(root()[1])
    return tmp_path


def ran(folder: Path, pdf: bytes, *more: str) -> int:
    (folder / "certificate.pdf").write_bytes(pdf)
    parser = argparse.ArgumentParser()
    verify.add(parser, Speech("en"))
    given = [str(folder / "certificate.pdf"), "--keys", str(folder / "keys.json"), "--at", NOW.isoformat(), *more]
    return verify.run(parser.parse_args(given), Speech("en"))


def test_what_a_pdf_carries_is_verified(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ran(folder, plain()) == 0
    out = capsys.readouterr().out
    assert NUMBER in out
    assert "the PDF's pages are not signed" in out


def test_a_signed_pdf(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ran(folder, signed()) == 0
    assert "who signed it is not verified here" in capsys.readouterr().out
    assert ran(folder, signed(), "--pdf-root", str(folder / "root.pem")) == 0
    assert "vouch for the signer" in capsys.readouterr().out


def test_a_pdf_changed_after_it_was_signed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = len(plain()) // 2
    changed = signed()[:place] + bytes([signed()[place] ^ 1]) + signed()[place + 1 :]
    assert ran(folder, changed) == outcomes()["tampered"]
    assert ran(folder, signed() + b"\n% more\n") == outcomes()["tampered"]
    assert NUMBER not in capsys.readouterr().out


def test_a_pdf_that_carries_no_certificate_or_another_one(folder: Path) -> None:
    empty = plain().replace(b"certificate.json", b"certificate_json")
    assert empty != plain()
    assert ran(folder, empty) == outcomes()["tampered"]
    assert ran(folder, b"%PDF-1.7\nno PDF\n") == outcomes()["tampered"]
    other = certificate_pdf(certificate().content.replace(b'"index":2', b'"index":1'), address=REGISTER, test=True)
    assert ran(folder, other) == outcomes()["tampered"]


def test_without_the_extra_it_says_so(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pdf = plain()
    monkeypatch.setitem(sys.modules, "pyhanko", None)
    assert ran(folder, pdf) == 2
    held = capsys.readouterr()
    assert "lubiao[pdf]" in held.err
    assert held.out == ""
