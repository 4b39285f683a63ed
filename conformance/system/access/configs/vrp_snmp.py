"""Huawei VRP: SNMP: which versions answer, to whom, and how users are known."""

from __future__ import annotations

from dataclasses import dataclass, field

from conformance.judge.access.config import SET, UNKNOWN, Read, SnmpUser
from conformance.judge.rulebook import Location
from conformance.system.access.configs.draft import Draft
from conformance.system.access.configs.table import Hit, NotUnderstoodError, Table
from conformance.system.access.configs.vrp_acls import acl_sources
from conformance.system.access.configs.words import Words

SNMP = Table()
SNMP.topics("snmp", "snmp-agent", "snmp")
_VERSIONS = ("v1", "v2c", "v3")
_LEVELS = ("none", "auth", "priv")
_GROUP_LEVELS = {"noauthentication": "none", "authentication": "auth", "privacy": "priv"}
_NAMES = ("public", "private")
_KINDS = ("cipher", "simple", "plain")


@dataclass
class _User:
    where: Location
    group: str = ""
    auth: str = ""
    priv: str = ""
    acl: str = ""


@dataclass
class _Agent:
    """What was said of SNMP: ACLs by whom they limit."""

    users: dict[str, _User] = field(default_factory=dict)
    groups: dict[str, tuple[str, str]] = field(default_factory=dict)
    community_acls: list[str] = field(default_factory=list)
    acl: str = ""
    versions: dict[str, Location] = field(default_factory=dict)
    said: bool = False


def _agent(draft: Draft) -> _Agent:
    found: _Agent = draft.scratch.setdefault("snmp", _Agent())
    return found


@SNMP.on("", "[undo] snmp-agent", "snmp")
def _enabled(draft: Draft, hit: Hit) -> None:
    draft.service("snmp", hit.where).put("enabled", not hit.text.lower().startswith("undo"), hit.where)


@SNMP.on("", "[undo] snmp-agent sys-info version {versions...}", "snmp")
def _versions(draft: Draft, hit: Hit) -> None:
    agent = _agent(draft)
    words = Words(hit["versions"])
    words.skip("disable")
    named = [word.lower() for word in words.rest()]
    chosen = list(_VERSIONS) if named == ["all"] else named
    if not set(chosen) <= set(_VERSIONS) or not chosen:
        raise NotUnderstoodError(hit.text)
    undone = hit.text.lower().startswith("undo") or "disable" in hit["versions"].lower()
    for version in chosen:
        if undone:
            agent.versions.pop(version, None)
        else:
            agent.versions[version] = hit.where
    agent.said = True


@SNMP.on("", "snmp-agent community {rest...}", "snmp")
def _community(draft: Draft, hit: Hit) -> None:
    words = Words(hit["rest"])
    if words.skip("complexity-check"):
        return
    if not words.any_of("read", "write"):
        raise NotUnderstoodError(hit.text)
    kind = words.any_of(*_KINDS)
    name = words.take().lower()
    draft.snmp.add("communities", hit.where)
    if kind != "cipher" and name in _NAMES:
        draft.snmp.add("default_names", hit.where)
    acl = _acl_of(words, "mib-view", "alias")
    _agent(draft).community_acls.append(acl)


def _acl_of(words: Words, *others: str) -> str:
    """The ACL among options of one word each."""
    acl = ""
    while words:
        if words.skip("acl"):
            words.skip("ipv6")
            acl = words.take()
        elif words.any_of(*others):
            words.take()
        else:
            words.take()
            raise NotUnderstoodError("option")
    return acl


@SNMP.on("", "snmp-agent group v3 {group} [{rest...}]", "snmp")
def _group(draft: Draft, hit: Hit) -> None:
    words = Words(hit["rest"])
    level = _GROUP_LEVELS[words.any_of(*_GROUP_LEVELS) or "noauthentication"]
    acl = _acl_of(words, "read-view", "write-view", "notify-view")
    _agent(draft).groups[hit["group"]] = (level, acl)


@SNMP.on("", "snmp-agent [remote-engineid {engine}] usm-user v3 {user} [{rest...}]", "snmp")
def _user(draft: Draft, hit: Hit) -> None:
    """VRP 8 says it in several lines, VRP 5 in one."""
    user = _agent(draft).users.setdefault(hit["user"], _User(hit.where))
    words = Words(hit["rest"])
    while words:
        if words.skip("group"):
            user.group = words.take()
        elif words.skip("acl"):
            user.acl = words.take()
        elif words.skip("authentication-mode"):
            user.auth = words.take().lower()
            _secret(words)
        elif words.skip("privacy-mode"):
            user.priv = words.take().lower()
            _secret(words)
        elif words.any_of(*_KINDS):
            words.take()
        elif not user.group:
            user.group = words.take()
        else:
            raise NotUnderstoodError("user option")


def _secret(words: Words) -> None:
    """The key, with the word for its kind before it; exports may leave both out."""
    if words.any_of(*_KINDS) or (words and words.peek() not in ("privacy-mode", "acl", "group", "authentication-mode")):
        words.take()


@SNMP.on("", "snmp-agent acl [ipv6] {acl}", "snmp")
def _acl(draft: Draft, hit: Hit) -> None:
    _agent(draft).acl = hit["acl"]


# Who the device is, which traps it sends where, views of the tree: no clause asks for them.
SNMP.ignore(
    "",
    *(
        "snmp-agent local-engineid {id}",
        "snmp-agent sys-info (contact|location) {text...}",
        "snmp-agent mib-view {rest...}",
    ),
    *("[undo] snmp-agent trap {rest...}", "snmp-agent target-host {rest...}", "snmp-agent packet {rest...}"),
    *("snmp-agent (engineid|udp-port|inform|notification-log|extend|blacklist) {rest...}", "snmp-agent trap enable"),
    *("[undo] snmp-agent protocol (source-interface|source|server|source-status) {rest...}",),
    *("snmp-agent protocol ipv6 source-interface {rest...}", "snmp-agent protocol (get-bulk|set-request) {rest...}"),
    *("snmp-agent (password|local-user|set-cache|bit-error) {rest...}", "snmp-agent statistics {rest...}"),
)


def finish(draft: Draft) -> None:
    """Users with the level that their group and their own keys allow; who may ask, as ACLs limit it."""
    agent = _agent(draft)
    for name, user in agent.users.items():
        draft.snmp.add("users", SnmpUser(name, user.where, _level(agent, user), user.auth, user.priv))
    if agent.said:
        draft.snmp.fix("versions", tuple(agent.versions.items()))
    spoken = [user.where for user in agent.users.values()] + list(draft.snmp.held("communities") or ())
    if spoken and draft.entries("services").get("snmp") is None:
        draft.service("snmp", spoken[0]).put("enabled", True, spoken[0])  # any such command starts the agent
    service = draft.entries("services").get("snmp")
    if service is not None:
        read = _sources(draft, agent)
        if read.state == SET:
            service.put("sources", read.value, read.where or Location(""))
        elif read.state == UNKNOWN:
            service.unknown("sources", read.where or Location(""))


def _level(agent: _Agent, user: _User) -> str:
    own = "priv" if user.auth and user.priv else "auth" if user.auth else "none"
    allowed = agent.groups.get(user.group, (own, ""))[0]
    return min(own, allowed, key=_LEVELS.index)


def _sources(draft: Draft, agent: _Agent) -> Read[tuple[str, ...]]:
    """Limited where the agent is, or else each community and each user."""
    asked = [agent.acl] if agent.acl else list(agent.community_acls)
    if not agent.acl:
        asked += [user.acl or agent.groups.get(user.group, ("", ""))[1] for user in agent.users.values()]
    if not asked or not all(asked):
        return Read()
    found: list[str] = []
    where = None
    for name in dict.fromkeys(asked):
        read = acl_sources(draft, name)
        where = where or read.where
        if read.state != SET:
            return read
        found += read.value or ()
    return Read(SET, tuple(dict.fromkeys(found)), where)
