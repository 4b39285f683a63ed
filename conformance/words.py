"""What ends a run early, as lines for a person: problems of a configuration (where, found, mend), or our own error."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from conformance.messages import message
from conformance.system.problem import ConfigurationError


def problem_lines(error: ConfigurationError, path: Path, language: str = "zh") -> Iterator[str]:
    """One block a problem: ``system.yaml:12:5 targets.…`` (or another file), what is wrong, how to mend it."""
    yield message("run.configuration", number=len(error.problems)).render(language)
    for problem in error.problems:
        yield f"{problem.file or path.name}:{problem.line}:{problem.column} {problem.path}".rstrip()
        yield f"    {problem.message.render(language)}"
        yield f"  → {problem.mend.render(language)}"


def harness_line(error: Exception, language: str = "zh") -> str:
    """One line that says that the tool broke, and not the product; no text of the error, which may quote data."""
    return message("run.harness", error=type(error).__name__).render(language)
