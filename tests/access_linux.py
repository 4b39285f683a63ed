"""The reference design as a Linux bundle of our own writing; nft's JSON is made piece by piece."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from conformance.judge.access.config import DeviceConfig
from conformance.system.access.configs import linux
from conformance.system.access.configs.draft import Draft

FILE = "configs/ce01"
Expression = dict[str, Any]
DEFAULTS = {"packet-filter": "permit", "bgp-ipv4-unicast": "on", "icmp-redirects": "on"}
LANS, UPS = ["lan", "office"], ["up1", "up2"]


def match(left: Expression, right: Any, op: str = "==") -> Expression:
    """A condition."""
    return {"match": {"op": op, "left": left, "right": right}}


def header(protocol: str, field: str, right: Any, op: str = "==") -> Expression:
    """A condition on a field of a header."""
    return match({"payload": {"protocol": protocol, "field": field}}, right, op)


def meta(key: str, right: Any, op: str = "==") -> Expression:
    """A condition on what the kernel knows of a packet."""
    return match({"meta": {"key": key}}, right, op)


def prefix(text: str) -> Any:
    """An address or a prefix as nft lists it."""
    address, _, length = text.partition("/")
    return {"prefix": {"addr": address, "len": int(length)}} if length else address


def some(*values: Any) -> Any:
    """One value, or an anonymous set."""
    return values[0] if len(values) == 1 else {"set": list(values)}


def state(*names: str) -> Expression:
    """A condition on the state of a flow."""
    return match({"ct": {"key": "state"}}, list(names) if len(names) > 1 else names[0], "in")


ACCEPT: Expression = {"accept": None}
DROP: Expression = {"drop": None}
LOG: Expression = {"log": {"prefix": "DENY ", "group": 1}}
MISSING = match({"fib": {"result": "oif", "flags": ["saddr", "iif"]}}, False)


def addressed(sources: list[str], destinations: list[str]) -> list[Expression]:
    """From these prefixes to those."""
    family = "ip6" if ":" in sources[0] else "ip"
    return [
        header(family, "saddr", some(*map(prefix, sources))),
        header(family, "daddr", some(*map(prefix, destinations))),
    ]


class Ruleset:
    """A rule set in the making; ``object`` numbers are those of locations."""

    def __init__(self) -> None:
        self.objects: list[dict[str, Any]] = [{"metainfo": {"version": "1.0.6", "json_schema_version": 1}}]

    def table(self, family: str, name: str) -> None:
        self.objects.append({"table": {"family": family, "name": name, "handle": 1}})

    def chain(self, family: str, table: str, name: str, **base: Any) -> None:
        self.objects.append({"chain": {"family": family, "table": table, "name": name, "handle": 1, **base}})

    def rule(self, family: str, table: str, chain: str, expressions: list[Expression], comment: str = "") -> None:
        held = {"family": family, "table": table, "chain": chain, "handle": len(self.objects), "expr": expressions}
        self.objects.append({"rule": {**held, **({"comment": comment} if comment else {})}})

    def named(self, family: str, table: str, name: str, elements: list[Any], **more: Any) -> None:
        kind = "map" if "map" in more else "set"
        self.objects.append(
            {kind: {"family": family, "table": table, "name": name, "type": "x", "elem": elements, **more}}
        )

    def text(self) -> str:
        return json.dumps({"nftables": self.objects})


def forward(policy: str = "drop", family: str = "inet") -> Ruleset:
    """A rule set with one empty chain for what passes through."""
    made = Ruleset()
    made.table(family, "t")
    made.chain(family, "t", "forward", type="filter", hook="forward", prio=0, policy=policy)
    return made


def _flows(made: Ruleset) -> None:
    out, into = (
        [meta("iifname", some(*LANS)), meta("oifname", "@ups")],
        [meta("iifname", "@ups"), meta("oifname", "lan")],
    )
    lan = ["59.240.10.0/24", "10.64.20.0/24"]

    def flow(way: list[Expression], addresses: list[Expression], last: list[Expression], comment: str) -> None:
        made.rule("inet", "boundary", "forward", [*way, *addresses, *last, ACCEPT], comment)

    https, dns = [header("tcp", "dport", 443)], [header("udp", "dport", 53)]
    flow(out, addressed(lan, ["59.195.0.0/24"]), https, "业务")
    flow(out, addressed(["2001:db8:10::/64"], ["2001:db8:195::/64"]), https, "业务")
    flow(out, addressed(lan, ["59.195.0.53"]), dns, "域名")
    flow(out, addressed(lan, ["59.195.0.0/24"]), [meta("l4proto", "icmp")], "连通")
    flow(into, addressed(["59.195.0.0/24"], ["59.240.10.20"]), https, "接口")
    ga = [meta("iifname", "lan-ga"), meta("oifname", "up1.100")]
    flow(ga, addressed(["10.88.10.0/24"], ["10.88.0.0/16"]), https, "专网")


def ruleset() -> Ruleset:
    """The boundary of the reference design."""
    made = Ruleset()
    made.table("inet", "boundary")
    made.named("inet", "boundary", "ups", UPS)
    made.chain("inet", "boundary", "sources", type="filter", hook="prerouting", prio=-300, policy="accept")
    made.chain("inet", "boundary", "forward", type="filter", hook="forward", prio=0, policy="drop")
    made.chain("inet", "boundary", "self", type="filter", hook="input", prio=0, policy="drop")
    made.rule("inet", "boundary", "sources", [meta("iifname", some(*LANS, "lan-ga")), MISSING, DROP])
    for chain in ("forward", "self"):
        made.rule("inet", "boundary", chain, [state("established", "related"), ACCEPT])
        made.rule("inet", "boundary", chain, [state("invalid"), DROP])
    _flows(made)
    managers = header("ip", "saddr", some(prefix("59.195.0.0/28"), prefix("59.240.10.240/28")))
    made.rule("inet", "boundary", "self", [meta("iifname", "lo"), ACCEPT])
    made.rule("inet", "boundary", "self", [managers, header("tcp", "dport", 22), ACCEPT], "管理")
    made.rule("inet", "boundary", "self", [managers, header("udp", "dport", 161), ACCEPT], "网管")
    for chain in ("forward", "self"):
        made.rule("inet", "boundary", chain, [{"limit": {"rate": 20, "per": "second"}}, LOG])
    made.table("ip", "nat")
    made.chain("ip", "nat", "mapped", type="nat", hook="prerouting", prio=-100, policy="accept")
    made.chain("ip", "nat", "sources", type="nat", hook="postrouting", prio=100, policy="accept")
    outside = [header("ip", "daddr", "59.240.11.10"), header("tcp", "dport", 443)]
    to_inside = {"dnat": {"addr": "10.64.20.20", "port": 443}}
    made.rule("ip", "nat", "mapped", [meta("iifname", some(*UPS)), *outside, {"log": None}, to_inside])
    source = header("ip", "saddr", prefix("10.64.20.0/24"))
    pool = {"snat": {"addr": {"prefix": {"addr": "59.240.11.0", "len": 28}}}}
    made.rule("ip", "nat", "sources", [meta("oifname", some(*UPS)), source, {"log": {"prefix": "NAT "}}, pool])
    return made


FRR = """\
Building configuration...

Current configuration:
!
frr version 8.4.4
frr defaults traditional
hostname JN-DSJ-CE01
log syslog informational
no ip forwarding
service integrated-vtysh-config
!
ip prefix-list IN4 seq 5 permit 59.192.0.0/10 le 32
ip prefix-list OUT4 seq 10 permit 59.240.11.0/28
ip prefix-list OUT4 seq 5 permit 59.240.10.0/24
ip prefix-list OUT4 seq 15 permit 59.240.12.1/32
ipv6 prefix-list IN6 seq 5 permit 2001:db8::/32 le 128
ipv6 prefix-list OUT6 seq 5 permit 2001:db8:10::/48
ip prefix-list GA seq 5 permit 10.88.0.0/16 le 24
!
route-map OUT4 permit 10
 match ip address prefix-list OUT4
 set community 64801:1
exit
!
route-map OUT6 permit 10
 match ipv6 address prefix-list OUT6
exit
!
ip route 59.195.8.0/24 59.254.1.1
ip route 59.240.11.0/28 blackhole
ipv6 route 2001:db8:10::/48 Null0
!
vrf ga
exit-vrf
!
interface up1
 description TO-PE1-R-0101
exit
!
interface up2
 description TO-PE2-R-0202
exit
!
interface up1.100 vrf ga
 description TO-PE1-R-0101
exit
!
interface lan
 description 0.0.0.0 no default here
exit
!
router bgp 65101
 bgp router-id 59.240.12.1
 no bgp default ipv4-unicast
 neighbor PE peer-group
 neighbor PE remote-as 64801
 neighbor PE password ******
 neighbor PE bfd
 neighbor PE ttl-security hops 1
 neighbor 59.254.1.1 peer-group PE
 neighbor 59.254.1.5 peer-group PE
 neighbor 2001:db8:ff:1:: remote-as 64801
 neighbor 2001:db8:ff:1:: password ******
 neighbor 2001:db8:ff:2:: remote-as 64801
 neighbor 2001:db8:ff:2:: password ******
 !
 address-family ipv4 unicast
  network 59.240.10.0/24
  network 59.240.11.0/28
  network 59.240.12.1/32
  neighbor PE activate
  neighbor PE prefix-list IN4 in
  neighbor PE route-map OUT4 out
  neighbor PE maximum-prefix 1000
 exit-address-family
 !
 address-family ipv6 unicast
  network 2001:db8:10::/48
  neighbor 2001:db8:ff:1:: activate
  neighbor 2001:db8:ff:1:: prefix-list IN6 in
  neighbor 2001:db8:ff:1:: route-map OUT6 out
  neighbor 2001:db8:ff:1:: maximum-prefix 500 80 restart 5
  neighbor 2001:db8:ff:2:: activate
  neighbor 2001:db8:ff:2:: prefix-list IN6 in
  neighbor 2001:db8:ff:2:: prefix-list OUT6 out
  neighbor 2001:db8:ff:2:: route-map OUT6 out
  neighbor 2001:db8:ff:2:: maximum-prefix 500
 exit-address-family
exit
!
router bgp 65101 vrf ga
 neighbor 59.254.1.9 remote-as 64801
 neighbor 59.254.1.9 password ******
 !
 address-family ipv4 unicast
  network 10.88.10.0/24
  neighbor 59.254.1.9 prefix-list GA in
  neighbor 59.254.1.9 prefix-list GA out
  neighbor 59.254.1.9 maximum-prefix 100
  rd vpn export 64801:188
  rt vpn import 64801:188
  rt vpn export 64801:188 64801:1880
  label vpn export auto
  export vpn
  import vpn
 exit-address-family
exit
!
end
"""
_INTERFACES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("lo", "", ("127.0.0.1/8", "59.240.12.1/32", "2001:db8:10:ffff::1/128")),
    ("up1", "", ("59.254.1.2/30", "2001:db8:ff:1::1/127")),
    ("up2", "", ("59.254.1.6/30", "2001:db8:ff:2::1/127")),
    ("up1.100", "ga", ("59.254.1.10/30",)),
    ("lan", "", ("59.240.10.1/24", "2001:db8:10::1/64", "fe80::1/64")),
    ("office", "", ("10.64.20.1/24",)),
    ("lan-ga", "ga", ("10.88.10.1/24",)),
)


def interface(name: str, master: str, addresses: tuple[str, ...], **more: Any) -> dict[str, Any]:
    """One entry of ``ip -j address``."""
    info = [
        {
            "family": "inet6" if ":" in one else "inet",
            "local": one.partition("/")[0],
            "prefixlen": int(one.partition("/")[2]),
            "scope": "host" if one.startswith("127.") else "link" if one.startswith("fe80") else "global",
        }
        for one in addresses
    ]
    made = {
        "ifname": name, "flags": ["BROADCAST", "UP", "LOWER_UP"], "mtu": 1500, "operstate": "UP",
        "link_type": "loopback" if name == "lo" else "ether", "addr_info": info, **more,
    }  # fmt: skip
    return {**made, "master": master} if master else made


def addresses() -> list[dict[str, Any]]:
    """``ip -j address`` of the reference router."""
    vrf = interface("ga", "", (), linkinfo={"info_kind": "vrf"})
    return [*(interface(*one) for one in _INTERFACES), vrf]


def limit(device: str, rate: int) -> dict[str, Any]:
    """A bandwidth limit in bytes a second."""
    return {"kind": "tbf", "handle": "8001:", "dev": device, "root": True, "options": {"rate": rate, "burst": 9}}


_SYSCTL = "".join(
    f"net.ipv4.conf.{name}.{key} = 0\n"
    for name in ("all", "default", "lan", "office", "lan-ga", "up1", "up2", "up1/100")
    for key in ("accept_redirects", "send_redirects", "accept_source_route", "rp_filter", "bc_forwarding", "arp_filter")
)
_SWANCTL = """\
connections {
  gw {
    version = 2
    remote_addrs = 59.195.0.81
    proposals = aes256-sha256-ecp256
    local { auth = pubkey }
    remote {
      auth = pubkey  # by certificate
    }
    children { net { esp_proposals = aes256gcm16-ecp256 } }
  }
}
"""
MANIFEST = """\
files:
  frr: frr.conf
  nftables: nftables.json
  addresses: addresses.json
  hostname: hostname
  sysctl: sysctl.txt
  tc: tc.json
  listening: listening.txt
  chrony: chrony.conf
  syslog: rsyslog.conf
  sshd: sshd_config
  snmpd: snmpd.conf
  dhcp: dnsmasq.conf
  hostapd: [lan.conf, office.conf, ga.conf]
  ipsec: swanctl.conf
  resolver: resolv.conf
  pam: [faillock.conf, sshd.pam]
  accounts: accounts.txt
  shell: profile
none: [telnet, http, https, ftp, tftp, netconf, l2tp, pptp, sslvpn]
"""


def bundle() -> dict[str, str]:
    """The whole folder by file name."""
    return {
        "manifest.yaml": MANIFEST,
        "frr.conf": FRR,
        "nftables.json": ruleset().text(),
        "addresses.json": json.dumps(addresses()),
        "hostname": "JN-DSJ-CE01\n",
        "sysctl.txt": _SYSCTL,
        "tc.json": json.dumps([limit("up1", 125_000_000), {"kind": "noqueue", "dev": "lan", "root": True}]),
        "listening.txt": "tcp LISTEN 0 128 0.0.0.0:22 0.0.0.0:*\nudp UNCONN 0 0 [::]:161 [::]:*\n"
        "udp UNCONN 0 0 127.0.0.1:323 0.0.0.0:*\n",
        "chrony.conf": "# time\nserver 59.195.0.123 iburst key 1\nserver 59.195.0.124 iburst nts\ndriftfile /x\n",
        "rsyslog.conf": 'module(load="imuxsock")\n*.* @59.195.0.51:514\nauth,authpriv.* /var/log/auth.log\n',
        "sshd_config": "Port 22\nKexAlgorithms curve25519-sha256\nCiphers aes256-ctr\nPermitRootLogin no\n",
        "snmpd.conf": "agentAddress udp:161\ncreateUser nms SHA-256 ****** AES ******\nrouser nms priv\n",
        "dnsmasq.conf": "no-resolv\nserver=59.195.0.53\ndhcp-range=10.64.20.100,10.64.20.200,12h\n"
        "dhcp-option=option:dns-server,59.195.0.53\ndhcp-option=option6:dns-server,[2001:db8:195::53]\n",
        **{
            f"{file}.conf": f"interface={name}\ndriver=wired\nieee8021x=1\n"
            for file, name in (("lan", "lan"), ("office", "office"), ("ga", "lan-ga"))
        },
        "swanctl.conf": _SWANCTL,
        "resolv.conf": "nameserver 59.195.0.53\nnameserver 2001:db8:195::53\n",
        "faillock.conf": "deny = 5\nunlock_time = 600\n",
        "sshd.pam": "auth required pam_faillock.so preauth\n"
        "auth sufficient pam_tacplus.so\nauth sufficient pam_unix.so\n",
        "accounts.txt": "root:/usr/sbin/nologin:locked\nwangguan01:/bin/bash:hash\n",
        "profile": "readonly TMOUT=300\nexport TMOUT\n",
    }


def read(texts: Mapping[str, str]) -> DeviceConfig:
    """A bundle as the reader reads it."""
    draft = Draft("ce01", "linux-bundle", dict(DEFAULTS))
    linux.read(texts, FILE, draft)
    return draft.made()


def filtered(made: Ruleset) -> DeviceConfig:
    """The reference bundle with another rule set."""
    return read({**bundle(), "nftables.json": made.text()})
