"""Which values a census may keep as they are: those that name nobody, of columns that hold nothing personal.

A column is kept by value only where its element has no personal class and holds a closed kind of values; and of such a
column only what looks like the kind, for a column may be mapped wrongly. All else is kept as a shape.
"""

from __future__ import annotations

import re

from conformance.evidence.census_shape import is_real
from conformance.evidence.mask import Masker
from conformance.judge.model import Column
from conformance.judge.oracle_divisions import DIGITS
from conformance.judge.oracle_schemes import holds, scheme_of, schemes_of
from conformance.standard.divisions import COUNTY_SYSTEM
from conformance.standard.model import Scheme
from conformance.standard.standards import Standards

#: What may be a code that no list holds yet; shorter than any number of a person, and no name.
_SHORT = re.compile(r"[0-9]{1,4}|[A-Z]{1,3}|(?=[A-Z]{0,3}[0-9])[0-9A-Z]{1,4}")
#: A number that is neither a telephone nor anybody's document.
_NUMBER = re.compile(r"-?[0-9]{1,6}(?:\.[0-9]{1,6})?")
#: Beginning of a number of a person after six digits of a division: a century of birth.
_BORN = re.compile(r"(?:18|19|20)[0-9]{2}")
#: Identifiers as short as this look like documents of people; only those whose check character holds are kept.
_CHECKED_BELOW = 10
_PERSONAL_PARTS = frozenset({"sex", "date", "short-date"})
#: Kinds of values that leave no room for anything else.
_NARROW = frozenset({"picture", "boolean", "number"})
#: The second net looks for what is shaped like a person's; no token of it is ever shown.
_NET = Masker(b"census")


class Keeper:
    """Says of one column what may be kept by value. ``kind`` is empty where nothing may; ``dated``: what
    is kept is judged at the time of its record.
    """

    def __init__(self, column: Column, standards: Standards) -> None:
        self._column, self._standards = column, standards
        element = column.element
        self.kind = "" if element.personal else self._kind()
        self._codes: frozenset[str] = frozenset()
        self._extension, self.dated = "", self.kind == "division"
        if self.kind == "code":
            codes = standards.codes[element.domain.partition(":")[2]]
            self._codes = frozenset(code.code for code in codes.codes)
            self._extension = codes.extension
            self.dated = any(code.valid_from or code.valid_to for code in codes.codes)
        self._system = column.division.system if column.division else element.domain.partition(":")[2]

    def _kind(self) -> str:
        """``code``, ``division``, ``scheme``, ``picture``, ``boolean``, ``number``; empty for free text."""
        element = self._column.element
        domain = element.domain.partition(":")[0]
        if self._column.division:
            return "division"
        if domain == "scheme" and all(map(_of_organisations, schemes_of(self._standards, self._column))):
            return domain
        if domain:
            return domain if domain in ("code", "division") else ""
        return element.format.kind if element.format.kind in ("picture", "boolean", "number") else ""

    def keeps(self, value: str) -> bool:
        """May this value be kept?"""
        if not self.kind or not value.isascii() or not self._looks_right(value):
            return False
        return self.kind in _NARROW or _NET.scrub(value) == value

    def _looks_right(self, value: str) -> bool:
        if self.kind == "code":
            listed = value in self._codes or bool(self._extension and re.fullmatch(self._extension, value))
            return listed or bool(_SHORT.fullmatch(value))
        if self.kind == "division":
            return self._is_division(value)
        if self.kind == "scheme":
            return self._is_number_of_organisation(value)
        if self.kind == "picture":
            return is_real(value, self._column.element.format.picture)
        if self.kind == "boolean":
            words = self._standards.dialect_of(self._column.element).booleans
            return value in words or bool(_SHORT.fullmatch(value))
        return bool(_NUMBER.fullmatch(value))

    def _is_division(self, value: str) -> bool:
        if not value.isdigit() or len(value) != DIGITS[self._system]:
            return False
        registry = self._standards.divisions
        if value in registry.assignments(self._system):
            return True
        return value[:2] in registry.provinces(COUNTY_SYSTEM) and not _BORN.match(value[6:])

    def _is_number_of_organisation(self, value: str) -> bool:
        scheme = scheme_of(self._standards, self._column, value)
        if len(value) != scheme.length or not re.fullmatch(scheme.pattern, value):
            return False
        return len(value) >= _CHECKED_BELOW or (scheme.check is not None and holds(value, scheme.check))


def _of_organisations(scheme: Scheme) -> bool:
    return not any(part.kind in _PERSONAL_PARTS for part in scheme.parts)
