"""Which rules are judged on a node, on an interface of each class, and on a client."""

from __future__ import annotations

from conformance.judge.model import ServiceUse
from conformance.standard.services.model import DOWNLOAD, QUERY, TRANSFER, VERIFY

#: Of a node as a whole.
NODE_RULES = (
    "registration-unique",
    "tls",
    "certificate",
    "plain-http",
    "undeclared",
    "availability",
    "logging",
    "logging-personal",
)
REGISTRATION_RULES = (
    "registration-form",
    "registration-name",
    "registration-code",
    "registration-class",
    "registration-provider",
    "registration-elements",
    "registration-personal",
)
AUTHORISATION_RULES = ("auth-headers", "auth-client", "auth-signature", "auth-clock", "auth-nonce", "auth-grant")
ANSWER_RULES = ("claimed", "accept", "envelope", "answer-encoding", "response-time", "concurrency")
REFUSAL_RULES = (
    "refuse-missing",
    "refuse-surplus",
    "refuse-type",
    "refuse-length",
    "refuse-format",
    "refuse-date",
    "refuse-domain",
    "refuse-check",
    "refuse-division",
    "refuse-content-type",
    "refuse-size",
    "refuse-method",
)
ERROR_RULES = ("error-status", "error-code", "error-server", "error-envelope", "error-leak")
#: Of an interface that is asked anything.
ASKED_RULES = (*AUTHORISATION_RULES, *ANSWER_RULES, *REFUSAL_RULES, *ERROR_RULES)
COMMON_RULES = (*REGISTRATION_RULES, *ASKED_RULES)
TRANSFER_RULES = (
    "refuse-body",
    "no-effect",
    "transfer-stored",
    "transfer-values",
    "transfer-repeat",
    "transfer-conflict",
    "transfer-order",
    "transfer-atomic",
    "transfer-interrupted",
    "transfer-senders",
    "transfer-kept",
)
_OF_CLASS = {
    QUERY: ("results", "criteria", "url-encoding", "paging", "total", "refuse-paging", "auth-rows"),
    VERIFY: ("results", "verify", "url-encoding"),
    TRANSFER: TRANSFER_RULES,
    DOWNLOAD: ("results", "download", "auth-rows"),
}
#: Of a vendor's client, judged by what it asks of a simulated platform.
CLIENT_RULES = (
    "client-headers",
    "client-signature",
    "client-clock",
    "client-nonce",
    "client-parameters",
    "client-encoding",
    "client-personal",
    "client-paging",
    "client-tls",
    "client-slow",
    "client-retry",
    "client-truncated",
    "client-duplicate",
    "client-refusal",
    "client-repeat",
    "client-order",
)


def rules_of(use: ServiceUse) -> tuple[str, ...]:
    """The rules that apply."""
    if use.kind == "node":
        return NODE_RULES
    if use.kind == "client":
        return CLIENT_RULES
    return (*COMMON_RULES, *_OF_CLASS.get(use.interface_class, ()))
