"""Hands at the desk: one person signed in, working with the mouse, by keyboard alone, or without script."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, Locator, Page, expect

from .axe import DESKTOP, every_look

MOUSE, KEYS, PLAIN = "mouse", "keys", "plain"
FAR = 250  # tab stops a person would never need to get anywhere on a page
WATCH = """window.cspViolations = [];
document.addEventListener('securitypolicyviolation', e => window.cspViolations.push(e.effectiveDirective));"""


def odt(text: str = "出國報告") -> dict[str, Any]:
    """A small but whole OpenDocument text, as a file to upload."""
    kind = "application/vnd.oasis.opendocument.text"
    office = "urn:oasis:names:tc:opendocument:xmlns:"
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content xmlns:office="{office}office:1.0" '
        f'xmlns:text="{office}text:1.0" office:version="1.3"><office:body><office:text>'
        f"<text:p>{text}</text:p></office:text></office:body></office:document-content>"
    )
    manifest = (
        f'<?xml version="1.0" encoding="UTF-8"?><manifest:manifest xmlns:manifest="{office}manifest:1.0" '
        f'manifest:version="1.3"><manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/>'
        '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>'
        "</manifest:manifest>"
    )
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as box:
        box.writestr("mimetype", kind, zipfile.ZIP_STORED)
        box.writestr("content.xml", content)
        box.writestr("META-INF/manifest.xml", manifest)
    return {"name": "報告.odt", "mimeType": kind, "buffer": held.getvalue()}


def photo(shade: int) -> dict[str, Any]:
    """A small picture of one shade of grey, as a file to upload."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    size = 16
    head = struct.pack(">IIBBBBB", size, size, 8, 0, 0, 0, 0)
    rows = (b"\x00" + bytes([shade]) * size) * size
    picture = (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )
    return {"name": f"照片{shade}.png", "mimeType": "image/png", "buffer": picture}


@dataclass
class Hands:
    """A person at a page. `way` is how they work; every act waits for what it leads to."""

    page: Page
    url: str
    way: str
    told: list[str]

    def go(self, address: str, status: int = 200) -> None:
        answer = self.page.goto(self.url + address)
        assert answer is not None
        assert answer.status == status, f"{address}: {answer.status}"

    def reach(self, target: Locator) -> None:
        """Walk there with the Tab key alone."""
        place = target.element_handle()
        assert place is not None, f"{target} is not there"
        for _ in range(FAR):
            if place.evaluate("e => e === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"no number of Tab keys leads to {target}")

    def press(self, target: Locator) -> None:
        if self.way == KEYS:
            self.reach(target)
            self.page.keyboard.press("Enter")
        else:
            target.click()

    def put(self, form: Locator, name: str, value: Any) -> None:
        """Fill one field, whatever it is."""
        field = form.locator(f"[name='{name}']")
        kind = field.first.get_attribute("type") or field.first.evaluate("e => e.tagName")
        if kind == "file":
            field.set_input_files(value)
        elif kind == "radio":
            self.pick(field, form.locator(f"[name='{name}'][value='{value}']"))
        elif kind == "checkbox":
            if field.count() > 1:  # one of a list: `value` says which
                field = form.locator(f"[name='{name}'][value='{value}']")
            if self.way == KEYS:
                self.reach(field)
                self.page.keyboard.press("Space")
            else:
                field.check()
            expect(field).to_be_checked()
        elif kind == "SELECT":
            self.choose(field, value)
        elif self.way == KEYS:
            self.reach(field.first)  # of several boxes to type in, the first
            self.page.keyboard.press("Control+A")
            self.page.keyboard.type(str(value))
        else:
            field.first.fill(str(value))

    def pick(self, group: Locator, wanted: Locator) -> None:
        """Choose one of a group of radio buttons; by keyboard with Tab into the group and its arrows."""
        if self.way != KEYS:
            wanted.check()
            return
        checked = group.and_(self.page.locator(":checked"))
        self.reach(checked if checked.count() else group.first)
        if not checked.count():
            self.page.keyboard.press("Space")
        for _ in range(group.count()):
            if wanted.is_checked():
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"the arrow keys do not lead to {wanted}")

    def choose(self, field: Locator, value: Any) -> None:
        if value is None:  # whatever comes first after "please choose"
            value = field.locator("option:not([value=''])").first.get_attribute("value")
        if self.way != KEYS:
            field.select_option(str(value))
            return
        self.reach(field)
        for _ in range(60):
            if field.input_value() == str(value):
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"the arrow keys do not lead to {value}")

    def form(self, case: int, move: str) -> Locator:
        """The form of a move, opened from the case page where it stands there, else on its own page."""
        self.go(f"/cases/{case}/")
        section = self.page.locator(f"#move-{move}")
        if section.locator("details.doable > summary").count():
            self.press(section.locator("details.doable > summary"))
        elif section.locator("a.btn").count():
            self.press(section.locator("a.btn"))
        else:
            self.go(f"/cases/{case}/moves/{move}/")
        form = section.locator("form")
        expect(form).to_be_visible()
        return form

    def send(self, form: Locator) -> None:
        self.press(form.locator(".doing button[type=submit]"))

    def do(self, case: int, move: str, stage: str = "", **given: Any) -> None:
        """Make a move as a person does; `stage` is the words of the stage it leads to."""
        form = self.form(case, move)
        for name, value in given.items():
            self.put(form, name.replace("__", "-"), value)
        self.send(form)
        expect(form).to_have_count(0)
        if stage:
            expect(self.page.locator("#case .stages [aria-current=step]")).to_contain_text(stage)
        expect(self.page.locator("#case h1")).to_be_visible()

    def quick(self, address: str, /, **given: Any) -> str:
        """Send a form without drawing its page, where the page is not what is looked at: the address it leads
        to.
        """
        context = self.page.context
        mark = next((one["value"] for one in context.cookies() if one["name"] == "csrftoken"), "")
        told = {name.replace("__", "-"): str(value) for name, value in given.items()}
        answer = context.request.post(
            self.url + address, form={"csrfmiddlewaretoken": mark, **told}, max_redirects=0, timeout=60000
        )
        assert answer.status in (302, 303), f"{address}: {answer.status} {answer.text()[-1500:]}"
        return str(answer.headers["location"])

    def move(self, case: int, name: str, /, **given: Any) -> None:
        """Make a move without drawing its form."""
        self.quick(f"/cases/{case}/moves/{name}/", **given)

    def check(self) -> None:
        """The page is accessible in every look, and nothing was complained of."""
        faults = every_look(self.page)
        assert not faults, "\n".join(faults)
        assert self.told == []


def as_anybody(hands_: Hands, user: int) -> None:
    """Sign in as a demonstration person whom the page of log-ins does not list."""
    page = hands_.page
    page.context.clear_cookies()
    hands_.go("/accounts/demo/")
    button = page.locator("button[name=user]").first
    button.evaluate("(button, user) => { button.value = user; }", str(user))
    button.click()
    page.wait_for_load_state()


@contextmanager
def hands(
    browser: Browser, url: str, personas: dict[str, int], language: str = "zh-TW"
) -> Iterator[Callable[..., Hands]]:
    """`at("demo.rdec", KEYS)`: that person at the desk; one context each, closed at the end."""
    kept: dict[tuple[str, str], Hands] = {}

    def at(username: str, way: str = MOUSE) -> Hands:
        if (username, way) not in kept:
            context = browser.new_context(
                locale=language, timezone_id="Asia/Taipei", viewport=DESKTOP, reduced_motion="reduce",
                java_script_enabled=way != PLAIN, accept_downloads=True,
            )  # fmt: skip
            context.add_init_script(WATCH)
            page = context.new_page()
            page.set_default_timeout(60000)
            told: list[str] = []
            page.on("pageerror", lambda error: told.append(str(error)))
            found = kept[username, way] = Hands(page, url, way, told)
            found.go("/accounts/demo/")
            page.locator(f"button[name=user][value='{personas[username]}']").click()
            page.wait_for_load_state()
        return kept[username, way]

    yield at
    for one in kept.values():
        one.page.context.close()
