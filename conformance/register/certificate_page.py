"""What a certificate's page shows, in one language, as the template reads it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance.messages import Message, message
from conformance.office.certificate import Certificate, assurance_words
from conformance.office.checkpoint import read_checkpoint
from conformance.office.status import StatusList, reason_words
from conformance.register.checking import Act
from conformance.register.standing import detail, headline
from conformance.register.words import class_name, clipped, digests, moment
from conformance.signing.digest import digest_set

#: What the log says of a certificate, in words.
_EVENTS = {
    "issue": message("register.event.issue"),
    "suspend": message("register.event.suspend"),
    "revoke": message("register.event.revoke"),
    "reinstate": message("register.event.reinstate"),
    "supersede": message("register.event.supersede"),
}


def certificate_facts(certificate: Certificate) -> dict[str, Any]:
    """All of a certificate's page that is the same in every language; a pair or mapping is a text or a digest set."""
    held = certificate.predicate
    shown = read_checkpoint(certificate.checkpoint_text)
    return {
        "number": certificate.number,
        "p": held,
        "issued": moment(held["timeCreated"]),
        "begun": moment(held["validFrom"]),
        "ended": moment(held["validUntil"]),
        "until": held["validUntil"][:10],
        "index": certificate.index,
        "checkpoint": shown,
        "root": shown.root.hex(),
        "d": {name: digests(one) for name, one in _digest_sets(certificate).items()},
        "signers": [one.keyid for one in certificate.envelope.signatures],
    }


def _digest_sets(certificate: Certificate) -> dict[str, Mapping[str, str]]:
    held = certificate.predicate
    return {
        "subject": certificate.statement["subject"][0]["digest"],
        "suite": held["suite"]["digest"],
        "bundle": held["report"]["bundle"],
        "report": held["report"]["digest"],
        "results": held["report"]["results"],
        "evidence": held["report"]["evidence"]["root"],
        "file": digest_set(certificate.content),
    }


def told(
    certificate: Certificate,
    word: str,
    acts: tuple[Act, ...],
    status: StatusList,
    language: str,
) -> dict[str, Any]:
    """What of a certificate's page is said in a language."""
    held = certificate.predicate
    rerun, share, official = held["rerun"], held["share"]["executed"], held["share"]["officialText"]
    counted = message("certificate.rerun", n=rerun["n"], of=rerun["of"]) if rerun else message("register.rerun.none")
    return {
        "headline": headline(word, test=held["test"]).render(language),
        "detail": detail(certificate, word, status, language),
        "build_kind": _build_kind(certificate).render(language),
        "assurance": assurance_words(held["assurance"]).render(language),
        "rerun": counted.render(language),
        "share": message("certificate.share", n=share["n"], of=share["of"]).render(language),
        "official": message("certificate.official-text", n=official["n"], of=official["of"]).render(language),
        "classes": [
            (class_name(one["class"], language), one["executed"], one["requirements"]) for one in held["classes"]
        ],
        "statement": held["statement"][language],
        "issuer": held["issuer"]["name"][language],
        "acts": [
            (act.index, moment(act.time), _EVENTS[act.kind].render(language), _reason(act, language)) for act in acts
        ],
        "successors": [act.by for act in acts if act.by],
    }


def searchable(certificate: Certificate, word: str, classes: Mapping[str, int]) -> list[Any]:
    """A certificate in the search index: number, product, vendor, version, places of its classes, word, end."""
    product = certificate.predicate["product"]
    places = [classes[one["class"]] for one in certificate.predicate["classes"]]
    ended = certificate.predicate["validUntil"][:10]
    names = [clipped(product[name]) for name in ("product", "vendor", "version")]
    return [certificate.number, *names, places, word, ended]


def _reason(act: Act, language: str) -> str:
    return reason_words(act.reason).render(language) if act.reason else act.by


def _build_kind(certificate: Certificate) -> Message:
    digest = certificate.statement["subject"][0]["digest"]["sha256"]
    if certificate.predicate["product"]["build"]["kind"] == "declared":
        return message("certificate.build-kind.declared", digest=digest)
    return message("certificate.build-kind.digest", digest=digest)
