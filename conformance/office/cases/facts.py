"""What the office needs to know of a bundle, as plain values: they come out of the room where it was read apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from conformance.bundle.model import Bundle
from conformance.evidence.record import message_of, message_value
from conformance.messages import Message
from conformance.office.admission import AdmissionTerms, Challenge, Refusal, admit_formally
from conformance.signing.seed import seed_of

#: Judges a bundle's evidence again: does it come to the report? None where that cannot be known.
Replay = Callable[[Bundle], bool | None]


@dataclass(frozen=True)
class Judged:
    """One finding: its id, verdict, attribution (empty where there is none), and does it rest on a person's word?"""

    id: str
    verdict: str
    attribution: str
    manual: bool


@dataclass(frozen=True)
class Facts:
    """A bundle's facts. ``bound``: what its receipt names (``bundle``, ``report``, ``results``, ``evidence`` and, where
    there was one, ``challenge``); ``product``, ``packs``, ``suite`` as in the manifest; ``declaration``: SHA-256.
    """

    bound: Mapping[str, Any]
    product: Mapping[str, Any]
    packs: Sequence[Mapping[str, Any]]
    suite: Mapping[str, Any]
    declaration: str
    mode: str
    run: Mapping[str, str]
    findings: tuple[Judged, ...]

    @property
    def digest(self) -> str:
        """The SHA-256 of the manifest."""
        return str(self.bound["bundle"]["sha256"])

    @property
    def challenge(self) -> Mapping[str, str] | None:
        """The commitment and the nonce that the run says it was challenged with."""
        return self.bound.get("challenge")


@dataclass(frozen=True)
class FormalTerms:
    """What a bundle is held to when it arrives: packs (id, edition, digest), suites, challenges that were given."""

    packs: tuple[tuple[str, str, str], ...] = ()
    suites: tuple[Mapping[str, str], ...] = ()
    challenges: tuple[Mapping[str, str], ...] = ()


def facts_of(bundle: Bundle) -> Facts:
    """The facts of a bundle; KeyError or TypeError where it lacks what every bundle has."""
    manifest, report = bundle.manifest, bundle.report
    bound = {
        "bundle": dict(bundle.digest),
        "report": manifest["reportDigest"],
        "results": manifest["resultsDigest"],
        "evidence": manifest["evidence"],
    }
    if manifest["challenge"]:
        bound["challenge"] = manifest["challenge"]
    return Facts(
        bound,
        manifest["product"],
        manifest["packs"],
        manifest["suite"],
        report["system"]["declaration"]["sha256"],
        manifest["mode"],
        {name: report["run"][name] for name in ("id", "started", "ended")},
        tuple(_judged(entry) for entry in report["findings"]),
    )


def _judged(entry: Mapping[str, Any]) -> Judged:
    """A finding; a person's word stands behind it where it is only declared, with statements for evidence."""
    return Judged(entry["id"], entry["verdict"], entry["attribution"] or "", entry.get("standing") == "declared")


def formal_refusals(bundle: Bundle, terms: FormalTerms) -> tuple[Refusal, ...]:
    """Why a bundle is not taken further, as far as can be told without its being judged again."""
    return admit_formally(
        bundle,
        AdmissionTerms(
            classes_of(bundle),
            {(id_, edition): digest for id_, edition, digest in terms.packs},
            terms.suites,
            replayed=True,
            challenge=expected_challenge(bundle.manifest, terms.challenges),
        ),
    )


def classes_of(bundle: Bundle) -> tuple[str, ...]:
    """The conformance classes of its report."""
    return tuple(entry["class"] for entry in bundle.report["classes"])


def expected_challenge(manifest: Mapping[str, Any], given: Sequence[Mapping[str, str]]) -> Challenge | None:
    """The challenge that a bundle must have been run with, of those that the office gave: the one with its commitment,
    else the last that was given for this version of the product; None where there was none.
    """
    held, product = manifest["challenge"], manifest["product"]
    if held:
        found = [one for one in given if one["commitment"] == held.get("commitment")]
    else:
        names = ("vendor", "product", "version")
        found = [one for one in given if all(one[name] == product[name] for name in names)]
    if not found:
        return None
    chosen = found[-1]
    return Challenge(chosen["commitment"], chosen["nonce"], seed_of(chosen["commitment"], chosen["nonce"]))


def facts_value(facts: Facts, refusals: Sequence[Refusal]) -> dict[str, Any]:
    """Both as canonical JSON holds them."""
    value = asdict(facts)
    value["findings"] = [[one.id, one.verdict, one.attribution, one.manual] for one in facts.findings]
    told = [{"word": one.word, "message": message_value(one.message)} for one in refusals]
    return {"facts": value, "refusals": told}


def facts_from(value: Mapping[str, Any]) -> tuple[Facts, tuple[Refusal, ...]]:
    """Facts and refusals of such a value; KeyError, TypeError or ValueError for any other."""
    held = dict(value["facts"])
    held["findings"] = tuple(Judged(*entry) for entry in held["findings"])
    refusals = tuple(Refusal(one["word"], _told(one["message"])) for one in value["refusals"])
    return Facts(**held), refusals


def _told(value: Mapping[str, Any]) -> Message:
    told = message_of(value)
    if told is None:
        raise ValueError("a message that is missing")
    return told
