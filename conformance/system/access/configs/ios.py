"""Cisco IOS and IOS XE, Ruijie RGOS: an export as the vendor-neutral model, in part.

What is not read stays unread with its topic; zone-based firewalls (``zone-pair``) are not read: their lines leave every
clause that reads filters undecided.
"""

from __future__ import annotations

from conformance.judge.access.config import Unread
from conformance.system.access.configs import (
    ios_accounts,
    ios_acl,
    ios_bgp,
    ios_interfaces,
    ios_nat,
    ios_policy,
    ios_services,
)
from conformance.system.access.configs.draft import Draft
from conformance.system.access.configs.ios_accounts import ACCOUNTS
from conformance.system.access.configs.ios_acl import ACL
from conformance.system.access.configs.ios_bgp import BGP
from conformance.system.access.configs.ios_crypto import CRYPTO
from conformance.system.access.configs.ios_interfaces import INTERFACES
from conformance.system.access.configs.ios_nat import NAT
from conformance.system.access.configs.ios_policy import POLICY
from conformance.system.access.configs.ios_routes import ROUTES
from conformance.system.access.configs.ios_services import SERVICES
from conformance.system.access.configs.table import Table
from conformance.system.access.configs.tree import indent_tree

IOS = Table(INTERFACES, BGP, POLICY, ROUTES, ACL, NAT, SERVICES, ACCOUNTS, CRYPTO)
# About the export and the machine itself: no clause asks for it.
IOS.ignore(
    "",
    "version {rest...}",
    "end",
    "exit",
    "Building configuration...",
    "Current configuration : {rest...}",
    "[no] platform {rest...}",
    "(boot|license|hw-module|module|card|diagnostic|redundancy|memory|scheduler|archive|control-plane) [{rest...}]",
    "boot-start-marker",
    "boot-end-marker",
    "banner {kind}",
    "[no] (cdp|lldp|ip cef|ipv6 cef|ip routing|ipv6 unicast-routing|ip forward-protocol|ip classless) [{rest...}]",
    "ip (subnet-zero|source|multicast|tcp|icmp|rsvp|gratuitous-arps|arp|local-proxy-arp) {rest...}",
    "[no] (spanning-tree|vlan|vtp|errdisable|port-channel|multilink|subscriber|voice|call-home|mmi|chat-script) "
    "[{rest...}]",
    "(alias|event|track|ip sla|flow|cts|privilege|parser|process|file|exception|key chain|bfd-template) [{rest...}]",
    "bfd {rest...}",
)


def read(text: str, file: str, draft: Draft) -> None:
    """Read an export into the draft; raises nothing for what stands in it."""
    IOS.read(indent_tree(text), file, draft)
    ios_acl.finish(draft)
    ios_interfaces.finish(draft)
    ios_nat.finish(draft)
    ios_bgp.finish(draft)
    ios_policy.finish(draft)
    ios_services.finish(draft)
    ios_accounts.finish(draft)
    for topic, where in draft.scratch.get("doubts", {}).values():
        draft.unread.append(Unread(topic, where))
