"""Where a figure of a period is read with dates of its own."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class OwnPeriod(models.Model):
    """數據自有統計期間 In this period's report the figure is read with its own start, end and as-of, always
    printed.

    `figure` may carry a slice (`control.programme.finished[programme=…]`): values are codes in data.
    """

    period = models.CharField(_("統計期間"), max_length=30)
    figure = models.CharField(_("數據"), max_length=160)
    start = models.DateField(_("起日"))
    end = models.DateField(_("迄日"))
    as_of = models.DateField(_("資料截止日"))
    reason = models.CharField(_("理由"), max_length=200)

    class Meta:
        verbose_name = _("數據自有統計期間")
        verbose_name_plural = _("數據自有統計期間")
        constraints = [
            models.UniqueConstraint(fields=["period", "figure"], name="one_own_period_a_figure"),
            models.CheckConstraint(condition=Q(end__gte=F("start")), name="own_period_in_order"),
        ]
