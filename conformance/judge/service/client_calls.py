"""What a vendor's client asks of the platform: each request read as the convention says, and what is wrong with it.

Each rule looks at what is its own: a request without a signature is not judged by the signature, one that cannot be
decoded not by its parameters, and a parameter that should not be in a URL at all is told once, as personal.
"""

from __future__ import annotations

import base64
import hmac
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import unquote, unquote_plus

from conformance.judge.faults import Fault
from conformance.judge.rulebook import Location, Rulebook
from conformance.judge.service.members import once
from conformance.messages import Message, message
from conformance.standard.services.model import BatchRules, Interface, ServiceRules

Row = Mapping[str, str]
#: The rules over single requests, in the order in which causes are looked for.
CALL_RULES = (
    "client-headers",
    "client-signature",
    "client-clock",
    "client-nonce",
    "client-encoding",
    "client-personal",
    "client-parameters",
)
_QUERY, _JSON = "query", "json"
_CONTENT_TYPE = "Content-Type"
_MILLISECONDS = re.compile(r"[0-9]{1,16}")
_BROKEN_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_CHARSET = re.compile(r"charset\s*=\s*\"?([A-Za-z0-9_.:-]+)", re.IGNORECASE)
#: What is shaped like the number of a person.
_NUMBER = re.compile(r"(?<![0-9])[1-9][0-9]{5}(?:18|19|20)[0-9]{2}(?:0[1-9]|1[0-2])[0-3][0-9][0-9]{3}[0-9Xx](?![0-9])")
#: A personal value of so many characters is looked for inside longer texts too; a shorter one must be the whole.
_LONG = 8


@dataclass(frozen=True)
class Request:
    """One request as it reached the platform in a scene.

    ``target`` and headers are as sent, octets as Latin-1. ``clock_ms`` is the platform's clock when it was whole,
    ``received`` and ``answered`` its monotonic seconds (``answered`` 0: no answer was handed over). ``outcome`` is
    what the platform did: ``given``, ``again`` (a batch it knew), ``stored`` (without a receipt), ``cut``,
    ``repeated``, or the id of the error that it refused with.
    """

    scene: str
    number: int
    method: str
    target: str = field(repr=False)
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    body: bytes = field(repr=False)
    clock_ms: int
    received: float
    answered: float = 0.0
    outcome: str = ""


@dataclass(frozen=True)
class Basis:
    """What requests are judged by: the convention, the interfaces by path, the rules over their values by id, who
    calls, and the values of persons that the client was given.
    """

    rules: ServiceRules
    interfaces: Mapping[str, Interface]
    books: Mapping[str, Rulebook]
    client_id: str
    secret: bytes = field(repr=False)
    personal: frozenset[str] = field(default=frozenset(), repr=False)

    @cached_property
    def long_personal(self) -> tuple[str, ...]:
        """The personal values that are looked for inside longer texts."""
        return tuple(sorted(value for value in self.personal if len(value) >= _LONG))


@dataclass(frozen=True)
class Batch:
    """A batch as it was sent, as far as it can be read."""

    series: str
    number: str
    records: tuple[Mapping[str, Any], ...] = field(repr=False)


@dataclass(frozen=True)
class Said:
    """A request, read: the interface it means, its parameters or its batch, the rules it was judged by, the faults."""

    request: Request
    interface: Interface | None
    pairs: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    batch: Batch | None = None
    checked: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()

    @property
    def clean(self) -> bool:
        """True where the octets and the parameters are as they should be, so that the values can be judged."""
        return "client-parameters" in self.checked and not any(
            fault.rule in ("client-parameters", "client-personal") for fault in self.faults
        )

    @property
    def values(self) -> tuple[Mapping[str, Any], ...]:
        """The records that are judged by the elements: the parameters, or those of the batch."""
        return self.batch.records if self.batch else (dict(self.pairs),)

    def number(self, name: str) -> int | None:
        """A parameter that is a whole number."""
        text = next((value for key, value in self.pairs if key == name), "")
        return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else None


def read_request(request: Request, basis: Basis) -> Said:
    """Read one request, and judge it by every rule that looks at one request alone (values apart)."""
    path, _, query = request.target.partition("#")[0].partition("?")
    interface = basis.interfaces.get(path)
    found = _Reading(request, interface, basis, path, query)
    found.authentication()
    personal = found.personal()
    pairs, batch = found.content(personal)
    return Said(request, interface, pairs, batch, tuple(found.checked), tuple(found.faults))


class _Reading:
    """The state of reading one request."""

    def __init__(self, request: Request, interface: Interface | None, basis: Basis, path: str, query: str) -> None:
        self.request, self.interface, self.basis = request, interface, basis
        self.path, self.query = path, query
        self.rules = basis.rules
        self.checked: list[str] = []
        self.faults: list[Fault] = []

    def tell(self, rule: str, why: Message) -> None:
        self.faults.append(Fault(rule, place_of(self.request, self.interface), why))

    def all_of(self, name: str) -> list[str]:
        return [value.strip() for key, value in self.request.headers if key.lower() == name.lower()]

    # -- who calls, and when -------------------------------------------------------------------------------------

    def authentication(self) -> None:
        """The four headers; then the signature where all are there, the time where there is one."""
        names = self.rules.signing.headers
        given = {role: values[0] for role, name in names.items() if len(values := self.all_of(name)) == 1 and values[0]}
        self.checked.append("client-headers")
        for role, name in names.items():
            values = self.all_of(name)
            if len(values) > 1:
                self.tell("client-headers", message("calls.header-twice", name=name))
            elif role not in given:
                self.tell("client-headers", message("calls.header-missing", name=name))
        if "client" in given and given["client"] != self.basis.client_id:
            self.tell("client-headers", message("calls.other-client", name=names["client"]))
        elif len(given) == len(names):
            self.signature(given)
        if "timestamp" in given:
            self.clock(given["timestamp"])

    def signature(self, given: Mapping[str, str]) -> None:
        self.checked.append("client-signature")
        text = "".join(given[role] for role in self.rules.signing.base).encode("latin-1", "replace")
        digest = hmac.new(self.basis.secret, text, self.rules.signing.digest).digest()
        if not hmac.compare_digest(base64.b64encode(digest), given["signature"].encode("latin-1", "replace")):
            self.tell("client-signature", message("calls.signature"))

    def clock(self, text: str) -> None:
        self.checked.append("client-clock")
        limit = self.rules.signing.valid_ms
        if not _MILLISECONDS.fullmatch(text):
            self.tell("client-clock", message("calls.no-milliseconds"))
        elif abs(int(text) - self.request.clock_ms) > limit:
            self.tell("client-clock", message("calls.clock", minutes=limit // 60_000))

    # -- what is asked -------------------------------------------------------------------------------------------

    def personal(self) -> frozenset[str]:
        """The names of parameters in the URL whose values are a person's; each such URL is a fault."""
        self.checked.append("client-personal")
        pieces = [unquote(piece, errors="replace") for piece in self.path.split("/")]
        found = [piece for piece in pieces if self._is_personal(piece)]
        pairs = _pairs(self.query, "replace")
        named = {one.name for one in self._fields() if one.element.personal}
        names = frozenset(name for name, value in pairs if value and (name in named or self._is_personal(value)))
        if found or names:
            self.tell("client-personal", message("calls.personal"))
        return names

    def _is_personal(self, text: str) -> bool:
        if text in self.basis.personal or _NUMBER.search(text):
            return True
        return len(text) > _LONG and any(value in text for value in self.basis.long_personal)

    def _fields(self) -> Iterator[Any]:
        for interface in self.basis.interfaces.values():
            yield from (*interface.parameters, *interface.results)

    def content(self, personal: frozenset[str]) -> tuple[tuple[tuple[str, str], ...], Batch | None]:
        """Parameters and batch; judged where the octets can be read as they are labelled."""
        form = self.interface.request if self.interface else _QUERY
        self.checked.append("client-encoding")
        wrong = self._undecodable(form)
        if wrong:
            self.tell("client-encoding", wrong)
        pairs, batch, broken = self._parsed(form, "replace" if wrong else "strict")
        if not wrong:
            self.checked.append("client-parameters")
            for why in self._parameters(form, pairs, batch, broken, personal):
                self.tell("client-parameters", why)
        return tuple(pairs), batch

    def _undecodable(self, form: str) -> Message | None:
        """Why the octets cannot be read as what they are to be: percent-encoded UTF-8, bodies UTF-8 and so labelled."""
        target, body = self.request.target, self.request.body
        if not target.isascii() or _BROKEN_PERCENT.search(target) or not _is_utf8(target):
            return message("calls.url-encoding")
        charset = _CHARSET.search((self.all_of(_CONTENT_TYPE) or [""])[0])
        if body and charset and charset[1].lower().replace("_", "-") not in ("utf-8", "utf8"):
            return message("calls.charset")
        return None if _is_good_body(body, form) else message("calls.body-encoding")

    def _parsed(self, form: str, errors: str) -> tuple[list[tuple[str, str]], Batch | None, Message | None]:
        if form != _JSON:
            text = self.query if form == _QUERY else self.request.body.decode("latin-1")
            return _pairs(text, errors), None, None
        value = _json(self.request.body)
        return ([], None, message("calls.no-json")) if value is None else ([], *_batch(value, self.rules.batch))

    def _parameters(
        self,
        form: str,
        pairs: Sequence[tuple[str, str]],
        batch: Batch | None,
        broken: Message | None,
        personal: frozenset[str],
    ) -> list[Message]:
        one = self.interface
        if one is None:
            return [message("calls.no-interface")]
        if why := self._form(form, one) or broken:
            return [why]
        known = {field.name for field in one.parameters}
        if batch is not None:
            return [*self._beside(personal), *_records(batch, known, one, self.rules.batch)]
        beside = [] if form == _QUERY else self._beside(personal)
        return [*beside, *_named(pairs, known | self._paging_names(), personal), *self._paging(pairs)]

    def _form(self, form: str, one: Interface) -> Message | None:
        """Method, content type and size."""
        wanted = self.rules.requests[form]
        given = (self.all_of(_CONTENT_TYPE) or [""])[0].partition(";")[0].strip().lower()
        if self.request.method != wanted.method:
            return message("calls.method", expected=wanted.method)
        if wanted.content_type and given != wanted.content_type:
            return message("calls.content-type", expected=wanted.content_type)
        if len(self.request.body) > one.limits.body_bytes > 0:
            return message("calls.too-large", limit=one.limits.body_bytes)
        return None

    def _beside(self, personal: frozenset[str]) -> list[Message]:
        """Parameters in the URL of a call that has them in its body; those told already are left out."""
        names = {name for name, _ in _pairs(self.query, "replace")} - personal
        return [message("calls.beside", number=len(names))] if names else []

    def _paging_names(self) -> set[str]:
        style = self.rules.paging.get(self.interface.paging) if self.interface else None
        return {style.position, style.size} if style else set()

    def _paging(self, pairs: Sequence[tuple[str, str]]) -> list[Message]:
        one = self.interface
        style = self.rules.paging.get(one.paging) if one else None
        if style is None or one is None:
            return []
        said = dict(pairs)
        wrong = [name for name in (style.position, style.size) if not re.fullmatch(r"[0-9]{1,9}", said.get(name, ""))]
        if wrong:
            return [message("calls.paging", name=name) for name in wrong]
        size, limit = int(said[style.size]), one.limits.page_size
        bad = [style.position] if int(said[style.position]) < style.first else []
        bad += [style.size] if size < 1 or (limit and size > limit) else []
        return [message("calls.paging", name=name) for name in bad]


def place_of(request: Request, interface: Interface | None) -> Location:
    """Where a request is shown: method and path of the interface (no text of the client's own), scene and number."""
    path = interface.path if interface else "?"
    method = request.method if request.method in ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS") else "?"
    return Location(f"{method} {path}", path=f"{request.scene} #{request.number}")


def _pairs(text: str, errors: str) -> list[tuple[str, str]]:
    parts = (part.partition("=") for part in text.split("&") if part)
    return [(unquote_plus(name, errors=errors), unquote_plus(value, errors=errors)) for name, _, value in parts]


def _is_utf8(text: str) -> bool:
    try:
        unquote(text, errors="strict")
    except UnicodeDecodeError:
        return False
    return True


def _is_good_body(body: bytes, form: str) -> bool:
    if form == _JSON:
        try:
            return not body.decode("utf-8").startswith("\ufeff")
        except UnicodeDecodeError:
            return False
    text = body.decode("latin-1")
    return form == _QUERY or (text.isascii() and not _BROKEN_PERCENT.search(text) and _is_utf8(text))


def _json(body: bytes) -> Any:
    """What a body says, in whatever encoding it can be read: that it is the wrong one is told by itself."""
    for codec in ("utf-8-sig", "gb18030"):
        try:
            return json.loads(body.decode(codec), object_pairs_hook=once)
        except UnicodeDecodeError:
            continue
        except (ValueError, RecursionError):
            return None
    return None


def _batch(value: Any, names: BatchRules) -> tuple[Batch | None, Message | None]:
    """The batch in a body, or why it is none."""
    wanted = {names.series, names.number, names.records}
    if not isinstance(value, dict) or set(value) != wanted:
        return None, message("calls.batch-members", names="、".join(sorted(wanted)))
    series, number, records = (value[name] for name in (names.series, names.number, names.records))
    if not isinstance(series, str) or not re.fullmatch(names.series_form, series):
        return None, message("calls.batch-member", name=names.series)
    if not isinstance(number, str) or not re.fullmatch(rf"[0-9]{{{names.digits}}}", number):
        return None, message("calls.batch-member", name=names.number)
    if not isinstance(records, list) or not records or not all(isinstance(one, dict) for one in records):
        return None, message("calls.batch-member", name=names.records)
    return Batch(series, number, tuple(records)), None


def _records(batch: Batch, known: set[str], interface: Interface, names: BatchRules) -> list[Message]:
    """What is wrong with the first record of a batch that is wrong, its values apart; others are wrong the same way."""
    limit = interface.limits.records
    if limit and len(batch.records) > limit:
        return [message("calls.records", limit=limit)]
    operations = set(names.operations.values())
    for number, record in enumerate(batch.records, 1):
        operation = record.get(names.operation)
        if not isinstance(operation, str) or operation not in operations:
            return [message("calls.operation", record=number, name=names.operation)]
        if surplus := record.keys() - known - {names.operation}:
            return [message("calls.record-surplus", record=number, number=len(surplus))]
        if not all(isinstance(value, str) for value in record.values()):
            return [message("calls.record-no-text", record=number)]
    return []


def _named(pairs: Sequence[tuple[str, str]], known: set[str], personal: frozenset[str]) -> list[Message]:
    names = Counter(name for name, _ in pairs)
    surplus = names.keys() - known - personal
    twice = sorted(name for name in names.keys() & known if names[name] > 1)
    faults = [message("calls.surplus", number=len(surplus))] if surplus else []
    return faults + [message("calls.twice", name=name) for name in twice]
