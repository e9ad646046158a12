"""安靜時段 At night telephones stay silent: text messages and pushes wait for the morning, unless urgent."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..rules.values import Seed, declare
from .models import Channel


def _clock(text: str) -> time:
    return time.fromisoformat(text)


BEGINS = declare("kernel.outbox.quiet_from", _clock, _("安靜時段開始"), Seed("21:00", basis="平台預設值"))
ENDS = declare("kernel.outbox.quiet_until", _clock, _("安靜時段結束"), Seed("08:00", basis="平台預設值"))
LOUD = (Channel.SMS, Channel.PUSH)


def held_until(channel: str, urgent: bool, now: datetime) -> datetime | None:
    """The end of the quiet hours that `now` lies in; None when the message may go."""
    if urgent or channel not in LOUD:
        return None
    local = timezone.localtime(now)
    begins, ends = BEGINS.at(local.date()), ENDS.at(local.date())
    clock = local.time()
    if begins == ends:
        return None
    inside = begins <= clock < ends if begins < ends else clock >= begins or clock < ends
    if not inside:
        return None
    day = local.date() + timedelta(days=1 if begins > ends and clock >= begins else 0)
    return timezone.make_aware(datetime.combine(day, ends))
