"""H3C Comware 7 and 9: the export of ``display current-configuration`` into the model.

Global commands have one leading blank, only ``#`` in the first column ends a view (:mod:`tree`). Which view a command
stands in decides what it means: ``ip vpn-instance X`` is an instance at the top, an address family inside ``bgp``.
"""

from __future__ import annotations

from dataclasses import replace

from conformance.judge.access.config import Unread
from conformance.system.access.configs import (
    comware_access,
    comware_accounts,
    comware_acl,
    comware_bgp,
    comware_crypto,
    comware_filters,
    comware_interfaces,
    comware_nat,
    comware_objects,
    comware_routing,
    comware_rules,
    comware_snmp,
    comware_system,
)
from conformance.system.access.configs.draft import Draft
from conformance.system.access.configs.table import Table
from conformance.system.access.configs.tree import hash_tree

_COMWARE = Table(
    comware_interfaces.TABLE,
    comware_routing.TABLE,
    comware_bgp.TABLE,
    comware_objects.TABLE,
    comware_acl.TABLE,
    comware_rules.TABLE,
    comware_filters.TABLE,
    comware_nat.TABLE,
    comware_accounts.TABLE,
    comware_access.TABLE,
    comware_snmp.TABLE,
    comware_crypto.TABLE,
    comware_system.TABLE,
)
#: The last line of a whole export; a terminal may have written its prompt after it.
_END, _TAIL = "return", 3


def read(text: str, file: str, draft: Draft) -> None:
    """Read one export; raises nothing for what stands in it. An export without ``return`` at its end is cut."""
    tree = hash_tree(text)
    whole = any(node.text.lower() == _END for node in tree.nodes[-_TAIL:])
    _COMWARE.read(tree, file, draft, complete=whole)
    for module in (
        comware_interfaces,
        comware_routing,
        comware_bgp,
        comware_filters,
        comware_nat,
        comware_accounts,
        comware_access,
        comware_snmp,
        comware_crypto,
        comware_system,
    ):
        module.finish(draft)
    _doubts(draft)


def _doubts(draft: Draft) -> None:
    """Lines that were recognised and whose meaning failed at the end count as not understood."""
    known = {(one.where.file, one.where.line) for one in draft.unread}
    doubts: dict[tuple[str, int], Unread] = draft.scratch.get("doubts", {})
    late = [one for place, one in doubts.items() if place not in known]
    draft.unread += late
    last = draft.coverage[-1]
    draft.coverage[-1] = replace(last, recognised=last.recognised - len(late), unread=last.unread + len(late))
