"""Limits of programme control by effective date (functional spec B6, C1). `month` is judged by its last
day.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from yankao.kernel.progress.cycles import Cycle
from yankao.kernel.rules.values import Seed, declare, term

SINCE = date(1990, 1, 1)
GUIDE = "施政計畫列管作業規定"
DEFAULT = "平台預設值"

LAG_LIMIT = declare(
    "control.programme.lag_limit", Decimal, _("進度落後門檻（百分點，含）"), Seed("5.00", SINCE, GUIDE)
)
USE_FLOOR = declare(
    "control.programme.use_floor", Decimal, _("支用率門檻（%，未達者）"), Seed("90.00", SINCE, GUIDE)
)
VARIANCE_LIMIT = declare(
    "control.programme.variance_limit", Decimal, _("年度經費差異門檻（%，逾者）"),
    Seed("5.00", SINCE, "Government Major Projects Portfolio: narrative due beyond 5 % either way"),
)  # fmt: skip
RED_LAG = declare(
    "control.programme.red_lag", Decimal, _("紅燈落後門檻（百分點，含）"), Seed("10.00", SINCE, DEFAULT)
)
RED_USE = declare(
    "control.programme.red_use", Decimal, _("紅燈支用率門檻（%，未達者）"), Seed("80.00", SINCE, DEFAULT)
)
RED_MISSED = declare(
    "control.programme.red_missed", int, _("紅燈查核點逾期日數（逾者）"), Seed("30", SINCE, DEFAULT)
)
REDS_TO_STEERING = declare(
    "control.programme.reds_to_steering", int, _("連續紅燈提報督導會報月數"), Seed("2", SINCE, DEFAULT)
)
CHANGES_A_YEAR = declare(
    "control.programme.changes_a_year", int, _("每年計畫變更次數上限"), Seed("2", SINCE, DEFAULT)
)
MINUTES_TERM = term("control.programme.minutes_term", _("會議紀錄期限"), Seed("7 days", SINCE, DEFAULT))
MONTHLY_DUE = term(
    "control.programme.monthly_due", _("月報期限"), Seed("day 5 of next month", SINCE, DEFAULT)
)
MONTHLY_WARN = term(
    "control.programme.monthly_warn", _("月報稽催日"), Seed("day 6 of next month", SINCE, DEFAULT)
)
MONTHLY_ESCALATE = term(
    "control.programme.monthly_escalate", _("月報提報首長日"), Seed("day 8 of next month", SINCE, DEFAULT)
)
SUPERB = declare("control.programme.grade_superb", Decimal, _("優等分數"), Seed("90", SINCE, DEFAULT))
GOOD = declare("control.programme.grade_good", Decimal, _("甲等分數"), Seed("80", SINCE, DEFAULT))
FAIR = declare("control.programme.grade_fair", Decimal, _("乙等分數"), Seed("70", SINCE, DEFAULT))

MONTHLY = Cycle(MONTHLY_DUE, MONTHLY_WARN, MONTHLY_ESCALATE)
