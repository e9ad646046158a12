"""Run the checks, all or those named, each under a heading, and sum up. Exit code 0 only when all passed.

A check that cannot run on this machine is named in the sum as not run; in CI (CI=true) that is a failure.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import browser_city
import browser_packages
from private_postgres import PostgresMissing, find_binaries
from set_up import IN_CI, find_chromium

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
WORKERS = ["-n", os.environ.get("YANKAO_TEST_WORKERS", "2")]
PYTEST = ["python", "-m", "pytest", "-q", "--durations=5"]


def no_postgres() -> str | None:
    try:
        find_binaries()
    except PostgresMissing as missing:
        return str(missing)
    return None


def no_browser() -> str | None:
    if not find_chromium():
        return "Chromium is missing"
    pins = browser_packages.pinned(dev=True)
    absent = [name for name, pin in pins.items() if not browser_packages.in_place(pin)]
    return f"{', '.join(absent)} could not be brought in" if absent else None


@dataclass(frozen=True)
class Check:
    """One heading, its commands run in order, and what keeps it from running here, if anything."""

    heading: str
    commands: list[list[str]]
    environment: dict[str, str] = field(default_factory=dict)
    obstacle: Callable[[], str | None] = lambda: None


CHECKS = {
    "lint": Check("Lint", [["ruff", "check", "--quiet", "--output-format=concise", "."]]),
    "types": Check("Types", [["mypy", "yankao", "scripts", "conftest.py"]]),
    "contracts": Check("Import contracts", [["lint-imports"]]),
    "messages": Check("English for every sentence", [["python", "-m", "yankao.site.messages", "check"]]),
    "unit": Check(
        "Tests on SQLite", [[*PYTEST, *WORKERS, "-m", "not browser"]], {"YANKAO_TEST_DB": "sqlite"}
    ),
    "postgres": Check(
        "Database tests on PostgreSQL",
        [[*PYTEST, *WORKERS, "-m", "database and not browser"]],
        {"YANKAO_TEST_DB": "postgres"},
        no_postgres,
    ),
    "browser": Check(
        "Browser tests", [[*PYTEST, *WORKERS, "tests/browser"]], {"YANKAO_TEST_DB": "sqlite"}, no_browser
    ),
}


def run(check: Check, more: dict[str, str]) -> tuple[bool, str]:
    """Whether the check lets the whole pass, and how it ended in a few words."""
    started = time.monotonic()
    obstacle = check.obstacle()
    if obstacle:
        return not IN_CI, f"NOT RUN: {obstacle}"
    environment = os.environ | check.environment | more | {"PATH": f"{BIN}:{os.environ['PATH']}"}
    for words in check.commands:
        if subprocess.run(
            [str(BIN / words[0]), *words[1:]], cwd=ROOT, env=environment, check=False
        ).returncode:
            return False, f"FAILED after {time.monotonic() - started:.0f} s"
    return True, f"passed in {time.monotonic() - started:.0f} s"


@contextlib.contextmanager
def city_of_the_browser(names: list[str]) -> Iterator[dict[str, str]]:
    """While the first checks leave a core idle, the city that the browser tests need is built beside them.

    Yields the environment by which they find it.
    """
    if "browser" not in names[1:] or "YANKAO_TEST_CITY" in os.environ or no_browser():
        yield {}
        return
    place = Path(tempfile.mkdtemp(prefix="yankao-city-"))
    builder = browser_city.begin(place)
    try:
        yield {"YANKAO_TEST_CITY": str(place)}
    finally:
        if builder and builder.poll() is None:
            os.killpg(builder.pid, signal.SIGTERM)
            builder.wait()
        shutil.rmtree(place, ignore_errors=True)


def main() -> int:
    names = sys.argv[1:] or list(CHECKS)
    unknown = [name for name in names if name not in CHECKS]
    if unknown:
        print(f"No check is called {', '.join(unknown)}. There are: {', '.join(CHECKS)}", file=sys.stderr)
        return 2
    ends = []
    with city_of_the_browser(names) as found:
        for name in names:
            print(f"\n── {CHECKS[name].heading} " + "─" * (70 - len(CHECKS[name].heading)), flush=True)
            ends.append((CHECKS[name].heading, *run(CHECKS[name], found)))
            print(ends[-1][2], flush=True)
    print("\n── Sum " + "─" * 66)
    for heading, _, end in ends:
        print(f"{heading:<30} {end}")
    return 0 if all(passed for _, passed, _ in ends) else 1


if __name__ == "__main__":
    sys.exit(main())
