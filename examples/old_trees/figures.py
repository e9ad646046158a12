from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from yankao.kernel.figures.declare import Kind, figure
from yankao.kernel.period import Period
from yankao.kernel.register.validity import in_force

from .models import Tree


@figure(_("列冊珍貴樹木"), unit="株", kind=Kind.STOCK, definition=_("截止日列冊有效者。"))
def listed(period: Period) -> QuerySet[Tree]:
    return Tree.objects.filter(in_force(period.as_of))
