"""An official run judges by packs in the state in which they were released, and by no other."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from small_system import SmallSystem

from conformance.checking import check
from conformance.run import Options
from conformance.standard.pack import standards_root
from conformance.standard.released import FILE, release
from conformance.system.problem import ConfigurationError


def test_the_released_packs_are_those_that_lie_here() -> None:
    """Stale after an edit of a pack: `lubiao standards release` writes it anew, and the change shows in review."""
    root = standards_root()
    assert (root / FILE).read_text("utf-8") == release(root)


@pytest.fixture
def packs(tmp_path: Path) -> Path:
    return Path(shutil.copytree(standards_root(), tmp_path / "standards"))


def problems(system: Path, packs: Path) -> list[str]:
    with pytest.raises(ConfigurationError) as error:
        check(system, options=Options(official=True, standards_root=packs))
    return [one.message.id for one in error.value.problems]


def test_a_pack_that_was_edited_is_refused_in_an_official_run_only(tmp_path: Path, packs: Path) -> None:
    system = SmallSystem().write(tmp_path / "system")
    assert check(system, options=Options(official=True)).exit_code == 0
    requirements = packs / "data-elements" / "2020" / "requirements.yaml"
    requirements.write_text(requirements.read_text("utf-8") + "\n# easier\n", "utf-8")
    assert problems(system, packs) == ["run.official-pack"]
    assert check(system, options=Options(standards_root=packs)).exit_code == 0


def test_packs_of_which_no_release_is_known_are_refused(tmp_path: Path, packs: Path) -> None:
    (packs / FILE).unlink()
    found = problems(SmallSystem().write(tmp_path / "system"), packs)
    assert set(found) == {"run.official-pack"}
    assert len(found) > 1
