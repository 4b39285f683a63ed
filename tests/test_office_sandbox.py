"""What a hostile bundle does to the process that reads it, it does to nobody else."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest
from office_made import bundle_zip, desk, here, office

from conformance.office.cases import flow
from conformance.office.cases.facts import FormalTerms
from conformance.office.cases.failing import CaseError
from conformance.office.cases.sandbox import read_apart

TERMS = FormalTerms((("a", "1", "d"),), ({"sha256": "0", "sm3": "0"},), ())
LIMITED = "import sys; sys.path.insert(0, sys.argv[1]); from conformance.office.cases import apart; apart._limit(); "


def refused(path: Path, boot: str | None = None, timeout: float = 30) -> str:
    with pytest.raises(CaseError) as error:
        if boot is None:
            read_apart(path, TERMS)
        else:
            read_apart(path, TERMS, boot=boot, timeout=timeout)
    assert all(error.value.message.both().values())
    return error.value.id


def test_it_tells_the_same_as_reading_here() -> None:
    path = bundle_zip("vendor")
    assert read_apart(path, TERMS) == here(path, TERMS)


@pytest.mark.parametrize(
    ("content", "id_"),
    [(b"", "bundle."), (b"PK\x05\x06" + bytes(18), "bundle."), (b"\x00" * 5000, "bundle.")],
    ids=["empty", "empty-archive", "zeros"],
)
def test_what_is_no_bundle_is_refused_in_words(tmp_path: Path, content: bytes, id_: str) -> None:
    path = tmp_path / "bundle.zip"
    path.write_bytes(content)
    assert refused(path).startswith(id_)


@pytest.mark.parametrize(
    ("boot", "id_"),
    [
        ("raise SystemExit(3)", "case.sandbox.ended"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "case.sandbox.ended"),
        ("print('no json')", "case.sandbox.answer"),
        ("print('', end='')", "case.sandbox.answer"),
        ("print('{}', end='')", "case.sandbox.answer"),
        ("print('[]', end='')", "case.sandbox.answer"),
        ("""print('{"refused":{"id":"no.such","params":{}}}', end='')""", "case.sandbox.answer"),
        ("""print('{"facts":{},"refusals":[]}', end='')""", "case.sandbox.answer"),
    ],
    ids=["exit", "crash", "text", "nothing", "empty", "list", "unknown-message", "no-facts"],
)
def test_a_broken_sandbox_is_a_refusal(tmp_path: Path, boot: str, id_: str) -> None:
    assert refused(tmp_path, boot) == id_


def test_it_is_ended_where_it_takes_too_long(tmp_path: Path) -> None:
    assert refused(tmp_path, "while True: pass", timeout=0.5) == "case.sandbox.timeout"


@pytest.mark.skipif(sys.platform == "win32", reason="limits of POSIX")
@pytest.mark.parametrize(
    "boot",
    [
        "import mmap; mmap.mmap(-1, 4 << 30)",
        "open('big', 'wb').write(bytes(257 << 20))",
        "held = [open('/dev/null') for _ in range(99)]",
    ],
    ids=["memory", "files", "open-files"],
)
def test_its_limits_hold(tmp_path: Path, boot: str) -> None:
    assert refused(tmp_path, LIMITED + boot) == "case.sandbox.ended"


def test_it_sees_neither_environment_nor_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pass phrase of the office is not there to be read."""
    monkeypatch.setenv("LUBIAO_KEY_PASSPHRASE", "secret")
    seen = "import os, sys; sys.exit(9 if 'LUBIAO_KEY_PASSPHRASE' in os.environ or sys.stdin.read() else 0)"
    assert refused(tmp_path, seen) == "case.sandbox.answer"


def test_an_intake_that_breaks_the_sandbox_leaves_no_case(tmp_path: Path) -> None:
    folder = office(tmp_path)
    hostile = tmp_path / "bundle.zip"
    hostile.write_bytes(b"PK\x03\x04" + b"\xff" * 4000)
    with desk(folder, "clerk") as held:
        with pytest.raises(CaseError):
            flow.intake(held, hostile)
        with pytest.raises(CaseError) as error:
            flow.intake(
                held, bundle_zip("vendor"), read=lambda path, terms: read_apart(path, terms, boot="raise SystemExit(7)")
            )
        assert error.value.id == "case.sandbox.ended"
        assert not held.store.cases
        assert [path.name for path in (folder / "submissions").iterdir()] == []
        case, _ = flow.intake(held, bundle_zip("vendor"))
        assert case.state == "formally-checked"
        assert stat.S_ISREG((folder / "submissions" / case.id / "bundle.zip").stat().st_mode)
