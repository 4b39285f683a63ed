"""JSON Schema 2020-12 of ``manifest.json``, from ``manifest.yaml`` and the words of ``package.yaml``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from conformance.standard.exchange import ExchangeRules
from conformance.standard.schemas.json_schema import DIALECT, closed, whole, written

#: Where ``$`` also stands before a last line feed, as in Python, this says that there is none.
_NO_LINE_FEED = r"(?!\n)"


def manifest_schema(raw: Mapping[str, Any], rules: ExchangeRules) -> str:
    """The text of ``manifest.schema.json``; raises KeyError where ``manifest.yaml`` does not say what it must."""
    schema = {
        "$schema": DIALECT,
        "$id": f"urn:db37:exchange:manifest:{rules.schema.replace('/', ':')}",
        "$comment": "由 conformance.standard.schemas 生成，请勿手改。Generated; do not edit.",
        "title": raw["title"]["zh"],
        "description": raw["title"]["en"],
        **_Members(rules, raw["count_maximum"]).object(raw["members"]),
    }
    return written(schema)


class _Members:
    def __init__(self, rules: ExchangeRules, most: int) -> None:
        self._rules, self._words, self._most = rules, asdict(rules), most

    def object(self, members: Iterable[Mapping[str, Any]], by: str = "") -> dict[str, Any]:
        """An object whose members are all required; of those for one word of ``by`` only, with that word alone."""
        properties = {item["name"]: self._member(item) for item in members}
        always = [item["name"] for item in members if "only" not in item]
        schema = closed(properties, always)
        some = [item for item in members if "only" in item]
        if some:
            schema["allOf"] = [_only(by, word, some) for word in dict.fromkeys(item["only"] for item in some)]
        return schema

    def _member(self, item: Mapping[str, Any]) -> dict[str, Any]:
        own = {"title": item["title"]["zh"], "description": item["title"]["en"]}
        if item["kind"] == "object":
            return own | self.object(item["members"])
        if item["kind"] == "list":
            return own | {"type": "array", "items": self.object(item["members"], item["by"])}
        if item["kind"] == "count":
            return own | {"type": "integer", "minimum": 0, "maximum": self._most}
        return own | self._text(item)

    def _text(self, item: Mapping[str, Any]) -> dict[str, Any]:
        if "like" in item:
            return {"type": "string", "pattern": f"{whole(item['like'])}{_NO_LINE_FEED}"}
        if "words" in item or "one-of" in item:
            return {"enum": item["words"] if "words" in item else _texts(self._words[item["one-of"]], item["one-of"])}
        return {"type": "string", "minLength": 1, "maxLength": self._rules.limits.name_characters}


def _texts(words: object, name: str) -> list[str]:
    """The words that the manifest uses: the key of what ``hashlib`` or Python call otherwise, else the value."""
    if isinstance(words, str):
        return [words]
    if isinstance(words, Mapping):
        return list(words.values() if name in ("modes", "operations") else words)
    assert isinstance(words, Sequence)  # noqa: S101 - the formats
    return list(words)


def _only(by: str, word: str, items: list[Mapping[str, Any]]) -> dict[str, Any]:
    names = [item["name"] for item in items if item["only"] == word]
    return {
        "if": {"properties": {by: {"const": word}}, "required": [by]},
        "then": {"required": names},
        "else": {"properties": dict.fromkeys(names, False)},
    }
