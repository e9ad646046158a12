"""A plan of in-house research that asks for a grant, and what became of both."""

from __future__ import annotations

from decimal import Decimal
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from yankao.kernel.casework.models import Record, money, percent

KIND = "research.subsidies"
REPORT_CLOCK = "report"


class Outcome(models.TextChoices):
    """核定結果"""

    APPROVED = "approved", _("核予補助")
    REJECTED = "rejected", _("未核予補助")


class Subsidies(models.QuerySet["Subsidy"]):
    """Questions on dated facts, the same for figures and lists."""

    def of_year(self, year: int, as_of: object) -> Self:
        """Applied for in a year and not taken back by the day."""
        kept = Q(withdrawn_on=None) | Q(withdrawn_on__gt=as_of)
        return self.filter(kept, year=year, applied_on__lte=as_of)

    def approved_by(self, as_of: object) -> Self:
        return self.filter(announced_on__lte=as_of, outcome=Outcome.APPROVED)


class Subsidy(Record):
    """研究經費補助案 One application. Outcome and amount stand here from the announcement on."""

    year = models.PositiveSmallIntegerField(_("年度"), help_text=_("民國年，例如101"))
    round = models.ForeignKey(
        "review.Round", models.PROTECT, related_name="+", verbose_name=_("評審梯次"), editable=False
    )
    abstract = models.TextField(_("計畫摘要"), max_length=300, help_text=_("最多300字"))
    method = models.TextField(_("研究方法"), max_length=1000)
    requested = money(_("申請金額"))
    plan = models.ForeignKey(
        "evidence.Evidence",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("研究計畫書"),
    )
    blind_copy = models.ForeignKey(
        "evidence.Evidence", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("盲審稿")
    )
    declared = models.BooleanField(_("聲明未受其他補助"), default=False)
    applied_on = models.DateField(_("申請日"), null=True, blank=True)
    returned_on = models.DateField(_("退回補正日"), null=True, blank=True)
    screened_on = models.DateField(_("形式審查通過日"), null=True, blank=True)
    admitted_on = models.DateField(_("送審日"), null=True, blank=True)
    withdrawn_on = models.DateField(_("撤回日"), null=True, blank=True)

    announced_on = models.DateField(_("公布日"), null=True, blank=True)
    outcome = models.CharField(_("核定結果"), max_length=8, choices=Outcome.choices, blank=True)
    amount = money(_("核定金額"), default=Decimal(0))
    score = percent(_("評審平均"), null=True, blank=True)
    started_on = models.DateField(_("開始執行日"), null=True, blank=True)
    report = models.ForeignKey(
        "evidence.Evidence",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("研究報告"),
    )
    delivered_on = models.DateField(_("報告繳交日"), null=True, blank=True)
    spent = money(_("核銷金額"), null=True, blank=True)
    settled_on = models.DateField(_("結案核銷日"), null=True, blank=True)
    revoked_on = models.DateField(_("撤銷補助日"), null=True, blank=True)

    objects = Subsidies.as_manager()

    class Meta:
        verbose_name = _("研究經費補助案")
        verbose_name_plural = _("研究經費補助案")
        indexes = [models.Index("year", "applied_on", name="subsidy_year")]
        constraints = [
            models.CheckConstraint(
                condition=Q(requested__gt=0),
                name="subsidy_asks_for_money",
                violation_error_message=_("申請金額須大於0。"),
            ),
            models.CheckConstraint(
                condition=Q(abstract__length__lte=300),
                name="subsidy_abstract_short",
                violation_error_message=_("摘要不能超過300字。"),
            ),
            models.CheckConstraint(
                condition=Q(applied_on=None) | Q(plan__isnull=False, blind_copy__isnull=False, declared=True),
                name="subsidy_applied_whole",
                violation_error_message=_("申請須附研究計畫書與盲審稿，並聲明未受其他補助。"),
            ),
            models.CheckConstraint(
                condition=Q(announced_on=None, outcome="", amount=0)
                | Q(announced_on__isnull=False, outcome=Outcome.REJECTED, amount=0)
                | Q(announced_on__isnull=False, outcome=Outcome.APPROVED, amount__gt=0),
                name="subsidy_result_is_announced",
            ),
            models.CheckConstraint(
                condition=Q(started_on=None) | Q(outcome=Outcome.APPROVED), name="subsidy_started_if_approved"
            ),
            models.CheckConstraint(
                condition=Q(delivered_on=None) | Q(report__isnull=False, delivered_on__gte=F("started_on")),
                name="subsidy_delivered_with_report",
                violation_error_message=_("繳交報告須附檔案，且不能早於開始執行日。"),
            ),
            models.CheckConstraint(
                condition=Q(settled_on=None, spent=None)
                | Q(settled_on__gte=F("delivered_on"), spent__gte=0, spent__lte=F("amount")),
                name="subsidy_settled_within_grant",
                violation_error_message=_("核銷金額不能超過核定金額，且須先繳交報告。"),
            ),
        ]
