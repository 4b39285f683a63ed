"""The declaration of an access point: read whole with the place of each value, or refused with every problem."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from access_declared import EXAMPLE, RULES, SCHEMA, TEXT, changed, ids, of_text, plain, read_plain, refused
from jsonschema import Draft202012Validator

from conformance.judge.access.site import Link, Site
from conformance.judge.rulebook import Location
from conformance.messages import LANGUAGES
from conformance.system.access.declaration import read_site

Change = Callable[[dict[str, Any]], object]


@pytest.fixture(scope="module")
def site() -> Site:
    return read_site(EXAMPLE, RULES)


def line_of(fragment: str, text: str = TEXT) -> int:
    """The one line that holds a fragment."""
    (found,) = [number for number, line in enumerate(text.splitlines(), 1) if fragment in line]
    return found


# The schema


def test_the_schema_is_a_schema_and_speaks_both_languages() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    told = list(descriptions(SCHEMA))
    assert len(told) > 100
    assert [text for text in told if not re.search(r"[一-鿿]", text) and "RFC" not in text] == []
    assert [text for text in told if not re.search(r"[A-Za-z]{2}", text)] == []


def descriptions(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("description"), str):
            yield value["description"]
        for member in value.values():
            yield from descriptions(member)


def test_each_list_and_text_of_the_schema_is_bounded_and_each_mapping_closed() -> None:
    def loose(value: Any, path: str = "") -> Iterator[str]:
        if isinstance(value, dict):
            kinds = value.get("type", ())
            kinds = (kinds,) if isinstance(kinds, str) else tuple(kinds)
            asked = {"array": "maxItems", "string": "maxLength", "object": "additionalProperties", "integer": "maximum"}
            yield from (f"{path} {kind}" for kind in kinds if kind in asked and asked[kind] not in value)
            for key, member in value.items():
                yield from loose(member, f"{path}/{key}")

    assert list(loose(SCHEMA)) == []
    assert list(loose({"a": {"type": "array"}})) == ["/a array"]


def test_no_pattern_is_misled_by_a_line_end() -> None:
    """A pattern's ``$`` also stands before a last line end in Python: a text with one is still refused."""
    patterns = [(name, one) for name, one in SCHEMA["$defs"].items() if "pattern" in one]
    good = {
        "id": "a",
        "words": "a",
        "maybe-words": "a",
        "interface": "a",
        "file": "a",
        "ports": "1",
        "date": "2026-01-01",
    }
    good |= {"address": "1.1.1.1", "maybe-address": "::1", "prefix": "::/0", "sha256": "0" * 64, "portal": "a:1"}
    good |= {"route-id": "1:1", "maybe-route-id": "1:1"}
    for name, one in patterns:
        validator = Draft202012Validator({key: one[key] for key in ("type", "pattern", "maxLength")})
        assert validator.is_valid(good[name]), name
        assert not validator.is_valid(good[name] + "\n"), name


# Reading


def test_the_reference_is_read(site: Site) -> None:
    assert (site.id, site.division, site.user_class, site.mode) == ("jn-dsj-01", "370100", "D", "router")
    assert site.department.abbreviation == "DSJ"
    assert [(area.id, area.kind, area.vpn) for area in site.areas] == [
        ("public", "public", ""),
        ("ga", "dedicated", "ga"),
    ]
    (device,) = site.devices
    assert (device.layer, device.platform, device.file, device.sha256) == (3, "huawei-vrp8", "configs/ce01.cfg", "")
    assert [uplink.id for uplink in site.uplinks] == ["up1", "up2", "up3"]
    assert isinstance(site.uplinks[0].ipv6, Link)
    assert (site.uplinks[0].ipv6.provider, site.uplinks[0].ipv6.length) == ("2001:db8:ff:1::", 127)
    assert (site.uplinks[2].ipv6, site.uplinks[2].vpn, site.uplinks[2].bfd) == (None, "ga", False)
    assert (site.uplinks[1].bandwidth, site.uplinks[1].mtu, site.uplinks[1].priority) == (1000, 1500, 50)
    assert [lan.translated for lan in site.lans] == [False, False, True, False]
    assert (site.routing.customer_as, site.routing.provider_as) == (65101, 64801)
    assert site.vpns[0].exports == ("64801:188", "64801:1880")
    assert (site.nat.mode, site.nat.mappings[0].port, site.nat.logged) == ("source", 443, True)
    flows = {flow.id: flow for flow in site.flows}
    assert flows["web"].ports == ((443, 443),)
    assert flows["echo-port"].ports == ((7000, 7009),)
    assert flows["echo"].ports == ()
    assert site.services.names[0].addresses == ("59.240.10.20", "2001:db8:10::20")
    assert (site.services.retention_days, site.services.aaa) == (200, ("59.195.0.60",))
    assert (site.security.admission, site.security.mlps_level) == ("802.1x", 3)
    assert len(site.statements) == 3


def test_each_value_has_its_place(site: Site) -> None:
    name = EXAMPLE.name
    assert site.uplinks[1].at == Location(name, line_of("site-network-access-id: up2"), "site-network-accesses[1]")
    assert site.lans[2].at == Location(name, line_of("lan-id: office"), "lans[2]")
    assert site.routing.advertise[4].at == Location(name, line_of("advertise:"), "routing.advertise[4]")
    assert site.services.names[0].at == Location(name, line_of("names:"), "services.dns.names[0]")
    assert all(place.file == name and place.line > 0 and place.path for place in places(site))
    assert len(list(places(site))) > 50


def places(value: Any) -> Iterator[Location]:
    if isinstance(value, Location):
        yield value
    elif dataclasses.is_dataclass(value):
        for one in dataclasses.fields(value):
            yield from places(getattr(value, one.name))
    elif isinstance(value, tuple):
        for one in value:
            yield from places(one)


def test_json_says_the_same(tmp_path: Path, site: Site) -> None:
    def unplaced(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: unplaced(one) for key, one in value.items() if key not in ("at", "file")}
        return [unplaced(one) for one in value] if isinstance(value, tuple | list) else value

    again = read_plain(tmp_path, plain())
    assert unplaced(dataclasses.asdict(again)) == unplaced(dataclasses.asdict(site))
    assert again.file == "access.json"


def test_addresses_become_canonical_and_host_bits_stay(tmp_path: Path) -> None:
    def written_otherwise(value: dict[str, Any]) -> None:
        value["lans"][1]["prefix"] = "2001:DB8:10:0::1/64"
        value["lans"][0]["prefix"] = "59.240.10.1/24"
        value["services"]["dns"]["resolvers"][1] = "2001:db8:195:0:0::53"

    site = changed(tmp_path, written_otherwise)
    assert site.lans[1].prefix == "2001:db8:10::1/64"
    assert site.lans[0].prefix == "59.240.10.1/24"
    assert site.services.resolvers[1] == "2001:db8:195::53"


LEAST = """\
access: 1
department: {name: 单位, code: x, level: city}
site: {site-id: s, division: "370100", user-class: A, access-mode: hub}
areas: []
devices: [{device-id: d, role: hub, layer: 1, serial: , configuration: }]
site-network-accesses: []
lans: []
routing: {protocol: static, customer-as: }
internet: {exit: own}
flows:
security:
services: {syslog: {}}
"""


def test_what_a_clause_asks_for_may_be_missing(tmp_path: Path) -> None:
    site = of_text(tmp_path, LEAST)
    assert (site.profile, site.nat.mode, site.remote.mode) == ("default", "none", "none")
    assert (site.routing.customer_as, site.services.retention_days, site.security.admission) == (None, None, "")
    assert (site.devices[0].serial, site.devices[0].file, site.flows, site.statements) == ("", "", (), ())
    assert site.nat.at == Location("access.yaml", 1, "nat")


LEFT_TO_THE_RULES: dict[str, Change] = {
    "class A with two areas": lambda v: v["site"].update({"user-class": "A"}),
    "device without serial": lambda v: v["devices"][0].update(serial=""),
    "device without a configuration": lambda v: v["devices"][0].pop("configuration"),
    "a hub": lambda v: v["devices"][0].update(role="hub"),
    "no statement": lambda v: v.update(statements=[]),
    "an unsigned statement": lambda v: v["statements"][0].update(signer="", signed="", sha256=""),
    "an exit of its own": lambda v: v["internet"].update(exit="own"),
    "an own VPN gateway": lambda v: v["remote-access"].update(mode="own"),
    "a foreign prefix": lambda v: v["lans"][0].update(prefix="192.168.1.0/24"),
    "host bits": lambda v: v["lans"][0].update(prefix="59.240.10.9/24"),
    "AS 100": lambda v: v["routing"].update({"customer-as": 100}),
    "no AS": lambda v: v["routing"].pop("provider-as"),
    "an RD twice": lambda v: v["vpns"].append({**v["vpns"][0], "vpn-id": "rs"}),
    "NAT none with a pool": lambda v: v["nat"].update(mode="none"),
    "no admission": lambda v: v["security"].update(admission="none"),
    "old signatures": lambda v: v["security"]["intrusion"].update(signatures="2020-01-01"),
    "short retention": lambda v: v["services"]["syslog"].update({"retention-days": 90}),
    "a name outside the plan": lambda v: v["services"]["dns"]["names"][0].update(name="WWW 例.com"),
    "a name without address": lambda v: v["services"]["dns"]["names"][0].pop("address"),
    "little bandwidth": lambda v: v["site-network-accesses"][0]["service"].update({"bandwidth-mbps": 1}),
    "one route": lambda v: v["site-network-accesses"][1]["bearer"].update({"route-id": "R-0101"}),
    "no IPv6": lambda v: v["site-network-accesses"][0]["ip-connection"].pop("ipv6"),
    "a flow without owner, purpose, end": lambda v: [v["flows"][0].pop(k) for k in ("owner", "purpose", "until")],
    "MLPS level 2": lambda v: v["security"]["mlps"].update(level=2, filing="", assessed=""),
    "an undeclared platform": lambda v: v["devices"][0].update(platform=""),
}


@pytest.mark.parametrize("name", LEFT_TO_THE_RULES)
def test_what_is_wrong_in_a_good_shape_is_left_to_the_rules(tmp_path: Path, name: str) -> None:
    assert isinstance(changed(tmp_path, LEFT_TO_THE_RULES[name]), Site)


# What is refused


REFUSED: dict[str, tuple[Change, str, str]] = {
    "an unknown key": (lambda v: v["site"].update(klass="D"), "unknown-key", "site.klass"),
    "a person's name": (lambda v: v["contacts"][0].update(name="某人"), "unknown-key", "contacts[0].name"),
    "a missing id": (lambda v: v["lans"][1].pop("lan-id"), "missing", "lans[1].lan-id"),
    "a text for a number": (lambda v: v["devices"][0].update(layer="3"), "type", "devices[0].layer"),
    "a version without quotes": (lambda v: v["devices"][0].update(version=5), "type-quote", "devices[0].version"),
    "an unknown class": (lambda v: v["site"].update({"user-class": "G"}), "not-allowed", "site.user-class"),
    "another format": (lambda v: v.update(access=2), "not-allowed", "access"),
    "no device": (lambda v: v.update(devices=[]), "nothing-in-it", "devices"),
    "too many": (lambda v: v.update(lans=[v["lans"][0]] * 2001), "bound.maxItems", "lans"),
    "a long text": (lambda v: v["department"].update(name="汉" * 201), "too-long", "department.name"),
    "an AS too great": (
        lambda v: v["routing"].update({"customer-as": 1 << 32}),
        "bound.maximum",
        "routing.customer-as",
    ),
    "a blank in an id": (lambda v: v["areas"][0].update({"area-id": "a b"}), "access.id", "areas[0].area-id"),
    "a line end": (lambda v: v["devices"][0].update(serial="a\nb"), "access.words", "devices[0].serial"),
    "a prefix without length": (
        lambda v: v["lans"][0].update(prefix="59.240.10.0"),
        "access.no-prefix",
        "lans[0].prefix",
    ),
    "an odd prefix": (
        lambda v: v["routing"]["advertise"].insert(1, "59.240.300.0/24"),
        "access.no-prefix",
        "routing.advertise[1]",
    ),
    "a length too great": (lambda v: v["nat"]["pools"].append("10.0.0.0/33"), "access.no-prefix", "nat.pools[1]"),
    "a mask": (
        lambda v: v["flows"][0]["source"].append("10.0.0.0/255.0.0.0"),
        "access.no-prefix",
        "flows[0].source[3]",
    ),
    "an address with a zone": (
        lambda v: v["services"]["ntp"].append("fe80::1%eth0"),
        "access.no-address",
        "services.ntp[2]",
    ),
    "leading zeros": (lambda v: v["services"]["ntp"].append("059.1.1.1"), "access.no-address", "services.ntp[2]"),
    "IPv4 for IPv6": (
        lambda v: v["site-network-accesses"][0]["ip-connection"]["ipv6"].update({"customer-address": "59.1.1.1"}),
        "access.family",
        "site-network-accesses[0].ip-connection.ipv6.customer-address",
    ),
    "IPv6 for IPv4": (
        lambda v: v["routing"]["static"][0].update({"next-hop": "2001:db8::1"}),
        "access.family",
        "routing.static[0].next-hop",
    ),
    "a link longer than IPv4": (
        lambda v: v["site-network-accesses"][0]["ip-connection"]["ipv4"].update({"prefix-length": 64}),
        "bound.maximum",
        "site-network-accesses[0].ip-connection.ipv4.prefix-length",
    ),
    "a day in another form": (lambda v: v["flows"][0].update(until="2027/12/31"), "access.date", "flows[0].until"),
    "no such day": (lambda v: v["flows"][0].update(until="2027-02-30"), "no-such-day", "flows[0].until"),
    "ports in words": (lambda v: v["flows"][0].update(ports=["https"]), "access.no-ports", "flows[0].ports[0]"),
    "ports upside down": (lambda v: v["flows"][0].update(ports=["9-8"]), "access.no-ports", "flows[0].ports[0]"),
    "a port too great": (lambda v: v["flows"][0].update(ports=["65536"]), "access.no-ports", "flows[0].ports[0]"),
    "a portal without port": (
        lambda v: v["remote-access"].update(portal="a.cn"),
        "access.portal",
        "remote-access.portal",
    ),
    "a portal at port 0": (
        lambda v: v["remote-access"].update(portal="a:0"),
        "access.no-ports",
        "remote-access.portal",
    ),
    "a digest cut short": (lambda v: v["statements"][0].update(sha256="ab"), "access.sha256", "statements[0].sha256"),
    "an odd target": (lambda v: v["vpns"][0].update(rd="ga"), "access.route-distinguisher", "vpns[0].rd"),
    "an odd division": (lambda v: v["site"].update(division="济南"), "access.division", "site.division"),
    "an id twice": (lambda v: v["lans"][1].update({"lan-id": "lan"}), "access.repeated", "lans[1].lan-id"),
    "an unknown device": (lambda v: v["lans"][0].update(device="ce1"), "access.reference", "lans[0].device"),
    "an unknown area": (lambda v: v["lans"][0].update(area="open"), "access.reference", "lans[0].area"),
    "an unknown VPN": (
        lambda v: v["site-network-accesses"][2].update({"vpn-id": "gb"}),
        "access.reference",
        "site-network-accesses[2].vpn-id",
    ),
    "an unknown VPN of a route": (
        lambda v: v["routing"]["static"][0].update({"vpn-id": "gb"}),
        "access.reference",
        "routing.static[0].vpn-id",
    ),
    "an unknown profile": (lambda v: v.update(profile="strict"), "access.profile", "profile"),
    "an unknown platform": (lambda v: v["devices"][0].update(platform="vrp"), "access.platform", "devices[0].platform"),
    "an unknown statement": (
        lambda v: v["statements"][0].update(statement="all-is-well"),
        "access.statement",
        "statements[0].statement",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_problem_is_told_alone_at_its_place_in_both_languages(tmp_path: Path, name: str) -> None:
    change, id_, path = REFUSED[name]
    value = plain()
    change(value)
    problems = refused(lambda: read_plain(tmp_path, value))
    assert [(*ids((one,)), one.path, one.file) for one in problems] == [(id_, path, "access.json")]
    line = (tmp_path / "access.json").read_text("utf-8").splitlines()[problems[0].line - 1]
    if id_ != "missing" and not path.endswith("]"):
        assert line.lstrip().startswith(f'"{path.rpartition(".")[2]}": ')
    for text in (problems[0].message, problems[0].mend):
        assert all(text.render(language) for language in LANGUAGES)


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "../other.cfg", "configs/../../x", "C:/x", "a\\..\\x", "configs/link.cfg", ".", "loop/x"]
)
def test_a_configuration_stays_in_the_folder(tmp_path: Path, path: str) -> None:
    folder = tmp_path / "point"
    (folder / "configs").mkdir(parents=True)
    (folder / "configs" / "link.cfg").symlink_to(tmp_path / "elsewhere.cfg")
    (folder / "loop").symlink_to(folder / "loop")
    (folder / "configs" / "good.cfg").symlink_to(folder / "real.cfg")
    assert changed(folder, lambda v: v["devices"][0]["configuration"].update(file="configs/good.cfg"))
    problems = refused(lambda: changed(folder, lambda v: v["devices"][0]["configuration"].update(file=path)))
    assert ids(problems) == ["access.outside"]


def test_unknown_names_come_with_the_known_ones(tmp_path: Path) -> None:
    (problem,) = refused(lambda: changed(tmp_path, lambda v: v["devices"][0].update(platform="vrp")))
    assert "huawei-vrp8" in problem.mend.render("zh")
    (problem,) = refused(lambda: changed(tmp_path, lambda v: v["lans"][0].update(device="ce1")))
    assert "ce01" in problem.mend.render("en")


def test_every_error_of_shape_comes_at_once_with_its_line(tmp_path: Path) -> None:
    text = (
        TEXT.replace("user-class: D", "user-class: Z")
        .replace("    layer: 3\n", "    layer: three\n")
        .replace("prefix: 10.64.20.0/24,", "prefix: 10.64.20,")
        .replace("internet: {exit: unified}", "internet: {exits: unified}")
        .replace("ports: [7000-7009]", "ports: [7000~7009]")
        .replace("profile: default", "profile: default\nprofile: other")
    )
    problems = refused(lambda: of_text(tmp_path, text))
    assert [(*ids((one,)), one.line) for one in problems] == [
        ("duplicate-key", line_of("profile: other", text)),
        ("not-allowed", line_of("user-class: Z", text)),
        ("type", line_of("layer: three", text)),
        ("access.no-prefix", line_of("lan-id: office", text)),
        ("access.no-ports", line_of("flow-id: echo-port", text)),
        ("missing", line_of("internet:", text)),
        ("unknown-key", line_of("internet:", text)),
    ]


def test_every_error_of_meaning_comes_at_once(tmp_path: Path) -> None:
    def wrong(value: dict[str, Any]) -> None:
        for name in ("an unknown device", "an id twice", "no such day", "ports upside down", "an unknown profile"):
            REFUSED[name][0](value)

    problems = refused(lambda: changed(tmp_path, wrong))
    assert sorted(ids(problems)) == [
        *("access.no-ports", "access.profile", "access.reference", "access.repeated", "no-such-day"),
    ]
    assert [one.line for one in problems] == sorted(one.line for one in problems)


def test_a_value_is_cut_and_cleaned_before_it_is_repeated(tmp_path: Path) -> None:
    (problem, *_) = refused(
        lambda: changed(tmp_path, lambda v: v["lans"][0].update({"lan-id": "\u202e\u001b" + "x" * 64}))
    )
    text = problem.message.render("zh")
    assert "\u202e" not in text
    assert "\u001b" not in text
    assert "x" * 61 not in text
