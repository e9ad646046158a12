from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from yankao.kernel.figures.declare import Kind, figure
from yankao.kernel.period import Period

from .models import Slogan


@figure(_("得獎標語件數"), unit="件", kind=Kind.FLOW, definition=_("公布日在期間內且獲名次者。"))
def awarded(period: Period) -> QuerySet[Slogan]:
    return Slogan.objects.filter(announced_on__range=period.days).exclude(place="")
