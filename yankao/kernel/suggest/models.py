"""What was proposed, and what was chosen."""

from __future__ import annotations

from django.db import models
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from ..period import Period


class Choice(models.Model):
    """建議與選定 Three labels proposed for a case, the first the likeliest, and the one a human chose."""

    case = models.ForeignKey("casework.Case", models.PROTECT, related_name="+", verbose_name=_("案件"))
    suggester = models.CharField(_("建議項目"), max_length=60)
    version = models.CharField(_("模型版本"), max_length=40)
    at = models.DateTimeField(_("時間"))
    first = models.CharField(_("第一建議"), max_length=60)
    second = models.CharField(_("第二建議"), max_length=60, blank=True)
    third = models.CharField(_("第三建議"), max_length=60, blank=True)
    sure = models.DecimalField(_("第一建議的把握"), max_digits=4, decimal_places=3)
    chosen = models.CharField(_("選定"), max_length=60)

    class Meta:
        verbose_name = _("建議與選定")
        verbose_name_plural = _("建議與選定")
        indexes = [models.Index("suggester", "at", name="choice_suggester_at")]
        constraints = [models.CheckConstraint(condition=Q(sure__range=(0, 1)), name="choice_sure_is_a_share")]

    def __str__(self) -> str:
        return f"{self.first} → {self.chosen}"


FIRST_TAKEN = Q(chosen=models.F("first"))
AMONG_THREE = FIRST_TAKEN | Q(chosen=models.F("second")) | Q(chosen=models.F("third"))


def choices(suggester: str, period: Period) -> QuerySet[Choice]:
    """The choices of a period where something had been proposed; with `.filter(FIRST_TAKEN)` or
    `.filter(AMONG_THREE)` those that followed it. For figures.
    """
    return Choice.objects.filter(suggester=suggester, at__date__range=period.days)
