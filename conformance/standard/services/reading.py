"""Reading the rules of exchange services out of their pack, and interfaces out of registrations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from conformance.standard.divisions import SYSTEMS
from conformance.standard.model import Element, Field, Text
from conformance.standard.pack import BrokenPack, load_yaml
from conformance.standard.services.model import (
    BatchRules,
    EnvelopeRules,
    ErrorCode,
    FileRules,
    Interface,
    InterfaceClass,
    Limits,
    PagingStyle,
    Probes,
    Profile,
    Registration,
    RequestForm,
    ServiceRules,
    SigningRules,
)


def read_service_rules(folder: Path) -> ServiceRules:
    """The rules of the services pack in ``folder``; raises :class:`BrokenPack` where a file says not what it must."""
    try:
        return _rules(folder)
    except (KeyError, TypeError, ValueError) as error:
        raise BrokenPack(f"{folder.parent.name}/{folder.name}", f"{type(error).__name__}: {error}") from error


def _rules(folder: Path) -> ServiceRules:
    raw, errors, probes = (load_yaml(folder / name) for name in ("convention.yaml", "errors.yaml", "probes.yaml"))
    match = raw["envelope"].pop("match")
    batch = {name: value for name, value in raw["batch"].items() if name != "operations"}
    return ServiceRules(
        name=raw["name"],
        code=raw["code"],
        number=(raw["number"]["first"], raw["number"]["last"]),
        resource=raw["resource"],
        provider=raw["provider"],
        protocol=raw["protocol"],
        classes={item["id"]: _class(item) for item in raw["classes"]},
        requests={id_: RequestForm(**item) for id_, item in raw["requests"].items()},
        signing=SigningRules(**{**raw["signing"], "base": tuple(raw["signing"]["base"])}),
        paging={id_: PagingStyle(**item) for id_, item in raw["paging"].items()},
        envelope=EnvelopeRules(match=match["member"], same=match["same"], other=match["other"], **raw["envelope"]),
        batch=BatchRules(**batch, operations=dict(raw["batch"]["operations"])),
        file=FileRules(**raw["file"]),
        success=_error({"id": "success", **errors["success"]}),
        errors={item["id"]: _error(item) for item in errors["errors"]},
        leaks=tuple(errors["leaks"]),
        probes=Probes(tuple(probes["root"]), tuple(probes["beside"]), tuple(probes["methods"])),
        profiles={path.stem: _profile(path) for path in sorted((folder / "profiles").glob("*.yaml"))},
        form=load_yaml(folder / "registration.yaml"),
    )


def _class(raw: Mapping[str, Any]) -> InterfaceClass:
    title = Text(raw["title"]["zh"], raw["title"]["en"])
    return InterfaceClass(raw["id"], raw["digit"], title, tuple(raw["requests"]), tuple(raw["paging"]), raw["answer"])


def _error(raw: Mapping[str, Any]) -> ErrorCode:
    return ErrorCode(raw["id"], raw["code"], raw["status"], Text(raw["title"]["zh"], raw["title"]["en"]))


def _profile(path: Path) -> Profile:
    raw = load_yaml(path)
    return Profile(raw["id"], {name: group for name, group in raw.items() if isinstance(group, dict)})


def interface_of(registration: Registration, elements: Mapping[str, Element], rules: ServiceRules) -> Interface | None:
    """The interface that a registration describes; None where nothing in it says how to call it.

    What is wrong with the rest is judged elsewhere: unknown elements are left out, and texts that are none are empty.
    """
    raw = registration.raw
    class_ = rules.class_of(_text(raw, "class"))
    path, request = _text(raw, "path"), _text(raw, "request")
    if class_ is None or not path.startswith("/") or request not in rules.requests:
        return None
    limits = raw.get("limits")
    numbers = limits if isinstance(limits, dict) else {}
    return Interface(
        id=registration.id,
        name=_text(raw, "name"),
        code=_text(raw, "code"),
        interface_class=class_.id,
        request=request,
        path=path,
        paging=_text(raw, "paging") or "none",
        parameters=tuple(_fields(raw.get("parameters"), elements)),
        results=tuple(_fields(raw.get("results"), elements)),
        key=tuple(_texts(raw, "key")),
        date=_text(raw, "date"),
        limits=Limits(**{name: numbers[name] for name in Limits.__annotations__ if _whole(numbers.get(name))}),
    )


def _text(raw: Mapping[str, Any], name: str) -> str:
    value = raw.get(name)
    return value if isinstance(value, str) else ""


def _texts(raw: Mapping[str, Any], name: str) -> Iterator[str]:
    value = raw.get(name)
    return (one for one in value if isinstance(one, str)) if isinstance(value, list) else iter(())


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _fields(raw: object, elements: Mapping[str, Element]) -> Iterator[Field]:
    for item in raw if isinstance(raw, list) else ():
        if not isinstance(item, dict) or _text(item, "element") not in elements or not _text(item, "name"):
            continue
        division = item.get("division")
        said = division if isinstance(division, dict) else {}
        yield Field(
            name=item["name"],
            element=elements[item["element"]],
            mandatory=item.get("occurs") == "1",
            date=_text(item, "date"),
            division_system=_text(said, "system") if _text(said, "system") in SYSTEMS else "",
            division_levels=tuple(_texts(said, "levels")),
        )
