"""The Linux bundle: the reference design, the manifest, the daemons' files."""

from __future__ import annotations

import re

import pytest
from access_linux import (
    FILE,
    bundle,
    read,
    ruleset,
)
from access_linux_edits import (
    added,
    changed,
    passage,
    put,
)

from conformance.judge.access.config import (
    ABSENT,
    SELF,
    UNKNOWN,
)


def test_the_reference_is_read_whole() -> None:
    config = read(bundle())
    assert config.unread == ()
    assert all(one.complete and not one.unread for one in config.coverage)
    assert {one.file for one in config.coverage} >= {
        f"{FILE}/frr.conf",
        f"{FILE}/nftables.json",
        f"{FILE}/manifest.yaml",
    }


def test_interfaces_of_the_reference() -> None:
    config = read(bundle())
    held = {one.name: one for one in config.interfaces}
    assert [one.value for one in held["up1"].addresses] == ["59.254.1.2/30", "2001:db8:ff:1::1/127"]
    assert [one.value for one in held["lo"].addresses] == ["59.240.12.1/32", "2001:db8:10:ffff::1/128"]
    assert (held["lo"].kind, held["up1.100"].kind, held["up1"].kind) == ("loopback", "subinterface", "physical")
    assert (held["up1.100"].vlan.value, held["up1.100"].instance.value) == (100, "ga")
    assert (held["lan-ga"].instance.value, held["lan"].instance.state) == ("ga", ABSENT)
    assert (held["lan"].urpf.value, held["lan"].urpf6.value, held["up1"].urpf.state) == ("strict", "strict", ABSENT)
    assert [held[name].dot1x.value for name in ("lan", "office", "lan-ga", "up1")] == [True, True, True, None]
    assert (held["up1"].limit.value, held["up2"].limit.state) == (1000, ABSENT)
    assert (held["office"].dhcp.value, held["lan"].dhcp.state) == ("server", ABSENT)
    assert held["up1"].description.value == "TO-PE1-R-0101"
    assert not any(one.redirects.value or one.directed_broadcast.value for one in held.values())
    assert (config.hardening.source_route.value, config.hardening.redirects.value) == (False, False)


def test_routing_of_the_reference() -> None:
    config = read(bundle())
    assert config.bgp is not None and config.bgp.asn.value == 65101
    sessions = {(one.instance, one.neighbour): one for one in config.bgp.sessions}
    assert set(sessions) == {
        ("", "59.254.1.1"), ("", "59.254.1.5"), ("", "2001:db8:ff:1::"), ("", "2001:db8:ff:2::"), ("ga", "59.254.1.9"),
    }  # fmt: skip
    first = sessions["", "59.254.1.1"]
    assert (first.remote_as.value, first.password.value, first.bfd.value, first.ttl_security.value) == (
        64801, "masked", True, True,
    )  # fmt: skip
    assert [
        (one.family, one.active, one.imports.value, one.exports.value, one.limit.value) for one in first.families
    ] == [("ipv4", True, "prefix:IN4", "policy:OUT4", 1000)]
    assert [one.family for one in sessions["", "2001:db8:ff:1::"].families if one.active] == ["ipv6"]
    assert [one.family for one in sessions["ga", "59.254.1.9"].families if one.active] == ["ipv4"]  # without a word
    assert [(one.prefix, one.instance) for one in config.bgp.announced][-1] == ("10.88.10.0/24", "ga")
    assert [(one.prefix, one.next_hop, one.null) for one in config.routes] == [
        ("59.195.8.0/24", "59.254.1.1", False), ("59.240.11.0/28", "", True), ("2001:db8:10::/48", "", True),
    ]  # fmt: skip
    ga = config.instances[0]
    assert (ga.name, ga.rd.value, [one for one, _ in ga.imports]) == ("ga", "64801:188", ["64801:188"])
    assert [one for one, _ in ga.exports] == ["64801:188", "64801:1880"]
    out4 = next(one for one in config.prefix_lists if one.name == "OUT4")
    assert [one.prefix for one in out4.entries] == ["59.240.10.0/24", "59.240.11.0/28", "59.240.12.1/32"]  # by number


def test_a_list_and_a_policy_together_are_both() -> None:
    config = read(bundle())
    assert config.bgp is not None
    session = next(one for one in config.bgp.sessions if one.neighbour == "2001:db8:ff:2::")
    name = session.families[0].exports.value
    policy = next(one for one in config.policies if f"policy:{one.name}" == name)
    assert policy.nodes[0].matches == ("prefix:OUT6", "prefix:OUT6") and policy.nodes[0].permit


def test_filters_of_the_reference() -> None:
    config = read(bundle())
    four, six = passage(config), passage(config, family=6)
    assert (four.default, four.explicit, four.stateful, four.default_logged) == ("deny", True, True, True)
    assert SELF not in four.go_out and {"up1", "lan"} <= set(four.go_out)
    assert passage(config, "boundary self").go_out == (SELF,)
    web = four.rules[1]
    assert (web.protocol, web.ports, web.remark, web.come_in, web.go_out) == (
        "tcp", ((443, 443),), "业务", ("lan", "office"), ("up1", "up2"),
    )  # fmt: skip
    assert set(web.sources) == {"59.240.10.0/24", "10.64.20.0/24"} and web.destinations == ("59.195.0.0/24",)
    assert [one.established for one in four.rules].count(True) == 1
    assert [one.remark for one in six.rules if one.permit and not one.established] == ["业务"]
    assert web.where.file == f"{FILE}/nftables.json"
    place = re.fullmatch(r"nftables\[(\d+)\]", web.where.path)
    assert place and ruleset().objects[int(place[1])]["rule"]["comment"] == "业务" and web.where.line == 0


def test_translations_and_services_of_the_reference() -> None:
    config = read(bundle())
    assert [(one.pools, one.easy, one.sources, one.go_out) for one in config.source_nat] == [
        (("59.240.11.0/28",), False, ("10.64.20.0/24",), ("up1", "up2"))
    ]
    assert [(one.outside, one.inside, one.protocol, one.port) for one in config.mapped] == [
        ("59.240.11.10", "10.64.20.20", "tcp", 443)
    ]
    assert config.nat_log.value is True
    ssh, snmp = config.service("ssh"), config.service("snmp")
    assert ssh and ssh.enabled.value and ssh.sources.value == ("59.195.0.0/28", "59.240.10.240/28")
    assert ssh.algorithms == ("curve25519-sha256", "aes256-ctr")
    assert snmp and snmp.sources.value == ("59.195.0.0/28", "59.240.10.240/28")
    off = [config.service(kind) for kind in ("telnet", "http", "https", "ftp", "tftp", "netconf")]
    assert all(one and one.enabled.value is False for one in off)
    assert [(one.address, one.authenticated) for one in config.ntp] == [("59.195.0.123", True), ("59.195.0.124", True)]
    assert [one.address for one in config.collectors] == ["59.195.0.51"]
    assert [one.address for one in config.offered_resolvers] == ["59.195.0.53", "2001:db8:195::53"]
    assert {one.address for one in config.resolvers} == {"59.195.0.53", "2001:db8:195::53"}
    assert [(one.name, one.level, one.auth, one.priv) for one in config.snmp.users] == [
        ("nms", "priv", "sha256", "aes")
    ]


def test_accounts_and_ike_of_the_reference() -> None:
    config = read(bundle())
    accounts = config.accounts
    assert [(one.name, one.secret) for one in accounts.users] == [("wangguan01", "hash")]
    assert (accounts.schemes.value, accounts.tries.value, accounts.locked.value) == (("tacacs", "local"), 5, 600)
    assert [(one.name, one.idle.value, one.authentication.value) for one in accounts.lines] == [("shell", 300, "aaa")]
    ike, esp = config.proposals
    assert (ike.encryption, ike.integrity, ike.group, ike.version) == (("aes256",), ("sha256",), ("ecp256",), "2")
    assert (esp.kind, esp.encryption, esp.group) == ("ipsec", ("aes256gcm16",), ("ecp256",))
    assert [(one.address, one.authentication) for one in config.peers] == [("59.195.0.81", "certificate")]
    assert config.gateways == ()


# --- the manifest: what is not named is unknown


@pytest.mark.parametrize(
    "part, topics",
    [
        ("  chrony: chrony.conf\n", {"ntp"}),
        ("  nftables: nftables.json\n", {"filter", "nat"}),
        ("  addresses: addresses.json\n", {"interface", "tunnel"}),
        ("  sysctl: sysctl.txt\n", {"hardening"}),
        ("  hostapd: [lan.conf, office.conf, ga.conf]\n", {"admission"}),
        ("  pam: [faillock.conf, sshd.pam]\n", {"aaa"}),
        ("  tc: tc.json\n", {"qos"}),
        ("  ipsec: swanctl.conf\n", {"ike"}),
        ("  sshd: sshd_config\n", {"line"}),
    ],
)
def test_a_part_that_is_not_named_is_unknown(part: str, topics: set[str]) -> None:
    found = changed(put("manifest.yaml", part, ""))
    assert {one.topic for one in found.unread} >= topics
    told = changed(put("manifest.yaml", part, part.partition(":")[0] + ": nothing.txt\n"))
    assert {one.topic for one in told.unread} >= topics and any(not one.complete for one in told.coverage)


def test_what_is_not_installed_is_off() -> None:
    texts = bundle()
    texts["manifest.yaml"] = (
        texts["manifest.yaml"].replace("  snmpd: snmpd.conf\n", "").replace("[telnet", "[snmpd, telnet")
    )
    texts["listening.txt"] = "tcp LISTEN 0 128 0.0.0.0:22 0.0.0.0:*\n"
    del texts["snmpd.conf"]
    config = read(texts)
    snmp = config.service("snmp")
    assert snmp and snmp.enabled.value is False and config.unread == ()


def test_without_the_list_of_listeners_other_services_are_unknown() -> None:
    texts = bundle()
    texts["manifest.yaml"] = texts["manifest.yaml"].replace("  listening: listening.txt\n", "")
    texts["manifest.yaml"] = re.sub(r"none:.*\n", "none: [ftp]\n", texts["manifest.yaml"])
    del texts["listening.txt"]
    config = read(texts)
    assert config.service("telnet") is None and "remote" in {one.topic for one in config.unread}


@pytest.mark.parametrize(
    "text",
    ["", "[]", "files: x\n", "{{{", "files: {frr: [[frr.conf]]}\n", "files: {router: frr.conf}\n", "none: [kernel]\n",
     "? [a]\n: b\n", "[" * 50_000, "a: &a [*a]\n", "x" * 70_000],
)  # fmt: skip
def test_a_strange_manifest_leaves_everything_unknown(text: str) -> None:
    texts = {**bundle(), "manifest.yaml": text}
    config = read(texts)
    assert {"filter", "bgp", "ntp", "snmp", "interface"} <= {one.topic for one in config.unread}
    assert config.passages == () and config.bgp is None


def test_without_sysctl_no_source_check_is_known() -> None:
    texts = bundle()
    texts["manifest.yaml"] = texts["manifest.yaml"].replace("  sysctl: sysctl.txt\n", "")
    up1 = read(texts).interface("up1")
    assert up1 and up1.urpf.state == UNKNOWN


# --- other files


@pytest.mark.parametrize(
    "line",
    ["*.* @@59.195.0.51", "*.* @@(o)59.195.0.51:6514", '*.* action(type="omfwd" target="59.195.0.51")',
     'action(type="omfwd"\n  target="59.195.0.51"\n  port="514")'],
)  # fmt: skip
def test_collectors_in_every_spelling(line: str) -> None:
    config = changed(put("rsyslog.conf", "*.* @59.195.0.51:514", line))
    assert [one.address for one in config.collectors] == ["59.195.0.51"] and config.unread == ()


@pytest.mark.parametrize(
    "file, line, topic",
    [
        ("rsyslog.conf", "$IncludeConfig /etc/rsyslog.d/*.conf", "syslog"),
        ("chrony.conf", "confdir /etc/chrony", "ntp"),
        ("rsyslog.conf", 'if $programname == "x" then @198.51.100.1', "syslog"),
        ("sshd_config", "Include /x", "line"),
        ("snmpd.conf", "includeDir /x", "snmp"),
        ("dnsmasq.conf", "conf-dir=/x", "dhcp"),
        ("sshd.pam", "@include y", "aaa"),
        ("swanctl.conf", "include conf.d/*", "ike"),
        ("accounts.txt", "broken", "aaa"),
        ("listening.txt", "?", "line"),
        ("frr.conf", "ip route 10.0.0.0/8", "route"),
        ("frr.conf", "pbr-map X seq 1", "route"),
        ("swanctl.conf", "connections { x { children { } } }", "ike"),
    ],
)
def test_what_is_elsewhere_or_not_understood_is_unread(file: str, line: str, topic: str) -> None:
    config = changed(added(file, line + "\n"))
    assert topic in {one.topic for one in config.unread}
    assert f"{FILE}/{file}" in {one.where.file for one in config.unread}


@pytest.mark.parametrize(
    "words, route",
    [
        ("10.9.0.0/16 59.254.1.1 200", ("59.254.1.1", "", "", "")),
        ("10.9.0.0/16 up1", ("", "up1", "", "")),
        ("10.9.0.0/16 59.254.1.9 vrf ga", ("59.254.1.9", "", "ga", "")),
        ("10.9.0.0/16 59.254.1.1 vrf ga nexthop-vrf default", ("59.254.1.1", "", "ga", "public")),
        ("10.9.0.0/16 59.254.1.9 up1.100 nexthop-vrf ga", ("59.254.1.9", "up1.100", "", "ga")),
    ],
)
def test_static_routes_between_instances(words: str, route: tuple[str, str, str, str]) -> None:
    config = changed(put("frr.conf", "ip route 59.195.8.0", f"ip route {words}\nip route 59.195.8.0"))
    one = config.routes[0]
    assert (one.next_hop, one.interface, one.instance, one.into) == route


def test_silence_of_interior_protocols() -> None:
    stanza = (
        "router ospf\n network 59.240.10.0/24 area 0\n passive-interface default\n no passive-interface up1\nexit\n"
    )
    (igp,) = changed(added("frr.conf", stanza)).igps
    assert igp.all_silent and igp.spoken == ("up1",) and igp.networks[0][0] == "59.240.10.0/24"
    quiet = "interface lan\n ip ospf area 0\n ip ospf passive\nexit\nrouter ospf\nexit\n"
    assert changed(added("frr.conf", quiet)).igps[0].silent == ("lan",)
