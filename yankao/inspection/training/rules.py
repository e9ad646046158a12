"""Shares and terms of trainings by effective date."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from yankao.kernel.rules.values import Seed, declare, term

DEFAULT = "平台預設值"
CITY = "高雄市政府工程教育訓練實施計畫"

CERTIFIED_SHARE = declare(
    "inspection.training.certified_share", int, _("核發證書的最低出席比率（%）"), Seed("80", basis=DEFAULT)
)
PASS = declare("inspection.training.pass", int, _("測驗合格分數"), Seed("70", basis=DEFAULT))
FILING = term("inspection.training.filing", _("訓練成果結案期限"), Seed("30 days", basis=DEFAULT))
LOOK_BACK = declare(
    "inspection.training.look_back", int, _("課程建議所看的缺失月數"), Seed("12", basis=DEFAULT)
)
