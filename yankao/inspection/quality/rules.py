"""Quotas, limits and bands of construction inspection by effective date (functional spec B7)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

from django.utils.translation import gettext_lazy as _

from yankao.kernel.review.scoring import Bands
from yankao.kernel.rules.values import Declared, Seed, declare, term

PROCEDURE = "工程施工查核小組作業辦法"
ORGANISATION = "工程施工查核小組組織準則"
CITY = "市府自101年3月起之查核作法"
DEFAULT = "平台預設值"
FINES = "工程會101年5月17日函"
MARCH = date(2012, 3, 1)
REVISED = date(2023, 8, 9)
"""The day of the revision that raised the lower bound of the smallest band."""


def rule[T](code: str, kind: type[T], label: object, *seeds: Seed) -> Declared[T]:
    return declare(f"inspection.quality.{code}", kind, label, *seeds)


# ── How many ────────────────────────────────────────────────────────────────────────────────────────

BANDS = declare(
    "inspection.quality.value_bands",
    Bands.parse,
    _("標案規模級距"),
    Seed("50000000 large, 10000000 medium, 1000000 small", basis=f"{PROCEDURE}第4條"),
    Seed("50000000 large, 10000000 medium, 1500000 small", REVISED, f"{PROCEDURE}第4條"),
)
QUOTA = {
    "large": rule("quota_large", int, _("五千萬元以上應查核件數"), Seed("20", basis=f"{PROCEDURE}第4條")),
    "medium": rule(
        "quota_medium", int, _("一千萬元以上未達五千萬元應查核件數"), Seed("15", basis=f"{PROCEDURE}第4條")
    ),
    "small": rule("quota_small", int, _("未達一千萬元應查核件數"), Seed("10", basis=f"{PROCEDURE}第4條")),
}
QUOTA_SHARE = rule(
    "quota_share", Decimal, _("應查核件數占標案數百分比"), Seed("10", basis=f"{PROCEDURE}第4條")
)

# ── Which: what speaks for a tender ─────────────────────────────────────────────────────────────────

LOW_AWARD = rule("low_award", Decimal, _("決標標價偏低的標比（%）"), Seed("80", basis=DEFAULT))
LAG = rule("lag", Decimal, _("列為優先查核的落後幅度（百分點）"), Seed("10", basis=DEFAULT))
MANY_CHANGES = rule("many_changes", int, _("多次變更契約的次數"), Seed("3", basis=DEFAULT))
LOW_SCORE = rule("low_score", int, _("前次成績偏低的分數"), Seed("75", basis=DEFAULT))
FILING_DAYS = rule("filing_days", int, _("標案系統多久未填報視為未填報（日）"), Seed("45", basis=DEFAULT))

# ── Who ─────────────────────────────────────────────────────────────────────────────────────────────

EXTERNAL_SHARE = declare(
    "inspection.quality.external_share",
    Fraction,
    _("外聘委員最低比例"),
    Seed("1/3", basis=f"{ORGANISATION}第5條"),
)
EXTERNALS_LEAST = rule("externals_least", int, _("每案外聘委員最少人數"), Seed("2", basis=CITY))
EXTERNALS_MOST = rule("externals_most", int, _("每案外聘委員最多人數"), Seed("3", basis=CITY))
SAME_CONTRACTOR = rule(
    "same_contractor", int, _("同一委員一年內查核同一廠商次數上限"), Seed("2", basis=DEFAULT)
)

# ── When ────────────────────────────────────────────────────────────────────────────────────────────

ADVANCE_LEAST = term(
    "inspection.quality.advance_least", _("季查核名單最遲告知"), Seed("1 month", MARCH, CITY)
)
ADVANCE_MOST = term("inspection.quality.advance_most", _("季查核名單最早告知"), Seed("3 months", MARCH, CITY))
NOTICE_TERM = term("inspection.quality.notice", _("電話通知期限"), Seed("1 working day before", basis=CITY))
RESULT_TERM = term(
    "inspection.quality.result_term", _("查核紀錄送達期限"), Seed("7 working days", basis=f"{PROCEDURE}第9條")
)
CORRECTION_TERM = term("inspection.quality.correction_term", _("缺失改善期限"), Seed("30 days", basis=CITY))
AGAIN_TERM = term("inspection.quality.again_term", _("退回補正期限"), Seed("14 days", basis=DEFAULT))
LONGEST_EXTENSION = 60
RETURN_TERM = term(
    "inspection.quality.return_term", _("季查核結果彙送期限"),
    Seed("last day of next month", basis=f"{ORGANISATION}第10條"),
)  # fmt: skip

# ── Result ──────────────────────────────────────────────────────────────────────────────────────────

GRADE_BANDS = declare(
    "inspection.quality.grade_bands",
    Bands.parse,
    _("查核等第級距"),
    Seed("90 excellent, 80 good, 70 fair, 0 poor", basis=f"{PROCEDURE}第7條"),
)
FORCED_SCORE = rule("forced_score", int, _("應列丙等時的最高分數"), Seed("69", basis=f"{PROCEDURE}第8條"))
CONTRACTOR_FINE = declare(
    "inspection.quality.contractor_fine",
    Bands.parse,
    _("廠商每點懲罰性違約金（元，依契約金額）"),
    Seed("0 0", basis=DEFAULT),
    Seed("200000000 8000, 50000000 4000, 10000000 2000, 0 1000", date(2012, 5, 17), FINES),
)
SUPERVISOR_FINE = declare(
    "inspection.quality.supervisor_fine",
    Bands.parse,
    _("監造或專案管理每點懲罰性違約金（元，依契約金額）"),
    Seed("0 0", basis=DEFAULT),
    Seed("200000000 2000, 50000000 1000, 10000000 500, 0 250", date(2012, 5, 17), FINES),
)
FINE_CAP = rule("fine_cap", Decimal, _("懲罰性違約金占契約價金上限（%）"), Seed("20", basis=FINES))


def in_force(asked: Declared[object], day: date) -> bool:
    """Whether the rule has a value on the day at all: some practices began on a date."""
    try:
        asked.row(day)
    except LookupError:
        return False
    return True
