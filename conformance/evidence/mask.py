"""Personal data does not leave: each value is masked by its class before it reaches a report, log or message.

Two nets. The first knows the class of a value, for the packs mark personal elements: :meth:`Masker.mask`, and
:meth:`Masker.mask_unknown` for what stands beside them. The second, :meth:`Masker.scrub`, knows nothing and looks for
what is shaped like a number of a person, a telephone or an address of mail: it masks on suspicion, and no check digit
excuses a number. A masked value is still personal information in law; the key makes the difference to a bare hash.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

import yaml

from conformance.evidence.visible import LIMIT, bounded, visible

_STAR = "*"
_DIVISION_ENDS = "省市区县旗州盟"
_CODE = re.compile(r"[0-9A-Za-z.:/\-]{1,10}")
_SHORT_WORD = 3
_BREAKS = "\t\n\r"
_DOMAIN = re.compile(r"(?!.*[0-9]{7})[A-Za-z0-9\-]+(?:\.[A-Za-z0-9\-]+)+")
_YEAR = re.compile(r"(?:18|19|20)[0-9]{2}")
_DATE = re.compile(r"(?:18|19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])")
_BARE_TELEPHONE = re.compile(r"[2-9][0-9]{6,7}|0[0-9]{8,9}")

#: Of one text so many characters are shown; a number that begins within them is looked at to its end.
_SCRUBBED, _AHEAD = 1 << 16, 64

# Linear: no repeat without a bound begins at more than one character of a run (the local part of an address begins
# where its run does; only after another suspect that ended inside the run, within so many characters of the ``@``).
_SUSPECT = re.compile(
    r"""
      (?P<digest>(?<![0-9A-Za-z])(?=(?:[0-9]*[a-f]){8})(?:[0-9a-f]{64}|[0-9a-f]{40})(?![0-9A-Za-z]))
    | (?P<email>(?:(?<![^\s@*⟦⟧<>"'(),;:，。；：、（）【】])[^\s@*⟦⟧<>"'(),;:，。；：、（）【】]++
               |[^\s@*⟦⟧<>"'(),;:，。；：、（）【】]{1,64}+)@[A-Za-z0-9\-]++(?:\.[A-Za-z0-9\-]++)+)
    | (?P<spaced>(?<![0-9])(?=[0-9]{1,14}[\ \-])[0-9]{6}[\ \-]?[0-9]{4}[\ \-]?[0-9]{2}[\ \-]?[0-9]{2}[\ \-]?[0-9]{3}
               [0-9Xx](?![0-9])
               |(?<![0-9])[0-9]{6}[\ \-][0-9]{6}[\ \-]?[0-9]{3}(?![0-9]))
    | (?P<credit>(?<![0-9A-Za-z])(?=[0-9A-Z]{0,17}[0-9])[0-9A-HJ-NP-RTUW-Y]{18}(?![0-9A-Za-z]))
    | (?P<number>(?<![0-9])[0-9]{17}[Xx](?![0-9])|(?<![0-9])[0-9]{15}(?![0-9])|(?<![0-9])[0-9]{18}(?![0-9]))
    | (?P<account>(?<![0-9])(?:[0-9]{16,}|[0-9]{4}(?:[\ \-][0-9]{4}){3}(?:[\ \-][0-9]{1,3})?)(?![0-9]))
    | (?P<phone>(?<![0-9])(?:\+?86[\ \-]?|0)?1[3-9][0-9][\ \-]?[0-9]{4}[\ \-]?[0-9]{4}(?![0-9])
               |(?<![0-9])\(?0[0-9]{2,3}[\)\-\ ]{1,2}[0-9]{7,8}(?![0-9]))
    """,
    re.VERBOSE,
)
_KINDS = {"email": "email", "spaced": "id-number", "number": "id-number", "account": "account", "phone": "phone"}


@dataclass(frozen=True)
class Masker:
    """Masks under one key. The same class and value give the same token under one key, and no other key's."""

    key: bytes = field(repr=False)

    def mask(self, value: str, personal_class: str) -> str:
        """What may be shown of a value of that class, and its token: ``370**************X⟦1f0c22a9⟧``.

        The length stays readable (one ``*`` for each hidden character). A class that nobody knows hides all.
        """
        if not value:
            return ""
        kept = _masked(value, _masks().get(personal_class, {}))
        return bounded(kept) + self._token(value, personal_class)

    def mask_unknown(self, value: str, personal_dataset: bool) -> str:
        """What may be shown of a value that no pack calls personal.

        In a dataset that holds persons only short codes are shown: a wrong mapping must not publish the names in
        the next column. Elsewhere the value is shown, scrubbed.
        """
        if not personal_dataset:
            return bounded(self.scrub(value)) if len(value) <= _SCRUBBED else _cut(self.scrub(value), value)
        return value if not value or _is_code(value) else self.mask(value, "other")

    def scrub(self, text: str) -> str:
        """The text with each number of a person, telephone and address of mail masked wherever it stands.

        Full-width forms and other scripts' digits count as digits; invisible characters between them do not help.
        Credit codes of organisations stay, unless they could be a person's number; so do hexadecimal digests.
        A text longer than anybody reads is cut, and its whole length stands at its end.
        """
        folded, places = _folded(text[: _SCRUBBED + _AHEAD])
        shown: list[str] = []
        done = 0
        for found in _SUSPECT.finditer(folded):
            personal_class = _class_of(found)
            start, end = places[found.start()], places[found.end() - 1] + 1
            if personal_class and start < _SCRUBBED:
                shown += [visible(text[done:start]), self.mask(text[start:end], personal_class)]
                done = end
        shown.append(visible(text[done:_SCRUBBED]))
        return "".join(shown) + (f"…⟨{len(text)}⟩" if len(text) > _SCRUBBED else "")

    def _token(self, value: str, personal_class: str) -> str:
        text = f"{personal_class}|{value}".encode("utf-8", "surrogatepass")
        return f"⟦{hmac.new(self.key, text, hashlib.sha256).hexdigest()[:8]}⟧"


def _cut(shown: str, value: str) -> str:
    return f"{shown[:LIMIT]}…⟨{len(value)}⟩"


@cache
def _masks() -> Mapping[str, Mapping[str, Any]]:
    text = resources.files(__package__).joinpath("masks.yaml").read_text("utf-8")
    masks: Mapping[str, Mapping[str, Any]] = yaml.safe_load(text)
    return masks


def personal_classes() -> tuple[str, ...]:
    """The classes of personal data that have a mask of their own."""
    return tuple(sorted(_masks()))


def _masked(value: str, rule: Mapping[str, Any]) -> str:
    form = rule.get("form", "ends")
    if form == "email":
        local, _, domain = value.rpartition("@")
        if local and _DOMAIN.fullmatch(domain):
            return f"{_ends(local, 1, 0)}@{domain}"
        return _ends(value, 1, 0)
    if form == "address":
        return _address(value, int(rule["head"]))
    if form == "year":
        year = int(rule["head"])
        return _ends(value, year if _YEAR.match(value) and len(value) > year else 0, 0, generous=True)
    return _ends(value, int(rule.get("head", 0)), int(rule.get("tail", 0)))


def _ends(value: str, head: int, tail: int, *, generous: bool = False) -> str:
    """Stars but for the ends; a value that would show half of itself shows its first character, one of one none."""
    if not generous and len(value) < 2 * (head + tail):
        head, tail = min(head, 1), 0
    if len(value) == 1:
        head = 0
    hidden = len(value) - head - tail
    return visible(value[:head]) + _STAR * hidden + visible(value[len(value) - tail :] if tail else "")


def _address(value: str, limit: int) -> str:
    """Down to the county at most: up to the last word of a division within the first characters, never the whole."""
    start = value[: min(limit, len(value) - 1)]
    end = max(start.rfind(word) for word in _DIVISION_ENDS) + 1
    return _ends(value, end or 1, 0, generous=True)


def _is_code(value: str) -> bool:
    """Short and code-like: ``370102``, ``2020-01-01``, ``CHN``; no telephone number, no name in Latin letters."""
    if not _CODE.fullmatch(value):
        return False
    if not any(character.isdigit() for character in value):
        return len(value) <= _SHORT_WORD and (value.isupper() or not value.isalpha())
    digits = value.replace("-", "")
    return bool(_DATE.fullmatch(digits)) or not _BARE_TELEPHONE.fullmatch(digits)


def _class_of(found: re.Match[str]) -> str:
    """The class to mask a suspect by; empty where it may stay."""
    if found.lastgroup == "credit":
        return "id-number" if _may_be_a_person(found[0]) else ""
    return _KINDS.get(found.lastgroup or "", "")


def _may_be_a_person(code: str) -> bool:
    """Seventeen digits, then X or a year of birth where an identity number has it. No check digit excuses it."""
    return code[:17].isdigit() and (code[17] == "X" or bool(_YEAR.match(code[6:10])))


def _folded(text: str) -> tuple[str, list[int]]:
    """The text as patterns see it, and where each of its characters stands in the original."""
    characters: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        if character in _BREAKS or unicodedata.category(character) not in ("Cf", "Cc"):
            characters.append(_fold(character))
            places.append(place)
    return "".join(characters), places


def _fold(character: str) -> str:
    if character.isascii():
        return character
    digit = unicodedata.decimal(character, -1)
    if digit >= 0:
        return str(digit)
    if "\uff01" <= character <= "\uff5e":
        return chr(ord(character) - 0xFEE0)
    return character
