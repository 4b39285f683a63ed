"""Is it the configuration? Whether each client can reach a node and be heard, before anything is judged."""

from __future__ import annotations

import json
import secrets
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from pathlib import Path

from conformance.judge.service.model import Answer, Call
from conformance.messages import Param
from conformance.standard.services.model import Profile, ServiceRules
from conformance.system.problem import Place, Problem, failure, problem
from conformance.system.service.client import LineDown, LineSpent, ServiceClient, now_in_ms
from conformance.system.service.reach import HOST, STRENGTH, TIME, VERSION, NotAllowed, Reach, address_of
from conformance.system.service.tls import shaken, shown_issuer
from conformance.system.service.wire import NotReached

#: What of a certificate is judged, by OpenSSL's number for it: a fault of the node, and no reason not to call it.
_JUDGED = {9: TIME, 10: TIME, 62: HOST, 64: HOST, 66: STRENGTH, 67: STRENGTH, 68: STRENGTH}
_NOT_FOUND, _REDIRECT, _BAD, _BROKEN = 404, 300, 400, 500
_MS = 1000
_CHINA = timezone(timedelta(hours=8))
_SECRET_BYTES = 65536
Places = Callable[..., Place]


def reached(
    reach: Reach,
    probes: Sequence[Call],
    rules: ServiceRules,
    profile: Profile,
    place: Places,
    *,
    now_ms: Callable[[], int] = now_in_ms,
) -> tuple[Reach, tuple[Problem, ...]]:
    """The reach with what must be forgiven for the node to be called at all, and why it cannot be judged, if it cannot.

    ``probes`` are valid calls, of each client some. ``place`` finds what is below the declaration's ``service``:
    ``url``, ``ca``, ``limits``, ``clients`` + role + ``secret``. First cause first: what follows from a problem is
    not told.
    """
    try:
        found = _shaken(reach)
    except NotAllowed:
        return reach, (problem(place("url"), "source.reach-not-allowed"),)
    except NotReached as error:
        return reach, (_unreached(reach, error, place),)
    except OSError:
        return reach, (problem(place("ca"), "source.reach-anchor", file=reach.ca.name if reach.ca else "—"),)
    return found, service_problems(found, probes, rules, profile, place, now_ms=now_ms)


def _shaken(reach: Reach) -> Reach:
    """Shake hands, forgiving what is judged; raises what cannot be forgiven."""
    while True:
        try:
            shaken(reach)
        except NotReached as error:
            more = _forgivable(reach, error)
            if not more or more in reach.forgiven:
                raise
            reach = replace(reach, forgiven=(*reach.forgiven, more))
        else:
            return reach


def _forgivable(reach: Reach, error: NotReached) -> str:
    """What of TLS must be forgiven to get further; empty where nothing helps."""
    if isinstance(error.cause, ssl.SSLCertVerificationError):
        return _JUDGED.get(error.cause.verify_code, "")
    if error.kind not in ("tls", "reset"):
        return ""
    try:
        shown_issuer(reach)
    except NotReached:
        return ""
    return VERSION


def _unreached(reach: Reach, error: NotReached | LineDown, place: Places) -> Problem:
    address = address_of(reach)
    where: dict[str, Param] = {"host": address.host, "port": address.port}
    cause = error.cause.cause if isinstance(error, LineDown) else error.cause
    if isinstance(cause, ssl.SSLCertVerificationError):
        why = cause.verify_message
        try:
            issuer = shown_issuer(reach)
        except NotReached:
            issuer = "—"
        return problem(place("ca"), "source.reach-untrusted", **where, issuer=issuer or "—", why=why)
    match error.kind:
        case "dns":
            return problem(place("url"), "source.reach-no-host", host=address.host)
        case "refused":
            return problem(place("url"), "source.reach-refused", **where)
        case "timeout" | "silent":
            return problem(place("url"), "source.reach-silent", **where, patience=reach.patience_ms)
        case _:
            return problem(place("url"), "source.reach-no-tls", **where)


def service_problems(
    reach: Reach,
    probes: Sequence[Call],
    rules: ServiceRules,
    profile: Profile,
    place: Places,
    *,
    now_ms: Callable[[], int] = now_in_ms,
) -> tuple[Problem, ...]:
    """What the answers to the probes say of the configuration: URL, secrets, client ids, and the tester's clock."""
    heard: list[tuple[Call, Answer, int]] = []
    try:
        with ServiceClient(reach, rules, now_ms=now_ms, session=secrets.token_hex()) as client:
            for call in probes:
                answer = client.send(call)
                heard.append((call, answer, now_ms()))
    except LineDown as down:
        return (_unreached(reach, down, place),)
    except LineSpent:
        return (problem(place("limits"), "source.reach-bounds", number=len(probes)),)
    answered = [one for one in heard if one[1].status]
    if not answered:
        return _mute([answer for _, answer, _ in heard], reach, place)
    if wrong := _clock(answered, rules, profile, place):
        return (wrong,)
    if all(_elsewhere(answer, rules) for _, answer, _ in answered):
        return (problem(place("url"), "source.reach-elsewhere", number=len(answered)),)
    return tuple(_clients([(call, answer) for call, answer, _ in answered], rules, place))


def _mute(answers: Sequence[Answer], reach: Reach, place: Places) -> tuple[Problem, ...]:
    """Nothing came back from any probe."""
    if not answers:
        return ()
    address = address_of(reach)
    where: dict[str, Param] = {"host": address.host, "port": address.port}
    if all(one.failure == "timeout" for one in answers):
        return (problem(place("url"), "source.reach-silent", **where, patience=reach.patience_ms),)
    return (problem(place("url"), "source.reach-no-http", **where),)


def _clock(
    heard: Sequence[tuple[Call, Answer, int]], rules: ServiceRules, profile: Profile, place: Places
) -> Problem | None:
    """The tester's clock and the node's differ too much to judge anything that depends on time."""
    seen = [(node, ours) for _, answer, ours in heard if (node := _date(answer)) is not None]
    if seen:
        node, ours = min(seen, key=lambda one: abs(one[0] - one[1]))
        if abs(node - ours) <= profile.tester("clock_ms"):
            return None
        seconds = abs(node - ours) // _MS
        times: dict[str, Param] = {"ours": _told(ours), "theirs": _told(node), "seconds": seconds}
        return problem(place("url"), "source.reach-clock", **times, limit=profile.tester("clock_ms") // _MS)
    if all(_code(answer, rules) == rules.errors["stale-timestamp"].code for _, answer, _ in heard):
        return problem(place("url"), "source.reach-stale", ours=_told(heard[-1][2]))
    return None


def _date(answer: Answer) -> int | None:
    """The node's time as it says it, in milliseconds."""
    try:
        said = parsedate_to_datetime(answer.header("date"))
        return round((said if said.tzinfo else said.replace(tzinfo=UTC)).astimezone(_CHINA).timestamp() * _MS)
    except (ValueError, OverflowError):
        return None


def _told(ms: int) -> str:
    return datetime.fromtimestamp(ms / _MS, _CHINA).isoformat(timespec="seconds")


def _elsewhere(answer: Answer, rules: ServiceRules) -> bool:
    """Whether an answer is that of some other server, or of another path of it: a faulty answer is none."""
    if answer.status == _NOT_FOUND or _REDIRECT <= answer.status < _BAD:
        return True
    if answer.status >= _BROKEN or _json(answer) is not None:
        return False
    kind = answer.header("content-type").partition(";")[0].strip().lower()
    return not kind.endswith("xml") and kind not in (rules.envelope.content_type, rules.file.content_type)


def _clients(heard: Sequence[tuple[Call, Answer]], rules: ServiceRules, place: Places) -> Iterator[Problem]:
    """Clients that the node does not know, or whose secret is another one there."""
    for role in dict.fromkeys(call.client for call, _ in heard):
        codes = {_code(answer, rules) for call, answer in heard if call.client == role}
        if codes == {rules.errors["unknown-client"].code}:
            yield problem(place("clients", role, "id"), "source.reach-client", role=role)
        elif codes == {rules.errors["bad-signature"].code}:
            yield problem(place("clients", role, "secret"), "source.reach-secret", role=role)


def _code(answer: Answer, rules: ServiceRules) -> str:
    value = _json(answer)
    code = value.get(rules.envelope.code) if isinstance(value, dict) else None
    return code if isinstance(code, str) else ""


def _json(answer: Answer) -> object:
    """What the body holds, or its first line, however it is encoded; None where it is no JSON."""
    text = answer.body.decode("utf-8", "replace").removeprefix("\ufeff").strip()
    for candidate in (text, text.partition("\n")[0]):
        try:
            value: object = json.loads(candidate)
        except (ValueError, RecursionError):
            continue
        return value
    return None


def secret_of(spec: Mapping[str, str], folder: Path, environ: Mapping[str, str], place: Place) -> bytes:
    """The secret of a client, from ``{file: path}`` (relative to ``folder``; a line end at its end is not part of it)
    or ``{env: NAME}``; raises :class:`ConfigurationError`.
    """
    if "env" in spec:
        name = spec["env"]
        if not environ.get(name):
            raise failure(place, "source.reach-no-variable", name=name)
        return environ[name].encode()
    path = folder / spec["file"]
    try:
        with path.open("rb") as file:
            secret = file.read(_SECRET_BYTES + 1)
    except OSError as error:
        raise failure(place, "source.reach-no-secret", file=path.name, why=error.strerror or "—") from error
    secret = secret.removesuffix(b"\n").removesuffix(b"\r")
    if not secret or len(secret) > _SECRET_BYTES:
        raise failure(place, "source.reach-empty-secret", file=path.name, limit=_SECRET_BYTES)
    return secret
