"""Style and scripts: what pages load by name and digest, and the one file that verifies offline."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from conformance.office.certificate import schema
from conformance.office.verifying import outcomes
from conformance.register.words import embeddable, spoken
from conformance.signing.canonical import parse
from conformance.signing.digest import digest_set
from conformance.signing.keys import LIMIT

STYLE, SEARCH, VERIFY = "assets/register.css", "assets/search.js", "assets/verify.js"
ICON = "assets/icon.svg"
#: The verifier in the order in which its parts need each other.
VERIFIER = ("vendor/crypto.min.js", "scripts/form.js", "scripts/proof.js", "scripts/verify.js", "scripts/telling.js")


@dataclass(frozen=True)
class Assets:
    """Files by name, and what pages put beside a name that they load: ``sha256-...`` over its bytes."""

    files: dict[str, bytes]
    integrity: dict[str, str]


@cache
def part(name: str) -> str:
    """A file of this room, with line feeds only."""
    text = resources.files(__package__).joinpath(name).read_text("utf-8")
    return text.replace("\r\n", "\n").rstrip("\n") + "\n"


def assets(keys_content: bytes) -> Assets:
    """What the pages of a register with that key set load."""
    verifier = "".join(map(part, VERIFIER))
    data = f"const LubiaoData = {embeddable(verifier_data(keys_content))};\n"
    files = {
        ICON: part("templates/icon.svg").encode(),
        STYLE: part("templates/register.css").encode(),
        SEARCH: part("scripts/search.js").encode(),
        VERIFY: f"{verifier}{data}{part('scripts/page.js')}".encode(),
    }
    return Assets(files, {name: integrity(content) for name, content in files.items()})


def verifier_data(keys_content: bytes) -> dict[str, Any]:
    """What the verifier in the browser knows: the pinned keys, the form of statements, the words and their codes."""
    return {
        "keys": parse(keys_content, limit=LIMIT),
        "keysDigest": digest_set(keys_content),
        "schema": schema(),
        "codes": dict(outcomes()),
        "texts": spoken(part("templates/offline.html.j2")),
    }


def integrity(content: bytes) -> str:
    """A digest as HTML and content security policies write it."""
    return "sha256-" + base64.b64encode(hashlib.sha256(content).digest()).decode()


@cache
def vendored() -> dict[str, Any]:
    """What is bundled, in which versions, with which digests."""
    loaded: dict[str, Any] = json.loads(part("vendor/manifest.json"))
    return loaded
