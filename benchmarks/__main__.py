"""`python -m benchmarks`: every measurement, each database and size in a process of its own.

--sizes 10k,100k,1m   --databases sqlite,postgres   --quick (10k on SQLite, few turns)   --json FILE
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def size(text: str) -> int:
    """10k, 1m or plain digits."""
    number = text.strip().lower()
    by = {"k": 1_000, "m": 1_000_000}.get(number[-1:], 1)
    return int(number.rstrip("km")) * by


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("--sizes", default="10k,100k,1m")
    parser.add_argument("--databases", default="sqlite,postgres")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    sizes = [10_000] if chosen.quick else [size(one) for one in chosen.sizes.split(",")]
    databases = ["sqlite"] if chosen.quick else chosen.databases.split(",")
    more = ["--json", str(chosen.json)] if chosen.json else []
    turns = "10" if chosen.quick else "40"
    failed = 0
    for database in databases:
        common = ["--database", database, "--turns", turns, *more]
        for cases in sizes:
            for script in ("lists.py", "pages.py"):
                print(f"\n== {script} {database} {cases:,}", flush=True)
                order = [sys.executable, str(HERE / script), "--cases", str(cases), *common]
                failed += subprocess.run(order, check=False).returncode != 0
        print(f"\n== report {database}", flush=True)
        order = [sys.executable, str(HERE / "pages.py"), "--report", *common]
        failed += subprocess.run(order, check=False).returncode != 0
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
