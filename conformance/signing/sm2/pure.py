"""SM2 by ``gmalg``, pure Python: verifies where libcrypto cannot; some 30 signatures a second, never signs."""

from __future__ import annotations

from conformance.signing.curves import SM2, WIDTH, spki_of


class PureBackend:
    """SM2 by gmalg."""

    name = "gmalg"

    def holds(self, point: bytes, message: bytes, r: int, s: int, distid: bytes) -> bool:
        """Does the signature hold? The numbers are taken as they are, also those that are no signature."""
        from gmalg import SM2 as PURE  # noqa: PLC0415 - only where libcrypto cannot

        try:
            spki_of(point, SM2)
            verifier = PURE(uid=distid, pk=b"\x04" + point)
            # Always 32 bytes: numbers beginning with zeros are where such libraries part.
            return verifier.verify(message, r.to_bytes(WIDTH, "big"), s.to_bytes(WIDTH, "big")) is True
        except Exception:  # noqa: BLE001 - whatever the library trips over is no signature
            return False
