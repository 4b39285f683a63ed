"""The values of one record as a plain parser of its format gives them: for the second opinion, far from fast paths."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from lxml import etree

from conformance.standard.exchange import XmlNames

_SURROGATE = re.compile("[\ud800-\udfff]")


def record_values(fragment: bytes, format_: str, names: XmlNames, namespace: str) -> Mapping[str, str] | None:
    """The texts by field, the first of each; None where the fragment is not well formed, or holds more than texts."""
    return _of_xml(fragment, names, namespace) if format_ == "xml" else _of_json(fragment)


def _of_xml(fragment: bytes, names: XmlNames, namespace: str) -> Mapping[str, str] | None:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    document = b'<%s xmlns="%s">%s</%s>' % (names.body.encode(), namespace.encode(), fragment, names.body.encode())
    try:
        record = etree.fromstring(document, parser)[0]
    except (etree.XMLSyntaxError, IndexError):
        return None
    values: dict[str, str] = {}
    for element in record:
        if not isinstance(element.tag, str) or len(element):
            return None
        values.setdefault(etree.QName(element).localname, element.text or "")
    return values


def _of_json(fragment: bytes) -> Mapping[str, str] | None:
    try:
        record = json.loads(fragment)
    except ValueError:
        return None
    if not isinstance(record, dict) or not all(map(_is_text, record.values())):
        return None
    return record


def _is_text(value: object) -> bool:
    """Half of a surrogate pair is no text: nothing could be asked about it."""
    return isinstance(value, str) and not _SURROGATE.search(value)
