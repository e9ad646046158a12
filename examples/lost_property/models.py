from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from yankao.kernel.casework.models import Record


class Find(Record):
    place = models.CharField(_("拾得地點"), max_length=120)
    found_on = models.DateField(_("拾得日"))
    noticed_on = models.DateField(_("招領公告日"), null=True, blank=True)
    returned_on = models.DateField(_("領回日"), null=True, blank=True)
    fell_to = models.CharField(_("歸屬"), max_length=40, blank=True)

    class Meta:
        verbose_name = _("拾得物")
        verbose_name_plural = _("拾得物")
        constraints = [
            models.CheckConstraint(
                condition=Q(returned_on=None) | Q(fell_to=""), name="find_returned_or_fallen"
            ),
        ]
