"""Signatures within a PDF: put on by any of our keys, and seen to be gone as soon as one byte changes."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pikepdf
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, pkcs12
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from signing_made import made
from test_report_sample import sample_report
from typeset_seen import archival, opened, run, text

from conformance.signing.canonical import canonical
from conformance.signing.keys import PublicKey
from conformance.typeset.attachments import attached
from conformance.typeset.pades import (
    PadesError,
    PdfSigner,
    PdfState,
    key_signer,
    pdf_state,
    pem_signer,
    pkcs12_signer,
    sign_pdf,
)
from conformance.typeset.reading import PdfUnreadableError
from conformance.typeset.report import report_pdf

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
ROOT = "测试根（测试用，无效）"
NAME = "标准化办公室证书签发（测试用，无效）"


def certified(public: Any, name: str, issuer: tuple[Any, x509.Certificate] | None, own: Any = None) -> x509.Certificate:
    """A certificate for a public key; its own issuer where there is none."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    root = issuer is None
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject if issuer is None else issuer[1].subject)
        .public_key(public)
        .serial_number(7 if root else 8)
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=365))
        .add_extension(x509.BasicConstraints(ca=root, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(not root, not root, False, False, False, root, root, False, False), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )
    return builder.sign(own if issuer is None else issuer[0], hashes.SHA256())


@cache
def authority(name: str = ROOT) -> tuple[Any, x509.Certificate]:
    key = ec.generate_private_key(ec.SECP256R1())
    return key, certified(key.public_key(), name, None, key)


def root(name: str = ROOT) -> bytes:
    return authority(name)[1].public_bytes(Encoding.PEM)


@cache
def private(kind: str) -> Any:
    return rsa.generate_private_key(65537, 2048) if kind == "rsa" else ec.generate_private_key(ec.SECP256R1())


def chain(public: Any) -> bytes:
    return certified(public, NAME, authority(ROOT)).public_bytes(Encoding.PEM) + root()


def pem(kind: str) -> bytes:
    return bytes(private(kind).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


@cache
def own_signer() -> PdfSigner:
    """A key as the office has them, with a certificate of the test authority."""
    held = made("ES256")
    return key_signer(held.signer(), chain(serialization.load_der_public_key(held.key.spki)))


@cache
def unsigned() -> bytes:
    return report_pdf(sample_report())


@cache
def signed() -> bytes:
    return sign_pdf(unsigned(), own_signer(), now=NOW)


def state(pdf: bytes, *roots: bytes, now: datetime = NOW) -> PdfState:
    return pdf_state(pdf, roots or (root(),), now=now)


def test_one_of_our_keys_signs_and_the_signature_holds() -> None:
    assert signed().startswith(unsigned())
    assert state(signed()) == PdfState("intact", NAME)


@pytest.mark.parametrize("kind", ["ec", "rsa"])
def test_keys_in_files_sign_too(kind: str) -> None:
    bound = chain(private(kind).public_key())
    assert state(sign_pdf(unsigned(), pem_signer(pem(kind), None, bound), now=NOW)).word == "intact"
    own, ca = x509.load_pem_x509_certificates(bound)
    packed = pkcs12.serialize_key_and_certificates(
        b"n", private(kind), own, [ca], serialization.BestAvailableEncryption(b"secret")
    )
    assert state(sign_pdf(unsigned(), pkcs12_signer(packed, b"secret"), now=NOW)).word == "intact"


def test_poppler_says_the_same() -> None:
    said = run(["pdfsig", "-nocert", "PDF"], signed())
    assert "Signature is Valid" in said and "Total document signed" in said and "ETSI.CAdES.detached" in said
    assert "Nov 21 2026 09:00:00" in said


def test_signing_changes_neither_text_nor_attachments_nor_what_is_archival() -> None:
    assert text(signed()) == text(unsigned())
    assert attached(signed()) == {"report.json": canonical(sample_report())}
    assert archival(signed()) == archival(unsigned())
    with opened(signed()) as after, opened(unsigned()) as before:
        assert dict(after.docinfo) == dict(before.docinfo)
        assert after.Root.Metadata.read_bytes() == before.Root.Metadata.read_bytes()


def test_no_change_is_allowed_after_it_and_it_cannot_be_seen() -> None:
    with opened(signed()) as pdf:
        (field,) = pdf.Root.AcroForm.Fields
        assert list(field.Rect) == [0, 0, 0, 0] and "/AP" not in field
        assert field.V.Reference[0].TransformParams.P == 1 and "/DocMDP" in pdf.Root.Perms
        assert str(field.V.M) == "D:20261121090000Z"


def test_signing_again_what_forbids_it_is_refused() -> None:
    with pytest.raises(PadesError) as caught:
        sign_pdf(signed(), own_signer(), now=NOW)
    assert caught.value.message.id == "typeset.pades-failed"


def test_nobody_is_trusted_but_the_roots_given() -> None:
    assert pdf_state(signed(), (), now=NOW) == PdfState("untrusted", NAME)
    assert state(signed(), root("another（测试用，无效）")).word == "untrusted"
    assert state(signed(), root("another（测试用，无效）"), root()).word == "intact"


def test_a_certificate_that_has_ended_is_not_trusted() -> None:
    assert state(signed(), now=NOW + timedelta(days=400)).word == "untrusted"
    assert state(signed(), now=NOW - timedelta(days=2)).word == "untrusted"


def test_who_never_signed_is_unsigned() -> None:
    assert state(unsigned()) == PdfState("unsigned", "")


@pytest.mark.parametrize("part", [0.02, 0.3, 0.6, 0.9])
def test_one_byte_changed_is_seen(part: float) -> None:
    content = bytearray(signed())
    content[int(len(unsigned()) * part)] ^= 1
    assert state(bytes(content)).word == "changed"


def test_bytes_appended_are_seen() -> None:
    assert state(signed() + b"\n%\n").word == "changed"


def revised(change: Callable[[Any], object]) -> bytes:
    """The signed file with one more revision."""
    writer: Any = IncrementalPdfFileWriter(io.BytesIO(signed()))
    change(writer)
    writer.update_root()
    out = io.BytesIO()
    writer.write(out)
    assert out.getvalue().startswith(signed())
    return out.getvalue()


def test_an_edit_after_signing_is_seen() -> None:
    def edit(writer: Any) -> None:
        writer.root["/Lang"] = generic.TextStringObject("en")

    assert state(revised(edit)).word == "changed"


def test_a_second_signature_where_none_was_allowed_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """It covers the whole file and holds; but the first one forbade what it did."""
    monkeypatch.setattr("pyhanko.sign.signers.PdfSigner._enforce_certification_constraints", lambda *_: None)
    monkeypatch.setattr("conformance.typeset.pades.FIELD", "Signature2")
    monkeypatch.setattr("conformance.typeset.hanko.CERTIFIES", False)
    twice = sign_pdf(signed(), own_signer(), now=NOW)
    assert twice.startswith(signed()) and state(twice) == PdfState("changed", NAME)


def test_a_signature_taken_away_by_an_edit_is_no_unsigned_file() -> None:
    def edit(writer: Any) -> None:
        del writer.root["/AcroForm"]

    assert state(revised(edit)).word == "changed"


def test_a_file_saved_anew_is_not_intact() -> None:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(signed())) as pdf:
        pdf.save(out)
    assert state(out.getvalue()).word == "changed"


def test_an_attachment_exchanged_is_seen() -> None:
    def edit(writer: Any) -> None:
        spec = writer.root["/Names"]["/EmbeddedFiles"]["/Names"][1]
        spec["/EF"]["/F"] = writer.add_object(generic.StreamObject(stream_data=b'{"forged":true}'))
        writer.update_container(spec)

    forged = revised(edit)
    assert attached(forged) == {"report.json": b'{"forged":true}'}
    assert state(forged).word == "changed"


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7\n", b"nothing"])
def test_what_is_no_pdf_has_no_state(content: bytes) -> None:
    with pytest.raises(PdfUnreadableError):
        state(content)


def refused(call: Any) -> str:
    with pytest.raises(PadesError) as caught:
        call()
    both = caught.value.message.both()
    assert both["zh"] != both["en"]
    return caught.value.message.id


def test_a_certificate_must_be_that_of_the_key() -> None:
    other = chain(private("ec").public_key())
    assert refused(lambda: key_signer(made("ES256").signer(), other)) == "typeset.pades-key"
    assert refused(lambda: pem_signer(pem("rsa"), None, other)) == "typeset.pades-key"


def test_an_sm2_key_does_not_sign_a_pdf_that_the_world_must_read() -> None:
    class Sm2:
        key: PublicKey = replace(made("ES256").key, algorithm="SM2")

        def sign(self, message: bytes) -> bytes:
            raise AssertionError(message)

    bound = chain(serialization.load_der_public_key(made("ES256").key.spki))
    assert refused(lambda: key_signer(Sm2(), bound)) == "typeset.pades-key"


@pytest.mark.parametrize("content", [b"", b"-----BEGIN CERTIFICATE-----\n", b"\x30\x03\x02\x01\x07"])
def test_what_is_no_certificate_is_refused(content: bytes) -> None:
    assert refused(lambda: key_signer(made("ES256").signer(), content)) == "typeset.pades-certificate"


def test_only_p_256_and_rsa_are_taken() -> None:
    key = ec.generate_private_key(ec.SECP384R1())
    held = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    assert refused(lambda: pem_signer(held, None, chain(key.public_key()))) == "typeset.pades-certificate"
    own, ca = x509.load_pem_x509_certificates(chain(key.public_key()))
    packed = pkcs12.serialize_key_and_certificates(b"n", key, own, [ca], NoEncryption())
    assert refused(lambda: pkcs12_signer(packed, b"")) == "typeset.pades-certificate"


def test_a_wrong_pass_phrase_is_refused() -> None:
    hidden = private("ec").private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, serialization.BestAvailableEncryption(b"secret")
    )
    bound = chain(private("ec").public_key())
    assert refused(lambda: pem_signer(hidden, b"wrong", bound)) == "typeset.pades-secret"
    assert refused(lambda: pem_signer(hidden, None, bound)) == "typeset.pades-secret"
    assert refused(lambda: pkcs12_signer(b"no such file", b"")) == "typeset.pades-secret"


@pytest.mark.parametrize("now", [NOW - timedelta(days=2), NOW + timedelta(days=366)])
def test_a_certificate_out_of_its_time_does_not_sign(now: datetime) -> None:
    assert refused(lambda: sign_pdf(unsigned(), own_signer(), now=now)) == "typeset.pades-time"


def test_what_is_no_pdf_is_not_signed() -> None:
    assert refused(lambda: sign_pdf(b"%PDF-1.7 nothing", own_signer(), now=NOW)) == "typeset.pades-failed"
