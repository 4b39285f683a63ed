"""The texts of the site in one language, escaped once for all pages; what vendors wrote is made visible and escaped."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from markupsafe import Markup, escape

from conformance.messages import LANGUAGES, catalogue, message
from conformance.report.harmless import shortened, visible
from conformance.signing.canonical import canonical

#: The longest text that is shown of any field.
SHOWN = 4000
#: And in a row of the list.
ROW = 80
#: What scripts say of this room's texts, beside the words and uses of keys; what they say of others' goes by family.
SCRIPTED = (
    "register.check.code",
    "register.check.differs",
    "register.check.failed",
    "register.check.running",
    "register.offline.at.bad",
    "register.offline.checkpoint.bad",
    "register.offline.code",
    "register.offline.large",
    "register.offline.ours",
    "register.offline.pdf",
    "register.offline.waiting",
    "register.other-language",
)
_FAMILIES = re.compile(r"certificate\..*|verify\.fact\..*|office\.reason\..*|register\.(word|use)\..*")
_LABELLED = re.compile(r'data-t="([^"{]*)"|"(register[^"]*)"\)')


@cache
def texts(language: str) -> Mapping[str, Markup]:
    """Every text of this room without parameters, by id, escaped."""
    return {
        id_: Markup(escape(held[language]))  # noqa: S704 - our own, and escaped
        for id_, held in catalogue().items()
        if id_.startswith("register") and "{" not in held[language]
    }


def spoken(template: str) -> dict[str, dict[str, str]]:
    """What scripts may say, by language and id, with ``{name}`` for parameters; ``template``: whose labels too."""
    labels = {one or other for one, other in _LABELLED.findall(template)}
    ids = [id_ for id_ in catalogue() if id_ in SCRIPTED or id_ in labels or _FAMILIES.fullmatch(id_)]
    return {language: {id_: catalogue()[id_][language] for id_ in ids} for language in LANGUAGES}


def shown(value: object) -> object:
    """As a page may hold it: our own markup as it is, anything else with nothing unseen in it."""
    if isinstance(value, Markup):
        return value
    text = str(value)
    plain = text.isascii() and text.isprintable() and len(text) <= SHOWN  # most fields: digests, dates, numbers
    return text if plain else visible(shortened(text, SHOWN))


def clipped(text: str) -> str:
    """A field as a row of the list has room for it."""
    return text if len(text) <= ROW else text[:ROW] + "…"


def class_name(name: str, language: str) -> str:
    """A conformance class in a language; as it is where the catalogue does not know it."""
    id_ = f"report.class.{name}"
    return message(id_).render(language) if id_ in catalogue() else name


def moment(text: str) -> str:
    """An RFC 3339 instant as people read it: ``2026-11-21 09:41:12 +08:00``."""
    day, _, time = text.partition("T")
    return f"{day} {time[:8]} {time[8:]}".strip()


def digests(held: Mapping[str, str]) -> Markup:
    """A digest set as a list."""
    rows = (f"<dt>{escape(name)}</dt><dd><code>{escape(value)}</code></dd>" for name, value in held.items())
    return Markup(f'<dl class="digests">{"".join(rows)}</dl>')  # noqa: S704 - escaped above


def embeddable(value: Any) -> str:
    """JSON that neither closes an HTML element nor ends a line of a script."""
    return re.sub("[<>&\u2028\u2029]", lambda found: f"\\u{ord(found[0]):04x}", canonical(value).decode())
