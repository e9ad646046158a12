"""How fast a journal takes a log in, and how fast the level of a half-year is told from it.

    python -m benchmarks journal                                5 million calls on SQLite
    python -m benchmarks journal --calls 300k --database postgres

A queue_log of that many calls, a million a year (about three lines each), is written, then taken in as
`yankao listen` does: block by block, raw sealed, facts merged, sums kept. Told are lines and calls a second
of this process and of the clock, and the memory; then the level of one half-year, read again and again from
the sums; then the same log once more from its beginning in other blocks, rotated, and cut short, which must
change nothing.
"""

from __future__ import annotations

import contextlib
import os
import random
import resource
import statistics
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Any

YEARLY = 1_000_000
START = 1167580800  # 1 January 2007 in Taipei
PROMISED_ROWS, PROMISED_LEVEL = 50_000, 0.100


def write_log(path: Path, calls: int) -> int:
    """The log; the number of its lines."""
    rng = random.Random(5)
    gap = 365 * 86400 / YEARLY
    clock, lines = float(START), 0
    with path.open("w") as out:
        for number in range(calls):
            clock += rng.random() * 2 * gap
            came, wait = int(clock), int(rng.expovariate(1 / 11))
            call, seat, talk = f"{came}.{number}", rng.randrange(60), 5 + int(rng.expovariate(1 / 210))
            out.write(f"{came}|{call}|1999|NONE|ENTERQUEUE||09{rng.randrange(10**8):08d}|1\n")
            if rng.random() < 0.024:
                out.write(f"{came + wait}|{call}|1999|NONE|ABANDON|1|1|{wait}\n")
                lines += 2
                continue
            out.write(
                f"{came + wait}|{call}|1999|PJSIP/{seat}|CONNECT|{wait}|{call}|3\n"
                f"{came + wait + talk}|{call}|1999|PJSIP/{seat}|COMPLETECALLER|{wait}|{talk}|1\n"
            )
            lines += 3
    return lines


def run(database: str, calls: int) -> int:
    """The measurement in an installation of its own; 1 when a promise does not hold."""
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="ykbench-"))
        os.environ |= {"YANKAO_DATA": folder, "DJANGO_SETTINGS_MODULE": "yankao.site.settings"}
        os.environ.pop("DATABASE_URL", None)
        if database == "postgres":
            from private_postgres import private_postgres

            os.environ["DATABASE_URL"] = stack.enter_context(private_postgres(durable=True))
        import django

        django.setup()
        found = measure(Path(folder), calls)
    for name, value in found.items():
        print(f"  {name}: {value:,.1f}" if isinstance(value, float) else f"  {name}: {value}", flush=True)
    return 0 if found["held"] else 1


class Clock:
    """Seconds of this process and of the wall since it was made."""

    def __init__(self) -> None:
        self.cpu, self.wall = time.process_time(), time.perf_counter()

    def read(self) -> tuple[float, float]:
        return time.process_time() - self.cpu, time.perf_counter() - self.wall


def measure(folder: Path, calls: int) -> dict[str, Any]:
    from django.core.management import call_command

    from yankao.kernel.journal import rollup
    from yankao.kernel.journal.models import Source
    from yankao.kernel.journal.tailing import read_file
    from yankao.kernel.period import Period
    from yankao.service.calls import levels
    from yankao.service.calls.journal import calls as journal
    from yankao.service.calls.models import Call

    call_command("migrate", verbosity=0)
    log = folder / "queue_log"
    lines = write_log(log, calls)
    print(f"  a log of {calls:,} calls and {lines:,} lines, {log.stat().st_size >> 20:,} MiB", flush=True)
    source = Source.objects.create(
        journal="service.calls", code="pbx", name="pbx", format="queue_log", address=str(log)
    )
    clock = Clock()
    taken = read_file(source)
    cpu, wall = clock.read()
    found: dict[str, Any] = {
        "calls": taken.new, "lines": lines, "CPU s": cpu, "wall s": wall,
        "lines a CPU second": lines / cpu, "calls a CPU second": taken.new / cpu,
        "lines a second": lines / wall, "calls a second": taken.new / wall,
        "memory MiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }  # fmt: skip
    print(f"  taken in: {found}", flush=True)
    year = 2007 + max(0, calls // YEARLY - 1)
    period = Period.between(date(year, 1, 1), date(year, 6, 30))
    turns, told = [], (0, 0)
    for _turn in range(20):
        clock = Clock()
        told = levels.level(period)
        turns.append(clock.read())
    found["level of a half-year, %"] = 100 * told[0] / told[1]
    found["level, ms of CPU (median)"] = 1000 * statistics.median(cpu for cpu, _wall in turns)
    found["level, ms (median)"] = 1000 * statistics.median(wall for _cpu, wall in turns)
    again = _again(folder, log, source, read_file)
    found |= again | {"half-hours unequal to their calls": len(rollup.differences(journal))}
    found["by lines"] = found["lines a CPU second"] >= PROMISED_ROWS
    found["by calls"] = found["calls a CPU second"] >= PROMISED_ROWS
    quiet = not any(again.values()) and not found["half-hours unequal to their calls"]
    quick = found["level, ms of CPU (median)"] <= 1000 * PROMISED_LEVEL
    found["held"] = found["by calls"] and quick and quiet and Call.objects.count() == calls
    return found


def _again(folder: Path, log: Path, source: Any, read: Any) -> dict[str, int]:
    """Facts changed by the same log from its beginning in other blocks, after rotation, and cut short."""
    told = {}
    source.offset, source.inode = 0, None
    replayed = read(source, chunk=3 << 19)
    told["changed by a replay"] = replayed.new + replayed.changed
    log.rename(folder / "queue_log.1")
    with (folder / "queue_log.1").open("rb") as old:
        head = old.read(1 << 20)
    log.write_bytes(head[: head.rfind(b"\n") + 1])
    rotated = read(source)
    told["changed by a rotation"] = rotated.new + rotated.changed
    log.write_bytes(head[: head.find(b"\n") + 1])
    short = read(source)
    told["changed by a truncation"] = short.new + short.changed
    return told
