"""``office.yaml``: who the office is, which keys it signs with, who may do what; with the key set beside it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta, timezone
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from conformance.messages import Message, message
from conformance.office.plain_yaml import Lines, PlainYamlError, read_plain
from conformance.signing.keys import LIMIT as KEYS_LIMIT
from conformance.signing.keys import KeySet, KeySetError, read_key_set
from conformance.signing.reading import content_of

FILE = "office.yaml"
#: An office's day and year are those of Shandong, wherever its machine stands.
CHINA = timezone(timedelta(hours=8))
ROLES = ("clerk", "tester", "approver", "keyholder")
#: What the office signs, each with keys of that use.
SIGNED = ("certificate", "log", "status", "receipt")
#: Levels of assurance that are issued where nothing is said.
LEVELS = ("L2", "L3")


@dataclass(frozen=True)
class SettingsProblem:
    """What is wrong with ``office.yaml``, and in which line (from 1)."""

    line: int
    message: Message


class SettingsError(ValueError):
    """Settings that cannot be used; ``problems`` holds all that was found."""

    def __init__(self, problems: tuple[SettingsProblem, ...]) -> None:
        super().__init__(f"{len(problems)} problems")
        self.problems = problems


@dataclass(frozen=True)
class Person:
    """Somebody of the office; ``login``: the only system account under which they act, where one is named."""

    id: str
    name: str
    roles: tuple[str, ...]
    login: str = ""


@dataclass(frozen=True)
class SigningKey:
    """A key of the set by its id, and the reference of the signer that holds its private half."""

    key: str
    reference: str


@dataclass(frozen=True)
class Office:
    """The settings. ``signers`` by use; ``suites``: digest sets accepted; ``levels``: of assurance that are issued;
    ``seal``: a command, or empty; ``pdf_chain``: the file with the X.509 certificates of the ES256 key that
    certificates are signed with, where PDFs are signed. References to key files are absolute, or as they stand.
    """

    folder: Path
    kind: str
    name: Mapping[str, str]
    register: str
    origin: str
    keys: KeySet = field(repr=False)
    signers: Mapping[str, tuple[SigningKey, ...]]
    people: tuple[Person, ...]
    months: int
    status_days: int
    sample: int
    suites: tuple[Mapping[str, str], ...]
    levels: tuple[str, ...] = LEVELS
    seal: str = ""
    pdf_chain: str = ""

    @property
    def test(self) -> bool:
        """Does all that it signs have no force?"""
        return self.kind == "test"

    @property
    def status_list(self) -> str:
        """The id of its status list."""
        return f"{self.register}/status.json"

    def person(self, id_: str) -> Person | None:
        """The person of that id."""
        return next((one for one in self.people if one.id == id_), None)


def read_office(folder: Path) -> Office:
    """The settings of an office's folder; raises :class:`SettingsError` with every problem that can be told at once."""
    try:
        value, lines = read_plain(_content(folder / FILE))
    except PlainYamlError as error:
        raise SettingsError((SettingsProblem(error.line, Message(error.id, error.params)),)) from error
    if problems := tuple(_shape(value, lines)):
        raise SettingsError(problems)
    keys = _keys(folder, value, lines)
    if problems := tuple(_meaning(value, keys, lines)):
        raise SettingsError(problems)
    return _office(folder, value, keys)


@cache
def office_schema() -> Mapping[str, Any]:
    """The published schema of ``office.yaml``."""
    text = resources.files(__package__).joinpath("office.schema.json").read_text("utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def _content(path: Path, limit: int = KEYS_LIMIT) -> bytes:
    try:
        return content_of(path, limit)
    except OSError as error:
        told = message("settings.unreadable", file=path.name, error=type(error).__name__)
        raise SettingsError((SettingsProblem(1, told),)) from error


def _keys(folder: Path, value: Mapping[str, Any], lines: Lines) -> KeySet:
    try:
        keys = read_key_set(_content(folder / value["keys"]))
    except KeySetError as error:
        problem = SettingsProblem(lines[("keys",)], Message(error.id, error.params))
        raise SettingsError((problem,)) from error
    if keys.kind != value["kind"]:
        told = (
            message("settings.test-keys", file=value["keys"])
            if keys.kind == "test"
            else message("settings.real-keys", file=value["keys"])
        )
        raise SettingsError((SettingsProblem(lines[("kind",)], told),))
    return keys


def _shape(value: Any, lines: Lines) -> Iterator[SettingsProblem]:
    """Where the value is not of the schema, by line."""
    found = []
    for error in Draft202012Validator(office_schema()).iter_errors(value):
        path = tuple(error.absolute_path)
        place = ".".join(map(str, path)) or FILE
        if error.validator == "required":
            lacking = [key for key in error.validator_value if key not in error.instance]
            found += [(path, message("settings.missing", place=place, key=key)) for key in lacking]
        elif error.validator == "additionalProperties":
            foreign = [key for key in error.instance if key not in error.schema["properties"]]
            found += [((*path, key), message("settings.unknown", place=place, key=key)) for key in foreign]
        elif error.validator in ("enum", "const"):
            allowed = error.validator_value if error.validator == "enum" else [error.validator_value]
            found.append((path, message("settings.allowed", place=place, allowed=", ".join(map(str, allowed)))))
        else:
            found.append((path, message("settings.form", place=place)))
    told = {SettingsProblem(_line(path, lines), one) for path, one in found}
    yield from sorted(told, key=lambda one: (one.line, one.message.id, str(one.message.params)))


def _line(path: tuple[str | int, ...], lines: Lines) -> int:
    """The line of a path, or of the nearest part that holds it."""
    return next((lines[path[:end]] for end in range(len(path), -1, -1) if path[:end] in lines), 1)


def _meaning(value: Mapping[str, Any], keys: KeySet, lines: Lines) -> Iterator[SettingsProblem]:
    """What is of the schema and contradicts itself or the key set."""
    for name, held in (("origin", keys.origin), ("register", keys.register)):
        if value[name] != held:
            yield SettingsProblem(lines[(name,)], message("settings.other-set", key=name, held=held))
    for use, entries in value["signers"].items():
        for number, entry in enumerate(entries):
            line = lines[("signers", use, number)]
            key = keys.key(entry["key"])
            if key is None:
                yield SettingsProblem(line, message("settings.key-unknown", key=entry["key"]))
            elif use not in key.uses:
                yield SettingsProblem(line, message("settings.key-use", key=entry["key"], use=use))
        if len({entry["key"] for entry in entries}) != len(entries):
            yield SettingsProblem(lines[("signers", use)], message("settings.key-repeated", use=use))
    yield from _people(value["people"], lines[("people",)])
    if value["kind"] == "production":  # else one person could be two
        for number, person in enumerate(value["people"]):
            if "login" not in person:
                yield SettingsProblem(lines[("people", number)], message("settings.login-missing", person=person["id"]))


def _people(people: Sequence[Mapping[str, Any]], line: int) -> Iterator[SettingsProblem]:
    """Where two people are one, or a role is nobody's."""
    for id_, number in Counter(person["id"] for person in people).items():
        if number > 1:
            yield SettingsProblem(line, message("settings.person-twice", person=id_))
    for login, number in Counter(person["login"] for person in people if "login" in person).items():
        if number > 1:
            yield SettingsProblem(line, message("settings.login-twice", login=login))
    held_roles = {role for person in people for role in person["roles"]}
    for role in ROLES:
        if role not in held_roles:
            yield SettingsProblem(line, message("settings.nobody", role=role))


def _office(folder: Path, value: Mapping[str, Any], keys: KeySet) -> Office:
    accept, validity = value["accept"], value["validity"]
    return Office(
        folder,
        value["kind"],
        dict(value["name"]),
        value["register"],
        value["origin"],
        keys,
        {use: tuple(_signing_key(folder, entry) for entry in value["signers"][use]) for use in SIGNED},
        tuple(Person(one["id"], one["name"], tuple(one["roles"]), one.get("login", "")) for one in value["people"]),
        validity["months"],
        validity["status-days"],
        value["sample"]["cases"],
        tuple({name: one[name] for name in ("sha256", "sm3")} for one in accept["suites"]),
        tuple(accept.get("levels", LEVELS)),
        value.get("seal", ""),
        value.get("pdf-chain", ""),
    )


def _signing_key(folder: Path, entry: Mapping[str, str]) -> SigningKey:
    """``file:`` references are meant from the office's folder."""
    kind, _, rest = entry["use"].partition(":")
    reference = f"file:{folder / rest}" if kind == "file" else entry["use"]
    return SigningKey(entry["key"], reference)
