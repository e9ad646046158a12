"""Bring in the browser packages pinned in `requirements/browser.json`; none of them is committed.

npm fetches the package when the machine has npm; else it is downloaded from the registry that the variable
YANKAO_NPM_REGISTRY names. Either way it is unpacked only when its SHA-512 is the pinned one, and only
the files that are wanted are taken. Node is not needed to run the product, and without these files every page
still works, with plain links and forms. Standard library only.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import urllib.request
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PINS = ROOT / "requirements" / "browser.json"
REGISTRY = "YANKAO_NPM_REGISTRY"
TIMEOUT_SECONDS = 60


class BrowserPackageError(Exception):
    """A browser package could not be brought in, or is not the pinned one."""


def pinned(*, dev: bool) -> dict[str, dict[str, Any]]:
    """The packages to have: all of them for development, else without those marked `only: dev`."""
    pins: dict[str, dict[str, Any]] = json.loads(PINS.read_text())
    return {name: pin for name, pin in pins.items() if dev or pin.get("only") != "dev"}


def in_place(pin: dict[str, Any]) -> bool:
    """Whether the wanted files lie unpacked, from the pinned package."""
    folder = ROOT / pin["into"]
    try:
        stamp = (folder / ".integrity").read_text()
    except OSError:
        return False
    return stamp == _stamp(pin) and all((folder / target).exists() for target in pin["files"].values())


def _stamp(pin: dict[str, Any]) -> str:
    return json.dumps([pin["integrity"], pin["files"]])


def obtainable(*, dev: bool) -> bool:
    """Whether the packages are here or there is a way to fetch them."""
    here = all(in_place(pin) for pin in pinned(dev=dev).values())
    return here or bool(shutil.which("npm") or os.environ.get(REGISTRY))


def bring_in(*, dev: bool, must: bool) -> None:
    """Fetch, check and unpack what is not in place yet; a failure ends set-up only when `must` is set."""
    for name, pin in pinned(dev=dev).items():
        if in_place(pin):
            continue
        try:
            print(f"· fetching {name} {pin['version']}", flush=True)
            _unpack(_checked(name, pin, _fetch(name, pin["version"])), pin)
        except BrowserPackageError as error:
            if must:
                raise
            print(f"{error}\nThe pages work without it, with plain links and forms.", file=sys.stderr)


def _fetch(name: str, version: str) -> bytes:
    """The package as its publisher packed it."""
    registry = os.environ.get(REGISTRY)
    if registry:
        address = f"{registry.rstrip('/')}/{name}/-/{name.rpartition('/')[2]}-{version}.tgz"
        try:
            with urllib.request.urlopen(address, timeout=TIMEOUT_SECONDS) as answer:
                return bytes(answer.read())
        except (OSError, ValueError) as error:
            raise BrowserPackageError(
                f"{name} {version} could not be had from {REGISTRY}: {error}"
            ) from error
    npm = shutil.which("npm")
    if not npm:
        raise BrowserPackageError(
            f"{name} {version} is missing and cannot be fetched: there is no npm, {REGISTRY} is not set.\n"
            f"Install npm, or set {REGISTRY} to the address of an npm registry, and run make setup again."
        )
    with tempfile.TemporaryDirectory(prefix="yankao-npm-") as folder:
        words = [npm, "pack", "--silent", "--ignore-scripts", f"{name}@{version}"]
        done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
        packed = list(Path(folder).glob("*.tgz"))
        if done.returncode or len(packed) != 1:
            raise BrowserPackageError(
                f"npm could not fetch {name} {version}: {done.stderr.strip() or 'no file'}"
            )
        return packed[0].read_bytes()


def _checked(name: str, pin: dict[str, Any], packed: bytes) -> bytes:
    """The package itself, once its SHA-512 is the pinned one."""
    found = "sha512-" + base64.b64encode(hashlib.sha512(packed).digest()).decode()
    if found != pin["integrity"]:
        raise BrowserPackageError(
            f"{name} {pin['version']} is not the package that was pinned: its hash is {found}, "
            f"requirements/browser.json says {pin['integrity']}. Nothing of it was unpacked."
        )
    return packed


def _unpack(packed: bytes, pin: dict[str, Any]) -> None:
    """Write the wanted files, and the stamp last."""
    folder = ROOT / pin["into"]
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with tarfile.open(fileobj=io.BytesIO(packed), mode="r:gz") as archive:
        for source, target in pin["files"].items():
            try:
                member = archive.extractfile(f"package/{source}")
            except KeyError:
                member = None
            if member is None:
                raise BrowserPackageError(
                    f"The package holds no {source}; requirements/browser.json is wrong."
                )
            (folder / target).write_bytes(member.read())
    (folder / ".integrity").write_text(_stamp(pin))
