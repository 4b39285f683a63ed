"""One edit of the reference for each mutant of facts 7.2, and where the model shows it."""

from __future__ import annotations

from collections.abc import Callable

from comware_reference import TEXT

from conformance.judge.access.config import ABSENT, SET, DeviceConfig, FilterRule, RemoteGateway

LAN, OFFICE = "GigabitEthernet1/0/3", "GigabitEthernet1/0/4"
UP1 = "GigabitEthernet1/0/1"


def rule(config: DeviceConfig, id_: str) -> FilterRule:
    return next(one for one in config.passages[0].rules if one.id == id_)


def edited(*edits: tuple[str, str]) -> str:
    text = TEXT
    for old, new in edits:
        assert text.count(old) >= 1, old
        text = text.replace(old, new)
    return text


def added(lines: str) -> tuple[str, str]:
    return (" ntp-service enable\n", f"{lines}#\n ntp-service enable\n")


def on(interface: str, lines: str) -> tuple[str, str]:
    return (f"#\ninterface {interface}\n", f"#\ninterface {interface}\n{lines}")


def _session(config: DeviceConfig, neighbour: str) -> object:
    assert config.bgp is not None
    return next((one for one in config.bgp.sessions if one.neighbour == neighbour), None)


def _held(config: DeviceConfig, name: str) -> object:
    found = config.interface(name)
    assert found is not None
    return found


See = Callable[[DeviceConfig], object]
MUTANTS: dict[str, tuple[tuple[tuple[str, str], ...], See, object]] = {
    "C01 route to the inner network": (
        (added(" ip route-static 172.31.0.0 16 59.254.1.1\n"),),
        lambda c: "172.31.0.0/16" in [one.prefix for one in c.routes],
        True,
    ),
    "C02 6to4": (
        (added("interface Tunnel0 mode ipv6-ipv4 6to4\n source 59.254.1.2\n"),),
        lambda c: [one.tunnel.known() for one in c.interfaces if one.kind == "tunnel"],
        ["6to4"],
    ),
    "C02 ISATAP": (
        (added("interface Tunnel0\n tunnel-protocol ipv6-ipv4 isatap\n"),),
        lambda c: [one.tunnel.known() for one in c.interfaces if one.kind == "tunnel"],
        ["isatap"],
    ),
    "C03 default route": (
        (added(" ip route-static 0.0.0.0 0.0.0.0 59.254.1.1\n"),),
        lambda c: "0.0.0.0/0" in [one.prefix for one in c.routes],
        True,
    ),
    "C04 PPPoE": (
        (on("GigabitEthernet1/0/6", " pppoe-client dial-bundle-number 1\n"),),
        lambda c: [one.dials.known() for one in c.interfaces if one.dials.state == SET],
        ["pppoe"],
    ),
    "C04 cellular": (
        (added("interface Cellular0/0\n dialer circular enable\n"),),
        lambda c: [one.dials.known() for one in c.interfaces if one.dials.state == SET],
        ["cellular"],
    ),
    "C05 foreign target": (
        ((" vpn-target 64801:188 import", " vpn-target 64801:188 64801:199 import"),),
        lambda c: [one for one, _ in c.instances[0].imports],
        ["64801:188", "64801:199"],
    ),
    "C06 private LAN announced": (
        (("  network 59.240.10.0 255.255.255.0\n", "  network 192.168.1.0 255.255.255.0\n"),),
        lambda c: "192.168.1.0/24" in [one.prefix for one in c.bgp.announced],  # type: ignore[union-attr]
        True,
    ),
    "C07 wide link": (
        ((" ip address 59.254.1.2 255.255.255.252", " ip address 59.254.1.2 255.255.255.0"),),
        lambda c: _held(c, UP1).addresses[0].value,  # type: ignore[attr-defined]
        "59.254.1.2/24",
    ),
    "C08 local address announced": (
        (("  network 59.240.12.1 255.255.255.255\n", "  network 10.64.20.0 24\n"),),
        lambda c: "10.64.20.0/24" in [one.prefix for one in c.bgp.announced],  # type: ignore[union-attr]
        True,
    ),
    "C09 secondary address": (
        (on(LAN, " ip address 59.240.13.1 255.255.255.0 sub\n"),),
        lambda c: [one.value for one in _held(c, LAN).addresses if one.secondary],  # type: ignore[attr-defined]
        ["59.240.13.1/24"],
    ),
    "C10 no source check": (
        ((" description LAN\n ip address 59.240.10.1 255.255.255.0\n ip urpf strict\n", " description LAN\n"),),
        lambda c: _held(c, LAN).urpf.state,  # type: ignore[attr-defined]
        ABSENT,
    ),
    "C11 extra neighbour": (
        ((" router-id 59.240.12.1\n", " router-id 59.240.12.1\n peer 59.254.9.9 as-number 65000\n"),),
        lambda c: _session(c, "59.254.9.9") is not None,
        True,
    ),
    "C12 import-route direct": (
        (("  network 59.240.10.0 255.255.255.0\n", "  network 59.240.10.0 255.255.255.0\n  import-route direct\n"),),
        lambda c: [(one.protocol, one.policy.state) for one in c.bgp.redistributed],  # type: ignore[union-attr]
        [("direct", ABSENT)],
    ),
    "C13 no inbound filter": (
        (("  peer 59.254.1.1 prefix-list IN4 import\n", ""),),
        lambda c: _session(c, "59.254.1.1").families[0].imports.state,  # type: ignore[attr-defined]
        ABSENT,
    ),
    "C14 no password": (
        ((" peer 59.254.1.1 password cipher $c$3$MDEyMzQ1Njc4OWFiY2RlZg==\n", ""),),
        lambda c: _session(c, "59.254.1.1").password.state,  # type: ignore[attr-defined]
        ABSENT,
    ),
    "C15 OSPF on the LAN": (
        (added("ospf 1\n area 0.0.0.0\n  network 59.240.10.0 0.0.0.255\n"),),
        lambda c: [(one.protocol, [net for net, _ in one.networks], one.silent) for one in c.igps],
        [("ospf", ["59.240.10.0/24"], ())],
    ),
    "C16 IPv4 over the IPv6 session": (
        (("  peer 59.254.1.5 enable\n", "  peer 59.254.1.5 enable\n  peer 2001:db8:ff:1:: enable\n"),),
        lambda c: sorted(one.family for one in _session(c, "2001:db8:ff:1::").families if one.active),  # type: ignore[attr-defined]
        ["ipv4", "ipv6"],
    ),
    "C17 another RD": (
        ((" route-distinguisher 64801:188\n", " route-distinguisher 64801:199\n"),),
        lambda c: c.instances[0].rd.known(),
        "64801:199",
    ),
    "C18 wrong instance": (
        ((" description LAN-GA\n ip binding vpn-instance ga\n", " description LAN-GA\n"),),
        lambda c: _held(c, "GigabitEthernet1/0/5").instance.state,  # type: ignore[attr-defined]
        ABSENT,
    ),
    "C19 pool outside the plan": (
        ((" address 59.240.11.0 59.240.11.15\n", " address 203.0.113.0 203.0.113.15\n"),),
        lambda c: c.source_nat[0].pools,
        ("203.0.113.0-203.0.113.15",),
    ),
    "C20 extra mapping": (
        (on(UP1, " nat server protocol tcp global 59.240.11.10 3389 inside 10.64.20.20 3389\n"),),
        lambda c: sorted(one.port for one in c.mapped),
        [443, 3389],
    ),
    "C21 no NAT log": (((" nat log enable\n", ""),), lambda c: c.nat_log.known(), False),
    "C22 no final deny": (
        ((" rule 100 name last\n  action drop\n  logging enable\n", ""),),
        lambda c: c.passages[0].rules[-1].permit,
        True,
    ),
    "C23 destination one bit shorter": (
        (("  destination-ip-subnet 10.88.0.0 255.255.0.0\n", "  destination-ip-subnet 10.88.0.0 255.254.0.0\n"),),
        lambda c: rule(c, "8").destinations,
        ("10.88.0.0/15",),
    ),
    "C24 UDP 53 to any": (
        (("  destination-ip-host 59.195.0.53\n", ""),),
        lambda c: rule(c, "1").destinations,
        (),
    ),
    "C25 shadowed rule": (
        (
            (
                " rule 3 name log\n",
                " rule 30 name twice\n  action pass\n  source-zone Trust\n  service ntp\n rule 3 name log\n",
            ),
        ),
        lambda c: [one.id for one in c.passages[0].rules][4],
        "30",
    ),
    "C26 802.1X off on a port": (
        ((" ip address 10.64.20.1 255.255.255.0\n ip urpf strict\n dot1x\n", " ip address 10.64.20.1 24\n"),),
        lambda c: _held(c, OFFICE).dot1x.state,  # type: ignore[attr-defined]
        ABSENT,
    ),
    "C27 redirects": ((added(" ip redirects enable\n"),), lambda c: c.hardening.redirects.known(), True),
    "C27 source routing": ((added(" ip source-route\n"),), lambda c: c.hardening.source_route.known(), True),
    "C28 L2TP": (
        (added(" l2tp enable\n"),),
        lambda c: [type(one) for one in c.gateways if one.kind == "l2tp"],
        [RemoteGateway],
    ),
    "C28 SSL VPN": (
        (added("sslvpn gateway gw\n ip address 59.254.1.2 port 443\n service enable\n"),),
        lambda c: [one.kind for one in c.gateways],
        ["sslvpn"],
    ),
    "C29 pre-shared key": (
        (added("ike keychain k\n pre-shared-key address 59.195.0.81 255.255.255.255 key cipher $c$3$eA==\n"),),
        lambda c: [(one.address, one.authentication) for one in c.peers],
        [("59.195.0.81", "psk")],
    ),
    "C30 one time source": (
        ((" ntp-service unicast-server 59.195.0.124 authentication-keyid 1\n", ""),),
        lambda c: len(c.ntp),
        1,
    ),
    "C31 community public": (
        (added(" snmp-agent community read simple public acl 2000\n snmp-agent sys-info version all\n"),),
        lambda c: (len(c.snmp.communities), len(c.snmp.default_names), [one for one, _ in c.snmp.versions]),
        (1, 1, ["v1", "v2c", "v3"]),
    ),
    "C32 SSH without ACL": (
        ((" ssh server acl 2000\n", ""), (" ssh server ipv6 acl ipv6 2001\n", "")),
        lambda c: c.service("ssh").sources.state,  # type: ignore[union-attr]
        ABSENT,
    ),
    "C32 SNMP without ACL": (
        ((" acl 2000 acl ipv6 2001\n", "\n"),),
        lambda c: c.service("snmp").sources.state,  # type: ignore[union-attr]
        ABSENT,
    ),
    "C33 Telnet after an instance": (
        ((" undo telnet server enable\n", " telnet server enable\n"),),
        lambda c: c.service("telnet").enabled.known(),  # type: ignore[union-attr]
        True,
    ),
    "C34 no collector": (((" info-center loghost 59.195.0.51\n", ""),), lambda c: c.collectors, ()),
    "C34 log switched off": ((added(" undo info-center enable\n"),), lambda c: c.collectors, ()),
    "C35 default account": (
        (added("local-user admin class manage\n password simple admin\n service-type ssh\n"),),
        lambda c: [(one.name, one.secret) for one in c.accounts.users],
        [("admin", "plain"), ("wangguan", "hash")],
    ),
    "C35 no time-out": (
        ((" idle-timeout 5 0\n", " idle-timeout 0 0\n"),),
        lambda c: c.accounts.lines[1].idle.known(),
        0,
    ),
    "C35 no lock-out": (
        (
            (
                " password-control login-attempt 5 exceed lock-time 10\n",
                " password-control login-attempt 5 exceed unlock\n",
            ),
        ),
        lambda c: c.accounts.locked.known(),
        0,
    ),
    "C36 no IPv6 on the uplink": (
        ((" ipv6 address 2001:db8:ff:1::1/127\n", ""),),
        lambda c: _held(c, UP1).ipv6.state,  # type: ignore[attr-defined]
        ABSENT,
    ),
    "C37 no IPv6 filter": (
        (("security-policy ipv6\n", "#\n"), (" rule 0 name web6", " description web6")),
        lambda c: [one.family for one in c.passages],
        [4],
    ),
    "C38 wrong name": (((" sysname JN-DSJ-CE01", " sysname router1"),), lambda c: c.hostname.known(), "router1"),
    "C40 limit below the class": (
        ((" qos lr outbound cir 1000000 cbs 62500000\n", " qos lr outbound cir 100000\n"),),
        lambda c: _held(c, UP1).limit.known(),  # type: ignore[attr-defined]
        100,
    ),
}
