"""辦理情形 What a manager looks at: who has how much, how old it is, what is late, what waits for approval.

Every number is a set of cases with a name (`NUMBERS`); the list behind it is that set and no other, so it has
exactly as many rows. Both measures of being on time are those of the report (`figures`), over the cases of
the same agency.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Exists, F, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from yankao.desk import export, parts, reference
from yankao.desk.columns import stage_tag
from yankao.desk.deadlines import due_cell, midnight
from yankao.desk.fields import RocDateField
from yankao.desk.jinja import format_date
from yankao.kernel.audit import ledger
from yankao.kernel.casework.docket import Clock
from yankao.kernel.casework.duties import prefixed
from yankao.kernel.people.models import Post, Role, Unit
from yankao.kernel.people.standing import standing
from yankao.kernel.period import Period
from yankao.kernel.roc import half_up
from yankao.kernel.sheets import Cell

from . import figures, office, registers
from .models import Bounce, Extension, Petition, Reopening
from .process import COMMISSION, INCOMING, PLAIN, Stage, approvers, process

SOON = timedelta(days=3)
USUAL = timedelta(days=29)
"""The days looked back on when nobody says which."""
PAGE = 50
PROMISED = (*figures.PROMISED, figures.AGAIN)
UNGIVEN = tuple(str(one) for one in (*INCOMING, Stage.REFUSED, Stage.DISPUTED))
DONE = (str(Stage.REPLIED), str(Stage.MERGED))
"""Answered, or answered with another case: open in name only."""
BANDS = figures.BANDS


@dataclass(frozen=True)
class Scope:
    """Whose cases, and between which days what happened counts."""

    user: Any
    agency: int | None
    since: date
    until: date
    now: datetime
    officer: int | None = None
    unit: int | None = None
    category: str = ""
    district: str = ""

    @property
    def period(self) -> Period:
        return Period.between(self.since, self.until)

    def cases(self) -> QuerySet[Petition]:
        """What the person may know of, of the agencies looked at."""
        rows = Petition.objects.filter(process.sees.records(self.user))
        if self.agency is not None:
            rows = rows.filter(case__agency=self.agency)
        elif not whole_city(self.user):
            rows = rows.filter(case__agency__in=standing(self.user).agencies(*office.LEADING))
        if self.officer is not None:
            rows = rows.filter(case__officer=self.officer or None)
        if self.unit is not None:
            held = rows.annotate(unit=UNIT)
            rows = held.filter(unit=self.unit) if self.unit else held.filter(unit__isnull=True)
        if self.category:
            rows = rows.filter(category=self.category)
        if self.district:
            rows = rows.filter(case__district=self.district)
        return rows

    def open(self) -> QuerySet[Petition]:
        return self.cases().filter(case__closed_on=None).exclude(case__stage__in=DONE)

    def given(self) -> QuerySet[Petition]:
        """Open and with an agency: what its people have on their desks."""
        return self.open().exclude(case__stage__in=UNGIVEN)


def whole_city(user: Any) -> bool:
    return standing(user).has(*COMMISSION, Role.MAYOR, Role.AUDITOR)


_held = Post.objects.filter(user=OuterRef("case__officer"), agency=OuterRef("case__agency"), valid_to=None)
UNIT = Subquery(_held.order_by("pk").values("unit")[:1], output_field=IntegerField())
"""The unit in which the officer of a case holds a post of its agency."""


def _clock(**more: Any) -> Exists:
    """A running clock; a paused one was late before it was paused."""
    counts = Q(paused_at=None) | Q(paused_at__gt=F("due_at"))
    return Exists(
        Clock.objects.filter(counts, case=OuterRef("pk"), code__in=PROMISED, stopped_at=None, **more)
    )


def _of_age(scope: Scope, least: int, most: int | None) -> Q:
    today = timezone.localtime(scope.now).date()
    found = Q(received_at__lt=midnight(today - timedelta(days=least) + timedelta(days=1)))
    if most is not None:
        found &= Q(received_at__gte=midnight(today - timedelta(days=most)))
    return found


def _in(scope: Scope, name: str) -> dict[str, datetime]:
    return {
        f"{name}__gte": midnight(scope.since), f"{name}__lt": midnight(scope.until + timedelta(days=1)),
    }  # fmt: skip


# ── The numbers ─────────────────────────────────────────────────────────────────────────────────────


def _late(scope: Scope) -> Q:
    return Q(_clock(due_at__lt=scope.now))


def _due_soon(scope: Scope) -> Q:
    return Q(_clock(due_at__gte=scope.now, due_at__lte=scope.now + SOON))


def _returned(scope: Scope) -> QuerySet[Petition]:
    """Sent back by the agencies looked at; of restricted cases none is told."""
    bounced = Bounce.objects.filter(petition=OuterRef("pk"), **_in(scope, "at"))
    if scope.agency is not None:
        bounced = bounced.filter(agency=scope.agency)
    elif not whole_city(scope.user):
        bounced = bounced.filter(agency__in=standing(scope.user).agencies(*office.LEADING))
    return Petition.objects.filter(prefixed(PLAIN, "case__"), Exists(bounced))


def _band(least: int, most: int | None) -> Callable[[Scope], QuerySet[Petition]]:
    return lambda scope: scope.open().filter(_of_age(scope, least, most))


def _reopening(scope: Scope, **more: Any) -> QuerySet[Petition]:
    return scope.cases().filter(Exists(Reopening.objects.filter(petition=OuterRef("pk"), **more)))


def _of(found: QuerySet[Petition], scope: Scope) -> QuerySet[Petition]:
    """The cases of a figure that lie in the scope."""
    return found.filter(pk__in=scope.cases().values("pk"))


@dataclass(frozen=True)
class Number:
    """A number of the page: its words and the cases it counts."""

    label: Any
    cases: Callable[[Scope], QuerySet[Petition]]
    bad: bool = False


NUMBERS: dict[str, Number] = {
    "open": Number(gettext_lazy("未結案件"), Scope.open),
    "held": Number(gettext_lazy("承辦中案件"), Scope.given),
    "held_overdue": Number(
        gettext_lazy("承辦中逾期"), lambda s: s.given().filter(_late(s)), bad=True
    ),
    "held_soon": Number(gettext_lazy("承辦中3日內到期"), lambda s: s.given().filter(_due_soon(s))),
    "overdue": Number(gettext_lazy("逾期未辦"), lambda s: s.open().filter(_late(s)), bad=True),
    "soon": Number(gettext_lazy("3日內到期"), lambda s: s.open().filter(_due_soon(s))),
    "danger": Number(gettext_lazy("未結的危險通報"), lambda s: s.open().filter(danger=True), bad=True),
    "unaccepted": Number(
        gettext_lazy("待受理"), lambda s: s.open().filter(case__stage=str(Stage.ASSIGNED))
    ),
    "drafts": Number(
        gettext_lazy("待核定的答復與不予處理"),
        lambda s: s.open().filter(
            approvers.records(s.user),
            case__stage__in=[str(Stage.DRAFT_REPLY), str(Stage.NO_ACTION_PROPOSED)],
        ),
    ),
    "extensions": Number(
        gettext_lazy("待核定的展延"),
        lambda s: s.open().filter(
            Exists(Extension.objects.filter(petition=OuterRef("pk"), approved=None))
        ),
    ),
    "reopenings": Number(
        gettext_lazy("待決定的重啟申請"),
        lambda s: s.cases().filter(Exists(Reopening.objects.filter(petition=OuterRef("pk"), granted=None))),
    ),
    "reopen_asked": Number(gettext_lazy("申請重啟"), lambda s: _reopening(s, **_in(s, "asked_at"))),
    "reopen_granted": Number(
        gettext_lazy("同意重啟"), lambda s: _reopening(s, granted=True, **_in(s, "decided_at"))
    ),
    "reopen_refused": Number(
        gettext_lazy("不同意重啟"), lambda s: _reopening(s, granted=False, **_in(s, "decided_at"))
    ),
    "returned": Number(gettext_lazy("退回改分"), _returned),
    "transferred": Number(
        gettext_lazy("移轉其他機關"), lambda s: s.cases().filter(transferred_on__range=(s.since, s.until))
    ),
    "disputed": Number(
        gettext_lazy("提報權責爭議"), lambda s: s.cases().filter(**_in(s, "disputed_at"))
    ),
    "received": Number(gettext_lazy("受理案件"), lambda s: s.cases().filter(**_in(s, "received_at"))),
    "closed": Number(gettext_lazy("結案案件"), lambda s: _of(figures.closed(s.period), s)),
    "closed_on_time": Number(
        gettext_lazy("結案且準時"), lambda s: _of(figures.closed_on_time(s.period), s)
    ),
    "fell_due": Number(gettext_lazy("期限屆至"), lambda s: _of(figures.fell_due(s.period), s)),
    "due_on_time": Number(
        gettext_lazy("期限屆至且準時"), lambda s: _of(figures.due_on_time(s.period), s)
    ),
    **{
        name: Number(label, _band(least, most))
        for name, least, most, label in BANDS
    },
}  # fmt: skip
NOW = ("open", "overdue", "soon", "unaccepted", "drafts", "extensions", "reopenings")
"""As it stands."""
FLOW = ("received", "closed", "returned", "transferred", "disputed")
"""What happened between the days."""


def numbers(scope: Scope, names: tuple[str, ...]) -> dict[str, int]:
    """Each number as the length of its own list."""
    return {name: NUMBERS[name].cases(scope).count() for name in names}


def bands(scope: Scope) -> dict[str, int]:
    """How many open cases are how old; one query."""
    counts: dict[str, int] = scope.open().aggregate(
        **{name: Count("pk", filter=_of_age(scope, least, most)) for name, least, most, _words in BANDS}
    )
    return counts


@dataclass(frozen=True)
class Load:
    """What one officer or unit has: ids and counts."""

    key: int
    name: str
    open: int
    overdue: int
    soon: int
    closed: int


def loads(scope: Scope, by: str) -> list[Load]:
    """By officer or by unit: what they have, what is late or soon due, what they closed; two queries."""
    rows, ended = scope.given(), NUMBERS["closed"].cases(scope)
    name = "case__officer"
    if by == "unit":
        rows, ended, name = rows.annotate(unit=UNIT), ended.annotate(unit=UNIT), "unit"
    late, soon = Count("pk", filter=_late(scope)), Count("pk", filter=_due_soon(scope))
    found = {
        key or 0: (many, overdue, due)
        for key, many, overdue, due in rows.order_by()
        .values_list(name)
        .annotate(many=Count("pk"), overdue=late, due=soon)
    }
    closed = {key or 0: many for key, many in ended.order_by().values_list(name).annotate(many=Count("pk"))}
    keys = {*found, *closed}
    names = _names(by, keys)
    loaded = [Load(key, names.get(key, ""), *found.get(key, (0, 0, 0)), closed.get(key, 0)) for key in keys]
    return sorted(loaded, key=lambda one: (-one.overdue, -one.open, one.name))


def _names(by: str, keys: set[int]) -> dict[int, str]:
    if by == "unit":
        rows = Unit.objects.filter(pk__in=keys).values_list("pk", "name")
        return {0: _("未列單位"), **dict(rows)}
    people = reference.people(keys - {0})
    found = {key: people[key].name for key in keys if key in people}
    held = Counter(found.values())
    alike = [key for key, name in found.items() if held[name] > 1]
    if alike:  # of one name: told apart by agency
        for user, agency in (
            Post.objects.filter(user__in=alike).order_by("valid_from", "pk").values_list("user", "agency")
        ):
            found[user] = _("%(name)s（%(agency)s）") % {
                "name": people[user].name,
                "agency": reference.agency_names().get(agency, ""),
            }
    return {0: _("尚未分派承辦人"), **found}


@dataclass(frozen=True)
class Hot:
    """What a district writes of most: so many cases of a category received between the days."""

    category: str
    district: str
    cases: int

    @property
    def words(self) -> str:
        place, matter = reference.districts().get(self.district), registers.categories().get(self.category)
        return f"{place.name if place else self.district} {matter or self.category}"

    def within(self, scope: Scope) -> Scope:
        """The scope narrowed to it."""
        return replace(scope, category=self.category, district=self.district)


def hottest(scope: Scope, most: int = 3) -> list[Hot]:
    """The pairs of category and district most cases were received of; one query."""
    rows = NUMBERS["received"].cases(scope).filter(category__isnull=False, case__district__isnull=False)
    pairs = rows.order_by().values_list("category", "case__district").annotate(cases=Count("pk"))
    return [Hot(*row) for row in pairs.order_by("-cases", "category", "case__district")[:most]]


# ── Who looks at what ───────────────────────────────────────────────────────────────────────────────


class RangeForm(forms.Form):
    """Between which days, and of which agency."""

    use_required_attribute = False
    since = RocDateField(label=gettext_lazy("自"), required=False)
    until = RocDateField(label=gettext_lazy("至"), required=False)
    agency = forms.ChoiceField(label=gettext_lazy("主辦機關"), required=False)

    def __init__(self, data: Any, user: Any) -> None:
        super().__init__(data)
        self.fields["agency"].choices = [("", _("全部")), *agencies_of(user)]  # type: ignore[attr-defined]  # a field of choices

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        since, until = given.get("since"), given.get("until")
        if since and until and since > until:
            self.add_error("until", _("迄日不能早於起日。"))
        return given


def agencies_of(user: Any) -> list[tuple[str, str]]:
    """The agencies the person may look at: the own ones, or those of the whole city."""
    known = reference.agencies()
    if whole_city(user):
        return [(one.code, one.name) for one in known.values()]
    own = standing(user).agencies(*office.LEADING)
    return [(one.code, one.name) for one in known.values() if one.pk in own]


def scope_of(request: HttpRequest, usual: tuple[date, date] | None = None) -> tuple[Scope, RangeForm]:
    """The scope an address asks for; what is wrong in it stands in the form, and the usual days hold."""
    user = request.user
    form = RangeForm(request.GET or None, user)
    given = form.cleaned_data if form.is_bound and form.is_valid() else {}
    now = timezone.now()
    until = given.get("until")
    if usual is not None and until is None and not given.get("since"):
        since, until = usual
    else:
        until = until or timezone.localtime(now).date()
        since = given.get("since") or until - USUAL
    by_code = {one.code: int(one.pk) for one in reference.agencies().values()}
    agency = by_code.get(given.get("agency") or "")
    officer, unit = _id(request, "officer"), _id(request, "unit")
    category, district = (request.GET.get(name, "")[:20] for name in ("category", "district"))
    return Scope(user, agency, min(since, until), until, now, officer, unit, category, district), form


def _id(request: HttpRequest, name: str) -> int | None:
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else None


def asked(scope: Scope, **more: Any) -> str:
    """The scope as the query of an address."""
    codes = {int(one.pk): one.code for one in reference.agencies().values()}
    told = {"since": scope.since.isoformat(), "until": scope.until.isoformat(), **more}
    if scope.agency is not None:
        told["agency"] = codes[scope.agency]
    narrowed = {"category": scope.category, "district": scope.district}
    return urlencode(told | {name: code for name, code in narrowed.items() if code})


def place(name: str, scope: Scope, **more: Any) -> str:
    """The list behind a number."""
    return f"{reverse('petitions:listed', args=[name])}?{asked(scope, **more)}"


# ── Pages ───────────────────────────────────────────────────────────────────────────────────────────


def share(part: int, whole: int) -> str:
    """Per cent with one digit, halves up; a dash where nothing could be on time."""
    return f"{half_up(Fraction(100 * part, whole), 1)}%" if whole else "—"


@login_required
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """The page of the manager; the commission and the overseers may choose an agency."""
    if not office.leads(request.user):
        raise PermissionDenied
    scope, form = scope_of(request)
    now, flow = numbers(scope, NOW), numbers(scope, FLOW)
    timely = numbers(scope, ("closed", "closed_on_time", "fell_due", "due_on_time"))
    ages = bands(scope)

    def tile(name: str, count: int) -> parts.Stat:
        one = NUMBERS[name]
        return parts.Stat(f"{count:,}", str(one.label), place(name, scope), "", one.bad and count > 0)

    context = {
        "lead": _("%(since)s至%(until)s") % {
            "since": format_date(scope.since), "until": format_date(scope.until)
        },
        "form": form if len(agencies_of(request.user)) > 1 or form.errors else _without_agency(form),
        "tiles": [tile(name, count) for name, count in now.items()],
        "flow": [tile(name, count) for name, count in flow.items()],
        "measures": [
            {
                "label": label, "rate": share(timely[part], timely[whole]), "words": words,
                "part": timely[part], "whole": timely[whole],
                "part_href": place(part, scope), "whole_href": place(whole, scope),
            }
            for label, words, part, whole in (
                (_("結案案件準時率"), _("結案者之中準時者；逾期未結的不在內"), "closed_on_time", "closed"),
                (_("期限屆至案件準時率"), _("期限屆至者之中準時者；逾期未結的算不準時"),
                 "due_on_time", "fell_due"),
            )
        ],
        "ages": [
            (str(label), ages[name], place(name, scope), name == "older" and ages[name] > 0)
            for name, _least, _most, label in BANDS
        ],
        "groups": [
            (title, [
                {"name": one.name, "cells": [
                    (one.open, place("held", scope, **{by: one.key}), False),
                    (one.overdue, place("held_overdue", scope, **{by: one.key}), one.overdue > 0),
                    (one.soon, place("held_soon", scope, **{by: one.key}), False),
                    (one.closed, place("closed", scope, **{by: one.key}), False),
                ]}
                for one in loads(scope, by)
            ])
            for by, title in (("unit", _("各單位")), ("officer", _("各承辦人")))
        ],
    }  # fmt: skip
    return office.page(request, "petitions/overview.html", _("辦理情形"), context)


def _without_agency(form: RangeForm) -> RangeForm:
    del form.fields["agency"]
    return form


HEADS = (
    gettext_lazy("案號"), gettext_lazy("案件"), gettext_lazy("階段"), gettext_lazy("主辦機關"),
    gettext_lazy("承辦人"), gettext_lazy("受理日"), gettext_lazy("期限"),
)  # fmt: skip


@login_required
@require_safe
def listed(request: HttpRequest, name: str) -> HttpResponseBase:
    """The cases behind a number, the oldest first; as a file with `?form=csv`."""
    if not office.leads(request.user):
        raise PermissionDenied
    number = NUMBERS.get(name)
    if number is None:
        raise Http404(_("沒有這個網頁。"))
    scope, _form = scope_of(request)
    rows = number.cases(scope).select_related("case").order_by("received_at", "pk")
    if form := request.GET.get("form", ""):
        told = urlencode({key: value for key, value in request.GET.items() if key != "form"})
        ledger.note("export", f"list:petitions.{name}", request.user, query=told, form=form)  # type: ignore[arg-type]  # signed in
        return export.given(form, str(number.label), [str(one) for one in HEADS], _cells(rows))
    return drawn_list(request, str(number.label), rows, scope)


def _cells(rows: QuerySet[Petition]) -> Any:
    known = reference.agencies()
    for one in rows.select_related("case__officer").iterator(chunk_size=2000):
        case = one.case
        line: list[Cell] = [
            case.number, case.title, process.stage_label(case.stage), known[case.agency_id].name,
            case.officer.name if case.officer else "", timezone.localtime(one.received_at).date(),
            timezone.localtime(case.due_at) if case.due_at else None,
        ]  # fmt: skip
        yield line


def drawn_list(
    request: HttpRequest, title: str, rows: QuerySet[Petition], scope: Scope, *,
    back: tuple[str, str] | None = None,
) -> HttpResponse:  # fmt: skip
    """A page of cases: how many there are in all, fifty at a time."""
    total = rows.count()
    start = _id(request, "from") or 0
    found = list(rows[start : start + PAGE])
    seen = _visible(request.user, found)
    people = reference.people({one.case.officer_id for one in found})
    today = timezone.localtime(scope.now).date()
    agencies = reference.agency_names()

    def at(place: int) -> str:
        query = request.GET.copy()
        query["from"] = str(place)
        return f"{request.path}?{query.urlencode()}"

    query = request.GET.copy()
    query.pop("from", None)
    narrowed = [
        str(one) for one in (
            registers.categories().get(scope.category), reference.districts().get(scope.district)
        ) if one
    ]  # fmt: skip
    context = {
        "lead": _("共%(n)s件") % {"n": f"{total:,}"} + "".join(f"{_('，')}{word}" for word in narrowed),
        "rows": [
            {
                "number": one.case.number,
                "title": one.case.title,
                "href": reverse("desk:case", args=[one.pk]) if one.pk in seen else "",
                "stage": stage_tag(one.case.kind, one.case.stage),
                "agency": agencies.get(one.case.agency_id, ""),
                "officer": people[one.case.officer_id].name if one.case.officer_id in people else "",
                "category": str(registers.categories().get(one.category_id or "") or ""),
                "received": format_date(timezone.localtime(one.received_at).date()),
                "due": None if one.case.closed_on else due_cell(one.case.due_at, scope.now, today),
            }
            for one in found
        ],
        "shown": _("第%(first)s–%(last)s件") % {"first": start + 1, "last": start + len(found)},
        "of": _("共%(n)s件") % {"n": f"{total:,}"},
        "before": at(max(start - PAGE, 0)) if start else "",
        "after": at(start + PAGE) if start + PAGE < total else "",
        "exports": [
            parts.Link(form.upper(), f"{request.path}?{_with(query, form)}") for form in export.TYPES
        ] if back is None else [],
    }  # fmt: skip
    way = back or (_("辦理情形"), f"{reverse('petitions:overview')}?{asked(scope)}")
    return office.page(request, "petitions/listed.html", title, context, crumbs=(parts.Link(*way),))


def _with(query: Any, form: str) -> str:
    told = query.copy()
    told["form"] = form
    return str(told.urlencode())


def _visible(user: Any, rows: list[Petition]) -> set[int]:
    """Which of the cases the person may open: an agency that sent a case back knows that it did, no more."""
    known = Petition.objects.filter(process.sees.records(user), pk__in=[one.pk for one in rows])
    return set(known.values_list("pk", flat=True))
