"""Comware: who manages the device: accounts, lock-out and the methods of AAA."""

from __future__ import annotations

from conformance.judge.access.config import User
from conformance.judge.rulebook import Location
from conformance.system.access.configs.comware_words import Words, keyed
from conformance.system.access.configs.draft import Draft, Entry
from conformance.system.access.configs.shared import number, secret
from conformance.system.access.configs.table import Hit, NotUnderstoodError, Table

TABLE = Table()
TABLE.topics("aaa", "local-user", "domain", "radius", "hwtacacs", "ldap", "password-control", "super", "role")
TABLE.topics("aaa", "user-group", "password-recovery", "authentication")
_USER, _USER_CLASS = "local-user {user}", "local-user {user} class {class}"
_DOMAINS = ("domain {domain}", "domain name {domain}")
_SCHEMES = {"radius-scheme": "radius", "hwtacacs-scheme": "tacacs", "ldap-scheme": "ldap"}
_FOREVER = 2**31 - 1
_MINUTE = 60

# Servers and secrets of AAA: which servers there are is no clause; that one is asked, the domain tells. Roles.
TABLE.ignore(
    "",
    "radius scheme {x}",
    "hwtacacs scheme {x}",
    "ldap scheme {x}",
    "ldap server {x}",
    "radius session-control {x...}",
)
TABLE.ignore(
    "", "role name {x}", "role {x...}", "user-group {x}", "password-recovery enable", "undo password-recovery enable"
)
TABLE.ignore("", "radius nas-ip {x...}", "hwtacacs nas-ip {x...}", "radius dynamic-author {x...}", "public-key {x...}")
for _domain in _DOMAINS:
    TABLE.view(_domain, "aaa")
    # What is allowed and counted once somebody is known; limits of sessions.
    TABLE.ignore(
        _domain,
        "(authorization|accounting|authorization-attribute|access-limit|self-service-url|state|idle-cut) {x...}",
        "authentication (lan-access|portal|ppp|super|sslvpn|ike|ipoe|onu|advpn|ipsec-ike) {x...}",
        "undo authorization-attribute {x...}",
    )
for _user in (_USER, _USER_CLASS):
    TABLE.view(_user, "aaa")
    TABLE.ignore(
        _user,
        "(authorization-attribute|undo authorization-attribute|bind-attribute|group|description|access-limit) {x...}",
        "password-control {x...}",
        "expiration-date {x...}",
        "validity-datetime {x...}",
        "identity-group {x}",
    )

# Accounts.


def _user_of(draft: Draft, hit: Hit) -> Entry[User]:
    key = (hit["user"], (hit["class"] or "manage").lower())
    return draft.named("local-users", key, User, name=hit["user"], where=hit.where, secret="")


@TABLE.on("", _USER, "aaa")
@TABLE.on("", _USER_CLASS, "aaa")
def _user_begun(draft: Draft, hit: Hit) -> None:
    if hit["class"].lower() not in ("", "manage", "network"):
        raise NotUnderstoodError(hit.text)
    _user_of(draft, hit)


def _user_secret(draft: Draft, hit: Hit) -> None:
    words = hit["secret"].split()
    _user_of(draft, hit).fix("secret", secret(words))


def _user_services(draft: Draft, hit: Hit) -> None:
    entry = _user_of(draft, hit)
    for one in hit["services"].lower().split():
        if one not in (entry.held("services") or ()):
            entry.add("services", one)


def _user_state(draft: Draft, hit: Hit) -> None:
    if hit["state"].lower() not in ("active", "block"):
        raise NotUnderstoodError(hit.text)
    blocked = draft.scratch.setdefault("blocked-users", set())
    if hit["state"].lower() == "block":
        blocked.add(hit["user"])
    else:
        blocked.discard(hit["user"])


for _user in (_USER, _USER_CLASS):
    TABLE.on(_user, "state {state}", "aaa")(_user_state)
    TABLE.on(_user, "password {secret...}", "aaa")(_user_secret)
    TABLE.on(_user, "service-type {services...}", "aaa")(_user_services)


@TABLE.on("", "super password [role {role}] {kind} {secret}", "aaa")
def _super(draft: Draft, hit: Hit) -> None:
    del draft
    if hit["kind"].lower() not in ("hash", "cipher"):
        raise NotUnderstoodError(hit.text)  # no account has it: the model has no place for a plain one


# Lock-out.

TABLE.ignore("", "password-control {what} enable", "undo password-control {what} enable")
TABLE.ignore("", "password-control (length|composition|aging|history|alert-before-expire|complexity) {x...}")
TABLE.ignore("", "password-control (update-interval|expired-user-login|authentication-timeout|super|login) {x...}")


@TABLE.on("", "password-control enable [(network-class|manage)]", "aaa")
def _control(draft: Draft, hit: Hit) -> None:
    if not hit.text.lower().endswith("network-class"):
        draft.scratch["password-control"] = hit.where


@TABLE.on("", "password-control login-attempt {tries} [exceed {rest...}]", "aaa")
def _lock(draft: Draft, hit: Hit) -> None:
    words = Words(hit["rest"])
    locked = _MINUTE
    if words:
        form = words.one_of("lock", "lock-time", "unlock")
        locked = {"lock": _FOREVER, "unlock": 0}.get(form, -1)
        if locked < 0:
            locked = number(words.next(), 1) * _MINUTE
        words.done()
    draft.scratch["login-attempt"] = (number(hit["tries"], 1), locked, hit.where)


# AAA.


@TABLE.on("", "domain default enable {domain}", "aaa")
def _default_domain(draft: Draft, hit: Hit) -> None:
    draft.scratch["default-domain"] = hit["domain"].lower()


def _domain_begun(draft: Draft, hit: Hit) -> None:
    draft.scratch.setdefault("domains", {}).setdefault(hit["domain"].lower(), {})


def _methods(draft: Draft, hit: Hit) -> None:
    use = hit.text.lower().split()[1]
    held = draft.scratch.setdefault("domains", {}).setdefault(hit["domain"].lower(), {})
    held[use] = (None, hit.where)  # until all of it is understood
    words, found = Words(hit["methods"]), list[str]()
    while words:
        word = words.next().lower()
        if word in _SCHEMES:
            words.next()
        elif word not in ("local", "none"):
            raise NotUnderstoodError(word)
        found.append(_SCHEMES.get(word, word))
    held[use] = (tuple(found), hit.where)


for _domain in _DOMAINS:
    TABLE.on("", _domain, "aaa")(_domain_begun)
    TABLE.on(_domain, "authentication (login|default) {methods...}", "aaa")(_methods)


def finish(draft: Draft) -> None:
    """Accounts of managers, lock-out, and the methods of the default domain."""
    blocked: set[str] = draft.scratch.get("blocked-users", set())
    for (name, kind), entry in keyed(draft, "local-users").items():
        # The others are let into the network, not into the device; a blocked one is let in nowhere.
        if kind == "manage" and name not in blocked:
            hidden = "password-control" in draft.scratch
            entry.fix("secret", entry.held("secret") or ("masked" if hidden else "none"))
            draft.accounts.add("users", entry.made())
    _lock_out(draft)
    _domain_methods(draft)


def _lock_out(draft: Draft) -> None:
    """Tries are counted only where the feature is on; then three and a minute where nothing else is said."""
    where: Location | None = draft.scratch.get("password-control")
    if where is not None:
        tries, locked, place = draft.scratch.get("login-attempt", (3, _MINUTE, where))
        draft.accounts.put("tries", tries, place)
        draft.accounts.put("locked", locked, place)


def _domain_methods(draft: Draft) -> None:
    held = draft.scratch.get("domains", {}).get(draft.scratch.get("default-domain", "system"), {})
    found, where = held.get("login") or held.get("default") or ((), None)
    if where is not None and found is None:
        draft.accounts.unknown("schemes", where)
    elif where is not None:
        draft.accounts.put("schemes", found, where)
