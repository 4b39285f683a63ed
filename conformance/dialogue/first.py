"""The first call of an interface: valid as far as its registration tells, and without effect."""

from __future__ import annotations

from conformance.dialogue.calls import PARAMETERS, first_page, make_call
from conformance.dialogue.talk import NodeSpec
from conformance.dialogue.valid import examples, valid_values
from conformance.judge.service.model import Call
from conformance.standard.services.model import TRANSFER, Interface
from conformance.standard.standards import Standards


def first_call(spec: NodeSpec, interface: Interface, standards: Standards, *, client: str) -> Call | None:
    """A valid call with mandatory parameters only, by a row known to be there if the declaration gives one; None for
    interfaces that store what they are given, and for those whose body is no batch and nothing the convention knows.
    """
    if interface.interface_class == TRANSFER or interface.request not in PARAMETERS:
        return None
    known = spec.examples.get(interface.id, ())
    strategy = valid_values(interface, known, standards, as_of=spec.as_of, allowed=spec.rows.get(client))
    drawn = examples(strategy, f"{spec.seed}/first/{interface.id}", 1)[0]
    mandatory = [field.name for field in interface.parameters if field.mandatory]
    said = {name: drawn[name] for name in mandatory}
    if known and all(name in known[0] for name in mandatory):
        said = {name: known[0][name] for name in mandatory}
    rules = standards.services
    return make_call(interface, rules, said, client=client, paging=first_page(interface, rules, 1))
