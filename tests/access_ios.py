"""The reference design as a Cisco IOS XE export of our own writing, for the reader's tests."""

from __future__ import annotations

from conformance.judge.access.config import DeviceConfig, Interface, Passage, Service
from conformance.judge.rulebook import Location
from conformance.system.access.configs import ios, zxros
from conformance.system.access.configs.draft import Draft

FILE = "configs/ce01.cfg"
HERE = Location(FILE)
DEFAULTS = {"bgp-ipv4-unicast": "on", "packet-filter": "deny"}

CISCO = """\
Building configuration...

Current configuration : 4711 bytes
!
version 17.9
service timestamps log datetime msec
no service pad
hostname JN-DSJ-CE01
!
banner motd ^C
 line vty 0 4
 transport input telnet
 ip http server
^C
!
vrf definition ga
 rd 64801:188
 !
 address-family ipv4
  route-target import 64801:188
  route-target export 64801:188
  route-target export 64801:1880
 exit-address-family
!
aaa new-model
aaa group server tacacs+ CENTRAL
 server name t1
aaa authentication login default group CENTRAL local
username wangguan01 privilege 15 secret 9 ******
login block-for 600 attempts 5 within 60
!
ip name-server 59.195.0.53 2001:db8:195::53
no ip source-route
no ip bootp server
ip inspect name FLOWS tcp
ip inspect name FLOWS udp
ip dhcp pool office
 network 10.64.20.0 255.255.255.0
 default-router 10.64.20.1
 dns-server 59.195.0.53
!
dot1x system-auth-control
!
crypto ikev2 proposal P1
 encryption aes-cbc-256
 integrity sha256
 group 19
crypto ikev2 profile GW
 match identity remote address 59.195.0.81 255.255.255.255
 authentication remote ecdsa-sig
 authentication local ecdsa-sig
crypto ipsec transform-set T1 esp-aes 256 esp-sha256-hmac
 mode tunnel
!
policy-map UP
 class class-default
  police cir 1000000000 conform-action transmit exceed-action drop
!
interface GigabitEthernet0/0/1
 description TO-PE1-R-0101
 ip address 59.254.1.2 255.255.255.252
 ip access-group OUTSIDE in
 ip nat outside
 ip inspect FLOWS out
 no ip redirects
 ipv6 address 2001:DB8:FF:1::1/127
 service-policy output UP
 negotiation auto
!
interface GigabitEthernet0/0/1.100
 encapsulation dot1Q 100
 vrf forwarding ga
 ip address 59.254.1.10 255.255.255.252
!
interface GigabitEthernet0/0/3
 description 0.0.0.0 is no route
 ip address 59.240.10.1 255.255.255.0
 ip verify unicast source reachable-via rx
 ip access-group 110 in
 authentication port-control auto
!
interface GigabitEthernet0/0/4
 ip address 10.64.20.1 255.255.255.0
 ip nat inside
 ip verify unicast reverse-path
!
interface Loopback0
 ip address 59.240.12.1 255.255.255.255
!
router bgp 65101
 bgp log-neighbor-changes
 no bgp default ipv4-unicast
 neighbor 59.254.1.1 remote-as 64801
 neighbor 59.254.1.1 password 7 ******
 neighbor 59.254.1.1 ttl-security hops 1
 neighbor 59.254.1.1 fall-over bfd
 neighbor 2001:DB8:FF:1:: remote-as 64801
 !
 address-family ipv4
  network 59.240.10.0 mask 255.255.255.0
  network 10.0.0.0
  neighbor 59.254.1.1 activate
  neighbor 59.254.1.1 prefix-list IN4 in
  neighbor 59.254.1.1 route-map OUT4 out
  neighbor 59.254.1.1 maximum-prefix 1000 80
 exit-address-family
 !
 address-family ipv6
  network 2001:DB8:10::/48
  neighbor 2001:DB8:FF:1:: activate
 exit-address-family
 !
 address-family ipv4 vrf ga
  neighbor 59.254.1.9 remote-as 64801
  neighbor 59.254.1.9 activate
 exit-address-family
!
ip route 59.195.8.0 255.255.255.0 59.254.1.1
ip route 59.240.11.0 255.255.255.240 Null0
ip route vrf ga 10.88.0.0 255.255.0.0 59.254.1.9
ipv6 route 2001:DB8:10::/48 Null0
!
ip nat pool POOL 59.240.11.1 59.240.11.9 prefix-length 28
ip nat inside source list OFFICE pool POOL overload
ip nat inside source static tcp 10.64.20.20 443 59.240.11.10 443 extendable
ip nat log translations syslog
!
ip access-list standard OFFICE
 10 permit 10.64.20.0 0.0.0.255
ip access-list standard MGMT
 10 permit 59.195.0.0 0.0.0.15
 20 permit 59.240.10.240 0.0.0.15
 30 deny any log
ip access-list extended OUTSIDE
 remark api
 permit tcp 59.195.0.0 0.0.0.255 host 59.240.10.20 eq 443
 deny ip any any log
ipv6 access-list NOBODY
 deny ipv6 any any log
!
access-list 110 remark business
access-list 110 permit tcp 59.240.10.0 0.0.0.255 59.195.0.0 0.0.0.255 eq 443
access-list 110 deny ip any any log
!
ip prefix-list IN4 seq 5 permit 59.192.0.0/10 le 24
ip prefix-list OUT4 seq 10 permit 59.240.12.1/32
ip prefix-list OUT4 seq 5 permit 59.240.10.0/24
route-map OUT4 permit 10
 match ip address prefix-list OUT4
!
logging host 59.195.0.51
snmp-server group nms v3 priv access MGMT
snmp-server user nms01 nms v3 auth sha ****** priv aes 256 ******
ntp authenticate
ntp server 59.195.0.123 key 1
ntp server 59.195.0.124 prefer
no ip http server
no ip http secure-server
ip ssh version 2
ip ssh server algorithm encryption aes256-ctr
!
line con 0
 exec-timeout 5 0
line vty 0 4
 access-class MGMT in
 ipv6 access-class NOBODY in
 exec-timeout 10 30
 transport input ssh
!
end
"""


def read(text: str, platform: str = "cisco-iosxe") -> DeviceConfig:
    """An IOS-like export as the reader reads it."""
    draft = Draft("ce01", platform, dict(DEFAULTS))
    ios.read(text, FILE, draft)
    return draft.made()


def read_zte(text: str) -> DeviceConfig:
    """A ZXROS export as the reader reads it."""
    draft = Draft("ce01", "zte-zxros", {})
    zxros.read(text, FILE, draft)
    return draft.made()


def held(config: DeviceConfig, name: str) -> Interface:
    """The interface of that name; an empty one where there is none."""
    return config.interface(name) or Interface(name, HERE, "")


def service(config: DeviceConfig, kind: str) -> Service:
    """The service of that kind; an empty one where there is none."""
    return config.service(kind) or Service(kind, None)


def passage(config: DeviceConfig, name: str) -> Passage:
    return next(one for one in config.passages if one.name == name)


def active(config: DeviceConfig, neighbour: str) -> list[str]:
    known = config.bgp.sessions if config.bgp else ()
    return sorted(each.family for one in known if one.neighbour == neighbour for each in one.families if each.active)


def secrets(config: DeviceConfig) -> list[str]:
    return [one.secret for one in config.accounts.users]


def announced(config: DeviceConfig) -> list[str]:
    return [one.prefix for one in config.bgp.announced] if config.bgp else []
