"""Edits of the Linux reference bundle, and what tests ask of its model."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from access_linux import (
    FILE,
    addresses,
    bundle,
    interface,
    read,
)

from conformance.judge.access.config import (
    DeviceConfig,
    FilterRule,
    Interface,
    Passage,
    Service,
    Session,
)
from conformance.judge.rulebook import Location

Edit = Callable[[dict[str, str]], None]
HERE = Location(FILE)


def changed(edit: Edit) -> DeviceConfig:
    """The reference bundle after one edit."""
    texts = bundle()
    edit(texts)
    return read(texts)


def put(file: str, old: str, new: str) -> Edit:
    """One text of one file for another; the old one must be there."""

    def edit(texts: dict[str, str]) -> None:
        assert old in texts[file]
        texts[file] = texts[file].replace(old, new)

    return edit


def added(file: str, text: str) -> Edit:
    """More at the end of a file."""

    def edit(texts: dict[str, str]) -> None:
        texts[file] += text

    return edit


def passage(config: DeviceConfig, name: str = "boundary forward", family: int = 4) -> Passage:
    return next(one for one in config.passages if (one.name, one.family) == (name, family))


def rules(config: DeviceConfig, family: int = 4) -> tuple[FilterRule, ...]:
    """The rules of the one chain of a small rule set."""
    return passage(config, "t forward", family).rules


def nft(edit: Callable[[dict[str, Any]], bool]) -> Edit:
    """Edit the rules of the reference's rule set: ``edit`` says whether the rule stays; it must change something."""

    def run(texts: dict[str, str]) -> None:
        held = json.loads(texts["nftables.json"])
        kept = [one for one in held["nftables"] if "rule" not in one or edit(one["rule"])]
        assert json.dumps(kept) != json.dumps(json.loads(texts["nftables.json"])["nftables"])
        texts["nftables.json"] = json.dumps({"nftables": kept})

    return run


def listed(edit: Callable[[list[dict[str, Any]]], object]) -> Edit:
    """Edit ``ip -j address``."""

    def run(texts: dict[str, str]) -> None:
        held = addresses()
        edit(held)
        texts["addresses.json"] = json.dumps(held)

    return run


def without(statement: str, chain: str) -> Edit:
    """The rules of a chain without a statement."""

    def edit(rule: dict[str, Any]) -> bool:
        if rule["chain"] == chain:
            rule["expr"] = [one for one in rule["expr"] if statement not in one]
        return True

    return nft(edit)


def more(chain: str, *expressions: dict[str, Any], table: str = "boundary") -> Edit:
    """One more rule, first in its chain."""

    def run(texts: dict[str, str]) -> None:
        held = json.loads(texts["nftables.json"])["nftables"]
        family = next(one["table"]["family"] for one in held if one.get("table", {}).get("name") == table)
        rule = {"family": family, "table": table, "chain": chain, "handle": 999, "expr": list(expressions)}
        place = next(at for at, one in enumerate(held) if one.get("rule", {}).get("chain") == chain)
        texts["nftables.json"] = json.dumps({"nftables": [*held[:place], {"rule": rule}, *held[place:]]})

    return run


def one_address(name: str, text: str) -> Callable[[list[dict[str, Any]]], object]:
    """An interface with these addresses and no others."""

    def edit(held: list[dict[str, Any]]) -> object:
        place = next(at for at, one in enumerate(held) if one["ifname"] == name)
        held[place] = interface(name, held[place].get("master", ""), tuple(text.split()))
        return None

    return edit


def session(config: DeviceConfig, neighbour: str) -> Session:
    """The session with a neighbour; an empty one where there is none."""
    known = config.bgp.sessions if config.bgp else ()
    return next((one for one in known if one.neighbour == neighbour), Session(neighbour, HERE))


def held(config: DeviceConfig, name: str) -> Interface:
    """The interface of that name; an empty one where there is none."""
    return config.interface(name) or Interface(name, HERE, "")


def service(config: DeviceConfig, kind: str) -> Service:
    """The service of that kind; an empty one where there is none."""
    return config.service(kind) or Service(kind, None)


def redistributed(config: DeviceConfig) -> list[tuple[str, str]]:
    return [(one.protocol, one.policy.state) for one in config.bgp.redistributed] if config.bgp else []


def active(config: DeviceConfig, neighbour: str) -> list[str]:
    return sorted(one.family for one in session(config, neighbour).families if one.active)


def announced(config: DeviceConfig) -> list[str]:
    return [one.prefix for one in config.bgp.announced] if config.bgp else []


def remarks(config: DeviceConfig) -> list[str]:
    return [one.remark for one in passage(config).rules if one.permit and not one.established]


def last_user(config: DeviceConfig) -> tuple[str, str]:
    return config.accounts.users[-1].name, config.accounts.users[-1].secret


def fourth(config: DeviceConfig) -> FilterRule:
    return passage(config).rules[0]
