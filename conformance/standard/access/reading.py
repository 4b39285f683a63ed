"""Reading the rules of network access out of their pack."""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from conformance.standard.access.model import (
    AccessRules,
    AddressPlan,
    Allocation,
    AsPair,
    AsPlan,
    DomainPlan,
    Platform,
    ProbeKind,
    Profile,
    RegisteredVpn,
    Segment,
    StatementKind,
    UserClass,
)
from conformance.standard.model import Requirement, Text
from conformance.standard.pack import BrokenPack, load_yaml

#: The level of the requirements that this pack judges.
LEVEL = "access"
SCHEMA = Path("schema") / "access.schema.json"


def read_access_rules(folder: Path, requirements: Iterable[Requirement]) -> AccessRules:
    """The rules in the pack's ``folder``, methods and severities of its ``requirements`` among them.

    Raises :class:`BrokenPack` where a file is missing or says not what it must, as prefixes in canonical form and
    patterns that compile.
    """
    try:
        return _rules(folder, [one for one in requirements if one.level == LEVEL])
    except (KeyError, TypeError, ValueError, AttributeError, OSError, re.error, yaml.YAMLError) as error:
        raise BrokenPack(f"{folder.parent.name}/{folder.name}", f"{type(error).__name__}: {error}") from error


def _rules(folder: Path, requirements: list[Requirement]) -> AccessRules:
    return AccessRules(
        addresses=_addresses(load_yaml(folder / "address-plan.yaml")),
        autonomous=_autonomous(load_yaml(folder / "as-plan.yaml")),
        vpns=tuple(_vpn(row) for row in load_yaml(folder / "vpn-registry.yaml")["vpns"]),
        domains=_domains(load_yaml(folder / "domain-plan.yaml")),
        classes={row["id"]: _class(row) for row in load_yaml(folder / "classes.yaml")["classes"]},
        platforms={row["id"]: _platform(row) for row in load_yaml(folder / "platforms.yaml")["platforms"]},
        statements={
            row["id"]: StatementKind(row["id"], _text(row["title"]), int(row["days"]))
            for row in load_yaml(folder / "statements.yaml")["statements"]
        },
        probes={row["id"]: _probe(row) for row in load_yaml(folder / "probes.yaml")["kinds"]},
        profiles={path.stem: _profile(path) for path in sorted((folder / "profiles").glob("*.yaml"))},
        methods={one.rule: one.methods for one in requirements},
        severities={one.rule: one.severity for one in requirements},
        schema=json.loads((folder / SCHEMA).read_text("utf-8")),
    )


def _text(raw: Mapping[str, str]) -> Text:
    return Text(raw["zh"].strip(), raw["en"].strip())


def _prefix(text: str) -> str:
    """The prefix as it is written; raises ValueError where that is not its canonical form."""
    if str(ipaddress.ip_network(text)) != text:
        raise ValueError(f"not canonical: {text}")
    return text


def _pattern(text: str) -> str:
    re.compile(text)
    return text


def _values(raw: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, Any]]:
    return ((name, entry["value"]) for name, entry in raw.items())


def _addresses(raw: Mapping[str, Any]) -> AddressPlan:
    return AddressPlan(
        segments=tuple(Segment(_prefix(row["prefix"]), row["scope"], row["owner"]) for row in raw["segments"]),
        allocations=tuple(
            Allocation(row["site"], _prefix(row["prefix"]), row["use"], row["vpn"]) for row in raw["allocations"]
        ),
        lengths={use: tuple(lengths) for use, lengths in _values(raw["lengths"])},
        sentinels=tuple(str(ipaddress.ip_address(row["address"])) for row in raw["sentinels"]),
        synthetic=_truth(raw["synthetic"]),
    )


def _truth(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError("synthetic")
    return value


def _autonomous(raw: Mapping[str, Any]) -> AsPlan:
    return AsPlan(
        ranges={side: tuple((row["first"], row["last"]) for row in rows) for side, rows in raw["ranges"].items()},
        pairs=tuple(AsPair(row["site"], row["customer"], row["provider"]) for row in raw["pairs"]),
    )


def _vpn(row: Mapping[str, Any]) -> RegisteredVpn:
    lists = (tuple(row[name]) for name in ("imports", "exports", "sites", "exchanges"))
    return RegisteredVpn(row["id"], row["instance"], row["rd"], *lists)


def _domains(raw: Mapping[str, Any]) -> DomainPlan:
    return DomainPlan(
        zones=tuple(row["name"] for row in raw["zones"]),
        extranet_only=tuple(row["name"] for row in raw["zones"] if row["extranet_only"]),
        patterns={name: _pattern(pattern) for name, pattern in _values(raw["patterns"])},
        regions=dict(_values(raw["regions"])),
    )


def _class(row: Mapping[str, Any]) -> UserClass:
    return UserClass(row["id"], _text(row["title"]), tuple(row["areas"]), row["exit"])


def _platform(row: Mapping[str, Any]) -> Platform:
    return Platform(
        id=row["id"],
        title=_text(row["title"]),
        vendor=row["vendor"],
        level=row["level"],
        reader=row["reader"],
        commands=tuple(row["commands"]),
        topics=tuple(row["topics"]),
        detect=tuple(_pattern(one) for one in row["detect"]),
        end=_pattern(row["end"]),
        defaults=dict(row["defaults"]),
    )


def _probe(row: Mapping[str, Any]) -> ProbeKind:
    return ProbeKind(
        id=row["id"],
        title=_text(row["title"]),
        place=row["place"],
        after=tuple(row["after"]),
        deadline_ms=row["deadline_ms"],
        control=row["control"],
        privileged=row["privileged"],
        asked=row["asked"],
        parameters=dict(row["parameters"]),
    )


def _profile(path: Path) -> Profile:
    raw = load_yaml(path)
    groups = {name: dict(_values(group)) for name, group in raw.items() if isinstance(group, dict)}
    return Profile(raw["id"], groups)
