"""Limits of the English-friendly environment by effective date (functional spec R9; platform defaults)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from yankao.kernel.rules.values import Seed, term

GUIDE = "高雄市營造英語生活環境推動委員會設置要點"
OURS = "平台預設值"

REVIEW_TERM = term("research.english.review_term", _("譯名審查期限"), Seed("30 days", basis=OURS))
NOTICE_TERM = term("research.english.notice_term", _("譯名函知期限"), Seed("14 days", basis=OURS))
