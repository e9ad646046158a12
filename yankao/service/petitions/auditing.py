"""案件分析與抽查 The month by category, agency and outcome; samples drawn by a kept seed, and what was found.

A sample is the population in the order of the SHA-256 of seed and case number, cut off: whoever has the seed
draws the same again, from the numbers kept with it. The score of the satisfaction survey never stands without
its response rate.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction
from hashlib import sha256
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Case, Count, F, Q, QuerySet, Value, When
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from yankao.desk import export, parts, reference
from yankao.desk.fields import RocDateField
from yankao.desk.jinja import format_date, format_time
from yankao.kernel.audit import ledger
from yankao.kernel.casework.duties import prefixed
from yankao.kernel.people.models import Agency, Role, User
from yankao.kernel.people.standing import standing
from yankao.kernel.roc import half_up
from yankao.kernel.sheets import Cell

from . import figures, notices, office, registers, workload
from .models import Audit, Disposition, Draw, Kind, Petition, Rating
from .process import COMMISSION, PLAIN, SEALED, process

MOST = 2000
OUTCOMES: dict[str, Any] = {
    **{str(one.value): one.label for one in Disposition},
    "no_action": gettext_lazy("不予處理"),
    "transferred": gettext_lazy("移轉"),
    "other": gettext_lazy("未分"),
}
OUTCOME = Case(
    When(no_action_on__isnull=False, then=Value("no_action")),
    When(transferred_on__isnull=False, then=Value("transferred")),
    When(disposition="", then=Value("other")),
    default=F("disposition"),
)
"""What became of a closed case, in one word."""


# ── The month ───────────────────────────────────────────────────────────────────────────────────────


def ended(scope: workload.Scope) -> QuerySet[Any]:
    """The cases that ended in the period and that the person may know of, with their outcome."""
    found = figures.closed(scope.period).filter(process.sees.records(scope.user))
    if scope.agency is not None:
        found = found.filter(case__agency=scope.agency)
    rows: QuerySet[Any] = found.annotate(outcome=OUTCOME)
    return rows


@dataclass
class Line:
    """A category at an agency: how many of each outcome."""

    category: str
    agency: int
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        return self.counts.total()


def analysed(scope: workload.Scope) -> list[Line]:
    """By category and agency, those with most first; one query."""
    lines: dict[tuple[str, int], Line] = {}
    told = ended(scope).order_by().values_list("category", "case__agency", "outcome").annotate(n=Count("pk"))
    for category, agency, outcome, n in told:
        key = (category or "", agency)
        lines.setdefault(key, Line(*key)).counts[outcome] += n
    return sorted(lines.values(), key=lambda one: (-one.total, one.category, one.agency))


def last_month(today: date) -> tuple[date, date]:
    """The month that is over."""
    last = today.replace(day=1) - timedelta(days=1)
    return last.replace(day=1), last


def _scope(request: HttpRequest) -> tuple[workload.Scope, workload.RangeForm]:
    """As the manager's; the month that is over when nobody says which days."""
    return workload.scope_of(request, last_month(timezone.localdate()))


def category_words(code: str) -> str:
    return str(registers.categories().get(code) or _("未分類"))


@login_required
@require_safe
def analysis(request: HttpRequest) -> HttpResponseBase:
    """The month that is over, or other days; every number opens its cases; as a file with `?form=ods`."""
    if not office.audits(request.user):
        raise PermissionDenied
    scope, form = _scope(request)
    lines = analysed(scope)
    used = [code for code in OUTCOMES if any(one.counts[code] for one in lines)]
    names = reference.agency_names()
    heads = [_("案件分類"), _("主辦機關"), *(str(OUTCOMES[code]) for code in used), _("合計")]
    if wanted := request.GET.get("form", ""):
        ledger.note("export", "petitions.analysis", request.user, query=workload.asked(scope), form=wanted)  # type: ignore[arg-type]  # signed in

        def cells() -> Iterator[list[Cell]]:
            for one in lines:
                counts: list[Cell] = [one.counts[code] for code in used]
                yield [category_words(one.category), names.get(one.agency, ""), *counts, one.total]

        return export.given(wanted, _("案件分析"), heads, cells())

    def place(**more: Any) -> str:
        return f"{reverse('petitions:analysed')}?{workload.asked(scope, **more)}"

    codes = {int(one.pk): one.code for one in reference.agencies().values()}
    total: Counter[str] = Counter()
    for one in lines:
        total += one.counts
    reopened = workload.numbers(scope, REOPENED)
    context = {
        "lead": _("%(since)s至%(until)s結案%(n)s件") % {
            "since": format_date(scope.since), "until": format_date(scope.until), "n": f"{total.total():,}"
        },
        "form": form,
        "heads": heads,
        "rows": [
            {
                "category": category_words(one.category), "agency": names.get(one.agency, ""),
                "cells": [
                    (one.counts[code],
                     place(category=one.category or "-", agency=codes[one.agency], outcome=code))
                    for code in used
                ],
                "total": (one.total, place(category=one.category or "-", agency=codes[one.agency])),
            }
            for one in lines
        ],
        "foot": [(total[code], place(outcome=code)) for code in used] + [(total.total(), place())],
        "reopened": [
            parts.Stat(f"{count:,}", str(workload.NUMBERS[name].label), workload.place(name, scope))
            for name, count in reopened.items()
        ],
        "exports": [
            parts.Link(kind.upper(), f"{request.path}?{workload.asked(scope, form=kind)}")
            for kind in export.TYPES
        ],
        "draws": reverse("petitions:draws"),
    }  # fmt: skip
    return office.page(request, "petitions/analysis.html", _("案件分析"), context)


REOPENED = ("reopen_asked", "reopen_granted", "reopen_refused")


@login_required
@require_safe
def analysed_list(request: HttpRequest) -> HttpResponse:
    """The cases behind a number of the analysis."""
    if not office.audits(request.user):
        raise PermissionDenied
    scope, _form = _scope(request)
    rows = ended(scope)
    words = []
    if category := request.GET.get("category", ""):
        rows = rows.filter(category=None if category == "-" else category)
        words.append(category_words(category))
    if (outcome := request.GET.get("outcome", "")) in OUTCOMES:
        rows = rows.filter(outcome=outcome)
        words.append(str(OUTCOMES[outcome]))
    title = _("、").join(words) or _("結案案件")
    back = (_("案件分析"), f"{reverse('petitions:analysis')}?{workload.asked(scope)}")
    found = rows.select_related("case").order_by("received_at", "pk")
    return workload.drawn_list(request, title, found, scope, back=back)


# ── Drawing ─────────────────────────────────────────────────────────────────────────────────────────


def may_draw(user: Any, purpose: str) -> bool:
    """The auditor and the heads of the commission draw audits; the commission draws the survey."""
    who = standing(user)
    if purpose == Draw.Purpose.AUDIT:
        return who.has(Role.AUDITOR, Role.RDEC_CHIEF, Role.RDEC_COMMISSIONER)
    return who.has(*COMMISSION)


def population(
    purpose: str, since: date, until: date, kind: str = "", agency: Agency | None = None,
    at: datetime | None = None,
) -> QuerySet[Petition]:  # fmt: skip
    """The answered cases that ended in these days. No sealed accusation; of the survey nobody who cannot be
    asked (anonymous, confidential), or by the moment of the draw was drawn or had rated of their own accord:
    who is drawn by it and answers later stays in its population.
    """
    at = at or timezone.now()
    found = Petition.objects.filter(
        ended_on__range=(since, until), replied_at__isnull=False, merged_into=None
    ).exclude(prefixed(SEALED, "case__"))
    if purpose == Draw.Purpose.SATISFACTION:
        found = found.filter(prefixed(PLAIN, "case__"), petitioner__isnull=False).filter(
            Q(rating=None)
            | Q(rating__draw__drawn_at__gte=at)
            | Q(rating__draw=None, rating__sampled_on=None, rating__rated_at__gte=at)
        )
    if kind:
        found = found.filter(kind=kind)
    return found.filter(case__agency=agency) if agency is not None else found


def again(one: Draw) -> list[str]:
    """The numbers that its seed draws from the population kept with it."""
    told = list(enumerate(one.among))
    return [one.among[place] for place in in_order(one.seed, told)[: one.wanted]]


def in_order(seed: str, numbers: list[tuple[int, str]]) -> list[int]:
    """The ids in the order of the draw."""
    return [pk for pk, _n in sorted(numbers, key=lambda one: sha256(f"{seed}:{one[1]}".encode()).digest())]


def draw(
    actor: User, purpose: str, *, seed: str, reason: str, since: date, until: date, wanted: int,
    kind: str = "", agency: Agency | None = None,
) -> Draw:  # fmt: skip
    """Draw a sample, once for each seed; the petitioners of a survey are told. Raises ValidationError, also
    where the seed was used for other cases.
    """
    if not may_draw(actor, purpose):
        raise PermissionDenied
    before = Draw.objects.filter(purpose=purpose, seed=seed).first()
    if before is not None:
        asked = (since, until, kind, agency.pk if agency else None)
        if asked != (before.since, before.until, before.kind, before.agency_id):
            raise ValidationError(
                {"seed": _("這個種子已用來抽過%(since)s至%(until)s結案的案件，請換一個種子。") % {
                    "since": format_date(before.since), "until": format_date(before.until)
                }}
            )  # fmt: skip
        return before
    now = timezone.now()
    with transaction.atomic():
        among = population(purpose, since, until, kind, agency, now).order_by("pk")
        told = list(among.values_list("pk", "case__number"))
        if not told:
            raise ValidationError(_("這段期間沒有可以抽的案件。"))
        chosen, numbers = in_order(seed, told)[:wanted], dict(told)
        made = Draw.objects.create(
            purpose=purpose, seed=seed, reason=reason.strip(), since=since, until=until, kind=kind,
            agency=agency, wanted=wanted, population=len(told), drawn=len(chosen), drawn_at=now,
            drawn_by=actor, among=list(numbers.values()), numbers=[numbers[pk] for pk in chosen],
        )  # fmt: skip
        if purpose == Draw.Purpose.AUDIT:
            Audit.objects.bulk_create([Audit(petition_id=pk, draw=made) for pk in chosen])
        else:
            day = timezone.localtime(now).date()
            Rating.objects.bulk_create([Rating(petition_id=pk, draw=made, sampled_on=day) for pk in chosen])
            rows = Petition.objects.filter(pk__in=chosen).select_related("case", "petitioner")
            for one in rows.order_by("pk"):
                notices.asked_to_rate(one)
        ledger.note(
            "petitions.draw", f"draw:{made.pk}", actor, purpose=purpose, seed=seed, reason=made.reason,
            since=since, until=until, population=len(told), drawn=len(chosen), numbers=made.numbers,
            among=sha256("\n".join(made.among).encode()).hexdigest(),
        )  # fmt: skip
    return made


class DrawForm(forms.Form):
    """From which cases, how many, by which seed and why."""

    use_required_attribute = False
    purpose = forms.ChoiceField(label=gettext_lazy("用途"), widget=forms.RadioSelect)
    since = RocDateField(label=gettext_lazy("結案日自"))
    until = RocDateField(label=gettext_lazy("結案日至"))
    kind = forms.ChoiceField(
        label=gettext_lazy("案件類別"), required=False, choices=[("", gettext_lazy("全部")), *Kind.choices]
    )
    agency = forms.ChoiceField(label=gettext_lazy("主辦機關"), required=False)
    wanted = forms.IntegerField(label=gettext_lazy("擬抽件數"), min_value=1, max_value=MOST, initial=30)
    reason = forms.CharField(label=gettext_lazy("抽樣理由"), max_length=200)
    seed = forms.CharField(
        label=gettext_lazy("抽樣種子"), max_length=80,
        help_text=gettext_lazy("可以改成公開產生的數字，例如當日開獎號碼；同一個種子抽出的案件永遠相同。"),
    )  # fmt: skip

    def __init__(self, data: Any, user: Any) -> None:
        first, last = last_month(timezone.localdate())
        usual = {"since": first, "until": last, "seed": secrets.token_hex(8)}
        super().__init__(data, initial=usual)
        chosen = [(str(one.value), one.label) for one in Draw.Purpose if may_draw(user, one)]
        self.fields["purpose"].choices = chosen  # type: ignore[attr-defined]  # a field of choices
        if len(chosen) == 1:
            self.fields["purpose"].initial = chosen[0][0]
        agencies = [(one.code, one.name) for one in reference.agencies().values()]
        self.fields["agency"].choices = [("", _("全部")), *agencies]  # type: ignore[attr-defined]  # a field of choices

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        since, until = given.get("since"), given.get("until")
        if since and until and since > until:
            self.add_error("until", _("迄日不能早於起日。"))
        return given


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def draws(request: HttpRequest) -> HttpResponse:
    """The samples so far, and the form of another."""
    user = request.user
    assert isinstance(user, User)
    if not office.audits(user):
        raise PermissionDenied
    may = any(may_draw(user, one) for one in Draw.Purpose)
    form = DrawForm(request.POST or None, user) if may else None
    status = 200
    if request.method == "POST":
        if form is None:
            raise PermissionDenied
        if form.is_valid():
            given = dict(form.cleaned_data)
            code = given.pop("agency")
            given["agency"] = Agency.objects.filter(code=code).order_by("pk").last() if code else None
            try:
                made = draw(user, given.pop("purpose"), **given)
            except ValidationError as fault:
                form.add_error(None, fault)
            else:
                words = _("母體%(all)s件，抽出%(n)s件。") % {"all": made.population, "n": made.drawn}
                messages.success(request, words)
                return HttpResponseRedirect(reverse("petitions:draw", args=[made.pk]))
        status = 422
    rows = (
        Draw.objects.select_related("drawn_by", "agency")
        .defer("among", "numbers")
        .annotate(
            answers=Count("ratings", filter=Q(ratings__rated_at__isnull=False), distinct=True),
            checked=Count("audits", filter=Q(audits__checked_on__isnull=False), distinct=True),
        )
    )
    context = {
        "rows": [
            {
                "href": reverse("petitions:draw", args=[one.pk]),
                "purpose": str(one.get_purpose_display()),
                "when": format_time(one.drawn_at),
                "who": str(one.drawn_by or ""),
                "days": _("%(since)s至%(until)s") % {
                    "since": format_date(one.since), "until": format_date(one.until)
                },
                "drawn": one.drawn, "population": one.population,
                "done": one.checked if one.purpose == Draw.Purpose.AUDIT else one.answers,
            }
            for one in rows[:100]
        ],
        "form": form,
    }  # fmt: skip
    crumbs = (parts.Link(_("案件分析"), reverse("petitions:analysis")),)
    return office.page(request, "petitions/draws.html", _("抽樣"), context, status=status, crumbs=crumbs)


def _verdict(value: bool | None) -> str:
    return {True: _("是"), False: _("否"), None: "—"}[value]


@dataclass(frozen=True)
class Survey:
    """What came back: the rate stands with the score, and the distribution with both."""

    drawn: int
    answers: int
    scores: tuple[tuple[int, int], ...]
    own: int
    """Rated of their own accord in the same days; in no score here."""

    @property
    def rate(self) -> str:
        return f"{half_up(Fraction(100 * self.answers, self.drawn), 1)}%" if self.drawn else "—"

    @property
    def mean(self) -> str:
        if not self.answers:
            return "—"
        return str(half_up(Fraction(sum(score * n for score, n in self.scores), self.answers), 2))


def survey(one: Draw) -> Survey:
    """Of a draw: how many were asked, answered, and how; two queries."""
    told = dict(
        one.ratings.filter(rated_at__isnull=False).order_by().values_list("score").annotate(n=Count("pk"))
    )
    own = Rating.objects.filter(
        sampled_on=None, rated_at__isnull=False, petition__ended_on__range=(one.since, one.until)
    ).count()
    scores = tuple((score, told.get(score, 0)) for score in reversed(Rating.SCORES))
    return Survey(one.drawn, sum(told.values()), scores, own)


@login_required
@require_safe
def show_draw(request: HttpRequest, pk: int) -> HttpResponseBase:
    """A sample: how it was drawn; the audits with what was found, or the survey with its response rate. Who
    may draw has its population as a file with `?form=csv`, to draw it again.
    """
    if not office.audits(request.user):
        raise PermissionDenied
    one = get_object_or_404(Draw.objects.select_related("drawn_by", "agency"), pk=pk)
    mine = may_draw(request.user, one.purpose)
    if wanted := request.GET.get("form", ""):
        if not mine:
            raise PermissionDenied
        person: Any = request.user  # signed in, or the view would not have been reached
        ledger.note("export", f"draw:{one.pk}", person, form=wanted)
        chosen = set(one.numbers)

        def cells() -> Iterator[list[Cell]]:
            for number in one.among:
                mark = sha256(f"{one.seed}:{number}".encode()).hexdigest()
                yield [number, mark, _verdict(number in chosen)]

        return export.given(wanted, _("母體"), [_("案號"), "SHA-256", _("抽出")], cells())
    facts = [
        parts.Fact(_("用途"), str(one.get_purpose_display())),
        parts.Fact(_("抽樣理由"), one.reason),
        parts.Fact(_("抽樣種子"), one.seed),
        parts.Fact(_("母體"), _("%(since)s至%(until)s結案並已答復，%(kind)s，%(agency)s，共%(n)s件") % {
            "since": format_date(one.since), "until": format_date(one.until),
            "kind": one.get_kind_display() or _("各類別"),
            "agency": reference.agency_names().get(one.agency_id or 0, _("各機關")), "n": one.population,
        }),
        parts.Fact(_("抽出件數"), str(one.drawn)),
        parts.Fact(_("抽樣人"), f"{one.drawn_by or ''} {format_time(one.drawn_at)}".strip()),
    ]  # fmt: skip
    context: dict[str, Any] = {
        "facts": facts, "audits": None, "survey": None, "numbers": _("、").join(one.numbers),
        "exports": [
            parts.Link(kind.upper(), f"{request.path}?form={kind}") for kind in export.TYPES
        ] if mine and one.among else [],
        "draw": one, "cases": reverse("petitions:sample", args=[one.pk]),
        "agrees": not one.among or again(one) == one.numbers,
    }  # fmt: skip
    if one.purpose == Draw.Purpose.AUDIT:
        rows = list(one.audits.select_related("petition__case", "checked_by"))
        may = standing(request.user).has(Role.AUDITOR, Role.RDEC_CHIEF, Role.RDEC_COMMISSIONER)
        context["audits"] = [
            {
                "number": row.petition.case.number,
                "title": row.petition.case.title,
                "href": reverse("desk:case", args=[row.petition_id]),
                "verdicts": [_verdict(value) for value in (row.answered, row.founded, row.clear)],
                "finding": row.finding,
                "checked": f"{format_date(row.checked_on)} {row.checked_by}" if row.checked_on else "",
                "check": reverse("petitions:audit", args=[row.pk]) if may else "",
            }
            for row in rows
        ]
        context["lead"] = _("已抽查%(n)s件，共%(all)s件") % {
            "n": sum(row.checked_on is not None for row in rows),
            "all": len(rows),
        }
    else:
        found = survey(one)
        context["survey"] = found
        context["lead"] = _("填答率%(rate)s（%(n)s／%(all)s），平均%(mean)s分") % {
            "rate": found.rate,
            "n": found.answers,
            "all": found.drawn,
            "mean": found.mean,
        }
    crumbs = (parts.Link(_("抽樣"), reverse("petitions:draws")),)
    title = f"{one.get_purpose_display()} {format_date(timezone.localtime(one.drawn_at).date())}"
    return office.page(request, "petitions/draw.html", title, context, crumbs=crumbs)


# ── Findings ────────────────────────────────────────────────────────────────────────────────────────

YES_NO = [("yes", gettext_lazy("是")), ("no", gettext_lazy("否"))]


class FindingForm(forms.Form):
    """Three questions and what there is to say."""

    use_required_attribute = False
    answered = forms.ChoiceField(label=gettext_lazy("逐點答復"), choices=YES_NO, widget=forms.RadioSelect)
    founded = forms.ChoiceField(label=gettext_lazy("引用依據正確"), choices=YES_NO, widget=forms.RadioSelect)
    clear = forms.ChoiceField(label=gettext_lazy("用語清楚親切"), choices=YES_NO, widget=forms.RadioSelect)
    finding = forms.CharField(
        label=gettext_lazy("抽查意見"), max_length=2000, required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        if "no" in given.values() and not given.get("finding", "").strip():
            self.add_error("finding", _("有不符的，請說明哪裡不符。"))
        return given


def record(actor: User, audit: Audit, given: dict[str, Any]) -> None:
    """Keep what was found; a later finding takes its place, and the ledger keeps both."""
    told = {name: given[name] == "yes" for name in ("answered", "founded", "clear")}
    with transaction.atomic():
        row = Audit.objects.select_for_update().get(pk=audit.pk)
        for name, value in told.items():
            setattr(row, name, value)
        row.finding = given["finding"].strip()
        row.checked_on, row.checked_by = timezone.localdate(), actor
        row.full_clean(exclude=["petition", "draw", "checked_by"])
        row.save()
        # The finding may quote a citizen: the ledger holds its digest.
        ledger.note(
            "petitions.audit", f"case:{row.petition_id}", actor, draw=row.draw_id, **told,
            finding=ledger.by_digest(row.finding),
        )  # fmt: skip


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def audit(request: HttpRequest, pk: int) -> HttpResponse:
    """One case of a sample: the reply beside the three questions."""
    user = request.user
    assert isinstance(user, User)
    if not may_draw(user, Draw.Purpose.AUDIT):
        raise PermissionDenied
    row = (
        Audit.objects.filter(petition__in=Petition.objects.filter(process.sees.records(user)), pk=pk)
        .select_related("petition__case", "draw")
        .first()
    )
    if row is None:
        raise Http404(_("沒有這個案件，或您不能查看。"))
    told = {True: "yes", False: "no", None: ""}
    usual = {
        "answered": told[row.answered], "founded": told[row.founded], "clear": told[row.clear],
        "finding": row.finding,
    }  # fmt: skip
    form = FindingForm(request.POST or None, initial=usual)
    back = reverse("petitions:draw", args=[row.draw_id])
    status = 200
    if request.method == "POST":
        if form.is_valid():
            record(user, row, form.cleaned_data)
            number = row.petition.case.number
            messages.success(request, _("已登錄%(number)s的抽查結果。") % {"number": number})
            return HttpResponseRedirect(back)
        status = 422
    reply = row.petition.replies.filter(sent_at__isnull=False).order_by("-number").first()
    context = {
        "lead": f"{row.petition.case.number} {row.petition.case.title}",
        "content": row.petition.content,
        "reply": reply,
        "case": reverse("desk:case", args=[row.petition_id]),
        "form": form,
        "back": back,
    }
    crumbs = (parts.Link(_("抽樣"), reverse("petitions:draws")), parts.Link(str(row.draw), back))
    return office.page(request, "petitions/audit.html", _("案件抽查"), context, status=status, crumbs=crumbs)
