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
from .telling import Names, Pseudonyms, Telling

TAIPEI = ZoneInfo("Asia/Taipei")
COMPLETE = frozenset({"COMPLETECALLER", "COMPLETEAGENT", "AGENTDUMP"})
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
    """The tellings of a block of whole lines."""
    told = Telling()
    queues, agents, callers = Names(Queue), Names(Agent), Pseudonyms()
    start, answer, end, beside = told.start, told.answer, told.end, told.batch.beside
    records, first, last = 0, 1 << 62, 0
    for place, line in enumerate(data.decode("utf-8", "replace").splitlines(), 1):
        if not line:
            continue
        records += 1
        part = line.split("|")
        try:
            text, call, queue, agent, event = part[:5]
            at = int(text) if text.isdecimal() else second(text)
            if event == "ENTERQUEUE":
                start(call, LOG, at, queues[queue], callers[part[6]] if len(part) > 6 else "")
            elif event == "CONNECT":
                answer(call, LOG, at, number(part, 5), agents[agent], queues[queue])
            elif event in COMPLETE:
                _completed(told, part, at, call, queues[queue], agents[agent], 5)
            elif event == ABANDON or event in LEAVING:
                end(call, LOG, at, event, number(part, 7), queues[queue])
            elif event in TRANSFER:
                _completed(told, part, at, call, queues[queue], agents[agent], 7)
            elif event == "QUEUESTART":
                beside.append((0, at, "", ""))
            elif event in STATES:
                reason = part[5] if event.startswith("PAUSE") and len(part) > 5 else ""
                beside.append((agents[agent], at, STATES[event], reason))
            elif event not in QUIET:
                told.dead(place, line, _("沒有「%(event)s」這種事件。") % {"event": event[:40]})
                continue
        except (ValueError, IndexError):
            told.dead(place, line, _("欄位不足或數字無法辨識。"))
            continue
        if at > last:
            last = at
        if at < first:
            first = at
    if last:
        told.first, told.last = first, last
    return told.done(records)


def _completed(
    told: Telling, part: list[str], at: int, call: str, queue: int, agent: int, place: int
) -> None:
    """The end of a conversation; it also tells that and when the call was answered.

    AGENTDUMP (the agent hung up before the caller was put through) has no numbers.
    """
    event = part[4]
    if event == "AGENTDUMP":
        told.end(call, LOG, at, event, 0, queue)
        return
    held, talked = number(part, place), number(part, place + 1)
    told.end(call, LOG, at, event, talked, queue, held)
    if call not in told.answers:  # its own line tells it better
        told.answer(call, DERIVED, at - talked, held, agent, queue)
