"""EX-OPERATION: the operation of each record fits the mode of its package."""

from __future__ import annotations

import polars as pl

from conformance.judge.faults import Fault, FaultCounter
from conformance.messages import message
from conformance.standard.exchange import ExchangeRules
from conformance.system.source import ROW

RULE = "operation"


def check_operations(frame: pl.DataFrame, mode: str, rules: ExchangeRules, faults: FaultCounter) -> None:
    """Tell the records of a batch whose operation the mode (the manifest's word) does not allow.

    A full package inserts, said or unsaid; an incremental one says what it does. Words that are no operation at all are
    DE-DOMAIN's matter.
    """
    name, insert = rules.operation.name, rules.operations["insert"]
    given = pl.col(name).fill_null("")
    known = list(rules.operations.values())
    full = mode == rules.modes["full"]
    wrong = given.is_in([word for word in known if word != insert]) if full else given == ""
    faults.checked(RULE, frame.height)
    id_ = "package.operation-full" if full else "package.operation-missing"
    for row in frame.filter(wrong)[ROW].to_list():
        faults.add(Fault(RULE, None, message(id_, field=name, insert=insert), row))
