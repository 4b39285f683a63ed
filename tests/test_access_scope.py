"""Scope files from the reference declaration: every kind of the pack, aimed at nothing but what is named."""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from functools import cache
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest

from conformance.cli import main
from conformance.judge.access.site import Site
from conformance.probe import agent, responder
from conformance.standard.access.model import AccessRules
from conformance.standard.pack import editions, standards_root
from conformance.standard.standards import ACCESS, Standards
from conformance.system.access.declaration import read_site
from conformance.system.access.scope import scopes
from conformance.system.access.scope_parts import Wanted
from conformance.system.problem import ConfigurationError

DECLARATION = Path(__file__).parents[1] / "fixtures/access/huawei.access.yaml"
WANTED = Wanted(
    reference="59.195.0.10",
    reference6="2001:db8:195::10",
    hosts=("59.240.10.1", "59.240.10.20", "10.64.20.10"),
    vpn_hosts=("10.88.0.10", "10.89.0.10"),
    manager="59.240.10.250",
    tunnel="tun0",
    bandwidth=True,
    failover=True,
)
Scopes = dict[str, dict[str, Any]]


@cache
def rules() -> AccessRules:
    return Standards.load([(ACCESS, editions(standards_root())[ACCESS][-1])]).access


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("site")
    (made / "access.yaml").write_bytes(DECLARATION.read_bytes())
    return made


@pytest.fixture(scope="module")
def site(folder: Path) -> Site:
    return read_site(folder, rules())


def made(site: Site, wanted: Wanted = WANTED, of: AccessRules | None = None) -> Scopes:
    known = of or rules()
    return scopes(site, known, known.profiles[site.profile], nonce="n1", until="2999-01-01", wanted=wanted)


def of_kind(scope: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [one for one in scope["probes"] if one["kind"] == kind]


def test_every_kind_of_the_pack_is_probed_at_its_place_and_known_to_the_agent(site: Site) -> None:
    found = made(site)
    for kind in rules().probes.values():
        assert of_kind(found[kind.place], kind.id), kind.id
    assert set(rules().probes) == set(agent.KINDS)


def test_the_agent_takes_each_scope_and_would_refuse_no_probe_of_it(site: Site, tmp_path: Path) -> None:
    for place, scope in made(site).items():
        path = tmp_path / f"{place}.json"
        path.write_text(json.dumps(scope, indent=1), "utf-8")
        read = agent.read_scope(path, place, agent._instant("2026-11-21"))
        for spec in read.probes:
            agent.admit(agent.Wire(read, agent.Pace(1), spec.id, 0, {}), spec)
            assert spec.control is None or spec.control["kind"] in agent.CONTROLS


def test_nothing_is_aimed_at_but_what_was_declared_planned_or_named(site: Site) -> None:
    text = DECLARATION.read_text("utf-8")
    named = {*WANTED.hosts, *WANTED.vpn_hosts, WANTED.reference, WANTED.reference6, *rules().addresses.sentinels}
    for scope in made(site).values():
        assert [one for one in scope["targets"] if one not in named and one not in text] == []


def test_what_loads_the_line_or_needs_a_name_is_not_there_unasked(site: Site) -> None:
    kinds = {one["kind"] for scope in made(site, Wanted("59.195.0.10")).values() for one in scope["probes"]}
    assert kinds.isdisjoint({"bandwidth", "failover", "split-tunnel", "area-isolation", "vpn-isolation", "duplicate"})
    assert {"base", "internet-tcp", "inbound", "bgp-session", "rib"} <= kinds


def test_probes_hang_on_those_of_their_own_place(site: Site) -> None:
    found = made(site)
    assert all("base" in one["after"] for one in found["lan"]["probes"] if one["kind"] != "base")
    for place in ("far", "device", "provider"):
        assert all(one["after"] == [] for one in found[place]["probes"]), place


def test_each_lan_is_seen_from_its_own_place(site: Site) -> None:
    found = made(site)
    seen = {place: [one["id"] for one in of_kind(found[place], "source-seen")] for place in ("lan", "office")}
    assert seen == {"lan": ["source-seen.lan", "source-seen.lan6"], "office": ["source-seen.office"]}


def test_hosts_of_vpn_areas_are_told_apart(site: Site) -> None:
    lan = made(site)["lan"]
    (area,), (other,) = of_kind(lan, "area-isolation"), of_kind(lan, "vpn-isolation")
    assert (area["parameters"]["addresses"], other["parameters"]["addresses"]) == (["10.88.0.10"], ["10.89.0.10"])


def test_what_is_looked_at_from_outside_has_a_control_through_the_same_path(site: Site) -> None:
    far = made(site)["far"]
    controls = {one["id"]: one["control"] for one in far["probes"]}
    assert controls["inbound.59.240.10.20"] == {"kind": "tcp", "address": "59.240.10.20", "port": 443}
    assert controls["inbound.59.240.11.10"] == {"kind": "tcp", "address": "59.240.11.10", "port": 443}, "a mapping"
    assert controls["inbound.59.240.10.1"] == {"kind": "icmp", "address": "59.240.10.1"}
    assert not any("10.64.20" in id_ for id_ in controls), "what is translated has no address outside"
    for id_, control in controls.items():
        assert control is not None or id_ in ("ike", "nat-log"), id_


def test_forged_sources_are_of_nobody_here_and_go_where_a_flow_leads(site: Site) -> None:
    (spoof,) = of_kind(made(site)["lan"], "spoof")
    assert spoof["parameters"]["protocol"] == "tcp"
    labelled = {one["label"]: one["source"] for one in spoof["parameters"]["sources"]}
    assert set(labelled) == {"true", "other-site", "inner", "internet", "unallocated"}
    given = [ip_network(one.prefix) for one in rules().addresses.allocations]
    assert not any(ip_address(labelled["unallocated"]) in one for one in given)
    own = [ip_network(one.prefix) for one in site.lans]
    assert not any(ip_address(source) in lan for label, source in labelled.items() if label != "true" for lan in own)


@pytest.mark.parametrize(
    ("sentinel", "inside"),
    [
        *[(one, True) for one in ("59.195.0.53", "59.200.0.1", "2001:db8:10::5", "10.64.1.1")],
        *[(one, False) for one in ("1.2.3.4", "198.51.100.7", "2001:db8:bad::10")],
    ],
)
def test_a_sentinel_of_the_plan_is_no_sentinel(sentinel: str, inside: bool, site: Site) -> None:
    plan = replace(rules(), addresses=replace(rules().addresses, sentinels=(sentinel,)))
    if inside:
        with pytest.raises(ConfigurationError, match="sentinel-inside"):
            made(site, of=plan)
    else:
        assert made(site, of=plan)["lan"]


def test_the_far_end_knows_the_events_of_the_run(site: Site, tmp_path: Path) -> None:
    found = made(site)
    path = tmp_path / "scope-far.json"
    path.write_text(json.dumps(found["far"]), "utf-8")
    arguments = argparse.Namespace(scope=path, nonce="", tcp=None, udp=None, syslog=None)
    setting = responder.setting_of(arguments)
    (syslog,) = of_kind(found["lan"], "syslog")
    assert setting.events == {agent.event_of("n1", syslog["id"]): syslog["id"]}
    assert setting.tcp == (7000, 7005)
    changed = json.loads(path.read_text("utf-8")) | {"nonce": "n2"}
    path.write_text(json.dumps(changed), "utf-8")
    with pytest.raises(ValueError, match="digest"):
        responder.setting_of(arguments)


def test_the_kit_runs_as_it_is_carried(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kit = tmp_path / "kit"
    command = ["probe", "kit", str(folder), "-o", str(kit), "--reference", "59.195.0.10", "--nonce", "n9"]
    assert main(command) == 0
    names = {path.name for path in kit.iterdir()}
    places = {f"scope-{place}.json" for place in ("lan", "office", "device", "provider", "far")}
    assert names == places | {"agent.py", "responder.py", "README.zh.txt", "README.en.txt"}
    assert {json.loads((kit / one).read_text("utf-8"))["nonce"] for one in places} == {"n9"}
    out = tmp_path / "device.json"
    assert main(["probe", "run", "--scope", str(kit / "scope-device.json"), "--out", str(out)]) == 0
    assert json.loads(out.read_text("utf-8"))["place"] == "device"
    assert main([*command[:-4], "--reference", "nowhere"]) == 2
    assert "nowhere" in capsys.readouterr().err
    assert main([*command, "--days", "0"]) == 2
    assert main(["probe", "respond", "--scope", str(tmp_path / "none.json"), "--out", str(out)]) == 2
