"""How much of its standards a certificate stands on: what of them was executed, and what of that is official text."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Share:
    """``n`` of ``of``."""

    n: int
    of: int

    def value(self) -> dict[str, int]:
        """As the certificate holds it."""
        return {"n": self.n, "of": self.of}


@dataclass(frozen=True)
class Scope:
    """What of one conformance class was tested: its requirements as the run knew them, and how many were executed."""

    name: str
    requirements: int
    executed: int

    def value(self) -> dict[str, Any]:
        """As the certificate holds it."""
        return {"class": self.name, "requirements": self.requirements, "executed": self.executed}


def executed(report: Mapping[str, Any], name: str) -> set[str]:
    """The requirements of a class that came to a pass or a fail on a target where something was judged."""
    return {
        entry["requirement"]
        for entry in report["findings"]
        if entry["class"] == name and entry["verdict"] in ("pass", "fail") and entry["checked"] > 0
    }


def known(report: Mapping[str, Any], name: str) -> set[str]:
    """The requirements of a class, those among them that were judged nowhere, for whatever reason."""
    return {
        entry["requirement"] for part in ("findings", "notTested") for entry in report[part] if entry["class"] == name
    }


def scope(report: Mapping[str, Any], name: str) -> Scope:
    """What of one class was tested."""
    return Scope(name, len(known(report, name)), len(executed(report, name)))


def executed_share(report: Mapping[str, Any], names: Collection[str]) -> Share:
    """The requirements executed, of all those of the classes named."""
    held = set[str]().union(*(known(report, name) for name in names))
    return Share(len(set[str]().union(*(executed(report, name) for name in names))), len(held))


def official_share(report: Mapping[str, Any]) -> Share:
    """The judgements that rest on the official text of a clause, of all judgements of the run."""
    told = report["summary"]["officialShare"]
    return Share(told["text"], told["total"])
