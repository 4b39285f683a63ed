"""What is probed from the site's own places (a LAN, a translated LAN, the device) and at the provider's routers."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address
from typing import Any

from conformance.judge.access.site import Lan
from conformance.system.access.scope_parts import Draft, Sources, is_address, network, unique, within

_HTTPS = 443
_DNS = 53


def lan_drafts(sources: Sources) -> Iterator[Draft]:
    """From a terminal of an untranslated LAN."""
    yield from office_base(sources)
    yield from _internet(sources)
    yield from _other_ways(sources)
    yield from _isolation(sources)
    yield from _sources_seen(sources, sources.lans(translated=False))
    yield from _forged(sources)
    yield from _names(sources)
    yield from _portal(sources)
    yield from _quality(sources)
    yield from _management(sources)


def office_drafts(sources: Sources) -> Iterator[Draft]:
    """From a terminal of a translated LAN."""
    if lans := sources.lans(translated=True):
        yield from office_base(sources)
        yield from _sources_seen(sources, lans)


def office_base(sources: Sources) -> Iterator[Draft]:
    """Whether the reference point is reached at all."""
    yield Draft("base", "", {"address": sources.wanted.reference})


def device_drafts(sources: Sources) -> Iterator[Draft]:
    """On the access router."""
    yield Draft("rib", "", {"vtysh": list(sources.wanted.device_vtysh)})


def provider_drafts(sources: Sources) -> Iterator[Draft]:
    """At the provider's routers, all in one: what is said of two uplinks must be seen together."""
    if sources.site.routing.protocol != "bgp":
        return
    vtysh = [list(one) for one in sources.wanted.vtysh]
    ends = [(up.id, end.customer) for up in sources.site.uplinks for end in (up.ipv4, up.ipv6) if end]
    asked: dict[str, Any] = {"vtysh": vtysh, "neighbours": unique(neighbour for _, neighbour in ends)}
    for kind in ("bgp-session", "bgp-families", "bgp-md5", "advertised"):
        yield Draft(kind, "", asked)
    uplinks = [{"id": id_, "neighbour": neighbour} for id_, neighbour in ends]
    yield Draft("paths", "", {"vtysh": vtysh, "uplinks": uplinks})


def _echo(sources: Sources, version: int = 4) -> dict[str, Any]:
    return {"kind": "echo", "address": sources.reference(version), "port": sources.port}


def _icmp(address: str) -> dict[str, Any]:
    return {"kind": "icmp", "address": address}


def _dns(sources: Sources, resolver: str) -> dict[str, Any]:
    name = next((one.name for one in sources.site.services.names), next(iter(sources.rules.domains.zones), ""))
    return {"kind": "dns", "address": resolver, "port": _DNS, "name": name}


def _internet(sources: Sources) -> Iterator[Draft]:
    four, six = sources.sentinels(4), sources.sentinels(6)
    resolver = next((one for one in sources.site.services.resolvers if ip_address(one).version == 4), "")  # noqa: PLR2004
    if four:
        yield Draft("internet-icmp", "", {"addresses": four}, _icmp(sources.wanted.reference))
        yield Draft("internet-tcp", "", {"addresses": four}, _echo(sources))
        yield Draft("internet-udp", "", {"addresses": four}, _dns(sources, resolver) if resolver else _echo(sources))
        yield Draft("internet-path", "", {"address": four[0]})
    if six:
        control = _echo(sources, 6) if sources.wanted.reference6 else _echo(sources)
        yield Draft("internet-v6", "", {"addresses": six}, control)
    yield Draft("path", "", {"address": sources.wanted.reference})


def _other_ways(sources: Sources) -> Iterator[Draft]:
    four, wanted = sources.sentinels(4), sources.wanted
    asked = {"addresses": list(sources.rules.addresses.sentinels), "reference": {"address": wanted.reference}}
    yield Draft("second-network", "", asked, _echo(sources))
    ports = sources.rules.probes["proxy"].parameters["ports"]
    most = sources.rules.probes["proxy"].parameters["candidates"]
    hosts = [one for one in unique([*wanted.hosts, *sources.hosts(4)]) if _in_lan(sources, one)][:most]
    candidates = [{"address": host, "port": port} for host in hosts for port in ports]
    if four and candidates:
        parameters = {"candidates": candidates, "address": four[0]}
        yield Draft("proxy", "", parameters, _echo(sources), without=("places", "ports"))
    if wanted.tunnel:
        parameters = {"addresses": four, "interface": wanted.tunnel}
        yield Draft("split-tunnel", "", parameters)


def _in_lan(sources: Sources, address: str) -> bool:
    return any(within(address, network(one.prefix)) for one in sources.lans(translated=False))


def _isolation(sources: Sources) -> Iterator[Draft]:
    """Hosts of VPN areas: of those that the site is attached to, and of the others."""
    areas, others = list[str](), list[str]()
    own = {one.vpn for one in sources.site.lans if one.vpn}
    for host in sources.wanted.vpn_hosts:
        segments = [one for one in sources.rules.addresses.segments if within(host, network(one.prefix))]
        owner = max(segments, key=lambda one: network(one.prefix).prefixlen).owner if segments else ""
        (areas if owner in own else others).append(host)
    if areas:
        yield Draft("area-isolation", "", {"addresses": areas, "icmp": True}, _echo(sources))
    if others:
        yield Draft("vpn-isolation", "", {"addresses": others, "icmp": True}, _echo(sources))


def _sources_seen(sources: Sources, lans: list[Lan]) -> Iterator[Draft]:
    for lan in lans:
        prefix = network(lan.prefix)
        if reference := sources.reference(prefix.version):
            yield Draft("source-seen", lan.id, {"address": reference, "lan": lan.id, "prefix": str(prefix)})


def _forged(sources: Sources) -> Iterator[Draft]:
    """Packets that a flow would let pass, did they not claim sources that are not the site's."""
    kind = sources.rules.probes["spoof"]
    reference, port = sources.wanted.reference, int(kind.parameters["port"])
    protocol = next((one for one in ("tcp", "udp", "icmp") if sources.outward(one, reference, port)), "udp")
    plan, site = sources.rules.addresses, sources.site.id
    others = [one.prefix for one in plan.allocations if one.site != site and one.use == "lan" and not one.vpn]
    inner = [one.prefix for one in plan.segments if one.scope == "inner"]
    claimed = {
        "other-site": _first_host(others),
        "inner": _first_host(inner),
        "internet": next(iter(sources.sentinels(4)), ""),
        "unallocated": _unallocated(sources),
    }
    asked = [{"label": "true", "source": ""}]
    asked += [{"label": one, "source": claimed[one]} for one in kind.parameters["labels"] if claimed.get(one)]
    parameters = {"address": reference, "protocol": protocol, "sources": asked}
    yield Draft("spoof", "", parameters, without=("places", "labels"))
    for host in (one for one in sources.wanted.hosts if ip_address(one).version == 4 and _in_lan(sources, one)):  # noqa: PLR2004
        yield Draft("duplicate", host, {"address": host})


def _first_host(prefixes: list[str]) -> str:
    four = [network(one) for one in prefixes if network(one).version == 4]  # noqa: PLR2004 IPv4
    return str(four[0].network_address + 10) if four else ""


def _unallocated(sources: Sources) -> str:
    """The last address of the province's segments that nobody was given."""
    plan = sources.rules.addresses
    given = [network(one.prefix) for one in plan.allocations]
    for segment in (network(one.prefix) for one in plan.segments if one.scope == "province"):
        last = segment.network_address + segment.num_addresses - 2
        if segment.version == 4 and not any(last in one for one in given):  # noqa: PLR2004 IPv4
            return str(last)
    return ""


def _names(sources: Sources) -> Iterator[Draft]:
    services = sources.site.services
    for resolver in services.resolvers:
        only = "" if resolver == services.resolvers[0] else resolver
        if services.names:
            yield Draft("dns", only, {"address": resolver, "names": [one.name for one in services.names]})
        for kind in ("dns-internet", "dns-tunnel"):
            yield Draft(kind, only, {"address": resolver}, _dns(sources, resolver))
    for server in services.ntp:
        yield Draft("ntp", server, {"address": server})
    named = [
        {"name": one.name, "address": address, "port": sources.allowed_tcp(address) or _HTTPS}
        for one in services.names
        for address in one.addresses
    ]
    named += [{"name": one, "address": one, "port": _DNS} for one in services.resolvers]
    six = [one for one in named if ip_address(str(one["address"])).version == 6]  # noqa: PLR2004 IPv6
    if six:
        yield Draft("ipv6", "", {"endpoints": six})


def _portal(sources: Sources) -> Iterator[Draft]:
    host, _, port = sources.site.remote.portal.rpartition(":")
    if is_address(host.strip("[]")) and port.isdigit():
        parameters = {"address": host.strip("[]"), "port": int(port), "name": sources.site.remote.portal_name}
        yield Draft("tls", "", parameters, without=("places", "versions"))
        yield Draft("certificate", "", parameters)


def _quality(sources: Sources) -> Iterator[Draft]:
    reference, wanted = {"address": sources.wanted.reference}, sources.wanted
    highest = int(sources.profile.value("mtu", "bytes"))
    slowest = -(-1000 // wanted.packets_per_second)
    for kind in ("latency", "loss"):
        interval = max(slowest, int(sources.rules.probes[kind].parameters["interval_ms"]))
        packets = {"packets": int(sources.profile.value("loss", "packets"))} if kind == "loss" else {}
        yield Draft(kind, "", {**reference, **packets, "interval_ms": interval})
    yield Draft("mtu", "", {**reference, "highest": highest})
    if wanted.bandwidth:
        yield Draft("bandwidth", "", reference)
    if wanted.failover:
        yield Draft("failover", "", reference)


def _management(sources: Sources) -> Iterator[Draft]:
    ports, wanted = sources.profile.value("ports", "management"), sources.wanted
    source = {"source": wanted.manager} if wanted.manager else {}
    listed = sorted(int(one) for one in ports.values())
    devices = [one for one in sources.site.devices if is_address(one.management)]
    for number, device in enumerate(devices):
        only, address = device.id if number else "", {"address": device.management}
        ssh = {"ssh_port": int(ports["ssh"])}
        yield Draft("management-ports", only, {**address, "ports": listed, **ssh}, _echo(sources))
        if wanted.manager:
            name = f"{only}.manager".lstrip(".")
            yield Draft("management-ports", name, {**address, "ports": listed, **ssh, **source}, _echo(sources))
        yield Draft("snmp", only, {**address, **source})
        yield Draft("syslog", only, {**address, "via": "login", "port": int(ports["ssh"]), **source})
