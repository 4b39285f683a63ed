"""A dispute's pages for people: printable, in both languages, with nothing in them that a vendor could make live."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from conformance.messages import LANGUAGES, Param, message
from conformance.report.harmless import shortened, visible
from conformance.signing.digest import ALGORITHMS

#: What Markdown could take for its own, and addresses that it could make links of.
_LIVE = re.compile(r"[\\`*_{}\[\]<>#|!&~$]|(?<=:)//|(?<=www)\.")
_TEXT, _FORM, _SAMPLES = 600, 100, 20
#: Checks that a record stands in the manifest's tree, with nothing but Python.
SCRIPT = """\
import hashlib, json

proofs = json.load(open("dispute.json", encoding="utf-8"))["proofs"]
root = json.load(open("manifest.json", encoding="utf-8"))["evidence"]["root"]
print("manifest.json", hashlib.sha256(open("manifest.json", "rb").read()).hexdigest())
for name, proof in proofs.items():
    held = hashlib.sha256(b"\\0" + open(name, "rb").read()).digest()
    place, last = proof["index"], proof["size"] - 1
    for text in proof["hashes"]["sha256"]:
        other = bytes.fromhex(text)
        if place % 2 or place == last:
            held = hashlib.sha256(b"\\1" + other + held).digest()
            while place % 2 == 0 and place:
                place, last = place // 2, last // 2
        else:
            held = hashlib.sha256(b"\\1" + held + other).digest()
        place, last = place // 2, last // 2
    print(name, last == 0 and held.hex() == root["sha256"])
"""


def dispute_page(value: Mapping[str, Any], manifest: Mapping[str, Any]) -> bytes:
    """``dispute.md`` of ``dispute.json``'s value and the manifest."""
    parts = ("\n".join(_page(value, manifest, language)) for language in LANGUAGES)
    return ("\n\n---\n\n".join(parts) + "\n").encode()


def readme(value: Mapping[str, Any], manifest: Mapping[str, Any]) -> bytes:
    """``README.md``: what lies here, and how anyone checks it."""
    parts = ("\n".join(_readme(value, manifest, language)) for language in LANGUAGES)
    return ("\n\n---\n\n".join(parts) + f"\n\n```python\n{SCRIPT}```\n").encode()


def plain(text: Any, limit: int = _TEXT) -> str:
    """A text on one line, bounded, as Markdown shows it and nothing else."""
    line = shortened(visible(str(text), line=True), limit)
    return _LIVE.sub(lambda found: "".join(f"\\{sign}" for sign in found[0]), line)


def _page(value: Mapping[str, Any], manifest: Mapping[str, Any], language: str) -> Iterator[str]:
    def say(id_: str, **params: Param) -> str:
        return message(id_, **params).render(language)

    finding = value["finding"]
    yield f"# {say('dispute.title')}"
    yield ""
    yield f"**{plain(finding['id'])}**"
    yield ""
    yield from _facts(value, manifest, language)
    yield f"\n## {say('dispute.clause')}\n"
    yield from _clause(value, language)
    yield f"\n## {say('dispute.expected')}\n\n{plain(finding['expected'][language])}"
    yield f"\n## {say('dispute.found')}\n"
    yield from _found(value, language)
    yield f"\n## {say('dispute.second')}\n\n{plain(value['opinion']['words'][language])}"
    yield from _forms(value, language)
    yield f"\n## {say('dispute.remedy')}\n\n{plain(finding['remedy'][language])}"


def _facts(value: Mapping[str, Any], manifest: Mapping[str, Any], language: str) -> Iterator[str]:
    finding, product = value["finding"], manifest["product"]
    build = message(f"report.build.{product['build']['kind']}").render(language)
    told = {
        "dispute.product": f"{product['product']} {product['version']}（{product['vendor']}）",
        "dispute.build": f"{build} {product['build']['id']}",
        "dispute.verdict": message(f"report.verdict.{finding['verdict']}").render(language),
        "dispute.bundle": value["bundle"]["sha256"],
    }
    for id_, text in told.items():
        yield f"- {_label(id_, language)}{plain(text)}"
    if finding["attribution"]:
        word = message(f"report.attribution.{finding['attribution']}").render(language)
        yield f"- {_label('dispute.attribution', language)}{plain(word)}"
    if finding["reason"]:
        yield f"- {_label('dispute.why', language)}{plain(finding['reason'][language])}"


def _label(id_: str, language: str) -> str:
    return message(id_).render(language) + ("：" if language == "zh" else ": ")


def _clause(value: Mapping[str, Any], language: str) -> Iterator[str]:
    finding, requirement = value["finding"], value["requirement"]
    clause, pack = finding["clause"], requirement["pack"]
    yield f"> {plain(requirement['text'][language])}"
    yield ""
    yield f"- {_label('dispute.number', language)}{plain(clause['standard'])} {plain(clause['number'])}"
    provenance = message(f"report.provenance.{finding['provenance']}").render(language)
    yield f"- {_label('dispute.provenance', language)}{plain(provenance)}"
    if pack is None:
        yield f"- {message('dispute.not-held').render(language)}"
        return
    yield f"- {_label('dispute.text-digest', language)}{plain(requirement['textDigest'])}"
    yield f"- {_label('dispute.pack', language)}{plain(pack['id'])}@{plain(pack['edition'])} {plain(pack['digest'])}"


def _found(value: Mapping[str, Any], language: str) -> Iterator[str]:
    tally = value["tally"]
    counts = {name: tally[name] for name in ("rows", "checked", "violations", "undecided")}
    yield message("dispute.counts", **counts).render(language)
    for number, one in enumerate(tally["inputs"][:_SAMPLES], 1):
        place = message("dispute.row", row=one["row"]).render(language) if one["row"] else ""
        where = plain(" ".join(filter(None, (place, one["where"]))))
        yield f"\n{number}. {where}".rstrip()
        for name, shown in (*one["key"], *one["values"]):
            yield f"   - {plain(name)} = {plain(shown)}"
        yield f"   - {plain(one['words'][language])}"
        if one["facts"]:
            facts = json.dumps(one["facts"], ensure_ascii=False, sort_keys=True)
            yield f"   - {_label('dispute.facts', language)}{plain(one['reason'])} {plain(facts)}"
    if len(tally["inputs"]) > _SAMPLES:
        yield "\n" + message("dispute.more", number=len(tally["inputs"]) - _SAMPLES).render(language)


def _forms(value: Mapping[str, Any], language: str) -> Iterator[str]:
    """What the second judge does not accept, as the census keeps it."""
    if forms := value["opinion"]["forms"]:
        yield f"\n{message('dispute.forms').render(language)}\n"
        for one in forms:
            kept = message("dispute.form-value" if one["kept"] == "value" else "dispute.form-shape").render(language)
            yield f"- 「{plain(one['form'], _FORM)}」 × {one['count']} {kept}"


def _readme(value: Mapping[str, Any], manifest: Mapping[str, Any], language: str) -> Iterator[str]:
    def say(id_: str, **params: Param) -> str:
        return message(id_, **params).render(language)

    evidence = manifest["evidence"]
    yield f"# {say('dispute.readme-title')}"
    yield f"\n{say('dispute.readme-files')}\n"
    yield f"- `dispute.md` {say('dispute.readme-page')}"
    yield f"- `dispute.json` {say('dispute.readme-json')}"
    yield f"- `manifest.json` {say('dispute.readme-manifest')}"
    yield f"- `record.json` {say('dispute.readme-record')}"
    if "census.json" in value["proofs"]:
        yield f"- `census.json` {say('dispute.readme-census')}"
    yield f"\n## {say('dispute.readme-how')}\n"
    yield f"1. {say('dispute.readme-digest')}\n"
    yield from (f"       {name} {value['bundle'][name]}" for name in ALGORITHMS)
    yield f"\n2. {say('dispute.readme-tool')}\n"
    yield f"       lubiao dispute --check dispute.zip --bundle-digest {value['bundle']['sha256']}"
    yield f"\n3. {say('dispute.readme-hand', count=evidence['count'])}\n"
    yield f"       SHA-256 {evidence['root']['sha256']}"
    yield f"\n{say('dispute.readme-limits')}"
