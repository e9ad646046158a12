"""A business with its badge: coaching visits, assessments, certification and the day the badge ends."""

from __future__ import annotations

from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from yankao.kernel.casework.models import Record
from yankao.kernel.register.validity import Dated, dated, in_force


class Sector(models.TextChoices):
    """業別"""

    FOOD = "food", _("餐飲")
    LODGING = "lodging", _("住宿")
    RETAIL = "retail", _("零售與伴手禮")
    SIGHTS = "sights", _("觀光與休閒")
    TRANSPORT = "transport", _("交通運輸")
    HEALTH = "health", _("醫療與藥局")
    FINANCE = "finance", _("金融與郵務")
    OTHER = "other", _("其他服務")


class Badges(models.QuerySet["Badge"]):
    """Questions on dated facts."""

    def certified_by(self, day: object) -> Self:
        """Businesses certified for the first time by the day; a renewal is not counted again."""
        return self.filter(first_certified_on__lte=day)

    def valid_on(self, day: object) -> Self:
        """Badges that hold on the day, whatever became of them later."""
        return self.filter(pk__in=Certification.objects.filter(in_force(day)).values("badge_id"))


class Badge(Record):
    """英語服務標章 One business, its coaching and its badge; the docket's title is the business's name."""

    name_en = models.CharField(_("英文店名"), max_length=160)
    sector = models.CharField(_("業別"), max_length=10, choices=Sector.choices)
    address = models.CharField(_("地址"), max_length=200)
    tax_no = models.CharField(_("統一編號"), max_length=8, blank=True)
    route = models.CharField(_("推動路線或商圈"), max_length=60, blank=True)
    contact = models.CharField(_("聯絡人"), max_length=60, blank=True)
    phone = models.CharField(_("聯絡電話"), max_length=40, blank=True)
    visited_on = models.DateField(_("最近輔導日"), null=True, blank=True)
    visits_made = models.PositiveSmallIntegerField(_("輔導次數"), default=0)
    score = models.PositiveSmallIntegerField(_("評核分數"), null=True, blank=True)
    badge_no = models.CharField(_("標章號碼"), max_length=24, blank=True)
    first_certified_on = models.DateField(_("首次認證日"), null=True, blank=True)
    certified_on = models.DateField(_("認證日"), null=True, blank=True)
    expires_on = models.DateField(_("有效至"), null=True, blank=True)
    lapsed_on = models.DateField(_("失效登錄日"), null=True, blank=True)
    withdrawn_on = models.DateField(_("撤銷日"), null=True, blank=True)
    dropped_on = models.DateField(_("中止日"), null=True, blank=True)

    PERSONAL = ("contact", "phone")
    """Columns that stay inside the house."""

    objects = Badges.as_manager()

    class Meta:
        verbose_name = _("英語服務標章")
        verbose_name_plural = _("英語服務標章")
        indexes = [
            models.Index("first_certified_on", name="badge_first_certified"),
            models.Index(F("certified_on").desc(), F("case").desc(), name="badge_certified"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["tax_no"],
                condition=~Q(tax_no=""),
                name="one_badge_a_business",
                violation_error_message=_("這個統一編號的業者已經登錄過，續證請在原案辦理。"),
            ),
            models.UniqueConstraint(
                fields=["badge_no"], condition=~Q(badge_no=""), name="one_badge_a_number"
            ),
            models.CheckConstraint(
                condition=Q(certified_on=None, expires_on=None, first_certified_on=None, badge_no="")
                | Q(
                    expires_on__gt=F("certified_on"),
                    first_certified_on__lte=F("certified_on"),
                )
                & ~Q(badge_no=""),
                name="badge_certified_whole",
            ),
        ]


class Certification(Dated):
    """認證期間 From when to when a badge held; a renewal begins a new one, a withdrawal ends it early."""

    badge = models.ForeignKey(
        Badge, models.PROTECT, related_name="certifications", verbose_name=_("英語服務標章")
    )

    class Meta:
        verbose_name = _("認證期間")
        verbose_name_plural = _("認證期間")
        ordering = ["valid_from", "pk"]
        indexes = [models.Index("valid_from", "valid_to", name="certification_dates")]
        constraints = dated("certification")

    def __str__(self) -> str:
        return f"{self.valid_from}–{self.valid_to}"


class Visit(models.Model):
    """輔導紀錄 A coach's visit on the spot."""

    badge = models.ForeignKey(Badge, models.PROTECT, related_name="visits", verbose_name=_("英語服務標章"))
    on = models.DateField(_("輔導日"))
    coach = models.CharField(_("輔導人員"), max_length=60)
    advice = models.TextField(_("輔導內容與建議"))

    class Meta:
        verbose_name = _("輔導紀錄")
        verbose_name_plural = _("輔導紀錄")
        ordering = ["on", "pk"]

    def __str__(self) -> str:
        return f"{self.on} {self.coach}"


class Assessment(models.Model):
    """評核紀錄 Points for signs, staff, printed matter and web of a business, with the sum."""

    badge = models.ForeignKey(
        Badge, models.PROTECT, related_name="assessments", verbose_name=_("英語服務標章")
    )
    on = models.DateField(_("評核日"))
    signs = models.PositiveSmallIntegerField(_("標示與菜單（40）"))
    staff = models.PositiveSmallIntegerField(_("人員應對（30）"))
    printed = models.PositiveSmallIntegerField(_("文宣與收據（15）"))
    web = models.PositiveSmallIntegerField(_("網站與訂位（15）"))
    score = models.PositiveSmallIntegerField(_("總分"))
    passed = models.BooleanField(_("及格"))
    note = models.TextField(_("評語"), blank=True)

    class Meta:
        verbose_name = _("評核紀錄")
        verbose_name_plural = _("評核紀錄")
        ordering = ["on", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(signs__lte=40, staff__lte=30, printed__lte=15, web__lte=15)
                & Q(score=F("signs") + F("staff") + F("printed") + F("web")),
                name="assessment_adds_up",
                violation_error_message=_("各項分數超過配分，或合計不符。"),
            )
        ]

    def __str__(self) -> str:
        return f"{self.on} {self.score}"
