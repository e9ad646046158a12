"""Proposals for next year's plan: what they cost, what was asked and answered about them, who reviewed them
when, and what was decided.
"""

from __future__ import annotations

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from yankao.kernel.casework.models import Record, money
from yankao.kernel.money.models import FundingLine, line_constraints
from yankao.kernel.progress.fields import Points
from yankao.kernel.session.models import AgendaItem as AnyAgendaItem
from yankao.kernel.session.models import Attendance as AnyAttendance
from yankao.kernel.session.models import Session, session_constraints

HUNDRED = Decimal(100)


class Kind(models.TextChoices):
    """計畫類別"""

    CONSTRUCTION = "construction", _("公共建設計畫")
    ADMINISTRATIVE = "administrative", _("重要行政計畫")
    INSTRUMENTS = "instruments", _("儀器設備申購計畫")


class Result(models.TextChoices):
    """審查結果"""

    KEEP = "keep", _("照列")
    CUT = "cut", _("減列")
    DEFER = "defer", _("緩議")
    REJECT = "reject", _("不予列入")
    MERGE = "merge", _("併案")


class Question(models.TextChoices):
    """形式審查項目 What the form check asks; which of them a kind must answer is a rule with its date."""

    BASIS = "basis", _("計畫依據及問題評析")
    GOAL = "goal", _("連結施政目標")
    BENEFIT = "benefit", _("量化效益")
    ALTERNATIVES = "alternatives", _("替代方案評估")
    LAND = "land", _("用地取得")
    EIA = "eia", _("環境影響評估")
    URBAN_PLAN = "urban_plan", _("都市計畫變更")
    PERMITS = "permits", _("應先取得之許可")
    RECURRENT = "recurrent", _("完工後營運維護經費")
    PRIVATE = "private", _("民間參與可行性")
    EXECUTION = "execution", _("以前年度執行情形")
    UTILISATION = "utilisation", _("預估使用率")
    SHARING = "sharing", _("與其他機關共用之規劃")


class Answer(models.TextChoices):
    """填答"""

    DONE = "done", _("已具備")
    PLANNED = "planned", _("辦理中")
    NOT_NEEDED = "not_needed", _("免辦理")


class Criterion(models.TextChoices):
    """評分項目 In the order in which a tie is looked at: policy fit first."""

    POLICY = "policy", _("施政契合度")
    NEED = "need", _("需求迫切性")
    BENEFIT = "benefit", _("成本效益")
    READINESS = "readiness", _("先期準備")
    FUNDING = "funding", _("財務可行性")
    EXECUTION = "execution", _("以前年度執行")


class Proposal(Record):
    """先期作業計畫 One proposal. What it went through are dates."""

    year = models.PositiveSmallIntegerField(_("計畫年度"), help_text=_("民國年，次一年度"))
    plan_no = models.CharField(
        _("機關計畫編號"), max_length=40, blank=True, help_text=_("機關自編；匯入時以此辨識")
    )
    kind = models.CharField(_("計畫類別"), max_length=16, choices=Kind.choices)
    central = models.BooleanField(_("提送中央"), default=False)
    continuing = models.BooleanField(_("延續性計畫"), default=False)
    purpose = models.TextField(_("計畫目標與內容"))
    mandate = models.CharField(
        _("交辦文號"), max_length=80, blank=True, help_text=_("首長交辦或議會決議者；未達規模門檻時須填")
    )
    place = models.CharField(_("實施地點"), max_length=120, blank=True)
    longitude = models.DecimalField(_("經度"), max_digits=9, decimal_places=6, null=True, blank=True)
    latitude = models.DecimalField(_("緯度"), max_digits=8, decimal_places=6, null=True, blank=True)
    goal = models.CharField(_("連結之施政目標"), max_length=120, blank=True)
    benefits = models.TextField(_("預期效益"), blank=True)
    risks = models.TextField(_("風險與因應"), blank=True)
    recurrent = money(_("完工後每年營運維護經費"), default=0)
    self_liquidating = Points(_("自償率（%）"), null=True, blank=True)

    total = money(_("總經費"), null=True, blank=True)
    allowed_total = money(_("核列總經費"), null=True, blank=True)

    agency_rank = models.PositiveSmallIntegerField(_("機關排序"), null=True, blank=True)
    agency_ranked_on = models.DateField(_("機關排序日"), null=True, blank=True)
    submitted_on = models.DateField(_("提送日"), null=True, blank=True)
    returned_on = models.DateField(_("退回補正日"), null=True, blank=True)
    checked_on = models.DateField(_("形式審查通過日"), null=True, blank=True)
    scheduled_on = models.DateField(_("排定初審日"), null=True, blank=True)
    first_reviewed_on = models.DateField(_("初審日"), null=True, blank=True)
    first_result = models.CharField(_("初審結果"), max_length=8, choices=Result.choices, blank=True)
    first_opinion = models.TextField(_("初審意見"), blank=True)
    score = Points(_("評分"), null=True, blank=True)
    policy_score = Points(_("施政契合度平均"), null=True, blank=True)
    revised_on = models.DateField(_("修正日"), null=True, blank=True)
    response = models.TextField(_("審查意見辦理情形"), blank=True)
    second_reviewed_on = models.DateField(_("複審日"), null=True, blank=True)
    second_result = models.CharField(_("複審結果"), max_length=8, choices=Result.choices, blank=True)
    second_opinion = models.TextField(_("複審意見"), blank=True)
    ranked_on = models.DateField(_("排序日"), null=True, blank=True)
    rank = models.PositiveSmallIntegerField(_("優先順序"), null=True, blank=True)
    decided_on = models.DateField(_("核定日"), null=True, blank=True)
    decision = models.CharField(_("核定結果"), max_length=8, choices=Result.choices, blank=True)
    decision_reason = models.TextField(_("核定說明"), blank=True)
    budgeted_on = models.DateField(_("納入預算日"), null=True, blank=True)
    budget_no = models.CharField(_("預算案文號"), max_length=60, blank=True)
    handed_over_on = models.DateField(_("移交管制日"), null=True, blank=True)
    left_out_on = models.DateField(_("未納入預算日"), null=True, blank=True)
    withdrawn_on = models.DateField(_("撤回日"), null=True, blank=True)

    internal_on = models.DateField(_("府內審查日"), null=True, blank=True)
    sent_on = models.DateField(_("提送中央日"), null=True, blank=True)
    ministry = models.CharField(_("中央主管機關"), max_length=80, blank=True)
    ministry_no = models.CharField(_("中央核復文號"), max_length=60, blank=True)
    ministry_decided_on = models.DateField(_("中央核復日"), null=True, blank=True)

    class Meta:
        verbose_name = _("先期作業計畫")
        verbose_name_plural = _("先期作業計畫")
        constraints = [
            models.CheckConstraint(
                condition=(Q(total=None) | Q(total__gt=0))
                & (Q(allowed_total=None) | Q(allowed_total__gt=0))
                & Q(recurrent__gte=0),
                name="proposal_amounts_in_range",
                violation_error_message=_("總經費應大於0，營運維護經費不可為負。"),
            ),
            models.CheckConstraint(
                condition=Q(submitted_on=None) | Q(total__isnull=False),
                name="proposal_submitted_with_cost",
                violation_error_message=_("填妥經費需求後才能提送。"),
            ),
            models.CheckConstraint(
                condition=Q(central=False) | Q(kind=Kind.CONSTRUCTION),
                name="central_is_construction",
                violation_error_message=_("提送中央者限公共建設計畫。"),
            ),
            models.CheckConstraint(
                condition=(Q(sent_on=None) | Q(central=True, internal_on__lte=F("sent_on")))
                & (Q(ministry_decided_on=None) | Q(sent_on__lte=F("ministry_decided_on"))),
                name="proposal_central_in_order",
                violation_error_message=_("府內審查、提送中央、中央核復的日期應依序。"),
            ),
            models.CheckConstraint(
                condition=Q(longitude=None, latitude=None)
                | Q(longitude__range=(-180, 180), latitude__range=(-90, 90)),
                name="proposal_place_on_earth",
                violation_error_message=_("經度、緯度應同時填寫，並在合理範圍。"),
            ),
            models.CheckConstraint(
                condition=(Q(score=None) | Q(score__gte=0, score__lte=HUNDRED))
                & (Q(rank=None) | Q(rank__gt=0))
                & (Q(agency_rank=None) | Q(agency_rank__gt=0)),
                name="proposal_score_and_ranks",
            ),
            models.UniqueConstraint(
                fields=["year", "plan_no"],
                condition=~Q(plan_no=""),
                name="one_proposal_a_plan_no",
                violation_error_message=_("同一年度已有這個機關計畫編號。"),
            ),
            models.UniqueConstraint(
                fields=["year", "rank"], condition=Q(rank__isnull=False), name="one_proposal_a_rank"
            ),
        ]
        indexes = [
            models.Index(fields=["year", "kind"], name="proposal_by_year"),
            models.Index(fields=["submitted_on"], name="proposal_by_submission"),
        ]


class Cost(FundingLine):
    """經費需求 What is asked of one source in one year."""

    proposal = models.ForeignKey(
        Proposal, models.PROTECT, related_name="costs", verbose_name=_("先期作業計畫")
    )

    class Meta:
        verbose_name = _("經費需求")
        verbose_name_plural = _("經費需求")
        ordering = ["year", "source", "since"]
        constraints = [
            *line_constraints("cost"),
            models.UniqueConstraint(
                fields=["proposal", "year", "source"], condition=Q(until=None), name="one_cost_a_source"
            ),
        ]


class Allowed(FundingLine):
    """核列經費 What review and decision leave of it."""

    proposal = models.ForeignKey(
        Proposal, models.PROTECT, related_name="allowed", verbose_name=_("先期作業計畫")
    )

    class Meta:
        verbose_name = _("核列經費")
        verbose_name_plural = _("核列經費")
        ordering = ["year", "source", "since"]
        constraints = [
            *line_constraints("allowed"),
            models.UniqueConstraint(
                fields=["proposal", "year", "source"], condition=Q(until=None), name="one_allowed_a_source"
            ),
        ]


class Checked(models.Model):
    """形式審查填答 What the agency says to one question; the newest answer counts."""

    proposal = models.ForeignKey(
        Proposal, models.PROTECT, related_name="answers", verbose_name=_("先期作業計畫")
    )
    question = models.CharField(_("項目"), max_length=16, choices=Question.choices)
    answer = models.CharField(_("填答"), max_length=12, choices=Answer.choices)
    note = models.CharField(_("說明"), max_length=300)
    on = models.DateField(_("填答日"))

    class Meta:
        verbose_name = _("形式審查填答")
        verbose_name_plural = _("形式審查填答")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.get_question_display()} {self.get_answer_display()}"


class Seat(models.Model):
    """審查席次 One reviewer of one proposal, with the marks given, 0 to 100 each, or why recused."""

    proposal = models.ForeignKey(
        Proposal, models.PROTECT, related_name="seats", verbose_name=_("先期作業計畫")
    )
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("審查委員")
    )
    since = models.DateField(_("指派日"))
    recused_on = models.DateField(_("迴避日"), null=True, blank=True)
    recusal = models.CharField(_("迴避理由"), max_length=200, blank=True)
    scored_on = models.DateField(_("評分日"), null=True, blank=True)
    policy = Points(_("施政契合度"), null=True, blank=True)
    need = Points(_("需求迫切性"), null=True, blank=True)
    benefit = Points(_("成本效益"), null=True, blank=True)
    readiness = Points(_("先期準備"), null=True, blank=True)
    funding = Points(_("財務可行性"), null=True, blank=True)
    execution = Points(_("以前年度執行"), null=True, blank=True)
    comment = models.TextField(_("審查意見"), blank=True)

    class Meta:
        verbose_name = _("審查席次")
        verbose_name_plural = _("審查席次")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["proposal", "reviewer"], name="one_seat_a_reviewer"),
            models.CheckConstraint(
                condition=Q(scored_on=None)
                | Q(
                    recused_on=None,
                    **{f"{name}__gte": 0 for name in Criterion.values},
                    **{f"{name}__lte": HUNDRED for name in Criterion.values},
                ),
                name="seat_marks_whole_and_in_range",
                violation_error_message=_("每項評分應在0與100之間，迴避者不評分。"),
            ),
        ]

    def __str__(self) -> str:
        return str(self.reviewer)

    def marks(self) -> dict[str, Decimal]:
        """The marks by criterion; only of a seat that has scored."""
        return {name: Decimal(getattr(self, name)) for name in Criterion.values}


class Round(models.TextChoices):
    """會議別"""

    FIRST = "first", _("初審會議")
    SECOND = "second", _("複審會議")


class Meeting(Session):
    """審查會議 A meeting of the first or the second review of one year's proposals."""

    year = models.PositiveSmallIntegerField(_("計畫年度"))
    round = models.CharField(_("會議別"), max_length=8, choices=Round.choices)
    summary = models.TextField(_("會議結論"), blank=True)

    class Meta:
        verbose_name = _("審查會議")
        verbose_name_plural = _("審查會議")
        ordering = ["-held_on", "-pk"]
        constraints = [*session_constraints("proposal_review")]
        indexes = [models.Index(fields=["held_on"], name="proposal_review_day")]


class AgendaItem(AnyAgendaItem):
    """審查議程 A proposal on the agenda of a meeting."""

    session = models.ForeignKey(Meeting, models.PROTECT, related_name="agenda", verbose_name=_("審查會議"))
    proposal = models.ForeignKey(
        Proposal, models.PROTECT, related_name="agenda", verbose_name=_("先期作業計畫")
    )

    class Meta:
        verbose_name = _("審查議程")
        verbose_name_plural = _("審查議程")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["session", "proposal"], name="one_agenda_item_a_proposal")
        ]


class Training(Session):
    """先期作業研習 A training for those who write proposals."""

    year = models.PositiveSmallIntegerField(_("計畫年度"))

    class Meta:
        verbose_name = _("先期作業研習")
        verbose_name_plural = _("先期作業研習")
        ordering = ["-held_on"]
        constraints = session_constraints("proposal_training")


class Trainee(AnyAttendance):
    """研習學員 Who was on the roster of a training, and came."""

    session = models.ForeignKey(
        Training, models.PROTECT, related_name="roster", verbose_name=_("先期作業研習")
    )

    class Meta:
        verbose_name = _("研習學員")
        verbose_name_plural = _("研習學員")
        indexes = [models.Index(fields=["session", "present"], name="proposal_trainee_present")]
