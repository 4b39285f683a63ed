"""Access to the extranet: boundary, remote access, management, names, quality, documents; extranet part 2 (draft)."""

from __future__ import annotations

from conformance.harness import Judged, requirement


@requirement("NA-SEC-01")
def test_a_stateful_filter_stands_at_the_boundary(site: Judged) -> None:
    """DB37/T XXXX 电子政务外网 第2部分（送审稿） 边界防护（重构）：局域网与上联之间，两个方向、IPv4 与 IPv6 均应经过缺省拒绝的有状态过滤；从外部不得到达申报流量以外的端口。"""
    site.must_hold()


@requirement("NA-SEC-02")
def test_what_is_permitted_is_in_the_flow_matrix(site: Judged) -> None:
    """DB37/T XXXX 电子政务外网 第2部分（送审稿） 边界防护（重构）：边界放行的源、目的、协议、端口的集合应是申报流量清单的子集。"""
    site.must_hold()


@requirement("NA-SEC-03")
def test_high_risk_ports_cannot_be_reached(site: Judged) -> None:
    """DB37/T XXXX 电子政务外网 第2部分（送审稿） 边界防护（重构）：从外部不得放行高危端口（135、137至139、445、3389 等，按参数档），这些端口不得应答。"""
    site.must_hold()


@requirement("NA-SEC-04")
def test_the_last_rule_is_an_explicit_logged_deny(site: Judged) -> None:
    """DB37/T XXXX 电子政务外网 第2部分（送审稿） 边界防护（重构）：边界每个过滤的末条规则或缺省动作应为显式拒绝并记录日志，不得依赖设备的隐含动作。"""
    site.must_hold()


@requirement("NA-SEC-05")
def test_rules_are_tidy(site: Judged) -> None:
    """DB37/T XXXX 电子政务外网 第2部分（送审稿） 边界防护（重构）：不得有被遮蔽、过期、任意到任意放行的规则；每条放行规则应有说明，每项流量应有责任单位、用途和未过的期限。"""
    site.must_hold()


@requirement("NA-SEC-06")
def test_terminals_are_admitted_by_authentication(site: Judged) -> None:
    """DB37/T XXXX 电子政务外网 第2部分（送审稿） 边界防护（重构）：终端应经 802.1X 或接入平台认证后入网；采用 802.1X 的，设备全局和每个局域网接口均应启用。"""
    site.must_hold()


@requirement("NA-SEC-07")
def test_protection_from_intrusion_and_malware(site: Judged) -> None:
    """DB37/T XXXX 电子政务外网 第2部分（送审稿） 边界防护（重构）：边界应有入侵防护和恶意代码防护产品，特征库日期不得早于参数档规定的天数。"""
    site.must_hold()


@requirement("NA-SEC-08")
def test_devices_are_hardened(site: Judged) -> None:
    """DB37/T XXXX 电子政务外网 第2部分（送审稿） 边界防护（重构）：应关闭 ICMP 重定向、源路由、定向广播和不用的服务。"""
    site.must_hold()


@requirement("NA-RAS-01")
def test_remote_access_only_by_the_secure_access_platform(site: Judged) -> None:
    """DB37/T XXXX 电子政务外网 第2部分（送审稿） 远程接入（重构）：远程接入应只经安全接入平台，不得自建 L2TP、PPTP、SSL VPN 等网关，自有地址上不得有此类端口应答。"""
    site.must_hold()


@requirement("NA-RAS-02")
def test_algorithms_of_ike_and_ipsec(site: Judged) -> None:
    """DB37/T XXXX 电子政务外网 第2部分（送审稿） 远程接入（重构）：IKE 和 IPsec 提议的加密、完整性、密钥交换算法应全部在允许清单内；网关应拒绝弱提议，接受合格提议。"""
    site.must_hold()


@requirement("NA-RAS-03")
def test_peers_authenticate_by_certificate(site: Judged) -> None:
    """DB37/T XXXX 电子政务外网 第2部分（送审稿） 远程接入（重构）：IPsec 对端应以证书或 SM2 认证，不得使用预共享密钥。"""
    site.must_hold()


@requirement("NA-RAS-04")
def test_versions_of_tls(site: Judged) -> None:
    """DB37/T XXXX 电子政务外网 第2部分（送审稿） 远程接入（重构）：SSL VPN 和门户应只接受参数档规定版本（TLS 1.2）及以上的 TLS 或 TLCP。"""
    site.must_hold()


@requirement("NA-RAS-05")
def test_the_server_s_certificate_is_good(site: Judged) -> None:
    """DB37/T XXXX 电子政务外网 第2部分（送审稿） 远程接入（重构）：门户证书的名称应与域名一致，在有效期内，密钥长度和签名摘要符合参数档。"""
    site.must_hold()


@requirement("NA-RAS-06")
def test_no_split_tunnel_while_connected(site: Judged) -> None:
    """DB37/T XXXX 电子政务外网 第2部分（送审稿） 远程接入（重构）：远程终端接入期间，除隧道外不得有其他流量出口。"""
    site.must_hold()


@requirement("NA-MGT-01")
def test_time_is_synchronised(site: Judged) -> None:
    """DB37/T XXXX 电子政务外网 第2部分（送审稿） 设备管理（重构）：设备应配置不少于两个且均为申报的时间源；时间源应已同步，层级和偏差在限值内。"""
    site.must_hold()


@requirement("NA-MGT-02")
def test_snmp_is_version_3_with_privacy(site: Judged) -> None:
    """DB37/T XXXX 电子政务外网 第2部分（送审稿） 设备管理（重构）：SNMP 应只启用 v3 认证加密方式，不得配置团体名；v1、v2c 和缺省团体名不得应答。"""
    site.must_hold()


@requirement("NA-MGT-03")
def test_management_only_from_declared_sources(site: Judged) -> None:
    """DB37/T XXXX 电子政务外网 第2部分（送审稿） 设备管理（重构）：设备启用的每项管理服务应只对申报的管理前缀开放，从上联侧其他地址不得应答。"""
    site.must_hold()


@requirement("NA-MGT-04")
def test_management_protocols(site: Judged) -> None:
    """DB37/T XXXX 电子政务外网 第2部分（送审稿） 设备管理（重构）：Telnet、HTTP、FTP、TFTP 服务应关闭；SSH 应为第 2 版，算法均在允许清单内。"""
    site.must_hold()


@requirement("NA-MGT-05")
def test_events_reach_the_collector(site: Judged) -> None:
    """DB37/T XXXX 电子政务外网 第2部分（送审稿） 设备管理（重构）：设备应把日志送至申报的日志服务器；登录、变更、拒绝事件应在时限内到达，并带设备名。"""
    site.must_hold()


@requirement("NA-MGT-06")
def test_logs_are_kept(site: Judged) -> None:
    """DB37/T XXXX 电子政务外网 第2部分（送审稿） 设备管理（重构）：日志应留存不少于六个月（参数档为180天），并防止篡改；应提交日志留存与防篡改说明。"""
    site.must_hold()


@requirement("NA-MGT-07")
def test_accounts_are_safe(site: Judged) -> None:
    """DB37/T XXXX 电子政务外网 第2部分（送审稿） 设备管理（重构）：管理账号应实名、经 AAA 集中认证并保留本地后备，启用登录失败锁定和空闲超时，无缺省账号，口令以不可逆方式保存。"""
    site.must_hold()


@requirement("NA-DNS-01")
def test_the_extranet_s_resolvers_are_used(site: Judged) -> None:
    """DB37/T XXXX 电子政务外网 第2部分（送审稿） 域名（重构）：终端和设备应只使用申报的外网域名服务器；登记的域名应有地址，解析结果与登记一致，IPv4、IPv6 均同。"""
    site.must_hold()


@requirement("NA-DNS-02")
def test_no_answers_for_internet_names(site: Judged) -> None:
    """DB37/T XXXX 电子政务外网 第2部分（送审稿） 域名（重构）：外网域名服务器不得对仅接入外网的区域解析互联网域名，不得成为域名隧道。"""
    site.must_hold()


@requirement("NA-DNS-03")
def test_names_follow_the_naming_plan(site: Judged) -> None:
    """DB37/T XXXX 电子政务外网 第2部分（送审稿） 域名（重构）：登记的域名应符合命名格式，并在外网域名区之内。"""
    site.must_hold()


@requirement("NA-QOS-01")
def test_bandwidth_is_of_its_class(site: Judged) -> None:
    """DB37/T XXXX 电子政务外网 第2部分（送审稿） 服务质量（重构）：每条上联的带宽应不低于单位层级对应的等级，实测应达到参数档规定的比例。"""
    site.must_hold()


@requirement("NA-QOS-02")
def test_delay_and_jitter(site: Judged) -> None:
    """DB37/T XXXX 电子政务外网 第2部分（送审稿） 服务质量（重构）：到参照点的往返时延和抖动应在参数档限值内。"""
    site.must_hold()


@requirement("NA-QOS-03")
def test_loss(site: Judged) -> None:
    """DB37/T XXXX 电子政务外网 第2部分（送审稿） 服务质量（重构）：按参数档的检测方案（报文数、允许丢失数、置信度）检测，丢失不得超过允许数。"""
    site.must_hold()


@requirement("NA-QOS-04")
def test_path_mtu(site: Judged) -> None:
    """DB37/T XXXX 电子政务外网 第2部分（送审稿） 服务质量（重构）：1500 字节（按参数档）的报文应能通过，不得有路径 MTU 黑洞。"""
    site.must_hold()


@requirement("NA-QOS-05")
def test_two_uplinks(site: Judged) -> None:
    """DB37/T XXXX 电子政务外网 第2部分（送审稿） 服务质量（重构）：按层级需要双上联的接入点，应有接到两台不同 PE、路由或运营商不同的两条上联，均有地址和会话，均能承载流量。"""
    site.must_hold()


@requirement("NA-QOS-06")
def test_fail_over(site: Judged) -> None:
    """DB37/T XXXX 电子政务外网 第2部分（送审稿） 服务质量（重构）：主用上联中断后，流量应在参数档时限内恢复；申报 BFD 的上联应配置 BFD。"""
    site.must_hold()


@requirement("NA-V6-01")
def test_ipv6_works(site: Judged) -> None:
    """DB37/T XXXX 电子政务外网 第2部分（送审稿） IPv6（重构）：未经转换的公用网络区局域网和每条公用上联应有 IPv6 地址并启用 IPv6，申报的服务应能经 IPv6 到达。"""
    site.must_hold()


@requirement("NA-V6-02")
def test_ipv6_filters_are_as_strict_as_ipv4(site: Judged) -> None:
    """DB37/T XXXX 电子政务外网 第2部分（送审稿） IPv6（重构）：边界对 IPv6 的过滤应与 IPv4 同样严格：每个方向都有过滤，放行规则都有对应的 IPv4 规则或申报流量。"""
    site.must_hold()


@requirement("NA-DOC-01")
def test_names_of_devices_and_interfaces(site: Judged) -> None:
    """DB37/T XXXX 电子政务外网 第2部分（送审稿） 文档与一致性（重构）：设备主机名应为“地域-部门-角色序号”，上联接口描述应为“TO-对端-线路”。"""
    site.must_hold()


@requirement("NA-DOC-02")
def test_the_export_is_whole_and_understood(site: Judged) -> None:
    """DB37/T XXXX 电子政务外网 第2部分（送审稿） 文档与一致性（重构）：提交的配置应完整，平台与申报一致，涉及要求的各段配置均能识读。"""
    site.must_hold()


@requirement("NA-DOC-03")
def test_declaration_configuration_and_observation_agree(site: Judged) -> None:
    """DB37/T XXXX 电子政务外网 第2部分（送审稿） 文档与一致性（重构）：局域网前缀、上联地址、带宽和主机名在申报与配置中应一致，配置与检测结果应一致。"""
    site.must_hold()


@requirement("NA-CMP-01")
def test_classified_protection_and_cryptography_assessment(site: Judged) -> None:
    """DB37/T XXXX 电子政务外网 第2部分（送审稿） 合规（重构）：应申报不低于单位层级要求的网络安全等级保护级别、备案号和有效期内的测评日期；达到规定级别的还应有密码应用安全性评估日期。"""
    site.must_hold()
