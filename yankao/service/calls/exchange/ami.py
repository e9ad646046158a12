"""Events of Asterisk's manager interface, as the live feed keeps them: messages of `Name: value` lines, each
ended by an empty line, each with the second it arrived in `YankaoAt`.
"""

from __future__ import annotations

from django.utils.translation import gettext as _

from yankao.kernel.journal.declare import Batch
from yankao.kernel.journal.models import Source

from ..models import Agent, Queue
from ..parts import ABANDON, DERIVED, LIVE
from .telling import Names, Pseudonyms, Telling

AT = "YankaoAt"
WANTED = frozenset({
    "QueueCallerJoin", "AgentConnect", "AgentComplete", "QueueCallerAbandon", "QueueMemberAdded",
    "QueueMemberRemoved", "QueueMemberPause", "AgentDump",
})  # fmt: skip
"""Events that tell of calls and agents; the feed keeps these and no others."""


def whole_messages(data: bytes) -> int:
    """How many bytes are whole messages: to the end of the last empty line."""
    end = data.rfind(b"\n\n")
    return end + 2 if end >= 0 else 0


def fields_of(message: str) -> dict[str, str]:
    """The lines of a message as a mapping; the first of two equal names holds."""
    found: dict[str, str] = {}
    for line in message.splitlines():
        name, sep, value = line.partition(":")
        if sep:
            found.setdefault(name.strip(), value.strip())
    return found


def read(data: bytes, source: Source) -> Batch:
    """The tellings of a block of messages. The feed is believed only until the log tells the same."""
    told = Telling()
    queues, agents, callers = Names(Queue), Names(Agent), Pseudonyms()
    records = 0
    for number, message in enumerate(data.decode("utf-8", "replace").split("\n\n"), 1):
        if not message.strip():
            continue
        records += 1
        got = fields_of(message)
        try:
            _one(told, got, queues, agents, callers)
        except (KeyError, ValueError):
            told.dead(number, message + "\n", _("事件缺少欄位或數字無法辨識。"))
    return told.done(records)


def _one(told: Telling, got: dict[str, str], queues: Names, agents: Names, callers: Pseudonyms) -> None:
    event, at = got["Event"], int(got[AT])
    if event in ("QueueMemberAdded", "QueueMemberRemoved", "QueueMemberPause"):
        kind = {"QueueMemberAdded": "in", "QueueMemberRemoved": "out"}.get(event, "")
        kind = kind or ("pause" if got["Paused"] == "1" else "resume")
        reason = got.get("PausedReason", "") if kind == "pause" else ""
        told.batch.beside.append((agents[got["MemberName"]], at, kind, reason))
        told.saw(at)
        return
    call, queue = got["Uniqueid"], queues[got["Queue"]]
    match event:
        case "QueueCallerJoin":
            told.start(call, LIVE, at, queue, callers[got.get("CallerIDNum", "")])
        case "AgentConnect":
            told.answer(call, LIVE, at, int(got["HoldTime"]), agents[got["MemberName"]], queue)
        case "AgentComplete":
            ending = "COMPLETECALLER" if got.get("Reason") == "caller" else "COMPLETEAGENT"
            ending = "BLINDTRANSFER" if got.get("Reason") == "transfer" else ending
            held, talked = int(got["HoldTime"]), int(got["TalkTime"])
            told.end(call, LIVE, at, ending, talked, queue, held)
            if not told.answered(call):
                told.answer(call, DERIVED, at - talked, held, agents[got["MemberName"]], queue)
        case "QueueCallerAbandon":
            told.end(call, LIVE, at, ABANDON, int(got["HoldTime"]), queue)
        case "AgentDump":
            told.end(call, LIVE, at, "AGENTDUMP", 0, queue)
    told.saw(at)
