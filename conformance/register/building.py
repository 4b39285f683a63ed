"""``lubiao register build``: read, verify, write beside the old site, and only then put the new one in its place."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from conformance.register.assets import assets
from conformance.register.checking import Checked, check
from conformance.register.pages import (
    Listed,
    Site,
    certificate_pages,
    how_pages,
    list_pages,
    search_index,
    verifier_page,
)
from conformance.register.reading import read_office
from conformance.register.refusing import RegisterError
from conformance.register.spreading import spread
from conformance.register.standing import standing
from conformance.signing.canonical import canonical
from conformance.signing.digest import digest_set

#: What tells a folder of ours from somebody's files.
MARK, SCHEMA = "register.json", "lubiao-register/1"
VERIFIER = "verify.html"


@dataclass(frozen=True)
class Built:
    """What was written: certificates, files, and the digests of verify.html."""

    certificates: int
    files: int
    verifier: dict[str, str]


def build(target: Path, office: Path, now: datetime) -> Built:
    """Build the register of an office's folder into ``target``, as at an instant (with its zone).

    Equal input and equal words give equal bytes. What was in ``target`` is replaced as a whole, or, where anything is
    refused (:class:`RegisterError`), left as it was; a folder that is not empty and no register is refused.
    """
    if now.tzinfo is None:
        raise ValueError("an instant without a zone")
    target = target.resolve()
    _require_ours(target)
    checked = check(read_office(office), now)
    fresh = target.with_name(f".{target.name}.new")
    try:
        shutil.rmtree(fresh, ignore_errors=True)
        site = _site(checked, now)
        files = _write(site_files(site), fresh) + write_pages(site, fresh)
        _put(fresh, target)
    except OSError as error:
        raise RegisterError(target.name, "register.refused.unwritable", error=type(error).__name__) from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return Built(len(site.listed), files, site.verifier)


def _write(files: Iterable[tuple[str, bytes]], folder: Path) -> int:
    """Write files into a folder, and return how many."""
    made, number = set[Path](), 0
    for name, content in files:
        path = folder / name
        if path.parent not in made:
            path.parent.mkdir(parents=True, exist_ok=True)
            made.add(path.parent)
        path.write_bytes(content)
        number += 1
    return number


def _site(checked: Checked, now: datetime) -> Site:
    held = checked.held
    newest = sorted(held.certificates, key=lambda one: -one.index)
    listed = [Listed(one, standing(one, held.status, now)) for one in newest]
    verifier = digest_set(verifier_page(held.keys_content, test=held.keys.kind == "test"))
    return Site(checked, listed, assets(held.keys_content), verifier)


def write_pages(site: Site, folder: Path) -> int:
    """Write the pages of all certificates, on every core where they are many; returns the number of files."""
    return sum(spread(partial(_write_part, site, folder), len(site.listed)))


def _write_part(site: Site, folder: Path, part: slice) -> int:
    return _write(certificate_pages(site, part), folder)


def site_files(site: Site) -> Iterator[tuple[str, bytes]]:
    """Every file of the site but the certificates' own, by its name."""
    held = site.checked.held
    yield MARK, canonical({"schema": SCHEMA, "certificates": len(site.listed), "verifier": site.verifier})
    yield "robots.txt", _robots(test=site.test)
    yield "keys.json", held.keys_content
    yield "status.json", held.status_content
    yield "log/entries.jsonl", b"".join(line + b"\n" for line in held.entries)
    yield "log/checkpoint", held.checkpoint.text.encode()
    for size in held.log.published():
        if size <= held.checkpoint.size:
            yield f"log/checkpoints/{size}", held.log.checkpoint(size).text.encode()
    yield VERIFIER, verifier_page(held.keys_content, test=site.test)
    yield from site.assets.files.items()
    yield "search.json", search_index(site)
    yield from how_pages(site)
    yield from list_pages(site)


def _robots(*, test: bool) -> bytes:
    return b"User-agent: *\nDisallow: /\n" if test else b"User-agent: *\nDisallow: /search.json\nDisallow: /log/\n"


def _require_ours(target: Path) -> None:
    try:
        strange = target.exists() and not (target / MARK).is_file() and (not target.is_dir() or any(target.iterdir()))
    except OSError as error:
        raise RegisterError(target.name, "register.refused.unwritable", error=type(error).__name__) from error
    if strange:
        raise RegisterError(target.name, "register.refused.target")


def _put(fresh: Path, target: Path) -> None:
    """The new folder in the old one's place; the old one is gone only when the new one stands."""
    old = target.with_name(f".{target.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if target.exists():
        target.rename(old)
    fresh.rename(target)
    shutil.rmtree(old, ignore_errors=True)
