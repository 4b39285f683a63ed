"""How large a bundle from a stranger may be, before and while it is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from conformance.bundle.model import ATTESTATION, MANIFEST, RECORDS, REPORT
from conformance.signing import dsse

_MIB = 1 << 20
#: What is parsed has bounds of its own; what is only digested (pages, JUnit, PDF) has the common one.
_SIZES = MappingProxyType(
    {MANIFEST: _MIB, REPORT: 64 * _MIB, RECORDS: 64 * _MIB, ATTESTATION: dsse.LIMIT},
)


@dataclass(frozen=True)
class Limits:
    """Bounds, in bytes where nothing else is said: of the archive or of all files together (``total``), of entries in
    number, of a file by name (``sizes``, else ``other``), and of the values in number that a JSON file may hold.

    Reading takes at most ``total``, four times the largest parsed file and 200 bytes for each of its values: about one
    GiB under these, whatever the file says of itself; and about one second for each MiB that is parsed.
    """

    total: int = 256 * _MIB
    entries: int = 16
    sizes: Mapping[str, int] = field(default_factory=lambda: _SIZES)
    other: int = 128 * _MIB
    values: int = 3_000_000

    def of(self, name: str) -> int:
        """The bound of a file."""
        return min(self.sizes.get(name, self.other), self.total)


LIMITS = Limits()
