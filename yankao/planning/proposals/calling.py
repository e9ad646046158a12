"""審查會議與研習 Meetings and trainings are called, minuted and kept by the commission, in the ledger."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from yankao.kernel.audit import ledger
from yankao.kernel.casework.duties import RDEC
from yankao.kernel.casework.process import Refused
from yankao.kernel.people.standing import standing
from yankao.kernel.rules.office import office_calendar
from yankao.kernel.span import due

from . import rules
from .models import Meeting, Trainee, Training


def _of_commission(actor: Any) -> None:
    if not standing(actor).has(*RDEC):
        raise Refused(_("審查會議及研習由研考會辦理。"))


def call_meeting(
    actor: Any, *, year: int, round: str, title: str, held_on: date, place: str = "", chair: Any = None
) -> Meeting:
    """排定審查會議 Minutes are due by the rule, counted from the meeting."""
    _of_commission(actor)
    meeting = Meeting(
        year=year, round=round, title=title, held_on=held_on, place=place, chair=chair,
        minutes_due_on=due(rules.MINUTES_TERM.at(held_on), held_on, office_calendar()).day,
    )  # fmt: skip
    with transaction.atomic():
        meeting.full_clean()
        meeting.save()
        ledger.note("proposals.meeting", f"meeting:{meeting.pk}", actor, title=title, held_on=held_on,
                    round=round, year=year)  # fmt: skip
    return meeting


def send_minutes(actor: Any, meeting: Meeting, *, minutes_on: date, summary: str) -> None:
    """登錄會議紀錄 What was concluded and when the minutes went out."""
    _of_commission(actor)
    with transaction.atomic():
        meeting.minutes_on, meeting.summary = minutes_on, summary
        if meeting.cancelled_on is not None:
            raise Refused(_("會議已取消。"))
        meeting.full_clean()
        meeting.save()
        ledger.note("proposals.minutes", f"meeting:{meeting.pk}", actor, minutes_on=minutes_on,
                    summary=summary)  # fmt: skip


def cancel_meeting(actor: Any, meeting: Meeting, *, on: date, reason: str) -> None:
    """取消會議 Only one without an agenda: what is on it is reviewed in another meeting first."""
    _of_commission(actor)
    if meeting.agenda.exists():
        raise Refused(_("會議已排入議案，不能取消。"))
    with transaction.atomic():
        meeting.cancelled_on = on
        meeting.save(update_fields=["cancelled_on"])
        ledger.note("proposals.cancel", f"meeting:{meeting.pk}", actor, reason=reason)


def call_training(actor: Any, *, year: int, title: str, held_on: date, place: str = "") -> Training:
    """排定研習"""
    _of_commission(actor)
    training = Training(year=year, title=title, held_on=held_on, place=place)
    with transaction.atomic():
        training.full_clean()
        training.save()
        ledger.note("proposals.training", f"training:{training.pk}", actor, title=title, held_on=held_on)
    return training


def record_trainee(
    actor: Any, training: Training, *, name: str, agency: Any, present: bool, hours: Decimal = Decimal(0)
) -> Trainee:
    """登錄學員 One person of an agency on the roster; given again, attendance and hours are corrected.

    The ledger names the seat, not the person.
    """
    _of_commission(actor)
    if not name.strip():
        raise ValidationError({"name": _("請填姓名。")})
    with transaction.atomic():
        seat = Trainee.objects.filter(session=training, name=name.strip(), agency=agency).first() or Trainee(
            session=training, name=name.strip(), agency=agency
        )
        seat.present, seat.hours = present, hours
        seat.full_clean()
        seat.save()
        ledger.note("proposals.trainee", f"training:{training.pk}", actor, seat=seat.pk, present=present)
    return seat
