"""The pack's rules for the reference case."""

from __future__ import annotations

from functools import cache

from conformance.standard.access import model as m
from conformance.standard.model import Text

NOTHING = Text("", "")


@cache
def reference_rules() -> m.AccessRules:
    """What the rules read of the pack."""
    segments = (
        m.Segment("59.192.0.0/10", "national"),
        m.Segment("59.240.0.0/16", "province"),
        m.Segment("59.254.0.0/16", "province"),
        m.Segment("10.64.0.0/12", "local"),
        m.Segment("172.31.0.0/16", "inner"),
        m.Segment("10.88.0.0/16", "vpn", "ga"),
        m.Segment("2001:db8::/32", "national"),
    )
    given = (
        ("59.240.10.0/24", "lan", ""),
        ("2001:db8:10::/48", "lan", ""),
        ("59.240.11.0/28", "pool", ""),
        ("59.240.12.1/32", "loopback", ""),
        ("59.254.1.0/30", "link", ""),
        ("59.254.1.4/30", "link", ""),
        ("59.254.1.8/30", "link", "ga"),
        ("2001:db8:ff:1::/127", "link", ""),
        ("2001:db8:ff:2::/127", "link", ""),
        ("10.64.20.0/24", "lan", ""),
        ("10.88.10.0/24", "vpn", "ga"),
    )
    allocations = (
        *(m.Allocation("jn-dsj-01", prefix, use, vpn) for prefix, use, vpn in given),
        m.Allocation("jn-fgw-01", "59.240.20.0/24", "lan"),
    )
    lengths = {
        "link4": (30, 31), "link6": (126, 127), "loopback4": (32,), "loopback6": (128,),
        "lan4": tuple(range(22, 31)), "lan6": (64,), "pool4": tuple(range(24, 33)),
    }  # fmt: skip
    vpns = (
        m.RegisteredVpn("ga", "ga", "64801:188", ("64801:188",), ("64801:188", "64801:1880"), ("jn-dsj-01",)),
        m.RegisteredVpn("rs", "rs", "64801:189", ("64801:189",), ("64801:189",), ("jn-dsj-01",)),
    )
    profile = m.Profile("default", {"security": {"high-risk-ports": [135, 137, 138, 139, 445, 3389]}})
    return m.AccessRules(
        addresses=m.AddressPlan(segments, allocations, lengths, ("203.0.113.10", "2001:db8:bad::10")),
        autonomous=m.AsPlan(
            {"customer": ((64512, 65534),), "provider": ((64512, 65534),)}, (m.AsPair("jn-dsj-01", 65101, 64801),)
        ),
        vpns=vpns, domains=m.DomainPlan((), (), {}, {}), classes={}, platforms={}, statements={}, probes={},
        profiles={"default": profile}, methods={}, severities={}, schema={},
    )  # fmt: skip
