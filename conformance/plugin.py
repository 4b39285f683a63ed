"""pytest <-> requirements: one item for each requirement and target of the plan, verdicts as outcomes, the exit code.

``pytest --pyargs conformance.suites --system system.yaml`` and ``lubiao check system.yaml`` both go through here and
give the same bundle. Exit codes are ours, not pytest's: 0 conforms, 1 does not, 2 configuration, 3 undecided or nothing
tested, 4 our own error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from conformance.bundle.rendering import FormatError, require_known
from conformance.bundle.writing import Ended, write_bundle
from conformance.harness import REQUIREMENT, Judged, NotConforming
from conformance.judge.verdict import Finding
from conformance.plan import Assignment, Selection
from conformance.run import CHINA, Options, Run, prepare
from conformance.system.problem import ConfigurationError
from conformance.words import harness_line, problem_lines

if TYPE_CHECKING:
    from conformance.signing.signers import Signer

EXIT_CONFIGURATION = 2
EXIT_HARNESS = 4


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of a run; without ``--system`` the plugin does nothing."""
    group = parser.getgroup("lubiao", "conformance to Shandong's e-government standards")
    group.addoption("--system", type=Path, help="declaration of the system under test (system.yaml)")
    group.addoption("--report", type=Path, help="folder for the bundle")
    group.addoption("--format", default="json,html,junit", help="report formats, separated by commas")
    group.addoption("--official", action="store_true", help="official mode: nothing narrowed, no local waivers")
    group.addoption("--class", action="append", default=[], dest="lubiao_class", help="only this conformance class")
    group.addoption("--requirement", action="append", default=[], help="only this requirement")
    group.addoption("--target", action="append", default=[], help="only this target, and what lies below it")


def pytest_configure(config: pytest.Config) -> None:
    """Prepare the run; a broken configuration ends here, with exit code 2 and no verdict."""
    path: Path | None = config.getoption("--system", None)
    if path is None or config.pluginmanager.has_plugin(Harness.NAME):
        return
    chosen = Selection(
        tuple(config.getoption("lubiao_class")),
        tuple(config.getoption("--requirement")),
        tuple(config.getoption("--target")),
    )
    formats = tuple(config.getoption("--format").split(","))
    try:
        require_known(formats)
        folder = config.getoption("--report")
        options = Options(
            official=config.getoption("--official"), selection=chosen, journal=folder, keep=folder is not None
        )
        run = prepare(path, options)
    except ConfigurationError as error:
        pytest.exit("\n".join(problem_lines(error, path)), returncode=EXIT_CONFIGURATION)
    except FormatError as error:
        pytest.exit(error.message.render(), EXIT_CONFIGURATION)
    except Exception as error:  # noqa: BLE001 - whatever breaks here is ours, and pytest would exit with another code
        pytest.exit(harness_line(error), returncode=EXIT_HARNESS)
    config.pluginmanager.register(Harness(run, config.getoption("--report"), formats), Harness.NAME)


def pytest_pycollect_makeitem(collector: pytest.Module, obj: object) -> list[pytest.Item] | None:
    """A test that names its requirement becomes one item for each target; without a system there is nothing to test."""
    id_ = getattr(obj, REQUIREMENT, None)
    if id_ is None or not callable(obj):
        return None
    harness = collector.config.pluginmanager.get_plugin(Harness.NAME)
    if harness is None:
        raise pytest.UsageError("conformance suites need --system system.yaml")
    return list(harness.items(collector, id_, obj))


class RequirementItem(pytest.Item):
    """One requirement on one target."""

    def __init__(
        self, *, assignment: Assignment, test: Callable[[Judged], None], harness: Harness, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.assignment, self._test, self._harness = assignment, test, harness

    def runtest(self) -> None:
        """Let the suite's test look at what was judged."""
        self._test(Judged(self._harness.run.finding(self.assignment)))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:  # noqa: ARG002
        """A red in a few lines, without a traceback: the fault is not in this code."""
        if isinstance(excinfo.value, NotConforming):
            return "\n".join(_lines(excinfo.value.finding))
        return super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where the test stands."""
        return self.path, None, self.name


def _lines(finding: Finding) -> Iterator[str]:
    yield f"{finding.verdict.word}: {finding.requirement.title.zh} / {finding.requirement.title.en}"
    yield f"  {finding.violations} / {finding.checked}"
    if finding.reason:
        yield f"  {finding.reason.render()}"
    if finding.expected:
        yield f"  期望 expected: {finding.expected.render()}"
    for sample in finding.samples[:3]:
        yield f"  #{sample.row} {dict(sample.values)}: {sample.reason.render()}"
    yield f"  {finding.requirement.remedy.zh}"


class Harness:
    """The hooks of one run, and its end."""

    NAME = "lubiao-harness"

    def __init__(self, run: Run, folder: Path | None, formats: tuple[str, ...], signers: Sequence[Signer] = ()) -> None:
        self.run, self.folder, self.formats, self.signers = run, folder, formats, signers
        self.ended: Ended | None = None
        self.problems: ConfigurationError | None = None
        self.failure: Exception | None = None
        self._order = {assignment.id: place for place, assignment in enumerate(run.plan.assignments)}

    def items(self, collector: pytest.Module, id_: str, test: Callable[[Judged], None]) -> Iterator[pytest.Item]:
        """The items of one requirement, in plan order."""
        for assignment in self.run.plan.assignments:
            if assignment.requirement.id == id_:
                yield RequirementItem.from_parent(
                    collector, name=assignment.id, assignment=assignment, test=test, harness=self
                )

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """One dataset after another, as declared."""
        items.sort(key=lambda item: self._order.get(item.name, len(self._order)))

    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> None:  # noqa: ARG002
        """A source that turns out unreadable is configuration: the run ends without verdicts."""
        if call.excinfo is not None and isinstance(call.excinfo.value, ConfigurationError):
            self.problems = call.excinfo.value
            lines = problem_lines(self.problems, self.run.declaration.path)
            pytest.exit("\n".join(lines), returncode=EXIT_CONFIGURATION)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int | pytest.ExitCode) -> None:
        """Write the bundle and set the exit code; a run that broke for our reasons is never green."""
        if self.problems is not None:
            self._leave(ended=False)
            return
        try:
            self.ended = self.run.ended(datetime.now(CHINA))
            if self.folder is not None:
                write_bundle(self.ended, self.formats, self.folder, self.signers)
            self._leave(ended=True)
        except Exception as error:  # noqa: BLE001 - a report that cannot be made or written is never the product's fail
            self.failure = error
            self._leave(ended=False)
            session.exitstatus = EXIT_HARNESS
            return
        code = self.ended.report["summary"]["exitCode"]
        session.exitstatus = EXIT_HARNESS if exitstatus == pytest.ExitCode.INTERNAL_ERROR else code

    def _leave(self, *, ended: bool) -> None:
        """Give the journal up: what it holds is in the bundle, or stays for a run that goes on."""
        if self.run.journal is not None:
            self.run.journal.close(ended=ended)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Under pytest alone, say what broke."""
        broken = self.failure or self.run.failure
        if broken is not None:
            terminalreporter.write_line(harness_line(broken))
