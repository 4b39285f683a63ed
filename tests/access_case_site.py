"""The reference declaration (``fixtures/access/huawei.access.yaml``) as frozen values, by a reader of its own."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

from conformance.judge.access import site as s
from conformance.judge.rulebook import Location

FILE = Path(__file__).parents[1] / "fixtures/access/huawei.access.yaml"
DIGEST = "0" * 64


def at(path: str) -> Location:
    """A place in the declaration."""
    return Location("access.yaml", 0, path)


@cache
def reference_site() -> s.Site:
    """The declaration of the reference design."""
    data = yaml.safe_load(FILE.read_text("utf-8"))
    department, site, remote, security = data["department"], data["site"], data["remote-access"], data["security"]
    return s.Site(
        at=at(""), file="access.yaml", profile=data["profile"], id=site["site-id"], division=site["division"],
        user_class=site["user-class"], mode=site["access-mode"],
        department=s.Department(at("department"), *(department[k] for k in ("name", "code", "level", "abbreviation"))),
        areas=tuple(s.Area(at("areas"), o["area-id"], o["kind"], o.get("vpn-id", "")) for o in data["areas"]),
        devices=tuple(_device(one) for one in data["devices"]),
        uplinks=tuple(_uplink(one) for one in data["site-network-accesses"]),
        lans=tuple(_lan(one) for one in data["lans"]),
        routing=_routing(data["routing"]),
        vpns=tuple(
            s.Vpn(at("vpns"), o["vpn-id"], o["instance"], o["rd"], tuple(o["import"]), tuple(o["export"]))
            for o in data["vpns"]
        ),
        nat=_nat(data["nat"]),
        flows=tuple(_flow(one) for one in data["flows"]),
        internet=s.Internet(at("internet"), data["internet"]["exit"]),
        remote=s.RemoteAccess(
            at("remote-access"), remote["mode"], remote["portal"], remote["portal-name"], remote["gateway"]
        ),
        services=_services(data["services"]),
        security=s.Security(
            at=at("security"), firewall=security["firewall"],
            intrusion=security["intrusion"]["product"], intrusion_signatures=security["intrusion"]["signatures"],
            malware=security["malware"]["product"], malware_signatures=security["malware"]["signatures"],
            admission=security["admission"], mlps_level=security["mlps"]["level"],
            mlps_filing=security["mlps"]["filing"], mlps_assessed=security["mlps"]["assessed"],
            cryptography_assessed=security["cryptography"]["assessed"],
        ),
        statements=tuple(
            s.Statement(at("statements"), *(o[k] for k in ("statement", "document", "sha256", "signer", "signed")))
            for o in data["statements"]
        ),
    )  # fmt: skip


def _device(one: dict[str, Any]) -> s.DeviceClaim:
    return s.DeviceClaim(
        at=at("devices"), id=one["device-id"], role=one["role"], layer=one["layer"], vendor=one["vendor"],
        platform=one["platform"], version=one["version"], serial=one["serial"], hostname=one["hostname"],
        management=one["management"], file=one["configuration"]["file"], sha256=DIGEST,
    )  # fmt: skip


def _uplink(one: dict[str, Any]) -> s.Uplink:
    return s.Uplink(
        at=at("site-network-accesses"), id=one["site-network-access-id"], device=one["device"],
        interface=one["interface"], peer=one["peer"], vpn=one.get("vpn-id", ""), carrier=one["bearer"]["carrier"],
        route=one["bearer"]["route-id"], ipv4=_link(one, "ipv4"), ipv6=_link(one, "ipv6"),
        bandwidth=one["service"]["bandwidth-mbps"], mtu=one["service"]["svc-mtu"],
        priority=one["access-priority"], bfd=one.get("bfd", False),
    )  # fmt: skip


def _link(one: dict[str, Any], family: str) -> s.Link | None:
    link = one["ip-connection"].get(family)
    if link is None:
        return None
    place = at("site-network-accesses")
    return s.Link(place, link["provider-address"], link["customer-address"], link["prefix-length"])


def _lan(one: dict[str, Any]) -> s.Lan:
    return s.Lan(
        at("lans"), one["lan-id"], one["prefix"], one["area"], one.get("vpn-id", ""), one["device"], one["interface"],
        one.get("translated", False), one.get("dhcp", False),
    )  # fmt: skip


def _prefixes(path: str, texts: list[str]) -> tuple[s.Prefixed, ...]:
    return tuple(s.Prefixed(at(f"{path}[{number}]"), text) for number, text in enumerate(texts))


def _routing(one: dict[str, Any]) -> s.Routing:
    return s.Routing(
        at=at("routing"), protocol=one["protocol"], customer_as=one["customer-as"], provider_as=one["provider-as"],
        advertise=_prefixes("routing.advertise", one["advertise"]), accept=_prefixes("routing.accept", one["accept"]),
        static=tuple(
            s.StaticRoute(at("routing.static"), o["prefix"], o["next-hop"], o.get("vpn-id", "")) for o in one["static"]
        ),
    )  # fmt: skip


def _nat(one: dict[str, Any]) -> s.Nat:
    keys = ("outside", "inside", "protocol", "port", "service")
    mappings = tuple(s.StaticMapping(at("nat.static"), *(o[k] for k in keys)) for o in one["static"])
    return s.Nat(at("nat"), one["mode"], _prefixes("nat.pools", one["pools"]), mappings, one["logged"])


def _flow(one: dict[str, Any]) -> s.Flow:
    bounds = [text.partition("-") for text in one.get("ports", [])]
    return s.Flow(
        at=at(f"flows.{one['flow-id']}"), id=one["flow-id"], direction=one["direction"], sources=tuple(one["source"]),
        destinations=tuple(one["destination"]), protocol=one["protocol"],
        ports=tuple((int(low), int(high or low)) for low, _, high in bounds),
        purpose=one["purpose"], owner=one["owner"], until=one["until"],
    )  # fmt: skip


def _services(one: dict[str, Any]) -> s.Services:
    return s.Services(
        at=at("services"), resolvers=tuple(one["dns"]["resolvers"]),
        names=tuple(s.NamedAddress(at("services.dns"), o["name"], tuple(o["address"])) for o in one["dns"]["names"]),
        ntp=tuple(one["ntp"]), collectors=tuple(one["syslog"]["collectors"]),
        retention_days=one["syslog"]["retention-days"], snmp_managers=tuple(one["snmp"]["managers"]),
        management=_prefixes("services.management", one["management"]["prefixes"]),
        aaa=tuple(one["aaa"]["servers"]),
    )  # fmt: skip
