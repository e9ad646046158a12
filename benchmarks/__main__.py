"""`python -m benchmarks`: every measurement, each database and size in a process of its own.

python -m benchmarks [--parts lists,report,search,calls] [--sizes 10k,100k,1m]
                     [--databases sqlite,postgres] [--quick] [--json FILE] [--plans]
python -m benchmarks tables FILE [--write]
python -m benchmarks journal [--calls 5m] [--database sqlite]
python -m benchmarks petitions [--cases 100k] [--database sqlite] [--json FILE]
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SETTINGS = {"shared_buffers": "256MB", "effective_cache_size": "2GB", "max_wal_size": "4GB"}
REPORT, SEARCH = 0, -1
"""In place of a number of cases: the demonstration city; searching, in as many texts as the largest size."""

NAMES = {REPORT: "the demonstration city", SEARCH: "searching"}
WHERE = {REPORT: "reports", SEARCH: "searches"}
PARTS = ("lists", "report", "search", "calls")


def size(text: str) -> int:
    """10k, 1m or plain digits."""
    number = text.strip().lower()
    by = {"k": 1_000, "m": 1_000_000}.get(number[-1:], 1)
    return int(number.rstrip("km")) * by


def machine() -> dict[str, Any]:
    """What the run stood on."""
    told = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    models = [line.partition(":")[2].strip() for line in told.splitlines() if line.startswith("model name")]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    import django

    return {
        "name": os.environ.get("YANKAO_BENCH_MACHINE", "a machine of the project"),
        "processor": models[0] if models else platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "memory": f"{memory:.0f} GiB",
        "system": f"{platform.system()} {platform.release().partition('-')[0]}",
        "versions": f"CPython {platform.python_version()}, Django {django.get_version()}",
        "load_before": os.getloadavg()[0],
    }


def alone(database: str, cases: int, turns: int, plans: bool, most: int) -> dict[str, Any]:
    """One database at one size, in this process; `most` is the largest size of the run."""
    sys.path.insert(0, str(ROOT / "scripts"))
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="ykbench-"))
        os.environ |= {"YANKAO_DATA": folder, "YANKAO_TEST_DATA": folder}
        url = f"sqlite://{folder}/bench.sqlite3"
        if database == "postgres":
            from private_postgres import private_postgres

            url = stack.enter_context(private_postgres(durable=True, settings=SETTINGS))
        from .calls import cookie_of, prepare

        application = prepare(url)
        if cases == REPORT:
            from . import report

            return {"database": database, "found": report.run()}
        if cases == SEARCH:
            from . import search

            return {"database": database, **search.run(application, most, turns)}
        from . import city, lists, pages

        begun = time.perf_counter()
        city.fill(cases)
        filled = time.perf_counter() - begun
        controller, clerk = cookie_of(city.controller()), cookie_of(city.clerk())
        found = {
            "database": database,
            "cases": cases,
            "filled_s": filled,
            "lists": lists.run(application, controller, clerk, turns),
            "others": pages.run(application, controller, clerk, turns),
        }
        if plans:
            lists.explain(application, controller)
        return found


def petitions_alone(database: str, cases: int, turns: int) -> dict[str, Any]:
    """Petitions in one database at one size, in this process and in the server it starts."""
    sys.path.insert(0, str(ROOT / "scripts"))
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="ykbench-"))
        os.environ |= {"YANKAO_DATA": folder, "YANKAO_TEST_DATA": folder}
        url = f"sqlite://{folder}/bench.sqlite3"
        if database == "postgres":
            from private_postgres import private_postgres

            url = stack.enter_context(private_postgres(durable=True, settings=SETTINGS))
        from .calls import prepare

        application = prepare(url)
        from . import petitions

        return {"database": database, **petitions.run(application, cases, turns)}


def run(chosen: argparse.Namespace) -> int:
    """Every database and size; what failed is said and left out, the rest is kept."""
    databases = ["sqlite"] if chosen.quick else chosen.databases.split(",")
    sizes = [10_000] if chosen.quick else [size(one) for one in chosen.sizes.split(",")]
    told: dict[str, Any] = {"begun": time.strftime("%Y-%m-%d %H:%M"), "machine": machine()}
    told |= {"dockets": [], "reports": [], "searches": []}
    parts = chosen.parts.split(",")
    wanted = [*(sizes if "lists" in parts else []), *([REPORT] if "report" in parts else [])]
    wanted += [SEARCH] if "search" in parts else []
    failed = 0
    for database in databases:
        for cases in wanted:
            name = NAMES.get(cases, f"{cases:,}")
            name = f"{database}, {name}"
            print(f"== {name}", flush=True)
            with tempfile.NamedTemporaryFile(suffix=".json") as answer:
                order = [sys.executable, "-m", "benchmarks", "alone", database, str(cases), answer.name]
                order += [str(10 if chosen.quick else chosen.turns), str(max(sizes))]
                order += ["--plans"] if chosen.plans else []
                begun = time.perf_counter()
                if subprocess.run(order, check=False, cwd=ROOT).returncode:
                    print(f"   failed: {name}", flush=True)
                    failed += 1
                    continue
                print(f"   {time.perf_counter() - begun:.0f} s", flush=True)
                told[WHERE.get(cases, "dockets")].append(json.loads(Path(answer.name).read_text()))
            _keep(told, chosen.json)  # a run that is broken off keeps what it found
    for database in databases if "calls" in parts else []:  # tells for itself whether its promises hold
        calls = "300k" if chosen.quick else "5m"
        print(f"== {database}, a log of {calls} calls", flush=True)
        order = [sys.executable, "-m", "benchmarks", "journal", "--calls", calls, "--database", database]
        failed += bool(subprocess.run(order, check=False, cwd=ROOT).returncode)
    _keep(told, chosen.json)
    from .tables import written

    print(f"\n{written(told)}\n\nkept in {chosen.json}")
    return 1 if failed else 0


def _keep(told: dict[str, Any], place: Path) -> None:
    told["ended"], told["machine"]["load_after"] = time.strftime("%H:%M"), os.getloadavg()[0]
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(json.dumps(told, indent=1))


def main() -> int:
    words = sys.argv[1:]
    if words[:1] == ["alone"]:
        _alone, database, cases, place, turns, most, *plans = words
        found = alone(database, int(cases), int(turns), bool(plans), int(most))
        Path(place).write_text(json.dumps(found))
        return 0
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=(__doc__ or "").partition("\n")[0]
    )
    if words[:1] == ["tables"]:
        from . import tables

        parser.add_argument("tables")
        parser.add_argument("file", type=Path)
        parser.add_argument("--write", action="store_true", help="into docs/performance.md")
        asked = parser.parse_args()
        text = tables.written(json.loads(asked.file.read_text()))
        if asked.write:
            tables.put(text, ROOT / "docs" / "performance.md")
        else:
            print(text)
        return 0
    if words[:1] == ["petitions"]:
        parser.add_argument("petitions")
        parser.add_argument("--cases", type=size, default=100_000)
        parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
        parser.add_argument("--turns", type=int, default=20)
        parser.add_argument("--json", type=Path)
        asked = parser.parse_args()
        from . import petitions

        found = petitions_alone(asked.database, asked.cases, asked.turns)
        print(petitions.show(found))
        if asked.json:
            asked.json.write_text(json.dumps(found, indent=1))
        return 0
    if words[:1] == ["journal"]:
        from . import journal

        sys.path.insert(0, str(ROOT / "scripts"))
        parser.add_argument("journal")
        parser.add_argument("--calls", type=size, default=5_000_000)
        parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
        asked = parser.parse_args()
        return journal.run(asked.database, asked.calls)
    parser.add_argument("--sizes", default="10k,100k,1m")
    parser.add_argument("--databases", default="sqlite,postgres")
    parser.add_argument("--turns", type=int, default=40)
    parser.add_argument("--quick", action="store_true", help="10k on SQLite, few turns")
    parser.add_argument("--parts", default=",".join(PARTS), help="some of " + ",".join(PARTS))
    parser.add_argument("--plans", action="store_true", help="show how each pair of filters is answered")
    parser.add_argument("--json", type=Path, default=ROOT / "build" / "bench.json")
    asked = parser.parse_args()
    if unknown := set(asked.parts.split(",")) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    return run(asked)


if __name__ == "__main__":
    sys.exit(main())
