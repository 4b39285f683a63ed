"""Clients of the province's platform, judged by what they ask of a simulated one; DB37/T 4225 clause 7."""

from __future__ import annotations

from conformance.harness import Judged, requirement


@requirement("CL-HEADERS")
def test_calls_have_their_headers(client: Judged) -> None:
    """DB37/T 4225—2020 7：客户端的每个请求应有调用方、时间戳、随机数、签名四个请求头，调用方为分配的标识。"""
    client.must_hold()


@requirement("CL-SIGNATURE")
def test_calls_are_rightly_signed(client: Judged) -> None:
    """DB37/T 4225—2020 7：签名应为以密钥对标识、时间戳、随机数依次相接计算的 HMAC-SHA256 的 Base64 编码。"""
    client.must_hold()


@requirement("CL-CLOCK")
def test_calls_tell_the_time(client: Judged) -> None:
    """DB37/T 4225—2020 7：时间戳应为发出请求时的毫秒数，与标准时间相差在有效期以内；重试时重新取时。"""
    client.must_hold()


@requirement("CL-NONCE")
def test_no_nonce_is_used_twice(client: Judged) -> None:
    """DB37/T 4225—2020 7：客户端不得重复使用随机数，重试的请求也应使用新的随机数。"""
    client.must_hold()


@requirement("CL-PARAMETERS")
def test_parameters_are_as_registered(client: Judged) -> None:
    """DB37/T 4225—2020 7：请求的方法、地址、内容类型、参数和批次应与接口登记一致，值符合数据元。"""
    client.must_hold()


@requirement("CL-ENCODING")
def test_parameters_are_rightly_encoded(client: Judged) -> None:
    """DB37/T 4225—2020 7：参数应以 UTF-8 百分号编码，请求体为 UTF-8。"""
    client.must_hold()


@requirement("CL-PERSONAL")
def test_no_personal_data_in_urls(client: Judged) -> None:
    """DB37/T 4225—2020 8：客户端不得把个人信息放在 URL 中。"""
    client.must_hold()


@requirement("CL-PAGING")
def test_all_pages_are_read_once(client: Judged) -> None:
    """DB37/T 4225—2020 7：客户端应读取全部各页，不重复，到末页为止。"""
    client.must_hold()


@requirement("CL-TLS")
def test_the_platforms_certificate_is_verified(client: Judged) -> None:
    """DB37/T 4225—2020 8：平台证书不能核验时（签发机构、主机名、有效期），客户端不得发送请求。"""
    client.must_hold()


@requirement("CL-SLOW")
def test_slow_answers_do_no_harm(client: Judged) -> None:
    """DB37/T 4225—2020 7：平台应答慢时，客户端应等待，或放弃后重发而不造成重复或丢失。"""
    client.must_hold()


@requirement("CL-RETRY")
def test_server_errors_are_retried_within_bounds(client: Judged) -> None:
    """DB37/T 4225—2020 7：平台返回 500、503 时，客户端应间隔一段时间后重试，次数有限。"""
    client.must_hold()


@requirement("CL-TRUNCATED")
def test_cut_answers_are_not_taken_for_whole(client: Judged) -> None:
    """DB37/T 4225—2020 7：应答被截断时，客户端不得当作完整的应答，应重新请求。"""
    client.must_hold()


@requirement("CL-DUPLICATE")
def test_repeated_answers_double_nothing(client: Judged) -> None:
    """DB37/T 4225—2020 7：同一应答到达两次时，客户端保存的记录不得重复。"""
    client.must_hold()


@requirement("CL-REFUSAL")
def test_refused_calls_are_not_repeated_for_ever(client: Judged) -> None:
    """DB37/T 4225—2020 7：请求被拒绝（4xx）后，客户端不得原样反复重发。"""
    client.must_hold()


@requirement("CL-REPEAT")
def test_without_a_receipt_the_same_batch_is_sent_again(client: Judged) -> None:
    """DB37/T 4225—2020 7：没有收到回执的批次，客户端应以相同的系列号、批次号和内容重新传输。"""
    client.must_hold()


@requirement("CL-ORDER")
def test_batches_are_sent_in_order(client: Judged) -> None:
    """DB37/T 4225—2020 7：客户端应按批次号依次传输，收到前一批次的回执后再传下一批次。"""
    client.must_hold()
