"""The network access pack is whole: methods and severities, plans, registries, platforms, probes, profiles."""

from __future__ import annotations

import ipaddress
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeGuard

from conformance.messages import LANGUAGES, Message, message
from conformance.standard.lint.finding import ERROR, LintFinding
from conformance.standard.lint.shelf import Shelf
from conformance.standard.lint.source import Entry, RawPack, contract, mappings

RULE, LEVEL = "bad-access", ERROR
_PLAN, _AS, _VPNS, _NAMES = "address-plan.yaml", "as-plan.yaml", "vpn-registry.yaml", "domain-plan.yaml"
_CLASSES, _PLATFORMS, _STATEMENTS, _PROBES = "classes.yaml", "platforms.yaml", "statements.yaml", "probes.yaml"
_PROFILES, _DEFAULT = "profiles/", "profiles/default.yaml"
_REQUIREMENTS, _ACCESS = "requirements.yaml", "access"
#: Bits of an address, by family; the largest AS number.
_BITS = {"4": 32, "6": 128}
_LARGEST = (1 << 32) - 1
#: What is wrong: with which entry, in words.
Fault = tuple[str, Message]
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Files = Mapping[str, Entry]


def check(pack: RawPack, _shelf: Shelf) -> Iterator[LintFinding]:
    """One finding for each fault of a pack that holds an address plan; a file that it lacks is one, too."""
    for subject, text in _requirements(pack):
        yield LintFinding(RULE, LEVEL, _REQUIREMENTS, 0, subject, text)
    files = {entry.path: entry for entry in pack.documents}
    if _PLAN not in files:
        return
    known = {entry.get("id") for entry in pack.requirements}
    for path, faults in _CHECKS.items():
        if path not in files:
            yield LintFinding(RULE, LEVEL, path, 0, "", message("lint.file.missing"))
            continue
        for subject, text in faults(files, known):
            yield LintFinding(RULE, LEVEL, path, 0, subject, text)
    if _DEFAULT not in files:
        yield LintFinding(RULE, LEVEL, _DEFAULT, 0, "", message("lint.file.missing"))
    for entry in files.values():
        if entry.path.startswith(_PROFILES):
            for subject, text in _profile(entry, files.get(_DEFAULT, entry)):
                yield LintFinding(RULE, LEVEL, entry.path, 0, subject, text)


def _requirements(pack: RawPack) -> Iterator[Fault]:
    """Those of network access say by which methods they are judged and how grave a breach is; each has its own rule."""
    judged = [entry for entry in pack.requirements if entry.get("level") == _ACCESS]
    yield from _unique("rule", (entry.get("rule") for entry in judged))
    for entry in judged:
        methods = entry.data.get("methods")
        if not isinstance(methods, list) or not methods:
            yield entry.get("id"), message("lint.access.methods", id=entry.get("id"))
        yield from _unique("method", map(str, _listed(methods)))
        for method in _listed(methods):
            yield from _worded(entry.get("id"), "methods", method, "method")
        yield from _worded(entry.get("id"), "severity", entry.data.get("severity"), "severity")


def _lacking(kind: str, data: Mapping[str, Any], subject: str) -> Iterator[Fault]:
    for key in contract()["keys"][kind]:
        if key not in data:
            yield subject, message("lint.missing-key", key=key)


def _rows(data: Mapping[str, Any], key: str, kind: str) -> Iterator[tuple[str, Mapping[str, Any], list[Fault]]]:
    """The rows of a table, a name for each, and what is wrong with any row: keys, titles, provenance."""
    if key in data and (not isinstance(data[key], list) or len(mappings(data, key)) != len(data[key])):
        yield key, {}, [(key, message("lint.access.list", key=key))]
        return
    for number, row in enumerate(mappings(data, key), start=1):
        name = next((str(row[one]) for one in ("id", "prefix", "site", "name") if isinstance(row.get(one), str)), "")
        subject = f"{key}.{name or number}"
        faults = [*_lacking(kind, row, subject), *_titled(row, subject)]
        if "provenance" in row and row["provenance"] not in contract()["words"]["provenance"]:
            faults += _worded(subject, "provenance", row["provenance"], "provenance")
        yield subject, row, faults


def _titled(row: Mapping[str, Any], subject: str) -> Iterator[Fault]:
    title = row.get("title")
    for language in LANGUAGES if "title" in row else ():
        if not isinstance(title, dict) or not str(title.get(language) or "").strip():
            yield subject, message("lint.missing-translation", key="title", language=language)


def _worded(subject: str, column: str, word: Any, words: str) -> Iterator[Fault]:
    yield from _among(subject, column, word, contract()["words"][words])


def _among(subject: str, column: str, word: Any, known: Iterable[Any]) -> Iterator[Fault]:
    known = list(known)
    if word not in known:
        yield (
            subject,
            message("lint.unknown-word", column=column, word=str(word)[:60], known=", ".join(map(str, known))),
        )


def _unique(kind: str, found: Iterable[str]) -> Iterator[Fault]:
    for id_, count in Counter(found).items():
        if count > 1:
            yield id_, message("lint.duplicate-id", kind=kind, id=id_, count=count)


def _patterned(subject: str, pattern: Any) -> Iterator[Fault]:
    try:
        re.compile(pattern)
    except (re.error, TypeError, OverflowError, RecursionError):
        yield subject, message("lint.bad-pattern", pattern=f"{subject}: {pattern}"[:60])


def _texts(subject: str, row: Mapping[str, Any], *keys: str) -> Iterator[Fault]:
    """Under these keys stand lists of texts."""
    for key in keys:
        value = row.get(key)
        if key in row and (not isinstance(value, list) or not all(isinstance(one, str) and one for one in value)):
            yield subject, message("lint.access.texts", key=key)


def _positive(subject: str, row: Mapping[str, Any], key: str) -> Iterator[Fault]:
    if key in row and not (_whole(row[key]) and row[key] > 0):
        yield subject, message("lint.access.number", key=key)


def _flags(subject: str, row: Mapping[str, Any], *keys: str) -> Iterator[Fault]:
    for key in keys:
        if key in row and not isinstance(row[key], bool):
            yield subject, message("lint.access.flag", key=key)


def _valued(data: Mapping[str, Any], key: str) -> Iterator[tuple[str, Any, list[Fault]]]:
    """The named values of a group, each ``{value, provenance}``: the name, the value, what is wrong with the entry."""
    group = data.get(key)
    if key in data and not isinstance(group, dict):
        yield key, None, [(key, message("lint.access.mapping", key=key))]
    for name, entry in group.items() if isinstance(group, dict) else ():
        subject = f"{key}.{name}"
        good = isinstance(entry, dict) and entry.keys() == {"value", "provenance"}
        if not good or entry["provenance"] not in contract()["words"]["provenance"]:
            yield subject, None, [(subject, message("lint.access.provenance", name=subject))]
        else:
            yield subject, entry["value"], []


def _network(text: Any) -> Network | None:
    """The prefix, where it is written in canonical form."""
    try:
        network = ipaddress.ip_network(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return network if str(network) == text else None


def _inside(inner: Network, outer: Network) -> bool:
    return inner.version == outer.version and inner.subnet_of(outer)  # type: ignore[arg-type] # the versions are alike


def _plan(files: Files, _known: set[str]) -> Iterator[Fault]:
    data = files[_PLAN].data
    yield from _lacking("address-plan", data, "")
    segments: list[Network] = []
    for subject, row, faults in _rows(data, "segments", "segment"):
        yield from faults
        yield from _prefixed(subject, row, "scope", "scope")
        segments += [found] if (found := _network(row.get("prefix"))) else []
    given: list[tuple[str, Network]] = []
    for subject, row, faults in _rows(data, "allocations", "allocation"):
        yield from faults
        yield from _prefixed(subject, row, "use", "use")
        if row.get("vpn") and _VPNS in files:
            yield from _among(subject, "vpn", row["vpn"], _ids(files[_VPNS].data, "vpns"))
        found = _network(row.get("prefix"))
        if found:
            yield from _allocated(subject, found, str(row.get("site")), segments, given)
            given.append((str(row.get("site")), found))
    yield from _lengths(data)
    yield from _sentinels(data, given)


def _prefixed(subject: str, row: Mapping[str, Any], key: str, words: str) -> Iterator[Fault]:
    if "prefix" in row and not _network(row["prefix"]):
        yield subject, message("lint.access.prefix", prefix=str(row["prefix"])[:60])
    if key in row:
        yield from _worded(subject, key, row[key], words)


def _allocated(
    subject: str, found: Network, site: str, segments: list[Network], given: list[tuple[str, Network]]
) -> Iterator[Fault]:
    """An allocation lies in a segment, and nobody else has any of it."""
    if not any(_inside(found, segment) for segment in segments):
        yield subject, message("lint.access.outside", prefix=str(found))
    for other, prefix in given:
        if other != site and prefix.version == found.version and prefix.overlaps(found):
            yield subject, message("lint.access.overlap", prefix=str(found), site=other, other=str(prefix))


def _lengths(data: Mapping[str, Any]) -> Iterator[Fault]:
    for subject, value, faults in _valued(data, "lengths"):
        yield from faults
        if faults:
            continue
        use, family = subject.removeprefix("lengths.")[:-1], subject[-1]
        yield from _worded(subject, "lengths", use, "use")
        bits = _BITS.get(family, 0)
        if not isinstance(value, list) or not value or not all(_whole(one) and 0 < one <= bits for one in value):
            yield subject, message("lint.access.lengths", use=subject)


def _sentinels(data: Mapping[str, Any], given: list[tuple[str, Network]]) -> Iterator[Fault]:
    for subject, row, faults in _rows(data, "sentinels", "sentinel"):
        yield from faults
        text = row.get("address")
        try:
            address = ipaddress.ip_address(text) if isinstance(text, str) else None
        except ValueError:
            address = None
        if address is None:
            if "address" in row:
                yield subject, message("lint.access.address", address=str(text)[:60])
            continue
        for site, prefix in given:
            if address.version == prefix.version and address in prefix:
                yield subject, message("lint.access.sentinel", address=str(address), site=site, prefix=str(prefix))


def _autonomous(files: Files, _known: set[str]) -> Iterator[Fault]:
    data = files[_AS].data
    yield from _lacking("as-plan", data, "")
    ranges = data.get("ranges")
    good: dict[str, list[range]] = {}
    if "ranges" in data and not isinstance(ranges, dict):
        yield "ranges", message("lint.access.mapping", key="ranges")
        return
    for side in ranges or {}:
        yield from _worded("ranges", "ranges", side, "side")
        for subject, row, faults in _rows(ranges or {}, side, "range"):
            yield from faults
            first, last = row.get("first"), row.get("last")
            if _whole(first) and _whole(last) and 0 < first <= last <= _LARGEST:
                good.setdefault(str(side), []).append(range(first, last + 1))
            elif {"first", "last"} <= row.keys():
                yield subject, message("lint.access.range", first=str(first)[:60], last=str(last)[:60])
    yield from _unique("site", (str(row["site"]) for row in mappings(data, "pairs") if "site" in row))
    for subject, row, faults in _rows(data, "pairs", "pair"):
        yield from faults
        for side in contract()["words"]["side"]:
            number = row.get(side)
            if side in row and not any(_whole(number) and number in one for one in good.get(side, ())):
                yield subject, message("lint.access.pair", number=str(number)[:60], side=side)


def _registry(files: Files, _known: set[str]) -> Iterator[Fault]:
    data = files[_VPNS].data
    yield from _lacking("vpn-registry", data, "")
    vpns = mappings(data, "vpns")
    for key in ("id", "instance", "rd"):
        yield from _unique(key, (str(row[key]) for row in vpns if key in row))
    for subject, row, faults in _rows(data, "vpns", "vpn"):
        yield from faults
        yield from _texts(subject, row, "imports", "exports", "sites", "exchanges")
        if "rd" in row and not isinstance(row["rd"], str):
            yield subject, message("lint.access.texts", key="rd")
        for other in _listed(row.get("exchanges")):
            yield from _among(subject, "exchanges", other, _ids(data, "vpns"))


def _names(files: Files, _known: set[str]) -> Iterator[Fault]:
    data = files[_NAMES].data
    yield from _lacking("domain-plan", data, "")
    for subject, row, faults in _rows(data, "zones", "zone"):
        yield from faults
        yield from _flags(subject, row, "extranet_only")
    for subject, value, faults in _valued(data, "patterns"):
        yield from faults
        if not faults:
            yield from _patterned(subject, value)
    regions = list(_valued(data, "regions"))
    for _, _, faults in regions:
        yield from faults
    yield from _unique("region", (str(value) for _, value, faults in regions if not faults))


def _classes(files: Files, _known: set[str]) -> Iterator[Fault]:
    data = files[_CLASSES].data
    yield from _lacking("classes", data, "")
    yield from _unique("class", _ids(data, "classes"))
    for subject, row, faults in _rows(data, "classes", "user-class"):
        yield from faults
        yield from _texts(subject, row, "areas")
        for area in _listed(row.get("areas")):
            yield from _worded(subject, "areas", area, "area")
        if "exit" in row:
            yield from _worded(subject, "exit", row["exit"], "exit")


def _platforms(files: Files, _known: set[str]) -> Iterator[Fault]:
    data = files[_PLATFORMS].data
    yield from _lacking("platforms", data, "")
    yield from _unique("platform", _ids(data, "platforms"))
    for subject, row, faults in _rows(data, "platforms", "platform"):
        yield from faults
        yield from _texts(subject, row, "commands", "topics", "detect")
        for key, words in (("level", "support"), ("reader", "reader")):
            if key in row:
                yield from _worded(subject, key, row[key], words)
        for topic in _listed(row.get("topics")):
            yield from _worded(subject, "topics", topic, "topic")
        for pattern in (*_listed(row.get("detect")), *([row["end"]] if "end" in row else ())):
            yield from _patterned(subject, pattern)
        defaults = row.get("defaults")
        if "defaults" in row and not isinstance(defaults, dict):
            yield subject, message("lint.access.mapping", key="defaults")
        for name, word in defaults.items() if isinstance(defaults, dict) else ():
            if not (isinstance(word, str) and word.isdecimal()):
                yield from _worded(subject, str(name), word, "default")


def _statements(files: Files, known: set[str]) -> Iterator[Fault]:
    data = files[_STATEMENTS].data
    yield from _lacking("statements", data, "")
    yield from _unique("statement", _ids(data, "statements"))
    for subject, row, faults in _rows(data, "statements", "statement"):
        yield from faults
        yield from _positive(subject, row, "days")
        if "requirement" in row and str(row["requirement"]) not in known:
            yield subject, message("lint.access.requirement", id=str(row["requirement"])[:60])


def _probes(files: Files, _known: set[str]) -> Iterator[Fault]:
    data = files[_PROBES].data
    yield from _lacking("probe-kinds", data, "")
    kinds = _ids(data, "kinds")
    controls = ["", *kinds, *_ids(data, "controls")]
    yield from _unique("kind", kinds)
    for subject, row, faults in _rows(data, "kinds", "probe-kind"):
        yield from faults
        yield from _texts(subject, row, "after")
        for other in _listed(row.get("after")):
            yield from _among(subject, "after", other, kinds)
        if "control" in row:
            yield from _among(subject, "control", row["control"], controls)
        if "place" in row:
            yield from _worded(subject, "place", row["place"], "place")
        yield from _positive(subject, row, "deadline_ms")
        yield from _flags(subject, row, "privileged", "asked")
        if "parameters" in row and not isinstance(row["parameters"], dict):
            yield subject, message("lint.access.mapping", key="parameters")


def _profile(entry: Entry, default: Entry) -> Iterator[Fault]:
    """Each value says where it comes from, and a profile has all that the default has, of the same kind."""
    yield from _lacking("access-profile", entry.data, entry.get("id"))
    if entry.get("id") != entry.path.removeprefix(_PROFILES).removesuffix(".yaml"):
        yield entry.get("id"), message("lint.access.file-name", id=entry.get("id")[:60])
    own = {}
    for group in (name for name in entry.data if name not in contract()["keys"]["access-profile"]):
        for subject, value, faults in _valued(entry.data, group):
            yield from faults
            own[subject] = None if faults else value
    for group, names in default.data.items():
        for subject, value, faults in _valued(default.data, group) if isinstance(names, dict) else ():
            if subject not in own:
                yield subject, message("lint.missing-key", key=subject)
            elif not faults and own[subject] is not None and type(own[subject]) is not type(value):
                yield subject, message("lint.access.kind", name=subject)


def _ids(data: Mapping[str, Any], key: str) -> list[str]:
    return [str(row["id"]) for row in mappings(data, key) if "id" in row]


def _whole(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


_CHECKS: Mapping[str, Callable[[Files, set[str]], Iterator[Fault]]] = {
    _PLAN: _plan,
    _AS: _autonomous,
    _VPNS: _registry,
    _NAMES: _names,
    _CLASSES: _classes,
    _PLATFORMS: _platforms,
    _STATEMENTS: _statements,
    _PROBES: _probes,
}
