"""Why a register is not built: the file of the office's folder, and the message that says what is wrong with it."""

from __future__ import annotations

from conformance.messages import Message, Param


class RegisterError(Exception):
    """The register was left as it was. ``file``: relative to the office's folder, or that of the site."""

    def __init__(self, file: str, id_: str, **params: Param) -> None:
        super().__init__(f"{file}: {id_}")
        self.file, self.told = file, Message(id_, params)
