"""Huawei VRP: names, time, logs, resolvers, DHCP, admission, hardening of the whole device."""

from __future__ import annotations

from dataclasses import dataclass, field

from conformance.judge.access.config import Listed
from conformance.judge.rulebook import Location
from conformance.system.access.configs.draft import Draft
from conformance.system.access.configs.many import unknown
from conformance.system.access.configs.shared import host_of, interface_kind, interface_name
from conformance.system.access.configs.table import Hit, NotUnderstoodError, Table
from conformance.system.access.configs.vrp_interfaces import VIEW as INTERFACE
from conformance.system.access.configs.words import Words

SERVICES = Table()
SERVICES.topics("system", "sysname", "header", "clock")
SERVICES.topics("ntp", "ntp", "ntp-service")
SERVICES.topics("syslog", "info-center", "syslog")
SERVICES.topics("dns", "dns", "ip host")
SERVICES.topics("dhcp", "dhcp", "ip pool", "ipv6 pool", "dhcpv6", "dhcp server")
SERVICES.topics("admission", "dot1x", "dot1x-access-profile", "authentication-profile", "authentication", "mac-authen")
SERVICES.topics("admission", "portal", "mac-access-profile", "nac")
SERVICES.topics("hardening", "icmp", "ip source-route", "ip option", "discard", "ip icmp", "undo icmp")


@dataclass
class _Clock:
    """Time sources with the keys that they name, and whether keys are asked for at all."""

    sources: list[tuple[str, str, Location]] = field(default_factory=list)
    asked: bool = False
    keys: set[str] = field(default_factory=set)


@SERVICES.on("", "sysname {name}", "system")
def _name(draft: Draft, hit: Hit) -> None:
    draft.top.put("hostname", hit["name"], hit.where)


def _clock(draft: Draft) -> _Clock:
    found: _Clock = draft.scratch.setdefault("clock", _Clock())
    return found


@SERVICES.on("", "(ntp-service|ntp) [ipv6] (unicast-server|unicast-peer) {rest...}", "ntp")
def _time(draft: Draft, hit: Hit) -> None:
    words = Words(hit["rest"])
    words.skip("ipv6")
    address, key = host_of(words.take()), ""
    while words:
        if words.any_of("version", "source-interface", "vpn-instance", "port", "maxpoll", "minpoll"):
            words.take()
        elif words.any_of("authentication-keyid", "authentication-key-id"):
            key = words.take()
        elif not words.any_of("preference", "preferred", "burst", "iburst"):
            words.take()
            raise NotUnderstoodError(hit.text)
    _clock(draft).sources.append((address, key, hit.where))


@SERVICES.on("", "[undo] (ntp-service|ntp) authentication enable", "ntp")
def _authenticated(draft: Draft, hit: Hit) -> None:
    _clock(draft).asked = not hit.text.lower().startswith("undo")


@SERVICES.on("", "(ntp-service|ntp) authentication-keyid {id} authentication-mode {rest...}", "ntp")
def _key(draft: Draft, hit: Hit) -> None:
    _clock(draft).keys.add(hit["id"])


# The device as a server, whom it trusts, from which address it asks.
for _word in ("ntp-service", "ntp"):
    SERVICES.ignore(
        "",
        *(
            f"{_word} reliable authentication-keyid {{id}}",
            f"{_word} source-interface {{rest...}}",
            f"[undo] {_word} enable",
        ),
        *(f"[undo] {_word} [ipv6] server {{rest...}}", f"{_word} access {{rest...}}", f"{_word} max-{{rest...}}"),
        *(f"{_word} [ipv6] server-source {{rest...}}", f"{_word} sync-interval {{n}}", f"{_word} discard {{rest...}}"),
    )


@SERVICES.on("", "[undo] info-center enable", "syslog")
def _log(draft: Draft, hit: Hit) -> None:
    draft.scratch["log off"] = hit.text.lower().startswith("undo")


@SERVICES.on("", "info-center loghost {rest...}", "syslog")
def _collector(draft: Draft, hit: Hit) -> None:
    words = Words(hit["rest"])
    if words.skip("source") or words.skip("source-ip"):
        return
    words.skip("ipv6")
    address = host_of(words.take())
    while words:
        if words.skip("ssl-policy") or words.any_of(
            "facility", "channel", "port", "transport", "language", "vpn-instance", "source-ip", "level", "brief"
        ):
            words.take()
        elif not words.any_of("local-time", "utc", "public-net", "binary", "security"):
            words.take()
            raise NotUnderstoodError(hit.text)
    draft.scratch.setdefault("collectors", []).append(Listed(address, hit.where))


@SERVICES.on("", "info-center source {module} channel {channel} {rest...}", "syslog")
def _channel(_: Draft, hit: Hit) -> None:
    """Which modules write; one that is silenced hides events, so that is not passed over."""
    if (
        "state off" in hit["rest"].lower()
        and hit["channel"].lower() in ("2", "loghost")
        and "log " in hit["rest"].lower()
    ):
        raise NotUnderstoodError(hit.text)


# How the log looks, where else it goes, how much of it is kept on the device.
SERVICES.ignore(
    "",
    *(
        "info-center (timestamp|logbuffer|trapbuffer|console|monitor|snmp|channel|rate-limit) {rest...}",
        "info-center max-logfile-number {n}",
    ),
    *(
        "info-center (statistic-suppress|local|logfile|syslog|filter-id|security) {rest...}",
        "undo info-center (statistic-suppress|timestamp|channel) {rest...}",
    ),
)


@SERVICES.on("", "[undo] dns resolve", "dns")
def _resolve(draft: Draft, hit: Hit) -> None:
    draft.scratch["names off"] = hit.text.lower().startswith("undo")


@SERVICES.on("", "dns ipv6 server {address} [{rest...}]", "dns")
@SERVICES.on("", "dns server [ipv6] {address} [{rest...}]", "dns")
def _resolver(draft: Draft, hit: Hit) -> None:
    if hit["address"].lower() in ("source-ip", "bind", "ipv6"):
        return
    words = Words(hit["rest"])
    if words.skip("vpn-instance") or (words and is_link(words.peek())):
        words.take()
    words.end()
    draft.top.add("resolvers", Listed(host_of(hit["address"]), hit.where))


def is_link(word: str) -> bool:
    """Whether a word may name the interface of a link-local address."""
    return any(sign.isdigit() for sign in word) and word[:1].isalpha()


# A domain to complete names with, the device as a proxy, names that it knows by itself.
SERVICES.ignore(
    "", "dns domain {rest...}", "[undo] dns proxy [{rest...}]", "[undo] dns snooping [{rest...}]", "ip host {rest...}"
)
SERVICES.ignore("", "dns (spoofing|forward|transparent-proxy|timeout|retry) {rest...}", "dns-{rest...}")
_POOL, _POOL6, _POOL6_OLD = "ip pool {pool} [{rest...}]", "dhcpv6 pool {pool}", "ipv6 pool {pool} [{rest...}]"
for _view in (_POOL, _POOL6, _POOL6_OLD):
    SERVICES.view(_view, "dhcp")


@SERVICES.on("", _POOL, "dhcp")
@SERVICES.on("", _POOL6, "dhcp")
@SERVICES.on("", _POOL6_OLD, "dhcp")
def _pool(draft: Draft, hit: Hit) -> None:
    """The view; what it offers counts wherever it is used."""


@SERVICES.on(_POOL, "(dns-list|dns-server) {addresses...}", "dhcp")
@SERVICES.on(_POOL6, "(dns-list|dns-server) {addresses...}", "dhcp")
@SERVICES.on(_POOL6_OLD, "(dns-list|dns-server) {addresses...}", "dhcp")
@SERVICES.on(INTERFACE, "dhcp server dns-list {addresses...}", "dhcp")
def _offered(draft: Draft, hit: Hit) -> None:
    for address in [host_of(word) for word in hit["addresses"].split() if word.lower() != "secondary"]:
        draft.top.add("offered_resolvers", Listed(address, hit.where))


# Ranges, gateways, leases, options that name no resolver.
for _view in (_POOL, _POOL6, _POOL6_OLD):
    SERVICES.ignore(
        _view,
        *(
            "(gateway-list|gateway|network|section|excluded-ip-address|lease|domain-name|nbns-list) {rest...}",
            "netbios-type {rest...}",
        ),
        *("static-bind {rest...}", "vpn-instance {name}", "address prefix {rest...}", "dns-domain-name {name}", "lock"),
        *(
            "[undo] logging [{rest...}]",
            "force insert option {rest...}",
            "excluded-address {rest...}",
            "warning {rest...}",
        ),
        *("next-server {rest...}", "description {text...}", "conflict {rest...}", "prefix {rest...}", "preference {n}"),
    )
# Whether DHCP runs at all, and how its packets are handled.
SERVICES.ignore(
    "", "[undo] dhcp enable", "dhcp server {rest...}", "dhcp relay {rest...}", "[undo] dhcp snooping [{rest...}]"
)
SERVICES.ignore("", "dhcpv6 duid {rest...}", "dhcpv6 server {rest...}", "dhcp (database|option|invalid-{x}) {rest...}")
SERVICES.ignore(INTERFACE, "dhcpv6 (server|relay) {rest...}")


@SERVICES.on("", "[undo] dot1x enable [interface {interfaces...}]", "admission")
def _dot1x(draft: Draft, hit: Hit) -> None:
    """Of the device, or (VRP 5) of ports that are listed here."""
    wanted = not hit.text.lower().startswith("undo")
    if not hit["interfaces"]:
        draft.top.put("dot1x", wanted, hit.where)
        return
    words = hit["interfaces"].split()
    if "to" in [word.lower() for word in words]:
        raise NotUnderstoodError(hit.text)
    joined = [one + two for one, two in zip(words[::2], words[1::2], strict=False)] if words[0].isalpha() else words
    for name in [interface_name(word) for word in joined]:
        draft.interface(name, hit.where, interface_kind(name)).put("dot1x", wanted, hit.where)


_PROFILE = "authentication-profile name {profile}"
SERVICES.view(_PROFILE, "admission")


@SERVICES.on("", _PROFILE, "admission")
def _profile(draft: Draft, hit: Hit) -> None:
    draft.scratch.setdefault("admission profiles", {}).setdefault(hit["profile"], False)


@SERVICES.on(_PROFILE, "dot1x-access-profile {name}", "admission")
def _with_dot1x(draft: Draft, hit: Hit) -> None:
    draft.scratch["admission profiles"][hit["profile"]] = True


# Details of authentication that do not decide whether a port asks for it.
SERVICES.ignore(
    "",
    *(
        "dot1x (authentication-method|timer|retry|quiet-period|reauthenticate|handshake|url) [{rest...}]",
        "dot1x quiet-period",
    ),
    *(
        "dot1x-access-profile name {name}",
        "[undo] authentication unified-mode",
        "authentication-profile default {rest...}",
    ),
)
SERVICES.ignore(_PROFILE, "(authentication|access-domain|permit-domain) {rest...}", "access-domain {name} [{rest...}]")


@SERVICES.on("", "[undo] ip source-route", "hardening")
@SERVICES.on("", "[undo] ip option source-route [enable]", "hardening")
def _source_route(draft: Draft, hit: Hit) -> None:
    draft.hardening.put("source_route", not hit.text.lower().startswith("undo"), hit.where)


@SERVICES.on("", "[undo] discard srr", "hardening")
@SERVICES.on(INTERFACE, "[undo] discard srr", "hardening")
def _discarded(draft: Draft, hit: Hit) -> None:
    """Discarding at one interface does not switch it off for the device."""
    discards = not hit.text.lower().startswith("undo")
    if not hit["interface"]:
        draft.hardening.put("source_route", not discards, hit.where)


@SERVICES.on("", "[undo] icmp redirect send", "hardening")
@SERVICES.on("", "[undo] ip redirects [enable]", "hardening")
@SERVICES.on("", "[undo] ip icmp redirect send", "hardening")
def _redirects(draft: Draft, hit: Hit) -> None:
    draft.hardening.put("redirects", not hit.text.lower().startswith("undo"), hit.where)


@SERVICES.on("", "(tcp|udp) (small-servers|small-server) enable", "hardening")
@SERVICES.on("", "(finger|pad|rlogin|rsh|bootp|identd) [server] enable", "hardening")
def _unused(draft: Draft, hit: Hit) -> None:
    words = hit.text.lower().split()
    name = f"{words[0]}-small-servers" if words[0] in ("tcp", "udp") else words[0]
    draft.hardening.fix("unused", (*(draft.hardening.held("unused") or ()), (name, hit.where)))


# Answers and rates of ICMP that no clause asks for; other kinds of options.
SERVICES.ignore("", "[undo] icmp (unreachable|ttl-exceeded|port-unreachable|host-unreachable|rate-limit) {rest...}")
SERVICES.ignore(
    "", "[undo] icmp-reply fast", "[undo] discard (ra|rr|ts)", "undo (finger|pad|rlogin|rsh) [server] enable"
)
SERVICES.ignore(
    INTERFACE, "[undo] discard (ra|rr|ts)", "[undo] icmp (port-unreachable|host-unreachable|ttl-exceeded) send"
)
unknown(SERVICES, "", "ntp", "ntp", "ntp-service")
unknown(SERVICES, "", "syslog", "info-center")
unknown(SERVICES, "", "dns", "dns")
unknown(SERVICES, "", "admission", "dot1x", "authentication-profile", "mac-authen", "portal")
unknown(SERVICES, "", "hardening", "icmp", "discard", "ip source-route", "ip option", "ip redirects")
unknown(SERVICES, INTERFACE, "dhcp", "dhcp", "dhcpv6")
unknown(SERVICES, INTERFACE, "admission", "dot1x", "authentication", "authentication-profile", "mac-authen", "portal")
unknown(SERVICES, INTERFACE, "hardening", "icmp", "discard")


def finish(draft: Draft) -> None:
    """Sources of time with authentication where it is asked for; collectors where the log is on; ports by profile."""
    clock = _clock(draft)
    for address, key, where in clock.sources:
        draft.top.add("ntp", Listed(address, where, authenticated=clock.asked and key in clock.keys))
    if not draft.scratch.get("log off"):
        draft.top.fix("collectors", tuple(draft.scratch.get("collectors", ())))
    profiles = draft.scratch.get("admission profiles", {})
    for name, profile, where in draft.scratch.get("profiled", ()):
        entry = draft.interface(name, where)
        if profile not in profiles:
            entry.unknown("dot1x", where)
        else:
            entry.put("dot1x", profiles[profile], where)
            if profiles[profile] and draft.top.held("dot1x") is None:
                draft.top.put("dot1x", True, where)
    for name, where in draft.scratch.get("forced open", ()):
        draft.interface(name, where).put("dot1x", False, where)
