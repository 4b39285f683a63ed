"""Huawei VRP: services for managers: SSH, Telnet, web, FTP, NETCONF, and whom they answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from conformance.judge.access.config import SET, UNKNOWN, Read
from conformance.judge.rulebook import Location
from conformance.system.access.configs.draft import Draft
from conformance.system.access.configs.limits import common, everybody
from conformance.system.access.configs.many import unknown
from conformance.system.access.configs.shared import family_of
from conformance.system.access.configs.table import Handler, Hit, NotUnderstoodError, Table
from conformance.system.access.configs.vrp_accounts import reachable
from conformance.system.access.configs.vrp_acls import SIX, acl_said, acl_sources, acls
from conformance.system.access.configs.vrp_interfaces import VIEW as INTERFACE

MANAGEMENT = Table()
MANAGEMENT.topics("line", "telnet", "ssh", "stelnet", "sftp", "scp", "http", "https", "ftp", "tftp", "web-manager")
MANAGEMENT.topics("line", "netconf", "snetconf", "rsa", "dsa", "ecc")
#: Commands that switch a service, by the service.
_SWITCHES: Mapping[str, tuple[str, ...]] = {
    "ssh": (
        "(stelnet|sftp|scp) [(ipv4|ipv6)] server enable",
        "ssh [(ipv4|ipv6)] server enable",
    ),
    "telnet": ("telnet [(ipv4|ipv6)] server enable",),
    "http": ("http [(ipv4|ipv6)] server enable", "web-manager enable", "web-manager http enable"),
    "https": (
        "http [(ipv4|ipv6)] secure-server enable",
        "https server enable",
        "web-manager security [version {rest...}] enable [port {port}]",
        "web-manager security enable [port {port}]",
    ),
    "ftp": ("ftp [(ipv4|ipv6)] server enable", "ftp server [ipv6] enable"),
    "tftp": ("tftp server enable", "tftp-server enable"),
    "netconf": ("(snetconf|netconf) [(ipv4|ipv6)] server enable", "netconf enable"),
}
_LIMITS: Mapping[str, tuple[str, ...]] = {
    "ssh": ("ssh [ipv6] server acl {acl}", "ssh server ipv6 acl {acl}"),
    "telnet": ("telnet [ipv6] server acl {acl}", "telnet server ipv6 acl {acl}"),
    "http": ("http acl [ipv6] {acl}", "http ipv6 acl {acl}"),
    "ftp": ("ftp [ipv6] acl {acl}", "ftp acl ipv6 {acl}"),
}


def _enter() -> None:
    for kind, commands in _SWITCHES.items():
        for command in commands:
            MANAGEMENT.on("", f"[undo] {command}", "line")(_switched(kind))
    for kind, commands in _LIMITS.items():
        for command in commands:
            MANAGEMENT.on("", command, "line")(_limited(kind))


def _switched(kind: str) -> Handler:
    def read(draft: Draft, hit: Hit) -> None:
        """Of two lines (IPv4 and IPv6, or two services on one port) one that switches on counts."""
        words = hit.text.lower().split()
        service = draft.service(kind, hit.where)
        if words[0] != "undo":
            service.put("enabled", True, hit.where)
            families = {4} if "ipv4" in words else {6} if "ipv6" in words else {4, 6}
            draft.scratch.setdefault("served", {}).setdefault(kind, set()).update(families)
        elif service.held("enabled") is None:
            service.put("enabled", False, hit.where)

    return read


def _limited(kind: str) -> Handler:
    def read(draft: Draft, hit: Hit) -> None:
        draft.scratch.setdefault("service acls", {}).setdefault(kind, []).append(acl_said(hit))

    return read


_enter()


@MANAGEMENT.on("", "[undo] ssh server compatible-ssh1x [enable]", "line")
def _old_ssh(draft: Draft, hit: Hit) -> None:
    version = "2" if hit.text.lower().startswith("undo") else "1.99"
    draft.service("ssh", hit.where).put("version", version, hit.where)


@MANAGEMENT.on("", "ssh server [secure-algorithms] (cipher|hmac|key-exchange|publickey) {names...}", "line")
def _algorithms(draft: Draft, hit: Hit) -> None:
    words = [word.lower() for word in hit.text.split()]
    kind = next(word for word in words if word in _SPELLING)
    service = draft.service("ssh", hit.where)
    for name in hit["names"].lower().split():
        service.add("algorithms", _SPELLING[kind](name))


def _cipher(name: str) -> str:
    plain = name.replace("_", "-")
    return f"{plain}@openssh.com" if plain.endswith("-gcm") or plain.startswith("chacha20") else plain


def _mac(name: str) -> str:
    return "hmac-" + name.replace("sha2_", "sha2-").replace("_", "-")


def _exchange(name: str) -> str:
    plain = name.replace("_", "-").replace("dh-exchange-group", "dh-group-exchange")
    return "diffie-hellman" + plain.removeprefix("dh") if plain.startswith("dh-") else plain


def _host_key(name: str) -> str:
    return {"rsa": "ssh-rsa", "dsa": "ssh-dss", "ecc": "ecdsa-sha2-nistp256"}.get(name, name.replace("_", "-"))


#: How VRP spells the names of RFC 4253 and of what came after.
_SPELLING: Mapping[str, Callable[[str], str]] = {
    "cipher": _cipher,
    "hmac": _mac,
    "key-exchange": _exchange,
    "publickey": _host_key,
}
# Users of SSH and their keys, ports, time-outs, the device as a client, the address at which it is reached.
MANAGEMENT.ignore(
    "",
    *("ssh user {rest...}", "ssh authorization-type {rest...}", "[undo] ssh client {rest...}", "ssh server port {n}"),
    *("ssh server (timeout|rekey-interval|authentication-retries|keepalive|dh-exchange|max-sessions) {rest...}",),
    *("ssh (ipv4|ipv6) server port {n}", "ssh [(ipv4|ipv6)] server-source {rest...}", "ssh server-source {rest...}"),
    *("telnet [(ipv4|ipv6)] server-source {rest...}", "telnet server port {n}", "telnet client-source {rest...}"),
    *(
        "(sftp|scp|ftp|tftp) client-source {rest...}",
        "ftp server (port|source|timeout) {rest...}",
        "ftp server-source {rest...}",
    ),
    *("sftp server (default-directory|timeout|max-sessions) {rest...}", "sftp client-source {rest...}"),
    *("http (timeout|server) (port|load|{n}) [{rest...}]", "http timeout {n}", "http server-source {rest...}"),
    *("http secure-server (ssl-policy|port) {rest...}", "web-manager (timeout|server-source|port) {rest...}"),
    *("(rsa|dsa|ecc) (peer-public-key|local-key-pair|key-pair|pki) {rest...}", "undo http (ipv6|ipv4) {rest...}"),
    *("netconf (idle-timeout|protocol) {rest...}",),
)
unknown(MANAGEMENT, "", "line", "ssh", "stelnet", "telnet", "http", "ftp", "sftp", "tftp", "web-manager", "netconf")


@MANAGEMENT.on(INTERFACE, "service-manage {service} {action}", "line")
def _by_interface(_: Draft, hit: Hit) -> None:
    """Firewalls let managers in by interface, past every policy: but for pings that is not in the model."""
    if hit["service"].lower() != "ping" and hit["action"].lower() != "deny":
        raise NotUnderstoodError(hit.text)


@MANAGEMENT.on(INTERFACE, "[undo] service-manage enable", "line")
def _by_interface_at_all(_: Draft, hit: Hit) -> None:
    """Switched on it lets in only what is permitted one by one."""


def finish(draft: Draft) -> None:
    """Whom each service answers: what its own ACL and those of the VTYs both let in."""
    six = any(
        ":" in address.value
        for entry in draft.entries("interfaces").values()
        for address in entry.held("addresses") or ()
    )
    for kind, service in draft.entries("services").items():
        if kind == "snmp":
            continue
        families = draft.scratch.get("served", {}).get(kind, {4, 6}) & ({4, 6} if six else {4})
        names = draft.scratch.get("service acls", {}).get(_OWN.get(str(kind), str(kind)), [])
        limits = [_union(draft, names, families)] if names else []
        if kind in ("ssh", "telnet", "netconf"):
            limits += _terminals(draft, "telnet" if kind == "telnet" else "ssh", families)
        read = _together(limits)
        if read.state == SET:
            service.put("sources", read.value, read.where or Location(""))
        elif read.state == UNKNOWN:
            service.unknown("sources", read.where or Location(""))


#: The service whose ACL limits another, too.
_OWN = {"https": "http", "netconf": "ssh"}


def _terminals(draft: Draft, protocol: str, families: set[int]) -> list[Read[tuple[str, ...]]]:
    """What the VTYs that this protocol reaches let in; no limit where one of them has none."""
    open_ones = [
        one
        for one in reachable(draft).values()
        if one.vty and (not one.protocols or protocol in one.protocols or "all" in one.protocols)
    ]
    if not open_ones or not all(one.acls for one in open_ones):
        return []
    reads = [_union(draft, one.acls, families) for one in open_ones]
    for read in reads:
        if read.state != SET:
            return [read]
    joined = tuple(dict.fromkeys(one for read in reads for one in read.value or ()))
    return [Read(SET, joined, reads[0].where or open_ones[0].where)]


def _union(draft: Draft, names: list[str], families: set[int]) -> Read[tuple[str, ...]]:
    """What ACLs of these names let in; a family that none of them is of is not limited."""
    found: list[str] = []
    where = None
    limited: set[int] = set()
    for said in names:
        name = said.removeprefix(SIX)
        own = (6,) if said != name or (4, name) not in acls(draft) else (4,)
        read = acl_sources(draft, name, own)
        if read.state != SET:
            return read
        where = where or read.where
        limited |= {family for family in own if (family, name) in acls(draft)}
        found += [one for one in read.value or () if family_of(one) in families]
    found += [everybody(family) for family in sorted(families - limited)]
    return Read(SET, tuple(dict.fromkeys(found)), where)


def _together(limits: list[Read[tuple[str, ...]]]) -> Read[tuple[str, ...]]:
    if not limits:
        return Read()
    made = limits[0]
    for other in limits[1:]:
        if made.state != SET or other.state != SET:
            return made if made.state == UNKNOWN else other
        made = Read(SET, common(made.value or (), other.value or ()), made.where)
    return made
