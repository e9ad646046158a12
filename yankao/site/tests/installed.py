"""Installations for the tests of the command line: a folder, and the command as a person calls it."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
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
    nest: subprocess.Popen[str] | None = field(default=None, compare=False)

    def environment(self, **more: str) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name not in DROPPED}
        kept["DJANGO_SETTINGS_MODULE"] = "yankao.site.settings"
        return kept | {"YANKAO_DATA": str(self.data), "LANG": "C.UTF-8"} | self.more | more

    @contextmanager
    def at_hand(self) -> Iterator[Self]:
        """While this lasts commands begin from a program that was read already (`tests/nest.py`)."""
        nest = subprocess.Popen(
            [sys.executable, "-m", "tests.nest"],
            cwd=ROOT, env=self.environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.nest = nest
        try:
            yield self
        finally:
            self.nest = None
            nest.communicate(timeout=30)

    def _from_the_nest(
        self, nest: subprocess.Popen[str], words: Sequence[str], stdin: str
    ) -> subprocess.CompletedProcess[str]:
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            for name, text in (("in", stdin), ("out", ""), ("err", "")):
                (folder / name).write_text(text, "utf-8")
            assert nest.stdin is not None
            assert nest.stdout is not None
            nest.stdin.write(json.dumps({"words": words, "folder": place}) + "\n")
            nest.stdin.flush()
            code = json.loads(nest.stdout.readline())
            told = [(folder / name).read_text("utf-8") for name in ("out", "err")]
            return subprocess.CompletedProcess(["yankao", *words], code, *told)

    def __call__(
        self, *words: str, env: Mapping[str, str] | None = None, stdin: str = ""
    ) -> subprocess.CompletedProcess[str]:
        if self.nest is not None and not env:
            return self._from_the_nest(self.nest, words, stdin)
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
