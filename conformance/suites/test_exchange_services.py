"""Exchange services: registration, call, answer, refusal, transfer, security; DB37/T 4225, DB37/T 3522 5.2."""

from __future__ import annotations

from conformance.harness import Judged, requirement


@requirement("SV-REG-FORM")
def test_the_registration_is_complete(interface: Judged) -> None:
    """DB37/T 4225—2020 附录A：接口登记应有登记表规定的各项，类型和写法符合规定，且没有表外的项。"""
    interface.must_hold()


@requirement("SV-REG-NAME")
def test_the_interface_is_named_by_the_rule(interface: Judged) -> None:
    """DB37/T 3522—2019 5.2.2.1：接口名称应由提供方规范简称、信息资源名称、接口类别三部分依次组成。"""
    interface.must_hold()


@requirement("SV-REG-CODE")
def test_the_interface_code_is_well_formed(interface: Judged) -> None:
    """DB37/T 3522—2019 5.2.2.3：接口编码应为 16 位：T 或 P、信息资源代码后 12 位（000001000001 至 999999999999）、类别码一位、顺序号两位。"""
    interface.must_hold()


@requirement("SV-REG-CLASS")
def test_the_class_fits_the_interface(interface: Judged) -> None:
    """DB37/T 3522—2019 5.2.2.2：接口类别应为 1、2、3、4、9 之一，与编码中的类别码一致；协议、请求方式、分页方式、参数和返回结果应是该类接口可有的。"""
    interface.must_hold()


@requirement("SV-REG-PROVIDER")
def test_provider_and_resource_are_rightly_coded(interface: Judged) -> None:
    """DB37/T 3522—2019 5.2.2.3：提供方代码应为校验码无误的统一社会信用代码；信息资源代码应符合编码规则，其后 12 位与接口编码中的一致。"""
    interface.must_hold()


@requirement("SV-REG-ELEMENT")
def test_parameters_and_results_are_data_elements(interface: Judged) -> None:
    """DB37/T 4225—2020 附录A：每个请求参数和返回字段应引用现行数据元，名称不重复；主键、判定日期项应是其中的字段，区划项应写明可用的代码系统。"""
    interface.must_hold()


@requirement("SV-REG-PERSONAL")
def test_no_personal_data_travel_in_urls(interface: Judged) -> None:
    """DB37/T 4225—2020 8：以 URL 传递参数的接口（请求方式 query），不得以个人信息为请求参数。"""
    interface.must_hold()


@requirement("SV-REG-UNIQUE")
def test_no_two_interfaces_share_code_or_path(node: Judged) -> None:
    """DB37/T 3522—2019 5.2.2.3：同一节点的各接口，编码不得重复，请求方法相同的地址不得重复。"""
    node.must_hold()


@requirement("SV-TLS")
def test_only_sound_versions_of_tls(node: Judged) -> None:
    """DB37/T 4225—2020 8：服务应以 TLS 1.2 或以上版本提供，并拒绝更早的版本。"""
    node.must_hold()


@requirement("SV-CERT")
def test_the_certificate_is_good(node: Judged) -> None:
    """DB37/T 4225—2020 8：服务器证书应由可信机构签发，与访问的主机名相符，在有效期内且剩余有效期和密钥长度不少于规定值。"""
    node.must_hold()


@requirement("SV-PLAIN")
def test_nothing_is_served_in_the_clear(node: Judged) -> None:
    """DB37/T 4225—2020 8：服务不得以明文 HTTP 提供：明文端口应不监听、拒绝，或只转到 HTTPS 地址。"""
    node.must_hold()


@requirement("SV-UNDECLARED")
def test_nothing_is_served_that_is_not_registered(node: Judged) -> None:
    """DB37/T 4225—2020 8：节点不得提供未登记的操作：未登记的地址返回接口不存在，已登记地址的其他方法返回方法不允许。"""
    node.must_hold()


@requirement("SV-AVAILABLE")
def test_the_service_is_available(node: Judged) -> None:
    """DB37/T 4225—2020 6：检测期间的请求应得到应答：连接中断和返回 502、503、504 的比例不得超过规定值。"""
    node.must_hold()


@requirement("SV-LOG")
def test_every_call_is_logged(node: Judged) -> None:
    """DB37/T 4225—2020 8：每次调用应记入日志：请求标识、调用方、接口、时间、返回代码，与实际调用一致。"""
    node.must_hold()


@requirement("SV-LOG-PERSONAL")
def test_the_log_holds_no_personal_data(node: Judged) -> None:
    """DB37/T 4225—2020 8：日志中不得出现请求参数和传输记录中的个人信息。"""
    node.must_hold()


@requirement("SV-AUTH-HEADERS")
def test_calls_without_a_header_are_refused(interface: Judged) -> None:
    """DB37/T 4225—2020 8：缺少调用方、时间戳、随机数、签名任一请求头的请求应被拒绝。"""
    interface.must_hold()


@requirement("SV-AUTH-CLIENT")
def test_unknown_clients_are_refused(interface: Judged) -> None:
    """DB37/T 4225—2020 8：不认识的调用方标识应被拒绝。"""
    interface.must_hold()


@requirement("SV-AUTH-SIGNATURE")
def test_wrong_signatures_are_refused(interface: Judged) -> None:
    """DB37/T 4225—2020 8：签名应为以调用方密钥对标识、时间戳、随机数计算的 HMAC-SHA256 的 Base64 编码；不符的请求应被拒绝。"""
    interface.must_hold()


@requirement("SV-AUTH-CLOCK")
def test_stale_timestamps_are_refused(interface: Judged) -> None:
    """DB37/T 4225—2020 8：时间戳与当前时间相差超过十分钟（早或晚）的请求应被拒绝，十分钟以内的应被接受。"""
    interface.must_hold()


@requirement("SV-AUTH-NONCE")
def test_used_nonces_are_refused(interface: Judged) -> None:
    """DB37/T 4225—2020 8：在时间戳有效期内用过的随机数再次使用时应被拒绝。"""
    interface.must_hold()


@requirement("SV-AUTH-GRANT")
def test_interfaces_are_for_those_granted(interface: Judged) -> None:
    """DB37/T 4225—2020 8：调用方只能使用授权给它的接口，对其他接口的请求应被拒绝。"""
    interface.must_hold()


@requirement("SV-AUTH-ROWS")
def test_only_rows_that_are_granted(interface: Judged) -> None:
    """DB37/T 4225—2020 8：只授权部分区划记录的调用方，在查询和下载中不得得到其他记录，总数也不得包含。"""
    interface.must_hold()


@requirement("SV-CLAIMED")
def test_what_is_registered_is_served(interface: Judged) -> None:
    """DB37/T 4225—2020 6：已登记的接口应按登记的地址和方法提供服务。"""
    interface.must_hold()


@requirement("SV-ACCEPT")
def test_valid_calls_are_accepted(interface: Judged) -> None:
    """DB37/T 4225—2020 5：符合登记的请求应被接受，不得因其中合规的取值而拒绝。"""
    interface.must_hold()


@requirement("SV-ENVELOPE")
def test_answers_are_in_the_envelope(interface: Judged) -> None:
    """DB37/T 4225—2020 5：应答应为 JSON 报文：代码、说明、请求标识、数据，类型正确，没有其他成员；每次应答的请求标识不同。"""
    interface.must_hold()


@requirement("SV-ENCODING")
def test_answers_are_rightly_encoded(interface: Judged) -> None:
    """DB37/T 4225—2020 5：应答应为 UTF-8，不带 BOM，内容与标明的字符集一致，字符不损坏。"""
    interface.must_hold()


@requirement("SV-TIME")
def test_answers_come_in_time(interface: Judged) -> None:
    """DB37/T 4225—2020 6：在规定比例的请求中，响应时间不得超过规定值或接口登记的更短时间。"""
    interface.must_hold()


@requirement("SV-CONCURRENCY")
def test_calls_at_once_are_all_answered_well(interface: Judged) -> None:
    """DB37/T 4225—2020 6：规定数量的请求同时到达时，每个都应正确应答，且互不混淆。"""
    interface.must_hold()


@requirement("SV-RESULTS")
def test_rows_are_as_registered(interface: Judged) -> None:
    """DB37/T 4225—2020 附录A：返回的记录应只有登记的字段，必有字段都有值，值一律为文本，没有值的字段不出现。"""
    interface.must_hold()


@requirement("SV-CRITERIA")
def test_rows_meet_the_criteria(interface: Judged) -> None:
    """DB37/T 4225—2020 5：查询返回的记录应符合全部查询条件，符合条件的记录不得遗漏。"""
    interface.must_hold()


@requirement("SV-URL")
def test_parameters_are_rightly_decoded(interface: Judged) -> None:
    """DB37/T 4225—2020 7：百分号编码的参数应按 UTF-8 解码：汉字、保留字符、空格（%20 或 +）都按原值处理。"""
    interface.must_hold()


@requirement("SV-PAGING")
def test_pages_without_gaps_or_repeats(interface: Judged) -> None:
    """DB37/T 4225—2020 5：逐页读取应得到全部记录，不漏、不重、顺序稳定；超出末页的页没有记录；各页的记录数符合请求。"""
    interface.must_hold()


@requirement("SV-TOTAL")
def test_totals_are_right(interface: Judged) -> None:
    """DB37/T 4225—2020 5：应答中的总数应等于符合条件的记录数，与分页无关，各页一致。"""
    interface.must_hold()


@requirement("SV-VERIFY")
def test_verifications_are_right(interface: Judged) -> None:
    """DB37/T 3522—2019 5.2.2.2：所给各项与同一条记录一致时返回一致，有任一项不一致或没有该记录时返回不一致；不返回其他信息。"""
    interface.must_hold()


@requirement("SV-DOWNLOAD")
def test_downloads_are_whole(interface: Judged) -> None:
    """DB37/T 3522—2019 5.2.2.2：下载应为每行一条记录的 JSON Lines（UTF-8），头中的记录数和摘要与内容一致。"""
    interface.must_hold()


@requirement("SV-REFUSE-MISSING")
def test_missing_parameters_are_refused(interface: Judged) -> None:
    """DB37/T 4225—2020 5：缺少必填参数或其值为空的请求，应以“缺少必填参数”拒绝。"""
    interface.must_hold()


@requirement("SV-REFUSE-SURPLUS")
def test_surplus_parameters_are_refused(interface: Judged) -> None:
    """DB37/T 4225—2020 5：含有未登记的参数或字段、或同一参数出现两次的请求，应以“有未登记的参数”拒绝。"""
    interface.must_hold()


@requirement("SV-REFUSE-TYPE")
def test_wrong_types_are_refused(interface: Judged) -> None:
    """DB37/T 4225—2020 5：字符种类不符的值，以及 JSON 中不是文本的值（数字、布尔值、null、列表、对象），应被拒绝。"""
    interface.must_hold()


@requirement("SV-REFUSE-LENGTH")
def test_wrong_lengths_are_refused(interface: Judged) -> None:
    """DB37/T 4225—2020 5：长度不在数据元规定范围内的值应被拒绝，不得截断后接受。长度按字符计。"""
    interface.must_hold()


@requirement("SV-REFUSE-FORMAT")
def test_wrong_formats_are_refused(interface: Judged) -> None:
    """DB37/T 4225—2020 5：不符合数据元表示格式的值应被拒绝。"""
    interface.must_hold()


@requirement("SV-REFUSE-DATE")
def test_dates_that_do_not_exist_are_refused(interface: Judged) -> None:
    """DB37/T 4225—2020 5：不存在的日期或时间（如 2 月 30 日）应被拒绝。"""
    interface.must_hold()


@requirement("SV-REFUSE-DOMAIN")
def test_codes_outside_their_list_are_refused(interface: Judged) -> None:
    """DB37/T 4225—2020 5：不在数据元值域代码表内的代码应被拒绝。"""
    interface.must_hold()


@requirement("SV-REFUSE-CHECK")
def test_wrong_check_characters_are_refused(interface: Judged) -> None:
    """DB37/T 4225—2020 5：公民身份号码、统一社会信用代码等标识，校验码错误的应被拒绝。"""
    interface.must_hold()


@requirement("SV-REFUSE-DIVISION")
def test_unknown_and_abolished_divisions_are_refused(interface: Judged) -> None:
    """DB37/T 4225—2020 5：不存在的行政区划代码，以及在判定日期已撤销或级别不符的代码，应被拒绝。"""
    interface.must_hold()


@requirement("SV-REFUSE-PAGING")
def test_wrong_paging_is_refused(interface: Judged) -> None:
    """DB37/T 4225—2020 5：缺少分页参数，分页参数不是数字、小于首值、每页记录数为 0 或超过登记的上限时，应被拒绝，不得自行取默认值。"""
    interface.must_hold()


@requirement("SV-REFUSE-BODY")
def test_malformed_bodies_are_refused(interface: Judged) -> None:
    """DB37/T 4225—2020 5：请求体不是格式正确的 JSON、键重复、不是规定的批次结构或超过每批记录数上限的，应被拒绝。"""
    interface.must_hold()


@requirement("SV-REFUSE-CONTENT")
def test_other_content_types_are_refused(interface: Judged) -> None:
    """DB37/T 4225—2020 5：请求体的内容类型不是登记的请求方式所规定的，应被拒绝。"""
    interface.must_hold()


@requirement("SV-REFUSE-SIZE")
def test_over_long_bodies_are_refused(interface: Judged) -> None:
    """DB37/T 4225—2020 5：超过登记上限的请求体应被拒绝。"""
    interface.must_hold()


@requirement("SV-REFUSE-METHOD")
def test_other_methods_are_refused(interface: Judged) -> None:
    """DB37/T 4225—2020 5：以登记以外的 HTTP 方法请求时应被拒绝。"""
    interface.must_hold()


@requirement("SV-ERROR-STATUS")
def test_refusals_have_their_status(interface: Judged) -> None:
    """DB37/T 4225—2020 5：拒绝时的 HTTP 状态应为错误目录为该代码规定的状态，不得以成功状态返回错误。"""
    interface.must_hold()


@requirement("SV-ERROR-CODE")
def test_refusals_say_why(interface: Judged) -> None:
    """DB37/T 4225—2020 5：拒绝时的代码应为错误目录中与原因相符的代码。"""
    interface.must_hold()


@requirement("SV-ERROR-SERVER")
def test_the_service_does_not_break(interface: Judged) -> None:
    """DB37/T 4225—2020 5：任何请求都不得使服务返回 5xx：不合规的请求应被拒绝，合规的应正常应答。"""
    interface.must_hold()


@requirement("SV-ERROR-ENVELOPE")
def test_refusals_are_in_the_envelope(interface: Judged) -> None:
    """DB37/T 4225—2020 5：拒绝时的应答也应是规定的报文结构。"""
    interface.must_hold()


@requirement("SV-ERROR-LEAK")
def test_errors_tell_nothing_of_the_inside(interface: Judged) -> None:
    """DB37/T 4225—2020 8：错误信息不得含调用栈、数据库语句、类名或文件路径。"""
    interface.must_hold()


@requirement("SV-NO-EFFECT")
def test_refused_calls_change_nothing(interface: Judged) -> None:
    """DB37/T 4225—2020 6：被拒绝的请求不得改变数据：通过查询和下载看到的状态应与请求之前相同。"""
    interface.must_hold()


@requirement("SV-TRANSFER-STORED")
def test_what_was_received_is_there_once(interface: Judged) -> None:
    """DB37/T 3522—2019 5.2.2.2：给出回执的批次，其每条记录应立即可以查到，且只有一份。"""
    interface.must_hold()


@requirement("SV-TRANSFER-VALUES")
def test_values_are_kept_as_sent(interface: Judged) -> None:
    """DB37/T 3522—2019 5.2.2.2：收下的记录，其各字段的值应与传入的一致，不截断、不改写、不丢失。"""
    interface.must_hold()


@requirement("SV-TRANSFER-REPEAT")
def test_a_batch_sent_again_changes_nothing(interface: Judged) -> None:
    """DB37/T 4225—2020 6：同一批次以相同内容再次传输时，应给出相同的回执，数据不变。"""
    interface.must_hold()


@requirement("SV-TRANSFER-CONFLICT")
def test_conflicts_are_refused(interface: Judged) -> None:
    """DB37/T 4225—2020 6：同一批次以不同内容再次传输，新增已有的记录，更新、删除没有的记录，或同一批次中主键重复的，应被拒绝。"""
    interface.must_hold()


@requirement("SV-TRANSFER-ORDER")
def test_batches_follow_one_another(interface: Judged) -> None:
    """DB37/T 4225—2020 6：同一系列的批次号从 000001 起连续，跳号的批次应被拒绝，补上后可继续。"""
    interface.must_hold()


@requirement("SV-TRANSFER-ATOMIC")
def test_batches_are_taken_whole_or_not_at_all(interface: Judged) -> None:
    """DB37/T 4225—2020 6：含有一条不合规记录的批次应整体拒绝，其中的其他记录也不入库。"""
    interface.must_hold()


@requirement("SV-TRANSFER-INTERRUPTED")
def test_interrupted_uploads_leave_nothing(interface: Judged) -> None:
    """DB37/T 4225—2020 6：上传中断的批次不得留下任何记录，之后应可重新传输并收下。"""
    interface.must_hold()


@requirement("SV-TRANSFER-SENDERS")
def test_two_senders_at_once_lose_nothing(interface: Judged) -> None:
    """DB37/T 4225—2020 6：两个发送方同时传输时，双方收下的记录都应在，且各一份。"""
    interface.must_hold()


@requirement("SV-TRANSFER-KEPT")
def test_nothing_acknowledged_is_lost(interface: Judged) -> None:
    """DB37/T 4225—2020 6：任意顺序的新增、更新、删除、重传和中断之后，数据应正是已确认的各批次的结果。"""
    interface.must_hold()
