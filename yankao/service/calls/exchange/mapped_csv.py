"""Files of exchanges that keep their tables to themselves: CSV whose columns the city has mapped.

`source.settings` = {"columns": {"id": "Call ID", "queue": …, "entered": …, "answered": …, "ended": …,
"agent": …, "caller": …}, "header": [names in order], "time": "%Y/%m/%d %H:%M:%S", "delimiter": ","}; `time`
is one of `TIMES` or a pattern of strptime. `entered` and `id` are needed; a call with an answer was answered,
one without an answer and with an end was abandoned.
"""

from __future__ import annotations

import csv
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yankao.kernel.journal.declare import Batch
from yankao.kernel.journal.models import Source

from ..models import Agent, Queue
from ..parts import ABANDON, LOG
from .telling import Names, Pseudonyms, Telling

TAIPEI = ZoneInfo("Asia/Taipei")
FIELDS = ("id", "queue", "entered", "answered", "ended", "agent", "caller")
NEEDED = ("id", "entered")
ONLY_QUEUE = "1999"
ROC, EPOCH = "roc", "epoch"
TIMES = (
    ("", gettext_lazy("2012-03-07 10:00:00（ISO 8601）")),
    ("%Y/%m/%d %H:%M:%S", "2012/03/07 10:00:00"),
    ("%Y/%m/%d %H:%M", "2012/03/07 10:00"),
    (ROC, gettext_lazy("101/03/07 10:00:00（民國）")),
    ("%Y%m%d%H%M%S", "20120307100000"),
    ("%m/%d/%Y %I:%M:%S %p", "03/07/2012 10:00:00 AM"),
    ("%d/%m/%Y %H:%M:%S", gettext_lazy("07/03/2012 10:00:00（日在前）")),
    (EPOCH, gettext_lazy("1331085600（1970年起的秒數）")),
)
"""Ways in which exchanges write a time, with an example of each; the first that fits is proposed."""


class Unmapped(ValueError):
    """The settings do not say where something stands; the message says what."""


def places(settings: dict[str, Any]) -> dict[str, int]:
    """Where each field stands in a row. Raises Unmapped."""
    header = [name.strip() for name in settings.get("header", ())]
    found = {}
    for field, name in settings.get("columns", {}).items():
        if not name:
            continue
        if field not in FIELDS or name not in header:
            raise Unmapped(_("檔案沒有「%(name)s」這個欄位。") % {"name": name})
        found[field] = header.index(name)
    for field in NEEDED:
        if field not in found:
            raise Unmapped(_("尚未指定「%(field)s」對應的欄位。") % {"field": field})
    return found


def moment(text: str, form: str) -> int:
    """A time as the file writes it, in Taipei unless it says otherwise. Raises ValueError."""
    if form == EPOCH:
        return int(float(text))
    if form == ROC:
        year, _slash, rest = text.replace("-", "/").partition("/")
        text, form = f"{int(year) + 1911}/{rest}", "%Y/%m/%d %H:%M:%S"
    found = datetime.strptime(text, form) if form else datetime.fromisoformat(text)  # noqa: DTZ007
    return int((found if found.tzinfo else found.replace(tzinfo=TAIPEI)).timestamp())


def read(data: bytes, source: Source) -> Batch:
    """The calls of a block of whole lines; the line of headings may stand anywhere (files are joined)."""
    told = Telling()
    settings = source.settings
    where = places(settings)
    header = [name.strip() for name in settings["header"]]
    form, delimiter = settings.get("time", ""), settings.get("delimiter", ",")
    queues, agents, callers = Names(Queue), Names(Agent), Pseudonyms()
    records = 0
    text = data.decode(settings.get("encoding", "utf-8"), "replace").lstrip("\ufeff")
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        row = next(csv.reader([line], delimiter=delimiter))
        if [cell.strip() for cell in row] == header:
            continue
        records += 1

        def cell(field: str, row: list[str] = row) -> str:
            place = where.get(field)
            return row[place].strip() if place is not None else ""

        try:
            name, entered = cell("id"), moment(cell("entered"), form)
            if not name:
                raise ValueError(line)
            answered = moment(cell("answered"), form) if cell("answered") else None
            ended = moment(cell("ended"), form) if cell("ended") else None
        except (ValueError, IndexError, OverflowError):
            told.dead(number, line, _("識別碼或時間無法辨識。"))
            continue
        if (answered is not None and answered < entered) or (
            ended is not None and ended < (answered or entered)
        ):
            told.dead(number, line, _("時間的先後不對：進線、接聽、結束。"))
            continue
        queue = queues[cell("queue") or ONLY_QUEUE]
        told.start(name, LOG, entered, queue, callers[cell("caller")])
        told.saw(entered)
        if answered is not None:
            told.answer(
                name, LOG, answered, answered - entered, agents[cell("agent")] if cell("agent") else 0, queue
            )
        if ended is not None:
            told.saw(ended)
            if answered is not None:
                told.end(name, LOG, ended, "COMPLETECALLER", ended - answered, queue)
            else:
                told.end(name, LOG, ended, ABANDON, ended - entered, queue)
    return told.done(records)
