"""What may go wrong while a sample or a mutant is made, each with its words in the catalogue."""

from __future__ import annotations

from conformance.messages import Message, message


class SampleError(Exception):
    """A recipe, a mutant or the packs do not allow what is asked; ``message`` says so in both languages."""

    def __init__(self, id_: str, **params: str | int) -> None:
        self.message: Message = message(id_, **params)
        super().__init__(self.message.render("en"))
