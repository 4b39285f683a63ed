"""Where a key in a device is: the URI of RFC 7512, as far as a signer needs it, refused where it says anything more."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote, unquote_to_bytes

from conformance.signing.signers.refusing import SignerError

#: What may be said of the key, and how to reach it. A PIN is never in a URI: that would be in a file.
_PATH = {"token", "serial", "object", "id", "type"}
_QUERY = {"module-path"}
_PINS = {"pin-value", "pin-source"}


@dataclass(frozen=True)
class Place:
    """A private key: the library of the device, the token by label or serial number, the key by label or id."""

    module: str
    token: str
    serial: str
    label: str
    id: bytes


def read_uri(text: str) -> Place:
    """The place that a URI names, given without ``pkcs11:``; raises SignerError, also where token or key is open."""
    path, _, query = text.partition("?")
    names, how = _attributes(path, ";"), _attributes(query, "&")
    if _PINS & (names.keys() | how.keys()):
        raise SignerError("signing.pkcs11.pin-in-uri")
    if (unknown := sorted((names.keys() - _PATH) | (how.keys() - _QUERY))) or names.get("type", "private") != "private":
        raise SignerError("signing.pkcs11.uri-unknown", name=", ".join(unknown or ["type"]))
    place = Place(
        unquote(how.get("module-path", "")),
        unquote(names.get("token", "")),
        unquote(names.get("serial", "")),
        unquote(names.get("object", "")),
        unquote_to_bytes(names.get("id", "")),
    )
    if not place.module or not (place.token or place.serial) or not (place.label or place.id):
        raise SignerError("signing.pkcs11.uri")
    return place


def _attributes(text: str, separator: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in filter(None, text.split(separator)):
        name, equals, value = part.partition("=")
        if not equals or name in found:
            raise SignerError("signing.pkcs11.uri")
        found[name] = value
    return found
