"""The register in a browser: pages verify themselves, with WebCrypto and without, in the words of ``lubiao verify``."""

from __future__ import annotations

import base64
import dataclasses
import functools
import hashlib
import json
import shutil
import threading
from collections.abc import Iterator
from datetime import datetime
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from certificate_case import key_set
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from register_mutants import Handed, good, mutants
from register_office import NOW, Office, every_status, made, numbered, status_list

from conformance.office.verifying import Verification, verify_certificate
from conformance.register.building import build

NAMED = "register.test"
MUTANTS = dict(mutants())


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Nothing."""


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Office(tmp_path_factory.mktemp("office")).write(every_status())


@pytest.fixture(scope="module")
def site(office: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("site") / "register"
    build(target, office, NOW)
    return target


@pytest.fixture(scope="module")
def port(site: Path) -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(site)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = shutil.which("chromium")
    assert program, "the browser chromium is not installed: apt-get install chromium"
    options = ["--no-sandbox", f"--host-resolver-rules=MAP {NAMED} 127.0.0.1"]
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=program, args=options)
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def context(browser: Browser) -> BrowserContext:
    """Pages of it are opened at the tests' own instant."""
    held = browser.new_context()
    held.clock.set_fixed_time(NOW)
    return held


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page that may say nothing on its console, no violation of its policy either."""
    opened = context.new_page()
    said: list[str] = []
    opened.on("console", lambda message: said.append(message.text))
    opened.on("pageerror", lambda error: said.append(str(error)))
    opened.set_default_timeout(20_000)
    yield opened
    opened.close()
    assert said == []


def outcome(page: Page) -> str:
    """The word that a certificate's page came to."""
    page.wait_for_selector("#outcome[data-word]")
    return str(page.get_attribute("#outcome", "data-word"))


@pytest.mark.parametrize(("host", "secure"), [(NAMED, False), ("localhost", True)])
def test_pages_verify_themselves_with_and_without_webcrypto(page: Page, port: int, host: str, secure: bool) -> None:
    page.goto(f"http://{host}:{port}/{numbered(45)}.html")
    assert outcome(page) == "valid"
    assert page.evaluate("[isSecureContext, typeof crypto.subtle !== 'undefined']") == [secure, secure]
    assert "各项检验均通过" in page.inner_text("#outcome")
    assert "不能证明什么" in page.inner_text("#check")
    assert "lubiao verify" in page.inner_text("#check")


def test_pages_say_the_status(page: Page, port: int) -> None:
    words = {46: "suspended", 47: "revoked", 48: "superseded", 50: "expired", 51: "not-yet-valid"}
    for place, word in words.items():
        page.goto(f"http://{NAMED}:{port}/en/{numbered(place)}.html")
        assert outcome(page) == word
        assert page.locator(f".verdict.w-{word}").count() == 1
        assert "differs" not in page.inner_text("#outcome")


def test_a_page_shows_what_a_hostile_vendor_wrote_and_runs_none_of_it(page: Page, port: int) -> None:
    page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    page.goto(f"http://{NAMED}:{port}/{numbered(53)}.html")
    assert outcome(page) == "valid"
    assert "<script>alert(1)</script>" in page.inner_text("h1")
    page.goto(f"http://{NAMED}:{port}/index.html")
    page.fill("#q", "=cmd")
    expect(page.locator("#list tbody tr")).to_have_count(1)
    assert "〔U+202E〕" in page.inner_text("#list tbody")


@pytest.mark.parametrize("right", [True, False])
def test_a_page_holds_the_digest_of_a_code_against_its_certificate(
    page: Page, port: int, office: Path, right: bool
) -> None:
    digest = hashlib.sha256(Office(office).certificate(45 if right else 46).read_bytes()).hexdigest()[:32]
    page.goto(f"http://{NAMED}:{port}/{numbered(45)}.html#{digest}")
    assert outcome(page) == "valid"
    assert page.get_attribute("#outcome", "data-code") == str(right).lower()
    assert ("二维码中的摘要不是" in page.inner_text("#outcome")) is not right


def served(page: Page, name: str, content: bytes) -> None:
    """Let the server give other bytes for a name."""
    page.route(f"**/{name}", lambda route: route.fulfill(body=content))


@pytest.mark.parametrize("host", [NAMED, "localhost"])
def test_what_was_changed_on_the_server_is_found(page: Page, port: int, site: Path, host: str) -> None:
    name = f"{numbered(45)}.json"
    content = bytearray((site / name).read_bytes())
    value = json.loads(bytes(content))
    content[content.index(value["envelope"]["payload"].encode()) + 900] ^= 1
    served(page, name, bytes(content))
    page.goto(f"http://{host}:{port}/{numbered(45)}.html")
    assert outcome(page) == "tampered"
    assert "与本页所写的状态不同" in page.inner_text("#outcome")


def test_an_old_list_and_a_missing_one_leave_the_status_unknown(page: Page, port: int) -> None:
    served(
        page, "status.json", status_list(issued="2026-11-01T00:00:00+08:00", valid_until="2026-11-08T00:00:00+08:00")
    )
    page.goto(f"http://{NAMED}:{port}/{numbered(45)}.html")
    assert outcome(page) == "status-unknown"
    assert "已于 2026-11-08" in page.inner_text("#outcome")
    page.unroute("**/status.json")
    served(page, "status.json", b"{}")
    page.reload()
    assert outcome(page) == "status-unknown"


def test_a_certificate_that_cannot_be_read_verifies_nothing(browser: Browser, port: int) -> None:
    page = browser.new_page()
    page.route("**/*.json", lambda route: route.abort())
    page.goto(f"http://{NAMED}:{port}/{numbered(45)}.html")
    page.wait_for_selector("#outcome[data-word=failed]")
    assert "未能核验" in page.inner_text("#outcome")
    page.close()


def found(page: Page) -> list[str]:
    return page.locator("#list tbody th").all_inner_texts()


def test_the_search_finds_by_words_class_and_status(page: Page, port: int) -> None:
    page.goto(f"http://{NAMED}:{port}/index.html")
    assert len(found(page)) == len(every_status())
    page.fill("#q", "齐鲁　３.2")
    expect(page.locator("#found")).to_contain_text("1")
    assert found(page) == [numbered(46)]
    page.fill("#q", "")
    page.select_option("#q-status", "revoked")
    expect(page.locator("#list tbody tr")).to_have_count(1)
    assert found(page) == [numbered(47)]
    page.click("#list tbody a")
    page.wait_for_url(f"**/{numbered(47)}.html")
    page.go_back()
    page.select_option("#q-status", "")
    page.fill("#q", "nobody")
    expect(page.locator("#list")).to_be_hidden()
    assert "不是本机构签发的" in page.inner_text("#found")
    page.fill("#q", "")
    expect(page.locator("#list")).to_be_visible()
    assert len(found(page)) == len(every_status())


def test_every_page_leads_to_itself_in_the_other_language(page: Page, port: int) -> None:
    pages = {"index.html": "en/index.html", "how.html": "en/how.html"}
    pages[f"{numbered(45)}.html"] = f"en/{numbered(45)}.html"
    for name, english in pages.items():
        page.goto(f"http://{NAMED}:{port}/{name}")
        page.click("a.lang")
        assert page.url.endswith(f":{port}/{english}")
        assert page.get_attribute("html", "lang") == "en"
        page.click("a.lang")
        assert page.url.endswith(f":{port}/{name}")
        assert page.get_attribute("html", "lang") == "zh-CN"


def test_without_scripts_everything_is_there_to_read(browser: Browser, port: int) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"http://{NAMED}:{port}/index.html")
    assert len(found(page)) == len(every_status())
    assert not page.is_visible("#search")
    page.click(f"text={numbered(47)}")
    assert "需要 JavaScript" in page.inner_text("#outcome")
    assert page.inner_text(".verdict strong") == "已撤销"
    context.close()


@pytest.mark.parametrize("width", [1200, 390])
def test_nothing_is_wider_than_the_screen(browser: Browser, port: int, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 800})
    for name in ("index.html", "en/how.html", f"{numbered(53)}.html", "verify.html"):
        page.goto(f"http://{NAMED}:{port}/{name}")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
    page.close()


@pytest.fixture
def offline(page: Page, site: Path) -> Iterator[Page]:
    """The verifier page from a file, with the network cut."""
    page.context.set_offline(True)
    page.goto((site / "verify.html").as_uri())
    yield page
    page.context.set_offline(False)


def given(page: Page, **files: Path) -> str:
    """The word that the verifier page comes to of some files."""
    for name, path in files.items():
        page.set_input_files(f"#{name}", str(path))
    page.click("#verify")
    page.wait_for_selector("#result[data-word]")
    return str(page.get_attribute("#result", "data-word"))


def test_the_offline_page_verifies_from_a_file(offline: Page, office: Path) -> None:
    certificate = Office(office).certificate(45)
    assert given(offline, certificate=certificate) == "status-unknown"
    assert given(offline, status=office / "status.json") == "valid"
    assert "山东某某信息技术有限公司" in offline.inner_text("#facts")
    assert "退出码 0" in offline.inner_text("#code")
    assert offline.inner_text("#word") == "检验通过（测试用，无效）"
    offline.click("#lang")
    assert "every check passes" in offline.inner_text("#sentence")
    offline.fill("#version", "3.2.2")
    assert given(offline) == "wrong-product"
    offline.fill("#version", "")
    offline.fill("#at", "2029-01-01T00:00:00+08:00")
    assert given(offline) == "expired"
    offline.fill("#at", "tomorrow")
    offline.click("#verify")
    offline.wait_for_selector("#result[data-word=none]")
    assert "Write the instant" in offline.inner_text("#sentence")


def test_the_offline_page_compares_logs(offline: Page, office: Path, tmp_path: Path) -> None:
    certificate, status = Office(office).certificate(45), office / "status.json"
    log = office / "log"
    assert given(offline, certificate=certificate, status=status, checkpoint=log / "checkpoint") == "valid"
    other = Office(tmp_path / "other").write([made(1), made(2)]) / "log"
    assert given(offline, checkpoint=other / "checkpoint", entries=log / "entries.jsonl") == "not-logged"


def test_the_offline_page_takes_what_is_dropped_and_refuses_what_it_cannot_read(
    offline: Page, office: Path, tmp_path: Path
) -> None:
    spoiled = tmp_path / "certificate.json"
    spoiled.write_bytes(Office(office).certificate(45).read_bytes().replace(b'"index":0', b'"index":1'))
    assert given(offline, certificate=spoiled) == "tampered"
    assert not offline.is_visible("#facts") or "3.2.1" in offline.inner_text("#facts")
    document = tmp_path / "certificate.pdf"
    document.write_bytes(b"%PDF-1.7")
    assert given(offline, certificate=document) == "none"
    assert "PDF" in offline.inner_text("#sentence")
    offline.evaluate(
        """([name, text]) => {
          const held = new DataTransfer();
          held.items.add(new File([text], name));
          const dropped = new DragEvent("drop", { dataTransfer: held, cancelable: true });
          document.getElementById("drop").dispatchEvent(dropped);
        }""",
        ["LB.json", Office(office).certificate(47).read_text("utf-8")],
    )
    offline.wait_for_selector("#result[data-word=status-unknown]")


ASK = """async (all) => {
  const bytes = (text) => Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
  const found = {};
  for (const [name, one] of Object.entries(all)) {
    const { keys, schema } = LubiaoData;
    const given = { keys, schema, now: LubiaoForm.instant(one.now), asked: one.asked };
    if (one.status !== null) given.status = bytes(one.status);
    if (one.checkpoint !== null) given.checkpoint = one.checkpoint;
    const { word, id, params } = await Lubiao.verify(bytes(one.content), given);
    found[name] = [word, ...["zh", "en"].map((language) => LubiaoTelling.say(LubiaoData.texts[language], id, params))];
  }
  return found;
}"""


def handed(one: Handed) -> dict[str, Any]:
    return {
        "content": base64.b64encode(one.content).decode(),
        "status": None if one.status is None else base64.b64encode(one.status).decode(),
        "now": one.now,
        "asked": dataclasses.asdict(one.asked),
        "checkpoint": one.checkpoint,
    }


def verified(one: Handed) -> Verification:
    now = datetime.fromisoformat(one.now)
    return verify_certificate(
        one.content, key_set(), now=now, status=one.status, checkpoint=one.checkpoint, asked=one.asked
    )


@pytest.mark.parametrize("host", [NAMED, "localhost"])
def test_the_browser_says_what_the_command_says(page: Page, port: int, host: str) -> None:
    page.goto(f"http://{host}:{port}/{numbered(45)}.html")
    outcome(page)
    asked = {name: one for name, one in MUTANTS.items() if host == NAMED or name.startswith("signature")}
    said = page.evaluate(ASK, {name: handed(one) for name, one in asked.items()})
    expected = {name: verified(one) for name, one in asked.items()}
    wanted = {name: [one.word, *one.message.both().values()] for name, one in expected.items()}
    assert said == wanted


def test_the_mutants_meet_every_word() -> None:
    words = {verified(one).word for one in MUTANTS.values()}
    assert len(MUTANTS) > 100
    assert words == {
        *("valid", "expired", "suspended", "revoked", "superseded", "tampered", "wrong-product", "unknown-signer"),
        *("leg-missing", "not-yet-valid", "status-unknown", "not-logged"),
    }
    assert verified(Handed(good())).word == "status-unknown"


def test_the_vendored_bundle_is_the_one_that_its_manifest_names() -> None:
    folder = Path(build.__code__.co_filename).parent / "vendor"
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    readme = (folder / "README.md").read_text("utf-8")
    assert hashlib.sha256((folder / manifest["bundle"]).read_bytes()).hexdigest() == manifest["sha256"]
    for one in manifest["packages"]:
        assert f"{one['name']}@{one['version']}" in readme or f"{one['name']} {one['version']}" in readme
        assert "Permission is hereby granted" in (folder / one["text"]).read_text("utf-8")
    assert manifest["bundler"].replace(" ", "@") in readme
