"""The Comware reader: what every mutant does is visible; what is not understood is told, never misread."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from comware_mutants import MUTANTS, added, edited
from comware_reading import device, line, unread
from comware_reference import TEXT
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.judge.access.config import UNKNOWN, DeviceConfig

REFERENCE = device(TEXT)


@pytest.mark.parametrize("name", MUTANTS)
def test_what_a_mutant_does_is_visible(name: str) -> None:
    edits, see, expected = MUTANTS[name]
    mutant = device(edited(*edits))
    assert see(mutant) == expected
    assert see(REFERENCE) != expected
    if not name.startswith("C37"):
        assert not mutant.unread


def test_c39_a_truncated_export_is_not_whole() -> None:
    lines = TEXT.splitlines()
    config = device("\n".join(lines[: len(lines) * 2 // 3]))
    assert not config.coverage[0].complete


def test_c39_an_unknown_stanza_is_told_with_every_line() -> None:
    config = device(edited(added("quantum-router 1\n superpose all\n")))
    number = line(TEXT, " ntp-service enable")
    assert unread(config) == [("other", number), ("other", number + 1)]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (" ip address 59.254.1.2 255.255.255.252", " ip address 59.254.1.2 30"),
        ("interface GigabitEthernet1/0/2\n", "interface GE1/0/2\n"),
        (" rule 0 permit source 59.195.0.0 0.0.0.15\n rule 5", " rule 6 permit source 59.195.0.0 0.0.0.15\n rule 5"),
        (" description LAN\n", " description route 0.0.0.0 0 and telnet server enable\n"),
    ],
)
def test_near_misses_mean_the_same(old: str, new: str) -> None:
    config = device(edited((old, new)))
    assert not config.unread
    assert [one.addresses for one in config.interfaces] == [one.addresses for one in REFERENCE.interfaces]
    assert config.passages == REFERENCE.passages
    assert (config.service("telnet"), config.routes) == (REFERENCE.service("telnet"), REFERENCE.routes)


# Never a silent misreading: what is not understood inside a known command is told, and no setting is absent by it.


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("interface GE1/0/1\n ip address 1.1.1.1 0.0.0.255", "interface"),
        ("interface GE1/0/1\n ip urpf strict acl 2000", "interface"),
        ("interface GE1/0/1\n qos car inbound any cir 1000 red pass", "qos"),
        ("interface GE1/0/1\n packet-filter mac 4000 inbound", "filter"),
        ("interface GE1/0/1\n nat outbound 2000 mystery", "nat"),
        ("interface GE1/0/1\n nat server protocol tcp global 1.1.1.1 1 60000 inside 2.2.2.2 1", "nat"),
        ("interface GE1/0/1\n ip policy-based-route X", "interface"),
        (" ip route-static 1.1.1.0 24 2.2.2.2 teleport", "route"),
        (" ip route-static 1.1.1.0 0.0.0.255 2.2.2.2", "route"),
        ("ip vpn-instance x\n vpn-target all", "vpn"),
        ("ip vpn-instance x\n export route-policy P", "vpn"),
        ("bgp 1\n peer 1.1.1.1 as-number many", "bgp"),
        ("bgp 1\n address-family l2vpn-signaling", "bgp"),
        ("bgp 1\n address-family ipv4 unicast\n  import-route direct sometimes", "bgp"),
        ("bgp 1\n address-family ipv4 unicast\n  peer 1.1.1.1 route-limit 10 alert-only", "bgp"),
        (" ip prefix-list X index 10 permit 1.1.1.0 24 less-equal 20", "policy"),
        ("acl advanced 3000\n rule 0 permit tcp source 1.1.1.1 0.255.0.255", "filter"),
        ("acl advanced 3000\n rule 0 permit tcp destination-port eq nosuchport", "filter"),
        ("acl advanced 3000\n rule 0 permit ip fragment", "filter"),
        ("acl mac 4000", "filter"),
        ("security-policy ip\n rule 0 name x\n  action pass\n  application games", "filter"),
        ("security-policy ip\n rule 0 name x\n  action reflect", "filter"),
        ("object-group ip address x\n 0 network exclude 1.1.1.1", "filter"),
        (" info-center source default loghost deny", "syslog"),
        (" ntp-service unicast-server 1.1.1.1 mystery", "ntp"),
        (" snmp-agent sys-info version v4", "snmp"),
        (" password-control login-attempt 3 exceed forget", "aaa"),
        ("domain system\n authentication login oracle", "aaa"),
        ("line vty 0 4\n authentication-mode magic", "line"),
        ("ike proposal 1\n authentication-method trust", "ike"),
    ],
)
def test_an_unknown_option_is_told(text: str, topic: str) -> None:
    config = device(f"{text}\n#\nreturn\n")
    last = len(text.splitlines())
    assert (topic, last) in unread(config)


@pytest.mark.parametrize(
    ("text", "see"),
    [
        ("interface GE1/0/1\n ip urpf loose allow-default-route", lambda c: c.interfaces[0].urpf),
        ("interface GE1/0/1\n qos lr outbound cir many", lambda c: c.interfaces[0].limit),
        ("bgp 1\n peer 1.1.1.1 as-number many", lambda c: c.bgp.sessions[0].remote_as),
        ("line vty 0 4\n authentication-mode magic", lambda c: c.accounts.lines[0].authentication),
        ("domain system\n authentication login oracle", lambda c: c.accounts.schemes),
        (" nat log enable acl 2000", lambda c: c.nat_log),
    ],
)
def test_a_setting_that_was_not_understood_is_unknown_not_absent(
    text: str, see: Callable[[DeviceConfig], object]
) -> None:
    assert see(device(f"{text}\n#\nreturn\n")).state == UNKNOWN  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "condition",
    [
        "application games",
        "source-ip nobody",
        "service nothing",
        "time-range never",
        "user someone",
        "service-port tcp x",
    ],
)
def test_a_rule_with_a_condition_that_we_do_not_know_is_not_understood(condition: str) -> None:
    config = device(f"security-policy ip\n rule 0 name x\n  action pass\n  {condition}\n#\nreturn\n")
    assert config.passages[0].rules[0].understood is False


def test_a_deny_that_holds_at_times_only_is_not_understood() -> None:
    text = (
        " time-range t 08:00 to 18:00 working-day\n#\nacl advanced 3000\n rule 0 {} ip time-range t\n#\n"
        "interface GE1/0/1\n packet-filter 3000 inbound\n#\n"
    )
    seen = [device(text.format(action)).passages[0].rules[0].understood for action in ("permit", "deny")]
    assert seen == [True, False]


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_shuffled_cut_and_foreign_lines_are_counted_and_never_crash(data: st.DataObject) -> None:
    lines = TEXT.splitlines()
    start = data.draw(st.integers(0, len(lines) - 1))
    part = lines[start : start + data.draw(st.integers(1, 60))]
    mixed = data.draw(st.permutations(part))
    junk = data.draw(st.lists(st.text(max_size=20), max_size=3))
    words = [" ".join(one.split()[: data.draw(st.integers(0, 3))]) for one in mixed[:5]]
    device("\n".join([*mixed, *junk, *words]))


def test_no_secret_is_in_the_model() -> None:
    text = repr(REFERENCE)
    assert "MDEyMzQ1" not in text
    assert "QUFB" not in text
