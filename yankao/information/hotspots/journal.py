"""The journal of sessions: where accounting comes from, and what never ends by itself."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from django.db.models import OuterRef, Q, Subquery
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from yankao.kernel.casework.duties import RDEC
from yankao.kernel.journal.declare import Format, Journal
from yankao.kernel.journal.models import Source
from yankao.kernel.people.models import Role
from yankao.kernel.people.standing import holders, standing

from . import detail, rules
from .models import AccessPoint, WifiSession


def settle(source: Source) -> Iterable[int]:
    """Close sessions nothing was heard of for the time of the rule, and place those whose access point was
    entered late. A Stop that comes after all is what holds.
    """
    mine = WifiSession.objects.filter(source=source)
    heard = source.last_at or datetime.fromtimestamp(0, UTC)
    latest = int(max(heard, timezone.now()).timestamp())
    silent = latest - 60 * rules.SILENCE.at(timezone.localdate())
    mine.filter(stopped_at=None, timed_out=False, last_at__lt=silent).update(timed_out=True)
    mine.filter(timed_out=True).filter(Q(stopped_at__isnull=False) | Q(last_at__gte=silent)).update(
        timed_out=False
    )
    place()
    return ()


def place() -> int:
    """Give sessions of unknown access points their site once the access point is on record; how many."""
    from django.db.models.functions import Lower  # noqa: PLC0415

    lost = WifiSession.objects.filter(hotspot=None)
    if not lost.exists():
        return 0
    points = AccessPoint.objects.filter(
        Q(valid_to=None) | Q(valid_to__gte=OuterRef("day")),
        key=OuterRef("plain"),
        valid_from__lte=OuterRef("day"),
    )
    found = lost.annotate(plain=Lower("nas")).annotate(at=Subquery(points.values("hotspot_id")[:1]))
    placed = 0
    for pk, hotspot in found.exclude(at=None).values_list("pk", "at").iterator():
        placed += WifiSession.objects.filter(pk=pk).update(hotspot_id=hotspot)
    return placed


def keeps(user: Any) -> bool:
    """The commission looks after the sources."""
    return standing(user).has(*RDEC)


journal = Journal(
    "information.hotspots",
    _("無線上網紀錄"),
    WifiSession,
    columns=detail.COLUMNS,
    formats={
        "radius_detail": Format(detail.read, _("FreeRADIUS detail檔"), cut=detail.whole_records),
        "radius_packets": Format(detail.read, _("RADIUS計費封包"), cut=detail.whole_records, live=True),
    },
    merge=detail.merge,
    blank=detail.BLANK,
    settle=settle,
    may=keeps,
    keepers=lambda: holders(None, Role.RDEC_CONTROLLER),
)
