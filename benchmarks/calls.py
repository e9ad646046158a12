"""Requests straight into the WSGI application, and clocks."""

from __future__ import annotations

import contextlib
import io
import os
import random
import statistics
import sys
import time
import types
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

type Application = Callable[..., Any]
type Figures = dict[str, float]


def prepare(url: str) -> Application:
    """Set Django up on the database `url` with the contestants' addresses beside the site's."""
    os.environ["DATABASE_URL"] = url
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    import django
    from django.conf import settings
    from django.core.management import call_command
    from django.core.wsgi import get_wsgi_application
    from django.urls import path

    django.setup()
    from yankao.site.urls import urlpatterns

    from .classic import classic
    from .floor import floor, nothing, petitions_floor

    addresses = types.ModuleType("bench_urls")
    ours = [path("bench/classic", classic), path("bench/floor", floor), path("bench/nothing", nothing)]
    ours.append(path("bench/petitions", petitions_floor))
    addresses.urlpatterns = [*ours, *urlpatterns]
    sys.modules["bench_urls"] = addresses
    settings.ROOT_URLCONF = "bench_urls"
    call_command("migrate", verbosity=0)
    return get_wsgi_application()


def cookie_of(user: Any) -> str:
    """The cookies of the signed-in person's browser."""
    from django.conf import settings
    from django.middleware.csrf import _get_new_csrf_string
    from django.test import Client

    client = Client()
    client.force_login(user)
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    token = _get_new_csrf_string()
    return f"{settings.CSRF_COOKIE_NAME}={token}; {settings.SESSION_COOKIE_NAME}={session}"


def _call(application: Application, environ: dict[str, Any]) -> tuple[str, bytes]:
    told: list[str] = []
    whole = {
        "SERVER_NAME": "localhost", "SERVER_PORT": "80", "HTTP_HOST": "localhost", "REMOTE_ADDR": "127.0.0.1",
        "HTTP_ACCEPT_LANGUAGE": "zh-TW", "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr, "wsgi.version": (1, 0), "wsgi.multithread": False,
        "wsgi.multiprocess": False, "wsgi.run_once": False, **environ,
    }  # fmt: skip
    answer = application(whole, lambda status, headers, error=None: told.append(status))
    body = b"".join(answer)
    answer.close()
    return told[0], body


def get(application: Application, address: str, cookie: str) -> tuple[str, bytes]:
    """One page: status and body."""
    place, _mark, query = address.partition("?")
    asked = {"REQUEST_METHOD": "GET", "PATH_INFO": place, "QUERY_STRING": query, "HTTP_COOKIE": cookie}
    return _call(application, asked)


def post(application: Application, address: str, cookie: str, fields: dict[str, str]) -> str:
    """One form as a browser sends it; the status."""
    token = next(part for part in cookie.split("; ") if part.startswith("csrftoken=")).partition("=")[2]
    body = urlencode({**fields, "csrfmiddlewaretoken": token}).encode()
    asked = {
        "REQUEST_METHOD": "POST", "PATH_INFO": address, "QUERY_STRING": "", "HTTP_COOKIE": cookie,
        "CONTENT_TYPE": "application/x-www-form-urlencoded", "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
    }  # fmt: skip
    return _call(application, asked)[0]


@contextlib.contextmanager
def counting() -> Iterator[list[str]]:
    """The statements run inside the block."""
    from django.db import connection

    seen: list[str] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        seen.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield seen


class Clock:
    """Wall and CPU milliseconds of one thing done again and again."""

    def __init__(self) -> None:
        self.wall: list[float] = []
        self.cpu: list[float] = []

    def time(self, do: Callable[[], Any]) -> None:
        wall, cpu = time.perf_counter(), time.process_time()
        do()
        self.cpu.append((time.process_time() - cpu) * 1000)
        self.wall.append((time.perf_counter() - wall) * 1000)

    def figures(self, **more: float) -> Figures:
        walls = sorted(self.wall)
        return {
            "wall": statistics.median(walls),
            "p95": walls[min(len(walls) - 1, int(len(walls) * 0.95))],
            "min": walls[0],
            "cpu": statistics.median(self.cpu),
            **more,
        }


def timed(do: Callable[[], Any], turns: int, **more: float) -> Figures:
    """`turns` times the same."""
    clock = Clock()
    for _turn in range(turns):
        clock.time(do)
    return clock.figures(**more)


def measure(application: Application, pages: dict[str, tuple[str, str]], turns: int) -> dict[str, Figures]:
    """Every page (address, cookie) `turns` times in an order shuffled each turn, after three rounds to warm
    up.

    Whoever always came behind the slowest page would pay for the cold caches it leaves.
    """
    clocks: dict[str, Clock] = {}
    more: dict[str, dict[str, float]] = {}
    for name, (address, cookie) in pages.items():
        for _round in range(3):
            status, body = get(application, address, cookie)
            if not status.startswith("200"):
                raise SystemExit(f"{name} {address}: {status}\n{body[:400]!r}")
        with counting() as seen:
            get(application, address, cookie)
        clocks[name], more[name] = Clock(), {"queries": len(seen), "bytes": len(body)}
    order, dice = list(pages.items()), random.Random(101)
    for _turn in range(turns):
        dice.shuffle(order)
        for name, (address, cookie) in order:
            clocks[name].time(lambda at=address, by=cookie: get(application, at, by))
    return {name: clock.figures(**more[name]) for name, clock in clocks.items()}
