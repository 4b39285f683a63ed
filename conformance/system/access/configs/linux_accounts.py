"""Linux: accounts, lock-out, authentication schemes, idle time-out.

``accounts`` lists ``name:shell:kind`` a line, of the secret only its kind: ``hash``, ``plain``, ``none``, ``locked``
or ``masked``. ``pam`` is ``faillock.conf`` and, beside it, the stack of the service by which managers log in.
"""

from __future__ import annotations

import re

from conformance.judge.access.config import User
from conformance.judge.rulebook import Location
from conformance.system.access.configs.draft import Draft
from conformance.system.access.configs.linux_part import Part, by_sign
from conformance.system.access.configs.shared import number
from conformance.system.access.configs.table import NotUnderstoodError

_KINDS = ("hash", "plain", "none", "masked")
_SHUT = ("nologin", "false", "sync", "shutdown", "halt", "git-shell")
#: ``unlock_time`` of 0 or ``never``: only a manager unlocks.
_NEVER = 2**31 - 1
_STACK = re.compile(
    r"-?(?P<type>auth|account|password|session) +(?P<control>\[[^\]]{1,300}\]|\S+) +(?P<module>\S+)(?: .*)?", re.I
)
_SCHEMES = {
    "pam_radius_auth": "radius", "pam_radius": "radius", "pam_tacplus": "tacacs", "pam_tac": "tacacs",
    "pam_unix": "local", "pam_ldap": "ldap", "pam_sss": "sss", "pam_krb5": "krb5",
}  # fmt: skip
_UNASKED = frozenset((
    "fail_interval", "root_unlock_time", "dir", "admin_group", "even_deny_root", "audit", "silent", "no_log_info",
    "local_users_only", "nodelay",
))  # fmt: skip
_IDLE = re.compile(r"(?:(?:readonly|export|declare -[rx]+|typeset -r) +)*TMOUT=(?P<seconds>[0-9]{1,9})\b.*")


def accounts(part: Part) -> None:
    """Who can log in, and how the secret is kept."""
    for place, line in part.lines():
        fields = [one.strip() for one in line.split(":")]
        if len(fields) != 3 or fields[2].lower() not in (*_KINDS, "locked"):  # noqa: PLR2004
            part.unread(part.at(place))
            continue
        part.known()
        name, shell, kind = fields[0], fields[1].rpartition("/")[2], fields[2].lower()
        if shell not in _SHUT and kind != "locked":
            part.draft.accounts.add("users", User(name, part.at(place), kind, ("ssh",)))


def pam(part: Part) -> None:
    """``faillock.conf``, or a stack: which of them, its lines tell."""
    for place, line in part.lines():
        where, found = part.at(place), _STACK.fullmatch(line)
        try:
            if found:
                _module(part.draft, found["type"].lower(), found["module"], where)
            elif line.startswith(("@include", "include ")):
                raise NotUnderstoodError(line)
            else:
                _fails(part.draft, line, where)
        except NotUnderstoodError:
            part.unread(where)
            continue
        part.known()


def _fails(draft: Draft, line: str, where: Location) -> None:
    """A setting of ``faillock.conf``; those without a value are switches that bear on nothing here."""
    name, value = by_sign(line)
    held = draft.scratch.setdefault("faillock", {})
    if name == "deny":
        held["tries"] = (number(value), where)
    elif name == "unlock_time":
        seconds = _NEVER if value == "never" else number(value)
        held["locked"] = (seconds or _NEVER, where)
    elif name not in _UNASKED:
        raise NotUnderstoodError(name)


def _module(draft: Draft, kind: str, module: str, where: Location) -> None:
    stack = draft.scratch.setdefault("pam stack", [])
    if kind != "auth":
        return
    name = module.rpartition("/")[2].removesuffix(".so")
    if name in ("include", "substack"):
        raise NotUnderstoodError(name)
    stack.append((name, where))


def shell(part: Part) -> None:
    """The profile of the shell: after how many idle seconds it ends (``TMOUT``)."""
    entry = part.draft.line("shell", part.at())
    for place, line in part.lines():
        found = _IDLE.fullmatch(line)
        if found:
            entry.put("idle", int(found["seconds"]), part.at(place))
            part.known()
        elif "TMOUT" in line and not line.startswith(("readonly TMOUT", "export TMOUT")):
            entry.unknown("idle", part.at(place))
            part.unread(part.at(place))
        else:
            part.ignored()


def finish(draft: Draft) -> None:
    """The schemes in the order of the stack; lock-out counts only where the stack asks for it."""
    stack: list[tuple[str, Location]] | None = draft.scratch.get("pam stack")
    held = draft.scratch.get("faillock", {})
    if stack is not None:
        found = tuple(dict.fromkeys(_SCHEMES[name] for name, _ in stack if name in _SCHEMES))
        if found:
            draft.accounts.put("schemes", found, stack[0][1])
        if not any(name == "pam_faillock" for name, _ in stack):
            held = {}
    for setting, (value, where) in held.items():
        draft.accounts.put(setting, value, where)
    for entry in draft.entries("lines").values():
        if entry.held("authentication") is None and stack is not None:
            entry.put("authentication", "aaa", stack[0][1] if stack else entry.held("where"))
