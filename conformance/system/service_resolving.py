"""From what a declaration says of a service or a client to what is judged: the node, each interface, the client."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping

from conformance.judge.model import Dataset, ServiceUse
from conformance.standard.services.model import DOWNLOAD, QUERY, TRANSFER, Interface, Registration
from conformance.standard.services.reading import interface_of
from conformance.standard.standards import SERVICES, Standards
from conformance.system.declaration import CLIENT, Declaration, Target
from conformance.system.handed_over import field_column
from conformance.system.links import stated_links
from conformance.system.problem import Problem, listed, nearest, problem
from conformance.system.service.registrations import read_registrations

NODE, INTERFACE = "node", "interface"


def service_datasets(
    target: Target, declaration: Declaration, standards: Standards, as_of: str, problems: list[Problem]
) -> tuple[Dataset, ...]:
    """A node and its interfaces, or a client; what cannot be resolved is added to ``problems``.

    Raises :class:`conformance.system.problem.ConfigurationError` where registrations cannot be read.
    """
    key = "client" if target.kind == CLIENT else "service"
    if SERVICES not in standards.packs:
        place = declaration.place("targets", target.name, "kind")
        problems.append(problem(place, "resolve.no-services"))
        return (Dataset(target.name, (), as_of),)
    registrations = read_registrations(target.source.path, target.source.place)
    interfaces = interfaces_of(registrations, standards)
    if target.kind == CLIENT:
        problems += _client_problems(target, declaration, interfaces)
        problems += _profile_problems(target, key, declaration, standards)
        return (Dataset(target.name, (), as_of, service=ServiceUse("client", target.name)),)
    problems += _node_problems(target, declaration, interfaces)
    problems += _profile_problems(target, key, declaration, standards)
    node = Dataset(target.name, (), as_of, service=ServiceUse(NODE, target.name))
    return (node, *(_interface_dataset(target, one, interfaces, standards, as_of) for one in registrations))


def interfaces_of(registrations: Iterable[Registration], standards: Standards) -> Mapping[str, Interface]:
    """The interfaces that can be called, by the id of their registration."""
    found = ((one.id, interface_of(one, standards.elements, standards.services)) for one in registrations)
    return {id_: interface for id_, interface in found if interface is not None}


def _interface_dataset(
    target: Target, registration: Registration, interfaces: Mapping[str, Interface], standards: Standards, as_of: str
) -> Dataset:
    """One interface, and the rows that it gives as a dataset."""
    interface = interfaces.get(registration.id)
    fields = interface.results if interface else ()
    named = Counter(field.element.name for field in fields)
    date = interface.date if interface else ""
    columns = tuple(field_column(field, date, once=False, alone=named[field.element.name] == 1) for field in fields)
    return Dataset(
        target=f"{target.name}.{registration.id}",
        columns=columns,
        as_of=as_of,
        links=tuple(stated_links(columns, standards)),
        personal=any(field.element.personal for field in fields),
        service=ServiceUse(INTERFACE, target.name, registration, interface),
    )


def _profile_problems(target: Target, key: str, declaration: Declaration, standards: Standards) -> Iterator[Problem]:
    claim = target.service or target.client
    assert claim is not None  # noqa: S101 - a target of these kinds has one of them
    known = standards.services.profiles
    if claim.profile not in known:
        place = declaration.place("targets", target.name, key, "profile")
        yield problem(place, "resolve.unknown-profile", name=claim.profile, known=listed(known))


def _node_problems(target: Target, declaration: Declaration, interfaces: Mapping[str, Interface]) -> Iterator[Problem]:
    claim = target.service
    assert claim is not None  # noqa: S101 - a target of this kind has one
    here = ("targets", target.name, "service")

    def unknown(name: str, known: Collection[str], id_: str, *path: str | int) -> Iterator[Problem]:
        if name not in known:
            shown = listed(nearest(name, known) or known)
            yield problem(declaration.place(*here, *path), id_, name=name, known=shown)

    for role, names in claim.grants.items():
        yield from unknown(role, claim.clients, "resolve.unknown-client", "grants", role)
        for number, name in enumerate(names):
            yield from unknown(name, interfaces, "resolve.unknown-interface", "grants", role, number)
    for role in claim.rows:
        yield from unknown(role, claim.clients, "resolve.unknown-client", "rows", role)
    for id_ in claim.examples:
        yield from unknown(id_, interfaces, "resolve.unknown-interface", "examples", id_)
    for id_, names in claim.state.items():
        yield from unknown(id_, interfaces, "resolve.unknown-interface", "state", id_)
        for number, name in enumerate(names):
            yield from unknown(name, interfaces, "resolve.unknown-interface", "state", id_, number)
    yield from _grant_problems(target, declaration, interfaces)
    yield from _state_problems(target, declaration, interfaces)


def _grant_problems(target: Target, declaration: Declaration, interfaces: Mapping[str, Interface]) -> Iterator[Problem]:
    claim = target.service
    assert claim is not None  # noqa: S101 - as above
    here = ("targets", target.name, "service")
    granted = {name for names in claim.grants.values() for name in names}
    for id_ in interfaces:
        if claim.grants and id_ not in granted:
            yield problem(declaration.place(*here, "grants"), "resolve.interface-granted-to-nobody", name=id_)
    given = {field.name for interface in interfaces.values() for field in interface.results}
    for role, fields in claim.rows.items():
        for name in fields:
            if name not in given:
                yield problem(declaration.place(*here, "rows", role, name), "resolve.unknown-row-field", name=name)


def _state_problems(target: Target, declaration: Declaration, interfaces: Mapping[str, Interface]) -> Iterator[Problem]:
    claim = target.service
    assert claim is not None  # noqa: S101 - as above
    here = ("targets", target.name, "service")
    for id_, interface in interfaces.items():
        if claim.writes and interface.interface_class == TRANSFER and id_ not in claim.state:
            yield problem(declaration.place(*here, "state"), "resolve.state-missing", name=id_)
    for id_, names in claim.state.items():
        if id_ in interfaces and interfaces[id_].interface_class != TRANSFER:
            place = declaration.place(*here, "state", id_)
            yield problem(place, "resolve.wrong-interface-class", name=id_, wanted=TRANSFER)
        for number, name in enumerate(names):
            if name in interfaces and interfaces[name].interface_class not in (QUERY, DOWNLOAD):
                place = declaration.place(*here, "state", id_, number)
                yield problem(place, "resolve.wrong-interface-class", name=name, wanted=f"{QUERY}, {DOWNLOAD}")


def _client_problems(
    target: Target, declaration: Declaration, interfaces: Mapping[str, Interface]
) -> Iterator[Problem]:
    claim = target.client
    assert claim is not None  # noqa: S101 - a target of this kind has one
    for key, job, wanted in (("fetch", claim.fetch, QUERY), ("deliver", claim.deliver, TRANSFER)):
        if job is None:
            continue
        place = declaration.place("targets", target.name, "client", key, "interface")
        if job.interface not in interfaces:
            known = listed(nearest(job.interface, interfaces) or interfaces)
            yield problem(place, "resolve.unknown-interface", name=job.interface, known=known)
        elif interfaces[job.interface].interface_class != wanted:
            yield problem(place, "resolve.wrong-interface-class", name=job.interface, wanted=wanted)
