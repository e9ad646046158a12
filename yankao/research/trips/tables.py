"""月登錄表與採行表 The month's entries of the register, and what became of the suggestions (L02)."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import AnonymousUser
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from yankao.desk import nav
from yankao.desk.pages import render_page
from yankao.kernel.people.models import User
from yankao.kernel.period import Period, PeriodError
from yankao.kernel.sheets import Cell, write_ods

from .models import Suggestion, Trip, names_of
from .process import process

ODS = "application/vnd.oasis.opendocument.spreadsheet"


def monthly_head() -> list[str]:
    return [
        _("案號"),
        _("出國案號"),
        _("主辦機關"),
        _("案名"),
        _("出國類別"),
        _("前往地點"),
        _("人數"),
        _("出國日"),
        _("返國日"),
        _("繳交日"),
        _("登錄日"),
        _("公開方式"),
        _("限制公開依據"),
        _("登錄網址"),
    ]


def monthly_rows(user: User | AnonymousUser, period: Period) -> Iterator[list[Cell]]:
    """Entries made in the period, oldest first."""
    trips = (
        Trip.objects.filter(process.sees.records(user), registered_on__range=period.days)
        .select_related("case__agency")
        .prefetch_related("destinations__country", "travellers")
        .order_by("registered_on", "pk")
    )
    for trip in trips:
        yield [
            trip.case.number,
            trip.trip_no,
            trip.case.agency.name,
            trip.case.title,
            trip.get_kind_display(),
            places_of(trip),
            len([one for one in trip.travellers.all() if one.dropped_on is None]),
            trip.departed_on,
            trip.returned_on,
            trip.submitted_on,
            trip.registered_on,
            trip.get_publicity_display(),
            trip.ground,
            trip.url,
        ]


def places_of(trip: Trip) -> str:
    """The places of the itinerary that were not dropped, as one list."""
    return names_of(one for one in trip.destinations.all() if one.dropped_on is None)


def adoption_head() -> list[str]:
    return [
        _("案號"),
        _("案名"),
        _("主辦機關"),
        _("項次"),
        _("建議內容"),
        _("參辦機關"),
        _("分送日"),
        _("採行情形"),
        _("說明或理由"),
        _("預定完成或續報日"),
        _("完成日"),
        _("回復日"),
    ]


def adoption_rows(
    user: User | AnonymousUser, *, trip: int | None = None, period: Period | None = None
) -> Iterator[list[Cell]]:
    """Suggestions of one trip, or those dispatched in a period, with the answers as they stand."""
    rows = Suggestion.objects.filter(trip__in=Trip.objects.filter(process.sees.records(user)))
    if trip is not None:
        rows = rows.filter(trip_id=trip)
    if period is not None:
        rows = rows.filter(dispatched_on__range=period.days)
    for row in rows.select_related("trip__case__agency", "addressee").order_by("trip_id", "number"):
        yield [
            row.trip.case.number,
            row.trip.case.title,
            row.trip.case.agency.name,
            row.number,
            row.text,
            row.addressee.name,
            row.dispatched_on,
            row.get_answer_display() or _("未回復"),
            row.reason,
            row.promised_on,
            row.done_on,
            row.answered_on,
        ]


def _file(name: str, head: list[str], rows: Iterator[list[Cell]]) -> HttpResponse:
    response = HttpResponse(write_ods(head, rows, title=name), content_type=ODS)
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}.ods"
    return response


@login_required
@require_safe
def tables(request: HttpRequest) -> HttpResponseBase:
    """Choose a month or a period; with one given, its table. What cannot be read is told beside its field."""
    wanted = {"month": request.GET.get("month", "").strip(), "period": request.GET.get("period", "").strip()}
    faults: dict[str, str] = {}
    for name, text in wanted.items():
        if text:
            try:
                period = Period.parse(text)
            except PeriodError:
                faults[name] = _("看不懂「%(text)s」，請寫成101-05、101H1或101年5月。") % {"text": text[:40]}
                continue
            if name == "month":
                title = _("出國報告登錄表%(period)s") % {"period": period.code}
                return _file(title, monthly_head(), monthly_rows(request.user, period))
            title = _("出國報告建議事項採行表%(period)s") % {"period": period.code}
            return _file(title, adoption_head(), adoption_rows(request.user, period=period))
    today = timezone.localdate()
    usual = {
        "month": f"{today.year - 1911}-{today.month:02d}",
        "period": f"{today.year - 1911}H{1 + (today.month > 6)}",
    }
    context = {
        **nav.frame(request),
        "heading": _("登錄表與採行表"),
        "faults": faults,
        "given": {name: text or usual[name] for name, text in wanted.items()},
    }
    return render_page(request, "trips/tables.html", context, status=422 if faults else 200)


@login_required
@require_safe
def adoption(request: HttpRequest, pk: int) -> HttpResponseBase:
    """建議事項採行表 of one trip."""
    trip = Trip.objects.filter(process.sees.records(request.user), pk=pk).select_related("case").first()
    if trip is None:
        raise Http404
    name = _("%(number)s建議事項採行表") % {"number": trip.case.number}
    return _file(name, adoption_head(), adoption_rows(request.user, trip=trip.pk))
