"""From what an engine found to what may be shown: each record explained, and masked by its elements' classes."""

from __future__ import annotations

from collections.abc import Callable

from conformance.evidence.mask import Masker
from conformance.judge.explain import Explainer
from conformance.judge.explain_table import TableExplainer
from conformance.judge.model import Dataset
from conformance.judge.rulebook import RawSample, Tally
from conformance.judge.service.model import Call
from conformance.judge.verdict import Reproduction, Sample
from conformance.messages import Message
from conformance.standard.standards import Standards


class Sampler:
    """Explains and masks the samples of one dataset; ``reproduce`` tells how a call to a service is made again."""

    def __init__(
        self,
        dataset: Dataset,
        standards: Standards,
        masker: Masker,
        reproduce: Callable[[Call], Reproduction] | None = None,
    ) -> None:
        self._dataset, self._masker, self._reproduce = dataset, masker, reproduce
        self._explainer: Explainer | TableExplainer = (
            TableExplainer(dataset, standards.divisions) if dataset.table else Explainer(dataset, standards)
        )
        self._classes = {column.name: column.element.personal for column in dataset.columns}

    def samples(self, rule: str, tally: Tally, limit: int) -> tuple[Sample, ...]:
        """At most ``limit`` records, violations first, each kind in row order."""
        violated = [self._sample(raw, raw.reason or self._explainer.violation(rule, raw)) for raw in tally.samples]
        undecided = [
            self._sample(raw, raw.reason or self._explainer.undecided(rule, raw)) for raw in tally.undecided_samples
        ]
        return tuple((violated + undecided)[:limit])

    def _sample(self, raw: RawSample, reason: Message) -> Sample:
        key = tuple((name, value) for name, value in raw.values if name in self._dataset.key)
        values = tuple(
            (name, value) for name, value in raw.values if name not in self._dataset.key or name == raw.values[0][0]
        )
        call = self._reproduce(raw.call) if self._reproduce and raw.call else None
        return Sample(raw.row, self._shown(key), self._shown(values), reason, raw.where, call)

    def _shown(self, pairs: tuple[tuple[str, str | None], ...]) -> tuple[tuple[str, str], ...]:
        return tuple((name, self._mask(name, value or "")) for name, value in pairs)

    def _mask(self, column: str, value: str) -> str:
        personal = self._classes.get(column, "")
        if personal:
            return self._masker.mask(value, personal)
        return self._masker.mask_unknown(value, self._dataset.personal)
