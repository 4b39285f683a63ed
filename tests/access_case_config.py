"""The reference access router's configuration as a reader would hand it over, whatever the vendor."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import TypeVar

from access_case_rules import reference_rules
from access_case_site import reference_site

from conformance.judge.access import config as c
from conformance.judge.access.site import Flow
from conformance.judge.rulebook import Location

T = TypeVar("T")
FILE = "configs/ce01.cfg"
UP1, UP2, UP3 = "GigabitEthernet0/0/1", "GigabitEthernet0/0/2", "GigabitEthernet0/0/1.100"
LAN, OFFICE, LAN_GA = "GigabitEthernet0/0/3", "GigabitEthernet0/0/4", "GigabitEthernet0/0/5"
LOOPBACK = "LoopBack0"
PUBLIC_IN, PUBLIC_OUT = (LAN, OFFICE), (UP1, UP2)


def at(line: int) -> Location:
    """A line of the configuration."""
    return Location(FILE, line)


def is_set(value: T, line: int = 1) -> c.Read[T]:
    """A setting that stands in the file."""
    return c.Read(c.SET, value, at(line))


@cache
def reference_config() -> c.DeviceConfig:
    """The one device of the reference design, on a platform whose packet filters deny by default."""
    return c.DeviceConfig(
        device="ce01", platform="huawei-vrp8", hostname=is_set("JN-DSJ-CE01", 3),
        interfaces=_interfaces(),
        instances=(
            c.Instance("ga", at(10), is_set("64801:188", 11), (("64801:188", at(12)),),
                       (("64801:188", at(13)), ("64801:1880", at(14)))),
        ),
        routes=(
            c.Route("59.195.8.0/24", at(300), next_hop="59.254.1.1"),
            c.Route("59.240.11.0/28", at(301), null=True),
            c.Route("2001:db8:10::/48", at(302), null=True),
        ),
        bgp=_bgp(), prefix_lists=_prefix_lists(),
        policies=tuple(
            c.RoutePolicy(name, (c.PolicyNode(True, (f"prefix:{name}",), at(line + 1)),), at(line))
            for line, name in ((250, "OUT4"), (252, "OUT6"), (254, "OUT-GA"))
        ),
        passages=tuple(_passage(family) for family in (4, 6)) + _to_itself(),
        source_nat=(c.SourceNat(at(400), ("59.240.11.0/28",), False, PUBLIC_OUT, ("10.64.20.0/24",)),),
        mapped=(c.MappedAddress(at(401), "59.240.11.10", "10.64.20.20", "tcp", 443),),
        nat_log=is_set(True, 402),
        services=_services(), accounts=_accounts(),
        snmp=c.Snmp((("v3", at(500)),), users=(c.SnmpUser("nms", at(501), "priv", "sha256", "aes256"),)),
        ntp=tuple(c.Listed(one, at(510), True) for one in ("59.195.0.123", "59.195.0.124")),
        collectors=(c.Listed("59.195.0.51", at(512)),),
        resolvers=tuple(c.Listed(one, at(513)) for one in ("59.195.0.53", "2001:db8:195::53")),
        offered_resolvers=tuple(c.Listed(one, at(514)) for one in ("59.195.0.53", "2001:db8:195::53")),
        proposals=(
            c.Proposal("ike", "P1", at(520), ("aes256",), ("sha256",), ("19",), "2", "certificate"),
            c.Proposal("ipsec", "T1", at(525), ("aes256",), ("sha256",)),
        ),
        peers=(c.Peer("GW", at(530), "59.195.0.81", "certificate"),),
        dot1x=is_set(True, 540),
        hardening=c.Hardening(is_set(False, 550), is_set(False, 551)),
        coverage=(c.Coverage(FILE, 400, 20, 0),),
        defaults=reference_rules().platforms["huawei-vrp8"].defaults,
    )  # fmt: skip


def _interfaces() -> tuple[c.Interface, ...]:
    off = is_set(False, 40)

    def uplink(name: str, line: int, kind: str, text: str, *addresses: str) -> c.Interface:
        return c.Interface(
            name, at(line), kind, tuple(c.Address(one, at(line + 1)) for one in addresses),
            description=is_set(text, line + 2), shutdown=is_set(False), zone=is_set("untrust"), limit=is_set(1000),
            mtu=is_set(1500), ipv6=is_set(len(addresses) > 1),
            instance=is_set("ga") if name == UP3 else c.Read(), vlan=is_set(100) if name == UP3 else c.Read(),
            redirects=off, directed_broadcast=off,
        )  # fmt: skip

    def lan(name: str, line: int, *addresses: str) -> c.Interface:
        return c.Interface(
            name, at(line), "physical", tuple(c.Address(one, at(line + 1)) for one in addresses),
            shutdown=is_set(False), zone=is_set("trust"), ipv6=is_set(len(addresses) > 1),
            instance=is_set("ga") if name == LAN_GA else c.Read(), urpf=is_set("strict", line + 2),
            urpf6=is_set("strict", line + 3) if len(addresses) > 1 else c.Read(), dot1x=is_set(True, line + 4),
            dhcp=c.Read() if name == LAN_GA else is_set("server"), redirects=off, directed_broadcast=off,
        )  # fmt: skip

    return (
        uplink(UP1, 100, "physical", "TO-PE1-R-0101", "59.254.1.2/30", "2001:db8:ff:1::1/127"),
        uplink(UP2, 110, "physical", "TO-PE2-R-0202", "59.254.1.6/30", "2001:db8:ff:2::1/127"),
        uplink(UP3, 120, "subinterface", "TO-PE1-R-0101", "59.254.1.10/30"),
        lan(LAN, 130, "59.240.10.1/24", "2001:db8:10::1/64"),
        lan(OFFICE, 140, "10.64.20.1/24"),
        lan(LAN_GA, 150, "10.88.10.1/24"),
        c.Interface(
            LOOPBACK, at(160), "loopback",
            tuple(c.Address(one, at(161)) for one in ("59.240.12.1/32", "2001:db8:10:ffff::1/128")),
        ),
    )  # fmt: skip


def _session(line: int, neighbour: str, instance: str, imports: str, exports: str) -> c.Session:
    family = "ipv6" if ":" in neighbour else "ipv4"
    return c.Session(
        neighbour, at(line), instance, is_set(64801, line), is_set("reversible", line + 1), is_set(True, line + 2),
        is_set(True, line + 3), is_set(False, line),
        (c.SessionFamily(family, True, at(line + 4), is_set(f"prefix:{imports}"), is_set(f"policy:{exports}"),
                         is_set(1000)),),
    )  # fmt: skip


def _bgp() -> c.Bgp:
    return c.Bgp(
        at(200), is_set(65101, 200),
        (
            _session(201, "59.254.1.1", "", "IN4", "OUT4"),
            _session(206, "59.254.1.5", "", "IN4", "OUT4"),
            _session(211, "2001:db8:ff:1::", "", "IN6", "OUT6"),
            _session(216, "2001:db8:ff:2::", "", "IN6", "OUT6"),
            _session(221, "59.254.1.9", "ga", "IN-GA", "OUT-GA"),
        ),
        (
            c.Announced("59.240.10.0/24", "ipv4", at(230)),
            c.Announced("59.240.11.0/28", "ipv4", at(231)),
            c.Announced("59.240.12.1/32", "ipv4", at(232)),
            c.Announced("2001:db8:10::/48", "ipv6", at(233)),
            c.Announced("10.88.10.0/24", "ipv4", at(234), "ga"),
        ),
    )  # fmt: skip


def _prefix_lists() -> tuple[c.PrefixList, ...]:
    lines: tuple[tuple[str, tuple[tuple[str, int], ...]], ...] = (
        ("OUT4", (("59.240.10.0/24", 24), ("59.240.11.0/28", 28), ("59.240.12.1/32", 32))),
        ("OUT6", (("2001:db8:10::/48", 48),)),
        ("OUT-GA", (("10.88.10.0/24", 24),)),
        ("IN4", (("59.192.0.0/10", 32),)),
        ("IN6", (("2001:db8::/32", 128),)),
        ("IN-GA", (("10.88.0.0/16", 24),)),
    )
    return tuple(
        c.PrefixList(
            name, 6 if ":" in entries[0][0] else 4,
            tuple(c.PrefixEntry(True, prefix, int(prefix.split("/")[1]), most, at(261)) for prefix, most in entries),
            at(260),
        )
        for name, entries in lines
    )  # fmt: skip


def _rules(flow: Flow, family: int, line: int) -> Iterable[c.FilterRule]:
    """The rule that lets one flow pass in one family, if it has that family."""
    sources = tuple(one for one in flow.sources if (":" in one) == (family == 6))
    destinations = tuple(one for one in flow.destinations if (":" in one) == (family == 6))
    if sources and destinations:
        special = flow.id.startswith("ga-")
        inside, outside = ((LAN_GA,), (UP3,)) if special else (PUBLIC_IN, PUBLIC_OUT)
        come, go = (inside, outside) if flow.direction == "out" else (outside, inside)
        yield c.FilterRule(
            flow.id, True, at(line), flow.protocol, sources, destinations, (), flow.ports, come, go, remark=flow.purpose
        )


def _passage(family: int) -> c.Passage:
    rules = tuple(
        rule for number, flow in enumerate(reference_site().flows) for rule in _rules(flow, family, 310 + number)
    )
    return c.Passage("security-policy", family, at(310), rules, "deny", True, True, True)


def _to_itself() -> tuple[c.Passage, ...]:
    """What protects the router itself."""
    sources = ("59.195.0.0/28", "59.240.10.240/28")
    rules = (
        c.FilterRule("m1", True, at(351), "tcp", sources, (), (), ((22, 22),), remark="管理"),
        c.FilterRule("m2", True, at(352), "udp", sources, (), (), ((161, 161),), remark="网管"),
    )
    return (
        c.Passage("local4", 4, at(350), rules, "deny", True, True, True, (), (c.SELF,)),
        c.Passage("local6", 6, at(355), (), "deny", True, True, True, (), (c.SELF,)),
    )


def _services() -> tuple[c.Service, ...]:
    sources: c.Read[tuple[str, ...]] = is_set(("59.195.0.0/28", "59.240.10.240/28"), 453)
    algorithms = ("aes256-ctr", "hmac-sha2-256", "curve25519-sha256")
    off = tuple(c.Service(kind, at(460), is_set(False, 460)) for kind in ("telnet", "http", "https", "ftp", "tftp"))
    return (
        c.Service("ssh", at(450), is_set(True, 450), sources, is_set("2", 451), algorithms),
        c.Service("snmp", at(454), is_set(True, 454), sources),
        *off,
    )


def _accounts() -> c.Accounts:
    return c.Accounts(
        (c.User("wangguan01", at(470), "hash", ("ssh",)),),
        (
            c.Line("console 0", at(480), is_set(300, 481), is_set("aaa", 482)),
            c.Line("vty 0 4", at(483), is_set(300, 484), is_set("aaa", 485)),
        ),
        is_set(("tacacs", "local"), 471), is_set(5, 472), is_set(600, 473),
    )  # fmt: skip
