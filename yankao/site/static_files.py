"""Static files by the hash of their content, so that browsers keep them for good and never hold an old
one."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from whitenoise.storage import CompressedManifestStaticFilesStorage

PACKAGE = "packages/htmx/htmx.min.js"


class HashedFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """WhiteNoise's hashed and compressed files; modules import each other by their hashed names, too."""

    support_js_module_import_aggregation = True


def sources() -> dict[str, Path]:
    """Every static file of the house by the path under which it is served; the first found wins."""
    found: dict[str, Path] = {}
    for finder in get_finders():
        for path, storage in finder.list([]):
            found.setdefault(path, Path(storage.path(path)))
    return found


def fingerprint() -> str:
    """Changes when a static file is changed, added or taken away; reads no content."""
    marks = [
        f"{served}|{path.stat().st_mtime_ns}|{path.stat().st_size}"
        for served, path in sorted(sources().items())
    ]
    return hashlib.sha256("\n".join(marks).encode()).hexdigest()


def collect() -> bool:
    """Bring the static files into YANKAO_DATA/static when they are not as the sources; whether it was
    needed."""
    root = Path(settings.STATIC_ROOT)
    mark = root / ".fingerprint"
    now = fingerprint()
    if mark.is_file() and mark.read_text("ascii") == now and (root / "staticfiles.json").is_file():
        return False
    given: dict[str, Any] = {"interactive": False, "clear": root.is_dir(), "verbosity": 0}
    call_command("collectstatic", **given)
    mark.write_text(now, "ascii")
    return True
