"""What others see of a PDF: poppler's text and pictures, pikepdf's structure, zbar's codes."""

from __future__ import annotations

import io
import re
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pikepdf

FONTS = {"NotoSansSC-Regular", "NotoSerifSC-Regular"}


def run(command: list[str], pdf: bytes) -> str:
    """What a program says of the PDF, which stands for ``PDF`` among its words."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "seen.pdf"
        path.write_bytes(pdf)
        words = [str(path) if word == "PDF" else word for word in command]
        return subprocess.run(words, capture_output=True, check=True, timeout=60).stdout.decode("utf-8")


def pages(pdf: bytes) -> list[str]:
    """The text of each page."""
    return run(["pdftotext", "-layout", "PDF", "-"], pdf).split("\f")[:-1]


def text(pdf: bytes) -> str:
    """All text, without any blank: lines are the typesetter's own affair."""
    return "".join(run(["pdftotext", "PDF", "-"], pdf).split())


def reach(pdf: bytes) -> tuple[float, float]:
    """How far left and right words stand on any page, in points."""
    boxes = re.findall(
        r'<word xMin="([-\d.]+)" yMin="[-\d.]+" xMax="([-\d.]+)"', run(["pdftotext", "-bbox", "PDF", "-"], pdf)
    )
    return min(float(left) for left, _ in boxes), max(float(right) for _, right in boxes)


def widest(pdf: bytes, letter: str) -> float:
    """The widest run of one letter that stands on a line, in points."""
    found = run(["pdftotext", "-bbox", "PDF", "-"], pdf)
    boxes = re.findall(rf'xMin="([\d.]+)" yMin="[\d.]+" xMax="([\d.]+)" yMax="[\d.]+">{letter}+<', found)
    return max(float(right) - float(left) for left, right in boxes)


def codes(pdf: bytes) -> list[str]:
    """The QR codes of the first page, as zbar reads them from a picture at 100 dpi."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "seen.pdf"
        path.write_bytes(pdf)
        picture = Path(folder) / "page"
        subprocess.run(["pdftoppm", "-r", "100", "-f", "1", "-l", "1", "-png", path, picture], check=True, timeout=60)
        (found,) = Path(folder).glob("page*.png")
        read = subprocess.run(["zbarimg", "-q", "--raw", found], capture_output=True, check=True, timeout=60)
        return read.stdout.decode().split()


def reddish(pdf: bytes) -> list[int]:
    """How many points of each page are red or pink, at 40 dpi: the marks of tests and self-tests."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "seen.pdf"
        path.write_bytes(pdf)
        subprocess.run(["pdftoppm", "-r", "40", path, Path(folder) / "page"], check=True, timeout=60)
        return [_reddish(one.read_bytes()) for one in sorted(Path(folder).glob("page*.ppm"))]


def _reddish(ppm: bytes) -> int:
    points = ppm.split(b"\n", 3)[3]
    return sum(red > green + 8 for red, green in zip(points[::3], points[1::3], strict=True))


def fonts(pdf: bytes) -> set[str]:
    """The fonts of a PDF; each must be embedded, a subset, and mapped to Unicode."""
    rows = run(["pdffonts", "PDF"], pdf).splitlines()[2:]
    assert all(row.split()[-5:-2] == ["yes", "yes", "yes"] for row in rows), rows
    return {row.split()[0].partition("+")[2].removesuffix("-Identity-H") for row in rows}


def opened(pdf: bytes) -> pikepdf.Pdf:
    return pikepdf.open(io.BytesIO(pdf))


def archival(pdf: bytes) -> dict[str, Any]:
    """What makes it PDF/A-3a, as far as structure shows: nothing here replaces veraPDF."""
    with opened(pdf) as held:
        root = held.Root
        return {
            "level": held.open_metadata().pdfa_status,
            "intent": str(root.OutputIntents[0].S),
            "profile": len(root.OutputIntents[0].DestOutputProfile.read_bytes()) > 0,
            "tagged": bool(root.MarkInfo.Marked) and "/StructTreeRoot" in root,
            "language": str(root.Lang),
            "attached": [(str(one.UF), str(one.AFRelationship)) for one in root.AF],
            "encrypted": held.is_encrypted,
            "scripts": "/JavaScript" in root.Names or "/OpenAction" in root,
        }
