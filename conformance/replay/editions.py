"""Two editions of packs compared: which requirements came, went, were reworded or renumbered, and what became stricter.

What became stricter is decided by data: obligations, and the rules' own parameters (:mod:`.editions_values`). What
cannot be told from data is ``changed``.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from conformance.messages import message
from conformance.replay.change import ADDED, CHANGED, KINDS, RELAXED, REMOVED, RENUMBERED, REWORDED, TIGHTENED, Change
from conformance.replay.editions_values import value_changes
from conformance.standard.model import Pack, Relation, Requirement, Text
from conformance.standard.pack import pack_folder
from conformance.standard.standards import Standards

_OBLIGATIONS = ("may", "should", "shall")
#: What of a pack's files is compared by meaning; the rest by its bytes.
_COMPARED = re.compile(
    r"standard\.yaml|requirements\.yaml|relations\.yaml|.*\.md|(elements|codes|schemes|notation|divisions)/.*"
)


def compare(before: Standards, after: Standards) -> tuple[Change, ...]:
    """The changes from one closed set of packs to another, by kind, requirement, element."""
    found = [*_requirements(before, after), *_relations(before, after), *value_changes(before, after)]
    found += _other_files(before, after)
    return tuple(sorted(found, key=_order))


def _order(change: Change) -> tuple[int, str, str, tuple[str, ...], str]:
    return KINDS.index(change.kind), change.requirement, change.domain, change.elements, change.detail.id


def _requirements(before: Standards, after: Standards) -> Iterator[Change]:
    old, new = before.requirements, after.requirements
    gone = [old[id_] for id_ in old if id_ not in new]
    come = {_sense(new[id_]): new[id_] for id_ in new if id_ not in old}
    for one in gone:
        other = come.pop(_sense(one), None)
        if other is None:
            yield Change(REMOVED, message("edition.requirement-removed", requirement=one.id), one.id)
        else:
            told = message("edition.requirement-renumbered", requirement=one.id, other=other.id)
            yield Change(RENUMBERED, told, one.id, other.id)
            yield from _requirement(one, other)
    for other in come.values():
        yield Change(ADDED, message("edition.requirement-added", requirement=other.id), other.id)
    for id_ in old:
        if id_ in new:
            yield from _requirement(old[id_], new[id_])


def _sense(requirement: Requirement) -> str:
    """What a requirement says and how it is judged, its number apart."""
    words = re.sub(r"\s+", " ", f"{requirement.rule}\n{requirement.text.zh}\n{requirement.text.en}")
    return hashlib.sha256(words.encode()).hexdigest()


def _requirement(one: Requirement, other: Requirement) -> Iterator[Change]:
    """What differs in a requirement that both editions have."""
    if _words(one.text) != _words(other.text) or _words(one.title) != _words(other.title):
        yield Change(REWORDED, message("edition.reworded", requirement=one.id), one.id, other.id)
    if one.clause.number != other.clause.number:
        told = message("edition.clause", requirement=one.id, before=one.clause.number, after=other.clause.number)
        yield Change(RENUMBERED, told, one.id, other.id)
    if one.obligation != other.obligation:
        stricter = _OBLIGATIONS.index(other.obligation) > _OBLIGATIONS.index(one.obligation)
        told = message("edition.obligation", requirement=one.id, before=one.obligation, after=other.obligation)
        yield Change(TIGHTENED if stricter else RELAXED, told, one.id, other.id)
    if one.conformance_class != other.conformance_class:
        told = message("edition.class", requirement=one.id, before=one.conformance_class, after=other.conformance_class)
        yield Change(CHANGED, told, one.id, other.id)
    if _judging(one) != _judging(other):
        yield Change(CHANGED, message("edition.rule", requirement=one.id), one.id, other.id, rules=(one.rule,))


def _words(text: Text) -> tuple[str, str]:
    return " ".join(text.zh.split()), " ".join(text.en.split())


def _judging(requirement: Requirement) -> tuple[object, ...]:
    """How it is judged: who changes this changes what a verdict means."""
    one = requirement
    return one.rule, one.level, one.testability, one.methods, one.severity


def _relations(before: Standards, after: Standards) -> Iterator[Change]:
    old, new = _by_id(before.relations), _by_id(after.relations)
    for id_ in sorted(old.keys() | new.keys()):
        one, other = old.get(id_), new.get(id_)
        if one is not None and other is not None and (one.kind, one.roles) == (other.kind, other.roles):
            continue
        kind = ADDED if one is None else REMOVED if other is None else CHANGED
        held = [relation for relation in (one, other) if relation is not None]
        elements = tuple(sorted({element for relation in held for element in relation.roles.values()}))
        rules = tuple(sorted({relation.kind for relation in held}))
        yield Change(kind, message("edition.relation", relation=id_), elements=elements, rules=rules)


def _by_id(relations: Iterable[Relation]) -> dict[str, Relation]:
    return {relation.id: relation for relation in relations}


def _other_files(before: Standards, after: Standards) -> Iterator[Change]:
    """Files whose meaning this module does not know: what they say to whom, only judging anew can tell."""
    for id_ in sorted(before.packs.keys() & after.packs.keys()):
        if before.packs[id_].digest == after.packs[id_].digest:
            continue
        old, new = _files(before, before.packs[id_]), _files(after, after.packs[id_])
        differing = sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))
        if differing:
            told = message("edition.files", pack=id_, names="、".join(differing[:10]), number=len(differing))
            yield Change(CHANGED, told, pack=id_)


def _files(standards: Standards, pack: Pack) -> dict[str, str]:
    folder = pack_folder(standards.root, pack.id, pack.edition)
    paths = [(path, _inside(path, folder)) for path in folder.rglob("*") if path.is_file()]
    return {
        name: hashlib.sha256(path.read_bytes()).hexdigest() for path, name in paths if not _COMPARED.fullmatch(name)
    }


def _inside(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix()
