"""The certificate as people hold it: one page, in both languages, that carries certificate.json.

The page is a view: what counts is the attached file and the register. No seal is drawn, only its place.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from conformance.messages import message
from conformance.signing.canonical import NotCanonicalError, parse
from conformance.signing.dsse import Envelope, envelope_of
from conformance.signing.keys import TEST_PREFIX
from conformance.typeset.fonts import Fonts, TypesetError, load_fonts
from conformance.typeset.glyphs import Glyphs
from conformance.typeset.qr import qr_code, qr_text
from conformance.typeset.report_data import BUILDS
from conformance.typeset.setting import Attachment, mark_svg, set_document
from conformance.typeset.wording import Wording, hexadecimal, moment

NAME = "certificate.json"
LIMIT, _ADDRESS = 1 << 20, 200
#: How many classes and standards are named on the page.
LISTED = 12
#: Classes and standards that the page has room for; with more it is set smaller.
_ROOMY = 9
#: The mark of a test certificate, over the text.
_PALE = "#a3151538"
_NAME, _STATEMENT = 160, 2400
_DIGEST = re.compile(r"(?<=sha256:)([0-9a-f]{16})[0-9a-f]{48}")
_NUMBER = re.compile(r"[A-Z0-9-]{1,40}")


@dataclass(frozen=True)
class _Words:
    """Both languages of a page, one memory of what the fonts lack."""

    zh: Wording
    en: Wording

    def label(self, id_: str) -> list[str]:
        return [self.zh.say(id_), self.en.say(id_)]


@dataclass(frozen=True)
class _Held:
    """A certificate's file as read, not verified."""

    content: bytes = field(repr=False)
    envelope: Envelope = field(repr=False)
    subject: Mapping[str, Any]
    predicate: Mapping[str, Any]
    index: int


def certificate_pdf(certificate: bytes, *, address: str, test: bool = False, fonts: Path | None = None) -> bytes:
    """PDF/A-3a of a certificate, from the bytes of certificate.json; equal input gives equal bytes.

    ``address`` is the register's: a certificate's page is ``address/number``. A certificate that calls itself a test's,
    or is signed by a test key, carries the mark of one whatever ``test`` says. Nothing is verified here. Raises
    :class:`conformance.typeset.fonts.TypesetError`.
    """
    held, domain = _read(certificate), _domain(address)
    fonts_held = load_fonts(fonts)
    glyphs = Glyphs(fonts_held.characters)
    words = _Words(Wording("zh", glyphs), Wording("en", glyphs))
    try:
        data = _data(held, words, address, domain, test)
        time = str(held.predicate["timeCreated"])
    except (KeyError, TypeError, AttributeError, ValueError, IndexError) as error:
        raise TypesetError(message("typeset.cert.malformed")) from error
    data["across"] = _across(data["mark"], fonts_held)
    attached = Attachment(NAME, certificate, "application/json", words.zh.say("typeset.attached-certificate"))
    return set_document("certificate", data, attached, fonts_held, time=time, language="zh")


def _read(content: bytes) -> _Held:
    try:
        value = parse(content, limit=LIMIT)
        envelope = envelope_of(value["envelope"])
        statement = envelope.value()
        subject, predicate = statement["subject"][0], statement["predicate"]
        number, index = predicate["certificateNo"], value["proof"]["index"]
        if not _NUMBER.fullmatch(number) or type(index) is not int:
            raise NotCanonicalError("a number or index that is none")
    except (NotCanonicalError, KeyError, TypeError, IndexError) as error:
        raise TypesetError(message("typeset.cert.malformed")) from error
    return _Held(content, envelope, subject, predicate, index)


def _domain(address: str) -> str:
    """The host that is printed in words; a code alone could lead anywhere."""
    try:
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError:
        host = None
    else:
        host = host if parts.scheme in ("http", "https") and len(address) <= _ADDRESS else None
    if not host or not address.isprintable() or " " in address:
        raise TypesetError(message("typeset.cert.address"))
    return host


def _data(held: _Held, words: _Words, address: str, domain: str, test: bool) -> dict[str, Any]:
    predicate, number = held.predicate, held.predicate["certificateNo"]
    issuer = predicate["issuer"]["name"]
    test = test or predicate["test"] is not False or number.startswith(TEST_PREFIX)
    test = test or any(one.keyid.startswith(TEST_PREFIX) for one in held.envelope.signatures)
    code = qr_code(qr_text(address, number, hashlib.sha256(held.content).hexdigest()))
    command = f"lubiao verify {number}.pdf --keys keys.json"
    data: dict[str, Any] = {
        "title": words.label("typeset.cert.title"),
        "mark": words.label("typeset.cert.test") if test else [],
        "number": [*words.label("typeset.cert.number"), number],
        "intro": words.label("typeset.cert.intro"),
        "tight": len(predicate["classes"]) + len(predicate["standards"]) > _ROOMY,
        "facts": _facts(held, words),
        "digests": _digests(held, words),
        "qr": {"svg": code.svg, "width": code.width, "alt": words.zh.say("typeset.cert.qr")},
        "domain": words.zh.plain(domain),
        "verify": [one.say("typeset.cert.verify", domain=domain, command=command) for one in (words.zh, words.en)],
        "statement": [_statement(predicate["statement"], one) for one in (words.zh, words.en)],
        "disclaimer": words.label("certificate.disclaimer"),
        "issuer": [one.plain(issuer[one.language], _NAME) for one in (words.zh, words.en)],
        "issued": [*words.label("typeset.cert.issued"), words.zh.plain(predicate["timeCreated"][:10])],
        "seal": words.label("typeset.seal"),
        "page": words.zh.say("typeset.page", page="{page}", pages="{pages}"),
    }
    return {**data, "notes": list(words.zh.notes_on_glyphs())}


def _across(mark: Sequence[str], fonts: Fonts) -> str:
    return mark_svg([(mark[0], 78), (mark[1], 26)], _PALE, fonts, "zh") if mark else ""


def _facts(held: _Held, words: _Words) -> list[list[Any]]:
    """Label in both languages, and the lines of the value: the main one, and smaller ones."""
    predicate, zh, en = held.predicate, words.zh, words.en
    product = predicate["product"]
    rows: list[tuple[str, list[str]]] = [
        ("typeset.cert.product", [zh.plain(f"{product['product']} {product['version']}", 2 * _NAME)]),
        ("typeset.cert.vendor", [zh.plain(product["vendor"], _NAME)]),
        ("typeset.cert.build", _build(product["build"], words)),
        ("typeset.cert.classes", _listed(predicate["classes"], words, _class)),
        ("typeset.cert.standards", _listed(predicate["standards"], words, _standard)[:1]),
        ("typeset.cert.assurance", _assurance(predicate["assurance"], words)),
        ("typeset.cert.share", [_share(predicate["share"], one) for one in (zh, en)]),
        ("typeset.cert.validity", [_validity(predicate, zh)]),
        ("typeset.cert.log", [str(held.index)]),
    ]
    if predicate["supersedes"]:
        rows.append(("typeset.cert.supersedes", [zh.plain("、".join(predicate["supersedes"]), 400)]))
    return [[*words.label(id_), lines] for id_, lines in rows]


def _build(build: Mapping[str, Any], words: _Words) -> list[str]:
    id_ = words.zh.plain(build["id"], _NAME) or words.zh.say("typeset.build.none")
    kinds = [one.named(BUILDS, build["kind"]) for one in (words.zh, words.en)]
    return [id_, " · ".join(kinds)]


def _listed(entries: Sequence[Mapping[str, Any]], words: _Words, line: Any) -> list[str]:
    """The entries in a line for each language; where there are too many, how many in all."""
    lines = []
    for one, comma in ((words.zh, "；"), (words.en, "; ")):
        told = [line(entry, one) for entry in entries[:LISTED]]
        if len(entries) > LISTED:
            told.append(one.say("typeset.cert.and-more", number=len(entries)))
        lines.append(comma.join(told))
    return lines


def _class(entry: Mapping[str, Any], wording: Wording) -> str:
    name = wording.word("class", entry["class"])
    return wording.say("typeset.cert.class", name=name, requirements=entry["requirements"], executed=entry["executed"])


def _standard(entry: Mapping[str, Any], wording: Wording) -> str:
    number, edition = wording.plain(entry["number"], _NAME), wording.plain(entry["edition"], 40)
    return wording.say("typeset.cert.standard", number=number, edition=edition)


def _assurance(level: str, words: _Words) -> list[str]:
    told = {
        "L1": message("certificate.assurance.l1"),
        "L2": message("certificate.assurance.l2"),
        "L3": message("certificate.assurance.l3"),
    }[level]
    return [one.plain(told.render(one.language)) for one in (words.zh, words.en)]


def _share(share: Mapping[str, Mapping[str, int]], wording: Wording) -> str:
    executed, text = share["executed"], share["officialText"]
    return wording.say("typeset.cert.share-line", n=executed["n"], of=executed["of"], text=text["n"], judged=text["of"])


def _validity(predicate: Mapping[str, Any], wording: Wording) -> str:
    begin, end = (wording.plain(moment(predicate[name]), 40) for name in ("validFrom", "validUntil"))
    return wording.say("typeset.cert.from-to", begin=begin, end=end)


def _statement(text: Mapping[str, str], wording: Wording) -> str:
    """The honest sentence, its digests shortened: the whole ones are listed above it, or in the attached file."""
    return wording.plain(_DIGEST.sub(r"\1…", text[wording.language]), _STATEMENT)


def _digests(held: _Held, words: _Words) -> list[list[str]]:
    """Label and SHA-256 of what the certificate names."""
    predicate, zh = held.predicate, words.zh
    declared = predicate["product"]["build"]["kind"] == "declared"
    subject = zh.say("typeset.cert.digest.declaration") if declared else zh.say("typeset.cert.digest.subject")
    rows = [
        [zh.say("typeset.cert.digest.certificate"), hashlib.sha256(held.content).hexdigest()],
        [subject, held.subject["digest"]["sha256"]],
        [zh.say("typeset.cert.digest.report"), predicate["report"]["digest"]["sha256"]],
        [zh.say("typeset.cert.digest.bundle"), predicate["report"]["bundle"]["sha256"]],
        [zh.say("typeset.cert.digest.suite"), predicate["suite"]["digest"]["sha256"]],
    ]
    return [[label, zh.plain(hexadecimal(digest), 80)] for label, digest in rows]
