"""The hook that puts a seal on the PDF: it writes another file, or nothing is sealed."""

from __future__ import annotations

from pathlib import Path

import pytest
from office_made import CASE, NUMBER, brought, desk, here, office

from conformance.office.cases import paper
from conformance.office.cases.failing import CaseError

SECOND = "C-2026-000002"


def sealed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> Path:
    """An office with a certificate, a PDF beside it, and a hook that runs a script of Python."""
    folder = office(tmp_path)
    hook = tmp_path / "hook.py"
    hook.write_text(script, "utf-8")
    with (folder / "office.yaml").open("a", encoding="utf-8") as file:
        file.write(f'seal: \'"{__import__("sys").executable}" "{hook}"\'\n')
    brought(folder, "issued")
    (folder / "certificates" / f"{NUMBER}.pdf").write_bytes(b"%PDF-1.7 stands for one")
    return folder


def test_the_hook_seals_and_what_it_gave_is_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = "import sys; open(sys.argv[2], 'wb').write(open(sys.argv[1], 'rb').read() + b' sealed')"
    folder = sealed(tmp_path, monkeypatch, script)
    with desk(folder, "keyholder") as held:
        path = paper.put_seal(held, CASE)
        assert path is not None
        assert path.read_bytes().endswith(b" sealed")
        assert set(held.store.case(CASE).fact("seal")) == {"pdf", "sealed"}
        assert paper.put_seal(held, CASE) == path
        assert len([event for event in held.store.case(CASE).events if event.kind == "seal"]) == 1


@pytest.mark.parametrize(
    ("script", "id_"),
    [
        ("raise SystemExit(3)", "case.seal.failed"),
        ("pass", "case.seal.nothing"),
        ("import sys; open(sys.argv[2], 'wb').close()", "case.seal.nothing"),
        ("import sys, shutil; shutil.copy(sys.argv[1], sys.argv[2])", "case.seal.nothing"),
        ("import sys, os; os.symlink(sys.argv[1], sys.argv[2])", "case.seal.nothing"),
        ("import sys; open(sys.argv[1], 'ab').write(b'x'); open(sys.argv[2], 'wb').write(b'y')", "case.seal.changed"),
        ("while True: pass", "case.seal.timeout"),
    ],
)
def test_a_hook_that_does_not_seal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, id_: str) -> None:
    folder = sealed(tmp_path, monkeypatch, script)
    with desk(folder, "keyholder") as held, pytest.raises(CaseError) as error:
        paper.put_seal(held, CASE, timeout=1)
    assert error.value.id == id_


def test_without_a_hook_nothing_is_sealed(tmp_path: Path) -> None:
    folder = office(tmp_path, "issued")
    with desk(folder, "keyholder") as held:
        assert paper.put_seal(held, CASE) is None
        assert here(held.submission(CASE), held.formal_terms()).refusals == ()
