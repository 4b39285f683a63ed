"""A client's jobs in all scenes of the simulated platform, and what they come to: the rules ``client-*``.

The ways it may break: a command that cannot be started, and a client that never calls the well-behaved platform, are
configuration (:class:`ConfigurationError`). A job that outlasts its time is ended: a doubt, not a fault.
"""

from __future__ import annotations

import io
import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from conformance.dialogue.platform.certificates import Certificates, make_certificates
from conformance.dialogue.platform.play import Play
from conformance.dialogue.platform.rows import book_of, delivered, fetched, traceable
from conformance.dialogue.platform.running import Starter, filled, start
from conformance.dialogue.platform.scenes import DELIVER, FETCH, HARMLESS, WELL, Scene, Scenes, scenes_of
from conformance.dialogue.platform.server import serving
from conformance.dialogue.platform.spec import ClientSpec, Job
from conformance.judge.faults import FaultCounter
from conformance.judge.rulebook import Judged, Tally
from conformance.judge.service.client_calls import (
    CALL_RULES,
    Basis,
    Row,
    Said,
)
from conformance.judge.service.client_recovery import BOUND, TIME, Recording, Ruling, judge_recording
from conformance.judge.service.client_values import repeated_nonces, wrong_values
from conformance.judge.service.rules import CLIENT_RULES
from conformance.messages import Message, message
from conformance.standard.services.model import Interface, ServiceRules
from conformance.standard.standards import Standards
from conformance.system.problem import failure

__all__ = ["ClientSpec", "Job", "basis_of", "judge_client", "rows_of"]

#: How much of a client's output is read, and how many lines.
_OUTPUT_BYTES, _OUTPUT_LINES = 64 << 20, 200_000


def judge_client(
    spec: ClientSpec,
    rules: ServiceRules,
    standards: Standards,
    *,
    sample_limit: int = 20,
    progress: Callable[[int], None] = lambda _: None,
    scenes: Scenes | None = None,
    starter: Starter = start,
) -> Judged:
    """Let the client do its jobs in every scene, and judge what it asked, what it kept, and how it ended.

    ``asked`` is the number of requests recorded; ``progress`` is told it after each scene. Raises
    :class:`conformance.system.problem.ConfigurationError` where the client cannot be started, or never calls.
    """
    theatre = _Theatre(spec, rules, standards, scenes or scenes_of(standards))
    theatre.starter, theatre.progress = starter, progress
    with tempfile.TemporaryDirectory(prefix="lubiao-platform-", ignore_cleanup_errors=True) as folder:
        theatre.play_all(Path(folder))
    return theatre.judged(sample_limit)


def basis_of(spec: ClientSpec, rules: ServiceRules, standards: Standards, job: str, rows: Sequence[Row]) -> Basis:
    """What the requests of a job are judged by."""
    interface = interface_of_job(spec, job)
    return Basis(
        rules=rules,
        interfaces={one.path: one for one in spec.interfaces.values()},
        books={one.id: book_of(one, standards, spec.as_of) for one in spec.interfaces.values()},
        client_id=spec.client_id,
        secret=spec.secret,
        personal=traceable(interface, tuple(rows)),
    )


def interface_of_job(spec: ClientSpec, kind: str) -> Interface:
    """The interface that a declared job uses."""
    job = spec.job(kind)
    assert job is not None  # noqa: S101 - only declared jobs are played
    return spec.interfaces[job.interface]


def rows_of(spec: ClientSpec, rules: ServiceRules, standards: Standards, job: str) -> tuple[Row, ...]:
    """What there is to fetch, or to deliver."""
    interface = interface_of_job(spec, job)
    if job == FETCH:
        return fetched(interface, standards, spec.seed, spec.as_of)
    return delivered(interface, rules, standards, spec.seed, spec.as_of)


class _Theatre:
    """The state of one client's scenes."""

    def __init__(self, spec: ClientSpec, rules: ServiceRules, standards: Standards, scenes: Scenes) -> None:
        self.spec, self.rules, self.standards, self.scenes = spec, rules, standards, scenes
        self.starter: Starter = start
        self.progress: Callable[[int], None] = lambda _: None
        self.said: dict[str, list[Said]] = {}
        self.bases: dict[str, Basis] = {}
        self.rulings: dict[str, list[Ruling]] = {}
        self.waiting: dict[str, Message] = {}

    @property
    def asked(self) -> int:
        """How many requests were recorded."""
        return sum(map(len, self.said.values()))

    def play_all(self, folder: Path) -> None:
        """Every scene of every declared job."""
        certificates = make_certificates(folder)
        for kind in (FETCH, DELIVER):
            job = self.spec.job(kind)
            if job is not None:
                self._play_job(kind, job, folder, certificates)

    def _play_job(self, kind: str, job: Job, folder: Path, certificates: Certificates) -> None:
        pool = rows_of(self.spec, self.rules, self.standards, kind)
        self.bases[kind] = basis_of(self.spec, self.rules, self.standards, kind, pool)
        patient = True
        for scene in self.scenes.of(kind):
            if not patient:
                self.rulings.setdefault(scene.judges, []).append(Ruling(hindered=True))
            elif scene.basis and not self._good(scene.basis):
                self.waiting[scene.judges] = message("platform.basis-broken", rule=scene.basis)
            else:
                recording = self._play(scene, job, pool, folder / scene.id, certificates)
                patient = patient and not (scene.kind == WELL and recording.stopped == TIME)
                self._rule(scene, recording)

    def _good(self, rule: str) -> bool:
        return all(not one.faults and not one.hindered for one in self.rulings.get(rule, ()))

    def _rule(self, scene: Scene, recording: Recording) -> None:
        self.said.setdefault(scene.job, []).extend(recording.said)
        if recording.played or recording.stopped:
            ruling = judge_recording(scene.judges, scene.by, recording, self.bases[scene.job])
            self.rulings.setdefault(scene.judges, []).append(ruling)
        else:
            self.waiting[scene.judges] = message("platform.not-reached", scene=scene.id)
        self.progress(self.asked)

    def _play(self, scene: Scene, job: Job, pool: Sequence[Row], folder: Path, certificates: Certificates) -> Recording:
        """Play one scene to its end: the client's, that of our patience, or the bound on its requests."""
        folder.mkdir()
        delivers = scene.job == DELIVER
        file = folder / "exchanged.jsonl"
        if delivers:
            file.write_text("".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in pool), "utf-8")
        most = self.scenes.requests + (len(pool) if delivers else 0)
        play = Play(scene, self.spec.interfaces[job.interface], self.bases[scene.job], pool, most=most)
        with serving(play, certificates.context(scene.kind)) as url:
            places = {"python": sys.executable, "url": url, "ca": str(certificates.ca)}
            places["input" if delivers else "output"] = str(file)
            code = self._run(filled(job.command, places), play)
            said = play.end()
        if scene.kind == WELL and not said:
            raise failure(self.spec.place, "source.client-silent", job=scene.job, code=_word(code))
        stopped = BOUND if play.bounded else TIME if code is None else ""
        return Recording(
            scene.id,
            scene.job,
            play.interface,
            said,
            tuple(play.rows),
            output=() if delivers else tuple(_written(file)),
            exit_code=None if stopped else code,
            stopped=stopped,
            played=play.played or scene.kind in HARMLESS,
            limits=scene.limits,
        )

    def _run(self, command: Sequence[str], play: Play) -> int | None:
        """The client's exit code; None where it was ended."""
        try:
            running = self.starter(command, self.spec.folder, play.finished)
        except OSError as error:
            raise failure(
                self.spec.place, "source.client-not-started", command=command[0], error=type(error).__name__
            ) from error
        try:
            play.ended.wait(self.spec.seconds)
            return running.code()
        finally:
            play.end()
            running.end()

    # -- what it comes to --------------------------------------------------------------------------------------------

    def judged(self, limit: int) -> Judged:
        """The tallies of all rules of a client."""
        counter = FaultCounter(limit)
        everything = [one for several in self.said.values() for one in several]
        for one in everything:
            for rule in one.checked:
                counter.checked(rule)
            counter.extend(one.faults)
        for _, fault in repeated_nonces(everything, self.rules):
            counter.checked("client-nonce")
            counter.extend([fault] if fault else [])
        for job, several in self.said.items():
            counter.extend(wrong_values(several, self.bases[job]))
        for rule, rulings in self.rulings.items():
            counter.checked(rule, sum(not one.hindered for one in rulings))
            counter.extend(fault for one in rulings for fault in one.faults)
        tallies = counter.tallies(CLIENT_RULES)
        found = {(rule, label): self._settled(rule, tally, counter) for (rule, label), tally in tallies.items()}
        return Judged(self.asked, found, asked=self.asked)

    def _settled(self, rule: str, tally: Tally, told: FaultCounter) -> Tally:
        """The tally, with the reason where the rule was not judged, or not to its end.

        A rule that could not be judged because of what was told elsewhere is no second fault.
        """
        if any(one.hindered for one in self.rulings.get(rule, ())):
            return replace(tally, hindered=message("platform.patience", seconds=self.spec.seconds))
        if tally.checked or (told.wrong and (rule in self.waiting or rule in CALL_RULES)):
            return tally
        why = message("platform.nothing-to-judge") if rule in CALL_RULES else message("platform.no-job")
        return replace(tally, unasked=self.waiting.get(rule, why))


def _word(code: int | None) -> str:
    return "—" if code is None else str(code)


def _written(file: Path) -> Iterator[Mapping[str, Any] | None]:
    """The lines of the client's output: records, or None for a line that is none."""
    if not file.is_file():
        return
    try:
        with file.open("rb") as stream:
            written = io.BytesIO(stream.read(_OUTPUT_BYTES))
    except OSError:
        return
    for line in islice(written, _OUTPUT_LINES):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            value = None
        yield value if isinstance(value, dict) else None
