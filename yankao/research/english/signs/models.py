"""A report of a sign whose English is wrong, and what became of it."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from yankao.kernel.casework.models import Record


class Fault(models.TextChoices):
    """錯誤情形"""

    SPELLING = "spelling", _("拼寫錯誤")
    DIFFERS = "differs", _("與核定譯名不符")
    MISSING = "missing", _("沒有英文")
    MEANING = "meaning", _("譯意不當")
    WORN = "worn", _("污損難辨")


class SignReport(Record):
    """雙語標示通報 What a citizen saw, and what was done. No name, telephone or e-mail is asked."""

    place = models.CharField(_("地點"), max_length=200)
    fault = models.CharField(_("錯誤情形"), max_length=10, choices=Fault.choices)
    wording = models.CharField(_("標示上的文字"), max_length=200)
    suggestion = models.CharField(_("建議的英文"), max_length=200, blank=True)
    details = models.TextField(_("補充說明"), max_length=1000, blank=True)
    photo = models.ForeignKey(
        "evidence.Evidence", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("照片")
    )
    code = models.CharField(_("查詢碼"), max_length=16, unique=True, editable=False)
    checked_on = models.DateField(_("查證日"), null=True, blank=True)
    approved_name = models.CharField(_("應有的英文"), max_length=200, blank=True)
    keeper = models.ForeignKey(
        "people.Agency",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("標示管理機關"),
    )
    assigned_on = models.DateField(_("交辦日"), null=True, blank=True)
    fixed_on = models.DateField(_("改善日"), null=True, blank=True)
    fixed_photo = models.ForeignKey(
        "evidence.Evidence",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("改善後照片"),
    )
    answer = models.TextField(_("處理情形"), blank=True)
    dismissed_on = models.DateField(_("不成立日"), null=True, blank=True)

    class Meta:
        verbose_name = _("雙語標示通報")
        verbose_name_plural = _("雙語標示通報")
        constraints = [
            models.CheckConstraint(
                condition=Q(keeper=None, assigned_on=None)
                | Q(keeper__isnull=False, assigned_on__isnull=False),
                name="sign_assigned_to_somebody",
            ),
            models.CheckConstraint(
                condition=Q(fixed_on=None) | Q(fixed_on__gte=F("assigned_on")),
                name="sign_fixed_after_assigned",
                violation_error_message=_("改善日不能早於交辦日。"),
            ),
            models.CheckConstraint(
                condition=Q(dismissed_on=None) | Q(fixed_on=None), name="sign_fixed_or_dismissed"
            ),
        ]
