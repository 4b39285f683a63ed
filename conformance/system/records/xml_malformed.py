"""What a parser's error means, in the words of the catalogue."""

from __future__ import annotations

from xml.parsers.expat import errors

from conformance.messages import Message, message

_IDS = {
    errors.XML_ERROR_NO_ELEMENTS: "records.xml.malformed.truncated",
    errors.XML_ERROR_UNCLOSED_TOKEN: "records.xml.malformed.truncated",
    errors.XML_ERROR_PARTIAL_CHAR: "records.xml.malformed.truncated",
    errors.XML_ERROR_UNCLOSED_CDATA_SECTION: "records.xml.malformed.truncated",
    errors.XML_ERROR_INVALID_TOKEN: "records.xml.malformed.syntax",
    errors.XML_ERROR_SYNTAX: "records.xml.malformed.syntax",
    errors.XML_ERROR_TAG_MISMATCH: "records.xml.malformed.tags",
    errors.XML_ERROR_DUPLICATE_ATTRIBUTE: "records.xml.malformed.attribute",
    errors.XML_ERROR_UNDEFINED_ENTITY: "records.xml.malformed.reference",
    errors.XML_ERROR_BAD_CHAR_REF: "records.xml.malformed.reference",
    errors.XML_ERROR_UNBOUND_PREFIX: "records.xml.malformed.prefix",
    errors.XML_ERROR_UNDECLARING_PREFIX: "records.xml.malformed.prefix",
    # The three that follow have no constant in older Pythons.
    "reserved prefix (xml) must not be undeclared or bound to another namespace name": "records.xml.malformed.prefix",
    "reserved prefix (xmlns) must not be declared or undeclared": "records.xml.malformed.prefix",
    "prefix must not be bound to one of the reserved namespace names": "records.xml.malformed.prefix",
    errors.XML_ERROR_JUNK_AFTER_DOC_ELEMENT: "records.xml.malformed.after",
    errors.XML_ERROR_MISPLACED_XML_PI: "records.xml.malformed.declaration",
    errors.XML_ERROR_XML_DECL: "records.xml.malformed.declaration",
    errors.XML_ERROR_UNKNOWN_ENCODING: "records.xml.malformed.declaration",
}
#: How declarations of types and entities begin; elsewhere than before the root they are no XML at all.
_DECLARATIONS = (b"<!D", b"<!E")


def reason_of(code: int, near: bytes, *, started: bool) -> tuple[str, Message]:
    """The rule that is broken, and how; ``near`` are the three bytes up to the error, ``started``: in the root."""
    if near in _DECLARATIONS:
        return "doctype", message("records.xml.doctype")
    found = _IDS.get(errors.messages.get(code, ""), "records.xml.malformed.other")
    if code == errors.codes[errors.XML_ERROR_NO_ELEMENTS] and not started:
        return "well-formed", message("records.xml.malformed.empty")
    return "well-formed", message(found)
