"""Values of rules by effective date, and the office calendar as issued."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class Rule(models.Model):
    """法規參數 One value of one rule between two dates, with its legal basis. A record is judged by the
    value in force.
    """

    code = models.CharField(_("代碼"), max_length=80)
    value = models.CharField(_("值"), max_length=200)
    valid_from = models.DateField(_("生效日"))
    valid_to = models.DateField(_("失效日"), null=True, blank=True)
    legal_basis = models.CharField(_("法令依據"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("法規參數")
        verbose_name_plural = _("法規參數")
        ordering = ["code", "valid_from"]
        constraints = [
            models.UniqueConstraint(fields=["code", "valid_from"], name="one_rule_value_a_day"),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from")), name="rule_dates_in_order"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} = {self.value}"


class CalendarEdition(models.Model):
    """辦公日曆表 One year as issued; a later edition of the same year replaces it from its day of issue."""

    year = models.PositiveSmallIntegerField(_("西元年"))
    label = models.CharField(_("版本"), max_length=80)
    issued_on = models.DateField(_("發布日"))
    source = models.CharField(_("來源"), max_length=200, blank=True)
    content = models.BinaryField()

    class Meta:
        verbose_name = _("辦公日曆版本")
        verbose_name_plural = _("辦公日曆版本")
        constraints = [models.UniqueConstraint(fields=["year", "label"], name="one_edition_label_a_year")]

    def __str__(self) -> str:
        return self.label


class Closure(models.Model):
    """停止上班 A suspension of work by district and part of the day (typhoon day)."""

    class Part(models.TextChoices):
        FULL = "full", _("全日")
        AM = "am", _("上午")
        PM = "pm", _("下午")
        NIGHT = "night", _("晚上")

    day = models.DateField(_("日期"))
    part = models.CharField(_("時段"), max_length=6, choices=Part.choices, default=Part.FULL)
    district = models.ForeignKey(
        "people.District", models.PROTECT, null=True, blank=True, verbose_name=_("行政區")
    )
    announced_at = models.DateTimeField(_("發布時間"))
    source = models.CharField(_("公告"), max_length=200)

    class Meta:
        verbose_name = _("停班公告")
        verbose_name_plural = _("停班公告")
        constraints = [models.UniqueConstraint(fields=["day", "part", "district"], name="one_closure_a_part")]
