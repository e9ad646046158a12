"""What the command line writes: answers on stdout, remarks and progress on stderr, refusals as one
sentence."""

from __future__ import annotations

import sys
import threading
import time
import unicodedata
from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import Self

from .words import _

INTACT, FAULTS, MISUSE, SURROUNDINGS = 0, 1, 2, 3
"""Exit codes: done and intact; faults found; wrong use; the surroundings (files, database, packages) are not
right."""

BAR = 24


class Stop(Exception):
    """Ends the command with a sentence on stderr and an exit code."""

    def __init__(self, sentence: str, code: int = MISUSE) -> None:
        super().__init__(sentence)
        self.code = code


def say(text: str = "") -> None:
    """A line of the answer."""
    sys.stdout.write(f"{text}\n")


def remark(text: str = "") -> None:
    """A line beside the answer: it does not go into a pipe."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def width(text: str) -> int:
    """Columns the text takes on a terminal; a Han character takes two."""
    return sum(2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in text)


def table(rows: Iterable[Sequence[str]]) -> None:
    """Rows in columns that line up, Chinese or not."""
    lines = [[str(cell) for cell in row] for row in rows]
    if not lines:
        return
    widths = [max(width(row[column]) for row in lines) for column in range(len(lines[0]))]
    for row in lines:
        padded = [cell + " " * (room - width(cell)) for cell, room in zip(row, widths, strict=True)]
        say("  ".join(padded).rstrip())


class Progress:
    """A bar on stderr for what takes more than two seconds: `with Progress(_("載入"), 8) as bar:
    bar.step("…")`.

    On a terminal one line is redrawn, with the seconds running; elsewhere, after the first second, a line
    appears for each stage and at most every five seconds between. `total` 0 means that the end is not known:
    the count alone is shown.
    """

    def __init__(self, label: str, total: int = 0) -> None:
        self.label, self.total, self.done, self.stage = label, total, 0, ""
        self.live = sys.stderr.isatty()
        self.begun = self._told = time.monotonic()
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        if self.live:
            self._thread = threading.Thread(target=self._tick, daemon=True)
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        if self._thread:
            self._thread.join()
            sys.stderr.write("\r\x1b[2K")
        if kind is None and self.seconds > 2:
            remark(_("%(label)s：完成，%(seconds).0f秒。") % {"label": self.label, "seconds": self.seconds})

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.begun

    def step(self, stage: str = "", done: int | None = None) -> None:
        """One more is done, or `done` in all; `stage` says what comes now."""
        self.done = self.done + 1 if done is None else done
        self.enter(stage) if stage else self._tell()

    def enter(self, stage: str) -> None:
        """Say what is being done now, without having finished anything."""
        self.stage = stage
        if not self.live:
            self._tell(now=True)

    def line(self) -> str:
        """The bar as text."""
        if self.total:
            part = min(1.0, self.done / self.total)
            bar = "█" * round(part * BAR) + "░" * (BAR - round(part * BAR))
            count = f"{bar} {part:4.0%}"
        else:
            count = f"{self.done:,}"
        return f"{self.label} {count} {self.seconds:3.0f}s {self.stage}".rstrip()

    def _tell(self, now: bool = False) -> None:
        if not self.live and self.seconds > 1 and (now or time.monotonic() - self._told > 5):
            self._told = time.monotonic()
            remark(self.line())

    def _tick(self) -> None:
        while not self._over.wait(0.2):
            if self.seconds > 0.5:
                sys.stderr.write("\r\x1b[2K" + self.line())
                sys.stderr.flush()
