"""The conforming reference access point as a case: tests break one value of it and see one rule red.

``case()`` is whole and green. ``told(case, "as-pair")`` judges one rule by all its methods (or by those named);
``reds(case)`` names every rule of the loaded modules that any method finds a fault in. Change parts of it with
``with_site(case, …)``, ``with_config(case, …)``, ``with_interface(case, name, …)``, ``with_bgp``, ``with_probe``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from access_case_config import reference_config
from access_case_observed import reference_observed
from access_case_rules import reference_rules
from access_case_site import reference_site

from conformance.judge.access.case import Case, Device, Told, parts
from conformance.judge.access.config import DeviceConfig
from conformance.judge.access.observed import Probe
from conformance.judge.access.rules import load
from conformance.judge.access.site import Site

TODAY = "2026-11-21"


def case() -> Case:
    """The reference: declaration, one configuration, results of every kind of probe."""
    site = reference_site()
    rules = reference_rules()
    device = Device(site.devices[0], reference_config(), site.devices[0].sha256)
    return Case(site, (device,), reference_observed(), rules, rules.profiles[site.profile], TODAY)


def config_of(case: Case) -> DeviceConfig:
    """The configuration of the one device."""
    config = case.devices[0].config
    assert isinstance(config, DeviceConfig)
    return config


def with_site(case: Case, **changes: Any) -> Case:
    """The case with another declaration."""
    return replace(case, site=replace(case.site, **changes))


def with_config(case: Case, **changes: Any) -> Case:
    """The case with other settings in the configuration."""
    return replace(case, devices=(replace(case.devices[0], config=replace(config_of(case), **changes)),))


def with_interface(case: Case, name: str, **changes: Any) -> Case:
    """The case with one interface configured otherwise."""
    interfaces = config_of(case).interfaces
    assert any(one.name == name for one in interfaces)
    return with_config(case, interfaces=tuple(replace(o, **changes) if o.name == name else o for o in interfaces))


def with_bgp(case: Case, **changes: Any) -> Case:
    """The case with another BGP process."""
    bgp = config_of(case).bgp
    assert bgp is not None
    return with_config(case, bgp=replace(bgp, **changes))


def with_probe(case: Case, kind: str, facts: Mapping[str, Any] | None = None, **changes: Any) -> Case:
    """The case where the probes of a kind found something else: ``facts`` are laid over theirs."""
    assert case.observed is not None and case.observed.of(kind)

    def other(one: Probe) -> Probe:
        return replace(one, facts={**one.facts, **(facts or {})}, **changes) if one.kind == kind else one

    return replace(case, observed=replace(case.observed, probes=tuple(map(other, case.observed.probes))))


def without_configuration(case: Case) -> Case:
    """The case without the device's configuration."""
    return replace(case, devices=tuple(replace(one, config=None, digest="") for one in case.devices))


def without_observation(case: Case) -> Case:
    """The case without results of probes."""
    return replace(case, observed=None)


def told(case: Case, rule: str, *methods: str) -> Told:
    """What the methods of a rule (all, or those named) tell of a case."""
    load()
    said = Told()
    found = [part for (name, method), part in parts().items() if name == rule and method in (methods or (method,))]
    assert found, rule
    for part in found:
        said.method = part.method
        part.judge(case, said)
    return said


def reds(case: Case) -> set[str]:
    """The rules that find a fault."""
    load()
    return {rule for rule in {rule for rule, _ in parts()} if told(case, rule).faults}


def whole(case: Case, rule: str) -> bool:
    """True where a rule is green: something judged, nothing wrong, in doubt or left undone."""
    said = told(case, rule)
    return bool(sum(said.count.values())) and not (said.faults or said.doubts or said.unruns)


def site_of(case: Case) -> Site:
    """The declaration."""
    return case.site
