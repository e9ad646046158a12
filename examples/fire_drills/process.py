from dataclasses import dataclass
from datetime import date
from typing import Annotated

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from yankao.kernel.casework import duties
from yankao.kernel.casework.asks import LONG, PERSONAL, Label
from yankao.kernel.casework.process import Process

from .models import Attender, Drill


class Stage(TextChoices):
    ANNOUNCED = "announced", _("已通知")
    HELD = "held", _("已舉行")
    CLOSED = "closed", _("已結案")


process = Process(
    Drill, "examples.fire_drills", Stage, Stage.ANNOUNCED, "練{roc}-{seq:03d}", asks=("place", "planned_on"),
)  # fmt: skip


@dataclass(frozen=True)
class Present:
    name: Annotated[str, Label(_("姓名"))]


@process.move(Stage.ANNOUNCED, Stage.HELD, by=duties.agency(), label=_("登錄簽到"))
def sign_in(drill: Drill, *, held_on: date, roster: Annotated[list[Present], PERSONAL]) -> None:
    drill.held_on = held_on
    for one in roster:
        drill.step.add(Attender(drill=drill, name=one.name, agency=drill.case.agency, present=True))


@process.move(Stage.HELD, Stage.CLOSED, by=duties.agency(), label=_("結案"), closes=True)
def close(drill: Drill, *, lessons: Annotated[str, LONG]) -> None:
    drill.lessons = lessons
