"""Limits of enquiries by effective date (functional spec S1)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from yankao.kernel.rules.values import Declared, Seed, declare

INCIDENT: Declared[int] = declare(
    "service.enquiries.incident", int, _("重大事件一次最久張貼（小時）"), Seed("72", basis="平台預設值")
)
