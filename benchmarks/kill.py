"""`python -m benchmarks.kill`: web server and worker killed at random under load.

python -m benchmarks.kill [--rounds 50] [--database sqlite|postgres] [--seed 1] [--clients 4]

A folder of its own (and a private PostgreSQL), the real server with two processes and the real worker, begun
as `yankao run` begins them. Clients report faults over HTTP as another system does, each with a key of its
own, and ask again with the same key until they hear a number. Every round one of three is killed by SIGKILL:
the whole web server, one of its processes, or the worker; what died is begun again. Citizens are told by text
message through a gateway that honours keys, and that refuses some and falls silent after taking others
until the load is over.

At the end: every number that was heard stands in the database once, under its key and no other; every key has
one case; each case has one opening in the ledger, which verifies; each citizen's message was taken by the
gateway exactly once, and nothing waits.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import http.server
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 300.0
HEADERS = {"X-Forwarded-Proto": "https", "Host": "localhost",
           "Content-Type": "application/x-www-form-urlencoded"}  # fmt: skip


class Gateway:
    """Text messages over HTTP: takes each key once, and now and then refuses, or takes without an answer."""

    def __init__(self, dice: random.Random) -> None:
        self.taken: dict[str, str] = {}
        self.asked, self.kind = 0, False
        self.lock = threading.Lock()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with outer.lock:
                    outer.asked += 1
                    luck = 1.0 if outer.kind else dice.random()
                    if luck >= 0.1:
                        outer.taken.setdefault(told["key"], told["to"])
                if luck < 0.1:
                    self.send_response(503)
                    self.end_headers()
                elif luck < 0.15:
                    self.connection.shutdown(socket.SHUT_RDWR)  # taken, and nobody hears of it
                else:
                    body = json.dumps({"id": told["key"]}).encode()
                    self.send_response(200)
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)

            def log_message(self, *_words: Any) -> None: ...

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/sms"


class Clients:
    """Other systems that report faults, each until it hears a number for its key."""

    def __init__(self, port: int, key: str, many: int, dice: random.Random) -> None:
        self.port, self.key, self.dice = port, key, dice
        self.heard: dict[str, str] = {}
        self.tries: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.over, self.lock = threading.Event(), threading.Lock()
        self.threads = [threading.Thread(target=self._one, args=(n,), daemon=True) for n in range(many)]

    def start(self) -> None:
        for one in self.threads:
            one.start()

    def stop(self) -> None:
        """No new reports; those under way are asked to their end."""
        self.over.set()
        for one in self.threads:
            one.join(PATIENCE)
            assert not one.is_alive(), "a client still waits for its number"

    def _one(self, client: int) -> None:
        number = 0
        while not self.over.is_set():
            number += 1
            self._until_heard(f"kill-{client:02d}-{number:06d}", f"09{client:02d}{number:06d}")

    def _until_heard(self, key: str, mobile: str) -> None:
        form = urllib.parse.urlencode({
            "api_key": self.key, "service_code": "pothole", "lat": "22.6273", "long": "120.3014",
            "description": f"路面坑洞 {key}", "first_name": "小明", "last_name": "王", "phone": mobile,
        })  # fmt: skip
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            self.tries[key] += 1
            line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
            try:
                line.request("POST", "/open311/v2/requests.json", form, HEADERS | {"Idempotency-Key": key})
                answer = line.getresponse()
                body = answer.read()
                if answer.status in (200, 201):
                    with self.lock:
                        self.heard[key] = json.loads(body)[0]["service_request_id"]
                    return
                with self.lock:
                    self.refused[f"HTTP {answer.status}"] += 1
            except (OSError, http.client.HTTPException, ValueError) as error:
                with self.lock:
                    self.refused[type(error).__name__] += 1
            finally:
                line.close()
            time.sleep(0.05 + self.dice.random() / 5)


class House:
    """Web server and worker, each in a session of its own, so that a kill reaches no other."""

    def __init__(self, port: int, environment: dict[str, str], log: Path) -> None:
        self.port, self.environment, self.log = port, environment, log
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.words = {
            "web": [
                sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port",
                str(port), "--workers", "2", "--blocking-threads",
                "1" if environment["DATABASE_URL"].startswith("sqlite") else "4", "--no-ws", "--http", "1",
                "--respawn-failed-workers", "--workers-kill-timeout", "10", "--log-level", "warning",
                "yankao.site.wsgi:application",
            ],
            "worker": [sys.executable, "-m", "yankao", "worker"],
        }  # fmt: skip

    def begin(self, name: str) -> None:
        with self.log.open("ab") as out:
            self.running[name] = subprocess.Popen(
                self.words[name], cwd=ROOT, env=self.environment, stdout=out, stderr=out,
                start_new_session=True,
            )  # fmt: skip

    def answers(self) -> bool:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            line.request("GET", "/open311/v2/services.json", headers=HEADERS)
            return line.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            line.close()

    def await_answer(self) -> None:
        until = time.monotonic() + PATIENCE
        while not self.answers():
            assert time.monotonic() < until, self.log.read_text()[-3000:]
            time.sleep(0.1)

    def children(self) -> list[int]:
        """The web server's own processes."""
        told = Path(f"/proc/{self.running['web'].pid}/task/{self.running['web'].pid}/children")
        return [int(one) for one in told.read_text().split()]

    def kill(self, what: str) -> None:
        """SIGKILL, without a word before."""
        if what == "process" and (ours := self.children()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(ours[0], signal.SIGKILL)
            return
        name = "web" if what == "process" else what
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.running[name].pid, signal.SIGKILL)
        self.running[name].wait()
        self.begin(name)

    def end(self) -> None:
        for one in self.running.values():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(one.pid, signal.SIGKILL)
            one.wait()


@contextlib.contextmanager
def database(kind: str, folder: str) -> Iterator[str]:
    if kind == "sqlite":
        yield f"sqlite://{folder}/kill.sqlite3"
        return
    sys.path.insert(0, str(ROOT / "scripts"))
    from private_postgres import private_postgres

    with private_postgres(durable=True) as url:
        yield url


def prepared(environment: dict[str, str]) -> str:
    """Tables, rules without quiet hours and limits, an agency, and the key of another system."""
    os.environ.update(environment)
    from yankao.site import installation

    installation.up()
    installation.prepare()
    from datetime import date

    from django.db import connections

    from yankao.api.open311 import clients
    from yankao.kernel.people.models import Agency
    from yankao.kernel.rules.models import Rule

    for code, value in (("kernel.outbox.quiet_from", "00:00"), ("kernel.outbox.quiet_until", "00:00"),
                        ("open311.sent", "1000000"), ("public.read", "1000000")):  # fmt: skip
        Rule.objects.filter(code=code).delete()
        Rule.objects.create(code=code, value=value, valid_from=date(1900, 1, 1), legal_basis="benchmark")
    if not Agency.objects.filter(is_commission=True).exists():
        Agency.objects.create(code="RDEC", name="研考會", first_level=True, is_commission=True)
    key, _row = clients.make(None, "kill")
    connections.close_all()
    return key


def found(clients: Clients, gateway: Gateway) -> dict[str, Any]:
    """What does not hold, and the numbers."""
    from yankao.kernel.audit.ledger import verify
    from yankao.kernel.audit.models import Entry
    from yankao.kernel.outbox.models import Message
    from yankao.service.petitions.models import Petition

    numbers = {case: key for key, case in clients.heard.items()}
    rows = list(Petition.objects.select_related("case").values_list("case__number", "client_key", "pk"))
    kept = {number for number, _key, _pk in rows}
    opened = Counter(Entry.objects.filter(act="open").values_list("case_id", flat=True))
    told = list(Message.objects.filter(channel="sms").values_list("pk", "case_id", "state", "parts"))
    by_case = Counter(case for _pk, case, _state, _parts in told)
    taken = Counter(key.partition("-")[0] for key in gateway.taken)
    return {
        "acknowledged": len(clients.heard),
        "asked again": sum(n - 1 for n in clients.tries.values()),
        "cases": len(rows),
        "lost": sorted(set(numbers) - kept),
        "of nobody": sorted(kept - set(numbers)),
        "two keys, one number": len(clients.heard) - len(numbers),
        "two cases, one key": len(rows) - len({key for _number, key, _pk in rows}),
        "openings not one": [pk for _number, _key, pk in rows if opened[pk] != 1],
        "messages": len(told),
        "cases without exactly one message": [pk for _number, _key, pk in rows if by_case[pk] != 1],
        "waiting": Counter(one[2] for one in told if one[2] not in ("handed", "delivered")),
        "gateway took": len(gateway.taken),
        "gateway was asked": gateway.asked,
        "taken, not ours": len(set(taken) - {pk.hex for pk, _case, _state, _parts in told}),
        "not taken as often as it has parts": [
            pk.hex for pk, _case, _state, parts in told if taken[pk.hex] != parts
        ],
        "faults of the ledger": verify(),
    }


def drained() -> None:
    """Until no message waits, or none has moved for as long as we have patience."""
    from django.db import connections

    from yankao.kernel.outbox.models import Message

    left, until = -1, time.monotonic() + PATIENCE
    while (waiting := Message.objects.filter(state="queued").count()) and time.monotonic() < until:
        connections.close_all()
        if waiting != left:
            left, until = waiting, time.monotonic() + PATIENCE
        time.sleep(0.5)


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


def run(rounds: int, kind: str, seed: int, many: int) -> int:
    dice = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="ykkill-") as folder, database(kind, folder) as url:
        os.chmod(folder, 0o700)
        gateway, port = Gateway(random.Random(seed)), free_port()
        environment = dict(os.environ) | {
            "YANKAO_DATA": folder, "DATABASE_URL": url, "YANKAO_DEMO": "0", "YANKAO_PROXIES": "1",
            "YANKAO_HOSTS": "localhost", "YANKAO_URL": "https://localhost", "YANKAO_SMS": "http",
            "YANKAO_SMS_URL": gateway.url, "DJANGO_SETTINGS_MODULE": "yankao.site.settings",
            "PYTHONPATH": str(ROOT),
        }  # fmt: skip
        key = prepared(environment)
        house = House(port, environment, Path(folder) / "log")
        clients = Clients(port, key, many, dice)
        killed: Counter[str] = Counter()
        try:
            for name in ("web", "worker"):
                house.begin(name)
            house.await_answer()
            clients.start()
            for turn in range(rounds):
                time.sleep(0.3 + 1.2 * dice.random())
                what = dice.choice(("web", "process", "worker"))
                before = len(clients.heard)
                house.kill(what)
                killed[what] += 1
                house.await_answer()
                until = time.monotonic() + PATIENCE
                while len(clients.heard) <= before and time.monotonic() < until:
                    time.sleep(0.05)
                print(f"round {turn + 1}: {what} killed, {len(clients.heard)} acknowledged", flush=True)
            clients.stop()
            gateway.kind = True  # it has recovered
            drained()
            told = found(clients, gateway)
        finally:
            house.end()
            gateway.server.shutdown()
    print(f"{kind}: {rounds} rounds, killed {dict(killed)}, answers besides {dict(clients.refused)}")
    for name, value in told.items():
        print(f"  {name}: {dict(value) if isinstance(value, Counter) else value}")
    bad = [name for name in (
        "lost", "of nobody", "two keys, one number", "two cases, one key", "openings not one",
        "cases without exactly one message",
        "waiting", "taken, not ours", "not taken as often as it has parts",
        "faults of the ledger",
    ) if told[name]]  # fmt: skip
    print("holds" if not bad else f"DOES NOT HOLD: {bad}")
    return 1 if bad else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--clients", type=int, default=4)
    told = parser.parse_args()
    return run(told.rounds, told.database, told.seed, told.clients)


if __name__ == "__main__":
    sys.exit(main())
