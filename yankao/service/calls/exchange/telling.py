"""Tellings gathered while a block is read, and the names that stand in it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from yankao.kernel.journal import sealing
from yankao.kernel.journal.declare import Batch, Dead

from ..models import Agent, Queue
from ..parts import DERIVED, NO_ANSWER, NO_END, Part, row_of

START, ANSWER, END = range(3)
"""Where the parts of a call stand."""


class Names(dict[str, int]):
    """Codes of queues or agents to their keys; one that was never met is added to the table."""

    def __init__(self, model: type[Queue] | type[Agent]) -> None:
        super().__init__(model._default_manager.values_list("code", "pk"))
        self.model = model

    def __missing__(self, code: str) -> int:
        named = {"name": code} if self.model is Queue else {}
        found, _made = self.model._default_manager.get_or_create(code=code[:60], defaults=named)
        self[code] = found.pk
        return int(found.pk)


class Pseudonyms(dict[str, str]):
    """Numbers to pseudonyms, each worked out once in a block."""

    def __init__(self) -> None:
        super().__init__()
        self.word = sealing.pseudonyms()

    def __missing__(self, number: str) -> str:
        if number.isdecimal() and number[:3] != "886":
            word = self[number] = self.word(number)
        else:
            word = self[number] = self.word(plain_number(number))
        return word


def plain_number(number: str) -> str:
    """The digits of a number as dialled in the country: +886 912… and 0912… are one caller."""
    digits = "".join(char for char in number.rpartition("<")[2] if char.isdecimal())
    return "0" + digits[3:] if digits.startswith("886") and len(digits) > 9 else digits


class Telling:
    """What a block tells: the parts of each call (came, answered, ended), kept as `journal.merge` would."""

    def __init__(self) -> None:
        self.calls: dict[str, list[Any]] = {}
        self.batch = Batch()
        self.first = self.last = 0

    def put(self, call: str, place: int, part: Part, came: Part) -> None:
        """A part of a call, at its place; `came` says when it came where its own start is not told."""
        parts = self.calls.get(call)
        if parts is None:
            parts = self.calls[call] = [None, None, None]
        known = parts[place]
        if known is None or part < known:
            parts[place] = part
        if parts[START] is None:
            parts[START] = came

    def start(self, call: str, rank: int, at: int, queue: int, caller: str) -> None:
        part = (rank, at, queue, caller)
        self.put(call, START, part, part)

    def answer(self, call: str, rank: int, at: int, held: int, agent: int, queue: int) -> None:
        self.put(call, ANSWER, (rank, at, held, agent), (DERIVED, at - held, queue, ""))

    def end(
        self, call: str, rank: int, at: int, ending: str, seconds: int, queue: int, held: int = 0
    ) -> None:
        self.put(call, END, (rank, -at, ending, seconds), (DERIVED, at - held - seconds, queue, ""))

    def answered(self, call: str) -> bool:
        """Whether that it was answered has been told."""
        parts = self.calls.get(call)
        return parts is not None and parts[ANSWER] is not None

    def saw(self, at: int) -> None:
        if not self.first or at < self.first:
            self.first = at
        if at > self.last:
            self.last = at

    def dead(self, number: int, line: str, reason: str) -> None:
        self.batch.dead.append(Dead(number, line.encode("utf-8", "replace"), reason))

    def done(self, records: int) -> Batch:
        """The batch as the journal takes it."""
        self.batch.rows |= {
            call: row_of(start, answer or NO_ANSWER, end or NO_END)
            for call, (start, answer, end) in self.calls.items()
        }
        self.batch.records = records
        if self.last:
            self.batch.first_at = datetime.fromtimestamp(self.first, UTC)
            self.batch.last_at = datetime.fromtimestamp(self.last, UTC)
        return self.batch
