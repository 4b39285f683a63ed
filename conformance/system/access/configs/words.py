"""The words of one command, taken one after the other."""

from __future__ import annotations

from conformance.system.access.configs.table import NotUnderstoodError


class Words:
    """A command's words from the left. What is left in the end was not understood."""

    def __init__(self, text: str) -> None:
        self._words = text.split()
        self._at = 0

    def __bool__(self) -> bool:
        return self._at < len(self._words)

    def peek(self, ahead: int = 0) -> str:
        """A coming word in lower case; empty where none is left."""
        place = self._at + ahead
        return self._words[place].lower() if place < len(self._words) else ""

    def take(self) -> str:
        """The next word as written."""
        if not self:
            raise NotUnderstoodError(" ".join(self._words))
        self._at += 1
        return self._words[self._at - 1]

    def skip(self, *expected: str) -> bool:
        """Step over these words where they come next."""
        if [self.peek(place) for place in range(len(expected))] != [word.lower() for word in expected]:
            return False
        self._at += len(expected)
        return True

    def any_of(self, *choices: str) -> str:
        """The next word in lower case where it is one of these; else empty and nothing is taken."""
        return self.take().lower() if self.peek() in choices else ""

    def rest(self) -> list[str]:
        """Every word that is left; nothing remains."""
        left = self._words[self._at :]
        self._at = len(self._words)
        return left

    def until(self, *stops: str) -> list[str]:
        """The words before the first of these, or all that are left."""
        found: list[str] = []
        while self and self.peek() not in stops:
            found.append(self.take())
        return found

    def end(self) -> None:
        """Raises where words are left."""
        if self:
            raise NotUnderstoodError(" ".join(self._words))
