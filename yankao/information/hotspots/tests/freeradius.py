"""Debian's FreeRADIUS with a configuration of its own: accounting into one `detail` file, nothing else."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

CONF = """
prefix = /usr
logdir = {folder}
radacctdir = {folder}
run_dir = {folder}
pidfile = {folder}/pid
libdir = /usr/lib/freeradius
security {{ allow_vulnerable_openssl = yes }}
log {{ destination = stdout }}
client local {{ ipaddr = 127.0.0.1
  secret = loopback-secret }}
modules {{
  detail {{ filename = {folder}/detail
    permissions = 0600 }}
  acct_unique {{ }}
  preprocess {{ }}
}}
server default {{
  listen {{ type = acct
    ipaddr = 127.0.0.1
    port = {port} }}
  preacct {{ }}
  accounting {{ detail }}
}}
"""


@contextlib.contextmanager
def running(program: str, folder: Path) -> Iterator[tuple[int, Path]]:
    """(Port, detail file) of a server that answers accounting requests."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as trial:
        trial.bind(("127.0.0.1", 0))
        port = trial.getsockname()[1]
    conf = CONF.replace("  acct_unique {{ }}\n  preprocess {{ }}\n", "").format(folder=folder, port=port)
    (folder / "radiusd.conf").write_text(conf)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([program, "-f", "-l", "stdout", "-d", str(folder)], stdout=log, stderr=log)
        try:
            until = time.monotonic() + 20
            while "Ready to process requests" not in (folder / "log").read_text():
                if process.poll() is not None or time.monotonic() > until:
                    raise RuntimeError((folder / "log").read_text()[-2000:])
                time.sleep(0.1)
            yield port, folder / "detail"
        finally:
            process.terminate()
            process.wait(10)
