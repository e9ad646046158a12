"""A research report handed in for an award, its authors with their shares, and what became of it."""

from __future__ import annotations

from decimal import Decimal
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Length
from django.utils.translation import gettext_lazy as _

from yankao.kernel.casework.adoption import Answer
from yankao.kernel.casework.models import Record, money, percent

KIND = "research.papers"
models.TextField.register_lookup(Length)


class AwardGrade(models.TextChoices):
    """獎勵等第 Of awards alone: an inspection's or an enterprise's grade is something else (spec part F)."""

    FIRST = "first", _("甲等")
    SECOND = "second", _("乙等")
    MERIT = "merit", _("佳作")


class Category(models.TextChoices):
    """研究類別"""

    ADMINISTRATION = "administration", _("一般行政")
    WORKS = "works", _("工程建設")
    WELFARE = "welfare", _("社會福利與衛生")
    EDUCATION = "education", _("教育文化")
    ENVIRONMENT = "environment", _("環境與防災")
    ECONOMY = "economy", _("財政經濟")


class Papers(models.QuerySet["Paper"]):
    """Questions on dated facts, the same for figures, lists and the repository."""

    def of_year(self, year: int, as_of: object) -> Self:
        """Handed in for a year and not taken back by the day."""
        kept = Q(withdrawn_on=None) | Q(withdrawn_on__gt=as_of)
        return self.filter(kept, year=year, submitted_on__lte=as_of)

    def awarded_by(self, as_of: object) -> Self:
        return self.filter(announced_on__lte=as_of).exclude(grade="")

    def in_repository(self) -> Self:
        return self.filter(published_on__isnull=False)


class Paper(Record):
    """研究報告 One report of in-house research. Grade and prize stand here from the announcement on."""

    year = models.PositiveSmallIntegerField(_("年度"), help_text=_("民國年，例如100"))
    round = models.ForeignKey(
        "review.Round", models.PROTECT, related_name="+", verbose_name=_("評審梯次"), editable=False
    )
    category = models.CharField(_("研究類別"), max_length=16, choices=Category.choices)
    abstract = models.TextField(_("摘要"), max_length=300, help_text=_("最多300字"))
    abstract_en = models.TextField(_("英文摘要"), blank=True, max_length=1500)
    submissions = models.PositiveSmallIntegerField(_("送件次數"), default=0)
    manuscript = models.ForeignKey(
        "evidence.Evidence",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("研究報告"),
    )
    blind_copy = models.ForeignKey(
        "evidence.Evidence", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("盲審稿")
    )
    declared = models.BooleanField(_("聲明未曾獲獎或已據實載明"), default=False)
    earlier_award = models.CharField(_("曾獲獎項"), max_length=200, blank=True)
    difference = models.TextField(_("與相近研究的差異"), blank=True, max_length=1000)
    submitted_on = models.DateField(_("送件日"), null=True, blank=True)
    returned_on = models.DateField(_("退回補正日"), null=True, blank=True)
    checked_on = models.DateField(_("形式審查通過日"), null=True, blank=True)
    admitted_on = models.DateField(_("送審日"), null=True, blank=True)
    withdrawn_on = models.DateField(_("撤回日"), null=True, blank=True)

    announced_on = models.DateField(_("公布日"), null=True, blank=True)
    grade = models.CharField(_("獎勵等第"), max_length=8, choices=AwardGrade.choices, blank=True)
    prize = money(_("獎金"), default=Decimal(0))
    score = percent(_("評審平均"), null=True, blank=True)
    certificate_no = models.CharField(_("獎狀字號"), max_length=40, blank=True)
    paid_on = models.DateField(_("核發日"), null=True, blank=True)
    voucher = models.CharField(_("付款憑單號"), max_length=40, blank=True)
    published_on = models.DateField(_("公開日"), null=True, blank=True)
    file_open = models.BooleanField(_("全文公開"), default=False)

    objects = Papers.as_manager()

    class Meta:
        verbose_name = _("自行研究報告")
        verbose_name_plural = _("自行研究報告")
        indexes = [
            models.Index("year", "submitted_on", name="paper_year"),
            models.Index(F("published_on").desc(), F("case").desc(), name="paper_published"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(abstract__length__lte=300),
                name="paper_abstract_short",
                violation_error_message=_("摘要不能超過300字。"),
            ),
            models.CheckConstraint(
                condition=Q(submitted_on=None)
                | Q(manuscript__isnull=False, blind_copy__isnull=False, submissions__gte=1, declared=True),
                name="paper_submitted_whole",
                violation_error_message=_("送件須附研究報告與盲審稿，並聲明獲獎情形。"),
            ),
            models.CheckConstraint(
                condition=Q(checked_on=None) | Q(submitted_on__isnull=False), name="paper_checked_once_in"
            ),
            models.CheckConstraint(
                condition=Q(announced_on=None, grade="", prize=0)
                | Q(announced_on__isnull=False, admitted_on__isnull=False),
                name="paper_result_is_announced",
            ),
            models.CheckConstraint(
                condition=Q(grade="", prize=0, certificate_no="")
                | (~Q(grade="") & Q(prize__gt=0) & ~Q(certificate_no="")),
                name="paper_award_has_prize_and_certificate",
            ),
            models.CheckConstraint(
                condition=Q(paid_on=None) | (Q(paid_on__gte=F("announced_on")) & ~Q(grade="")),
                name="paper_paid_when_awarded",
                violation_error_message=_("核發日不能早於公布日。"),
            ),
            models.CheckConstraint(
                condition=Q(published_on=None) | Q(paid_on__isnull=False), name="paper_published_when_paid"
            ),
        ]


class Suggestion(models.Model):
    """採行建議 What an awarded report suggests to one agency, and what that agency makes of it."""

    paper = models.ForeignKey(
        Paper, models.PROTECT, related_name="suggestions", verbose_name=_("自行研究報告")
    )
    text = models.TextField(_("建議內容"), max_length=1000)
    addressee = models.ForeignKey(
        "people.Agency", models.PROTECT, related_name="+", verbose_name=_("參辦機關")
    )
    asked_on = models.DateField(_("函詢日"))
    due_on = models.DateField(_("回復期限"))
    answer = models.CharField(_("採行情形"), max_length=12, choices=Answer.choices, blank=True)
    reason = models.TextField(_("說明或理由"), blank=True)
    promised_on = models.DateField(_("預定完成或續報日"), null=True, blank=True)
    done_on = models.DateField(_("完成日"), null=True, blank=True)
    answered_on = models.DateField(_("回復日"), null=True, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("回復人"),
    )  # fmt: skip

    class Meta:
        verbose_name = _("採行建議")
        verbose_name_plural = _("採行建議")
        ordering = ["pk"]
        indexes = [models.Index("addressee", condition=Q(answered_on=None), name="paper_suggestion_open")]
        constraints = [
            models.CheckConstraint(
                condition=Q(answer="", answered_on=None) | (~Q(answer="") & Q(answered_on__isnull=False)),
                name="paper_suggestion_answer_is_dated",
            ),
            models.CheckConstraint(
                condition=~Q(answer__in=("planned", "under_study")) | Q(promised_on__isnull=False),
                name="paper_suggestion_says_when",
                violation_error_message=_("定有完成日或研議中者，須填預定完成或續報日。"),
            ),
            models.CheckConstraint(
                condition=~Q(answer="done") | Q(done_on__isnull=False),
                name="paper_suggestion_done_on_a_day",
                violation_error_message=_("採行並已完成者，須填完成日。"),
            ),
            models.CheckConstraint(
                condition=~Q(answer__in=("not_adopted", "not_ours")) | ~Q(reason=""),
                name="paper_suggestion_refused_for_a_reason",
                violation_error_message=_("不採行或非本機關權責者，須說明理由。"),
            ),
        ]

    def __str__(self) -> str:
        return self.text[:60]


class Author(models.Model):
    """作者 Who wrote it, with what share; each submission lists them anew and the earlier lists stay."""

    paper = models.ForeignKey(Paper, models.PROTECT, related_name="authors", verbose_name=_("自行研究報告"))
    submission = models.PositiveSmallIntegerField(_("送件次數"))
    name = models.CharField(_("姓名"), max_length=100)
    unit = models.CharField(_("服務單位"), max_length=80, blank=True)
    title = models.CharField(_("職稱"), max_length=60, blank=True)
    share = percent(_("貢獻比例（%）"))

    class Meta:
        verbose_name = _("作者")
        verbose_name_plural = _("作者")
        ordering = ["-share", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(share__gt=0, share__lte=100),
                name="author_has_a_share",
                violation_error_message=_("貢獻比例須大於0，最多100。"),
            )
        ]

    def __str__(self) -> str:
        return self.name
