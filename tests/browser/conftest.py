"""The running product for browser tests: one a worker, on its own copy of a city that is made once.

`YANKAO_TEST_CITY=FOLDER` keeps the city there for the next run, while one writes tests; delete it when
models or the demonstration changed.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from browser_city import begin
from playwright.sync_api import Page

from .city import await_answer, free_port, run

PATIENCE = 1500.0  # seconds for the city and the walk through it
BUILT = pytest.StashKey[Path]()


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


def _place(config: pytest.Config) -> Path:
    """Where this run keeps the city, the same for each of its workers."""
    if given := os.environ.get("YANKAO_TEST_CITY"):
        return Path(given)
    run = getattr(config, "workerinput", {}).get("testrunuid") or os.getpid()
    return Path(tempfile.gettempdir()) / f"yankao-city-{os.getuid()}-{run}"


def pytest_collection_finish(session: pytest.Session) -> None:
    """Begin to build the city as soon as a test is known to need it; the first worker does it for all."""
    wanted = any("product" in getattr(item, "fixturenames", ()) for item in session.items)
    if not wanted or session.config.option.collectonly:
        return
    place = _place(session.config)
    (place / "users").mkdir(parents=True, exist_ok=True, mode=0o700)
    (place / "users" / str(os.getpid())).touch()
    session.config.stash[BUILT] = place
    begin(place)


def pytest_unconfigure(config: pytest.Config) -> None:
    """The city goes with the last worker that had it; one kept for the next run stays."""
    place = config.stash.get(BUILT, None)
    if place is None:
        return
    (place / "users" / str(os.getpid())).unlink(missing_ok=True)
    if not any((place / "users").iterdir()) and not os.environ.get("YANKAO_TEST_CITY"):
        shutil.rmtree(place, ignore_errors=True)


def _await(place: Path, wanted: str) -> Path:
    """That part of the city, once it is there; fails with what the builder said when it ended without."""
    until = time.monotonic() + PATIENCE
    while not (place / wanted).exists() and not (place / "ended").exists() and time.monotonic() < until:
        time.sleep(0.2)
    if not (place / wanted).exists():
        told = (place / "walk.txt").read_text()[-3000:]
        pytest.fail(f"the city could not be made:\n{told}", pytrace=False)
    return place / wanted


@pytest.fixture(scope="session")
def city(request: pytest.FixtureRequest) -> Path:
    """The data of the city; never written to by tests."""
    return _await(_place(request.config), "data")


@pytest.fixture(scope="session")
def walk(request: pytest.FixtureRequest) -> Any:
    """What was found by walking through the city (`city.Walk`)."""
    return json.loads(_await(_place(request.config), "pages.json").read_text())


@pytest.fixture(scope="session")
def product(city: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """The running product on its own copy of the city: tests of one worker do not meet those of another."""
    folder = tmp_path_factory.mktemp("product")
    shutil.copytree(city, folder / "data")
    port = free_port()
    log = folder / "log.txt"
    with log.open("wb") as out, run(folder / "data", port, out) as process:
        await_answer(f"http://127.0.0.1:{port}", process, log)
        yield Product(f"http://127.0.0.1:{port}", folder / "data")
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
    """What needs no city comes first: it runs while the city is made. Then what looks at the pages that the
    walk found; journeys, which move the cases on, come last.
    """

    def place(item: pytest.Item) -> tuple[bool, bool]:
        wanted = set(getattr(item, "fixturenames", ()))
        return bool(wanted & {"product", "walk"}), "walk" not in wanted

    items.sort(key=place)
