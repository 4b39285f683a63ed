"""SM2: the standard's example by each library, the self-test that chooses one, and what is refused whoever asks."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pysmx.SM2
import pytest

from conformance.messages import LANGUAGES
from conformance.signing import sm2
from conformance.signing.curves import SM2, WIDTH, spki_of
from conformance.signing.der import write_signature
from conformance.signing.keys import DEFAULT_DISTID
from conformance.signing.sm2 import Sm2Provider, Sm2UnavailableError, choose, libcrypto, provider, vector
from conformance.signing.sm2.libcrypto import FUNCTIONS, Libcrypto, NoLibraryError, find
from conformance.signing.sm2.openssl import LibraryRefusedError, OpensslBackend
from conformance.signing.sm2.pure import PureBackend
from conformance.signing.sm2.vector import DISTID, MESSAGE, PKCS8, POINT, Backend, R, S

SPKI = spki_of(POINT, SM2)
SIGNATURE = write_signature(R, S)
OPENSSL = OpensslBackend(find())
BACKENDS: list[Backend] = [OPENSSL, PureBackend()]


@pytest.fixture(params=BACKENDS, ids=lambda one: one.name)
def backend(request: pytest.FixtureRequest) -> Backend:
    held: Backend = request.param
    return held


def test_this_machine_has_a_libcrypto_that_signs() -> None:
    """Else every test below would run over gmalg alone and say nothing of it."""
    assert provider().name == "libcrypto"
    assert provider().can_sign


def test_the_example_of_annex_a_holds(backend: Backend) -> None:
    assert backend.holds(POINT, MESSAGE, R, S, DISTID)
    assert Sm2Provider(backend).verify(SPKI, MESSAGE, SIGNATURE, DEFAULT_DISTID)


def test_the_example_holds_in_a_third_library() -> None:
    both = R.to_bytes(WIDTH, "big") + S.to_bytes(WIDTH, "big")
    assert pysmx.SM2.Verify(both, MESSAGE, POINT, uid=DISTID) is True


def test_the_key_of_the_example_is_that_of_its_private_half() -> None:
    assert provider().keeper().public(PKCS8) == SPKI


N = SM2.n
OUT_OF_RANGE = [(0, S), (R, 0), (0, 0), (R, N - R), (N - S, S), (N, S), (R, N), (R + N, S), (R, S + N)]


@pytest.mark.parametrize(("r", "s"), OUT_OF_RANGE)
def test_numbers_out_of_range_are_refused_by_the_library_itself(backend: Backend, r: int, s: int) -> None:
    assert not backend.holds(POINT, MESSAGE, r, s, DISTID)


@pytest.mark.parametrize(("r", "s"), OUT_OF_RANGE)
def test_numbers_out_of_range_are_refused_before_a_library_sees_them(r: int, s: int) -> None:
    assert not Sm2Provider(Gullible()).verify(SPKI, MESSAGE, write_signature(r, s), DEFAULT_DISTID)


@pytest.mark.parametrize("distid", ["1234567812345679", "123456781234567", "", "x" * 256, "TLSv1.3+GM+Cipher+Suite"])
def test_another_identifier_is_refused(backend: Backend, distid: str) -> None:
    assert not Sm2Provider(backend).verify(SPKI, MESSAGE, SIGNATURE, distid)


@pytest.mark.parametrize("distid", ["", "x" * 256])
def test_nothing_is_signed_under_no_identifier(distid: str) -> None:
    with pytest.raises(ValueError, match="identifier"):
        provider().sign(PKCS8, MESSAGE, distid)


def test_the_identifier_goes_into_the_signature() -> None:
    """Were it left to OpenSSL's default, the two would be alike on one version and not on another."""
    for distid in (DEFAULT_DISTID, "政务服务局"):
        signature = provider().sign(PKCS8, MESSAGE, distid)
        for one in BACKENDS:
            holds = {id_: Sm2Provider(one).verify(SPKI, MESSAGE, signature, id_) for id_ in (DEFAULT_DISTID, distid)}
            assert [id_ for id_, held in holds.items() if held] == [distid]


def test_another_key_or_message_is_refused(backend: Backend) -> None:
    asked = Sm2Provider(backend)
    other = provider().keeper().public(provider().keeper().make())
    assert not asked.verify(other, MESSAGE, SIGNATURE, DEFAULT_DISTID)
    assert not asked.verify(SPKI, MESSAGE + b"\x00", SIGNATURE, DEFAULT_DISTID)
    assert not asked.verify(SPKI, b"", SIGNATURE, DEFAULT_DISTID)


@pytest.mark.parametrize("spki", [b"", SPKI[:-1], SPKI + b"\x00", SPKI[:-1] + b"\x00", b"\x00" * 91, b"\xff" * 4096])
def test_a_key_that_is_none_is_refused(backend: Backend, spki: bytes) -> None:
    assert not Sm2Provider(backend).verify(spki, MESSAGE, SIGNATURE, DEFAULT_DISTID)


@dataclass
class Gullible:
    """A library that is wrong in one way."""

    name: str = "accepts_everything"
    right: Backend = BACKENDS[0]

    def holds(self, point: bytes, message: bytes, r: int, s: int, distid: bytes) -> bool:
        wrongly = {
            "accepts_everything": True,
            "accepts_r_zero": r == 0,
            "accepts_s_zero": s == 0,
            "accepts_r_plus_s_n": r + s == N,
            "accepts_n": N in (r, s),
        }
        asked = {
            "ignores_the_message": (point, MESSAGE, r, s, distid),
            "ignores_the_identifier": (point, message, r, s, DISTID),
            "ignores_the_key": (POINT, message, r, s, distid),
        }
        if wrongly.get(self.name) or self.name == "refuses_everything":
            return self.name != "refuses_everything"
        return self.right.holds(*asked.get(self.name, (point, message, r, s, distid)))


FAULTS = [
    *("accepts_everything", "refuses_everything", "ignores_the_message", "ignores_the_identifier", "ignores_the_key"),
    *("accepts_r_zero", "accepts_s_zero", "accepts_r_plus_s_n", "accepts_n"),
]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_library_that_fails_the_self_test_is_not_used(fault: str) -> None:
    assert choose([lambda: Gullible(fault), PureBackend]).name == "gmalg"
    with pytest.raises(Sm2UnavailableError):
        choose([lambda: Gullible(fault)])


def test_the_faults_are_faults_by_name_only() -> None:
    """The fake without a fault passes, so that each fault above is what fails."""
    assert choose([lambda: Gullible("none")]).name == "none"


def test_no_library_is_said_in_both_languages() -> None:
    def missing() -> Backend:
        raise NoLibraryError("none")

    def not_installed() -> Backend:
        raise ImportError("gmalg")

    with pytest.raises(Sm2UnavailableError) as raised:
        choose([missing, not_installed])
    assert all("SM2" in raised.value.message.render(language) for language in LANGUAGES)


def test_a_library_that_only_verifies_says_so_when_asked_to_sign() -> None:
    only = choose([PureBackend])
    assert (only.name, only.can_sign) == ("gmalg", False)
    assert only.verify(SPKI, MESSAGE, SIGNATURE, DEFAULT_DISTID)
    with pytest.raises(Sm2UnavailableError) as raised:
        only.sign(PKCS8, MESSAGE, DEFAULT_DISTID)
    assert "gmalg" in raised.value.message.render("en")


class Misbuilt(OpensslBackend):
    """A build that verifies and does not sign rightly."""

    def sign(self, pkcs8: bytes, message: bytes, distid: bytes) -> bytes:
        return super().sign(pkcs8, message + b"!", distid)


def test_a_build_whose_signatures_do_not_hold_is_used_to_verify_only() -> None:
    assert not choose([lambda: Misbuilt(find())]).can_sign


def test_a_libcrypto_without_a_function_is_no_libcrypto() -> None:
    with pytest.raises(NoLibraryError):
        Libcrypto(ctypes.CDLL("libc.so.6"))


def test_the_names_are_tried_until_one_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    def names() -> Iterator[str]:
        yield from ("no-such-library.so.9", "libc.so.6", *libcrypto.NAMES)

    monkeypatch.setattr(libcrypto, "_names", names)
    assert OpensslBackend(find()).holds(POINT, MESSAGE, R, S, DISTID)
    monkeypatch.setattr(libcrypto, "NAMES", ())
    monkeypatch.setattr(libcrypto, "_names", lambda: iter(("no-such-library.so.9",)))
    with pytest.raises(NoLibraryError):
        find()


def test_every_function_is_bound_with_its_types() -> None:
    """A missing type cuts pointers to 32 bits: it works in a small test and ends the process in a large one."""
    library = find()
    for name, (result, parameters) in FUNCTIONS.items():
        function = getattr(library, name)
        assert (function.restype, tuple(function.argtypes)) == (result, parameters), name
    with pytest.raises(AttributeError):
        _ = library.EVP_sha256


@pytest.mark.parametrize("pkcs8", [b"", b"\x30\x00", PKCS8[:-1], PKCS8 + b"\x00", b"\xff" * 4096])
def test_a_private_key_that_is_none_is_refused(pkcs8: bytes) -> None:
    with pytest.raises(LibraryRefusedError):
        provider().sign(pkcs8, MESSAGE, DEFAULT_DISTID)
    with pytest.raises(LibraryRefusedError):
        provider().keeper().public(pkcs8)


def test_refusals_leave_no_error_behind() -> None:
    """Python's own ssl reads the same queue: what lies there would be taken for its own."""
    held = ctypes.CDLL(next(libcrypto._names()))
    peek = ctypes.CFUNCTYPE(ctypes.c_ulong)(("ERR_peek_error", held))
    with pytest.raises(LibraryRefusedError):
        provider().sign(b"\x30\x00", MESSAGE, DEFAULT_DISTID)
    assert not BACKENDS[0].holds(POINT, MESSAGE, 0, S, DISTID)
    assert peek() == 0


def test_threads_share_nothing() -> None:
    held = provider()

    def work(number: int) -> bool:
        message = b"%d" % number
        signature = held.sign(PKCS8, message, DEFAULT_DISTID)
        right = held.verify(SPKI, message, signature, DEFAULT_DISTID)
        return right and not held.verify(SPKI, message + b".", signature, DEFAULT_DISTID)

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(400)))


def test_the_provider_is_chosen_once() -> None:
    sm2._chosen.cache_clear()
    with ThreadPoolExecutor(8) as pool:
        assert len({id(one) for one in pool.map(lambda _: provider(), range(32))}) == 1


def test_what_the_vector_says_is_what_the_module_uses() -> None:
    assert DEFAULT_DISTID.encode() == vector.DISTID
