from django.db import models
from django.utils.translation import gettext_lazy as _

from yankao.kernel.journal.models import Fact, Instant, once


class Rain(Fact):
    gauge = models.CharField(_("雨量站"), max_length=20)
    at = Instant(_("時間"))
    tenths = models.PositiveIntegerField(_("雨量（0.1公釐）"))

    class Meta:
        verbose_name = _("雨量")
        verbose_name_plural = _("雨量")
        indexes = [models.Index(fields=["day", "gauge"], name="rain_of_a_day")]
        constraints = [once("rain")]
