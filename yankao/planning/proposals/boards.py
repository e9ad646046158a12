"""先期作業看板 Ceilings tried out, the map, what is alike, meetings, trainings, and the files that go out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Count, Q, QuerySet, Sum
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from yankao.desk import charts, nav, parts
from yankao.desk.fields import MoneyField, RocDateField
from yankao.desk.jinja import format_date, format_money, format_number
from yankao.desk.pages import render_page
from yankao.kernel.casework.docket import Case
from yankao.kernel.casework.duties import RDEC
from yankao.kernel.casework.process import Refused
from yankao.kernel.letters.issuing import refusal
from yankao.kernel.money.ceilings import in_force
from yankao.kernel.money.models import Source
from yankao.kernel.people.agencies import agencies_on
from yankao.kernel.people.geography import outlines
from yankao.kernel.people.models import Agency, District, Role
from yankao.kernel.people.standing import standing
from yankao.kernel.sheets import write_csv, write_ods

from . import calling, deciding, letters, overlap, rules
from .budget import PURPOSE
from .models import Allowed, Cost, Kind, Meeting, Proposal, Result, Round, Training
from .process import Stage, process

TYPES = {"csv": "text/csv; charset=utf-8", "ods": "application/vnd.oasis.opendocument.spreadsheet"}
PAIRS_SHOWN = 200
type Post = tuple[str, forms.Form, str]


def seen(user: Any) -> QuerySet[Proposal]:
    """The proposals this person may know of."""
    return Proposal.objects.filter(case__in=Case.objects.filter(process.visible(user)))


def oversees(user: Any) -> bool:
    """Those who see every agency's proposals: the ranking tells of all of them."""
    return standing(user).has(*RDEC, Role.MAYOR, Role.AUDITOR)


def years_known() -> list[int]:
    """Years with proposals, the newest first."""
    return list(Proposal.objects.order_by("-year").values_list("year", flat=True).distinct())


def _page(
    request: HttpRequest, template: str, title: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    listed = reverse("desk:list", args=[process.kind])
    crumbs = [
        parts.Link(_("首頁"), reverse("desk:home")),
        parts.Link(str(Proposal._meta.verbose_name), listed),
        parts.Link(title, ""),
    ]
    return render_page(
        request,
        template,
        {**nav.frame(request), "heading": title, "crumbs": crumbs, **context},
        status=status,
    )


class YearForm(forms.Form):
    """Which plan year a page is about."""

    use_required_attribute = False
    year = forms.TypedChoiceField(label=gettext_lazy("計畫年度"), coerce=int)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["year"]
        field.choices = [(year, str(year)) for year in years_known()]


def year_asked(request: HttpRequest) -> int:
    """The year asked for, else the newest with proposals, else the year after this one."""
    known = years_known()
    asked = request.GET.get("year", "")
    if asked.isascii() and asked.isdigit() and int(asked) in known:
        return int(asked)
    return known[0] if known else timezone.localdate().year - 1911 + 1


def _tried(
    request: HttpRequest, forms_of: dict[str, tuple[Any, Any, Callable[[Any, dict[str, Any]], str]]]
) -> tuple[list[Post], HttpResponseBase | None, int]:
    """Forms of a page that post to it: bound where one was sent, its result or its faults."""
    act = request.POST.get("act", "")
    posts: list[Post] = []
    status = 200
    for name, (made, label, carry_out) in forms_of.items():
        form = made(request.POST if name == act else None, prefix=name)
        if name == act:
            if form.is_valid():
                try:
                    messages.success(request, carry_out(request.user, dict(form.cleaned_data)))
                    return [], HttpResponseRedirect(request.get_full_path()), 302
                except Refused as refused:
                    form.add_error(None, str(refused))
                except ValidationError as error:
                    form.add_error(None, error.messages)
            status = 422
        posts.append((name, form, str(label)))
    return posts, None, status


# ── What-if under ceilings ──────────────────────────────────────────────────────────────────────────


class CeilingForm(YearForm):
    """Ceilings to be tried; a source left empty has the ceiling in force."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for source in Source:
            self.fields[source.value] = MoneyField(label=source.label, required=False)
        self.fields["fill"] = forms.BooleanField(required=False, label=_("截線之後，以餘額遞補"))


class KeepForm(forms.Form):
    """Keep the ceilings on the screen as those in force from a day."""

    use_required_attribute = False
    since = RocDateField(label=gettext_lazy("起日"))
    basis = forms.CharField(max_length=200, label=gettext_lazy("依據"))


class DecideForm(forms.Form):
    """Decide the whole year as it stands on the screen."""

    use_required_attribute = False
    reason = forms.CharField(max_length=200, label=gettext_lazy("核定依據"))
    digest = forms.CharField(widget=forms.HiddenInput)


RULE = gettext_lazy(
    "截線：依評分排序（同分先看施政契合度，再看機關排序）逐案累計各來源的計畫年度經費，落選者也計入；"
    "每一來源累計未超過額度者列入，所以任何來源都不會超過額度，提高額度也不會使任何計畫落選。"
    "遞補：截線之後，餘額依序給所需各來源都放得下的計畫。"
)
TAGS = {"cut": "green", "fill": "blue", "over": "red", "held": ""}
HOW = {
    "cut": gettext_lazy("列入"),
    "fill": gettext_lazy("遞補列入"),
    "over": gettext_lazy("落選"),
    "held": gettext_lazy("不排序"),
}


def _limits(form: CeilingForm, year: int) -> dict[Source, Decimal]:
    """The ceilings to try: those typed, else those in force."""
    now = in_force(PURPOSE, year, timezone.localdate())
    given = form.cleaned_data if form.is_valid() else {}
    return {
        source: Decimal(given[source.value])
        if given.get(source.value) is not None
        else now.get(source, Decimal(0))
        for source in Source
    }


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def simulate_ceilings(request: HttpRequest) -> HttpResponseBase:
    """額度試算 Choose ceilings; see who falls in or out, lines and ties; keep them; decide the year."""
    if not oversees(request.user):
        raise PermissionDenied(_("額度試算列出全部機關的計畫，限研考會、市長與審計人員。"))
    year = year_asked(request)
    asked = {"year": year, **request.GET.dict()} if request.GET else None
    form = CeilingForm(asked, initial={"year": year})
    if asked is None:
        now = in_force(PURPOSE, year, timezone.localdate())
        form = CeilingForm(initial={"year": year, **{s.value: now.get(s, Decimal(0)) for s in Source}})
    limits, fill = _limits(form, year), bool(form.is_bound and form.is_valid() and form.cleaned_data["fill"])
    outcome = deciding.simulate(year, limits, fill=fill)
    posts, done, status = _tried(request, _posts(request, year, limits, fill, outcome))
    if done is not None:
        return done
    context = {
        "form": form,
        "rule": RULE,
        "posts": posts,
        "sums": _sums(outcome) if outcome.placed else [],
        "tiles": _tiles(outcome, year, request),
        "rows": _rows(outcome),
        "columns": _columns(),
    }
    return _page(request, "proposals/simulate.html", _("額度試算"), context,
                 422 if form.is_bound and not form.is_valid() else status)  # fmt: skip


def _posts(
    request: HttpRequest, year: int, limits: dict[Source, Decimal], fill: bool, outcome: Any
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if standing(request.user).has(*RDEC):

        def keep(actor: Any, given: dict[str, Any]) -> str:
            n = deciding.set_ceilings(actor, year, limits, **given)
            return _("已設定%s個來源的額度。") % n

        found["keep"] = (KeepForm, gettext_lazy("以上列額度為正式額度"), keep)
    in_line = limits == {s: in_force(PURPOSE, year, timezone.localdate()).get(s, Decimal(0)) for s in Source}
    if deciding.may_decide(request.user) and in_line and _waiting(year):

        def decide(actor: Any, given: dict[str, Any]) -> str:
            inside, outside = deciding.decide_year(actor, year, fill=fill, **given)
            return _("已核定：列入%(inside)s案，未列入%(outside)s案。") % {
                "inside": inside,
                "outside": outside,
            }

        def made(data: Any = None, prefix: str = "") -> DecideForm:
            return DecideForm(data, prefix=prefix, initial={"digest": deciding.digest_of(outcome)})

        found["decide"] = (made, gettext_lazy("依此核定全年度"), decide)
    return found


def _waiting(year: int) -> bool:
    return Proposal.objects.filter(year=year, case__stage__in=deciding.WAITING, central=False).exists()


def _sums(outcome: Any) -> list[tuple[str, ...]]:
    return [
        (
            str(source.label),
            f"{outcome.ceilings[source]:,}",
            f"{outcome.asked[source]:,}",
            f"{outcome.granted[source]:,}",
            f"{outcome.left[source]:,}",
            _("排序%s起超過") % outcome.lines[source] if outcome.lines[source] else _("未超過"),
        )
        for source in Source
        if outcome.asked[source] or outcome.ceilings[source]
    ]


def _tiles(outcome: Any, year: int, request: HttpRequest) -> list[parts.Stat]:
    listed = f"{reverse('desk:list', args=[process.kind])}?year={year}"
    counts = {how: sum(one.how == how for one in outcome.placed) for how in HOW}
    ties = sum(one.split_tie for one in outcome.placed)
    tiles = [parts.Stat(str(counts[how]), str(HOW[how]), listed) for how in HOW if counts[how]]
    if ties:
        tiles.append(parts.Stat(str(ties), _("同分而去留不同"), listed, bad=True))
    query = request.GET.urlencode() or f"year={year}"
    for form in TYPES:
        tiles.append(
            parts.Stat(form.upper(), _("優先順序表"), f"{reverse('proposals:ranking', args=[form])}?{query}")
        )
    if Proposal.objects.filter(year=year, decision__in=(Result.KEEP, Result.CUT)).exists():
        for form in TYPES:
            address = f"{reverse('proposals:budget', args=[form])}?year={year}"
            tiles.append(parts.Stat(form.upper(), _("預算檔"), address))
    return tiles


def _columns() -> list[parts.Column]:
    return [
        parts.Column(_("排序"), "number"),
        parts.Column(_("計畫"), "subject"),
        parts.Column(_("去留"), "tag"),
        parts.Column(_("評分"), "number"),
        parts.Column(_("計畫年度經費"), "number"),
    ]


def _rows(outcome: Any) -> list[parts.Group]:
    """Everybody in the order of the ranking, each with why in words under its title."""
    told = deciding.justify(outcome)
    rows = []
    for one in outcome.placed:
        entry = one.entry
        why = [deciding.explain(one, outcome)]
        if entry.key in told:
            why.append(told[entry.key])
        if one.tied > 1:
            why.append(
                _("與另%s案同分，去留不同。") % (one.tied - 1)
                if one.split_tie
                else _("與另%s案同分。") % (one.tied - 1)
            )
        cells = (
            "" if one.how == "held" else str(one.rank),
            entry.label,
            parts.Tag(str(HOW[one.how]), TAGS[one.how]),
            "" if entry.score is None else format_number(entry.score),
            f"{sum(entry.needs.values(), Decimal(0)):,}",
        )
        href = reverse("desk:case", args=[entry.key])
        rows.append(parts.Row(str(entry.key), href, cells, meta=why))
    return [parts.Group("", rows)]


def _file(form: str, name: str, header: list[str], rows: Iterable[list[Any]], title: str) -> HttpResponse:
    data = b"".join(write_csv(header, rows)) if form == "csv" else write_ods(header, rows, title=title)
    response = HttpResponse(data, content_type=TYPES[form])
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.{form}"'
    response.headers["Cache-Control"] = "private, no-store"
    return response


@login_required
@require_safe
def ranking_file(request: HttpRequest, form: str) -> HttpResponseBase:
    """優先順序表 (L05) What the simulator shows, as a table with the sentence of each."""
    if not oversees(request.user):
        raise PermissionDenied(_("額度試算列出全部機關的計畫，限研考會、市長與審計人員。"))
    year = year_asked(request)
    asked = CeilingForm({"year": year, **request.GET.dict()})
    fill = bool(asked.is_valid() and asked.cleaned_data["fill"])
    outcome = deciding.simulate(year, _limits(asked, year), fill=fill)
    known = {one.pk: one for one in Proposal.objects.filter(year=year).select_related("case__agency")}
    told = deciding.justify(outcome)
    header = [
        _("排序"), _("案號"), _("計畫名稱"), _("主辦機關"), _("計畫類別"), _("機關排序"), _("評分"),
        *(str(source.label) for source in Source), _("計畫年度合計"), _("去留"), _("說明"),
    ]  # fmt: skip
    rows = []
    for one in outcome.placed:
        proposal = known[one.entry.key]
        needs = [one.entry.needs.get(source, Decimal(0)) for source in Source]
        rows.append(
            [
                "" if one.how == "held" else one.rank, proposal.case.number, proposal.case.title,
                str(proposal.case.agency), str(Kind(proposal.kind).label), proposal.agency_rank or "",
                "" if one.entry.score is None else one.entry.score, *needs, sum(needs, Decimal(0)),
                str(HOW[one.how]), f"{deciding.explain(one, outcome)} {told.get(proposal.pk, '')}".strip(),
            ]
        )  # fmt: skip
    return _file(form, f"ranking-{year}", header, rows, _("優先順序表"))


@login_required
@require_safe
def budget_file(request: HttpRequest, form: str) -> HttpResponseBase:
    """預算檔 What goes to the budget office: every decided plan by year and source, in exact 元."""
    if not oversees(request.user):
        raise PermissionDenied(_("預算檔列出全部機關的計畫，限研考會、市長與審計人員。"))
    year = year_asked(request)
    decided = Proposal.objects.filter(year=year).filter(
        Q(decision__in=(Result.KEEP, Result.CUT)) | Q(case__stage__in=(Stage.APPROVED, Stage.IN_BUDGET))
    )
    known = {one.pk: one for one in decided.select_related("case__agency").order_by("rank", "pk")}
    table: dict[tuple[int, int], dict[str, Decimal]] = {}
    for model, cut in ((Cost, False), (Allowed, True)):
        lines: Any = model.objects.standing().filter(
            proposal__in=decided.filter(allowed_total__isnull=not cut).order_by().values("pk")
        )
        for pk, of, source, amount in lines.values_list("proposal_id", "year", "source", "amount"):
            table.setdefault((pk, of), {})[source] = amount
    header = [
        _("優先順序"), _("案號"), _("機關代碼"), _("主辦機關"), _("計畫名稱"), _("計畫類別"), _("核定結果"),
        _("經費年度"), *(str(source.label) for source in Source), _("年度合計"),
    ]  # fmt: skip
    rows = []
    for pk, proposal in known.items():
        for (key, of), found in sorted(table.items()):
            if key == pk:
                amounts = [found.get(source.value, Decimal(0)) for source in Source]
                rows.append(
                    [
                        proposal.rank or "", proposal.case.number, proposal.case.agency.code,
                        str(proposal.case.agency), proposal.case.title, str(Kind(proposal.kind).label),
                        str(Result(proposal.decision).label) if proposal.decision else "", of, *amounts,
                        sum(amounts, Decimal(0)),
                    ]
                )  # fmt: skip
    return _file(form, f"budget-{year}", header, rows, _("預算檔"))


# ── The map and what is alike ───────────────────────────────────────────────────────────────────────


@login_required
@require_safe
def show_map(request: HttpRequest) -> HttpResponseBase:
    """計畫分布圖 Districts shaded by what is asked for them, a point for each proposal with a place."""
    year = year_asked(request)
    mine = seen(request.user).filter(year=year, withdrawn_on=None)
    sums = {
        code: (n, total or Decimal(0))
        for code, n, total in mine.exclude(case__district=None)
        .order_by()
        .values_list("case__district")
        .annotate(n=Count("pk"), total=Sum("total"))
    }
    english = get_language() == "en"
    name = "name_en" if english else "name"
    features = [(one["properties"][name], one["geometry"]) for one in outlines()["features"]]
    districts = {one.code: one for one in District.objects.filter(code__in=sums)}
    values = {
        getattr(districts[code], name) or districts[code].name: round(total / 10**8, 2)
        for code, (_n, total) in sums.items()
    }
    noticed = {key for told in _warnings(mine, year) for key in (told.one, told.other)}
    placed = list(
        mine.exclude(longitude=None)
        .order_by("case__number")
        .values_list("pk", "case__number", "case__title", "longitude", "latitude")
    )
    points = [charts.Spot(title, x or 0, y or 0, pk in noticed) for pk, _n, title, x, y in placed]
    sentence = _("%(year)s年度各行政區總經費需求（億元），%(n)s個計畫地點；紅點為需留意重複或分割者") % {
        "year": year,
        "n": len(points),
    }
    form = YearForm(initial={"year": year})
    context = {
        "form": form,
        "lead": sentence,
        "places": [
            {
                "title": f"{number} {title}",
                "href": reverse("desk:case", args=[pk]),
                "noticed": pk in noticed,
            }
            for pk, number, title, _x, _y in placed
        ],
        "picture": charts.choropleth(features, values, sentence=sentence, unit=_("億"), points=points),
        "rows": [
            (str(getattr(districts[code], name) or districts[code]), str(n), format_money(total))
            for code, (n, total) in sorted(sums.items(), key=lambda row: -row[1][1])
        ],
    }
    return _page(request, "proposals/map.html", _("計畫分布圖"), context)


def plans_of(proposals: QuerySet[Proposal]) -> list[overlap.Plan]:
    """What is compared of each. One query."""
    day = timezone.localdate()
    near = rules.NEAR.at(day)
    found = []
    for row in proposals.values_list(
        "pk", "case__title", "case__agency_id", "year", "longitude", "latitude", "total", "kind", "continuing"
    ):
        pk, title, agency, year, longitude, latitude, total, kind, continuing = row
        floor = rules.size_floor(kind, continuing, day)
        amount = Decimal(total or 0)
        just_under = floor * near / 100 <= amount < floor
        place = None if longitude is None or latitude is None else (float(longitude), float(latitude))
        found.append(overlap.plan(pk, title, agency, year, place, amount, just_under))
    return found


def _warnings(mine: QuerySet[Proposal], year: int) -> list[overlap.Warning]:
    day = timezone.localdate()
    back = rules.LOOK_BACK.at(day)
    before = Proposal.objects.filter(year__gte=year - back, year__lt=year, withdrawn_on=None)
    return overlap.warnings(
        plans_of(mine), plans_of(before.filter(pk__in=_seen_keys(mine, before))),
        least=rules.ALIKE.at(day), within=rules.CLOSE_BY.at(day), years=back,
    )  # fmt: skip


def _seen_keys(mine: QuerySet[Proposal], before: QuerySet[Proposal]) -> Any:
    """Earlier proposals of the agencies that have one this year: splitting is looked for there."""
    agencies = mine.order_by().values("case__agency")
    return before.filter(case__agency__in=agencies).order_by().values("pk")


def closest(proposal: Proposal, user: Any) -> list[tuple[overlap.Warning, Proposal]]:
    """Warnings about one proposal with the others, so far as the person may see them; the first five."""
    kept: list[tuple[overlap.Warning, Proposal]] | None = getattr(proposal, "_closest", None)
    if kept is not None:
        return kept
    day = timezone.localdate()
    back = rules.LOOK_BACK.at(day)
    others = seen(user).filter(year__range=(proposal.year - back, proposal.year + back), withdrawn_on=None)
    own = plans_of(Proposal.objects.filter(pk=proposal.pk))
    told = overlap.warnings(
        own, plans_of(others.exclude(pk=proposal.pk)),
        least=rules.ALIKE.at(day), within=rules.CLOSE_BY.at(day), years=back,
    )[:5]  # fmt: skip
    rows = Proposal.objects.select_related("case").in_bulk([one.other for one in told])
    kept = [(one, rows[one.other]) for one in told]
    proposal._closest = kept  # type: ignore[attr-defined]
    return kept


def alike_words(told: overlap.Warning) -> list[str]:
    """The reasons of a warning."""
    words = [_("案名相似%s%%") % told.alike]
    if told.metres is not None:
        words.append(_("相距%s公尺") % f"{told.metres:,}")
    if told.same_agency:
        words.append(_("同一機關"))
    if told.split:
        words.append(_("經費均略低於門檻"))
    return words


@login_required
@require_safe
def show_overlap(request: HttpRequest) -> HttpResponseBase:
    """重複與分割 Every pair of a year that may be the same work, or one plan cut in pieces."""
    year = year_asked(request)
    told = _warnings(seen(request.user).filter(year=year, withdrawn_on=None), year)[:PAIRS_SHOWN]
    keys = {key for one in told for key in (one.one, one.other)}
    known = seen(request.user).select_related("case").in_bulk(keys)
    pairs = [
        {
            "one": str(known[one.one].case),
            "one_href": reverse("desk:case", args=[one.one]),
            "other": str(known[one.other].case),
            "other_href": reverse("desk:case", args=[one.other]),
            "split": one.split,
            "why": alike_words(one),
        }
        for one in told
        if one.one in known and one.other in known
    ]
    day = timezone.localdate()
    rule = _(
        "同一機關案名相似%(alike)s%%以上，或地點相距%(metres)s公尺內者列出；同一機關、%(years)s年內、經費均達門檻"
        "%(near)s%%而未達門檻者，標為疑似分割。只是提醒，由審查委員判斷。"
    ) % {
        "alike": rules.ALIKE.at(day),
        "metres": rules.CLOSE_BY.at(day),
        "years": rules.LOOK_BACK.at(day),
        "near": rules.NEAR.at(day),
    }
    context = {
        "form": YearForm(initial={"year": year}),
        "pairs": pairs,
        "rule": rule,
        "lead": _("%s組計畫需留意") % len(pairs),
    }
    return _page(request, "proposals/overlap.html", _("重複與分割"), context)


# ── Meetings and trainings ──────────────────────────────────────────────────────────────────────────


class CallForm(forms.Form):
    """A new meeting."""

    use_required_attribute = False
    round = forms.ChoiceField(choices=Round.choices, label=gettext_lazy("會議別"), widget=forms.RadioSelect)
    title = forms.CharField(max_length=120, label=gettext_lazy("名稱"))
    held_on = RocDateField(label=gettext_lazy("日期"))
    place = forms.CharField(max_length=80, required=False, label=gettext_lazy("地點"))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def show_meetings(request: HttpRequest) -> HttpResponseBase:
    """審查會議 The meetings of a year; the commission calls them and records their minutes."""
    year = year_asked(request)
    forms_of: dict[str, Any] = {}
    if standing(request.user).has(*RDEC):

        class MinutesForm(forms.Form):
            use_required_attribute = False
            meeting = forms.ModelChoiceField(
                Meeting.objects.filter(year=year, minutes_on=None, cancelled_on=None).order_by("held_on"),
                label=_("審查會議"),
            )
            minutes_on = RocDateField(label=_("紀錄發送日"))
            summary = forms.CharField(widget=forms.Textarea(attrs={"rows": 3}), label=_("會議結論"))

        class CancelForm(forms.Form):
            use_required_attribute = False
            meeting = forms.ModelChoiceField(
                Meeting.objects.filter(year=year, minutes_on=None, cancelled_on=None, agenda=None),
                label=_("審查會議"),
            )
            on = RocDateField(label=_("取消日"))
            reason = forms.CharField(max_length=200, label=_("理由"))

        def call(actor: Any, given: dict[str, Any]) -> str:
            return _("已排定「%s」。") % calling.call_meeting(actor, year=year, **given)

        def minute(actor: Any, given: dict[str, Any]) -> str:
            calling.send_minutes(actor, given.pop("meeting"), **given)
            return _("已登錄會議紀錄。")

        def cancel(actor: Any, given: dict[str, Any]) -> str:
            calling.cancel_meeting(actor, given.pop("meeting"), **given)
            return _("已取消會議。")

        forms_of = {
            "call": (CallForm, gettext_lazy("排定審查會議"), call),
            "minutes": (MinutesForm, gettext_lazy("登錄會議紀錄"), minute),
            "cancel": (CancelForm, gettext_lazy("取消會議"), cancel),
        }
    posts, done, status = _tried(request, forms_of)
    if done is not None:
        return done
    today = timezone.localdate()
    found = Meeting.objects.filter(year=year).annotate(items=Count("agenda")).order_by("-held_on", "-pk")
    context = {
        "form": YearForm(initial={"year": year}),
        "posts": posts,
        "rows": [
            {
                "title": one.title,
                "href": reverse("proposals:meeting", args=[one.pk]),
                "held": format_date(one.held_on),
                "place": one.place,
                "items": one.items,
                "due": format_date(one.minutes_due_on) if one.minutes_due_on else "",
                "sent": format_date(one.minutes_on) if one.minutes_on else "",
                "late": _late(one, today),
                "cancelled": one.cancelled_on is not None,
            }
            for one in found
        ],
    }
    return _page(request, "proposals/meetings.html", _("審查會議"), context, status)


def _late(meeting: Meeting, today: date) -> bool:
    due = meeting.minutes_due_on
    return meeting.minutes_on is None and meeting.cancelled_on is None and due is not None and due < today


@login_required
@require_safe
def show_meeting(request: HttpRequest, pk: int) -> HttpResponseBase:
    """One meeting with the part of its agenda this person may see."""
    meeting = get_object_or_404(Meeting.objects.select_related("chair"), pk=pk)
    items = (
        meeting.agenda.filter(proposal__in=seen(request.user))
        .select_related("proposal__case__agency")
        .order_by("pk")
    )
    first = meeting.round == Round.FIRST
    rows = [
        {
            "title": str(item.proposal.case),
            "href": reverse("desk:case", args=[item.proposal_id]),
            "agency": str(item.proposal.case.agency),
            "total": format_money(item.proposal.total) if item.proposal.total is not None else "",
            "result": _result(item.proposal.first_result if first else item.proposal.second_result),
        }
        for item in items
    ]
    facts = [
        parts.Fact(_("會議別"), str(meeting.get_round_display())),
        parts.Fact(_("日期"), format_date(meeting.held_on)),
        parts.Fact(_("地點"), meeting.place),
        parts.Fact(_("主持人"), str(meeting.chair or "")),
        parts.Fact(_("紀錄發送日"), format_date(meeting.minutes_on) if meeting.minutes_on else ""),
        parts.Fact(_("會議結論"), meeting.summary),
    ]
    context = {"rows": rows, "facts": facts, "letters": _letters(meeting, request.user)}
    return _page(request, "proposals/meeting.html", meeting.title, context)


def _letters(meeting: Meeting, user: Any) -> list[parts.Link]:
    """What may be written about the meeting as it stands: notice and agenda before it, minutes after it."""
    wanted = (letters.meeting_notice, letters.agenda, letters.minutes)
    return [
        parts.Link(
            str(one.label),
            f"{reverse('desk:room_letter', args=[process.kind, one.name])}?of={meeting.pk}",
        )
        for one in wanted
        if one.among and not refusal(one, meeting, user) and one.among(user).filter(pk=meeting.pk).exists()
    ]


def _result(code: str) -> str:
    return str(Result(code).label) if code else ""


class TrainingForm(forms.Form):
    """A new training."""

    use_required_attribute = False
    year = forms.IntegerField(min_value=90, max_value=200, label=gettext_lazy("計畫年度"))
    title = forms.CharField(max_length=120, label=gettext_lazy("名稱"))
    held_on = RocDateField(label=gettext_lazy("日期"))
    place = forms.CharField(max_length=80, required=False, label=gettext_lazy("地點"))


class TraineeForm(forms.Form):
    """One person on the roster of a training."""

    use_required_attribute = False
    training = forms.ModelChoiceField(
        Training.objects.filter(cancelled_on=None), label=gettext_lazy("先期作業研習")
    )
    name = forms.CharField(max_length=60, label=gettext_lazy("姓名"))
    agency = forms.ModelChoiceField(Agency.objects.none(), label=gettext_lazy("機關"))
    present = forms.BooleanField(required=False, label=gettext_lazy("出席"))
    hours = forms.DecimalField(
        max_digits=5, decimal_places=1, min_value=Decimal(0), initial=Decimal(0), label=gettext_lazy("時數")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["agency"]
        field.queryset = agencies_on(timezone.localdate()).order_by("code")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def show_trainings(request: HttpRequest) -> HttpResponseBase:
    """先期作業研習 Trainings with how many were on the roster and came."""

    def call(actor: Any, given: dict[str, Any]) -> str:
        return _("已排定「%s」。") % calling.call_training(actor, **given)

    def enrol(actor: Any, given: dict[str, Any]) -> str:
        calling.record_trainee(actor, given.pop("training"), **given)
        return _("已登錄學員。")

    forms_of: dict[str, Any] = {}
    if standing(request.user).has(*RDEC):
        forms_of = {
            "call": (TrainingForm, gettext_lazy("排定研習"), call),
            "enrol": (TraineeForm, gettext_lazy("登錄學員出席"), enrol),
        }
    posts, done, status = _tried(request, forms_of)
    if done is not None:
        return done
    found = Training.objects.annotate(
        listed=Count("roster"), came=Count("roster", filter=Q(roster__present=True))
    )
    rows = [
        (one.title, format_date(one.held_on), one.place, str(one.listed), str(one.came))
        for one in found.order_by("-held_on")
    ]
    return _page(
        request, "proposals/trainings.html", _("先期作業研習"), {"rows": rows, "posts": posts}, status
    )
