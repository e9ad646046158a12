"""A call put together from what was told of it.

A telling of a call has three parts: that it came (when, which queue, whose number), that it was answered
(when, after how long, by whom) and that it ended (when, how, after how long). Each part keeps its most
reliable telling: the exchange's log before its live feed before what follows from another part; among
equals the earliest coming, the earliest answer, the latest end. So two tellings merge alike in any order
and any number, and everything else of a call (wait, talk, state) follows from its three parts.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from yankao.kernel.journal.declare import Row

from .models import SLOT, State

COLUMNS = (
    "day", "slot", "queue_id", "agent_id", "caller", "entered", "wait", "talk", "state", "connected", "held",
    "ended", "ending", "talked", "told",
)  # fmt: skip
LOG, LIVE, DERIVED, NOT_TOLD = range(4)
"""How reliable a part of a telling is."""
ABANDON = "ABANDON"
LEAVING = frozenset({"EXITWITHTIMEOUT", "EXITWITHKEY", "EXITEMPTY"})
TRANSFER = frozenset({"BLINDTRANSFER", "ATTENDEDTRANSFER", "TRANSFER"})
EAST = 8 * 3600
"""Taipei's seconds east of Greenwich; no summer time since 1979."""


def day_of(second: int) -> date:
    """The day in Taipei."""
    return date.fromordinal(719163 + (second + EAST) // 86400)


def slot_of(second: int) -> int:
    return second // SLOT


def slots_of(first: date, last: date) -> tuple[int, int]:
    """The first and the last half-hour of these days in Taipei."""
    start, end = ((day.toordinal() - 719163) * 86400 - EAST for day in (first, last))
    return start // SLOT, (end + 86400) // SLOT - 1


# ── One call from its three parts ───────────────────────────────────────────────────────────────────

type Part = tuple[Any, ...]

STATE = COLUMNS.index("state")
NO_START: Part = (NOT_TOLD, 0, None, "")
NO_ANSWER: Part = (NOT_TOLD, 0, 0, 0)
NO_END: Part = (NOT_TOLD, 0, "", 0)
"""Start: (rank, entered, queue, caller); answer: (rank, connected, held, agent); end: (rank, -ended, ending,
seconds). The smaller of two parts is kept."""


class _Days(dict[int, date]):
    """Days since 1970 in Taipei as dates; a log tells thousands of calls of one day."""

    def __missing__(self, day: int) -> date:
        if len(self) > 10_000:
            self.clear()
        found = self[day] = date.fromordinal(719163 + day)
        return found


_days = _Days()


def row_of(start: Part, answer: Part, end: Part, lost: bool = False) -> Row:
    """A call's columns from its parts; `lost` when its exchange has gone since."""
    start_rank, entered, queue, caller = start
    answer_rank, connected, held, agent = answer
    end_rank, ended, ending, seconds = end
    told = start_rank + 4 * answer_rank + 16 * end_rank
    ended = -ended
    if answer_rank != NOT_TOLD:
        gap = connected - entered
        # The log writes whole seconds: its own number of seconds is the better one where both agree.
        wait = held if gap == held or gap < 0 or -1 <= gap - held <= 1 else gap
        if end_rank != NOT_TOLD and ended >= connected and ending != ABANDON:
            gap = ended - connected
            talk = seconds if gap == seconds or -1 <= gap - seconds <= 1 else gap
            state = "transferred" if ending in TRANSFER else "completed"
        else:
            talk, state = None, "lost" if lost else "talking"
        agent = agent or None
    else:
        connected = held = agent = talk = None
        if end_rank != NOT_TOLD:
            gap = ended - entered
            wait = seconds if -1 <= gap - seconds <= 1 or gap < 0 else gap
            state = "abandoned" if ending == ABANDON else "left"
        else:
            wait, state = None, "lost" if lost else "waiting"
    if end_rank == NOT_TOLD:
        ended = seconds = None
    return (
        _days[(entered + EAST) // 86400], entered // SLOT, queue, agent, caller, entered,
        wait, talk, state, connected, held, ended, ending, seconds, told,
    )  # fmt: skip


def parts_of(row: Row) -> tuple[Part, Part, Part]:
    """The three parts a row was made of."""
    (_day, _slot, queue, agent, caller, entered, _wait, _talk, _state, connected, held, ended, ending, talked,
     told) = row  # fmt: skip
    start = (told & 3, entered, queue, caller) if told & 3 != NOT_TOLD else NO_START
    answer = (told >> 2 & 3, connected, held, agent or 0) if told >> 2 & 3 != NOT_TOLD else NO_ANSWER
    end = (told >> 4, -ended, ending, talked) if told >> 4 != NOT_TOLD else NO_END
    return start, answer, end


def merge(one: Row, other: Row) -> Row:
    """Two tellings of one call together.

    That a call is lost is no telling but a judgement of all that was told (`journal.settle`): it stays with a
    row that learns nothing new, and is made again where something was.
    """
    if one == other:
        return one
    a, b = parts_of(one), parts_of(other)
    merged = (_less(a[0], b[0]), _less(a[1], b[1]), _less(a[2], b[2]))
    if a == b:
        return one if one[STATE] == State.LOST.value else other
    return one if merged == a else other if merged == b else row_of(*merged)


def _less(one: Part, other: Part) -> Part:
    return one if one <= other else other


BLANK: Row = (date(1970, 1, 1), 0, None, None, "", 0, None, None, "waiting", None, None, None, "", None, 63)
