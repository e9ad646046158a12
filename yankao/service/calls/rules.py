"""Thresholds and limits of the call centre by effective date (functional spec B9, S5)."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext_lazy as _

from yankao.kernel.rules.values import Declared, Seed, declare

from .models import THRESHOLDS

DEFAULT = "平台預設值"
CITY = "市府1999話務中心服務水準約定"
OPENED = date(2008, 4, 1)


def threshold(text: str) -> int:
    """A threshold for which sums are kept. Raises ValueError for any other."""
    value = int(text)
    if value not in THRESHOLDS:
        raise ValueError(text)
    return value


def averaging(text: str) -> str:
    """How intervals are averaged. Raises ValueError for a word that is none."""
    if text not in AVERAGING:
        raise ValueError(text)
    return text


AVERAGING = {
    "pooled": _("按通數加權（總數相除）"),
    "months": _("各月服務水準的平均"),
    "intervals": _("各半小時服務水準的平均"),
}
"""Only the first is printed by the report; the others show how far they lie from it."""

THRESHOLD: Declared[int] = declare(
    "service.calls.threshold", threshold, _("服務水準門檻T（秒）"), Seed("20", basis=CITY)
)
SHORT: Declared[int] = declare(
    "service.calls.short", threshold, _("短暫放棄（秒），等候未滿即掛斷者"), Seed("5", basis=DEFAULT)
)
LONGEST: Declared[int] = declare(
    "service.calls.longest",
    int,
    _("通話最長時間（分鐘），逾時未結束者視為無結束紀錄"),
    Seed("240", basis=DEFAULT),
)
TARGET: Declared[int] = declare("service.calls.target", int, _("服務水準目標（%）"), Seed("80", basis=CITY))
AGAIN: Declared[int] = declare(
    "service.calls.again", int, _("首次解決的觀察期（日），期內同一來電者未再來電"), Seed("7", basis=DEFAULT)
)
SHRINKAGE: Declared[int] = declare(
    "service.calls.shrinkage", int, _("話務員不在線比率（%），休息、訓練、請假"), Seed("30", basis=DEFAULT)
)
PLAUSIBLE: Declared[int] = declare(
    "service.calls.plausible", int, _("每日通數合理上限"), Seed("20000", basis=DEFAULT)
)
