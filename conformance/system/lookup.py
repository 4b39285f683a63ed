"""Finding the data element that a declaration means: by internal identifier, identifier, Chinese name or synonym."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from conformance.standard.model import Element
from conformance.standard.standards import Standards
from conformance.system.problem import nearest

#: What an element can be called, in the order in which names are tried.
_NAMES: tuple[Callable[[Element], Iterable[str]], ...] = (
    lambda element: (element.id,),
    lambda element: (element.identifier,),
    lambda element: (element.name,),
    lambda element: element.synonyms,
)


@dataclass(frozen=True)
class Found:
    """What a name led to: exactly one element, several candidates, or none and the ``near`` names."""

    candidates: tuple[Element, ...] = ()
    near: tuple[str, ...] = ()

    @property
    def element(self) -> Element | None:
        """The element, where the name means exactly one."""
        return self.candidates[0] if len(self.candidates) == 1 else None


class Lookup:
    """Elements by every name that they have; claimed packs are asked before those that they depend on."""

    def __init__(self, standards: Standards, claims: Iterable[tuple[str, str]]) -> None:
        claimed = {id_ for id_, _ in claims}
        own = [e for id_, pack in standards.packs.items() if id_ in claimed for e in pack.elements.values()]
        rest = [e for id_, pack in standards.packs.items() if id_ not in claimed for e in pack.elements.values()]
        self._indexes = [_index(elements, names) for elements in (own, rest) for names in _NAMES]

    def find(self, name: str) -> Found:
        """The element that ``name`` means; the first kind of name that knows it decides."""
        for index in self._indexes:
            if name in index:
                return Found(candidates=index[name])
        return Found(near=tuple(nearest(name, (known for index in self._indexes for known in index))))


def _index(elements: Iterable[Element], names: Callable[[Element], Iterable[str]]) -> Mapping[str, tuple[Element, ...]]:
    found: dict[str, dict[str, Element]] = {}
    for element in elements:
        for name in filter(None, names(element)):
            found.setdefault(name, {})[element.id] = element
    return {name: tuple(by_id.values()) for name, by_id in found.items()}
