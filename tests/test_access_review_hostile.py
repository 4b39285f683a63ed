"""A second look at the access room: secrets that must not come out, input made to hang or break it."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from access_case_rules import reference_rules
from access_review import BUNDLE, SECRETS, Canaries

from conformance.cli import main
from conformance.judge.access.site import DeviceClaim
from conformance.judge.rulebook import Location
from conformance.system.access.configs.opening import opened
from conformance.system.access.configs.reading import read_device
from conformance.system.access.observed import MAX_ALL, read_observed
from conformance.system.access.opening import open_point
from conformance.system.access.scope import digest
from conformance.system.problem import ConfigurationError

FIXTURES = Path(__file__).parent.parent / "fixtures" / "access"
TODAY = "2026-11-21"


@pytest.fixture
def point(tmp_path: Path) -> Callable[[str], Path]:
    """A copy of a vendor's reference, by name: the folder of its ``system.yaml``."""

    def copied(vendor: str) -> Path:
        shutil.copytree(FIXTURES / vendor, tmp_path / vendor)
        return tmp_path / vendor

    return copied


def filled(text: str, canaries: Canaries) -> str:
    """The text with a canary for each name in braces."""
    whole = re.sub(r"(?<!\{)\{([a-z][\w -]*)\}(?!\})", lambda found: canaries(found[1]), text)
    return whole.replace("{{", "{").replace("}}", "}")


def planted(folder: Path, vendor: str, canaries: Canaries) -> None:
    """Secrets in the configuration, persons in the declaration, words in the facts; the digests are good again."""
    configs = folder / "point" / "configs"
    if vendor == "linux":
        for name, text in BUNDLE.items():
            path = configs / "ce01" / name
            path.write_text((path.read_text("utf-8") if path.exists() else "") + "\n" + filled(text, canaries), "utf-8")
    else:
        path = configs / "ce01.cfg"
        text = re.sub(r"\*{6}", lambda _: canaries("blanked place"), path.read_text("utf-8"))
        *lines, last = text.rstrip("\n").split("\n")
        path.write_text("\n".join([*lines, filled(SECRETS[vendor], canaries), last, ""]), "utf-8")
    declared(folder, canaries)
    for path in (folder / "point" / "observed").glob("*.json"):
        body = json.loads(path.read_bytes())
        for row in [*body.get("probes", ()), *body.get("met", ())]:
            row["facts"][canaries("fact")] = canaries("value of a fact") * 20
        seal(path, body | {"host": {"system": canaries("host")}})


def declared(folder: Path, canaries: Canaries) -> None:
    path = folder / "point" / "access.yaml"
    text = re.sub(
        r"contacts: .*", f"contacts: [{{role: {canaries('role')}, unit: {canaries('unit')}}}]", path.read_text("utf-8")
    )
    text = re.sub(r"signer: [^,]+", lambda _: f"signer: {canaries('signer')}", text)
    text = text.replace('signed: "2026-09-01"', 'signed: "2021-09-01"')
    (named,) = re.findall(r"configuration: \{file: ([^,}\s]+), sha256: \"?([0-9a-f]{64})", text)
    path.write_text(text.replace(named[1], opened(named[0], folder / "point").digest), "utf-8")


def seal(path: Path, body: dict[str, Any]) -> None:
    path.write_text(json.dumps(body | {"digest": digest(body)}, ensure_ascii=False), "utf-8")


def check(folder: Path) -> tuple[int, float]:
    """Exit code of a check, and how long it took."""
    begun = time.perf_counter()
    code = main(["check", str(folder / "system.yaml"), "--report", str(folder / "report")])
    return code, time.perf_counter() - begun


# Leaks


@pytest.mark.parametrize("vendor", ["huawei", "h3c", "cisco", "linux"])
def test_no_secret_and_no_person_comes_out(
    vendor: str, point: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    folder, canaries = point(vendor), Canaries()
    planted(folder, vendor, canaries)
    assert len(canaries.of) > 20
    assert check(folder)[0] == 1, "faults are there, and are told"
    access = str(folder / "point")
    assert main(["export", "--l3vpn-svc", access]) == 0
    assert main(["probe", "kit", access, "-o", str(folder / "report" / "kit"), "--reference", "59.195.0.10"]) == 0
    said = capsys.readouterr()
    contents = {path.name: path.read_bytes() for path in (folder / "report").rglob("*") if path.is_file()}
    assert {"report.json", "report.html", "junit.xml", "scope-lan.json"} <= set(contents)
    assert canaries.found({**contents, "stdout": said.out.encode(), "stderr": said.err.encode()}) == []


def test_the_hunt_would_find_them() -> None:
    canaries = Canaries()
    word = canaries("x")
    raw = word.encode()
    for hidden in (
        raw,
        base64.b64encode(b"ab" + raw + b"c"),
        raw.hex().encode(),
        hashlib.sha256(raw).hexdigest().encode(),
    ):
        assert canaries.found({"there": b"before" + hidden + b"after"}) == [("x", "there")]


# Input made to hang or break


LONG = {
    "returns": lambda text: text.replace("#\n", "#" + "\r" * 500_000 + "x\n", 1),
    "a line of a megabyte": lambda text: text + "a" * 2**20,
    "half a megabyte that nobody knows": lambda text: text.replace("#\n", "#\n" + "zzz odd words here\n" * 26_000, 1),
}


@pytest.mark.parametrize("name", LONG)
def test_long_configurations_end_soon(name: str, point: Callable[[str], Path]) -> None:
    folder = point("huawei")
    path = folder / "point" / "configs" / "ce01.cfg"
    path.write_bytes(LONG[name](path.read_text("utf-8")).encode())
    code, took = check(folder)
    assert code in (1, 3)
    assert took < 8, "2 s alone; a quadratic reader takes minutes"


def test_returns_end_lines_as_before(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"one\r\r\ntwo\r\rthree\r\nfour\rfive\n")
    assert opened("a", tmp_path).texts[""] == "one\ntwo\n\nthree\nfour\nfive\n"


def test_a_thousand_filter_rules_end_soon(point: Callable[[str], Path]) -> None:
    folder = point("huawei")
    path = folder / "point" / "configs" / "ce01.cfg"
    rule = (
        " rule name r{0}\n  description DSJ-INFO/business\n  source-zone trust\n  destination-zone untrust\n"
        "  source-address 59.240.10.{1} 32\n  destination-address 59.195.0.{1} 32\n"
        "  service protocol tcp destination-port 443\n  action permit\n"
    )
    rules = "".join(rule.format(n, n % 256) for n in range(1000))
    text = path.read_text("utf-8").replace(" default action deny\n", f" default action deny\n{rules}")
    path.write_text(text, "utf-8")
    code, took = check(folder)
    assert code in (1, 3)
    assert took < 8, "2 s alone"


@pytest.mark.parametrize(
    ("vendor", "line"),
    [
        ("h3c", "route-policy P1 permit node 99999999999"),
        ("cisco", "route-map M1 permit 99999999999"),
    ],
)
def test_a_policy_whose_only_node_is_odd_is_unread(vendor: str, line: str, tmp_path: Path) -> None:
    head, end, platform = {
        "h3c": (" version 7.1.064, Release 0605P13", "return", "h3c-comware7"),
        "cisco": ("version 15.7", "end", "cisco-ios"),
    }[vendor]
    (tmp_path / "ce01.cfg").write_text(f"{head}\n{line}\n{end}\n")
    claim = DeviceClaim(Location("a"), "ce01", "access-router", 3, vendor, platform, "", "S", "CE", "", "ce01.cfg", "")
    found = read_device(claim, tmp_path, reference_rules()).config
    assert 2 in [one.where.line for one in found.unread]  # type: ignore[union-attr]


def refused(folder: Path) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        read_observed(folder)
    for one in caught.value.problems:
        assert all(text.isprintable() for text in (*one.message.both().values(), *one.mend.both().values(), one.file))
    return [one.message.id for one in caught.value.problems]


@pytest.mark.parametrize("what", ["pipe", "link", "device", "escape", "no UTF-8"])
def test_results_are_regular_files_with_names(what: str, tmp_path: Path) -> None:
    make: dict[str, Callable[[], object]] = {
        "pipe": lambda: os.mkfifo(tmp_path / "a.json"),
        "link": lambda: (tmp_path / "a.json").symlink_to("/etc/hostname"),
        "device": lambda: (tmp_path / "a.json").symlink_to("/dev/zero"),
        "escape": lambda: (tmp_path / "a\x1b[31m\n.json").write_text("{}"),
        "no UTF-8": lambda: Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.json")).write_text("{}"),
    }
    make[what]()
    assert refused(tmp_path) == ["source.observed-no-file"]


def test_results_are_bounded_together(tmp_path: Path) -> None:
    for number in range(5):
        with (tmp_path / f"{number}.json").open("wb") as file:
            file.truncate(MAX_ALL // 4)
    assert refused(tmp_path) == ["source.observed-all"]


def changed(folder: Path, name: str, change: Callable[[dict[str, Any]], object]) -> Path:
    path = folder / "point" / "observed" / name
    body = json.loads(path.read_bytes())
    change(body)
    seal(path, body)
    return path.parent


def test_reasons_are_cut_and_names_are_plain(point: Callable[[str], Path]) -> None:
    folder = point("huawei")
    observed = changed(folder, "lan.json", lambda body: body["probes"][0].update(reason="\x1b[31mred\n" + "y" * 900))
    found = read_observed(observed)
    assert found is not None
    (reason,) = {one.reason for one in found.probes if one.reason}
    assert reason.isprintable()
    assert len(reason) == 60
    changed(folder, "lan.json", lambda body: body["probes"][0].update(target="\x1b[31m"))
    assert refused(observed) == ["source.observed-shape"]


def test_a_record_that_is_not_whole_is_none(point: Callable[[str], Path]) -> None:
    observed = changed(point("huawei"), "far.responder.json", lambda body: body.update(dropped=1))
    assert refused(observed) == ["source.observed-dropped"]


@pytest.mark.parametrize("file", ["x" * 399, "a/" * 190 + "x", "access.yaml/x", "../../../etc/passwd", "configs/gone"])
def test_files_that_cannot_be_are_configuration(
    file: str, point: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    folder = point("huawei")
    path = folder / "point" / "access.yaml"
    path.write_text(path.read_text("utf-8").replace("configs/ce01.cfg", file), "utf-8")
    assert check(folder)[0] == 2
    assert "access.yaml" in capsys.readouterr().err


@pytest.mark.parametrize("name", [b"a\x1b[31m.conf", b"\xff.conf"])
def test_names_in_a_bundle_are_plain(name: bytes, point: Callable[[str], Path]) -> None:
    folder = point("linux")
    path = os.fsencode(folder / "point" / "configs" / "ce01") + b"/" + name
    Path(os.fsdecode(path)).write_text("x\n")
    assert check(folder)[0] in (1, 3)
    report = (folder / "report" / "report.json").read_text("utf-8")
    assert "\\u001b" not in report
    assert "\\udc" not in report
    assert "access.configs.file-name" in {
        getattr(getattr(one.config, "reason", None), "id", "")
        for one in open_point(folder / "point", reference_rules(), TODAY).case.devices
    }


def test_the_same_input_gives_the_same_report(point: Callable[[str], Path]) -> None:
    folder, canaries = point("huawei"), Canaries()
    planted(folder, "huawei", canaries)
    first, second = (json.dumps(report_of(folder), ensure_ascii=False) for _ in range(2))
    assert first == second


def report_of(folder: Path) -> dict[str, Any]:
    assert check(folder)[0] == 1
    report: dict[str, Any] = json.loads((folder / "report" / "report.json").read_bytes())
    assert set(report["volatile"]) >= {"run.id", "run.started", "run.ended"} or report["volatile"]
    for name in ("id", "started", "ended"):
        del report["run"][name]
    return report
