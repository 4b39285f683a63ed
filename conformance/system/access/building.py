"""The declaration of an access point, from a document that its schema accepts to frozen values."""

from __future__ import annotations

from ipaddress import IPV4LENGTH, IPV6LENGTH

from conformance.judge.access.site import (
    Area,
    Department,
    DeviceClaim,
    Flow,
    Internet,
    Lan,
    Link,
    NamedAddress,
    Nat,
    RemoteAccess,
    Routing,
    Security,
    Services,
    Site,
    Statement,
    StaticMapping,
    StaticRoute,
    Uplink,
    Vpn,
)
from conformance.system.access.part import Part
from conformance.system.problem import problem

#: What holds where the declaration says nothing: names of the format, the priority as in RFC 8299.
DEFAULT_PROFILE = "default"
_NONE, _ANY = "none", "any"
_PRIORITY = 100


def site_of(whole: Part) -> Site:
    """The site; what addresses, days and ports are impossible is added to the part's problems."""
    site = whole.part("site")
    return Site(
        at=site.at,
        file=whole.file,
        profile=whole.text("profile", DEFAULT_PROFILE),
        id=site.text("site-id"),
        division=site.text("division"),
        user_class=site.text("user-class"),
        mode=site.text("access-mode"),
        department=_department(whole.part("department")),
        areas=tuple(_area(one) for one in whole.parts("areas")),
        devices=tuple(_device(one) for one in whole.parts("devices")),
        uplinks=tuple(_uplink(one) for one in whole.parts("site-network-accesses")),
        lans=tuple(_lan(one) for one in whole.parts("lans")),
        routing=_routing(whole.part("routing")),
        vpns=tuple(_vpn(one) for one in whole.parts("vpns")),
        nat=_nat(whole.part("nat")),
        flows=tuple(_flow(one) for one in whole.parts("flows")),
        internet=_internet(whole.part("internet")),
        remote=_remote(whole.part("remote-access")),
        services=_services(whole.part("services")),
        security=_security(whole.part("security")),
        statements=tuple(_statement(one) for one in whole.parts("statements")),
    )


def _department(part: Part) -> Department:
    return Department(part.at, part.text("name"), part.text("code"), part.text("level"), part.text("abbreviation"))


def _area(part: Part) -> Area:
    return Area(part.at, part.text("area-id"), part.text("kind"), part.text("vpn-id"))


def _device(part: Part) -> DeviceClaim:
    configuration = part.part("configuration")
    return DeviceClaim(
        at=part.at,
        id=part.text("device-id"),
        role=part.text("role"),
        layer=part.number("layer", 0),
        vendor=part.text("vendor"),
        platform=part.text("platform"),
        version=part.text("version"),
        serial=part.text("serial"),
        hostname=part.text("hostname"),
        management=part.address("management"),
        file=configuration.text("file"),
        sha256=configuration.text("sha256"),
    )


def _uplink(part: Part) -> Uplink:
    bearer, connection, service = part.part("bearer"), part.part("ip-connection"), part.part("service")
    return Uplink(
        at=part.at,
        id=part.text("site-network-access-id"),
        device=part.text("device"),
        interface=part.text("interface"),
        peer=part.text("peer"),
        vpn=part.text("vpn-id"),
        carrier=bearer.text("carrier"),
        route=bearer.text("route-id"),
        ipv4=_link(connection.part("ipv4"), 4, IPV4LENGTH) if "ipv4" in connection.value else None,
        ipv6=_link(connection.part("ipv6"), 6, IPV6LENGTH) if "ipv6" in connection.value else None,
        bandwidth=service.number("bandwidth-mbps", 0),
        mtu=service.number("svc-mtu", 0),
        priority=part.number("access-priority", _PRIORITY),
        bfd=part.flag("bfd"),
    )


def _link(part: Part, family: int, longest: int) -> Link:
    length = part.number("prefix-length", 0)
    if length > longest:
        part.problems.append(problem(part.place("prefix-length"), "declaration.bound.maximum", limit=longest))
    return Link(part.at, part.address("provider-address", family), part.address("customer-address", family), length)


def _lan(part: Part) -> Lan:
    return Lan(
        at=part.at,
        id=part.text("lan-id"),
        prefix=part.prefix("prefix"),
        area=part.text("area"),
        vpn=part.text("vpn-id"),
        device=part.text("device"),
        interface=part.text("interface"),
        translated=part.flag("translated"),
        dhcp=part.flag("dhcp"),
    )


def _routing(part: Part) -> Routing:
    return Routing(
        at=part.at,
        protocol=part.text("protocol"),
        customer_as=part.maybe_number("customer-as"),
        provider_as=part.maybe_number("provider-as"),
        advertise=part.prefixed("advertise"),
        accept=part.prefixed("accept"),
        static=tuple(_static_route(one) for one in part.parts("static")),
    )


def _static_route(part: Part) -> StaticRoute:
    prefix = part.prefix("prefix")
    family = 6 if ":" in prefix else 4
    return StaticRoute(part.at, prefix, part.address("next-hop", family), part.text("vpn-id"))


def _vpn(part: Part) -> Vpn:
    return Vpn(
        at=part.at,
        id=part.text("vpn-id"),
        instance=part.text("instance"),
        rd=part.text("rd"),
        imports=part.texts("import"),
        exports=part.texts("export"),
    )


def _nat(part: Part) -> Nat:
    return Nat(
        at=part.at,
        mode=part.text("mode", _NONE),
        pools=part.prefixed("pools"),
        mappings=tuple(_mapping(one) for one in part.parts("static")),
        logged=part.flag("logged"),
    )


def _mapping(part: Part) -> StaticMapping:
    return StaticMapping(
        at=part.at,
        outside=part.address("outside"),
        inside=part.address("inside"),
        protocol=part.text("protocol", _ANY),
        port=part.number("port", 0),
        service=part.text("service"),
    )


def _flow(part: Part) -> Flow:
    return Flow(
        at=part.at,
        id=part.text("flow-id"),
        direction=part.text("direction"),
        sources=part.prefixes("source"),
        destinations=part.prefixes("destination"),
        protocol=part.text("protocol"),
        ports=part.ports("ports"),
        purpose=part.text("purpose"),
        owner=part.text("owner"),
        until=part.day("until"),
    )


def _internet(part: Part) -> Internet:
    return Internet(part.at, part.text("exit"))


def _remote(part: Part) -> RemoteAccess:
    return RemoteAccess(
        at=part.at,
        mode=part.text("mode", _NONE),
        portal=part.portal("portal"),
        portal_name=part.text("portal-name"),
        gateway=part.address("gateway"),
    )


def _services(part: Part) -> Services:
    dns, syslog = part.part("dns"), part.part("syslog")
    return Services(
        at=part.at,
        resolvers=dns.addresses("resolvers"),
        names=tuple(NamedAddress(one.at, one.text("name"), one.addresses("address")) for one in dns.parts("names")),
        ntp=part.addresses("ntp"),
        collectors=syslog.addresses("collectors"),
        retention_days=syslog.maybe_number("retention-days"),
        snmp_managers=part.part("snmp").addresses("managers"),
        management=part.part("management").prefixed("prefixes"),
        aaa=part.part("aaa").addresses("servers"),
    )


def _security(part: Part) -> Security:
    intrusion, malware, mlps = part.part("intrusion"), part.part("malware"), part.part("mlps")
    return Security(
        at=part.at,
        firewall=part.text("firewall"),
        intrusion=intrusion.text("product"),
        intrusion_signatures=intrusion.day("signatures"),
        malware=malware.text("product"),
        malware_signatures=malware.day("signatures"),
        admission=part.text("admission"),
        mlps_level=mlps.maybe_number("level"),
        mlps_filing=mlps.text("filing"),
        mlps_assessed=mlps.day("assessed"),
        cryptography_assessed=part.part("cryptography").day("assessed"),
    )


def _statement(part: Part) -> Statement:
    return Statement(
        at=part.at,
        kind=part.text("statement"),
        document=part.text("document"),
        sha256=part.text("sha256"),
        signer=part.text("signer"),
        signed=part.day("signed"),
    )
