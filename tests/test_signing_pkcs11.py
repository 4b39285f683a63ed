"""Keys in a device: a real SoftHSM token; the private key never leaves it, and each failure has its own words."""

from __future__ import annotations

import builtins
import shutil
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from signing_made import made

from conformance.messages import LANGUAGES
from conformance.signing.curves import P256, spki_of
from conformance.signing.der import read_signature
from conformance.signing.keys import TEST_NAME, PublicKey, key_id
from conformance.signing.signers import PIN, SignerError, open_signer
from conformance.signing.signers.uri import Place, read_uri
from conformance.signing.verifying import verify_signature

MODULES = (
    *("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/softhsm/libsofthsm2.so", "/usr/lib64/libsofthsm2.so"),
    *("/usr/local/lib/softhsm/libsofthsm2.so", "/opt/homebrew/lib/softhsm/libsofthsm2.so"),
)
USER_PIN = b"4711-pin"
LABEL = "办公室 2026"


@dataclass(frozen=True)
class Device:
    module: str
    key: PublicKey

    def uri(self, **changed: str) -> str:
        parts = {"token": "%E5%8A%9E%E5%85%AC%E5%AE%A4%202026", "object": "certificate-2026", **changed}
        path = ";".join(f"{name}={value}" for name, value in parts.items() if value and name != "module")
        return f"pkcs11:{path}?module-path={parts.get('module', self.module)}"


@pytest.fixture(scope="module")
def device(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Device]:
    """A token with two keys of P-256 (and one label that two keys share), in a folder of its own."""
    module = next((path for path in MODULES if Path(path).exists()), None)
    assert module, f"SoftHSM is not installed (softhsm2): none of {', '.join(MODULES)}"
    assert shutil.which("softhsm2-util"), "softhsm2-util is not installed (softhsm2)"
    folder = tmp_path_factory.mktemp("hsm")
    (folder / "tokens").mkdir()
    conf = folder / "softhsm2.conf"
    conf.write_text(f"directories.tokendir = {folder / 'tokens'}\nobjectstore.backend = file\nlog.level = ERROR\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOFTHSM2_CONF", str(conf))
        subprocess.run(
            [
                "softhsm2-util",
                "--init-token",
                "--free",
                "--label",
                LABEL,
                "--so-pin",
                "so-pin-1",
                "--pin",
                USER_PIN.decode(),
            ],
            check=True,
            capture_output=True,
        )
        import pkcs11  # noqa: PLC0415 - the extra `office`

        pkcs11.unload(module)
        try:
            yield Device(module, _filled(pkcs11, module))
        finally:
            pkcs11.unload(module)


def _filled(pkcs11: Any, module: str) -> PublicKey:
    """Keys made in the token; the public half of the first."""
    token = pkcs11.lib(module).get_token(token_label=LABEL)
    with token.open(rw=True, user_pin=USER_PIN.decode()) as session:
        curve = pkcs11.util.ec.encode_named_curve_parameters("secp256r1")
        points = []
        for label, id_ in (("certificate-2026", b"\x01"), ("twice", b"\x02"), ("twice", b"\x03")):
            parameters = session.create_domain_parameters(
                pkcs11.KeyType.EC, {pkcs11.Attribute.EC_PARAMS: curve}, local=True
            )
            public, private = parameters.generate_keypair(store=True, label=label, id=id_)
            assert private[pkcs11.Attribute.SENSITIVE]
            assert not private[pkcs11.Attribute.EXTRACTABLE]
            points.append(bytes(public[pkcs11.Attribute.EC_POINT])[-64:])
    spki = spki_of(points[0], P256)
    return PublicKey(key_id(spki, test=True), "ES256", TEST_NAME, ("certificate",), spki)


def pin(_: str) -> bytes:
    return USER_PIN


def refused(
    device: Device, reference: str, asked: Callable[[str], bytes] = pin, key: PublicKey | None = None
) -> SignerError:
    with pytest.raises(SignerError) as raised:
        open_signer(reference, key or device.key, asked).sign(b"x")
    assert all(raised.value.message.render(language) for language in LANGUAGES)
    return raised.value


def test_a_token_signs_and_asks_for_its_pin_once(device: Device) -> None:
    asked = []

    def asking(prompt: str) -> bytes:
        asked.append(prompt)
        return USER_PIN

    signer = open_signer(device.uri(), device.key, asking)
    for number in range(24):
        signature = signer.sign(b"%d" % number)
        assert verify_signature(device.key, b"%d" % number, signature)
        assert read_signature(signature, P256)
    assert asked == [PIN]


def test_a_key_is_found_by_its_id(device: Device) -> None:
    assert open_signer(device.uri(object="", id="%01"), device.key, pin).sign(b"x")
    assert open_signer(device.uri(id="%01", type="private"), device.key, pin).sign(b"x")
    assert refused(device, device.uri(id="%02")).id == "signing.pkcs11.key"


def test_threads_sign_one_after_another(device: Device) -> None:
    """A device logs in for the whole process: two sessions at once would log one another out."""
    signer = open_signer(device.uri(), device.key, pin)
    with ThreadPoolExecutor(4) as pool:
        signatures = list(pool.map(lambda number: signer.sign(b"%d" % number), range(24)))
    assert all(verify_signature(device.key, b"%d" % number, one) for number, one in enumerate(signatures))


@pytest.mark.parametrize("wrong", [b"4711-pim", b"", b"1", b"\xff", b"9" * 300])
def test_a_wrong_pin_has_its_own_words(device: Device, wrong: bytes) -> None:
    assert refused(device, device.uri(), lambda _: wrong).id == "signing.pkcs11.pin"
    assert open_signer(device.uri(), device.key, pin).sign(b"x")


def test_none_and_several_are_not_guessed_between(device: Device) -> None:
    for changed, id_, count in (
        ({"token": "none"}, "signing.pkcs11.token", 0),
        ({"serial": "none"}, "signing.pkcs11.token", 0),
        ({"object": "none"}, "signing.pkcs11.key", 0),
        ({"object": "twice"}, "signing.pkcs11.key", 2),
    ):
        error = refused(device, device.uri(**changed))
        assert (error.id, error.params["count"]) == (id_, count)


def test_another_key_of_the_token_is_found_out_before_its_signature_leaves(device: Device) -> None:
    assert refused(device, device.uri(object="twice", id="%03")).id == "signing.signer.does-not-verify"


def test_a_module_that_is_none(device: Device, tmp_path: Path) -> None:
    for module in (str(tmp_path / "none.so"), str(tmp_path)):
        assert refused(device, device.uri(module=module)).id == "signing.pkcs11.failed"


def test_sm2_is_not_asked_of_pkcs11(device: Device) -> None:
    error = refused(device, device.uri(), key=made("SM2").key)
    assert (error.id, error.params["algorithm"]) == ("signing.pkcs11.algorithm", "SM2")


def test_without_the_extra_it_says_which(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name == "pkcs11":
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(SignerError) as raised:
        open_signer("pkcs11:token=a;object=b?module-path=/m.so", made("ES256").key, pin)
    assert "lubiao[office]" in raised.value.message.render("zh")


def test_a_uri_is_read_as_rfc_7512_writes_it() -> None:
    text = "token=The%20Software%3B;object=my%2Fkey;id=%69%95%3E;serial=DECC0401648?module-path=/usr/lib/p11%20x.so"
    assert read_uri(text) == Place("/usr/lib/p11 x.so", "The Software;", "DECC0401648", "my/key", b"i\x95>")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "uri"),
        ("token=a;object=b", "uri"),
        ("token=a?module-path=/m", "uri"),
        ("object=a?module-path=/m", "uri"),
        ("token=a;token=b;object=c?module-path=/m", "uri"),
        ("token;object=c?module-path=/m", "uri"),
        ("token=a;object=b;slot-id=3?module-path=/m", "uri-unknown"),
        ("token=a;object=b;type=cert?module-path=/m", "uri-unknown"),
        ("token=a;object=b?module-path=/m&module-name=x", "uri-unknown"),
        ("token=a;object=b?module-path=/m&pin-value=1234", "pin-in-uri"),
        ("token=a;object=b?module-path=/m&pin-source=file:/pin", "pin-in-uri"),
        ("token=a;object=b;pin-value=1234?module-path=/m", "pin-in-uri"),
    ],
)
def test_a_uri_that_leaves_something_open_or_says_too_much(text: str, why: str) -> None:
    with pytest.raises(SignerError) as raised:
        read_uri(text)
    assert raised.value.id == f"signing.pkcs11.{why}"
    assert "1234" not in raised.value.message.render("en")


def test_a_key_that_is_not_its_own_is_refused_by_its_public_half(device: Device) -> None:
    assert refused(device, device.uri(), key=replace(made("ES256").key)).id == "signing.signer.does-not-verify"
