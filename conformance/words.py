"""Problems of a configuration as lines for a person: where, what was found, and the mend."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from conformance.messages import message
from conformance.system.problem import ConfigurationError


def problem_lines(error: ConfigurationError, path: Path, language: str = "zh") -> Iterator[str]:
    """One block for each problem: ``system.yaml:12:5 targets.…``, what is wrong, how to mend it."""
    yield message("run.configuration", number=len(error.problems)).render(language)
    for problem in error.problems:
        yield f"{path.name}:{problem.line}:{problem.column} {problem.path}".rstrip()
        yield f"    {problem.message.render(language)}"
        yield f"  → {problem.mend.render(language)}"
