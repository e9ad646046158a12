from decimal import Decimal

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from yankao.kernel.casework import duties
from yankao.kernel.casework.process import Process
from yankao.kernel.review import entries, rounds
from yankao.kernel.review.models import Sheet
from yankao.kernel.rules.values import Seed

from .models import Slogan

KIND = "examples.slogans"


class Stage(TextChoices):
    SENT_IN = "sent_in", _("已收件")
    REVIEWING = "reviewing", _("評審中")
    TOLD = "told", _("已公布")


def opened(slogan: Slogan) -> None:
    slogan.round = entries.round_of(KIND, slogan.year, _("%(year)s年度尚未徵件。"))


process = Process(
    Slogan, KIND, Stage, Stage.SENT_IN, "標{roc}-{seq:03d}", asks=("year", "text"), on_open=opened,
)  # fmt: skip


@process.move(Stage.SENT_IN, Stage.REVIEWING, by=duties.commission, label=_("送審"))
def admit(slogan: Slogan) -> None:
    case, round = slogan.case, slogan.round
    slogan.step.add(Sheet(round=round, case=case, title=case.title, abstract=slogan.text))


@process.move(
    Stage.REVIEWING, Stage.TOLD, by=duties.commission, label=_("公布"), closes=True, main=False,
    unless=entries.not_told,
)  # fmt: skip
def tell(slogan: Slogan, *, place: str = "") -> None:
    slogan.place, slogan.announced_on = place, slogan.step.today


reviewing = rounds.Reviewing(
    KIND, words={"wit": _("創意"), "aim": _("切題")}, grades={"first": _("第一名")},
    prize=lambda place, day: Decimal(2000), identities=rounds.of_cases,
    announce=lambda sheet, actor, at: tell.run(sheet.case.slogan, actor, {"place": sheet.grade}, at=at),
    **rounds.usual(KIND, Seed("60 wit, 40 aim", basis="徵選簡章")),
)  # fmt: skip
