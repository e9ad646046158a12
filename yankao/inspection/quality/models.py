"""Tenders under inspection, the list of commissioners, inspections with their teams, samples, deficiencies,
suggestions and penalties, and the quarterly returns.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from decimal import Decimal
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from yankao.kernel.casework.models import Record, money, percent
from yankao.kernel.people.models import KeptText


class Work(models.TextChoices):
    """工程類別 Type of work; also a commissioner's specialty."""

    BUILDING = "building", _("建築")
    ROAD = "road", _("道路")
    BRIDGE = "bridge", _("橋梁")
    DRAINAGE = "drainage", _("排水與下水道")
    RIVER = "river", _("河川與海岸")
    SLOPE = "slope", _("水土保持")
    LANDSCAPE = "landscape", _("景觀")
    ELECTRICAL = "electrical", _("機電")
    HARBOUR = "harbour", _("港灣")
    OTHER = "other", _("其他")


class Band(models.TextChoices):
    """標案規模"""

    LARGE = "large", _("五千萬元以上")
    MEDIUM = "medium", _("一千萬元以上未達五千萬元")
    SMALL = "small", _("未達一千萬元")


class Kind(models.TextChoices):
    """查核類別"""

    GENERAL = "general", _("一般查核")
    CITIZEN = "citizen", _("全民督工通報")
    PETITION = "petition", _("民眾陳情檢舉")
    REINSPECTION = "reinspection", _("複查")
    SPECIAL = "special", _("專案查核")


class QualityGrade(models.TextChoices):
    """查核等第 Of works only; grades of plans, awards and enterprises are other lists (J9)."""

    EXCELLENT = "excellent", _("優等")
    GOOD = "good", _("甲等")
    FAIR = "fair", _("乙等")
    POOR = "poor", _("丙等")


class Ground(models.TextChoices):
    """應列丙等情形 The six grounds of 作業辦法 §8; the first three follow from a failed test."""

    CONCRETE = "concrete", _("混凝土鑽心試體試驗不合格")
    ASPHALT = "asphalt", _("瀝青混凝土鑽心試體試驗不合格")
    COMPACTION = "compaction", _("路基壓實度試驗不合格")
    STRUCTURE = "structure", _("主要結構與設計不符情節重大")
    MATERIAL = "material", _("主要材料設備與設計不符情節重大")
    SAFETY = "safety", _("其他缺失情節重大影響安全")


class Assay(models.TextChoices):
    """檢驗項目"""

    CONCRETE = "concrete", _("混凝土鑽心")
    ASPHALT = "asphalt", _("瀝青混凝土鑽心")
    COMPACTION = "compaction", _("路基壓實度")
    OTHER = "other", _("其他材料試驗")


class Severity(models.TextChoices):
    """缺失程度"""

    SLIGHT = "L", _("輕微")
    MEDIUM = "M", _("中等")
    SERIOUS = "S", _("嚴重")


class Party(models.TextChoices):
    """責任單位"""

    AGENCY = "agency", _("主辦機關")
    SUPERVISOR = "supervisor", _("監造單位")
    CONTRACTOR = "contractor", _("承攬廠商")
    DESIGNER = "designer", _("規劃設計單位")


class SeatRole(models.TextChoices):
    """席次"""

    LEAD = "lead", _("領隊")
    MEMBER = "member", _("委員")


_LEGAL_FORM = re.compile(r"(股份有限公司|有限公司|工程顧問公司|公司)$")


def firm_key(name: str) -> str:
    """A firm's name for comparison: width, case, spaces, 台/臺, brackets and the legal form do not matter."""
    folded = unicodedata.normalize("NFKC", name).casefold().replace("台", "臺")
    plain = "".join(c for c in folded if c.isalnum())
    return _LEGAL_FORM.sub("", plain) or plain


def _contractor_key(tender: Tender) -> str:
    return firm_key(tender.contractor)


def _supervisor_key(tender: Tender) -> str:
    return firm_key(tender.supervisor)


def _firm_key(bond: Bond) -> str:
    return firm_key(bond.firm)


class Tenders(models.QuerySet["Tender"]):
    """Questions on dated facts."""

    def executed_in(self, first: date, last: date) -> Self:
        """Under construction at some time between the two days."""
        unfinished = Q(finished_on=None) | Q(finished_on__gte=first)
        return self.filter(unfinished, awarded_on__lte=last)

    def own(self) -> Self:
        """The city's own, without those granted or entrusted to others."""
        return self.filter(own=True)


class Tender(models.Model):
    """標案 One tender of works, as kept in the national tender system; money is the budget amount (B7.2)."""

    agency = models.ForeignKey(
        "people.Agency", models.PROTECT, related_name="tenders", verbose_name=_("主辦機關")
    )
    case_no = models.CharField(_("標案案號"), max_length=40)
    name = models.CharField(_("標案名稱"), max_length=200)
    work = models.CharField(_("工程類別"), max_length=12, choices=Work.choices, default=Work.OTHER)
    budget = money(_("預算金額"))
    award = money(_("決標金額"), null=True, blank=True)
    contractor = models.CharField(_("承攬廠商"), max_length=120, blank=True)
    contractor_key = KeptText(max_length=120, blank=True, db_index=True, worked_out=_contractor_key)
    supervisor = models.CharField(_("監造單位"), max_length=120, blank=True)
    supervisor_key = KeptText(max_length=120, blank=True, db_index=True, worked_out=_supervisor_key)
    own = models.BooleanField(_("自辦標案"), default=True)
    awarded_on = models.DateField(_("決標日"), null=True, blank=True)
    finished_on = models.DateField(_("完工日"), null=True, blank=True)
    planned = percent(_("預定進度"), default=Decimal(0))
    actual = percent(_("實際進度"), default=Decimal(0))
    filed_on = models.DateField(_("最近填報日"), null=True, blank=True)
    changes = models.PositiveSmallIntegerField(_("變更契約次數"), default=0)
    complaints = models.PositiveSmallIntegerField(_("檢舉或媒體報導次數"), default=0)
    designated = models.CharField(_("指定查核依據"), max_length=120, blank=True)
    district = models.ForeignKey(
        "people.District", models.PROTECT, null=True, blank=True, verbose_name=_("行政區")
    )
    site = models.CharField(_("工地位置"), max_length=160, blank=True)
    longitude = models.DecimalField(_("經度"), max_digits=9, decimal_places=6, null=True, blank=True)
    latitude = models.DecimalField(_("緯度"), max_digits=8, decimal_places=6, null=True, blank=True)

    objects = Tenders.as_manager()

    class Meta:
        verbose_name = _("標案")
        verbose_name_plural = _("標案")
        ordering = ["case_no"]
        constraints = [
            models.UniqueConstraint(fields=["agency", "case_no"], name="one_tender_a_case_number"),
            models.CheckConstraint(condition=Q(budget__gt=0), name="tender_has_a_budget"),
            models.CheckConstraint(
                condition=Q(planned__range=(0, 100), actual__range=(0, 100)), name="tender_progress_in_range"
            ),
            models.CheckConstraint(
                condition=Q(finished_on=None) | Q(finished_on__gte=F("awarded_on")),
                name="tender_finished_after_award",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_no} {self.name}"

    @property
    def lag(self) -> Decimal:
        """Percentage points behind plan; negative when ahead."""
        behind: Decimal = self.planned - self.actual
        return behind

    @property
    def contract(self) -> Decimal:
        """The award, or the budget where nothing is awarded yet."""
        amount: Decimal = self.award or self.budget
        return amount


class Commissioner(models.Model):
    """查核委員 Who may sit on a team: from the national list of experts, or the city's own people."""

    name = models.CharField(_("姓名"), max_length=100)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="commissioner",
        verbose_name=_("帳號"),
    )  # fmt: skip
    expert_no = models.CharField(_("專家編號"), max_length=30, blank=True)
    external = models.BooleanField(_("外聘"))
    specialty = models.CharField(_("專長"), max_length=12, choices=Work.choices, default=Work.OTHER)
    employer = models.CharField(_("服務單位"), max_length=120, blank=True)
    agency = models.ForeignKey(
        "people.Agency", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("服務機關")
    )
    approved = models.CharField(
        _("名單外遴選核定文號"), max_length=60, blank=True, help_text=_("非自專家名單遴選者須填")
    )
    valid_from = models.DateField(_("起聘日"))
    valid_to = models.DateField(_("迄日"), null=True, blank=True)
    disqualified_on = models.DateField(_("解除日"), null=True, blank=True)
    disqualified_for = models.CharField(_("解除事由"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("查核委員")
        verbose_name_plural = _("查核委員")
        ordering = ["-external", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["expert_no"], condition=~Q(expert_no=""), name="one_commissioner_an_expert_number"
            ),
            models.CheckConstraint(
                condition=Q(external=False) | ~Q(expert_no="") | ~Q(approved=""),
                name="external_listed_or_approved",
                violation_error_message=_("外聘委員須有專家編號，或名單外遴選的核定文號。"),
            ),
            models.CheckConstraint(
                condition=Q(disqualified_on=None) | ~Q(disqualified_for=""),
                name="disqualified_on_a_ground",
                violation_error_message=_("解除職務須載明事由。"),
            ),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from")),
                name="commissioner_dates_in_order",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Bond(models.Model):
    """利害關係申報 A declared relation of a commissioner to a firm or an agency: kin, employment."""

    class Kind(models.TextChoices):
        KIN = "kin", _("二親等以內親屬任職")
        EMPLOYED = "employed", _("曾任職或受聘")
        STAKE = "stake", _("投資或合夥")
        OTHER = "other", _("其他利害關係")

    commissioner = models.ForeignKey(
        Commissioner, models.PROTECT, related_name="bonds", verbose_name=_("查核委員")
    )
    kind = models.CharField(_("關係"), max_length=10, choices=Kind.choices)
    firm = models.CharField(_("廠商"), max_length=120, blank=True)
    firm_key = KeptText(max_length=120, blank=True, db_index=True, worked_out=_firm_key)
    agency = models.ForeignKey(
        "people.Agency", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("機關")
    )
    valid_from = models.DateField(_("申報日"))
    valid_to = models.DateField(_("解除日"), null=True, blank=True)

    class Meta:
        verbose_name = _("利害關係申報")
        verbose_name_plural = _("利害關係申報")
        constraints = [
            models.CheckConstraint(
                condition=Q(agency__isnull=False) ^ ~Q(firm=""), name="bond_to_a_firm_or_an_agency"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.commissioner} {self.get_kind_display()}"


class FaultCode(models.Model):
    """缺失編號 The code table of deficiencies, by chapter 4.01 to 6 (B7.9)."""

    code = models.CharField(_("編號"), max_length=12, primary_key=True)
    name = models.CharField(_("缺失內容"), max_length=120)
    name_en = models.CharField(_("英文"), max_length=160, blank=True)
    points = models.PositiveSmallIntegerField(_("建議扣點"), default=1)
    party = models.CharField(_("責任單位"), max_length=12, choices=Party.choices)
    valid_from = models.DateField(_("生效日"), default=date(2000, 1, 1))
    valid_to = models.DateField(_("失效日"), null=True, blank=True)

    class Meta:
        verbose_name = _("缺失編號")
        verbose_name_plural = _("缺失編號")
        ordering = ["code"]

    def __str__(self) -> str:
        return f"{self.code} {self.name_en or self.name if get_language() == 'en' else self.name}"


class Inspections(models.QuerySet["Inspection"]):
    """Questions on dated facts."""

    def carried_out(self, first: date, last: date) -> Self:
        """The team was on the site between the two days, and the works were not finished before."""
        in_progress = Q(tender__finished_on=None) | Q(tender__finished_on__gte=F("inspected_on"))
        return self.filter(in_progress, inspected_on__range=(first, last))


class Inspection(Record):
    """工程施工查核案 Facts of one inspection. The score stands here only once it is told to the agency."""

    tender = models.ForeignKey(Tender, models.PROTECT, related_name="inspections", verbose_name=_("標案"))
    kind = models.CharField(_("查核類別"), max_length=12, choices=Kind.choices, default=Kind.GENERAL)
    earlier = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="reinspections",
        verbose_name=_("原查核案"),
    )
    grounds = models.TextField(_("選案理由"), blank=True)
    planned_on = models.DateField(_("預定查核日"), null=True, blank=True)
    advance_letter = models.CharField(_("季名單文號"), max_length=60, blank=True)
    advance_on = models.DateField(_("季名單告知日"), null=True, blank=True)
    notified_at = models.DateTimeField(_("電話通知時間"), null=True, blank=True)
    notice_letter = models.CharField(_("查核通知文號"), max_length=60, blank=True)
    letter_served_on = models.DateField(_("公文送達日"), null=True, blank=True)
    inspected_on = models.DateField(_("查核日"), null=True, blank=True)
    planned = percent(_("查核日預定進度"), null=True, blank=True)
    actual = percent(_("查核日實際進度"), null=True, blank=True)
    absences = models.TextField(_("無故缺席"), blank=True)
    ground = models.CharField(_("應列丙等情形"), max_length=12, choices=Ground.choices, blank=True)
    ground_proof = models.ForeignKey(
        "evidence.Evidence",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("認定佐證"),
    )
    withheld = models.BooleanField(_("成績保留"), default=False)
    mean = models.DecimalField(_("平均分數"), max_digits=5, decimal_places=2, null=True, blank=True)
    score = models.PositiveSmallIntegerField(_("查核成績"), null=True, blank=True)
    grade = models.CharField(_("等第"), max_length=10, choices=QualityGrade.choices, blank=True)
    record_sent_on = models.DateField(_("查核紀錄送達日"), null=True, blank=True)
    issued_on = models.DateField(_("成績通知日"), null=True, blank=True)
    result_letter = models.CharField(_("查核結果文號"), max_length=60, blank=True)
    received_on = models.DateField(_("機關收文日"), null=True, blank=True)
    corrected_on = models.DateField(_("改善完成報送日"), null=True, blank=True)
    corrected_letter = models.CharField(_("改善報送文號"), max_length=60, blank=True)
    late_measures = models.TextField(_("逾期改善之處置"), blank=True)
    sent_back_on = models.DateField(_("退回補正日"), null=True, blank=True)
    filed_on = models.DateField(_("備查日"), null=True, blank=True)
    measures = models.TextField(_("丙等處置情形"), blank=True)
    measures_on = models.DateField(_("丙等處置報送日"), null=True, blank=True)
    reinspect_by = models.DateField(_("應複查日"), null=True, blank=True)
    dropped_on = models.DateField(_("撤案日"), null=True, blank=True)

    objects = Inspections.as_manager()

    class Meta:
        verbose_name = _("工程施工查核案")
        verbose_name_plural = _("工程施工查核案")
        indexes = [
            models.Index("inspected_on", name="inspection_done"),
            models.Index("planned_on", name="inspection_planned"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind=Kind.REINSPECTION, earlier__isnull=False) | ~Q(kind=Kind.REINSPECTION),
                name="reinspection_of_an_inspection",
                violation_error_message=_("複查須載明原查核案。"),
            ),
            models.CheckConstraint(
                condition=Q(inspected_on=None) | Q(notified_at__isnull=False),
                name="inspected_after_notice",
            ),
            models.CheckConstraint(
                condition=Q(score=None) | Q(score__lte=100, issued_on__isnull=False, withheld=False),
                name="score_told_and_not_withheld",
                violation_error_message=_("成績保留期間不能通知成績。"),
            ),
            models.CheckConstraint(
                condition=Q(score=None, grade="") | (Q(score__isnull=False) & ~Q(grade="")),
                name="score_with_its_grade",
            ),
            models.CheckConstraint(
                condition=Q(ground="") | Q(score=None) | Q(grade=QualityGrade.POOR),
                name="forced_grade_is_poor",
            ),
            models.CheckConstraint(
                condition=Q(ground="") | Q(ground_proof__isnull=False),
                name="forced_grade_with_proof",
                violation_error_message=_("認定應列丙等須附佐證。"),
            ),
            models.CheckConstraint(
                condition=Q(filed_on=None) | Q(record_sent_on__isnull=False), name="filed_after_the_record"
            ),
        ]


class Seat(models.Model):
    """查核團隊席次 A commissioner on a team; the own score is read by the team and its secretary only."""

    inspection = models.ForeignKey(
        Inspection, models.PROTECT, related_name="seats", verbose_name=_("工程施工查核案")
    )
    commissioner = models.ForeignKey(
        Commissioner, models.PROTECT, related_name="seats", verbose_name=_("查核委員")
    )
    role = models.CharField(_("席次"), max_length=8, choices=SeatRole.choices, default=SeatRole.MEMBER)
    external = models.BooleanField(_("外聘"))
    fee = money(_("出席費"), default=Decimal(0))
    named_on = models.DateField(_("派聘日"))
    left_on = models.DateField(_("退出日"), null=True, blank=True)
    score = models.DecimalField(_("評分"), max_digits=5, decimal_places=2, null=True, blank=True)
    scored_at = models.DateTimeField(_("評分時間"), null=True, blank=True)

    class Meta:
        verbose_name = _("查核團隊席次")
        verbose_name_plural = _("查核團隊席次")
        ordering = ["role", "-external", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["inspection", "commissioner"],
                condition=Q(left_on=None),
                name="one_seat_a_commissioner",
            ),
            models.UniqueConstraint(
                fields=["inspection"], condition=Q(left_on=None, role=SeatRole.LEAD), name="one_lead_a_team"
            ),
            models.CheckConstraint(
                condition=Q(score=None) | Q(score__range=(0, 100)),
                name="score_in_range",
                violation_error_message=_("評分須介於0至100分。"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.commissioner}（{self.get_role_display()}）"


class Sample(models.Model):
    """取樣檢驗 A sample taken jointly on the site, and the result of its test."""

    inspection = models.ForeignKey(
        Inspection, models.PROTECT, related_name="samples", verbose_name=_("工程施工查核案")
    )
    test = models.CharField(_("檢驗項目"), max_length=12, choices=Assay.choices)
    place = models.CharField(_("取樣位置"), max_length=120)
    taken_on = models.DateField(_("取樣日"))
    laboratory = models.CharField(_("檢驗機構"), max_length=120, blank=True)
    passed = models.BooleanField(_("合格"), null=True, blank=True)
    result_on = models.DateField(_("判定日"), null=True, blank=True)
    report = models.ForeignKey(
        "evidence.Evidence",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("試驗報告"),
    )

    class Meta:
        verbose_name = _("取樣檢驗")
        verbose_name_plural = _("取樣檢驗")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(passed=None, result_on=None)
                | Q(passed__isnull=False, result_on__isnull=False, report__isnull=False),
                name="sample_judged_with_its_report",
                violation_error_message=_("判定試驗結果須附試驗報告。"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_test_display()} {self.place}"

    @property
    def paid_by(self) -> str:
        """Who pays where the contract is silent: the agency if it conforms, else the contractor (§6)."""
        if self.passed is None:
            return ""
        return str((Party.AGENCY if self.passed else Party.CONTRACTOR).label)


class Deficiency(models.Model):
    """查核缺失 One deficiency: its code, points, who answers for it, three photographs and its review."""

    inspection = models.ForeignKey(
        Inspection, models.PROTECT, related_name="deficiencies", verbose_name=_("工程施工查核案")
    )
    number = models.PositiveSmallIntegerField(_("項次"))
    code = models.ForeignKey(FaultCode, models.PROTECT, related_name="+", verbose_name=_("缺失編號"))
    description = models.TextField(_("缺失說明"))
    severity = models.CharField(_("程度"), max_length=1, choices=Severity.choices, default=Severity.SLIGHT)
    points = models.PositiveSmallIntegerField(_("扣點"), default=0)
    party = models.CharField(_("責任單位"), max_length=12, choices=Party.choices)
    before = models.ForeignKey(
        "evidence.Evidence",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("改善前照片"),
    )
    during = models.ForeignKey(
        "evidence.Evidence",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("改善中照片"),
    )
    after = models.ForeignKey(
        "evidence.Evidence",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("改善後照片"),
    )
    remedy = models.TextField(_("改善情形"), blank=True)
    fixed_on = models.DateField(_("改善完成日"), null=True, blank=True)
    reviewed_on = models.DateField(_("機關審查日"), null=True, blank=True)
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("審查人"),
    )  # fmt: skip
    checked_on = models.DateField(_("查核小組確認日"), null=True, blank=True)
    withdrawn_on = models.DateField(_("撤銷日"), null=True, blank=True)

    class Meta:
        verbose_name = _("查核缺失")
        verbose_name_plural = _("查核缺失")
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["inspection", "number"], name="one_deficiency_a_number"),
            models.CheckConstraint(
                condition=Q(checked_on=None)
                | Q(
                    before__isnull=False, during__isnull=False, after__isnull=False, reviewed_on__isnull=False
                ),
                name="deficiency_checked_with_three_photographs",
                violation_error_message=_("缺失備查須有改善前、中、後照片及機關審查。"),
            ),
            models.CheckConstraint(
                condition=Q(reviewed_on=None) | Q(fixed_on__isnull=False, reviewed_on__gte=F("fixed_on")),
                name="deficiency_reviewed_after_fixing",
                violation_error_message=_("機關審查不能早於改善完成。"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number}. {self.code_id} {self.description[:40]}"


class Suggestion(models.Model):
    """查核建議 A suggestion of the team to one party; no points."""

    inspection = models.ForeignKey(
        Inspection, models.PROTECT, related_name="suggestions", verbose_name=_("工程施工查核案")
    )
    party = models.CharField(_("對象"), max_length=12, choices=Party.choices)
    text = models.TextField(_("建議內容"))

    class Meta:
        verbose_name = _("查核建議")
        verbose_name_plural = _("查核建議")
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.text[:60]


class Penalty(models.Model):
    """懲罰性違約金 Points times the amount of the rule, up to its share of the contract (B7.10)."""

    inspection = models.ForeignKey(
        Inspection, models.PROTECT, related_name="penalties", verbose_name=_("工程施工查核案")
    )
    party = models.CharField(_("責任單位"), max_length=12, choices=Party.choices)
    points = models.PositiveSmallIntegerField(_("扣點"))
    per_point = money(_("每點金額"))
    amount = money(_("金額"))

    class Meta:
        verbose_name = _("懲罰性違約金")
        verbose_name_plural = _("懲罰性違約金")
        constraints = [
            models.UniqueConstraint(fields=["inspection", "party"], name="one_penalty_a_party"),
            models.CheckConstraint(
                condition=Q(amount__lte=F("points") * F("per_point")), name="penalty_within_its_points"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_party_display()} {self.amount}"


class ExtensionRequest(models.Model):
    """展延申請 The host agency asks for more time; the team grants it by extending the clock."""

    inspection = models.ForeignKey(
        Inspection, models.PROTECT, related_name="extension_requests", verbose_name=_("工程施工查核案")
    )
    asked_on = models.DateField(_("申請日"))
    days = models.PositiveSmallIntegerField(_("申請日數"))
    reason = models.TextField(_("理由"))

    class Meta:
        verbose_name = _("展延申請")
        verbose_name_plural = _("展延申請")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.asked_on:%Y-%m-%d} {self.days}"


class YearPlan(models.Model):
    """年度查核計畫 The numbers of a year where the head adjusted them (作業辦法 §4); else the rules speak."""

    year = models.PositiveSmallIntegerField(_("年度"), primary_key=True)
    large = models.PositiveSmallIntegerField(_("五千萬元以上件數"), null=True, blank=True)
    medium = models.PositiveSmallIntegerField(_("一千萬元以上件數"), null=True, blank=True)
    small = models.PositiveSmallIntegerField(_("未達一千萬元件數"), null=True, blank=True)
    reason = models.TextField(_("調整理由"), blank=True)
    approved_on = models.DateField(_("首長核准日"), null=True, blank=True)
    reported_on = models.DateField(_("報工程會備查日"), null=True, blank=True)

    class Meta:
        verbose_name = _("年度查核計畫")
        verbose_name_plural = _("年度查核計畫")
        constraints = [
            models.CheckConstraint(
                condition=Q(large=None, medium=None, small=None)
                | (Q(approved_on__isnull=False, reported_on__isnull=False) & ~Q(reason="")),
                name="plan_adjusted_with_approval",
                violation_error_message=_("調整件數須有理由、首長核准日與報備查日。"),
            ),
        ]

    def __str__(self) -> str:
        return str(self.year)


class QuarterlyReturn(models.Model):
    """季查核結果彙送 What the team sends to the national commission after each quarter (組織準則 §10)."""

    quarter = models.CharField(_("季別"), max_length=8, unique=True)
    due_on = models.DateField(_("彙送期限"))
    cases = models.PositiveSmallIntegerField(_("件數"), default=0)
    file = models.ForeignKey(
        "evidence.Evidence", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("彙送檔")
    )
    sent_on = models.DateField(_("彙送日"), null=True, blank=True)
    letter = models.CharField(_("彙送文號"), max_length=60, blank=True)
    returned_for_correction_on = models.DateField(_("退回修正日"), null=True, blank=True)
    returned_for = models.TextField(_("退回理由"), blank=True)
    corrected_on = models.DateField(_("修正後送出日"), null=True, blank=True)

    class Meta:
        verbose_name = _("季查核結果彙送")
        verbose_name_plural = _("季查核結果彙送")
        ordering = ["-quarter"]
        constraints = [
            models.CheckConstraint(
                condition=Q(sent_on=None) | Q(file__isnull=False), name="return_sent_with_its_file"
            ),
            models.CheckConstraint(
                condition=Q(returned_for_correction_on=None)
                | Q(sent_on__isnull=False, returned_for_correction_on__gte=F("sent_on")),
                name="return_sent_back_after_sending",
            ),
        ]

    def __str__(self) -> str:
        return self.quarter
