"""``report.json``: the canonical writing of a report, the source of every other format."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from conformance.signing.canonical import canonical


def write_json(report: Mapping[str, Any]) -> bytes:
    """The canonical bytes of a report (JCS, RFC 8785): equal reports give equal bytes, in any language's hands.

    Raises :class:`conformance.signing.canonical.NotCanonicalError` for what I-JSON cannot hold.
    """
    return canonical(report)


def embeddable(report: Mapping[str, Any]) -> str:
    """The report safe inside an HTML ``script`` element: no ``<``, ``>`` or ``&`` stands in it."""
    return re.sub("[<>&]", _escape, canonical(report).decode())


@cache
def schema() -> Mapping[str, Any]:
    """The published JSON Schema of ``report.json``."""
    text = resources.files(__package__).joinpath("report.schema.json").read_text("utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def _escape(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"
