"""Archives made to break a reader: paths that leave, links, bombs, lies and damage."""

from __future__ import annotations

import gzip
import os
import struct
import tarfile
import zipfile
from pathlib import Path

from hostile_packages import (
    DATASET,
    MIB,
    NAME,
    NAMESPACE,
    as_folder,
    as_tar,
    as_zip,
    case,
    directory,
    package,
    patched,
    tar_bytes,
    tar_member,
    with_name,
    written,
    zip_bytes,
)


@case
def zip_slip(folder: Path) -> Path:
    return with_name(folder, "attachments/../../../escaped.txt")


@case
def zip_absolute_path(folder: Path) -> Path:
    return with_name(folder, "/escaped.txt")


@case
def zip_drive(folder: Path) -> Path:
    return with_name(folder, "C:escaped.txt")


@case
def zip_backslash(folder: Path) -> Path:
    return with_name(folder, "..\\escaped.txt")


@case
def zip_name_escapes_the_terminal(folder: Path) -> Path:
    return with_name(folder, "attachments/\x1b[2J\x1b]0;owned\x07.txt")


@case
def zip_name_turned_around(folder: Path) -> Path:
    return with_name(folder, "attachments/\u202egnp.exe")


@case
def zip_name_with_nul(folder: Path) -> Path:
    archive = zip_bytes({**package(), "attachments/aXb.txt": b"x"})
    return written(folder / f"{NAME}.zip", archive.replace(b"aXb.txt", b"a\0b.txt"))


@case
def zip_name_of_10000_characters(folder: Path) -> Path:
    return with_name(folder, "attachments/" + "a" * 10_000)


@case
def zip_name_in_broken_utf8(folder: Path) -> Path:
    archive = zip_bytes({**package(), "attachments/é.txt": b"x"})
    return written(folder / f"{NAME}.zip", archive.replace("é".encode(), b"\xff\xfe"))


@case
def zip_name_twice(folder: Path) -> Path:
    archive = zip_bytes({**package(), "manifest.jsoN": b"{}"})
    return written(folder / f"{NAME}.zip", archive.replace(b"manifest.jsoN", b"manifest.json"))


@case
def zip_name_twice_by_case(folder: Path) -> Path:
    return with_name(folder, f"DATA/{DATASET}_001.xml")


@case
def zip_file_is_a_folder_too(folder: Path) -> Path:
    return with_name(folder, "data")


@case
def zip_symlink(folder: Path) -> Path:
    def add(archive: zipfile.ZipFile) -> None:
        link = zipfile.ZipInfo("attachments/a.txt")
        link.create_system, link.external_attr = 3, 0o120777 << 16
        archive.writestr(link, "/etc/passwd")

    return as_zip(folder, package(), add)


@case
def zip_encrypted(folder: Path) -> Path:
    archive = zip_bytes({**package(), "attachments/a.txt": b"secret"})
    return written(folder / f"{NAME}.zip", patched(archive, -1, 6, 8, b"\x01\x00"))


@case
def zip_encrypted_whole(folder: Path) -> Path:
    archive = zip_bytes(package())
    for entry in range(2):
        archive = patched(archive, entry, 6, 8, b"\x01\x00")
    return written(folder / f"{NAME}.zip", archive)


@case
def zip_compressed_by_lzma(folder: Path) -> Path:
    return as_zip(folder, package(), lambda one: one.writestr("attachments/a.txt", b"x" * 99, zipfile.ZIP_LZMA))


@case
def zip_of_unknown_version(folder: Path) -> Path:
    archive = zip_bytes({**package(), "attachments/a.txt": b"x"})
    return written(folder / f"{NAME}.zip", patched(archive, -1, 4, 6, b"\xff\x00"))


@case
def zip_bomb(folder: Path) -> Path:
    return as_zip(folder, {**package(), "attachments/bomb.bin": bytes(64 * MIB)})


@case
def zip_bomb_of_an_attribute(folder: Path) -> Path:
    """A gigabyte of one attribute, a megabyte packed."""

    def add(archive: zipfile.ZipFile) -> None:
        with archive.open(f"data/{DATASET}_002.xml", "w", force_zip64=True) as file:
            file.write(f'<dataset xmlns="{NAMESPACE}" a="'.encode())
            for _ in range(1024):
                file.write(b"a" * MIB)
            file.write(b'"/>')

    return as_zip(folder, package(), add)


@case
def zip_bomb_states_another_size(folder: Path) -> Path:
    archive = zip_bytes({**package(), "attachments/bomb.bin": bytes(64 * MIB)})
    return written(folder / f"{NAME}.zip", patched(archive, -1, 22, 24, struct.pack("<I", 100)))


@case
def zip_entries_overlap(folder: Path) -> Path:
    archive = bytearray(zip_bytes({**package(), "attachments/a.txt": b"a", "attachments/b.txt": b"a"}))
    *_, first, second = directory(archive)
    archive[second + 42 : second + 46] = archive[first + 42 : first + 46]
    return written(folder / f"{NAME}.zip", bytes(archive))


@case
def zip_of_20000_entries(folder: Path) -> Path:
    return as_zip(folder, {**package(), **{f"attachments/{number}/": b"" for number in range(20_000)}})


@case
def zip_directory_of_500000_entries(folder: Path) -> Path:
    """Each of 47 bytes, and all point at one file."""
    one = zip_bytes({"a": b"a"})
    place = one.index(b"PK\x01\x02")
    entry, number = one[place : one.index(b"PK\x05\x06")], 500_000
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 65_535, 65_535, len(entry) * number, place, 0)
    return written(folder / f"{NAME}.zip", one[:place] + entry * number + end)


@case
def zip_nested(folder: Path) -> Path:
    return as_zip(folder, package({"attachments/inner.bin": zip_bytes({"a.txt": b"x"})}))


@case
def zip_cut_short(folder: Path) -> Path:
    return written(folder / f"{NAME}.zip", zip_bytes(package())[:-30])


@case
def zip_content_damaged(folder: Path) -> Path:
    archive = bytearray(zip_bytes(package()))
    archive[archive.index(b"_001.xml") + 100] ^= 0xFF
    return written(folder / f"{NAME}.zip", bytes(archive))


@case
def folder_with_link_to_a_file(folder: Path) -> Path:
    root = as_folder(folder, package())
    (root / "attachments").mkdir()
    (root / "attachments" / "a.txt").symlink_to("/etc/passwd")
    return root


@case
def folder_with_link_to_itself(folder: Path) -> Path:
    root = as_folder(folder, package())
    (root / "attachments").symlink_to(root, target_is_directory=True)
    return root


@case
def folder_with_linked_data(folder: Path) -> Path:
    root = as_folder(folder, package())
    data = root / "data" / f"{DATASET}_001.xml"
    data.rename(folder / "elsewhere.xml")
    data.symlink_to(folder / "elsewhere.xml")
    return root


@case
def folder_with_pipe(folder: Path) -> Path:
    root = as_folder(folder, package())
    (root / "attachments").mkdir()
    os.mkfifo(root / "attachments" / "a.txt")
    return root


@case
def folder_with_name_in_no_encoding(folder: Path) -> Path:
    root = as_folder(folder, package())
    (root / "attachments").mkdir()
    Path(os.fsdecode(os.fsencode(root) + b"/attachments/\xff\xfe.txt")).write_bytes(b"x")
    return root


@case
def folder_with_markup_in_a_name(folder: Path) -> Path:
    return as_folder(folder, package({"attachments/<img src=x onerror=alert(1)>.txt": b"x"}))


@case
def tar_slip(folder: Path) -> Path:
    return as_tar(folder, {**package(), "../escaped.txt": b"x"})


@case
def tar_absolute_path(folder: Path) -> Path:
    return as_tar(folder, {**package(), "/escaped.txt": b"x"})


@case
def tar_symlink_then_file_below_it(folder: Path) -> Path:
    return as_tar(folder, package(), tar_member(tarfile.SYMTYPE, "attachments", ".."), tar_member(tarfile.FIFOTYPE))


@case
def tar_hard_link(folder: Path) -> Path:
    return as_tar(folder, package(), tar_member(tarfile.LNKTYPE, target="/etc/passwd"))


@case
def tar_device(folder: Path) -> Path:
    return as_tar(folder, package(), tar_member(tarfile.CHRTYPE))


@case
def tar_name_twice(folder: Path) -> Path:
    return as_tar(folder, package(), tar_member(tarfile.REGTYPE, f"data/{DATASET}_001.xml"))


@case
def tar_cut_short(folder: Path) -> Path:
    archive = tar_bytes(package())
    return written(folder / f"{NAME}.tar", archive[: archive.rindex(b"</dataset>")])


@case
def tar_nested(folder: Path) -> Path:
    return as_tar(folder, package({"attachments/inner.bin": tar_bytes({"a.txt": b"x"})}))


def _summed(archive: bytearray, header: int) -> bytes:
    """The archive with the checksum of one header set right."""
    archive[header + 148 : header + 156] = b" " * 8
    archive[header + 148 : header + 156] = f"{sum(archive[header : header + 512]):06o}\0 ".encode()
    return bytes(archive)


@case
def tar_member_of_negative_size(folder: Path) -> Path:
    archive = bytearray(tar_bytes({**package(), "attachments/a.txt": b"x"}))
    header = archive.index(b"attachments/a.txt")
    archive[header + 124 : header + 136] = b"\xff" * 10 + b"\xf0\x00"
    return written(folder / f"{NAME}.tar", _summed(archive, header))


@case
def tar_member_of_exabytes(folder: Path) -> Path:
    archive = bytearray(tar_bytes({**package(), "attachments/a.txt": b"x"}))
    header = archive.index(b"attachments/a.txt")
    archive[header + 124 : header + 136] = b"\x80" + bytes(3) + b"\x7f" * 8
    return written(folder / f"{NAME}.tar", _summed(archive, header))


@case
def tar_of_50000_headers_before_one_member(folder: Path) -> Path:
    """Extended headers, each of which belongs to the next: a reader that recurses ends here."""
    header = bytearray(tar_member(tarfile.XHDTYPE, "x").tobuf(tarfile.USTAR_FORMAT))
    return written(folder / f"{NAME}.tar", tar_bytes(package())[:-10_240] + bytes(header) * 50_000)


@case
def tgz_header_of_300_megabytes(folder: Path) -> Path:
    """A name that long, packed well: neither the disc nor the memory is to hold it."""
    info = tar_member(tarfile.GNUTYPE_LONGNAME, "././@LongLink")
    info.size = 300 * MIB
    content = info.tobuf(tarfile.GNU_FORMAT) + b"a" * info.size + tar_bytes(package())
    return written(folder / f"{NAME}.tar.gz", gzip.compress(content, 1))


@case
def tgz_bomb(folder: Path) -> Path:
    archive = tar_bytes({**package(), "attachments/bomb.bin": bytes(64 * MIB)})
    return written(folder / f"{NAME}.tgz", gzip.compress(archive))


@case
def tgz_cut_short(folder: Path) -> Path:
    return written(folder / f"{NAME}.tar.gz", gzip.compress(tar_bytes(package()))[:-60])


@case
def tgz_nested(folder: Path) -> Path:
    return written(folder / f"{NAME}.tgz", gzip.compress(gzip.compress(tar_bytes(package()))))


@case
def no_archive_at_all(folder: Path) -> Path:
    return written(folder / f"{NAME}.zip", b"Rar!\x1a\x07\x01\x00" + bytes(1000))


@case
def empty_file(folder: Path) -> Path:
    return written(folder / f"{NAME}.zip", b"")


@case
def nothing_there(folder: Path) -> Path:
    return folder / f"{NAME}.zip"


@case
def package_is_a_pipe(folder: Path) -> Path:
    os.mkfifo(folder / f"{NAME}.zip")
    return folder / f"{NAME}.zip"
