from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from yankao.kernel.figures.declare import Kind, figure, rate
from yankao.kernel.period import Period

from .models import Find


@figure(_("公告招領件數"), unit="件", kind=Kind.FLOW, definition=_("公告日在期間內者。"))
def noticed(period: Period) -> QuerySet[Find]:
    return Find.objects.filter(noticed_on__range=period.days)


@figure(_("領回件數"), unit="件", kind=Kind.FLOW, definition=_("期間內公告而於截止日前領回者。"))
def returned(period: Period) -> QuerySet[Find]:
    return noticed(period).filter(returned_on__lte=period.as_of)


returned_rate = rate("returned_rate", returned, noticed, _("領回率"), precision=1)
