from django.db import models
from django.utils.translation import gettext_lazy as _

from yankao.kernel.casework.models import Record


class Slogan(Record):
    year = models.PositiveSmallIntegerField(_("年度"))
    text = models.CharField(_("標語"), max_length=60)
    round = models.ForeignKey("review.Round", models.PROTECT, related_name="+", editable=False)
    announced_on = models.DateField(_("公布日"), null=True, blank=True)
    place = models.CharField(_("名次"), max_length=12, blank=True)

    class Meta:
        verbose_name = _("標語徵選")
        verbose_name_plural = _("標語徵選")
