"""``lubiao keys``: make a key and put its public half into a key set; show a key set, to be compared by telephone."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.cli.speech import Speech

if TYPE_CHECKING:
    from conformance.signing.keys import KeySet

#: Digits of a fingerprint that are read out together.
_GROUP = 4


def add(parser: argparse.ArgumentParser, speech: Speech) -> None:
    """The arguments of the command."""
    from conformance.signing.keys import ALGORITHMS, KINDS, USES

    acts = parser.add_subparsers(dest="act", required=True, metavar="ACT")
    new = acts.add_parser("new", help=speech.text("cli.keys.new"), description=speech.text("cli.keys.new"))
    new.add_argument("path", type=Path, help=speech.text("cli.keys.path"))
    new.add_argument("--set", dest="keys", type=Path, required=True, metavar="FILE", help=speech.text("cli.keys.set"))
    new.add_argument("--algorithm", required=True, choices=ALGORITHMS, help=speech.text("cli.keys.algorithm"))
    new.add_argument("--use", action="append", required=True, choices=USES, help=speech.text("cli.keys.use"))
    new.add_argument("--owner", required=True, help=speech.text("cli.keys.owner"))
    new.add_argument("--test", action="store_true", help=speech.text("cli.keys.test"))
    new.add_argument("--valid-from", default="", metavar="INSTANT", help=speech.text("cli.keys.valid-from"))
    new.add_argument("--valid-to", default="", metavar="INSTANT", help=speech.text("cli.keys.valid-to"))
    new.add_argument("--require", action="append", default=[], metavar="RULE", help=speech.text("cli.keys.require"))
    new.add_argument("--name-zh", default="", help=speech.text("cli.keys.name"))
    new.add_argument("--name-en", default="", help=speech.text("cli.keys.name"))
    new.add_argument("--origin", default="", help=speech.text("cli.keys.origin"))
    new.add_argument("--register", default="", help=speech.text("cli.keys.register"))
    new.add_argument("--kind", choices=KINDS, help=speech.text("cli.keys.kind"))
    show = acts.add_parser("show", help=speech.text("cli.keys.show"), description=speech.text("cli.keys.show"))
    show.add_argument("keys", type=Path, help=speech.text("cli.keys.set"))
    speech.add_to((new, show))


def run(arguments: argparse.Namespace, speech: Speech) -> int:
    """Do one of the acts; 2 where the arguments or files cannot be used."""
    from conformance.signing.failing import SigningError
    from conformance.signing.keys import KeySetError

    try:
        return {"new": _new, "show": _show}[arguments.act](arguments, speech)
    except (SigningError, KeySetError) as error:
        speech.error(error.id, **error.params)
    except OSError as error:
        speech.error("cli.keys.file", file=_safe(Path(error.filename or "").name), error=type(error).__name__)
    return 2


def _new(arguments: argparse.Namespace, speech: Speech) -> int:
    """Make a key. The set is looked at first, so that no key is made which cannot be put into it."""
    from conformance.cli.secrets import secret
    from conformance.signing.making import make_key, with_key, write_keys
    from conformance.signing.signers import PASSPHRASE

    keys = _ruled(_set(arguments), arguments)
    if (keys.kind == "test") != arguments.test:
        speech.error("cli.keys.other-kind", file=arguments.keys.name)
        return 2
    speech.error("cli.keys.twice")
    passphrase = secret(PASSPHRASE)
    if secret(PASSPHRASE) != passphrase:
        speech.error("cli.keys.differ")
        return 2
    key = make_key(
        arguments.path,
        arguments.algorithm,
        test=arguments.test,
        owner=arguments.owner,
        uses=tuple(arguments.use),
        passphrase=passphrase,
        valid_from=arguments.valid_from,
        valid_to=arguments.valid_to,
    )
    write_keys(arguments.keys, with_key(keys, key))
    speech.say("cli.keys.made", id=key.id, file=arguments.path.name, keys=arguments.keys.name)
    return 0


def _set(arguments: argparse.Namespace) -> KeySet:
    """The set as it is, or a new one, empty."""
    from conformance.signing.keys import LIMIT, KeySet, read_key_set
    from conformance.signing.making import KeyMakingError
    from conformance.signing.reading import content_of

    if arguments.keys.exists():
        if any((arguments.name_zh, arguments.name_en, arguments.origin, arguments.register)):
            raise KeyMakingError("cli.keys.named-already", file=arguments.keys.name)
        keys = read_key_set(content_of(arguments.keys, LIMIT))
        if arguments.kind not in (None, keys.kind):
            raise KeyMakingError("cli.keys.other-kind", file=arguments.keys.name)
        return keys
    if not all((arguments.name_zh, arguments.name_en, arguments.origin, arguments.register)):
        raise KeyMakingError("cli.keys.unnamed")
    kind = arguments.kind or ("test" if arguments.test else "production")
    name = {"zh": arguments.name_zh, "en": arguments.name_en}
    return KeySet(kind, name, arguments.origin, arguments.register, (), {})


def _ruled(keys: KeySet, arguments: argparse.Namespace) -> KeySet:
    """The set with the rules asked for; a use that has none needs the new key's algorithm from the year it begins."""
    from conformance.signing.making import requiring

    for rule in arguments.require:
        head, _, names = rule.partition("=")
        use, _, year = head.partition(":")
        keys = requiring(keys, use, year, tuple(names.split(",")))
    given = arguments.valid_from[:4]
    begins = given if given.isdecimal() else str(datetime.now(UTC).year)
    for use in arguments.use:
        if not keys.required.get(use):
            keys = requiring(keys, use, begins, (arguments.algorithm,))
    return keys


def _show(arguments: argparse.Namespace, speech: Speech) -> int:
    """Print a set. What it holds was written by others."""
    from conformance.signing.digest import ALGORITHMS, digest_set
    from conformance.signing.keys import LIMIT, read_key_set
    from conformance.signing.reading import content_of

    content = content_of(arguments.keys, LIMIT)
    keys = read_key_set(content)
    print(_safe(f"{keys.name[speech.language]}  [{keys.kind}]  {keys.origin}  {keys.register}"))
    for key in keys.keys:
        times = f"{key.valid_from or '…'} – {key.valid_to or '…'}"
        print(_safe(f"  {key.id}  {key.algorithm}  {','.join(key.uses)}  {key.owner}  {times}  {key.distid}").rstrip())
    for use, years in sorted(keys.required.items()):
        for year, names in sorted(years.items()):
            algorithms = _safe(", ".join(names))
            print("  " + speech.text("cli.keys.required", use=_safe(use), year=year, algorithms=algorithms))
    for algorithm in ALGORITHMS:
        digits = digest_set(content)[algorithm]
        grouped = " ".join(digits[at : at + _GROUP] for at in range(0, len(digits), _GROUP))
        print(f"{algorithm.upper():<7}{grouped}")
    speech.say("cli.keys.compare")
    return 0


def _safe(text: str) -> str:
    from conformance.report.harmless import shortened, visible

    return shortened(visible(text, line=True), 500)
