"""The access laboratory is the reference design, says what a machine lacks, and leaves nothing behind.

The whole of its probes and faults is CI's own item (``fixtures/access-lab/matrix.py``), not this file's.
"""

from __future__ import annotations

import ipaddress
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
LAB = ROOT / "fixtures" / "access-lab"
sys.path.insert(0, str(LAB))

from access_lab import daemons, features, mutants, scopes  # noqa: E402 - found by the path above
from access_lab.sandbox import outside  # noqa: E402
from access_lab.topology import Topology, read  # noqa: E402

from conformance.probe.agent import KINDS, read_scope  # noqa: E402

DECLARATION: dict[str, Any] = yaml.safe_load((ROOT / "fixtures/access/huawei.access.yaml").read_text(encoding="utf-8"))

#: Machines without daemons, in a sandbox of their own; said when they are up, then waited until somebody ends it.
_RAISE = """
import sys
sys.path[:0] = [{lab!r}, {root!r}]
from access_lab.sandbox import Sandbox, prepare_mounts
from access_lab.topology import read
prepare_mounts()
sandbox = Sandbox()
sandbox.raise_machines(read())
print(sandbox.run("lan", ["ip", "-brief", "address", "show", "eth0"]).stdout.strip(), flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def topology() -> Topology:
    return read()


def lacking() -> str:
    """Why no laboratory runs here; empty where it does."""
    return "; ".join(f"{one.name}: {one.reason}" for one in features.detect() if one.needed and not one.present)


def need_lab() -> None:
    if reason := lacking():
        pytest.skip(reason)


def configured(machine: str, file: str) -> str:
    return (LAB / "machines" / machine / file).read_text(encoding="utf-8")


# --- the same design as the declaration ---


def test_every_uplink_has_the_declared_ends(topology: Topology) -> None:
    machines = {"up1": ("ce", "pe1"), "up2": ("ce", "pe2"), "up3": ("ce-ga", "pe1-ga")}
    for uplink in DECLARATION["site-network-accesses"]:
        customer, provider = machines[uplink["site-network-access-id"]]
        for family in uplink["ip-connection"].values():
            held = [f"{family['customer-address']}/{family['prefix-length']}", family["provider-address"]]
            assert held[0] in topology.machines[customer].addresses[uplink["site-network-access-id"]]
            assert str(ipaddress.ip_address(held[1])) in topology.addresses(provider)
        session = f"neighbor {uplink['ip-connection']['ipv4']['provider-address']} password"
        assert session in configured(customer, "bgpd.conf")


def test_every_lan_has_its_gateway_at_the_access_router(topology: Topology) -> None:
    gateways = [ipaddress.ip_address(one) for name in ("ce", "ce-ga") for one in topology.addresses(name)]
    for lan in DECLARATION["lans"]:
        first = ipaddress.ip_network(lan["prefix"]).network_address + 1
        assert first in gateways


def test_every_declared_service_is_there(topology: Topology) -> None:
    said, public = DECLARATION["services"], topology.addresses("pub")
    wanted = [*said["dns"]["resolvers"], *said["ntp"], *said["syslog"]["collectors"]]
    wanted += [DECLARATION["remote-access"]["portal"].split(":")[0], DECLARATION["remote-access"]["gateway"]]
    assert not set(wanted) - set(public)
    (name,) = said["dns"]["names"]
    assert f"host-record={name['name']},{','.join(name['address'])}" in configured("pub", "dnsmasq.conf")
    assert not set(name["address"]) - set(topology.addresses("server"))


def test_the_boundary_permits_exactly_the_declared_flows() -> None:
    rules = configured("ce", "nftables.conf") + configured("ce-ga", "nftables.conf")
    named = set(re.findall(r'comment "([^"]+)"', rules))
    declared = {"dns" if one["flow-id"].startswith("dns-") else one["flow-id"] for one in DECLARATION["flows"]}
    assert named == declared
    assert rules.count("policy drop;") == 4
    (mapping,) = DECLARATION["nat"]["static"]
    assert f"ip daddr {mapping['outside']} tcp dport {mapping['port']} dnat to {mapping['inside']}" in rules


def test_routing_is_the_declared(topology: Topology) -> None:
    said = DECLARATION["routing"]
    for machine, words in (("ce", said["customer-as"]), ("ce-ga", said["customer-as"]), ("pe1", said["provider-as"])):
        assert f"router bgp {words}\n" in configured(machine, "bgpd.conf")
    networks = re.findall(r"^  network (\S+)$", configured("ce", "bgpd.conf") + configured("ce-ga", "bgpd.conf"), re.M)
    assert sorted(networks) == sorted(said["advertise"])
    assert f"{said['static'][0]['prefix']} via {said['static'][0]['next-hop']}" in topology.machines["ce"].routes


def test_both_ends_of_each_cable_are_machines(topology: Topology) -> None:
    ends = [end for cable in topology.cables for end in cable]
    assert len(ends) == len(set(ends))
    assert {machine for machine, _ in ends} == set(topology.machines)
    for machine in topology.machines.values():
        ports = set(topology.ports(machine.name)) | set(machine.bridges) | {"lo"}
        assert not {*machine.addresses, *machine.down} - ports
        assert not set(machine.daemons) - set(daemons.catalogue())


def test_no_address_is_held_twice(topology: Topology) -> None:
    held = [one for name in topology.machines for one in topology.addresses(name)]
    assert sorted(held) == sorted(set(held))


# --- its faults ---


def test_mutants_say_what_they_are(topology: Topology) -> None:
    found = list(mutants.catalogue().values())
    requirements = yaml.safe_load((ROOT / "standards/network-access/draft/requirements.yaml").read_text("utf-8"))
    known = {one["id"] for one in requirements}
    assert len({one.id for one in found}) == len(found) >= 40
    for one in found:
        assert one.red
        assert not set(one.red) - known, one.name
        kinds = {kind for place in one.probes.values() for kind in place}
        assert set(one.changed) <= kinds <= set(KINDS), one.name
        for text in (one.fault, one.near_miss):
            assert text["zh"]
            assert text["en"]
        for step in (*one.steps, *one.near_miss_steps):
            assert step.get("in", "ce") in topology.machines
            assert ("do" in step) is ("undo" in step)
            if "edit" in step:
                assert step["from"] in configured(step["in"], step["edit"]), one.name


def test_a_part_of_a_scope_keeps_what_it_hangs_on(tmp_path: Path) -> None:
    whole = scopes.of_the_lab("0011223344556677")
    part = scopes.part(whole["lan"], {"dns-tunnel"})
    assert [one["id"] for one in part["probes"]] == ["base", "dns", "dns-tunnel"]
    for place, scope in {**whole, "lan": part}.items():
        path = tmp_path / f"{place}.json"
        path.write_text(json.dumps(scope), encoding="utf-8")
        assert read_scope(path, place, datetime.now(UTC)).nonce == "0011223344556677"


# --- what a machine lacks ---


def test_what_is_not_there_has_a_reason() -> None:
    found = features.detect()
    assert {one.name for one in found} >= {"root", "veth", "nft-fib", "tcp-md5", "packet-socket", "netem", "vrf"}
    assert all(one.reason for one in found if not one.present)


def test_a_missing_program_names_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(features, "_there", lambda program: program != "dnsmasq")
    (missing,) = [one for one in features.detect() if one.name == "dnsmasq"]
    assert not missing.present
    assert missing.needed
    assert missing.reason == "Debian: apt-get install dnsmasq-base"


def test_without_root_it_says_so_and_ends_with_3(tmp_path: Path) -> None:
    nobody = ["unshare", "--user"] if os.geteuid() == 0 else []
    for command in (["start.py"], ["matrix.py", "--out", str(tmp_path)]):
        whole = [*nobody, sys.executable, str(LAB / command[0]), *command[1:]]
        done = subprocess.run(whole, capture_output=True, text=True, timeout=20, check=False)
        assert done.returncode == 3, done.stderr
        assert "root: 需要 root / needs root" in done.stderr


# --- nothing stays ---


def raised() -> subprocess.Popen[str]:
    """A sandbox with its machines, begun from a process of its own that can be killed."""
    command = outside([sys.executable, "-c", _RAISE.format(lab=str(LAB), root=str(ROOT))])
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def below(pid: int) -> set[int]:
    """A process and all that came from it."""
    parents = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(entry.parent.name)] = int(fields[1])
    found, grown = {pid}, True
    while grown:
        more = {child for child, parent in parents.items() if parent in found} - found
        found, grown = found | more, bool(more)
    return found


def namespaces(pids: set[int]) -> set[str]:
    """The network and mount namespaces of processes."""
    found = set()
    for pid in pids:
        for kind in ("net", "mnt", "pid"):
            try:
                found.add(str(Path(f"/proc/{pid}/ns/{kind}").readlink()))
            except OSError:
                continue
    return found


def every_process() -> set[int]:
    return {int(one.name) for one in Path("/proc").glob("[0-9]*")}


def await_true(holds: Callable[[], bool], seconds: float = 10) -> None:
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.02)


@pytest.mark.parametrize("how", ["ends", "killed", "two at once"])
def test_a_sandbox_leaves_nothing_behind(how: str) -> None:
    need_lab()
    mounts = Path("/proc/self/mountinfo").read_text(encoding="utf-8")
    links = sorted(one.name for one in Path("/sys/class/net").iterdir())
    labs = [raised() for _ in range(2 if how == "two at once" else 1)]
    inside: set[int] = set()
    for lab in labs:
        assert lab.stdout is not None
        assert "59.240.10.10/24" in lab.stdout.readline()
        inside |= below(lab.pid)
    own = namespaces(inside) - namespaces({os.getpid()})
    assert len(own) >= 2 * len(read().machines) * len(labs)
    for lab in labs:
        if how == "killed":
            lab.send_signal(signal.SIGKILL)
        lab.communicate(timeout=20)
    await_true(lambda: not inside & every_process())
    assert not own & namespaces(every_process())
    assert Path("/proc/self/mountinfo").read_text(encoding="utf-8") == mounts
    assert sorted(one.name for one in Path("/sys/class/net").iterdir()) == links


def test_told_to_end_the_command_ends_its_laboratory() -> None:
    need_lab()
    command = subprocess.Popen([sys.executable, str(LAB / "start.py")], stdout=subprocess.PIPE, text=True)
    try:
        assert command.stdout is not None
        assert "ready" in command.stdout.readline()
        inside = below(command.pid)
        command.terminate()
        assert command.wait(10) == 128 + signal.SIGTERM
    finally:
        command.kill()
    await_true(lambda: not inside & every_process())


def test_a_fault_is_seen_and_the_command_ends_whole(tmp_path: Path) -> None:
    need_lab()
    command = [sys.executable, str(LAB / "start.py"), "--mutant", "leaks_ipv6", "--only", "--out", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=False)
    assert done.returncode == 0, done.stderr
    results = json.loads((tmp_path / "observed/lan.json").read_text(encoding="utf-8"))
    answers = {one["kind"]: (one["state"], one["facts"].get("answers")) for one in results["probes"]}
    assert answers["internet-tcp"] == ("done", [])
    assert answers["internet-v6"][0] == "done"
    assert answers["internet-v6"][1]
    assert (tmp_path / "observed/far.responder.json").is_file()
