"""The standards that a run is judged against: the claimed packs and all that they depend on, as one view."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from conformance.standard.access.model import AccessRules
from conformance.standard.access.reading import read_access_rules
from conformance.standard.datasets import read_datasets
from conformance.standard.divisions import DivisionRegistry
from conformance.standard.exchange import ExchangeRules, read_exchange_rules
from conformance.standard.model import CodeList, DatasetSpec, Dialect, Element, Pack, Relation, Requirement, Scheme
from conformance.standard.pack import BrokenPack, load_yaml, pack_folder, read_dialects, read_pack, standards_root
from conformance.standard.repertoire import Repertoire, read_repertoire
from conformance.standard.services.model import ServiceRules
from conformance.standard.services.reading import read_service_rules

#: The packs that hold what all others need: notation, repertoires, the rules over values; and the division codes.
T = TypeVar("T")

FOUNDATION = "data-elements"
DIVISIONS = "divisions"
#: The pack of the exchange formats: the envelope, the datasets.
EXCHANGE = "exchange"
#: The pack of the exchange services: the convention, the error catalogue, profiles.
SERVICES = "services"
#: The pack of network access: plans, registries, platforms, probes, profiles.
ACCESS = "network-access"


class Standards:
    """A closed set of packs. Ids of elements, code lists, schemes and requirements are unique over all of them."""

    def __init__(self, packs: Mapping[str, Pack], root: Path) -> None:
        self.packs = packs
        self.root = root
        self.elements: Mapping[str, Element] = _union(pack.elements for pack in packs.values())
        self.codes: Mapping[str, CodeList] = _union(pack.codes for pack in packs.values())
        self.schemes: Mapping[str, Scheme] = _union(pack.schemes for pack in packs.values())
        self.requirements: Mapping[str, Requirement] = _union(pack.requirements for pack in packs.values())
        self.relations: tuple[Relation, ...] = tuple(r for pack in packs.values() for r in pack.relations)
        self._pack_of = {element: pack for pack in packs.values() for element in pack.elements}

    @classmethod
    def load(cls, claims: Sequence[tuple[str, str]], root: Path | None = None) -> Standards:
        """The claimed (id, edition) pairs and what they depend on; raises :class:`StandardsError`."""
        folder = root or standards_root()
        packs: dict[str, Pack] = {}
        waiting = list(claims)
        while waiting:
            id_, edition = waiting.pop(0)
            if id_ in packs:
                if packs[id_].edition != edition:
                    raise BrokenPack(f"{id_}/{edition}", f"claimed beside edition {packs[id_].edition}")
                continue
            packs[id_] = read_pack(folder, id_, edition)
            waiting.extend(packs[id_].depends)
        return cls(dict(sorted(packs.items())), folder)

    def pack_of(self, element: Element) -> Pack:
        """The pack that an element stands in."""
        return self._pack_of[element.id]

    def dialect_of(self, element: Element) -> Dialect:
        """The notation dialect of the element's pack."""
        return self.dialects[self.pack_of(element).dialect]

    @cached_property
    def dialects(self) -> Mapping[str, Dialect]:
        """Every notation dialect of the packs, by id."""
        found = (dialect for pack in self.packs.values() for dialect in read_dialects(self._folder(pack.id)))
        return {dialect.id: dialect for dialect in found}

    @cached_property
    def repertoire(self) -> Repertoire:
        """The character repertoires of the foundation pack."""
        return read_repertoire(load_yaml(self._folder(FOUNDATION) / "notation" / "repertoire.yaml"))

    @cached_property
    def divisions(self) -> DivisionRegistry:
        """The division codes in time."""
        return DivisionRegistry.load(self._folder(DIVISIONS))

    @cached_property
    def datasets(self) -> Mapping[str, DatasetSpec]:
        """The datasets that departments exchange, by id; raises :class:`StandardsError` where one cannot be read."""
        found = (read_datasets(self._folder(pack), self.elements) for pack in self.packs)
        return _union(found)

    @cached_property
    def exchange(self) -> ExchangeRules:
        """The envelope of exchange packages; KeyError where the exchange pack is not among the packs."""
        return read_exchange_rules(load_yaml(self._folder(EXCHANGE) / "package.yaml"))

    @cached_property
    def services(self) -> ServiceRules:
        """The convention of exchange services; KeyError where the services pack is not among the packs."""
        return read_service_rules(self._folder(SERVICES))

    @cached_property
    def access(self) -> AccessRules:
        """The rules of network access; KeyError where the network access pack is not among the packs."""
        return read_access_rules(self._folder(ACCESS), self.packs[ACCESS].requirements.values())

    def exchange_folder(self) -> Path:
        """The folder of the exchange pack; KeyError where it is not among the packs."""
        return self._folder(EXCHANGE)

    def _folder(self, id_: str) -> Path:
        return pack_folder(self.root, id_, self.packs[id_].edition)


class Shelf:
    """Standards read once for many runs, and kept: for packs that do not change meanwhile."""

    def __init__(self) -> None:
        self._held: dict[tuple[tuple[tuple[str, str], ...], Path], Standards] = {}

    def load(self, claims: Sequence[tuple[str, str]], root: Path | None = None) -> Standards:
        """As :meth:`Standards.load`; the same claims give the same standards."""
        asked = (tuple(claims), root or standards_root())
        if asked not in self._held:
            self._held[asked] = Standards.load(*asked)
        return self._held[asked]


def text_digest(requirement: Requirement) -> str:
    """What a waiver pins: SHA-256 over the requirement's text in both languages, white space folded."""
    words = re.sub(r"\s+", " ", f"{requirement.id}\n{requirement.text.zh}\n{requirement.text.en}")
    return f"sha256:{hashlib.sha256(words.encode()).hexdigest()}"


def _union(mappings: Iterable[Mapping[str, T]]) -> Mapping[str, T]:
    whole: dict[str, T] = {}
    for mapping in mappings:
        if twice := whole.keys() & mapping.keys():
            raise BrokenPack("standards", f"ids in two packs: {', '.join(sorted(twice))}")
        whole.update(mapping)
    return whole
