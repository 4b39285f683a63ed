"""The export to RFC 8299, held against the model by yangson: what that refuses would be refused elsewhere too."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from access_declared import EXAMPLE, RULES, changed
from yangson import DataModel
from yangson.exceptions import YangsonException

from conformance.cli import main
from conformance.system.access.declaration import read_site
from conformance.system.access.l3vpn import MODULE, l3vpn_service

Change = Callable[[dict[str, Any]], object]


def modules() -> dict[str, Path]:
    """The YANG modules that pyang ships, by name."""
    files = [Path(str(one.locate())) for one in metadata.files("pyang") or () if one.name.endswith(".yang")]
    return {path.stem: path for path in files}


def entry(path: Path, conformance: str) -> dict[str, Any]:
    """One module in a YANG library, with all of its features."""
    text = path.read_text("utf-8")
    (namespace,) = re.findall(r'^\s*namespace\s+"([^"]+)"', text, re.M)
    return {
        "name": path.stem,
        "revision": re.findall(r'^\s*revision\s+"?([0-9-]{10})"?', text, re.M)[0],
        "namespace": namespace,
        "conformance-type": conformance,
        "feature": re.findall(r"^  feature ([\w-]+)", text, re.M) if conformance == "implement" else [],
    }


@pytest.fixture(scope="module")
def model() -> Any:
    known = modules()
    imported = re.findall(r"^\s*import ([\w-]+)", known[MODULE].read_text("utf-8"), re.M)
    entries = [entry(known[MODULE], "implement"), *(entry(known[name], "import") for name in imported)]
    library = {"ietf-yang-library:modules-state": {"module-set-id": "1", "module": entries}}
    return DataModel(json.dumps(library), tuple(sorted({str(path.parent) for path in known.values()})))


def validate(model: Any, document: Any) -> None:
    """Raises YangsonException where the document is no instance of the model."""
    model.from_raw(json.loads(json.dumps(document))).validate()


@pytest.fixture(scope="module")
def reference() -> dict[str, Any]:
    return l3vpn_service(read_site(EXAMPLE, RULES))


def site_in(document: dict[str, Any]) -> dict[str, Any]:
    (site,) = document[f"{MODULE}:l3vpn-svc"]["sites"]["site"]
    return dict(site)


def accesses_in(document: dict[str, Any]) -> list[dict[str, Any]]:
    return list(site_in(document)["site-network-accesses"]["site-network-access"])


def test_the_reference_is_an_instance_of_the_model(model: Any, reference: dict[str, Any]) -> None:
    validate(model, reference)
    services = reference[f"{MODULE}:l3vpn-svc"]["vpn-services"]["vpn-service"]
    assert [one["vpn-id"] for one in services] == ["public", "ga"]
    first, second, third = accesses_in(reference)
    assert first["service"] == {
        "svc-input-bandwidth": "1000000000",
        "svc-output-bandwidth": "1000000000",
        "svc-mtu": 1500,
    }
    assert first["ip-connection"]["ipv6"]["addresses"]["customer-address"] == "2001:db8:ff:1::1"
    assert first["ip-connection"]["oam"] == {"bfd": {"enabled": True}}
    assert first["routing-protocols"]["routing-protocol"][0]["bgp"]["autonomous-system"] == 65101
    assert second["availability"]["access-priority"] == 50
    assert (third["vpn-attachment"]["vpn-id"], set(third["ip-connection"])) == ("ga", {"ipv4"})
    assert site_in(reference)["site-vpn-flavor"] == f"{MODULE}:site-vpn-flavor-sub"


def static_routing(value: dict[str, Any]) -> None:
    value["routing"] = {"protocol": "static"}


OTHERWISE: dict[str, Change] = {
    "static routing": static_routing,
    "no AS number": lambda v: v["routing"].pop("customer-as"),
    "AS number 0": lambda v: v["routing"].update({"customer-as": 0}),
    "no address": lambda v: v["site-network-accesses"][0].pop("ip-connection"),
    "no line": lambda v: v["site-network-accesses"][0].pop("bearer"),
    "no uplink": lambda v: v.update({"site-network-accesses": []}),
    "one uplink": lambda v: v.update({"site-network-accesses": v["site-network-accesses"][:1]}),
    "the least MTU": lambda v: v["site-network-accesses"][0]["service"].update({"svc-mtu": 68}),
    "the greatest": lambda v: v["site-network-accesses"][0].update(
        {"access-priority": 4294967295, "service": {"bandwidth-mbps": 10000000, "svc-mtu": 65535}}
    ),
    "awkward texts": lambda v: v["department"].update(name="<&>\"'𠮷 \\u0000 ]]>"),
    "addresses of another text": lambda v: v["site-network-accesses"][0]["ip-connection"]["ipv6"].update(
        {"provider-address": "2001:DB8:FF:1:0:0:0:0", "customer-address": "::ffff:1.2.3.4"}
    ),
}


@pytest.mark.parametrize("name", OTHERWISE)
def test_other_declarations_are_instances_too(tmp_path: Path, model: Any, name: str) -> None:
    validate(model, l3vpn_service(changed(tmp_path, OTHERWISE[name])))


def test_a_vpn_named_public_is_told_once(tmp_path: Path, model: Any) -> None:
    def named_so(value: dict[str, Any]) -> None:
        value["vpns"].append({"vpn-id": "public"})

    document = l3vpn_service(changed(tmp_path, named_so))
    validate(model, document)
    services = document[f"{MODULE}:l3vpn-svc"]["vpn-services"]["vpn-service"]
    assert sorted(one["vpn-id"] for one in services) == ["ga", "public"]


def test_static_routing_tells_the_untranslated_lans_of_each_access(tmp_path: Path) -> None:
    def host_bits_too(value: dict[str, Any]) -> None:
        static_routing(value)
        value["lans"][0]["prefix"] = "59.240.10.7/24"

    first, _, third = accesses_in(l3vpn_service(changed(tmp_path, host_bits_too)))
    protocol = first["routing-protocols"]["routing-protocol"][0]
    assert protocol["static"]["cascaded-lan-prefixes"] == {
        "ipv4-lan-prefixes": [{"lan": "59.240.10.0/24", "next-hop": "59.254.1.2"}],
        "ipv6-lan-prefixes": [{"lan": "2001:db8:10::/64", "next-hop": "2001:db8:ff:1::1"}],
    }
    protocol = third["routing-protocols"]["routing-protocol"][0]
    assert protocol["static"]["cascaded-lan-prefixes"] == {
        "ipv4-lan-prefixes": [{"lan": "10.88.10.0/24", "next-hop": "59.254.1.10"}]
    }


BROKEN: dict[str, Change] = {
    "devices of a customer-managed site": lambda s: s.update(
        devices={"device": [{"device-id": "a", "location": "370100"}]}
    ),
    "another management": lambda s: s["management"].update(type=f"{MODULE}:provider-managed"),
    "no management": lambda s: s.pop("management"),
    "an unknown leaf": lambda s: s.update(nat="source"),
    "a location that is none": lambda s: access(s).update({"location-reference": "370200"}),
    "bandwidth as a number": lambda s: access(s)["service"].update({"svc-input-bandwidth": 1000000000}),
    "no bandwidth": lambda s: access(s)["service"].pop("svc-output-bandwidth"),
    "an MTU out of range": lambda s: access(s)["service"].update({"svc-mtu": 65536}),
    "a VPN that is none": lambda s: access(s)["vpn-attachment"].update({"vpn-id": "gb"}),
    "addresses without their type": lambda s: access(s)["ip-connection"]["ipv4"].pop("address-allocation-type"),
    "an address that is none": lambda s: access(s)["ip-connection"]["ipv4"]["addresses"].update(
        {"customer-address": "59.254.1.300"}
    ),
    "BGP without a family": lambda s: access(s)["routing-protocols"]["routing-protocol"][0]["bgp"].pop(
        "address-family"
    ),
}


def access(site: dict[str, Any]) -> Any:
    return site["site-network-accesses"]["site-network-access"][0]


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_export_is_refused(model: Any, reference: dict[str, Any], name: str) -> None:
    document = copy.deepcopy(reference)
    BROKEN[name](document[f"{MODULE}:l3vpn-svc"]["sites"]["site"][0])
    with pytest.raises(YangsonException):
        validate(model, document)


# The command


def test_the_command_writes_the_export(
    tmp_path: Path, reference: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", "--l3vpn-svc", str(EXAMPLE)]) == 0
    assert json.loads(capsys.readouterr().out) == reference
    target = tmp_path / "l3vpn.json"
    assert main(["export", "--l3vpn-svc", str(EXAMPLE), "-o", str(target)]) == 0
    assert json.loads(target.read_text("utf-8")) == reference
    assert "山东省测试数据局" in target.read_text("utf-8")
    assert main(["export", "--l3vpn-svc", str(EXAMPLE), "-o", str(tmp_path / "no" / "such"), "--lang", "en"]) == 2
    assert "cannot write" in capsys.readouterr().err


def test_the_command_tells_problems_with_file_and_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "access.yaml").write_text(EXAMPLE.read_text("utf-8").replace("layer: 3", "layer: x"), "utf-8")
    assert main(["export", "--l3vpn-svc", str(tmp_path), "-o", str(tmp_path / "out"), "--lang", "en"]) == 2
    assert re.search(r"access\.yaml:\d+:\d+ devices\[0\]\.layer\n", capsys.readouterr().err)
    assert not (tmp_path / "out").exists()
