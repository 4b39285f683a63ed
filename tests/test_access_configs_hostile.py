"""Whatever is handed in as a configuration ends as a model or as a refusal with a reason, in bounded time."""

from __future__ import annotations

import hashlib
import os
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import pytest
from access_case_rules import reference_rules
from access_vrp import REFERENCE, vrp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conformance.judge.access.case import Device, Unreadable
from conformance.judge.access.config import DeviceConfig
from conformance.judge.access.site import DeviceClaim
from conformance.judge.rulebook import Location
from conformance.system.access.configs.opening import MAX_BYTES, MAX_FILES, MAX_LINE, MAX_LINES
from conformance.system.access.configs.reading import read_device

#: The first line that tells each platform whose reader is there, and its last line.
BANNERS = {
    "huawei-vrp8": ("!Software Version V600R022C00SPC100", "return"),
    "huawei-vrp5": ("[V200R010C00SPC600]", "return"),
    "h3c-comware7": (" version 7.1.064, Release 0605P13", "return"),
    "cisco-ios": ("version 15.7", "end"),
    "zte-zxros": ("!<mim>", "!</mim>"),
}
READERS = {
    "huawei-vrp8": "vrp",
    "huawei-vrp5": "vrp",
    "h3c-comware7": "comware",
    "cisco-ios": "ios",
    "zte-zxros": "zxros",
}
WRITTEN = [one for one, reader in READERS.items() if find_spec(f"conformance.system.access.configs.{reader}")]
#: Generous: a slow machine under load must not turn this red; a quadratic reader takes minutes.
PATIENCE = 20.0


def claim(file: str = "configs/ce01.cfg", platform: str = "huawei-vrp8") -> DeviceClaim:
    return DeviceClaim(
        Location("access.yaml"), "ce01", "access-router", 3, "huawei", platform, "", "S1", "CE", "", file, ""
    )


def handed_in(
    folder: Path, content: bytes | str, platform: str = "huawei-vrp8", file: str = "configs/ce01.cfg"
) -> Device:
    path = folder / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_device(claim(file, platform), folder, reference_rules())


def config(device: Device) -> DeviceConfig:
    assert isinstance(device.config, DeviceConfig)
    return device.config


def refused(device: Device, reason: str) -> Unreadable:
    assert isinstance(device.config, Unreadable)
    assert device.config.reason.id == f"access.configs.{reason}"
    assert all(device.config.reason.both().values())
    return device.config


def test_the_reference_is_read_whole_with_its_digest(tmp_path: Path) -> None:
    device = handed_in(tmp_path, REFERENCE)
    assert config(device).hostname.value == "JN-DSJ-CE01"
    assert config(device).coverage[0].complete
    assert device.digest == hashlib.sha256(REFERENCE.encode()).hexdigest()
    assert config(device).defaults["bgp-ipv4-unicast"] == "off"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-8"])
def test_encodings_are_told_apart(tmp_path: Path, encoding: str) -> None:
    text = REFERENCE.replace("description business", "description 业务系统")
    device = handed_in(tmp_path, text.replace("\n", "\r\n").encode(encoding))
    assert config(device).passages[0].rules[0].remark == "业务系统"
    assert config(device).unread == ()


def test_no_file_named_is_no_configuration(tmp_path: Path) -> None:
    assert read_device(claim(""), tmp_path, reference_rules()) == Device(claim(""), None)


def test_what_a_terminal_leaves_is_cleaned_away(tmp_path: Path) -> None:
    pager = "  ---- More ----\x1b[42D                                          \x1b[42D"
    text = REFERENCE.replace("\n peer 59.254.1.1 bfd", f"\n{pager} peer 59.254.1.1 bfd") + "<JN-DSJ-CE01>\n"
    made = config(handed_in(tmp_path, text))
    assert made.unread == ()
    assert made.coverage[0].complete
    assert made.bgp is not None
    assert made.bgp.sessions[0].bfd.value is True


@pytest.mark.parametrize(
    "file", ["../ce01.cfg", "/etc/hostname", "configs/../../x", "a\\b", "link", "dir/ce01.cfg", "\0"]
)
def test_paths_that_leave_the_folder_are_refused(tmp_path: Path, file: str) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "ce01.cfg").write_text(REFERENCE)
    (tmp_path / "in" / "link").symlink_to(tmp_path / "ce01.cfg")
    (tmp_path / "in" / "dir").symlink_to(tmp_path)
    refused(read_device(claim(file), tmp_path / "in", reference_rules()), "outside")


def test_what_is_no_regular_file_is_missing(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    refused(read_device(claim("pipe"), tmp_path, reference_rules()), "missing")
    refused(read_device(claim("nowhere"), tmp_path, reference_rules()), "missing")
    refused(read_device(claim("x" * 5000), tmp_path, reference_rules()), "missing")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b" \n\n", "empty"),
        (b"!Software Version V600R022C00\n\x00sysname x\n", "binary"),
        (b"\x7fELF\x02\x01\x01", "binary"),
        (b"\xff\xfe!\x00S\x00", "encoding"),
        (b"!Software Version V600R022C00\n\xff\xff\xff\n", "encoding"),
        (b"x" * (MAX_LINE + 1), "long-line"),
        (b"\n" * MAX_LINES + b"x", "too-many-lines"),
        (b"x\n" * (MAX_BYTES // 2 + 1), "too-large"),
    ],
    ids=["empty", "blank", "nul", "elf", "utf-16", "no encoding", "long line", "many lines", "large"],
)
def test_what_is_no_export_is_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    assert not refused(handed_in(tmp_path, content), reason).ours


def test_the_platform_is_declared_and_detected(tmp_path: Path) -> None:
    found = refused(handed_in(tmp_path, REFERENCE, "h3c-comware7"), "mismatch")
    assert not found.ours
    assert "Huawei VRP 8" in found.reason.render("en")
    refused(handed_in(tmp_path, REFERENCE, "huawei-vrp5"), "mismatch")
    refused(handed_in(tmp_path, "sysname CE\n#\nreturn\n"), "undetected")
    refused(handed_in(tmp_path, REFERENCE, ""), "undeclared")
    assert refused(handed_in(tmp_path, REFERENCE, "acme-os"), "unsupported").ours


def test_a_bundle_is_a_folder_and_an_export_is_not(tmp_path: Path) -> None:
    if find_spec("conformance.system.access.configs.linux"):
        refused(handed_in(tmp_path, "frr version 8.4.4\n", "linux-bundle"), "not-folder")
    refused(read_device(claim("configs"), _folder(tmp_path), reference_rules()), "folder")


def _folder(tmp_path: Path) -> Path:
    (tmp_path / "configs").mkdir(exist_ok=True)
    (tmp_path / "configs" / "a.cfg").write_text(REFERENCE)
    return tmp_path


def test_a_bundles_digest_is_over_names_sizes_and_contents(tmp_path: Path) -> None:
    (tmp_path / "configs" / "sub").mkdir(parents=True)
    (tmp_path / "configs" / "b").write_bytes(b"two\n")
    (tmp_path / "configs" / "sub" / "a").write_bytes(b"one")
    expected = hashlib.sha256(b"b 4\ntwo\nsub/a 3\none").hexdigest()
    assert read_device(claim("configs"), tmp_path, reference_rules()).digest == expected
    (tmp_path / "configs" / "sub" / "link").symlink_to("/etc/hostname")
    refused(read_device(claim("configs"), tmp_path, reference_rules()), "outside")


def test_a_bundle_of_too_many_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "configs").mkdir()
    for number in range(MAX_FILES + 1):
        (tmp_path / "configs" / str(number)).touch()
    refused(read_device(claim("configs"), tmp_path, reference_rules()), "too-large")


@pytest.mark.parametrize("keep", [0.2, 0.5, 0.9, 0.995])
def test_a_truncated_export_is_not_whole(tmp_path: Path, keep: float) -> None:
    text = REFERENCE[: int(len(REFERENCE) * keep)]
    assert not config(handed_in(tmp_path, text)).coverage[0].complete


def total(found: DeviceConfig, text: str) -> None:
    """Nothing is dropped: each effective line is counted once, and what was not understood is listed.

    Line 0: a topic that is not read of the platform at all.
    """
    (coverage,) = found.coverage
    assert coverage.recognised + coverage.ignored + coverage.unread <= len(text.splitlines())
    assert len(found.unread) >= coverage.unread
    assert all(0 <= one.where.line <= len(text.splitlines()) for one in found.unread)


LINES = REFERENCE.splitlines()
SLOW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@SLOW
@given(st.permutations(LINES))
def test_shuffled_lines_end_in_a_model(lines: list[str]) -> None:
    text = "\n".join(lines)
    total(vrp(text), text)


@SLOW
@given(st.lists(st.sampled_from(LINES), max_size=60), st.integers(0, 400), st.text(max_size=40))
def test_pieces_and_odd_text_end_in_a_model(lines: list[str], cut: int, odd: str) -> None:
    text = "\n".join([*lines, odd])[: cut * 8]
    total(vrp(text), text)


WORDS = sorted({word for line in LINES for word in line.split()} | {"undo", "any", "0", "4294967296", "::", "1.2.3"})


@SLOW
@given(st.sampled_from(LINES), st.lists(st.sampled_from(WORDS), max_size=6), st.sampled_from(LINES), st.integers(0, 3))
def test_commands_with_other_words_end_in_a_model(first: str, words: list[str], second: str, indent: int) -> None:
    text = f"{first}\n{' ' * indent}{second.strip()} {' '.join(words)}\n{' ' * indent}{' '.join(words)}\n#\n"
    total(vrp(text), text)


@pytest.mark.parametrize("platform", WRITTEN)
@pytest.mark.parametrize("other", sorted(BANNERS))
def test_another_vendors_text_under_a_false_banner_is_read_without_a_crash(
    tmp_path: Path, platform: str, other: str
) -> None:
    """A banner can be forged; then lines are unread, never an exception."""
    begin, end = BANNERS[platform]
    foreign = {
        "cisco-ios": "hostname CE\n!\nrouter bgp 65101\n neighbor 10.0.0.1 remote-as 1\n!\nline vty 0 4\n",
        "zte-zxros": "!<if-intf>\ninterface gei-1/1\n  ip address 10.0.0.1 255.255.255.0\n$\n!</if-intf>\n",
    }.get(other, REFERENCE)
    device = handed_in(tmp_path, f"{begin}\n#\n{foreign}{end}\n", platform)
    found = config(device)
    assert found.platform == platform
    total(found, foreign + "\n" * 9)


@pytest.mark.parametrize("platform", WRITTEN)
def test_long_odd_lines_cost_no_more_than_their_length(tmp_path: Path, platform: str) -> None:
    begin, end = BANNERS[platform]
    starts = ("rule 5 permit ip source", "interface", "acl", "peer", "ip route-static", "network", "description", "a b")
    tails = ("1 " * 900, "a" * 1800, "1.1.1.1 " * 200, "to " * 500, "-" * 1500, "( " * 700)
    lines = [f"{start} {tail}"[: MAX_LINE - 1] for start in starts for tail in tails] * 6
    began = time.perf_counter()
    device = handed_in(tmp_path, "\n".join([begin, *lines, end]), platform)
    assert time.perf_counter() - began < PATIENCE
    assert isinstance(device.config, DeviceConfig)


def big(size: int = 2**20) -> str:
    """An export of a megabyte: the reference with many interfaces, rules, routes, neighbours and prefixes."""
    parts, count = [REFERENCE.removesuffix("return\n")], 0
    while sum(map(len, parts)) < size:
        count += 1
        a, b = divmod(count, 250)
        parts.append(
            f"interface GigabitEthernet1/{a}/{b}\n ip address 10.{a}.{b}.1 24\n undo shutdown\n#\n"
            f"acl number 3000\n rule {count * 5} permit tcp source 10.{a}.{b}.0 0.0.0.255 destination-port eq 443\n#\n"
            f"ip route-static 10.{a}.{b}.0 24 59.254.1.1\nip ip-prefix BIG index {count} permit 10.{a}.{b}.0 24\n"
            f"bgp 65101\n peer 10.{a}.{b}.9 as-number 64801\n ipv4-family unicast\n  network 10.{a}.{b}.0 24\n#\n"
            f"security-policy\n rule name r{count}\n  source-zone trust\n  source-address 10.{a}.{b}.0 24\n"
            "  action permit\n#\n"
        )
    return "".join(parts) + "return\n"


def test_a_megabyte_is_read_in_seconds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = big()
    began = time.perf_counter()
    found = config(handed_in(tmp_path, text))
    took = time.perf_counter() - began
    with capsys.disabled():
        sys.stdout.write(f"\n1 MB of configuration, {len(text.splitlines())} lines: {took:.2f} s\n")
    assert found.unread == ()
    assert len(found.routes) > 2000
    assert took < PATIENCE
