"""Whose ground an address stands on: the plan's, the inner network's, the site's own, its providers'."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.judge.access.case import Case
from conformance.judge.access.facts import address
from conformance.judge.access.prefixes import PrefixSet

#: The scope of segments that belong to the inner network (政务内网): never the extranet's.
INNER = "inner"
#: Addresses that no plan gives out: link-local, loopback, multicast.
_NOBODYS = PrefixSet.of(("127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "::1/128", "fe80::/10", "ff00::/8"))
_PRIVATE = PrefixSet.of(("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"))


def planned(case: Case, text: str) -> bool:
    """Does all of a prefix lie in the plan's segments? What is no prefix does not."""
    return PrefixSet.of(one.prefix for one in case.rules.addresses.segments).holds(text)


def inner(case: Case, text: str) -> bool:
    """Does all of a prefix lie in a segment of the inner network?"""
    return PrefixSet.of(one.prefix for one in case.rules.addresses.segments if one.scope == INNER).holds(text)


def extranet(case: Case, text: str) -> bool:
    """Does all of a prefix lie in the plan's segments beside those of the inner network?"""
    return planned(case, text) and not inner(case, text)


def nobodys(text: str) -> bool:
    """Is it link-local, loopback or multicast, which no plan gives out?"""
    return _NOBODYS.holds(text)


def private(text: str) -> bool:
    """Is it of the addresses that anybody may use inside?"""
    return _PRIVATE.holds(text)


def in_lans(case: Case, text: str) -> bool:
    """Does it lie in a declared LAN?"""
    return PrefixSet.of(one.prefix for one in case.site.lans).holds(text)


def own(case: Case, text: str) -> bool:
    """Is it an address of a declared device: by its configuration, by the declaration, or the near end of an uplink?"""
    wanted = address(text)
    return wanted is not None and wanted in {address(one) for one in _own(case)}


def providers(case: Case, text: str) -> bool:
    """Is it the far end of a declared uplink?"""
    wanted = address(text)
    links = (link for uplink in case.site.uplinks for link in (uplink.ipv4, uplink.ipv6) if link)
    return wanted is not None and wanted in {address(link.provider) for link in links}


def _own(case: Case) -> Iterator[str]:
    for claim in case.site.devices:
        yield claim.management
    for uplink in case.site.uplinks:
        for link in (uplink.ipv4, uplink.ipv6):
            if link:
                yield link.customer
    for config in case.configs:
        for interface in config.interfaces:
            for one in interface.addresses:
                yield one.value.partition("/")[0]
