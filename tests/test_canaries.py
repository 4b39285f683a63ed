"""300 persons through the whole pipeline: run, bundle, paper, dispute, replay, office, certificate, register.

Each output is read as whoever wants to know would read it: Base64, hexadecimal, percent, `\\u`, entities, gzip and
other streams undone, archives and PDFs opened, full-width and other forms folded. Nobody may stand in any of it.
"""

from __future__ import annotations

import base64
import binascii
import csv
import html
import io
import json
import os
import re
import shutil
import subprocess
import sys
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote_to_bytes

import pikepdf
import pytest

from conformance.sample.recipe import write_sample

ROOT = Path(__file__).parents[1]
PERSONS = 300
PASSPHRASE = "only for a test"  # noqa: S105 - as it says
#: What of the persons' columns names or reaches them.
IDENTIFYING = ("GMSFHM", "XM", "CYM", "YDDH", "DZYX", "TXDZ")
DEPTH = 3

_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{16,}={0,2}")
_HEXADECIMAL = re.compile(rb"(?:[0-9A-Fa-f]{2}){8,}")
_ESCAPED = re.compile(r"\\u([0-9A-Fa-f]{4})")


def views(content: bytes, depth: int = DEPTH) -> Iterator[str]:
    """The texts that some bytes hold, undone again and again."""
    for text in dict.fromkeys(content.decode(name, "ignore") for name in ("utf-8", "gb18030", "utf-16-le")):
        yield folded(text)
    if depth == 0:
        return
    text = content.decode("utf-8", "ignore")
    undone = {
        _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text).encode("utf-8", "ignore"),
        html.unescape(text).encode("utf-8", "ignore"),
        unquote_to_bytes(content),
    }
    for inner in undone - {content}:
        yield from views(inner, 0)
    for inner in opened(content):
        yield from views(inner, depth - 1)
    coded = {found[0] for found in _BASE64.finditer(content)}
    yield from (folded(one.decode("utf-8", "ignore")) for token in coded for one in unbased(token))
    for token in coded:
        if len(token) > 64:  # an envelope's payload, a compressed list: looked into further
            for inner in unbased(token):
                yield from views(inner, depth - 1)
    for found in _HEXADECIMAL.finditer(content):
        yield folded(binascii.unhexlify(found[0]).decode("utf-8", "ignore"))


def folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


def unbased(token: bytes) -> Iterator[bytes]:
    """Base64, from each place at which it may begin."""
    plain = token.rstrip(b"=").translate(bytes.maketrans(b"-_", b"+/"))
    for start in range(4 if len(plain) < 4096 else 1):
        part = plain[start:]
        yield base64.b64decode(part + b"=" * (-len(part) % 4) if len(part) % 4 != 1 else part[:-1])


def opened(content: bytes) -> Iterator[bytes]:
    """What archives, compressed streams and PDFs hold."""
    if content.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            yield from (archive.read(name) for name in archive.namelist())
    if content.startswith(b"\x1f\x8b"):
        yield zlib.decompress(content, 31)
    if content.startswith(b"%PDF"):
        with pikepdf.open(io.BytesIO(content)) as pdf:
            yield from (one.read_bytes() for one in pdf.objects if isinstance(one, pikepdf.Stream))


class Canaries:
    """The persons' values, found in a text by one pass over it."""

    def __init__(self, values: set[str]) -> None:
        kept = {folded(value) for value in values if len(value) > 1}
        self.values = kept
        self._pattern = re.compile("|".join(map(re.escape, sorted(kept, key=len, reverse=True))))

    def found(self, content: bytes) -> set[str]:
        return {found for text in views(content) for found in self._pattern.findall(text)}


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("canaries")
    write_sample(ROOT / "fixtures" / "reference" / "recipe.yaml", folder, scale=PERSONS / 20_000)
    return folder


@pytest.fixture(scope="module")
def canaries(system: Path) -> Canaries:
    with (system / "data" / "person.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == PERSONS
    values = {row[name] for row in rows for name in IDENTIFYING if row[name]}
    assert len(values) > 3 * PERSONS
    return Canaries(values)


def faulty(system: Path, folder: Path) -> Path:
    """The same persons, each value that identifies somebody being wrong as well: so it becomes a sample."""
    shutil.copytree(system / "data", folder / "data")
    shutil.copy(system / "system.yaml", folder)
    with (system / "data" / "person.csv").open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        rows = [{**row, **{name: row[name] + " " for name in IDENTIFYING if row[name]}} for row in reader]
    with (folder / "data" / "person.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return folder / "system.yaml"


@pytest.fixture(scope="module")
def outputs(system: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everything that the pipeline writes about them, and all that it says."""
    out = tmp_path_factory.mktemp("outputs")
    said = out / "said.txt"

    def lubiao(*arguments: str | Path, code: tuple[int, ...] = (0,)) -> None:
        ended = subprocess.run(
            [sys.executable, "-m", "conformance", *map(str, arguments)],
            cwd=out,
            env={**os.environ, "LUBIAO_KEY_PASSPHRASE": PASSPHRASE, "PYTHONUTF8": "1"},
            capture_output=True,
            timeout=120,
            check=False,
        )
        with said.open("ab") as file:
            file.write(ended.stdout + ended.stderr)
        assert ended.returncode in code, (ended.stdout + ended.stderr).decode()

    red = faulty(system, system / "faulty")
    lubiao("check", red, "--report", "red", "--samples", "10000", "--format", "json,html,junit,pdf", code=(1,))
    report = json.loads((out / "red" / "report.json").read_bytes())
    fails = [one["id"] for one in report["findings"] if one["verdict"] == "fail"]
    for number, finding in enumerate(fails[:4]):
        lubiao("dispute", "red/bundle.zip", finding, "-o", f"dispute-{number}.zip")
    lubiao("replay", "red/bundle.zip", "--json", code=(0, 1))
    lubiao("check", system / "system.yaml", "--official", "--report", "vendor", "--format", "json,html,junit,pdf")
    lubiao("office", "init", "desk", "--test")
    lubiao("office", "intake", "desk", "vendor/bundle.zip", "--as", "clerk")
    (case,) = (path.name for path in (out / "desk" / "submissions").iterdir())
    lubiao("office", "receipt", "desk", case, "--as", "clerk")
    lubiao("office", "checkpoint", "desk", "--as", "clerk")
    lubiao("office", "draw", "desk", case, "--as", "tester")
    lubiao("office", "compare", "desk", case, "vendor/bundle.zip", "--as", "tester", code=(0, 1, 2))
    lubiao("check", system / "system.yaml", "--official", "--report", "own")
    lubiao("office", "compare", "desk", case, "own/bundle.zip", "--as", "tester")
    lubiao("office", "approve", "desk", case, "--as", "approver")
    lubiao("certify", case, "--office", "desk", "--as", "keyholder")
    lubiao("register", "build", "site", "--office", "desk")
    return out


def test_the_reader_finds_what_is_there(canaries: Canaries) -> None:
    """Whoever finds nothing must be able to find: each coding, alone and one in another."""
    value = next(one for one in sorted(canaries.values) if re.fullmatch("[0-9X]{18}", one))
    name = next(one for one in sorted(canaries.values) if one[-1] == "试")
    wide = "".join(chr(ord(one) + 0xFEE0) for one in value)
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x", f"前 {value} 后")
    for content in (
        value.encode(),
        wide.encode(),
        f"x{value}y".encode("utf-16-le"),
        name.encode("gb18030"),
        "".join(f"\\u{ord(one):04x}" for one in name).encode(),
        "".join(f"&#{ord(one)};" for one in name).encode(),
        "".join(f"%{byte:02X}" for byte in name.encode()).encode(),
        b"== " + base64.b64encode(f"payload {value} {name} and more".encode()),
        base64.urlsafe_b64encode(b"\0" + f"payload {value}".encode()),
        f"payload {value}".encode().hex().encode(),
        zlib.compress(value.encode(), wbits=31),
        zipped.getvalue(),
        base64.b64encode(zlib.compress(f"{value} {'1' * 99} {os.urandom(99).hex()}".encode(), wbits=31)),
    ):
        assert canaries.found(content) & {value, name}, content[:80]


def test_samples_were_taken_of_every_identifying_column(outputs: Path) -> None:
    report = json.loads((outputs / "red" / "report.json").read_bytes())
    blank = [one for one in report["findings"] if one["requirement"] == "DE-BLANK" and one["verdict"] == "fail"]
    assert {one["column"] for one in blank} == set(IDENTIFYING)
    assert sum(one["samplesShown"] for one in blank) > 3 * PERSONS


def test_no_output_holds_a_person(outputs: Path, canaries: Canaries) -> None:
    leaks = {}
    read = 0
    for path in sorted(outputs.rglob("*")):
        if path.is_file():
            content = path.read_bytes()
            read += len(content)
            if found := canaries.found(content):
                leaks[path.relative_to(outputs).as_posix()] = sorted(found)[:3]
            if path.suffix == ".pdf":
                shown = subprocess.run(["pdftotext", str(path), "-"], capture_output=True, check=True).stdout
                assert not canaries.found(shown), path.name
    assert leaks == {}
    assert read > 5_000_000
