"""What a PDF of unknown origin carries: read in a process of its own, within bounds, or refused."""

from __future__ import annotations

import io
import os
import resource
import subprocess
import sys
import time
import zlib
from functools import cache

import pikepdf
import pytest
from test_report_sample import sample_report

from conformance.signing.canonical import canonical
from conformance.typeset import reading
from conformance.typeset.attachments import attached
from conformance.typeset.reading import PdfUnreadableError
from conformance.typeset.report import report_pdf


@cache
def carrying(*files: tuple[str, bytes]) -> bytes:
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        for name, content in files:
            pdf.attachments[name] = content
        out = io.BytesIO()
        pdf.save(out, static_id=True)
    return out.getvalue()


def refused(pdf: bytes) -> str:
    with pytest.raises(PdfUnreadableError) as caught:
        attached(pdf)
    return caught.value.message.id


def test_the_report_comes_out_of_its_pdf_byte_for_byte() -> None:
    assert attached(report_pdf(sample_report())) == {"report.json": canonical(sample_report())}


def test_several_files_come_by_their_names() -> None:
    files = (("a.json", b"{}"), ("证书.json", b"\x00\xff"), ("b", b"7"))
    assert attached(carrying(*files)) == dict(files)


def test_a_pdf_may_carry_nothing() -> None:
    assert attached(carrying()) == {}


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7", b"%PDF-1.7\n%%EOF", b"hello", os.urandom(5000)])
def test_what_is_no_pdf_is_refused(content: bytes) -> None:
    assert refused(content) == "typeset.pdf-unreadable"


def test_a_pdf_cut_anywhere_is_read_whole_or_refused() -> None:
    whole = carrying(("a.json", b"{}"))
    for end in (len(whole) // 3, len(whole) - 40):
        assert refused(whole[:end]) == "typeset.pdf-unreadable"


def test_an_encrypted_pdf_is_refused() -> None:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(carrying(("a.json", b"{}")))) as pdf:
        pdf.save(out, encryption=pikepdf.Encryption(owner="o", user="u"))
    assert refused(out.getvalue()) == "typeset.pdf-unreadable"


def test_a_pdf_beyond_the_bound_is_not_even_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "LIMIT", 100)
    assert refused(carrying(("a.json", b"{}"))) == "typeset.pdf-large"


def bomb(blocks: int) -> bytes:
    """Sixteen megabytes of zeros, so many times over: some kilobytes as Flate."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 15)
    zeros = bytes(16 << 20)
    head = packer.compress(zeros) + packer.flush(zlib.Z_FULL_FLUSH)
    raw = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = raw.compress(zeros) + raw.flush(zlib.Z_FULL_FLUSH)
    return head + block * blocks


def test_a_file_that_unpacks_to_gigabytes_is_refused_and_costs_us_nothing() -> None:
    with pikepdf.open(io.BytesIO(carrying(("a.json", b"{}")))) as pdf:
        stream = pdf.Root.Names.EmbeddedFiles.Names[1].EF.F
        stream.write(bomb(400), filter=pikepdf.Name.FlateDecode)
        out = io.BytesIO()
        pdf.save(out)
    assert len(out.getvalue()) < 10 << 20
    begun = time.process_time()
    assert refused(out.getvalue()) == "typeset.pdf-unreadable"
    assert time.process_time() - begun < 2


def edited(change: str) -> bytes:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(carrying(("a.json", b"{}")))) as pdf:
        tree = pdf.make_indirect(pdf.Root.Names.EmbeddedFiles)
        pdf.Root.Names.EmbeddedFiles = tree
        if change == "circle":
            tree.Kids = pikepdf.Array([tree])
            del tree.Names
        elif change == "twice":
            tree.Names.extend(list(tree.Names))
        elif change == "many":
            for place in range(20):
                pdf.attachments[f"b{place}"] = b"x"
        elif change == "no list":
            tree.Names = pikepdf.Name.Odd
        elif change == "no file":
            tree.Names = pikepdf.Array([pikepdf.String("a"), pikepdf.Dictionary()])
        pdf.save(out)
    return out.getvalue()


def test_the_reading_process_cannot_take_more_memory_than_it_is_given() -> None:
    code = "from conformance.typeset import confined; confined.main(); bytes(2 << 30)"
    asked = b'{"ask":"attached"}\n' + carrying()
    done = subprocess.run([sys.executable, "-c", code], input=asked, check=False, capture_output=True, timeout=60)
    assert done.stdout == b"{}"
    assert done.returncode == 1 and b"MemoryError" in done.stderr


def test_a_circle_is_not_walked() -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    refused(edited("circle"))
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before < 5


@pytest.mark.parametrize("change", ["circle", "twice", "many", "no list", "no file"])
def test_a_tree_of_names_that_is_none_is_refused(change: str) -> None:
    assert refused(edited(change)) == "typeset.pdf-unreadable"


def test_nothing_happens_to_a_tree_that_was_not_changed() -> None:
    assert attached(edited("")) == {"a.json": b"{}"}
