"""Set-up: pins without addresses, packages checked by hash, copies noticed, servers that end."""

from __future__ import annotations

import ast
import hashlib
import io
import json
import os
import re
import signal
import subprocess
import sys
import tarfile
import time
from base64 import b64encode
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import browser_packages
import pytest
import set_up
from private_postgres import PostgresMissing, find_binaries

ROOT = Path(__file__).resolve().parent.parent
# Reads a finished PDF back, for tests and for whoever doubts an edition; no page and no command needs it.
ONLY_TESTS_IMPORT = {"yankao/kernel/documents/read_pdf.py", "yankao/report/document/extract_pdf.py"}
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_every_pin_has_a_hash_and_none_an_address(lock: Path) -> None:
    text = lock.read_text()
    assert "://" not in text and "--index" not in text
    for block in re.split(r"\n(?=\S)", text.strip()):
        assert re.match(r"[a-z0-9._-]+(\[[a-z,]+\])?==\S+", block) and "--hash=sha256:" in block, block


def test_development_runs_on_the_very_packages_of_the_product() -> None:
    def pins(name: str) -> dict[str, str]:
        return dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", (ROOT / "requirements" / name).read_text(), re.M))

    assert pins("runtime.txt").items() <= pins("dev.txt").items()
    assert len(pins("runtime.txt")) <= 45


def test_every_direct_dependency_is_explained() -> None:
    told = (ROOT / "docs" / "dependencies.md").read_text()
    direct = [
        re.split(r"[\[<>=]", line)[0].strip()
        for name in ("runtime.in", "dev.in")
        for line in (ROOT / "requirements" / name).read_text().splitlines()
        if line and line[0] not in "#-"
    ]
    direct += json.loads((ROOT / "requirements" / "browser.json").read_text())
    assert [name for name in direct if f"| {name} |" not in told] == []


def test_the_product_imports_only_what_is_pinned_for_it() -> None:
    owners = packages_distributions()
    pinned = {
        re.split(r"[\[<>=]", line)[0].strip()
        for line in (ROOT / "requirements" / "runtime.in").read_text().splitlines()
        if line and line[0] != "#"
    }
    pinned |= {"markupsafe"}  # jinja2's own type for safe text, part of its interface
    foreign = {
        f"{path.relative_to(ROOT)} imports {name}"
        for path in (ROOT / "yankao").rglob("*.py")
        if "tests" not in path.parts and path.relative_to(ROOT).as_posix() not in ONLY_TESTS_IMPORT
        for name in imported(ast.parse(path.read_text()))
        if name not in sys.stdlib_module_names | {"yankao"}
        and not {normal(owner) for owner in owners.get(name, [name])} & pinned
    }
    assert foreign == set()


def imported(tree: ast.Module) -> set[str]:
    """The top-level packages that a module imports at run time, wherever the statement stands."""
    typing_only = {
        child
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")
        for child in ast.walk(node)
    }
    names = set()
    for node in ast.walk(tree):
        if node in typing_only:
            continue
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    return names


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def package(files: dict[str, str]) -> bytes:
    """A browser package as a publisher packs it."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(f"package/{name}")
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    return packed.getvalue()


@pytest.fixture
def pin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A pinned package of two files, one of them wanted, and npm that delivers it."""
    packed = package({"dist/x.js": "x", "other.js": "y"})
    integrity = "sha512-" + b64encode(hashlib.sha512(packed).digest()).decode()
    pin = {"version": "1.0.0", "integrity": integrity, "into": "packages/x", "files": {"dist/x.js": "x.js"}}
    monkeypatch.setattr(browser_packages, "ROOT", tmp_path)
    monkeypatch.setattr(browser_packages, "pinned", lambda dev: {"x": pin})
    monkeypatch.setattr(browser_packages, "_fetch", lambda name, version: packed)
    return pin


def test_a_browser_package_brings_only_the_wanted_files(pin: dict[str, Any], tmp_path: Path) -> None:
    browser_packages.bring_in(dev=False, must=True)
    assert sorted(path.name for path in (tmp_path / "packages" / "x").iterdir()) == [".integrity", "x.js"]
    assert browser_packages.in_place(pin)
    pin["integrity"] = "sha512-another"
    assert not browser_packages.in_place(pin)


def test_a_browser_package_with_another_hash_is_refused(pin: dict[str, Any], tmp_path: Path) -> None:
    pin["integrity"] = "sha512-another"
    with pytest.raises(browser_packages.BrowserPackageError, match="not the package that was pinned"):
        browser_packages.bring_in(dev=False, must=True)
    assert not (tmp_path / "packages").exists()


def test_without_npm_the_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    monkeypatch.delenv(browser_packages.REGISTRY, raising=False)
    with pytest.raises(browser_packages.BrowserPackageError, match=r"x 1\.0.*YANKAO_NPM_REGISTRY"):
        browser_packages._fetch("x", "1.0")


def test_an_environment_that_came_along_with_a_copy_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    venv = tmp_path / "copy" / ".venv"
    (venv / "bin").mkdir(parents=True)
    (venv / "bin" / "python").touch()
    (venv / "bin" / "yankao").touch()
    for name, value in {"VENV": venv, "PYTHON": venv / "bin" / "python", "STAMP": venv / "stamp"}.items():
        monkeypatch.setattr(set_up, name, value)
    set_up.STAMP.write_text(json.dumps(set_up.wanted("runtime")))
    assert set_up.in_place("runtime") and not set_up.in_place("dev")
    elsewhere = {"venv": str(tmp_path / "first" / ".venv")}
    set_up.STAMP.write_text(json.dumps(set_up.wanted("runtime") | elsewhere))
    assert not set_up.in_place("runtime")


@pytest.mark.database
def test_a_private_server_goes_away_when_its_caller_is_killed(tmp_path: Path) -> None:
    try:
        find_binaries()
    except PostgresMissing as missing:
        pytest.skip(str(missing))
    program = (
        "import time\nfrom private_postgres import private_postgres\n"
        "with private_postgres() as dsn:\n    print(dsn, flush=True)\n    time.sleep(60)\n"
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT / "scripts")}
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, env=environment) as caller:
        assert caller.stdout
        folder = Path(caller.stdout.readline().decode().strip().partition("host=")[2])
        assert (folder / "data" / "postmaster.pid").exists()
        caller.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 20
    while folder.exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not folder.exists()
