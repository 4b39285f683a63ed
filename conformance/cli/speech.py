"""Speaking on a terminal: in the language of who listens, harmless whatever a vendor's data hold."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Mapping, Sequence

from conformance.messages import LANGUAGES, Param, message


def language_of(argv: Sequence[str], environ: Mapping[str, str]) -> str:
    """The language asked for by ``--lang``, else by the locale; Chinese where neither says English."""
    for place, word in enumerate(argv):
        asked = word.removeprefix("--lang=") if word.startswith("--lang=") else ""
        if word == "--lang" and place + 1 < len(argv):
            asked = argv[place + 1]
        if asked in LANGUAGES:
            return asked
    locale = environ.get("LC_ALL") or environ.get("LC_MESSAGES") or environ.get("LANG") or ""
    return "en" if locale.lower().startswith("en") else "zh"


class Speech:
    """Says messages of the catalogue in one language."""

    def __init__(self, language: str) -> None:
        self.language = language

    def add_to(self, parsers: Iterable[argparse.ArgumentParser]) -> None:
        """Let the acts of a command take what every command takes also after the act, where people write it."""
        for parser in parsers:
            parser.add_argument("--lang", choices=LANGUAGES, default=argparse.SUPPRESS, help=self.text("cli.lang"))
            parser.add_argument("--debug", action="store_true", default=argparse.SUPPRESS, help=self.text("cli.debug"))

    def text(self, id_: str, **params: Param) -> str:
        """The text of a message."""
        return message(id_, **params).render(self.language)

    def say(self, id_: str, **params: Param) -> None:
        """Print a message."""
        print(self.text(id_, **params))

    def error(self, id_: str, **params: Param) -> None:
        """Print a message on standard error."""
        print(self.text(id_, **params), file=sys.stderr)
