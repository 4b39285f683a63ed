"""What is probed from the extranet's side: what of the site answers there that should not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from conformance.system.access.scope_parts import Draft, Sources


def far_drafts(sources: Sources) -> Iterator[Draft]:
    """From the far end. Each target has its own control: a port that is allowed to it, or an echo."""
    management = sorted(int(one) for one in sources.profile.value("ports", "management").values())
    high_risk = [int(one) for one in sources.profile.value("ports", "high_risk")]
    for address in sources.own():
        yield Draft(
            "management-outside", address, {"address": address, "ports": management}, _control(sources, address)
        )
    for address in sources.hosts(4):
        yield Draft("inbound", address, {"addresses": [address]}, _control(sources, address))
        high = {"addresses": [address], "ports": high_risk}
        yield Draft("inbound-high-risk", address, high, _control(sources, address))
    for address in sources.hosts(6):
        yield Draft("inbound-v6", address, {"addresses": [address]}, _control(sources, address))
    for address in sources.own():
        yield Draft("vpn-gateway", address, {"addresses": [address]}, _control(sources, address))
    if sources.site.remote.gateway:
        yield Draft("ike", "", {"address": sources.site.remote.gateway})
    if sources.site.nat.mode != "none" and sources.site.nat.logged:
        yield Draft("nat-log", "", {"address": sources.wanted.reference, "port": sources.port})


def _control(sources: Sources, address: str) -> dict[str, Any]:
    port = sources.allowed_tcp(address)
    return {"kind": "tcp", "address": address, "port": port} if port else {"kind": "icmp", "address": address}
