"""The structure of an XML file of records, judged tag by tag; the values of its header and records."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto

from conformance.messages import Message, message
from conformance.system.problem import shown
from conformance.system.records.xml_names import FREE, Context, Name, Shape, name_of, path_of

WHITE = " \t\r\n"


class At(Enum):
    """What kind of element is open."""

    OUTSIDE = auto()
    ROOT = auto()
    HEADER = auto()
    BODY = auto()
    RECORD = auto()
    TEXT = auto()
    SKIPPED = auto()


@dataclass
class Element:
    """An open element; ``last`` is the place in its order that was reached, ``stray`` whether text in it was told."""

    at: At
    namespace: str
    part: str
    last: int = -1
    stray: bool = False


#: Where a record stands among what is open: behind the root and the body.
RECORD_PART = 2

#: Tells a fault where the parser is: its rule, reason, path and record (0: none).
Tell = Callable[[str, Message, str, int], None]


@dataclass
class Structure:
    """What is open, and what was read; faults go to ``tell``. ``row`` counts records, ``seen`` names the root's parts,
    ``characters`` are those of the value that is open.
    """

    shape: Shape
    tell: Tell
    row: int
    elements: list[Element]
    namespace: str = ""
    seen: list[str] = field(default_factory=list)
    header: dict[str, str] | None = None
    values: list[str | None] = field(default_factory=list)
    characters: int = 0
    in_record: bool = False

    def __post_init__(self) -> None:
        self._texts: list[str] = []
        self._key = -1
        self._items: dict[str, str] = {}
        self._fields = {name: index for index, name in enumerate(self.shape.fields)}
        self._enter = {
            At.OUTSIDE: self._root,
            At.ROOT: self._part,
            At.HEADER: self._item,
            At.BODY: self._record,
            At.RECORD: self._field,
            At.TEXT: self._nested,
            At.SKIPPED: self._skipped,
        }

    def start(self, name: Name, attributes: Sequence[str]) -> Element:
        """An element begins."""
        parent = self.elements[-1]
        parent.stray = False
        at = self._enter[parent.at](parent, name)
        element = Element(at, name.namespace, name.local)
        self.elements.append(element)
        if at is not At.SKIPPED:
            foreign = name.namespace not in (self.namespace, parent.namespace)
            if foreign:
                self._fault(
                    "records.xml.structure.namespace", "", element=shown(name.spelled), expected=shown(self.namespace)
                )
            if attributes:
                self._attributes(name, attributes)
        return element

    def _attributes(self, name: Name, attributes: Sequence[str]) -> None:
        for given in attributes[::2]:
            attribute = name_of(given)
            if (attribute.namespace, attribute.local) not in FREE:
                self._fault(
                    "records.xml.structure.attribute",
                    "",
                    element=shown(name.spelled),
                    attribute=shown(attribute.spelled),
                )

    def end(self) -> Element:
        """The last element that is open ends."""
        element = self.elements.pop()
        if element.at is At.TEXT:
            self._value(element)
        elif element.at is At.RECORD:
            self.in_record = False
        elif element.at is At.HEADER:
            self._missing(self.shape.header, self._items, element)
            self.header = self._items
        elif element.at is At.ROOT:
            self._missing(self.shape.parts, self.seen, element)
        return element

    def text(self, data: str) -> None:
        """Text stands in the last element that is open."""
        element = self.elements[-1]
        if element.at is At.TEXT:
            self._texts.append(data)
            self.characters += len(data)
        elif element.at is not At.SKIPPED and not element.stray and data.strip(WHITE):
            element.stray = True
            self._fault("records.xml.structure.text", "", place=shown(element.part))

    # What an element is, by what it stands in

    def _root(self, _parent: Element, name: Name) -> At:
        shape = self.shape
        path = path_of([shown(name.local)])
        if name.local != shape.root:
            reason = message("records.xml.namespace.root", expected=shape.root, element=shown(name.local))
            self.tell("namespace", reason, path, 0)
        if name.namespace != shape.namespace:
            id_ = "records.xml.namespace.uri" if name.namespace else "records.xml.namespace.none"
            self.tell("namespace", message(id_, expected=shape.namespace, namespace=shown(name.namespace)), path, 0)
        self.namespace = name.namespace
        return At.ROOT

    def _part(self, parent: Element, name: Name) -> At:
        if not self._ordered(parent, name, self.shape.parts, again=name.local in self.seen):
            return At.SKIPPED
        self.seen.append(name.local)
        return At.HEADER if name.local == self.shape.parts[0] else At.BODY

    def _item(self, parent: Element, name: Name) -> At:
        taken = self._ordered(parent, name, self.shape.header, again=name.local in self._items)
        return self._begin_text(0) if taken else At.SKIPPED

    def _record(self, _parent: Element, name: Name) -> At:
        if name.local != self.shape.record:
            self._unknown(_parent, name)
            return At.SKIPPED
        self.row += 1
        self.in_record = True
        self.values = [None] * len(self.shape.fields)
        return At.RECORD

    def _field(self, parent: Element, name: Name) -> At:
        index = self._fields.get(name.local, -1)
        if index > parent.last:
            parent.last = index
        elif not self._ordered(parent, name, self.shape.fields, again=index >= 0 and self.values[index] is not None):
            return At.SKIPPED
        return self._begin_text(index)

    def _nested(self, parent: Element, name: Name) -> At:
        self._fault("records.xml.structure.nested", name.local, place=shown(parent.part), element=shown(name.spelled))
        return At.SKIPPED

    def _skipped(self, _parent: Element, _name: Name) -> At:
        return At.SKIPPED

    def _ordered(self, parent: Element, name: Name, names: Sequence[str], *, again: bool) -> bool:
        """Whether an element is one of these and comes for the first time; tells what it is not."""
        if name.local not in names:
            self._unknown(parent, name)
            return False
        if again:
            self._fault("records.xml.structure.repeated", name.local, place=shown(parent.part), element=name.local)
            return False
        index = names.index(name.local)
        if index < parent.last:
            after = names[parent.last]
            self._fault(
                "records.xml.structure.order", name.local, place=shown(parent.part), element=name.local, after=after
            )
        parent.last = max(parent.last, index)
        return True

    def _unknown(self, parent: Element, name: Name) -> None:
        self._fault("records.xml.structure.unknown", name.local, place=shown(parent.part), element=shown(name.spelled))

    # Values

    def _begin_text(self, key: int) -> At:
        self._texts, self._key, self.characters = [], key, 0
        return At.TEXT

    def _value(self, element: Element) -> None:
        text = "".join(self._texts)
        self.characters = 0
        if self.in_record:
            self.values[self._key] = text
        else:
            self._items[element.part] = text

    def _missing(self, names: Sequence[str], there: Sequence[str] | dict[str, str], element: Element) -> None:
        for name in names:
            if name not in there:
                reason = message("records.xml.structure.missing", place=shown(element.part), element=name)
                self.tell("structure", reason, self._path(element.part), 0)

    # Faults

    def _fault(self, id_: str, child: str, **params: str) -> None:
        """Something is wrong with the last element that is open, or with a child of it."""
        row = self.row if self.in_record else 0
        self.tell("structure", message(id_, **params), self._path(child), row)

    def _path(self, child: str) -> str:
        """The path of the last element that is open, or of a child of it."""
        parts = [shown(element.part) for element in self.elements[1:]]
        if self.in_record:
            parts[RECORD_PART] += f"[{self.row}]"
        return path_of([*parts, shown(child)] if child else parts)


def structure_of(shape: Shape, tell: Tell, row: int, context: Context | None) -> Structure:
    """A structure of which nothing is open, or the body in a context."""
    elements = [Element(At.OUTSIDE, "", "")]
    if context is None:
        return Structure(shape, tell, row, elements)
    elements.append(Element(At.ROOT, context.namespace, context.root.rpartition(":")[2], last=1))
    elements.append(Element(At.BODY, context.body_namespace, shape.parts[1]))
    return Structure(shape, tell, row, elements, context.namespace, list(context.seen))
