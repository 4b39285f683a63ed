"""Linux: strongSwan's ``swanctl.conf``: proposals, how peers are authenticated, connections for people outside."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from conformance.judge.access.config import RemoteGateway
from conformance.judge.rulebook import Location
from conformance.system.access.configs.linux_part import Part

_DEEPEST = 12
_TOKEN = re.compile(r"\"[^\"]*\"|[{}]|#.*|[^\s{}#\"]+")
_CIPHERS = re.compile(r"(?:aes|camellia|3des|des|chacha|null|sm4|blowfish|cast|serpent|twofish)")
_HASHES = re.compile(r"(?:prf)?(?:sha|md5|aesxcbc|aescmac|sm3)")
_GROUPS = re.compile(r"(?:modp|ecp|curve|x25519|x448|ke\d_|ntru|mlkem|sm2)")
_WAYS = {"psk": "psk", "pubkey": "certificate", "rsa": "certificate", "ecdsa": "certificate", "": "certificate"}


@dataclass
class Section:
    """A section with its settings and those inside it."""

    line: int
    settings: dict[str, tuple[str, int]] = field(default_factory=dict)
    inner: dict[str, Section] = field(default_factory=dict)

    def said(self, name: str) -> str:
        """A setting's words; empty where it is not there."""
        return self.settings.get(name, ("", 0))[0]

    def within(self, beginning: str) -> Iterator[Section]:
        """The inner sections of that name, with or without a suffix."""
        yield from (one for name, one in self.inner.items() if re.fullmatch(rf"{beginning}[-\w.]*", name))


def swanctl(part: Part) -> None:
    """Read the file into the draft."""
    top, sound = _sections(part)
    if not sound:
        part.unread(part.at())
    for held in top.within("connections"):
        for name, connection in held.inner.items():
            _connection(part, name, connection)


def _sections(part: Part) -> tuple[Section, bool]:
    """The sections of the file, and whether each was closed."""
    top = Section(0)
    stack, sound = [top], True
    for place, line in part.lines():
        words: list[str] = []
        for sign in [*_TOKEN.findall(line), "\n"]:
            if sign.startswith("#"):
                continue
            if sign in ("{", "}", "\n") and "=" in " ".join(words):
                name, _, value = " ".join(words).partition("=")
                stack[-1].settings[name.strip()] = (value.strip().strip('"'), place)
                words = []
            if sign == "{":
                stack.append(stack[-1].inner.setdefault(" ".join(words), Section(place)))
                words = []
                sound = sound and len(stack) < _DEEPEST
                stack = stack[:_DEEPEST]
            elif sign == "}":
                sound = sound and len(stack) > 1
                stack = stack[:-1] or [top]
            elif sign == "\n":
                if words:
                    sound = False  # ``include`` and the like
            else:
                words.append(sign)
        part.known()
    return top, sound and len(stack) == 1


def _connection(part: Part, name: str, connection: Section) -> None:
    draft, where = part.draft, part.at(connection.line)
    version = connection.said("version") or "0"
    ways = [_way(one.said("auth")) for kind in ("local", "remote") for one in connection.within(kind)]
    way = next((one for one in ("psk", "other") if one in ways), "certificate" if ways else "")
    entry = draft.peer(name, where)
    entry.fix("address", connection.said("remote_addrs").split(",")[0].strip())
    entry.fix("authentication", way)
    _proposals(part, ("ike", name, version), connection, "proposals")
    for child in connection.within("children"):
        for inner, section in child.inner.items():
            names = [one for one in ("esp_proposals", "ah_proposals") if section.said(one)] or ["esp_proposals"]
            for setting in names:
                _proposals(part, ("ipsec", f"{name}/{inner}", ""), section, setting)
    eap = any(one.said("auth").startswith("eap") for one in connection.within("remote"))
    if connection.said("pools") or eap:
        draft.top.add("gateways", RemoteGateway("ipsec-dialin", where))


def _way(word: str) -> str:
    """How a side is authenticated: ``pubkey-sha256`` names what signs as well."""
    return _WAYS.get(word.partition("-")[0].lower(), "other")


def _proposals(part: Part, named: tuple[str, str, str], section: Section, setting: str) -> None:
    kind, name, version = named
    words, line = section.settings.get(setting, ("", section.line))
    where = part.at(line)
    said = [one.strip().lower() for one in words.split(",") if one.strip()]
    if not said or "default" in said:
        part.unread(where)  # what strongSwan offers by itself
    for place, one in enumerate(said):
        if one != "default":
            _proposal(part, (kind, f"{name} {place + 1}", version), one, where)


def _proposal(part: Part, named: tuple[str, str, str], words: str, where: Location) -> None:
    kind, name, version = named
    entry = part.draft.proposal(kind, name, where)
    entry.fix("version", version)
    for word in words.split("-"):
        if _CIPHERS.match(word):
            entry.add("encryption", word)
        elif _HASHES.match(word):
            hashed = word.removeprefix("prf")
            if hashed not in (entry.held("integrity") or ()):
                entry.add("integrity", hashed)
        elif _GROUPS.match(word):
            entry.add("group", word)
        elif word not in ("noesn", "esn", "prfplus"):
            part.unread(where)
