"""A case that was answered closes by itself: so many days are left to its petitioner to say that it is not
done, and none is left open, or closed, by whether somebody thought of it.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

from django.db.models import Max
from django.db.models.functions import Coalesce
from django.utils import timezone

from yankao.kernel.calendar import local_day
from yankao.kernel.casework.process import Refused

from . import rules
from .figures import midnight
from .models import Petition
from .process import Stage, close


def close_replied(now: datetime | None = None) -> int:
    """Close what was last answered as many days ago as the rule says; how many. One whose petitioner asks
    for more waits for the decision.
    """
    now = now or timezone.now()
    today = local_day(now)
    before = midnight(today - timedelta(days=rules.CLOSE_AFTER.at(today) - 1))
    rows = Petition.objects.filter(case__stage=Stage.REPLIED).annotate(
        answered=Coalesce(Max("replies__sent_at"), "replied_at")
    )
    closed = 0
    for pk in rows.filter(answered__lt=before).order_by("pk").values_list("pk", flat=True):
        # Asked to be reopened, closed with its lead, or moved on meanwhile: the move refuses.
        with suppress(Refused):
            close.run(Petition.objects.select_related("case").get(pk=pk), None, {}, at=now)
            closed += 1
    return closed
