"""Comware: name, time, log, name service, DHCP, 802.1X of the device, hardening, and what bears on no clause."""

from __future__ import annotations

from conformance.judge.access.config import Listed
from conformance.system.access.configs.comware_interfaces import INTERFACE
from conformance.system.access.configs.comware_words import Words
from conformance.system.access.configs.draft import Draft
from conformance.system.access.configs.shared import host_of, number
from conformance.system.access.configs.table import Hit, NotUnderstoodError, Table

TABLE = Table()
TABLE.view(INTERFACE, "interface")
TABLE.topics("system", "sysname", "header", "version", "undo sysname")
TABLE.topics("ntp", "ntp-service", "sntp", "undo ntp-service")
TABLE.topics("syslog", "info-center", "undo info-center")
TABLE.topics("dns", "dns", "ipv6 dns", "ip host", "ipv6 host", "undo dns", "ddns")
TABLE.topics("dhcp", "dhcp", "ipv6 dhcp", "undo dhcp")
TABLE.topics("admission", "dot1x", "mac-authentication", "portal", "port-security", "undo dot1x")
TABLE.topics("qos", "qos", "traffic")
TABLE.topics("hardening", "ip redirects", "ip forward-broadcast", "ip source-route", "cwmp", "cluster", "ndp", "ntdp")
TABLE.topics("tunnel", "tunnel")

# The release and its licence, boards and power, the clock (NTP sets it), the look of the console.
TABLE.ignore(
    "",
    "version {x...}",
    "return",
    "license {x...}",
    "mdc {x...}",
    "context {x...}",
    "system-working-mode {x...}",
    "undo copyright-info enable",
    "copyright-info enable",
    "clock {x...}",
    "configuration (replace|encrypt|commit) {x...}",
    "archive configuration {x...}",
    "scheduler {x...}",
    "save {x...}",
    "fan {x...}",
    "temperature-alarm {x...}",
    "poe {x...}",
    "usb {x...}",
    "undo usb {x...}",
    "memory {x...}",
    "monitor (cpu-usage|resource) {x...}",
    "xbar {x...}",
    "command-alias {x...}",
    "hotkey {x...}",
    "wlan {x...}",
)
# Stacking, switching, spanning tree, neighbour discovery, fast detection: how the box holds together inside.
TABLE.ignore(
    "",
    "irf {x...}",
    "undo irf {x...}",
    "irf-port {x...}",
    "track {x...}",
    "nqa {x...}",
    "undo nqa {x...}",
    "stp {x...}",
    "undo stp {x...}",
    "lldp {x...}",
    "dldp {x...}",
    "loopback-detection {x...}",
    "link-aggregation {x...}",
    "undo link-aggregation {x...}",
    "igmp-snooping",
    "mld-snooping",
    "mac-address {x...}",
    "arp {x...}",
    "undo arp {x...}",
    "l2vpn enable",
    "mpls {x...}",
    "lsp {x...}",
    "sflow {x...}",
    "mirroring-group {x...}",
    "port-group {x...}",
    "bfd {x...}",
    "tcp {x...}",
    "flow-interval {x}",
    "session synchronization {x...}",
    "forwarding {x...}",
    "ip load-sharing {x...}",
    "ip unreachables enable",
    "undo ip unreachables enable",
    "ip ttl-expires enable",
    "undo ip ttl-expires enable",
    "rtm {x...}",
    "netstream {x...}",
)
# The prompt that a terminal writes after the export.
TABLE.ignore("", "<{x}>")
# VLANs: which one a port is in stands in the port.
TABLE.ignore("", "vlan {x...}", "undo vlan {x...}")
# Greetings: what they say is nobody's command.
TABLE.ignore("", "header {x...}")
# The router's own number, which protocols take over; names of the device for itself.
TABLE.ignore(
    "", "router id {x}", "ip host {x...}", "ipv6 host {x...}", "dns (domain|source-interface|trust-interface) {x...}"
)
TABLE.ignore("", "dns proxy enable", "undo dns proxy enable", "dns proxy {x...}")
# Marks of packets that only tables of priorities read.
TABLE.ignore("", "qos map-table {x...}", "qos (trust|preclassify) {x...}")


@TABLE.on("", "sysname {name...}", "system")
def _name(draft: Draft, hit: Hit) -> None:
    draft.top.put("hostname", hit["name"], hit.where)


# Time.

TABLE.ignore(
    "", "ntp-service (source|dscp|max-dynamic-sessions|ipv6 source) {x...}", "sntp authentication-keyid {x...}"
)
TABLE.ignore("", "ntp-service (peer|server|synchronization|query|access) {x...}", "ntp-service (in-interface) {x...}")
TABLE.ignore(
    "", "ntp-service (authentication-keyid|reliable) {x...}", "ntp-service ipv6 (acl|peer|server|query) {x...}"
)
TABLE.ignore(INTERFACE, "ntp-service {x...}", "undo ntp-service {x...}")


@TABLE.on("", "ntp-service enable", "ntp")
@TABLE.on("", "sntp enable", "ntp")
def _ntp(draft: Draft, hit: Hit) -> None:
    draft.scratch[hit.text.lower().split()[0]] = hit.where


@TABLE.on("", "undo (ntp-service|sntp) enable", "ntp")
def _no_ntp(draft: Draft, hit: Hit) -> None:
    draft.scratch.pop(hit.text.lower().split()[1], None)


@TABLE.on("", "ntp-service authentication enable", "ntp")
@TABLE.on("", "sntp authentication enable", "ntp")
def _ntp_authentication(draft: Draft, hit: Hit) -> None:
    draft.scratch["ntp-authentication"] = hit.where


@TABLE.on("", "(ntp-service|sntp) [ipv6] (unicast-server|unicast-peer) {server} [{rest...}]", "ntp")
def _ntp_server(draft: Draft, hit: Hit) -> None:
    words, keyed = Words(hit["rest"]), False
    while words:
        if words.take("authentication-keyid"):
            number(words.next())
            keyed = True
        elif words.peek() in ("vpn-instance", "source", "version", "maxpoll", "minpoll"):
            words.next()
            words.next()
        else:
            words.one_of("priority", "burst", "iburst")
    kind = hit.text.lower().split()[0]
    draft.scratch.setdefault("ntp-servers", []).append((kind, _host(hit["server"]), keyed, hit.where))


def _host(word: str) -> str:
    """An address in canonical form, or a name as it stands."""
    return host_of(word) if ":" in word or word.replace(".", "").isdecimal() else word


# The log.

TABLE.ignore("", "info-center (timestamp|logbuffer|logfile|synchronous|format|trace-logfile|security-logfile) {x...}")
TABLE.ignore(
    "", "undo info-center (logbuffer|logfile|synchronous|security-logfile) [{x...}]", "info-center logging {x...}"
)
TABLE.ignore("", "info-center (loghost source|diagnostic-logfile|syslog|synchronous) {x...}", "info-center synchronous")
TABLE.ignore("", "info-center source {module} (console|monitor|logbuffer|logfile|trap|snmp) {x...}")


@TABLE.on("", "info-center enable", "syslog")
@TABLE.on("", "undo info-center enable", "syslog")
def _log(draft: Draft, hit: Hit) -> None:
    draft.scratch["log-off"] = hit.text.lower().startswith("undo")


@TABLE.on("", "info-center loghost {rest...}", "syslog")
def _collector(draft: Draft, hit: Hit) -> None:
    words = Words(hit["rest"])
    if words.take("vpn-instance"):
        words.next()
    words.take("ipv6")
    host = _host(words.next())
    while words:
        words.one_of("port", "facility", "dscp")
        words.next()
    draft.scratch.setdefault("collectors", []).append(Listed(host, hit.where))


@TABLE.on("", "info-center source {module} loghost level {level}", "syslog")
def _log_level(draft: Draft, hit: Hit) -> None:
    del draft
    if hit["level"].lower() not in ("informational", "debugging", "notification"):
        raise NotUnderstoodError(hit.text)  # logins and denied packets may fall below it


# Names and DHCP.


@TABLE.on("", "dns server {address} [vpn-instance {vpn}]", "dns")
@TABLE.on("", "ipv6 dns server {address} [vpn-instance {vpn}]", "dns")
@TABLE.on("", "ipv6 dns server {address} {interface} [vpn-instance {vpn}]", "dns")
def _resolver(draft: Draft, hit: Hit) -> None:
    draft.top.add("resolvers", Listed(host_of(hit["address"]), hit.where))


_POOLS = ("dhcp server ip-pool {pool}", "ipv6 dhcp pool {pool}")
TABLE.ignore("", "dhcp enable", "undo dhcp enable", "dhcp server (forbidden-ip|ping|relay|bootp) {x...}")
TABLE.ignore("", "dhcp (relay|snooping|log|dscp) {x...}", "ipv6 dhcp (server|snooping|relay|prefix-pool) {x...}")
for _pool in _POOLS:
    TABLE.view(_pool, "dhcp")
    # Which addresses a terminal gets is its own; the clause asks which resolvers.
    TABLE.ignore(
        _pool,
        "(network|address|gateway-list|expired|static-bind|forbidden-ip|domain-name|description|option|class) {x...}",
        "(vpn-instance|nbns-list|netbios-type|bims-server|tftp-server|bootfile-name|voice-config|next-server) {x...}",
        "(temporary|prefix-pool|sip-server|refresh) {x...}",
    )


def _pool_begun(draft: Draft, hit: Hit) -> None:
    del draft, hit


def _offered(draft: Draft, hit: Hit) -> None:
    for address in hit["servers"].split():
        draft.top.add("offered_resolvers", Listed(host_of(address), hit.where))


for _pool in _POOLS:
    TABLE.on("", _pool, "dhcp")(_pool_begun)
    TABLE.on(_pool, "dns-list {servers...}", "dhcp")(_offered)
    TABLE.on(_pool, "dns-server {servers...}", "dhcp")(_offered)


@TABLE.on(INTERFACE, "ipv6 nd ra dns server {address} {lifetime} [sequence {number}]", "dhcp")
@TABLE.on(INTERFACE, "ipv6 nd ra dns server {address} sequence {number} [{lifetime}]", "dhcp")
def _announced_resolver(draft: Draft, hit: Hit) -> None:
    draft.top.add("offered_resolvers", Listed(host_of(hit["address"]), hit.where))


# 802.1X of the device.

TABLE.ignore("", "dot1x (authentication-method|timer|retry|domain-delimiter|quiet-period|access-user) [{x...}]")
TABLE.ignore("", "port-security (mac-address|timer|ntk) {x...}")


@TABLE.on("", "dot1x", "admission")
@TABLE.on("", "undo dot1x", "admission")
@TABLE.on("", "port-security enable", "admission")
def _dot1x(draft: Draft, hit: Hit) -> None:
    draft.top.put("dot1x", not hit.text.lower().startswith("undo"), hit.where)


# Hardening.

_SWITCHES = {"redirects": "ip redirects", "source_route": "ip source-route"}


def _switch(name: str) -> None:
    def handler(draft: Draft, hit: Hit) -> None:
        draft.hardening.put(name, not hit.text.lower().startswith("undo"), hit.where)

    for command in (f"{_SWITCHES[name]} [enable]", f"undo {_SWITCHES[name]} [enable]"):
        TABLE.on("", command, "hardening")(handler)


for _one in _SWITCHES:
    _switch(_one)


@TABLE.on("", "(cluster|ndp|ntdp) enable", "hardening")
@TABLE.on("", "ip forward-broadcast", "hardening")
def _unused(draft: Draft, hit: Hit) -> None:
    draft.hardening.add("unused", (" ".join(hit.text.lower().split()[:-1]), hit.where))


@TABLE.on("", "cwmp", "hardening")
def _remote_control(draft: Draft, hit: Hit) -> None:
    del draft, hit


TABLE.view("cwmp", "hardening")
TABLE.ignore("cwmp", "cwmp (acs|cpe) {x...}")


@TABLE.on("cwmp", "cwmp enable", "hardening")
def _remote_controlled(draft: Draft, hit: Hit) -> None:
    draft.hardening.add("unused", ("cwmp", hit.where))


@TABLE.on("", "undo (cluster|ndp|ntdp|ip forward-broadcast) [enable]", "hardening")
def _off(draft: Draft, hit: Hit) -> None:
    del draft, hit


def finish(draft: Draft) -> None:
    """Sources of time count where NTP runs; collectors where the log is on."""
    authenticated = "ntp-authentication" in draft.scratch
    for kind, server, keyed, where in draft.scratch.get("ntp-servers", ()):
        if kind in draft.scratch:
            draft.top.add("ntp", Listed(server, where, authenticated and keyed))
    if not draft.scratch.get("log-off"):
        for one in draft.scratch.get("collectors", ()):
            draft.top.add("collectors", one)
