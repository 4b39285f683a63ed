"""What the probes find at the reference access point: every kind of the contract, with good facts."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from functools import cache
from typing import Any

from conformance.judge.access.observed import DONE, Met, Observed, Probe
from conformance.judge.rulebook import Location

NONCE = "00112233445566778899aabbccddeeff"
FAR = "observed/far.responder.json"
CUSTOMERS = ("59.254.1.2", "59.254.1.6", "59.254.1.10", "2001:db8:ff:1::1", "2001:db8:ff:2::1")
PUBLIC4 = ["59.240.10.0/24", "59.240.11.0/28", "59.240.12.1/32"]


def probe(kind: str, name: str = "", target: str = "59.195.0.10", control: bool | None = None, **facts: Any) -> Probe:
    """A probe that ran to its end."""
    return Probe(name or kind, kind, Location("observed/lan.json", 0, name or kind), target, DONE, control, "", facts)


def met(kind: str, source: str, name: str, **facts: Any) -> Met:
    """Something that the far end met."""
    return Met(kind, source, name, Location(FAR, 0, name), facts)


@cache
def reference_observed() -> Observed:
    """One run of the agent at all places, with the far end's record."""
    responder = (
        met("echo", "59.240.10.10", "source-seen-lan"),
        met("echo", "59.240.11.1", "source-seen-office"),
        met("spoof", "59.240.10.10", "spoof", label="true"),
        met("syslog", "59.240.12.1", "syslog", hostname="JN-DSJ-CE01", time="2026-11-21T10:00:00+08:00", delay_ms=200),
        met("syslog", "59.240.12.1", "nat-log", hostname="JN-DSJ-CE01", records=3),
    )
    return Observed(
        NONCE, "2026-11-21", (*_isolation(), *_services(), *_quality(), *_outside(), *_provider()), responder
    )


def _isolation() -> tuple[Probe, ...]:
    spoofed = [
        {"source": "59.240.10.10", "label": "true"},
        {"source": "59.240.99.10", "label": "province"},
        {"source": "10.64.20.99", "label": "local"},
        {"source": "203.0.113.10", "label": "internet"},
    ]
    nets = [{"name": "eth0", "addresses": ["59.240.10.10/24", "2001:db8:10::10/64"], "up": True}]
    ways = [{"interface": "eth0", "gateway": "59.240.10.1"}, {"interface": "eth0", "gateway": "2001:db8:10::1"}]
    hops = ["59.240.10.1", "59.254.1.1", "59.195.0.10"]
    return (
        probe("base", reached=True),
        *(probe(f"internet-{one}", target="203.0.113.10", control=True, answers=[]) for one in ("icmp", "tcp", "udp")),
        probe("internet-v6", target="2001:db8:bad::10", control=True, answers=[]),
        probe("internet-path", target="203.0.113.10", hops=hops[:2]),
        probe("path", hops=hops),
        probe("second-network", control=True, interfaces=nets, default_routes=ways, answers=[]),
        probe("proxy", control=True, open=[]),
        probe("area-isolation", target="10.88.0.10", control=True, answers=[]),
        probe("vpn-isolation", target="10.88.0.10", control=True, answers=[]),
        probe("source-seen", "source-seen-lan", sent="59.240.10.10", seen="59.240.10.10"),
        probe("source-seen", "source-seen-office", sent="10.64.20.10", seen="59.240.11.1"),
        probe("spoof", control=True, sent=spoofed),
        probe("duplicate", target="59.240.10.1", address="59.240.10.1", machines=["02:00:00:00:00:01"]),
    )


def _services() -> tuple[Probe, ...]:
    answers = {"api.dsj.sd.cegn.cn": {"A": ["59.240.10.20"], "AAAA": ["2001:db8:10::20"], "rcode": 0}}
    ssh = {
        "kex": ["curve25519-sha256"],
        "ciphers": ["aes256-ctr"],
        "macs": ["hmac-sha2-256"],
        "host_keys": ["ssh-ed25519"],
    }
    versions = {"TLSv1": False, "TLSv1.1": False, "TLSv1.2": True, "TLSv1.3": True}
    return (
        probe("dns", target="59.195.0.53", answers=answers, resolver="59.195.0.53"),
        probe("dns-internet", target="59.195.0.53", control=True, answers=[]),
        probe("dns-tunnel", target="59.195.0.53", control=True, answers=[]),
        *(
            probe("ntp", f"ntp-{number}", one, server=one, offset_ms=0.07, stratum=3, leap=0)
            for number, one in enumerate(("59.195.0.123", "59.195.0.124"))
        ),
        probe("tls", target="59.195.0.80:443", versions=versions, address="59.195.0.80:443"),
        probe("certificate", target="59.195.0.80:443", der=portal_certificate(), name="vpn.dsj.sd.cegn.cn"),
        probe("ipv6", target="2001:db8:195::10", reached=["2001:db8:195::10", "2001:db8:195::53"], failed=[]),
        probe("syslog", target="59.195.0.51", event=f"lubiao {NONCE}"),
        probe("snmp", target="59.240.12.1", v1=False, v2c=False, v3=True),
        probe("management-ports", target="59.240.10.1", control=True, open=[22], ssh=ssh),
        probe("split-tunnel", around=[]),
    )


def _quality() -> tuple[Probe, ...]:
    return (
        probe("mtu", mtu=1500, black_hole=False),
        probe("latency", rtt_ms=[1.2, 1.3, 1.1, 1.2, 1.2] * 20),
        probe("loss", sent=2995, received=2995),
        probe("bandwidth", up_mbps=960.0, down_mbps=955.0, seconds=10),
        probe("failover", gap_ms=450, switched=True),
    )


def _outside() -> tuple[Probe, ...]:
    return (
        probe("management-outside", target="59.254.1.2", control=True, open=[], address="59.254.1.2"),
        probe("inbound", target="59.240.10.20", control=True, open=["59.240.10.20:443"]),
        probe("inbound", "inbound-mapped", target="59.240.11.10", control=True, open=["59.240.11.10:443"]),
        probe("inbound-high-risk", target="59.240.10.20", control=True, open=[]),
        probe("inbound-v6", target="2001:db8:10::20", control=True, open=["[2001:db8:10::20]:443"]),
        probe("vpn-gateway", target="59.254.1.2", control=True, open=[]),
        probe("ike", target="59.195.0.81", accepted=["aes256-sha256-19"], refused=["3des-md5-2"], silent=False),
        probe("nat-log", target="59.195.0.51", control=True, records=3),
    )


def _provider() -> tuple[Probe, ...]:
    sessions = [
        {"neighbour": one, "customer_as": 65101, "provider_as": 64801, "state": "Established", "family": _family(one)}
        for one in CUSTOMERS
    ]
    prefixes = {one: ["2001:db8:10::/48"] if ":" in one else PUBLIC4 for one in CUSTOMERS}
    prefixes["59.254.1.10"] = ["10.88.10.0/24"]
    return (
        probe("rib", defaults=[], prefixes=[*PUBLIC4, "59.192.0.0/10", "59.195.8.0/24", "2001:db8::/32"]),
        probe("bgp-session", sessions=sessions),
        probe("bgp-families", families={one: [_family(one)] for one in CUSTOMERS}),
        probe("bgp-md5", authenticated=dict.fromkeys(CUSTOMERS, True)),
        probe("advertised", prefixes=prefixes),
        probe("paths", carrying=["up1", "up2"]),
    )


def _family(address: str) -> str:
    return "ipv6" if ":" in address else "ipv4"


@cache
def portal_certificate() -> str:
    """A good server certificate of the portal, as DER in base64."""
    from cryptography import x509  # noqa: PLC0415
    from cryptography.hazmat.primitives import hashes, serialization  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "vpn.dsj.sd.cegn.cn")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2027, 12, 31, tzinfo=UTC))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("vpn.dsj.sd.cegn.cn")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    return base64.b64encode(made.public_bytes(serialization.Encoding.DER)).decode()
