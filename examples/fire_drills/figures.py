from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from yankao.kernel.figures.declare import Kind, figure
from yankao.kernel.period import Period

from .models import Attender


@figure(_("演練參加人次"), unit="人次", kind=Kind.FLOW, definition=_("舉行日在期間內之簽到人員。"))
def drilled(period: Period) -> QuerySet[Attender]:
    return Attender.objects.filter(drill__held_on__range=period.days, present=True)
