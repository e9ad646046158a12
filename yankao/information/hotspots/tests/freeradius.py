"""Debian's FreeRADIUS with a configuration of its own: accounting into one `detail` file, nothing else."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

CONF = """
prefix = {root}
logdir = {folder}
radacctdir = {folder}
run_dir = {folder}
pidfile = {folder}/pid
libdir = {root}/lib/freeradius
security {{
  allow_vulnerable_openssl = yes
}}
log {{
  destination = stdout
}}
client local {{
  ipaddr = 127.0.0.1
  secret = loopback-secret
}}
modules {{
  detail {{
    filename = {folder}/detail
    permissions = 0600
  }}
}}
server default {{
  listen {{
    type = acct
    ipaddr = 127.0.0.1
    port = {port}
  }}
  preacct {{
  }}
  accounting {{
    detail
  }}
}}
"""


@contextlib.contextmanager
def running(program: str, folder: Path) -> Iterator[tuple[int, Path]]:
    """(Port, detail file) of a server that answers accounting requests."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as trial:
        trial.bind(("127.0.0.1", 0))
        port = trial.getsockname()[1]
    root = Path(program).resolve().parent.parent
    conf = CONF.format(folder=folder, port=port, root=root)
    (folder / "radiusd.conf").write_text(conf)
    with (folder / "log").open("wb") as log:
        command = [program, "-f", "-l", "stdout", "-d", str(folder), "-D", str(root / "share" / "freeradius")]
        process = subprocess.Popen(command, stdout=log, stderr=log)
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
