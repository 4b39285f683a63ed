"""Reading packs: from ``standards/<standard>/<edition>/`` to the values of :mod:`conformance.standard.model`.

The layout is described in ``docs/architecture.md``. A pack that cannot be read is a :class:`StandardsError`, never a
verdict.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from conformance.standard.model import (
    CheckRule,
    Clause,
    Code,
    CodeList,
    Dialect,
    Element,
    Pack,
    Provenance,
    Relation,
    Requirement,
    Scheme,
    SchemePart,
    Text,
)
from conformance.standard.notation import parse


class StandardsError(Exception):
    """The standards cannot be loaded as asked."""


class UnknownStandard(StandardsError):  # noqa: N818 - named for what is wrong
    """No pack of that id; ``available`` lists those there are."""

    def __init__(self, id_: str, available: Sequence[str]) -> None:
        super().__init__(f"no such standard: {id_}")
        self.id, self.available = id_, tuple(available)


class UnknownEdition(StandardsError):  # noqa: N818 - named for what is wrong
    """The standard has no such edition; ``available`` lists those there are."""

    def __init__(self, id_: str, edition: str, available: Sequence[str]) -> None:
        super().__init__(f"no such edition: {id_}@{edition}")
        self.id, self.edition, self.available = id_, edition, tuple(available)


class BrokenPack(StandardsError):  # noqa: N818 - named for what is wrong
    """A file of a pack does not say what it must; ``path`` is relative to the standards' root."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(f"{path}: {why}")
        self.path, self.why = path, why


def standards_root() -> Path:
    """The folder of packs that ships with this installation: beside the package, or inside it in a wheel."""
    package = Path(__file__).resolve().parents[1]
    beside = package.parent / "standards"
    return (
        beside
        if (beside / "catalogue.yaml").is_file() or (beside / "data-elements").is_dir()
        else package / "_standards"
    )


def editions(root: Path) -> Mapping[str, tuple[str, ...]]:
    """Each standard's editions that have a pack, oldest first."""
    found: dict[str, list[str]] = {}
    for path in sorted(root.glob("*/*/standard.yaml")):
        found.setdefault(path.parent.parent.name, []).append(path.parent.name)
    return {id_: tuple(names) for id_, names in found.items()}


def pack_folder(root: Path, id_: str, edition: str) -> Path:
    """The folder of one edition; raises :class:`UnknownStandard` or :class:`UnknownEdition`."""
    available = editions(root)
    if id_ not in available:
        raise UnknownStandard(id_, sorted(available))
    if edition not in available[id_]:
        raise UnknownEdition(id_, edition, available[id_])
    return root / id_ / edition


def read_pack(root: Path, id_: str, edition: str) -> Pack:
    """One edition of one standard, whole."""
    return _read_pack(pack_folder(root, id_, edition))


@cache
def _read_pack(folder: Path) -> Pack:
    try:
        return _build(folder)
    except (KeyError, ValueError, TypeError, csv.Error, yaml.YAMLError) as error:
        raise BrokenPack(f"{folder.parent.name}/{folder.name}", f"{type(error).__name__}: {error}") from error


def _build(folder: Path) -> Pack:
    head = load_yaml(folder / "standard.yaml")
    number = head["number"]
    return Pack(
        id=head["id"],
        edition=head["edition"],
        number=number,
        title=_text(head["title"]),
        status=head["status"],
        dialect=head.get("dialect", ""),
        provenance=_provenance(head["provenance"]),
        depends=tuple((item["id"], item["edition"]) for item in head.get("depends") or ()),
        digest=_digest(folder),
        elements={element.id: element for element in _elements(folder, number)},
        codes={codes.id: codes for codes in _code_lists(folder)},
        schemes={scheme.id: scheme for scheme in _schemes(folder)},
        relations=tuple(_relation(row, number) for row in _optional(folder / "relations.yaml")),
        requirements={row["id"]: _requirement(row) for row in _optional(folder / "requirements.yaml")},
    )


def load_yaml(path: Path) -> Any:
    """The content of one YAML file of a pack."""
    return yaml.load(path.read_bytes(), yaml.CSafeLoader)


def load_rows(path: Path) -> Iterator[dict[str, str]]:
    """The rows of one CSV file of a pack."""
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file, strict=True)


def read_dialects(folder: Path) -> Iterator[Dialect]:
    """The notation dialects of a pack."""
    for path in sorted((folder / "notation").glob("*.yaml")):
        if path.name != "repertoire.yaml":
            raw = load_yaml(path)
            yield Dialect(raw["id"], _text(raw["title"]), raw["classes"], tuple(raw["booleans"]))


def _optional(path: Path) -> Any:
    return (load_yaml(path) or ()) if path.is_file() else ()


def _digest(folder: Path) -> str:
    """SHA-256 over each file's relative path and digest, in path order."""
    whole = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        whole.update(f"{path.relative_to(folder).as_posix()}\n{content}\n".encode())
    return f"sha256:{whole.hexdigest()}"


def _text(raw: Mapping[str, str]) -> Text:
    return Text(raw["zh"].strip(), raw["en"].strip())


def _provenance(word: str) -> Provenance:
    return Provenance[word.upper()]


def _elements(folder: Path, number: str) -> Iterator[Element]:
    for path in sorted((folder / "elements").glob("*.csv")):
        for row in load_rows(path):
            yield _element(row, number)


def _element(row: Mapping[str, str], number: str) -> Element:
    conflict = None
    if row["conflict"]:
        other, _, place = row["conflict"].partition("@")
        conflict = (parse(other), place)
    return Element(
        id=row["id"],
        name=row["name"],
        pinyin=row["pinyin"],
        identifier=row["identifier"],
        object_class=row["object_class"],
        property=row["property"],
        representation=row["representation"],
        type=row["type"],
        format=parse(row["format"]),
        domain=row["domain"],
        unit=row["unit"],
        minimum=row["min"],
        maximum=row["max"],
        synonyms=tuple(filter(None, row["synonyms"].split(";"))),
        version=row["version"],
        status=row["status"],
        element_class=row["class"],
        clause=Clause(number, row["clause"], _provenance(row["provenance"])),
        personal=row["personal"],
        halfwidth=row["halfwidth"] == "yes",
        definition=row["definition"],
        source=row["source"],
        conflict=conflict,
    )


def _code_lists(folder: Path) -> Iterator[CodeList]:
    for entry in _optional(folder / "codes" / "lists.yaml"):
        codes = (
            Code(r["code"], r["name"], r["valid_from"], r["valid_to"], r["successor"], r["note"])
            for r in load_rows(folder / "codes" / f"{entry['id']}.csv")
        )
        yield CodeList(
            id=entry["id"],
            standard=entry["standard"],
            title=_text(entry["title"]),
            clause=Clause(entry["standard"], str(entry["clause"]), _provenance(entry["provenance"])),
            complete=entry["complete"],
            extension=entry.get("extension") or "",
            codes=tuple(codes),
        )


def _schemes(folder: Path) -> Iterator[Scheme]:
    for path in sorted((folder / "schemes").glob("*.yaml")):
        raw = load_yaml(path)
        number = raw.get("standard", raw["title"]["zh"])
        yield Scheme(
            id=raw["id"],
            title=_text(raw["title"]),
            clause=Clause(number, str(raw["clause"]), _provenance(raw["provenance"])),
            length=raw["length"],
            pattern=raw["pattern"],
            parts=tuple(
                SchemePart(part["name"], part["start"], part["length"], part["kind"], part.get("domain") or "")
                for part in raw["parts"]
            ),
            check=_check(raw["check"]) if raw.get("check") else None,
        )


def _check(raw: Mapping[str, Any]) -> CheckRule:
    values = (
        {str(k): v for k, v in raw["values"].items()}
        if "values" in raw
        else {c: i for i, c in enumerate(raw["alphabet"])}
    )
    last = {str(k): v for k, v in (raw.get("check_values") or {}).items()}
    return CheckRule(
        algorithm=raw["algorithm"],
        weights=tuple(raw.get("weights") or ()),
        modulus=raw.get("modulus", 0),
        remainder=raw.get("remainder", 0),
        values=values,
        check_values={**values, **last},
    )


def _relation(row: Mapping[str, Any], number: str) -> Relation:
    clause = Clause(number, str(row["clause"]), _provenance(row["provenance"]))
    return Relation(row["id"], row["kind"], dict(row["roles"]), clause)


def _requirement(row: Mapping[str, Any]) -> Requirement:
    return Requirement(
        id=row["id"],
        title=_text(row["title"]),
        text=_text(row["text"]),
        remedy=_text(row["remedy"]),
        level=row["level"],
        rule=row["rule"],
        conformance_class=row["class"],
        obligation=row["obligation"],
        testability=row["testability"],
        basis=tuple(Clause(b["standard"], str(b["clause"]), _provenance(b["provenance"])) for b in row["basis"]),
        note=_text(row["note"]) if row.get("note") else None,
        methods=tuple(row.get("methods") or ()),
        severity=row.get("severity") or "",
    )
