"""Whether a node's transport is safe: versions of TLS, the certificate, and that nothing is served without TLS."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from conformance.judge.faults import Fault
from conformance.judge.rulebook import Location
from conformance.messages import message
from conformance.standard.services.model import Profile

_SUCCESS, _REDIRECT, _REFUSED = 200, 300, 400
#: Refusals that only the service itself gives: it listens on the plain address too.
_OF_THE_SERVICE = (401, 405, 406, 415)


def version_faults(offered: Mapping[str, bool | None], least: str) -> Iterator[Fault]:
    """What is wrong with the versions that a node accepts; ``offered`` has them from the oldest on, None where it could
    not be found out.
    """
    old, new = _sides(offered, least)
    for version in old:
        if offered[version]:
            yield Fault("tls", Location("TLS", path=version), message("service.old-tls", version=version, least=least))
    if all(offered[version] is False for version in new):
        yield Fault("tls", Location("TLS", path=least), message("service.no-tls", least=least))


def versions_untold(offered: Mapping[str, bool | None], least: str) -> tuple[str, ...]:
    """The versions whose refusal (or, of the newer ones, acceptance) nothing proves.

    Where a later of the old versions is refused, so are those before it: servers accept from a version upwards.
    """
    old, new = _sides(offered, least)
    refused = [place for place, version in enumerate(old) if offered[version] is False]
    proven = max(refused, default=-1)
    untold = [version for place, version in enumerate(old) if offered[version] is None and place > proven]
    if not any(offered[version] for version in new):
        untold += [version for version in new if offered[version] is None]
    return tuple(untold)


def _sides(offered: Mapping[str, bool | None], least: str) -> tuple[list[str], list[str]]:
    """The versions before the least that is good, and those from it on."""
    versions = list(offered)
    place = versions.index(least)
    return versions[:place], versions[place:]


def certificate_faults(
    *,
    host_matches: bool,
    time_ok: bool,
    not_after: datetime,
    key_kind: str,
    key_bits: int,
    signature_hash: str,
    now: datetime,
    profile: Profile,
) -> Iterator[Fault]:
    """What is wrong with a certificate whose chain is good. ``now`` and ``not_after`` have a zone."""
    where = Location("TLS", path="certificate")
    days, bits = int(profile.duty("certificate_days")), profile.duty("key_bits")
    if not host_matches:
        yield Fault("certificate", where, message("service.certificate-host"))
    if not time_ok:
        yield Fault("certificate", where, message("service.certificate-time"))
    elif not_after - now < timedelta(days=days):
        yield Fault("certificate", where, message("service.certificate-days", days=days))
    if key_kind in bits and key_bits < bits[key_kind]:
        told = message("service.certificate-key", kind=key_kind, bits=key_bits, least=int(bits[key_kind]))
        yield Fault("certificate", where, told)
    if signature_hash.lower() in profile.duty("broken_digests"):
        yield Fault("certificate", where, message("service.certificate-digest"))


def plain_faults(address: str, *, status: int, location: str) -> Iterator[Fault]:
    """What is wrong with what an address without TLS answered to a call without signature; ``status`` 0: no HTTP."""
    if _SUCCESS <= status < _REDIRECT or status in _OF_THE_SERVICE:
        yield Fault("plain-http", Location(address), message("service.plain-served", status=status))
    elif _REDIRECT <= status < _REFUSED and not location.lower().startswith("https://"):
        yield Fault("plain-http", Location(address), message("service.plain-redirect", status=status))
