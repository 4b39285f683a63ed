"""Cisco IOS, Ruijie RGOS: IKE and IPsec proposals, how peers are authenticated, gateways for people outside."""

from __future__ import annotations

import re

from conformance.judge.access.config import RemoteGateway
from conformance.system.access.configs.draft import Draft
from conformance.system.access.configs.many import each
from conformance.system.access.configs.shared import algorithm
from conformance.system.access.configs.table import Hit, NotUnderstoodError, Table
from conformance.system.access.configs.words import Words

CRYPTO = Table()
CRYPTO.topics("ike", "crypto")
_POLICY = "crypto isakmp policy {policy}"
_PROPOSAL = "crypto ikev2 proposal {proposal}"
_PROFILE = "crypto ikev2 profile {profile}"
_VPDN = "vpdn-group {group}"
for _view in (_POLICY, _PROPOSAL, _PROFILE):
    CRYPTO.view(_view, "ike")
CRYPTO.view(_VPDN, "remote")
CRYPTO.view(f"{_VPDN} / accept-dialin", "remote")
_WAYS = {"pre-share": "psk", "rsa-sig": "certificate", "ecdsa-sig": "certificate", "rsa-encr": "certificate"}
#: More algorithms than any proposal has.
_MOST = 64
#: What transforms of IPsec protect: an encryption, an integrity.
_TRANSFORM = re.compile(r"(?:esp|ah)-(?P<name>[a-z0-9-]+?)(?P<hmac>-hmac)?")


@each(CRYPTO, ("",), _POLICY, "ike")
def _policy(draft: Draft, hit: Hit) -> None:
    entry = draft.proposal("ike", f"isakmp {hit['policy']}", hit.where)
    entry.fix("version", "1")


@each(CRYPTO, ("",), _PROPOSAL, "ike")
def _proposal(draft: Draft, hit: Hit) -> None:
    draft.proposal("ike", hit["proposal"], hit.where).fix("version", "2")


def _name(hit: Hit) -> str:
    return hit["proposal"] or f"isakmp {hit['policy']}"


@each(CRYPTO, (_POLICY, _PROPOSAL), "(encr|encryption) {names...}", "ike")
def _encryption(draft: Draft, hit: Hit) -> None:
    entry, words = draft.proposal("ike", _name(hit), hit.where), Words(hit["names"])
    while words:
        name = algorithm(words.take())
        if name == "aes":
            name += words.take() if words.peek() in ("128", "192", "256") else "128"
        entry.add("encryption", name)


@each(CRYPTO, (_POLICY, _PROPOSAL), "(hash|integrity|prf) {names...}", "ike")
def _integrity(draft: Draft, hit: Hit) -> None:
    entry = draft.proposal("ike", _name(hit), hit.where)
    held = entry.held("integrity") or ()
    if len(held) > _MOST:
        raise NotUnderstoodError(hit.text)
    for one in hit["names"].split():
        if algorithm(one) not in held:
            entry.add("integrity", algorithm(one))


@each(CRYPTO, (_POLICY, _PROPOSAL), "group {groups...}", "ike")
def _group(draft: Draft, hit: Hit) -> None:
    for one in hit["groups"].split():
        draft.proposal("ike", _name(hit), hit.where).add("group", one)


@CRYPTO.on(_POLICY, "authentication {way}", "ike")
def _authentication(draft: Draft, hit: Hit) -> None:
    way = _WAYS.get(hit["way"].lower())
    if way is None:
        raise NotUnderstoodError(hit.text)
    draft.proposal("ike", _name(hit), hit.where).fix("authentication", way)


CRYPTO.ignore(_POLICY, "lifetime {rest...}", "exit")
CRYPTO.ignore(_PROPOSAL, "exit")


@CRYPTO.on("", "crypto isakmp key {rest...}", "ike")
def _key(draft: Draft, hit: Hit) -> None:
    """The address stands after the key, which is not kept."""
    words = hit["rest"].split()
    if "address" not in words[:-1]:
        raise NotUnderstoodError(hit.text)
    entry = draft.peer(words[words.index("address") + 1], hit.where)
    entry.fix("address", words[words.index("address") + 1])
    entry.fix("authentication", "psk")


@CRYPTO.on("", _PROFILE, "ike")
def _profile(draft: Draft, hit: Hit) -> None:
    draft.peer(hit["profile"], hit.where)


@CRYPTO.on(_PROFILE, "authentication (local|remote) {way} [{rest...}]", "ike")
def _profiled(draft: Draft, hit: Hit) -> None:
    entry, way = draft.peer(hit["profile"], hit.where), _WAYS.get(hit["way"].lower())
    if way is None:
        raise NotUnderstoodError(hit.text)
    if entry.held("authentication") != "psk":
        entry.fix("authentication", way)


@CRYPTO.on(_PROFILE, "match identity remote address {address} [{mask}]", "ike")
def _remote(draft: Draft, hit: Hit) -> None:
    draft.peer(hit["profile"], hit.where).fix("address", hit["address"])


_TRANSFORMS = "crypto ipsec transform-set {name} {transforms...}"
CRYPTO.view(_TRANSFORMS, "ike")
CRYPTO.ignore(_TRANSFORMS, "mode (tunnel|transport) [require]", "exit")  # how packets are wrapped
CRYPTO.ignore(
    _PROFILE, "(pki|keyring|lifetime|dpd|identity|match|description|ivrf|nat|virtual-template) {rest...}", "exit"
)


@CRYPTO.on("", _TRANSFORMS, "ike")
def _transforms(draft: Draft, hit: Hit) -> None:
    entry, words = draft.proposal("ipsec", hit["name"], hit.where), Words(hit["transforms"])
    while words:
        word = words.take().lower()
        found = _TRANSFORM.fullmatch(word)
        if found is None:
            raise NotUnderstoodError(word)
        name = algorithm(found["name"])
        if found["hmac"]:
            entry.add("integrity", name)
            continue
        if name in ("aes", "gcm", "gmac"):
            name = f"aes{words.take() if words.peek() in ('128', '192', '256') else '128'}{name.removeprefix('aes')}"
        entry.add("encryption", name)


CRYPTO.ignore(
    "",
    "crypto (pki|map|key|keyring|identity|dynamic-map|engine|logging|call) {rest...}",
    "crypto ikev2 (policy|keyring|dpd|limit|fragmentation|nat|cookie-challenge) {rest...}",
    "crypto isakmp (keepalive|identity|profile|nat|aggressive-mode|invalid-spi-recovery) [{rest...}]",
    "crypto ipsec (profile|security-association|df-bit|fragmentation|nat-transparency) {rest...}",
)


@CRYPTO.on("", _VPDN, "remote")
@CRYPTO.on(_VPDN, "accept-dialin", "remote")
def _dialled(_: Draft, __: Hit) -> None:
    """Which protocol, the view says."""


@each(CRYPTO, (_VPDN, f"{_VPDN} / accept-dialin"), "protocol (l2tp|pptp|any|pppoe)", "remote")
def _dial_in(draft: Draft, hit: Hit) -> None:
    kind = hit.text.lower().split()[1]
    draft.top.add("gateways", RemoteGateway("pptp" if kind == "pptp" else "l2tp", hit.where))


CRYPTO.ignore("", "[no] vpdn {rest...}")


@CRYPTO.on("", "(webvpn|crypto ssl|crypto vpn) {rest...}", "remote")
def _tls(draft: Draft, hit: Hit) -> None:
    draft.top.add("gateways", RemoteGateway("sslvpn", hit.where))


@CRYPTO.on("", "crypto isakmp client configuration {rest...}", "remote", whole=True)
@CRYPTO.on("", "crypto ikev2 authorization policy {rest...}", "remote", whole=True)
def _clients(draft: Draft, hit: Hit) -> None:
    draft.top.add("gateways", RemoteGateway("ipsec-dialin", hit.where))
