"""Rounds of review: who may judge, what is judged under which code word, and the marks, sealed.

A sheet (送審件) is all a reviewer learns of a case: title, abstract, and a cleaned copy of the file, under
a code word that says nothing about when it came in or from whom. The case itself knows nothing of reviewers,
or of results before they are announced: nothing here hangs on its docket, ledger lines or followers.
"""

from __future__ import annotations

import secrets
import uuid
from decimal import Decimal
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from ..casework.models import money, percent

CODE_SIGNS = "ACDEFGHJKLMNPQRTUVWXY3479"
"""Signs that are not taken for one another when read aloud or copied by hand."""


def code_word() -> str:
    """Six signs by chance: some 240 million words, in no order."""
    return "".join(secrets.choice(CODE_SIGNS) for _n in range(6))


class Reviewer(models.Model):
    """審查人員 Who may judge: expertise, term, and where the person works. One list for every room (D16)."""

    name = models.CharField(_("姓名"), max_length=100)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="reviewer",
        verbose_name=_("帳號"),
    )  # fmt: skip
    agency = models.ForeignKey(
        "people.Agency", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("服務機關"),
        help_text=_("市府機關的人員"),
    )  # fmt: skip
    employer = models.CharField(_("服務單位"), max_length=120, blank=True, help_text=_("學校或其他單位"))
    expertise = models.CharField(_("專長"), max_length=200, blank=True, help_text=_("各項以、分開"))
    valid_from = models.DateField(_("起聘日"))
    valid_to = models.DateField(_("迄日"), null=True, blank=True)

    class Meta:
        verbose_name = _("審查人員")
        verbose_name_plural = _("審查人員")
        ordering = ["name", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from")),
                name="reviewer_dates_in_order",
                violation_error_message=_("迄日不能早於起聘日。"),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Relation(models.Model):
    """利害關係申報 Declared beforehand: an agency or a person whose work the reviewer must not judge."""

    reviewer = models.ForeignKey(
        Reviewer, models.PROTECT, related_name="relations", verbose_name=_("審查人員")
    )
    agency = models.ForeignKey(
        "people.Agency", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("機關")
    )
    person = models.CharField(_("人員姓名"), max_length=100, blank=True)
    reason = models.CharField(_("關係"), max_length=120)
    valid_from = models.DateField(_("申報日"))
    valid_to = models.DateField(_("解除日"), null=True, blank=True)

    class Meta:
        verbose_name = _("利害關係申報")
        verbose_name_plural = _("利害關係申報")
        constraints = [
            models.CheckConstraint(
                condition=Q(agency__isnull=False) ^ ~Q(person=""), name="relation_to_agency_or_person"
            ),
        ]

    def __str__(self) -> str:
        return self.reason


class Rounds(models.QuerySet["Round"]):
    """Rounds by where they stand."""

    def open_on(self, day: Any) -> Self:
        """Those that take submissions on the day."""
        return self.filter(opens_on__lte=day, closes_on__gte=day)


class Round(models.Model):
    """評審梯次 One call of a room: its window, its money, its meeting and the day its results are told."""

    kind = models.CharField(_("業務"), max_length=40)
    code = models.CharField(_("年度"), max_length=12)
    title = models.CharField(_("名稱"), max_length=120)
    opens_on = models.DateField(_("收件起日"))
    closes_on = models.DateField(_("收件迄日"))
    appropriation = money(_("預算額度"), default=Decimal(0))
    met_on = models.DateField(_("決審會議日"), null=True, blank=True)
    place = models.CharField(_("會議地點"), max_length=120, blank=True)
    present = models.TextField(_("出席委員"), blank=True)
    minutes = models.TextField(_("會議紀錄"), blank=True)
    announced_on = models.DateField(_("公布日"), null=True, blank=True)

    objects = Rounds.as_manager()

    class Meta:
        verbose_name = _("評審梯次")
        verbose_name_plural = _("評審梯次")
        ordering = ["-opens_on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "code"],
                name="one_round_a_code",
                violation_error_message=_("這個年度已有評審梯次。"),
            ),
            models.CheckConstraint(
                condition=Q(closes_on__gte=F("opens_on")),
                name="round_window_in_order",
                violation_error_message=_("收件迄日不能早於起日。"),
            ),
            models.CheckConstraint(condition=Q(appropriation__gte=0), name="round_money_not_negative"),
            models.CheckConstraint(
                condition=Q(announced_on=None) | Q(met_on__isnull=False, announced_on__gte=F("met_on")),
                name="round_announced_after_meeting",
                violation_error_message=_("決審會議之後才能公布。"),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def revealed(self) -> bool:
        """Whether the results may be known outside."""
        return self.announced_on is not None


class Sheet(models.Model):
    """送審件 A case as its reviewers see it. Grade and amount are the meeting's, sealed until told."""

    round = models.ForeignKey(Round, models.PROTECT, related_name="sheets", verbose_name=_("評審梯次"))
    case = models.OneToOneField("casework.Case", models.PROTECT, related_name="sheet", verbose_name=_("案件"))
    code = models.CharField(_("代號"), max_length=8, unique=True, default=code_word)
    title = models.CharField(_("題目"), max_length=200)
    abstract = models.TextField(_("摘要"))
    category = models.CharField(_("類別"), max_length=60, blank=True)
    copy = models.ForeignKey(
        "evidence.Evidence", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("盲審稿")
    )
    asked = money(_("申請金額"), null=True, blank=True)
    grade = models.CharField(_("決審等第"), max_length=12, blank=True)
    amount = money(_("決審金額"), default=Decimal(0))
    decided = models.BooleanField(_("已決審"), default=False)
    withdrawn_on = models.DateField(_("撤回日"), null=True, blank=True)

    class Meta:
        verbose_name = _("送審件")
        verbose_name_plural = _("送審件")
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(decided=True) | Q(grade="", amount=0), name="sheet_result_is_decided"
            ),
            models.CheckConstraint(condition=Q(amount__gte=0), name="sheet_amount_not_negative"),
        ]

    def __str__(self) -> str:
        return self.code


class Assignment(models.Model):
    """審查分派 One reviewer and one sheet. The key is the address: it says nothing and cannot be guessed."""

    key = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    sheet = models.ForeignKey(Sheet, models.PROTECT, related_name="assignments", verbose_name=_("送審件"))
    reviewer = models.ForeignKey(
        Reviewer, models.PROTECT, related_name="assignments", verbose_name=_("審查人員")
    )
    extra = models.BooleanField(_("加審"), default=False)
    assigned_on = models.DateField(_("分派日"))
    due_on = models.DateField(_("審查期限"))
    recused_on = models.DateField(_("迴避日"), null=True, blank=True)
    recusal = models.CharField(_("迴避或撤回事由"), max_length=300, blank=True)
    scored_on = models.DateField(_("評分日"), null=True, blank=True)
    total = percent(_("總分"), null=True, blank=True)
    comment = models.TextField(_("審查意見"), blank=True, help_text=_("公布後提供作者，請勿透露身分"))
    note = models.TextField(_("給決審會議的意見"), blank=True, help_text=_("作者不會看到"))

    class Meta:
        verbose_name = _("審查分派")
        verbose_name_plural = _("審查分派")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["sheet", "reviewer"], name="one_assignment_a_reviewer"),
            models.CheckConstraint(
                condition=Q(recused_on=None) | Q(scored_on=None), name="assignment_recused_or_scored"
            ),
            models.CheckConstraint(
                condition=Q(scored_on=None) | Q(total__isnull=False), name="assignment_scored_with_total"
            ),
            models.CheckConstraint(
                condition=Q(recused_on=None) | ~Q(recusal=""), name="assignment_recused_for_a_reason"
            ),
        ]
        indexes = [
            models.Index(
                "reviewer", "due_on", condition=Q(scored_on=None, recused_on=None), name="assignment_open"
            )
        ]

    def __str__(self) -> str:
        return str(self.key)


class Mark(models.Model):
    """評分 What a reviewer gives for one criterion, 0 to 100."""

    assignment = models.ForeignKey(
        Assignment, models.PROTECT, related_name="marks", verbose_name=_("審查分派")
    )
    criterion = models.CharField(_("評審項目"), max_length=20)
    score = percent(_("分數"))

    class Meta:
        verbose_name = _("評分")
        verbose_name_plural = _("評分")
        constraints = [
            models.UniqueConstraint(fields=["assignment", "criterion"], name="one_mark_a_criterion"),
            models.CheckConstraint(condition=Q(score__range=(0, 100)), name="mark_from_0_to_100"),
        ]

    def __str__(self) -> str:
        return f"{self.criterion} {self.score}"
