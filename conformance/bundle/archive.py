"""The one ZIP of given files: sorted names, no times, nothing compressed; equal contents give equal bytes for ever.

Compressors differ from version to version, and an archive that is stored cannot be a bomb.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

#: The earliest time that a ZIP can hold: no file of a bundle has one.
_EPOCH = (1980, 1, 1, 0, 0, 0)
_PLAIN_FILE = 0o100644 << 16
_UNIX = 3


def write_archive(contents: Mapping[str, bytes]) -> bytes:
    """The archive of files by name (``/`` between folders, ASCII)."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_STORED, allowZip64=False) as archive:
        for name in sorted(contents):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.external_attr, entry.create_system = _PLAIN_FILE, _UNIX
            archive.writestr(entry, contents[name])
    return held.getvalue()
