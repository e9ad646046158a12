from django.db import models
from django.utils.translation import gettext_lazy as _

from yankao.kernel.casework.models import Record
from yankao.kernel.session.models import Attendance


class Drill(Record):
    place = models.CharField(_("地點"), max_length=80)
    planned_on = models.DateField(_("預定日"))
    held_on = models.DateField(_("舉行日"), null=True, blank=True)
    lessons = models.TextField(_("檢討"), blank=True)

    class Meta:
        verbose_name = _("消防演練")
        verbose_name_plural = _("消防演練")


class Attender(Attendance):
    drill = models.ForeignKey(Drill, models.PROTECT, related_name="roster", verbose_name=_("消防演練"))

    class Meta:
        verbose_name = _("參加人員")
        verbose_name_plural = _("參加人員")
