"""The readers on what netutils, ntc-templates and hier_config ship: no crash, every line counted, nothing misread.

What these packages ship, wheel and source alike: netutils has the examples of its parsers' docstrings; hier_config has
texts of configuration in its drivers' docstrings; ntc-templates has templates for the output of ``display`` and
``show``, no configuration. None ships a whole export: their repositories keep those beside the tests, which no
package carries. So each text of several lines in them is a sample here, and each template a foreign file. netutils'
own Comware parser is a second opinion on which line stands under which.
"""

from __future__ import annotations

import ast
import doctest
import warnings
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import files
from pathlib import Path

import pytest
from comware_reference import TEXT
from netutils.config.parser import HPComwareConfigParser

from conformance.judge.access.config import DeviceConfig
from conformance.system.access.configs.draft import Draft
from conformance.system.access.configs.tree import Node, hash_tree, indent_tree, section_tree

#: Each grammar with its tree, and the name under which ntc-templates knows the platform.
READERS = {
    "vrp": (hash_tree, "huawei_vrp"),
    "comware": (hash_tree, "hp_comware"),
    "ios": (indent_tree, "cisco_ios"),
    "zxros": (section_tree, "zte_zxros"),
}
_PACKAGES = ("netutils", "hier_config")


def _texts(package: str) -> Iterator[tuple[str, str]]:
    """Every text of several lines in a package's modules, with those inside the examples of its docstrings."""
    for path in files(package) or ():
        if path.suffix != ".py":
            continue
        for node in ast.walk(ast.parse(Path(str(path.locate())).read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and "\n" in node.value:
                yield f"{path}:{node.lineno}", node.value
                for number, inside in enumerate(_examples(node.value)):
                    yield f"{path}:{node.lineno}#{number}", inside


def _examples(docstring: str) -> Iterator[str]:
    try:
        parts = doctest.DocTestParser().get_examples(docstring)
    except ValueError:
        return
    for part in parts:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                tree = ast.parse(part.source)
        except SyntaxError:
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and "\n" in node.value.strip():
                yield node.value


def _templates(platform: str) -> dict[str, str]:
    found = [path for path in files("ntc_templates") or () if path.suffix == ".textfsm"]
    chosen = [path for path in found if path.name.startswith(f"{platform}_")]
    return {path.name: Path(str(path.locate())).read_text("utf-8") for path in chosen}


def _read(reader: str, text: str) -> DeviceConfig:
    draft = Draft("sample", reader, {})
    import_module(f"conformance.system.access.configs.{reader}").read(text, "sample", draft)
    return draft.made()


def _counted(reader: str, name: str, text: str) -> tuple[int, int, int]:
    """The counts of a text; each effective line once, each unread one with its place inside the text."""
    config = _read(reader, text)
    (held,) = config.coverage
    counts = held.recognised, held.ignored, held.unread
    assert sum(counts) == READERS[reader][0](text).effective, name
    assert held.unread == len({one.where.line for one in config.unread}) == len(config.unread), name
    assert all(0 < one.where.line <= len(text.splitlines()) for one in config.unread), name
    return counts


@pytest.mark.parametrize("reader", READERS)
def test_every_text_of_the_packages_is_counted_line_by_line(reader: str, capsys: pytest.CaptureFixture[str]) -> None:
    told: list[str] = []
    for package in _PACKAGES:
        for name, text in _texts(package):
            recognised, ignored, unread = _counted(reader, name, text)
            if recognised + ignored:
                told.append(f"{reader} {name}: {recognised} recognised, {ignored} ignored, {unread} unread")
    assert told, "no line of any sample was of this grammar"
    with capsys.disabled():
        print("", *told, sep="\n  ")  # noqa: T201


@pytest.mark.parametrize("reader", READERS)
def test_templates_are_no_configuration(reader: str) -> None:
    """A template of a ``display`` command, read as an export, ends as lines that were not understood."""
    templates = _templates(READERS[reader][1])
    assert templates
    for name, text in templates.items():
        recognised, ignored, unread = _counted(reader, name, text)
        assert unread > recognised + ignored, name


def test_the_example_of_netutils_means_what_it_says() -> None:
    """The bgp of its IOS examples, through our reader: an AS and neighbours, or lines told as unread."""
    seen = [text for _, text in _texts("netutils") if text.lstrip().startswith("router bgp")]
    assert seen
    for text in seen:
        config = _read("ios", text)
        number = text.split()[2]
        assert config.unread or (config.bgp is not None and str(config.bgp.asn.known()) == number)


def _parents(
    nodes: tuple[Node, ...] | list[Node], above: tuple[str, ...] = ()
) -> Iterator[tuple[str, tuple[str, ...]]]:
    for node in nodes:
        yield node.text, above
        yield from _parents(node.children, (*above, node.text))


def test_netutils_sees_the_same_views_in_a_comware_export() -> None:
    banner = TEXT[TEXT.index(" header motd") : TEXT.index("hwtacacs scheme")]
    text = TEXT.replace(banner, "")  # its parser makes one line of a banner, ours leaves the text out
    theirs = [
        (" ".join(one.config_line.split()), tuple(" ".join(parent.split()) for parent in one.parents))
        for one in HPComwareConfigParser(text).config_lines
    ]
    assert list(_parents(hash_tree(text).nodes)) == theirs
