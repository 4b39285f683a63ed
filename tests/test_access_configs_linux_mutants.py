"""The forty mutants of the Linux bundle, one edit each, seen in the model; near misses stay as the reference."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from access_linux import (
    ACCEPT,
    bundle,
    header,
    interface,
    limit,
    read,
    some,
    state,
)
from access_linux_edits import (
    Edit,
    active,
    added,
    announced,
    changed,
    fourth,
    held,
    last_user,
    listed,
    more,
    nft,
    one_address,
    passage,
    put,
    redistributed,
    remarks,
    service,
    session,
    without,
)

from conformance.judge.access.config import (
    ABSENT,
    DeviceConfig,
)

MUTANTS: dict[str, tuple[Edit, Callable[[DeviceConfig], object]]] = {
    "C01 inner route": (
        put("frr.conf", "ip route 59.195.8.0", "ip route 172.31.5.0/24 59.254.1.1\nip route 59.195.8.0"),
        lambda c: c.routes[0].prefix == "172.31.5.0/24",
    ),
    "C02 6to4 tunnel": (
        listed(lambda held: held.append(interface("tun6to4", "", ("2002:3bf0::1/16",), link_type="sit"))),
        lambda c: (held(c, "tun6to4").tunnel.value, held(c, "tun6to4").kind) == ("6to4", "tunnel"),
    ),
    "C02 isatap tunnel": (
        listed(lambda held: held.append(interface("isatap0", "", (), link_type="sit"))),
        lambda c: held(c, "isatap0").tunnel.value == "isatap",
    ),
    "C03 default route": (
        put("frr.conf", "ip route 59.195.8.0/24", "ip route 0.0.0.0/0"),
        lambda c: c.routes[0].prefix == "0.0.0.0/0",
    ),
    "C03 default originated": (
        put("frr.conf", "  neighbor PE activate", "  neighbor PE activate\n  neighbor PE default-originate"),
        lambda c: "0.0.0.0/0" in announced(c),
    ),
    "C04 dialled": (
        listed(lambda held: held.append(interface("ppp0", "", ("203.0.113.9/32",), link_type="ppp"))),
        lambda c: held(c, "ppp0").dials.value == "ppp",
    ),
    "C04 cellular": (
        listed(lambda held: held.append(interface("wwan0", "", (), link_type="none"))),
        lambda c: held(c, "wwan0").dials.value == "cellular",
    ),
    "C05 foreign target": (
        put("frr.conf", "rt vpn import 64801:188", "rt vpn import 64801:188 64801:999"),
        lambda c: [one for one, _ in c.instances[0].imports] == ["64801:188", "64801:999"],
    ),
    "C05 import of an instance": (
        put("frr.conf", "  network 59.240.10.0/24", "  import vrf ga\n  network 59.240.10.0/24"),
        lambda c: [[t for t, _ in one.imports] for one in c.instances if not one.name] == [["64801:188", "64801:1880"]],
    ),
    "C06 announced": (
        put("frr.conf", "  network 59.240.11.0/28", "  network 192.168.1.0/24"),
        lambda c: "192.168.1.0/24" in announced(c),
    ),
    "C07 length": (
        listed(one_address("up1", "59.254.1.2/24")),
        lambda c: held(c, "up1").addresses[0].value == "59.254.1.2/24",
    ),
    "C08 local": (
        put("frr.conf", "  network 59.240.11.0/28", "  network 10.64.20.0/24"),
        lambda c: "10.64.20.0/24" in announced(c),
    ),
    "C09 secondary": (
        listed(one_address("lan", "59.240.10.1/24 59.240.99.1/24")),
        lambda c: [one.secondary for one in held(c, "lan").addresses] == [False, True],
    ),
    "C10 sources unchecked": (
        nft(lambda rule: rule["chain"] != "sources" or "snat" in str(rule)),
        lambda c: held(c, "lan").urpf.state == held(c, "lan").urpf6.state == ABSENT,
    ),
    "C11 extra neighbour": (
        put("frr.conf", " neighbor PE bfd", " neighbor PE bfd\n neighbor 59.254.9.9 remote-as 64999"),
        lambda c: session(c, "59.254.9.9").remote_as.value == 64999,
    ),
    "C12 redistribution": (
        put("frr.conf", "  network 59.240.10.0/24", "  redistribute connected\n  network 59.240.10.0/24"),
        lambda c: redistributed(c) == [("direct", ABSENT)],
    ),
    "C13 no import filter": (
        put("frr.conf", "  neighbor PE prefix-list IN4 in\n", ""),
        lambda c: session(c, "59.254.1.1").families[0].imports.state == ABSENT,
    ),
    "C14 no password": (
        put("frr.conf", " neighbor PE password ******\n", ""),
        lambda c: session(c, "59.254.1.1").password.state == ABSENT,
    ),
    "C14 plain password": (
        put("frr.conf", " neighbor PE password ******", " neighbor PE password geheim-1"),
        lambda c: session(c, "59.254.1.1").password.value == "plain",
    ),
    "C15 OSPF on the LAN": (
        put("frr.conf", "!\nvrf ga\n", "interface lan\n ip ospf area 0\nexit\n!\nrouter ospf\nexit\n!\nvrf ga\n"),
        lambda c: [(one.protocol, [n for n, _ in one.interfaces]) for one in c.igps] == [("ospf", ["lan"])],
    ),
    "C16 IPv4 activated": (
        put("frr.conf", "  neighbor PE activate", "  neighbor PE activate\n  neighbor 2001:db8:ff:1:: activate"),
        lambda c: active(c, "2001:db8:ff:1::") == ["ipv4", "ipv6"],
    ),
    "C16 IPv4 without a word": (
        put("frr.conf", " no bgp default ipv4-unicast\n", ""),
        lambda c: active(c, "2001:db8:ff:1::") == ["ipv4", "ipv6"],
    ),
    "C17 distinguisher": (
        put("frr.conf", "export 64801:188\n", "export 64801:200\n"),
        lambda c: c.instances[0].rd.value == "64801:200",
    ),
    "C18 wrong instance": (
        listed(lambda held: [one.pop("master", None) for one in held if one["ifname"] == "lan-ga"]),
        lambda c: held(c, "lan-ga").instance.state == ABSENT,
    ),
    "C19 pool": (
        put("nftables.json", '"addr": "59.240.11.0", "len": 28}}}', '"addr": "198.51.100.0", "len": 28}}}'),
        lambda c: c.source_nat[0].pools == ("198.51.100.0/28",),
    ),
    "C20 mapping": (
        more(
            "mapped",
            header("ip", "daddr", "59.240.11.11"),
            header("tcp", "dport", some(22, 3389)),
            {"dnat": {"addr": "10.64.20.21"}},
            table="nat",
        ),
        lambda c: [(one.outside, one.port) for one in c.mapped][:2] == [("59.240.11.11", 22), ("59.240.11.11", 3389)],
    ),
    "C21 log off": (
        nft(lambda rule: rule.update(expr=[one for one in rule["expr"] if "log" not in one]) is None),
        lambda c: c.nat_log.value is False,
    ),
    "C22 default permit": (
        put("nftables.json", '"forward", "prio": 0, "policy": "drop"', '"forward", "prio": 0, "policy": "accept"'),
        lambda c: passage(c).default == "permit",
    ),
    "C22 not logged": (without("log", "forward"), lambda c: not passage(c).default_logged),
    "C23 mask shorter": (
        put("nftables.json", '"addr": "59.195.0.0", "len": 24}', '"addr": "59.194.0.0", "len": 15}'),
        lambda c: passage(c).rules[1].destinations == ("59.194.0.0/15",),
    ),
    "C24 UDP 53 to any": (
        more("forward", header("udp", "dport", 53), ACCEPT),
        lambda c: (fourth(c).protocol, fourth(c).destinations, fourth(c).ports) == ("udp", (), ((53, 53),)),
    ),
    "C25 no remark": (put("nftables.json", ', "comment": "\\u57df\\u540d"', ""), lambda c: "" in remarks(c)),
    "C26 802.1X off": (
        put("office.conf", "ieee8021x=1", "ieee8021x=0"),
        lambda c: held(c, "office").dot1x.value is False and c.dot1x.value is True,
    ),
    "C27 redirects": (
        put("sysctl.txt", "conf.lan.send_redirects = 0", "conf.lan.send_redirects = 1"),
        lambda c: held(c, "lan").redirects.value is True,
    ),
    "C27 source routes": (
        put("sysctl.txt", "conf.all.accept_source_route = 0", "conf.all.accept_source_route = 1"),
        lambda c: c.hardening.source_route.value is True,
    ),
    "C28 L2TP": (
        added("listening.txt", "udp UNCONN 0 0 0.0.0.0:1701 0.0.0.0:*\n"),
        lambda c: [one.kind for one in c.gateways] == ["l2tp"],
    ),
    "C28 dial-in": (
        put("swanctl.conf", "version = 2", "version = 2\n    pools = road"),
        lambda c: [one.kind for one in c.gateways] == ["ipsec-dialin"],
    ),
    "C29 shared key": (
        put("swanctl.conf", "local { auth = pubkey }", "local { auth = psk }"),
        lambda c: c.peers[0].authentication == "psk",
    ),
    "C30 one source": (put("chrony.conf", "server 59.195.0.124 iburst nts\n", ""), lambda c: len(c.ntp) == 1),
    "C30 Internet source": (
        put("chrony.conf", "59.195.0.124", "ntp.example.net"),
        lambda c: c.ntp[1].address == "ntp.example.net",
    ),
    "C31 community": (
        added("snmpd.conf", "rocommunity public 59.195.0.14\n"),
        lambda c: len(c.snmp.default_names) == 1 and {"v1", "v2c", "v3"} == {one for one, _ in c.snmp.versions},
    ),
    "C32 anybody": (
        more("self", header("tcp", "dport", 22), ACCEPT),
        lambda c: service(c, "ssh").sources.state == ABSENT,
    ),
    "C33 Telnet": (
        added("listening.txt", "tcp LISTEN 0 5 [::]:23 [::]:*\n"),
        lambda c: service(c, "telnet").enabled.value is True,
    ),
    "C34 no collector": (put("rsyslog.conf", "*.* @59.195.0.51:514\n", ""), lambda c: c.collectors == ()),
    "C35 account": (added("accounts.txt", "admin:/bin/sh:plain\n"), lambda c: last_user(c) == ("admin", "plain")),
    "C35 no time-out": (
        put("profile", "readonly TMOUT=300", "umask 027"),
        lambda c: c.accounts.lines[0].idle.state == ABSENT,
    ),
    "C35 no lock-out": (
        put("sshd.pam", "auth required pam_faillock.so preauth\n", ""),
        lambda c: c.accounts.tries.state == ABSENT,
    ),
    "C36 no IPv6": (
        added("sysctl.txt", "net.ipv6.conf.up1.disable_ipv6 = 1\n"),
        lambda c: held(c, "up1").ipv6.value is False,
    ),
    "C37 no IPv6 filter": (
        put("nftables.json", '"inet"', '"ip"'),
        lambda c: [one.family for one in c.passages] == [4, 4],
    ),
    "C38 name": (put("hostname", "JN-DSJ-CE01", "router"), lambda c: c.hostname.value == "router"),
    "C38 description": (put("frr.conf", "TO-PE2-R-0202", "up"), lambda c: held(c, "up2").description.value == "up"),
    "C39 cut short": (
        lambda texts: texts.update({"nftables.json": texts["nftables.json"][:-900]}),
        lambda c: any(not one.complete for one in c.coverage) and {"filter", "nat"} <= {one.topic for one in c.unread},
    ),
    "C39 unknown stanza": (
        added("frr.conf", "router eigrp 7\n network 10.0.0.0/8\n"),
        lambda c: "igp" in {one.topic for one in c.unread},
    ),
    "C40 limit": (
        lambda texts: texts.update({"tc.json": json.dumps([limit("up1", 2_500_000)])}),
        lambda c: held(c, "up1").limit.value == 20,
    ),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_each_mutant_is_visible(name: str) -> None:
    edit, seen = MUTANTS[name]
    assert not seen(read(bundle())), "the reference shows it already"
    assert seen(changed(edit))


NEAR: dict[str, Edit] = {
    "comments": added("frr.conf", "! ip route 0.0.0.0/0 59.254.1.1\n"),
    "an interface twice": added("frr.conf", "interface up1\n description TO-PE1-R-0101\nexit\n"),
    "a card that is down": listed(lambda held: held.append(interface("wan0", "", (), flags=["BROADCAST"]))),
    "the kernel's own tunnel": listed(
        lambda held: held.append(interface("sit0", "", (), link_type="sit", flags=["NOARP"]))
    ),
    "a chain that decides nothing": more("sources", {"mangle": {"key": {"meta": {"key": "mark"}}, "value": 1}}),
    "a counter": more("forward", state("established"), {"counter": {"packets": 1, "bytes": 2}}, ACCEPT),
    "settings in a match": added("sshd_config", "Match User x\n Ciphers 3des-cbc\n"),
}


@pytest.mark.parametrize("name", NEAR)
def test_near_misses_stay_as_the_reference(name: str) -> None:
    before, after = read(bundle()), changed(NEAR[name])
    assert after.unread == ()
    assert [(one.prefix, one.next_hop) for one in after.routes] == [(one.prefix, one.next_hop) for one in before.routes]
    assert not [one for one in after.interfaces if one.tunnel.value or one.dials.value]
    assert after.service("ssh") == before.service("ssh") and after.policies == before.policies
    assert [(one.default, one.stateful) for one in after.passages] == [
        (one.default, one.stateful) for one in before.passages
    ]
