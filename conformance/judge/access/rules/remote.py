"""NA-RAS: remote access through the platform only; what IKE, TLS and the portal's certificate are made of."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.judge.access.aimed import aimed, gateway, of_the_site, portal, unaimed
from conformance.judge.access.case import Case, Told, clause, finished
from conformance.judge.access.certificate import Certificate, opened
from conformance.judge.access.config import DeviceConfig, Proposal
from conformance.judge.access.configured import configured
from conformance.judge.access.dated import age
from conformance.judge.access.facts import fact, flag, flags, shown, text, texts
from conformance.judge.rulebook import Location
from conformance.messages import message


@clause("remote-access", "declaration")
def access_by_platform(case: Case, told: Told) -> None:
    """NA-RAS-01: remote access is by the secure access platform, or there is none."""
    told.checked()
    if case.site.remote.mode not in ("none", "platform"):
        reason = message("access.ras.own", found=shown(case.site.remote.mode))
        told.fault(case.site.remote.at, reason, subject="remote-access")


@clause("remote-access", "configuration", reads=("remote",))
def no_gateway(case: Case, told: Told) -> None:
    """NA-RAS-01: no device is a gateway for people outside (L2TP, PPTP, SSL VPN, IPsec for dialling in)."""
    for claim, config in configured(case, told):
        told.checked()
        for one in config.gateways:
            reason = message("access.ras.gateway", device=claim.id, kind=shown(one.kind))
            told.fault(one.where, reason, subject=f"{claim.id}.{one.kind}")


@clause("remote-access", "probe")
def no_gateway_answers(case: Case, told: Told) -> None:
    """NA-RAS-01: no port of such a gateway answers on the site's own addresses."""
    for probe in aimed(case, told, finished(case, told, "vpn-gateway"), of_the_site):
        found = fact(told, probe, texts, "open")
        if found is not None:
            told.checked()
            for one in found:
                reason = message("access.ras.gateway-open", place=shown(one))
                told.fault(probe.where, reason, subject=one)
    unaimed(case, told, "vpn-gateway")


@clause("ike-proposals", "configuration", reads=("ike",))
def proposals_strong(case: Case, told: Told) -> None:
    """NA-RAS-02: each algorithm of each proposal is an allowed one."""
    judged = False
    for claim, config in configured(case, told):
        for one in config.proposals:
            judged = True
            told.checked()
            _proposal(case, told, claim.id, one)
    if not judged and "configuration" not in told.unruns:
        told.idle(message("access.ras.no-ike"))


def _proposal(case: Case, told: Told, device: str, one: Proposal) -> None:
    """A proposal that leaves out what it must say takes a default of the platform that nobody knows.

    Keys of an IPsec proposal may be the IKE exchange's, and an algorithm that also protects integrity needs no other.
    """
    versions = (one.version,) if one.version and one.kind == "ike" else ()
    groups = (
        ("versions", versions), ("encryption", one.encryption), ("integrity", one.integrity), ("groups", one.group)
    )  # fmt: skip
    for name, found in groups:
        for value in found:
            if value not in case.profile.value("ike", name):
                reason = message("access.ras.weak", device=device, name=shown(one.name), value=shown(value))
                told.fault(one.where, reason, subject=f"{device}.{one.kind}.{one.name}")
    combined = bool(one.encryption) and all("gcm" in value or "poly1305" in value for value in one.encryption)
    missing = not one.encryption or (not one.integrity and not combined) or (one.kind == "ike" and not one.group)
    if missing:
        told.doubt(one.where, message("access.ras.unsaid", device=device, name=shown(one.name)))


@clause("ike-proposals", "probe")
def weak_refused(case: Case, told: Told) -> None:
    """NA-RAS-02: the gateway accepts no proposal with an algorithm beside the allowed, and accepts a good one.

    A proposal is named by its algorithms, ``encryption-integrity-group``.
    """
    if _nobody(case, told, case.site.remote.gateway):
        return
    for probe in aimed(case, told, finished(case, told, "ike"), gateway):
        accepted, refused = fact(told, probe, texts, "accepted"), fact(told, probe, texts, "refused")
        silent = fact(told, probe, flag, "silent")
        if accepted is None or refused is None or silent is None:
            continue
        told.checked()
        weak = [one for one in accepted if not _allowed(case, one)]
        for one in weak:
            told.fault(probe.where, message("access.ras.accepts", proposal=shown(one)), subject=one)
        if silent or all(_allowed(case, one) for one in (*refused, *weak)):
            told.doubt(probe.where, message("access.ras.silent"))
        elif not accepted:
            told.fault(probe.where, message("access.ras.refuses"), subject=case.site.remote.gateway)


def _allowed(case: Case, proposal: str) -> bool:
    """Is each algorithm of a proposal by its name an allowed one?"""
    good = {str(one) for name in ("encryption", "integrity", "groups") for one in case.profile.value("ike", name)}
    return bool(proposal) and all(part in good for part in proposal.lower().split("-"))


@clause("certificate-authentication", "configuration", reads=("ike",))
def peers_certified(case: Case, told: Told) -> None:
    """NA-RAS-03: each IKE peer is authenticated by certificate or SM2, none by a pre-shared key.

    A peer that does not say how is authenticated as the IKE proposals of its device say.
    """
    judged = False
    for claim, config in configured(case, told):
        for name, where, found in _authenticated(config):
            judged = True
            told.checked()
            if not found:
                told.doubt(where, message("access.ras.unsaid", device=claim.id, name=shown(name)))
            elif found not in case.profile.value("ike", "authentication"):
                reason = message("access.ras.shared-key", device=claim.id, name=shown(name), found=shown(found))
                told.fault(where, reason, subject=f"{claim.id}.{name}")
    if not judged and "configuration" not in told.unruns:
        told.idle(message("access.ras.no-ike"))


def _authenticated(config: DeviceConfig) -> Iterator[tuple[str, Location, str]]:
    """What says how somebody is authenticated: its name, place, and the way (empty: not said anywhere)."""
    proposals = [one for one in config.proposals if one.kind == "ike" and one.authentication]
    yield from ((one.name, one.where, one.authentication) for one in proposals)
    for peer in config.peers:
        if peer.authentication or not proposals:
            yield peer.name, peer.where, peer.authentication


@clause("tls-version", "probe")
def versions_recent(case: Case, told: Told) -> None:
    """NA-RAS-04: the portal speaks no version of TLS beside the allowed ones."""
    if _nobody(case, told, case.site.remote.portal):
        return
    for probe in aimed(case, told, finished(case, told, "tls"), portal):
        versions = fact(told, probe, flags, "versions")
        if versions is None:
            continue
        told.checked()
        spoken = sorted(name for name, does in versions.items() if does)
        old = [name for name in spoken if name not in case.profile.value("tls", "allowed")]
        for name in old:
            told.fault(probe.where, message("access.ras.tls", version=shown(name)), subject=name)
        if not spoken or all(name in case.profile.value("tls", "allowed") for name in versions):
            told.doubt(probe.where, message("access.ras.tls-nothing"))


@clause("server-certificate", "probe")
def certificate_good(case: Case, told: Told) -> None:
    """NA-RAS-05: the portal's certificate is for its name, valid today, with a key and a hash strong enough."""
    if _nobody(case, told, case.site.remote.portal):
        return
    for probe in aimed(case, told, finished(case, told, "certificate"), portal):
        der = fact(told, probe, text, "der")
        if der is None:
            continue
        told.checked()
        found = opened(der)
        if found is None:
            told.doubt(probe.where, message("access.ras.certificate-broken"))
            continue
        expected = case.site.remote.portal_name
        if not expected:
            told.doubt(probe.where, message("access.ras.no-name"))
        elif not found.names(expected):
            told.fault(probe.where, message("access.ras.certificate-name", name=shown(expected)), subject=expected)
        _validity(case, told, probe.where, found)
        _strength(case, told, probe.where, found)


def _validity(case: Case, told: Told, where: Location, found: Certificate) -> None:
    begun, ended = age(found.begins, case.today), age(found.ends, case.today)
    if begun is None or ended is None:
        told.doubt(where, message("access.ras.certificate-broken"))
    elif begun < 0 or ended > 0:
        reason = message("access.ras.certificate-date", begins=found.begins, ends=found.ends)
        told.fault(where, reason, subject="certificate.validity")


def _strength(case: Case, told: Told, where: Location, found: Certificate) -> None:
    least = case.profile.value("certificate", "key_bits").get(found.key)
    if least is None or found.bits < least:
        reason = message("access.ras.certificate-key", key=found.key or "?", bits=found.bits)
        told.fault(where, reason, subject="certificate.key")
    if found.digest not in case.profile.value("certificate", "digests"):
        reason = message("access.ras.certificate-digest", digest=shown(found.digest) or "?")
        told.fault(where, reason, subject="certificate.digest")


@clause("no-split-tunnel", "probe")
def nothing_around(case: Case, told: Told) -> None:
    """NA-RAS-06: while connected, nothing goes around the tunnel."""
    if _nobody(case, told, "-"):
        return
    for probe in finished(case, told, "split-tunnel"):
        around = fact(told, probe, texts, "around")
        if around is not None:
            told.checked()
            for one in around:
                told.fault(probe.where, message("access.ras.around", address=shown(one)), subject=one)


def _nobody(case: Case, told: Told, needed: str) -> bool:
    """True where the site has no remote access, or not the part of it that a clause judges: idle. Remote access of
    which neither portal nor gateway is declared was not judged at all.
    """
    remote = case.site.remote
    if remote.mode != "none" and needed:
        return False
    if remote.mode == "none" or remote.portal or remote.gateway:
        told.idle(message("access.ras.none"))
    else:
        told.unrun(message("access.ras.undeclared"))
    return True
