"""Reading a PDF that anybody may have made: in a process of its own, with bounds on memory, time and what comes back.

A PDF of a few kilobytes can unpack to gigabytes, or point in a circle; no check beforehand finds them all.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from conformance.messages import message
from conformance.typeset.fonts import TypesetError, needed

#: The largest PDF that is read, in bytes, and how many seconds reading may take.
LIMIT, SECONDS = 32 << 20, 30
_ROOT = Path(__file__).parents[2]


class PdfUnreadableError(TypesetError):
    """A file that is no PDF, or one that cannot be read within the bounds."""


def read_confined(question: Mapping[str, Any], pdf: bytes) -> Any:
    """What ``conformance.typeset.confined`` answers about a PDF; raises :class:`PdfUnreadableError`."""
    if len(pdf) > LIMIT:
        raise PdfUnreadableError(message("typeset.pdf-large", limit=LIMIT))
    needed("pyhanko")
    try:
        done = subprocess.run(
            [sys.executable, "-X", "utf8", "-m", "conformance.typeset.confined"],
            input=json.dumps(question).encode() + b"\n" + pdf,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=_ROOT,
            timeout=SECONDS,
            check=True,
        )
        return json.loads(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        raise PdfUnreadableError(message("typeset.pdf-unreadable")) from error
