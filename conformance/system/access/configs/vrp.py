"""The reader of Huawei VRP 5 and VRP 8: every command that a clause asks for, by topic in the modules ``vrp_*``."""

from __future__ import annotations

from conformance.system.access.configs import (
    vrp_accounts,
    vrp_bgp,
    vrp_management,
    vrp_nat,
    vrp_policies,
    vrp_routing,
    vrp_security,
    vrp_services,
    vrp_snmp,
    vrp_tunnels,
)
from conformance.system.access.configs import vrp_filters as filters
from conformance.system.access.configs.draft import Draft
from conformance.system.access.configs.table import Hit, Table
from conformance.system.access.configs.tree import hash_tree
from conformance.system.access.configs.vrp_acls import ACLS
from conformance.system.access.configs.vrp_interfaces import INTERFACES
from conformance.system.access.configs.vrp_zones import ZONES

VRP = Table(
    INTERFACES,
    vrp_routing.ROUTING,
    vrp_bgp.BGP,
    vrp_policies.POLICIES,
    ACLS,
    filters.FILTERS,
    ZONES,
    vrp_nat.NAT,
    vrp_snmp.SNMP,
    vrp_accounts.ACCOUNTS,
    vrp_management.MANAGEMENT,
    vrp_services.SERVICES,
    vrp_tunnels.TUNNELS,
)
VRP.topics("interface", "interface", "vlan", "port-group")
VRP.topics("filter", "traffic", "time-range", "firewall", "packet-filter")
# The banner line of the version, the prompt and the command that made the export, the export's own end.
VRP.ignore("", "!{rest...}", "<{prompt}>[{rest...}]", "return")
# Banners, clock, licence, files, boards and power: no clause asks for them.
VRP.ignore(
    "",
    *(
        "header {rest...}",
        "(clock|license|board|slot|sub-slot|system|device|fan|power|set) {rest...}",
        "undo set {rest...}",
    ),
    *(
        "(patch|startup|module|drop|autoupdate|upgrade|file|vfs|crypto|check|service|assign) {rest...}",
        "undo factory-{rest...}",
    ),
    *(
        "language-mode {rest...}",
        "feature-software {rest...}",
        "[undo] system {rest...}",
        "[undo] user-security-policy enable",
    ),
    *(
        "(cpu-defend|cpu-defend-policy|cpu-usage|mem-usage|memory-usage|configuration) {rest...}",
        "cpu-defend application",
    ),
    *(
        "drop-profile {name}",
        "diffserv {rest...}",
        "[undo] energy-saving {rest...}",
        "temperature {rest...}",
        "alarm {rest...}",
    ),
    *(
        "performance {rest...}",
        "(pm|telemetry|grpc|event|ops|openflow|controller|nms|agile) {rest...}",
        "[undo] vsys {rest...}",
    ),
    *(
        "defence engine enable",
        "undo defence {rest...}",
        "update {rest...}",
        "sa {rest...}",
        "isp {rest...}",
        "slb {rest...}",
    ),
)
# Layer 2 and neighbours' discovery.
VRP.ignore(
    "",
    *("[undo] (stp|lldp|lacp|smart-link|rrpp|erps|loopback-detect|gvrp|garp|ethernet|mac-address) [{rest...}]",),
    *("[undo] (stp|lldp|dcn|cluster|smart|vcmp|voice-vlan|igmp-snooping|l2protocol-tunnel|storm-control) [{rest...}]",),
    *(
        "vlan batch {rest...}",
        "vlan {id}",
        "arp {rest...}",
        "[undo] arp {rest...}",
        "port-group {rest...}",
        "bridge-domain {rest...}",
    ),
)
# Names of routes to watch, keep-alive, forwarding planes: tuned, not filtered.
VRP.ignore(
    "",
    *(
        "bfd [{rest...}]",
        "nqa {rest...}",
        "nqa-{rest...}",
        "efm {rest...}",
        "cfm {rest...}",
        "ipv6",
        "undo ipv6",
        "router id {id}",
    ),
    *("(mpls|lsp|tunnel-policy|tnl-policy|segment-routing|evpn|te|multicast|pim|igmp|mld|vxlan) [{rest...}]", "mpls"),
    *("ip (load-balance|frr|vpn-instance-frr|community-filter|as-path-filter|rpf|netstream|ttl-expires) {rest...}",),
    *("route (recursive-lookup|loop-detect) {rest...}", "(netstream|sflow|vrrp|vrrp6|hrp|wlan|capwap|ssl) [{rest...}]"),
    *(
        "dialer-rule [{number}]",
        "apn profile {name}",
        "ipv6 (mtu|nd|fib|neighbor) {rest...}",
        "undo ip {service} server",
    ),
    *(
        "undo portal {rest...}",
        "free-rule-template {rest...}",
        "portal-access-profile {rest...}",
        "mac-access-profile {rest...}",
    ),
    *(
        "undo nap {rest...}",
        "api",
        "xml {rest...}",
        "undo (telnet-server|ftp-server) {rest...}",
        "as-path-filter {rest...}",
    ),
)


@VRP.on("", "[undo] ipv6", "interface")
def _ipv6(draft: Draft, hit: Hit) -> None:
    """Switched off for the device, IPv6 runs at no interface, whatever these say."""
    draft.scratch["ipv6 off"] = hit.text.lower().startswith("undo")


def read(text: str, file: str, draft: Draft) -> None:
    """Read an export into a draft: line by line, then what only the whole file tells."""
    VRP.read(hash_tree(text), file, draft)
    for finish in (
        vrp_routing.finish,
        vrp_bgp.finish,
        vrp_policies.finish,
        filters.finish,
        vrp_security.finish,
        vrp_nat.finish,
        vrp_snmp.finish,
        vrp_accounts.finish,
        vrp_services.finish,
        vrp_management.finish,
        vrp_tunnels.finish,
    ):
        finish(draft)
    if draft.scratch.get("ipv6 off"):
        for entry in draft.entries("interfaces").values():
            if entry.held("ipv6") is not None:
                entry.put("ipv6", False, entry.held("ipv6").where)
