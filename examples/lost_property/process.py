from datetime import date
from typing import Annotated

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from yankao.kernel.casework import duties
from yankao.kernel.casework.asks import PERSONAL, Label
from yankao.kernel.casework.clocks import Deadline, Extending
from yankao.kernel.casework.process import Process
from yankao.kernel.rules.values import Seed, term
from yankao.kernel.span import Days

from .models import Find


class Stage(TextChoices):
    KEPT = "kept", _("保管中")
    NOTICED = "noticed", _("公告招領")
    RETURNED = "returned", _("已領回")
    FALLEN = "fallen", _("已歸屬")


TERM = term("examples.lost_property.term", _("招領期間"), Seed("6 months", date(2009, 1, 23), "民法第807條"))
CLAIM = Deadline(
    "claim", _("招領期限"), TERM, "noticed_on", law="民法第807條", remind=(7, 1),
    extending=Extending(by=duties.commission, times=1, longest=Days(30)),
)  # fmt: skip

process = Process(
    Find, "examples.lost_property", Stage, Stage.KEPT, "拾{roc}-{seq:04d}", asks=("place", "found_on"),
)  # fmt: skip


@process.move(Stage.KEPT, Stage.NOTICED, by=duties.agency(), label=_("公告招領"), starts=(CLAIM,))
def give_notice(find: Find, *, noticed_on: date) -> None:
    find.noticed_on = noticed_on


@process.move(Stage.NOTICED, Stage.RETURNED, by=duties.agency(), label=_("領回"), stops=(CLAIM,), closes=True)
def give_back(find: Find, *, claimant: Annotated[str, Label(_("領回人")), PERSONAL]) -> None:
    find.returned_on = find.step.today


@process.move(Stage.NOTICED, Stage.FALLEN, by=duties.commission, label=_("歸屬"), stops=(CLAIM,), closes=True)
def let_fall(find: Find, *, fell_to: str) -> None:
    find.fell_to = fell_to
