"""Access to the extranet: isolation, addresses, routing, VPN, translation; extranet part 2 (draft), reconstructed."""

from __future__ import annotations

from conformance.harness import Judged, requirement


@requirement("NA-ARC-01")
def test_the_class_of_user_fits_the_areas_and_the_exit(site: Judged) -> None:
    """DB37/T XXXX 电子政务外网 第2部分（送审稿） 接入架构与隔离（重构）：接入点连接的区域种类和互联网出口方式应与其用户类别（A至F）的规定完全一致。"""
    site.must_hold()


@requirement("NA-ARC-02")
def test_every_device_on_the_way_is_declared(site: Judged) -> None:
    """DB37/T XXXX 电子政务外网 第2部分（送审稿） 接入架构与隔离（重构）：局域网与外网之间的每台设备应申报角色、厂商、平台、版本、序列号和主机名，三层设备还应提交配置及其摘要；实际路径上不得有未申报的设备。"""
    site.must_hold()


@requirement("NA-ARC-03")
def test_the_mode_of_access_is_one_that_is_allowed(site: Judged) -> None:
    """DB37/T XXXX 电子政务外网 第2部分（送审稿） 接入架构与隔离（重构）：接入方式应为交换机、路由器或防火墙接入，并有相应角色的设备；不得使用集线器；交换机接入的，交换机应支持并启用 802.1Q 和 SNMP。"""
    site.must_hold()


@requirement("NA-ARC-04")
def test_physically_separate_from_the_inner_network(site: Judged) -> None:
    """DB37/T XXXX 电子政务外网 第2部分（送审稿） 接入架构与隔离（重构）：接入点的设备、线路、终端和地址不得与政务内网共用；应提交在有效期内、有签署人和文件摘要的隔离声明，设备配置中不得有内网地址、路由或策略。"""
    site.must_hold()


@requirement("NA-ARC-05")
def test_the_internet_cannot_be_reached(site: Judged) -> None:
    """DB37/T XXXX 电子政务外网 第2部分（送审稿） 接入架构与隔离（重构）：仅接入外网的区域，以 ICMP、TCP、UDP 均不得到达互联网。"""
    site.must_hold()


@requirement("NA-ARC-06")
def test_the_internet_cannot_be_reached_over_ipv6(site: Judged) -> None:
    """DB37/T XXXX 电子政务外网 第2部分（送审稿） 接入架构与隔离（重构）：仅接入外网的区域，以 IPv6 亦不得到达互联网；设备上不得有 6to4、ISATAP、Teredo 和 IPv6-over-IPv4 手工隧道。"""
    site.must_hold()


@requirement("NA-ARC-07")
def test_no_default_route_and_no_route_to_the_internet(site: Judged) -> None:
    """DB37/T XXXX 电子政务外网 第2部分（送审稿） 接入架构与隔离（重构）：接入设备的配置和路由表中不得有缺省路由，不得有地址规划各段以外的路由，不得向外生成缺省路由。"""
    site.must_hold()


@requirement("NA-ARC-08")
def test_no_interface_of_a_device_faces_the_internet(site: Judged) -> None:
    """DB37/T XXXX 电子政务外网 第2部分（送审稿） 接入架构与隔离（重构）：接入设备不得有拨号、PPPoE、蜂窝接口，不得有配置了规划外地址的接口（接口关闭的亦同），不得申报规划外的上联。"""
    site.must_hold()


@requirement("NA-ARC-09")
def test_the_internet_only_by_the_unified_exit(site: Judged) -> None:
    """DB37/T XXXX 电子政务外网 第2部分（送审稿） 接入架构与隔离（重构）：允许访问互联网的类别，互联网流量应只经申报的统一出口，站点外的第一跳应为申报上联的对端。"""
    site.must_hold()


@requirement("NA-ARC-10")
def test_no_terminal_is_on_two_networks(site: Judged) -> None:
    """DB37/T XXXX 电子政务外网 第2部分（送审稿） 接入架构与隔离（重构）：终端不得同时连接外网和互联网，不得有可用的另一缺省路由或网卡，网内不得有开放代理；应提交终端不跨网声明。"""
    site.must_hold()


@requirement("NA-ARC-11")
def test_areas_are_separate(site: Judged) -> None:
    """DB37/T XXXX 电子政务外网 第2部分（送审稿） 接入架构与隔离（重构）：公用网络区和各专用网络区之间不得互访，经登记的交换除外；公共实例不得引入其他 VPN 的路由目标，不得有指向其他实例的静态路由。"""
    site.must_hold()


@requirement("NA-ADR-01")
def test_addresses_lie_in_the_allocation(site: Judged) -> None:
    """DB37/T XXXX 电子政务外网 第2部分（送审稿） IP 地址（重构）：未经转换的局域网前缀和对外发布的前缀应在本接入点的分配范围内。"""
    site.must_hold()


@requirement("NA-ADR-02")
def test_no_addresses_overlap(site: Judged) -> None:
    """DB37/T XXXX 电子政务外网 第2部分（送审稿） IP 地址（重构）：接入点的局域网、互联地址、地址池和环回地址不得相互重叠，不得与其他接入点的分配重叠；同一地址不得有两台设备应答。"""
    site.must_hold()


@requirement("NA-ADR-03")
def test_prefixes_are_canonical_and_of_allowed_length(site: Judged) -> None:
    """DB37/T XXXX 电子政务外网 第2部分（送审稿） IP 地址（重构）：前缀的主机位应为零；掩码长度应符合其用途的规定：互联 /30、/31 或 /127，环回 /32 或 /128，其余按参数档。"""
    site.must_hold()


@requirement("NA-ADR-04")
def test_between_central_and_local_level_only_national_addresses(site: Judged) -> None:
    """DB37/T XXXX 电子政务外网 第2部分（送审稿） IP 地址（重构）：与国家段互访的流量应使用国家地址，上联发布的前缀应为国家段或省段，不得发布本地地址。"""
    site.must_hold()


@requirement("NA-ADR-05")
def test_no_secondary_address_that_is_not_declared(site: Judged) -> None:
    """DB37/T XXXX 电子政务外网 第2部分（送审稿） IP 地址（重构）：接口上不得有未申报为局域网的从地址。"""
    site.must_hold()


@requirement("NA-ADR-06")
def test_sources_are_validated(site: Judged) -> None:
    """DB37/T XXXX 电子政务外网 第2部分（送审稿） IP 地址（重构）：每个局域网接口应启用源地址校验（uRPF）或只放行本网段源地址的过滤；伪造源地址的报文不得离开局域网。"""
    site.must_hold()


@requirement("NA-RTG-01")
def test_the_pair_of_as_numbers_is_the_assigned_one(site: Judged) -> None:
    """DB37/T XXXX 电子政务外网 第2部分（送审稿） 路由（重构）：本端和对端自治域号应为分配给该接入点的一对，申报、配置和会话三者一致。"""
    site.must_hold()


@requirement("NA-RTG-02")
def test_as_numbers_lie_in_the_plan_s_ranges(site: Judged) -> None:
    """DB37/T XXXX 电子政务外网 第2部分（送审稿） 路由（重构）：申报的自治域号应在规划的号段内。"""
    site.must_hold()


@requirement("NA-RTG-03")
def test_sessions_are_those_declared(site: Judged) -> None:
    """DB37/T XXXX 电子政务外网 第2部分（送审稿） 路由（重构）：每条上联的每个地址族应有一个 BGP 会话且处于建立状态，不得有未申报的会话。"""
    site.must_hold()


@requirement("NA-RTG-04")
def test_only_own_prefixes_are_advertised(site: Judged) -> None:
    """DB37/T XXXX 电子政务外网 第2部分（送审稿） 路由（重构）：经出方向过滤后能够发布的路由应全部在申报的发布清单内；引入其他协议的路由应有策略约束；不得转发他人路由或缺省路由。"""
    site.must_hold()


@requirement("NA-RTG-05")
def test_imports_are_filtered_and_limited(site: Judged) -> None:
    """DB37/T XXXX 电子政务外网 第2部分（送审稿） 路由（重构）：每个会话的每个地址族应有入方向前缀过滤和路由数上限。"""
    site.must_hold()


@requirement("NA-RTG-06")
def test_sessions_are_authenticated(site: Judged) -> None:
    """DB37/T XXXX 电子政务外网 第2部分（送审稿） 路由（重构）：每个 BGP 会话应配置认证，口令不得明文保存；对端只接受经认证的会话。"""
    site.must_hold()


@requirement("NA-RTG-07")
def test_no_interior_protocol_speaks_towards_the_lan(site: Judged) -> None:
    """DB37/T XXXX 电子政务外网 第2部分（送审稿） 路由（重构）：OSPF、IS-IS 等内部路由协议不得在局域网接口上收发协议报文。"""
    site.must_hold()


@requirement("NA-RTG-08")
def test_static_routes_are_the_declared_aggregates(site: Judged) -> None:
    """DB37/T XXXX 电子政务外网 第2部分（送审稿） 路由（重构）：指向上联的静态路由应全部申报，前缀应在规划各段之内。"""
    site.must_hold()


@requirement("NA-RTG-09")
def test_address_families_are_enabled_one_by_one(site: Judged) -> None:
    """DB37/T XXXX 电子政务外网 第2部分（送审稿） 路由（重构）：IPv4 会话只承载 IPv4（含 VPNv4）路由，IPv6 会话只承载 IPv6 路由。"""
    site.must_hold()


@requirement("NA-VPN-01")
def test_vpn_instances_are_registered(site: Judged) -> None:
    """DB37/T XXXX 电子政务外网 第2部分（送审稿） VPN（重构）：每个 VPN 实例的名称和路由标识（RD）应与登记一致，RD 在接入点内不重复。"""
    site.must_hold()


@requirement("NA-VPN-02")
def test_route_targets_are_those_of_the_registry(site: Judged) -> None:
    """DB37/T XXXX 电子政务外网 第2部分（送审稿） VPN（重构）：各实例引入和发布的路由目标（RT）应与登记完全一致，不得引入其他 VPN 的路由目标。"""
    site.must_hold()


@requirement("NA-VPN-03")
def test_interfaces_are_in_the_right_instance(site: Judged) -> None:
    """DB37/T XXXX 电子政务外网 第2部分（送审稿） VPN（重构）：每个局域网接口和上联接口应绑定申报的 VPN 实例，公用网络区的接口不绑定实例。"""
    site.must_hold()


@requirement("NA-VPN-04")
def test_no_leaking_between_instances(site: Judged) -> None:
    """DB37/T XXXX 电子政务外网 第2部分（送审稿） VPN（重构）：VPN 之间不得互访；未登记交换的实例之间不得有静态路由互引或路由引入。"""
    site.must_hold()


@requirement("NA-NAT-01")
def test_translation_is_as_declared(site: Judged) -> None:
    """DB37/T XXXX 电子政务外网 第2部分（送审稿） 地址转换（重构）：地址转换的方式应与申报一致：申报转换的局域网以地址池地址出现，其余局域网以原地址出现，不得有未申报的转换。"""
    site.must_hold()


@requirement("NA-NAT-02")
def test_pools_lie_in_the_allocation(site: Judged) -> None:
    """DB37/T XXXX 电子政务外网 第2部分（送审稿） 地址转换（重构）：地址池和静态映射的外侧地址应在本接入点的分配范围内。"""
    site.must_hold()


@requirement("NA-NAT-03")
def test_every_mapping_is_registered(site: Judged) -> None:
    """DB37/T XXXX 电子政务外网 第2部分（送审稿） 地址转换（重构）：静态映射应逐条申报，映射地址上不得开放申报以外的端口。"""
    site.must_hold()


@requirement("NA-NAT-04")
def test_translations_are_logged(site: Judged) -> None:
    """DB37/T XXXX 电子政务外网 第2部分（送审稿） 地址转换（重构）：地址转换应记录日志并送至申报的日志服务器。"""
    site.must_hold()
