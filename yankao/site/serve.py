"""`yankao run`, `setup` and `worker`: the web server and the task worker, watched over by one process."""

from __future__ import annotations

import argparse
import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from threading import Event
from types import FrameType

from . import installation
from .terminal import INTACT, SURROUNDINGS, Stop, remark, say
from .words import _

FIRST_WAIT, LONGEST_WAIT = 1.0, 30.0
STEADY_SECONDS = 60.0
PARTING_SECONDS = 20.0
START_SECONDS = 60.0
OTHER_PORTS = 20
PR_SET_PDEATHSIG = 1
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104
"""Addresses that mean every network, and where this machine answers then."""


def run_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1", help=_("監聽的位址，預設127.0.0.1"))
    parser.add_argument("--port", type=int, default=8000, help=_("監聽的埠，預設8000；被占用時改用下一個"))
    parser.add_argument("--workers", type=int, default=2, help=_("網站行程數，預設2"))
    parser.add_argument("--no-worker", action="store_true", help=_("不啟動背景工作，另以yankao worker執行"))


def setup_arguments(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults()


def worker_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--queues", default="", help=_("只做這些佇列的工作，以逗號分隔，預設全部"))
    parser.add_argument("--once", action="store_true", help=_("做完到期的工作就結束"))


def setup(options: argparse.Namespace) -> int:
    """Make tables, rules and static files ready."""
    _open_safely()
    installation.prepare()
    return INTACT


def worker(options: argparse.Namespace) -> int:
    """Run background jobs until told to stop."""
    _open_safely()
    if installation.missing():
        raise Stop(_("資料表尚未建立：請先執行yankao setup（或yankao run）。"), SURROUNDINGS)
    from yankao.kernel.jobs.worker import Worker  # noqa: PLC0415  (models are ready only after `up`)

    one = Worker([name.strip() for name in options.queues.split(",") if name.strip()])
    if options.once:
        from django.utils.module_loading import autodiscover_modules  # noqa: PLC0415

        autodiscover_modules("tasks")
        say(_("已執行%(count)s件背景工作。") % {"count": one.drain()})
    else:
        one.run()
    return INTACT


def _open_safely() -> None:
    installation.up()
    from .safety import refuse_unsafe  # noqa: PLC0415

    Path(_data()).mkdir(parents=True, exist_ok=True)
    refuse_unsafe()


def _data() -> Path:
    from django.conf import settings  # noqa: PLC0415

    return Path(settings.DATA)


def run(options: argparse.Namespace) -> int:
    """Prepare, fill an empty demonstration, then serve until told to stop."""
    from django.conf import settings  # noqa: PLC0415

    if options.workers < 1:
        raise Stop(_("行程數至少為1。"))
    _open_safely()
    _browser_packages()
    installation.prepare()
    if settings.DEMO and installation.empty():
        from .demo import load  # noqa: PLC0415

        if load(quick=True) < 1:
            remark(_("為快些開始，陳情案件只載入一部分。要全部：在空的YANKAO_DATA執行yankao demo load。"))
    port = free_port(options.host, options.port)
    if port != options.port:
        remark(_("埠%(taken)s已被占用，改用%(port)s。") % {"taken": options.port, "port": port})
    from django.db import connections  # noqa: PLC0415

    connections.close_all()
    children = [Child("web", web_command(options.host, port, options.workers))]
    if not options.no_worker:
        children.append(Child("worker", [sys.executable, "-m", "yankao", "worker"]))
    return Watch(children, options.host, port).run()


def _browser_packages() -> None:
    from django.contrib.staticfiles import finders  # noqa: PLC0415

    from .static_files import PACKAGE  # noqa: PLC0415

    if not finders.find(PACKAGE):
        raise Stop(_("缺少瀏覽器套件：請先執行make setup。"), SURROUNDINGS)


def free_port(host: str, wanted: int) -> int:
    """The wanted port, else the next free one. Raises Stop when none of the next is free or the host is not
    ours."""
    if not 0 < wanted < 65536:
        raise Stop(_("埠須為1至65535。"))
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for port in range(wanted, min(wanted + OTHER_PORTS, 65536)):
        with socket.socket(family, socket.SOCK_STREAM) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trial.bind((host, port))
            except PermissionError:
                raise Stop(
                    _("沒有權限使用埠%(port)s：請改用1024以上的埠。") % {"port": port}, SURROUNDINGS
                ) from None
            except socket.gaierror:
                raise Stop(_("沒有「%(host)s」這個位址。") % {"host": host}) from None
            except OSError as error:
                if error.errno == 98:  # EADDRINUSE
                    continue
                raise Stop(_("無法監聽%(host)s：%(why)s") % {"host": host, "why": error.strerror}) from None
            return port
    raise Stop(_("埠%(port)s及其後各埠均被占用：請以--port另選。") % {"port": wanted}, SURROUNDINGS)


def web_command(host: str, port: int, workers: int) -> list[str]:
    """How granian is started: WSGI, one thread a process. Writers queue in the database, and a second thread
    of a process only takes its time from the one whose turn it is (docs/performance.md); what waits for a
    database far away takes more processes.
    """
    return [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", host, "--port", str(port),
        "--workers", str(workers), "--blocking-threads", "1", "--no-ws", "--http", "1",
        "--respawn-failed-workers", "--workers-kill-timeout", "10", "--log-level", "warning",
        "yankao.site.wsgi:application",
    ]  # fmt: skip


def _die_with_parent() -> None:
    """In the child: be told to stop when the watching process dies, even if it was killed."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


@dataclass
class Child:
    """A process that is started again when it dies, each time a little later."""

    name: str
    words: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    begun: float = 0.0
    wait: float = FIRST_WAIT
    again_at: float = field(default=0.0)

    def start(self) -> None:
        from django.conf import settings  # noqa: PLC0415

        place = str(settings.BASE_DIR)
        path = os.pathsep.join(filter(None, [place, os.environ.get("PYTHONPATH", "")]))
        self.begun, self.again_at = time.monotonic(), 0.0
        self.process = subprocess.Popen(  # noqa: S603  (our own words)
            self.words,
            cwd=place,
            env=os.environ | {"PYTHONPATH": path},
            start_new_session=True,  # Ctrl-C reaches the watching process alone, which tells its children
            preexec_fn=_die_with_parent,
        )

    def look(self) -> None:
        """Start again what has died, when its time has come."""
        now = time.monotonic()
        if self.again_at:
            if now >= self.again_at:
                self.start()
            return
        if self.process is None or self.process.poll() is None:
            return
        self.clear()
        if now - self.begun > STEADY_SECONDS:
            self.wait = FIRST_WAIT
        remark(
            _("%(name)s意外結束（%(code)s），%(wait).0f秒後重新啟動。")
            % {"name": self.name, "code": self.process.returncode, "wait": self.wait}
        )
        self.again_at, self.wait = now + self.wait, min(2 * self.wait, LONGEST_WAIT)

    def send(self, number: int) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)

    def clear(self) -> None:
        """Kill what a dead child has left behind: a server's own workers would hold its port for ever."""
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)

    def end(self, until: float) -> None:
        """Wait for the end till then, afterwards kill the child with everything it started."""
        if self.process is None:
            return
        try:
            self.process.wait(max(0.1, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.clear()
            self.process.wait()
        self.clear()


class Watch:
    """Starts the children, tells where they answer, starts them again when they die, stops them when told."""

    def __init__(self, children: list[Child], host: str, port: int) -> None:
        self.children, self.host, self.port = children, host, port
        self.over = Event()
        self.told = False

    def run(self) -> int:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._stop)
        begun = time.monotonic()
        try:
            for child in self.children:
                child.start()
            while not self.over.wait(0.2):
                for child in self.children:
                    child.look()
                if not self.told and self.answers():
                    self.told = True
                    self.tell()
                if not self.told and time.monotonic() - begun > START_SECONDS:
                    raise Stop(_("網站%(s).0f秒內沒有回應，已停止。") % {"s": START_SECONDS}, SURROUNDINGS)
        finally:
            for child in self.children:
                child.send(signal.SIGTERM)
            until = time.monotonic() + PARTING_SECONDS
            for child in self.children:
                child.end(until)
        remark(_("已停止。"))
        return INTACT

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.over.set()

    def answers(self) -> bool:
        """Whether the web server answers at all."""
        host = EVERYWHERE.get(self.host, self.host)
        try:
            line = HTTPConnection(host, self.port, timeout=2)
            line.request("GET", "/healthz")
            line.getresponse().read()
        except (OSError, HTTPException):
            return False
        return True

    def tell(self) -> None:
        from django.conf import settings  # noqa: PLC0415

        from .demo import logins  # noqa: PLC0415

        shown = "localhost" if self.host in EVERYWHERE or self.host == "127.0.0.1" else self.host
        say(f"網址 / Address: http://{f'[{shown}]' if ':' in shown else shown}:{self.port}/")
        if settings.DEMO:
            logins()
        say("停止：Ctrl-C / Stop: Ctrl-C")
        sys.stdout.flush()
        from django.db import connections  # noqa: PLC0415

        connections.close_all()
