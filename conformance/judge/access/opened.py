"""What answers from outside: ports that a probe of the far end found open, and whether a declared flow opens them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from conformance.judge.access.case import Case, Told
from conformance.judge.access.facts import fact, shown, texts
from conformance.judge.access.observed import Probe
from conformance.judge.access.prefixes import PrefixSet, family_of
from conformance.messages import message

_HIGHEST, _DIGITS = 65535, 5


def opened(told: Told, probe: Probe) -> Iterator[tuple[str, int]]:
    """Address and port of all that a probe found open; ``checked`` is told, and a doubt for a text of another shape."""
    found = fact(told, probe, texts, "open")
    if found is None:
        return
    told.checked()
    for each in found:
        address, _, port = each.rpartition(":")
        address = address.removeprefix("[").removesuffix("]")
        if family_of(address) and port.isascii() and port.isdigit() and len(port) <= _DIGITS and int(port) <= _HIGHEST:
            yield address, int(port)
        else:
            told.doubt(probe.where, message("access.probe.broken", kind=probe.kind, reason=f"facts.open {shown(each)}"))


def openings(case: Case) -> Callable[[str, int], bool]:
    """A question: does a declared flow from outside open this TCP port of this address?"""
    flows = [
        (PrefixSet.of(flow.destinations), flow.ports)
        for flow in case.site.flows
        if flow.direction == "in" and flow.protocol in ("tcp", "any")
    ]

    def asked(address: str, port: int) -> bool:
        return any(
            (not ports or any(low <= port <= high for low, high in ports)) and destinations.holds(address)
            for destinations, ports in flows
        )

    return asked
