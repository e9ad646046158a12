"""出國報告的文書 Reminder when the report is long overdue (L01), inquiry and table of adoption (L02)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yankao.kernel.casework import duties
from yankao.kernel.casework.asks import Label
from yankao.kernel.letters.declare import Column, Content, Table, letter
from yankao.kernel.letters.kinds import Kind

from . import rules
from .models import Suggestion, Trip
from .process import Stage, process, registrars

DUE = (Stage.RETURNED, Stage.REPORT_PENDING)


def long_overdue(trip: Trip) -> str:
    """A 函 goes out when the report is overdue by more than the days of the rule."""
    days = rules.LETTER_AFTER.at(timezone.localdate())
    due = trip.case.due_at
    if trip.case.stage in DUE and due and due < timezone.now() - timedelta(days=days):
        return ""
    return _("出國報告逾期超過%(days)s日才以函催繳。") % {"days": days}


def overdue_trips(user: Any) -> QuerySet[Trip]:
    """The reports that are long overdue, of those this person may know of."""
    limit = timezone.now() - timedelta(days=rules.LETTER_AFTER.at(timezone.localdate()))
    late = Trip.objects.filter(process.sees.records(user), case__stage__in=DUE, case__due_at__lt=limit)
    return late.select_related("case__agency").order_by("case__due_at", "pk")


@letter(
    "research.trips.overdue",
    gettext_lazy("出國報告催繳函"),
    Kind.LETTER,
    Trip,
    by=duties.commission,
    unless=long_overdue,
    among=overdue_trips,
    languages=("zh-hant", "en"),
    hint=gettext_lazy("逾期未繳者，函請主辦機關督促補繳。"),
)
def overdue(trip: Trip, *, until: Annotated[date, Label(gettext_lazy("補繳期限"))]) -> Content:
    due = timezone.localtime(trip.case.due_at).date() if trip.case.due_at else timezone.localdate()
    return Content(
        to=[trip.case.agency],
        say={
            "trip": trip,
            "due": due,
            "days": (timezone.localdate() - due).days,
            "until": until,
            "copies": rules.PAPER_COPIES.at(due),
            "basis": rules.REPORT_TERM.row(due).basis,
            "term": rules.REPORT_TERM.row(due).value,
        },
    )


def has_open_suggestions(trip: Trip) -> str:
    return "" if trip.case.stage == Stage.SUGGESTIONS_OUT else _("沒有待回復的建議事項。")


def suggestions_of(trip: Trip) -> list[Suggestion]:
    """The suggestions as they were sent out, in order."""
    return list(trip.suggestions.select_related("addressee").order_by("number"))


@letter(
    "research.trips.inquiry",
    gettext_lazy("建議事項採行情形查詢函"),
    Kind.LETTER,
    Trip,
    by=registrars | duties.officer,
    unless=has_open_suggestions,
    hint=gettext_lazy("函請尚未回復之參辦機關於期限內填復採行情形。"),
)
def inquiry(trip: Trip, *, until: Annotated[date, Label(gettext_lazy("回復期限"))]) -> Content:
    waiting = [one for one in suggestions_of(trip) if one.answered_on is None]
    to = list({one.addressee_id: one.addressee for one in waiting}.values())
    columns = (
        Column(_("項次"), 0.6, "number"),
        Column(_("建議內容"), 4),
        Column(_("參辦機關"), 2),
        Column(_("採行情形"), 1.6, "sign"),
    )
    rows = [(one.number, one.text, one.addressee.name, "") for one in waiting]
    return Content(
        to=to,
        copies=() if trip.case.agency.is_commission else [_("研考會")],
        agency=trip.case.agency,
        say={"trip": trip, "until": until, "rows": Table(columns, rows, caption=_("建議事項"))},
        attachments=(_("建議事項採行表1份"),),
    )


def has_suggestions(trip: Trip) -> str:
    return "" if trip.suggested else _("本案沒有建議事項。")


@letter(
    "research.trips.adoption",
    gettext_lazy("出國報告建議事項採行表"),
    Kind.TABLE,
    Trip,
    by=duties.agency() | duties.commission,
    unless=has_suggestions,
)
def adoption(trip: Trip) -> Content:
    columns = (
        Column(_("項次"), 0.6, "number"),
        Column(_("建議內容"), 3),
        Column(_("參辦機關"), 1.6),
        Column(_("採行情形"), 1.2),
        Column(_("說明或理由"), 2.4),
        Column(_("回復日"), 1.2),
    )
    rows = [
        (
            one.number,
            one.text,
            one.addressee.name,
            one.get_answer_display() or _("未回復"),
            one.reason,
            one.answered_on,
        )
        for one in suggestions_of(trip)
    ]
    return Content(agency=trip.case.agency, say={"trip": trip, "rows": Table(columns, rows)})
