"""Relations between columns: those that the packs state between mapped elements, and those declared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from conformance.judge.model import Column, Link
from conformance.standard.model import Clause, DatasetSpec, Relation
from conformance.standard.standards import Standards
from conformance.system.declaration import Declaration, RelationClaim, Target
from conformance.system.problem import Place, Problem, listed, nearest, problem

#: What the element behind a role must be: an identifier with a scheme, a code of a list, a division code.
_ROLE_DOMAINS: Mapping[tuple[str, str], str] = {
    ("birth", "number"): "scheme",
    ("sex", "number"): "scheme",
    ("organisation", "number"): "scheme",
    ("authority", "number"): "scheme",
    ("name", "code"): "code",
    ("division-name", "code"): "division",
    ("division-parent", "child"): "division",
}


def resolve_links(
    declaration: Declaration, target: Target, columns: tuple[Column, ...], standards: Standards, problems: list[Problem]
) -> tuple[Link, ...]:
    """The links of one dataset, the packs' first; what cannot be resolved is added to ``problems``."""
    by_name = {column.name: column for column in columns}
    return _once((*stated_links(columns, standards), *_declared(declaration, target, by_name, standards, problems)))


def spec_links(spec: DatasetSpec, columns: tuple[Column, ...], standards: Standards) -> tuple[Link, ...]:
    """The links of an exchanged dataset: those that packs state between elements, and the dataset's own."""
    by_name = {column.name: column for column in columns}
    own = (
        Link(one.kind, one.roles, _label(by_name[name] for name in one.roles.values()), one.clause)
        for one in spec.relations
    )
    return _once((*stated_links(columns, standards), *own))


def _once(links: Iterable[Link]) -> tuple[Link, ...]:
    """The links without those that repeat an earlier one."""
    kept: dict[tuple[str, tuple[tuple[str, str], ...], str], Link] = {}
    for link in links:
        kept.setdefault((link.kind, tuple(sorted(link.roles.items())), link.to[0] if link.to else ""), link)
    return tuple(kept.values())


def stated_links(columns: tuple[Column, ...], standards: Standards) -> Iterator[Link]:
    """The packs' relations, wherever exactly one mapped column holds each element."""
    holders: dict[str, list[Column]] = {}
    for column in columns:
        holders.setdefault(column.element.id, []).append(column)
    for relation in standards.relations:
        several = {role: holders.get(element, []) for role, element in relation.roles.items()}
        if all(len(found) == 1 for found in several.values()):
            chosen = {role: found[0] for role, found in several.items()}
            if all(_fits(relation.kind, role, column) for role, column in chosen.items()):
                roles = {role: column.name for role, column in chosen.items()}
                yield Link(relation.kind, roles, _label(chosen.values()), relation.clause)


def _declared(
    declaration: Declaration,
    target: Target,
    columns: Mapping[str, Column],
    standards: Standards,
    problems: list[Problem],
) -> Iterator[Link]:
    for index, claim in enumerate(target.relations):
        path = ("targets", target.name, "relations", index)
        if claim.kind == "reference":
            if wrong := _wrong_target(declaration, claim, declaration.place(*path, "to")):
                problems.append(wrong)
                continue
            names = "+".join(columns[name].label if name in columns else name for name in claim.roles.values())
            yield Link("reference", claim.roles, f"{names}→{claim.to}", None, (claim.to, claim.to_columns))
            continue
        wrong_roles = [
            wrong
            for role, name in claim.roles.items()
            if (wrong := _wrong_role(claim.kind, role, name, columns, declaration.place(*path, role)))
        ]
        problems.extend(wrong_roles)
        if not wrong_roles:
            chosen = {role: columns[name] for role, name in claim.roles.items()}
            clause = _clause(claim.kind, chosen, standards.relations)
            yield Link(claim.kind, claim.roles, _label(chosen.values()), clause)


def _wrong_target(declaration: Declaration, claim: RelationClaim, place: Place) -> Problem | None:
    datasets = [target.name for target in declaration.targets if target.kind == "dataset"]
    if claim.to in datasets:
        return None
    return problem(place, "resolve.reference-target", target=claim.to, known=listed(datasets))


def _wrong_role(kind: str, role: str, name: str, columns: Mapping[str, Column], place: Place) -> Problem | None:
    if name not in columns:
        known = listed(nearest(name, columns) or columns)
        return problem(place, "resolve.relation-column", column=name, role=role, known=known)
    if not _fits(kind, role, columns[name]):
        element = columns[name].element
        wanted = _ROLE_DOMAINS[kind, role]
        return problem(
            place, f"resolve.role.{wanted}", column=name, role=role, kind=kind, element=f"{element.name} ({element.id})"
        )
    return None


def _fits(kind: str, role: str, column: Column) -> bool:
    wanted = _ROLE_DOMAINS.get((kind, role))
    if wanted == "division":
        return column.division is not None
    return wanted is None or column.element.domain.startswith(f"{wanted}:")


def _clause(kind: str, chosen: Mapping[str, Column], relations: tuple[Relation, ...]) -> Clause | None:
    """The clause of the pack's relation that the declared one repeats, if there is one."""
    elements = {role: column.element.id for role, column in chosen.items()}
    same = (relation.clause for relation in relations if relation.kind == kind and dict(relation.roles) == elements)
    return next(same, None)


def _label(columns: Iterable[Column]) -> str:
    return "·".join(column.label for column in columns)
