"""What of a declaration has a place in RFC 8299 (``ietf-l3vpn-svc``), as JSON in the encoding of RFC 7951.

The department runs its own devices, so the site is *customer-managed*: only then may an access refer to a location, and
then the model takes no devices. The public instance becomes a VPN service beside the declared VPNs. Devices, route
distinguishers and targets, translation, flows, services, statements have no place there and are left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from ipaddress import ip_interface
from typing import Any

from conformance.judge.access.site import Lan, Link, Site, Uplink

MODULE = "ietf-l3vpn-svc"
#: The VPN service that the public instance becomes; a VPN of that name takes it over.
PUBLIC = "public"

_COUNTRY = "CN"
_BITS = 1_000_000


def l3vpn_service(site: Site) -> dict[str, Any]:
    """The service order of one site: VPN services, the site with its location and accesses."""
    services = list(dict.fromkeys([*_used(site), *(vpn.id for vpn in site.vpns)]))
    return {
        f"{MODULE}:l3vpn-svc": {
            "vpn-services": {
                "vpn-service": [{"vpn-id": name, "customer-name": site.department.name} for name in services]
            },
            "sites": {"site": [_site(site)]},
        }
    }


def _used(site: Site) -> list[str]:
    """The VPN services that the accesses join, each once."""
    return list(dict.fromkeys(uplink.vpn or PUBLIC for uplink in site.uplinks))


def _site(site: Site) -> dict[str, Any]:
    several = len(_used(site)) > 1
    return {
        "site-id": site.id,
        "locations": {"location": [{"location-id": site.division, "country-code": _COUNTRY}]},
        "management": {"type": _identity("customer-managed")},
        "site-vpn-flavor": _identity("site-vpn-flavor-sub" if several else "site-vpn-flavor-single"),
        "site-network-accesses": {"site-network-access": [_access(site, uplink) for uplink in site.uplinks]},
    }


def _access(site: Site, uplink: Uplink) -> dict[str, Any]:
    bandwidth = str(uplink.bandwidth * _BITS)
    access = {
        "site-network-access-id": uplink.id,
        "site-network-access-type": _identity("point-to-point"),
        "location-reference": site.division,
        "bearer": {"bearer-reference": uplink.route} if uplink.route else {},
        "ip-connection": _connection(uplink),
        "service": {
            "svc-input-bandwidth": bandwidth,
            "svc-output-bandwidth": bandwidth,
            "svc-mtu": uplink.mtu,
        },
        "routing-protocols": _routing(site, uplink),
        "availability": {"access-priority": uplink.priority},
        "vpn-attachment": {"vpn-id": uplink.vpn or PUBLIC, "site-role": _identity("any-to-any-role")},
    }
    return _without_empty(access)


def _connection(uplink: Uplink) -> dict[str, Any]:
    return _without_empty(
        {
            "ipv4": _addresses(uplink.ipv4),
            "ipv6": _addresses(uplink.ipv6),
            "oam": {"bfd": {"enabled": True}} if uplink.bfd else {},
        }
    )


def _addresses(link: Link | None) -> dict[str, Any]:
    if link is None:
        return {}
    return {
        "address-allocation-type": _identity("static-address"),
        "addresses": {
            "provider-address": link.provider,
            "customer-address": link.customer,
            "prefix-length": link.length,
        },
    }


def _routing(site: Site, uplink: Uplink) -> dict[str, Any]:
    """BGP with the customer's number and the families of the link; or the LANs behind the link's own address.

    The model asks for the number and for a family: where either is not declared, no protocol is told.
    """
    families = [name for name, link in (("ipv4", uplink.ipv4), ("ipv6", uplink.ipv6)) if link is not None]
    if site.routing.protocol == "static":
        prefixes = _without_empty(
            {
                "ipv4-lan-prefixes": _lans(site.lans, uplink, 4),
                "ipv6-lan-prefixes": _lans(site.lans, uplink, 6),
            }
        )
        protocol = {"type": _identity("static"), "static": {"cascaded-lan-prefixes": prefixes}} if prefixes else {}
    elif site.routing.customer_as is None or not families:
        protocol = {}
    else:
        bgp = {"autonomous-system": site.routing.customer_as, "address-family": families}
        protocol = {"type": _identity("bgp"), "bgp": bgp}
    return {"routing-protocol": [protocol]} if protocol else {}


def _lans(lans: Iterable[Lan], uplink: Uplink, family: int) -> list[dict[str, str]]:
    """The untranslated LANs of the access's VPN, canonical, each once."""
    link = uplink.ipv4 if family == 4 else uplink.ipv6  # noqa: PLR2004 - the family's own number
    if link is None:
        return []
    networks = [ip_interface(lan.prefix).network for lan in lans if lan.vpn == uplink.vpn and not lan.translated]
    prefixes = dict.fromkeys(str(network) for network in networks if network.version == family)
    return [{"lan": prefix, "next-hop": link.customer} for prefix in prefixes]


def _identity(name: str) -> str:
    return f"{MODULE}:{name}"


def _without_empty(members: Mapping[str, Any]) -> dict[str, Any]:
    """The members that say something: an empty container is the same as none."""
    return {name: value for name, value in members.items() if value not in ({}, [])}
