"""Limits of trip-report control by effective date (functional spec R8, B2.10, B10)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from yankao.kernel.rules.values import Seed, declare, term

GUIDE = "公務出國報告綜合處理要點"

REPORT_TERM = term("research.trips.report_term", _("出國報告繳交期限"), Seed("3 months", basis=GUIDE))
REVIEW_TERM = term("research.trips.review_term", _("出國報告審查期限"), Seed("14 days", basis=GUIDE))
REVISION_TERM = term("research.trips.revision_term", _("出國報告修正期限"), Seed("10 days", basis=GUIDE))
ENTRY_DAY = term(
    "research.trips.entry_day", _("出國報告登錄期限"), Seed("last day of this month", basis=GUIDE)
)
ANSWER_TERM = term("research.trips.answer_term", _("建議事項回復期限"), Seed("1 month", basis=GUIDE))
RETURN_TERM = term("research.trips.return_term", _("返國登錄期限"), Seed("7 days", basis="平台預設值"))
PAPER_COPIES = declare("research.trips.paper_copies", int, _("出國報告紙本份數"), Seed("2", basis=GUIDE))
LETTER_AFTER = declare(
    "research.trips.letter_after", int, _("逾期幾日後改以函催"), Seed("14", basis="平台預設值")
)
LOOK_BACK = declare("research.trips.look_back", int, _("重複出國地點查對年數"), Seed("2", basis="平台預設值"))
