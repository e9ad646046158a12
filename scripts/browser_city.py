"""Begin to build the city of the browser tests in a folder, once for all who ask; others find it begun.

The folder comes to hold `data` as soon as the city is loaded, then `pages.json`, what a walk found in it, and
at last `ended` with the exit code; `walk.txt` says what went wrong. `checks.py` begins before all checks,
so that it fills a core that they leave idle.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

CITY = Path(__file__).resolve().parent.parent / "tests" / "browser" / "city.py"
ORDER = '"$0" "$1" "$2" > "$2/walk.txt" 2>&1; echo $? > "$2/ended.part"; mv "$2/ended.part" "$2/ended"'


def begin(place: Path) -> subprocess.Popen[bytes] | None:
    """The process that builds it, leader of a group of its own; None where somebody else began."""
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        os.close(os.open(place / "begun", os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return None
    return subprocess.Popen(
        ["sh", "-c", ORDER, sys.executable, str(CITY), str(place)], start_new_session=True
    )
