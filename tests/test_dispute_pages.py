"""What people read and type of a dispute: both languages, nothing live, and a program that proves it without us."""

from __future__ import annotations

import io
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from bundle_made import RED, laid_out, made
from dispute_made import bundle, contents_of, spoilt

from conformance.bundle.archive import write_archive
from conformance.bundle.model import MANIFEST, REPORT
from conformance.cli import dispute as command
from conformance.cli.speech import Speech
from conformance.messages import LANGUAGES
from conformance.replay.dispute import UnknownFindingError, dispute, dispute_contents
from conformance.replay.dispute_text import plain


def test_nothing_of_the_data_is_in_the_pack() -> None:
    for content in contents_of().values():
        assert "甄无名".encode() not in content
        assert b"37010219900101" not in content


def test_the_readmes_program_proves_it_without_us(tmp_path: Path) -> None:
    """As anyone would: unpacked, the program copied out of the page and run."""
    laid_out(tmp_path, contents_of())
    program = re.search(r"```python\n(.*?)```", contents_of()["README.md"].decode(), re.DOTALL)
    assert program is not None
    (tmp_path / "check.py").write_text(program[1], "utf-8")
    (tmp_path / "record.json").write_bytes(contents_of()["record.json"])
    said = run_program(tmp_path)
    assert f"manifest.json {bundle().digest['sha256']}" in said
    assert "record.json True" in said
    assert "census.json True" in said
    (tmp_path / "record.json").write_bytes(contents_of()["record.json"] + b" ")
    assert "record.json False" in run_program(tmp_path)


def run_program(folder: Path) -> str:
    done = subprocess.run([sys.executable, "check.py"], cwd=folder, capture_output=True, check=True)
    return done.stdout.decode()


def test_an_unknown_finding_names_those_near_to_it() -> None:
    with pytest.raises(UnknownFindingError) as caught:
        dispute(bundle(), "DE-BLANK[population.person.姓]")
    assert RED in caught.value.near
    with pytest.raises(UnknownFindingError) as caught:
        dispute(bundle(), "\x1b[2J" + "无" * 5000)
    assert len(str(caught.value.params["finding"])) < 300
    assert "\x1b" not in str(caught.value.params["finding"])


EVIL = [
    "<script>alert(1)</script>",
    "![x](http://evil.example/p.png)",
    "[x](javascript:alert(1))",
    "# head\n\n- list\n```\ncode",
    "\x1b[2J\u202e\u200b\u2066",
    "a|b|c _d_ *e* `f` ~g~ &lt; $x$ \\",
    "www.evil.example https://evil.example",
    "长" * 100_000,
]


@pytest.mark.parametrize("evil", EVIL, ids=range(len(EVIL)))
def test_a_vendors_text_stays_text_on_the_page(evil: str) -> None:
    def edit(body: Any) -> None:
        body["samples"][0]["values"] = [[evil, evil]]

    other = spoilt(edit)
    page = dispute_contents(other, RED)["dispute.md"].decode()
    assert not re.search(r"(?<!\\)[<`|\[]", page), "nothing that opens markup stands alone"
    assert not re.search(r"://|www\.", page)
    assert all(character.isprintable() or character == "\n" for character in page)
    assert max(map(len, page.splitlines())) < 2500
    assert sum(line.startswith("#") for line in page.splitlines()) == sum(
        line.startswith("#") for line in contents_of()["dispute.md"].decode().splitlines()
    )


def test_plain_text_keeps_what_it_says() -> None:
    assert plain("公民身份号码 18 位") == "公民身份号码 18 位"
    assert plain("a\nb") == "a〔U+000A〕b"
    assert plain("a*b", 2) == "a\\*…〔3〕"


def test_the_pages_are_in_both_languages() -> None:
    for name in ("dispute.md", "README.md"):
        zh, en = contents_of()[name].decode().split("\n\n---\n\n")
        assert zh.count("\n#") == en.count("\n#")
        assert "条文" in zh or "核对" in zh
        assert "clause" in en or "check" in en


def run(*arguments: str, language: str = "zh") -> int:
    import argparse  # noqa: PLC0415

    parser, speech = argparse.ArgumentParser(), Speech(language)
    command.add(parser, speech)
    return command.run(parser.parse_args(arguments), speech)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_command_packs_and_checks(tmp_path: Path, capsys: pytest.CaptureFixture[str], language: str) -> None:
    (tmp_path / "bundle.zip").write_bytes(write_archive(made()))
    output, digest = tmp_path / "dispute.zip", bundle().digest["sha256"]
    assert run(str(tmp_path / "bundle.zip"), RED, "-o", str(output), language=language) == 0
    assert digest in capsys.readouterr().out
    with zipfile.ZipFile(io.BytesIO(output.read_bytes())) as archive:
        assert archive.read("manifest.json") == made()[MANIFEST]
    assert run("--check", str(output), "--bundle-digest", digest.upper(), language=language) == 0
    assert RED in capsys.readouterr().out
    assert run("--check", str(output), "--bundle-digest", "0" * 64, language=language) == 14
    assert capsys.readouterr().err.strip()


def test_the_command_says_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = laid_out(tmp_path / "out", made())
    output = str(tmp_path / "x.zip")
    assert run(str(folder), "DE-BLANK", "-o", output) == 2
    assert RED in capsys.readouterr().err
    assert run(str(tmp_path / "none"), RED, "-o", output) == 2
    assert run(str(folder), RED, "-o", str(tmp_path / "no" / "x.zip")) == 2
    assert run(str(folder)) == 2
    assert run("--check", output) == 2
    assert run("--check", output, "--bundle-digest", "xyz") == 2
    assert run("--check", output, "--bundle-digest", "0" * 64) == 2, "not there"
    (folder / REPORT).write_bytes(b"{}")
    assert run(str(folder), RED, "-o", output) == 14
    assert not (tmp_path / "x.zip").exists()
