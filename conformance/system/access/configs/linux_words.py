"""Settings of Linux daemons that bear on no clause, by the file in which they stand."""

from __future__ import annotations

CHRONY = frozenset((
    "driftfile", "makestep", "rtcsync", "keyfile", "leapsectz", "logdir", "log", "logchange", "ntsdumpdir", "allow",
    "maxupdateskew", "bindcmdaddress", "cmdport", "port", "local", "bindaddress", "minsources", "maxdistance", "user",
    "hwtimestamp", "rtcfile", "dumpdir", "cmdallow", "smoothtime", "authselectmode", "stratumweight", "lock_all",
    "deny", "noclientlog", "clientloglimit", "ratelimit", "leapseclist", "maxchange", "ntstrustedcerts",
    "combinelimit", "reselectdist", "pidfile", "sched_priority", "bindacqaddress", "binddevice", "mailonchange",
    "cmddeny", "rtconutc",
))  # fmt: skip

SSHD = frozenset((
    "port", "listenaddress", "addressfamily", "hostkey", "hostcertificate", "pidfile", "usepam", "loglevel", "usedns",
    "passwordauthentication", "permitrootlogin", "permitemptypasswords", "pubkeyauthentication", "syslogfacility",
    "challengeresponseauthentication", "kbdinteractiveauthentication", "x11forwarding", "x11displayoffset",
    "printmotd", "printlastlog", "tcpkeepalive", "compression", "clientaliveinterval", "clientalivecountmax",
    "maxauthtries", "maxsessions", "maxstartups", "logingracetime", "strictmodes", "allowusers", "allowgroups",
    "denyusers", "denygroups", "authorizedkeysfile", "authorizedkeyscommand", "authorizedkeyscommanduser",
    "acceptenv", "subsystem", "banner", "allowtcpforwarding", "allowagentforwarding", "gatewayports", "permittunnel",
    "ignorerhosts", "hostbasedauthentication", "gssapiauthentication", "gssapicleanupcredentials",
    "kerberosauthentication", "rekeylimit", "permituserenvironment", "authenticationmethods",
    "pubkeyacceptedalgorithms", "casignaturealgorithms", "versionaddendum", "fingerprinthash", "chrootdirectory",
    "forcecommand", "trustedusercakeys", "useprivilegeseparation", "requiredrsasize", "ipqos", "permituserrc",
    "disableforwarding", "allowstreamlocalforwarding", "streamlocalbindunlink", "persourcemaxstartups",
    "hostbasedacceptedalgorithms", "serverkeybits", "keyregenerationinterval", "rsaauthentication",
    "rhostsrsaauthentication", "modulifile", "authorizedprincipalsfile", "exposeauthinfo", "persourcepenalties",
    "unusedconnectiontimeout",
))  # fmt: skip

SNMPD = frozenset((
    "agentaddress", "syslocation", "syscontact", "sysname", "sysservices", "sysdescr", "sysobjectid", "view",
    "master", "agentxsocket", "agentxperms", "access", "authtrapenable", "disk", "load", "includealldisks", "proc",
    "extend", "trapsess", "linkupdownnotifications", "defaultmonitors", "iquerysecname", "engineid", "exactengineid",
    "dontlogtcpwrappersconnects", "agentgroup", "agentuser", "skipnfsinhostresources", "maxgetbulkrepeats",
    "maxgetbulkresponses", "file", "swap",
))  # fmt: skip

DNSMASQ = frozenset((
    "interface", "except-interface", "bind-interfaces", "bind-dynamic", "listen-address", "no-hosts", "no-poll",
    "user", "group", "dhcp-authoritative", "dhcp-leasefile", "dhcp-host", "dhcp-lease-max", "domain", "domain-needed",
    "local", "bogus-priv", "expand-hosts", "log-queries", "log-dhcp", "log-facility", "cache-size", "port", "address",
    "host-record", "enable-ra", "ra-param", "quiet-dhcp", "quiet-dhcp6", "quiet-ra", "strict-order", "all-servers",
    "stop-dns-rebind", "rebind-domain-ok", "filterwin2k", "no-dhcp-interface", "no-negcache", "neg-ttl", "dnssec",
    "conf-dir-none", "pid-file", "dhcp-match", "dhcp-mac", "dhcp-vendorclass", "dhcp-userclass", "dhcp-ignore",
    "keep-in-foreground", "local-service", "local-ttl", "auth-zone", "auth-server", "ptr-record", "cname",
    "txt-record", "srv-host", "mx-host", "edns-packet-max",
))  # fmt: skip
