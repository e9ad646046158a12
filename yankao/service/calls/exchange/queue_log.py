"""Asterisk's `queue_log`: `time|call|queue|agent|event|data1|data2|…`, one event a line.

Seconds waited are data1 of CONNECT but data3 of ABANDON (whose data1 and data2 are positions); COMPLETE… has
waited and talked in data1 and data2, transfers in data3 and data4. Every start of the exchange writes
QUEUESTART: calls alive before it have no end.
"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from yankao.kernel.journal.declare import Batch
from yankao.kernel.journal.models import Source

from ..models import Agent, Queue
from ..parts import ABANDON, DERIVED, LEAVING, LOG, TRANSFER
from .telling import ANSWER, END, START, Names, Pseudonyms, Telling

TAIPEI = ZoneInfo("Asia/Taipei")
DUMPED = "AGENTDUMP"
COMPLETE = frozenset({"COMPLETECALLER", "COMPLETEAGENT", DUMPED})
STATES = {
    "ADDMEMBER": "in", "AGENTLOGIN": "in", "AGENTCALLBACKLOGIN": "in", "REMOVEMEMBER": "out",
    "AGENTLOGOFF": "out", "AGENTCALLBACKLOGOFF": "out", "PAUSEALL": "pause", "PAUSE": "pause",
    "UNPAUSEALL": "resume", "UNPAUSE": "resume",
}  # fmt: skip
QUIET = frozenset({
    "RINGNOANSWER", "RINGCANCELED", "DID", "CONFIGRELOAD", "SYSCOMPAT", "INFO", "MEMBERPENALTY",
    "QUEUEUPDATE",
})  # fmt: skip
"""Known events that no figure needs; they stay in the raw."""


def second(text: str) -> int:
    """The time of a line: seconds since 1970 (with a fraction, perhaps), or a date and time in Taipei."""
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return int(float(text))
    except ValueError:
        moment = datetime.fromisoformat(text)
        return int((moment if moment.tzinfo else moment.replace(tzinfo=TAIPEI)).timestamp())


def number(part: list[str], place: int) -> int:
    """The whole number in a field. ValueError when there is none or it is below nought."""
    value = int(part[place])
    if value < 0:
        raise ValueError(part[place])
    return value


def read(data: bytes, source: Source) -> Batch:
    """The tellings of a block of whole lines.

    A city reads millions of lines: what nearly all of them are is taken here without a further call; the rest
    goes through `Telling`.
    """
    told = Telling()
    queues, agents, callers = Names(Queue), Names(Agent), Pseudonyms()
    calls, put = told.calls, told.put
    known_call = calls.get
    lines = data.decode("utf-8", "replace").splitlines()
    records, first, last = len(lines) - lines.count(""), 0, 0
    for place, line in enumerate(lines, 1):
        part = line.split("|")
        try:
            event, text, call = part[4], part[0], part[1]
            try:
                at = int(text)
            except ValueError:
                at = second(text)
            if event == "ENTERQUEUE":
                start = (LOG, at, queues[part[2]], callers[part[6]] if len(part) > 6 else "")
                if call in calls:
                    put(call, START, start, start)
                else:
                    calls[call] = [start, None, None]
            elif event == "CONNECT":
                held = int(part[5])
                if held < 0:
                    raise ValueError(line)
                answer = (LOG, at, held, agents[part[3]])
                known = known_call(call)
                if known is None or known[ANSWER] is not None:
                    put(call, ANSWER, answer, (DERIVED, at - held, queues[part[2]], ""))
                else:
                    known[ANSWER] = answer
            elif event in COMPLETE or event in TRANSFER:
                held, talked = _conversation(part, event)
                end = (LOG, -at, event, talked)
                known = known_call(call)
                if known is None or known[ANSWER] is None or known[END] is not None:
                    put(call, END, end, (DERIVED, at - held - talked, queues[part[2]], ""))
                    if event != DUMPED and not told.answered(call):  # its own line tells it better
                        calls[call][ANSWER] = (DERIVED, at - talked, held, agents[part[3]])
                else:
                    known[END] = end
            elif event == ABANDON or event in LEAVING:
                told.end(call, LOG, at, event, number(part, 7), queues[part[2]])
            elif event == "QUEUESTART":
                told.batch.beside.append((0, at, "", ""))
            elif event in STATES:
                reason = part[5] if event.startswith("PAUSE") and len(part) > 5 else ""
                told.batch.beside.append((agents[part[3]], at, STATES[event], reason))
            elif event not in QUIET:
                told.dead(place, line, _("沒有「%(event)s」這種事件。") % {"event": event[:40]})
                continue
        except (ValueError, IndexError):
            if not line:
                continue
            told.dead(place, line, _("欄位不足或數字無法辨識。"))
            continue
        if at > last:
            first, last = first or at, at
        elif at < first:
            first = at
    if last:
        told.first, told.last = first, last
    return told.done(records)


def _conversation(part: list[str], event: str) -> tuple[int, int]:
    """Seconds waited and talked of a conversation that ended; it also tells that and when it was answered.

    AGENTDUMP (the agent hung up before the caller was put through) has no numbers.
    """
    if event == DUMPED:
        return 0, 0
    place = 7 if event in TRANSFER else 5
    held, talked = int(part[place]), int(part[place + 1])
    if held < 0 or talked < 0:
        raise ValueError(event)
    return held, talked
