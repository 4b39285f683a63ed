"""Two digests of a report: of this very run, and of what it came to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from conformance.signing.canonical import canonical
from conformance.signing.digest import digest_set


def results_digest(findings: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """The digest set over the sorted list ``[finding id, verdict, attribution]``.

    It is the same from run to run, so that a vendor's run, one in CI and the office's own can be compared without what
    differs between runs standing in the way.
    """
    listed = sorted([entry["id"], entry["verdict"], entry["attribution"] or ""] for entry in findings)
    return digest_set(canonical(listed))
