"""The call centre's pages: the desk of the supervisor, levels of service, staffing and forecast, calls,
links.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yankao.desk import charts, parts
from yankao.desk.fields import RocDateField
from yankao.desk.jinja import english, format_date, format_number, format_time
from yankao.desk.own_pages import actor, drawing, only
from yankao.kernel.audit import ledger
from yankao.kernel.casework import duties
from yankao.kernel.journal import repair
from yankao.kernel.people.models import Role
from yankao.kernel.people.standing import standing
from yankao.kernel.period import Period, PeriodError, roc_text

from . import erlang, forecast, letters, levels, live, rules
from .models import SLOT, THRESHOLDS, Call, Kiosk, State
from .parts import slots_of

WORKERS = (Role.CALL_AGENT, Role.CALL_SUPERVISOR)
READERS = (*WORKERS, Role.RDEC_CONTROLLER, Role.RDEC_CHIEF, Role.RDEC_COMMISSIONER, Role.MAYOR, Role.AUDITOR)
SHOWN = 50


def opens(user: Any) -> bool:
    """Who finds the call centre in the menu."""
    return standing(user).has(*READERS)


def works(user: Any) -> bool:
    """Who answers the calls and who leads those who do."""
    return standing(user).has(*WORKERS)


def leads(user: Any) -> bool:
    """Who runs it."""
    return standing(user).has(Role.CALL_SUPERVISOR)


drawn = drawing(gettext_lazy("話務中心"), "calls:home")


def percent(value: Decimal | None, places: int = 2) -> str:
    """83.87%; – when nothing was counted."""
    return "–" if value is None else f"{format_number(value, places)}%"


def seconds(value: Decimal | float | None) -> str:
    return "–" if value is None else _("%(n)s秒") % {"n": format_number(Decimal(str(value)), 0)}


def asked_period(request: HttpRequest) -> tuple[Period, str]:
    """The period of the address, else the month before this one; and the text that could not be read."""
    given = request.GET.get("period", "").strip()
    today = timezone.localdate()
    usual = Period.of_month(today.year - 1911, today.month)
    if not given:
        return usual, ""
    try:
        return Period.parse(given), ""
    except PeriodError:
        return usual, given


# ── The supervisor's desk ───────────────────────────────────────────────────────────────────────────


@only(opens)
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The queues now, the last weeks, and where to go."""
    today = timezone.localdate()
    found = live.board()
    start = today - timedelta(days=27)
    days = [start + timedelta(days=number) for number in range(28)]
    known = forecast.volumes(start, today)
    totals = [sum(known.get(day, ())) for day in days]
    links = [parts.Link(_("大看板"), reverse("calls:wall"), icon="board")]
    links += [
        parts.Link(_("服務水準"), reverse("calls:levels"), icon="chart"),
        parts.Link(_("人力與預測"), reverse("calls:staffing"), icon="people"),
        parts.Link(_("逐通紀錄"), reverse("calls:list"), icon="sheet"),
    ]
    waiting = 0
    if letters.makers.cases(request.user) == duties.ALL:
        place = reverse("desk:room_letters", args=["service.calls"])
        links.append(parts.Link(_("文書"), place, icon="sheet"))
    if leads(request.user):
        links.append(parts.Link(_("看板連結"), reverse("calls:kiosks"), icon="link"))
        links.append(parts.Link(_("交換機檔案"), reverse("calls:files"), icon="upload"))
        links.append(parts.Link(_("紀錄來源"), reverse("desk:office_journals"), icon="history"))
        waiting = repair.waiting("service.calls").count()
    steps = [f"{day.month}/{day.day}" for day in days]
    sentence = _("近四週每日進線數，最近一日%(n)s通") % {"n": format_number(totals[-1])}
    context = {
        "board": found,
        "percent": percent,
        "heard": format_time(found.heard_at),
        "links": links,
        "waiting": waiting,
        "letters": reverse("desk:office_journal", args=["service.calls"]),
        "chart": charts.line(steps, [(_("進線"), totals)], sentence=sentence) if any(totals) else "",
    }
    return drawn(request, "calls/home.html", _("話務中心"), context, root=True)


# ── Levels of service ───────────────────────────────────────────────────────────────────────────────


@only(opens)
@require_safe
def show_levels(request: HttpRequest) -> HttpResponse:
    """A period by every definition and threshold, beside the one that is printed; and its other measures."""
    period, fault = asked_period(request)
    choice = levels.chosen(period.as_of)
    every = [f"{side}_{limit}" for limit in THRESHOLDS for side in ("in", "out")]
    sums = levels.sums(
        levels.within(period.days), ("offered", "answered", "abandoned", "left", "lost", *every)
    )
    rows = []
    for one in levels.LEVELS.ways.values():
        by_limit = [
            percent(levels.percent(*one.of(sums, limit, choice.short)))
            for limit in (10, choice.limit, 30, 60)
        ]
        rows.append((one.code, str(one.words), *by_limit, _("採用") if one.code == choice.level.code else ""))
    ways = [
        (str(words), percent(levels.averaged(period, choice, way)), _("採用") if way == "pooled" else "")
        for way, words in rules.AVERAGING.items()
    ]
    other = live.measures(period, deep=True)
    context = {
        "period": period.code,
        "period_text": roc_text(period, "en" if english() else "zh"),
        "fault": fault,
        "choice": str(choice),
        "printed": percent(levels.percent(*choice.level.of(sums, choice.limit, choice.short))),
        "rows": rows,
        "heads": [
            _("定義"), _("算式"),
            *[_("T＝%(n)s秒") % {"n": limit} for limit in (10, choice.limit, 30, 60)], _("列印"),
        ],
        "ways": ways,
        "counts": [
            (_("進線"), format_number(sums["offered"])),
            (_("接聽"), format_number(sums["answered"])),
            (_("未接即掛斷"), format_number(sums["abandoned"])),
            (_("離開佇列"), format_number(sums["left"])),
            (_("無結束紀錄"), format_number(sums["lost"])),
        ],
        "measures": [
            (_("放棄率"), percent(other.abandonment), _("未接即掛斷÷進線")),
            (_("平均接聽時間（ASA）"), seconds(other.answer), _("接聽前等候秒數÷接聽數")),
            (_("平均處理時間（AHT）"), seconds(other.handling),
             _("通話秒數÷已結束的通話；交換機未提供話後處理時間")),
            (_("首次解決率"), percent(other.resolved),
             _("%(days)s日內未再來電；期末%(days)s日的來電不計") % {"days": rules.AGAIN.at(period.as_of)}),
            (_("占線率"), percent(other.occupancy),
             _("通話時間÷在席未暫停時間；只計交換機有登入紀錄的話務員")),
        ],
        "before": period.previous().code,
        "after": period.next().code,
    }  # fmt: skip
    return drawn(request, "calls/levels.html", _("服務水準"), context)


# ── Staffing and forecast ───────────────────────────────────────────────────────────────────────────


class Load(forms.Form):
    """One half-hour's load, to be reckoned with."""

    use_required_attribute = False
    calls = forms.FloatField(label=gettext_lazy("半小時來電數"), min_value=0, max_value=20000)
    handling = forms.FloatField(label=gettext_lazy("平均處理秒數"), min_value=1, max_value=7200)
    limit = forms.FloatField(label=gettext_lazy("門檻T（秒）"), min_value=0, max_value=600)
    target = forms.FloatField(label=gettext_lazy("服務水準目標（%）"), min_value=1, max_value=99.9)
    patience = forms.FloatField(label=gettext_lazy("來電者平均耐心（秒）"), min_value=1, max_value=3600)


def reckoned(given: dict[str, float]) -> list[tuple[str, ...]]:
    """The agents that are needed and what some fewer and more would mean."""
    calls, handling, limit = given["calls"], given["handling"], given["limit"]
    need = erlang.agents_for(calls, SLOT, handling, given["target"] / 100, limit)
    found: list[tuple[str, ...]] = []
    for agents in range(max(1, need - 3), need + 4):
        told = erlang.erlang_c(calls, SLOT, handling, agents, limit)
        impatient = erlang.erlang_a(calls, SLOT, handling, agents, given["patience"])
        found.append(
            (
                f"{agents}" + (_("（需要）") if agents == need else ""),
                percent(Decimal(str(100 * told.level)), 1),
                _("無法消化") if told.wait == float("inf") else seconds(told.wait),
                percent(Decimal(str(100 * told.busy)), 1),
                percent(Decimal(str(100 * impatient.abandoned)), 1),
                seconds(impatient.wait),
            )
        )
    return found


@only(opens)
@require_safe
def staffing(request: HttpRequest) -> HttpResponse:
    """A day's forecast by half-hour with the agents it needs, its error on the past, and a reckoner."""
    today = timezone.localdate()
    field = RocDateField(required=False)
    fault = ""
    day = today + timedelta(days=1)
    if request.GET.get("day"):
        try:
            day = field.clean(request.GET["day"]) or day
        except forms.ValidationError as error:
            fault = " ".join(error.messages)
    before = min(day, today)
    known = forecast.volumes(
        before - timedelta(weeks=forecast.WEEKS + forecast.TRIED), before - timedelta(days=1)
    )
    trial = forecast.tried(known, before)
    told = forecast.predicted(known, day, before, trial)
    recent = Period.between(before - timedelta(weeks=forecast.WEEKS), before - timedelta(days=1))
    handling = live.measures(recent).handling
    target, limit = rules.TARGET.at(today), rules.THRESHOLD.at(today)
    away = rules.SHRINKAGE.at(today) / 100
    rows, plan = [], []
    for half, calls in enumerate(told or ()):
        need = erlang.agents_for(calls, SLOT, float(handling or 240), target / 100, limit)
        plan.append(need)
        rows.append(
            (
                f"{half // 2:02d}:{half % 2 * 30:02d}",
                format_number(Decimal(str(round(calls, 1))), 1),
                str(need),
                str(erlang.on_the_roster(need, away)),
            )
        )
    usual = {
        "calls": 92,
        "handling": round(float(handling or 240)),
        "limit": limit,
        "target": target,
        "patience": 90,
    }
    form = Load(request.GET if "calls" in request.GET else None, initial=usual)
    reckoning = form.cleaned_data if form.is_bound and form.is_valid() else (None if form.is_bound else usual)
    steps = [f"{half // 2:02d}:{half % 2 * 30:02d}" for half in range(forecast.HALVES)]
    off = None if trial.model is None else Decimal(str(100 * trial.model))
    base = None if trial.baseline is None else Decimal(str(100 * trial.baseline))
    context = {
        "day": day.isoformat(),
        "day_text": format_date(day, weekday=True),
        "fault": fault,
        "rows": rows,
        "chart": charts.line(
            steps, [(_("預測來電"), [round(one, 1) for one in told]), (_("需要人數"), plan)],
            sentence=_("%(day)s每半小時的預測來電與需要人數") % {"day": format_date(day)},
        ) if told else "",
        "total": format_number(Decimal(str(round(sum(told or ()))))),
        "handling": seconds(handling),
        "error": percent(off, 1), "baseline": percent(base, 1), "weeks": trial.weeks,
        "model_used": trial.model_used, "known": bool(told), "target": target, "limit": limit,
        "away": rules.SHRINKAGE.at(today), "form": form,
        "reckoning": reckoned({name: float(value) for name, value in reckoning.items()}) if reckoning else [],
    }  # fmt: skip
    return drawn(request, "calls/staffing.html", _("人力與預測"), context, status=422 if form.errors else 200)


# ── Calls ───────────────────────────────────────────────────────────────────────────────────────────


@only(opens)
@require_safe
def list_calls(request: HttpRequest) -> HttpResponse:
    """The calls of a day, latest first, fifty a page; nobody's number stands here."""
    given, fault = request.GET.get("day", ""), ""
    day = timezone.localdate()
    if given:
        try:
            day = RocDateField(required=False).clean(given) or day
        except forms.ValidationError as error:
            fault = " ".join(error.messages)
    state = request.GET.get("state", "")
    calls = Call.objects.filter(slot__range=slots_of(day, day)).select_related("queue", "agent")
    if state in State.values:
        calls = calls.filter(state=state)
    older = request.GET.get("before", "")
    if older.isascii() and older.isdigit() and len(older) < 16:
        calls = calls.filter(slot__lte=int(older) // SLOT, entered__lt=int(older))
    found = list(calls.order_by("-entered", "-pk")[: SHOWN + 1])
    rows = [
        (
            format_time(one.entered), str(one.queue), str(one.get_state_display()),
            _wait(one.wait), _wait(one.talk),
            str(one.agent or ""),
        )
        for one in found[:SHOWN]
    ]  # fmt: skip
    query = f"day={day.isoformat()}" + (f"&state={state}" if state else "")
    context = {
        "rows": rows, "day": day.isoformat(), "day_text": format_date(day, weekday=True), "fault": fault,
        "state": state, "states": State.choices,
        "older": f"?{query}&before={int(found[SHOWN - 1].entered.timestamp())}" if len(found) > SHOWN else "",
        "shown": _("本頁%(n)s通") % {"n": len(rows)},
    }  # fmt: skip
    return drawn(request, "calls/list.html", _("逐通紀錄"), context)


def _wait(value: int | None) -> str:
    return "" if value is None else f"{value // 60}:{value % 60:02d}"


# ── Links for screens on a wall ─────────────────────────────────────────────────────────────────────


class KioskForm(forms.Form):
    """Where the screen hangs and how long the link holds."""

    label = forms.CharField(label=gettext_lazy("放置地點"), max_length=60)
    expires_on = RocDateField(label=gettext_lazy("有效期限"), help_text=gettext_lazy("最長一年"))

    def clean_expires_on(self) -> date:
        day: date = self.cleaned_data["expires_on"]
        today = timezone.localdate()
        if not today <= day <= today + timedelta(days=366):
            raise forms.ValidationError(_("有效期限須在今天起一年之內。"))
        return day


@only(leads)
@require_http_methods(["GET", "HEAD", "POST"])
def kiosks(request: HttpRequest) -> HttpResponse:
    """The links that were made; a new one is shown once."""
    from . import wall  # noqa: PLC0415  (the wall asks this module who may see it)

    form = KioskForm(request.POST or None, initial={"expires_on": timezone.localdate() + timedelta(days=180)})
    shown = ""
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            token, row = wall.make(request.user, form.cleaned_data["label"], form.cleaned_data["expires_on"])
            ledger.note(
                "calls.kiosk.make",
                f"kiosk:{row.pk}",
                actor(request),
                label=row.label,
                expires_on=row.expires_on,
            )
        shown = request.build_absolute_uri(reverse("calls_public:kiosk", args=[token]))
        form = KioskForm(initial={"expires_on": timezone.localdate() + timedelta(days=180)})
    context = {
        "form": form,
        "shown": shown,
        "kept": Kiosk.objects.filter(revoked_at=None, expires_on__gte=timezone.localdate()).order_by("-pk"),
    }
    return drawn(request, "calls/kiosks.html", _("看板連結"), context, status=422 if form.errors else 200)


@only(leads)
@require_POST
def revoke_kiosk(request: HttpRequest, pk: int) -> HttpResponse:
    """End a link for good."""
    with transaction.atomic():
        if Kiosk.objects.filter(pk=pk, revoked_at=None).update(revoked_at=timezone.now()):
            ledger.note("calls.kiosk.revoke", f"kiosk:{pk}", actor(request))
            messages.success(request, _("連結已撤銷。"))
    return HttpResponseRedirect(reverse("calls:kiosks"))
