"""A private PostgreSQL server for tests and benchmarks: own folder, own socket, no port, gone afterwards.

    with private_postgres() as dsn:
        ...                       # "postgresql://yankao@/postgres?host=/tmp/ykpg-…"

The server hears only a Unix socket in a folder of its own, trusts whoever may enter that folder, and is
stopped and removed at the end of the block. A small supervisor process owns it: when the caller dies, even by
SIGKILL, the supervisor notices within a second and cleans up. As root the server runs as an unprivileged
account, because PostgreSQL refuses root. Standard library only: it can run before anything is installed.
"""

from __future__ import annotations

import contextlib
import json
import os
import pwd
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

VERSION = 15
ROLE = "yankao"
UNPRIVILEGED = ("postgres", "nobody")
SOCKET_PATH_LIMIT = 80
START_SECONDS = 60
SPEED_BEFORE_SAFETY = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
}
SETTINGS = {
    "listen_addresses": "",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "log_min_messages": "fatal",
}


class PostgresMissing(RuntimeError):
    """No usable PostgreSQL server programs were found; the message says what to install."""


def find_binaries() -> Path:
    """The folder that holds `initdb` and `postgres`: Debian's place first, then pg_config, then PATH."""
    candidates = [Path(f"/usr/lib/postgresql/{VERSION}/bin")]
    pg_config = shutil.which("pg_config")
    if pg_config:
        told = subprocess.run([pg_config, "--bindir"], capture_output=True, text=True, check=False)
        candidates.append(Path(told.stdout.strip() or "/nonexistent"))
    initdb = shutil.which("initdb")
    if initdb:
        candidates.append(Path(initdb).resolve().parent)
    candidates += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for folder in candidates:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    raise PostgresMissing(
        f"PostgreSQL {VERSION} is missing: its programs initdb and postgres were not found. "
        f"Debian: apt-get install postgresql-{VERSION}"
    )


@contextlib.contextmanager
def private_postgres(*, durable: bool = False, settings: Mapping[str, str] | None = None) -> Iterator[str]:
    """Run a server for the length of the block and give its address as a DATABASE_URL.

    `durable=True` keeps fsync and synchronous commits on, as benchmarks need; tests leave them off.
    `settings` are further server settings. Raises PostgresMissing, or RuntimeError with the server's words.
    """
    find_binaries()
    order = json.dumps({"durable": durable, "settings": dict(settings or {})})
    with subprocess.Popen(
        [sys.executable, str(Path(__file__).resolve()), "--supervise", order],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as supervisor:
        assert supervisor.stdin and supervisor.stdout
        told = supervisor.stdout.readline()
        answer = json.loads(told) if told else {"error": "the supervisor ended without a word"}
        if "error" in answer:
            raise RuntimeError(f"The private PostgreSQL server did not start: {answer['error']}")
        try:
            yield str(answer["dsn"])
        finally:
            supervisor.stdin.close()
            supervisor.wait(timeout=60)


def _account() -> pwd.struct_passwd | None:
    """The account the server runs as: our own, or an unprivileged one when we are root."""
    if os.geteuid() != 0:
        return None
    for name in UNPRIVILEGED:
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise PostgresMissing("PostgreSQL refuses to run as root; neither account postgres nor nobody exists.")


def _folder(account: pwd.struct_passwd | None) -> Path:
    """A folder of our own, short enough for a socket's path, on ground the account may enter."""
    roomy = len(tempfile.gettempdir()) < SOCKET_PATH_LIMIT - 40 and account is None
    folder = Path(tempfile.mkdtemp(prefix="ykpg-", dir=None if roomy else "/tmp"))
    if account:
        os.chown(folder, account.pw_uid, account.pw_gid)
    return folder


def _start(folder: Path, durable: bool, settings: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Create the cluster in `folder` and start its server; returns once it answers."""
    binaries, account = find_binaries(), _account()
    log = folder / "log"
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PG")} | {"LC_ALL": "C.UTF-8"}
    identity: dict[str, Any] = {}
    if account:
        identity = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}

    def command(*words: str) -> list[str]:
        return [str(binaries / words[0]), *words[1:]]

    data = ["-D", str(folder / "data")]
    initdb = command("initdb", *data, "-U", ROLE, "--auth=trust", "--encoding=UTF8", "--no-sync")
    for locale in ("C.UTF-8", "C"):
        made = subprocess.run(
            [*initdb, f"--locale={locale}"],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            **identity,
        )
        if made.returncode == 0:
            break
        shutil.rmtree(folder / "data", ignore_errors=True)
    else:
        raise RuntimeError(made.stderr.strip() or made.stdout.strip())

    options = SETTINGS | ({} if durable else SPEED_BEFORE_SAFETY) | dict(settings)
    words = [f"-c{name}={value}" for name, value in options.items()]
    with log.open("wb") as output:
        server = subprocess.Popen(
            command("postgres", *data, "-k", str(folder), *words),
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            **identity,
        )
    ready = command("pg_isready", "-q", "-h", str(folder))
    deadline = time.monotonic() + START_SECONDS
    while subprocess.run(ready, env=environment, check=False).returncode:
        if server.poll() is not None or time.monotonic() > deadline:
            server.kill()
            raise RuntimeError(log.read_text(errors="replace").strip() or f"no answer in {START_SECONDS} s")
        time.sleep(0.05)
    return server


def _supervise(order: str) -> int:
    """Own the server: start, tell the address on standard output, wait for the caller's end, stop, remove."""
    for stop in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(stop, lambda *_: sys.exit(0))
    caller, wanted = os.getppid(), json.loads(order)
    folder, server = None, None
    try:
        folder = _folder(_account())
        server = _start(folder, wanted["durable"], wanted["settings"])
        print(json.dumps({"dsn": f"postgresql://{ROLE}@/postgres?host={folder}"}), flush=True)
        while os.getppid() == caller and server.poll() is None:
            ready, _, _ = select.select([sys.stdin], [], [], 1.0)
            if ready and not sys.stdin.readline():
                break
    except (RuntimeError, OSError) as error:
        print(json.dumps({"error": str(error)}), flush=True)
    finally:
        if server and server.poll() is None:
            server.send_signal(signal.SIGINT)  # fast shutdown: ends open sessions, then the server
            with contextlib.suppress(subprocess.TimeoutExpired):
                server.wait(timeout=20)
            if server.poll() is None:
                server.send_signal(signal.SIGQUIT)
                server.wait(timeout=10)
        if folder:
            shutil.rmtree(folder, ignore_errors=True)
    return 0


def main() -> int:
    """`private_postgres.py COMMAND …` runs the command with DATABASE_URL pointing at a server of its own."""
    if sys.argv[1:2] == ["--supervise"]:
        return _supervise(sys.argv[2])
    if len(sys.argv) < 2:
        print("Usage: private_postgres.py COMMAND …   (DATABASE_URL is set for the command)", file=sys.stderr)
        return 2
    try:
        with private_postgres() as dsn:
            environment = os.environ | {"DATABASE_URL": dsn}
            return subprocess.run(sys.argv[1:], env=environment, check=False).returncode
    except RuntimeError as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
