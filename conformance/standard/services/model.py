"""The rules of exchange services, and an interface as registered, as frozen values (``docs/services.md``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from conformance.standard.model import Field, Text

#: The classes of interfaces that are judged by what they do.
QUERY, VERIFY, TRANSFER, DOWNLOAD, OTHER = "query", "verify", "transfer", "download", "other"


@dataclass(frozen=True)
class InterfaceClass:
    """A class of DB37/T 3522 table 1: its digit, the forms of request and of paging it may have, how it answers."""

    id: str
    digit: str
    title: Text
    requests: tuple[str, ...]
    paging: tuple[str, ...]
    answer: str


@dataclass(frozen=True)
class RequestForm:
    """How parameters travel: the HTTP method, and the content type of a body (empty: in the URL)."""

    method: str
    content_type: str


@dataclass(frozen=True)
class SigningRules:
    """``headers`` maps client, timestamp, nonce, signature to header names; ``base`` are the roles that are signed, in
    order; ``digest`` is the name in ``hashlib``; timestamps are milliseconds, good for ``valid_ms``.
    """

    headers: Mapping[str, str]
    base: tuple[str, ...]
    digest: str
    valid_ms: int


@dataclass(frozen=True)
class PagingStyle:
    """A style of paging: the names of its two parameters, and the first value of ``position``."""

    position: str
    size: str
    first: int


@dataclass(frozen=True)
class EnvelopeRules:
    """The members of an answer: ``code``, ``message``, ``request`` and ``data``; in ``data`` of a query ``total`` and
    ``rows``, of a verification ``match`` with the words ``same`` and ``other``.
    """

    content_type: str
    charset: str
    code: str
    message: str
    request: str
    data: str
    total: str
    rows: str
    match: str
    same: str
    other: str


@dataclass(frozen=True)
class BatchRules:
    """The members of a transfer's body and of its receipt; ``series_form`` is the pattern of a whole series' name;
    ``operations`` maps insert, update, delete to words.
    """

    series: str
    series_form: str
    number: str
    first: int
    digits: int
    records: str
    receipt: str
    operation: str
    operations: Mapping[str, str]


@dataclass(frozen=True)
class FileRules:
    """What a download answers: content type, and the headers that tell its records and its SHA-256."""

    content_type: str
    records: str
    digest: str


@dataclass(frozen=True)
class ErrorCode:
    """One refusal of the catalogue."""

    id: str
    code: str
    status: int
    title: Text


@dataclass(frozen=True)
class Profile:
    """Thresholds and effort, by group and name, as ``profiles/<id>.yaml`` holds them: ``duty("response_ms")``."""

    id: str
    groups: Mapping[str, Mapping[str, Any]]

    def duty(self, name: str) -> Any:
        """A threshold of the service duties; KeyError where there is none."""
        return self.groups["duties"][name]

    def security(self, name: str) -> int:
        """A threshold of security."""
        return int(self.groups["security"][name])

    def tester(self, name: str) -> int:
        """A bound on the tester itself."""
        return int(self.groups["tester"][name])

    def effort(self, name: str) -> int:
        """How much is asked."""
        return int(self.groups["effort"][name])

    @property
    def page_sizes(self) -> tuple[int, ...]:
        """The sizes of pages that are walked through."""
        return tuple(self.groups["effort"]["page_sizes"])


@dataclass(frozen=True)
class Probes:
    """Where unregistered operations are looked for."""

    root: tuple[str, ...]
    beside: tuple[str, ...]
    methods: tuple[str, ...]


@dataclass(frozen=True)
class ServiceRules:
    """The whole convention. ``classes``, ``requests``, ``paging`` and ``errors`` are by id; ``form`` is the parsed
    ``registration.yaml``; ``name``, ``code`` and ``resource`` are a template and patterns for whole texts.
    """

    name: str
    code: str
    number: tuple[str, str]
    resource: str
    provider: str
    protocol: str
    classes: Mapping[str, InterfaceClass]
    requests: Mapping[str, RequestForm]
    signing: SigningRules
    paging: Mapping[str, PagingStyle]
    envelope: EnvelopeRules
    batch: BatchRules
    file: FileRules
    success: ErrorCode
    errors: Mapping[str, ErrorCode]
    leaks: tuple[str, ...]
    probes: Probes
    profiles: Mapping[str, Profile]
    form: Mapping[str, Any] = field(repr=False)

    def class_of(self, digit: str) -> InterfaceClass | None:
        """The class of that digit, or None."""
        return next((one for one in self.classes.values() if one.digit == digit), None)

    def error_of(self, code: str) -> ErrorCode | None:
        """The refusal of the catalogue that has this code, or None."""
        return next((one for one in self.errors.values() if one.code == code), None)


@dataclass(frozen=True)
class Limits:
    """What an interface bounds; zero where the registration does not say."""

    page_size: int = 0
    body_bytes: int = 0
    records: int = 0
    rate: int = 0
    concurrency: int = 0
    response_ms: int = 0


@dataclass(frozen=True)
class Registration:
    """A registration as written: ``file`` is its name, ``raw`` what its YAML holds (anything)."""

    id: str
    file: str
    raw: Mapping[str, Any]


@dataclass(frozen=True)
class Interface:
    """An interface, as far as its registration can be read. ``interface_class`` is the id of its class by the
    registration's ``class``; of a transfer ``parameters`` are the fields of a record.
    """

    id: str
    name: str
    code: str
    interface_class: str
    request: str
    path: str
    paging: str
    parameters: tuple[Field, ...]
    results: tuple[Field, ...]
    key: tuple[str, ...]
    date: str
    limits: Limits

    def parameter(self, name: str) -> Field:
        """The parameter of that name; raises KeyError."""
        return {one.name: one for one in self.parameters}[name]

    def result(self, name: str) -> Field:
        """The result of that name; raises KeyError."""
        return {one.name: one for one in self.results}[name]
