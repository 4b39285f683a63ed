"""Comware: SNMP. A user's level is the weaker of its own and its group's: a group without ``privacy`` lets in less."""

from __future__ import annotations

from dataclasses import dataclass

from conformance.judge.access.config import SnmpUser
from conformance.judge.rulebook import Location
from conformance.system.access.configs.comware_access import limit_sources
from conformance.system.access.configs.comware_words import Words, doubt
from conformance.system.access.configs.draft import Draft
from conformance.system.access.configs.shared import algorithm
from conformance.system.access.configs.table import Hit, NotUnderstoodError, Table

TABLE = Table()
TABLE.topics("snmp", "snmp-agent", "rmon")
# Whose device it is, what is told to whom, and what may be seen: not who may ask, nor how.
TABLE.ignore(
    "",
    "snmp-agent (local-engineid|mib-view|target-host|packet|log|port|context) {x...}",
    "snmp-agent trap {x...}",
    "undo snmp-agent trap {x...}",
    "snmp-agent inform {x...}",
    "snmp-agent sys-info (contact|location) {x...}",
)
_LEVELS = ("none", "auth", "priv")
_VERSIONS = ("v1", "v2c", "v3")
_DEFAULT_NAMES = ("public", "private")


@dataclass
class _Asker:
    """A community, group or user: the ACLs that limit it by family."""

    where: Location
    acls: dict[int, str]
    level: str = "none"
    group: str = ""
    auth: str = ""
    priv: str = ""


def _askers(draft: Draft, kind: str) -> dict[str, _Asker]:
    askers: dict[str, _Asker] = draft.scratch.setdefault("snmp", {}).setdefault(kind, {})
    return askers


@TABLE.on("", "snmp-agent", "snmp")
@TABLE.on("", "undo snmp-agent", "snmp")
def _agent(draft: Draft, hit: Hit) -> None:
    draft.service("snmp", hit.where).put("enabled", not hit.text.lower().startswith("undo"), hit.where)


@TABLE.on("", "snmp-agent sys-info version {versions...}", "snmp")
@TABLE.on("", "undo snmp-agent sys-info version {versions...}", "snmp")
def _versions(draft: Draft, hit: Hit) -> None:
    named = hit["versions"].lower().split()
    told = list(_VERSIONS) if named == ["all"] else named
    if not set(told) <= set(_VERSIONS):
        raise NotUnderstoodError(hit.text)
    held = draft.scratch.setdefault("snmp-versions", {"v3": None})
    for one in told:
        if hit.text.lower().startswith("undo"):
            held.pop(one, None)
        else:
            held[one] = hit.where
    if not hit.text.lower().startswith("undo"):
        for one in set(held) - set(told):
            del held[one]


def _acls(words: Words) -> dict[int, str]:
    """``acl 2000``, ``acl name X``, ``acl ipv6 2001`` at the end of a command; nothing else may be left."""
    found: dict[int, str] = {}
    while words:
        words.one_of("acl")
        family = 6 if words.take("ipv6") else 4
        words.take("name")
        found[family] = words.next()
    return found


@TABLE.on("", "snmp-agent community {rest...}", "snmp")
def _community(draft: Draft, hit: Hit) -> None:
    words = Words(hit["rest"])
    if words.peek() in ("read", "write"):
        words.next()
    hidden = words.peek() == "cipher"
    if words.peek() in ("cipher", "simple"):
        words.next()
    name = words.next()
    draft.snmp.add("communities", hit.where)
    if not hidden and name.lower() in _DEFAULT_NAMES:
        draft.snmp.add("default_names", hit.where)
    asker = _Asker(hit.where, {})
    _askers(draft, "community")[f"{hit.where.line}"] = asker
    while words.peek() in ("mib-view", "user-role"):
        words.next()
        words.next()
    asker.acls = _acls(words)


@TABLE.on("", "snmp-agent group {version} {group} [{rest...}]", "snmp")
def _group(draft: Draft, hit: Hit) -> None:
    version = hit["version"].lower()
    if version not in _VERSIONS:
        raise NotUnderstoodError(hit.text)
    asker = _askers(draft, f"group {version}").setdefault(hit["group"], _Asker(hit.where, {}))
    words = Words(hit["rest"])
    if version == "v3":
        asker.level = "priv" if words.take("privacy") else "auth" if words.take("authentication") else "none"
    while words.peek() in ("read-view", "write-view", "notify-view"):
        words.next()
        words.next()
    asker.acls = _acls(words)


@TABLE.on("", "snmp-agent usm-user v3 {user} {rest...}", "snmp")
def _user(draft: Draft, hit: Hit) -> None:
    words = Words(hit["rest"])
    asker = _Asker(hit.where, {})
    _askers(draft, "user")[hit["user"]] = asker
    if words.take("user-role"):
        words.next()
    else:
        asker.group = words.next()
    if words.take("remote"):
        words.next()
    for one in ("simple", "cipher"):
        words.take(one)
    if words.take("authentication-mode"):
        asker.auth, asker.level = algorithm(words.next()), "auth"
        words.next()
        if words.take("privacy-mode"):
            asker.priv, asker.level = algorithm(words.next()), "priv"
            words.next()
    asker.acls = _acls(words)


@TABLE.on("", "snmp-agent usm-user (v1|v2c) {user} {group} [acl {acl...}]", "snmp")
def _old_user(draft: Draft, hit: Hit) -> None:
    draft.snmp.add("communities", hit.where)  # its name is its community
    if hit["user"].lower() in _DEFAULT_NAMES:
        draft.snmp.add("default_names", hit.where)
    acls = _acls(Words(f"acl {hit['acl']}")) if hit["acl"] else {}
    _askers(draft, "community")[f"{hit.where.line}"] = _Asker(hit.where, acls)


def finish(draft: Draft) -> None:
    """Versions that answer, users by their weaker level, and who may ask: everybody that one community or user lets."""
    service = draft.entries("services").get("snmp")
    versions: dict[str, Location | None] = draft.scratch.get("snmp-versions", {"v3": None})
    if service is None:
        asking = [one for kind in ("user", "community") for one in _askers(draft, kind).values()]
        if not asking:
            return
        service = draft.service("snmp", asking[0].where)  # whatever is configured of it turns the agent on
        service.put("enabled", True, asking[0].where)
    enabled = service.held("enabled")
    if enabled is None or enabled.value:
        for version in _VERSIONS:
            if version in versions:
                draft.snmp.add("versions", (version, versions[version] or service.held("where")))
    groups = _askers(draft, "group v3")
    limits: list[dict[int, str]] = []
    places: list[Location] = []
    for name, user in _askers(draft, "user").items():
        group = groups.get(user.group) if user.group else user
        if group is None:
            doubt(draft, "snmp", user.where)
            continue
        level = min(user.level, group.level, key=_LEVELS.index)
        draft.snmp.add("users", SnmpUser(name, user.where, level, user.auth, user.priv))
        limits.append({**group.acls, **user.acls})
        places.append(user.where)
    for community in _askers(draft, "community").values():
        limits.append(community.acls)
        places.append(community.where)
    _limited(draft, limits, places)


def _limited(draft: Draft, limits: list[dict[int, str]], places: list[Location]) -> None:
    acls: dict[int, list[tuple[str, Location]]] = {}
    for family in (4, 6):
        if limits and all(family in one for one in limits):
            acls[family] = [(one[family], place) for one, place in zip(limits, places, strict=True)]
    limit_sources(draft, draft.entries("services")["snmp"], acls)
