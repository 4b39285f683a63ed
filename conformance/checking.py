"""``check``: the whole line in one call, the same as ``lubiao check`` and as pytest alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from conformance.plugin import Harness
from conformance.run import Options, Progress, Run, prepare

if TYPE_CHECKING:
    from conformance.signing.signers import Signer

#: pytest without what a run has no use for: the user's configuration, other plugins, caches, capture.
ARGUMENTS = (
    "--disable-plugin-autoload",
    "--noconftest",
    "--import-mode=importlib",
    "-p",
    "no:terminal",
    "-p",
    "no:cacheprovider",
    "-p",
    "no:faulthandler",
    "-p",
    "no:logging",
    "-p",
    "no:junitxml",
    "-p",
    "conformance.plugin",
    "-s",
)


@dataclass(frozen=True)
class Outcome:
    """A finished run: ``report`` as ``report.json`` holds it, the exit code, and where the bundle lies."""

    report: dict[str, Any]
    exit_code: int
    folder: Path | None
    failure: Exception | None = None


def check(
    path: Path | str,
    *,
    report: Path | None = None,
    formats: Sequence[str] = ("json", "html", "junit"),
    options: Options | None = None,
    progress: Progress | None = None,
) -> Outcome:
    """Check a system against the standards that it claims.

    Raises :class:`conformance.system.problem.ConfigurationError` before any verdict where the declaration or a source
    cannot be used; a report that cannot be made or written raises whatever stopped it. ``report`` is the folder for the
    bundle; none is written without it.
    """
    chosen = replace(options or Options(), journal=report, keep=report is not None)
    return execute(prepare(Path(path), chosen), report=report, formats=formats, progress=progress)


def execute(
    run: Run,
    *,
    report: Path | None,
    formats: Sequence[str],
    progress: Progress | None = None,
    signers: Sequence[Signer] = (),
) -> Outcome:
    """Judge a prepared run under pytest; ``signers`` sign the bundle's attestation."""
    if progress is not None:
        run.progress = progress
    harness = Harness(run, report, tuple(formats), signers)
    suites = Path(__file__).parent / "suites"
    code = pytest.main(["-c", str(suites / "pytest.ini"), *ARGUMENTS, str(suites)], plugins=[Registered(harness)])
    if harness.problems is not None:
        raise harness.problems
    if harness.failure is not None:
        raise harness.failure
    assert harness.ended is not None  # noqa: S101 - nothing else ends a session without a failure
    return Outcome(harness.ended.report, int(code), report, run.failure)


class Registered:
    """Registers the harness under its name, so that the plugin finds it."""

    def __init__(self, harness: Harness) -> None:
        self._harness = harness

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        """Before the plugin looks for a harness."""
        config.pluginmanager.register(self._harness, Harness.NAME)
