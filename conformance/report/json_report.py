"""``report.json``: the canonical writing of a report, the source of every other format."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

# Characters that reorder or break the line of whoever reads the file in an editor; JSON can escape each of them.
_MISLEADING = re.compile("[\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]")


def write_json(report: Mapping[str, Any]) -> bytes:
    """UTF-8, keys sorted, one space of indent, LF; equal reports give equal bytes. Raises ValueError for NaN."""
    return (_dump(report, indent=1) + "\n").encode("utf-8")


def embeddable(report: Mapping[str, Any]) -> str:
    """The report on one line, safe inside an HTML ``script`` element: no ``<``, ``>`` or ``&`` stands in it."""
    return re.sub("[<>&]", _escape, _dump(report, indent=None))


@cache
def schema() -> Mapping[str, Any]:
    """The published JSON Schema of ``report.json``."""
    text = resources.files(__package__).joinpath("report.schema.json").read_text("utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def _dump(report: Mapping[str, Any], indent: int | None) -> str:
    separators = (",", ": ") if indent else (",", ":")
    text = json.dumps(report, ensure_ascii=False, sort_keys=True, allow_nan=False, indent=indent, separators=separators)
    return _MISLEADING.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"
