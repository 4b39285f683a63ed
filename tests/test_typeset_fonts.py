"""Fonts are those pinned and no others; what they lack is printed as a code point, never as a blank."""

from __future__ import annotations

import hashlib
import shutil
import struct
import sys
from pathlib import Path

import pylopdf_fonts_zh_cn
import pytest
import yaml

from conformance.typeset.cmap import Characters, FontFormatError, characters, read_characters, union
from conformance.typeset.fonts import (
    FontRefusedError,
    Fonts,
    TypesetError,
    TypesetMissingError,
    load_fonts,
    needed,
)
from conformance.typeset.glyphs import Glyphs
from conformance.typeset.setting import Attachment, set_document

PACKAGE = Path(pylopdf_fonts_zh_cn.__file__).parent
BODY, HEADING = "NotoSerifSC-Regular.otf", "NotoSansSC-Regular.otf"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of fonts of an office's own, with its pins: here the same faces."""
    pins = {}
    for face, family, name in (("body", "Noto Serif SC", BODY), ("heading", "Noto Sans SC", HEADING)):
        shutil.copy(PACKAGE / name, tmp_path / name)
        digest = hashlib.sha256((tmp_path / name).read_bytes()).hexdigest()
        pins[face] = {"family": family, "file": name, "sha256": digest}
    (tmp_path / "fonts.yaml").write_text(yaml.safe_dump(pins), "utf-8")
    return tmp_path


def refusal(folder: Path) -> str:
    with pytest.raises(FontRefusedError) as caught:
        load_fonts(folder)
    both = caught.value.message.both()
    assert both["zh"] != both["en"]
    return caught.value.message.id


def test_the_bundled_fonts_are_the_two_pinned_and_hold_what_names_need() -> None:
    fonts = load_fonts()
    assert (fonts.body, fonts.heading) == ("Noto Serif SC", "Noto Sans SC")
    assert {path.name for path in fonts.files} == {BODY, HEADING}
    assert all(ord(letter) in fonts.characters for letter in "山东省鲁标𬭎䶮㐀〚〛〔〕—…·①Aa0é")
    assert all(ord(letter) not in fonts.characters for letter in "𠀀😀⟦ا\u202e\ue000")


def test_a_folder_of_ones_own_is_taken_by_its_own_pins(folder: Path) -> None:
    assert load_fonts(folder).characters == load_fonts().characters


def test_a_font_with_one_byte_changed_is_refused(folder: Path) -> None:
    content = bytearray((folder / BODY).read_bytes())
    content[-1] ^= 1
    (folder / BODY).write_bytes(content)
    assert refusal(folder) == "typeset.font-digest"


def test_a_font_that_is_not_there_is_refused(folder: Path) -> None:
    (folder / HEADING).unlink()
    assert refusal(folder) == "typeset.font-unreadable"


def test_a_folder_without_pins_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path) == "typeset.font-unreadable"


@pytest.mark.parametrize(
    "pins",
    [
        "",
        "- a",
        "body: {family: a, file: b, sha256: c}",
        "{body: {family: a, file: ../b, sha256: c}, heading: {family: a, file: b, sha256: c}}",
        "{body: {family: a, file: b, sha256: 7}, heading: {family: a, file: b, sha256: c}}",
        "a: [",
        "\ufeff\x00",
    ],
)
def test_malformed_pins_are_refused(tmp_path: Path, pins: str) -> None:
    (tmp_path / "fonts.yaml").write_text(pins, "utf-8")
    assert refusal(tmp_path) == "typeset.font-pins"


def test_what_is_pinned_but_no_font_is_refused(folder: Path) -> None:
    (folder / BODY).write_bytes(b"OTTO but no font")
    pins = yaml.safe_load((folder / "fonts.yaml").read_text("utf-8"))
    pins["body"]["sha256"] = hashlib.sha256((folder / BODY).read_bytes()).hexdigest()
    (folder / "fonts.yaml").write_text(yaml.safe_dump(pins), "utf-8")
    assert refusal(folder) == "typeset.font-format"


def document(fonts: Fonts, data: dict[str, object]) -> bytes:
    attachment = Attachment("a.json", b"{}", "application/json", "a")
    return set_document("report", data, attachment, fonts, time="2026-11-21T09:00:00+08:00", language="zh")


def test_a_font_that_lies_beside_the_pinned_ones_is_refused(folder: Path) -> None:
    """The typesetter would take any face of the folder that fits: one that nobody pinned must not be there."""
    shutil.copy(folder / BODY, folder / "More.otf")
    with pytest.raises(FontRefusedError) as caught:
        document(load_fonts(folder), {})
    assert caught.value.message.id == "typeset.font-unpinned"


def test_what_the_template_cannot_set_is_an_error_in_both_languages() -> None:
    with pytest.raises(TypesetError) as caught:
        document(load_fonts(), {})
    assert caught.value.message.id == "typeset.failed"


def test_without_the_extra_one_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "typst", None)
    with pytest.raises(TypesetMissingError) as caught:
        needed("typst")
    for language in ("zh", "en"):
        assert "pip install 'lubiao[pdf]'" in caught.value.message.render(language)


def test_what_the_fonts_lack_is_printed_as_its_code_point_and_remembered() -> None:
    glyphs = Glyphs(load_fonts().characters)
    assert glyphs.shown("王𠀀") == "王〔U+20000〕"
    assert glyphs.shown("𬭎😀") == "𬭎〔U+1F600〕"
    assert glyphs.shown("a\u202eb\x00\n\ue000\ud800") == "a〔U+202E〕b〔U+0000〕〔U+000A〕〔U+E000〕〔U+D800〕"
    assert glyphs.missing == ("U+1F600", "U+20000")


def test_our_own_marks_are_printed_by_those_that_look_alike() -> None:
    glyphs = Glyphs(load_fonts().characters)
    assert glyphs.shown("370⟦ab12⟧⟨string⟩") == "370〚ab12〛〈string〉"
    assert glyphs.missing == ()


def test_a_long_text_is_cut_and_says_how_long_it_was() -> None:
    shown = Glyphs(load_fonts().characters).shown("字" * 100_000, 50)
    assert shown == "字" * 50 + "…〔100000〕"


def test_ranges_are_joined_and_looked_up_at_their_ends() -> None:
    held = characters([(5, 9), (1, 2), (3, 3), (20, 20), (8, 12)])
    assert held == Characters((1, 5, 20), (3, 12, 20))
    assert [point for point in range(25) if point in held] == [1, 2, 3, *range(5, 13), 20]
    assert len(held) == 12
    assert 21 not in union(held, characters([])) and 0 not in held


def font(cmap: bytes) -> bytes:
    return struct.pack(">4sHHHH4sLLL", b"OTTO", 1, 0, 0, 0, b"cmap", 0, 28, len(cmap)) + cmap


def with_table(table: bytes) -> bytes:
    return font(struct.pack(">HHHHL", 0, 1, 3, 10, 12) + table)


def test_both_forms_of_a_character_map_are_read() -> None:
    grouped = struct.pack(">HHLLLLLLLLL", 12, 0, 40, 0, 2, 0x41, 0x5A, 3, 0x20000, 0x20001, 0)
    assert read_characters(with_table(grouped)) == Characters((0x41, 0x20001), (0x5A, 0x20001))
    segmented = struct.pack(">HHHHHHH", 4, 32, 0, 4, 0, 0, 0) + struct.pack(">HHHHH", 0x5A, 0xFFFF, 0, 0x41, 0xFFFF)
    assert read_characters(with_table(segmented)) == Characters((0x41,), (0x5A,))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"OTTO",
        struct.pack(">4sHHHH", b"OTTO", 0, 0, 0, 0),
        font(b""),
        font(struct.pack(">HH", 0, 9)),
        with_table(struct.pack(">HH", 6, 0)),
        with_table(struct.pack(">HHLLL", 12, 0, 0, 0, 0xFFFFFFFF)),
    ],
)
def test_what_is_no_font_is_refused_without_a_traceback(content: bytes) -> None:
    with pytest.raises(FontFormatError):
        read_characters(content)
