"""Where a sample stands, as every rendering writes it: ``data/x_001.xml:17 /dataset/body/record[3]/XM``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def place(where: Mapping[str, Any]) -> str:
    """File, line and path of what was handed over; line and path only where there are."""
    line = f":{where['line']}" if where["line"] else ""
    return f"{where['file']}{line} {where['path']}".strip()
