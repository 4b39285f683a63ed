"""The reference access router as Huawei VRP 8 exports it (own text), and what the reader makes of a text."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import yaml

from conformance.judge.access.config import DeviceConfig, FilterRule, Interface, Session
from conformance.system.access.configs.draft import Draft
from conformance.system.access.configs.vrp import read

ROOT = Path(__file__).parents[1]
UP1, UP2, LAN = "GigabitEthernet0/0/1", "GigabitEthernet0/0/2", "GigabitEthernet0/0/3"
REFERENCE = """\
!Software Version V600R022C00SPC100
#
sysname JN-DSJ-CE01
#
header login information %
telnet server enable
%
#
undo icmp redirect send
undo ip source-route
dot1x enable
#
info-center enable
info-center loghost 59.195.0.51 facility local6
#
dns resolve
dns server 59.195.0.53
#
acl number 2001
 rule 10 permit source 59.240.10.240 0.0.0.15
 rule 5 permit source 59.195.0.0 0.0.0.15
 rule 1000 deny logging
acl ipv6 number 2001
 rule 1000 deny logging
#
ip vpn-instance ga
 ipv4-family
  route-distinguisher 64801:188
  vpn-target 64801:188 64801:1880 export-extcommunity
  vpn-target 64801:188 import-extcommunity
#
aaa
 authentication-scheme central
  authentication-mode hwtacacs local
 domain default_admin
  authentication-scheme central
 local-aaa-user wrong-password retry-interval 5 retry-time 5 block-time 10
#
aaa
 local-user wangguan01 password irreversible-cipher ******
 local-user wangguan01 service-type ssh terminal
#
ip pool lan
 gateway-list 59.240.10.1
 dns-list 59.195.0.53
#
ike proposal 10
 encryption-algorithm aes-256
 dh group19
 authentication-method rsa-signature
 integrity-algorithm hmac-sha2-256
#
ike peer gateway v2
 ike-proposal 10
 remote-address 59.195.0.81
#
ipsec proposal strong
 esp authentication-algorithm sha2-256
 esp encryption-algorithm aes-256
#
interface GigabitEthernet0/0/1
 description TO-PE1-R-0101
 undo shutdown
 ipv6 enable
 ip address 59.254.1.2 255.255.255.252
 ipv6 address 2001:DB8:FF:1::1/127
 qos lr cir 1000000 outbound
 undo icmp redirect send
#
interface GigabitEthernet0/0/2
 description path 0.0.0.0 of old
 shutdown
#
interface GigabitEthernet0/0/1.100
 vlan-type dot1q 100
 ip binding vpn-instance ga
 ip address 59.254.1.10 30
#
interface GE0/0/3
 undo shutdown
 ip address 59.240.10.1 255.255.255.0
 urpf strict
 dot1x enable
 dhcp select global
#
interface LoopBack0
 ip address 59.240.12.1 255.255.255.255
#
bgp 65101
 router-id 59.240.12.1
 undo default ipv4-unicast
 peer 59.254.1.1 as-number 64801
 peer 59.254.1.1 password cipher ******
 peer 59.254.1.1 valid-ttl-hops 1
 peer 59.254.1.1 bfd enable
 peer 2001:DB8:FF:1:: as-number 64801
 peer 2001:DB8:FF:1:: password cipher ******
 #
 ipv4-family unicast
  network 59.240.10.0 255.255.255.0
  peer 59.254.1.1 enable
  peer 59.254.1.1 route-limit 1000
  peer 59.254.1.1 ip-prefix IN4 import
  peer 59.254.1.1 route-policy OUT4 export
 #
 ipv6-family unicast
  network 2001:DB8:10:: 48
  peer 2001:DB8:FF:1:: enable
 #
 ipv4-family vpn-instance ga
  network 10.88.10.0 24
  peer 59.254.1.9 as-number 64801
#
ip ip-prefix IN4 index 10 permit 59.192.0.0 10 greater-equal 10 less-equal 32
ip ip-prefix OUT4 index 20 permit 59.240.12.1 32
ip ip-prefix OUT4 index 10 permit 59.240.10.0 24
#
route-policy OUT4 permit node 10
 if-match ip-prefix OUT4
#
ip route-static 59.195.8.0 255.255.255.0 59.254.1.1
ip route-static 59.240.11.0 255.255.255.240 NULL0
#
firewall zone trust
 set priority 85
 add interface GigabitEthernet0/0/3
#
firewall zone untrust
 set priority 5
 add interface GigabitEthernet0/0/1
#
security-policy
 default policy logging
 default action deny
 rule name web
  description business
  source-zone trust
  destination-zone untrust
  source-address 59.240.10.0 mask 255.255.255.0
  destination-address 59.195.0.0 24
  service https
  action permit
 rule name dns
  description names
  source-zone trust
  destination-zone untrust
  source-address 59.240.10.0 0.0.0.255
  destination-address 59.195.0.53 32
  service protocol udp destination-port 53
  service protocol tcp destination-port 53
  action permit
 rule name manage
  source-zone untrust
  destination-zone local
  service ssh
  policy logging
  action permit
#
nat address-group public 0
 section 0 59.240.11.1 59.240.11.9
#
nat-policy
 rule name office
  source-zone trust
  destination-zone untrust
  source-address 10.64.20.0 24
  action source-nat address-group public
#
nat server api 0 protocol tcp global 59.240.11.10 443 inside 10.64.20.20 443
firewall log session nat enable
#
snmp-agent
snmp-agent sys-info version v3
snmp-agent acl 2001
snmp-agent group v3 managers privacy
snmp-agent usm-user v3 nms01
snmp-agent usm-user v3 nms01 group managers
snmp-agent usm-user v3 nms01 authentication-mode sha2-256 cipher ******
snmp-agent usm-user v3 nms01 privacy-mode aes256 cipher ******
#
stelnet server enable
undo telnet server enable
undo http server enable
ssh server cipher aes256_ctr aes128_gcm
ssh server hmac sha2_256
ssh server key-exchange dh_group16_sha512
#
ntp-service authentication enable
ntp-service authentication-keyid 1 authentication-mode hmac-sha256 cipher ******
ntp-service unicast-server 59.195.0.123 authentication-keyid 1
ntp-service unicast-server 59.195.0.124 authentication-keyid 1
#
user-interface con 0
 authentication-mode aaa
 idle-timeout 5 0
user-interface vty 0 4
 acl 2001 inbound
 acl ipv6 2001 inbound
 authentication-mode aaa
 protocol inbound ssh
 idle-timeout 5 30
#
return
"""


@cache
def defaults() -> dict[str, str]:
    table = yaml.safe_load((ROOT / "standards/network-access/draft/platforms.yaml").read_text("utf-8"))
    return dict(next(row["defaults"] for row in table["platforms"] if row["id"] == "huawei-vrp8"))


def vrp(text: str, **other: str) -> DeviceConfig:
    """What the reader makes of a text; ``other`` defaults of the platform than the pack's."""
    draft = Draft(
        "ce01", "huawei-vrp8", {**defaults(), **{key.replace("_", "-"): value for key, value in other.items()}}
    )
    read(text, "ce01.cfg", draft)
    return draft.made()


def changed(old: str, new: str) -> DeviceConfig:
    """The reference with one edit, which must have taken place."""
    assert old in REFERENCE
    return vrp(REFERENCE.replace(old, new, 1))


def session(config: DeviceConfig, neighbour: str) -> Session:
    assert config.bgp is not None
    return next(one for one in config.bgp.sessions if one.neighbour == neighbour)


def port(config: DeviceConfig, name: str) -> Interface:
    found = config.interface(name)
    assert found is not None
    return found


def rules(config: DeviceConfig, family: int = 4) -> dict[str, FilterRule]:
    return {rule.id: rule for passage in config.passages if passage.family == family for rule in passage.rules}


def unread(config: DeviceConfig) -> set[tuple[str, int]]:
    return {(one.topic, one.where.line) for one in config.unread}
