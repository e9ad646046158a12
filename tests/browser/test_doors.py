"""What the permission matrix says of every address is what somebody of each role finds at its door.

Each door is tried by three; `YANKAO_TEST_MATRIX=1` tries every door as every role (some minutes).
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from yankao.site.permissions import pages

ROOT = Path(__file__).resolve().parents[2]


def test_every_door_opens_to_its_audience_and_to_nobody_else(city: Path, walk: Any, tmp_path: Path) -> None:
    shutil.copytree(city, tmp_path / "data")
    (tmp_path / "pages.json").write_text(json.dumps(walk))
    more = ["--all"] if os.environ.get("YANKAO_TEST_MATRIX") else []
    told = subprocess.run(
        [sys.executable, "-m", "tests.browser.doors", str(tmp_path), *more],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    found = json.loads(told.stdout.splitlines()[-1]) if told.stdout else {"wrong": [told.stderr[-2000:]]}
    assert found["wrong"] == []
    assert found["doors"] > 150 and found["knocks"] >= 2 * found["doors"]


def test_what_has_a_box_to_search_is_declared_to_search(walk: Any) -> None:
    assert len(walk["searched"]) > 10
    assert [name for name in walk["searched"] if "search" not in pages()[name].verbs] == []
    seen = {sight["kind"].partition(" ")[0] for sight in walk["sights"]}
    declared = {name for name, page in pages().items() if "search" in page.verbs}
    assert sorted((declared & seen) - set(walk["searched"])) == []
