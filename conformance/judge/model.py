"""What is judged: columns, datasets and division tables, resolved against the packs.

The system room builds these from a declaration; the judge knows nothing of files or YAML.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from conformance.standard.model import Clause, DatasetSpec, Element
from conformance.standard.services.model import Interface, Registration


@dataclass(frozen=True)
class DivisionUse:
    """How a column uses division codes: ``system`` is ``gbt-2260``, ``gbt-10114``, ``stat-9`` or ``stat-12``;
    ``levels`` the declared levels (``province``, ``prefecture``, ``county``, ``township``, ``village``), empty for any.
    """

    system: str
    levels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Column:
    """One column that claims to hold a data element.

    ``label`` is what targets and reports call it: the element's name, with the column's in brackets where two
    columns of a dataset hold the same element. ``date`` names the column that codes are judged at (empty: the
    dataset's ``as_of``). ``also`` names further identifier schemes that the declaration admits (``gb-11643-15``).
    """

    name: str
    element: Element
    label: str
    mandatory: bool = False
    unique: bool = False
    date: str = ""
    also: tuple[str, ...] = ()
    division: DivisionUse | None = None


@dataclass(frozen=True)
class Link:
    """A relation between columns of one dataset (or to another dataset): ``kind`` is ``birth``, ``sex``, ``name``,
    ``organisation``, ``authority``, ``order``, ``division-name``, ``division-parent`` or ``reference``;
    ``roles`` maps each role to a column name; ``to`` is the other dataset and its
    columns (``reference`` only).
    """

    kind: str
    roles: Mapping[str, str]
    label: str
    clause: Clause | None = None
    to: tuple[str, tuple[str, ...]] | None = None


@dataclass(frozen=True)
class TableUse:
    """What a vendor's own division table claims: the system, the scope (a code prefix: ``37``), the levels held,
    and the column names by role: ``code``, ``name`` and optionally ``parent``, ``valid_to``, ``successor``.
    """

    system: str
    scope: str
    levels: tuple[str, ...]
    roles: Mapping[str, str]


@dataclass(frozen=True)
class ExchangeUse:
    """How records are handed over, and of which dataset: ``kind`` is ``package``, ``package-series`` or
    ``exchange-table``.
    """

    kind: str
    spec: DatasetSpec


@dataclass(frozen=True)
class ServiceUse:
    """What of an exchange service is judged: ``kind`` is ``node`` (a node as a whole), ``interface`` (one of its
    interfaces, whose rows are the dataset's records) or ``client`` (a client of the province's platform).

    ``node`` is the target that the declaration names; ``interface`` None: its registration does not say how to call it.
    """

    kind: str
    node: str
    registration: Registration | None = None
    interface: Interface | None = None

    @property
    def interface_class(self) -> str:
        """The interface's class; empty where there is none."""
        return self.interface.interface_class if self.interface else ""


@dataclass(frozen=True)
class Dataset:
    """One dataset of the system under test. ``as_of`` is ``YYYYMMDD``; ``table`` is set for division tables only,
    ``exchange`` for what is handed over by the rules of the exchange pack, ``service`` for what a service does,
    ``access`` for an access point of the extranet.
    """

    target: str
    columns: tuple[Column, ...]
    as_of: str
    key: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
    table: TableUse | None = None
    personal: bool = field(default=False)
    exchange: ExchangeUse | None = None
    service: ServiceUse | None = None
    access: bool = False

    def column(self, name: str) -> Column:
        """The column of that name; raises KeyError."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)
