"""``lubiao probe``: the kit that is carried to a site, and its two programs run in place."""

from __future__ import annotations

import argparse
import json
import secrets
import shutil
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.cli.speech import Speech

if TYPE_CHECKING:
    from conformance.system.access.scope_parts import Wanted

CONFIGURATION = 2
_DAYS, _MOST_DAYS = 7, 366


def add(parser: argparse.ArgumentParser, speech: Speech) -> None:
    """The arguments of the command's three acts."""
    acts = parser.add_subparsers(dest="act", required=True, metavar="ACT")
    _add_kit(acts.add_parser("kit", help=speech.text("cli.probe.kit")), speech)
    run_ = acts.add_parser("run", help=speech.text("cli.probe.run"))
    run_.add_argument("--scope", required=True, metavar="FILE", help=speech.text("cli.probe.scope"))
    run_.add_argument("--out", required=True, metavar="FILE", help=speech.text("cli.probe.out"))
    run_.add_argument("--place", default="", metavar="PLACE", help=speech.text("cli.probe.place"))
    respond = acts.add_parser("respond", help=speech.text("cli.probe.respond"))
    respond.add_argument("--scope", required=True, metavar="FILE", help=speech.text("cli.probe.scope"))
    respond.add_argument("--out", required=True, metavar="FILE", help=speech.text("cli.probe.out"))
    speech.add_to(acts.choices.values())


def _add_kit(kit: argparse.ArgumentParser, speech: Speech) -> None:
    kit.add_argument("folder", type=Path, help=speech.text("cli.probe.folder"))
    kit.add_argument("--output", "-o", type=Path, required=True, metavar="KIT", help=speech.text("cli.probe.output"))
    kit.add_argument("--reference", required=True, metavar="ADDRESS", help=speech.text("cli.probe.reference"))
    kit.add_argument("--reference6", default="", metavar="ADDRESS", help=speech.text("cli.probe.reference6"))
    kit.add_argument("--host", action="append", default=[], metavar="ADDRESS", help=speech.text("cli.probe.host"))
    kit.add_argument(
        "--vpn-host", action="append", default=[], metavar="ADDRESS", help=speech.text("cli.probe.vpn-host")
    )
    kit.add_argument("--manager", default="", metavar="ADDRESS", help=speech.text("cli.probe.manager"))
    kit.add_argument("--tunnel", default="", metavar="CARD", help=speech.text("cli.probe.tunnel"))
    kit.add_argument("--bandwidth", action="store_true", help=speech.text("cli.probe.bandwidth"))
    kit.add_argument("--failover", action="store_true", help=speech.text("cli.probe.failover"))
    kit.add_argument("--nonce", default="", help=speech.text("cli.probe.nonce"))
    kit.add_argument("--days", type=int, default=_DAYS, help=speech.text("cli.probe.days", days=_DAYS))


def run(arguments: argparse.Namespace, speech: Speech) -> int:
    """Write a kit, or run one of its programs."""
    if arguments.act == "run":
        from conformance.probe import agent

        return agent.main(["--scope", arguments.scope, "--out", arguments.out, "--place", arguments.place])
    if arguments.act == "respond":
        from conformance.probe import responder

        return responder.main(["--scope", arguments.scope, "--out", arguments.out])
    return _kit(arguments, speech)


def _kit(arguments: argparse.Namespace, speech: Speech) -> int:
    from conformance.system.problem import ConfigurationError
    from conformance.words import problem_lines

    addresses = [arguments.reference, arguments.reference6, arguments.manager, *arguments.host, *arguments.vpn_host]
    if wrong := next((one for one in addresses if one and not _is_address(one)), ""):
        speech.error("cli.probe.no-address", found=wrong[:60])
        return CONFIGURATION
    if not 1 <= arguments.days <= _MOST_DAYS:
        speech.error("cli.probe.no-days", most=_MOST_DAYS)
        return CONFIGURATION
    try:
        made = _scopes(arguments)
    except ConfigurationError as error:
        print("\n".join(problem_lines(error, arguments.folder, speech.language)), file=sys.stderr)
        return CONFIGURATION
    try:
        _write(made, arguments.output, speech)
    except OSError as error:
        speech.error("cli.probe.unwritable", folder=str(arguments.output), error=type(error).__name__)
        return CONFIGURATION
    return 0


def _is_address(text: str) -> bool:
    from conformance.system.access.scope_parts import is_address

    return is_address(text)


def _wanted(arguments: argparse.Namespace) -> Wanted:
    from conformance.system.access.scope_parts import Wanted

    return Wanted(
        reference=arguments.reference,
        reference6=arguments.reference6,
        hosts=tuple(arguments.host),
        vpn_hosts=tuple(arguments.vpn_host),
        manager=arguments.manager,
        tunnel=arguments.tunnel,
        bandwidth=arguments.bandwidth,
        failover=arguments.failover,
    )


def _scopes(arguments: argparse.Namespace) -> dict[str, dict[str, Any]]:
    from conformance.standard.pack import editions, standards_root
    from conformance.standard.standards import ACCESS, Standards
    from conformance.system.access.declaration import read_site
    from conformance.system.access.scope import scopes

    rules = Standards.load([(ACCESS, editions(standards_root())[ACCESS][-1])]).access
    site = read_site(arguments.folder, rules)
    until = (datetime.now(UTC) + timedelta(days=arguments.days)).isoformat(timespec="seconds")
    nonce = arguments.nonce or secrets.token_hex(16)
    return scopes(site, rules, rules.profiles[site.profile], nonce=nonce, until=until, wanted=_wanted(arguments))


def _write(made: dict[str, dict[str, Any]], folder: Path, speech: Speech) -> None:
    import conformance.probe

    folder.mkdir(parents=True, exist_ok=True)
    home = Path(conformance.probe.__file__).parent
    for name in ("agent.py", "responder.py"):
        shutil.copyfile(home / name, folder / name)
        print(folder / name)
    for place, scope in made.items():
        path = folder / f"scope-{place}.json"
        path.write_text(json.dumps(scope, ensure_ascii=False, indent=1) + "\n", "utf-8", newline="\n")
        print(path)
    until = next(iter(made.values()))["until"]
    for language in ("zh", "en"):
        path = folder / f"README.{language}.txt"
        text = Speech(language).text("cli.probe.readme", until=until, places=" ".join(made))
        path.write_text(f"{text}\n", "utf-8")
        print(path)
    speech.error("cli.probe.written", places="、".join(made))
