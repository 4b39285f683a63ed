"""A declared device with its configuration: the file is opened, its platform made sure of, its reader called.

Nothing is guessed: where the platform is not the declared one, or nothing in the text tells it, nothing is read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from conformance.judge.access.case import Device, Unreadable
from conformance.judge.access.config import TOPICS, DeviceConfig, Unread
from conformance.judge.access.site import DeviceClaim
from conformance.judge.rulebook import Location
from conformance.messages import Message, message
from conformance.standard.access.model import AccessRules, Platform
from conformance.system.access.configs.draft import Draft
from conformance.system.access.configs.opening import BadFileError, Opened, opened

#: A reader of one text, and one of a bundle (texts by the name of the file, the folder's name).
TextReader = Callable[[str, str, Draft], None]
BundleReader = Callable[[Mapping[str, str], str, Draft], None]

_PACKAGE = "conformance.system.access.configs"
#: The module of each grammar; its function is called ``read``.
_READERS = {"vrp": "vrp", "comware": "comware", "ios": "ios", "zxros": "zxros"}
_BUNDLES = {"linux": "linux"}
_DECLARATION_ONLY = "declaration"
#: What a terminal writes after the export: the prompt.
_PROMPT = re.compile(r"[<\[][\w.~*@/ -]{1,80}[>\]]|[\w.-]{1,80}(?:\([\w-]{1,40}\))?#|.*[#$>] ?exit")


def read_device(claim: DeviceClaim, folder: Path, rules: AccessRules) -> Device:
    """The device with what its configuration says, or why that was not read; never raises for what was handed in.

    ``folder`` is that of the declaration. Locations name ``claim.file``, or the files below it.
    """
    if not claim.file:
        return Device(claim, None)
    where = Location(claim.file)
    try:
        found = opened(claim.file, folder)
    except BadFileError as error:
        return Device(claim, Unreadable(error.where, error.reason), error.digest)
    platform = rules.platforms.get(claim.platform)
    if platform is None or platform.level == _DECLARATION_ONLY or not _module(platform.reader):
        return Device(claim, _unsupported(claim, where), found.digest)
    refusal = _shape(platform, found) or _detected(platform, found, rules.platforms)
    if refusal is not None:
        return Device(claim, Unreadable(where, refusal), found.digest)
    return Device(claim, _read(claim, platform, found), found.digest)


def _unsupported(claim: DeviceClaim, where: Location) -> Unreadable:
    if not claim.platform:
        return Unreadable(where, message("access.configs.undeclared"))
    return Unreadable(where, message("access.configs.unsupported", platform=_shown(claim.platform)), ours=True)


def _module(reader: str) -> str:
    """The module that reads a grammar; empty where we have none."""
    name = {**_READERS, **_BUNDLES}.get(reader, "")
    return f"{_PACKAGE}.{name}" if name and find_spec(f"{_PACKAGE}.{name}") is not None else ""


def _shape(platform: Platform, found: Opened) -> Message | None:
    """Why a file was handed in where a folder is due, or the other way round."""
    if platform.reader in _BUNDLES and not found.bundle:
        return message("access.configs.not-folder", platform=platform.title)
    if platform.reader not in _BUNDLES and found.bundle:
        return message("access.configs.folder", platform=platform.title)
    return None


def _detected(platform: Platform, found: Opened, platforms: Mapping[str, Platform]) -> Message | None:
    """Why the text is not of the declared platform."""
    lines = [line for text in found.texts.values() for line in text.splitlines()]
    if _tells(platform, lines):
        return None
    for other in platforms.values():
        if _tells(other, lines):
            return message("access.configs.mismatch", platform=platform.title, found=other.title)
    return message("access.configs.undetected", platform=platform.title)


def _tells(platform: Platform, lines: list[str]) -> bool:
    patterns = [re.compile(one) for one in platform.detect]
    return any(pattern.match(line) for pattern in patterns for line in lines)


def _read(claim: DeviceClaim, platform: Platform, found: Opened) -> DeviceConfig:
    draft = Draft(claim.id, platform.id, dict(platform.defaults))
    read = import_module(_module(platform.reader)).read
    if platform.reader in _BUNDLES:
        bundle: BundleReader = read
        bundle(found.texts, claim.file, draft)
    else:
        single: TextReader = read
        single(found.texts[""], claim.file, draft)
        if not _whole(platform, found.texts[""]):
            draft.coverage = [replace(one, complete=False) for one in draft.coverage]
    # Of what is not read of a platform no clause may pass.
    draft.unread += [Unread(topic, Location(claim.file)) for topic in TOPICS if topic not in platform.topics]
    return draft.made()


def _whole(platform: Platform, text: str) -> bool:
    """Whether the last line is that of a whole export; a prompt that the terminal wrote after it does not count."""
    if not platform.end:
        return True
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    while len(lines) > 1 and _PROMPT.fullmatch(lines[-1]):
        lines.pop()
    return bool(lines) and re.match(platform.end, lines[-1]) is not None


def _shown(text: str) -> str:
    return "".join(sign for sign in text if sign.isprintable())[:60]
