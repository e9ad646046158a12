"""A case page, a move, a list's export, figures and outputs of the report of 101H1: through the same application.

    .venv/bin/python benchmarks/pages.py --cases 100000 --database sqlite

The move goes through the WSGI application with its session and CSRF token and is on disk when it is answered
(SQLite `synchronous=FULL`; PostgreSQL with `fsync` and `synchronous_commit`). The report is measured in the
demonstration city, which has the size it has.
"""

# The contestants hold whole lines of page text and SQL, compared letter by letter with what a site sends.
# ruff: noqa: E501
from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]

from benchmarks import lists  # noqa: E402  (the path is set above)

PERIOD = "101H1"


def timed(do: Callable[[], Any], turns: int) -> dict[str, float]:
    """Median and 95th percentile of wall and CPU milliseconds."""
    walls, cpus = [], []
    for _turn in range(turns):
        wall, cpu = time.perf_counter(), time.process_time()
        do()
        cpus.append((time.process_time() - cpu) * 1000)
        walls.append((time.perf_counter() - wall) * 1000)
    walls.sort()
    p95 = walls[min(len(walls) - 1, int(len(walls) * 0.95))]
    return {"median": statistics.median(walls), "p95": p95, "cpu": statistics.median(cpus)}


def post(application: Callable[..., Any], address: str, cookie: str, fields: dict[str, str]) -> str:
    """One POST as a browser sends it; the status."""
    token = next(part for part in cookie.split("; ") if part.startswith("csrftoken=")).partition("=")[2]
    body = urlencode({**fields, "csrfmiddlewaretoken": token}).encode()
    told: list[str] = []
    environ = {
        "REQUEST_METHOD": "POST", "PATH_INFO": address, "QUERY_STRING": "", "SERVER_NAME": "localhost", "SERVER_PORT": "80",
        "HTTP_HOST": "localhost", "HTTP_COOKIE": cookie, "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(body),
        "CONTENT_TYPE": "application/x-www-form-urlencoded", "CONTENT_LENGTH": str(len(body)), "wsgi.errors": sys.stderr,
        "wsgi.version": (1, 0), "wsgi.multithread": False, "wsgi.multiprocess": False, "wsgi.run_once": False,
        "REMOTE_ADDR": "127.0.0.1",
    }  # fmt: skip
    answer = application(environ, lambda status, headers, error=None: told.append(status))
    b"".join(answer)
    answer.close()
    return told[0]


def city(application: Callable[..., Any], count: int, turns: int) -> dict[str, Any]:
    """Pages and moves in a docket of `count` cases."""
    from django.utils import timezone

    from yankao.kernel.casework.models import Case

    lists.fill(count)
    controller, clerk = lists.cookie_of(lists.controller()), lists.cookie_of(lists.clerk())
    ids = list(Case.objects.filter(agency_id=5, stage="kept").values_list("pk", flat=True)[: 3 * turns + 10])
    found: dict[str, Any] = {}
    pages = {"case page": f"/cases/{ids[0]}/", "work list": "/work/", "board": f"/rooms/{lists.KIND}/board/"}
    for name, address in pages.items():
        lists.get(application, address, controller)
        with lists.counting() as seen:
            lists.get(application, address, controller)
        found[name] = timed(lambda at=address: lists.get(application, at, controller), turns)  # type: ignore[misc]
        found[name]["queries"] = len(seen)
    today, left = timezone.localdate().isoformat(), iter(ids)

    def move() -> None:
        status = post(application, f"/cases/{next(left)}/moves/give_notice/", clerk, {"noticed_on": today})
        if not status.startswith("302"):
            raise SystemExit(f"the move was answered {status}")

    move()
    with lists.counting() as seen:
        move()
    found["move"] = timed(move, turns) | {"queries": len(seen)}
    wanted = f"/rooms/{lists.KIND}/export.csv?agency=B5&state=open"
    rows = lists.get(application, wanted, controller)[1].count(b"\n") - 1
    found["export CSV"] = timed(lambda: lists.get(application, wanted, controller), 3) | {"rows": rows}
    return found


def report() -> dict[str, Any]:
    """Figures and outputs of the report in the demonstration city."""
    from yankao.kernel.figures.declare import read, register
    from yankao.kernel.period import Period
    from yankao.report import api

    period = Period.parse(PERIOD)
    found: dict[str, Any] = {}
    every = list(register.values())
    found[f"{len(every)} figures"] = timed(lambda: [read(one, period) for one in every], 3)
    built = api.build(period)
    found["report built"] = timed(lambda: api.build(period), 2)
    for form in ("html", "odt", "pdf"):
        found[f"report as {form}"] = timed(lambda form=form: api.render(built, form), 2)  # type: ignore[misc]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--database", choices=["sqlite", "postgres"], default="sqlite")
    parser.add_argument("--turns", type=int, default=30)
    parser.add_argument(
        "--report", action="store_true", help="measure the report in the demonstration city instead"
    )
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="ykbench-"))
        os.environ["YANKAO_DATA"] = folder
        url = f"sqlite://{folder}/bench.sqlite3"
        if chosen.database == "postgres":
            from private_postgres import private_postgres

            url = stack.enter_context(private_postgres(durable=True, settings=lists.SETTINGS))
        application = lists.prepare(url)
        if chosen.report:
            from yankao.site.demo import load

            begun = time.perf_counter()
            load()
            found = {"demonstration city loaded": {"median": (time.perf_counter() - begun) * 1000}} | report()
        else:
            found = city(application, chosen.cases, chosen.turns)
    for name, line in found.items():
        print(f"{name:28}" + "  ".join(f"{key} {value:,.1f}" for key, value in line.items()))
    if chosen.json:
        kept = json.loads(chosen.json.read_text()) if chosen.json.exists() else []
        cases = 0 if chosen.report else chosen.cases
        line = {"database": chosen.database, "cases": cases, "other": found}
        chosen.json.write_text(json.dumps([*kept, line], indent=1))


if __name__ == "__main__":
    main()
