"""What the linter says of a pack."""

from __future__ import annotations

from dataclasses import dataclass

from conformance.messages import Message

ERROR = "error"
WARNING = "warning"


@dataclass(frozen=True)
class LintFinding:
    """One fault of a pack: the rule that found it, where, and in which words.

    ``level`` is ``error`` (the pack cannot be loaded or judges wrongly) or ``warning``. ``path`` is relative to the
    pack's folder; ``line`` counts from 1, 0 where a file has no lines to speak of (an entry of a YAML file).
    """

    rule: str
    level: str
    path: str
    line: int
    subject: str
    message: Message
