"""The convention of exchange services is whole: classes, patterns, errors, form of registration, profiles, probes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from conformance.messages import LANGUAGES, Message, message
from conformance.standard.lint.finding import ERROR, LintFinding
from conformance.standard.lint.shelf import Shelf
from conformance.standard.lint.source import Entry, RawPack, contract, mappings

RULE, LEVEL = "bad-service", ERROR
_CONVENTION, _ERRORS, _FORM, _PROBES = "convention.yaml", "errors.yaml", "registration.yaml", "probes.yaml"
_PROFILES, _DEFAULT = "profiles/", "profiles/default.yaml"
#: The groups that patterns of the convention must name.
_GROUPS = {"code": {"number", "class"}, "resource": {"number"}}
#: The word of a class without paging.
_NONE = "none"
#: Statuses of refusals.
_STATUSES = range(400, 600)
#: Groups within groups that are looked into: YAML may hold itself.
_DEEPEST = 4
#: What is wrong: with which entry, in words.
Fault = tuple[str, Message]


def check(pack: RawPack, shelf: Shelf) -> Iterator[LintFinding]:
    """One finding for each fault of a pack that holds the convention; a file that it lacks is one, too."""
    files = {entry.path: entry for entry in pack.documents}
    if _CONVENTION not in files:
        return
    for path in (_ERRORS, _FORM, _PROBES, _DEFAULT):
        if path not in files:
            yield LintFinding(RULE, LEVEL, path, 0, "", message("lint.file.missing"))
    for entry in pack.documents:
        for subject, text in _faults(entry, files, shelf):
            yield LintFinding(RULE, LEVEL, entry.path, 0, subject, text)


def _faults(entry: Entry, files: Mapping[str, Entry], shelf: Shelf) -> Iterator[Fault]:
    if entry.path == _CONVENTION:
        yield from _convention(entry.data, shelf)
    elif entry.path == _ERRORS:
        yield from _errors(entry.data)
    elif entry.path == _FORM:
        yield from _lacking("registration", entry.data, "")
        yield from _items(mappings(entry.data, "items"), "")
        yield from _items(mappings(entry.data, "field"), "field.")
    elif entry.path == _PROBES:
        yield from _probes(entry.data)
    elif entry.path.startswith(_PROFILES):
        yield from _profile(entry, files.get(_DEFAULT))


def _lacking(kind: str, data: Mapping[str, Any], subject: str) -> Iterator[Fault]:
    for key in contract()["keys"][kind]:
        if key not in data:
            yield subject, message("lint.missing-key", key=key)


def _titled(data: Mapping[str, Any], subject: str) -> Iterator[Fault]:
    title = data.get("title")
    for language in LANGUAGES if "title" in data else ():
        if not isinstance(title, dict) or not str(title.get(language) or "").strip():
            yield subject, message("lint.missing-translation", key="title", language=language)


def _worded(subject: str, column: str, word: Any, known: Any) -> Iterator[Fault]:
    if word not in known:
        yield subject, message("lint.unknown-word", column=column, word=str(word), known=", ".join(map(str, known)))


def _unique(kind: str, found: Iterator[Any]) -> Iterator[Fault]:
    for id_, count in Counter(str(one) for one in found).items():
        if count > 1:
            yield id_, message("lint.duplicate-id", kind=kind, id=id_, count=count)


def _compiled(subject: str, pattern: Any) -> re.Pattern[str] | Message:
    """The pattern, or what is wrong with it."""
    try:
        return re.compile(pattern)
    except (re.error, TypeError, OverflowError, RecursionError):
        return message("lint.bad-pattern", pattern=f"{subject}: {pattern}")


def _convention(data: Mapping[str, Any], shelf: Shelf) -> Iterator[Fault]:
    yield from _lacking("convention", data, "")
    yield from _patterns(data)
    classes = mappings(data, "classes")
    for key in ("id", "digit"):
        yield from _unique("class", (one[key] for one in classes if key in one))
    for one in classes:
        yield from _class(one, data)
    if "provider" in data:
        yield from _worded("provider", "provider", data["provider"], sorted(shelf.within["scheme"]))
    signing = data.get("signing")
    if isinstance(signing, dict):
        for role in _listed(signing.get("base")):
            yield from _worded("signing", "base", role, _names(signing.get("headers")))


def _patterns(data: Mapping[str, Any]) -> Iterator[Fault]:
    for key, groups in _GROUPS.items():
        if key not in data:
            continue
        pattern = _compiled(key, data[key])
        if isinstance(pattern, Message):
            yield key, pattern
        else:
            for group in sorted(groups - pattern.groupindex.keys()):
                yield key, message("lint.service.group", group=group)


def _class(one: Mapping[str, Any], data: Mapping[str, Any]) -> Iterator[Fault]:
    subject = f"classes.{one.get('id')}"
    yield from _lacking("class", one, subject)
    yield from _titled(one, subject)
    if "digit" in one and not isinstance(one["digit"], str):
        yield subject, message("lint.service.text", key="digit")
    for key, known in (("requests", _names(data.get("requests"))), ("paging", [*_names(data.get("paging")), _NONE])):
        for word in _listed(one.get(key)):
            yield from _worded(subject, key, word, known)
    if "answer" in one:
        yield from _worded(subject, "answer", one["answer"], contract()["words"]["answer"])


def _errors(data: Mapping[str, Any]) -> Iterator[Fault]:
    yield from _lacking("errors", data, "")
    errors, success = mappings(data, "errors"), data.get("success")
    whole = [*errors, success] if isinstance(success, dict) else [*errors]
    yield from _unique("error", (one["id"] for one in errors if "id" in one))
    yield from _unique("error", (one["code"] for one in whole if "code" in one))
    for one in errors:
        subject = f"errors.{one.get('id')}"
        yield from _lacking("error", one, subject)
        if "status" in one and one["status"] not in _STATUSES:
            yield subject, message("lint.service.status", found=str(one["status"]))
    for one in whole:
        subject = f"errors.{one.get('id', 'success')}"
        yield from _titled(one, subject)
        if "code" in one and not isinstance(one["code"], str):
            yield subject, message("lint.service.text", key="code")
    for number, leak in enumerate(_listed(data.get("leaks")), start=1):
        pattern = _compiled(f"leaks#{number}", leak)
        if isinstance(pattern, Message):
            yield f"leaks#{number}", pattern


def _items(items: tuple[Mapping[str, Any], ...], within: str) -> Iterator[Fault]:
    yield from _unique("item", (f"{within}{one['id']}" for one in items if "id" in one))
    for one in items:
        subject = f"{within}{one.get('id')}"
        yield from _lacking("item", one, subject)
        yield from _titled(one, subject)
        for key, words in (("type", "item"), ("occurs", "occurs")):
            if key in one:
                yield from _worded(subject, key, one[key], contract()["words"][words])
        pattern = _compiled(subject, one.get("pattern", ""))
        if isinstance(pattern, Message):
            yield subject, pattern
        if one.get("type") == "group" and within.count(".") < _DEEPEST:
            inner = mappings(one, "items")
            if not inner:
                yield subject, message("lint.missing-key", key="items")
            yield from _items(inner, f"{subject}.")


def _probes(data: Mapping[str, Any]) -> Iterator[Fault]:
    yield from _lacking("probes", data, "")
    for key in ("root", "beside", "methods"):
        words = data.get(key)
        if key in data and (not isinstance(words, list) or not all(isinstance(one, str) and one for one in words)):
            yield key, message("lint.service.list", key=key)
    for path in _listed(data.get("root")):
        if isinstance(path, str) and not path.startswith("/"):
            yield "root", message("lint.service.path", path=path)


def _profile(entry: Entry, default: Entry | None) -> Iterator[Fault]:
    """A profile has every threshold that the default has, of the same kind."""
    yield from _lacking("profile", entry.data, entry.get("id"))
    if entry.get("id") != entry.path.removeprefix(_PROFILES).removesuffix(".yaml"):
        yield entry.get("id"), message("lint.service.file-name", id=entry.get("id"))
    for group, names in (default or entry).data.items():
        own = entry.data.get(group)
        if not isinstance(names, dict) or not isinstance(own, dict):
            continue
        for name, value in names.items():
            subject = f"{entry.get('id')}.{group}.{name}"
            if name not in own:
                yield subject, message("lint.missing-key", key=str(name))
            elif type(own[name]) is not type(value) or not _positive(own[name]):
                yield subject, message("lint.service.threshold", name=str(name))


def _positive(value: Any) -> bool:
    """No number in it is below 1: a threshold of nothing judges nothing."""
    several = value.values() if isinstance(value, dict) else value if isinstance(value, list) else (value,)
    return all(isinstance(one, str) or (isinstance(one, int) and one > 0) for one in several)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _names(value: Any) -> list[Any]:
    return [*value] if isinstance(value, dict) else []
