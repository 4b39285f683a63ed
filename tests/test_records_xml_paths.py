"""Any document gives the same records, counts and faults by whole arrays as by the parser alone, however cut up."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any
from unittest.mock import patch

from hypothesis import example, given, settings
from hypothesis import strategies as st
from test_records_xml import DATASET, HEADER, NAMESPACE, PLAIN, checked, limited, rows, standards, told, xml_file

from conformance.system.records import xml_chunks, xml_machine, xml_reading

FIELDS = ("CZLX", *standards().datasets[DATASET].names[:4], standards().datasets[DATASET].names[-1])

VALUES = st.sampled_from(["", "1", "号𠮷", "a b", " ", "x" * 70, "a]b", "'\"", "\t\n", "é" * 9, "\ud7ff"])
ODD_VALUES = st.sampled_from(
    ["&amp;", "&#10;", "&#x20000;", "a>b", "]]", "\r\n", "<![CDATA[</record>]]>", "<!--c-->", "x" * 300]
)
#: What makes a value, or text between tags, no canonical one.
ODD_TEXT = st.sampled_from(
    [
        "\r\n",
        "\r",
        "<!-- </record> -->",
        "<![CDATA[<record></record>]]>",
        "<?p <record>?>",
        "]]>",
        "]]",
        "&nbsp;",
        "&",
        "<",
        "\x01",
        "\ufffe",
        "\uffff",
        "\ufeff",
        "\0",
        "<!DOCTYPE a>",
        "<!ENTITY",
        "</record>",
        "<record>",
        "<record/>",
        "<x/>",
        '<CZLX xmlns="u">1</CZLX>',
        "<p:a/>",
        "<b>1</b>",
        "x",
        "</body><body>",
        "</dataset>",
        '<x a="1" a="2"/>',
        "<!--c-->",
    ]
)
SPACES = st.sampled_from(["", "", "\n", "\r\n", "\n    ", "\t", " " * 9, " " * 200])
ODD_SPACES = st.sampled_from(["\r", "\u3000", "\x0b", "\n\xa0", "\n\n\n      x"])
ATTRIBUTES = st.sampled_from([" ", ' a="1>"', ' xmlns="urn:other"', f' xmlns="{NAMESPACE}"', ' xml:lang="zh"'])
NAMES = st.sampled_from(FIELDS)
ODD_NAMES = st.sampled_from(["NEU", "record", "RECORDS", FIELDS[1] + "X", FIELDS[1][:-1]])
HEADERS = st.sampled_from(["", "<header/>", f"<!--c-->{HEADER}x", HEADER.replace("p</", "&lt;</")])


def rarely(
    draw: st.DrawFn, odd: st.SearchStrategy[str], usual: st.SearchStrategy[str] | str = "", once_in: int = 25
) -> str:
    """Now and then something odd."""
    if draw(st.integers(1, once_in)) == once_in:
        return draw(odd)
    return usual if isinstance(usual, str) else draw(usual)


@st.composite
def fields(draw: st.DrawFn, names: st.SearchStrategy[str]) -> str:
    """A field, mostly canonical."""
    name, kind = draw(names), draw(st.integers(0, 30))
    space = rarely(draw, ODD_SPACES, SPACES, 60)
    if kind == 0:
        return f"{space}<{name}/>"
    if kind == 1:
        return f"{space}<{name}{rarely(draw, ATTRIBUTES, '', 2)}>{draw(ODD_TEXT)}{draw(VALUES)}</{name} >"
    return f"{space}<{name}>{rarely(draw, ODD_VALUES, VALUES)}</{name}>"


@st.composite
def records(draw: st.DrawFn) -> str:
    """A record; most with their fields in order."""
    space = rarely(draw, ODD_SPACES, SPACES, 60)
    if draw(st.integers(0, 4)):
        chosen = draw(st.sets(NAMES, max_size=4))
        inner = "".join(draw(fields(st.just(name))) for name in FIELDS if name in chosen)
        return f"{space}<record>{inner}</record>"
    several = draw(st.lists(fields(st.one_of(NAMES, NAMES, NAMES, ODD_NAMES)), max_size=4))
    return f"{space}<record{rarely(draw, ATTRIBUTES)}>{''.join(several)}{rarely(draw, ODD_TEXT)}</record>"


@st.composite
def documents(draw: st.DrawFn) -> bytes:
    """A file; most of it well formed."""
    prefix = rarely(draw, st.just("p:"), "", 5)
    head = rarely(
        draw,
        st.sampled_from(["", "\ufeff", "<?xml version='1.0'?>", "\n", "<?xml version='1.0' encoding='GBK'?>"]),
        "",
        8,
    )
    namespace = rarely(draw, st.sampled_from(["urn:other", "urn:a?b&amp;c"]), NAMESPACE, 8)
    header = rarely(draw, HEADERS, HEADER, 6)
    parts = [rarely(draw, ODD_TEXT) + one for one in draw(st.lists(records(), min_size=1, max_size=9))]
    after = rarely(draw, st.sampled_from(["\n<!-- </record> -->", "<x/>", HEADER, "x", " "]), "", 6)
    body = f"<body{rarely(draw, ATTRIBUTES)}>{''.join(parts)}{draw(SPACES)}</body>"
    binding = f"xmlns{':p' if prefix else ''}"
    root = rarely(draw, st.just("data"), "dataset")
    text = f'{head}<{root} {binding}="{namespace}">{header}{body}{after}</{root}>{draw(SPACES)}'
    if prefix:
        for name in (root, "body", "record", "header", *FIELDS):
            text = text.replace(f"<{name}", f"<{prefix}{name}").replace(f"</{name}", f"</{prefix}{name}")
    data = text.encode("utf-8", "surrogatepass")
    return draw(broken(data)) if draw(st.integers(0, 11)) == 0 else data


@st.composite
def broken(draw: st.DrawFn, data: bytes) -> bytes:
    """The same, with a part cut out, said twice, or an octet changed."""
    start, end = sorted(draw(st.tuples(st.integers(0, len(data)), st.integers(0, len(data)))))
    kind = draw(st.integers(0, 3))
    if kind == 0:
        return data[:start]
    if kind == 1:
        return data[:start] + data[end:]
    if kind == 2:
        return data[:start] + bytes([draw(st.integers(0, 255))]) + data[start + 1 :]
    return data[:end] + data[start:]


LIMITS: list[dict[str, int]] = [
    {}, {}, {}, {"record_bytes": 900}, {"value_characters": 40}, {"depth": 4}, {"depth": 3}, {"name_characters": 9},
]  # fmt: skip


def outcome(path: Path, limits: dict[str, int], *, regular: bool) -> dict[str, Any]:
    """All that a file tells of itself."""
    file = xml_file(path, limited(**limits))
    file.regular = regular
    values = rows(file)
    numbers = range(len(values) + 2)
    return {
        "values": values,
        "records": file.records,
        "header": file.header,
        "faults": told(file),
        "checked": checked(file),
        "places": dict(file.locate(numbers)),
        "fragments": dict(file.fragments(numbers)),
        "again": rows(file),
    }


@settings(max_examples=250, deadline=None)
@given(documents(), st.sampled_from(LIMITS), st.sampled_from([300, 1000, 1 << 20]), st.sampled_from([90, 1 << 18]))
@example(f'<dataset xmlns="{NAMESPACE}"><body>{PLAIN}</body></dataset>'.encode(), {}, 300, 90)
@example(b"", {}, 300, 90)
def test_both_ways_of_reading_agree(data: bytes, limits: dict[str, int], chunk: int, feed: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.xml"
        path.write_bytes(data)
        general = outcome(path, limits, regular=False)
        with (
            patch.object(xml_chunks, "CHUNK", chunk),
            patch.object(xml_machine, "FEED", feed),
            patch.multiple(xml_reading, FEED=feed, ROWS=3),
        ):
            regular = outcome(path, limits, regular=True)
    assert regular == general
    assert general["again"] == general["values"]
    assert set(general["fragments"]) == set(range(1, len(general["values"]) + 1))
