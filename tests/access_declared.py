"""The reference declaration of an access point, changed and written anew; of the pack's rules what reading needs."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from access_case_rules import reference_rules

from conformance.judge.access.site import Site
from conformance.standard.access.model import AccessRules, Platform, StatementKind
from conformance.standard.model import Text
from conformance.system.access.declaration import read_site
from conformance.system.problem import ConfigurationError, Problem
from conformance.system.yaml_text import read_document

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "fixtures" / "access" / "huawei.access.yaml"
TEXT = EXAMPLE.read_text("utf-8")
SCHEMA: Mapping[str, Any] = json.loads(
    (ROOT / "standards" / "network-access" / "draft" / "schema" / "access.schema.json").read_text("utf-8")
)
NOTHING = Text("", "")
_STATEMENTS = ("separate-from-inner-network", "terminals-one-network", "log-protection")
RULES: AccessRules = replace(
    reference_rules(),
    platforms={"huawei-vrp8": Platform("huawei-vrp8", NOTHING, "huawei", "full", "vrp", (), (), (), "")},
    statements={name: StatementKind(name, NOTHING, 365) for name in _STATEMENTS},
    schema=SCHEMA,
)


def plain() -> dict[str, Any]:
    """The reference declaration as plain values, to be changed."""
    value: dict[str, Any] = copy.deepcopy(read_document(TEXT.encode()).value)
    return value


def read_plain(folder: Path, value: Any) -> Site:
    """A declaration of plain values, written as ``access.json`` and read."""
    (folder / "access.json").write_text(json.dumps(value, ensure_ascii=False, indent=1), "utf-8")
    return read_site(folder, RULES)


def changed(folder: Path, change: Callable[[dict[str, Any]], object]) -> Site:
    """The reference with one change."""
    value = plain()
    change(value)
    return read_plain(folder, value)


def refused(read: Callable[[], object]) -> tuple[Problem, ...]:
    """The problems for which something is refused; fails where it is not."""
    try:
        read()
    except ConfigurationError as error:
        assert error.problems
        return error.problems
    raise AssertionError("nothing was refused")


def of_text(folder: Path, text: str | bytes) -> Site:
    """A declaration of that text, as ``access.yaml``."""
    content = text.encode() if isinstance(text, str) else text
    (folder / "access.yaml").write_bytes(content)
    return read_site(folder, RULES)


def ids(problems: tuple[Problem, ...]) -> list[str]:
    """The ids of their messages, without the family's name."""
    return [one.message.id.removeprefix("declaration.") for one in problems]
