"""Which changes between editions can alter which findings: told too often rather than too seldom."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from conformance.evidence.census import Census
from conformance.evidence.record import FindingRecord
from conformance.replay.change import ADDED, CHANGED, Change
from conformance.replay.counting import CHAIN, MANDATORY
from conformance.replay.rebuilding import Evidence
from conformance.standard.divisions import COUNTY_SYSTEM
from conformance.standard.standards import Standards

#: Rules of a dataset that no element and no code has a say in.
_ASIDE = frozenset({MANDATORY, "unique", "key", "reference"})
_TABLE = "table-"


class Touching:
    """Knows the elements and value domains of each dataset of a bundle, under the packs of either edition."""

    def __init__(self, evidence: Evidence, packs: Iterable[Standards], changes: Sequence[Change]) -> None:
        self._packs, self._changes = tuple(packs), changes
        self._census: Mapping[str, Census] = evidence.census
        self._elements: dict[str, set[str]] = {}
        self._domains: dict[str, set[str]] = {}
        for record in evidence.records:
            self._know(record.dataset, record.element)
        for census in evidence.census.values():
            self._know(census.target, census.element)
            self._domains[census.target] |= self._of_census(census)

    def _know(self, dataset: str, element: str | None) -> None:
        domains = self._domains.setdefault(dataset, set())
        elements = self._elements.setdefault(dataset, set())
        if element and element not in elements:
            elements.add(element)
            domains |= self._of_element(element)

    def touching(self, record: FindingRecord) -> Iterator[Change]:
        """The changes that have to do with a finding, whether or not they alter what is counted."""
        for change in self._changes:
            if change.requirement:
                if change.requirement == record.requirement and change.kind != ADDED:
                    yield change
            elif self.alters(change, record):
                yield change

    def alters(self, change: Change, record: FindingRecord) -> bool:
        """May the change alter what the finding's rule counts?"""
        if change.requirement:
            return change.requirement == record.requirement and change.kind == CHANGED and bool(change.rules)
        if change.pack:
            held = [one.packs[change.pack] for one in self._packs if change.pack in one.packs]
            return record.around or any(record.requirement in one.requirements for one in held)
        if record.around or record.rule.startswith(_TABLE):
            return record.around or change.domain.startswith("division:")
        if record.rule in _ASIDE:
            return False
        return self._alters_columns(change, record)

    def _alters_columns(self, change: Change, record: FindingRecord) -> bool:
        """A step counts what the steps before it let through; a rule over records, what passed the chains."""
        steps = CHAIN[: CHAIN.index(record.rule) + 1] if record.rule in CHAIN else CHAIN
        if not set(change.rules) & {*steps, record.rule}:
            return False
        if record.column is None or not record.element:
            elements, domains = self._elements[record.dataset], self._domains[record.dataset]
        else:
            elements, domains = {record.element}, self._of_element(record.element)
            census = self._census.get(record.target)
            domains |= self._of_census(census) if census else set()
        if change.elements:
            return bool(elements & set(change.elements))
        return any(_same_domain(change.domain, domain) for domain in ("", *domains))

    def _of_census(self, census: Census) -> set[str]:
        use = census.use
        declared = [f"scheme:{one}" for one in use.also] + ([f"division:{use.system}"] if use.system else [])
        return self._closed(declared)

    def _of_element(self, id_: str) -> set[str]:
        return self._closed([one.elements[id_].domain for one in self._packs if id_ in one.elements])

    def _closed(self, domains: Iterable[str]) -> set[str]:
        """The domains and those inside identifiers."""
        waiting, found = [domain for domain in domains if domain], set[str]()
        while waiting:
            domain = waiting.pop()
            if domain not in found:
                found.add(domain)
                waiting += self._inside(domain)
        return found

    def _inside(self, domain: str) -> Iterator[str]:
        kind, _, id_ = domain.partition(":")
        for standards in self._packs if kind == "scheme" else ():
            scheme = standards.schemes.get(id_)
            for part in scheme.parts if scheme else ():
                if part.kind == "division":
                    yield f"division:{COUNTY_SYSTEM}"
                elif part.kind in ("code", "scheme"):
                    yield f"{part.kind}:{part.domain}"


def _same_domain(one: str, other: str) -> bool:
    return one in ("*", other) or (one == "division:*" and other.startswith("division:"))
