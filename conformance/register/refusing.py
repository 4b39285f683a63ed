"""Why a register is not built: the file of the office's folder, and the message that says what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from conformance.messages import Message, Param


class RegisterError(Exception):
    """The register was left as it was. ``file``: relative to the office's folder, or that of the site."""

    def __init__(self, file: str, id_: str, **params: Param) -> None:
        super().__init__(f"{file}: {id_}")
        self.file, self.told = file, Message(id_, params)

    def __reduce__(self) -> tuple[Callable[..., RegisterError], tuple[object, ...]]:
        """So that a process which helped can tell it."""
        return _again, (self.file, self.told.id, dict(self.told.params))


def _again(file: str, id_: str, params: Mapping[str, Param]) -> RegisterError:
    return RegisterError(file, id_, **params)
