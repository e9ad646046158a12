"""The pinned htmx works under the strict content security policy; the harness hears complaints."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from .axe import AXE

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGES = ROOT / "yankao" / "desk" / "static" / "packages" / "htmx"
POLICY = (
    "default-src 'none'; script-src 'nonce-n1' 'strict-dynamic'; style-src 'self'; connect-src 'self'; "
    "base-uri 'none'; require-trusted-types-for 'script'; trusted-types htmx yk"
)
PAGE = """<!doctype html><html lang="zh-Hant"><head><title>試驗</title>
<meta name="htmx-config" content='extensions:"hx-csp"'><link rel="icon" href="data:,">
<script nonce="n1" src="/htmx.min.js"></script><script nonce="n1" src="/hx-csp.min.js"></script></head>
<body><main><h1>試驗</h1><p id="answer">等待</p>
<button hx-get="/answer" hx-target="#answer" hx-nonce="n1">詢問</button>%s</main></body></html>"""


class Answers(BaseHTTPRequestHandler):
    """One page under the policy, the packages, and a fragment."""

    def do_GET(self) -> None:
        if self.path.endswith(".js"):
            body, kind = (PACKAGES / self.path.removeprefix("/")).read_bytes(), "text/javascript"
        elif self.path == "/answer":
            body, kind = "已答覆".encode(), "text/html; charset=utf-8"
        else:
            extra = "<script>document.title = 'breach'</script>" if self.path == "/breach" else ""
            body, kind = (PAGE % extra).encode(), "text/html; charset=utf-8"
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Security-Policy", f"{POLICY}; img-src data:")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def address() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_htmx_swaps_under_the_strict_policy(
    page: Page, address: str, assert_clean: Callable[[Page], None]
) -> None:
    page.goto(address)
    page.get_by_role("button", name="詢問").click()
    expect(page.locator("#answer")).to_have_text("已答覆")
    assert_clean(page)


def test_a_breach_of_the_policy_is_heard(
    page: Page, address: str, assert_clean: Callable[[Page], None], faults: list[str]
) -> None:
    page.goto(f"{address}/breach")
    with pytest.raises(AssertionError, match="script-src"):
        assert_clean(page)
    assert page.title() == "試驗"
    faults.clear()


def test_axe_runs_under_the_strict_policy(page: Page, address: str) -> None:
    page.goto(address)
    page.evaluate(AXE.read_text())
    assert page.evaluate("axe.run().then(found => found.violations.map(one => one.id))") == []
