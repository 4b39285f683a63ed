"""Comware: IKE, IPsec, and gateways for people outside. What a proposal does not say holds by the vendor's default,
which is weak: it is told as it holds.
"""

from __future__ import annotations

from conformance.judge.access.config import Proposal, RemoteGateway
from conformance.system.access.configs.comware_interfaces import INTERFACE
from conformance.system.access.configs.comware_words import Words, keyed
from conformance.system.access.configs.draft import Draft, Entry
from conformance.system.access.configs.shared import algorithm, host_of, secret
from conformance.system.access.configs.table import Hit, NotUnderstoodError, Table

TABLE = Table()
TABLE.view(INTERFACE, "interface")
TABLE.topics("ike", "ike", "ikev2", "ipsec", "pki", "ike2")
TABLE.topics("remote", "l2tp", "l2tp-group", "sslvpn", "pptp", "pptp-group")
_IKE, _IKE2, _SET = "ike proposal {name}", "ikev2 proposal {name}", "ipsec transform-set {name}"
_KEYS, _PROFILE = "ike keychain {name} [vpn-instance {vpn}]", "ike profile {name}"
_KEYS2, _PROFILE2 = "ikev2 keychain {name}", "ikev2 profile {name}"
_PEER2 = f"{_KEYS2} / peer {{peer}}"
for _path in (_IKE, _IKE2, _SET, _KEYS, _PROFILE, _KEYS2, _PEER2, _PROFILE2):
    TABLE.view(_path, "ike")
#: What holds where an IKE proposal says nothing.
_DEFAULTS = {"encryption": ("des",), "integrity": ("sha1",), "group": ("1",)}

# Lifetimes, keepalives, who is meant by a profile, and how packets are wrapped: algorithms and proofs stand elsewhere.
TABLE.ignore("", "ike (keepalive|dpd|limit|identity|nat-keepalive|invalid-spi-recovery|logging) {x...}")
TABLE.ignore("", "ikev2 (dpd|cookie-challenge|nat-keepalive|address-group|limit) {x...}", "ikev2 policy {x}")
TABLE.ignore("", "ipsec (sa|df-bit|logging|anti-replay|decrypt-check|limit|fragmentation|redundancy) {x...}")
TABLE.ignore(
    "", "pki domain {x}", "pki entity {x}", "pki certificate {x...}", "pki storage {x...}", "ipsec profile {x...}"
)
TABLE.ignore(_IKE, "description {x...}", "sa duration {x}")
TABLE.ignore(_SET, "encapsulation-mode {x}", "protocol {x}", "esn {x...}", "description {x...}")
for _path in (_PROFILE, _PROFILE2):
    TABLE.ignore(
        _path,
        "(proposal|priority|local-identity|identity|match|exchange-mode|dpd|inside-vpn|description) {x...}",
        "(aaa|config-exchange|sa|nat-keepalive) {x...}",
    )
TABLE.ignore(_KEYS, "match {x...}", "priority {x}")
TABLE.ignore(_PEER2, "identity {x...}", "hostname {x}")
TABLE.ignore(INTERFACE, "ipsec apply {x...}", "ipsec no-nat-process enable")


def _algorithms(entry: Entry[Proposal], group: str, words: str) -> None:
    for word in words.split():
        name = algorithm(word)
        entry.add(group, "sha1" if name == "sha" else name)


def _entered(path: str, kind: str, version: str) -> None:
    @TABLE.on("", path, "ike")
    def begun(draft: Draft, hit: Hit) -> None:
        draft.proposal(kind, hit["name"], hit.where).fix("version", version)


_entered(_IKE, "ike", "1")
_entered(_IKE2, "ike", "2")
_entered(_SET, "ipsec", "")


def _read(path: str, kind: str, command: str, group: str) -> None:
    @TABLE.on(path, command, "ike")
    def said(draft: Draft, hit: Hit) -> None:
        _algorithms(draft.proposal(kind, hit["name"], hit.where), group, hit["value"])


def _dh(path: str, kind: str, command: str) -> None:
    @TABLE.on(path, command, "ike")
    def said(draft: Draft, hit: Hit) -> None:
        entry = draft.proposal(kind, hit["name"], hit.where)
        for word in hit["value"].lower().split():
            entry.add("group", word.removeprefix("dh-").removeprefix("group"))


_read(_IKE, "ike", "encryption-algorithm {value}", "encryption")
_read(_IKE, "ike", "authentication-algorithm {value}", "integrity")
_dh(_IKE, "ike", "dh {value}")
_read(_IKE2, "ike", "encryption {value...}", "encryption")
_read(_IKE2, "ike", "integrity {value...}", "integrity")
_dh(_IKE2, "ike", "dh {value...}")
TABLE.ignore(_IKE2, "prf {x...}")  # where it is weaker than the integrity, the device refuses it
_read(_SET, "ipsec", "esp encryption-algorithm {value...}", "encryption")
_read(_SET, "ipsec", "esp authentication-algorithm {value...}", "integrity")
_read(_SET, "ipsec", "ah authentication-algorithm {value...}", "integrity")
_dh(_SET, "ipsec", "pfs {value}")

_PROOFS = {
    "pre-share": "psk",
    "rsa-signature": "certificate",
    "dsa-signature": "certificate",
    "ecdsa-signature": "certificate",
    "rsa-de": "certificate",
    "sm2-de": "sm2",
    "sm2-signature": "sm2",
}


def _proof(word: str) -> str:
    try:
        return _PROOFS[word.lower()]
    except KeyError as error:
        raise NotUnderstoodError(word) from error


@TABLE.on(_IKE, "authentication-method {method}", "ike")
def _method(draft: Draft, hit: Hit) -> None:
    draft.proposal("ike", hit["name"], hit.where).fix("authentication", _proof(hit["method"]))


# Keys and peers.


@TABLE.on("", _KEYS, "ike")
@TABLE.on("", _KEYS2, "ike")
@TABLE.on(_KEYS2, "peer {peer}", "ike")
def _keychain(draft: Draft, hit: Hit) -> None:
    del draft, hit


@TABLE.on(_KEYS, "pre-shared-key (address|hostname) {rest...}", "ike")
def _shared_key(draft: Draft, hit: Hit) -> None:
    words = Words(hit["rest"])
    entry = draft.peer(hit["name"], hit.where)
    entry.fix("authentication", "psk")
    by_address = hit.text.lower().split()[1] == "address"
    words.take("ipv6")
    whose = words.next()
    if by_address:
        entry.fix("address", host_of(whose.partition("/")[0]))
        if words.peek() != "key":
            words.next()
    words.one_of("key")
    secret(words.rest().split())


@TABLE.on(_PEER2, "address [ipv6] {address} [{mask}]", "ike")
def _address2(draft: Draft, hit: Hit) -> None:
    draft.peer(hit["peer"], hit.where).fix("address", host_of(hit["address"].partition("/")[0]))


@TABLE.on(_PEER2, "pre-shared-key {secret...}", "ike")
def _shared_key2(draft: Draft, hit: Hit) -> None:
    draft.peer(hit["peer"], hit.where).fix("authentication", "psk")


@TABLE.on("", _PROFILE, "ike")
@TABLE.on("", _PROFILE2, "ike")
def _profile(draft: Draft, hit: Hit) -> None:
    draft.peer(hit["name"], hit.where)


@TABLE.on(_PROFILE, "keychain {chain}", "ike")
@TABLE.on(_PROFILE2, "keychain {chain}", "ike")
@TABLE.on(_PROFILE, "certificate domain {domain}", "ike")
@TABLE.on(_PROFILE2, "certificate domain {domain} [(sign|verify)]", "ike")
@TABLE.on(_PROFILE2, "authentication-method (local|remote) {method}", "ike")
def _proven(draft: Draft, hit: Hit) -> None:
    """Of several ways that a profile allows the weakest is told: a key, a certificate, SM2."""
    said = "psk" if hit["chain"] else "certificate" if hit["domain"] else _proof(hit["method"])
    entry = draft.peer(hit["name"], hit.where)
    held = entry.held("authentication")
    ranks = ("psk", "certificate", "sm2")
    if said == "certificate" and held == "sm2" and hit["domain"]:
        return  # the certificate of SM2 lies in a domain too
    entry.fix("authentication", min(held, said, key=ranks.index) if held else said)


_POLICY = "ipsec (policy|ipv6-policy) {name} {number} {form} [template {template}]"
_TEMPLATE = "ipsec (policy-template|ipv6-policy-template) {name} {number}"
for _path in (_POLICY, _TEMPLATE):
    TABLE.view(_path, "ike")
    # Which flows, which ends, which of the above: named there.
    TABLE.ignore(
        _path,
        "(transform-set|security|remote-address|local-address|ike-profile|ikev2-profile|description|tfc) {x...}",
        "sa (duration|idle-time|trigger-mode) {x...}",
        "reverse-route [{x...}]",
        "redundancy {x...}",
    )


@TABLE.on("", _POLICY, "ike")
def _policy(draft: Draft, hit: Hit) -> None:
    if hit["form"].lower() not in ("isakmp", "manual"):
        raise NotUnderstoodError(hit.text)
    if hit["form"].lower() == "manual":
        entry = draft.peer(f"{hit['name']} {hit['number']}", hit.where)
        entry.fix("authentication", "psk")  # keys that two people typed


@TABLE.on("", _TEMPLATE, "ike")
def _template(draft: Draft, hit: Hit) -> None:
    _gateway(draft, hit, "ipsec-dialin")  # whoever comes, from wherever


# Gateways for people outside.

TABLE.view("l2tp-group {group} mode {mode}", "remote")
TABLE.ignore("l2tp-group {group} mode {mode}", "{x...}")  # how the tunnel is kept: that there is one is the fault
TABLE.view("sslvpn gateway {gateway}", "remote")
TABLE.ignore("sslvpn gateway {gateway}", "{x...}")
TABLE.view("sslvpn context {context}", "remote")
TABLE.ignore("sslvpn context {context}", "{x...}")
TABLE.ignore("", "sslvpn (log|ip) {x...}", "sslvpn (ip-client|webpage-customize) {x...}")


def _gateway(draft: Draft, hit: Hit, kind: str) -> None:
    if all(one.kind != kind for one in draft.top.held("gateways") or ()):
        draft.top.add("gateways", RemoteGateway(kind, hit.where))


@TABLE.on("", "l2tp enable", "remote")
def _l2tp(draft: Draft, hit: Hit) -> None:
    _gateway(draft, hit, "l2tp")


@TABLE.on("", "l2tp-group {group} [mode {mode}]", "remote")
def _l2tp_group(draft: Draft, hit: Hit) -> None:
    if hit["mode"].lower() not in ("", "lns", "lac"):
        raise NotUnderstoodError(hit.text)
    if hit["mode"].lower() == "lns":
        _gateway(draft, hit, "l2tp")


@TABLE.on("", "sslvpn gateway {gateway}", "remote")
@TABLE.on("", "sslvpn context {context}", "remote")
def _sslvpn(draft: Draft, hit: Hit) -> None:
    _gateway(draft, hit, "sslvpn")


@TABLE.on("", "pptp enable", "remote")
@TABLE.on("", "pptp server enable", "remote")
def _pptp(draft: Draft, hit: Hit) -> None:
    _gateway(draft, hit, "pptp")


def finish(draft: Draft) -> None:
    """What IKE proposals leave unsaid."""
    for (kind, _), entry in keyed(draft, "proposals").items():
        if kind == "ike" and entry.held("version") == "1":
            for group, value in _DEFAULTS.items():
                if not entry.held(group):
                    entry.fix(group, value)
            entry.fix("authentication", entry.held("authentication") or "psk")
