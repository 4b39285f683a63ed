"""Hostile Linux bundles, through the door: broken, deep, large, endless, out of the folder."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from access_case_rules import reference_rules
from access_case_site import reference_site
from access_linux import (
    ACCEPT,
    bundle,
    forward,
    header,
    meta,
    prefix,
    ruleset,
)
from access_linux_edits import (
    passage,
)

from conformance.judge.access.case import Unreadable
from conformance.judge.access.config import (
    DeviceConfig,
)
from conformance.system.access.configs.reading import read_device

#: No reading of one bundle may take longer, on a machine that does other things as well.
SECONDS = 8.0


def opened(folder: Path, texts: dict[str, str]) -> Any:
    """The reading of a bundle that lies in a folder, within bounded time."""
    for name, text in texts.items():
        place = folder / "configs/ce01" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, "utf-8")
    claim = replace(reference_site().devices[0], platform="linux-bundle", file="configs/ce01")
    begun = time.monotonic()
    device = read_device(claim, folder, reference_rules())
    assert time.monotonic() - begun < SECONDS
    return device.config


def test_the_reference_through_the_door(tmp_path: Path) -> None:
    config = opened(tmp_path, bundle())
    assert isinstance(config, DeviceConfig) and config.unread == ()
    assert len(bundle()["nftables.json"]) > 4000  # all of it in one line, as nft writes it


@pytest.mark.parametrize(
    "file, topic", [("nftables.json", "filter"), ("addresses.json", "interface"), ("tc.json", "qos")]
)
@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[" * 200_000,
        '{"nftables": 7}',
        "null",
        "[1, 2]",
        '{"nftables": [' + "9" * 5000 + "]}",
        "[[[]]]",
        "\ufeff{}",
        '[{"ifname": 7}]',
        '{"nftables": [{"rule": {"family": "inet"}}, {"chain": []}, {}]}',
        '[{"dev": "up1", "kind": "htb", "root": true}]',
    ],
    ids=range(11),
)
def test_broken_json_is_unknown(tmp_path: Path, file: str, topic: str, text: str) -> None:
    config = opened(tmp_path, {**bundle(), file: text})
    assert isinstance(config, DeviceConfig)
    assert (
        topic in {one.topic for one in config.unread}
        or any(not one.complete for one in config.coverage)
        or (file == "nftables.json" and config.passages == ())
    )


def test_large_files_take_bounded_time(tmp_path: Path) -> None:
    made = ruleset()
    for number in range(1000):
        way = header("ip", "saddr", prefix(f"10.{number % 250}.{number // 250}.0/24"))
        made.rule("inet", "boundary", "forward", [way, header("tcp", "dport", number + 1), ACCEPT], "x")
    big = json.dumps(json.loads(made.text()), indent=1)
    config = opened(tmp_path, {**bundle(), "nftables.json": big, "frr.conf": bundle()["frr.conf"] + "! x\n" * 60_000})
    assert isinstance(config, DeviceConfig) and len(passage(config).rules) > 1000


def test_ten_megabytes_of_anything(tmp_path: Path) -> None:
    rule = {"rule": {"family": "inet", "table": "boundary", "chain": "forward", "expr": [{"match": 1}, ACCEPT]}}
    held = json.loads(bundle()["nftables.json"])
    held["nftables"] += [rule] * 90_000
    config = opened(tmp_path, {**bundle(), "nftables.json": json.dumps(held)})
    assert isinstance(config, DeviceConfig) and "filter" in {one.topic for one in config.unread}


def test_chains_that_call_each_other_end(tmp_path: Path) -> None:
    made = forward()
    for number in range(40):
        made.chain("inet", "t", f"c{number}")
    made.rule("inet", "t", "forward", [{"jump": {"target": "c0"}}])
    for number in range(40):
        for _ in range(3):
            made.rule("inet", "t", f"c{number}", [meta("mark", 1), {"jump": {"target": f"c{(number + 1) % 40}"}}])
    config = opened(tmp_path, {**bundle(), "nftables.json": made.text()})
    assert isinstance(config, DeviceConfig) and "filter" in {one.topic for one in config.unread}
    assert not any(one.understood for one in passage(config, "t forward").rules)


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x", "utf-8")
    (tmp_path / "configs/ce01").mkdir(parents=True)
    (tmp_path / "configs/ce01/frr.conf").symlink_to(tmp_path / "secret")
    texts = {name: text for name, text in bundle().items() if name != "frr.conf"}
    assert isinstance(opened(tmp_path, texts), Unreadable)


def test_a_single_file_is_no_bundle(tmp_path: Path) -> None:
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs/ce01").write_text(bundle()["frr.conf"], "utf-8")
    claim = replace(reference_site().devices[0], platform="linux-bundle", file="configs/ce01")
    assert isinstance(read_device(claim, tmp_path, reference_rules()).config, Unreadable)
