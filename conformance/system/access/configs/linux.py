"""Linux: a folder of files with ``manifest.yaml`` that tells what each is, as the vendor-neutral model.

::

    files:
      frr: frr.conf            # vtysh -c 'show running-config'
      nftables: nftables.json  # nft -j list ruleset
      addresses: addresses.json, hostname: hostname, sysctl: sysctl.txt, tc: tc.json, listening: listening.txt
      chrony: chrony.conf, syslog: rsyslog.conf, sshd: sshd_config, snmpd: snmpd.conf, dhcp: dnsmasq.conf,
      hostapd: [eth3.conf, eth4.conf], ipsec: swanctl.conf, resolver: resolv.conf, ulogd: ulogd.conf
      pam: [faillock.conf, sshd.pam], accounts: accounts.txt, shell: profile
    none: [telnet, ftp, tftp, http]

``hostname`` is ``/etc/hostname``, ``listening`` ``ss -H -lntu``, ``tc`` ``tc -j qdisc show``, ``addresses``
``ip -j address`` (``-d`` for the kinds of virtual interfaces). What ``none`` names is not installed. A part that is
neither is unknown: every topic that it tells of is unread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import yaml

from conformance.judge.access.config import Coverage, RemoteGateway, Unread
from conformance.judge.rulebook import Location
from conformance.system.access.configs import linux_accounts, linux_host, linux_nat, linux_nft, linux_services
from conformance.system.access.configs.draft import Draft
from conformance.system.access.configs.linux_frr import frr
from conformance.system.access.configs.linux_part import Part
from conformance.system.access.configs.linux_swanctl import swanctl
from conformance.system.access.configs.table import NotUnderstoodError

MANIFEST = "manifest.yaml"
_LARGEST = 65_536


@dataclass(frozen=True)
class _Kind:
    """The topics that a part tells of, unknown without it, and who reads it."""

    topics: tuple[str, ...]
    read: Callable[[Part], None]


def _hostname(part: Part) -> None:
    for place, line in part.lines():
        part.draft.top.put("hostname", line.split()[0], part.at(place))
        part.known()


def _nftables(part: Part) -> None:
    based = linux_nft.read(part)
    linux_nat.translations(part, based)
    linux_nat.reached(part, based)


def _kernel(part: Part) -> None:
    linux_host.kernel(part)
    linux_host.hardened(part.draft)


def _gateway(kind: str) -> Callable[[Part], None]:
    """A server for people outside is one by being there."""

    def read(part: Part) -> None:
        part.draft.top.add("gateways", RemoteGateway(kind, part.at(1)))
        part.known(part.text.count("\n") + 1)

    return read


#: In the order in which they are read: interfaces before what names them, services before who reaches them.
_KINDS: Mapping[str, _Kind] = {
    "addresses": _Kind(("interface", "tunnel"), linux_host.addresses),
    "hostname": _Kind(("system",), _hostname),
    "frr": _Kind(("bgp", "igp", "policy", "route", "vpn"), frr),
    "sysctl": _Kind(("hardening",), _kernel),
    "tc": _Kind(("qos",), linux_host.limits),
    "chrony": _Kind(("ntp",), linux_services.chrony),
    "syslog": _Kind(("syslog",), linux_services.rsyslog),
    "sshd": _Kind(("line",), linux_services.sshd),
    "snmpd": _Kind(("snmp",), linux_services.snmpd),
    "resolver": _Kind(("dns",), linux_services.resolver),
    "dhcp": _Kind(("dhcp",), linux_services.dnsmasq),
    "hostapd": _Kind(("admission",), linux_services.hostapd),
    "ipsec": _Kind(("ike",), swanctl),
    "accounts": _Kind(("aaa",), linux_accounts.accounts),
    "pam": _Kind(("aaa",), linux_accounts.pam),
    "shell": _Kind(("aaa",), linux_accounts.shell),
    "l2tp": _Kind((), _gateway("l2tp")),
    "pptp": _Kind((), _gateway("pptp")),
    "sslvpn": _Kind((), _gateway("sslvpn")),
    "ulogd": _Kind((), linux_services.ulogd),
    "listening": _Kind((), linux_host.listeners),
    "nftables": _Kind(("filter", "nat"), _nftables),
}
_GATEWAYS = ("l2tp", "pptp", "sslvpn")
#: What may be said not to be installed.
_ABSENT = frozenset((
    "frr", "nftables", "tc", "chrony", "syslog", "sshd", "snmpd", "resolver", "dhcp", "hostapd", "ipsec", "ulogd",
    "telnet", "http", "https", "ftp", "tftp", "netconf", *_GATEWAYS,
))  # fmt: skip


@dataclass
class _Manifest:
    """What the manifest says: files by part, and what is not installed, each with its place."""

    place: Location
    files: dict[str, list[tuple[str, Location]]] = field(default_factory=dict)
    none: dict[str, Location] = field(default_factory=dict)
    strange: list[Location] = field(default_factory=list)
    sound: bool = True


def read(texts: Mapping[str, str], file: str, draft: Draft) -> None:
    """Read a bundle into the draft; raises nothing for what stands in it."""
    name = f"{file}/{MANIFEST}"
    manifest = _manifest(texts.get(MANIFEST, ""), name)
    draft.scratch["parts"] = frozenset(manifest.files)
    for what, where in manifest.none.items():
        linux_services.nothing(draft, what, where)
    unknown = [topic for part in _KINDS for topic in _part(part, manifest, texts, file, draft)]
    _finish(draft, manifest)
    unknown += _others(manifest)
    for topic in dict.fromkeys(unknown):
        draft.unread.append(Unread(topic, Location(name)))
    named = {one for files in manifest.files.values() for one, _ in files}
    for extra in sorted(set(texts) - named - {MANIFEST}):
        draft.unread.append(Unread("other", Location(f"{file}/{extra}")))
    for where in manifest.strange:
        draft.unread.append(Unread("other", where))
    known = sum(len(files) for files in manifest.files.values()) + len(manifest.none)
    draft.coverage.append(Coverage(name, known, 0, len(manifest.strange) + len(set(unknown)), manifest.sound))


def _part(what: str, manifest: _Manifest, texts: Mapping[str, str], file: str, draft: Draft) -> Iterable[str]:
    """Read the files of one part; the topics that stay unknown."""
    kind = _KINDS[what]
    if what not in manifest.files:
        return () if what in manifest.none else kind.topics
    unknown: tuple[str, ...] = ()
    for name, where in manifest.files[what]:
        if name not in texts:
            manifest.strange.append(where)
            manifest.sound = False
            unknown = kind.topics
            continue
        part = Part(f"{file}/{name}", texts[name], (*kind.topics, "other")[0], draft)
        _guarded(part, kind)
    return unknown


def _guarded(part: Part, kind: _Kind) -> None:
    """A file that is not of its form leaves all its topics unknown."""
    held = len(part.draft.coverage)
    try:
        kind.read(part)
    except (NotUnderstoodError, ValueError, RecursionError):
        for topic in kind.topics or ("other",):
            part.unread(part.at(), topic)
        part.closed(complete=False)
        return
    if not any(one.file == part.name for one in part.draft.coverage[held:]):
        part.closed()


def _finish(draft: Draft, manifest: _Manifest) -> None:
    """What several files tell together."""
    linux_accounts.finish(draft)
    instances = draft.entries("instances")
    for name, (master, where) in draft.scratch.get("masters", {}).items():
        if master in instances:
            draft.interface(name, where).put("instance", master, where)
    logged = draft.scratch.get("translations logged")
    if logged is not None and draft.top.held("nat_log") is not None:
        draft.top.put("nat_log", True, logged)
    for entry in draft.entries("interfaces").values():
        if "sysctl" not in manifest.files and entry.held("urpf") is None:
            entry.unknown("urpf", manifest.place)


def _others(manifest: _Manifest) -> Iterable[str]:
    """Topics of which several parts may tell."""
    if "listening" not in manifest.files and not all(
        one in manifest.none or one in manifest.files for one in _GATEWAYS
    ):
        yield "remote"


def _manifest(text: str, name: str) -> _Manifest:
    """The manifest's two lists; whatever else stands there is strange."""
    found = _Manifest(Location(name))
    try:
        top = yaml.compose(text[:_LARGEST], Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError, ValueError):
        top = None
    if not isinstance(top, yaml.MappingNode) or len(text) > _LARGEST:
        found.sound = False
        found.strange.append(Location(name))
        return found
    for key, value in top.value:
        where = _at(key, name)
        if key.value == "files" and isinstance(value, yaml.MappingNode):
            for part, files in value.value:
                _named(found, part, files, name)
        elif key.value == "none" and isinstance(value, yaml.SequenceNode):
            for one in value.value:
                if isinstance(one, yaml.ScalarNode) and one.value in _ABSENT:
                    found.none[one.value] = _at(one, name)
                else:
                    found.strange.append(_at(one, name))
        else:
            found.strange.append(where)
    return found


def _named(found: _Manifest, part: yaml.Node, files: yaml.Node, name: str) -> None:
    listed = files.value if isinstance(files, yaml.SequenceNode) else [files]
    if (
        not isinstance(part, yaml.ScalarNode)
        or part.value not in _KINDS
        or not all(isinstance(one, yaml.ScalarNode) and one.value for one in listed)
    ):
        found.strange.append(_at(part, name))
        return
    found.files[part.value] = [(one.value, _at(one, name)) for one in listed]


def _at(node: yaml.Node, name: str) -> Location:
    return Location(name, node.start_mark.line + 1)
