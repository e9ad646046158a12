from datetime import date, datetime
from typing import Any

from django.utils.timezone import make_aware
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yankao.kernel.casework.duties import RDEC
from yankao.kernel.journal.declare import Batch, Dead, Format, Journal
from yankao.kernel.journal.models import Source
from yankao.kernel.people.standing import standing

from .models import Rain


def read(data: bytes, source: Source) -> Batch:
    batch = Batch()
    for number, line in enumerate(data.splitlines(), 1):
        batch.records += 1
        try:
            gauge, at, millimetres = line.decode().split(",")
            moment = make_aware(datetime.fromisoformat(at))
            row = (moment.date(), gauge, int(moment.timestamp()), round(float(millimetres) * 10))
        except ValueError:
            batch.dead.append(Dead(number, line, _("請寫成：雨量站,2012-06-10T13:00,12.5")))
        else:
            batch.rows[f"{gauge} {at}"] = row
    return batch


def keeps(user: Any) -> bool:
    return standing(user).has(*RDEC)


journal = Journal(
    "examples.rain_gauges", gettext_lazy("雨量紀錄"), Rain, columns=("day", "gauge", "at", "tenths"),
    formats={"lines": Format(read, gettext_lazy("逐行文字檔"))}, merge=max, blank=(date.min, "", 0, 0),
    may=keeps,
)  # fmt: skip
