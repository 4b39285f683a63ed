"""A call to a service, as it may be shown: personal values masked by their elements' classes, long ones cut.

What is shown of a call must not depend on the run that made it: names of test series are replaced by a placeholder.
Bodies are read as loosely as they may be broken: half a JSON text, or one with a name twice, is masked as well.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from urllib.parse import unquote_plus

from conformance.evidence.mask import Masker
from conformance.evidence.visible import visible
from conformance.judge.service.model import Call
from conformance.standard.services.model import Interface, ServiceRules

#: What the names of the tester's own series begin with, and what is shown in their place.
SERIES_MARK, SERIES = "LB", "LB-SERIES"
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}:,]|[^\s\[\]{}:,"]+|"', re.DOTALL)
#: A number of a person that begins within what is shown is looked at to its end; of a body, so many times as much is.
_REACH, _AHEAD = 64, 4
_OPENING, _CLOSING, _BETWEEN = "{[", "}]", ",:"
_FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class ShownPair:
    """A parameter of the URL; ``masked``: its value is not the one that was sent."""

    name: str
    value: str
    masked: bool = False


@dataclass(frozen=True)
class ShownCall:
    """What may be shown of a call. ``octets`` is how long the body was; ``masked``: personal values are hidden,
    ``cut``: something was too long, ``series``: the name of a test series is a placeholder.
    """

    query: tuple[ShownPair, ...]
    raw_query: str | None
    body: bytes | None
    headers: tuple[tuple[str, str], ...]
    octets: int
    masked: bool
    cut: bool
    series: bool


def shown_call(
    call: Call, interface: Interface | None, rules: ServiceRules, masker: Masker, *, bound: int
) -> ShownCall:
    """The call with nothing of any person in it, and no text of more than ``bound`` characters."""
    hider = _Hider(interface, rules, masker, bound)
    query = tuple(_pair(name, value, hider) for name, value in call.query)
    raw = None if call.raw_query is None else _in_form(call.raw_query, hider)
    body = None if call.body is None else _body(call.body, call.content_type, hider)
    headers = tuple((name, hider.scrubbed(value)) for name, value in call.headers)
    return ShownCall(query, raw, body, headers, len(call.body or b""), hider.masked, hider.cut, hider.series)


@dataclass
class _Hider:
    """Hides values one at a time, and remembers whether it had to."""

    interface: Interface | None
    rules: ServiceRules
    masker: Masker
    bound: int
    masked: bool = False
    cut: bool = False
    series: bool = False
    classes: dict[str, str] = field(init=False)
    technical: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        fields = (*self.interface.results, *self.interface.parameters) if self.interface else ()
        self.classes = {one.name: one.element.personal for one in fields}
        batch = self.rules.batch
        paging = [name for style in self.rules.paging.values() for name in (style.position, style.size)]
        self.technical = frozenset((*paging, batch.series, batch.number, batch.records, batch.operation))

    @property
    def personal(self) -> bool:
        """True where the interface gives or takes anything personal."""
        return any(self.classes.values())

    def value(self, name: str, value: str, class_: str = "") -> str:
        """What may be shown of a value under that name; the value itself wherever nothing speaks against it.

        ``class_`` is the class of what the value stands inside of, where that is known.
        """
        if name == self.rules.batch.series and value.startswith(SERIES_MARK):
            self.series = True
            return SERIES
        personal = class_ or self.classes.get(name, "")
        if personal:
            self.masked = self.masked or value != ""
            return self.masker.mask(value, personal)
        if self.personal and name not in self.technical and name not in self.classes:
            return self._unless_same(value, self.masker.mask_unknown(value, True))
        return self.scrubbed(value)

    def scrubbed(self, text: str) -> str:
        """The text, with what looks like a person's number masked, and cut where it is long."""
        head = text[: self.bound + _REACH]
        self.cut = self.cut or head != text
        return self._unless_same(head, self.masker.scrub(head))

    def _unless_same(self, value: str, shown: str) -> str:
        if shown not in (value, visible(value)):
            self.masked = True
            value = shown
        if len(value) > self.bound:
            self.cut = True
            return f"{value[: self.bound]}…"
        return value


def _pair(name: str, value: str, hider: _Hider) -> ShownPair:
    shown = hider.value(name, value)
    return ShownPair(hider.scrubbed(name), shown, shown != value)


def _in_form(text: str, hider: _Hider) -> str:
    """An encoded form: parts that hide nothing stay octet for octet."""
    return "&".join(_part(part, hider) for part in text.split("&"))


def _part(part: str, hider: _Hider) -> str:
    name, equals, value = part.partition("=")
    decoded = unquote_plus(value if equals else part)
    shown = hider.value(unquote_plus(name) if equals else "", decoded)
    title = hider.scrubbed(unquote_plus(name)) if equals else ""
    if (title, shown) == (unquote_plus(name) if equals else "", decoded):
        return part
    return f"{title}={shown}" if equals else shown


def _body(body: bytes, content_type: str, hider: _Hider) -> bytes:
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return _unreadable(body, hider)
    # Nothing behind so much is shown, and what is cut in two is masked like anything broken.
    head = text[: _AHEAD * hider.bound]
    hider.cut = hider.cut or head != text
    form = content_type.partition(";")[0].strip().lower() == _FORM and text[:1] not in ("{", "[")
    shown = (_in_form if form else _in_json)(head, hider)
    if len(shown) > hider.bound:
        hider.cut = True
        shown = f"{shown[: hider.bound]}…"
    return shown.encode("utf-8", "surrogatepass")


def _unreadable(body: bytes, hider: _Hider) -> bytes:
    """Octets that are no text cannot be searched for persons: shown only where there can be none."""
    text = body[: hider.bound].decode("latin-1")
    if hider.personal or hider.masker.scrub(text) != visible(text):
        hider.masked = hider.cut = True
        return "…".encode()
    hider.cut = hider.cut or len(body) > hider.bound
    return body[: hider.bound]


@dataclass
class _Frame:
    """An object or array of a JSON text: the name that its values stand under, and the class of what surrounds it."""

    name: str = ""
    class_: str = ""
    around: str = ""


def _in_json(text: str, hider: _Hider) -> str:
    """JSON, or what is left of it: each string is judged by the name that it stands under, at any depth below it."""
    shown: list[str] = []
    frames = [_Frame()]
    done = 0
    for found in _TOKEN.finditer(text):
        token, top = found[0], frames[-1]
        shown.append(text[done : found.start()])
        done = found.end()
        if token in _OPENING:
            frames.append(_Frame(top.name, top.class_, top.class_))
        elif token in _CLOSING:
            del frames[max(len(frames) - 1, 1) :]
        elif token not in _BETWEEN and text[done:].lstrip()[:1] == ":":
            decoded = _decoded(token)
            top.name, top.class_ = decoded, top.around or hider.classes.get(decoded, "")
            token = _replaced(token, decoded, _key(decoded, top.around, hider))
        elif token not in _BETWEEN:
            decoded = _decoded(token)
            token = _replaced(token, decoded, hider.value(top.name, decoded, top.class_))
        shown.append(token)
    return "".join((*shown, text[done:]))


def _key(name: str, around: str, hider: _Hider) -> str:
    return hider.value("", name, around) if around else hider.scrubbed(name)


def _decoded(token: str) -> str:
    try:
        value = json.loads(token)
    except ValueError:
        return token.strip('"')
    return value if isinstance(value, str) else token


def _replaced(token: str, value: str, shown: str) -> str:
    return token if shown == value else json.dumps(shown, ensure_ascii=False)
