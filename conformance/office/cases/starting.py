"""A new office for tests, whole: keys without force, a log, a case store, people, a status list."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from importlib import resources
from pathlib import Path

from conformance.office.cases.desk import CERTIFICATES, LOG, SUBMISSIONS, opened
from conformance.office.cases.failing import CaseError
from conformance.office.cases.standing import renew_status
from conformance.office.cases.store import Store
from conformance.office.durable import replace
from conformance.office.log import Log
from conformance.office.settings import CHINA, FILE, SIGNED
from conformance.signing.keys import ALGORITHMS, KeySet, PublicKey, write_key_set
from conformance.signing.making import make_key

REGISTER, ORIGIN = "https://register.example", "register.example/log"
NAME = {"zh": "测试用标准办公室", "en": "Standards office for tests"}
KEYS, PRIVATE, README = "keys.json", "keys", "README.md"
#: Who is in it: id, name, role.
PEOPLE = (
    ("clerk", "受理员甲", "clerk"),
    ("tester", "复测员乙", "tester"),
    ("approver", "评审员丙", "approver"),
    ("keyholder", "密钥管理员丁", "keyholder"),
)


def make_test_office(
    folder: Path, now: datetime, secret: Callable[[str], bytes], suites: tuple[Mapping[str, str], ...], standards: Path
) -> None:
    """Make an office whose signatures have no force, in a folder that is empty or not there.

    ``secret`` is asked for the pass phrase of the private keys, once for each key that is made or opened; ``suites``:
    digest sets of the suites accepted. Raises :class:`CaseError` and what making keys raises.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise CaseError("case.init.not-empty", folder=folder.name)
    (folder / PRIVATE).mkdir(parents=True, mode=0o700)
    for name in (SUBMISSIONS, CERTIFICATES):
        (folder / name).mkdir()
    keys = [
        (
            use,
            algorithm,
            make_key(
                _private(folder, use, algorithm),
                algorithm,
                test=True,
                owner=NAME["zh"],
                uses=(use,),
                passphrase=secret("passphrase"),
            ),
        )
        for use in SIGNED
        for algorithm in ALGORITHMS
    ]
    year = str(now.astimezone(CHINA).year)
    required = {use: {year: ALGORITHMS} for use in SIGNED}
    held = KeySet("test", NAME, ORIGIN, REGISTER, tuple(key for _, _, key in keys), required)
    replace(folder / KEYS, write_key_set(held))
    replace(folder / FILE, _settings(keys, suites).encode())
    replace(folder / README, resources.files(__package__).joinpath("office_readme.md").read_bytes())
    Store.create(folder).close()
    Log.create(folder / LOG, ORIGIN)
    with opened(folder, standards, person="keyholder", login="", now=now, secret=secret) as desk:
        for use, _, key in keys:
            body = {"keyid": key.id, "act": "added", "algorithm": key.algorithm, "uses": [use]}
            desk.enter("key", body, "log")
        desk.publish()
        renew_status(desk)


def _private(folder: Path, use: str, algorithm: str) -> Path:
    return folder / PRIVATE / f"{use}-{algorithm.lower()}.pem"


def _settings(keys: list[tuple[str, str, PublicKey]], suites: tuple[Mapping[str, str], ...]) -> str:
    """``office.yaml``, with a word on each part."""
    signers = "".join(
        f"  {use}:\n"
        + "".join(
            f"    - {{key: {key.id}, use: 'file:{PRIVATE}/{used}-{algorithm.lower()}.pem'}}\n"
            for used, algorithm, key in keys
            if used == use
        )
        for use in SIGNED
    )
    people = "".join(f"  - {{id: {id_}, name: {name}, roles: [{role}]}}\n" for id_, name, role in PEOPLE)
    accepted = "".join(f"    - {{sha256: '{one['sha256']}', sm3: '{one['sm3']}'}}\n" for one in suites)
    template = resources.files(__package__).joinpath("office_template.yaml").read_text("utf-8")
    return template.format(
        zh=NAME["zh"], en=NAME["en"], register=REGISTER, origin=ORIGIN, signers=signers, people=people, suites=accepted
    )
