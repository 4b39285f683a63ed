"""No number, name, telephone or address of a person leaves: in no file of a bundle, on no terminal, in no coding.

The people are invented, and have faults in every column, so that each of their values is a candidate for a sample.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from small_system import KEY, ROOT, TARGET, SmallSystem, citizen_number, run_pytest

from conformance.checking import check
from conformance.evidence.key import VARIABLE
from conformance.run import Options

#: Secrets of two invented people: what must not be readable anywhere, by the column that it stands in.
SECRETS: tuple[dict[str, str], ...] = (
    {
        "GMSFHM": citizen_number("370102", "19870630", "981"),
        "XM": "亓官砚璆",
        "CYM": "闾丘亸",
        "CSRQ": "19870630",
        "ZJHM": "E70318862",
        "LXDH": "10000531987",
        "YDDH": "10000531986",
        "DZYX": "qiguan.yanqiu@invalid.example",
        "TXDZ": "山东省济南市历下区不存路肆佰柒号柒单元",
        "XZZ": "山东省济南市历下区无有街玖拾叁号贰单元",
        "BZ": "其母公西夆电话10000531985住无有街玖拾叁号",
        "DJJGMC": "经办人漆雕弢电话10000531984",
    },
    {
        "GMSFHM": citizen_number("370202", "19911203", "982"),
        "XM": "澹台翀㛃",
        "CYM": "钟离奭",
        "CSRQ": "19911203",
        "ZJHM": "G81537704",
        "LXDH": "10000532871",
        "YDDH": "10000532872",
        "DZYX": "tantai.chong@invalid.example",
        "TXDZ": "青岛市市南区乌有路壹佰捌拾陆号",
        "XZZ": "青岛市市南区子虚街贰拾玖号伍户",
        "BZ": "其父巫马骉电话10000532873住子虚街贰拾玖号",
        "DJJGMC": "经办人壤驷骁电话10000532874",
    },
)
#: Parts of values that give a person away as well as the whole; a mask keeps less than these.
PARTS = {
    "GMSFHM": [slice(6, 17), slice(0, 14)],
    "XM": [slice(1, None)],
    "CYM": [slice(1, None)],
    "ZJHM": [slice(1, None)],
    "LXDH": [slice(3, None), slice(0, 9)],
    "YDDH": [slice(3, None), slice(0, 9)],
    "DZYX": [slice(0, 6)],
    "TXDZ": [slice(-6, None)],
    "XZZ": [slice(-6, None)],
    "BZ": [slice(0, 5), slice(-6, None), slice(7, 18)],
    "DJJGMC": [slice(3, 6), slice(8, 19)],
}
HEADER = ("RYBH", *SECRETS[0], "XBDM", "CSDXZQHDM", "CSDXZQHMC")


def sound(number: int) -> dict[str, str]:
    place = {"CSDXZQHDM": "370102", "CSDXZQHMC": "历下区", "XBDM": "12"[number]}
    return {"RYBH": f"R{number:04}", **SECRETS[number], **place}


def faults(value: str) -> Iterator[str]:
    """A value with a fault of each kind: blanks, what cannot be read, full-width forms, length, check character."""
    yield f"{value} "
    yield f"　{value}"
    yield f"{value[:-1]}\u200b{value[-1]}"
    yield f"{value}\ue000"
    yield "".join(chr(ord(one) + 0xFEE0) if "!" <= one <= "~" else one for one in value)
    yield value * 30
    yield value[:-1]
    yield value[:-1] + "*"
    yield value[:-1] + ("0" if value[-1] != "0" else "1")


def persons() -> SmallSystem:
    rows = []
    for number, secrets in enumerate(SECRETS):
        rows.append(sound(number))
        for name, value in secrets.items():
            rows += [sound(number) | {"RYBH": f"R{len(rows) + i}", name: bad} for i, bad in enumerate(faults(value))]
        rows.append(sound(number) | {"RYBH": f"R{number:04}", "XBDM": "21"[number], "CSDXZQHMC": "不存在区"})
        rows.append(sound(number) | {"RYBH": secrets["GMSFHM"], "CSRQ": "19700101", "CSDXZQHDM": secrets["LXDH"][:6]})
    strict = {"mandatory": True, "unique": True}
    columns = {name: {"element": name, **strict} for name in ("GMSFHM", "XM", "LXDH", "DZYX")}
    claims = {"standards": [{"id": "db37-4223.1", "edition": "2020"}], "classes": ["数据元", "区划代码"]}
    target = {"key": ["GMSFHM", "XM"]}
    return SmallSystem(rows=rows, header=HEADER, columns=columns, target=target, more={"claims": claims})


def reflecting(folder: Path) -> Path:
    """The persons, and a second dataset whose references to the first do not resolve."""
    system = persons().write(folder)
    others = ["YGH,GMSFHM,XM", *(f"{i},{one['GMSFHM'][:-2]},{one['XM']}氏" for i, one in enumerate(SECRETS))]
    (folder / "other.csv").write_text("\n".join(others) + "\n", "utf-8")
    other = {
        "source": {"path": "other.csv"},
        "columns": {"GMSFHM": "GMSFHM", "XM": "XM"},
        "relations": [
            {"kind": "reference", "columns": ["GMSFHM", "XM"], "to": TARGET, "to_columns": ["GMSFHM", "XM"]},
        ],
    }
    text = system.read_text("utf-8")
    system.write_text(text.replace("targets:\n", f"targets:\n  other.people: {json.dumps(other)}\n"), "utf-8")
    return system


def secrets() -> Iterator[str]:
    for person in SECRETS:
        for name, value in person.items():
            yield value
            yield from (value[part] for part in PARTS.get(name, ()))


def codings(secret: str) -> Iterator[bytes]:
    """The secret in every coding that a reader, or a programme, undoes without a key."""
    plain = secret.encode()
    wide = "".join(chr(ord(one) + 0xFEE0) if "!" <= one <= "~" else one for one in secret)
    yield from (plain, wide.encode(), secret[::-1].encode(), plain.hex().encode(), plain.hex().upper().encode())
    yield from (secret.encode(name) for name in ("utf-16-le", "utf-16-be", "gb18030"))
    for only in (str.isascii, lambda _: False):
        kept = [(one, only(one)) for one in secret]
        yield "".join(one if keep else f"\\u{ord(one):04x}" for one, keep in kept).encode()
        yield "".join(one if keep else f"\\u{ord(one):04X}" for one, keep in kept).encode()
        yield "".join(one if keep else f"&#{ord(one)};" for one, keep in kept).encode()
        yield "".join(one if keep else f"&#x{ord(one):x};" for one, keep in kept).encode()
        yield "".join(one if keep else f"&#x{ord(one):X};" for one, keep in kept).encode()
    yield json.dumps(secret).strip('"').encode()
    yield html.escape(secret).encode()
    yield quote(secret).encode()
    yield quote(secret).lower().encode()
    yield "".join(f"%{byte:02X}" for byte in plain).encode()
    for shift in range(3):
        coded = base64.b64encode(b"\0" * shift + plain)
        yield coded[shift + 1 : len(coded) - 4]
        yield base64.urlsafe_b64encode(b"\0" * shift + plain)[shift + 1 : len(coded) - 4]
    for algorithm in ("md5", "sha1", "sha256"):  # a bare digest of a number is undone by trying all numbers
        yield hashlib.new(algorithm, plain).hexdigest()[:8].encode()


@cache
def forbidden() -> frozenset[tuple[bytes, str]]:
    return frozenset((coded, secret) for secret in secrets() for coded in codings(secret) if len(coded) > 3)


def leaks(output: bytes) -> list[str]:
    """The secrets that can be read in an output, whatever their coding."""
    return sorted({secret for coded, secret in forbidden() if coded in output})


#: Every file of a bundle, and every one of them is read for secrets.
FILES = (
    "attestation.dsse.json",
    "bundle.zip",
    "evidence/records.jsonl",
    "junit.xml",
    "manifest.json",
    "report.html",
    "report.json",
)


@pytest.fixture(autouse=True)
def one_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, KEY)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle of one run in which every record may become a sample."""
    folder = tmp_path_factory.mktemp("persons")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, KEY)
        check(reflecting(folder), report=folder / "out", options=Options(sample_limit=10_000))
    return folder / "out"


def test_every_column_gives_samples(bundle: Path) -> None:
    """Without samples nothing could leak, and this page would prove nothing."""
    report: dict[str, Any] = json.loads((bundle / "report.json").read_bytes())
    shown = {name for one in report["findings"] for sample in one["samples"] for name in sample["values"]}
    assert {*SECRETS[0], "CSDXZQHDM", "XBDM"} <= shown
    red = {one["requirement"] for one in report["findings"] if one["violations"]}
    assert {"DE-CHECK", "DE-UNIQUE", "DE-CHARSET", "DE-BLANK", "DE-HALFWIDTH", "DE-LENGTH", "DE-SCHEME"} <= red
    assert {"DR-BIRTH", "DR-SEX", "AD-NAME", "DS-KEY", "DS-REF"} <= red
    assert sum(one["samplesShown"] for one in report["findings"]) > 200


@pytest.mark.parametrize("name", FILES)
def test_no_file_of_the_bundle_holds_a_secret(bundle: Path, name: str) -> None:
    assert leaks((bundle / name).read_bytes()) == []


def test_the_bundle_holds_no_other_file(bundle: Path) -> None:
    assert sorted(path.relative_to(bundle).as_posix() for path in written(bundle)) == sorted(FILES)


def written(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_pytest_alone_prints_no_secret(tmp_path: Path) -> None:
    ended = run_pytest(reflecting(tmp_path), "-vv", "-rA", "--showlocals", "--tb=long", folder=tmp_path)
    assert ended.returncode == 1
    assert b"DE-CHECK" in ended.stdout
    assert leaks(ended.stdout + ended.stderr) == []


def test_a_crash_prints_no_secret(tmp_path: Path) -> None:
    """Whatever the exception quotes, and whatever stands in the variables around it."""
    (tmp_path / "breaks.py").write_text(
        "import conformance.evidence.samples as broken\n"
        "def crash(self, rule, raw):\n    raise ValueError(f'{rule} {raw}')\n"
        "broken.Explainer.violation = crash\n",
        "utf-8",
    )
    system = reflecting(tmp_path)
    ended = run_pytest(system, "-p", "breaks", "-vv", "--showlocals", "--report", "out", folder=tmp_path)
    assert (ended.returncode, b"ValueError" in ended.stdout) == (4, True)
    assert leaks(ended.stdout + ended.stderr) == []
    for path in written(tmp_path / "out"):
        assert leaks(path.read_bytes()) == [], path.name


def test_the_command_line_prints_no_secret(tmp_path: Path) -> None:
    known = {**os.environ, VARIABLE: KEY, "PYTHONPATH": str(ROOT)}
    command = [
        sys.executable,
        "-m",
        "conformance",
        "check",
        str(reflecting(tmp_path)),
        "--report",
        str(tmp_path / "out"),
    ]
    ended = subprocess.run(command, env=known, cwd=tmp_path, capture_output=True, check=False)
    assert (ended.returncode, bool(ended.stdout)) == (1, True)
    assert leaks(ended.stdout + ended.stderr) == []


@pytest.mark.parametrize("record", [sound(0), sound(1) | {"ZJHM": SECRETS[1]["GMSFHM"]}], ids=["plain", "repeats"])
def test_a_file_without_its_header_prints_no_secret(tmp_path: Path, record: dict[str, str]) -> None:
    """Its first record is taken for column names, which messages repeat: among them those of names that come twice."""
    system = persons().write(tmp_path)
    (tmp_path / "person.csv").write_text(",".join(record[name] for name in HEADER) + "\n", "utf-8")
    ended = run_pytest(system, folder=tmp_path)
    assert (ended.returncode, b"person.csv" in ended.stderr) == (2, True)
    assert leaks(ended.stdout + ended.stderr) == []


def test_a_key_is_never_in_a_bundle(bundle: Path) -> None:
    for path in written(bundle):
        assert KEY.encode() not in path.read_bytes()


def test_each_coding_of_a_secret_is_seen() -> None:
    """A search that finds nothing must be able to find something."""
    for person in SECRETS:
        for value in person.values():
            inside = f"其后{value}其前"
            plain = inside.encode()
            for written in (
                plain,
                json.dumps(inside).encode(),
                quote(inside).encode(),
                base64.b64encode(plain),
                base64.b64encode(b"x" + plain),
                base64.b64encode(b"xy" + plain),
                inside.encode("ascii", "xmlcharrefreplace"),
                inside.encode("utf-16"),
                plain.hex().encode(),
                hashlib.sha256(value.encode()).hexdigest().encode(),
            ):
                assert value in leaks(b"some text before " + written + b" and after"), (value, written)
