"""開放資料 What anybody may take away: counts made from cases, the public registers, and their catalogue."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from yankao.counter.pages import drawn
from yankao.desk.register import in_language
from yankao.kernel.limits import within_files
from yankao.kernel.register.catalogue import SMALLEST, Dataset, datasets
from yankao.kernel.register.catalogue import dataset as dataset_of
from yankao.kernel.register.open_data import csv_of, json_of
from yankao.kernel.rooms import Room, rooms

from .dcat import Offered, catalogue

KEPT = 6 * 3600
"""Seconds for which a year's counts are kept once they were made."""
FORMS = ("csv", "json")


def every(code: str) -> str:
    """How often a set changes, in words."""
    return {"WEEKLY": _("每週"), "MONTHLY": _("每月"), "CONT": _("隨時")}.get(code, code)


def offered() -> list[Offered]:
    """The counts, then the registers that rooms publish, as they are declared."""
    return [*(_counted(one) for _room, one in datasets()), *_registers()]


def _counted(one: Dataset) -> Offered:
    years = list(one.years())
    return Offered(
        code=one.code,
        title=lambda: str(one.title),
        about=lambda: str(one.about),
        page=f"{reverse('open_data')}#{one.code}",
        files=[(form, reverse("open_data_file", args=[one.code, form])) for form in FORMS],
        every=one.every,
        keywords=lambda: [str(word) for word in one.keywords],
        since=date.fromisocalendar(min(years), 1, 1) if years else None,
        until=None,
        years=years,
    )


def _registers() -> Iterator[Offered]:
    """Each public page that has files beside it: a room's public list and its `open_data`."""
    for room in rooms():
        actions = getattr(getattr(room.parts.get("screens"), "screens", None), "public", ())
        titles = {action.url_name: action.label for action in actions}
        yield from _register(room, titles)


def _register(room: Room, titles: dict[str, Any]) -> Iterator[Offered]:
    space = f"{room.label}_public"
    try:
        files = [(form, reverse(f"{space}:open_data", args=[form])) for form in FORMS]
        place = reverse(f"{space}:list")
    except NoReverseMatch:
        return
    label = titles.get(f"{space}:list")
    yield Offered(
        code=f"{room.name.replace('.', '-')}",
        title=lambda: str(label or room.title),
        about=lambda: _("「%(room)s」公開的登錄，逐筆；只含任何人可閱覽的欄位。") % {"room": room.title},
        page=place,
        files=files,
        every="CONT",
        keywords=lambda: [room.title],
    )


def _root(request: HttpRequest) -> str:
    return str(settings.PUBLIC_URL or request.build_absolute_uri("/")).rstrip("/")


def _title() -> str:
    return _("開放資料")


def _about() -> str:
    return _("從案件統計的件數與各項公開登錄，CSV與JSON格式，可自由利用；不含任何人的個人資料。")


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """The list of sets, with their files."""
    sets = [
        {
            "code": one.code, "title": one.title(), "about": one.about(), "every": every(one.every),
            "page": "" if one.page.startswith(reverse("open_data")) else one.page,
            "years": [
                (year, [(form.upper(), f"{path}?year={year}") for form, path in one.files])
                for year in one.years
            ],
            "files": [] if one.years else [(form.upper(), path) for form, path in one.files],
            "counted": one.page.startswith(reverse("open_data")),
        }
        for one in offered()
    ]  # fmt: skip
    context = {
        "heading": _title(),
        "lead": _about(),
        "back": reverse("counter:home"),
        "sets": sets,
        "smallest": SMALLEST.at(timezone.localdate()),
        "licence": settings.OPEN_DATA_LICENCE,
        "feed": reverse("reports_feed"),
    }
    return drawn(request, "site/open_data.html", context)


@require_safe
@within_files
def catalogue_file(request: HttpRequest) -> HttpResponse:
    """`catalogue.jsonld`: what harvesters of data portals read."""
    found = catalogue(_root(request), offered(), _title, _about, timezone.localdate())
    answer = HttpResponse(json.dumps(found, ensure_ascii=False, indent=1), content_type="application/ld+json")
    answer["Access-Control-Allow-Origin"] = "*"
    return answer


@require_safe
@within_files
def file(request: HttpRequest, code: str, form: str) -> HttpResponseBase:
    """A year of one set as CSV or JSON; without a year the latest there is."""
    found = dataset_of(code)
    if found is None or form not in FORMS:
        raise Http404(_("沒有這個資料集。"))
    years = list(found.years())
    asked = request.GET.get("year", "")
    year = years[0] if years and not asked else None
    if asked.isascii() and asked.isdigit() and len(asked) == 4 and int(asked) in years:
        year = int(asked)
    if year is None and (asked or years):
        raise Http404(_("這個資料集沒有這一年。"))
    rows = _kept(found, year) if year is not None else []
    if form == "csv":
        body, kind = csv_of(found.fields, rows), "text/csv; charset=utf-8"
    else:
        body, kind = json_of(str(found.title), found.fields, rows), "application/json"
    answer = StreamingHttpResponse(in_language(body, get_language()), content_type=kind)
    name = f"{code}-{year}.{form}" if year is not None else f"{code}.{form}"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["Access-Control-Allow-Origin"] = "*"
    answer["Cache-Control"] = f"public, max-age={KEPT}"
    answer["Vary"] = "Accept-Language, Cookie"
    return answer


def _kept(one: Dataset, year: int) -> Sequence[Any]:
    """The lines of a year, made at most every few hours: anybody may ask, as often as they like."""
    key = f"open_data:{one.code}:{year}:{timezone.localdate()}:{get_language()}"
    found: Sequence[Any] | None = cache.get(key)
    if found is None:
        found = list(one.rows(year))
        cache.set(key, found, KEPT)
    return found
