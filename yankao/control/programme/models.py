"""Programmes, the items under their control, and what is planned, reported, changed and met about each
item.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Cast, Length, NullIf, Trim
from django.db.models.lookups import GreaterThan, GreaterThanOrEqual, LessThan
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from yankao.kernel.casework.models import Record, money
from yankao.kernel.money.models import FundingLine as AnyFundingLine
from yankao.kernel.money.models import line_constraints
from yankao.kernel.progress.fields import Points
from yankao.kernel.progress.models import Erratum as AnyErratum
from yankao.kernel.progress.models import Report, Reports, report_constraints
from yankao.kernel.roc import half_up
from yankao.kernel.session.models import AgendaItem as AnyAgendaItem
from yankao.kernel.session.models import Attendance as AnyAttendance
from yankao.kernel.session.models import Session, session_constraints

HUNDRED = Decimal(100)


def month_text(month: date) -> str:
    """115年10月"""
    return str(gettext("%(year)s年%(month)s月") % {"year": month.year - 1911, "month": month.month})


class Level(models.TextChoices):
    """管制級別"""

    CITY = "city", _("市列管")
    AGENCY = "agency", _("機關列管")
    SELF = "self", _("自行列管")


class TenderStatus(models.TextChoices):
    """標案狀態 (J8). Follows from the dated facts of the item; it is never stored."""

    NOT_TENDERED = "not_tendered", _("未發包")
    TENDERING = "tendering", _("招標中")
    AWARDED = "awarded", _("已決標")
    UNDER_WORKS = "under_works", _("施工中")
    COMPLETED = "completed", _("已完工")
    ACCEPTED = "accepted", _("已驗收")
    SETTLED = "settled", _("已決算")
    CLOSED = "closed", _("已結案")
    CANCELLED = "cancelled", _("已撤案")


class LagCause(models.TextChoices):
    """落後原因 (J2)"""

    LAND = "land", _("用地取得")
    DEMOLITION = "demolition", _("地上物拆遷")
    TENDER = "tender", _("招標流廢標")
    CONTRACTOR = "contractor", _("廠商財務或人力")
    DESIGN = "design", _("規劃設計")
    VARIATION = "variation", _("變更設計")
    PERMITS = "permits", _("許可或環評")
    UTILITIES = "utilities", _("管線遷移")
    WEATHER = "weather", _("天候或災害")
    PROTESTS = "protests", _("民眾陳情抗爭")
    FUNDING = "funding", _("中央款撥付")
    ACCEPTANCE = "acceptance", _("驗收爭議")
    OTHER = "other", _("其他")


class Light(models.TextChoices):
    """燈號"""

    GREEN = "green", _("綠燈")
    YELLOW = "yellow", _("黃燈")
    RED = "red", _("紅燈")


class PlanGrade(models.TextChoices):
    """考核等第. Of plans only; grades of works, awards and enterprises are other lists."""

    SUPERB = "superb", _("優等")
    GOOD = "good", _("甲等")
    FAIR = "fair", _("乙等")
    POOR = "poor", _("丙等")


class Programme(models.Model):
    """列管方案 One programme under control: data, so that no programme stands in code.

    `measure` is the rate it reports on `denominator`; `formula` says so in words. `counting`: whether its
    items are a stock (those under control on a day) or a cohort (all of its year). `finish`: whether an
    item counts as finished once completed, or only once closed. `closing`: what closing an item needs.
    """

    class Measure(models.TextChoices):
        EXECUTION = "execution_rate", _("執行率")
        ACHIEVEMENT = "achievement_rate", _("達成率")
        USE = "use_rate", _("支用率")

    class Denominator(models.TextChoices):
        ALLOTTED = "allotted", _("累計分配數")
        BUDGET = "budget", _("總經費")

    class Counting(models.TextChoices):
        STOCK = "stock", _("期末列管數")
        COHORT = "cohort", _("年度案件數")

    class Finish(models.TextChoices):
        COMPLETED = "completed", _("完工或結案")
        CLOSED = "closed", _("結案")

    class Closing(models.TextChoices):
        EVALUATED = "evaluated", _("完成年終考核")
        SETTLED = "settled", _("完成驗收及決算")
        COMPLETED = "completed", _("完工")

    class Cycle(models.TextChoices):
        MONTH = "month", _("每月")
        YEAR = "year", _("每年")

    class Section(models.TextChoices):
        """Which section of the council report tells of it."""

        ANNUAL = "annual", _("年度施政計畫管制")
        INVESTMENT = "investment", _("公共建設計畫管制")
        RECONSTRUCTION = "reconstruction", _("重建工程列管")
        GRANT = "grant", _("補助計畫列管")
        NONE = "none", _("不列入")

    class VarianceFrom(models.TextChoices):
        BASELINE = "baseline", _("（預估－預算）÷預算")
        FORECAST = "forecast", _("（預算－預估）÷預算")

    code = models.CharField(_("代碼"), max_length=40, unique=True)
    name = models.CharField(_("名稱"), max_length=120)
    name_en = models.CharField(_("英文名稱"), max_length=160, blank=True)
    year = models.PositiveSmallIntegerField(_("年度"), help_text=_("民國年"))
    funding_law = models.CharField(_("經費法源"), max_length=160, blank=True)
    coordinator = models.CharField(_("統籌機關"), max_length=120, blank=True)
    measure = models.CharField(_("指標"), max_length=20, choices=Measure.choices, default=Measure.EXECUTION)
    denominator = models.CharField(
        _("分母"), max_length=10, choices=Denominator.choices, default=Denominator.ALLOTTED
    )
    formula = models.CharField(_("公式"), max_length=200, blank=True)
    counting = models.CharField(
        _("計數方式"), max_length=8, choices=Counting.choices, default=Counting.COHORT
    )
    finish = models.CharField(
        _("完成之認定"), max_length=10, choices=Finish.choices, default=Finish.COMPLETED
    )
    closing = models.CharField(
        _("結案條件"), max_length=10, choices=Closing.choices, default=Closing.EVALUATED
    )
    cycle = models.CharField(_("填報週期"), max_length=6, choices=Cycle.choices, default=Cycle.MONTH)
    section = models.CharField(_("報告章節"), max_length=16, choices=Section.choices, default=Section.NONE)
    unit = models.CharField(_("量詞"), max_length=4, default="案")
    explains_variance = models.BooleanField(
        _("差異須說明"), default=False, help_text=_("年度經費差異逾門檻時，須有說明才能送出")
    )
    variance_from = models.CharField(
        _("差異之計算"), max_length=8, choices=VarianceFrom.choices, default=VarianceFrom.BASELINE
    )
    currency = models.CharField(_("幣別"), max_length=3, default="TWD")
    starts_on = models.DateField(_("起日"))
    ends_on = models.DateField(_("迄日"))

    class Meta:
        verbose_name = _("列管方案")
        verbose_name_plural = _("列管方案")
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="programme_dates_in_order"),
        ]

    def __str__(self) -> str:
        return self.name


class Grant(models.Model):
    """補助款 A grant to a programme: 元, when and by what letter it was approved."""

    programme = models.ForeignKey(
        Programme, models.PROTECT, related_name="grants", verbose_name=_("列管方案")
    )
    name = models.CharField(_("名稱"), max_length=120)
    amount = money(_("金額"))
    approved_on = models.DateField(_("核定日"))
    document = models.CharField(_("核定文號"), max_length=60, blank=True)

    class Meta:
        verbose_name = _("補助款")
        verbose_name_plural = _("補助款")
        constraints = [models.CheckConstraint(condition=Q(amount__gt=0), name="grant_has_amount")]

    def __str__(self) -> str:
        return self.name


class Projects(models.QuerySet["Project"]):
    """Items asked by facts of a day."""

    def under_control(self, day: date) -> Self:
        """列管 Counted on the day: a cohort keeps its finished items, a stock lets released and closed ones
        go.
        """
        return self.filter(counted(day))

    def finished(self, day: date) -> Self:
        """完成 By the programme's own meaning of it."""
        return self.filter(
            Q(concluded_on__lte=day) | Q(programme__finish=Programme.Finish.COMPLETED, completed_on__lte=day)
        )


def counted(day: date, prefix: str = "") -> Q:
    """The condition of being an item on the day, from a record whose item lies behind `prefix`."""

    def q(**lookups: Any) -> Q:
        return Q(**{prefix + name: value for name, value in lookups.items()})

    ended = q(released_on__lte=day) | q(concluded_on__lte=day)
    return (
        q(case__opened_on__lte=day)
        & (q(withdrawn_on=None) | q(withdrawn_on__gt=day))
        & (q(programme__counting=Programme.Counting.COHORT) | ~ended)
    )


class Project(Record):
    """列管計畫 One item under control. What it went through are dates; the tender status follows."""

    programme = models.ForeignKey(
        Programme, models.PROTECT, related_name="projects", verbose_name=_("列管方案")
    )
    year = models.PositiveSmallIntegerField(_("年度"), help_text=_("民國年"))
    level = models.CharField(_("管制級別"), max_length=8, choices=Level.choices, default=Level.CITY)
    source = models.CharField(_("列管依據"), max_length=120, blank=True)
    central_no = models.CharField(_("中央案號"), max_length=60, blank=True)
    budget = money(_("總經費"))
    award_amount = money(_("決標金額"), null=True, blank=True)
    contract_no = models.CharField(_("契約編號"), max_length=60, blank=True)
    contractor = models.CharField(_("承攬廠商"), max_length=120, blank=True)
    longitude = models.DecimalField(_("經度"), max_digits=9, decimal_places=6, null=True, blank=True)
    latitude = models.DecimalField(_("緯度"), max_digits=8, decimal_places=6, null=True, blank=True)
    # What was published elsewhere about an item kept elsewhere; shown beside what we compute.
    published_rating = models.CharField(_("原公布評等"), max_length=40, blank=True)
    published_from = models.DateField(_("原公布起日"), null=True, blank=True)
    planned_to = models.DateField(_("原定完成日"), null=True, blank=True)
    expected_to = models.DateField(_("預計或實際完成日"), null=True, blank=True)

    plan_no = models.PositiveSmallIntegerField(_("作業計畫版次"), default=0)
    plan_submitted_on = models.DateField(_("作業計畫提報日"), null=True, blank=True)
    plan_approved_on = models.DateField(_("作業計畫核定日"), null=True, blank=True)
    started_on = models.DateField(_("執行起日"), null=True, blank=True)
    changed_on = models.DateField(_("最近變更核定日"), null=True, blank=True)
    tendered_on = models.DateField(_("招標公告日"), null=True, blank=True)
    awarded_on = models.DateField(_("決標日"), null=True, blank=True)
    commenced_on = models.DateField(_("開工日"), null=True, blank=True)
    completed_on = models.DateField(_("完工日"), null=True, blank=True)
    accepted_on = models.DateField(_("驗收日"), null=True, blank=True)
    settled_on = models.DateField(_("決算日"), null=True, blank=True)
    settled_amount = money(_("決算金額"), null=True, blank=True)
    suspended_on = models.DateField(_("暫停日"), null=True, blank=True)
    withdrawn_on = models.DateField(_("撤案日"), null=True, blank=True)
    released_on = models.DateField(_("解除列管日"), null=True, blank=True)
    concluded_on = models.DateField(_("結案核定日"), null=True, blank=True)

    self_score = Points(_("自評分數"), null=True, blank=True)
    initial_score = Points(_("初核分數"), null=True, blank=True)
    review_score = Points(_("複核分數"), null=True, blank=True)
    grade = models.CharField(_("考核等第"), max_length=8, choices=PlanGrade.choices, blank=True)
    evaluated_on = models.DateField(_("考核核定日"), null=True, blank=True)

    # The last submitted month, copied by the move that submits it: lists of items filter by these.
    reported_month = models.DateField(_("最近填報月份"), null=True, blank=True)
    light = models.CharField(_("燈號"), max_length=6, choices=Light.choices, blank=True)
    lag = Points(_("落後（百分點）"), null=True, blank=True)
    use_rate = Points(_("支用率"), null=True, blank=True)
    cause = models.CharField(_("落後原因"), max_length=12, choices=LagCause.choices, blank=True)
    red_month = models.DateField(_("最近紅燈月份"), null=True, blank=True)
    reds = models.PositiveSmallIntegerField(_("連續紅燈月數"), default=0)

    objects = Projects.as_manager()

    class Meta:
        verbose_name = _("列管計畫")
        verbose_name_plural = _("列管計畫")
        constraints = [
            models.CheckConstraint(condition=Q(budget__gte=0), name="project_budget_not_negative"),
            models.CheckConstraint(
                condition=(Q(awarded_on=None) | Q(tendered_on=None) | Q(awarded_on__gte=F("tendered_on")))
                & (Q(commenced_on=None) | Q(awarded_on=None) | Q(commenced_on__gte=F("awarded_on")))
                & (Q(completed_on=None) | Q(commenced_on=None) | Q(completed_on__gte=F("commenced_on")))
                & (Q(accepted_on=None) | Q(accepted_on__gte=F("completed_on")))
                & (Q(settled_on=None) | Q(settled_on__gte=F("accepted_on"))),
                name="project_dates_in_order",
                violation_error_message=_(
                    "招標、決標、開工、完工、驗收、決算的日期應依序，且驗收前要有完工日、決算前要有驗收日。"
                ),
            ),
            models.CheckConstraint(
                condition=Q(longitude=None, latitude=None)
                | Q(longitude__range=(-180, 180), latitude__range=(-90, 90)),
                name="project_place_on_earth",
            ),
        ]
        indexes = [
            models.Index(fields=["programme", "light"], name="project_by_light"),
            models.Index(fields=["programme", "completed_on"], name="project_by_completion"),
        ]

    @property
    def tender_status(self) -> TenderStatus:
        """標案狀態 The furthest of the dated facts."""
        for status, fact in (
            (TenderStatus.CANCELLED, self.withdrawn_on),
            (TenderStatus.CLOSED, self.concluded_on),
            (TenderStatus.SETTLED, self.settled_on),
            (TenderStatus.ACCEPTED, self.accepted_on),
            (TenderStatus.COMPLETED, self.completed_on),
            (TenderStatus.UNDER_WORKS, self.commenced_on),
            (TenderStatus.AWARDED, self.awarded_on),
            (TenderStatus.TENDERING, self.tendered_on),
        ):
            if fact:
                return status
        return TenderStatus.NOT_TENDERED


class FundingLine(AnyFundingLine):
    """經費來源 元 of one year from one source for an item; a switched source keeps its old line."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="funding", verbose_name=_("列管計畫"))

    class Meta:
        verbose_name = _("經費來源")
        verbose_name_plural = _("經費來源")
        ordering = ["year", "source", "since"]
        constraints = line_constraints("funding")


class WorkItem(models.Model):
    """工作項目 A part of the operations plan with its weight; the weights of one plan sum to 100.00."""

    project = models.ForeignKey(
        Project, models.PROTECT, related_name="work_items", verbose_name=_("列管計畫")
    )
    plan_no = models.PositiveSmallIntegerField(_("版次"))
    position = models.PositiveSmallIntegerField(_("序號"))
    name = models.CharField(_("工作項目"), max_length=120)
    weight = Points(_("權重（%）"))

    class Meta:
        verbose_name = _("工作項目")
        verbose_name_plural = _("工作項目")
        ordering = ["plan_no", "position"]
        constraints = [
            models.CheckConstraint(
                condition=Q(weight__gt=0, weight__lte=HUNDRED), name="work_item_has_weight"
            )
        ]

    def __str__(self) -> str:
        return self.name


class PlannedMonth(models.Model):
    """預定進度 The cumulative % a plan sets for the end of a month."""

    project = models.ForeignKey(
        Project, models.PROTECT, related_name="planned_months", verbose_name=_("列管計畫")
    )
    plan_no = models.PositiveSmallIntegerField(_("版次"))
    month = models.DateField(_("月份"))
    planned = Points(_("預定累計進度"))

    class Meta:
        verbose_name = _("預定進度")
        verbose_name_plural = _("預定進度")
        ordering = ["plan_no", "month"]
        constraints = [
            models.UniqueConstraint(fields=["project", "plan_no", "month"], name="one_planned_value_a_month"),
            models.CheckConstraint(
                condition=Q(planned__gte=0, planned__lte=HUNDRED), name="planned_within_hundred"
            ),
        ]


class Checkpoint(models.Model):
    """查核點 A milestone of the plan: by when, proved by what, met when."""

    project = models.ForeignKey(
        Project, models.PROTECT, related_name="checkpoints", verbose_name=_("列管計畫")
    )
    plan_no = models.PositiveSmallIntegerField(_("版次"))
    name = models.CharField(_("查核點"), max_length=120)
    due_on = models.DateField(_("預定完成日"))
    proof = models.CharField(_("佐證資料"), max_length=120, blank=True)
    met_on = models.DateField(_("實際完成日"), null=True, blank=True)

    class Meta:
        verbose_name = _("查核點")
        verbose_name_plural = _("查核點")
        ordering = ["plan_no", "due_on"]

    def __str__(self) -> str:
        return self.name

    def missed_on(self, day: date) -> int:
        """Days the checkpoint is past on a day; 0 when met by then or not yet due."""
        if self.due_on >= day or (self.met_on and self.met_on <= day):
            return 0
        return (day - self.due_on).days


# ── The monthly report and its rule ─────────────────────────────────────────────────────────────────

# What a rate of two amounts needs on every database: whole numbers, below 2^63 on SQLite.
# 14 digits times 10,000 are.
AMOUNT_BELOW = 10**14


def exact(name: str) -> Cast:
    """The amount as an exact number of many digits: PostgreSQL would multiply two short ones as 32-bit
    integers.
    """
    return Cast(F(name), models.DecimalField(max_digits=24, decimal_places=0))


BEHIND = F("planned") - F("actual")
USED, WANTED = exact("paid") * 10_000, exact("allotted") * F("use_floor")

SOME = NullIf(exact("allotted"), Value(0), output_field=models.DecimalField(max_digits=24, decimal_places=0))

IN_TIME = Q(planned=None) | Q(actual=None) | Q(LessThan(BEHIND, F("lag_limit")))
WELL_USED = Q(GreaterThanOrEqual(USED, WANTED))
ON_TRACK = IN_TIME & WELL_USED
EXPLAINED = (
    ~Q(cause="")
    & Q(GreaterThan(Length(Trim("reason")), Value(0)))
    & Q(GreaterThan(Length(Trim("measure")), Value(0)))
)
"""Cause, reason and measure are there."""
WITHIN = (
    Q(variance=None)
    | Q(variance_limit=None)
    | (
        Q(variance__lte=F("variance_limit"))
        & Q(GreaterThanOrEqual(F("variance") + F("variance_limit"), Value(0)))
    )
)
TOLD = Q(GreaterThan(Length(Trim("reason")), Value(0)))
RED = (
    Q(GreaterThanOrEqual(BEHIND, F("red_lag")))
    | Q(LessThan(USED, exact("allotted") * F("red_use")))
    | Q(missed_days__gt=F("red_missed"))
)


def amount(label: Any) -> Any:
    """Whole 元 of a monthly report, up to 14 digits, so that the rate stays exact."""
    return models.DecimalField(label, max_digits=14, decimal_places=0, default=0)


class Months(Reports):
    """Monthly reports asked by the 5 % / 90 % rule."""

    def behind(self) -> Self:
        """落後 At or beyond the lag limit, or below the use floor, by the limits of the row itself."""
        return self.filter(~IN_TIME | Q(LessThan(USED, WANTED)))

    def owing_explanation(self) -> Self:
        """應說明而未說明 Kept, but not submittable until cause, reason and measure (a narrative, for a
        variance) are given.
        """
        return self.owed().filter((~ON_TRACK & ~EXPLAINED) | (~WITHIN & ~TOLD))


class Month(Report):
    """月報 One month of one item: cumulative progress and money since the start of the year, with its
    explanation when behind.

    Money by B6: allotted to date 累計分配, paid 實支, payable 應付, prepaid 預付, reserved 保留, surplus
    節餘. The use rate is paid / allotted, cut (not rounded) to two decimals, so that 89.999 never shows as
    90.00. The limits stand in the row as they were when it was reported. `baseline`, `forecast` and the
    published variances are of programmes kept elsewhere.
    """

    project = models.ForeignKey(Project, models.PROTECT, related_name="months", verbose_name=_("列管計畫"))
    planned = Points(_("預定累計進度"), null=True, blank=True)
    actual = Points(_("實際累計進度"), null=True, blank=True)
    allotted = amount(_("累計分配數"))
    paid = amount(_("實支數"))
    payable = amount(_("應付數"))
    prepaid = amount(_("預付數"))
    reserved = amount(_("保留數"))
    surplus = amount(_("節餘數"))
    note = models.TextField(_("執行情形"), blank=True)
    problems = models.TextField(_("遭遇困難"), blank=True)
    help_needed = models.TextField(_("需協助事項"), blank=True)
    cause = models.CharField(_("落後原因"), max_length=12, choices=LagCause.choices, blank=True)
    reason = models.TextField(_("落後說明"), blank=True)
    measure = models.TextField(_("改善措施"), blank=True)
    recover_on = models.DateField(_("預定趕上日"), null=True, blank=True)
    missed_days = models.PositiveIntegerField(_("查核點逾期日數"), default=0)

    baseline = money(_("年度預算"), null=True, blank=True)
    forecast = money(_("年度預估"), null=True, blank=True)
    variance = Points(_("公布之經費差異（%）"), null=True, blank=True)
    schedule_days = models.IntegerField(_("公布之時程差異（日）"), null=True, blank=True)
    schedule_variance = Points(_("公布之時程差異（%）"), null=True, blank=True)

    lag_limit = Points(_("落後門檻"))
    use_floor = Points(_("支用率門檻"))
    variance_limit = Points(_("差異門檻"), null=True, blank=True)
    red_lag = Points(_("紅燈落後門檻"))
    red_use = Points(_("紅燈支用率門檻"))
    red_missed = models.PositiveIntegerField(_("紅燈查核點逾期日數"))

    lag = models.GeneratedField(
        verbose_name=_("落後（百分點）"), expression=BEHIND, output_field=Points(null=True), db_persist=True
    )
    use_rate = models.GeneratedField(
        verbose_name=_("支用率"),
        expression=(USED - USED % SOME) / SOME,
        output_field=Points(null=True),
        db_persist=True,
    )
    light = models.GeneratedField(
        verbose_name=_("燈號"),
        expression=Case(
            When(submitted_at__isnull=True, then=Value("")),
            When(RED, then=Value("red")),
            When(Q(GreaterThanOrEqual(BEHIND, F("lag_limit"))), then=Value("yellow")),
            default=Value("green"),
        ),
        output_field=models.CharField(max_length=6, choices=Light.choices),
        db_persist=True,
    )

    objects: ClassVar[models.Manager[Any]] = Months.as_manager()

    class Meta:
        verbose_name = _("月報")
        verbose_name_plural = _("月報")
        ordering = ["project", "month"]
        indexes = [
            models.Index(fields=["month", "submitted_at"], name="month_filed"),
            models.Index(fields=["due_at"], condition=Q(submitted_at=None), name="month_owed"),
        ]
        constraints = [
            *report_constraints("month"),
            models.UniqueConstraint(fields=["project", "month"], name="one_report_a_month"),
            models.CheckConstraint(
                condition=(Q(planned=None) | Q(planned__gte=0, planned__lte=HUNDRED))
                & (Q(actual=None) | Q(actual__gte=0, actual__lte=HUNDRED)),
                name="month_progress_within_hundred",
                violation_error_message=_("進度應在0與100之間。"),
            ),
            models.CheckConstraint(
                condition=Q(
                    **{
                        f"{name}__gte": 0
                        for name in ("allotted", "paid", "payable", "prepaid", "reserved", "surplus")
                    },
                    **{
                        f"{name}__lt": AMOUNT_BELOW
                        for name in ("allotted", "paid", "payable", "prepaid", "reserved", "surplus")
                    },
                ),
                name="month_amounts_in_range",
                violation_error_message=_("金額不可為負，也不可超過14位數。"),
            ),
            models.CheckConstraint(
                condition=Q(submitted_at=None) | ON_TRACK | EXPLAINED,
                name="behind_needs_cause_reason_measure",
                violation_error_code="behind",
                violation_error_message=_(
                    "進度落後達門檻或支用率未達門檻，須填落後原因、落後說明及改善措施才能送出。"
                ),
            ),
            models.CheckConstraint(
                condition=Q(submitted_at=None) | WITHIN | TOLD,
                name="variance_needs_narrative",
                violation_error_code="varies",
                violation_error_message=_("年度經費差異超過門檻，須填說明才能送出。"),
            ),
        ]

    def __str__(self) -> str:
        return month_text(self.month)

    @property
    def spent(self) -> Decimal:
        """執行數 The numerator of execution and achievement rate: paid + payable + prepaid + surplus (B6)."""
        return Decimal(self.paid + self.payable + self.prepaid + self.surplus)

    @property
    def lag_now(self) -> Decimal | None:
        """planned − actual, before the database computes it."""
        return (
            None
            if self.planned is None or self.actual is None
            else Decimal(self.planned) - Decimal(self.actual)
        )

    @property
    def use_rate_now(self) -> Decimal | None:
        """paid / allotted in %, cut to two decimals."""
        if not self.allotted:
            return None
        return Decimal(int(self.paid) * 10_000 // int(self.allotted)).scaleb(-2)

    @property
    def is_behind(self) -> bool:
        """The rule in Python, for the sentence of a form; the constraint has the last word."""
        late = self.lag_now is not None and self.lag_now >= Decimal(self.lag_limit)
        return late or Decimal(self.paid) * 100 < Decimal(self.allotted) * Decimal(self.use_floor)

    @property
    def varies(self) -> bool:
        """A published variance beyond the limit either way."""
        if self.variance is None or self.variance_limit is None:
            return False
        return abs(Decimal(self.variance)) > Decimal(self.variance_limit)

    @property
    def light_now(self) -> str:
        """The light before the database computes it."""
        lag = self.lag_now
        if (
            (lag is not None and lag >= Decimal(self.red_lag))
            or Decimal(self.paid) * 100 < Decimal(self.allotted) * Decimal(self.red_use)
            or self.missed_days > self.red_missed
        ):
            return Light.RED
        return Light.YELLOW if lag is not None and lag >= Decimal(self.lag_limit) else Light.GREEN

    @property
    def computed_variance(self) -> Decimal | None:
        """Of forecast and baseline in %, half up to two decimals, with the programme's sign: to stand
        beside the published one.
        """
        if not self.baseline or self.forecast is None:
            return None
        over = half_up(100 * (self.forecast - self.baseline) / self.baseline, 2)
        return -over if self.project.programme.variance_from == Programme.VarianceFrom.FORECAST else over

    @property
    def computed_schedule_days(self) -> int | None:
        """Days from planned to expected completion; negative when later, as the published ones are."""
        planned, expected = self.project.planned_to, self.project.expected_to
        return (planned - expected).days if planned and expected else None


class MonthPhoto(models.Model):
    """施工照片 A photograph given with a monthly report; place and time stand on the file itself."""

    month = models.ForeignKey(Month, models.PROTECT, related_name="photos", verbose_name=_("月報"))
    evidence = models.ForeignKey(
        "evidence.Evidence", models.PROTECT, related_name="+", verbose_name=_("照片")
    )

    class Meta:
        verbose_name = _("施工照片")
        verbose_name_plural = _("施工照片")
        constraints = [models.UniqueConstraint(fields=["month", "evidence"], name="one_photo_a_month")]


class Erratum(AnyErratum):
    """月報勘誤 A wanted change of a locked month of an item."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="errata", verbose_name=_("列管計畫"))
    report = models.ForeignKey(Month, models.PROTECT, related_name="errata", verbose_name=_("月報"))

    class Meta:
        verbose_name = _("月報勘誤")
        verbose_name_plural = _("月報勘誤")

    def __str__(self) -> str:
        return f"{month_text(self.report.month)} {'、'.join(self.changes)}"


class PlanChange(models.Model):
    """計畫變更 A wanted change of the operations plan: a new plan version, in force once approved."""

    project = models.ForeignKey(
        Project, models.PROTECT, related_name="plan_changes", verbose_name=_("列管計畫")
    )
    plan_no = models.PositiveSmallIntegerField(_("新版次"))
    requested_on = models.DateField(_("申請日"))
    reason = models.TextField(_("變更理由"))
    decided_on = models.DateField(_("核定日"), null=True, blank=True)
    approved = models.BooleanField(_("核准"), null=True, blank=True)

    class Meta:
        verbose_name = _("計畫變更")
        verbose_name_plural = _("計畫變更")

    def __str__(self) -> str:
        return f"{self.requested_on:%Y-%m-%d}"


class SteeringMeeting(Session):
    """公共工程督導會報 A meeting on one programme; its minutes are due some days after."""

    programme = models.ForeignKey(
        Programme, models.PROTECT, related_name="meetings", verbose_name=_("列管方案")
    )

    class Meta:
        verbose_name = _("督導會報")
        verbose_name_plural = _("督導會報")
        ordering = ["-held_on"]
        constraints = session_constraints("steering")


class AgendaItem(AnyAgendaItem):
    """督導會報議題 An item of control put before the steering meeting; without a meeting it waits for the
    next one.
    """

    session = models.ForeignKey(
        SteeringMeeting,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="agenda",
        verbose_name=_("督導會報"),
    )
    programme = models.ForeignKey(
        Programme, models.PROTECT, related_name="agenda", verbose_name=_("列管方案")
    )
    project = models.ForeignKey(
        Project, models.PROTECT, null=True, blank=True, related_name="agenda", verbose_name=_("列管計畫")
    )
    month = models.DateField(_("月份"), null=True, blank=True)

    class Meta:
        verbose_name = _("督導會報議題")
        verbose_name_plural = _("督導會報議題")
        constraints = [models.UniqueConstraint(fields=["project", "month"], name="one_agenda_item_a_month")]


class Attendance(AnyAttendance):
    """督導會報出席 Who came."""

    session = models.ForeignKey(
        SteeringMeeting, models.PROTECT, related_name="roster", verbose_name=_("督導會報")
    )

    class Meta:
        verbose_name = _("出席")
        verbose_name_plural = _("出席")


def latest_months(items: QuerySet[Project], until: date) -> QuerySet[Month]:
    """The last submitted report of each item, of a month that is not after `until` (a month's first day)."""
    later = Month.objects.filter(
        project=OuterRef("project"), month__gt=OuterRef("month"), month__lte=until, submitted_at__isnull=False
    )
    found: QuerySet[Month] = Month.objects.filter(
        ~Exists(later), project__in=items, month__lte=until, submitted_at__isnull=False
    )
    return found
