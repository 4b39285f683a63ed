"""A Comware text as a model, and what of it was not understood."""

from __future__ import annotations

from conformance.judge.access.config import DeviceConfig
from conformance.system.access.configs.comware import read
from conformance.system.access.configs.draft import Draft
from conformance.system.access.configs.tree import hash_tree

FILE = "configs/ce01.cfg"
LAN, OFFICE = "GigabitEthernet1/0/3", "GigabitEthernet1/0/4"
UP1, UP2 = "GigabitEthernet1/0/1", "GigabitEthernet1/0/2"


def device(text: str) -> DeviceConfig:
    """The model of an export; every effective line is counted once."""
    draft = Draft("ce01", "h3c-comware7", {})
    read(text, FILE, draft)
    config = draft.made()
    (held,) = config.coverage
    assert held.recognised + held.ignored + held.unread == hash_tree(text).effective
    assert held.unread == len(config.unread) == len({one.where for one in config.unread})
    return config


def unread(config: DeviceConfig) -> list[tuple[str, int]]:
    return sorted((one.topic, one.where.line) for one in config.unread)


def line(text: str, start: str) -> int:
    """The number of the first line that begins so."""
    return next(number for number, one in enumerate(text.splitlines(), 1) if one.startswith(start))
