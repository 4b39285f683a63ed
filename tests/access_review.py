"""Secrets to plant in configurations, and the hunt for them in whatever comes out."""

from __future__ import annotations

import base64
import hashlib
import urllib.parse
from collections.abc import Mapping


class Canaries:
    """Words that must not come out: each once, by what it stands for."""

    def __init__(self) -> None:
        self.of: dict[str, str] = {}

    def __call__(self, what: str) -> str:
        number = len(self.of)
        word = f"Zq{number:03d}{hashlib.sha256(f'{what}{number}'.encode()).hexdigest()[:12]}"
        self.of[word] = what
        return word

    def found(self, contents: Mapping[str, bytes]) -> list[tuple[str, str]]:
        """Where one of them is, in any of its forms: what it stands for, the place."""
        return [
            (what, name)
            for word, what in self.of.items()
            for form in _forms(word)
            for name, content in contents.items()
            if form in content
        ]


def _forms(word: str) -> set[bytes]:
    raw = word.encode()
    shifted = {base64.b64encode(b"x" * ahead + raw)[4 if ahead else 0 : -4] for ahead in range(3)}
    hexed = {raw.hex().encode(), raw.hex().upper().encode()}
    quoted = "".join(f"%{byte:02X}" for byte in raw).encode()
    digests = {hashlib.sha256(raw).hexdigest().encode(), hashlib.md5(raw, usedforsecurity=False).hexdigest().encode()}
    return {raw, raw.lower(), urllib.parse.quote(word).encode(), quoted, *hexed, *shifted, *digests}


#: For each kind of secret a line that is read, one that is not, and faults around it so that there is much to tell.
SECRETS = {
    "huawei": """
snmp-agent community read cipher {community}
snmp-agent community write {plain community}
snmp-agent sys-info version all
snmp-agent target-host trap address udp-domain 59.195.0.14 params securityname {trap name} v2c
snmp-agent usm-user v3 {snmp user} authentication-mode md5 {snmp authentication} privacy-mode des56 {snmp privacy}
radius-server template t1
 radius-server shared-key simple {radius}
#
ike peer center
 pre-shared-key simple {pre-shared key}
 remote-address 59.195.0.81
#
aaa
 local-user {account} password simple {account plain}
 local-user admin password cipher {account cipher}
#
user-interface vty 0 4
 authentication-mode password
 set authentication password simple {line}
#
super password level 15 cipher {super}
xyzzy password {unknown}
bgp 65101
 peer 59.254.9.9 as-number 64801
 peer 59.254.9.9 password simple {bgp}
 peer 59.254.9.9 password {bgp odd} more words
#
telnet server enable
interface Dialer1
 ppp chap password simple {chap}
 ip address 8.8.8.8 24
#
""",
    "h3c": """
snmp-agent community read simple {community}
snmp-agent community write {plain community}
snmp-agent sys-info version all
snmp-agent usm-user v3 {snmp user} m simple authentication-mode md5 {authentication} privacy-mode des56 {privacy}
radius scheme s1
 primary authentication 59.195.0.60
 key authentication simple {radius}
 key accounting {radius odd}
#
ike keychain k1
 pre-shared-key address 59.195.0.81 key simple {pre-shared key}
#
local-user {account} class manage
 password simple {account plain}
 service-type telnet http ftp
#
line vty 0 63
 authentication-mode password
 set authentication password simple {line}
#
super password role network-admin simple {super}
bgp 65101
 peer 59.254.9.9 as-number 64801
 peer 59.254.9.9 password simple {bgp}
#
xyzzy password {unknown}
telnet server enable
interface Dialer1
 ppp chap password simple {chap}
 ip address 8.8.8.8 24
#
""",
    "cisco": """
snmp-server community {community} RO
snmp-server community {community list} RW 99
snmp-server user {snmp user} managers v3 auth md5 {snmp authentication} priv des {snmp privacy}
snmp-server host 59.195.0.14 version 2c {trap name}
username {account} privilege 15 password 0 {account plain}
username admin password 7 {account reversible}
enable password {enable}
radius-server host 59.195.0.60 key {radius}
crypto isakmp key {pre-shared key} address 0.0.0.0
crypto isakmp policy 10
 encr des
 authentication pre-share
line vty 0 15
 password 0 {line}
 login
 transport input telnet
interface Dialer1
 ip address 8.8.8.8 255.255.255.0
 ip ospf message-digest-key 1 md5 {ospf}
 ppp chap password 0 {chap}
xyzzy password {unknown}
router bgp 65101
 neighbor 59.254.9.9 remote-as 64801
 neighbor 59.254.9.9 password {bgp}
ip http server
""",
}
BUNDLE = {
    "snmpd.conf": "rocommunity {community} 10.0.0.0/8\ncreateUser {snmp user} MD5 {snmp authentication} DES {privacy}\n"
    "rouser {snmp user 2} noauth\ncom2sec x default {community 2}\nxyzzy {unknown}\n",
    "frr.conf": "password {frr}\nenable password {frr enable}\nrouter bgp 65101\n neighbor 59.254.9.9 remote-as 64801\n"
    " neighbor 59.254.9.9 password {bgp}\nxyzzy {unknown frr}\n",
    "shadow": "root:$6${hash}$abc:19000:0:99999:7:::\n{account}::19000:::::\n",
    "hostapd-lan.conf": "auth_server_shared_secret={radius}\nwpa_passphrase={passphrase}\n",
    "swanctl.conf": "connections {{ a {{ remote_addrs=59.195.0.81\n local {{ auth=psk }}\n remote {{ auth=psk }}\n"
    ' proposals=des-md5-modp768 }} }}\nsecrets {{ ike-1 {{ secret="{pre-shared key}" }} }}\n',
    "ipsec.secrets": ': PSK "{pre-shared key 2}"\n',
    "chrony.keys": "1 SHA256 {time key}\n",
    "sshd_config": "PermitRootLogin yes\nCiphers 3des-cbc\nXyzzy {unknown ssh}\n",
    "rsyslog.conf": '*.* action(type="omfwd" target="1.2.3.4" password="{log}")\n$Xyzzy {unknown log}\n',
}
