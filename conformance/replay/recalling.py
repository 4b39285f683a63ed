"""Which certificates would another edition, or a corrected checker, touch? Each one's bundle is judged again.

A certificate whose bundle is not at hand is told as not known, never as untouched: a register holds no evidence, so
only an office's folder, with its submissions, can answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance.bundle.model import Bundle, BundleError
from conformance.bundle.reading import read_bundle
from conformance.messages import Message, message
from conformance.replay.effects import Effect
from conformance.replay.rebuilding import ReplayError
from conformance.replay.replaying import Replayed, replay
from conformance.signing.canonical import NotCanonicalError, parse
from conformance.signing.digest import same_digests
from conformance.signing.dsse import LIMIT, envelope_of

CHANGES, UNKNOWN, EDITED, STAYS = "changes", "not-known", "edited", "stays"
#: Where certificates lie: in an office's folder, and in a register.
_CERTIFICATES = "certificates/*.json"
_BUNDLES = "submissions/*/bundle.zip"
_SCHEMA = "lubiao-certificate/1"


@dataclass(frozen=True)
class Recalled:
    """What becomes of one certificate: ``word`` is ``changes``, ``not-known``, ``edited`` or ``stays``. ``verdict`` is
    that of the run, before and after (empty: not known); ``effects``: the findings that turn; ``why``: not known.
    """

    number: str
    word: str
    verdict: str = ""
    verdict_after: str = ""
    effects: tuple[Effect, ...] = ()
    why: Message | None = None


class NoCertificatesError(ValueError):
    """The folder is none of an office's or a register's."""


def recall(
    folder: Path, standards_root: Path | None = None, editions: Mapping[str, str] | None = None
) -> Iterator[Recalled]:
    """What becomes of each certificate under other packs (see :func:`conformance.replay.replaying.replay`).

    One bundle is held at a time. Raises :class:`NoCertificatesError` where there is no folder of certificates.
    """
    waiting: dict[str, Mapping[str, str]] = {}
    if not (folder / "certificates").is_dir():
        raise NoCertificatesError(str(folder))
    for path in sorted(folder.glob(_CERTIFICATES)):
        number, digest = _certificate(path)
        if digest is None:
            yield Recalled(number, UNKNOWN, why=message("recall.unreadable"))
        else:
            waiting[number] = digest
    broken: Message | None = None
    for path in sorted(folder.glob(_BUNDLES)):
        try:
            bundle = read_bundle(path)
        except BundleError as error:
            broken = Message(error.id, error.params)
            continue
        for number in [one for one, digest in waiting.items() if same_digests(digest, bundle.digest)]:
            del waiting[number]
            yield _recalled(number, bundle, standards_root, editions or {})
    for number in sorted(waiting):
        yield Recalled(number, UNKNOWN, why=_absent(broken))


def _absent(broken: Message | None) -> Message:
    """No bundle, or one that cannot be read and might have been it."""
    if broken is None:
        return message("recall.no-bundle")
    return message("recall.bundle-broken", why=_Both(broken))


@dataclass(frozen=True)
class _Both:
    """A message as a parameter of another."""

    told: Message

    @property
    def zh(self) -> str:
        return self.told.render("zh")

    @property
    def en(self) -> str:
        return self.told.render("en")


def _certificate(path: Path) -> tuple[str, Mapping[str, str] | None]:
    """A certificate's number, and the digest of the bundle that it was issued for; None where it cannot be read.

    Whether it is valid is not asked here: also what is revoked may have to be told.
    """
    number = path.stem
    try:
        value = parse(path.read_bytes(), limit=LIMIT)
        if value["schema"] != _SCHEMA:
            return number, None
        predicate: Any = envelope_of(value["envelope"]).value()["predicate"]
        digest = {str(name): str(one) for name, one in predicate["report"]["bundle"].items()}
        return str(predicate["certificateNo"]), digest
    except (OSError, NotCanonicalError, KeyError, TypeError, AttributeError):
        return number, None


def _recalled(number: str, bundle: Bundle, root: Path | None, editions: Mapping[str, str]) -> Recalled:
    held = {one["id"] for one in bundle.report["standards"]}
    asked = {id_: edition for id_, edition in editions.items() if id_ in held}
    if editions and not asked:
        return Recalled(number, STAYS, bundle.report["summary"]["verdict"], bundle.report["summary"]["verdict"])
    try:
        replayed = replay(bundle, root, asked)
    except ReplayError as error:
        return Recalled(number, UNKNOWN, why=Message(error.id, error.params))
    return _told(number, replayed)


def _told(number: str, replayed: Replayed) -> Recalled:
    turned = tuple(one for one in replayed.effects if one.known and not one.removed and one.before != one.after)
    open_ = sum(not one.known for one in replayed.effects)
    word, why = STAYS, None
    if replayed.agrees is False:
        word = EDITED
    elif turned or (replayed.verdict_after and replayed.verdict_after != replayed.verdict):
        word = CHANGES
    elif open_ or not replayed.verdict_after:
        word, why = UNKNOWN, message("recall.findings", number=open_)
    return Recalled(number, word, replayed.verdict, replayed.verdict_after, turned, why)
