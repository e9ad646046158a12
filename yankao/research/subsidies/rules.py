"""Budget, criteria and terms of the grants by effective date (functional spec R2, D6)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from yankao.kernel.review.rounds import usual
from yankao.kernel.rules.values import Seed, term

GUIDE = "市府及所屬機關研究發展作業規定"
DEFAULT = "平台預設值"

REVIEW = usual(
    "research.subsidies", Seed("40 validity, 30 difficulty, 30 relevance", basis=DEFAULT),
    reviewers=Seed("2", basis=GUIDE),
)  # fmt: skip
MENDING_TERM = term("research.subsidies.mending_term", _("補正期限"), Seed("7 working days", basis=DEFAULT))
REPORT_TERM = term("research.subsidies.report_term", _("研究報告繳交期限"), Seed("6 months", basis=DEFAULT))
