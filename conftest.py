"""Ground for every test: which database, how an append-only ledger is flushed, a browser that tells all.

`YANKAO_TEST_DB=postgres` runs the tests on a private PostgreSQL server of their own (one per run, a database
per xdist worker); `sqlite`, the default, runs them on SQLite in memory. Tests that touch the database carry
the mark `database`, set here from what they ask for; those of `tests/browser` carry the mark `browser`.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import os
import sqlite3
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT / "scripts"))
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # the programs that tests start would compile all they read

from private_postgres import PostgresMissing, private_postgres  # noqa: E402  (scripts/ is on the path now)
from set_up import IN_CI, find_chromium  # noqa: E402  (likewise)

from tests import tables  # noqa: E402  (scripts/ must be on the path first)

DATABASE_FIXTURES = {"db", "transactional_db", "django_db_reset_sequences", "live_server"}
BROWSER_FIXTURES = {"page", "context", "browser", "new_context"}
CITIES = {"city", "small_city", "answers"}
"""Fixtures of a module that load a room's or the whole city's demonstration records."""
WAITING = {"town"}
"""Fixtures of tests that mostly wait for processes of their own."""
server = contextlib.ExitStack()


# ── Which database ────────────────────────────────────────────────────────────────────────────────


def pytest_configure(config: pytest.Config) -> None:
    """Start the private PostgreSQL server once, before workers or connections exist."""
    kind = os.environ.get("YANKAO_TEST_DB", "sqlite")
    if kind not in {"sqlite", "postgres"}:
        raise pytest.UsageError(f"YANKAO_TEST_DB={kind} is not known: use sqlite or postgres")
    if hasattr(config, "workerinput") or config.option.collectonly:
        return  # a worker of xdist finds DATABASE_URL in the environment its controller left
    if kind == "sqlite":
        if os.environ.pop("DATABASE_URL", None):
            _use("")
        return
    try:
        os.environ["DATABASE_URL"] = server.enter_context(private_postgres())
    except PostgresMissing as missing:
        raise pytest.UsageError(str(missing)) from missing
    _use(os.environ["DATABASE_URL"])


def pytest_unconfigure() -> None:
    server.close()


def _use(url: str) -> None:
    """Point Django, whose settings pytest-django has loaded already, at another database."""
    from django.conf import settings
    from django.db import connections

    from yankao.site.database import database

    settings.DATABASES = {"default": database(url, embedded=settings.DATA / "yankao.sqlite3")}
    connections.close_all()
    connections.settings = connections.configure_settings(settings.DATABASES)
    with contextlib.suppress(AttributeError):
        del connections["default"]


@pytest.fixture(scope="session", autouse=True)
def tables_made_once() -> Iterator[None]:
    """A test database is a copy of tables that were made by their migrations once."""
    from django.core import management
    from django.db import connection

    from yankao.site.migrating import from_nothing

    call_command = management.call_command

    def migrate(name: str, *words: Any, **options: Any) -> None:
        def whole() -> None:
            with from_nothing():
                call_command(name, *words, **options)

        if name != "migrate":
            call_command(name, *words, **options)
            return
        if connection.vendor != "sqlite":
            tables.copied_on_server(connection, whole)
            return

        def make(place: Path) -> None:
            whole()
            with contextlib.closing(sqlite3.connect(place)) as made:
                connection.connection.backup(made)

        source = tables.kept("tests.settings", make)
        connection.ensure_connection()
        tables.copy(source, connection.connection)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(management, "call_command", migrate)
        yield


@pytest.fixture(scope="session")
def django_db_modify_db_settings_xdist_suffix(request: pytest.FixtureRequest) -> None:
    """A database for each worker: by name on the shared server; in memory every process has its own anyway.

    pytest-django's own fixture knows SQLite by the name of Django's engine and would name ours as a file.
    """
    from django.db import connection

    worker = getattr(request.config, "workerinput", {}).get("workerid")
    if worker and connection.vendor == "postgresql":
        connection.settings_dict["TEST"]["NAME"] = f"test_yankao_{worker}"


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Iterator[None]:
    """Mark tests by what they ask for, so that `-m database` and `-m browser` cannot forget one.

    Tests that wait come first: the city of the browser tests, built meanwhile, takes the core they leave.
    Then come modules that load a city: they lie in the stretch the first worker is given, which loads each
    once while the other goes on with short tests.
    """
    in_browser = ROOT / "tests" / "browser"  # whose city is one for all workers
    long = set()
    for item in items:
        wanted = set(getattr(item, "fixturenames", ()))
        if wanted & DATABASE_FIXTURES or item.get_closest_marker("django_db"):
            item.add_marker(pytest.mark.database)
        if in_browser in item.path.parents:
            item.add_marker(pytest.mark.browser)
        elif wanted & BROWSER_FIXTURES:
            raise pytest.UsageError(f"{item.nodeid}: tests that use the browser stand in tests/browser")
        elif wanted & CITIES:
            long.add(item.path)
    yield  # pytest-django sorts by their databases
    waiting = {item.path for item in items if WAITING & set(getattr(item, "fixturenames", ()))}
    items.sort(key=lambda item: (item.path not in waiting, item.path not in long))


def pytest_collection_finish() -> None:
    """What was loaded stays to the end: the collector need not go through it again and again."""
    gc.collect()
    gc.freeze()
    atexit.register(gc.unfreeze)  # at the end it is taken down in order


# ── Flushing tables that refuse deletion ──────────────────────────────────────────────────────────


@contextlib.contextmanager
def triggers_off(connection: Any) -> Iterator[None]:
    """Hold triggers back on this connection, to empty the tables between tests; never for a test's body."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
            try:
                yield
            finally:
                cursor.execute("SET session_replication_role = DEFAULT")
        return
    connection.ensure_connection()
    connection.connection.setconfig(sqlite3.SQLITE_DBCONFIG_ENABLE_TRIGGER, False)
    try:
        yield
    finally:
        connection.connection.setconfig(sqlite3.SQLITE_DBCONFIG_ENABLE_TRIGGER, True)


@pytest.fixture(scope="session", autouse=True)
def flush_past_append_only_triggers() -> Iterator[None]:
    """Let a transactional test's flush empty the ledger tables, whose triggers refuse it else."""
    from django.db.backends.base.operations import BaseDatabaseOperations

    flush = BaseDatabaseOperations.execute_sql_flush

    def flush_quietly(operations: Any, statements: list[str]) -> None:
        from yankao.kernel.audit.models import Head

        with triggers_off(operations.connection):
            flush(operations, statements)
        if any("search_entry" in one for one in statements):
            from yankao.kernel.search import tables as search_tables

            search_tables.clear()
        if any("audit_head" in one for one in statements):
            Head.objects.get_or_create(pk=1)  # its migration made it: the chain goes on from its beginning

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseDatabaseOperations, "execute_sql_flush", flush_quietly)
        yield


@pytest.fixture
def connections_stay_open(db: None) -> Iterator[None]:
    """For requests through the WSGI application itself: it closes its connection before and after each, and
    with it the transaction of the test.
    """
    from django.core.signals import request_finished, request_started
    from django.db import close_old_connections

    told = (request_started, request_finished)
    for signal in told:
        signal.disconnect(close_old_connections)
    yield
    for signal in told:
        signal.connect(close_old_connections)


# ── The browser ───────────────────────────────────────────────────────────────────────────────────

CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# Chromium reports every answer of 4xx on the console; 422 is our answer to a form that needs correcting.
EXPECTED_ON_CONSOLE = ("the server responded with a status of 422",)
WATCH_CSP = """
window.cspViolations = [];
document.addEventListener('securitypolicyviolation', event =>
  window.cspViolations.push(`${event.effectiveDirective}: ${event.blockedURI} ${event.sample}`));
"""


def absent(what: str) -> None:
    """Something the browser tests need is not here: a failure in CI, a loud skip elsewhere."""
    if IN_CI:
        pytest.fail(what, pytrace=False)
    pytest.skip(what)


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    chromium = find_chromium()
    if not chromium:
        absent("Chromium is missing. Debian: apt-get install chromium fonts-noto-cjk; or set CHROMIUM.")
    # Playwright's synchronous interface holds an event loop in this thread; Django would refuse the database.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    return {"executable_path": chromium, "args": CHROMIUM_ARGUMENTS}


@pytest.fixture(scope="session")
def browser_context_args() -> dict[str, Any]:
    return {
        "locale": "zh-TW",
        "timezone_id": "Asia/Taipei",
        "viewport": {"width": 1360, "height": 900},
        "reduced_motion": "reduce",
    }


@pytest.fixture
def faults(context: BrowserContext) -> Iterator[list[str]]:
    """What the browser complained of in this test: console errors and uncaught exceptions, in order."""
    told: list[str] = []

    def heard(message: Any) -> None:
        if message.type == "error" and not any(known in message.text for known in EXPECTED_ON_CONSOLE):
            told.append(f"console: {message.text} ({message.location.get('url', '')})")

    context.add_init_script(WATCH_CSP)
    context.on("console", heard)
    context.on("weberror", lambda error: told.append(f"exception: {error.error}"))
    yield told
    assert told == [], "The browser complained:\n" + "\n".join(told)


@pytest.fixture
def page(faults: list[str], page: Page) -> Page:
    """Playwright's page, listened to from its first request; any complaint of the browser fails the test."""
    return page


@pytest.fixture
def assert_clean(faults: list[str]) -> Callable[[Page], None]:
    """`assert_clean(page)`: no console error, exception or breach of the content security policy so far."""

    def check(page: Page) -> None:
        breaches = page.evaluate("window.cspViolations ?? []")
        assert [*faults, *(f"content security policy: {one}" for one in breaches)] == []

    return check


@pytest.fixture
def cast(db: None) -> Any:
    """The fixed cast of persons: two bureaus, the commission and those who look on (`people/testing.py`)."""
    from yankao.kernel.people.testing import make_cast

    return make_cast()


@pytest.fixture(autouse=True)
def forget_kept_values() -> Iterator[None]:
    """Rule values, the office calendar and what lists keep live for seconds in a process; each test reads
    afresh, and in the language of the house: a page read in English leaves its own to the process.
    """
    from django.utils import translation

    from yankao.desk import nav, paging, reference, worklist
    from yankao.kernel import limits
    from yankao.kernel.rules import office, values
    from yankao.service.petitions import intake

    for kept in (values, office, limits, nav, paging, reference, worklist, intake):
        kept.forget()
    translation.deactivate()
    yield
