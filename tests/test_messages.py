"""Every sentence exists in both languages, renders whatever stands in it, and is said somewhere; no code says another.

Ids are found in the source by ast: texts that look like one, families whose last word is computed. A family is listed
below with all of its words; a new one fails until it is.
"""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator, Mapping, Set
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from conformance.cli import COMMANDS
from conformance.judge.explain import SPECIAL
from conformance.judge.model import Column, Dataset, DivisionUse
from conformance.judge.rules import compile_rules
from conformance.judge.table import RULES, UNDECIDED
from conformance.judge.verdict import Attribution, Verdict
from conformance.matrix import COLUMNS, read_matrix
from conformance.messages import LANGUAGES, Message, catalogue
from conformance.office.cases.model import reasons
from conformance.standard.divisions import SYSTEMS
from conformance.standard.model import Provenance, Text
from conformance.standard.pack import editions
from conformance.standard.standards import Standards

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "conformance"
IDS = sorted(catalogue())
NAMESPACES = "|".join(sorted({id_.partition(".")[0] for id_ in IDS}))
#: Texts that look like an id and are none.
FILES = re.compile(r".*\.(jsonl|json|yaml|html|css|js|j2|csv|parquet|zip|md|pdf|typ|pem|sqlite)")
#: Fields of an access declaration, likewise.
NO_IDS = {"certificate.digest", "certificate.key"}
#: The configuration's problems: each of them has a mend.
PROBLEMS = ("declaration.", "resolve.", "source.", "run.official-")

AWKWARD = [
    "",
    "{",
    "}",
    "{}",
    "{0}",
    "{column}",
    "%s %d %",
    "a\nb\r\n\tc",
    "شهر \u202e\u2066",
    "𠮷𬱖😀",
    "'\"<&>\\",
    "汉" * 5000,
]


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("id_", IDS)
def test_both_languages_say_the_same(id_: str) -> None:
    texts = catalogue()[id_]
    assert set(texts) == set(LANGUAGES)
    assert all(isinstance(text, str) and text.strip() == text != "" for text in texts.values())
    assert placeholders(texts["zh"]) == placeholders(texts["en"])


@pytest.mark.parametrize("id_", IDS)
def test_placeholders_are_plain_names(id_: str) -> None:
    """Neither ``{a.b}`` nor ``{a[0]}`` nor ``{a!r:>9}``: a vendor's value is put in, and nothing of it is looked up."""
    for text in catalogue()[id_].values():
        for _, name, form, conversion in string.Formatter().parse(text):
            assert name is None or (name.isidentifier() and not form and not conversion), text


@pytest.mark.parametrize("id_", IDS)
def test_a_message_renders_whatever_stands_in_it(id_: str) -> None:
    for language in LANGUAGES:
        names = placeholders(catalogue()[id_][language])
        for value in AWKWARD:
            rendered = Message(id_, dict.fromkeys(names, value)).render(language)
            assert rendered.count(value) >= len(names)
            bilingual = Message(id_, dict.fromkeys(names, Text(value, value))).render(language)
            assert bilingual == rendered
        assert "7" in Message(id_, dict.fromkeys(names, 7)).render(language) or not names


def test_a_missing_parameter_is_an_error() -> None:
    with pytest.raises(KeyError):
        Message("expected.format").render("zh")


def rules(level: str = "") -> set[str]:
    """The rules of the packs' requirements: those over tables, or those over values, columns, records and datasets.

    What is around the values of an exchange (level ``package``) is told by its own messages.
    """
    found = read_matrix(ROOT).requirements.values()
    levels = {"table"} if level == "table" else {"value", "column", "record", "dataset"}
    return {one.rule for one in found if one.level in levels}


def undecidable() -> set[str]:
    """The rules that may leave a value undecided: over every element of the packs and every system, and as written."""
    standards = Standards.load([(id_, several[-1]) for id_, several in editions(ROOT / "standards").items()])
    columns = [Column(id_, element, id_) for id_, element in standards.elements.items()]
    place = next(column for column in columns if column.element.domain == "division:gbt-2260")
    columns += [replace(place, name=system, label=system, division=DivisionUse(system)) for system in SYSTEMS]
    book = compile_rules(Dataset("t", tuple(columns), "20261121"), standards)
    compiled = {step.rule for chain in book.chains for step in chain.steps if step.undecided}
    return compiled | words_given("judge/rules", "Step", 0, keyword="undecided")


def words_given(folder: str, function: str, position: int, keyword: str = "") -> set[str]:
    """The literal words that a function is called with, in one room; only where it is given the keyword too."""
    found = set()
    for path in sorted((PACKAGE / folder).rglob("*.py")):
        for call in calls(path):
            given = call.args[position : position + 1]
            if keyword and all(one.arg != keyword for one in call.keywords):
                continue
            if name_of(call) == function and given and isinstance(given[0], ast.Constant):
                found.add(str(given[0].value))
    return found


def calls(path: Path) -> Iterator[ast.Call]:
    return (node for node in ast.walk(parsed(path)) if isinstance(node, ast.Call))


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def name_of(call: ast.Call) -> str:
    return ast.unparse(call.func).rpartition(".")[2]


VERDICTS = {verdict.word for verdict in Verdict}
ATTRIBUTIONS = {attribution.value for attribution in Attribution}
PROVENANCES = {provenance.word for provenance in Provenance}
#: The design's classes, those of later packs among them.
CLASSES = {"数据元", "区划代码", "交换格式", "交换服务", "网络接入", "运维"}
#: What a page of words is about: ``word(family, word)`` of the templates.
PAGE_WORDS = {
    "attribution": ATTRIBUTIONS,
    "basis": PROVENANCES,
    "build": {"declared", "package", "image"},
    "class": CLASSES,
    "evidence": {"declaration", "configuration", "probe", "statement"},
    "headline": VERDICTS,
    "meaning": VERDICTS,
    "obligation": {"shall", "should", "may"},
    "provenance": PROVENANCES,
    "platform-level": {"full", "partial", "none"},
    "severity": {"blocker", "major", "minor"},
    "standing": {"declared", "verified", "none"},
    "verdict": VERDICTS,
    "waiver": {"active", "expired", "stale"},
}


def families() -> Mapping[str, set[str]]:
    """Each family as it stands in the code, with every word that may follow."""
    open_rules = undecidable()
    return {
        "cli.{}": set(COMMANDS),
        "na.{}": rules() | rules("table"),
        "office.reason.{}": set(reasons()) | {"other"},
        "expected.{}": rules() | rules("table"),
        "found.{}": (rules() - SPECIAL.keys() - {"division-collective", "division-disputed"})
        | (set(RULES) - set(UNDECIDED.values())),
        "found.division-{}": {"name", "parent"},
        "undecided.{}": open_rules | set(UNDECIDED.values()),
        "report.{}.{}": {f"{family}.{word}" for family, several in PAGE_WORDS.items() for word in several},
        **{f"report.{family}.{{}}": PAGE_WORDS[family] for family in PAGE_WORDS},
        "run.narrowed-{}": {"class", "requirement", "target"},
        "lint.file.{}": words_given("standard/lint", "_fault", 2),
        "source.{}": words_given("system", "ShapeFault", 0) | {"blank"},
        "source.not-regular-{}": {"directory", "special"},
        "resolve.role.{}": {"scheme", "code", "division"},
        "declaration.shape.{}": {
            "day",
            "digest",
            "instant",
            "delimiter",
            "scope",
            "words",
            "https",
            "plain",
        },
        "declaration.bound.{}": {"minimum", "maximum", "maxItems", "maxProperties"},
        "matrix.fault.{}": {"new", "vanished", "changed", "reused"},
        "matrix.column.{}": set(COLUMNS),
    }


def members(family: str, words: Set[str]) -> set[str]:
    prefix = family.partition("{}")[0]
    return {prefix + word for word in words}


def said(source: str) -> Iterator[str]:
    """Every text of a module that looks like an id or like the family of some: ``na.{}``."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.JoinedStr):
            text = "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add) and isinstance(node.left, ast.Constant):
            text = f"{node.left.value!s}{{}}"
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
        else:
            continue
        known = text in catalogue() or not (FILES.fullmatch(text) or text in NO_IDS)
        if known and re.fullmatch(rf"({NAMESPACES})\.[\w.{{}}-]*[\w}}]", text):
            yield text


def said_in_templates() -> set[str]:
    found = set()
    for path in PACKAGE.rglob("templates/*.j2"):
        for id_, joined in re.findall(rf'"((?:{NAMESPACES})\.[a-z0-9.-]+)"( ~)?', path.read_text("utf-8")):
            found.add(f"{id_}{{}}" if joined else id_)
    return found


@cache
def everything_said() -> frozenset[str]:
    """Ids and families, from every module and template."""
    found = {text for path in PACKAGE.rglob("*.py") for text in said(path.read_text("utf-8"))}
    return frozenset(found | said_in_templates())


def test_every_id_that_code_says_exists() -> None:
    plain = {text for text in everything_said() if "{}" not in text}
    assert sorted(plain - catalogue().keys()) == []


def test_every_family_is_listed_and_each_of_its_words_exists() -> None:
    listed = families()
    computed = {text for text in everything_said() if "{}" in text}
    assert sorted(computed - listed.keys()) == [], "list the family's words in families()"
    for family in sorted(computed):
        assert sorted(members(family, listed[family]) - catalogue().keys()) == [], family


def test_no_sentence_is_left_that_nobody_says() -> None:
    listed = families()
    used = {text for text in everything_said() if "{}" not in text}
    for family in everything_said() & listed.keys():
        used |= members(family, listed[family])
    used |= {f"{id_}.mend" for id_ in used if id_.startswith(PROBLEMS)}
    assert sorted(catalogue().keys() - used) == []


def test_every_problem_of_a_configuration_has_a_mend() -> None:
    problems = {id_ for id_ in IDS if id_.startswith(PROBLEMS)}
    without = {id_ for id_ in problems if not id_.endswith(".mend") and f"{id_}.mend" not in problems}
    assert sorted(without) == []
    assert sorted(id_ for id_ in problems if id_.removesuffix(".mend") not in problems) == []


def spoken() -> Iterator[tuple[str, str, set[str]]]:
    """Where, id and parameter names of each call that says a literal id with named parameters only."""
    position = {"message": 0, "say": 0, "text": 0, "error": 0, "_words": 0, "_say": 0, "problem": 1, "failure": 1}
    for path in sorted(PACKAGE.rglob("*.py")):
        for call in calls(path):
            given = call.args[position.get(name_of(call), 99) :][:1]
            if not given or not isinstance(given[0], ast.Constant) or given[0].value not in catalogue():
                continue
            if all(keyword.arg for keyword in call.keywords):
                id_ = str(given[0].value)
                names = {str(keyword.arg) for keyword in call.keywords}
                yield f"{path.name}:{call.lineno}", id_, names
                if name_of(call) in ("problem", "failure"):
                    yield f"{path.name}:{call.lineno}", f"{id_}.mend", names


def test_each_call_gives_what_its_sentence_needs() -> None:
    seen = list(spoken())
    assert len(seen) > 100
    missing = [
        (where, id_, sorted(needed - names))
        for where, id_, names in seen
        if (needed := placeholders(catalogue()[id_]["zh"])) - names
    ]
    assert missing == []


def test_what_the_scan_sees() -> None:
    """An id in any shape is seen, a file's name is not: without this the scan could see nothing and stay green."""
    source = 'message("na.key")\nf"na.{rule}"\n"report.headline." + verdict\n"report.json"\n"na.nothing-like-it"\n'
    assert set(said(source)) == {"na.key", "na.{}", "report.headline.{}", "na.nothing-like-it"}
