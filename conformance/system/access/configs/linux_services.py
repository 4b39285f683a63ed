"""Linux: settings of chrony, rsyslog, sshd, snmpd, dnsmasq, hostapd, the resolver and ulogd."""

from __future__ import annotations

import re
from ipaddress import ip_address, ip_interface

from conformance.judge.access.config import Listed, SnmpUser
from conformance.judge.rulebook import Location
from conformance.system.access.configs.draft import Draft
from conformance.system.access.configs.linux_part import Part, Setting, by_blank, by_sign, is_address, settings
from conformance.system.access.configs.linux_part import setting as read_setting
from conformance.system.access.configs.linux_words import CHRONY, DNSMASQ, SNMPD, SSHD
from conformance.system.access.configs.shared import host_of
from conformance.system.access.configs.table import NotUnderstoodError
from conformance.system.access.configs.words import Words


def chrony(part: Part) -> None:
    """``chrony.conf``: time sources; authenticated by a key or NTS."""
    known: dict[str, Setting] = dict.fromkeys(("server", "pool", "peer"), _time)
    settings(part, known, CHRONY, by_blank)


def _time(part: Part, words: str, where: Location) -> None:
    said = words.split()
    if not said:
        raise NotUnderstoodError("server")
    keyed = "nts" in said[1:] or "key" in said[1:-1]
    part.draft.top.add("ntp", Listed(said[0], where, keyed))


_TARGET = re.compile(r"\btarget=\"(?P<address>[^\"]{1,100})\"", re.IGNORECASE)
_AT = re.compile(
    r"(?P<selector>[\w.,;*!=/-]+) @@?(?:\([^)]{0,40}\))?(?P<address>\[[0-9a-fA-F:.]+\]|[\w.-]+)(?::\d{1,5})?(?:;\S+)?"
)
_PLAIN = re.compile(
    r"(?:module|global|input|template|timezone|ruleset|main_queue|parser)\b|\$(?!includeconfig)\w+|stop\b|~$|&",
    re.IGNORECASE,
)
_LOCAL = re.compile(r"[\w.,;*!=/-]+ (?:-?/[\w./-]+|:omusrmsg:\S+|\*|[a-z]+(?:,[a-z]+)*|\|/\S+|~|stop)")
_ACTION = re.compile(r"(?:[\w.,;*!=/-]+ )?action\(", re.IGNORECASE)
_LONGEST_STATEMENT = 50


def rsyslog(part: Part) -> None:
    """``rsyslog.conf``: collectors, by ``@host`` or ``omfwd``; statements in brackets may run over lines."""
    waiting: list[str] = []
    begun = 0
    for place, line in part.lines():
        begun = begun if waiting else place
        waiting.append(line)
        whole = " ".join(waiting)
        if _open(whole) and len(waiting) < _LONGEST_STATEMENT:
            continue
        waiting = []
        _statement(part, whole, part.at(begun))
    if waiting:
        part.unread(part.at(begun))


def _open(text: str) -> bool:
    return text.count("(") > text.count(")") or text.count("{") > text.count("}")


def _statement(part: Part, text: str, where: Location) -> None:
    named, sent = _AT.fullmatch(text), _TARGET.search(text)
    if named:
        part.draft.top.add("collectors", Listed(_bare(named["address"]), where))
    elif _ACTION.match(text) and "omfwd" in text.lower() and sent:
        part.draft.top.add("collectors", Listed(_bare(sent["address"]), where))
    elif _PLAIN.match(text) or _LOCAL.fullmatch(text) or (_ACTION.match(text) and "omfwd" not in text.lower()):
        part.ignored()
        return
    else:
        part.unread(where)
        return
    part.known()


def _bare(word: str) -> str:
    word = word.strip("[]")
    return host_of(word) if is_address(word) else word


def sshd(part: Part) -> None:
    """``sshd_config``: what is inside ``Match`` is for some users only and weakens no algorithm."""
    entry = part.draft.service("ssh", part.at())
    entry.put("enabled", True, part.at())
    known: dict[str, Setting] = dict.fromkeys(("kexalgorithms", "ciphers", "macs", "hostkeyalgorithms"), _algorithms)
    known["protocol"] = _protocol
    for place, line in part.lines():
        if line.lower().startswith("match "):
            part.known()
            break
        read_setting(part, known, SSHD, line.replace("=", " ", 1).split(maxsplit=1), place)


def _algorithms(part: Part, words: str, where: Location) -> None:
    """What is taken away needs no judging; what is added comes to defaults that the probe sees."""
    entry = part.draft.service("ssh", where)
    if words.startswith("-"):
        return
    for one in words.lstrip("+^").split(","):
        entry.add("algorithms", one.strip().strip('"').lower())


def _protocol(part: Part, words: str, where: Location) -> None:
    part.draft.service("ssh", where).put("version", words, where)


def snmpd(part: Part) -> None:
    """``snmpd.conf``: communities, users of version 3 and what they must do; ``createUser`` tells the algorithms."""
    part.draft.service("snmp", part.at()).put("enabled", True, part.at())
    known: dict[str, Setting] = {
        **dict.fromkeys(("rocommunity", "rwcommunity", "rocommunity6", "rwcommunity6"), _community),
        **dict.fromkeys(("rouser", "rwuser"), _snmp_user),
        **dict.fromkeys(("trapsink", "trap2sink", "informsink", "trapcommunity"), _trap),
        "com2sec": _mapped_community, "com2sec6": _mapped_community, "createuser": _created, "group": _group,
    }  # fmt: skip
    settings(part, known, SNMPD, by_blank)
    for name, (level, where) in part.draft.scratch.get("snmp levels", {}).items():
        auth, priv = part.draft.scratch.get("snmp created", {}).get(name, ("", ""))
        part.draft.snmp.add("users", SnmpUser(name, where, level, auth, priv))


def _community(part: Part, words: str, where: Location) -> None:
    _of_old(part, Words(words).take(), where)


def _mapped_community(part: Part, words: str, where: Location) -> None:
    said = words.split()
    if said[:1] == ["-Cn"]:
        said = said[2:]
    if len(said) != 3:  # noqa: PLR2004
        raise NotUnderstoodError("com2sec")
    _of_old(part, said[2], where)


def _trap(part: Part, words: str, where: Location) -> None:
    """A receiver of traps with a community, or the community of those that have none."""
    said = words.split()
    part.draft.snmp.add("communities", where)
    if said[-1].lower() in ("public", "private"):
        part.draft.snmp.add("default_names", where)


def _of_old(part: Part, name: str, where: Location) -> None:
    part.draft.snmp.add("communities", where)
    for version in ("v1", "v2c"):
        part.draft.snmp.add("versions", (version, where))
    if name.lower() in ("public", "private"):
        part.draft.snmp.add("default_names", where)


def _group(part: Part, words: str, where: Location) -> None:
    """``group NAME v1|v2c|usm SECURITY``."""
    said = words.lower().split()
    if len(said) != 3 or said[1] not in ("v1", "v2c", "usm", "tsm"):  # noqa: PLR2004
        raise NotUnderstoodError("group")
    if said[1] != "usm":
        part.draft.snmp.add("versions", (said[1], where))


_LEVELS = {"": "auth", "auth": "auth", "authpriv": "priv", "authnopriv": "auth", "noauth": "none", "priv": "priv"}


def _snmp_user(part: Part, words: str, where: Location) -> None:
    """Without a word a user must be authenticated, no more."""
    said = Words(words)
    if said.skip("-s"):
        said.take()
    name = said.take()
    level = {
        "": "auth",
        "auth": "auth",
        "authpriv": "priv",
        "authnopriv": "auth",
        "noauth": "none",
        "priv": "priv",
    }.get(said.take().lower() if said and said.peek() != "-v" else "")
    if level is None:
        raise NotUnderstoodError("rouser")
    part.draft.scratch.setdefault("snmp levels", {})[name] = level, where
    part.draft.snmp.add("versions", ("v3", where))


_HASHES = {"md5": "md5", "sha": "sha", "sha-1": "sha", "sha1": "sha"}


def _created(part: Part, words: str, where: Location) -> None:
    del where
    said = Words(words)
    if said.skip("-e"):
        said.take()
    name = said.take()
    auth = said.take().lower() if said else ""
    if said:
        said.take()
    priv = said.take().lower() if said else ""
    part.draft.scratch.setdefault("snmp created", {})[name] = (_HASHES.get(auth, auth.replace("-", "")), priv)


def resolver(part: Part) -> None:
    """``resolv.conf``."""
    part.draft.scratch["resolver known"] = True
    settings(part, {"nameserver": _nameserver}, frozenset(("search", "domain", "options", "sortlist")), by_blank)


def _nameserver(part: Part, words: str, where: Location) -> None:
    if words not in ("127.0.0.1", "::1", "127.0.0.53"):
        part.draft.top.add("resolvers", Listed(host_of(words), where))


def dnsmasq(part: Part) -> None:
    """``dnsmasq.conf``: which resolvers it asks and tells terminals, and on which interfaces it gives addresses."""
    known: dict[str, Setting] = {
        "server": _forwarded, "dhcp-range": _range, "dhcp-option": _option, "dhcp-option-force": _option,
        "dhcp-relay": _relay, "enable-tftp": _tftp, "no-resolv": _only,
    }  # fmt: skip
    settings(part, known, DNSMASQ, by_sign)
    if part.draft.scratch.get("dhcp served") and not part.draft.scratch.get("dhcp told"):
        part.draft.top.add("offered_resolvers", Listed(_ITSELF, part.at()))


#: What terminals are told without an option: the machine's own address.
_ITSELF = "::"


def _forwarded(part: Part, words: str, where: Location) -> None:
    address = words.rpartition("/")[2].partition("#")[0].partition("@")[0]
    if address:  # ``server=/lan/``: answered from the machine's own names
        part.draft.top.add("resolvers", Listed(host_of(address), where))


def _only(part: Part, words: str, where: Location) -> None:
    """It asks those that are listed here, not the machine's own."""
    del words, where
    part.draft.scratch["resolver known"] = True


def _addresses_in(words: str) -> list[str]:
    fields = (one.strip().strip("[]") for one in words.split(","))
    return [one for one in fields if is_address(one)]


def _range(part: Part, words: str, where: Location) -> None:
    """The interfaces whose subnet the range is in give addresses."""
    found = _addresses_in(words)
    if not found:
        raise NotUnderstoodError("dhcp-range")
    part.draft.scratch["dhcp served"] = True
    subnets, lengths = _subnets(part.draft), part.draft.scratch["lengths"]
    for length in lengths:
        if length <= ip_address(found[0]).max_prefixlen:
            for name in subnets.get(str(ip_interface(f"{found[0]}/{length}").network), ()):
                part.draft.interface(name, where).put("dhcp", "server", where)


def _subnets(draft: Draft) -> dict[str, list[str]]:
    """The interfaces by the subnets of their addresses."""
    if "subnets" not in draft.scratch:
        found: dict[str, list[str]] = draft.scratch.setdefault("subnets", {})
        for name, entry in draft.entries("interfaces").items():
            for one in entry.held("addresses") or ():
                found.setdefault(str(ip_interface(one.value).network), []).append(str(name))
        draft.scratch["lengths"] = {int(prefix.rpartition("/")[2]) for prefix in found}
    held: dict[str, list[str]] = draft.scratch["subnets"]
    return held


def _option(part: Part, words: str, where: Location) -> None:
    fields = [one.strip() for one in words.split(",")]
    names = ("option:dns-server", "6", "option6:dns-server", "option6:23")
    place = next((at for at, one in enumerate(fields) if one.lower() in names), None)
    if place is None:
        return
    part.draft.scratch["dhcp told"] = True
    for one in fields[place + 1 :]:
        part.draft.top.add("offered_resolvers", Listed(host_of(one.strip("[]")), where))


def _relay(part: Part, words: str, where: Location) -> None:
    found = _addresses_in(words)
    if "owners" not in part.draft.scratch:
        held = part.draft.scratch.get("addresses", ())
        part.draft.scratch["owners"] = {one.partition("/")[0]: name for name, one in held}
    owner = part.draft.scratch["owners"].get(found[0]) if found else None
    if owner is not None:
        part.draft.interface(owner, where).put("dhcp", "relay", where)


def _tftp(part: Part, words: str, where: Location) -> None:
    del words
    part.draft.service("tftp", where).put("enabled", True, where)


def hostapd(part: Part) -> None:
    """``hostapd.conf`` of one wired interface."""
    held: dict[str, tuple[str, Location]] = {}
    for place, line in part.lines():
        name, value = by_sign(line)
        held[name] = (value, part.at(place))
        part.known() if name in ("interface", "ieee8021x", "driver") else part.ignored()
    if "interface" not in held:
        part.unread(part.at())
        return
    name, where = held["interface"]
    on = held.get("ieee8021x", ("0", where))
    part.draft.interface(name, where).put("dot1x", on[0] == "1", on[1])
    if on[0] == "1" or not part.draft.top.held("dot1x"):
        part.draft.top.put("dot1x", on[0] == "1", on[1])


def ulogd(part: Part) -> None:
    """``ulogd.conf``: connections (with their translations) that are passed on to syslog."""
    for place, line in part.lines("#;"):
        if line.lower().startswith("stack=") and "NFCT" in line:
            part.known()
            if "SYSL" in line.upper() or "SYS1" in line.upper():
                part.draft.scratch["translations logged"] = part.at(place)
        else:
            part.ignored()


def nothing(draft: Draft, what: str, where: Location) -> None:
    """A part that is not installed: what follows from that."""
    services = {"sshd": "ssh", "snmpd": "snmp", "telnetd": "telnet"}
    kind = services.get(what, what)
    if kind in ("ssh", "snmp", "telnet", "http", "https", "ftp", "tftp", "netconf"):
        draft.service(kind, where).put("enabled", False, where)
    elif what == "hostapd":
        draft.top.put("dot1x", False, where)
    elif what == "resolver":
        draft.scratch["resolver known"] = True
