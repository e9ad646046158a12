"""Amounts, quotas, criteria and terms of the awards by effective date (functional spec R2, D6)."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from yankao.kernel.review.rounds import usual
from yankao.kernel.review.scoring import Quotas
from yankao.kernel.rules.values import Declared, Seed, declare, term

GUIDE = "市府及所屬機關研究發展作業規定"
DEFAULT = "平台預設值"


def _rule[T](code: str, kind: type[T], label: object, *seeds: Seed) -> Declared[T]:
    return declare(f"research.papers.{code}", kind, label, *seeds)


PRIZES = {
    "first": _rule("prize_first", Decimal, _("甲等獎金（元）"), Seed("20000", basis=GUIDE)),
    "second": _rule("prize_second", Decimal, _("乙等獎金（元）"), Seed("8000", basis=GUIDE)),
    "merit": _rule("prize_merit", Decimal, _("佳作獎金（元）"), Seed("5000", basis=GUIDE)),
}
QUOTAS = declare(
    "research.papers.quotas", Quotas.parse, _("各等第名額與最低分數"),
    Seed("9 first 85, 22 second 80, 20 merit 75", basis=DEFAULT),
)  # fmt: skip
REVIEW = usual(
    "research.papers", Seed("30 topic, 30 method, 40 use", basis=DEFAULT), reviewers=Seed("2", basis=GUIDE),
    days=21,
)  # fmt: skip
MENDING_TERM = term("research.papers.mending_term", _("補正期限"), Seed("7 working days", basis=DEFAULT))
ADOPTION_TERM = term("research.papers.adoption_term", _("採行情形回復期限"), Seed("1 months", basis=DEFAULT))
ALIKE = _rule("alike", Decimal, _("提示相近研究的相似度（%）"), Seed("30", basis=DEFAULT))
