"""Installations for the tests of the command line: a folder, and the command as a person calls it."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from tests import tables

ROOT = Path(__file__).resolve().parents[3]
DROPPED = ("PYTHONDONTWRITEBYTECODE", "DATABASE_URL", "YANKAO_DEMO", "YANKAO_LANG", "LC_ALL", "LC_MESSAGES")


@dataclass
class Installation:
    """`house("figures", "101H1")` runs the command on the installation in `data`."""

    data: Path
    more: dict[str, str] = field(default_factory=dict)

    def environment(self, **more: str) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name not in DROPPED}
        kept["DJANGO_SETTINGS_MODULE"] = "yankao.site.settings"
        return kept | {"YANKAO_DATA": str(self.data), "LANG": "C.UTF-8"} | self.more | more

    def __call__(
        self, *words: str, env: Mapping[str, str] | None = None, stdin: str = ""
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "yankao", *words],
            cwd=ROOT, env=self.environment(**(env or {})), input=stdin, capture_output=True, text=True,
            check=False, timeout=300,
        )  # fmt: skip

    def with_tables(self) -> Self:
        """With the empty tables of this version, as `yankao setup` leaves them."""
        tables.copied_to(self.data, tables.kept("yankao.site.settings", _set_up))
        return self

    def done(self, *words: str, **more: str) -> str:
        """Run what must succeed; its answer."""
        made = self(*words, **more)  # type: ignore[arg-type]
        assert made.returncode == 0, made.stderr
        return made.stdout


def _set_up(place: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        house = Installation(Path(folder))
        house.done("setup")
        source, target = sqlite3.connect(house.data / "yankao.sqlite3"), sqlite3.connect(place)
        with closing(source), closing(target):
            source.backup(target)
