"""Petitions: what citizens send, and what their officers look at, in a city of so many cases.

    python -m benchmarks petitions --cases 100k --database postgres

The cases are written by the database itself (`fill`). The pages are measured in this process, turn by turn
with the hand-written floor of the same list, and their statements are counted. Then the real server stands up
with two workers and is asked over HTTP by sixteen connections at once: the staff's list, and the last page of
the citizen's form ("send"), which opens a case with its petitioner in the vault, clocks, ledger, index and
messages, and is on disk when it is answered. Forms filled in up to there are written beforehand. What came
back is counted in the tables afterwards.

CPU of the server is that of its workers alone; the database server of PostgreSQL is another process.
"""

from __future__ import annotations

import contextlib
import http.client
import itertools
import json
import os
import random
import re
import selectors
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from . import city
from .calls import Application, Figures, cookie_of, counting, get, measure, post
from .floor import PETITIONS, SIZE, petition_shell

AGENCY, STAGE = 5, "closed"
TWO = f"agency=B{AGENCY}&stage={STAGE}"
PAGE = 2000
CONNECTIONS, WORKERS, PORT = 16, 2, 21700
SECONDS = 20.0
"""So long each volley goes on, unless what there is to send is used up before."""
FORMS = 4000
PROMISED = {
    "queries of a create": 14, "creates a second": 150, "p99 of a create, ms": 100,
    "queries of the list": 6, "lists a second": 300, "deep page / page 1": 1.2, "list / floor": 3,
    "queries of a case page": 10, "map tile, ms": 50,
}  # fmt: skip
BRACKETS = ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT", "ROLLBACK")

CASE_ROWS = (
    "INSERT INTO casework_case (id, number, kind, title, agency_id, officer_id, stage, opened_on, due_at, "
    "closed_on, security) SELECT i + 1, 'B' || i, '{kind}', CASE WHEN i % 3 = 0 THEN '路面坑洞' "
    "WHEN i % 3 = 1 THEN '人民陳情' ELSE '市長信箱' END, {agency}, {officer}, "
    "CASE WHEN {opened} THEN CASE WHEN i % 3 = 0 THEN 'dispatched' ELSE 'in_progress' END ELSE 'closed' END, "
    "{day}, CASE WHEN {opened} THEN {due} END, CASE WHEN {opened} THEN NULL ELSE {closed} END, "
    "CASE WHEN i % 50 = 0 THEN 'named' ELSE 'agency' END FROM n"
)
FACTS = {
    "case_id": "i + 1",
    "kind": "CASE WHEN i % 3 = 0 THEN 'dispatch' WHEN i % 3 = 1 THEN 'petition' ELSE 'mailbox' END",
    "channel": "CASE WHEN i % 2 = 0 THEN 'web' ELSE 'phone' END",
    "nature": "''", "language": "'zh-hant'", "subject": "''",
    "content": "'住家附近的側溝長期淤積，蚊蟲孳生，雨後更嚴重，請派員清理。第' || i || '件'",
    "category_id": "CASE WHEN i % 3 = 0 THEN 'works.road' ELSE 'drainage' END",
    "service_id": "CASE WHEN i % 3 = 0 THEN CASE WHEN i % 2 = 0 THEN 'pothole' ELSE 'streetlight' END END",
    "complexity": "'simple'", "danger": "false", "place": "'五福四路' || (i % 900) || '號前'",
    "longitude": "CASE WHEN i % 3 = 0 THEN 120.25 + (i * 7919 % 20000) / 100000.0 END",
    "latitude": "CASE WHEN i % 3 = 0 THEN 22.55 + (i * 104729 % 20000) / 100000.0 END",
    "received_at": "{moment}", "client_key": "'bench-' || i", "access": "''", "reference": "''",
    "read_back": "''", "site_visit": "false", "bounces": "0", "extensions": "0",
    "disposition": "CASE WHEN {opened} THEN '' ELSE 'done' END",
    "replied_at": "CASE WHEN {opened} THEN NULL ELSE {moment} END",
    "days": "CASE WHEN {opened} THEN NULL ELSE i % 9 END", "ground": "''", "transferred_to": "''",
    "transferred_for": "''",
    "ended_on": "CASE WHEN {opened} THEN NULL ELSE {closed} END", "reopenings": "0",
    "dispatched_at": "CASE WHEN i % 3 = 0 THEN {moment} END",
    "completed_at": "CASE WHEN i % 3 = 0 AND NOT ({opened}) THEN {done} END",
}  # fmt: skip


def fill(count: int) -> None:
    """`count` petitions over fifteen years, three in a hundred open, a third of them faults with a place."""
    from django.db import connection, transaction

    from yankao.service.petitions.models import Petition

    city.fill(1)
    told = {"kind": PETITIONS, **city.shares(count)}
    lite = connection.vendor == "sqlite"
    told["moment"] = f"{told['day']} || ' 02:00:00'" if lite else f"({told['day']})::timestamptz"
    told["done"] = f"{told['closed']} || ' 08:00:00'" if lite else f"({told['closed']})::timestamptz"
    columns = ", ".join(FACTS)
    facts = ", ".join(FACTS.values()).format(**told)
    with city.indexes_afterwards(Petition), transaction.atomic(), connection.cursor() as cursor:
        if not lite:
            cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(city.NUMBERS.format(count=count) + CASE_ROWS.format(**told))
        cursor.execute(
            city.NUMBERS.format(count=count)
            + f"INSERT INTO petitions_petition ({columns}) SELECT {facts} FROM n"
        )
    with connection.cursor() as cursor:
        if not lite:
            serial = "pg_get_serial_sequence('casework_case', 'id')"
            cursor.execute(f"SELECT setval({serial}, (SELECT max(id) FROM casework_case))")
            for table in ("casework_case", "petitions_petition"):
                cursor.execute(f"VACUUM ANALYZE {table}")
            cursor.execute("CHECKPOINT")  # what was filled in is not written out while creates are measured
        cursor.execute("ANALYZE")


# ── In this process ─────────────────────────────────────────────────────────────────────────────────


def pages(application: Application, cookie: str, turns: int) -> dict[str, Figures]:
    """The staff's list beside its floor, case pages and the map, turn by turn."""
    from yankao.kernel.casework.models import Case

    of_two = Case.objects.filter(kind=PETITIONS, agency_id=AGENCY, stage=STAGE).order_by("-opened_on", "-id")
    deep = max(2, min(PAGE, of_two.count() // SIZE - 1))  # a whole page
    ours = f"/rooms/{PETITIONS}/?{TWO}"
    page = get(application, ours, cookie)[1].decode()
    petition_shell[:] = page[: page.index('<tr class="r"')], page[page.rindex("</tbody>") :]
    day, pk = of_two.values_list("opened_on", "pk")[(deep - 1) * SIZE - 1]
    plain = Case.objects.filter(kind=PETITIONS, agency_id=AGENCY, security="agency")
    opened, closed = (plain.filter(closed_on__isnull=none).latest("pk").pk for none in (True, False))
    addresses = {
        "list, page 1": ours,
        "floor, page 1": f"/bench/petitions?{TWO}",
        "list, deep": f"{ours}&page={deep}",
        "floor, deep": f"/bench/petitions?{TWO}&after={day.isoformat()}.{pk}",
        "list by kind and channel": f"/rooms/{PETITIONS}/?kind=dispatch&channel=web",
        "case page, open": f"/cases/{opened}/",
        "case page, closed": f"/cases/{closed}/",
        "map tile": "/counter/petitions/map/squares.geojson",
        "map tile of a service": "/counter/petitions/map/squares.geojson?service=pothole",
    }
    return measure(application, {name: (at, cookie) for name, at in addresses.items()}, turns)


# ── Forms filled in ─────────────────────────────────────────────────────────────────────────────────

SEND = "/counter/mailbox/check/"


def forms(count: int) -> list[str]:
    """Letters to the mayor, ready to be sent: the cookies of so many browsers."""
    from django.conf import settings
    from django.middleware.csrf import _get_new_csrf_string

    from yankao.counter import drafts

    made, dice = [], random.Random(3)
    for number in range(count):
        draft = drafts.begin()
        draft.answers = {
            "matter": {"subject": f"站牌被遮住{number}", "content": "站牌被路樹遮住，看不到公車來了沒有。"},
            "category": {"category": "transport"}, "parties": {"parties": "public"},
            "where": {"place": "", "district": ""}, "files": {"files": []}, "who": {"who": "named"},
            "contact": {
                "name": f"測試者{number}", "mobile": f"09{dice.randrange(10**8):08d}",
                "email": f"citizen{number}@mail.example", "address": "",
            },
        }  # fmt: skip
        drafts.save(draft, "mailbox")
        token = _get_new_csrf_string()
        made.append(f"{settings.CSRF_COOKIE_NAME}={token}; {drafts.COOKIE}mailbox={draft.token}")
    return made


def sent(cookie: str) -> bytes:
    """The request with which a browser sends its form."""
    token = cookie.partition("=")[2].partition(";")[0]
    body = urlencode({"csrfmiddlewaretoken": token})
    form = f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n"
    return f"POST {SEND} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\n{form}\r\n{body}".encode()


def looked(page: str, cookie: str) -> bytes:
    """The request with which a browser gets a page."""
    return f"GET {page} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\n\r\n".encode()


def create_queries(application: Application, cookies: list[str]) -> list[str]:
    """The statements of one sending, once the process knows its rules."""
    for cookie in cookies[:-1]:
        _send(application, cookie)
    with counting() as seen:
        _send(application, cookies[-1])
    return [sql for sql in seen if not sql.startswith(BRACKETS)]


def _send(application: Application, cookie: str) -> None:
    status = post(application, SEND, cookie, {})
    if not status.startswith("303"):
        raise SystemExit(f"A form sent in this process was answered {status}")


# ── Over HTTP ───────────────────────────────────────────────────────────────────────────────────────


@contextlib.contextmanager
def server() -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """The product's web server as `yankao run` starts it, with two workers."""
    from yankao.site.serve import free_port, web_command

    port = free_port("127.0.0.1", PORT)
    with subprocess.Popen(web_command("127.0.0.1", port, WORKERS), cwd=Path.cwd()) as process:
        try:
            _await(port, process)
            yield port, process
        finally:
            process.terminate()


def _await(port: int, process: subprocess.Popen[bytes]) -> None:
    for _second in range(240):
        if process.poll() is not None:
            raise SystemExit("The server did not start")
        try:
            line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            line.request("GET", "/counter/")
            if line.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.5)
    raise SystemExit("The server does not answer")


def cpu_of(root: int) -> float:
    """Seconds of CPU of a process and those below it."""
    kin, spent = {root}, 0.0
    tick = os.sysconf("SC_CLK_TCK")
    rows = []
    for place in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            words = place.read_text().rpartition(")")[2].split()
            rows.append((int(place.parent.name), int(words[1]), (int(words[11]) + int(words[12])) / tick))
    for pid, parent, seconds in sorted(rows):
        if pid in kin or parent in kin:
            kin.add(pid)
            spent += seconds
    return spent


class Line:
    """One connection that stays open. Requests are bytes and answers are only measured: the asking takes
    little of the two cores it shares with what is asked.
    """

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=120)
        self.walls: list[float] = []

    def ask(self, order: bytes) -> None:
        self.got, self.wanted = bytearray(), -1
        self.begun = time.perf_counter()
        self.socket.sendall(order)

    def hear(self) -> bool:
        """Take what has come; whether the answer is whole."""
        some = self.socket.recv(1 << 18)
        if not some:
            raise SystemExit("The server closed a connection")
        self.got += some
        if self.wanted < 0 and (head := self.got.find(b"\r\n\r\n")) > 0:
            length = re.search(rb"\r\ncontent-length: *(\d+)", self.got[:head].lower())
            if length is None:
                raise SystemExit("An answer without its length")
            self.wanted = head + 4 + int(length[1])
        whole = 0 <= self.wanted <= len(self.got)
        if whole:
            self.walls.append((time.perf_counter() - self.begun) * 1000)
        return whole


def volley(port: int, orders: Iterator[bytes], seconds: float, wanted: int) -> tuple[list[Line], float]:
    """Sixteen connections ask one after the other until the time or the orders are used up: the connections
    with the milliseconds of their answers, and the seconds it took.
    """
    lines = [Line(port) for _one in range(CONNECTIONS)]
    begun = time.perf_counter()
    with selectors.DefaultSelector() as ears:
        for line in lines:
            if order := next(orders, None):
                line.ask(order)
                ears.register(line.socket, selectors.EVENT_READ, line)
        while ears.get_map():
            for key, _events in ears.select(120) or sys.exit("No answer within two minutes"):
                line = key.data
                if not line.hear():
                    continue
                if (status := line.got.split(b" ", 2)[1]) != b"%d" % wanted:
                    raise SystemExit(f"Answered {status.decode()} instead of {wanted}")
                order = next(orders, None) if time.perf_counter() < begun + seconds else None
                if order is None:
                    ears.unregister(line.socket)
                else:
                    line.ask(order)
    took = time.perf_counter() - begun
    for line in lines:
        line.socket.close()
    return lines, took


def load(port: int, root: int, orders: Iterator[bytes], seconds: float, wanted: int) -> Figures:
    """A volley's figures, with the server's own CPU and that of the asking. `fewest` and `most` are the
    answers of the connection with the fewest and with the most: they tell how evenly the workers were asked.
    """
    before, own = cpu_of(root), time.process_time()
    lines, took = volley(port, orders, seconds, wanted)
    spent, own = cpu_of(root) - before, time.process_time() - own
    walls = sorted(wall for line in lines for wall in line.walls)
    shares = [len(line.walls) for line in lines]
    return {
        "asked": len(walls), "seconds": took, "a_second": len(walls) / took,
        "p50": statistics.median(walls), "p95": walls[int(len(walls) * 0.95)],
        "p99": walls[int(len(walls) * 0.99)], "cpu": spent * 1000 / len(walls),
        "a_cpu_second": len(walls) / spent if spent else 0.0, "asking_cpu": own * 1000 / len(walls),
        "fewest": min(shares), "most": max(shares),
    }  # fmt: skip


def kept() -> dict[str, int]:
    """Rows of what a create leaves."""
    from yankao.kernel.audit.models import Entry
    from yankao.kernel.casework.models import Clock
    from yankao.kernel.jobs.models import Job
    from yankao.kernel.outbox.models import Message
    from yankao.kernel.vault.models import Identity
    from yankao.service.petitions.models import Petition

    models: dict[str, Any] = {
        "cases": Petition, "identities": Identity, "clocks": Clock, "ledger": Entry, "messages": Message,
        "jobs": Job,
    }  # fmt: skip
    return {name: model.objects.count() for name, model in models.items()}


def run(application: Application, count: int, turns: int) -> dict[str, Any]:
    """Everything in one database."""
    from django.db import connection, connections

    begun = time.perf_counter()
    fill(count)
    told: dict[str, Any] = {"cases": count, "filled_s": time.perf_counter() - begun}
    print(f"   {count:,} petitions in {told['filled_s']:.0f} s", flush=True)
    cookie = cookie_of(city.controller())
    told["found"] = found = pages(application, cookie, turns)
    cookies = forms(FORMS)
    told["create_queries"] = create_queries(application, cookies[:3])
    before = kept()
    connections.close_all()
    with server() as (port, process):
        ready = [sent(one) for one in cookies[3:]]
        volley(port, iter(ready[:64]), 120, 303)
        told["creates"] = load(port, process.pid, iter(ready[64:]), SECONDS, 303)
        page = f"/rooms/{PETITIONS}/?{TWO}"
        volley(port, iter([looked(page, cookie)] * 64), 60, 200)
        told["lists"] = load(port, process.pid, itertools.repeat(looked(page, cookie)), SECONDS, 200)
    told["left"] = {name: rows - before[name] for name, rows in kept().items()}
    told["sent"] = told["creates"]["asked"] + 64
    told["lost"] = told["sent"] - told["left"]["cases"]
    told["vendor"] = connection.vendor
    told["promises"] = promises(told, found)
    return told


def promises(told: dict[str, Any], found: dict[str, Figures]) -> dict[str, float]:
    """What the project promises, as measured."""
    creates, lists = told["creates"], told["lists"]
    clock = "cpu" if told["vendor"] == "sqlite" else "min"
    return {
        "queries of a create": len(told["create_queries"]),
        "creates a second": creates["a_second"],
        "p99 of a create, ms": creates["p99"],
        "queries of the list": found["list, page 1"]["queries"],
        "lists a second": lists["a_second"],
        "deep page / page 1": found["list, deep"][clock] / found["list, page 1"][clock],
        "list / floor": found["list, page 1"][clock] / found["floor, page 1"][clock],
        "queries of a case page": max(found[f"case page, {one}"]["queries"] for one in ("open", "closed")),
        "map tile, ms": found["map tile"]["min"],
    }


def show(told: dict[str, Any]) -> str:
    """The figures in plain text."""
    lines = [json.dumps(told["promises"]), json.dumps(told["creates"]), json.dumps(told["lists"])]
    lines += [f"{name}: {line}" for name, line in told["found"].items()]
    lines += [f"left: {told['left']}, sent {told['sent']}, lost {told['lost']}", *told["create_queries"]]
    return "\n".join(lines)
