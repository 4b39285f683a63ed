"""The office's guide, from beginning to end, by its own commands: from an official run to a revocation."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest

from conformance.run import CHINA

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"<!-- whole -->\n```sh\n(.*?)```\n<!-- end -->", re.DOTALL)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder in which the commands of the guide were run, and what they said."""
    folder = tmp_path_factory.mktemp("whole")
    found = BLOCK.search((ROOT / "docs" / "office.md").read_text("utf-8"))
    assert found is not None
    script = found[1].replace("2026-0", f"{datetime.now(CHINA):%Y}-0")
    prepare = "lubiao sample fixtures/reference >/dev/null\n"
    (folder / "fixtures" / "reference").mkdir(parents=True)
    for name in ("recipe.yaml", "system.yaml"):
        source = ROOT / "fixtures" / "reference" / name
        (folder / "fixtures" / "reference" / name).write_bytes(source.read_bytes())
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    ended = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", prepare + script],
        cwd=folder,
        env={**os.environ, "PATH": path, "LANG": "en_US.UTF-8", "PYTHONUTF8": "1"},
        capture_output=True,
        timeout=170,
        check=False,
    )
    said = ended.stdout.decode() + ended.stderr.decode()
    assert ended.returncode == 0, said
    return folder, said


def test_it_ends_in_a_certificate_that_was_valid_and_is_revoked(told: tuple[Path, str]) -> None:
    folder, said = told
    (path,) = (folder / "desk" / "certificates").glob("*.json")
    statement = json.loads(path.read_bytes())
    assert statement["schema"] == "lubiao-certificate/1"
    assert said.index("status list of") < said.index("revoked")
    assert path.with_suffix(".pdf").read_bytes().startswith(b"%PDF")
    page = (folder / "site" / "en" / f"{path.stem}.html").read_text("utf-8")
    assert "revoked" in page


def test_nothing_has_force_and_says_so(told: tuple[Path, str]) -> None:
    folder, said = told
    assert "without force" in said or "no force" in said
    assert "测试用，无效" in next((folder / "site").glob("TEST-*.html")).read_text("utf-8")
