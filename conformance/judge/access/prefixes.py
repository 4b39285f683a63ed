"""Sets of addresses: prefixes, single addresses and ``first-last`` of both families.

What a prefix is for is only ever told by the address plan: that 59.192.0.0/10 is "global" to software says nothing.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from conformance.judge.access.blocks import Ranges, common, merged, without

FAMILIES = (4, 6)
BITS = {4: 32, 6: 128}
#: Longer texts are no address.
_LONGEST = 100


@dataclass(frozen=True)
class Span:
    """A run of addresses of one family, both ends included."""

    family: int
    first: int
    last: int


@lru_cache(maxsize=1 << 16)
def span(text: str) -> Span | None:
    """The addresses that a text names (a prefix, host bits passed over; an address; ``first-last``), or None."""
    if len(text) > _LONGEST:
        return None
    try:
        if "-" in text:
            low, high = (ip_address(part.strip()) for part in text.split("-", 1))
            ends = Span(low.version, int(low), int(high))
            return ends if low.version == high.version and ends.first <= ends.last else None
        network = ip_network(text, strict=False)
        return Span(network.version, int(network.network_address), int(network.broadcast_address))
    except ValueError:
        return None


def canonical(text: str) -> bool:
    """True for a prefix with its length in bits and no bit of the host set."""
    head, slash, length = text.partition("/")
    if len(text) > _LONGEST or not slash or not length.isascii() or not length.isdigit():
        return False
    try:
        return ip_network(text).prefixlen == int(length) and "%" not in head
    except ValueError:
        return False


def family_of(text: str) -> int:
    """4 or 6; 0 for what is no address."""
    found = span(text)
    return found.family if found else 0


def length_of(text: str) -> int:
    """The length of a prefix; of a single address that of its family; -1 for what is neither."""
    found = span(text)
    if found is None or "-" in text:
        return -1
    return BITS[found.family] - (found.last - found.first).bit_length()


def network_of(text: str) -> str:
    """The prefix in which an interface address lies (of ``59.254.1.2/30`` ``59.254.1.0/30``); no address: as it is."""
    try:
        return str(ip_network(text, strict=False))
    except ValueError:
        return text


@dataclass(frozen=True)
class PrefixSet:
    """A set of addresses; by family sorted ranges that neither overlap nor touch."""

    v4: Ranges = ()
    v6: Ranges = ()

    @classmethod
    def of(cls, texts: Iterable[str]) -> PrefixSet:
        """The addresses that any of the texts names; what is no address adds nothing."""
        spans = [found for text in texts if (found := span(text))]
        by = {family: merged((one.first, one.last) for one in spans if one.family == family) for family in FAMILIES}
        return cls(by[4], by[6])

    def ranges(self, family: int) -> Ranges:
        """The ranges of one family."""
        return self.v4 if family == FAMILIES[0] else self.v6

    def __bool__(self) -> bool:
        return bool(self.v4 or self.v6)

    def holds(self, text: str) -> bool:
        """True where all addresses of a text lie in the set; False also for what is no address."""
        found = span(text)
        if found is None:
            return False
        ranges = self.ranges(found.family)
        at = bisect_right(ranges, (found.first, 1 << 129)) - 1
        return at >= 0 and found.last <= ranges[at][1]

    def meets(self, text: str) -> bool:
        """True where any address of a text lies in the set."""
        found = span(text)
        if found is None:
            return False
        ranges = self.ranges(found.family)
        at = bisect_right(ranges, (found.last, 1 << 129)) - 1
        return at >= 0 and ranges[at][1] >= found.first

    def within(self, other: PrefixSet) -> bool:
        """True where the other set holds every address of this one."""
        return not self.difference(other)

    def overlap(self, other: PrefixSet) -> PrefixSet:
        """The addresses in both."""
        return PrefixSet(common(self.v4, other.v4), common(self.v6, other.v6))

    def difference(self, other: PrefixSet) -> PrefixSet:
        """The addresses of this set that the other does not hold."""
        return PrefixSet(without(self.v4, other.v4), without(self.v6, other.v6))

    def texts(self) -> tuple[str, ...]:
        """The ranges as texts, prefixes where they are."""
        return tuple(ranged(family, *ends) for family in FAMILIES for ends in self.ranges(family))


def ranged(family: int, first: int, last: int) -> str:
    """A range as a text: a prefix where it is one, else ``first-last``."""
    size = last - first + 1
    low, high = ((IPv4Address if family == FAMILIES[0] else IPv6Address)(end) for end in (first, last))
    if size & (size - 1) == 0 and first % size == 0:
        return f"{low}/{BITS[family] - size.bit_length() + 1}"
    return f"{low}-{high}"
