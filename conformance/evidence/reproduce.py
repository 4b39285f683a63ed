"""A call to a service as a ``curl`` line and as a Python snippet, so that a reader of a finding can make it too.

Both sign by the convention at the moment they run. Id and secret of who calls come from the environment, never
from the text: ``LUBIAO_CLIENT``, ``LUBIAO_SECRET``; a trust anchor from ``SSL_CERT_FILE``. Whatever a call departs in,
the text departs in too. Two runs that make the same call write the same text.
"""

from __future__ import annotations

import base64
import hashlib
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from conformance.evidence.mask import Masker
from conformance.evidence.shown_call import SERIES, ShownCall, shown_call
from conformance.judge.service.model import Call
from conformance.judge.verdict import Reproduction
from conformance.messages import Message, message
from conformance.standard.services.model import Interface, ServiceRules, SigningRules

#: The texts stay below the report's bound; what is longer is shown with ever shorter values.
TEXT_LIMIT, BOUNDS = 3900, (2000, 600, 200, 60)
_CLIENT, _TIMESTAMP, _NONCE, _SIGNATURE = "client", "timestamp", "nonce", "signature"
#: So many characters of a truncated signature are left, and so many seconds a broken upload waits before it is cut.
_KEPT, _WAIT = 20, 3
_VARIABLES = {_CLIENT: "ID", _TIMESTAMP: "T", _NONCE: "N", _SIGNATURE: "S"}


def reproduction(
    call: Call, interface: Interface | None, rules: ServiceRules, url: str, masker: Masker
) -> Reproduction:
    """How to make the call again at the node whose declared URL this is. Personal values are masked by the classes of
    the interface's elements, and the text says so.
    """
    made = Reproduction("", "")
    for bound in BOUNDS:
        shown = shown_call(call, interface, rules, masker, bound=bound)
        telling = _Telling(call, shown, rules.signing, url.rstrip("/"))
        made = Reproduction(_curl(telling), _python(telling))
        if max(len(made.curl), len(made.python)) <= TEXT_LIMIT:
            break
    return made


@dataclass(frozen=True)
class _Telling:
    """What both texts are made of."""

    call: Call
    shown: ShownCall
    signing: SigningRules
    url: str

    @property
    def sent(self) -> tuple[str, ...]:
        """The roles whose headers are sent."""
        return tuple(role for role in self.signing.headers if role not in self.call.twist.omit)

    @property
    def signed(self) -> bool:
        """True where a signature is computed at all."""
        return _SIGNATURE in self.sent and self.call.twist.signature != "blank"

    def needs(self, role: str) -> bool:
        """True where the value of that role is sent."""
        return role in self.sent

    @property
    def target(self) -> str:
        """The path and the query; masked values stand in it as they are shown, to be put back and encoded."""
        shown = self.shown
        query = shown.raw_query
        if query is None:
            query = "&".join(
                f"{quote(one.name, safe='')}={one.value if one.masked else quote(one.value, safe='')}"
                for one in shown.query
            )
        mark = "?" if query or shown.raw_query is not None else ""
        return f"{urlsplit(self.url).path}{self.call.path}{mark}{query}"

    @property
    def headers(self) -> Iterator[tuple[str, str]]:
        """Headers beside those that sign."""
        if self.call.content_type:
            yield "Content-Type", self.call.content_type
        yield from self.shown.headers

    @property
    def body(self) -> bytes | None:
        """What of the body is sent."""
        body = self.shown.body
        return body if body is None or self.call.cut_after is None else body[: self.call.cut_after]

    def notes(self) -> Iterator[str]:
        """Lines of comment: what is to be known before the text is run."""
        shown = self.shown
        if self.signed or (self.needs(_CLIENT) and not self.call.twist.client_id):
            yield _note(message("reproduce.secret", client=self.call.client))
        if shown.masked:
            yield _note(message("reproduce.masked"))
        if shown.cut:
            yield _note(message("reproduce.cut"))
        if shown.series:
            yield _note(message("reproduce.series", name=SERIES))
        if self.call.twist.nonce:
            yield _note(message("reproduce.twice"))
        if self.call.cut_after is not None:
            yield _note(message("reproduce.broken-off", number=self.call.cut_after))


def _note(told: Message) -> str:
    return f"# {told.render('zh')} / {told.render('en')}"


def _curl(telling: _Telling) -> str:
    """Comments, then one line for a POSIX shell with ``curl`` and ``openssl``."""
    line = "; ".join((*_assignments(telling), _once_or_twice(telling, " ".join(_command(telling)))))
    return "\n".join((*telling.notes(), line))


def _once_or_twice(telling: _Telling, command: str) -> str:
    return f"for i in 1 2; do {command}; done" if telling.call.twist.nonce else command


def _assignments(telling: _Telling) -> Iterator[str]:
    twist = telling.call.twist
    if telling.needs(_CLIENT):
        yield f"ID={shlex.quote(twist.client_id)}" if twist.client_id else 'ID="$LUBIAO_CLIENT"'
    if telling.needs(_TIMESTAMP):
        off = f" {'+' if twist.clock_ms > 0 else '-'} {abs(twist.clock_ms)}" if twist.clock_ms else ""
        yield f"T=$(( $(date +%s) * 1000{off} ))"
    if telling.needs(_NONCE):
        yield "N=$(od -An -N8 -tu8 /dev/urandom | tr -d ' \\n' | cut -c1-18)"
    if telling.signed:
        yield f"S=$(printf %s {_signed_text(telling)} | {_digest_command(telling)})"


def _signed_text(telling: _Telling) -> str:
    """What is signed, as the shell says it; a header that is left out counts as empty."""
    late = "0" if telling.call.twist.signature == "other-timestamp" else ""
    base = [role for role in telling.signing.base if telling.needs(role)]
    text = "".join(f"${{{_VARIABLES[role]}}}{late if role == _TIMESTAMP else ''}" for role in base)
    return f'"{text}"'


def _digest_command(telling: _Telling) -> str:
    wrongly, digest = telling.call.twist.signature, telling.signing.digest
    secret = "other-$LUBIAO_SECRET" if wrongly == "other-secret" else "$LUBIAO_SECRET"
    keyed = f'openssl dgst -{digest} -hmac "{secret}"'
    if wrongly == "hex":
        return f"{keyed} -r | cut -c1-{2 * hashlib.new(digest).digest_size}"
    tail = f" | cut -c1-{_KEPT}" if wrongly == "truncated" else ""
    return f"{keyed} -binary | openssl base64 -A{tail}"


def _command(telling: _Telling) -> Iterator[str]:
    call, body = telling.call, telling.body
    plain = body is None or _printable(body)
    if body is not None and not plain:
        yield f"printf %s {shlex.quote(base64.b64encode(body).decode('ascii'))} | openssl base64 -d -A |"
    yield "curl -sS -i -g --path-as-is"
    if call.cut_after is not None:
        yield f"--max-time {_WAIT} -H 'Content-Length: {len(telling.shown.body or b'')}'"
    if call.method == "HEAD":
        yield "-I"
    elif call.method != "GET" or body is not None:
        yield f"-X {shlex.quote(call.method)}"
    for role in telling.sent:
        name = telling.signing.headers[role]
        yield f"-H '{name};'" if role == _SIGNATURE and not telling.signed else f'-H "{name}: ${_VARIABLES[role]}"'
    for name, value in telling.headers:
        yield f"-H {shlex.quote(f'{name}: {value}' if value else f'{name};')}"
    if body is not None:
        if not call.content_type:
            yield "-H 'Content-Type:'"
        yield f"--data-raw {shlex.quote(body.decode('utf-8'))}" if plain else "--data-binary @-"
    yield shlex.quote(f"{_origin(telling.url)}{telling.target}")


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _printable(body: bytes) -> bool:
    """True where the shell can be given the body as a text that a reader can see."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return text.translate({9: "", 10: ""}).isprintable()


def _python(telling: _Telling) -> str:
    return "\n".join((*telling.notes(), *_imports(telling), "", *_signing_lines(telling), *_sending_lines(telling)))


def _imports(telling: _Telling) -> Iterator[str]:
    modules = {"http.client"}
    if telling.signed:
        modules |= {"base64", "hashlib", "hmac", "os"}
    if telling.needs(_CLIENT) and not telling.call.twist.client_id:
        modules.add("os")
    if telling.needs(_TIMESTAMP):
        modules.add("time")
    if telling.needs(_NONCE):
        modules.add("secrets")
    yield f"import {', '.join(sorted(modules))}"
    if telling.shown.query:
        yield "from urllib.parse import quote"


def _signing_lines(telling: _Telling) -> Iterator[str]:
    twist = telling.call.twist
    if telling.needs(_CLIENT):
        yield f"client = {_text(twist.client_id)}" if twist.client_id else 'client = os.environ["LUBIAO_CLIENT"]'
    if telling.needs(_TIMESTAMP):
        off = f" {'+' if twist.clock_ms > 0 else '-'} {abs(twist.clock_ms)}" if twist.clock_ms else ""
        yield f"timestamp = str(int(time.time() * 1000){off})"
    if telling.needs(_NONCE):
        yield "nonce = str(10**17 + secrets.randbelow(9 * 10**17))"
    if not telling.signed:
        if telling.needs(_SIGNATURE):
            yield 'signature = ""'
        return
    late = ' + "0"' if twist.signature == "other-timestamp" else ""
    base = [role + (late if role == _TIMESTAMP else "") for role in telling.signing.base if telling.needs(role)]
    prefix = '"other-" + ' if twist.signature == "other-secret" else ""
    yield f'secret = ({prefix}os.environ["LUBIAO_SECRET"]).encode()'
    signed = f"({' + '.join(base)}).encode()" if base else 'b""'
    yield f"digest = hmac.new(secret, {signed}, hashlib.{telling.signing.digest}).digest()"
    if twist.signature == "hex":
        yield "signature = digest.hex()"
    else:
        cut = f"[:{_KEPT}]" if twist.signature == "truncated" else ""
        yield f"signature = base64.b64encode(digest).decode(){cut}"


def _sending_lines(telling: _Telling) -> Iterator[str]:
    call, parts = telling.call, urlsplit(telling.url)
    yield from _target_lines(telling)
    pairs = [f"({_text(telling.signing.headers[role])}, {role})" for role in telling.sent]
    pairs += [f"({_text(name)}, {_text(value)})" for name, value in telling.headers]
    whole = telling.shown.body
    if whole is not None:
        yield f"body = {_octets(whole)}"
        pairs.append('("Content-Length", str(len(body)))')
    elif call.method in ("POST", "PUT", "PATCH"):
        pairs.append('("Content-Length", "0")')
    sent = "" if whole is None else "body" if call.cut_after is None else f"body[:{call.cut_after}]"
    inside = "    " if call.twist.nonce else ""
    if inside:
        yield "for _ in range(2):"
    yield f"{inside}connection = http.client.HTTPSConnection({_text(parts.netloc)}, timeout=30)"
    yield f"{inside}connection.putrequest({_text(call.method)}, target)"
    yield f"{inside}for name, value in [{', '.join(pairs)}]:"
    yield f"{inside}    connection.putheader(name, value)"
    yield f"{inside}connection.endheaders({sent})"
    if call.cut_after is not None:
        yield f"{inside}connection.close()"
        return
    yield f"{inside}answer = connection.getresponse()"
    yield f'{inside}print(answer.status, answer.read().decode("utf-8", "replace"))'


def _target_lines(telling: _Telling) -> Iterator[str]:
    if not telling.shown.query or telling.shown.raw_query is not None:
        yield f"target = {_text(telling.target)}"
        return
    pairs = ", ".join(f"({_text(one.name)}, {_text(one.value)})" for one in telling.shown.query)
    yield f"parameters = [{pairs}]"
    yield "query = \"&\".join(f\"{quote(name, safe='')}={quote(value, safe='')}\" for name, value in parameters)"
    yield f'target = {_text(urlsplit(telling.url).path + telling.call.path)} + "?" + query'


def _text(text: str) -> str:
    """A literal: what cannot be seen is escaped, whatever else stays readable."""
    return repr(text)


def _octets(body: bytes) -> str:
    """The literal of a body: as text where it is one."""
    try:
        return f"{body.decode('utf-8')!r}.encode()"
    except UnicodeDecodeError:
        return repr(body)
