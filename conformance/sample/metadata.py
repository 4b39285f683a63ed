"""The core metadata of a sample package (DB37/T 2885—2016), in the elements and order that the pack gives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape

from conformance.sample.deriving import hints
from conformance.standard.model import DatasetSpec
from conformance.standard.pack import load_yaml
from conformance.standard.standards import Standards

_FILE = "metadata.yaml"
_ANYTHING = "样本"


def metadata_xml(spec: DatasetSpec, standards: Standards, provider: str, created_at: str) -> str:
    """The text of ``metadata.xml``: title and resource of the dataset, the provider, the day of making."""
    rules: Mapping[str, Any] = load_yaml(standards.exchange_folder() / _FILE)
    said = {"title": spec.title.zh, "resource": spec.resource, "provider": provider, "date": created_at[:10]}
    root = rules["root"]
    lines = "\n".join(_elements(rules["elements"], said, "  "))
    head = '<?xml version="1.0" encoding="UTF-8"?>'
    return f'{head}\n<{root} xmlns="{rules["namespace"]}">\n{lines}\n</{root}>\n'


def _elements(elements: Sequence[Mapping[str, Any]], said: Mapping[str, str], indent: str) -> Iterator[str]:
    for element in elements:
        tag = element["tag"]
        if "parts" in element:
            inside = "\n".join(_elements(element["parts"], said, indent + "  "))
            yield f"{indent}<{tag}>\n{inside}\n{indent}</{tag}>"
            continue
        text = hints()["metadata"].get(tag, "").format(**said)
        if not text and element["occurs"] == "1":
            text = element.get("values", [_ANYTHING])[0]
        if text:
            yield f"{indent}<{tag}>{escape(text)}</{tag}>"
