"""No person of the node's data leaves: whatever is broken, in no output is there one of their values, in any coding.

The people are invented. Every octet that a run gives is searched: its bundle, the terminal, pytest's words, the calls
that reproduce a finding (what is base64 in them is read). Searched for is what the node holds, what the tester itself
said under the names of personal fields, the clients' secrets, and every signature that was sent.
"""

from __future__ import annotations

import base64
import io
import json
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, quote_plus

import pytest
import yaml
from client_system import judged, spec, standards
from small_system import KEY, run_pytest

from conformance import killmatrix
from conformance.cli import main
from conformance.dialogue.platform.rows import delivered, traceable
from conformance.evidence.key import VARIABLE
from conformance.evidence.mask import Masker
from conformance.standard.services.model import Interface

SERVING = killmatrix.serving()
#: Faults about people, those that make the tester show calls with people in them, and what errors tell.
SWITCHES = (
    "leaks_other_clients_rows",
    "logs_numbers@*",
    "tells_sql_in_error@population-query",
    "accepts_too_long@population-verify",
    "accepts_wrong_format@population-verify",
    "ignores_check_digit@population-verify",
    "accepts_30_february@population-query",
    "ignores_surplus_parameter@population-query",
    "verifies_everything",
    "ignores_a_criterion@population-query",
    "decodes_url_as_gbk@population-query",
    "date_with_dashes@population-query",
    "ignores_grants",
    "keeps_good_half",
    "truncates_name_at_30_bytes",
    "counts_a_header_line",
)
#: How long a value of a class must be to be told from anything else; values of other classes are too short to be.
CLASSES = {"id-number": 15, "document": 8, "phone": 7, "account": 8, "name": 3, "email": 6, "address": 6}
#: The shortest coding of such a value: three characters of a name in GB 18030.
HEAD = 6
#: Every file of a bundle.
WRITTEN = (
    *("attestation.dsse.json", "bundle.zip", "records.jsonl"),
    *("report.json", "report.html", "junit.xml", "manifest.json"),
)
_CODE = re.compile(r"[0-9]{6}")
_BASE64 = re.compile(rb"[A-Za-z0-9+/]{12,}={0,2}")


def codings(value: str) -> Iterator[bytes]:
    """A value in every coding that somebody, or a programme, reads without a key; base64 is read by :class:`Search`."""
    for octets in (value.encode(), value.encode("gb18030")):
        yield from (octets, octets.hex().encode(), "".join(f"\\x{one:02x}" for one in octets).encode())
        for text in (quote(octets, safe=""), quote_plus(octets), "".join(f"%{one:02X}" for one in octets)):
            yield from (text.encode(), text.lower().encode(), quote(text, safe="").encode())
    for mark in ("\\u{:04x}", "\\u{:04X}", "\\\\u{:04x}", "&#{};", "&#x{:x};"):
        yield "".join(one if one.isascii() else mark.format(ord(one)) for one in value).encode()


class Search:
    """Values that must not be found in any output."""

    def __init__(self, values: Iterable[str]) -> None:
        self.values = frozenset(values)
        self._by_head: dict[bytes, set[bytes]] = {}
        for value in self.values:
            for one in codings(value):
                self._by_head.setdefault(one[:HEAD], set()).add(one)

    def found(self, output: bytes) -> list[bytes]:
        """The codings of values that stand in an output, or in what is base64 in it."""
        parts = [output]
        for run in _BASE64.findall(output):
            parts += [base64.b64decode(run[at : at + (len(run) - at) // 4 * 4].rstrip(b"=") + b"==") for at in range(4)]
        return sorted({one for part in parts for one in self._in(part)})

    def _in(self, part: bytes) -> Iterator[bytes]:
        heads = {part[place : place + HEAD] for place in range(len(part) - HEAD + 1)} & self._by_head.keys()
        return (one for head in heads for one in self._by_head[head] if one in part)


def personal(interfaces: Iterable[Interface]) -> dict[str, int]:
    """The fields that name a person, and how long a value must be to be told from anything else."""
    fields = [field for one in interfaces for field in (*one.parameters, *one.results)]
    return {one.name: CLASSES[one.element.personal] for one in fields if one.element.personal in CLASSES}


def distinct(pairs: Iterable[tuple[str, object]], lengths: dict[str, int]) -> Iterator[str]:
    """The values that name a person; the code of a division, which stands everywhere, names none."""
    for name, value in pairs:
        if name in lengths and isinstance(value, str) and len(value) >= lengths[name] and not _CODE.fullmatch(value):
            yield value


def held(database: Path, lengths: dict[str, int]) -> Iterator[str]:
    """Every value of a person that the node holds."""
    with sqlite3.connect(database) as connection:
        for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            found = connection.execute(f'SELECT * FROM "{table}"')  # noqa: S608 - the database's own names
            names = [one[0] for one in found.description]
            for row in found.fetchall():
                yield from distinct(zip(names, row, strict=True), lengths)


def said(log: Path, lengths: dict[str, int]) -> Iterator[str]:
    """Every value of a person that the tester said, as the broken node's own log holds it."""
    for line in log.read_text("utf-8").splitlines():
        text = json.loads(line).get("request", "")
        yield from distinct(parse_qsl(text, errors="ignore"), lengths)
        yield from distinct(re.findall(r'"([A-Z]+)": ?"([^"\\]+)"', text), lengths)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Search, dict[str, bytes], Path]]:
    """What must not be found, every output by its name, and the declaration of the node, which still runs."""
    folder = tmp_path_factory.mktemp("leaks")
    reference = killmatrix.write_reference(folder / "reference", killmatrix.NODE)
    system = folder / "system" / "system.yaml"
    shutil.copytree(reference, system.parent)
    log, signatures = system.parent / "run" / "access.jsonl", set[str]()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, KEY)
        patch.setattr(SERVING, "application", listening(SERVING.application, signatures))
        with SERVING.Node(system.parent / "run", SWITCHES, log=log) as node:
            declared = yaml.safe_load(system.read_bytes())
            declared["targets"]["node"]["service"].update(url=node.url, plain=[node.plain_url])
            system.write_text(yaml.safe_dump(declared, allow_unicode=True), "utf-8")
            outputs = dict(everything(system, folder))
        from exchange_node.definition import definition  # noqa: PLC0415 - found once the node was

        lengths = personal(definition().interfaces.values())
        values = {*held(system.parent / "run" / "data.sqlite", lengths), *said(log, lengths)}
        values |= {path.read_text("ascii") for path in system.parent.rglob("*.secret")}
        yield Search(values | signatures), outputs, system


def listening(application: Callable[[Any], Any], signatures: set[str]) -> Callable[[Any], Any]:
    """The node's application, which keeps every signature that it is sent."""

    def made(parts: Any) -> Any:
        app = application(parts)

        async def heard(scope: Any, receive: Any, send: Any) -> None:
            signatures.update(value.decode() for name, value in scope["headers"] if name == b"x-signature" and value)
            await app(scope, receive, send)

        return heard

    return made


def everything(system: Path, folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every output of every command over one system."""
    report = folder / "report"
    for name, arguments in (
        ("check", ["check", str(system), "--report", str(report), "--samples", "500"]),
        ("dry-run", ["check", str(system), "--dry-run"]),
        ("plan", ["plan", str(system)]),
    ):
        with redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()) as errors:
            main(arguments)
        yield name, (out.getvalue() + errors.getvalue()).encode()
    for path in sorted(one for one in report.rglob("*") if one.is_file()):
        yield path.name, path.read_bytes()
    ended = run_pytest(system, "-vv", "-rA", "--showlocals", "--tb=long", folder=folder)
    yield "pytest", ended.stdout + ended.stderr
    yield "calls", "\n".join(calls(json.loads((report / "report.json").read_bytes()))).encode()


def calls(report: dict[str, Any]) -> Iterator[str]:
    """The calls that reproduce findings, as somebody copies them."""
    for one in report["findings"]:
        for sample in one["samples"]:
            yield from (sample.get("call") or {}).values()


def test_the_run_shows_what_could_leak(run: tuple[Search, dict[str, bytes], Path]) -> None:
    """Without people, faults about them and calls with them in it nothing could leak."""
    search, outputs, system = run
    assert len(search.values) > 2000
    report = json.loads(outputs["report.json"])
    red = {one["requirement"] for one in report["findings"] if one["verdict"] == "fail"}
    assert {"SV-AUTH-ROWS", "SV-LOG-PERSONAL", "SV-REFUSE-LENGTH", "SV-VERIFY"} <= red, red
    people = [one for one in report["findings"] if "population" in one["target"] and one["verdict"] == "fail"]
    assert sum("⟦" in json.dumps(one["samples"], ensure_ascii=False) for one in people) >= 3
    log = (system.parent / "run" / "access.jsonl").read_bytes()
    assert len(search.found(log)) > 100


@pytest.mark.parametrize(
    "name",
    ["check", "dry-run", "plan", *WRITTEN, "pytest", "calls"],
)
def test_no_output_holds_a_person_or_a_secret(run: tuple[Search, dict[str, bytes], Path], name: str) -> None:
    search, outputs, _ = run
    assert outputs[name]
    assert search.found(outputs[name]) == []


def test_what_a_client_writes_into_its_url_is_not_repeated() -> None:
    declared = spec("number_in_url", ["deliver"])
    interface = declared.interfaces["enterprise-transfer"]
    rows = delivered(interface, standards().services, standards(), declared.seed, declared.as_of)
    search = Search({*traceable(interface, rows), declared.secret.decode()})
    found = judged("number_in_url", ["deliver"], ["deliver-well"])
    assert found.tallies["client-personal", ""].violations
    assert len(search.values) > 30
    assert search.found(repr(found).encode()) == []


def test_each_coding_is_found() -> None:
    """A search that finds nothing must be able to find something."""
    number, name = "37010219870630981X", "亓官砚璆"
    search = Search([number, name])
    for value in (number, name):
        for one in codings(value):
            assert search.found(b"before " + one + b" after"), one
        for before in ("", "x", "xy", "xyz"):
            assert search.found(b"'" + base64.b64encode(f"{before}{value}/".encode()) + b"'")
    assert search.found(Masker(b"k").mask(number, "id-number").encode()) == []
