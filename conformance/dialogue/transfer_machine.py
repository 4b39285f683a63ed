"""Sequences of transfers that nobody wrote: a Hypothesis state machine draws them, the model says what must be there.

It adds to the scripts. A rule that is broken already is not judged again, and of a sequence that finds something steps
are left out as long as it goes on finding it. The run's seed decides what is drawn, and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from hypothesis import HealthCheck, Phase, Verbosity, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from conformance.dialogue.state import Unseen
from conformance.dialogue.talk import Talk
from conformance.dialogue.transfer_bench import CONFLICT, INTERRUPTED, KEPT, REPEAT, SENDERS, STORED, Bench, Series
from conformance.dialogue.transfer_steps import leave_out, misfit, misfit_behind, other_content
from conformance.dialogue.transfer_trouble import interrupt, partner, places
from conformance.judge.faults import Fault
from conformance.judge.service.rules import TRANSFER_RULES
from conformance.judge.service.stored import Record
from conformance.messages import message
from conformance.standard.services.model import Interface

#: The draws of Hypothesis without constants out of the modules that happen to be loaded (conformance.dialogue.valid).
_BACKEND = "lubiao"
#: So often is a sequence that found something tried again with less in it.
_SHORTER = 40
#: What one run of the machine finds hides the rest: it is run again without judging that, no more often than this.
_ROUNDS = 3
_PLACES = len(places(b"batch"))
#: What may come next, the commonest more than once: the next batch, one sent again, one of another sender, an upload
#: that breaks off, and what must be refused (other content, a gap, three misfits, a misfit behind good records).
_REFUSED = ("content", "gap", "insert", "update", "delete", "behind")
_STEPS = (STORED, STORED, STORED, STORED, REPEAT, REPEAT, REPEAT, SENDERS, INTERRUPTED, "")


class SequenceFailedError(AssertionError):
    """A sequence showed a fault."""


@dataclass(frozen=True)
class Step:
    """One step of a sequence; what a kind of step has no use for is ignored."""

    kind: str = STORED
    inserts: int = 0
    update: bool = False
    delete: bool = False
    back: int = 0


@dataclass
class Run:
    """One run of the machine. ``muted`` are rules that are broken already; ``failed`` is the sequence that found
    something, and ``found`` what; ``error`` is what ended the run from outside (the node is lost, a bound is reached).
    """

    talk: Talk
    interface: Interface
    bench: Callable[[int], Bench]
    sequence: int
    muted: frozenset[str]
    failed: tuple[Step, ...] = ()
    found: tuple[Fault, ...] = ()
    error: Exception | None = None

    @property
    def over(self) -> bool:
        """True where nothing more is drawn."""
        return self.error is not None or bool(self.found)


def run_machine(talk: Talk, interface: Interface, bench: Callable[[int], Bench], sequence: int) -> None:
    """Draw sequences and judge them; ``bench`` makes one of a number, ``sequence`` is the last number given."""
    for _ in range(_ROUNDS):
        tallies = talk.counter(interface.id).tallies(TRANSFER_RULES)
        red = frozenset(name for (name, _), one in tallies.items() if one.violations)
        run = Run(talk, interface, bench, sequence, red)
        _draw(run)
        if run.error is None and run.found:
            _shorten(run)
        talk.checked(interface.id, *(one.rule for one in run.found))
        talk.tell(interface.id, *run.found)
        if run.error is not None:
            raise run.error
        if not run.found:
            return
        sequence = run.sequence


def _draw(run: Run) -> None:
    """Let Hypothesis draw sequences until one finds something."""
    profile = run.talk.profile

    class Drawn(Machine):
        """The machine of this run."""

        def __init__(self) -> None:
            super().__init__(run)

    try:
        run_state_machine_as_test(
            seed(run.talk.node.seed)(Drawn),
            settings=settings(
                database=None,
                deadline=None,
                derandomize=False,
                print_blob=False,
                report_multiple_bugs=False,
                max_examples=profile.effort("sequences"),
                stateful_step_count=profile.effort("batches") * 2,
                phases=(Phase.generate,),
                suppress_health_check=tuple(HealthCheck),
                verbosity=Verbosity.quiet,
                backend=_BACKEND,
            ),
        )
    except Exception:
        # What was found is kept in the run. Hypothesis would see it again and is shown nothing: it calls that flaky.
        if not run.over:
            raise


def _shorten(run: Run) -> None:
    """Leave steps out of the sequence, and what is in them, as long as it finds something by the same rule."""
    tries = iter(range(_SHORTER))
    plain = [Step(one.kind, back=one.back) for one in run.failed]
    _shorter(run, plain, tries)
    place = len(run.failed) - 1
    while place >= 0:
        if len(run.failed) > 1:
            _shorter(run, [one for index, one in enumerate(run.failed) if index != place], tries)
        place = min(place, len(run.failed)) - 1


def _shorter(run: Run, steps: Sequence[Step], tries: Iterator[int]) -> None:
    if run.error is not None or next(tries, None) is None:
        return
    rules = {one.rule for one in run.found}
    trial = Play(run)
    for step in steps:
        trial.take(step)
    trial.end()
    if trial.found and {one.rule for one in trial.found} == rules:
        run.failed, run.found = tuple(trial.taken), trial.found


class Machine(RuleBasedStateMachine):
    """What Hypothesis sees of a sequence: one kind of step, drawn anew each time. Of several rules it would leave some
    out of most sequences, and a few short ones are all that a run has.
    """

    def __init__(self, run: Run) -> None:
        super().__init__()
        self._run = run
        if not run.over:
            run.sequence += 1
        self._play = Play(run)

    @rule(
        kind=st.sampled_from(_STEPS),
        refused=st.sampled_from(_REFUSED),
        inserts=st.integers(0, 2),
        update=st.booleans(),
        delete=st.booleans(),
        back=st.integers(0, 3),
    )
    def step(self, *, kind: str, refused: str, inserts: int, update: bool, delete: bool, back: int) -> None:
        """The next step."""
        if not self._run.over:
            self._play.take(Step(kind or refused, inserts, update, delete, back))
        self._stop()

    def teardown(self) -> None:
        """At the end all that was acknowledged is there; then it is removed."""
        if self._play.taken:
            self._play.end()
        self._stop()

    def _stop(self) -> None:
        """End the sequence that found something, and remember it."""
        if self._play.found and not self._run.found:
            self._run.failed, self._run.found = tuple(self._play.taken), self._play.found
            raise SequenceFailedError


@dataclass
class Play:
    """One sequence being played: a series of the first sender, one of another where one is granted. ``found`` is what
    it showed that is not known already; then, and where nothing can be seen any more, it takes no further step.
    """

    run: Run
    taken: list[Step] = field(default_factory=list)
    found: tuple[Fault, ...] = ()
    blind: bool = False

    def __post_init__(self) -> None:
        self.bench = self.run.bench(self.run.sequence)
        second = partner(self.bench, self.run.interface)
        self._lines = [self.bench.series(), *([self.bench.series(second)] if second else [])]

    def take(self, step: Step) -> None:
        """Take one step, the first always a batch: without one there is nothing to lose."""
        made = step if self.taken else replace(step, kind=STORED)
        self.taken.append(made)
        self._do(made.kind if made.kind in _OF_THEIR_OWN else CONFLICT, lambda: self._made(made))

    def end(self) -> None:
        """What was there is there still; what was found is told by the run, what was judged here; all is removed."""
        self._do(KEPT, self.bench.finish)
        self.bench.faults.clear()
        self.bench.tell()
        if self.run.error is None:
            with suppress(Unseen):
                self.bench.clear()

    def _do(self, name: str, step: Callable[[], object]) -> None:
        run = self.run
        if self.blind or self.found or run.error is not None:
            return
        try:
            step()
        except Unseen:
            run.talk.hinder(run.interface.id, name, message("transfer.unseen"))
            self.blind = True
        except Exception as error:  # noqa: BLE001 - raised again once Hypothesis has ended, which takes all for a fault
            run.error = error
        self.found = tuple(one for one in self.bench.faults if one.rule not in run.muted)

    def _made(self, step: Step) -> None:
        bench, series = self.bench, self._line(step.kind == SENDERS)
        if step.kind == STORED:
            self._next(step, series)
        elif step.kind == SENDERS:
            self._next(Step(inserts=step.inserts), series)
        elif step.kind == INTERRUPTED:
            interrupt(bench, series, step.back % _PLACES)
        elif step.kind == REPEAT:
            if series.batches:
                bench.send_again(series.batches[-1 - step.back % len(series.batches)])
        else:
            self._refused(step, series)

    def _line(self, second: bool) -> Series:
        index = len(self._lines) - 1 if second else 0
        if self._lines[index].broken:
            self._lines[index] = self.bench.series(self._lines[index].client)
        return self._lines[index]

    def _next(self, step: Step, series: Series) -> None:
        """The next batch: insertions, with an update and a deletion of what is there."""
        bench = self.bench
        most = bench.talk.profile.effort("batch_records")
        there = list(bench.live.values())
        changes: list[tuple[str, Record]] = []
        if step.update and there:
            changes.append(("update", bench.supply.altered(there[0], bench.fresh(1)[0])))
        if step.delete and len(there) > 1:
            changes.append(("delete", there[-1]))
        new = bench.fresh(max(1, min(step.inserts + 1, most - len(changes))))
        bench.hand_over(series, [*(("insert", one) for one in new), *changes])

    def _refused(self, step: Step, series: Series) -> None:
        """A batch that must be refused, and has no effect."""
        bench, kind = self.bench, step.kind
        there = list(bench.live.values())
        if kind == "behind":
            misfit_behind(bench, *bench.fresh(2, absent=True))
        elif kind == "insert":
            series.broken |= bool(there) and not misfit(bench, series, kind, there[0])
        elif kind == "gap":
            series.broken |= not leave_out(bench, series, *bench.fresh(1, absent=True))
        elif kind in ("update", "delete"):
            series.broken |= not misfit(bench, series, kind, *bench.fresh(1, absent=True))
        elif series.batches:
            number = series.batches[-1 - step.back % len(series.batches)].number
            series.broken |= not other_content(bench, series, number, *bench.fresh(1, absent=True))


_OF_THEIR_OWN = (STORED, SENDERS, INTERRUPTED, REPEAT)
