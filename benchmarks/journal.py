"""How fast a journal takes a log in, and how fast the level of a half-year is told from it.

    .venv/bin/python benchmarks/journal.py                     5 million calls on SQLite
    .venv/bin/python benchmarks/journal.py --calls 300000

A queue_log of that many calls over five years (about three lines each) is written, then taken in as `yankao
listen` does: block by block, raw sealed, facts merged, sums kept. Prints CPU seconds, lines and calls a CPU
second, and the memory of the process; then the level of one half-year, read again and again from the sums;
then the same log read once more from its beginning, which must change nothing.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import statistics
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT)]
YEARS = 5
START = 1167580800  # 1 January 2007 in Taipei
PROMISED_ROWS, PROMISED_LEVEL = 50_000, 0.100


def write_log(path: Path, calls: int) -> int:
    """The log; the number of its lines."""
    rng = random.Random(5)
    gap = YEARS * 365 * 86400 / calls
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


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--calls", type=int, default=5_000_000)
    calls: int = parser.parse_args().calls
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"YANKAO_DATA": folder, "DJANGO_SETTINGS_MODULE": "yankao.site.settings"}
        os.environ.pop("DATABASE_URL", None)
        import django

        django.setup()
        return measure(Path(folder), calls)


def measure(folder: Path, calls: int) -> int:
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
    source = Source.objects.create(
        journal="service.calls", code="pbx", name="pbx", format="queue_log", address=str(log)
    )
    begun = time.process_time()
    taken = read_file(source)
    spent = time.process_time() - begun
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{taken.new:,} calls from {lines:,} lines in {spent:.1f} CPU s")
    print(f"  {lines / spent:,.0f} log rows, {taken.new / spent:,.0f} calls a CPU second; {memory:,.0f} MiB")
    period = Period.between(date(2011, 1, 1), date(2011, 6, 30))
    turns = []
    for _turn in range(20):
        at = time.process_time()
        told = levels.level(period)
        turns.append(time.process_time() - at)
    level = statistics.median(turns)
    print(f"  level of a half-year {100 * told[0] / told[1]:.2f} % in {1000 * level:.1f} ms CPU")
    source.offset, source.inode = 0, None
    begun = time.process_time()
    again = read_file(source, chunk=3 << 19)
    wrong = len(rollup.differences(journal))
    print(
        f"  read once more in other blocks: {again.new} new, {again.changed} changed, "
        f"{time.process_time() - begun:.1f} CPU s; {wrong} half-hours unequal"
    )
    kept = lines / spent >= PROMISED_ROWS and level <= PROMISED_LEVEL
    held = kept and not (again.new or again.changed or wrong) and Call.objects.count() == calls
    print("  the promises hold" if held else "  a promise does not hold")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
