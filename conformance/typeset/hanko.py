"""pyHanko, wrapped once: its interface moves from release to release, so it is pinned and met here only."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime
from typing import Any

from asn1crypto import algos  # type: ignore[import-untyped]
from asn1crypto import x509 as asn1_x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.sign import PdfSignatureMetadata, signers
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko.sign.general import SigningError
from pyhanko_certvalidator.registry import SimpleCertificateStore

from conformance.messages import message
from conformance.typeset.pades import PadesError

_DIGEST = "sha256"
#: A signature says that nothing may change after it.
CERTIFIES = True
#: The longest raw signature: that of RSA-4096. Room is reserved for it.
_LONGEST = 512


class _RawSigner(signers.Signer):
    """Gives the bytes to sign to whoever holds the key."""

    def __init__(self, chain: tuple[asn1_x509.Certificate, ...], sign: Callable[[bytes], bytes]) -> None:
        registry = SimpleCertificateStore()  # type: ignore[no-untyped-call]
        registry.register_multiple(chain[1:])
        kind = "sha256_ecdsa" if chain[0].public_key.algorithm == "ec" else "sha256_rsa"
        super().__init__(
            signing_cert=chain[0],
            cert_registry=registry,
            signature_mechanism=algos.SignedDigestAlgorithm({"algorithm": kind}),
        )
        self._sign = sign

    async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:
        if digest_algorithm != _DIGEST:
            raise SigningError("another digest than asked for")
        return bytes(_LONGEST) if dry_run else self._sign(data)


class _StillWriter(IncrementalPdfFileWriter):
    """Adds a revision, and leaves the document's own metadata alone: no clock of this machine comes into them."""

    def _update_meta(self) -> None:
        pass


class _TimedSigner(signers.PdfSigner):
    """Signs at the time that is given, never at that of the machine."""

    def __init__(self, metadata: PdfSignatureMetadata, signer: signers.Signer, now: datetime) -> None:
        super().__init__(metadata, signer=signer)
        self._now = now

    def init_signing_session(self, pdf_out: Any, existing_fields_only: bool = False) -> Any:
        session = super().init_signing_session(pdf_out, existing_fields_only=existing_fields_only)
        session.system_time = self._now
        return session


def signed(pdf: bytes, chain: tuple[bytes, ...], sign: Callable[[bytes], bytes], now: datetime, field: str) -> bytes:
    """The PDF with a certifying signature; raises :class:`PadesError` where it cannot be put on."""
    signer = _RawSigner(tuple(asn1_x509.Certificate.load(one) for one in chain), sign)
    metadata = PdfSignatureMetadata(
        field_name=field,
        md_algorithm=_DIGEST,
        certify=CERTIFIES,
        docmdp_permissions=MDPPerm.NO_CHANGES,
        subfilter=SigSeedSubFilter.PADES,
    )
    try:
        writer = _StillWriter(io.BytesIO(pdf))
        out = _TimedSigner(metadata, signer, now).sign_pdf(writer)
    except (SigningError, PdfError, ValueError) as error:
        raise PadesError(message("typeset.pades-failed")) from error
    return bytes(out.getvalue())
