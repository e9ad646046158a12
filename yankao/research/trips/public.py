"""公務出國報告名冊 The public register of reports: search, permanent address, file and open data.

Nobody needs to sign in. A withheld report is listed with its ground; its abstract and file are neither shown
nor searched. Travellers are counted and not named.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from yankao.desk import nav
from yankao.desk.jinja import english, format_short_date
from yankao.desk.pages import render_page
from yankao.desk.parts import Column, Group, Row, Tag
from yankao.kernel.evidence.files import serve
from yankao.kernel.limits import within_files
from yankao.kernel.register.english import called
from yankao.kernel.register.open_data import Field, csv_of, json_of
from yankao.kernel.register.pages import BadCursor, page

from .models import Country, Kind, Publicity, Trip, Trips
from .tables import places_of

MOST = 80
"""So many letters of a search are read."""


def registered() -> Trips:
    """Everything in the register, ready to be shown with a fixed number of queries."""
    travelling = Count("travellers", filter=Q(travellers__dropped_on=None))
    return (
        Trip.objects.in_register()
        .select_related("case__agency", "report")
        .prefetch_related("destinations__country")
        .annotate(party=travelling)
    )


def matching(words: str) -> Q:
    """Every word in the title, agency or places, or in the abstract of a public report."""
    found = Q()
    for word in words[:MOST].split():
        places = Q(destinations__dropped_on=None) & (
            Q(destinations__place__icontains=word)
            | Q(destinations__country__name__icontains=word)
            | Q(destinations__country__name_en__icontains=word)
        )
        abstract = Q(abstract__icontains=word) | Q(abstract_en__icontains=word)
        found &= (
            Q(case__title__icontains=word)
            | Q(case__agency__name__icontains=word)
            | Q(case__agency__name_en__icontains=word)
            | Q(publicity=Publicity.PUBLIC) & abstract
            | Q(pk__in=Trip.objects.filter(places).values("pk"))
        )
    return found


def _asked(request: HttpRequest) -> tuple[Q, dict[str, str]]:
    """The search of the address, and what of it was understood."""
    given = {name: request.GET.get(name, "").strip()[:MOST] for name in ("q", "kind", "country")}
    where = matching(given["q"])
    if given["kind"] in Kind.values:
        where &= Q(kind=given["kind"])
    if given["country"]:
        visited = Trip.objects.filter(destinations__country=given["country"], destinations__dropped_on=None)
        where &= Q(pk__in=visited.values("pk"))
    return where, {name: text for name, text in given.items() if text}


def _row(trip: Trip) -> Row:
    open_ = trip.publicity == Publicity.PUBLIC
    meta = [called(trip.case.agency), trip.get_kind_display()]
    if trip.ground:
        meta.append(_("依據：%(ground)s") % {"ground": trip.ground})
    return Row(
        key=str(trip.pk),
        href=reverse("trips_public:report", args=[trip.pk]),
        cells=[
            trip.case.title,
            places_of(trip),
            format_short_date(trip.returned_on),
            format_short_date(trip.registered_on),
            Tag(str(trip.get_publicity_display()), "green" if open_ else "amber", "" if open_ else "plain"),
        ],
        meta=meta,
    )


def _address(query: dict[str, str], **more: str) -> str:
    from urllib.parse import urlencode  # noqa: PLC0415

    return f"{reverse('trips_public:list')}?{urlencode({**query, **more})}"


@require_safe
def show_list(request: HttpRequest) -> HttpResponseBase:
    """The register, latest entries first."""
    where, query = _asked(request)
    try:
        found = page(
            registered().filter(where),
            "registered_on",
            older=request.GET.get("older", ""),
            newer=request.GET.get("newer", ""),
        )
    except BadCursor:
        raise Http404 from None
    used = Trip.objects.in_register().values("destinations__country")
    context: dict[str, Any] = {
        **nav.frame(request),
        "heading": _("公務出國報告"),
        "lead": _("本市各機關公務出國的報告，登錄後在此公開；限制公開者列出依據。"),
        "columns": [
            Column(_("案名"), "subject"),
            Column(_("前往地點")),
            Column(_("返國日"), "date"),
            Column(_("登錄日"), "date"),
            Column(_("公開方式"), "tag"),
        ],
        "groups": [Group("", [_row(trip) for trip in found.rows])],
        "empty": not found.rows,
        "query": query,
        "kinds": Kind.choices,
        "countries": Country.objects.filter(pk__in=used).order_by("code"),
        "newer": _address(query, newer=found.newer) if found.newer else "",
        "older": _address(query, older=found.older) if found.older else "",
        "shown": _("本頁%(n)s件") % {"n": len(found.rows)},
        "clear": reverse("trips_public:list") if query else "",
    }
    return render_page(request, "trips/public_list.html", context)


def _one(pk: int) -> Trip:
    trip = registered().filter(pk=pk).first()
    if trip is None:
        raise Http404
    return trip


@require_safe
def show_report(request: HttpRequest, pk: int) -> HttpResponseBase:
    """One report at its permanent address."""
    trip = _one(pk)
    open_ = trip.publicity == Publicity.PUBLIC
    abstract = (trip.abstract_en or trip.abstract) if english() else trip.abstract
    context = {
        **nav.frame(request),
        "heading": trip.case.title,
        "trip": trip,
        "open": open_,
        "places": places_of(trip),
        "agency": called(trip.case.agency),
        "party": vars(trip)["party"],
        "abstract": abstract if open_ else "",
        "file": reverse("trips_public:file", args=[pk]) if open_ else "",
    }
    return render_page(request, "trips/public_report.html", context)


@require_safe
def download(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The file of a public report; there is none of a withheld one."""
    trip = _one(pk)
    if trip.publicity != Publicity.PUBLIC or trip.report is None:
        raise Http404
    return serve(trip.report, bare=True)


def public_fields(request: HttpRequest) -> tuple[Field, ...]:
    """The columns that leave the house."""

    def file(trip: Trip) -> str:
        path = reverse("trips_public:file", args=[trip.pk])
        return request.build_absolute_uri(path) if trip.publicity == Publicity.PUBLIC else ""

    def url(trip: Trip) -> str:
        return trip.url if trip.publicity == Publicity.PUBLIC else ""

    def abstract(trip: Trip) -> str:
        return trip.abstract if trip.publicity == Publicity.PUBLIC else ""

    return (
        Field("number", gettext_lazy("案號"), lambda trip: trip.case.number),
        Field("trip_no", gettext_lazy("出國案號"), lambda trip: trip.trip_no),
        Field("title", gettext_lazy("案名"), lambda trip: trip.case.title),
        Field("agency", gettext_lazy("主辦機關"), lambda trip: called(trip.case.agency)),
        Field("kind", gettext_lazy("出國類別"), lambda trip: trip.get_kind_display()),
        Field("destinations", gettext_lazy("前往地點"), places_of),
        Field("travellers", gettext_lazy("人數"), lambda trip: vars(trip)["party"]),
        Field("departed_on", gettext_lazy("出國日"), lambda trip: trip.departed_on),
        Field("returned_on", gettext_lazy("返國日"), lambda trip: trip.returned_on),
        Field("registered_on", gettext_lazy("登錄日"), lambda trip: trip.registered_on),
        Field("publicity", gettext_lazy("公開方式"), lambda trip: trip.get_publicity_display()),
        Field("ground", gettext_lazy("限制公開依據"), lambda trip: trip.ground),
        Field("abstract", gettext_lazy("摘要"), abstract),
        Field("url", gettext_lazy("登錄網址"), url),
        Field("file", gettext_lazy("報告檔案"), file),
    )


def _all(where: Q) -> Iterator[Trip]:
    return registered().filter(where).order_by("-registered_on", "-pk").iterator(chunk_size=500)


@require_safe
@within_files
def open_data(request: HttpRequest, form: str) -> HttpResponseBase:
    """The whole register, or what the search of the address finds, as CSV or JSON."""
    where, _query = _asked(request)
    fields, title = public_fields(request), _("公務出國報告")
    if form == "csv":
        response = StreamingHttpResponse(csv_of(fields, _all(where)), content_type="text/csv; charset=utf-8")
    else:
        response = StreamingHttpResponse(json_of(title, fields, _all(where)), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="trip-reports.{form}"'
    response["Access-Control-Allow-Origin"] = "*"
    return response
