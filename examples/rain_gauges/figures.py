from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from yankao.kernel.figures.declare import Kind, figure
from yankao.kernel.period import Period

from .models import Rain


@figure(_("大雨時數"), unit="時", kind=Kind.FLOW, definition=_("時雨量達四十公釐之站時。"))
def heavy(period: Period) -> QuerySet[Rain]:
    return Rain.objects.filter(day__range=period.days, tenths__gte=400)
