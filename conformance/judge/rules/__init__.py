"""From packs to rules: what the elements, codes and relations of a dataset ask of its records."""

from __future__ import annotations

from conformance.judge.model import Column, Dataset
from conformance.judge.rulebook import Chain, GroupRule, Rulebook
from conformance.judge.rules.division import division_chain
from conformance.judge.rules.record import record_rules, reference_rules
from conformance.judge.rules.value import value_chain
from conformance.messages import message
from conformance.standard.standards import Standards


def compile_rules(dataset: Dataset, standards: Standards) -> Rulebook:
    """The rulebook of one dataset: a chain for each mapped column, then the rules over several."""
    return Rulebook(
        dataset=dataset,
        chains=tuple(chain_of(column, dataset, standards) for column in dataset.columns),
        records=tuple(record_rules(dataset, standards)),
        groups=_group_rules(dataset),
        references=tuple(reference_rules(dataset)),
    )


def chain_of(column: Column, dataset: Dataset, standards: Standards) -> Chain:
    """The chain of one column, by what its element's domain is."""
    if column.division is not None:
        return division_chain(column, column.division, dataset, standards)
    return value_chain(column, dataset, standards)


def _group_rules(dataset: Dataset) -> tuple[GroupRule, ...]:
    unique = (
        GroupRule("unique", column.label, (column.name,), message("expected.unique", column=column.name))
        for column in dataset.columns
        if column.unique
    )
    key = (GroupRule("key", "", dataset.key, message("expected.key", columns="、".join(dataset.key)), complete=True),)
    return (*unique, *(key if dataset.key else ()))
