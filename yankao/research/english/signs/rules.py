"""Limits for reports of wrong signs by effective date (platform defaults)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from yankao.kernel.rules.values import Seed, declare, term

OURS = "平台預設值"

CHECK_TERM = term("research.english.sign_check", _("標示通報查證期限"), Seed("7 days", basis=OURS))
FIX_TERM = term("research.english.sign_fix", _("標示改善期限"), Seed("30 days", basis=OURS))
PER_HOUR = declare("research.english.sign_reports", int, _("同一來源每小時通報上限"), Seed("6", basis=OURS))
