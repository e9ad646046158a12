"""Feeds: public reports of faults as Atom, a person's own deadlines as a calendar (RFC 5545).

A calendar lies on other people's servers. So an entry says room, number, stage and when, and leads here; it
has no title and no person. Its address holds a token that opens the calendar and nothing else.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from yankao.api import tokens
from yankao.api.models import Scope
from yankao.desk.filters import Scope as Reader
from yankao.desk.worklist import TABS, tab_cases
from yankao.kernel.casework.models import Case
from yankao.kernel.casework.process import processes
from yankao.kernel.limits import allowed, caller_of
from yankao.kernel.people.models import District
from yankao.kernel.register.english import called
from yankao.kernel.rooms import room, rooms
from yankao.kernel.rules.values import Seed, declare
from yankao.kernel.service_requests import Reported, Wanted
from yankao.kernel.session.ical import uid

MOST = 50
"""Entries of a feed of reports."""
DEADLINES = 500
"""Entries of a calendar, the nearest first."""
SPAN = timedelta(days=90)
ASKED = declare("feeds.asked", int, gettext_lazy("同一來源每小時讀取訂閱上限"), Seed("600"))


def _root(request: HttpRequest) -> str:
    return str(settings.PUBLIC_URL or request.build_absolute_uri("/")).rstrip("/")


def _too_often(request: HttpRequest) -> HttpResponse | None:
    if allowed("feeds", caller_of(request), ASKED.at(timezone.localdate())):
        return None
    words = _("讀取太頻繁，請一小時後再試。")
    answer = HttpResponse(words, status=429, content_type="text/plain; charset=utf-8")
    answer["Retry-After"] = "3600"
    return answer


# ── Public reports ──────────────────────────────────────────────────────────────────────────────────


@require_safe
def reports(request: HttpRequest) -> HttpResponse:
    """The latest reports anybody may read, of one district, of one service, or of all; the latest change
    first. What a citizen wrote and the place itself are in no entry.
    """
    if refused := _too_often(request):
        return refused
    district, service = request.GET.get("district", "")[:20], request.GET.get("service", "")[:40]
    known = district and "\x00" not in district  # PostgreSQL takes no text with one
    place = District.objects.filter(pk=district).first() if known else None
    desks = [part.desk for one in rooms() if (part := one.part("open311"))]
    offers = {offer.code: offer for desk in desks for offer in desk.offers()}
    if (district and place is None) or (service and service not in offers):
        raise Http404(_("沒有這個行政區或服務項目。"))
    now = timezone.now()
    wanted = Wanted(
        since=now - SPAN, until=now + timedelta(minutes=1), services=(service,) if service else (),
        districts=(district,) if district else (), most=MOST,
    )  # fmt: skip
    found: list[Reported] = [one for desk in desks for one in desk.reports(wanted, None)]
    found.sort(key=lambda one: one.updated_at, reverse=True)
    root = _root(request)
    named = [called(place) if place else "", offers[service].name if service else ""]
    feed = Atom1Feed(
        title=_("、").join(one for one in named if one) or _("最新公開通報"),
        link=f"{root}{reverse('counter:home')}",
        feed_url=f"{root}{request.get_full_path()}",
        description=_("公開的通報與處理狀態"),
        language=get_language(),
        feed_guid=f"{root}{reverse('reports_feed')}?district={district}&service={service}",
        author_name=_("研考：研究、發展、管制與考核"),
    )
    for one in found[:MOST]:
        address = f"{root}{reverse('open311:request', args=[one.number, 'json'])}"
        feed.add_item(
            title=_("%(service)s（%(stage)s）") % {
                "service": one.service_name, "stage": _("已結案") if one.closed else _("處理中")
            },
            link=address,
            unique_id=address,
            description="\n".join(part for part in (one.description, one.address, one.notes) if part),
            pubdate=one.requested_at,
            updateddate=one.updated_at,
            categories=(one.service_code,),
        )  # fmt: skip
    return _written(feed)


def _written(feed: Any) -> HttpResponse:
    answer = HttpResponse(feed.writeString("utf-8"), content_type="application/atom+xml; charset=utf-8")
    answer["Cache-Control"] = "public, max-age=300"
    answer["Vary"] = "Accept-Language, Cookie"
    answer["Access-Control-Allow-Origin"] = "*"
    return answer


# ── One's own deadlines ─────────────────────────────────────────────────────────────────────────────


@require_safe
def deadlines(request: HttpRequest, token: str) -> HttpResponse:
    """The open cases that are this person's to do or handled by them and have a deadline: orders of a crew as
    well as papers of an officer.
    """
    if refused := _too_often(request):
        return refused
    row = tokens.holder(token, demo=settings.DEMO)
    if row is None or row.scope != Scope.FEED:
        raise Http404(_("沒有這個行事曆，或權杖已失效。"))
    now = timezone.now()
    reader = Reader(row.user, None, now)
    wanted: Q = reduce(
        or_, (Q(pk__in=tab_cases(tab, reader).values("pk")) for tab in TABS if tab.code in OWN)
    )
    cases = Case.objects.filter(wanted, due_at__isnull=False, closed_on=None).order_by("due_at", "pk")
    root = _root(request)
    from icalendar import Calendar  # noqa: PLC0415  (a tenth of a second of every start; few processes need it)

    calendar = Calendar()
    calendar.add("prodid", "-//yankao//deadlines//ZH-TW")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", _("我的期限"))
    calendar.add("x-wr-timezone", settings.TIME_ZONE)
    calendar.add("refresh-interval", timedelta(hours=1), parameters={"VALUE": "DURATION"})
    for case in cases.select_related("district")[:DEADLINES]:
        calendar.add_component(_entry(case, root, now))
    calendar.add_missing_timezones()
    answer = HttpResponse(calendar.to_ical(), content_type="text/calendar; charset=utf-8")
    answer["Cache-Control"] = "private, no-store"
    answer["Referrer-Policy"] = "no-referrer"
    answer["Content-Disposition"] = 'inline; filename="deadlines.ics"'
    return answer


OWN = ("", "mine")
"""The tabs of the work list whose deadlines are one's own."""


def _entry(case: Case, root: str, now: datetime) -> Any:
    from icalendar import Event  # noqa: PLC0415  (a tenth of a second of every start; few processes need it)

    event = Event()
    stage = processes[case.kind].stage_label(case.stage) if case.kind in processes else case.stage
    event.add("uid", uid(f"due-{case.pk}"))
    event.add("dtstamp", now)
    due = timezone.localtime(case.due_at)
    event.add("dtstart", due - timedelta(minutes=30))
    event.add("dtend", due)
    event.add("summary", _("期限：%(room)s %(number)s（%(stage)s）") % {
        "room": room(case.kind).title, "number": case.number, "stage": stage
    })  # fmt: skip
    event.add("url", f"{root}{reverse('desk:case', args=[case.pk])}")
    event.add("transp", "TRANSPARENT")
    if case.district is not None:
        event.add("location", called(case.district))
    return event
