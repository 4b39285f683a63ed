"""Cisco IOS, Ruijie RGOS: host name, time, logging, SNMP, names, DHCP, and services that nobody needs."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_interface

from conformance.judge.access.config import Listed, SnmpUser
from conformance.system.access.configs.draft import Draft
from conformance.system.access.configs.ios_acl import limited
from conformance.system.access.configs.shared import algorithm, host_of, number, prefix_of
from conformance.system.access.configs.table import Hit, NotUnderstoodError, Table
from conformance.system.access.configs.words import Words

SERVICES = Table()
SERVICES.topics("ntp", "ntp", "sntp")
SERVICES.topics("syslog", "logging")
SERVICES.topics("snmp", "snmp-server")
SERVICES.topics("dns", "ip name-server", "ip domain", "ip dns", "ip host")
SERVICES.topics("dhcp", "ip dhcp", "ipv6 dhcp")
SERVICES.topics("hardening", "service", "ip finger", "ip bootp", "ip identd", "ip rcmd", "boot")
SERVICES.topics("remote", "vpdn", "vpdn-group", "webvpn", "crypto vpn", "crypto ssl", "l2tp-class")
SERVICES.topics("admission", "dot1x", "radius", "mab")


@SERVICES.on("", "hostname {name}", "system")
def _hostname(draft: Draft, hit: Hit) -> None:
    draft.top.put("hostname", hit["name"], hit.where)


@SERVICES.on("", "ntp (server|peer) {rest...}", "ntp")
@SERVICES.on("", "sntp server {rest...}", "ntp")
def _time(draft: Draft, hit: Hit) -> None:
    words = Words(hit["rest"])
    words.skip("vrf") and words.take()
    words.any_of("ip", "ipv6")
    address, key = words.take(), False
    while words:
        if words.skip("key"):
            words.take()
            key = True
        elif words.any_of("version", "source", "minpoll", "maxpoll"):
            words.take()
        elif not words.any_of("prefer", "burst", "iburst", "normal-sync"):
            raise NotUnderstoodError(hit.text)
    draft.scratch.setdefault("time", []).append((address, key, hit.where))


@SERVICES.on("", "ntp authenticate", "ntp")
def _authentic(draft: Draft, _: Hit) -> None:
    draft.scratch["ntp authenticate"] = True


@SERVICES.on("", "no logging on", "syslog")
def _mute(draft: Draft, _: Hit) -> None:
    draft.scratch["mute"] = True


# Before the rest: a collector may be named by its address alone.
SERVICES.ignore(
    "",
    "[no] logging (buffered|console|monitor|trap|source-interface|facility|origin-id|on|userinfo|event) [{rest...}]",
    "[no] logging (synchronous|rate-limit|count|queue-limit|history|cns-events|message-counter|file) [{rest...}]",
    "ntp (authentication-key|trusted-key|source|update-calendar|master|access-group|logging|clock-period) [{rest...}]",
    "clock (timezone|summer-time|calendar-valid) [{rest...}]",
)


@SERVICES.on("", "logging (host|server) {rest...}", "syslog")
@SERVICES.on("", "logging {address}", "syslog")
def _collector(draft: Draft, hit: Hit) -> None:
    words = Words(hit["rest"] or hit["address"])
    words.any_of("ip", "ipv6")
    address = host_of(words.take())
    while words:
        if words.any_of("vrf", "transport", "port", "udp-port", "discriminator", "sequence-num-session", "session-id"):
            words.take()
        else:
            number(words.take(), 1, 65535)  # of ``transport udp port 514``
    draft.top.add("collectors", Listed(address, hit.where))


_RECEIVER = "snmp-server host {address} [vrf {vrf}] [(traps|informs)]"


@SERVICES.on("", "snmp-server community {name} [view {view}] [(ro|rw)] [ipv6 {acl6}] [{acl}]", "snmp")
def _community(draft: Draft, hit: Hit) -> None:
    draft.snmp.add("communities", hit.where)
    if hit["name"].lower() in ("public", "private"):
        draft.snmp.add("default_names", hit.where)
    for version in ("v1", "v2c"):
        draft.snmp.add("versions", (version, hit.where))
    _limits(draft, hit, hit["acl"])


@SERVICES.on("", "snmp-server group {name} (v1|v2c|v3) [(noauth|auth|priv)] [{rest...}]", "snmp")
def _group(draft: Draft, hit: Hit) -> None:
    words = Words(hit["rest"])
    version, level, acl = hit.text.lower().split()[3], "".join(hit.text.lower().split()[4:5]), ""
    while words:
        if words.skip("access"):
            words.skip("ipv6")
            acl = words.take()
        elif words.any_of("read", "write", "notify", "context"):
            words.take()
        elif not words.any_of("match"):
            words.any_of("exact", "prefix") or words.take()
    draft.snmp.add("versions", (version, hit.where))
    if version == "v3":
        kind = {"priv": "priv", "auth": "auth", "noauth": "none"}.get(level)
        if kind is None:
            raise NotUnderstoodError(hit.text)
        draft.scratch.setdefault("snmp groups", {})[hit["name"]] = (kind, hit.where)
    _limits(draft, hit, acl)


@SERVICES.on("", "snmp-server user {name} {group} (v1|v2c|v3) [{rest...}]", "snmp")
def _user(draft: Draft, hit: Hit) -> None:
    version = hit.text.lower().split()[4]
    draft.snmp.add("versions", (version, hit.where))
    if version != "v3":
        return
    words, auth, priv, acl = Words(hit["rest"]), "", "", ""
    words.skip("encrypted")
    if words.skip("auth"):
        auth = algorithm(words.take())
        if auth == "sha2":
            auth = f"sha{words.take()}"
        words.take()
    if words.skip("priv"):
        priv = algorithm(words.take())
        if words.peek() in ("128", "192", "256"):
            priv += words.take()
        words.take()
    if words.skip("access"):
        words.skip("ipv6")
        acl = words.take()
    words.end()
    level = "priv" if priv else "auth" if auth else "none"
    draft.snmp.add("users", SnmpUser(hit["name"], hit.where, level, auth, priv))
    draft.scratch.setdefault("snmp used", set()).add(hit["group"])
    _limits(draft, hit, acl)


@SERVICES.on(
    "", "snmp-server host {address} [vrf {vrf}] [(traps|informs)] version (1|2c) {community} [{rest...}]", "snmp"
)
@SERVICES.on("", "snmp-server host {address} [vrf {vrf}] [(traps|informs)] {community}", "snmp")
def _manager(draft: Draft, hit: Hit) -> None:
    draft.snmp.add("communities", hit.where)
    if hit["community"].lower() in ("public", "private"):
        draft.snmp.add("default_names", hit.where)


@SERVICES.on("", "no snmp-server", "snmp")
def _no_snmp(draft: Draft, hit: Hit) -> None:
    draft.service("snmp", hit.where).put("enabled", False, hit.where)


def _limits(draft: Draft, hit: Hit, acl: str) -> None:
    """The service answers; whom each of its communities and groups lets in is put together in the end."""
    draft.service("snmp", hit.where).put("enabled", True, hit.where)
    draft.scratch.setdefault("snmp limits", []).append((acl, hit.where))


SERVICES.ignore(
    "",
    f"{_RECEIVER} version 3 {{rest...}}",
    "snmp-server (location|contact|chassis-id|enable|view|trap-source|source-interface|engineID|ifindex) [{rest...}]",
    "snmp-server (trap|queue-length|packetsize|system-shutdown|manager|inform|tftp-server-list|context) [{rest...}]",
)


@SERVICES.on("", "ip name-server [vrf {vrf}] {addresses...}", "dns")
def _resolver(draft: Draft, hit: Hit) -> None:
    for one in hit["addresses"].split():
        draft.top.add("resolvers", Listed(host_of(one), hit.where))


SERVICES.ignore(
    "",
    "[no] ip (domain|domain-name|domain-lookup|domain-list) [{rest...}]",
    "[no] ip dns {rest...}",
    "ip host {rest...}",
)
_POOL = "(ip|ipv6) dhcp pool {pool}"
SERVICES.view(_POOL, "dhcp")


@SERVICES.on("", _POOL, "dhcp")
def _pool(_: Draft, __: Hit) -> None:
    """What terminals are told stands inside."""


@SERVICES.on(_POOL, "dns-server {addresses...}", "dhcp")
def _offered(draft: Draft, hit: Hit) -> None:
    for one in hit["addresses"].split():
        draft.top.add("offered_resolvers", Listed(host_of(one), hit.where))


@SERVICES.on(_POOL, "network {address} [{mask}] [secondary]", "dhcp")
def _range(draft: Draft, hit: Hit) -> None:
    mask = hit["mask"].removeprefix("/")
    draft.scratch.setdefault("dhcp ranges", []).append((prefix_of(hit["address"], mask), hit.where))


SERVICES.ignore(
    _POOL,
    "(default-router|domain-name|lease|option|netbios-name-server|netbios-node-type|bootfile|next-server) {rest...}",
    "(address|prefix-delegation|import|vrf|utilization|class|host|hardware-address|client-identifier) {rest...}",
    "(client-name|update|origin) {rest...}",
    "exit",
)
SERVICES.ignore(
    "", "[no] ip dhcp (excluded-address|ping|conflict|snooping|relay|bootp|use) [{rest...}]", "service dhcp"
)


def _unused(name: str) -> Callable[[Draft, Hit], None]:
    def handler(draft: Draft, hit: Hit) -> None:
        draft.hardening.add("unused", (name, hit.where))

    return handler


for _command, _name in (
    ("service tcp-small-servers [{rest...}]", "tcp-small-servers"),
    ("service udp-small-servers [{rest...}]", "udp-small-servers"),
    ("ip finger [{rest...}]", "finger"),
    ("service finger", "finger"),
    ("ip bootp server", "bootp"),
    ("service pad [{rest...}]", "pad"),
    ("ip identd", "identd"),
    ("ip rcmd (rsh-enable|rcp-enable)", "rsh"),
):
    SERVICES.on("", _command, "hardening")(_unused(_name))


@SERVICES.on("", "[no] ip source-route", "hardening")
def _source_route(draft: Draft, hit: Hit) -> None:
    draft.hardening.put("source_route", not hit.text.lower().startswith("no "), hit.where)


@SERVICES.on("", "[no] dot1x system-auth-control", "admission")
@SERVICES.on("", "[no] dot1x enable", "admission")
def _admission(draft: Draft, hit: Hit) -> None:
    draft.top.put("dot1x", not hit.text.lower().startswith("no "), hit.where)


SERVICES.ignore(
    "",
    "no service (tcp-small-servers|udp-small-servers|finger|pad|config|dhcp) [{rest...}]",
    "no ip (finger|bootp|identd|rcmd|gratuitous-arps) [{rest...}]",
    "[no] service (timestamps|password-encryption|tcp-keepalives-in|tcp-keepalives-out|sequence-numbers) [{rest...}]",
    "[no] service (nagle|compress-config|internal|counters|unsupported-transceiver|call-home|linenumber) [{rest...}]",
)


def finish(draft: Draft) -> None:
    """Time sources, users of SNMP, who reaches it, which interfaces serve addresses."""
    checked = draft.scratch.get("ntp authenticate", False)
    for address, key, where in draft.scratch.get("time", ()):
        draft.top.add("ntp", Listed(address, where, key and checked))
    for name, (level, where) in draft.scratch.get("snmp groups", {}).items():
        if name not in draft.scratch.get("snmp used", ()):
            draft.snmp.add("users", SnmpUser(name, where, level))  # the export leaves users out
    if draft.scratch.get("mute"):
        draft.top.fix("collectors", ())
    _snmp_sources(draft)
    _served(draft)


def _snmp_sources(draft: Draft) -> None:
    found = draft.scratch.get("snmp limits", ())
    if not found or any(not acl for acl, _ in found):
        return
    reads = [limited(draft, 4, acl, where) for acl, where in found]
    entry = draft.service("snmp", found[0][1])
    if any(one.value is None for one in reads):
        entry.unknown("sources", found[0][1])
    else:
        entry.put("sources", tuple(dict.fromkeys(each for one in reads for each in one.value or ())), found[0][1])


def _served(draft: Draft) -> None:
    """An interface in whose subnet a pool gives addresses is a server."""
    ranges = dict(draft.scratch.get("dhcp ranges", ()))
    for entry in draft.entries("interfaces").values() if ranges else ():
        for one in entry.held("addresses") or ():
            where = ranges.get(str(ip_interface(one.value).network))
            if where is not None:
                entry.put("dhcp", "server", where)
