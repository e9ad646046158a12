"""How fast a list page is: ours, the classic Django page, and the floor of hand-written SQL, in one process,
turn by turn.

    .venv/bin/python benchmarks/lists.py                     10k, 100k and 1M cases on SQLite and PostgreSQL
    .venv/bin/python benchmarks/lists.py --cases 100000 --database sqlite --turns 40

Every contestant answers through the same WSGI application with all its middleware and a signed-in person:

ours      /rooms/<room>/ as served
classic   the whole page by Django templates, Paginator with COUNT, select_related (see classic.py)
floor     hand-written statements for rows and count, f-strings for the same rows; the shell of the page (head, menu,
          foot: some 25 KB) costs it nothing: it sends ours as text

Prints wall and CPU milliseconds (median, p95), queries and bytes for page 1 and page 2000 of a list narrowed
by agency and stage, then the ratios the project promises. `--plans` shows how each pair of filters is
answered by the database. JSON with `--json FILE`. PostgreSQL is a private server of this run, durable as in
use.
"""

# The contestants hold whole lines of page text and SQL, compared letter by letter with what a site sends.
# ruff: noqa: E501
from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import random
import statistics
import sys
import tempfile
import time
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]

from benchmarks.classic import classic  # noqa: E402  (Django is set up above)

KIND = "examples.lost_property"
AGENCIES, PEOPLE = 33, 2000
PAGE = 2000
SIZE = 50
SETTINGS = {"shared_buffers": "256MB", "effective_cache_size": "2GB"}


# ── A city of so many cases, written by the database itself ───────────────────────────────────────

NUMBERS = "WITH RECURSIVE n(i) AS (SELECT CAST(1 AS bigint) UNION ALL SELECT i + 1 FROM n WHERE i < {count}) "
# A fixed shuffle, so that neighbours differ and every run has the same rows.
MIXED = "((i * 7919 + 104729 * (i % 97)) % {by})"


def fill(count: int) -> None:
    """`count` cases over fifteen years, three in a hundred open, each with its record."""
    from django.db import connection, transaction

    lite = connection.vendor == "sqlite"
    day = "date('2026-11-23', '-' || ({}) || ' days')" if lite else "date '2026-11-23' - ({})::int"
    moment = (
        "datetime('2026-11-23 09:59:59', '+' || ({}) || ' days')"
        if lite
        else "timestamptz '2026-11-23 09:59:59+00' + ({}) * interval '1 day'"
    )
    age = f"({count} - i) * 5475 / {count}"
    opened = f"i > {count} - {count} * 3 / 100 AND i % 5 > 0 OR i % 400 = 0"
    # One bureau has a third of everything, as public works has, so that two filters still leave two thousand
    # pages.
    agency = f"CASE WHEN i % 3 = 1 THEN 5 ELSE {MIXED.format(by=AGENCIES)} + 1 END"
    officer = MIXED.format(by=PEOPLE) + " + 1"
    text = "CAST({} AS text)"
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            NUMBERS.format(count=AGENCIES)
            + "INSERT INTO people_agency (id, code, name, name_en, first_level, is_commission,"
            " valid_from) SELECT i, 'B' || i, '第' || i || '局', 'Bureau ' || i, true, i = 33, '2000-01-01' FROM n"
        )
        cursor.execute(
            NUMBERS.format(count=PEOPLE)
            + "INSERT INTO people_user (id, password, is_superuser, username, email, is_staff,"
            " is_active, date_joined, name, name_en, language, demo, sort_key, search_keys) SELECT i, '!', false,"
            " 'u' || i, '', false, true, '2020-01-01 00:00:00', '林' || i, '', 'zh-hant', false, '', '' FROM n"
        )
        cursor.execute(
            NUMBERS.format(count=count)
            + "INSERT INTO casework_case (id, number, kind, title, agency_id, officer_id, stage, opened_on, due_at, closed_on,"
            f" security) SELECT i, '拾' || i, '{KIND}', '捷運車站拾得皮夾雨傘鑰匙等物品第' || i || '件', {agency}, {officer},"
            f" CASE WHEN {opened} THEN CASE WHEN i % 3 = 0 THEN 'noticed' ELSE 'kept' END"
            " WHEN i % 4 = 0 THEN 'fallen' ELSE 'returned' END,"
            f" {day.format(age)}, CASE WHEN {opened} THEN {moment.format('i % 60 - 20')} END,"
            f" CASE WHEN {opened} THEN NULL ELSE {day.format(age + ' * 9 / 10')} END, 'agency' FROM n"
        )
        cursor.execute(
            NUMBERS.format(count=count) + "INSERT INTO lost_property_find (case_id, place, found_on, fell_to)"
            f" SELECT i, CASE WHEN i % 1000 = 0 THEN '港口' WHEN i % 3 = 0 THEN '市場' ELSE '車站' END, {day.format(age)},"
            f" CASE WHEN i % 4 = 0 THEN '市庫' || {text.format('i % 7')} ELSE '' END FROM n"
        )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        if not lite:
            for table, column in (("people_agency", "id"), ("people_user", "id"), ("casework_case", "id")):
                cursor.execute(
                    f"SELECT setval(pg_get_serial_sequence('{table}', '{column}'), (SELECT max({column}) FROM {table}))"
                )
            cursor.execute("VACUUM ANALYZE casework_case")


def controller() -> Any:
    """A controller of the commission, who sees every case."""
    from yankao.kernel.people.models import Agency, Post, Role, User

    user = User.objects.create(username="bench", name="王小明")
    Post.objects.create(user=user, agency=Agency.objects.get(code="B33"), role=Role.RDEC_CONTROLLER)
    return user


def clerk() -> Any:
    """An officer of two bureaus, who sees only their cases."""
    from yankao.kernel.people.models import Agency, Post, Role, User

    user = User.objects.create(username="clerk", name="林怡君")
    for code in ("B5", "B7"):
        Post.objects.create(user=user, agency=Agency.objects.get(code=code), role=Role.OFFICER)
    return user


# ── The contestants ───────────────────────────────────────────────────────────────────────────────

FLOOR = """SELECT c.id, c.number, c.title, a.name, u.name, c.stage, c.opened_on, c.due_at, f.place, f.found_on FROM casework_case c
JOIN people_agency a ON a.id = c.agency_id LEFT JOIN people_user u ON u.id = c.officer_id
LEFT JOIN lost_property_find f ON f.case_id = c.id
WHERE c.kind = %s AND c.agency_id = %s AND c.stage = %s {beyond} ORDER BY c.opened_on DESC, c.id DESC LIMIT 51"""
FLOOR_COUNT = """SELECT COUNT(*) FROM (SELECT 1 FROM casework_case WHERE kind = %s AND agency_id = %s AND stage = %s LIMIT 1001) t"""
shell = ["", ""]


def floor(request: Any) -> Any:
    """The least one can do: one statement for the rows, one for the count, f-strings."""
    from html import escape

    from django.db import connection
    from django.http import HttpResponse, HttpResponseForbidden

    if not request.user.is_authenticated:
        return HttpResponseForbidden()
    agency, stage = int(request.GET["agency"][1:]), request.GET["stage"]
    parameters: list[Any] = [KIND, agency, stage]
    beyond, count = "", 0
    with connection.cursor() as cursor:
        if key := request.GET.get("after"):
            day, _dot, pk = key.partition(".")
            beyond = "AND (c.opened_on, c.id) < (%s, %s)"
            parameters += [day, int(pk)]
        else:
            cursor.execute(FLOOR_COUNT, parameters)
            count = cursor.fetchone()[0]
        cursor.execute(FLOOR.format(beyond=beyond), parameters)
        rows = cursor.fetchall()
    body = "".join(
        f'<tr class="r" role="row"><td class="ck" role="cell"><label><input type="checkbox" name="id" value="{escape(number)}"'
        f' aria-label="選取 {escape(number)}"></label></td><td role="cell" class="c-subject"><a class="sub" href="/cases/{pk}/">'
        f'{escape(title)}</a><div class="meta"><span>{escape(number)}</span><span>{escape(agency_name)}</span></div></td>'
        f'<td role="cell" class="lab">{escape(place or "")}</td><td role="cell" class="date lab">{found}</td>'
        f'<td role="cell" class="c-tag"><span class="tag">{escape(stage_)}</span></td><td role="cell">{due or ""}</td>'
        f'<td role="cell" class="c-person"><span class="who">{escape(officer or "")}</span></td><td role="cell" class="date lab">{opened}</td></tr>'
        for pk, number, title, agency_name, officer, stage_, opened, due, place, found in rows[:SIZE]
    )
    return HttpResponse(f"{shell[0]}{body}{count}{shell[1]}")


# ── Running ───────────────────────────────────────────────────────────────────────────────────────


def prepare(url: str) -> Callable[..., Any]:
    """Set Django up on the database `url` with the contestants' addresses beside the site's; gives the WSGI
    application.
    """
    os.environ["DATABASE_URL"] = url
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    import django
    from django.conf import settings
    from django.core.management import call_command
    from django.core.wsgi import get_wsgi_application
    from django.urls import path

    django.setup()
    from yankao.site.urls import urlpatterns

    addresses = types.ModuleType("bench_urls")
    addresses.urlpatterns = [path("bench/classic", classic), path("bench/floor", floor), *urlpatterns]  # type: ignore[attr-defined]
    sys.modules["bench_urls"] = addresses
    settings.ROOT_URLCONF = "bench_urls"
    call_command("migrate", verbosity=0)
    return get_wsgi_application()  # type: ignore[no-any-return]


def cookie_of(user: Any) -> str:
    """A session cookie of the signed-in person."""
    from django.conf import settings
    from django.test import Client

    client = Client()
    client.force_login(user)
    from django.middleware.csrf import _get_new_csrf_string

    return f"{settings.CSRF_COOKIE_NAME}={_get_new_csrf_string()}; {settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


def get(application: Callable[..., Any], address: str, cookie: str) -> tuple[str, bytes]:
    """One request straight into the application: status and body."""
    place, _mark, query = address.partition("?")
    told: list[str] = []
    environ = {
        "REQUEST_METHOD": "GET", "PATH_INFO": place, "QUERY_STRING": query, "SERVER_NAME": "localhost", "SERVER_PORT": "80",
        "HTTP_HOST": "localhost", "HTTP_COOKIE": cookie, "HTTP_ACCEPT_LANGUAGE": "zh-TW", "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(), "wsgi.errors": sys.stderr, "wsgi.version": (1, 0), "wsgi.multithread": False,
        "wsgi.multiprocess": False, "wsgi.run_once": False, "REMOTE_ADDR": "127.0.0.1",
    }  # fmt: skip
    answer = application(environ, lambda status, headers, error=None: told.append(status))
    body = b"".join(answer)
    answer.close()
    return told[0], body


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


def measure(
    application: Callable[..., Any], addresses: dict[str, str], cookie: str, turns: int
) -> dict[str, Any]:
    """Every address in turn, `turns` times, after three rounds to warm up."""
    found: dict[str, Any] = {}
    for name, address in addresses.items():
        for _round in range(3):
            status, body = get(application, address, cookie)
            if not status.startswith("200"):
                raise SystemExit(f"{name} {address}: {status}\n{body[:400]!r}")
        with counting() as seen:
            get(application, address, cookie)
        found[name] = {"wall": [], "cpu": [], "queries": len(seen), "bytes": len(body)}
    # Shuffled each turn: whoever always came behind the slowest page would pay for the cold caches it leaves.
    order, dice = list(addresses.items()), random.Random(101)
    for _turn in range(turns):
        dice.shuffle(order)
        for name, address in order:
            wall, cpu = time.perf_counter(), time.process_time()
            get(application, address, cookie)
            found[name]["cpu"].append((time.process_time() - cpu) * 1000)
            found[name]["wall"].append((time.perf_counter() - wall) * 1000)
    for line in found.values():
        for clock in ("wall", "cpu"):
            values = sorted(line.pop(clock))
            line[clock] = {
                "median": statistics.median(values),
                "p95": values[int(len(values) * 0.95)],
                "min": values[0],
            }
    return found


def key_before(page: int, agency: int, stage: str) -> str:
    """The key the floor needs for a page: the last row of the page before."""
    from yankao.kernel.casework.models import Case

    rows = Case.objects.filter(kind=KIND, agency_id=agency, stage=stage).order_by("-opened_on", "-id")
    row = rows.values_list("opened_on", "pk")[(page - 1) * SIZE - 1]
    return f"{row[0].isoformat()}.{row[1]}"


def run(url: str, count: int, turns: int, plans: bool) -> dict[str, Any]:
    """One database at one size; the result as numbers."""
    application = prepare(url)
    from django.db import connection

    from yankao.kernel.casework.models import Case

    begun = time.perf_counter()
    fill(count)
    user, small = controller(), clerk()
    cookie, other = cookie_of(user), cookie_of(small)
    filled = time.perf_counter() - begun
    # The page with filters has to be as deep as page 2000 where it can: the commonest stage of the largest
    # bureau.
    agency, stage, most = 5, "returned", Case.objects.filter(agency_id=5, stage="returned").count()
    deep = max(2, min(PAGE, most // SIZE))
    two = f"agency=B{agency}&stage={stage}"
    ours = f"/rooms/{KIND}/?{two}"
    _status, body = get(application, ours, cookie)
    page = body.decode()
    shell[:] = page[: page.index('<tr class="r"')], page[page.rindex("</tbody>") :]
    after = key_before(deep, agency, stage)
    with counting() as cold:
        begun = time.perf_counter()
        get(application, f"/rooms/{KIND}/?page={PAGE}", cookie)
        landmarks = (time.perf_counter() - begun) * 1000
    addresses = {
        "ours p1": ours,
        "classic p1": f"/bench/classic?{two}",
        "floor p1": f"/bench/floor?{two}",
        f"ours p{deep}": f"{ours}&page={deep}",
        f"classic p{deep}": f"/bench/classic?{two}&page={deep}",
        f"floor p{deep}": f"/bench/floor?{two}&after={after}",
        "ours, no filter, p1": f"/rooms/{KIND}/",
        "classic, no filter, p1": "/bench/classic",
        f"ours, no filter, p{PAGE}": f"/rooms/{KIND}/?page={PAGE}",
        f"classic, no filter, p{PAGE}": f"/bench/classic?page={PAGE}",
        "ours, officer+open": f"/rooms/{KIND}/?officer=u77&state=open",
        "ours, agency+due": f"/rooms/{KIND}/?agency=B5&due=%3C7d&sort=due",
    }
    found = measure(application, addresses, cookie, turns)
    found |= measure(application, {"my work": "/work/"}, cookie, max(3, turns // 4))
    found |= measure(
        application,
        {"ours, two bureaus only": f"/rooms/{KIND}/", "my work of an officer": "/work/"},
        other,
        max(3, turns // 4),
    )
    show(connection.vendor, count, filled, found, deep, landmarks, len(cold))
    if plans:
        explain(cookie, application)
    return {
        "database": connection.vendor,
        "cases": count,
        "pages": found,
        "deep": deep,
        "landmarks_ms": landmarks,
    }


def show(
    vendor: str, count: int, filled: float, found: dict[str, Any], deep: int, landmarks: float, cold: int
) -> None:
    print(f"\n{vendor}, {count:,} cases (written in {filled:.0f} s)")
    print(f"{'':34}{'wall ms':>9}{'p95':>9}{'min':>9}{'CPU ms':>9}{'p95':>9}{'queries':>9}{'KB':>7}")
    for name, line in found.items():
        wall, cpu = line["wall"], line["cpu"]
        print(
            f"{name:34}{wall['median']:9.2f}{wall['p95']:9.2f}{wall['min']:9.2f}{cpu['median']:9.2f}{cpu['p95']:9.2f}"
            f"{line['queries']:9}{line['bytes'] / 1024:7.0f}"
        )

    def ratio(one: str, other: str, clock: str = "wall") -> float:
        return float(found[one][clock]["median"] / found[other][clock]["median"])

    print(f"first jump to page {PAGE} (landmarks read): {landmarks:.0f} ms, {cold} queries")
    print(
        f"classic / ours, page 1: {ratio('classic p1', 'ours p1'):.1f}   page {deep}: {ratio(f'classic p{deep}', f'ours p{deep}'):.1f}"
    )
    print(
        f"classic / ours, no filter, page 1: {ratio('classic, no filter, p1', 'ours, no filter, p1'):.1f}   page {PAGE}: "
        f"{ratio(f'classic, no filter, p{PAGE}', f'ours, no filter, p{PAGE}'):.1f}"
    )
    print(
        f"ours / floor, page 1: {ratio('ours p1', 'floor p1'):.2f}   page {deep}: {ratio(f'ours p{deep}', f'floor p{deep}'):.2f}"
        f"   (CPU {ratio('ours p1', 'floor p1', 'cpu'):.2f})"
    )
    print(
        f"by CPU: classic / ours, page 1: {ratio('classic p1', 'ours p1', 'cpu'):.1f}   "
        f"page {deep}: {ratio(f'classic p{deep}', f'ours p{deep}', 'cpu'):.1f}"
    )
    print(
        f"page {deep} / page 1: {ratio(f'ours p{deep}', 'ours p1'):.2f}   no filter, page {PAGE} / page 1: "
        f"{ratio(f'ours, no filter, p{PAGE}', 'ours, no filter, p1'):.2f}"
    )


PAIRS = (
    "agency=B5&stage=returned", "agency=B5&state=open", "stage=kept&state=open", "officer=u77&state=open", "officer=u77&agency=B5",
    "officer=u77", "agency=B5&from=2015-01-01&to=2015-03-01", "stage=fallen&from=2015-01-01&to=2015-03-01", "agency=B5&due=late&sort=due",
    "due=today&sort=due", "stage=kept&sort=due", "agency=B5&agency=B7", "agency=B5&stage=returned&sort=opened", "state=closed&agency=B5",
    "q=%E6%8B%BE123456",
)  # fmt: skip


def explain(cookie: str, application: Callable[..., Any]) -> None:
    """The plan of the rows' query for each pair of filters, and what it takes."""
    from django.db import connection

    for pair in PAIRS:
        caught: list[tuple[str, Any]] = []

        def note(execute: Any, sql: str, params: Any, many: bool, context: Any, into: Any = caught) -> Any:
            into.append((sql, params))
            return execute(sql, params, many, context)

        get(application, f"/rooms/{KIND}/?{pair}", cookie)
        begun = time.perf_counter()
        with connection.execute_wrapper(note):
            get(application, f"/rooms/{KIND}/?{pair}", cookie)
        took = (time.perf_counter() - begun) * 1000
        print(f"\n{pair}: {took:.1f} ms")
        for sql, params in caught:
            if 'FROM "casework_case"' not in sql:
                continue
            lite = connection.vendor == "sqlite"
            with connection.cursor() as cursor:
                cursor.execute(("EXPLAIN QUERY PLAN " if lite else "EXPLAIN ") + sql, params)
                for line in cursor.fetchall():
                    text = str(line[-1])
                    if lite or "Index" in text or "Sort" in text or "Seq" in text or "Bitmap" in text:
                        print("   ", text.strip()[:150])


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--cases", type=int, action="append", help="how many cases (again for more sizes)")
    parser.add_argument("--database", choices=["sqlite", "postgres"], action="append")
    parser.add_argument("--turns", type=int, default=60)
    parser.add_argument("--plans", action="store_true", help="show the plans of the filter pairs")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    sizes, databases = chosen.cases or [10_000, 100_000, 1_000_000], chosen.database or ["sqlite", "postgres"]
    if len(sizes) * len(databases) > 1:
        one_by_one(sizes, databases, chosen)
        return
    with contextlib.ExitStack() as stack:
        if databases == ["sqlite"]:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="ykbench-"))
            url = f"sqlite://{folder}/bench.sqlite3"
            os.environ["YANKAO_DATA"] = folder
        else:
            from private_postgres import private_postgres

            os.environ["YANKAO_DATA"] = stack.enter_context(tempfile.TemporaryDirectory(prefix="ykbench-"))
            url = stack.enter_context(private_postgres(durable=True, settings=SETTINGS))
        result = run(url, sizes[0], chosen.turns, chosen.plans)
    if chosen.json:
        kept = json.loads(chosen.json.read_text()) if chosen.json.exists() else []
        chosen.json.write_text(json.dumps([*kept, result], indent=1))


def one_by_one(sizes: list[int], databases: list[str], chosen: argparse.Namespace) -> None:
    """Each database and size in a process of its own: Django is set up once in a process."""
    import subprocess

    for database in databases:
        for size in sizes:
            order = [
                sys.executable,
                __file__,
                "--cases",
                str(size),
                "--database",
                database,
                "--turns",
                str(chosen.turns),
            ]
            order += ["--plans"] if chosen.plans else []
            order += ["--json", str(chosen.json)] if chosen.json else []
            subprocess.run(order, check=True)


if __name__ == "__main__":
    main()
