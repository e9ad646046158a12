"""The running product for browser tests: started once, on a temporary folder with the demonstration city."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

ROOT = Path(__file__).resolve().parent.parent.parent
START = 150.0  # seconds until the first page must be served; loading the city is most of it


@dataclass(frozen=True)
class Product:
    """`url` of the running product and `data`, its folder; `ask` reads its database, to find a page to
    open.
    """

    url: str
    data: Path

    def ask(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        with sqlite3.connect(
            f"file:{self.data / 'yankao.sqlite3'}?mode=ro", uri=True, timeout=30
        ) as database:
            return database.execute(sql, values).fetchall()

    def one(self, sql: str, *values: object) -> Any:
        """The first value of the first row; fails naming the question when there is none."""
        rows = self.ask(sql, *values)
        assert rows, f"the demonstration city has no row for: {sql}"
        return rows[0][0]


def _free_port() -> int:
    for port in range(21800, 22800):
        with socket.socket() as trial:
            try:
                trial.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("no free port between 21800 and 22800")


def _await(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + START
    while time.monotonic() < until:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{url}/healthz", timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.3)
    pytest.fail(f"the product did not start:\n{log.read_text()[-3000:]}", pytrace=False)


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """The product as a new user starts it: `yankao run` on an empty folder."""
    folder = tmp_path_factory.mktemp("product")
    port = _free_port()
    environment = {
        k: v for k, v in os.environ.items() if not k.startswith(("YANKAO_", "DJANGO_", "DATABASE_URL"))
    }
    environment |= {"YANKAO_DATA": str(folder / "data"), "YANKAO_DEMO": "1"}
    log = folder / "log.txt"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "yankao", "run", "--port", str(port), "--workers", "1"],
            cwd=ROOT,
            env=environment,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        url = f"http://127.0.0.1:{port}"
        _await(url, process, log)
        yield Product(url, folder / "data")
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def personas(product: Product) -> dict[str, int]:
    """Demonstration log-ins by username."""
    return dict(product.ask("SELECT username, id FROM people_user WHERE username LIKE 'demo.%'"))


@pytest.fixture
def sign_in(product: Product, personas: dict[str, int]) -> Callable[[Page, str], None]:
    """`sign_in(page, "demo.rdec")`: one click on the page of demonstration log-ins."""

    def enter(page: Page, username: str) -> None:
        page.goto(f"{product.url}/accounts/demo/")
        page.locator(f"button[name=user][value='{personas[username]}']").click()
        page.wait_for_load_state()

    return enter


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything that needs the running product stays on one worker, so that it is started once."""
    for item in items:
        if "product" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("product"))
