"""Rules of the hotspots by effective date (functional spec I4.7; platform defaults)."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from yankao.kernel.journal.counting import Counting, Countings
from yankao.kernel.rules.values import Seed, declare, term

OURS = "平台預設值"

SILENCE = declare(
    "information.hotspots.silence", int, _("連線無回報幾分鐘後視為結束"), Seed("60", basis=OURS)
)
REVIEW_TERM = term("information.hotspots.review_term", _("熱點提案審查期限"), Seed("30 days", basis=OURS))


@dataclass(frozen=True)
class WifiCounting(Counting):
    """A way of counting use: `least` seconds a session lasts to be counted."""

    least: int = 0


COUNTING: Countings[WifiCounting] = Countings(
    "information.hotspots.counting",
    _("無線上網使用量計數規則"),
    (
        WifiCounting(
            "every_session",
            1,
            _(
                "使用次數為計費紀錄中不同的連線識別碼；服務人數為使用者帳號代碼去重後的數目，不是每日人數的加總。"
            ),
        ),
        WifiCounting(
            "minute_or_more",
            1,
            _("同every_session/1，但連線未滿60秒者不計。"),
            60,
        ),
    ),
    Seed("every_session/1", basis=OURS),
)
"""Which way holds on the day a figure is read for; the figure prints it."""
