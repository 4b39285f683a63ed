"""Huawei VRP: IKE and IPsec, and gateways for people outside (L2TP, SSL VPN, PPTP)."""

from __future__ import annotations

from conformance.judge.access.config import Peer, Proposal, RemoteGateway
from conformance.judge.rulebook import Location
from conformance.system.access.configs.draft import Draft, Entry
from conformance.system.access.configs.many import unknown
from conformance.system.access.configs.shared import algorithm, host_of
from conformance.system.access.configs.table import Hit, NotUnderstoodError, Table
from conformance.system.access.configs.vrp_interfaces import VIEW as INTERFACE

TUNNELS = Table()
TUNNELS.topics("ike", "ike", "ipsec", "pki")
TUNNELS.topics("remote", "l2tp", "l2tp-group", "sslvpn", "v-gateway", "pptp", "pptp-server", "virtual-gateway")
TUNNELS.topics("tunnel", "interface tunnel", "6to4", "teredo", "gre")
_IKE, _IPSEC, _PEER = "ike proposal {name}", "ipsec proposal {name}", "ike peer {name} [{version}]"
_POLICY = "ipsec (policy|policy-template|profile) {rest...}"
for _view in (_IKE, _IPSEC, _PEER, _POLICY):
    TUNNELS.view(_view, "ike")
_METHODS = {
    "pre-share": "psk",
    "pre-shared-key": "psk",
    "rsa-signature": "certificate",
    "rsa-sig": "certificate",
    "ecdsa-sig": "certificate",
    "ecdsa-signature": "certificate",
    "dss-signature": "certificate",
    "digital-envelope": "sm2",
    "sm2-de": "sm2",
}


def _plain(word: str) -> str:
    """``hmac-sha2-256`` is ``sha256``."""
    return algorithm(word.lower().removeprefix("hmac-").replace("sha2-", "sha"))


@TUNNELS.on("", _IKE, "ike")
def _ike(draft: Draft, hit: Hit) -> None:
    _proposal(draft, hit)


def _proposal(draft: Draft, hit: Hit, kind: str = "ike") -> Entry[Proposal]:
    return draft.proposal(kind, hit["name"], hit.where)


@TUNNELS.on(_IKE, "encryption-algorithm {names...}", "ike")
def _encryption(draft: Draft, hit: Hit) -> None:
    _proposal(draft, hit).fix("encryption", tuple(algorithm(word) for word in hit["names"].split()))


@TUNNELS.on(_IKE, "(authentication-algorithm|integrity-algorithm) {names...}", "ike")
def _integrity(draft: Draft, hit: Hit) -> None:
    """Version 1 asks for the one, version 2 for the other: both stand in the file, both count."""
    entry = _proposal(draft, hit)
    held = entry.held("integrity") or ()
    for name in [_plain(word) for word in hit["names"].split()]:
        if name not in held:
            entry.add("integrity", name)


@TUNNELS.on(_IKE, "dh {groups...}", "ike")
def _groups(draft: Draft, hit: Hit) -> None:
    groups = tuple(word.lower().removeprefix("group").removeprefix("-") for word in hit["groups"].split())
    _proposal(draft, hit).fix("group", groups)


@TUNNELS.on(_IKE, "authentication-method {method}", "ike")
def _method(draft: Draft, hit: Hit) -> None:
    method = _METHODS.get(hit["method"].lower())
    if method is None:
        raise NotUnderstoodError(hit.text)
    _proposal(draft, hit).fix("authentication", method)


TUNNELS.ignore(_IKE, "prf {names...}", "sa duration {n}", "description {text...}")  # keys follow from the rest


@TUNNELS.on("", _IPSEC, "ike")
def _ipsec(draft: Draft, hit: Hit) -> None:
    _proposal(draft, hit, "ipsec")


@TUNNELS.on(_IPSEC, "esp encryption-algorithm {names...}", "ike")
def _esp(draft: Draft, hit: Hit) -> None:
    _proposal(draft, hit, "ipsec").fix("encryption", tuple(algorithm(word) for word in hit["names"].split()))


@TUNNELS.on(_IPSEC, "(esp|ah) authentication-algorithm {names...}", "ike")
def _esp_integrity(draft: Draft, hit: Hit) -> None:
    _proposal(draft, hit, "ipsec").fix("integrity", tuple(_plain(word) for word in hit["names"].split()))


@TUNNELS.on(_IPSEC, "undo esp (encryption-algorithm|authentication-algorithm)", "ike")
def _bare(draft: Draft, hit: Hit) -> None:
    setting = "encryption" if "encryption" in hit.text.lower() else "integrity"
    _proposal(draft, hit, "ipsec").fix(setting, ("null",))


TUNNELS.ignore(
    _IPSEC, "transform {mode}", "encapsulation-mode {mode}", "description {text...}"
)  # how packets are wrapped


@TUNNELS.on("", _PEER, "ike")
def _peer(draft: Draft, hit: Hit) -> None:
    if hit["version"].lower() not in ("", "v1", "v2"):
        raise NotUnderstoodError(hit.text)
    if hit["version"]:
        _versions(draft, hit.where, hit["name"]).append(hit["version"].lower().removeprefix("v"))
    _held(draft, hit)


def _versions(draft: Draft, where: Location, name: str) -> list[str]:
    _known(draft)[1].setdefault(name, where)
    found: list[str] = draft.scratch.setdefault("ike versions", {}).setdefault(name, [])
    return found


def _known(draft: Draft) -> tuple[dict[str, str], dict[str, Location]]:
    """Which proposal each peer uses, and where peers stand."""
    found: tuple[dict[str, str], dict[str, Location]] = draft.scratch.setdefault("ike peers", ({}, {}))
    return found


def _held(draft: Draft, hit: Hit) -> Entry[Peer]:
    return draft.peer(hit["name"], hit.where)


@TUNNELS.on(_PEER, "ike-proposal {proposal}", "ike")
def _uses(draft: Draft, hit: Hit) -> None:
    _known(draft)[0][hit["name"]] = hit["proposal"]


@TUNNELS.on(_PEER, "pre-shared-key {secret...}", "ike")
def _shared_key(draft: Draft, hit: Hit) -> None:
    _held(draft, hit).fix("authentication", "psk")


@TUNNELS.on(_PEER, "[undo] version {version}", "ike")
def _version(draft: Draft, hit: Hit) -> None:
    if hit["version"] not in ("1", "2"):
        raise NotUnderstoodError(hit.text)
    undone = hit.text.lower().startswith("undo")
    other = {"1": "2", "2": "1"}[hit["version"]]
    _versions(draft, hit.where, hit["name"]).append(other if undone else hit["version"])


@TUNNELS.on(_PEER, "remote-address [vpn-instance {instance}] {address}", "ike")
def _address(draft: Draft, hit: Hit) -> None:
    _held(draft, hit).fix("address", host_of(hit["address"]))


@TUNNELS.on(_PEER, "remote-address [vpn-instance {instance}] {first} {last}", "ike")
def _addresses(draft: Draft, hit: Hit) -> None:
    _held(draft, hit).fix("address", f"{host_of(hit['first'])}-{host_of(hit['last'])}")


@TUNNELS.on(_PEER, "service-scheme {name}", "ike")
def _dial_in(draft: Draft, hit: Hit) -> None:
    """Addresses are given to whoever comes: people dial in."""
    draft.top.add("gateways", RemoteGateway("ipsec-dialin", hit.where))


# Which certificate, who it is, whether it is alive: how it authenticates is the proposal's.
TUNNELS.ignore(
    _PEER,
    *("(certificate|pki|local-id-type|local-id|remote-id-type|remote-id|remote-name|local-address) {rest...}",),
    *("exchange-mode {mode}", "dpd {rest...}", "nat traversal", "undo nat traversal", "description {text...}"),
    *(
        "rsa {rest...}",
        "re-authentication interval {n}",
        "config-exchange {rest...}",
        "lifetime-notification-message enable",
    ),
    "inband {rest...}",
)


@TUNNELS.on("", _POLICY, "ike")
def _applied(draft: Draft, hit: Hit) -> None:
    """The view: which proposal and peer go together."""


TUNNELS.ignore(
    _POLICY,
    *(
        "security acl {rest...}",
        "ike-peer {name}",
        "proposal {names...}",
        "pfs {group}",
        "sa {rest...}",
        "tunnel {rest...}",
    ),
    *(
        "route inject {rest...}",
        "alias {name}",
        "policy enable",
        "respond-only enable",
        "qos {rest...}",
        "anti-replay {rest...}",
    ),
)
TUNNELS.ignore("", "ipsec (sa|authentication|anti-replay|df-bit|fragmentation|invalid-spi) {rest...}")
TUNNELS.ignore(
    "", "ike (local-name|dpd|heartbeat|heartbeat-timer|nat-keepalive-timer|keychain|limit) {rest...}", "pki {rest...}"
)
TUNNELS.ignore(INTERFACE, "ipsec (policy|profile) {rest...}")


@TUNNELS.on("", "l2tp enable", "remote")
def _l2tp(draft: Draft, hit: Hit) -> None:
    draft.scratch.setdefault("l2tp", hit.where)


@TUNNELS.on("", "l2tp-group {group}", "remote", whole=True)
def _l2tp_group(draft: Draft, hit: Hit) -> None:
    """A group that only starts tunnels of its own lets nobody in."""
    lines = [child.text.lower() for child in hit.node.children]
    starts = any(line.startswith("start l2tp") for line in lines)
    allows = any(line.startswith("allow l2tp") for line in lines)
    draft.scratch.setdefault("l2tp groups", []).append((allows or not starts, hit.where))


@TUNNELS.on("", "(pptp|pptp-server) enable", "remote")
def _pptp(draft: Draft, hit: Hit) -> None:
    _gateway(draft, "pptp", hit)


@TUNNELS.on("", "v-gateway {rest...}", "remote", whole=True)
@TUNNELS.on("", "sslvpn {rest...}", "remote", whole=True)
@TUNNELS.on("", "virtual-gateway {rest...}", "remote", whole=True)
def _sslvpn(draft: Draft, hit: Hit) -> None:
    _gateway(draft, "sslvpn", hit)


def _gateway(draft: Draft, kind: str, hit: Hit) -> None:
    """Each kind once, where it is first spoken of."""
    if all(one.kind != kind for one in draft.top.held("gateways") or ()):
        draft.top.add("gateways", RemoteGateway(kind, hit.where))


TUNNELS.ignore("", "undo l2tp enable", "undo pptp enable", "l2tp (domain|sendaccm|tunnel|aging) {rest...}")
unknown(TUNNELS, "", "ike", "ike", "ipsec")
unknown(TUNNELS, "", "remote", "l2tp", "pptp", "pptp-server")
unknown(TUNNELS, INTERFACE, "ike", "ipsec")
unknown(TUNNELS, INTERFACE, "remote", "l2tp", "pptp", "sslvpn")
unknown(TUNNELS, INTERFACE, "tunnel", "tunnel", "gre")


def finish(draft: Draft) -> None:
    """Peers without a word of their own authenticate as their proposal says; versions belong to proposals."""
    groups = draft.scratch.get("l2tp groups", [])
    told = draft.scratch.get("l2tp")
    if told is not None and (not groups or any(allows for allows, _ in groups)):
        draft.top.add("gateways", RemoteGateway("l2tp", told))
    uses, _ = _known(draft)
    versions = draft.scratch.get("ike versions", {})
    proposals = {str(name): entry for (kind, name), entry in _proposals(draft).items() if kind == "ike"}
    for name, entry in draft.entries("peers").items():
        proposal = proposals.get(uses.get(str(name), ""))
        method = proposal.held("authentication") if proposal is not None else ""
        if method and (not entry.held("authentication") or method != "psk"):
            entry.fix("authentication", method)
        if proposal is not None and versions.get(name):
            proposal.fix("version", min(versions[name]))


def _proposals(draft: Draft) -> dict[tuple[str, str], Entry[Proposal]]:
    found = draft.entries("proposals")
    return {(str(key[0]), str(key[1])): entry for key, entry in found.items() if isinstance(key, tuple)}
