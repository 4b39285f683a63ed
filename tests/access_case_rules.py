"""The pack's rules, as the reference case is judged by them."""

from __future__ import annotations

from functools import cache

from conformance.standard.access.model import AccessRules
from conformance.standard.access.reading import read_access_rules
from conformance.standard.pack import pack_folder, read_pack, standards_root


@cache
def reference_rules() -> AccessRules:
    """What the rules read of the pack."""
    root = standards_root()
    requirements = read_pack(root, "network-access", "draft").requirements.values()
    return read_access_rules(pack_folder(root, "network-access", "draft"), requirements)
