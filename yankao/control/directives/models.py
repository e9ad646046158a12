"""City meetings, the directives given in them, who takes part, monthly progress, wanted changes of due."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from yankao.kernel.casework.models import Record
from yankao.kernel.progress.models import Erratum as AnyErratum
from yankao.kernel.progress.models import Report, Reports, report_constraints
from yankao.kernel.session.models import Session, session_constraints


class Class(models.TextChoices):
    """裁示類別"""

    INFORMATION = "information", _("說明類")
    ACTION = "action", _("辦理類")
    LONG_TERM = "long_term", _("長期類")


class Disposition(models.TextChoices):
    """處理建議"""

    CONTINUE = "continue", _("繼續列管")
    RELEASE = "release", _("解除列管")
    SELF_CONTROL = "self_control", _("自行列管")


class Meeting(Session):
    """市政會議 One city meeting; directives are given and released in it."""

    number = models.PositiveIntegerField(_("會次"), unique=True)

    class Meta:
        verbose_name = _("市政會議")
        verbose_name_plural = _("市政會議")
        ordering = ["-held_on", "-number"]
        constraints = session_constraints("city_meeting")


class Directives(models.QuerySet["Directive"]):
    """Questions on dated facts."""

    def recorded(self, day: date) -> Self:
        """Given by the day and not one with another directive."""
        return self.filter(Q(merged_on=None) | Q(merged_on__gt=day), directed_on__lte=day)

    def controlled(self, day: date) -> Self:
        """列管中 Recorded by the day, and neither released nor left to the owner's own control by then."""
        return self.recorded(day).filter(
            Q(released_on=None) | Q(released_on__gt=day),
            Q(self_controlled_on=None) | Q(self_controlled_on__gt=day),
        )


class Directive(Record):
    """裁示事項 One directive. What became of it are dates; the owner is the agency of its case."""

    text = models.TextField(_("裁示內容"), max_length=1000)
    category = models.CharField(_("裁示類別"), max_length=12, choices=Class.choices, default=Class.ACTION)
    meeting = models.ForeignKey(
        Meeting, models.PROTECT, null=True, blank=True, related_name="directives", verbose_name=_("市政會議")
    )
    item_no = models.PositiveSmallIntegerField(_("項次"), null=True, blank=True)
    source = models.CharField(_("來源會議"), max_length=160, blank=True)
    origin_key = models.CharField(_("來源識別"), max_length=120, blank=True)
    directed_on = models.DateField(_("裁示日"))
    due_on = models.DateField(_("辦理期限"), null=True, blank=True)
    due_said = models.CharField(_("期限原文"), max_length=40, blank=True)
    assigned_on = models.DateField(_("分派日"), null=True, blank=True)
    accepted_on = models.DateField(_("受理日"), null=True, blank=True)
    plan = models.TextField(_("辦理規劃"), blank=True)
    disputed_on = models.DateField(_("爭議提出日"), null=True, blank=True)
    disputed_for = models.TextField(_("爭議理由"), blank=True)
    proposed_owner = models.ForeignKey(
        "people.Agency",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("建議主責機關"),
    )
    dispute_decided_on = models.DateField(_("爭議裁決日"), null=True, blank=True)
    suggested = models.CharField(_("處理建議"), max_length=12, choices=Disposition.choices, blank=True)
    suggested_on = models.DateField(_("建議日"), null=True, blank=True)
    opinion = models.TextField(_("研考會意見"), blank=True)
    decided_in = models.ForeignKey(
        Meeting,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="decided",
        verbose_name=_("決定之市政會議"),
    )
    decision_note = models.TextField(_("會議決定"), blank=True)
    continued_on = models.DateField(_("最近繼續列管日"), null=True, blank=True)
    released_on = models.DateField(_("解除列管日"), null=True, blank=True)
    self_controlled_on = models.DateField(_("自行列管日"), null=True, blank=True)
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="merged", verbose_name=_("併入")
    )
    merged_on = models.DateField(_("併案日"), null=True, blank=True)

    objects = Directives.as_manager()

    class Meta:
        verbose_name = _("裁示事項")
        verbose_name_plural = _("裁示事項")
        constraints = [
            models.UniqueConstraint(fields=["meeting", "item_no"], name="one_directive_an_item"),
            models.UniqueConstraint(
                fields=["origin_key"], condition=~Q(origin_key=""), name="one_directive_an_action_item"
            ),
            models.CheckConstraint(
                condition=Q(meeting__isnull=False) | ~Q(source=""),
                name="directive_has_a_meeting",
                violation_error_message=_("裁示須有市政會議或來源會議。"),
            ),
            models.CheckConstraint(
                condition=Q(released_on=None, self_controlled_on=None) | Q(decided_in__isnull=False),
                name="directive_released_by_a_meeting",
                violation_error_message=_("解除列管及自行列管由市政會議決定。"),
            ),
            models.CheckConstraint(
                condition=Q(released_on=None) | Q(self_controlled_on=None),
                name="directive_released_or_self_controlled",
            ),
            models.CheckConstraint(
                condition=(Q(released_on=None) | Q(released_on__gte=F("directed_on")))
                & (Q(self_controlled_on=None) | Q(self_controlled_on__gte=F("directed_on"))),
                name="directive_dates_in_order",
            ),
            models.CheckConstraint(
                condition=Q(merged_on=None, merged_into=None)
                | Q(merged_on__isnull=False, merged_into__isnull=False),
                name="directive_merged_into_another",
            ),
        ]
        indexes = [models.Index("directed_on", name="directive_by_day")]


class CoOwner(models.Model):
    """協辦機關 An agency that takes part beside the owner."""

    directive = models.ForeignKey(
        Directive, models.PROTECT, related_name="co_owners", verbose_name=_("裁示事項")
    )
    agency = models.ForeignKey("people.Agency", models.PROTECT, related_name="+", verbose_name=_("機關"))

    class Meta:
        verbose_name = _("協辦機關")
        verbose_name_plural = _("協辦機關")
        constraints = [models.UniqueConstraint(fields=["directive", "agency"], name="one_co_owner_an_agency")]

    def __str__(self) -> str:
        return str(self.agency)


class Progress(Report):
    """辦理情形 What the owner reports of one month, with the disposition it suggests."""

    directive = models.ForeignKey(
        Directive, models.PROTECT, related_name="months", verbose_name=_("裁示事項")
    )
    text = models.TextField(_("辦理情形"), blank=True)
    suggested = models.CharField(_("處理建議"), max_length=12, choices=Disposition.choices, blank=True)
    proof = models.ForeignKey(
        "evidence.Evidence",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("佐證資料"),
    )

    objects: ClassVar[models.Manager[Any]] = Reports.as_manager()

    class Meta:
        verbose_name = _("辦理情形")
        verbose_name_plural = _("辦理情形")
        ordering = ["month"]
        constraints = [
            *report_constraints("directive_month"),
            models.UniqueConstraint(fields=["directive", "month"], name="one_directive_report_a_month"),
            models.CheckConstraint(
                condition=Q(submitted_at=None) | ~Q(text=""), name="directive_report_says_something"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.month.year - 1911}/{self.month.month}"


class Contribution(models.Model):
    """協辦情形 What an agency that takes part did in a month; the newest of each agency counts."""

    month = models.ForeignKey(Progress, models.PROTECT, related_name="contributions", verbose_name=_("月份"))
    agency = models.ForeignKey("people.Agency", models.PROTECT, related_name="+", verbose_name=_("機關"))
    text = models.TextField(_("協辦情形"))
    filed_at = models.DateTimeField(_("填報時間"))
    filed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("填報人")
    )

    class Meta:
        verbose_name = _("協辦情形")
        verbose_name_plural = _("協辦情形")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.agency}"


class Erratum(AnyErratum):
    """勘誤 A wanted change of a month that the meeting has seen."""

    directive = models.ForeignKey(
        Directive, models.PROTECT, related_name="errata", verbose_name=_("裁示事項")
    )
    report = models.ForeignKey(Progress, models.PROTECT, related_name="errata", verbose_name=_("辦理情形"))

    class Meta:
        verbose_name = _("勘誤")
        verbose_name_plural = _("勘誤")
        constraints = [
            models.UniqueConstraint(
                fields=["report"], condition=Q(decided_at=None), name="one_open_erratum_a_directive_month"
            )
        ]

    def __str__(self) -> str:
        return f"{self.report} {self.reason[:30]}"


class DueChange(models.Model):
    """期限變更 A wanted change of due: to when, why, and what the commission decided."""

    directive = models.ForeignKey(
        Directive, models.PROTECT, related_name="due_changes", verbose_name=_("裁示事項")
    )
    before = models.DateField(_("原期限"), null=True, blank=True)
    wanted = models.DateField(_("申請期限"))
    reason = models.TextField(_("理由"))
    asked_on = models.DateField(_("申請日"))
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("申請人")
    )
    decided_on = models.DateField(_("核定日"), null=True, blank=True)
    approved = models.BooleanField(_("核准"), null=True, blank=True)
    note = models.TextField(_("核定說明"), blank=True)

    class Meta:
        verbose_name = _("期限變更")
        verbose_name_plural = _("期限變更")
        constraints = [
            models.CheckConstraint(
                condition=Q(approved=None, decided_on=None)
                | Q(approved__isnull=False, decided_on__isnull=False),
                name="due_change_decided_on_a_day",
            )
        ]

    def __str__(self) -> str:
        return f"{self.wanted:%Y-%m-%d}"
