"""The Comware reader: the reference design of docs/access.md, whole."""

from __future__ import annotations

from comware_reading import FILE, device, line
from comware_reference import TEXT

from conformance.judge.access.config import ABSENT, SELF, DeviceConfig, FilterRule, MappedAddress
from conformance.judge.rulebook import Location

LAN, OFFICE = "GigabitEthernet1/0/3", "GigabitEthernet1/0/4"
UP1, UP2 = "GigabitEthernet1/0/1", "GigabitEthernet1/0/2"


def rule(config: DeviceConfig, id_: str) -> FilterRule:
    return next(one for one in config.passages[0].rules if one.id == id_)


# The reference design.

REFERENCE = device(TEXT)


def test_the_reference_is_read_whole() -> None:
    assert not REFERENCE.unread
    assert REFERENCE.coverage[0].complete
    assert REFERENCE.hostname.known() == "JN-DSJ-CE01"
    assert REFERENCE.hostname.where == Location(FILE, line(TEXT, " sysname"))


def test_interfaces_of_the_reference() -> None:
    seen = {
        one.name: (one.kind, tuple(address.value for address in one.addresses), one.instance.known(""))
        for one in REFERENCE.interfaces
        if one.addresses
    }
    assert seen == {
        "LoopBack0": ("loopback", ("59.240.12.1/32", "2001:db8:10:ffff::1/128"), ""),
        UP1: ("physical", ("59.254.1.2/30", "2001:db8:ff:1::1/127"), ""),
        "GigabitEthernet1/0/1.100": ("subinterface", ("59.254.1.10/30",), "ga"),
        UP2: ("physical", ("59.254.1.6/30", "2001:db8:ff:2::1/127"), ""),
        LAN: ("physical", ("59.240.10.1/24", "2001:db8:10::1/64"), ""),
        OFFICE: ("physical", ("10.64.20.1/24",), ""),
        "GigabitEthernet1/0/5": ("physical", ("10.88.10.1/24",), "ga"),
    }
    lan = REFERENCE.interface(LAN)
    assert lan is not None
    assert (lan.urpf.known(), lan.urpf6.known(), lan.dot1x.known(), lan.zone.known()) == (
        "strict",
        "strict",
        True,
        "Trust",
    )
    up = REFERENCE.interface("GigabitEthernet1/0/1.100")
    assert up is not None
    assert (up.vlan.known(), up.limit.known(), up.ipv6.state) == (100, 1000, ABSENT)


def test_routing_of_the_reference() -> None:
    (ga,) = REFERENCE.instances
    assert (ga.name, ga.rd.known()) == ("ga", "64801:188")
    assert [target for target, _ in ga.imports] == ["64801:188"]
    assert [target for target, _ in ga.exports] == ["64801:188", "64801:1880"]
    assert REFERENCE.bgp is not None
    assert REFERENCE.bgp.asn.known() == 65101
    seen = {
        (one.instance, one.neighbour): (
            one.remote_as.known(),
            one.password.known(),
            one.ttl_security.known(),
            [(run.family, run.active, run.imports.known(), run.exports.known()) for run in one.families],
        )
        for one in REFERENCE.bgp.sessions
    }
    ipv4, ipv6 = ("ipv4", True, "prefix:IN4", "prefix:OUT4"), ("ipv6", True, "prefix:IN6", "prefix:OUT6")
    assert seen == {
        ("", "59.254.1.1"): (64801, "reversible", True, [ipv4]),
        ("", "59.254.1.5"): (64801, "reversible", True, [ipv4]),
        ("", "2001:db8:ff:1::"): (64801, "reversible", True, [ipv6]),
        ("", "2001:db8:ff:2::"): (64801, "reversible", True, [ipv6]),
        ("ga", "59.254.1.9"): (64801, "reversible", True, [("ipv4", True, "prefix:INGA", "prefix:OUTGA")]),
    }
    assert [(one.instance, one.prefix) for one in REFERENCE.bgp.announced] == [
        ("", "59.240.10.0/24"),
        ("", "59.240.11.0/28"),
        ("", "59.240.12.1/32"),
        ("", "2001:db8:10::/48"),
        ("ga", "10.88.10.0/24"),
    ]
    assert [(one.prefix, one.next_hop, one.null) for one in REFERENCE.routes] == [
        ("59.195.8.0/24", "59.254.1.1", False),
        ("59.240.11.0/28", "", True),
        ("2001:db8:10::/48", "", True),
    ]
    exported = next(one for one in REFERENCE.prefix_lists if one.name == "OUT4")
    assert [(one.permit, one.prefix, one.least, one.most) for one in exported.entries] == [
        (True, "59.240.10.0/24", 24, 24),
        (True, "59.240.11.0/28", 28, 28),
        (True, "59.240.12.1/32", 32, 32),
    ]


def test_filters_of_the_reference() -> None:
    four, six = REFERENCE.passages
    assert (four.family, four.default, four.stateful, four.explicit, four.come_in) == (4, "deny", True, False, ())
    assert [one.id for one in four.rules] == [
        "0",
        "1",
        "1",
        "2",
        "3",
        "4",
        "5",
        "6",
        "7",
        "8",
        "9",
        "9",
        "10",
        "10",
        "11",
        "100",
    ]
    assert rule(REFERENCE, "0") == FilterRule(
        "0",
        True,
        Location(FILE, line(TEXT, " rule 0 name web")),
        "tcp",
        ("59.240.10.0/24", "10.64.20.0/24"),
        ("59.195.0.0/24",),
        ports=((443, 443),),
        come_in=(LAN, OFFICE),
        go_out=(UP1, UP2),
        remark="business systems",
        until="2027-12-31",
    )
    assert rule(REFERENCE, "9").go_out == (SELF,)
    assert rule(REFERENCE, "11").come_in == (SELF,)
    assert rule(REFERENCE, "8").come_in == ("GigabitEthernet1/0/5",)
    last = four.rules[-1]
    assert (last.permit, last.logged, last.sources, last.come_in) == (False, True, (), ())
    assert (six.family, [one.id for one in six.rules]) == (6, ["0", "1", "2", "100"])
    assert six.rules[0].destinations == ("2001:db8:195::/64",)


def test_nat_of_the_reference() -> None:
    assert [(one.pools, one.easy, one.go_out, one.sources) for one in REFERENCE.source_nat] == [
        (("59.240.11.0-59.240.11.15",), False, (UP1,), ("10.64.20.0/24",)),
        (("59.240.11.0-59.240.11.15",), False, (UP2,), ("10.64.20.0/24",)),
    ]
    where = Location(FILE, line(TEXT, " nat server"))
    assert REFERENCE.mapped == (MappedAddress(where, "59.240.11.10", "10.64.20.20", "tcp", 443),)
    assert REFERENCE.nat_log.known() is True


def test_management_of_the_reference() -> None:
    managers = ("59.195.0.0/28", "59.240.10.240/28")
    seen = {one.kind: (one.enabled.known(), one.sources.known(())) for one in REFERENCE.services}
    assert seen == {
        "telnet": (False, ()),
        "snmp": (True, managers),
        "ssh": (True, managers),
        "http": (False, ()),
        "https": (False, ()),
    }
    ssh = REFERENCE.service("ssh")
    assert ssh is not None
    assert (ssh.version.known(), "aes256-gcm" in ssh.algorithms) == ("2", True)
    accounts = REFERENCE.accounts
    assert [(one.name, one.secret, one.services) for one in accounts.users] == [
        ("wangguan", "hash", ("ssh", "terminal"))
    ]
    assert [(one.name, one.idle.known(), one.authentication.known()) for one in accounts.lines] == [
        ("con 0", 300, "aaa"),
        ("vty 0 63", 300, "aaa"),
    ]
    assert (accounts.schemes.known(), accounts.tries.known(), accounts.locked.known()) == (("tacacs", "local"), 5, 600)
    assert [version for version, _ in REFERENCE.snmp.versions] == ["v3"]
    assert [(one.name, one.level, one.auth, one.priv) for one in REFERENCE.snmp.users] == [
        ("watch", "priv", "sha256", "aes256")
    ]
    assert [(one.address, one.authenticated) for one in REFERENCE.ntp] == [
        ("59.195.0.123", True),
        ("59.195.0.124", True),
    ]
    assert [one.address for one in REFERENCE.collectors] == ["59.195.0.51"]
    assert [one.address for one in REFERENCE.resolvers] == ["59.195.0.53", "2001:db8:195::53"]
    assert {one.address for one in REFERENCE.offered_resolvers} == {"59.195.0.53", "2001:db8:195::53"}
    assert REFERENCE.dot1x.known() is True
