"""The services of one run: nodes opened before it, dialogues held when a target of theirs is first asked for.

What the dialogue needs (HTTP, Hypothesis, Polars) is loaded only where the declaration has a service.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from conformance.evidence.mask import Masker
from conformance.judge.model import Dataset
from conformance.judge.rulebook import Judged, Rulebook
from conformance.judge.service.model import Call
from conformance.judge.verdict import Reproduction
from conformance.standard.standards import Standards
from conformance.system.declaration import Declaration
from conformance.system.service.registrations import registration_files

if TYPE_CHECKING:
    from conformance.dialogue.opening import OpenNode
    from conformance.dialogue.talk import Conversation

#: The nodes that a run talks with, by target.
Nodes = Mapping[str, "OpenNode"]


def open_nodes(
    declaration: Declaration, datasets: Collection[Dataset], standards: Standards, *, today: str, seed: int, ask: bool
) -> dict[str, OpenNode]:
    """The nodes of exchange services, each reached (unless ``ask`` is False), by target. ``today`` is ``YYYYMMDD``.

    Raises :class:`conformance.system.problem.ConfigurationError` where one cannot be.
    """
    opened: dict[str, OpenNode] = {}
    for target in declaration.targets:
        if target.service is not None:
            from conformance.dialogue.opening import open_node  # noqa: PLC0415 - only where there is a service

            opened[target.name] = open_node(
                target, tuple(datasets), declaration, standards, today=today, seed=seed, environ=os.environ, ask=ask
            )
    return opened


@dataclass(frozen=True)
class Registered:
    """What a service was judged by: the folder of its registrations, its size and a digest over its files."""

    target: str
    files: int
    bytes: int
    sha256: str


@dataclass
class Conversations:
    """The dialogues of one run. ``session`` tells it from any other run; ``nodes`` are by target."""

    declaration: Declaration
    standards: Standards
    nodes: Nodes
    books: Mapping[str, Rulebook]
    seed: int
    session: str
    sample_limit: int
    held: dict[str, Conversation] = field(default_factory=dict)

    def judged(self, node: str, target: str, progress: Callable[[int], None]) -> Judged:
        """What the dialogue with a node, or a client's with us, came to for one of its targets."""
        if node not in self.held:
            client = self.declaration.target(node).client is not None
            self.held[node] = self._with_client(node, progress) if client else self._with_node(node, progress)
        return self.held[node].judged[target]

    def _with_client(self, name: str, progress: Callable[[int], None]) -> Conversation:
        from conformance.dialogue.client_opening import judge_declared_client  # noqa: PLC0415 - on demand

        return judge_declared_client(
            self.declaration.target(name),
            self.declaration,
            self.standards,
            as_of=self.books[name].dataset.as_of,
            seed=self.seed,
            environ=os.environ,
            sample_limit=self.sample_limit,
            progress=progress,
        )

    def _with_node(self, name: str, progress: Callable[[int], None]) -> Conversation:
        from conformance.dialogue.session import judge_node  # noqa: PLC0415 - on demand

        claim = self.declaration.target(name).service
        return judge_node(
            self.nodes[name],
            self.books,
            self.standards,
            session=self.session,
            told=self._claims_services(),
            sample_limit=self.sample_limit,
            second_opinion=claim is not None and claim.second_opinion,
            progress=progress,
        )

    def _claims_services(self) -> bool:
        """Is what services do among the classes claimed?"""
        claimed, requirements = self.declaration.classes, self.standards.requirements.values()
        return any(one.level == "service" and (not claimed or one.conformance_class in claimed) for one in requirements)

    @property
    def figures(self) -> tuple[Mapping[str, Any], ...]:
        """What was measured of each node."""
        return tuple(one.figures for one in self.held.values() if one.figures)

    def reproducer(self, dataset: Dataset, masker: Masker) -> Callable[[Call], Reproduction] | None:
        """How a call is shown so that it can be made again; None where nothing is asked."""
        opened = self.nodes.get(dataset.service.node) if dataset.service else None
        if opened is None:
            return None
        from conformance.evidence.reproduce import reproduction  # noqa: PLC0415 - only where there is a service

        node, rules = opened, self.standards.services
        return lambda call: reproduction(call, node.spec.interfaces.get(call.interface), rules, node.reach.url, masker)

    def inputs(self) -> Iterator[Registered]:
        """The registrations of each service that was talked with."""
        for name in self.held:
            paths = registration_files(self.declaration.target(name).source.path)
            contents = [path.read_bytes() for path in paths]
            digest = hashlib.sha256()
            for path, content in zip(paths, contents, strict=True):
                digest.update(f"{path.name} {len(content)}\n".encode() + content)
            yield Registered(name, len(paths), sum(map(len, contents)), digest.hexdigest())
