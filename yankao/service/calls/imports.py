"""Calls as a file: each with what the exchange told of it, so that nothing is lost on the way out and in."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yankao.kernel.journal.facts import Named, coded, facts, when
from yankao.kernel.sheets import parsing
from yankao.kernel.sheets.intake import Column

from .journal import calls
from .models import Agent, Queue, State
from .parts import NO_ANSWER, NO_END, NO_START, NOT_TOLD, row_of

COLUMNS = (
    Column("queue_id", ("佇列", "queue"), parsing.text, required=True, told=coded("queue")),
    Column("agent_id", ("話機代碼", "agent"), parsing.text, told=coded("agent")),
    when("entered", "進線時間", "entered", required=True),
    when("connected", "接聽時間", "answered"),
    when("ended", "結束時間", "ended"),
    Column("state", ("狀態", "state"), parsing.among(State), required=True),
    Column("wait", ("等候秒數", "seconds waited"), parsing.whole),
    Column("talk", ("通話秒數", "seconds talked"), parsing.whole),
    Column("held", ("交換機所記等候秒數", "seconds waited as told"), parsing.whole),
    Column("talked", ("交換機所記通話秒數", "seconds talked as told"), parsing.whole),
    Column("ending", ("結束事件", "ending event"), parsing.text, default=""),
    Column("told", ("可信度代碼", "reliability code"), parsing.whole, required=True),
)


def sound(values: dict[str, Any]) -> str:
    """What follows from the three parts of a call, which the row must not contradict."""
    told = values["told"]
    ranks = (told & 3, told >> 2 & 3, told >> 4)
    said = (True, values["connected"] is not None, values["ended"] is not None)
    if not 0 <= told < 64 or any((rank == NOT_TOLD) == one for rank, one in zip(ranks, said, strict=True)):
        return _("可信度代碼與所填的時間不符。")
    if (said[1] and values["held"] is None) or (
        said[2] and (values["talked"] is None or not values["ending"])
    ):
        return _("有接聽或結束時間者，須填交換機所記的秒數與結束事件。")
    lost = values["state"] == State.LOST
    row = row_of(
        (ranks[0], values["entered"], values["queue_id"], "") if said[0] else NO_START,
        (ranks[1], values["connected"], values["held"], values["agent_id"] or 0) if said[1] else NO_ANSWER,
        (ranks[2], -values["ended"], values["ending"], values["talked"]) if said[2] else NO_END,
        lost,
    )
    made = dict(zip(calls.columns, row, strict=True))
    if any(made[name] != values[name] for name in ("state", "wait", "talk", "agent_id")):
        return _("狀態、等候或通話秒數與各時間不符。")
    values |= {"day": made["day"], "slot": made["slot"]}
    return ""


IMPORTS = (
    facts(
        calls, "calls", gettext_lazy("話務紀錄（逐通）"), COLUMNS, sound=sound,
        named={"queue_id": Named(Queue.objects.all), "agent_id": Named(Agent.objects.all)},
        related=("queue", "agent"),
    ),
)  # fmt: skip
