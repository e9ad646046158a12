"""Set a checkout up: virtual environment, pinned packages, browser packages, message catalogues.

    scripts/python scripts/set_up.py          what running the product needs
    scripts/python scripts/set_up.py --dev    and what tests and checks need (Debian packages when root)

Standard library only. Every package is checked against the hashes in `requirements/`. What is in place is
left alone, so that a second run takes a fraction of a second. A virtual environment holds absolute paths:
one that came along with a copy of the checkout is noticed and built anew.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import browser_packages
from private_postgres import PostgresMissing, find_binaries

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
OWN_UV = ROOT / ".tools" / "uv"
STAMP = VENV / ".yankao.json"
PINS = ROOT / "requirements"
OLDEST_UV = (0, 8)
IN_CI = os.environ.get("CI", "").lower() in {"1", "true", "yes"}
SHELL = "chromium-headless-shell"
"""Chromium without windows: the same pages on less than half of the processor."""
CHROMIUM_NAMES = (SHELL, "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


class SetUpError(Exception):
    """Set-up cannot go on; the message says why and what to do."""


def say(words: str) -> None:
    print(f"· {words}", flush=True)


def run(*words: str | Path, quiet: bool = False, **more: Any) -> None:
    """Run a command; on failure say which, with its own words above."""
    done = subprocess.run([str(word) for word in words], check=False, capture_output=quiet, text=True, **more)
    if done.returncode:
        if quiet:
            sys.stderr.write(done.stdout + done.stderr)
        raise SetUpError(f"This command failed, its own words stand above: {' '.join(map(str, words))}")


# ── Python packages ─────────────────────────────────────────────────────────────────────────────


def version_of(uv: str | Path) -> tuple[int, ...]:
    """The version a uv answers with, (0,) when it does not answer, as a pyenv shim without a uv behind it."""
    try:
        told = subprocess.run([str(uv), "--version"], capture_output=True, text=True, check=True).stdout
        return tuple(int(part) for part in told.split()[1].split(".")[:2])
    except (OSError, subprocess.CalledProcessError, IndexError, ValueError):
        return (0,)


def find_uv() -> str:
    """The machine's uv, or one of our own, installed by pip from the pinned hash."""
    own = OWN_UV / "bin" / "uv"
    for candidate in ("uv", own):
        if version_of(candidate) >= OLDEST_UV:
            return str(candidate)
    say("uv is not on this machine: installing the pinned one into .tools/uv")
    shutil.rmtree(OWN_UV, ignore_errors=True)
    try:
        run(sys.executable, "-m", "venv", OWN_UV, quiet=True)
    except SetUpError as error:
        raise SetUpError(
            f"{error}\nPython's venv module does not work here. Debian: apt-get install python3-venv"
        ) from error
    pip: list[str | Path] = [
        OWN_UV / "bin" / "python",
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ]
    run(*pip, "--require-hashes", "--only-binary", ":all:", "-r", PINS / "uv.txt")
    return str(own)


def wanted(level: str) -> dict[str, str]:
    """What the environment must be: its own place, its Python and the exact pins."""
    pins = [PINS / f"{level}.txt", ROOT / "pyproject.toml", ROOT / ".python-version"]
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in pins)).hexdigest()
    return {"venv": str(VENV), "python": os.path.realpath(sys.executable), level: digest}


def in_place(level: str) -> bool:
    """Whether the environment already serves `level`; one for development also serves for running."""
    try:
        stamp = json.loads(STAMP.read_text())
    except (OSError, ValueError):
        return False
    alive = PYTHON.exists() and (VENV / "bin" / "yankao").exists()
    return alive and all(stamp.get(key) == value for key, value in wanted(level).items())


def python_packages(level: str) -> None:
    """Create or renew `.venv` with exactly the pinned packages and the project itself, editable."""
    if in_place(level):
        return
    uv = find_uv()
    environment = {k: v for k, v in os.environ.items() if k != "VIRTUAL_ENV"}
    environment.setdefault("UV_HTTP_TIMEOUT", "120")
    if not _belongs_here():
        say("creating .venv")
        python = os.path.realpath(sys.executable)
        run(uv, "venv", "--quiet", "--clear", "--python", python, VENV, env=environment)
    say(f"installing the packages of requirements/{level}.txt, each checked against its hash")
    STAMP.unlink(missing_ok=True)
    into: list[str | Path] = ["--quiet", "--python", PYTHON]
    sync = [uv, "pip", "sync", *into, "--compile-bytecode", "--require-hashes"]
    run(*sync, PINS / f"{level}.txt", env=environment)
    run(uv, "pip", "install", *into, "--no-deps", "--editable", ROOT, env=environment)
    stamp = wanted("runtime") | (wanted("dev") if level == "dev" else {})
    STAMP.write_text(json.dumps(stamp, indent=1) + "\n")


def _belongs_here() -> bool:
    """Whether `.venv` was made by us, in this folder, with this Python."""
    try:
        stamp = json.loads(STAMP.read_text())
    except (OSError, ValueError):
        return False
    here = {key: stamp.get(key) for key in ("venv", "python")}
    return PYTHON.exists() and here == {key: wanted("runtime")[key] for key in here}


def message_catalogues() -> None:
    """Compile the translations whose sources are newer than what is compiled."""
    run(PYTHON, "-m", "yankao.site.messages", "compile", cwd=ROOT)


# ── What tests need from the machine ────────────────────────────────────────────────────────────


def find_chromium() -> str | None:
    """The browser's programme: CHROMIUM, else the first of the usual names on PATH."""
    named = os.environ.get("CHROMIUM")
    if named:
        return shutil.which(named)
    return next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)


def has_han_font() -> bool:
    """Whether some font with Traditional Chinese is installed."""
    if shutil.which("fc-list"):
        told = subprocess.run(["fc-list", ":lang=zh-tw"], capture_output=True, text=True, check=False)
        return bool(told.stdout.strip())
    return any(Path("/usr/share/fonts/opentype/noto").glob("NotoSansCJK*"))


def missing_on_machine() -> dict[str, str]:
    """Debian package → what it is for, of everything the tests need and this machine lacks."""
    missing = {}
    if not find_chromium():
        missing[SHELL] = "browser tests"
    if not has_han_font():
        missing["fonts-noto-cjk"] = "Chinese type in browser tests"
    try:
        find_binaries()
    except PostgresMissing:
        missing["postgresql-15"] = "database tests on PostgreSQL"
    if not browser_packages.obtainable(dev=True):
        missing["npm"] = "fetching the pinned htmx and axe-core"
    return missing


def debian_packages() -> None:
    """Install what the machine lacks when we may; else say exactly what is missing, and fail in CI."""
    missing = missing_on_machine()
    if os.geteuid() == 0 and shutil.which("apt-get"):
        if IN_CI and "CHROMIUM" not in os.environ and not shutil.which(SHELL):
            missing[SHELL] = "browser tests, in half the time"  # a Chromium with windows would do
        if not missing:
            return
        say(f"installing Debian packages: {' '.join(missing)}")
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        apt = ["apt-get", "-q", "-y", "-o", "DPkg::Lock::Timeout=600"]
        # A stale list of packages may still do, so a failed update does not keep us from trying.
        # One by one: a package that this distribution does not have keeps no other away.
        for words in (["update"], *(["install", "--no-install-recommends", one] for one in missing)):
            try:
                run(*apt, *words, quiet=True, env=environment)
            except SetUpError as error:
                print(error, file=sys.stderr)
        missing = missing_on_machine()
    if not missing:
        return
    lines = "\n".join(f"  {package:<16} {purpose}" for package, purpose in missing.items())
    command = f"apt-get install --no-install-recommends {' '.join(missing)}"
    told = f"Missing on this machine:\n{lines}\nAs root: {command}"
    if IN_CI:
        raise SetUpError(told)
    print(f"{told}\nThe tests that need them will be skipped.", file=sys.stderr)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--dev", action="store_true", help="also what tests and checks need")
    dev = parser.parse_args().dev
    try:
        python_packages("dev" if dev else "runtime")
        if dev:
            debian_packages()
        browser_packages.bring_in(dev=dev, must=dev and IN_CI)
        message_catalogues()
    except (SetUpError, browser_packages.BrowserPackageError) as error:
        print(f"\nSet-up stopped. {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
