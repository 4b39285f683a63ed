"""The reference design of docs/access.md as an H3C Comware 7 router would export it. Synthetic, written by hand."""

TEXT = """\
#
 version 7.1.064, Release 6749P14
#
 sysname JN-DSJ-CE01
#
 clock timezone beijing add 08:00:00
 clock protocol ntp
#
 irf mac-address persistent timer
#
ip vpn-instance ga
 route-distinguisher 64801:188
 description police
 vpn-target 64801:188 import-extcommunity
 vpn-target 64801:188 64801:1880 export-extcommunity
#
 undo telnet server enable
#
 dns server 59.195.0.53
 ipv6 dns server 2001:db8:195::53
#
 lldp global enable
#
 password-recovery enable
#
 dot1x
 dot1x authentication-method eap
#
 dhcp enable
 dhcp server forbidden-ip 59.240.10.1
#
vlan 1
#
dhcp server ip-pool lan
 gateway-list 59.240.10.1
 network 59.240.10.0 mask 255.255.255.0
 dns-list 59.195.0.53
#
dhcp server ip-pool office
 gateway-list 10.64.20.1
 network 10.64.20.0 mask 255.255.255.0
 dns-list 59.195.0.53
#
nat address-group 1 name office
 address 59.240.11.0 59.240.11.15
#
 nat log enable
 nat log flow-begin
 nat log flow-end
#
 userlog flow syslog
#
interface NULL0
#
interface LoopBack0
 ip address 59.240.12.1 255.255.255.255
 ipv6 address 2001:db8:10:ffff::1/128
#
interface GigabitEthernet1/0/1
 port link-mode route
 description TO-SDGOV-PE1-LiantongR-0101
 ip address 59.254.1.2 255.255.255.252
 ip urpf loose
 qos lr outbound cir 1000000 cbs 62500000
 ipv6 address 2001:db8:ff:1::1/127
 nat outbound 2100 address-group name office
 nat server protocol tcp global 59.240.11.10 443 inside 10.64.20.20 443
#
interface GigabitEthernet1/0/1.100
 description TO-SDGOV-PE1-GA
 ip binding vpn-instance ga
 ip address 59.254.1.10 255.255.255.252
 vlan-type dot1q vid 100
 qos lr outbound cir 1000000
#
interface GigabitEthernet1/0/2
 port link-mode route
 description TO-SDGOV-PE2-YidongR-0202
 ip address 59.254.1.6 255.255.255.252
 qos lr outbound cir 1000000
 ipv6 address 2001:db8:ff:2::1/127
 nat outbound 2100 address-group name office
#
interface GigabitEthernet1/0/3
 port link-mode route
 description LAN
 ip address 59.240.10.1 255.255.255.0
 ip urpf strict
 ipv6 urpf strict
 dot1x
 ipv6 address 2001:db8:10::1/64
 undo ipv6 nd ra halt
 ipv6 nd ra dns server 2001:db8:195::53 600
#
interface GigabitEthernet1/0/4
 port link-mode route
 description OFFICE
 ip address 10.64.20.1 255.255.255.0
 ip urpf strict
 dot1x
#
interface GigabitEthernet1/0/5
 port link-mode route
 description LAN-GA
 ip binding vpn-instance ga
 ip address 10.88.10.1 255.255.255.0
 ip urpf strict
 dot1x
#
interface GigabitEthernet1/0/6
 port link-mode route
 shutdown
#
object-group ip address lans
 0 network subnet 59.240.10.0 255.255.255.0
 10 network subnet 10.64.20.0 255.255.255.0
#
object-group service probes
 0 service tcp destination range 7000 7009
#
security-zone name Local
#
security-zone name Trust
 import interface GigabitEthernet1/0/3
 import interface GigabitEthernet1/0/4
#
security-zone name Untrust
 import interface GigabitEthernet1/0/1
 import interface GigabitEthernet1/0/2
#
security-zone name TrustGa
 import interface GigabitEthernet1/0/5
#
security-zone name UntrustGa
 import interface GigabitEthernet1/0/1.100
#
bgp 65101
 router-id 59.240.12.1
 peer 59.254.1.1 as-number 64801
 peer 59.254.1.1 description PE1
 peer 59.254.1.1 password cipher $c$3$MDEyMzQ1Njc4OWFiY2RlZg==
 peer 59.254.1.1 ttl-security hops 1
 peer 59.254.1.1 bfd
 peer 59.254.1.5 as-number 64801
 peer 59.254.1.5 description PE2
 peer 59.254.1.5 password cipher $c$3$MDEyMzQ1Njc4OWFiY2RlZg==
 peer 59.254.1.5 ttl-security hops 1
 peer 59.254.1.5 bfd
 peer 2001:DB8:FF:1:: as-number 64801
 peer 2001:DB8:FF:1:: password cipher $c$3$MDEyMzQ1Njc4OWFiY2RlZg==
 peer 2001:DB8:FF:1:: ttl-security hops 1
 peer 2001:DB8:FF:1:: bfd
 peer 2001:DB8:FF:2:: as-number 64801
 peer 2001:DB8:FF:2:: password cipher $c$3$MDEyMzQ1Njc4OWFiY2RlZg==
 peer 2001:DB8:FF:2:: ttl-security hops 1
 peer 2001:DB8:FF:2:: bfd
 #
 address-family ipv4 unicast
  network 59.240.10.0 255.255.255.0
  network 59.240.11.0 255.255.255.240
  network 59.240.12.1 255.255.255.255
  peer 59.254.1.1 enable
  peer 59.254.1.1 route-limit 2000
  peer 59.254.1.1 prefix-list IN4 import
  peer 59.254.1.1 prefix-list OUT4 export
  peer 59.254.1.5 enable
  peer 59.254.1.5 route-limit 2000
  peer 59.254.1.5 prefix-list IN4 import
  peer 59.254.1.5 prefix-list OUT4 export
 #
 address-family ipv6 unicast
  network 2001:DB8:10:: 48
  peer 2001:DB8:FF:1:: enable
  peer 2001:DB8:FF:1:: route-limit 2000
  peer 2001:DB8:FF:1:: prefix-list IN6 import
  peer 2001:DB8:FF:1:: prefix-list OUT6 export
  peer 2001:DB8:FF:2:: enable
  peer 2001:DB8:FF:2:: route-limit 2000
  peer 2001:DB8:FF:2:: prefix-list IN6 import
  peer 2001:DB8:FF:2:: prefix-list OUT6 export
 #
 ip vpn-instance ga
  peer 59.254.1.9 as-number 64801
  peer 59.254.1.9 password cipher $c$3$MDEyMzQ1Njc4OWFiY2RlZg==
  peer 59.254.1.9 ttl-security hops 1
  #
  address-family ipv4 unicast
   network 10.88.10.0 255.255.255.0
   peer 59.254.1.9 enable
   peer 59.254.1.9 route-limit 500
   peer 59.254.1.9 prefix-list INGA import
   peer 59.254.1.9 prefix-list OUTGA export
#
 ip prefix-list IN4 index 10 permit 59.192.0.0 10 less-equal 32
 ip prefix-list OUT4 index 10 permit 59.240.10.0 24
 ip prefix-list OUT4 index 20 permit 59.240.11.0 28
 ip prefix-list OUT4 index 30 permit 59.240.12.1 32
 ip prefix-list INGA index 10 permit 10.88.0.0 16 less-equal 32
 ip prefix-list OUTGA index 10 permit 10.88.10.0 24
 ipv6 prefix-list IN6 index 10 permit 2001:DB8:: 32 less-equal 128
 ipv6 prefix-list OUT6 index 10 permit 2001:DB8:10:: 48
#
 ip route-static 59.195.8.0 24 59.254.1.1 description declared
 ip route-static 59.240.11.0 28 NULL0
 ipv6 route-static 2001:DB8:10:: 48 NULL0
#
 info-center loghost 59.195.0.51
#
 snmp-agent
 snmp-agent local-engineid 800063A28000E0FC00000000000001
 snmp-agent sys-info version v3
 snmp-agent group v3 managers privacy read-view all acl 2000 acl ipv6 2001
 snmp-agent mib-view included all iso
 snmp-agent usm-user v3 watch managers cipher authentication-mode sha256 $c$3$QUFB privacy-mode aes256 $c$3$QkJC
#
 ssh server enable
 ssh server acl 2000
 ssh server ipv6 acl ipv6 2001
 undo ssh server compatible-ssh1x enable
 ssh2 algorithm cipher aes256-gcm aes256-ctr
 ssh2 algorithm key-exchange ecdh-sha2-nistp256
 ssh2 algorithm mac sha2-256
#
line class console
 user-role network-admin
#
line class vty
 user-role network-operator
#
line con 0
 authentication-mode scheme
 user-role network-admin
 idle-timeout 5 0
#
line vty 0 63
 authentication-mode scheme
 user-role network-operator
 protocol inbound ssh
 idle-timeout 5 0
#
 ntp-service enable
 ntp-service authentication enable
 ntp-service authentication-keyid 1 authentication-mode hmac-sha-256 cipher $c$3$Q0ND
 ntp-service reliable authentication-keyid 1
 ntp-service unicast-server 59.195.0.123 authentication-keyid 1
 ntp-service unicast-server 59.195.0.124 authentication-keyid 1
#
acl basic 2000
 description managers
 rule 0 permit source 59.195.0.0 0.0.0.15
 rule 5 permit source 59.240.10.240 0.0.0.15
 rule 10 deny
#
acl basic 2100
 rule 0 permit source 10.64.20.0 0.0.0.255
#
acl ipv6 basic 2001
 rule 0 deny
#
 password-control enable
 password-control login-attempt 5 exceed lock-time 10
#
 header motd %
Only for staff.
 telnet server enable
Everything is recorded.
%
#
hwtacacs scheme extranet
 primary authentication 59.195.0.60
 primary authorization 59.195.0.60
 key authentication cipher $c$3$RERE
#
domain name extranet
 authentication login hwtacacs-scheme extranet local
 authorization login hwtacacs-scheme extranet local
#
domain name system
#
 domain default enable extranet
#
role name level-0
 description Predefined level-0 role
#
user-group system
#
local-user wangguan class manage
 password hash $h$6$MDEyMzQ1$Njc4OWFiY2RlZg==
 service-type ssh terminal
 authorization-attribute user-role network-admin
#
 undo ip http enable
 undo ip https enable
#
 time-range declared from 00:00 2026/01/01 to 23:59 2027/12/31
#
security-policy ip
 rule 0 name web
  description business systems
  action pass
  source-zone Trust
  destination-zone Untrust
  source-ip lans
  destination-ip-subnet 59.195.0.0 255.255.255.0
  service https
  time-range declared
 rule 1 name dns
  action pass
  source-zone Trust
  destination-zone Untrust
  source-ip lans
  destination-ip-host 59.195.0.53
  service dns-udp
  service dns-tcp
 rule 2 name time
  action pass
  source-zone Trust
  destination-zone Untrust
  source-ip lans
  destination-ip-range 59.195.0.123 59.195.0.124
  service ntp
 rule 3 name log
  action pass
  source-zone Trust
  destination-zone Untrust
  source-ip-subnet 59.240.10.0 255.255.255.0
  destination-ip-host 59.195.0.51
  service-port udp destination eq 514
 rule 4 name probes
  action pass
  source-zone Trust
  destination-zone Untrust
  source-ip lans
  destination-ip-host 59.195.0.10
  service probes
 rule 5 name echo
  action pass
  source-zone Trust
  destination-zone Untrust
  source-ip lans
  destination-ip-subnet 59.195.0.0 255.255.255.0
  service-port icmp
 rule 6 name api-in
  action pass
  source-zone Untrust
  destination-zone Trust
  source-ip-subnet 59.195.0.0 255.255.255.0
  destination-ip-host 59.240.10.20
  destination-ip-host 10.64.20.20
  service https
 rule 7 name echo-in
  action pass
  source-zone Untrust
  destination-zone Trust
  source-ip-subnet 59.195.0.0 255.255.255.0
  destination-ip-subnet 59.240.10.0 255.255.255.0
  service-port icmp
 rule 8 name ga-web
  action pass
  source-zone TrustGa
  destination-zone UntrustGa
  vrf ga
  source-ip-subnet 10.88.10.0 255.255.255.0
  destination-ip-subnet 10.88.0.0 255.255.0.0
  service https
 rule 9 name peers
  action pass
  source-zone Untrust
  source-zone UntrustGa
  destination-zone Local
  source-ip-subnet 59.254.1.0 255.255.255.0
  service bgp
  service-port udp destination range 3784 4784
 rule 10 name managers
  action pass
  source-zone Untrust
  destination-zone Local
  source-ip-subnet 59.195.0.0 255.255.255.240
  service ssh
  service snmp-request
 rule 11 name own
  action pass
  source-zone Local
 rule 100 name last
  action drop
  logging enable
#
security-policy ipv6
 rule 0 name web6
  action pass
  source-zone Trust
  destination-zone Untrust
  source-ip-subnet 2001:db8:10:: 64
  destination-ip-subnet 2001:db8:195:: 64
  service https
 rule 1 name api6-in
  action pass
  source-zone Untrust
  destination-zone Trust
  source-ip-subnet 2001:db8:195:: 64
  destination-ip-host 2001:db8:10::20
  service https
 rule 2 name own6
  action pass
  source-zone Local
 rule 100 name last6
  action drop
  logging enable
#
return
"""
