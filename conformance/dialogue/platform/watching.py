"""One scene for a vendor's developer, who starts the client by hand and sees what is wrong with each request."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from conformance.dialogue.platform.certificates import make_certificates
from conformance.dialogue.platform.play import Play
from conformance.dialogue.platform.running import filled
from conformance.dialogue.platform.scenes import DELIVER, Scene
from conformance.dialogue.platform.server import serving
from conformance.dialogue.platform.session import basis_of, interface_of_job, rows_of
from conformance.dialogue.platform.spec import ClientSpec
from conformance.judge.faults import Fault
from conformance.judge.service.client_calls import Basis, Said
from conformance.judge.service.client_values import repeated_nonces, wrong_values
from conformance.standard.services.model import ServiceRules
from conformance.standard.standards import Standards

#: By hand, a client may ask as long as its developer likes.
_ENDLESS = 10**9


@dataclass(frozen=True)
class Watched:
    """A request, and everything that is wrong with it."""

    said: Said
    faults: tuple[Fault, ...]


@dataclass(frozen=True)
class Showing:
    """A platform that serves: its address, and the client's command with everything filled in, as a shell reads it."""

    url: str
    ca: Path
    command: str
    play: Play


@contextmanager
def showing(
    spec: ClientSpec,
    rules: ServiceRules,
    standards: Standards,
    scene: Scene,
    folder: Path,
    *,
    port: int,
    told: Callable[[Watched], None],
) -> Iterator[Showing]:
    """Play one scene in ``folder`` (trust anchor, records) until the context is left; ``told`` hears each request."""
    job = spec.job(scene.job)
    assert job is not None  # noqa: S101 - whoever chose the scene saw that its job is declared
    pool = rows_of(spec, rules, standards, scene.job)
    basis = basis_of(spec, rules, standards, scene.job, pool)
    earlier: list[Said] = []

    def tell(said: Said) -> None:
        earlier.append(said)
        told(Watched(said, (*said.faults, *_further(earlier, basis))))

    certificates = make_certificates(folder)
    file = folder / "exchanged.jsonl"
    if scene.job == DELIVER:
        file.write_text("".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in pool), "utf-8")
    play = Play(scene, interface_of_job(spec, scene.job), basis, pool, most=_ENDLESS, told=tell)
    with serving(play, certificates.context(scene.kind), port) as url:
        places = {"python": sys.executable, "url": url, "ca": str(certificates.ca)}
        places |= {"input": str(file), "output": str(file)}
        try:
            yield Showing(url, certificates.ca, shlex.join(filled(job.command, places)), play)
        finally:
            play.end()


def _further(earlier: list[Said], basis: Basis) -> Iterator[Fault]:
    """What is wrong with the last request beside what it shows alone: its nonce, its values."""
    for said, fault in repeated_nonces(earlier, basis.rules):
        if fault is not None and said is earlier[-1]:
            yield fault
    yield from wrong_values(earlier[-1:], basis)
