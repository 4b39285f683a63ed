"""The network access pack holds what docs/access.md asks for, and fits the reference declaration."""

from __future__ import annotations

import ipaddress
import json
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from conformance.judge.access.case import METHODS
from conformance.judge.access.config import TOPICS
from conformance.standard.access.model import AccessRules
from conformance.standard.access.reading import SCHEMA, read_access_rules
from conformance.standard.lint.source import contract
from conformance.standard.model import Provenance, Requirement
from conformance.standard.pack import read_pack, standards_root
from conformance.standard.standards import ACCESS, Standards

ROOT = Path(__file__).parents[1]
PACK = standards_root() / ACCESS / "draft"
DOCUMENT = (ROOT / "docs" / "access.md").read_text("utf-8")
PROFILE = "profiles/default.yaml"
#: What the table of rules in docs/access.md leaves to prose, or leaves out.
BY_PROSE = {
    "sources-agree": ("configuration", "probe"),
}
LETTERS = dict(zip("DCPS", METHODS, strict=True))
#: Read as it stands in the table, but "none" is judged there by it.
NOTHING = {"in-allocation": {"probe"}}


@cache
def rules() -> AccessRules:
    return Standards.load([(ACCESS, "draft")]).access


@cache
def requirements() -> dict[str, Requirement]:
    return dict(read_pack(standards_root(), ACCESS, "draft").requirements)


@cache
def reference() -> dict[str, Any]:
    """The reference declaration, as a department writes it."""
    text = (ROOT / "fixtures" / "access" / "huawei.access.yaml").read_text("utf-8")
    declared: dict[str, Any] = yaml.safe_load(text)
    return declared


def network(text: str) -> Any:
    return ipaddress.ip_network(text)


def within(prefix: str, others: Iterator[str] | list[str]) -> bool:
    inner = network(prefix)
    return any(inner.version == network(one).version and inner.subnet_of(network(one)) for one in others)


def allotted(use: str) -> list[str]:
    """What the reference site was given for a use."""
    return [one.prefix for one in rules().addresses.allocations if one.site == "jn-dsj-01" and one.use == use]


def scope(prefix: str) -> str:
    """The scope of the longest segment that a prefix lies in."""
    holding = [one for one in rules().addresses.segments if within(prefix, [one.prefix])]
    return max(holding, key=lambda one: network(one.prefix).prefixlen).scope


# What it holds.


def test_there_are_seventy_requirements_each_with_its_rule() -> None:
    found = requirements()
    assert len(found) == len({one.rule for one in found.values()}) == 70
    assert all(one.level == "access" and one.conformance_class == "网络接入" for one in found.values())
    assert all(one.obligation == "shall" and one.testability == "automated" for one in found.values())
    assert all(one.clause.provenance is Provenance.RECONSTRUCTED for one in found.values())


def documented() -> Iterator[tuple[str, str, str]]:
    """Id, rule and what each method judges, by the table of docs/access.md."""
    for found in re.finditer(r"^\| (NA-[A-Z0-9]+-\d\d) \| (\S+) \| (.*) \|$", DOCUMENT, re.M):
        yield found[1], found[2], found[3]


@pytest.mark.parametrize(("id_", "rule", "text"), list(documented()))
def test_rule_and_methods_are_those_of_the_contract(id_: str, rule: str, text: str) -> None:
    found = requirements()[id_]
    assert found.rule == rule
    spoken = {
        letter for part in text.split(" · ") for letter in re.findall(r"(?:^|(?<=: )|(?<=^[DCPS] ))[DCPS](?= )", part)
    }
    expected = {LETTERS[letter] for letter in spoken} - NOTHING.get(rule, set())
    assert set(found.methods) == set(BY_PROSE.get(rule, expected))
    assert rules().methods[rule] == found.methods
    assert rules().severities[rule] == found.severity


def test_no_requirement_is_beyond_the_contract_but_the_compliance_one() -> None:
    assert set(requirements()) - {id_ for id_, _, _ in documented()} <= {"NA-CMP-01"}


def test_methods_stand_in_one_order_and_severities_are_all_used() -> None:
    for one in requirements().values():
        assert list(one.methods) == sorted(one.methods, key=METHODS.index)
    assert Counter(rules().severities.values()).keys() == {"blocker", "major", "minor"}
    assert rules().severities["internet-unreachable"] == "blocker"


def test_requirements_of_other_packs_have_neither_methods_nor_severity() -> None:
    others = read_pack(standards_root(), "services", "2020").requirements.values()
    assert {(one.methods, one.severity) for one in others} == {((), "")}


def test_the_probe_kinds_are_those_of_the_contract() -> None:
    table = DOCUMENT.split("## Probe kinds")[1].split("Results:")[0]
    cells = [[cell.strip() for cell in line.split("|")] for line in table.splitlines() if line.startswith("| ")]
    places = {kind: row[2] for row in cells[1:] for kind in row[1].split(", ")}
    assert set(rules().probes) == set(places)
    for kind, probe in rules().probes.items():
        assert probe.place in places[kind], kind
        assert probe.asked == (kind in {"bandwidth", "failover"})


def test_what_hangs_on_what_comes_to_an_end() -> None:
    probes = rules().probes
    for kind in probes:
        trail, heads = set[str](), [kind]
        while heads:
            heads = [after for head in heads for after in probes[head].after]
            assert kind not in heads
            trail.update(heads)
        if probes[kind].place == "lan" and kind != "base":
            assert "base" in trail, kind


def test_the_words_of_parameters_are_whole() -> None:
    words = [
        one for probe in rules().probes.values() for several in probe.parameters.values() for one in listed(several)
    ]
    assert {one for one in words if isinstance(one, str) and not re.fullmatch(r"[A-Za-z0-9./-]+", one)} == set()


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def test_every_platform_reads_known_topics_and_full_ones_all() -> None:
    assert tuple(contract()["words"]["topic"]) == TOPICS
    for one in rules().platforms.values():
        assert set(one.topics) == set(TOPICS) or one.level != "full", one.id
    assert {one.id for one in rules().platforms.values() if one.level == "full"} == {
        "huawei-vrp5",
        "huawei-vrp8",
        "h3c-comware7",
        "h3c-comware9",
        "linux-bundle",
    }
    assert len({frozenset(one.defaults) for one in rules().platforms.values()}) == 1


BANNERS = {
    "!Software Version V600R022C00SPC500": "huawei-vrp8",
    "!Software Version V800R012C10": "huawei-vrp8",
    "!Software Version V200R011C10SPC600": "huawei-vrp5",
    "[V200R010C00SPC600]": "huawei-vrp5",
    " version 7.1.064, Release 0707P10": "h3c-comware7",
    "version 9.1.055, ESS 9153": "h3c-comware9",
    "frr version 8.4.4": "linux-bundle",
    "version 15.2": "cisco-ios",
    "version 12.4": "cisco-ios",
    "version 17.9": "cisco-iosxe",
    "version 11.0(1)B2": "ruijie-rgos",
    "version S29_RGOS 11.4(1)B12P11": "ruijie-rgos",
    "!<mim>": "zte-zxros",
    "Building configuration...": "",
    "# version": "",
}


@pytest.mark.parametrize("banner", BANNERS)
def test_a_banner_tells_one_platform(banner: str) -> None:
    found = {one.id for one in rules().platforms.values() if any(re.match(line, banner) for line in one.detect)}
    assert found == ({BANNERS[banner]} - {""})


def test_every_threshold_says_where_it_comes_from() -> None:
    raw = yaml.safe_load((PACK / PROFILE).read_text("utf-8"))
    groups = {name: group for name, group in raw.items() if isinstance(group, dict)}
    for name, group in groups.items():
        for entry, value in group.items():
            assert value.keys() == {"value", "provenance"}
            assert rules().profiles["default"].value(name, entry) == value["value"]
    assert groups["logs"]["retention_days"] == {"value": 180, "provenance": "secondary"}


def test_the_plan_of_the_loss_test_shows_what_it_claims() -> None:
    value = rules().profiles["default"].value
    assert value("loss", "allowed") == 0
    lossless = (1 - value("loss", "bound_per_mille") / 1000) ** value("loss", "packets")
    assert lossless <= 1 - value("loss", "confidence_percent") / 100


# It fits the reference declaration.


def test_the_reference_lies_in_its_allocations() -> None:
    declared = reference()
    for lan in declared["lans"]:
        if not lan.get("translated"):
            assert within(lan["prefix"], allotted("vpn" if "vpn-id" in lan else "lan")), lan["prefix"]
    for prefix in declared["routing"]["advertise"]:
        assert within(prefix, [one.prefix for one in rules().addresses.allocations if one.site == "jn-dsj-01"]), prefix
        assert scope(prefix) in ({"vpn"} if prefix.startswith("10.") else {"national", "province"}), prefix
    for pool in declared["nat"]["pools"]:
        assert within(pool, allotted("pool"))
    assert within(f"{declared['devices'][0]['management']}/32", allotted("loopback"))
    for uplink in declared["site-network-accesses"]:
        for link in uplink["ip-connection"].values():
            length, ends = link["prefix-length"], (link["provider-address"], link["customer-address"])
            prefixes = {str(ipaddress.ip_network(f"{end}/{length}", strict=False)) for end in ends}
            assert len(prefixes) == 1 and prefixes <= set(allotted("link"))


def test_the_reference_is_within_plans_and_profile() -> None:
    declared, plan, value = reference(), rules(), rules().profiles["default"].value
    pair = (declared["routing"]["customer-as"], declared["routing"]["provider-as"])
    assert pair in {(one.customer, one.provider) for one in plan.autonomous.pairs if one.site == "jn-dsj-01"}
    registered = {one.id: one for one in plan.vpns}
    for vpn in declared["vpns"]:
        found = registered[vpn["vpn-id"]]
        assert (found.instance, found.rd) == (vpn["instance"], vpn["rd"])
        assert (list(found.imports), list(found.exports)) == (vpn["import"], vpn["export"])
    assert re.match(plan.domains.patterns["hostname"], declared["devices"][0]["hostname"])
    for name in declared["services"]["dns"]["names"]:
        parts = re.match(plan.domains.patterns["name"], name["name"])
        assert parts and parts["zone"] in plan.domains.zones
    kind = plan.classes[declared["site"]["user-class"]]
    assert set(kind.areas) == {area["kind"] for area in declared["areas"]} and kind.exit == declared["internet"]["exit"]
    assert {one["statement"] for one in declared["statements"]} == set(plan.statements)
    level = declared["department"]["level"]
    assert all(
        one["service"]["bandwidth-mbps"] >= value("bandwidth", level) for one in declared["site-network-accesses"]
    )
    assert declared["security"]["mlps"]["level"] >= value("mlps", level)
    assert declared["devices"][0]["platform"] in plan.platforms


def test_another_site_and_another_vpn_are_there_to_be_told_apart() -> None:
    sites = {one.site for one in rules().addresses.allocations}
    assert sites == {"jn-dsj-01", "jn-other-01"}
    assert {one.id for one in rules().vpns} == {"ga", "hb"}
    assert rules().addresses.sentinels == ("203.0.113.10", "2001:db8:bad::10")


def test_the_schema_is_the_file() -> None:
    assert rules().schema == json.loads((PACK / SCHEMA).read_text("utf-8"))


def test_only_requirements_of_access_have_methods_in_the_rules() -> None:
    others = read_pack(standards_root(), "services", "2020").requirements.values()
    assert read_access_rules(PACK, others).methods == {}
