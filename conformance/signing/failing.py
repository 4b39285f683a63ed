"""What goes wrong with keys and signers, as a message for a person: nothing here quotes a secret or a key."""

from __future__ import annotations

from conformance.messages import Message, Param


class SigningError(Exception):
    """Something about keys or signing that cannot be done; ``id`` is that of the message, ``params`` its parameters."""

    def __init__(self, id_: str, **params: Param) -> None:
        super().__init__(id_)
        self.id, self.params = id_, params

    @property
    def message(self) -> Message:
        """What to say to a person, in both languages."""
        return Message(self.id, self.params)
