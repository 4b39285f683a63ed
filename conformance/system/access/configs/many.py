"""Entering one command under several views, and refusing what begins with a known word."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from conformance.system.access.configs.draft import Draft
from conformance.system.access.configs.table import Handler, Hit, NotUnderstoodError, Table


def each(table: Table, paths: Iterable[str], command: str, topic: str) -> Callable[[Handler], Handler]:
    """Enter a handler for a command that stands in several views."""

    def entered(handler: Handler) -> Handler:
        for path in paths:
            table.on(path, command, topic)(handler)
        return handler

    return entered


def unknown(table: Table, path: str, topic: str, *beginnings: str) -> None:
    """Lines of a view that begin so, and that no pattern before knew, are of this topic rather than of the view's."""

    def refuse(_: Draft, hit: Hit) -> None:
        raise NotUnderstoodError(hit.text)

    for beginning in beginnings:
        table.on(path, f"[undo] {beginning} [{{rest...}}]", topic)(refuse)
