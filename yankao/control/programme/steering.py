"""公共工程督導會報 Meetings on a programme: called, given the waiting matters, resolved, and minuted within
the term. What a meeting resolved with an owner is told to the house as an action item.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from yankao.kernel.audit import ledger
from yankao.kernel.casework.duties import RDEC
from yankao.kernel.casework.process import Refused
from yankao.kernel.people.models import Agency
from yankao.kernel.people.standing import standing
from yankao.kernel.rules.office import office_calendar
from yankao.kernel.session.actions import ActionItem, Settled, hand_over, settled
from yankao.kernel.session.models import waiting
from yankao.kernel.span import due

from . import rules
from .models import AgendaItem, Programme, SteeringMeeting


def _of_commission(actor: Any) -> None:
    if not standing(actor).has(*RDEC):
        raise Refused(_("督導會報由研考會辦理。"))


def living(items: QuerySet[AgendaItem]) -> QuerySet[AgendaItem]:
    """Matters that wait for a meeting, of items still under control."""
    found: QuerySet[AgendaItem] = waiting(items).filter(Q(project=None) | Q(project__case__closed_on=None))
    return found


def call_meeting(
    actor: Any, programme: Programme, *, held_on: date, title: str, place: str = ""
) -> SteeringMeeting:
    """Call a meeting; every matter of the programme that waits goes on its agenda."""
    _of_commission(actor)
    with transaction.atomic():
        minutes_due = due(rules.MINUTES_TERM.at(held_on), held_on, office_calendar()).day
        meeting = SteeringMeeting(
            programme=programme, held_on=held_on, title=title, place=place, minutes_due_on=minutes_due
        )
        meeting.full_clean()
        meeting.save()
        taken = list(living(AgendaItem.objects.filter(programme=programme)))
        AgendaItem.objects.filter(pk__in=[item.pk for item in taken]).update(session=meeting)
        said = {"programme": programme.code, "held_on": held_on, "items": len(taken)}
        ledger.note("steering.call", f"steering:{meeting.pk}", actor, **said)
    return meeting


def resolve(
    actor: Any, item: AgendaItem, *, resolution: str, owner: Agency | None, due_on: date | None
) -> None:
    """Keep what the meeting resolved on a matter, who answers for it and by when."""
    _of_commission(actor)
    if item.session is None:
        raise Refused(_("議題尚未排入會議。"))
    if not resolution.strip():
        raise ValidationError({"resolution": _("請填決議。")})
    with transaction.atomic():
        item.resolution, item.owner, item.due_on = resolution, owner or item.owner, due_on
        item.full_clean()
        item.save()
        ledger.note(
            "steering.resolve",
            f"steering:{item.session_id}",
            actor,
            item=item.text,
            resolution=resolution,
            due_on=due_on,
        )
        _tell(actor, item)


MARK = "control.programme:agenda:"
"""How action items of these meetings are named in the house."""


def _tell(actor: Any, item: AgendaItem) -> None:
    """A resolution somebody answers for becomes a directive, where a room for directives is in use."""
    assert item.session
    if item.owner is None:
        return
    hand_over(
        ActionItem(
            key=f"{MARK}{item.pk}",
            actor=actor,
            text=item.resolution,
            owner=item.owner,
            resolved_on=item.session.held_on,
            meeting=item.session.title,
            due_on=item.due_on,
            origin=item.project.case if item.project else None,
        )
    )


@settled.hear
def done(fact: Settled) -> None:
    """The directive of an agenda item came to its end."""
    if fact.key.startswith(MARK):
        AgendaItem.objects.filter(pk=int(fact.key.removeprefix(MARK)), done_on=None).update(done_on=fact.on)


def send_minutes(actor: Any, meeting: SteeringMeeting, *, minutes_on: date) -> None:
    """The day the minutes went out; the term counts from the meeting."""
    _of_commission(actor)
    with transaction.atomic():
        meeting.minutes_on = minutes_on
        meeting.full_clean()
        meeting.save()
        ledger.note("steering.minutes", f"steering:{meeting.pk}", actor, minutes_on=minutes_on)
