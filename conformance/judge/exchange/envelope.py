"""The envelope of a package: what its name, its manifest, its files and their headers say of one another.

First cause first: without a manifest only the package's name is judged; a file that is not there is judged for nothing
else; what one rule found wrong is not told again by another.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from conformance.judge.exchange.model import ListedFile, Manifest, PackageFacts, PresentFile, ReadFile
from conformance.judge.faults import Fault, FaultCounter
from conformance.judge.oracle_schemes import holds
from conformance.judge.rulebook import Location
from conformance.messages import Message, message
from conformance.standard.exchange import ExchangeRules
from conformance.standard.model import DatasetSpec, Scheme

#: Numbers of records have no more digits.
_DIGITS = 18
#: Characters of a name that somebody else gave that a message repeats.
_SHOWN = 80
_DIFFERS = {"edition": "package.edition-differs", "identity": "package.identity-differs"}


def judge_envelope(  # noqa: PLR0917 - what a package is judged by, each of another kind
    facts: PackageFacts, spec: DatasetSpec, rules: ExchangeRules, credit_code: Scheme, as_of: str, faults: FaultCounter
) -> None:
    """Tell the faults of one package by the rules package-name, files, digest, count, edition, identity, provider,
    resource and created. ``as_of`` (``YYYYMMDD``) is the day after which nothing can have been made.
    """
    name = re.sub(f"(?:{rules.names['again']})$", "", facts.name)
    named = re.fullmatch(rules.names["package"], name)
    faults.checked("package-name")
    if named is None:
        at = Location(_plain(facts.name))
        faults.add(Fault("package-name", at, message("package.name-form", found=_plain(facts.name))))
    if facts.manifest is not None:
        envelope = _Envelope(facts, facts.manifest, spec, rules, name, named, faults)
        envelope.judge_files()
        envelope.judge_contents()
        envelope.judge_identity()
        envelope.judge_codes(credit_code)
        envelope.judge_time(as_of)


@dataclass(frozen=True)
class _Envelope:
    """A package with a manifest. ``name`` is the package's, ``named`` what it says where its form is right."""

    facts: PackageFacts
    manifest: Manifest
    spec: DatasetSpec
    rules: ExchangeRules
    name: str
    named: re.Match[str] | None
    faults: FaultCounter

    @cached_property
    def present(self) -> dict[str, PresentFile]:
        """What lies there, by name; what was refused when the package was opened has no digests."""
        return {one.name: one for one in self.facts.present}

    @cached_property
    def listed(self) -> dict[str, ListedFile]:
        """What the manifest lists, by name; of a name listed twice the first."""
        return {one.name: one for one in reversed(self.manifest.files)}

    def judge_files(self) -> None:
        """What is listed is there, what is there is listed; names are well formed, and roles fit them."""
        names = Counter(one.name for one in self.manifest.files)
        unlisted = [one for one in self.facts.present if one.digests and one.name not in names]
        self.faults.checked("files", len(names) + len(unlisted))
        for name in (name for name, times in names.items() if times > 1):
            self._tell("files", name, message("package.files-twice", found=names[name]))
        for name, one in self.listed.items():
            if name == self.rules.names["manifest"]:
                self._tell("files", name, message("package.files-manifest"))
            elif name not in self.present:
                self._tell("files", name, message("package.files-missing"))
            elif self.present[name].digests:
                self._judge_name(one)
        for found in unlisted:
            self._tell("files", found.name, message("package.files-unlisted"))
        self._judge_parts()

    def _judge_name(self, one: ListedFile) -> None:
        """The form of a listed file's name, then whether role and format are those that the name tells."""
        self.faults.checked("package-name")
        data = re.fullmatch(self.rules.names["data"], one.name)
        if data is not None:
            role = "data"
        elif re.fullmatch(self.rules.names["attachment"], one.name):
            role = "attachment"
        elif one.name == self.rules.names["metadata"]:
            role = "metadata"
        else:
            self._tell("package-name", one.name, message("package.name-file"))
            return
        if role != one.role:
            self._tell("files", one.name, message("package.files-role", expected=role, found=one.role))
        elif data is not None and data["format"] != one.format:
            self._tell("files", one.name, message("package.files-format", expected=data["format"], found=one.format))

    def _judge_parts(self) -> None:
        """Data files count from 001 without a gap, as far as their names tell a number."""
        data = [one.name for one in self.listed.values() if one.role == "data"]
        if not data:
            self._tell("files", self.rules.names["manifest"], message("package.files-no-data"))
        found = [re.fullmatch(self.rules.names["data"], name) for name in data]
        numbers = sorted(int(one["part"]) for one in found if one is not None)
        if len(numbers) == len(data) and numbers != list(range(1, len(numbers) + 1)):
            self._tell("files", self.rules.names["manifest"], message("package.files-parts", found=len(numbers)))

    def judge_contents(self) -> None:
        """Bytes, digests and numbers of records are those stated."""
        for name, one in self.listed.items():
            if name in self.present and self.present[name].digests:
                self.faults.checked("digest")
                self._judge_digest(one, self.present[name])
        read = {one.name: one for one in self.facts.read if one.records is not None}
        for file in self.facts.read:
            if file.records is not None and file.name in self.listed:
                self._judge_count(file, self.listed[file.name].records or 0, file.records)
        data = [one for one in self.listed.values() if one.role == "data"]
        found = sum((read[one.name].records if one.name in read else one.records) or 0 for one in data)
        self.faults.checked("count")
        if self.manifest.record_count != found:
            stated = self.manifest.record_count
            self._tell("count", "", message("package.count-whole", expected=found, found=stated), "$.recordCount")

    def _judge_digest(self, one: ListedFile, found: PresentFile) -> None:
        if one.bytes != found.bytes:
            self._tell("digest", one.name, message("package.digest-bytes", expected=one.bytes, found=found.bytes))
        elif one.algorithm not in found.digests:
            reason = message("package.digest-unavailable", algorithm=one.algorithm)
            self.faults.add(Fault("digest", Location(_plain(one.name)), reason, undecided=True))
        elif one.digest != found.digests[one.algorithm]:
            self._tell("digest", one.name, message("package.digest-differs", algorithm=one.algorithm))

    def _judge_count(self, file: ReadFile, stated: int, found: int) -> None:
        """The manifest's number for the file, and the header's where the file has one."""
        header = (file.header or {}).get(self.rules.xml.records, "")
        self.faults.checked("count")
        if stated != found:
            self._tell("count", file.name, message("package.count-file", expected=found, found=stated))
        if header.isascii() and header.isdigit() and len(header) <= _DIGITS:
            self.faults.checked("count")
            if int(header) != found:
                self._tell("count", file.name, message("package.count-header", expected=found, found=int(header)))

    def judge_identity(self) -> None:
        """Dataset and edition are the declared ones; id, provider, dataset, mode and batch say the same everywhere."""
        manifest, spec = self.manifest, self.spec
        right = self._same("edition", "dataset", spec.id, manifest.dataset)
        self._same("edition", "edition", spec.edition, manifest.edition)
        for file in self.facts.read:
            header = file.header or {}
            for field, expected in (("dataset", spec.id), ("edition", spec.edition)):
                if field in header:
                    self._same("edition", field, expected, header[field], file.name)
            if "packageId" in header:
                self._same("identity", "packageId", manifest.package_id, header["packageId"], file.name)
        if self.named is not None:
            self._same("identity", "packageId", self.name, manifest.package_id)
        told = re.fullmatch(self.rules.names["package"], manifest.package_id) or self.named
        said = {"provider": manifest.provider, "mode": manifest.mode, "batch": manifest.batch}
        said |= {"dataset": manifest.dataset} if right else {}
        for field, stated in said.items():
            if told is not None:
                self._same("identity", field, told[field], stated)
        for name in self.present.keys() & self.listed.keys() if right else ():
            data = re.fullmatch(self.rules.names["data"], name)
            if data is not None:
                self._same("identity", "dataset", manifest.dataset, data["dataset"], name)

    def judge_codes(self, credit_code: Scheme) -> None:
        """The provider's code is a credit code, the resource's is well formed and the dataset's."""
        provider, resource = self.manifest.provider, self.manifest.resource
        self.faults.checked("provider")
        if len(provider) != credit_code.length or not re.fullmatch(credit_code.pattern, provider):
            self._tell("provider", "", message("package.provider-form", length=credit_code.length), "$.provider")
        elif credit_code.check is not None and not holds(provider, credit_code.check):
            self._tell("provider", "", message("package.provider-check", found=_plain(provider)), "$.provider")
        self.faults.checked("resource")
        formed = re.fullmatch(self.rules.resource, resource)
        first, last = self.rules.resource_number
        if formed is None or not first <= formed["number"] <= last:
            self._tell("resource", "", message("package.resource-form", first=first, last=last), "$.resource")
        elif resource != self.spec.resource:
            reason = message("package.resource-other", expected=self.spec.resource, found=resource)
            self._tell("resource", "", reason, "$.resource")

    def judge_time(self, as_of: str) -> None:
        """The package was made at a time that exists, with its zone, and not after the day."""
        self.faults.checked("created")
        try:
            made = datetime.fromisoformat(self.manifest.created_at)
        except ValueError:
            made = None
        if made is None or made.tzinfo is None:
            self._tell("created", "", message("package.created-form"), "$.createdAt")
        elif f"{made:%Y%m%d}".zfill(len(as_of)) > as_of:
            reason = message("package.created-later", expected=as_of, found=f"{made:%Y%m%d}")
            self._tell("created", "", reason, "$.createdAt")

    def _same(self, rule: str, field: str, expected: str, found: str, name: str = "") -> bool:
        """Whether both say the same of one field; tells where they do not."""
        self.faults.checked(rule)
        if expected == found:
            return True
        reason = message(_DIFFERS[rule], field=field, expected=_plain(expected), found=_plain(found))
        self._tell(rule, name, reason, "" if name else f"$.{field}")
        return False

    def _tell(self, rule: str, name: str, reason: Message, path: str = "") -> None:
        where = Location(_plain(name or self.rules.names["manifest"]), path=path)
        self.faults.add(Fault(rule, where, reason))


def _plain(name: str) -> str:
    """A name that somebody else gave, fit for a line."""
    text = "".join(character if character.isprintable() else "�" for character in name)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
