"""EX-MANIFEST: the manifest is there, is JSON in the strict sense, and is what its schema says; every error is told."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

import jsonschema
from jsonschema.exceptions import ValidationError

from conformance.judge.exchange.model import ListedFile, Manifest
from conformance.judge.faults import Fault, FaultCounter
from conformance.judge.rulebook import Location
from conformance.messages import Message, message
from conformance.standard.exchange import ExchangeRules, Limits
from conformance.system.package.opening import PackageFiles, RefusedError
from conformance.system.problem import listed, shown

RULE = "manifest"

_BOM = b"\xef\xbb\xbf"
_TOKENS = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', re.DOTALL)
_SURROGATE = re.compile("[\ud800-\udfff]")
#: No number of a manifest has more digits.
_DIGITS = 18


def read_manifest(
    files: PackageFiles, rules: ExchangeRules, schema: Mapping[str, object], faults: FaultCounter
) -> Manifest | None:
    """The manifest, or None where it is not there or not as its schema says; everything wrong with it is told.

    Where the archive itself withholds it (damaged, twice, broken off before it) that is told already, and nothing here.
    """
    name = rules.names["manifest"]
    if name not in files.entries:
        if name not in files.refused and not files.broken:
            _tell(faults, name, "", message("package.manifest-missing", name=name))
        return None
    if files.entries[name].bytes > rules.limits.manifest_bytes:
        _tell(faults, name, "", message("package.manifest-size", limit=rules.limits.manifest_bytes))
        return None
    try:
        raw = files.path(name).read_bytes()
    except RefusedError:
        return None
    faults.checked(RULE)
    reader = _Strict(rules.limits)
    value = reader.read(raw)
    wrong = [("", one) for one in reader.wrong] or list(_against(schema, value, rules.limits))
    for path, reason in wrong:
        _tell(faults, name, path, reason)
    return None if wrong else _manifest(value)


class _Strict:
    """Reads JSON and keeps what a careless reader would let pass."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self.wrong: list[Message] = []

    def read(self, raw: bytes) -> Any:
        """The value; None where there is something wrong that leaves none."""
        if raw.startswith(_BOM):
            return self._say(message("package.manifest-bom"))
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError as error:
            return self._say(message("package.manifest-encoding", line=raw.count(b"\n", 0, error.start) + 1))
        if _depth(raw) > self._limits.depth:
            return self._say(message("package.manifest-depth", limit=self._limits.depth))
        try:
            return json.loads(
                text,
                object_pairs_hook=self._object,
                parse_constant=lambda _: self._say(message("package.manifest-number")),
                parse_int=self._integer,
                parse_float=self._float,
            )
        except json.JSONDecodeError as error:
            return self._say(message("package.manifest-syntax", line=error.lineno, column=error.colno))

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            names = [name for name, _ in pairs]
            twice = sorted({name for name in names if names.count(name) > 1}) if len(names) < self._limits.depth else []
            self._say(message("package.manifest-twice", names=listed(twice)))
        if any(_SURROGATE.search(text) for pair in pairs for text in pair if isinstance(text, str)):
            self._say(message("package.manifest-surrogate"))
        return found

    def _integer(self, text: str) -> int:
        if len(text) > _DIGITS:
            self._say(message("package.manifest-number"))
            return 0
        return int(text)

    def _float(self, text: str) -> float:
        number = float(text)
        if abs(number) == float("inf"):
            self._say(message("package.manifest-number"))
        return number

    def _say(self, reason: Message) -> None:
        if reason not in self.wrong:
            self.wrong.append(reason)


def _depth(raw: bytes) -> int:
    """How deep objects and arrays stand in one another, brackets inside texts left out."""
    deepest = now = 0
    for token in _TOKENS.finditer(raw):
        first = token[0][:1]
        if first in b"[{":
            now += 1
            deepest = max(deepest, now)
        elif first in b"]}":
            now -= 1
    return deepest


def _against(schema: Mapping[str, object], value: Any, limits: Limits) -> Iterator[tuple[str, Message]]:
    """Where the value is not as the schema says, each error once, in the schema's order."""
    files = value.get("files") if isinstance(value, dict) else None
    if isinstance(files, list) and len(files) > limits.entries:
        yield "$.files", message("package.manifest-long", limit=limits.entries)
        return
    told: set[tuple[str, str]] = set()
    for error in jsonschema.Draft202012Validator(schema).iter_errors(value):
        path = _path(error)
        reason = _reason(error)
        if (path, reason.render("en")) not in told:
            told.add((path, reason.render("en")))
            yield path, reason


def _path(error: ValidationError) -> str:
    steps = (f"[{step}]" if isinstance(step, int) else f".{shown(step)}" for step in error.absolute_path)
    return "$" + "".join(steps)


def _reason(error: ValidationError) -> Message:
    """What the schema asks for; of what was found only the names of members and the type of a value."""
    keyword, wanted, found = str(error.validator), cast("Any", error.validator_value), cast("Any", error.instance)
    if keyword == "required":
        return message("package.manifest-member", names=listed(name for name in wanted if name not in found))
    if keyword in ("additionalProperties", "unevaluatedProperties"):
        known = error.schema.get("properties", {}) if isinstance(error.schema, dict) else {}
        return message("package.manifest-unknown", names=listed(sorted(name for name in found if name not in known)))
    if keyword == "type":
        return message("package.manifest-type", expected=_words(wanted), found=_type(found))
    if keyword in ("const", "enum", "pattern"):
        return message("package.manifest-value", expected=_words(wanted))
    return message("package.manifest-rule", keyword=keyword, expected=_words(wanted))


def _words(wanted: object) -> str:
    if isinstance(wanted, list):
        return listed(str(one) for one in wanted)
    return shown(wanted if isinstance(wanted, str) else json.dumps(wanted, ensure_ascii=False))


def _type(found: object) -> str:
    names = {dict: "object", list: "array", str: "string", bool: "boolean", int: "integer", float: "number"}
    return names.get(type(found), "null")


def _manifest(value: Mapping[str, Any]) -> Manifest:
    return Manifest(
        package_id=value["packageId"],
        provider=value["provider"],
        resource=value["resource"],
        dataset=value["dataset"],
        edition=value["edition"],
        mode=value["mode"],
        batch=value["batch"],
        record_count=int(value["recordCount"]),
        created_at=value["createdAt"],
        files=tuple(_listed_file(item) for item in value["files"]),
    )


def _listed_file(item: Mapping[str, Any]) -> ListedFile:
    return ListedFile(
        name=item["name"],
        role=item["role"],
        bytes=int(item["bytes"]),
        algorithm=item["digest"]["algorithm"],
        digest=item["digest"]["value"],
        format=item.get("format", ""),
        encoding=item.get("encoding", ""),
        records=int(item["records"]) if "records" in item else None,
    )


def _tell(faults: FaultCounter, name: str, path: str, reason: Message) -> None:
    faults.add(Fault(RULE, Location(name, path=path), reason))
