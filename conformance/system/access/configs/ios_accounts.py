"""Cisco IOS, Ruijie RGOS: accounts, AAA, lock-out, consoles and VTYs, SSH, Telnet, HTTP, FTP."""

from __future__ import annotations

from conformance.judge.access.config import Read, User
from conformance.judge.rulebook import Location
from conformance.system.access.configs.draft import Draft
from conformance.system.access.configs.ios_acl import limited
from conformance.system.access.configs.ios_words import kept
from conformance.system.access.configs.shared import number
from conformance.system.access.configs.table import Hit, NotUnderstoodError, Table
from conformance.system.access.configs.words import Words

ACCOUNTS = Table()
LINE = "line {line...}"
ACCOUNTS.view(LINE, "line")
ACCOUNTS.topics("aaa", "aaa", "username", "enable", "login", "tacacs-server", "tacacs", "radius-server", "radius")
ACCOUNTS.topics("line", "line", "ip ssh", "ip http", "ip scp", "ip ftp", "ftp-server", "tftp-server", "netconf-yang")
ACCOUNTS.topics("line", "netconf", "restconf", "web-server", "transport")
_MINUTE = 60


@ACCOUNTS.on("", "username {name} {rest...}", "aaa")
def _user(draft: Draft, hit: Hit) -> None:
    words, kind = Words(hit["rest"]), ""
    while words:
        if words.skip("privilege"):
            number(words.take(), 0, 15)
        elif words.peek() in ("secret", "password"):
            hashed = words.take().lower() == "secret"
            kind = kept(words.rest(), hashed=hashed)
        elif words.skip("nopassword"):
            kind = "none"
        elif words.any_of("view", "autocommand", "role") or words.skip("common-criteria-policy"):
            words.take()
        else:
            raise NotUnderstoodError(hit.text)
    if kind:
        draft.accounts.add("users", User(hit["name"], hit.where, kind))


@ACCOUNTS.on("", "enable (secret|password) [level {level}] {secret...}", "aaa")
def _enable(draft: Draft, hit: Hit) -> None:
    hashed = hit.text.lower().split()[1] == "secret"
    draft.accounts.add("users", User("enable", hit.where, kept(hit["secret"].split(), hashed=hashed)))


@ACCOUNTS.on("", "aaa new-model", "aaa")
def _model(draft: Draft, _: Hit) -> None:
    draft.scratch["aaa"] = True


_GROUP = "aaa group server (tacacs+|radius|tacacs) {group}"
ACCOUNTS.view(_GROUP, "aaa")


@ACCOUNTS.on("", _GROUP, "aaa")
def _server_group(draft: Draft, hit: Hit) -> None:
    kind = "radius" if hit.text.lower().split()[3] == "radius" else "tacacs"
    draft.scratch.setdefault("aaa groups", {})[hit["group"]] = kind


ACCOUNTS.ignore(_GROUP, "[no] (server|server-private|ip|ipv6|deadtime|load-balance|key|vrf) [{rest...}]", "exit")


@ACCOUNTS.on("", "aaa authentication login {list} {methods...}", "aaa")
def _scheme(draft: Draft, hit: Hit) -> None:
    draft.scratch.setdefault("aaa lists", {})[hit["list"].lower()] = (hit["methods"].split(), hit.where)


@ACCOUNTS.on("", "aaa local authentication attempts max-fail {tries}", "aaa")
def _fails(draft: Draft, hit: Hit) -> None:
    draft.accounts.put("tries", number(hit["tries"], 1, 65535), hit.where)


@ACCOUNTS.on("", "login block-for {seconds} attempts {tries} within {time}", "aaa")
def _blocked(draft: Draft, hit: Hit) -> None:
    draft.accounts.put("tries", number(hit["tries"], 1, 65535), hit.where)
    draft.accounts.put("locked", number(hit["seconds"], 1, 65535), hit.where)


_SERVER = "(tacacs|radius) server {server}"
ACCOUNTS.view(_SERVER, "aaa")
ACCOUNTS.ignore(_SERVER, "[no] (address|key|timeout|port|single-connection|retransmit|automate-tester) [{rest...}]")
ACCOUNTS.ignore(
    "",
    "aaa authentication (enable|dot1x|ppp|banner|fail-message|attempts|username-prompt|password-prompt) {rest...}",
    "aaa (authorization|accounting|session-id|server|common-criteria|max-sessions) [{rest...}]",
    "login (on-failure|on-success|delay|quiet-mode) [{rest...}]",
    "(tacacs-server|radius-server) {rest...}",
    "(ip|ipv6) (tacacs|radius) {rest...}",
)


@ACCOUNTS.on("", LINE, "line")
def _line(draft: Draft, hit: Hit) -> None:
    draft.line(hit["line"], hit.where)
    if hit["line"].lower().startswith("vty"):
        _vty(draft, hit)


def _vty(draft: Draft, hit: Hit) -> dict[str, tuple[str, Location]]:
    """What was said of one VTY line beside what the model's line holds."""
    held: dict[str, dict[str, tuple[str, Location]]] = draft.scratch.setdefault("vtys", {})
    return held.setdefault(hit["line"].lower(), {"at": ("", hit.where)})


@ACCOUNTS.on(LINE, "exec-timeout {minutes} [{seconds}]", "line")
def _idle(draft: Draft, hit: Hit) -> None:
    seconds = number(hit["minutes"], 0, 35791) * _MINUTE + number(hit["seconds"] or "0", 0, 2147483)
    draft.line(hit["line"], hit.where).put("idle", seconds, hit.where)


@ACCOUNTS.on(LINE, "no exec-timeout", "line")
def _never(draft: Draft, hit: Hit) -> None:
    draft.line(hit["line"], hit.where).put("idle", 0, hit.where)


@ACCOUNTS.on(LINE, "login [local]", "line")
@ACCOUNTS.on(LINE, "login authentication {list}", "line")
@ACCOUNTS.on(LINE, "no login", "line")
def _login(draft: Draft, hit: Hit) -> None:
    text = hit.text.lower()
    way = "none" if text == "no login" else "local" if text == "login local" else "password"
    entry = draft.line(hit["line"], hit.where)
    entry.put("authentication", "aaa" if hit["list"] else way, hit.where)
    if hit["list"]:
        draft.scratch.setdefault("aaa used", []).append(hit["list"].lower())


@ACCOUNTS.on(LINE, "transport input {protocols...}", "line")
def _input(draft: Draft, hit: Hit) -> None:
    known = ("ssh", "telnet", "all", "none", "rlogin", "lat", "mop", "pad", "udptn", "v120", "lapb-ta", "acercon")
    if not all(one in known for one in hit["protocols"].lower().split()):
        raise NotUnderstoodError(hit.text)
    _vty(draft, hit)["input"] = (hit["protocols"].lower(), hit.where)


@ACCOUNTS.on(LINE, "access-class {acl} in [vrf-also]", "line")
@ACCOUNTS.on(LINE, "ipv6 access-class {acl} in [vrf-also]", "line")
def _class(draft: Draft, hit: Hit) -> None:
    family = "6" if hit.text.lower().startswith("ipv6") else "4"
    _vty(draft, hit)[f"acl{family}"] = (hit["acl"], hit.where)


ACCOUNTS.ignore(
    LINE,
    "(password|privilege|logging|history|length|width|stopbits|speed|modem|flowcontrol|escape-character) {rest...}",
    "[no] (exec|session-timeout|absolute-timeout|notify|domain-lookup|location|motd-banner) [{rest...}]",
    "(transport preferred|transport output|authorization|accounting|databits|parity|rxspeed|txspeed) {rest...}",
    "exit",
)


@ACCOUNTS.on("", "ip ssh version {version}", "line")
def _version(draft: Draft, hit: Hit) -> None:
    draft.service("ssh", hit.where).put("version", hit["version"], hit.where)


@ACCOUNTS.on("", "ip ssh server algorithm (encryption|mac|kex|hostkey) {names...}", "line")
def _algorithms(draft: Draft, hit: Hit) -> None:
    entry = draft.service("ssh", hit.where)
    for one in hit["names"].lower().split():
        entry.add("algorithms", one)


ACCOUNTS.ignore(
    "", "[no] ip ssh (time-out|authentication-retries|source-interface|logging|rsa|dh|maxstartups|port) [{rest...}]",
    "ip ssh (client|pubkey-chain|bulk-mode|server authenticate) [{rest...}]",
)  # fmt: skip


def _switched(command: str, kind: str) -> None:
    def handler(draft: Draft, hit: Hit) -> None:
        entry = draft.service(kind, hit.where)
        entry.put("enabled", not hit.text.lower().startswith("no "), hit.where)

    ACCOUNTS.on("", f"[no] {command}", "line")(handler)


_switched("ip http server", "http")
_switched("ip http secure-server", "https")
_switched("ftp-server enable", "ftp")
_switched("ftp-server topdir {path...}", "ftp")
_switched("tftp-server {path...}", "tftp")
_switched("netconf-yang", "netconf")
_switched("netconf ssh", "netconf")
_switched("enable service ssh-server", "ssh")
_switched("enable service telnet-server", "telnet")
_switched("enable service web-server [{rest...}]", "http")


@ACCOUNTS.on("", "ip http access-class [ipv4] {acl}", "line")
def _http_class(draft: Draft, hit: Hit) -> None:
    draft.scratch["http acl"] = (hit["acl"], hit.where)


ACCOUNTS.ignore(
    "", "[no] ip http (authentication|timeout-policy|client|max-connections|path|port|secure-port|secure-ciphersuite) "
    "[{rest...}]", "ip (ftp|tftp|scp) {rest...}",
)  # fmt: skip


def finish(draft: Draft) -> None:
    """AAA as its lists say, and what the VTY lines let in."""
    _schemes(draft)
    vtys = draft.scratch.get("vtys", {})
    if vtys:
        for kind in ("ssh", "telnet"):
            _reached(draft, kind, list(vtys.values()))
        _sources(draft, "ssh", list(vtys.values()))
        _sources(draft, "telnet", list(vtys.values()))
    if "http acl" in draft.scratch:
        name, where = draft.scratch["http acl"]
        for kind in ("http", "https"):
            if kind in draft.entries("services"):
                _put(draft, kind, [limited(draft, 4, name, where)])


def _schemes(draft: Draft) -> None:
    """The methods of the list that the lines use: the one that is named, else ``default``."""
    lists = draft.scratch.get("aaa lists", {})
    used = set(draft.scratch.get("aaa used", ())) or {"default"}
    found = [lists[one] for one in sorted(used) if one in lists]
    if draft.scratch.get("aaa"):
        for entry in draft.entries("lines").values():
            held = entry.held("authentication")
            if held is None or held.value == "password":
                entry.put("authentication", "aaa", entry.held("where"))
    if not found:
        return
    if any(one[0] != found[0][0] for one in found) or len(found) != len(used):
        draft.accounts.unknown("schemes", found[0][1])
        return
    methods, where = found[0]
    schemes = _methods(draft, [one.lower() for one in methods])
    draft.accounts.put("schemes", schemes, where) if schemes else draft.accounts.unknown("schemes", where)


def _methods(draft: Draft, words: list[str]) -> tuple[str, ...]:
    """The methods in the model's words; empty where one is not known."""
    groups = {"tacacs+": "tacacs", "tacacs": "tacacs", "radius": "radius"}
    groups |= {name.lower(): kind for name, kind in draft.scratch.get("aaa groups", {}).items()}
    found, rest = [], list(words)
    while rest:
        word = rest.pop(0)
        if word == "group" and rest and rest[0] in groups:
            found.append(groups[rest.pop(0)])
        elif word in ("local", "local-case"):
            found.append("local")
        elif word in ("enable", "line", "none", "krb5"):
            found.append(word)
        else:
            return ()
    return tuple(found)


def _reached(draft: Draft, kind: str, vtys: list[dict[str, tuple[str, Location]]]) -> None:
    """A protocol is on where any VTY takes it, off where each one says what it takes and none takes it."""
    where = vtys[0]["at"][1]
    entry = draft.service(kind, where)
    if entry.held("enabled") is not None and entry.held("enabled").value is False:
        return
    for one in vtys:
        words, place = one.get("input", ("", where))
        if {kind, "all"} & set(words.split()):
            entry.put("enabled", True, place)
            return
    if all("input" in one for one in vtys):
        entry.put("enabled", False, vtys[0]["input"][1])


def _sources(draft: Draft, kind: str, vtys: list[dict[str, tuple[str, Location]]]) -> None:
    """Whom the lists of all VTYs let in; where one has none, anybody."""
    open_ = [one for one in vtys if one.get("input", ("", None))[0] != "none"]
    six = any(
        ":" in each.value for entry in draft.entries("interfaces").values() for each in entry.held("addresses") or ()
    )
    wanted = ("acl4", "acl6") if six else ("acl4",)
    if not open_ or any(name not in one for one in open_ for name in wanted):
        return
    reads = [limited(draft, int(name[-1]), *one[name]) for one in open_ for name in ("acl4", "acl6") if name in one]
    _put(draft, kind, reads)


def _put(draft: Draft, kind: str, reads: list[Read[tuple[str, ...]]]) -> None:
    where = reads[0].where
    if where is None:
        return
    entry = draft.service(kind, where)
    if any(one.value is None for one in reads):
        entry.unknown("sources", where)
    else:
        entry.put("sources", tuple(dict.fromkeys(each for one in reads for each in one.value or ())), where)
