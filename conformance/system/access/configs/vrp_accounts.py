"""Huawei VRP: who may manage the device: accounts, schemes, lock-out, consoles and VTYs."""

from __future__ import annotations

from dataclasses import dataclass, field

from conformance.judge.access.config import Line, User
from conformance.judge.rulebook import Location
from conformance.system.access.configs.draft import Draft, Entry
from conformance.system.access.configs.many import each
from conformance.system.access.configs.shared import number, secret
from conformance.system.access.configs.table import Hit, NotUnderstoodError, Table
from conformance.system.access.configs.vrp_acls import acl_said
from conformance.system.access.configs.words import Words

ACCOUNTS = Table()
ACCOUNTS.topics("aaa", "aaa", "local-user", "local-aaa-user", "radius-server", "hwtacacs-server", "hwtacacs", "radius")
ACCOUNTS.topics("line", "user-interface")
_AAA = "aaa"
_LINE = "user-interface {kind} {first} [{last}]"
_SCHEME = "authentication-scheme {scheme}"
_DOMAIN = "domain {domain}"
for _view in (_AAA, f"{_AAA} / {_SCHEME}", f"{_AAA} / {_DOMAIN}", f"{_AAA} / manager-user {{user}}"):
    ACCOUNTS.view(_view, "aaa")
ACCOUNTS.view(_LINE, "line")
_METHODS = {"hwtacacs": "tacacs", "radius": "radius", "radius-proxy": "radius", "local": "local", "none": "none"}
_METHODS |= {"local-case": "local", "ldap": "ldap", "ad": "ldap"}
#: Domains of managers, the first that the file speaks of counts.
_MANAGERS = ("default_admin",)
_MINUTE = 60


@dataclass
class _User:
    where: Location
    kind: str = "none"  # of its secret
    services: list[str] = field(default_factory=list)
    blocked: bool = False


@dataclass
class _Reachable:
    """What a console or VTY lets in: its ACLs by family, and the protocols."""

    vty: bool
    where: Location
    acls: list[str] = field(default_factory=list)
    protocols: tuple[str, ...] = ()


def reachable(draft: Draft) -> dict[str, _Reachable]:
    """Every console and VTY by name."""
    found: dict[str, _Reachable] = draft.scratch.setdefault("reachable", {})
    return found


@ACCOUNTS.on("", _AAA, "aaa")
def _aaa(draft: Draft, hit: Hit) -> None:
    """The view; an export may hold it twice."""


def _user(draft: Draft, hit: Hit) -> _User:
    users: dict[str, _User] = draft.scratch.setdefault("users", {})
    return users.setdefault(hit["user"], _User(hit.where))


@ACCOUNTS.on(_AAA, "undo local-user {user}", "aaa")
def _gone(draft: Draft, hit: Hit) -> None:
    draft.scratch.setdefault("users", {}).pop(hit["user"], None)


@ACCOUNTS.on(_AAA, "local-user {user} {rest...}", "aaa")
def _local(draft: Draft, hit: Hit) -> None:
    """One line may say several things of an account."""
    user = _user(draft, hit)
    words = Words(hit["rest"])
    while words:
        if words.skip("password"):
            user.kind = secret(
                [words.take(), *words.until("privilege", "service-type", "access-limit", "idle-timeout")]
            )
        elif words.skip("service-type"):
            user.services += [one.lower() for one in words.until("privilege", "password")]
        elif words.skip("privilege", "level") or words.any_of("level", "access-limit", "idle-timeout", "user-group"):
            words.take()
            if words.peek().isdigit():
                words.take()
        elif words.skip("state", "block", "fail-times"):
            _locked(draft, number(words.take()), number(words.take()) if words.skip("interval") else 0, hit)
        elif words.skip("state"):
            user.blocked = words.take().lower() == "block"
        elif words.any_of("ftp-directory", "http-directory", "description", "expire-date", "device-type", "time-range"):
            words.rest()
        else:
            words.take()
            raise NotUnderstoodError(hit.text)


@ACCOUNTS.on(_AAA, "manager-user {user}", "aaa")
def _manager(draft: Draft, hit: Hit) -> None:
    _user(draft, hit)


@ACCOUNTS.on(f"{_AAA} / manager-user {{user}}", "password {secret...}", "aaa")
def _manager_password(draft: Draft, hit: Hit) -> None:
    _user(draft, hit).kind = secret(hit["secret"].split())


@ACCOUNTS.on(f"{_AAA} / manager-user {{user}}", "service-type {services...}", "aaa")
def _manager_services(draft: Draft, hit: Hit) -> None:
    _user(draft, hit).services += hit["services"].lower().split()


# What a manager may do once logged in.
ACCOUNTS.ignore(
    f"{_AAA} / manager-user {{user}}",
    *(
        "level {n}",
        "role {name}",
        "access-limit {n}",
        "ssh {rest...}",
        "authentication-scheme {name}",
        "description {text...}",
    ),
    "auth-type {rest...}",
)


@ACCOUNTS.on(_AAA, _SCHEME, "aaa")
def _scheme(draft: Draft, hit: Hit) -> None:
    draft.scratch.setdefault("schemes", {}).setdefault(hit["scheme"], None)


@ACCOUNTS.on(f"{_AAA} / {_SCHEME}", "authentication-mode {modes...}", "aaa")
def _modes(draft: Draft, hit: Hit) -> None:
    methods = [_METHODS.get(word.lower(), "") for word in hit["modes"].split()]
    if not all(methods):
        raise NotUnderstoodError(hit.text)
    draft.scratch["schemes"][hit["scheme"]] = (tuple(methods), hit.where)


ACCOUNTS.ignore(f"{_AAA} / {_SCHEME}", "authentication-super {rest...}", "[undo] server-no-response accounting")


@ACCOUNTS.on(_AAA, _DOMAIN, "aaa")
def _domain(draft: Draft, hit: Hit) -> None:
    draft.scratch.setdefault("domains", {}).setdefault(hit["domain"].lower(), "default")


@ACCOUNTS.on(f"{_AAA} / {_DOMAIN}", _SCHEME, "aaa")
def _domain_scheme(draft: Draft, hit: Hit) -> None:
    draft.scratch["domains"][hit["domain"].lower()] = hit["scheme"]


# Which servers a domain asks, what its users may do: the order of methods is the scheme's.
ACCOUNTS.ignore(
    f"{_AAA} / {_DOMAIN}",
    *("(authorization-scheme|accounting-scheme|radius-server|hwtacacs-server|service-type|service-scheme) {rest...}",),
    *("user-group {name}", "internet-access mode {mode}", "reference user current-domain", "[undo] {rest...}"),
)


@each(ACCOUNTS, ("", _AAA), "domain {domain} admin", "aaa")
@each(ACCOUNTS, ("", _AAA), "default-domain admin {domain}", "aaa")
def _admin_domain(draft: Draft, hit: Hit) -> None:
    draft.scratch["admin domain"] = hit["domain"].lower()


@ACCOUNTS.on(_AAA, "local-aaa-user wrong-password {rest...}", "aaa")
def _wrong(draft: Draft, hit: Hit) -> None:
    words = Words(hit["rest"])
    told: dict[str, int] = {}
    while words:
        name = words.any_of("retry-interval", "retry-time", "block-time")
        if not name:
            raise NotUnderstoodError(hit.text)
        told[name] = number(words.take())
    _locked(draft, told.get("retry-time", 0), told.get("block-time", 0), hit)


def _locked(draft: Draft, tries: int, minutes: int, hit: Hit) -> None:
    draft.accounts.put("tries", tries, hit.where)
    draft.accounts.put("locked", minutes * _MINUTE, hit.where)


@ACCOUNTS.on(_AAA, "undo local-aaa-user wrong-password", "aaa")
def _never_locked(draft: Draft, hit: Hit) -> None:
    draft.accounts.put("tries", 0, hit.where)


# Rights and accounting, rules for choosing passwords, users of access networks.
ACCOUNTS.ignore(
    _AAA,
    *("authorization-scheme {name}", "accounting-scheme {name}", "service-scheme {name}", "recording-scheme {name}"),
    *(
        "local-aaa-user password policy {rest...}",
        "[undo] local-user password policy {rest...}",
        "undo user-password {rest...}",
    ),
    *("local-aaa-user change-password {rest...}", "[undo] local-aaa-user (change-offline-password|retry) {rest...}"),
    *(
        "task-group {name}",
        "user-group {name}",
        "bind manager-user {rest...}",
        "role {rest...}",
        "user-password {rest...}",
    ),
    *("security-name enable", "aaa-author-cmd-when-{rest...}", "[undo] local-user {user} wizard-{rest...}"),
    *("cmd recording-scheme {name}", "system recording-scheme {name}", "outbound recording-scheme {name}"),
)
# Where the servers of AAA are: who is asked first is the scheme's.
ACCOUNTS.ignore(
    "",
    *("(radius-server|hwtacacs-server|radius|hwtacacs|radius-attribute) {rest...}", "hwtacacs enable", "radius enable"),
    *("radius-server authorization {rest...}", "access-domain {rest...}", "password-recover {rest...}"),
)


def _line(draft: Draft, hit: Hit) -> Entry[Line]:
    return draft.line(_line_name(hit), hit.where)


def _line_name(hit: Hit) -> str:
    kind = hit["kind"].lower()
    if kind not in ("con", "console", "vty", "tty", "aux", "web", "trunk"):
        raise NotUnderstoodError(hit.text)
    return " ".join(word for word in (kind, hit["first"], hit["last"]) if word)


@ACCOUNTS.on("", _LINE, "line")
def _entered(draft: Draft, hit: Hit) -> None:
    if hit["first"].isdigit():
        name = _line_name(hit)
        draft.line(name, hit.where)
        reachable(draft).setdefault(name, _Reachable(hit["kind"].lower() == "vty", hit.where))
    elif hit["kind"].lower() != "maximum-vty":
        raise NotUnderstoodError(hit.text)


ACCOUNTS.ignore("", "user-interface maximum-vty {n}", "user-interface current")  # how many there are


@ACCOUNTS.on(_LINE, "idle-timeout {minutes} [{seconds}]", "line")
def _idle(draft: Draft, hit: Hit) -> None:
    seconds = number(hit["seconds"], 0, 59) if hit["seconds"] else 0
    _line(draft, hit).put("idle", number(hit["minutes"]) * _MINUTE + seconds, hit.where)


@ACCOUNTS.on(_LINE, "undo idle-timeout", "line")
def _usual_idle(draft: Draft, hit: Hit) -> None:
    _line(draft, hit).forget("idle")


@ACCOUNTS.on(_LINE, "authentication-mode (aaa|password|none|local)", "line")
def _authenticated(draft: Draft, hit: Hit) -> None:
    _line(draft, hit).put("authentication", hit.text.split()[1].lower(), hit.where)


@ACCOUNTS.on(_LINE, "acl [ipv6] {acl} (inbound|outbound)", "line")
def _acl(draft: Draft, hit: Hit) -> None:
    if hit.text.lower().endswith("inbound"):
        reachable(draft)[_line_name(hit)].acls.append(acl_said(hit))


@ACCOUNTS.on(_LINE, "protocol inbound {protocols...}", "line")
def _protocols(draft: Draft, hit: Hit) -> None:
    named = tuple(hit["protocols"].lower().split())
    if not set(named) <= {"ssh", "telnet", "all", "none"}:
        raise NotUnderstoodError(hit.text)
    reachable(draft)[_line_name(hit)].protocols = named


@ACCOUNTS.on(_LINE, "undo shell", "line")
def _closed(draft: Draft, hit: Hit) -> None:
    reachable(draft)[_line_name(hit)].protocols = ("none",)


# Rights, looks and speed of a terminal; the password is one that ``authentication-mode`` makes count.
ACCOUNTS.ignore(
    _LINE,
    *("user privilege level {n}", "history-command {rest...}", "screen-length {n}", "screen-width {n}", "speed {n}"),
    *("set authentication password {rest...}", "flow-control {mode}", "databits {n}", "parity {mode}", "stopbits {n}"),
    *(
        "auto-execute command {rest...}",
        "shell",
        "terminal type {rest...}",
        "description {text...}",
        "modem [{rest...}]",
    ),
)


def finish(draft: Draft) -> None:
    """Accounts that may log in, and the methods of the scheme that managers' domain uses."""
    for name, user in draft.scratch.get("users", {}).items():
        if not user.blocked:
            draft.accounts.add("users", User(name, user.where, user.kind, tuple(dict.fromkeys(user.services))))
    schemes = draft.scratch.get("schemes", {})
    domains = draft.scratch.get("domains", {})
    domain = draft.scratch.get("admin domain") or next((one for one in _MANAGERS if one in domains), "")
    chosen = schemes.get(domains.get(domain, "default"))
    if chosen is not None:
        draft.accounts.put("schemes", *chosen)
