"""Rules of the badge by effective date (functional spec R9, D4 g; platform defaults)."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext_lazy as _

from yankao.kernel.rules.values import Seed, declare, term

GUIDE = "高雄市英語服務標章認證作業要點"
OURS = "平台預設值"

VALID_FOR = term("research.english.badge_term", _("英語服務標章有效期間"), Seed("36 months", basis=OURS))
PASS_MARK = declare("research.english.pass_mark", int, _("英語服務標章評核及格分數"), Seed("70", basis=OURS))
PROGRAMME = declare(
    "research.english.badge_programme",
    date.fromisoformat,
    _("英語服務標章推動起始日"),
    Seed("2007-01-01", basis="96年度起推動"),
)
