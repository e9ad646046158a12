"""A journey on official business with its travellers and destinations, the submissions of its report, and
its suggestions.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from yankao.kernel.casework.adoption import Answer
from yankao.kernel.casework.models import Clock, Record, money

REPORT_CLOCK = "report"


class Kind(models.TextChoices):
    """出國類別 (B10, J5)."""

    INSPECTION = "inspection", _("考察")
    STUDY = "study", _("進修")
    RESEARCH = "research", _("研究")
    INTERNSHIP = "internship", _("實習")
    MIXED = "mixed", _("兼有數類")
    OTHER = "other", _("其他")


class ReportKind(models.TextChoices):
    """報告種類"""

    FULL = "full", _("完整報告")
    SUMMARY = "summary", _("摘要表")


class Area(models.TextChoices):
    """地區 The mainland, Hong Kong and Macau have rules of their own."""

    OVERSEAS = "overseas", _("國外")
    MAINLAND = "mainland", _("大陸地區")
    HK_MACAU = "hk_macau", _("港澳地區")


class Source(models.TextChoices):
    """經費來源"""

    CITY_GENERAL = "city_general", _("市公務預算")
    CITY_FUND = "city_fund", _("基金或附屬單位預算")
    CENTRAL = "central", _("中央補助")
    HOST = "host", _("邀請單位負擔")
    OTHER = "other", _("其他")


class Publicity(models.TextChoices):
    """公開方式"""

    PUBLIC = "public", _("公開")
    WITHHELD = "withheld", _("限制公開")


class Country(models.Model):
    """國家或地區 A country or area by its ISO 3166-1 code."""

    code = models.CharField(_("代碼"), max_length=2, primary_key=True)
    name = models.CharField(_("名稱"), max_length=60)
    name_en = models.CharField(_("英文名稱"), max_length=80)
    area = models.CharField(_("地區"), max_length=8, choices=Area.choices, default=Area.OVERSEAS)

    class Meta:
        verbose_name = _("國家或地區")
        verbose_name_plural = _("國家或地區")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name_en if get_language() == "en" else self.name


def day_over(day: date) -> datetime:
    """The first moment after the day in Taipei."""
    after = day + timedelta(days=1)
    return timezone.make_aware(datetime.combine(after, time.min))


class Trips(models.QuerySet["Trip"]):
    """Questions on dated facts, the same for figures, lists and the public register."""

    def returned_in(self, first: date, last: date, as_of: date) -> Self:
        """Came back in the period and were not called off by the day they are judged."""
        kept = Q(cancelled_on=None) | Q(cancelled_on__gt=as_of)
        return self.filter(kept, returned_on__range=(first, last))

    def reported_in_time(self) -> Self:
        """The report came in before its deadline had passed."""
        return self.filter(
            Exists(Clock.objects.filter(case=OuterRef("pk"), code=REPORT_CLOCK, stopped_at__lte=F("due_at")))
        )

    def overdue_on(self, day: date) -> Self:
        """The deadline had passed when the day was over, and the report was still owed.

        A deadline of the day itself runs until midnight, so it is not missed yet; one that ended at
        noon is.
        """
        end = day_over(day)
        still = Q(stopped_at=None) | Q(stopped_at__gte=end)
        missed = Clock.objects.filter(
            still, case=OuterRef("pk"), code=REPORT_CLOCK, due_at__lt=end - timedelta(minutes=1)
        )
        return self.filter(Exists(missed))

    def in_register(self) -> Self:
        return self.filter(registered_on__isnull=False)


class Trip(Record):
    """公務出國案 Facts of one journey and of its report; the docket says who handles it and its stage."""

    trip_no = models.CharField(_("出國案號"), max_length=24, blank=True)
    kind = models.CharField(_("出國類別"), max_length=12, choices=Kind.choices)
    purpose = models.CharField(_("出國目的"), max_length=300, blank=True)
    letter = models.CharField(_("核准文號"), max_length=60, blank=True)
    budget = money(_("預算金額"), default=Decimal(0))
    source = models.CharField(
        _("經費來源"), max_length=14, choices=Source.choices, default=Source.CITY_GENERAL
    )
    departs_on = models.DateField(_("預定出國日"))
    returns_on = models.DateField(_("預定返國日"))
    notified_on = models.DateField(_("赴陸港澳通報日"), null=True, blank=True)
    departed_on = models.DateField(_("出國日"), null=True, blank=True)
    returned_on = models.DateField(_("返國日"), null=True, blank=True)
    author = models.CharField(_("報告主筆"), max_length=100, blank=True)

    report = models.ForeignKey(
        "evidence.Evidence",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("出國報告"),
    )
    rounds = models.PositiveSmallIntegerField(_("繳交次數"), default=0)
    submitted_on = models.DateField(_("繳交日"), null=True, blank=True)
    abstract = models.TextField(_("摘要"), blank=True)
    abstract_en = models.TextField(_("英文摘要"), blank=True)
    sent_back_on = models.DateField(_("退回修正日"), null=True, blank=True)
    accepted_on = models.DateField(_("審查通過日"), null=True, blank=True)

    registered_on = models.DateField(_("登錄日"), null=True, blank=True)
    url = models.URLField(_("登錄網址"), max_length=300, blank=True)
    publicity = models.CharField(_("公開方式"), max_length=8, choices=Publicity.choices, blank=True)
    ground = models.CharField(_("限制公開依據"), max_length=200, blank=True)

    suggested = models.PositiveSmallIntegerField(_("建議事項數"), default=0)
    answered = models.PositiveSmallIntegerField(_("已回復建議事項數"), default=0)
    dispatched_on = models.DateField(_("建議事項分送日"), null=True, blank=True)
    consolidated_on = models.DateField(_("彙整日"), null=True, blank=True)
    consolidation = models.TextField(_("彙整意見"), blank=True)
    sent_letter = models.CharField(_("函送研考會文號"), max_length=60, blank=True)
    cancelled_on = models.DateField(_("取消日"), null=True, blank=True)

    objects = Trips.as_manager()

    class Meta:
        verbose_name = _("公務出國案")
        verbose_name_plural = _("公務出國案")
        indexes = [
            models.Index("returned_on", name="trip_returned"),
            models.Index(F("registered_on").desc(), F("case").desc(), name="trip_registered"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["trip_no"],
                condition=~Q(trip_no=""),
                name="one_trip_a_number",
                violation_error_message=_("這個出國案號已經登錄過。"),
            ),
            models.CheckConstraint(
                condition=Q(returns_on__gte=F("departs_on")),
                name="trip_planned_in_order",
                violation_error_message=_("預定返國日不能早於預定出國日。"),
            ),
            models.CheckConstraint(
                condition=Q(returned_on=None)
                | Q(departed_on__isnull=False, returned_on__gte=F("departed_on")),
                name="trip_returned_after_leaving",
                violation_error_message=_("返國日不能早於出國日。"),
            ),
            models.CheckConstraint(
                condition=Q(submitted_on=None)
                | Q(report__isnull=False, rounds__gte=1, submitted_on__gte=F("returned_on")),
                name="trip_reported_with_a_file",
                violation_error_message=_("繳交報告須附檔案，且不能早於返國日。"),
            ),
            models.CheckConstraint(
                condition=Q(accepted_on=None) | Q(submitted_on__isnull=False),
                name="trip_accepted_after_report",
            ),
            models.CheckConstraint(
                condition=Q(registered_on=None, publicity="", ground="")
                | (
                    Q(registered_on__isnull=False, accepted_on__isnull=False)
                    & (
                        Q(publicity=Publicity.PUBLIC, ground="")
                        | Q(~Q(ground=""), publicity=Publicity.WITHHELD)
                    )
                ),
                name="trip_registered_public_or_with_ground",
                violation_error_message=_("登錄時須公開，或載明限制公開的依據；公開者不填依據。"),
            ),
            models.CheckConstraint(
                condition=Q(answered__lte=F("suggested")), name="trip_answers_within_suggestions"
            ),
            models.CheckConstraint(
                condition=Q(consolidated_on=None) | Q(answered=F("suggested"), suggested__gte=1),
                name="trip_consolidated_when_answered",
                violation_error_message=_("建議事項全部回復後才能彙整。"),
            ),
            models.CheckConstraint(
                condition=Q(cancelled_on=None) | Q(submitted_on=None), name="trip_cancelled_or_reported"
            ),
        ]

    @property
    def report_kind(self) -> ReportKind:
        """其他 asks for the summary form only; every other kind, and a mixture, for the full report (B10)."""
        return ReportKind.SUMMARY if self.kind == Kind.OTHER else ReportKind.FULL


class Destination(models.Model):
    """前往地點 A country with the places seen there."""

    trip = models.ForeignKey(Trip, models.PROTECT, related_name="destinations", verbose_name=_("公務出國案"))
    country = models.ForeignKey(Country, models.PROTECT, related_name="+", verbose_name=_("國家或地區"))
    place = models.CharField(_("城市或機構"), max_length=120, blank=True)
    dropped_on = models.DateField(_("刪除日"), null=True, blank=True)

    class Meta:
        verbose_name = _("前往地點")
        verbose_name_plural = _("前往地點")

    def __str__(self) -> str:
        return f"{self.country}{f'（{self.place}）' if self.place else ''}"


class Traveller(models.Model):
    """出國人員 Who travels; a group hands in one report, signed by all."""

    trip = models.ForeignKey(Trip, models.PROTECT, related_name="travellers", verbose_name=_("公務出國案"))
    name = models.CharField(_("姓名"), max_length=100)
    title = models.CharField(_("職稱"), max_length=60, blank=True)
    agency = models.CharField(_("服務機關"), max_length=80, blank=True)
    dropped_on = models.DateField(_("退出日"), null=True, blank=True)

    class Meta:
        verbose_name = _("出國人員")
        verbose_name_plural = _("出國人員")

    def __str__(self) -> str:
        return f"{self.name}{f'（{self.title}）' if self.title else ''}"


class Submission(models.Model):
    """報告繳交 One round: the file, the paper copies and the self-check sheet. Every round is kept."""

    trip = models.ForeignKey(Trip, models.PROTECT, related_name="submissions", verbose_name=_("公務出國案"))
    number = models.PositiveSmallIntegerField(_("次別"))
    at = models.DateTimeField(_("繳交時間"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("繳交人")
    )
    report = models.ForeignKey("evidence.Evidence", models.PROTECT, related_name="+", verbose_name=_("檔案"))
    paper_copies = models.PositiveSmallIntegerField(_("紙本份數"))
    pages = models.PositiveIntegerField(_("頁數"), null=True, blank=True)
    signed = models.BooleanField(_("全體具名"))
    has_purpose = models.BooleanField(_("目的"), default=False)
    has_course = models.BooleanField(_("過程"), default=False)
    has_findings = models.BooleanField(_("心得"), default=False)
    has_suggestions = models.BooleanField(_("建議"), default=False)
    has_annexes = models.BooleanField(_("附件"), default=False)
    note = models.TextField(_("說明"), blank=True)

    class Meta:
        verbose_name = _("報告繳交")
        verbose_name_plural = _("報告繳交")
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["trip", "number"], name="one_submission_a_round"),
            models.CheckConstraint(
                condition=Q(signed=True),
                name="submission_signed_by_all",
                violation_error_message=_("報告須由全體出國人員具名。"),
            ),
        ]

    def __str__(self) -> str:
        return str(self.number)


class Suggestion(models.Model):
    """建議事項 What a report suggests to one agency, and what that agency makes of it."""

    trip = models.ForeignKey(Trip, models.PROTECT, related_name="suggestions", verbose_name=_("公務出國案"))
    number = models.PositiveSmallIntegerField(_("項次"))
    text = models.TextField(_("建議內容"))
    addressee = models.ForeignKey(
        "people.Agency", models.PROTECT, related_name="+", verbose_name=_("參辦機關")
    )
    dispatched_on = models.DateField(_("分送日"))
    forwarded_from = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="forwarded_to", verbose_name=_("移自")
    )
    answer = models.CharField(_("採行情形"), max_length=12, choices=Answer.choices, blank=True)
    reason = models.TextField(_("說明或理由"), blank=True)
    promised_on = models.DateField(_("預定完成或續報日"), null=True, blank=True)
    done_on = models.DateField(_("完成日"), null=True, blank=True)
    answered_on = models.DateField(_("回復日"), null=True, blank=True)
    renewed_on = models.DateField(_("續報日"), null=True, blank=True)
    adopted_on = models.DateField(_("採行日"), null=True, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("回復人"),
    )

    class Meta:
        verbose_name = _("建議事項")
        verbose_name_plural = _("建議事項")
        ordering = ["number"]
        indexes = [models.Index("addressee", condition=Q(answered_on=None), name="suggestion_open")]
        constraints = [
            models.UniqueConstraint(fields=["trip", "number"], name="one_suggestion_a_number"),
            models.CheckConstraint(
                condition=Q(answer="", answered_on=None) | Q(~Q(answer=""), answered_on__isnull=False),
                name="suggestion_answer_is_dated",
            ),
            models.CheckConstraint(
                condition=~Q(answer=Answer.DONE) | Q(done_on__isnull=False),
                name="suggestion_done_has_its_day",
                violation_error_message=_("採行並已完成者，請填完成日。"),
            ),
            models.CheckConstraint(
                condition=~Q(answer__in=[Answer.PLANNED, Answer.UNDER_STUDY]) | Q(promised_on__isnull=False),
                name="suggestion_promise_has_its_day",
                violation_error_message=_("定期完成或研議中者，請填預定完成或續報日。"),
            ),
            models.CheckConstraint(
                condition=~Q(answer__in=[Answer.PARTLY, Answer.NOT_ADOPTED, Answer.NOT_OURS]) | ~Q(reason=""),
                name="suggestion_refusal_has_its_reason",
                violation_error_message=_("部分採行、不採行或非本機關權責者，請說明理由。"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number}. {self.text[:40]}"


def names_of(rows: Any) -> str:
    """Rows as one list of words."""
    return "、".join(str(row) for row in rows)
