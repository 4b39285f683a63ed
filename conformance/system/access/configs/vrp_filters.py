"""Huawei VRP: packet filters at interfaces: ``traffic-filter`` and traffic policies that discard.

What no rule of an ACL matches is decided by where the ACL is applied, so the default stands with the passage.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from conformance.judge.access.config import FilterRule, Passage
from conformance.judge.rulebook import Location
from conformance.system.access.configs.draft import Draft
from conformance.system.access.configs.many import unknown
from conformance.system.access.configs.shared import interface_name, number
from conformance.system.access.configs.table import Hit, NotUnderstoodError, Table
from conformance.system.access.configs.vrp_acls import acls, ordered
from conformance.system.access.configs.vrp_interfaces import VIEW as INTERFACE
from conformance.system.access.configs.words import Words

FILTERS = Table()
FILTERS.topics("filter", "traffic-filter", "packet-filter", "traffic-policy", "traffic policy")
FILTERS.topics("qos", "qos", "qos-profile", "traffic classifier", "traffic behavior")
_CLASSIFIER = "traffic classifier {classifier} [{rest...}]"
_BEHAVIOR = "traffic behavior {behavior}"
_POLICY = "traffic policy {policy} [{rest...}]"
for _view in (_CLASSIFIER, _BEHAVIOR, _POLICY):
    FILTERS.view(_view, "filter")
_UNSAID = "unknown"


@dataclass(frozen=True)
class _Applied:
    """An ACL, or a traffic policy, at an interface (empty: at all)."""

    family: int
    name: str
    inward: bool
    interface: str
    where: Location


@dataclass
class _Classes:
    """What traffic policies are made of."""

    matches: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    denies: dict[str, bool] = field(default_factory=dict)
    policies: dict[str, list[tuple[int, str, str]]] = field(default_factory=dict)
    unclear: set[str] = field(default_factory=set)  # classifiers and behaviours with more than we understand


@FILTERS.on(INTERFACE, "traffic-filter (inbound|outbound) {acl...}", "filter")
def _filter(draft: Draft, hit: Hit) -> None:
    _apply(draft, hit, hit["acl"], inward=hit.text.split()[1].lower() == "inbound")


@FILTERS.on(INTERFACE, "[ipv6] firewall packet-filter {acl...}", "filter")
def _old_filter(draft: Draft, hit: Hit) -> None:
    *acl, way = hit["acl"].split()
    if way.lower() not in ("inbound", "outbound"):
        raise NotUnderstoodError(hit.text)
    six = "ipv6 " if hit.text.lower().startswith("ipv6") else ""
    _apply(draft, hit, six + " ".join(acl), inward=way.lower() == "inbound")


def _apply(draft: Draft, hit: Hit, text: str, *, inward: bool) -> None:
    words = Words(text)
    six = words.skip("ipv6")
    words.skip("acl")
    six = words.skip("ipv6") or six
    words.any_of("name", "number")
    name = words.take()
    words.end()  # a single rule of an ACL may follow on switches
    interface = interface_name(hit["interface"].partition(" mode ")[0])
    draft.scratch.setdefault("applied", []).append(_Applied(6 if six else 4, name, inward, interface, hit.where))


@FILTERS.on(INTERFACE, "traffic-policy {policy} {way}", "filter")
def _policy_applied(draft: Draft, hit: Hit) -> None:
    if hit["way"].lower() not in ("inbound", "outbound"):
        raise NotUnderstoodError(hit.text)
    interface = interface_name(hit["interface"].partition(" mode ")[0])
    inward = hit["way"].lower() == "inbound"
    draft.scratch.setdefault("policed", []).append(_Applied(0, hit["policy"], inward, interface, hit.where))


def _classes(draft: Draft) -> _Classes:
    found: _Classes = draft.scratch.setdefault("classes", _Classes())
    return found


@FILTERS.on("", _CLASSIFIER, "filter")
def _classifier(draft: Draft, hit: Hit) -> None:
    _classes(draft).matches.setdefault(hit["classifier"], [])
    words = Words(hit["rest"])
    if words.skip("operator") and words.take().lower() == "and":
        _classes(draft).unclear.add(hit["classifier"])


@FILTERS.on(_CLASSIFIER, "if-match [ipv6] acl {acl...}", "filter")
def _match(draft: Draft, hit: Hit) -> None:
    words = Words(hit["acl"])
    words.skip("name")
    family = 6 if hit.text.lower().startswith("if-match ipv6") else 4
    _classes(draft).matches[hit["classifier"]].append((family, words.take()))
    words.end()


FILTERS.ignore(_CLASSIFIER, "description {text...}")


@FILTERS.on(_CLASSIFIER, "{anything...}", "filter")
def _other_match(draft: Draft, hit: Hit) -> None:
    _classes(draft).unclear.add(hit["classifier"])
    raise NotUnderstoodError(hit.text)


@FILTERS.on("", _BEHAVIOR, "filter")
def _behavior(draft: Draft, hit: Hit) -> None:
    _classes(draft).denies.setdefault(hit["behavior"], False)


@FILTERS.on(_BEHAVIOR, "(permit|deny)", "filter")
def _decision(draft: Draft, hit: Hit) -> None:
    _classes(draft).denies[hit["behavior"]] = hit.text.lower() == "deny"


# Marks, counters, rates: packets pass or not as before.
FILTERS.ignore(
    _BEHAVIOR,
    *(
        "description {text...}",
        "statistic enable",
        "remark {rest...}",
        "car {rest...}",
        "queue {rest...}",
        "gts {rest...}",
    ),
)


@FILTERS.on(_BEHAVIOR, "{anything...}", "route")
def _other_behavior(draft: Draft, hit: Hit) -> None:
    """Redirection above all: packets go elsewhere than routes say."""
    _classes(draft).unclear.add(hit["behavior"])
    raise NotUnderstoodError(hit.text)


@FILTERS.on("", _POLICY, "filter")
def _policy(draft: Draft, hit: Hit) -> None:
    _classes(draft).policies.setdefault(hit["policy"], [])


FILTERS.ignore(_POLICY, "[undo] share-mode", "statistics enable", "statistic enable", "description {text...}")


@FILTERS.on(_POLICY, "classifier {classifier} behavior {behavior} [precedence {place}]", "filter")
def _pair(draft: Draft, hit: Hit) -> None:
    pairs = _classes(draft).policies[hit["policy"]]
    place = number(hit["place"]) if hit["place"] else len(pairs)
    pairs.append((place, hit["classifier"], hit["behavior"]))


def finish(draft: Draft) -> None:
    """Make a passage of each ACL that is applied, and of each traffic policy that discards anything."""
    default = draft.defaults.get("packet-filter", _UNSAID)
    for one in draft.scratch.get("applied", ()):
        acl = acls(draft).get((one.family, one.name))
        rules = ordered(draft, acl) if acl else ()
        draft.top.add("passages", _passage(one, one.family, rules, default if acl else _UNSAID))
    for one in draft.scratch.get("policed", ()):
        for family in (4, 6):
            rules, clear = _policed(draft, one.name, family)
            if any(not rule.permit or not rule.understood for rule in rules) or not clear:
                draft.top.add("passages", _passage(one, family, rules, "permit" if clear else _UNSAID))


def _passage(one: _Applied, family: int, rules: tuple[FilterRule, ...], default: str) -> Passage:
    come_in, go_out = ((one.interface,), ()) if one.inward else ((), (one.interface,))
    return Passage(one.name, family, one.where, rules, default, come_in=come_in, go_out=go_out)


def _policed(draft: Draft, name: str, family: int) -> tuple[tuple[FilterRule, ...], bool]:
    """The rules of a traffic policy in order, and whether all of it is clear: what an ACL denies is discarded, what it
    permits is as the behaviour says.
    """
    classes = _classes(draft)
    if name not in classes.policies:
        return (), False
    found: list[FilterRule] = []
    clear = True
    for _, classifier, behavior in sorted(classes.policies[name], key=lambda pair: pair[0]):
        clear = clear and classifier in classes.matches and behavior in classes.denies
        clear = clear and classifier not in classes.unclear and behavior not in classes.unclear
        for acl_family, acl_name in classes.matches.get(classifier, ()):
            acl = acls(draft).get((acl_family, acl_name))
            clear = clear and acl is not None
            if acl is not None and acl_family == family:
                denied = classes.denies.get(behavior, False)
                found += [replace(rule, permit=rule.permit and not denied) for rule in ordered(draft, acl)]
    return tuple(found), clear


unknown(FILTERS, INTERFACE, "filter", "traffic-filter", "traffic-policy", "firewall", "packet-filter", "zone")
unknown(FILTERS, INTERFACE, "qos", "qos", "qos-profile", "shaping", "car")
