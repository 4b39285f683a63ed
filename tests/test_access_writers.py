"""The reference access points: written anew they are what is checked in, and mean the same on every platform."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
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

from conformance.judge.access.blocks import Block, Budget  # noqa: E402
from conformance.judge.access.case import parts  # noqa: E402
from conformance.judge.access.config import TOPICS, DeviceConfig  # noqa: E402
from conformance.judge.access.judging import judge_access  # noqa: E402
from conformance.standard.access.model import AccessRules  # noqa: E402
from conformance.standard.access.reading import read_access_rules  # noqa: E402
from conformance.standard.standards import Standards  # noqa: E402
from conformance.system.access.configs.reading import read_device  # noqa: E402
from conformance.system.access.opening import open_point  # noqa: E402

DESIGN = (HERE / "design.yaml").read_text("utf-8")
EXAMPLES = 15
#: Rules that stay undecided because a vendor's export leaves out what they ask for (see SILENT).
UNSAID = {"cisco": {"snmp"}}


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


@dataclass(frozen=True)
class Meaning:
    """What a vendor's text of a design means; ``wrong`` what was not understood, or ends open."""

    model: Mapping[str, object]
    through: Mapping[str, tuple[Block, ...]]
    wrong: tuple[str, ...]


def meaning(name: str, design: Design) -> Meaning:
    """A design, written and read; ways and addresses are those of the reference's interfaces."""
    config, names = read(name, design), read_vendor(name).names
    topics = rules().platforms[config.platform].topics
    wrong = [f"{name} unread {one.topic} {one.where.line}" for one in config.unread if one.topic in topics]
    wrong += [f"{name} {one.file}" for one in config.coverage if one.unread or not one.complete]
    ends = endings(config, names, design)
    wrong += [f"{name} {way} open" for way, ends_well in ends.items() if ends_well != (True, True)]
    return Meaning(plain(config, names, name), passing(config, names, design), tuple(wrong))


@cache
def reference() -> Meaning:
    """The reference as Huawei's text means it."""
    return meaning("huawei", read_design())


def differences(name: str, one: Meaning, other: Meaning) -> list[str]:
    """What a vendor's text means otherwise than another's."""
    assert set(other.model) - set(one.model) == set(SILENT[name])
    found = [*one.wrong, *other.wrong]
    found += [f"{name} {key}" for key, value in one.model.items() if value != other.model[key]]
    ways = one.through.items()
    return found + [f"{name} {way}" for way, let in ways if not same(let, other.through[way], Budget(2_000_000))]


def agree(design: Design) -> None:
    """Four texts of one design mean the same."""
    first = meaning(VENDORS[0], design)
    for name in VENDORS[1:]:
        assert differences(name, meaning(name, design), first) == []


def test_the_reference_means_the_same_on_every_platform() -> None:
    """The design as it is."""
    agree(read_design())


CHANGES: tuple[tuple[str, str, str], ...] = (
    ("customer-as: 65101", "customer-as: 65109", "asn"),
    ("up-to: 24", "up-to: 23", "sessions"),
    ("{prefix: 10.88.10.0/24, instance: ga}", "{prefix: 10.88.10.0/25, instance: ga}", "announced"),
    ("vlan: 100", "vlan: 101", "vlans"),
    ("limit-mbps: 1000, parent", "limit-mbps: 999, parent", "limits"),
    ("next-hop: 59.254.1.1", "next-hop: 59.254.1.5", "routes"),
    ('rd: "64801:188"', 'rd: "64801:187"', "instances"),
    ("ntp: [59.195.0.123, ", "ntp: [", "ntp"),
    ("59.195.0.0/28", "59.195.0.0/29", "reached from"),
    ("pool: [59.240.11.1, 59.240.11.9]", "pool: [59.240.11.1, 59.240.11.8]", "source nat"),
    ("inside: 10.64.20.20", "inside: 10.64.20.21", "mapped"),
    ("tries: 5", "tries: 4", "tries"),
    ("ciphers: [aes256-ctr, ", "ciphers: [", "ssh algorithms"),
    ("ports: [7000-7009]", "ports: [7000-7008]", "lan up1 4"),
    (
        "from: untrust, to: trust, sources: [59.195.0.0/24, ",
        "from: untrust, to: trust, sources: [59.195.1.0/24, ",
        "up1 lan 4",
    ),
    ("sources: [59.254.1.1/32]", "sources: [59.254.1.2/32]", "up1 device 4"),
)


@pytest.mark.parametrize("old, new, expected", CHANGES)
def test_another_design_is_another_model(old: str, new: str, expected: str) -> None:
    """What the property compares it can tell apart, for each vendor beside the first."""
    assert old in DESIGN
    changed = designed(DESIGN.replace(old, new))
    for name in VENDORS[1:]:
        assert f"{name} {expected}" in differences(name, meaning(name, changed), reference())


@pytest.mark.parametrize("name", VENDORS)
def test_the_reference_is_green(name: str) -> None:
    """All requirements, every method; of a platform that is read in part those are undecided that read more."""
    standards = Standards.load([("network-access", "draft")])
    case = open_point(HERE / name / "point", standards.access, "2026-11-21").case
    tallies = judge_access(case, sample_limit=5).tallies
    uncovered = set(TOPICS) - set(rules().platforms[case.site.devices[0].platform].topics)
    open_ones = {one.rule for one in parts().values() if one.method == "configuration" and uncovered & set(one.reads)}
    open_ones |= UNSAID.get(name, set()) | ({"export-complete"} if uncovered else set())
    assert {rule for (rule, _), one in tallies.items() if one.undecided} == open_ones
    assert not [rule for (rule, _), one in tallies.items() if one.violations or one.unasked or not one.checked]
    assert len(tallies) == len(standards.access.methods)


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
