"""重大事件 What everybody asks about: put before the agents, said otherwise, taken down; counted contact by
contact.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from yankao.kernel.audit import ledger
from yankao.kernel.casework.numbering import next_number

from . import rules
from .models import Incident, IncidentWord

ROOM = "service.enquiries.incident"


def counted() -> QuerySet[Any]:
    """Every incident with `asked`, how many contacts were counted to it."""
    return Incident.objects.annotate(asked=Count("contacts"))


def holding(moment: datetime) -> QuerySet[Any]:
    """Those that are before the agents at the moment, the newest first."""
    found = counted().filter(since__lte=moment, until__gt=moment)
    return found.filter(Q(ended_at=None) | Q(ended_at__gt=moment)).order_by("-since", "-pk")


def to_count(pk: int, moment: datetime) -> Incident:
    """The incident a contact that began at the moment is counted to. Raises ValidationError when over."""
    found = Incident.objects.filter(pk=pk).first()
    if found is None:
        raise ValidationError(_("沒有這則重大事件。"))
    now = timezone.now()
    if not (holds(found, now) or holds(found, moment)):
        raise ValidationError(_("「%(what)s」已結束，不再計入；請改用其他鍵登錄。") % {"what": found.what})
    return found


def holds(incident: Incident, moment: datetime) -> bool:
    """Whether it is before the agents at the moment."""
    end = min(incident.until, incident.ended_at or incident.until)
    return incident.since <= moment < end


def place(actor: Any, incident: Incident) -> Incident:
    """Put an incident before every agent. Said twice it is one. Raises ValidationError, by field."""
    now = timezone.now()
    _in_time(incident.since, incident.until, now)
    same = {"what": incident.what, "where": incident.where, "since": incident.since}
    with transaction.atomic():
        if found := Incident.objects.select_for_update().filter(**same, ended_at=None, until__gt=now).first():
            return found
        incident.placed_by, incident.placed_at = actor, now
        incident.code = next_number(ROOM, "I{roc}-{seq:03d}", timezone.localdate(now))
        incident.full_clean()
        incident.save(force_insert=True)
        _word(actor, incident, 1, now)
        ledger.note(
            "enquiries.incident.place", f"incident:{incident.code}", actor,
            what=incident.what, where=incident.where, since=incident.since, until=incident.until,
        )  # fmt: skip
    return incident


def reword(actor: Any, incident: Incident, *, until: datetime, say: str, say_en: str) -> Incident:
    """Say it otherwise, or until another time; what was said before is kept. The same again is nothing."""
    now = timezone.now()
    with transaction.atomic():
        kept = Incident.objects.select_for_update().get(pk=incident.pk)
        if kept.ended_at is not None or kept.until <= now:
            raise ValidationError(_("這則事件已結束，請另外張貼。"))
        if (kept.until, kept.say, kept.say_en) == (until, say, say_en):
            return kept
        _in_time(max(kept.since, now), until, now)
        kept.until, kept.say, kept.say_en = until, say, say_en
        kept.full_clean()
        kept.save(update_fields=["until", "say", "say_en"])
        _word(actor, kept, kept.words.count() + 1, now)
        ledger.note("enquiries.incident.reword", f"incident:{kept.code}", actor, until=until, say=say)
    return kept


def end(actor: Any, incident: Incident) -> None:
    """Take it down before its time; one that is over stays as it is."""
    now = timezone.now()
    with transaction.atomic():
        standing = Incident.objects.filter(pk=incident.pk, ended_at=None, until__gt=now)
        if standing.update(ended_at=now, ended_by=actor):
            ledger.note("enquiries.incident.end", f"incident:{incident.code}", actor)


def _word(actor: Any, incident: Incident, number: int, now: datetime) -> None:
    IncidentWord.objects.create(
        incident=incident, number=number, until=incident.until, say=incident.say, say_en=incident.say_en,
        changed_by=actor, changed_at=now,
    )  # fmt: skip


def _in_time(since: datetime, until: datetime, now: datetime) -> None:
    longest = rules.INCIDENT.at(timezone.localdate(now))
    if until <= max(since, now):
        raise ValidationError({"until": _("預計結束須在現在與開始時間之後。")})
    if until - max(since, now) > timedelta(hours=longest):
        raise ValidationError(
            {"until": _("一次最久張貼%(n)s小時；到時仍未結束，可再延長。") % {"n": longest}}
        )
