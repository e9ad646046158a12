"""The crews' telephone pages: the day's orders as list and map, one order, and its steps.

The same pages serve the city's own crews (signed in) and contractors (by their link). Forms are plain ones;
with script they go through a queue on the telephone (`crew.js`) that waits for the network, and pages that
were seen stay readable without it (`crew-sw.js`).
"""

from __future__ import annotations

import hashlib
import json
import math
import secrets
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import cache, wraps
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    JsonResponse,
)
from django.shortcuts import render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import escape
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yankao.counter import maps
from yankao.desk.jinja import format_date, format_time
from yankao.kernel.casework.docket import CaseEvidence, Clock
from yankao.kernel.casework.process import Refused
from yankao.kernel.evidence import checks, files
from yankao.kernel.limits import allowed, caller_of
from yankao.kernel.people.models import District, Role
from yankao.kernel.people.standing import standing
from yankao.kernel.register.english import called

from . import outside
from .models import FieldReport, Petition, Work
from .outside import Act, Said, Worker
from .process import OUTSIDE, Stage, process

SESSION = "contractor"
TRIED = 60
"""So many links one caller may try in an hour."""
CLOCKS = ("survey", "safety", "fix")
SHOWN = 100
WORDS = {
    "set_out": 0,
    "arrive": 0,
    "make_safe": 4000,
    "complete": 4000,
}
"""How many letters each step takes."""

View = Callable[..., HttpResponseBase]


def opens(user: Any) -> bool:
    """Who finds the crews' pages: crews, and the officers who go out themselves."""
    return standing(user).has(Role.CREW, Role.OFFICER)


def _worker(request: HttpRequest) -> Worker | None:
    """Whose pages these are: told by the address, by link or by signing in."""
    if request.resolver_match and request.resolver_match.namespace.endswith("_public"):
        kept = request.session.get(SESSION)
        link = outside.holding().select_related("agency").filter(pk=kept).first() if kept else None
        return Worker(link=link) if link else None
    return Worker(user=request.user) if opens(request.user) else None


def outdoors(view: View) -> View:
    """A page of whoever goes out; others are told how to come in."""

    @wraps(view)
    @never_cache
    def guarded(request: HttpRequest, *args: Any, **given: Any) -> HttpResponseBase:
        worker = _worker(request)
        if worker is not None:
            return view(request, worker, *args, **given)
        public = request.resolver_match and request.resolver_match.namespace.endswith("_public")
        if public:
            return _gone(request)
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        raise Http404(_("沒有這項業務。"))

    return guarded


def _gone(request: HttpRequest) -> HttpResponse:
    """The link is not (or no more) one that opens anything; which of them is not said."""
    context = {"heading": _("連結打不開"), "worker": None}
    return render(request, "petitions/crew_gone.html", context, status=403)


def address(worker: Worker, name: str, *args: Any) -> str:
    return reverse(f"{'petitions_public' if worker.link else 'petitions'}:{name}", args=args)


# ── Drawing ─────────────────────────────────────────────────────────────────────────────────────────


def _page(
    request: HttpRequest, worker: Worker, template: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    frame = {
        "worker": worker,
        "who": str(worker),
        "list_url": address(worker, "crew"),
        "sw_url": address(worker, "crew_sw"),
        "largest": min(checks.limit(kind) for kind in outside.PICTURES),
        "leave_url": address(worker, "crew_leave") if worker.link else reverse("account_logout"),
        "home_url": "" if worker.link else reverse("desk:home"),
    }
    return render(request, template, {**frame, **context}, status=status)


def left(due: datetime | None, now: datetime) -> tuple[str, str]:
    """How much time is left, or by how much it is late, and its tone."""
    if due is None:
        return "", ""
    minutes = round((due - now).total_seconds() / 60)
    late = minutes < 0
    hours, rest = divmod(abs(minutes), 60)
    if hours >= 48:
        told = _("%(n)s天") % {"n": hours // 24}
    elif hours:
        told = _("%(h)s小時%(m)s分") % {"h": hours, "m": rest}
    else:
        told = _("%(m)s分") % {"m": rest}
    if late:
        return _("逾時%(time)s") % {"time": told}, "late"
    return _("剩%(time)s") % {"time": told}, "soon" if minutes < 120 else ""


def _place(one: Petition) -> str:
    district = called(one.case.district) if one.case.district else ""
    parts = [
        "" if one.place.startswith(district) else district,
        called(one.village) if one.village else "",
        one.place,
    ]
    return " ".join(part for part in parts if part)


def _row(worker: Worker, number: int, one: Petition, near: dict[int, list[int]]) -> dict[str, Any]:
    words, tone = left(one.case.due_at, timezone.now())
    return {
        "number": number,
        "case": one.case.number,
        "what": str(one.service or one.case.title),
        "where": _place(one) or _("地點見內容"),
        "stage": process.stage_label(one.case.stage),
        "danger": one.danger,
        "due": words,
        "tone": tone,
        "url": address(worker, "crew_order", one.pk),
        "beside": _("、").join(f"#{place}" for place in near.get(one.pk, ())),
    }


@outdoors
@require_safe
def crew_list(request: HttpRequest, worker: Worker) -> HttpResponse:
    """The day: what is to be done, the most urgent first, on a map, and what is done."""
    rows = list(outside.orders(worker)[:SHOWN])
    near = outside.beside(rows)
    placed = [one for one in rows if one.longitude is not None]
    context = {
        "heading": _("今日派工"),
        "lead": format_date(timezone.localdate(), weekday=True),
        "rows": [_row(worker, number, one, near) for number, one in enumerate(rows, 1)],
        "done": [_row(worker, 0, one, {}) for one in outside.done_today(worker)[:SHOWN]],
        "map": f"{address(worker, 'crew_map')}?v={_version(rows)}" if placed else "",
        "unplaced": len(rows) - len(placed),
    }
    return _page(request, worker, "petitions/crew_list.html", context)


def _version(rows: Sequence[Petition]) -> str:
    told = ",".join(f"{one.pk}:{one.case.stage}" for one in rows)
    return hashlib.sha256(told.encode()).hexdigest()[:12]


@outdoors
@require_safe
def crew_map(request: HttpRequest, worker: Worker) -> HttpResponse:
    """The orders of the list on the city's outlines, under the numbers they have there."""
    marks = [
        (number, float(one.longitude), float(one.latitude))
        for number, one in enumerate(outside.orders(worker)[:SHOWN], 1)
        if one.longitude is not None and one.latitude is not None
    ]
    names = {one.pk: called(one) for one in District.objects.all()}
    return HttpResponse(_drawn(marks, names), content_type="image/svg+xml")


def _drawn(marks: list[tuple[int, float, float]], names: dict[str, str]) -> str:
    """The map so near that every mark is on it."""
    view = _fitting([mark[1:] for mark in marks])
    parts = [maps.picture(view, names, cross=False).removesuffix("</svg>")]
    for number, longitude, latitude in reversed(marks):
        x, y = view.at(longitude, latitude)
        parts.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="15" fill="#0b5471" stroke="#fff" stroke-width="3"/>'
            f'<text x="{x:.1f}" y="{y + 5.5:.1f}" font-size="15" font-weight="700" text-anchor="middle" '
            f'fill="#fff">{escape(number)}</text>'
        )
    return "".join([*parts, "</svg>"])


def _fitting(points: Iterable[tuple[float, float]]) -> maps.View:
    found = list(points)
    if not found:
        return maps.whole()
    xs, ys = [x for x, _y in found], [y for _x, y in found]
    longitude, latitude = (min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2
    squeeze = math.cos(math.radians(latitude))
    wanted = 1.25 * max(max(ys) - min(ys), (max(xs) - min(xs)) * squeeze * maps.HIGH / maps.WIDE)
    zoom = max((number for number, span in enumerate(maps.SPANS) if span and span >= wanted), default=0)
    return maps.View(longitude, latitude, zoom) if zoom else maps.whole()


# ── One order ───────────────────────────────────────────────────────────────────────────────────────


def _order(worker: Worker, pk: int) -> Petition:
    """An order of this worker: under way, or finished today."""
    found = outside.orders(worker).filter(pk=pk).first() or outside.done_today(worker).filter(pk=pk).first()
    if found is None:
        raise Http404(_("這張派工單不在您的名單中。"))
    return found


@outdoors
@require_safe
def crew_order(request: HttpRequest, worker: Worker, pk: int) -> HttpResponse:
    """What is to be done, where, until when, and the steps of it."""
    return _shown(request, worker, _order(worker, pk))


def _shown(
    request: HttpRequest, worker: Worker, petition: Petition, fault: dict[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:  # fmt: skip
    now = timezone.now()
    work = petition.works.order_by("-number").first()
    clocks = Clock.objects.filter(case=petition.case, stopped_at=None, code__in=CLOCKS).order_by("due_at")
    limits = []
    for clock in clocks:
        words, tone = left(clock.due_at, now)
        limits.append((str(process.deadlines[clock.code].label), format_time(clock.due_at), words, tone))
    place = ""
    if petition.longitude is not None:
        place = f"geo:{petition.latitude},{petition.longitude}?q={petition.latitude},{petition.longitude}"
    stage = petition.case.stage
    shots = [
        (address(worker, "crew_photo", petition.pk, row.evidence_id), _side(row))
        for row in _pictures(petition)
    ]
    context = {
        "heading": str(petition.service or petition.case.title),
        "petition": petition,
        "number": petition.case.number,
        "where": _place(petition),
        "stage": stage,
        "stage_words": process.stage_label(stage),
        "open": stage in [str(one) for one in OUTSIDE],
        "limits": limits,
        "geo": place,
        "photos": [shot for shot in shots if not shot[1]],
        "taken": [shot for shot in shots if shot[1]],
        "reports": [
            (str(row.get_act_display()), format_time(row.said_at), row.refused, row.left_out)
            for row in petition.field_reports.all()
        ],
        "redo": _redo(petition),
        "has_before": work is not None and work.before_id is not None,
        "steps": _steps(worker, petition, work),
        "fault": fault or {"act": "", "said": [], "text": ""},
    }
    return _page(request, worker, "petitions/crew_order.html", context, status)


def _redo(petition: Petition) -> str:
    """Why it is to be done again, if it was done before."""
    work = petition.works.exclude(redo_for="").order_by("-number").first()
    return work.redo_for if work else ""


def _steps(worker: Worker, petition: Petition, work: Work | None) -> list[dict[str, Any]]:
    """The steps with the stages in which each is open; one that is not open yet waits hidden for the
    telephone that goes through them without a network.
    """
    has_before = work is not None and work.before_id is not None
    stage = petition.case.stage
    found = []
    for act, label, button in (
        (Act.SET_OUT, _("出發"), _("我出發了")),
        (Act.ARRIVE, _("到場"), _("我到了")),
        (Act.MAKE_SAFE, _("臨時安全措施"), _("安全措施做好了")),
        (Act.COMPLETE, _("完工"), _("完工了")),
    ):
        move = outside.MOVES[act]
        found.append(
            {
                "act": str(act),
                "label": label,
                "button": button,
                "url": address(worker, "crew_do", petition.pk, str(act)),
                "from": sorted(move.sources),
                "to": move.targets[0],
                "shown": stage in move.sources,
                "main": not (act == Act.ARRIVE and stage == Stage.DISPATCHED)
                and not (act == Act.COMPLETE and stage == Stage.ON_SITE and _unsafe(petition)),
                "before": act != Act.SET_OUT and not (act == Act.COMPLETE and has_before),
                "key": secrets.token_hex(16),
            }
        )
    return found


def _unsafe(petition: Petition) -> bool:
    """Whether safety comes first."""
    return petition.danger


def _side(row: CaseEvidence) -> str:
    """Before or after the work; "" for what the crew did not take."""
    return (
        str(outside.SIDES["after" if row.purpose == "after" else "before"])
        if row.act in outside.MOVES
        else ""
    )


def _pictures(petition: Petition) -> list[CaseEvidence]:
    """What the citizen sent and what the crew took, pictures only."""
    rows = CaseEvidence.objects.filter(case_id=petition.pk).select_related("evidence").order_by("pk")
    return [row for row in rows if row.evidence.kind in ("jpeg", "png", "webp")]


@outdoors
@require_safe
def crew_photo(request: HttpRequest, worker: Worker, pk: int, photo: int) -> HttpResponseBase:
    """A picture of an order, without what it tells of camera and place."""
    rows = _pictures(_order(worker, pk))
    found = next((row.evidence for row in rows if row.evidence_id == photo), None)
    if found is None:
        raise Http404
    return files.serve(found, bare=True)


# ── A step ──────────────────────────────────────────────────────────────────────────────────────────


class Broken(ValueError):
    """What came is not what was sent: the telephone keeps it and sends it again."""


@require_POST
@outdoors
def crew_do(request: HttpRequest, worker: Worker, pk: int, act: str) -> HttpResponseBase:
    """Take a step: from the queue of a telephone (which says the digest and is answered in JSON), or from the
    plain form.
    """
    if act not in outside.MOVES:
        raise Http404
    queued = "told" in request.POST
    petition = outside.known(worker).filter(pk=pk).first()
    if petition is None:
        sentence = _("這張派工單不在您的名單中。")
        if queued:
            return JsonResponse({"said": sentence}, status=404)
        raise Http404(sentence)
    if queued:
        return _from_queue(request, worker, petition, act)
    return _from_form(request, worker, petition, act)


def _from_queue(request: HttpRequest, worker: Worker, petition: Petition, act: str) -> JsonResponse:
    try:
        said = _queued(request, worker, petition, act)
        row = outside.take(worker, petition, said, keep=True)
    except Broken as fault:
        return JsonResponse({"said": str(fault)}, status=400)
    petition.case.refresh_from_db(fields=["stage"])
    told = {"digest": row.digest, "refused": row.refused, "left_out": row.left_out}
    return JsonResponse({**told, "stage": petition.case.stage})


def _queued(request: HttpRequest, worker: Worker, petition: Petition, act: str) -> Said:
    """The report as the telephone wrote it. Raises Broken when a part of it is missing or changed."""
    text = request.POST["told"]
    digest = outside.digest_of(text.encode())
    if digest != request.POST.get("digest"):
        raise Broken(_("內容在傳送中損壞，請再傳一次。"))
    try:
        told = json.loads(text)
        at, sent = (_moment(one) for one in (told["at"], request.POST.get("sent", "")))
        fits = (told["act"], told["case"], told["worker"]) == (act, petition.pk, worker.mark)
    except (ValueError, KeyError, TypeError):
        raise Broken(_("看不懂這筆回報。")) from None
    if not fits:
        raise Broken(_("這筆回報是別人的，或是別的派工單。"))
    before, after = (_upload(request, name, str(told.get(name) or "")) for name in ("before", "after"))
    # What the telephone's clock is off by shows in when it says that it sends.
    at += timezone.now() - sent
    return Said(
        act, digest, at, text=_words(told.get("text"), act), found=told.get("found") is not False,
        **_where(told), before=before, after=after,
    )  # fmt: skip


def _upload(request: HttpRequest, name: str, wanted: str) -> UploadedFile[bytes] | None:
    upload: Any = request.FILES.get(name)
    if upload is None:
        if wanted:
            raise Broken(_("照片沒有一起送到，請再傳一次。"))
        return None
    found = hashlib.sha256()
    for part in upload.chunks():
        found.update(part)
    upload.seek(0)
    if found.hexdigest() != wanted:
        raise Broken(_("照片在傳送中損壞，請再傳一次。"))
    return upload  # type: ignore[no-any-return]  # an uploaded file of Django's


def _moment(text: Any) -> datetime:
    """A moment with its offset; ValueError for anything else."""
    found = datetime.fromisoformat(str(text))
    if found.tzinfo is None or not 2000 < found.year < 2200:
        raise ValueError(text)
    return found


def _words(given: Any, act: str) -> str:
    return str(given or "").replace("\r\n", "\n").replace("\x00", "").strip()[: WORDS[act]]


def _where(told: Any) -> dict[str, Any]:
    """Where the telephone was, when it knew."""
    try:
        x, y = (Decimal(str(told[name])) for name in ("longitude", "latitude"))
        within = min(max(round(float(told.get("within") or 0)), 0), 1_000_000)
    except (KeyError, InvalidOperation, TypeError, ValueError, OverflowError):
        return {}
    if not (-180 <= x <= 180 and -90 <= y <= 90):
        return {}
    six = Decimal("0.000001")
    return {"longitude": x.quantize(six), "latitude": y.quantize(six), "within": within}


def _from_form(request: HttpRequest, worker: Worker, petition: Petition, act: str) -> HttpResponseBase:
    key = request.POST.get("key", "")
    if not 16 <= len(key) <= 64:
        raise Http404
    text = _words(request.POST.get("text"), act)
    said = Said(
        act, outside.digest_of(f"form:{worker.mark}:{petition.pk}:{act}:{key}".encode()), timezone.now(),
        text=text, found=request.POST.get("missing") != "1", **_where(request.POST),
        before=_given(request, "before"), after=_given(request, "after"),
    )  # fmt: skip
    try:
        outside.take(worker, petition, said, keep=False)
    except (Refused, ValidationError) as fault:
        sentences = list(getattr(fault, "messages", None) or [str(fault)])
        told = {"act": act, "said": sentences, "text": text}
        return _shown(request, worker, _order(worker, petition.pk), told, 422)
    messages.success(request, _("已記錄：%(step)s。") % {"step": FieldReport.Act(act).label})
    return HttpResponseRedirect(
        address(worker, "crew_order", petition.pk) if act != Act.COMPLETE else address(worker, "crew"),
        status=303,
    )


def _given(request: HttpRequest, name: str) -> Any:
    return request.FILES.get(name)


# ── Coming in by a link, and what works without a network ───────────────────────────────────────────


@never_cache
@require_safe
def crew_open(request: HttpRequest, token: str) -> HttpResponse:
    """A contractor's link: from here on this browser has its orders, under an address without the secret."""
    link = outside.link_of(token) if allowed("petitions.link", caller_of(request), TRIED) else None
    if link is None:
        return _gone(request)
    request.session[SESSION] = link.pk
    if link.opened_at is None or timezone.now() - link.opened_at > timedelta(minutes=1):
        type(link).objects.filter(pk=link.pk).update(opened_at=timezone.now())
    return HttpResponseRedirect(reverse("petitions_public:crew"), status=303)


@require_POST
def crew_leave(request: HttpRequest) -> HttpResponse:
    """Forget the link in this browser."""
    request.session.pop(SESSION, None)
    return HttpResponseRedirect(reverse("counter:home"), status=303)


@cache
def _script() -> str:
    return (Path(__file__).parent / "static" / "petitions" / "crew-sw.js").read_text("utf-8")


@require_http_methods(["GET", "HEAD"])
def crew_sw(request: HttpRequest) -> HttpResponse:
    """The script that keeps seen pages, served where its scope begins; it holds nothing of anybody."""
    response = HttpResponse(_script(), content_type="text/javascript; charset=utf-8")
    response.headers["Cache-Control"] = "no-cache"
    return response


own = [
    path("crew/", crew_list, name="crew"),
    path("crew/map.svg", crew_map, name="crew_map"),
    path("crew/sw.js", crew_sw, name="crew_sw"),
    path("crew/<int:pk>/", crew_order, name="crew_order"),
    path("crew/<int:pk>/<slug:act>", crew_do, name="crew_do"),
    path("crew/<int:pk>/photos/<int:photo>", crew_photo, name="crew_photo"),
]
public = [
    *own,
    path("crew/leave", crew_leave, name="crew_leave"),
    path("crew/open/<str:token>/", crew_open, name="crew_open"),
]
