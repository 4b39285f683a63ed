"""The linter of packs: a sound pack is silent, and each rule finds its bad example and nothing else does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from conformance.messages import catalogue
from conformance.standard.lint import ERROR, RULES, WARNING, LintFinding, lint

HEADER = (
    "id,name,pinyin,identifier,object_class,property,representation,type,format,domain,unit,min,max,synonyms,version,"
    "status,class,clause,personal,halfwidth,definition,provenance,source,conflict"
)
SEX = "x-1,性别代码,xing-bie-dai-ma,XBDM,人,性别,代码,字符型,n1,code:x-sex,,,,,1,标准,人员,5.1,,,,text,通读,"
DAY = "x-2,登记日期,deng-ji-ri-qi,DJRQ,人,登记,日期,日期型,YYYYMMDD,,,19000101,20991231,,1,标准,人员,5.2,,,,text,通读,"
MARK = "x-3,编号,bian-hao,BH,人,编号,编号,字符型,an4,scheme:x-mark,,,,,1,标准,人员,5.3,,,,text,通读,"
COUNT = "x-4,数量,shu-liang,SL,事项,数量,数量,数字型,n..2,,,1,99,,1,标准,事项,5.4,,,,text,通读,n..3@5.9"
CODES = "code,name,valid_from,valid_to,successor,note"
MALE, OLD, NEW = "1,男,,,,", "2,女,19800101,20001231,3,", "3,女性,20010101,,,"

HEAD = """\
id: x
edition: "2026"
number: X 1—2026
title: {zh: 例, en: Example}
issued: ""
effective: ""
status: draft
replaces: []
dialect: ga-542
provenance: text
depends: [{id: y, edition: "1"}]
sources: []
licence: none
note: {zh: 例, en: Example}
"""
BESIDE = HEAD.replace("id: x", "id: y").replace('2026"\nn', '1"\nn').replace('[{id: y, edition: "1"}]', "[]")
LISTS = """\
- id: x-sex
  standard: X 2
  title: {zh: 性别, en: Sex}
  clause: "1"
  provenance: text
  source: read
  complete: true
  extension: "9[0-9]"
"""
SCHEME = """\
id: x-mark
title: {zh: 编号, en: Mark}
clause: "2"
provenance: text
length: 4
pattern: "[0-9]{4}"
parts:
  - {name: 性别, start: 1, length: 1, kind: code, domain: x-sex}
  - {name: 校验, start: 4, length: 1, kind: check, domain: ""}
check: {algorithm: weighted, weights: [1, 1, 1, 1], modulus: 10, remainder: 0, alphabet: "0123456789"}
"""
RELATION = '- {id: x-name, kind: name, roles: {code: x-1, name: x-3}, clause: "3", provenance: text}\n'
REQUIREMENT = """\
- id: X-RULE
  title: {zh: 题, en: Title}
  text: {zh: 文, en: Text}
  remedy: {zh: 改, en: Mend}
  level: value
  rule: charset
  class: 数据元
  obligation: shall
  testability: automated
  basis: [{standard: X 1—2026, clause: "4", provenance: text}]
"""


def lines(*rows: str) -> str:
    """The text of a file."""
    return "\n".join(rows) + "\n"


SOUND = {
    "x/2026/standard.yaml": HEAD,
    "x/2026/elements/a.csv": lines(HEADER, SEX, DAY, MARK, COUNT),
    "x/2026/codes/lists.yaml": LISTS,
    "x/2026/codes/x-sex.csv": lines(CODES, MALE, OLD, NEW),
    "x/2026/schemes/x-mark.yaml": SCHEME,
    "x/2026/relations.yaml": RELATION,
    "x/2026/requirements.yaml": REQUIREMENT,
    "y/1/standard.yaml": BESIDE,
}

Tree = Callable[[dict[str, str | None]], tuple[LintFinding, ...]]


@pytest.fixture
def linted(tmp_path: Path) -> Tree:
    """Writes the sound packs with some files changed (None: left out) and lints the first."""

    def write(changes: dict[str, str | None]) -> tuple[LintFinding, ...]:
        for name, text in {**SOUND, **changes}.items():
            if text is not None:
                path = tmp_path / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(text.encode("utf-8", "surrogateescape"))
        return lint(tmp_path / "x" / "2026")

    return write


def elements(*rows: str) -> dict[str, str | None]:
    """The table of elements with other rows."""
    return {"x/2026/elements/a.csv": lines(HEADER, *rows)}


def codes(*rows: str) -> dict[str, str | None]:
    """The code list with other rows."""
    return {"x/2026/codes/x-sex.csv": lines(CODES, *rows)}


def changed(name: str, old: str, new: str) -> dict[str, str | None]:
    """One file with one text replaced."""
    text = SOUND[f"x/2026/{name}"]
    assert old in text
    return {f"x/2026/{name}": text.replace(old, new)}


REQ, SCH, REL, LST = "requirements.yaml", "schemes/x-mark.yaml", "relations.yaml", "codes/lists.yaml"
WRONG_DAY = DAY.replace("YYYYMMDD", "YYYYMMD")

BAD: list[tuple[str, str, dict[str, str | None]]] = [
    ("file-shape", "lint.file.missing", {"x/2026/standard.yaml": None}),
    ("file-shape", "lint.file.unreadable", {"x/2026/relations.yaml": "- {id: [\n"}),
    ("file-shape", "lint.file.unreadable", codes(MALE + "\udcff", OLD, NEW)),
    ("file-shape", "lint.file.unreadable", codes(MALE, OLD, NEW, '"4"x,未知,,,,')),
    ("file-shape", "lint.file.not-mapping", {"x/2026/schemes/b.yaml": "- 1\n"}),
    ("file-shape", "lint.file.not-list", {"x/2026/requirements.yaml": "id: X\n"}),
    ("file-shape", "lint.file.line-ends", {"x/2026/codes/x-sex.csv": "\r\n".join([CODES, MALE, OLD, NEW, ""])}),
    (
        "file-shape",
        "lint.file.header",
        {"x/2026/codes/x-sex.csv": lines(CODES + ",more", *(r + "," for r in (MALE, OLD, NEW)))},
    ),
    ("file-shape", "lint.file.cells", codes(MALE, OLD, NEW, "4,未知")),
    ("missing-key", "lint.missing-key", changed(LST, "  source: read\n", "")),
    ("missing-key", "lint.missing-key", changed(SCH, "length: 1, kind: check", "kind: check")),
    ("missing-key", "lint.missing-key", elements(SEX, DAY, MARK, COUNT, COUNT.replace("x-4", ""))),
    ("missing-translation", "lint.missing-translation", changed(REQ, "{zh: 文, en: Text}", "{zh: 文}")),
    ("missing-translation", "lint.missing-translation", changed(LST, "en: Sex", 'en: " "')),
    ("missing-translation", "lint.missing-translation", changed("standard.yaml", "{zh: 例, en: Example}", "例")),
    ("unknown-provenance", "lint.unknown-word", elements(SEX, DAY, MARK, COUNT.replace("text", "hearsay"))),
    ("unknown-provenance", "lint.unknown-word", changed(REQ, "provenance: text", "provenance: guess")),
    ("unknown-provenance", "lint.unknown-word", changed(LST, "provenance: text", 'provenance: ""')),
    ("unknown-word", "lint.unknown-word", elements(SEX, DAY, MARK, COUNT.replace("数字型", "数值"))),
    ("unknown-word", "lint.unknown-word", elements(SEX, DAY, MARK, COUNT.replace("5.4,,", "5.4,secret,"))),
    ("unknown-word", "lint.unknown-word", changed(REQ, "obligation: shall", "obligation: must")),
    ("unknown-word", "lint.unknown-word", changed(REL, "kind: name", "kind: friend")),
    ("unknown-word", "lint.unknown-word", changed(SCH, "kind: check", "kind: magic")),
    ("unknown-notation", "lint.unknown-notation", elements(SEX, WRONG_DAY, MARK, COUNT)),
    ("unknown-notation", "lint.unknown-conflict", elements(SEX, DAY, MARK, COUNT.replace("@5.9", ""))),
    ("bad-bounds", "lint.bad-bounds", elements(SEX, DAY, MARK, COUNT.replace("1,99", "99,1"))),
    ("bad-bounds", "lint.bad-bounds", elements(SEX, DAY, MARK, COUNT.replace("1,99", "one,99"))),
    (
        "bad-bounds",
        "lint.bad-bounds",
        elements(SEX, DAY.replace("19000101,20991231", "21000101,20991231"), MARK, COUNT),
    ),
    ("bad-scheme", "lint.bad-pattern", changed(SCH, "[0-9]{4}", "[0-9")),
    ("bad-scheme", "lint.bad-pattern", changed(LST, "9[0-9]", "9[0-9")),
    ("bad-scheme", "lint.bad-length", changed(SCH, "length: 4", "length: four")),
    ("bad-scheme", "lint.bad-part", changed(SCH, "start: 4, length: 1", "start: 4, length: 2")),
    ("bad-scheme", "lint.bad-weights", changed(SCH, "[1, 1, 1, 1]", "[1, 1, 1]")),
    ("duplicate-id", "lint.duplicate-id", elements(SEX, DAY, MARK, COUNT, COUNT)),
    ("duplicate-id", "lint.duplicate-id", {"x/2026/requirements.yaml": REQUIREMENT * 2}),
    ("duplicate-id", "lint.duplicate-id.elsewhere", {"y/1/elements/b.csv": lines(HEADER, COUNT)}),
    ("identifier-initials", "lint.identifier-initials", elements(SEX, DAY, MARK, COUNT.replace("SL", "SLX"))),
    ("incomplete-requirement", "lint.incomplete-requirement", changed(REQ, "  remedy: {zh: 改, en: Mend}\n", "")),
    ("incomplete-requirement", "lint.incomplete-requirement", changed(REQ, "  text: {zh: 文, en: Text}\n", "")),
    ("incomplete-requirement", "lint.incomplete-requirement", changed(REQ, "standard: X 1—2026, ", "")),
    ("overlapping-validity", "lint.overlapping-validity", codes(MALE, OLD, NEW, "1,男性,20200101,,,")),
    ("overlapping-validity", "lint.overlapping-validity", codes(MALE, OLD, NEW, "2,女,20001231,,3,")),
    ("overlapping-validity", "lint.bad-validity", codes(MALE, OLD, NEW, "4,未知,20200101,20190101,,")),
    ("overlapping-validity", "lint.bad-validity", codes(MALE, OLD, NEW, "4,未知,2020-01-01,,,")),
    ("dangling-dependency", "lint.dangling-dependency", {"y/1/standard.yaml": None}),
    ("dangling-list-file", "lint.codes-without-list", {"x/2026/codes/x-other.csv": lines(CODES, MALE)}),
    ("dangling-list-file", "lint.list-without-codes", {"x/2026/codes/x-sex.csv": None}),
    ("dangling-domain", "lint.dangling-domain", elements(SEX, DAY, MARK, COUNT.replace("n..2,", "n..2,code:x-none"))),
    ("dangling-domain", "lint.dangling-domain", elements(SEX, DAY, MARK.replace("scheme:x-mark", "scheme:z"), COUNT)),
    ("dangling-domain", "lint.dangling-domain", elements(SEX, DAY, MARK.replace("scheme:x-mark", "division:z"), COUNT)),
    ("dangling-domain", "lint.dangling-domain", changed(SCH, "domain: x-sex", "domain: x-none")),
    ("dangling-successor", "lint.dangling-successor", codes(MALE, OLD.replace(",3,", ",3;7,"), NEW)),
    ("dangling-relation", "lint.dangling-relation", changed(REL, "name: x-3", "name: x-9")),
    ("dangling-relation", "lint.relation-without-roles", changed(REL, "{code: x-1, name: x-3}", "{}")),
]


def test_a_sound_pack_is_silent(linted: Tree) -> None:
    assert linted({}) == ()


@pytest.mark.parametrize(("rule", "text", "changes"), BAD, ids=[f"{rule}-{n}" for n, (rule, _, _) in enumerate(BAD)])
def test_each_rule_finds_its_bad_example(rule: str, text: str, changes: dict[str, str | None], linted: Tree) -> None:
    found = linted(changes)
    assert (rule, text) in {(each.rule, each.message.id) for each in found}
    assert all(all(each.message.both().values()) for each in found)
    if rule != "file-shape" and text not in ("lint.bad-length", "lint.list-without-codes"):
        assert {each.rule for each in found} == {rule}, found


def test_every_rule_and_every_message_has_a_bad_example() -> None:
    # The rules over datasets have theirs in test_lint_datasets.py, those over services and network access in
    # test_lint_services.py and test_lint_access.py.
    elsewhere = {"bad-dataset", "dangling-field", "bad-service", "bad-access"}
    assert {rule.RULE for rule in RULES} - elsewhere == {rule for rule, _, _ in BAD}
    messages = {text for _, text, _ in BAD} | {"lint.undeclared-domain"}
    known = {id_ for id_ in catalogue() if id_.startswith("lint.")}
    assert {id_ for id_ in known if not id_.startswith(("lint.dataset.", "lint.service.", "lint.access."))} == messages


def test_levels_are_errors_but_for_the_initials() -> None:
    assert {rule.RULE for rule in RULES if rule.LEVEL == WARNING} == {"identifier-initials"}
    assert {rule.LEVEL for rule in RULES} == {ERROR, WARNING}


def test_a_finding_names_file_line_and_subject(linted: Tree) -> None:
    (found,) = linted(elements(SEX, DAY, MARK, COUNT.replace("n..2,", "n..2,code:x-none")))
    assert (found.path, found.line, found.subject) == ("elements/a.csv", 5, "x-4")


def test_a_domain_of_a_pack_that_is_not_depended_on_is_told_apart(linted: Tree) -> None:
    other = HEAD.replace("id: x", "id: z").replace('[{id: y, edition: "1"}]', "[]")
    (found,) = linted(
        {
            **changed(SCH, "domain: x-sex", "domain: z-list"),
            "z/2026/standard.yaml": other,
            "z/2026/codes/lists.yaml": LISTS.replace("x-sex", "z-list"),
            "z/2026/codes/z-list.csv": lines(CODES, MALE),
        }
    )
    assert (found.message.id, found.message.params["pack"]) == ("lint.undeclared-domain", "z/2026")


def test_what_a_dependency_holds_is_found(linted: Tree) -> None:
    assert not linted(
        {
            **changed(SCH, "domain: x-sex", "domain: y-list"),
            "y/1/codes/lists.yaml": LISTS.replace("x-sex", "y-list"),
            "y/1/codes/y-list.csv": lines(CODES, MALE),
        }
    )


def test_another_edition_of_the_same_standard_may_hold_the_same_ids(linted: Tree) -> None:
    assert not linted({"x/2020/standard.yaml": HEAD, "x/2020/elements/a.csv": lines(HEADER, SEX, DAY, MARK, COUNT)})
