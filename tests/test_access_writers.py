"""The reference access points: written anew they are what is checked in, and mean the same on every platform."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

HERE = Path(__file__).parents[1] / "fixtures" / "access"
sys.path[:0] = [str(HERE)]

import write  # noqa: E402 - found by the path above
from access_case_site import reference_site  # noqa: E402
from access_written import SILENT, endings, passing, plain, same  # noqa: E402
from writing.design import VENDORS, Design, designed, read_design, read_vendor  # noqa: E402
from writing.point import configuration, everything  # noqa: E402

from conformance.judge.access.blocks import Budget  # noqa: E402
from conformance.judge.access.config import DeviceConfig  # noqa: E402
from conformance.standard.access.model import AccessRules  # noqa: E402
from conformance.standard.access.reading import read_access_rules  # noqa: E402
from conformance.system.access.configs.reading import read_device  # noqa: E402

DESIGN = (HERE / "design.yaml").read_text("utf-8")
EXAMPLES = 15


@cache
def rules() -> AccessRules:
    """The pack's rules."""
    return read_access_rules(HERE.parents[1] / "standards/network-access/draft", ())


def read(name: str, design: Design) -> DeviceConfig:
    """A design as one vendor writes it and its reader reads it."""
    vendor = read_vendor(name)
    with tempfile.TemporaryDirectory() as folder:
        for path, text in configuration(name, design).items():
            place = Path(folder) / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, "utf-8")
        claim = replace(reference_site().devices[0], vendor=vendor.vendor, platform=vendor.platform, file=vendor.file)
        config = read_device(claim, Path(folder), rules()).config
    assert isinstance(config, DeviceConfig), config
    return config


def test_what_is_checked_in_is_what_the_writers_write() -> None:
    """Nothing missing, nothing changed, nothing beside it."""
    assert write.stale() == []


def test_a_change_of_one_file_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The staleness test can fail: for a changed file, a missing one, one too many."""
    for path, text in everything().items():
        place = tmp_path / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, "utf-8")
    monkeypatch.setattr(write, "HERE", tmp_path)
    assert write.stale() == []
    (tmp_path / "h3c/point/configs/ce01.cfg").write_text("#\n", "utf-8")
    (tmp_path / "cisco/system.yaml").unlink()
    (tmp_path / "linux/point/other.txt").write_text("", "utf-8")
    assert write.stale() == ["cisco/system.yaml", "h3c/point/configs/ce01.cfg", "linux/point/other.txt"]


def agree(design: Design) -> None:
    """Four texts of one design mean the same."""
    configs = {name: read(name, design) for name in VENDORS}
    for name, config in configs.items():
        assert not config.unread, (name, config.unread)
        assert all(one.complete and not one.unread for one in config.coverage), name
    models = {name: plain(config, read_vendor(name).names, name) for name, config in configs.items()}
    first = models["huawei"]
    for name, model in models.items():
        for key in model:
            assert model[key] == first[key], (name, key)
        assert set(first) - set(model) == set(SILENT[name])
    through = {name: passing(config, read_vendor(name).names, design) for name, config in configs.items()}
    ends = {name: endings(config, read_vendor(name).names, design) for name, config in configs.items()}
    for name in VENDORS:
        assert ends[name] == dict.fromkeys(ends["huawei"], (True, True)), name
        for way, blocks in through[name].items():
            assert same(blocks, through["huawei"][way], Budget(2_000_000)), (name, way)


def test_the_reference_means_the_same_on_every_platform() -> None:
    """The design as it is."""
    agree(read_design())


@st.composite
def designs(draw: st.DrawFn) -> Design:
    """The reference design, renumbered, renamed, with fewer and other flows."""
    lan, six, pool = draw(st.integers(0, 9)), draw(st.integers(0x30, 0xFE)), draw(st.integers(100, 250))
    vlan, instance = draw(st.integers(2, 4094)), draw(st.sampled_from(["ga", "gongan", "hb2"]))
    text = DESIGN.replace("59.240.10.", f"59.240.{lan}.").replace("2001:db8:10:", f"2001:db8:{six:x}:")
    text = text.replace("59.240.11.", f"59.240.{pool}.").replace("instance: ga", f"instance: {instance}")
    text = text.replace("trust-ga", f"trust-{instance}").replace("vlan: 100", f"vlan: {vlan}")
    text = text.replace("64801:188", f"64801:{draw(st.integers(2, 65535))}")
    said = yaml.safe_load(text)
    said["hostname"] = draw(st.from_regex(r"\A[A-Z]{2}-[A-Z]{2,8}-CE[0-9]{2}\Z"))
    said["customer-as"] = draw(st.integers(64512, 65534) | st.integers(4200000000, 4294967294))
    said["provider-as"] = draw(st.integers(64512, 65534))
    said["services"]["ntp"] = [f"59.195.0.{123 + one}" for one in range(draw(st.integers(1, 4)))]
    said["flows"] = draw(st.lists(st.sampled_from(said["flows"]), min_size=1, unique_by=lambda one: str(one["id"])))
    for number in range(draw(st.integers(0, 4))):
        low = draw(st.integers(1, 65000))
        ports = f"{low}-{low + draw(st.integers(1, 500))}" if draw(st.booleans()) else str(low)
        said["flows"].append(_flow(number, said["flows"][0], ports, draw(st.sampled_from(["tcp", "udp"]))))
    for one in said["prefix-lists"]["IN4"]:
        one["up-to"] = draw(st.integers(10, 32))
    for one in said["sessions"]:
        one["limit"], one["bfd"] = draw(st.integers(1, 5000)), draw(st.booleans())
    return designed(yaml.safe_dump(said, allow_unicode=True))


def _flow(number: int, like: dict[str, object], ports: str, protocol: str) -> dict[str, object]:
    """A flow between the same zones, of an IPv4 protocol that has ports."""
    return {
        **like, "id": f"more-{number}", "sources": ["59.240.200.0/24"], "destinations": [f"59.195.{number}.0/24"],
        "ports": [ports], "protocol": protocol, "purpose": "business",
    }  # fmt: skip


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(designs())
def test_same_design_four_vendors_equal_model(design: Design) -> None:
    """Whatever the design: nothing is left unread, and the models are equal."""
    agree(design)
