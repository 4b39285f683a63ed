"""``lubiao bundle check``: what it says of a bundle that is whole, and of one that is not."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest
from bundle_made import forged, laid_out, made

from conformance.bundle.archive import write_archive
from conformance.cli import bundle as command
from conformance.cli.speech import Speech
from conformance.messages import LANGUAGES


def run(path: Path, language: str = "zh") -> int:
    parser, speech = argparse.ArgumentParser(), Speech(language)
    command.add(parser, speech)
    return command.run(parser.parse_args(["check", str(path)]), speech)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_whole_bundle_is_told_with_its_digests(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], language: str
) -> None:
    from conformance.signing.digest import digest_set  # noqa: PLC0415

    path = tmp_path / "bundle.zip"
    path.write_bytes(write_archive(made()))
    assert run(path, language) == 0
    out = capsys.readouterr().out
    assert all(digest in out for digest in digest_set(made()["manifest.json"]).values())
    assert ("自测" if language == "zh" else "self-test") in out
    assert ("不通过" if language == "zh" else "verdict: fail") in out


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_changed_bundle_is_refused_with_14(tmp_path: Path, capsys: pytest.CaptureFixture[str], language: str) -> None:
    folder = laid_out(tmp_path, {**made(), "junit.xml": b"<x/>"})
    assert run(folder, language) == 14
    assert "junit.xml" in capsys.readouterr().err


def test_what_is_not_there_ends_with_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path / "none.zip") == 2
    assert capsys.readouterr().err.strip()


def test_a_vendors_text_drives_no_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    evil = "\x1b[2J\u202e" + "x" * 4000
    contents = forged(lambda report: report["system"].update(product=evil))
    assert run(laid_out(tmp_path, contents), "en") == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "\u202e" not in out
    assert max(map(len, out.splitlines())) < 500
