"""What cannot be done with a case, as a message for the officer."""

from __future__ import annotations

from conformance.messages import Message, Param


class CaseError(Exception):
    """Something that is not done; ``id`` is that of the message that says why, ``params`` its parameters."""

    def __init__(self, id_: str, **params: Param) -> None:
        super().__init__(id_)
        self.id, self.params = id_, params

    @property
    def message(self) -> Message:
        """What to say, in both languages."""
        return Message(self.id, self.params)


class RefusedError(CaseError):
    """A certificate that is not issued, or a bundle that is not taken further: every reason."""

    def __init__(self, reasons: tuple[Message, ...], words: tuple[str, ...]) -> None:
        super().__init__("case.refused", words=", ".join(dict.fromkeys(words)))
        self.reasons, self.words = reasons, words
