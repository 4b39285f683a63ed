"""The pages: HTML without inline scripts or styles, every value escaped, nothing loaded from anywhere else."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined, Template
from markupsafe import Markup

from conformance.messages import LANGUAGES, Param, message
from conformance.office.certificate import Certificate
from conformance.register.assets import VERIFIER, Assets, integrity, part, verifier_data
from conformance.register.certificate_page import certificate_facts, searchable, told
from conformance.register.checking import Checked
from conformance.register.standing import PUBLISHED, headline
from conformance.register.words import class_name, clipped, digests, embeddable, moment, shown, texts
from conformance.signing.canonical import canonical
from conformance.signing.digest import digest_set

#: Certificates on one page of the list.
PAGE = 200
#: Pages may load from their own place only, and only what the build put there.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'"
)
#: What keys sign, in words.
USES = {
    "certificate": message("register.use.certificate"),
    "status": message("register.use.status"),
    "log": message("register.use.log"),
    "receipt": message("register.use.receipt"),
    "witness": message("register.use.witness"),
    "pack": message("register.use.pack"),
    "submission": message("register.use.submission"),
}
#: The folder of each language. All certificates' pages lie in it: ten thousand folders would cost more than the rest.
FOLDERS = {"zh": "", "en": "en/"}


@dataclass(frozen=True)
class Listed:
    """A certificate of the list, with its word."""

    certificate: Certificate
    word: str


@dataclass(frozen=True)
class Site:
    """What the pages are made from; ``listed``: the newest first; ``verifier``: the digests of verify.html."""

    checked: Checked
    listed: Sequence[Listed]
    assets: Assets
    verifier: dict[str, str]

    @property
    def test(self) -> bool:
        """Is it a register under test keys?"""
        return self.checked.held.keys.kind == "test"


def verifier_page(keys_content: bytes, *, test: bool) -> bytes:
    """``verify.html``: one file with everything inside."""
    style = part("templates/register.css") + part("templates/offline.css")
    script = "".join(map(part, (*VERIFIER, "scripts/offline.js")))
    sources = f"style-src '{integrity(style.encode())}'; script-src '{integrity(script.encode())}'"
    page = _template("offline.html.j2", "zh").render(
        test=test,
        policy=f"default-src 'none'; {sources}; base-uri 'none'; form-action 'none'",
        style=Markup(style),  # noqa: S704 - our own file, hashed into the policy
        script=Markup(script),  # noqa: S704 - our own file, hashed into the policy
        data=Markup(embeddable(verifier_data(keys_content))),  # noqa: S704 - holds no "<", ">" or "&"
        t={language: texts(language) for language in LANGUAGES},
    )
    return page.encode()


def list_pages(site: Site) -> Iterator[tuple[str, bytes]]:
    """The certificates, 200 on a page, in each language."""
    pages = [site.listed[start : start + PAGE] for start in range(0, len(site.listed), PAGE)] or [()]
    for language in LANGUAGES:
        common = {
            **_common(site, language),
            "of": len(pages),
            "words": _words(language, test=site.test),
            "classes": _classes(site),
        }
        names = [f"list-{number}.html" if number > 1 else "index.html" for number in range(1, len(pages) + 1)]
        for number, listed in enumerate(pages, 1):
            name = names[number - 1]
            page = _template("index.html.j2", language).render(
                **common, **_at(language, name), listed=listed, number=number, names=names
            )
            yield FOLDERS[language] + name, page.encode()


def how_pages(site: Site) -> Iterator[tuple[str, bytes]]:
    """How to verify, with the digests and keys to compare, in each language."""
    held = site.checked.held
    published = (
        ("keys.json", message("register.download.keys"), digest_set(held.keys_content)),
        ("status.json", message("register.download.status"), digest_set(held.status_content)),
        ("log/checkpoint", message("register.download.checkpoint"), digest_set(held.checkpoint.text.encode())),
        ("log/entries.jsonl", message("register.download.entries"), None),
    )
    for language in LANGUAGES:
        page = _template("how.html.j2", language).render(
            **_common(site, language),
            **_at(language, "how.html"),
            keys=held.keys.keys,
            uses=USES,
            log=held.checkpoint,
            published=published,
        )
        yield f"{FOLDERS[language]}how.html", page.encode()


def certificate_pages(site: Site, part: slice = slice(None)) -> Iterator[tuple[str, bytes]]:
    """A page of each certificate in each language, and the certificate itself; or of a part of what is listed."""
    templates = {language: _template("certificate.html.j2", language) for language in LANGUAGES}
    common = {language: _common(site, language) for language in LANGUAGES}
    known = {one.certificate.number for one in site.listed}
    for one in site.listed[part]:
        certificate = one.certificate
        facts = certificate_facts(certificate)
        acts, name = site.checked.acts[certificate.number], f"{certificate.number}.html"
        for language in LANGUAGES:
            said = told(certificate, one.word, acts, site.checked.held.status, language)
            page = templates[language].render(
                common[language], **_at(language, name), **facts, **said, word=one.word, known=known
            )
            yield f"{FOLDERS[language]}{name}", page.encode()
        yield f"{certificate.number}.json", certificate.content


def search_index(site: Site) -> bytes:
    """What the search reads: the names of the classes, and a row for each certificate, the newest first."""
    classes = _classes(site)
    places = {name: place for place, name in enumerate(classes)}
    rows = [searchable(one.certificate, one.word, places) for one in site.listed]
    return canonical({"classes": classes, "rows": rows})


def _at(language: str, name: str) -> dict[str, str]:
    """Where a page is: the way to the top, and to the same page in the other language."""
    other = next(one for one in LANGUAGES if one != language)
    up = "../" * (FOLDERS[language] + name).count("/")
    return {"up": up, "home": up + FOLDERS[language], "other": up + FOLDERS[other] + name}


def _common(site: Site, language: str) -> dict[str, Any]:
    held = site.checked.held
    counted: dict[str, Param] = {
        "n": len(site.listed),
        "issued": moment(held.status.issued),
        "ended": moment(held.status.valid_until),
    }
    return {
        "lang": language,
        "html_lang": "zh-CN" if language == "zh" else "en",
        "other_lang": "en" if language == "zh" else "zh-CN",
        "policy": POLICY,
        "t": texts(language),
        "integrity": site.assets.integrity,
        "verifier": site.verifier,
        "test": site.test,
        "office": held.keys.name.get(language, ""),
        "address": held.keys.register,
        "counted": message("register.count", **counted).render(language),
        "say": lambda id_, **params: message(id_, **params).render(language),
        "class_name": lambda name: class_name(name, language),
        "headline": lambda word: headline(word, test=site.test).render(language),
    }


def _words(language: str, *, test: bool) -> list[tuple[str, str]]:
    return [(word, headline(word, test=test).render(language)) for word in PUBLISHED]


def _classes(site: Site) -> list[str]:
    return sorted({one["class"] for listed in site.listed for one in listed.certificate.predicate["classes"]})


@cache
def _environment(language: str) -> Environment:
    environment = Environment(
        loader=FunctionLoader(lambda name: _translated(name, language)),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=shown,
    )
    environment.filters.update(moment=moment, clipped=clipped, digests=digests)
    return environment


def _translated(name: str, language: str) -> str:
    """A template with its fixed texts already in it: twenty thousand pages look none of them up."""
    return re.sub(r'\{\{ t\["([a-z.-]+)"\] \}\}', lambda found: texts(language)[found[1]], part(f"templates/{name}"))


@cache
def _template(name: str, language: str) -> Template:
    return _environment(language).get_template(name)
