"""Budget, criteria and terms of the grants by effective date (functional spec R2, D6)."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from yankao.kernel.review.scoring import parse_criteria
from yankao.kernel.rules.values import Declared, Seed, declare, term

GUIDE = "市府及所屬機關研究發展作業規定"
DEFAULT = "平台預設值"


def _rule[T](code: str, kind: type[T], label: object, *seeds: Seed) -> Declared[T]:
    return declare(f"research.subsidies.{code}", kind, label, *seeds)


CRITERIA = declare(
    "research.subsidies.criteria", parse_criteria, _("評審項目與權重"),
    Seed("40 validity, 30 difficulty, 30 relevance", basis=DEFAULT),
)  # fmt: skip
REVIEWERS = _rule("reviewers", int, _("每案審查人數"), Seed("2", basis=GUIDE))
WIDE = _rule("wide", Decimal, _("分差超過幾分須加審"), Seed("15", basis=DEFAULT))
WAY = declare(
    "research.subsidies.way", str, _("合計方式（mean平均、trimmed去頭尾平均）"), Seed("mean", basis=DEFAULT)
)
REVIEW_TERM = term("research.subsidies.review_term", _("審查期限"), Seed("14 days", basis=DEFAULT))
MENDING_TERM = term("research.subsidies.mending_term", _("補正期限"), Seed("7 working days", basis=DEFAULT))
REPORT_TERM = term("research.subsidies.report_term", _("研究報告繳交期限"), Seed("6 months", basis=DEFAULT))
