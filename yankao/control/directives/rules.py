"""Terms of directives by effective date."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from yankao.kernel.progress.cycles import Cycle
from yankao.kernel.rules.values import Seed, declare, term

DEFAULT = "平台預設值"
CITY = "市政會議裁示事項列管作業規定"

ACCEPTING = term("control.directives.accepting", _("受理裁示期限"), Seed("3 working days", basis=DEFAULT))
DISPUTE = term("control.directives.dispute", _("主責爭議裁決期限"), Seed("2 working days", basis=DEFAULT))
MINUTES = term("control.directives.minutes", _("市政會議紀錄期限"), Seed("7 days", basis=DEFAULT))
DUE_DAY = term("control.directives.due_day", _("到期日"), Seed("1 days", basis=CITY))
LIKENESS = declare(
    "control.directives.likeness", int, _("提醒重複裁示的相似度（%）"), Seed("55", basis=DEFAULT)
)
MONTHLY = Cycle(
    due=term(
        "control.directives.monthly_due",
        _("裁示辦理情形填報期限"),
        Seed("day 5 of next month", basis=DEFAULT),
    ),
    warn=term(
        "control.directives.monthly_warn", _("裁示逾期未填通知日"), Seed("day 6 of next month", basis=DEFAULT)
    ),
    escalate=term(
        "control.directives.monthly_escalate",
        _("裁示逾期未填知會首長日"),
        Seed("day 8 of next month", basis=DEFAULT),
    ),
)
