"""列管看板 Who has not filed, why items lag, where the money comes from, the next steering meeting, and
entry by table.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db.models import Count, Q, QuerySet, Sum
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from yankao.desk import charts, city_board, nav, parts
from yankao.desk.fields import MoneyField, RocDateField
from yankao.desk.jinja import format_date, format_money, format_number
from yankao.desk.pages import render_page
from yankao.kernel.casework.duties import RDEC, prefixed
from yankao.kernel.casework.process import Refused, processes
from yankao.kernel.money.models import in_source_order
from yankao.kernel.people.models import Agency, Role
from yankao.kernel.people.standing import standing
from yankao.kernel.progress.cycles import closed_month, month_before

from . import figures, steering
from .models import (
    AgendaItem,
    FundingLine,
    LagCause,
    Light,
    Month,
    Programme,
    Project,
    SteeringMeeting,
    latest_months,
    month_text,
)
from .process import owner, submit_month
from .steering import living

MONTHS_SHOWN = 6
ROWS_SHOWN = 500
TO_CONFIRM = Q(agency_checked_at__isnull=False, city_checked_at=None)


def seen(user: Any) -> QuerySet[Project]:
    """The items this person may know of."""
    # Asked of the item's own case: a list of all cases beforehand would be a pass over the docket.
    return Project.objects.filter(prefixed(processes["control.programme"].visible(user), "case__"))


def _page(request: HttpRequest, template: str, title: str, context: dict[str, Any]) -> HttpResponse:
    listed = reverse("desk:list", args=["control.programme"])
    crumbs = [
        parts.Link(_("首頁"), reverse("desk:home")),
        parts.Link(str(Project._meta.verbose_name), listed),
        parts.Link(title, ""),
    ]
    return render_page(
        request, template, {**nav.frame(request), "heading": title, "crumbs": crumbs, **context}
    )


def _listed(**filters: str) -> str:
    return reverse("desk:list", args=["control.programme"]) + "?" + urlencode(filters)


def _today() -> date:
    return timezone.localdate()


def _recent() -> list[date]:
    """The last months that are over, oldest first."""
    month = closed_month(_today())
    found = [month]
    while len(found) < MONTHS_SHOWN:
        found.append(month_before(found[-1]))
    return found[::-1]


# ── Who has not filed ───────────────────────────────────────────────────────────────────────────────


@login_required
@require_safe
def filing(request: HttpRequest) -> HttpResponseBase:
    """未填報總表 Agencies by month: how many reports are owed, late ones marked; each count opens them."""
    months = _recent()
    table = Month.objects.filter(project__in=seen(request.user)).matrix("project__case__agency", months)
    agencies = {agency.pk: agency for agency in Agency.objects.filter(pk__in=table)}
    rows: list[dict[str, Any]] = []
    for pk in sorted(table, key=lambda key: agencies[key].code):
        cells = []
        for month in months:
            found = table[pk].get(month, {"reports": 0, "owed": 0, "late": 0})
            asked = {"agency": agencies[pk].code, "month": f"{month:%Y-%m}"}
            cells.append(
                {**found, "href": reverse("programme:filed") + "?" + urlencode({**asked, "state": "owed"})}
            )
        rows.append({"agency": str(agencies[pk]), "cells": cells})
    totals = [sum(row["cells"][i]["owed"] for row in rows) for i in range(len(months))]
    return _page(
        request,
        "programme/filing.html",
        _("月報填報情形"),
        {"months": [month_text(month) for month in months], "rows": rows, "totals": totals},
    )


@login_required
@require_safe
def filed(request: HttpRequest) -> HttpResponseBase:
    """The reports behind a count of the board: of one agency, one month, owed or late."""
    asked = request.GET
    found = Month.objects.filter(project__in=seen(request.user)).select_related(
        "project__case__agency", "project__programme"
    )
    told = []
    if code := asked.get("agency"):
        found = found.filter(project__case__agency__code=code)
        told.append(str(Agency.objects.filter(code=code).first() or code))
    try:
        month = date.fromisoformat(f"{asked.get('month', '')}-01")
        found = found.filter(month=month)
        told.append(month_text(month))
    except ValueError:
        month = None
    if asked.get("state") == "owed":
        found = found.owed()
        told.append(_("未填報"))
    elif asked.get("state") == "overdue":
        found = found.owed().filter(due_at__lt=timezone.now(), project__case__closed_on=None)
        told.append(_("逾期未填月報"))
    elif asked.get("state") == "confirm":
        found = found.filter(TO_CONFIRM, project__case__closed_on=None)
        told.append(_("待本會審核月報"))
    elif asked.get("state") == "late":
        found = found.late()
        told.append(_("逾期"))
    rows = [
        {
            "title": one.project.case.title,
            "href": reverse("desk:case", args=[one.project_id]),
            "agency": str(one.project.case.agency),
            "month": month_text(one.month),
            "state": one.state_label,
            "due": format_date(timezone.localtime(one.due_at).date()),
            "late": one.late,
        }
        for one in found.order_by("project__case__number", "month")[:ROWS_SHOWN]
    ]
    context = {
        "rows": rows,
        "count": found.count(),
        "lead": "、".join(told),
        "back": reverse("programme:filing"),
    }
    return _page(request, "programme/filed.html", _("月報清單"), context)


# ── Why items lag, where money comes from ───────────────────────────────────────────────────────────


@login_required
@require_safe
def lagging(request: HttpRequest) -> HttpResponseBase:
    """落後原因統計 The last reports that are behind, by cause and by light; each count opens the list."""
    until = closed_month(_today())
    latest = latest_months(seen(request.user).filter(case__closed_on=None), until)
    behind = latest.filter(pk__in=Month.objects.behind().values("pk"))
    labels = dict(LagCause.choices)
    counts = list(behind.order_by().values_list("cause").annotate(n=Count("pk")).order_by("-n", "cause"))
    lights = dict(latest.order_by().values_list("light").annotate(n=Count("pk")))
    causes = [(str(labels.get(cause, cause)), n, _listed(cause=cause, state="open")) for cause, n in counts]
    total = sum(n for _label, n, _href in causes)
    sentence = _("截至%(month)s，落後%(n)s案") % {"month": month_text(until), "n": total}
    tiles = [
        parts.Stat(
            str(lights.get(light.value, 0)),
            str(light.label),
            _listed(light=light.value, state="open"),
            bad=light == Light.RED,
        )
        for light in Light
    ]
    context = {
        "tiles": tiles,
        "causes": causes,
        "lead": sentence,
        "chart": charts.bar([(label, n) for label, n, _href in causes], sentence=sentence) if causes else "",
    }
    return _page(request, "programme/lagging.html", _("落後原因統計"), context)


@login_required
@require_safe
def funding(request: HttpRequest) -> HttpResponseBase:
    """經費來源統計 元 by programme and source, of the lines in force."""
    lines = FundingLine.objects.filter(project__in=seen(request.user).filter(withdrawn_on=None)).standing()
    sums = lines.order_by().values_list("project__programme__name", "source").annotate(total=Sum("amount"))
    table: dict[str, dict[str, Any]] = defaultdict(dict)
    for programme, source, total in sums:
        table[programme][source] = total
    sources = in_source_order(code for row in table.values() for code in row)
    rows = [
        {
            "name": name,
            "cells": [format_money(row[s.value]) if s.value in row else "" for s in sources],
            "total": format_money(sum(row.values())),
            "chart": charts.stacked_share(
                [(str(s.label), row[s.value]) for s in sources if row.get(s.value)],
                sentence=_("%(name)s的經費來源") % {"name": name},
            ),
        }
        for name, row in sorted(table.items())
    ]
    context = {"sources": [str(source.label) for source in sources], "rows": rows}
    return _page(request, "programme/funding.html", _("經費來源統計"), context)


# ── Steering meeting ────────────────────────────────────────────────────────────────────────────────


class CallForm(forms.Form):
    """A new steering meeting."""

    programme = forms.ModelChoiceField(Programme.objects.all(), label=gettext_lazy("列管方案"))
    title = forms.CharField(max_length=120, label=gettext_lazy("名稱"))
    held_on = RocDateField(label=gettext_lazy("日期"))
    place = forms.CharField(max_length=80, required=False, label=gettext_lazy("地點"))


class MinutesForm(forms.Form):
    """The day the minutes of a meeting went out."""

    meeting = forms.ModelChoiceField(
        SteeringMeeting.objects.filter(minutes_on=None, cancelled_on=None), label=gettext_lazy("督導會報")
    )
    minutes_on = RocDateField(label=gettext_lazy("紀錄發送日"))


class ResolveForm(forms.Form):
    """What a meeting resolved on a matter."""

    item = forms.ModelChoiceField(
        AgendaItem.objects.filter(session__isnull=False, resolution=""), label=gettext_lazy("案由")
    )
    resolution = forms.CharField(widget=forms.Textarea(attrs={"rows": 3}), label=gettext_lazy("決議"))
    owner = forms.ModelChoiceField(
        Agency.objects.filter(first_level=True, valid_to=None), required=False, label=gettext_lazy("主責機關")
    )
    due_on = RocDateField(required=False, label=gettext_lazy("辦理期限"))


def _call(actor: Any, given: dict[str, Any]) -> str:
    meeting = steering.call_meeting(actor, given.pop("programme"), **given)
    return _("已排定「%(title)s」，待議事項%(n)s項排入議程。") % {
        "title": meeting.title,
        "n": meeting.agenda.count(),
    }


def _minutes(actor: Any, given: dict[str, Any]) -> str:
    steering.send_minutes(actor, given.pop("meeting"), **given)
    return _("已登錄會議紀錄發送日。")


def _resolve(actor: Any, given: dict[str, Any]) -> str:
    steering.resolve(actor, given.pop("item"), **given)
    return _("已登錄決議。")


STEERING: dict[str, tuple[type[forms.Form], Any, Callable[[Any, dict[str, Any]], str]]] = {
    "call": (CallForm, gettext_lazy("排定督導會報"), _call),
    "resolve": (ResolveForm, gettext_lazy("登錄決議"), _resolve),
    "minutes": (MinutesForm, gettext_lazy("登錄會議紀錄"), _minutes),
}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def steer(request: HttpRequest) -> HttpResponseBase:
    """督導會報 What waits for the next meeting, the meetings and their minutes; the commission calls and
    minutes them.
    """
    mine = seen(request.user).values("pk")
    may = standing(request.user).has(*RDEC)
    act = request.POST.get("act", "") if may else ""
    made = {
        name: form(request.POST if name == act else None, prefix=name)
        for name, (form, _label, _do) in STEERING.items()
    }
    status = 200
    if act in made:
        if made[act].is_valid():
            try:
                messages.success(request, STEERING[act][2](request.user, dict(made[act].cleaned_data)))
                return HttpResponseRedirect(request.path)
            except Refused as refused:
                made[act].add_error(None, str(refused))
            except ValidationError as error:
                made[act].add_error(None, error.messages)
        status = 422
    items = AgendaItem.objects.filter(project__in=mine).select_related("project__case", "programme", "owner")
    meetings = (
        SteeringMeeting.objects.select_related("programme")
        .annotate(items=Count("agenda"))
        .order_by("-held_on")[:20]
    )
    context = {
        "waiting": [_item(item) for item in living(items)[:ROWS_SHOWN]],
        "resolved": [_item(item) for item in items.exclude(resolution="").order_by("-pk")[:50]],
        "meetings": [_meeting(meeting) for meeting in meetings],
        "forms": [(name, made[name], str(label)) for name, (_form, label, _do) in STEERING.items()]
        if may
        else [],
    }
    response = _page(request, "programme/steering.html", _("公共工程督導會報"), context)
    response.status_code = status
    return response


def _item(item: AgendaItem) -> dict[str, Any]:
    return {
        "text": item.text,
        "programme": str(item.programme),
        "raised": format_date(item.raised_on),
        "href": reverse("desk:case", args=[item.project_id]) if item.project_id else "",
        "owner": str(item.owner or ""),
        "resolution": item.resolution,
        "due": format_date(item.due_on) if item.due_on else "",
    }


def _meeting(meeting: Any) -> dict[str, Any]:
    late = meeting.minutes_late_by
    due = meeting.minutes_due_on
    return {
        "title": meeting.title,
        "programme": str(meeting.programme),
        "held": format_date(meeting.held_on),
        "items": meeting.items,
        "due": format_date(due) if due else "",
        "sent": format_date(meeting.minutes_on) if meeting.minutes_on else "",
        "late": late,
    }


# ── Entry by table ──────────────────────────────────────────────────────────────────────────────────


class EntryForm(forms.Form):
    """One owed month in the table; a line left empty is passed over."""

    actual = forms.DecimalField(
        required=False, decimal_places=2, max_digits=5, label=gettext_lazy("實際累計進度")
    )
    allotted = MoneyField(required=False, label=gettext_lazy("累計分配數"))
    paid = MoneyField(required=False, label=gettext_lazy("實支數"))
    cause = forms.ChoiceField(
        required=False, choices=[("", "—"), *LagCause.choices], label=gettext_lazy("落後原因")
    )
    reason = forms.CharField(required=False, label=gettext_lazy("落後說明"))
    measure = forms.CharField(required=False, label=gettext_lazy("改善措施"))

    def __init__(self, *args: Any, month: Month, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.month = month

    @property
    def filled(self) -> bool:
        return self.is_valid() and any(
            self.cleaned_data.get(name) is not None for name in ("actual", "allotted", "paid")
        )


def _send(form: EntryForm, user: Any) -> bool:
    """Submit one line as at the desk; what is wrong is told at the line."""
    given = form.cleaned_data
    needed = [name for name in ("actual", "allotted", "paid") if given.get(name) is None]
    for name in needed:
        form.add_error(name, _("請填這一欄。"))
    if needed:
        return False
    try:
        submit_month(
            form.month.project,
            user,
            month=form.month,
            actual=given["actual"],
            allotted=given["allotted"],
            paid=given["paid"],
            cause=LagCause(given["cause"]) if given["cause"] else None,
            reason=given["reason"],
            measure=given["measure"],
        )
    except Refused as refused:
        form.add_error(None, str(refused))
    except ValidationError as error:
        for name, told in (
            error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
        ).items():
            form.add_error(name if name in form.fields else None, told)
    return not form.errors


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def entry(request: HttpRequest) -> HttpResponseBase:
    """整批填報 The months this person owes, in one table; each line succeeds or fails by itself, and
    nothing typed is lost.
    """
    mine = Project.objects.filter(owner.records(request.user), case__closed_on=None)
    owed = (
        Month.objects.filter(project__in=mine)
        .owed()
        .select_related("project__case")
        .order_by("due_at", "project")
    )
    posted = request.POST if request.method == "POST" else None
    lines = [EntryForm(posted, month=month, prefix=f"m{month.pk}") for month in owed[:60]]
    sent = 0
    if posted is not None:
        left = []
        for line in lines:
            if line.filled and _send(line, request.user):
                sent += 1
            else:
                left.append(line)
        lines = left
        if sent:
            messages.success(request, _("已送出%(n)s份月報。") % {"n": sent})
        if not any(line.errors for line in lines):
            return HttpResponseRedirect(request.path)
    rows = [
        {
            "form": line,
            "title": line.month.project.case.title,
            "month": month_text(line.month.month),
            "href": reverse("desk:case", args=[line.month.project_id]),
            "planned": format_number(line.month.planned or 0),
            "due": format_date(timezone.localtime(line.month.due_at).date()),
            "late": line.month.late,
        }
        for line in lines
    ]
    response = _page(request, "programme/entry.html", _("整批填報月報"), {"rows": rows})
    response.status_code = 422 if any(line.errors for line in lines) else 200
    return response


def city(user: Any) -> dict[str, list[parts.Stat]]:
    """What the mayor sees of the whole city: items under control and their lights, and their money."""
    mine, today = seen(user).filter(case__closed_on=None), timezone.localdate()
    count = {light: mine.filter(light=light).count() for light in (Light.GREEN, Light.YELLOW, Light.RED)}
    lights = [
        parts.Stat(f"{n:,}", str(light.label), _listed(light=str(light), state="open"),
                   bad=light == Light.RED and n > 0)
        for light, n in count.items()
    ]  # fmt: skip
    return {
        "promises": lights,
        "money": city_board.of_figures([figures.execution_rate, figures.budget], today),
        "works": city_board.of_figures([figures.unfinished], today),
    }


def first_screen(user: Any) -> list[dict[str, Any]]:
    """First screens (part G): who has not filed, reds and ambers, lag without plan, and what waits for this
    person.
    """
    mine = seen(user).filter(case__closed_on=None)
    owed = Month.objects.filter(project__in=mine).owed()
    late = reverse("programme:filed") + "?state=overdue"
    found = [
        {"label": _("逾期未填月報"), "count": owed.filter(due_at__lt=timezone.now()).count(), "url": late,
         "tone": "red"},
    ]  # fmt: skip
    if not standing(user).has(Role.MAYOR):  # to whom `city` tells them
        found += [
            {
                "label": str(light.label),
                "count": mine.filter(light=light).count(),
                "url": _listed(light=str(light), state="open"),
                "tone": tone,
            }
            for light, tone in ((Light.RED, "red"), (Light.YELLOW, "amber"))
        ]
    if standing(user).has(*RDEC):
        checked = Month.objects.filter(TO_CONFIRM, project__in=mine)
        found.append(
            {
                "label": _("待本會審核月報"),
                "count": checked.count(),
                "url": reverse("programme:filed") + "?state=confirm",
                "tone": "",
            }
        )
        found.append(
            {
                "label": _("待督導會報議題"),
                "count": living(AgendaItem.objects.all()).count(),
                "url": reverse("programme:steering"),
                "tone": "",
            }
        )
    return found
