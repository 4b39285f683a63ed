"""Words of IOS-like commands (Cisco IOS and IOS XE, Ruijie RGOS): interfaces' names, kinds of secrets, classes."""

from __future__ import annotations

import re
from functools import lru_cache

from conformance.system.access.configs.shared import prefix_of, secret
from conformance.system.access.configs.table import NotUnderstoodError
from conformance.system.access.configs.words import Words

_NAME = re.compile(r"(?P<type>[A-Za-z][A-Za-z-]*?) ?(?P<number>[0-9][0-9/:.]*)")
#: Types of interfaces and what kind each is.
_KINDS = {
    "Ethernet": "physical",
    "FastEthernet": "physical",
    "GigabitEthernet": "physical",
    "TwoGigabitEthernet": "physical",
    "FiveGigabitEthernet": "physical",
    "TenGigabitEthernet": "physical",
    "TwentyFiveGigE": "physical",
    "TFGigabitEthernet": "physical",
    "FortyGigabitEthernet": "physical",
    "HundredGigE": "physical",
    "HundredGigabitEthernet": "physical",
    "AppGigabitEthernet": "physical",
    "Port-channel": "physical",
    "AggregatePort": "physical",
    "Serial": "physical",
    "POS": "physical",
    "ATM": "physical",
    "Mgmt": "physical",
    "Vlan": "vlan",
    "BDI": "vlan",
    "BVI": "vlan",
    "Loopback": "loopback",
    "Tunnel": "tunnel",
    "Dialer": "dialer",
    "Async": "dialer",
    "Cellular": "cellular",
    "Virtual-Template": "other",
    "Virtual-PPP": "dialer",
    "VirtualPortGroup": "other",
    "Null": "other",
    "NVI": "other",
    "Embedded-Service-Engine": "other",
}
_TYPES = {one.lower(): one for one in _KINDS}
#: Abbreviations that are the beginning of more than one name, or of none.
_SHORT = {
    "e": "Ethernet",
    "fa": "FastEthernet",
    "g": "GigabitEthernet",
    "gi": "GigabitEthernet",
    "te": "TenGigabitEthernet",
    "tw": "TwoGigabitEthernet",
    "fo": "FortyGigabitEthernet",
    "hu": "HundredGigE",
    "ap": "AppGigabitEthernet",
    "po": "Port-channel",
    "se": "Serial",
    "vl": "Vlan",
    "lo": "Loopback",
    "tu": "Tunnel",
    "di": "Dialer",
    "ce": "Cellular",
}
#: The digit before a secret says how it is kept.
_KEPT = {"0": "plain", "4": "hash", "5": "hash", "6": "reversible", "7": "reversible", "8": "hash", "9": "hash"}
_CLASSES = ((128, 8), (192, 16), (224, 24))


@lru_cache(maxsize=4096)
def interface_name(text: str) -> str:
    """The whole name, as IOS prints it, of ``Gi0/0/1`` or ``GigabitEthernet 0/1``; of an unknown type as spelled."""
    found = _NAME.fullmatch(text)
    if found is None:
        raise NotUnderstoodError(text)
    kind = found["type"].lower()
    whole = _TYPES.get(kind) or _SHORT.get(kind)
    if whole is None:
        fitting = [_TYPES[one] for one in _TYPES if one.startswith(kind)] if len(kind) > 1 else []
        if len(fitting) > 1:
            raise NotUnderstoodError(text)
        whole = fitting[0] if fitting else found["type"]
    return whole + found["number"]


def interface_kind(name: str) -> str:
    """What kind of interface a whole name means."""
    found = _NAME.fullmatch(name)
    kind = _KINDS.get(found["type"], "other") if found else "other"
    return "subinterface" if kind == "physical" and "." in name else kind


def taken_interface(words: Words) -> str:
    """A name of an interface, in one word or two (``GigabitEthernet 0/1``)."""
    name = words.take()
    if not name[-1:].isdigit():
        name = f"{name} {words.take()}"
    return interface_name(name)


def is_interface(word: str) -> bool:
    """Does a word begin a name of an interface, rather than an address?"""
    found = re.match(r"[A-Za-z][A-Za-z-]+", word)
    if found is None:
        return False
    kind = found.group().lower()
    return kind in _SHORT or (":" not in word and any(one.startswith(kind) for one in _TYPES))


def kept(words: list[str], *, hashed: bool = False) -> str:
    """How a secret is kept, by the digit before it; ``hashed``: without a digit a blanked one was a hash."""
    match words:
        case [digit, *rest] if digit in _KEPT and rest:
            return _KEPT[digit]
    kind = secret(words)
    return "hash" if hashed and kind == "masked" else kind


def network_of(address: str, mask: str = "") -> str:
    """The prefix of a ``network`` line: with a mask, with a length, or of the address's class."""
    if mask or "/" in address:
        return prefix_of(address, mask)
    first = address.partition(".")[0]
    if ":" in address or not first.isdigit():
        raise NotUnderstoodError(address)
    for bound, length in _CLASSES:
        if int(first) < bound:
            return prefix_of(address, str(length))
    raise NotUnderstoodError(address)
