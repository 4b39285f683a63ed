"""Setting and removing values of a parsed document by JSON pointer (RFC 6901)."""

from __future__ import annotations

from typing import Any

from conformance.sample.errors import SampleError


def set_at(document: Any, pointer: str, value: Any) -> None:
    """Set a value in place (``-`` appends to a list); raises :class:`SampleError` for a pointer that leads nowhere."""
    holder, last = _holder(document, pointer)
    if isinstance(holder, list) and last == "-":
        holder.append(value)
    elif isinstance(holder, list):
        holder[_index(holder, last, pointer)] = value
    else:
        holder[last] = value


def remove_at(document: Any, pointer: str) -> None:
    """Remove a value in place; raises :class:`SampleError` for a pointer that leads nowhere."""
    holder, last = _holder(document, pointer)
    if isinstance(holder, list):
        del holder[_index(holder, last, pointer)]
    elif last in holder:
        del holder[last]
    else:
        raise SampleError("sample.change.pointer", pointer=pointer)


def _holder(document: Any, pointer: str) -> tuple[Any, str]:
    """What holds the last step of a pointer, and that step."""
    if not pointer.startswith("/"):
        raise SampleError("sample.change.pointer", pointer=pointer)
    *steps, last = (step.replace("~1", "/").replace("~0", "~") for step in pointer[1:].split("/"))
    holder: Any = document
    for step in steps:
        if isinstance(holder, list):
            holder = holder[_index(holder, step, pointer)]
        elif isinstance(holder, dict) and step in holder:
            holder = holder[step]
        else:
            raise SampleError("sample.change.pointer", pointer=pointer)
    if not isinstance(holder, dict | list):
        raise SampleError("sample.change.pointer", pointer=pointer)
    return holder, last


def _index(holder: list[Any], step: str, pointer: str) -> int:
    if not step.isdecimal() or int(step) >= len(holder):
        raise SampleError("sample.change.pointer", pointer=pointer)
    return int(step)
