"""The linter of packs: one small rule a file, over raw YAML and CSV, for it must report what the loader refuses."""

from __future__ import annotations

from pathlib import Path

from conformance.standard.lint.finding import ERROR, WARNING, LintFinding
from conformance.standard.lint.rules import (
    bad_access,
    bad_bounds,
    bad_dataset,
    bad_scheme,
    bad_service,
    dangling_dependency,
    dangling_domain,
    dangling_field,
    dangling_list_file,
    dangling_relation,
    dangling_successor,
    duplicate_id,
    file_shape,
    identifier_initials,
    incomplete_requirement,
    missing_key,
    missing_translation,
    overlapping_validity,
    unknown_notation,
    unknown_provenance,
    unknown_word,
)
from conformance.standard.lint.shelf import shelf
from conformance.standard.lint.source import read

__all__ = ["ERROR", "RULES", "WARNING", "LintFinding", "lint"]

#: Every rule, in the order in which an author mends: files, then keys, then words, then what refers to what.
RULES = (
    file_shape,
    missing_key,
    missing_translation,
    unknown_provenance,
    unknown_word,
    unknown_notation,
    bad_bounds,
    bad_scheme,
    duplicate_id,
    identifier_initials,
    incomplete_requirement,
    overlapping_validity,
    dangling_dependency,
    dangling_list_file,
    dangling_domain,
    dangling_successor,
    dangling_relation,
    bad_dataset,
    dangling_field,
    bad_service,
    bad_access,
)


def lint(pack_folder: Path) -> tuple[LintFinding, ...]:
    """Everything wrong with the pack in ``<root>/<standard>/<edition>/``, by rule, then path, line and subject.

    Packs beside it under the same root are read to resolve what it refers to.
    """
    folder = pack_folder.resolve()
    pack = read(folder)
    beside = shelf(folder, pack)
    found: list[LintFinding] = []
    for rule in RULES:
        found += sorted(rule.check(pack, beside), key=lambda each: (each.path, each.line, each.subject))
    return tuple(found)
