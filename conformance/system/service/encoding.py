"""A call as the octets of an HTTP/1.1 request."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import quote

from conformance.judge.service.model import Call
from conformance.system.service.reach import Address

_AGENT = "lubiao"
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
#: What would end a line or a request target early.
_BREAKS_LINE = re.compile(r"[\x00\r\n]")
_BREAKS_TARGET = re.compile(r"[\x00-\x20\x7f]")


def encoded(pairs: Iterable[tuple[str, str]]) -> str:
    """Parameters as a URL or a form body holds them: UTF-8, percent-encoded all but the unreserved, blank ``%20``."""
    return "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in pairs)


def target_of(call: Call, base: str) -> str:
    """What stands in the request line: the path and, where there are parameters, the query."""
    query = encoded(call.query) if call.raw_query is None else call.raw_query
    mark = "?" if query or call.raw_query is not None else ""
    return f"{base}{call.path}{mark}{query}"


def request_of(call: Call, address: Address, signed: Iterable[tuple[str, str]]) -> tuple[bytes, bytes]:
    """Head and body; the head tells the length of the whole body. Raises ValueError for what can be no request.

    Text beyond ASCII in a raw query or a header travels as UTF-8: whether that is right is the caller's purpose.
    """
    target, body = target_of(call, address.base), call.body or b""
    if _BREAKS_TARGET.search(target) or not _TOKEN.fullmatch(call.method):
        raise ValueError("neither a method nor a target can hold blanks or control characters")
    headers = [("Host", address.authority), ("User-Agent", _AGENT), ("Accept", "*/*"), ("Accept-Encoding", "identity")]
    if call.content_type:
        headers.append(("Content-Type", call.content_type))
    if call.body is not None or call.method in ("POST", "PUT", "PATCH"):
        headers.append(("Content-Length", str(len(body))))
    lines = [f"{call.method} {target} HTTP/1.1"]
    for name, value in (*headers, *signed, *call.headers):
        if not _TOKEN.fullmatch(name) or _BREAKS_LINE.search(value):
            raise ValueError("a header holds no line break, and its name is a token")
        lines.append(f"{name}: {value}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode(), body
