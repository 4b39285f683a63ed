"""Comware: how the device is managed: consoles and VTYs, SSH, Telnet, HTTP, FTP, NETCONF, and from where."""

from __future__ import annotations

from conformance.judge.access.config import Line, Read, Service
from conformance.judge.rulebook import Location
from conformance.system.access.configs import comware_acl
from conformance.system.access.configs.comware_words import Words, doubt, setting
from conformance.system.access.configs.draft import Draft, Entry
from conformance.system.access.configs.shared import number, secret
from conformance.system.access.configs.table import Hit, NotUnderstoodError, Table

TABLE = Table()
TABLE.topics("line", "line", "user-interface", "ssh", "ssh2", "telnet", "ftp", "tftp", "sftp", "scp", "netconf")
TABLE.topics("line", "ip http", "ip https", "http", "https", "web", "restful", "public-key", "ssl")
_LINES = ("line {line...}", "user-interface {line...}")
_MINUTE = 60

# Addresses and files that the device uses as a client of these protocols.
TABLE.ignore("", "(ssh|sftp|scp|ftp|tftp|telnet) client {x...}", "ssl (client-policy|server-policy) {x}")
# How often and how long SSH asks, and what only files or speed depend on.
TABLE.ignore("", "ssh server (authentication-timeout|authentication-retries|rekey-interval|dscp|pki-domain) {x...}")
TABLE.ignore("", "ssh user {x...}", "sftp server idle-timeout {x}", "ftp timeout {x}", "telnet server dscp {x}")
for _line in _LINES:
    TABLE.view(_line, "line")
    # Looks and speed of a terminal, roles, and records of commands.
    TABLE.ignore(
        _line,
        "user-role {x}",
        "undo user-role {x}",
        "user privilege level {x}",
        "command (authorization|accounting)",
        "(screen-length|history-command|terminal|speed|databits|stopbits|parity|flow-control|escape-key) {x...}",
        "shell",
        "undo shell",
        "undo flow-control",
        "lock-key {x...}",
        "activation-key {x...}",
    )
# Consoles and VTYs.


def _line_of(draft: Draft, hit: Hit) -> Entry[Line]:
    """A line, or the class whose settings hold for each of its lines that has none of its own."""
    words = hit["line"].lower().split()
    if words[0] == "class":
        name = " ".join(words[1:])
        return draft.named("line-classes", name, Line, name=f"class {name}", where=hit.where)
    return draft.line(" ".join(words), hit.where)


def _line_begun(draft: Draft, hit: Hit) -> None:
    _line_of(draft, hit)


def _idle(draft: Draft, hit: Hit) -> None:
    entry = _line_of(draft, hit)
    with setting(entry, "idle", hit.where):
        entry.put("idle", number(hit["minutes"]) * _MINUTE + number(hit["seconds"] or "0"), hit.where)


def _authentication(draft: Draft, hit: Hit) -> None:
    kinds = {"scheme": "aaa", "none": "none", "password": "password"}
    entry = _line_of(draft, hit)
    with setting(entry, "authentication", hit.where):
        kind = kinds.get(hit["mode"].lower())
        if kind is None:
            raise NotUnderstoodError(hit.text)
        entry.put("authentication", kind, hit.where)


def _protocols(draft: Draft, hit: Hit) -> None:
    _line_of(draft, hit)
    if hit["protocols"].lower() not in ("ssh", "telnet", "all", "pad", "ssh telnet"):
        raise NotUnderstoodError(hit.text)


def _line_acl(draft: Draft, hit: Hit) -> None:
    words = Words(hit["acl"])
    family = 6 if words.take("ipv6") else 4
    name = words.next()
    if words:
        words.one_of("inbound")
    held = draft.scratch.setdefault("line-acls", {})
    held.setdefault(_line_of(draft, hit).held("name"), {})[family] = (name, hit.where)


def _line_secret(draft: Draft, hit: Hit) -> None:
    _line_of(draft, hit)
    secret(hit["secret"].split())  # that a line asks for no more than a password is told by its mode


for _line in _LINES:
    TABLE.on("", _line, "line")(_line_begun)
    TABLE.on(_line, "idle-timeout {minutes} [{seconds}]", "line")(_idle)
    TABLE.on(_line, "authentication-mode {mode} [command-authorization]", "line")(_authentication)
    TABLE.on(_line, "protocol inbound {protocols...}", "line")(_protocols)
    TABLE.on(_line, "acl {acl...}", "line")(_line_acl)
    TABLE.on(_line, "set authentication password {secret...}", "line")(_line_secret)

# Services.

_SWITCHES = {
    "ssh": ("ssh server enable", "sftp server enable", "scp server enable", "stelnet server enable"),
    "telnet": ("telnet server enable", "telnet ipv6 server enable"),
    "ftp": ("ftp server enable",),
    "tftp": ("tftp server enable",),
    "http": ("ip http enable", "http server enable"),
    "https": ("ip https enable",),
    "netconf": (
        "netconf ssh server enable",
        "netconf soap http enable",
        "netconf soap https enable",
        "restful http enable",
        "restful https enable",
    ),
}
_LIMITS = {
    "ssh": ("ssh server acl {acl...}", "ssh server ipv6 acl {acl6...}"),
    "telnet": ("telnet server acl {acl...}", "telnet server ipv6 acl {acl6...}"),
    "ftp": ("ftp server acl {acl...}",),
    "tftp": ("tftp-server acl {acl...}",),
    "http": ("ip http acl {acl...}",),
    "https": ("ip https acl {acl...}",),
    "netconf": ("netconf ssh acl {acl...}", "netconf soap http acl {acl...}", "netconf soap https acl {acl...}"),
}


def _switched(kind: str) -> None:
    def handler(draft: Draft, hit: Hit) -> None:
        on = not hit.text.lower().startswith("undo ")
        entry = draft.service(kind, hit.where)
        held: Read[bool] | None = entry.held("enabled")
        if on or held is None:  # one of several ways in is enough
            entry.put("enabled", on, hit.where)

    def limited(draft: Draft, hit: Hit) -> None:
        words = Words(hit["acl"] or hit["acl6"])
        family = 6 if words.take("ipv6") or hit["acl6"] else 4
        words.take("name")
        name = words.next()
        if words:
            raise NotUnderstoodError(hit.text)
        draft.scratch.setdefault("service-acls", {})[kind, family] = (name, hit.where)

    for command in _SWITCHES[kind]:
        TABLE.on("", command, "line")(handler)
        TABLE.on("", f"undo {command}", "line")(handler)
    for command in _LIMITS[kind]:
        TABLE.on("", command, "line")(limited)


for _kind in _SWITCHES:
    _switched(_kind)


@TABLE.on("", "ssh server compatible-ssh1x [enable]", "line")
@TABLE.on("", "undo ssh server compatible-ssh1x [enable]", "line")
def _version(draft: Draft, hit: Hit) -> None:
    old = not hit.text.lower().startswith("undo ")
    draft.service("ssh", hit.where).put("version", "1.99" if old else "2", hit.where)


@TABLE.on("", "ssh2 algorithm (cipher|key-exchange|mac|public-key) {names...}", "line")
def _algorithms(draft: Draft, hit: Hit) -> None:
    entry, kind = draft.service("ssh", hit.where), hit.text.lower().split()[2]
    for name in hit["names"].lower().split():
        entry.add("algorithms", _spelled(kind, name))


def _spelled(kind: str, name: str) -> str:
    """The name of RFC 4253, or of OpenSSH, for Comware's."""
    if kind == "mac":
        return f"hmac-{name}"
    if kind == "key-exchange" and name.startswith("dh-"):
        return f"diffie-hellman-{name.removeprefix('dh-')}"
    return {"rsa": "ssh-rsa", "dsa": "ssh-dss"}.get(name, name) if kind == "public-key" else name


@TABLE.on("", "(ip http|ip https|ssh server|ftp server|telnet server|netconf ssh server) port {port}", "line")
def _port(draft: Draft, hit: Hit) -> None:
    del draft
    number(hit["port"], 1, 65535)


# What stands where all is read.


def finish(draft: Draft) -> None:
    """What classes say of lines, and who reaches each service."""
    _classes(draft)
    for kind in _SWITCHES:
        limits = {family: draft.scratch.get("service-acls", {}).get((kind, family)) for family in (4, 6)}
        if any(limits.values()) or draft.entries("services").get(kind) is not None:
            _reached(draft, kind, limits)


def _classes(draft: Draft) -> None:
    acls: dict[str, dict[int, tuple[str, Location]]] = draft.scratch.get("line-acls", {})
    for name, group in draft.entries("line-classes").items():
        own = [one for one in draft.entries("lines").values() if one.held("name").split()[0] == name]
        settings = ("idle", "authentication")
        if not own and any(group.held(one) is not None for one in settings):
            own = [draft.line(group.held("name"), group.held("where"))]
        for entry in own:
            for one in settings:
                if entry.held(one) is None and group.held(one) is not None:
                    entry.fix(one, group.held(one))
            for family, acl in acls.get(group.held("name"), {}).items():
                acls.setdefault(entry.held("name"), {}).setdefault(family, acl)


def _reached(draft: Draft, kind: str, limits: dict[int, tuple[str, Location] | None]) -> None:
    """By its own ACL, else by that of every VTY where people come in by it."""
    lines: dict[str, dict[int, tuple[str, Location]]] = draft.scratch.get("line-acls", {})
    names = [str(one) for one in draft.entries("lines") if str(one).startswith("vty")]
    found: dict[int, list[tuple[str, Location]]] = {}
    for family, limit in limits.items():
        on_lines = [lines[one][family] for one in names if family in lines.get(one, {})]
        if limit is not None:
            found[family] = [limit]
        elif names and len(on_lines) == len(names) and kind in ("ssh", "telnet"):
            found[family] = on_lines
    limit_sources(draft, draft.service(kind, next(iter(found.values()))[0][1] if found else _NOWHERE), found)


_NOWHERE = Location("")


def limit_sources(draft: Draft, entry: Entry[Service], acls: dict[int, list[tuple[str, Location]]]) -> None:
    """Who reaches a service through the ACLs of each family. A family without one (or whose ACL does not exist or is
    empty: then Comware limits nothing) is open to all; IPv6 only where the device speaks it.
    """
    speaks6 = any(
        one.held("ipv6") is not None and one.held("ipv6").value for one in draft.entries("interfaces").values()
    )
    passed: list[str] = []
    where: Location | None = None
    for family, anywhere in ((4, "0.0.0.0/0"), (6, "::/0")):
        found = [(comware_acl.find(draft, family, name), place) for name, place in acls.get(family, ())]
        if found and all(acl is not None for acl, _ in found):
            where = where or found[0][1]
            for acl, place in found:
                try:
                    passed += comware_acl.sources(draft, acl) if acl else ()
                except NotUnderstoodError:
                    entry.unknown("sources", place)
                    doubt(draft, "line", place)
                    return
        elif family == 4 or speaks6:  # noqa: PLR2004
            passed.append(anywhere)
    if where is not None:
        entry.put("sources", tuple(dict.fromkeys(passed)), where)
