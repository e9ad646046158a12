"""數據頁 A figure's page, its card, its computation and its records: what a click on a number in the
report opens.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from django.contrib.auth.views import redirect_to_login
from django.db.models import Max, QuerySet
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from yankao.desk import charts, nav
from yankao.desk.columns import Ground, columns_of
from yankao.desk.export import TYPES, exported_rows
from yankao.desk.jinja import english, format_date, format_time
from yankao.desk.lists import CaseList, refuse_faults, searched, tidied
from yankao.desk.pages import render_page
from yankao.desk.parts import Link
from yankao.kernel.audit import ledger
from yankao.kernel.audit.models import Entry
from yankao.kernel.casework.models import Case
from yankao.kernel.casework.process import visible
from yankao.kernel.figures.declare import Figure, Kind, Rate, register, resolve
from yankao.kernel.period import Period, PeriodError, roc_text
from yankao.kernel.rooms import Room, room, rooms
from yankao.kernel.rules.values import declared
from yankao.kernel.sheets import write_csv, write_ods

from . import history
from .access import may_read, may_see_drafts
from .building import fact_id, own_dates, shown, split_fact_id
from .editions import stored
from .listing import Records, case_path, cases_of
from .models import Edition, FrozenFigure
from .public import FEWEST, PERSONS, withheld_ids
from .readings import Readings, end_of, start_of, whole_of


@dataclass
class Asked:
    """A figure of a period as an address asks for it; of an edition when it belongs to one."""

    figure: Figure
    period: Period
    edition: Edition | None = None

    @property
    def name(self) -> str:
        return self.figure.full_name

    @property
    def address(self) -> str:
        """The page of the figure, live."""
        return figure_address(self.name, self.period)

    def frozen(self) -> FrozenFigure | None:
        """The figure as frozen in its edition."""
        if self.edition is None or not self.edition.frozen:
            return None
        return (
            FrozenFigure.objects.filter(edition=self.edition, figure=self.name)
            .select_related("edition")
            .first()
        )


def figure_address(name: str, period: Period) -> str:
    return reverse("report:figure", args=[name, period.code])


def asked(name: str, period: str, edition: Edition | None = None) -> Asked:
    """What an address names. Raises Http404 with a sentence."""
    rooms()
    try:
        return Asked(resolve(name), Period.parse(period), edition)
    except LookupError:
        raise Http404(_("沒有數據「%(name)s」。") % {"name": name}) from None
    except PeriodError as error:
        raise Http404(str(error)) from None


def asked_fact(written: str) -> Asked:
    """What a permalink names. Raises Http404."""
    try:
        name, period, key = split_fact_id(written)
    except (ValueError, UnicodeDecodeError):
        raise Http404(_("沒有這個數字。")) from None
    edition = Edition.objects.filter(pk=int(key)).first() if key.isascii() and key.isdigit() else None
    if key and edition is None:
        raise Http404(_("沒有這個版本。"))
    found = asked(name, period, edition)
    if edition and edition.as_of != found.period.as_of:
        found.period = found.period.with_as_of(edition.as_of)
    return found


# ── The card ──────────────────────────────────────────────────────────────────────────────────────────


@require_safe
def fact_page(request: HttpRequest, fact: str) -> HttpResponseBase:
    """`/f/<fact>`: the permalink of a figure in a report; the popover takes its inside."""
    return _card(request, asked_fact(fact))


@require_safe
def card(request: HttpRequest, name: str, period: str) -> HttpResponseBase:
    """`/figures/<name>/<period>/card/`: the same for a figure that stands in no edition."""
    return _card(request, asked(name, period))


def refused(request: HttpRequest, edition: Edition | None) -> HttpResponseBase | None:
    """The way to the sign-in, or the sentence of refusal, for who may not read this."""
    if may_read(request.user, edition):
        return None
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    raise Http404(_("這份報告尚未送議會。"))


def _card(request: HttpRequest, found: Asked) -> HttpResponseBase:
    if answer := refused(request, found.edition):
        return answer
    context = card_context(request, found)
    context |= nav.frame(request)
    return render_page(request, "report/card.html", context, block="figure")


def card_context(request: HttpRequest, found: Asked) -> dict[str, Any]:
    """Everything a card says: value, period, definition, source and freshness, course, and whether it
    still computes.
    """
    language = "en" if english() else "zh"
    readings = Readings(found.period)
    reading = readings.read(found.figure)
    dates = readings.dates(found.figure)
    frozen = found.frozen()
    hidden = withheld(request.user, found, Decimal(frozen.value) if frozen else reading.value, reading.unit)
    value = shown(
        Decimal(frozen.value) if frozen else reading.value, reading.unit, reading.decimals, language
    )
    return {
        "heading": reading.label["en" if language == "en" else "zh"],
        "value": _("不予顯示") if hidden else value,
        "facts": _facts(found, reading, dates, frozen, language, hidden),
        "spark": "" if hidden else spark(found.figure, found.period, reading.value, language),
        "records": reverse("report:figure", args=[found.name, str(found.period)]),
        "record_words": _("檢視紀錄") if hidden else record_words(found.figure, reading.records),
        "history": reverse("report:computation", args=[found.name, str(found.period)])
        if may_see_drafts(request.user)
        else "",
        "crumbs": [Link(_("議會施政報告"), reverse("report:home")), Link(_("數字說明"), "")],
    }


def record_words(figure: Figure, records: int) -> str:
    if isinstance(figure, Rate):
        return _("檢視分子與分母")
    return _("檢視%(n)s筆紀錄") % {"n": f"{records:,}"}


def withheld(user: Any, found: Asked, value: Decimal, unit: str) -> bool:
    """Whether a number is kept from a reader of the public: too few persons, or what would tell them."""
    if may_see_drafts(user):
        return False
    if found.edition is not None and found.edition.frozen:
        facts = stored(found.edition, "zh-hant").facts.records
        return fact_id(found.name, found.period, str(found.edition.pk)) in withheld_ids(facts)
    return unit in PERSONS and 0 < value < FEWEST


def period_words(start: date | None, end: date, language: str) -> str:
    """101年1月至6月, or 截至101年6月30日."""
    if start is None:
        return _("截至%(day)s") % {"day": format_date(end)}
    return roc_text(Period.between(start, end), language)


@dataclass(frozen=True)
class Pair:
    """A line of the card; `change` leads to the definition."""

    label: str
    value: Any
    change: str = ""


def _facts(
    found: Asked, reading: Any, dates: Any, frozen: FrozenFigure | None, language: str, hidden: bool
) -> list[Pair]:
    figure = found.figure
    pairs = [Pair(_("期間"), period_words(start_of(reading), end_of(reading), language))]
    if dates.own:
        pairs.append(
            Pair(
                _("自有期間"),
                own_dates(reading, found.period, language).strip(" ()（）") + f"　{dates.reason}",
            )
        )
    version = frozen.version if frozen else reading.version
    pairs.append(Pair(_("定義"), f"{figure.defined(dates.period) or figure.label}（v{version}）"))
    pairs.append(Pair(_("性質"), str(Kind(reading.kind).label)))
    if figure.basis:
        pairs.append(Pair(_("依據"), str(figure.basis)))
    pairs.append(Pair(_("來源"), source_words(figure, dates.period)))
    if not hidden:
        past = history.before(figure, found.period, 1)
        pairs.append(Pair(_("上期"), change_words(past[0][1], reading.value, reading, language)))
    if frozen:
        pairs.append(Pair(_("核對"), check_words(frozen, reading, language)))
    return pairs


def source_words(figure: Figure, period: Period) -> str:
    """Whose records they are, and when the last of them was written down."""
    records = whole_of(figure)(period)
    name = str(records.model._meta.verbose_name)
    moment = freshness(records)
    return _("%(name)s，最近登錄%(time)s") % {"name": name, "time": format_time(moment)} if moment else name


def freshness(records: QuerySet[Any]) -> datetime | None:
    """When the last entry about these records was written in the ledger; None outside of cases."""
    path = case_path(records.model)
    if path is None:
        return None
    cases = records.order_by().values(path or "pk")
    found: datetime | None = Entry.objects.filter(case_id__in=cases).aggregate(last=Max("recorded_at"))[
        "last"
    ]
    return found


def change_words(past: Decimal, value: Decimal, reading: Any, language: str) -> str:
    """The figure of the period before, and how much it changed."""
    words = shown(past, reading.unit, reading.decimals, language)
    if not past or reading.unit == "%":
        return words
    change = (value - past) * 100 / past
    return f"{words}（{'+' if change >= 0 else '−'}{abs(change):.1f}%）"


def check_words(frozen: FrozenFigure, reading: Any, language: str) -> str:
    """重算一致, or the difference to what was frozen."""
    if Decimal(frozen.value) == reading.value and frozen.digest == reading.digest:
        return _("重算一致")
    change = reading.value - Decimal(frozen.value)
    if not change:
        return _("數值一致，但組成紀錄已有異動")
    return _("重算差異%(change)s（現值%(now)s）") % {
        "change": f"{change:+f}",
        "now": shown(reading.value, reading.unit, reading.decimals, language),
    }


def spark(figure: Figure, period: Period, value: Decimal, language: str) -> str:
    """The course over the five periods before and this one."""
    past = history.before(figure, period)
    values = [*(one for _period, one in past), value]
    if not any(values[:-1]):
        return ""
    first = past[0][0]
    sentence = _("%(first)s為%(a)s，本期為%(b)s") % {
        "first": roc_text(first, language, "name"),
        "a": f"{values[0]:,f}",
        "b": f"{values[-1]:,f}",
    }
    return charts.sparkline([float(one) for one in values], sentence=sentence)


# ── The records ───────────────────────────────────────────────────────────────────────────────────────


def _room(figure: Figure) -> Room | None:
    try:
        return room(figure.name.rpartition(".")[0])
    except LookupError:
        return None


def _listed(request: HttpRequest, name: str, period: str) -> tuple[Asked, Period]:
    found = asked(name, period)
    return found, Readings(found.period).dates(found.figure).period


@require_safe
def figure_page(request: HttpRequest, name: str, period: str) -> HttpResponseBase:
    """`/figures/<name>/<period>/`: what is counted is what is listed."""
    found, dates = _listed(request, name, period)
    if not may_see_drafts(request.user):
        return _public(request, found)
    if isinstance(found.figure, Rate):
        return _rate(request, found)
    cases = cases_of(found.figure(dates))
    if cases is not None and (owner := _room(found.figure)) and owner.process:
        return _case_list(request, found, dates, owner, cases)
    return _records(request, found, dates)


def _head(request: HttpRequest, found: Asked, dates: Period, total: int, mine: int) -> dict[str, Any]:
    """What stands over every list of records: the figure, its period, and how many rows are out of sight."""
    language = "en" if english() else "zh"
    readings = Readings(found.period)
    reading = readings.read(found.figure)
    hidden = total - mine
    query = request.GET.urlencode()
    address = reverse("report:figure", args=[found.name, str(found.period)])
    exports = [
        Link(
            words,
            reverse("report:figure_export", args=[found.name, str(found.period), form])
            + (f"?{query}" if query else ""),
            icon="download",
        )
        for form, words in (("csv", _("匯出CSV")), ("ods", _("匯出ODS")))
    ]
    return {
        **nav.frame(request),
        "heading": found.figure.label_in("en" if language == "en" else "zh-hant"),
        "figure_value": shown(reading.value, reading.unit, reading.decimals, language),
        "figure_period": period_words(start_of(reading), end_of(reading), language),
        "figure_definition": found.figure.defined(dates),
        "figure_total": _("共%(n)s筆紀錄") % {"n": f"{total:,}"},
        "figure_hidden": _("另有%(n)s筆無檢視權限") % {"n": f"{hidden:,}"} if hidden else "",
        "figure_computation": reverse("report:computation", args=[found.name, str(found.period)]),
        "address": address,
        "crumbs": [Link(_("統計數字"), reverse("report:figures")), Link(str(found.figure.label), "")],
        "exports": exports,
        "links": [],
    }


def _case_list(
    request: HttpRequest, found: Asked, dates: Period, owner: Room, cases: QuerySet[Case]
) -> HttpResponseBase:
    if redirected := searched(request, owner):
        return redirected
    case_list = _listing(request, owner, cases)
    if redirected := tidied(request, case_list):
        return redirected
    total, mine = cases.count(), cases.filter(visible(request.user)).count()
    context = {
        **_head(request, found, dates, total, mine),
        **case_list.context(Ground(case_list.scope.now)),
        "room": owner.name,
        "bulk": [],
        "save": "",
        "filtered": bool(case_list.filters),
        "empty_words": "",
    }
    return render_page(request, "report/figure_cases.html", context, block="list")


def _listing(request: HttpRequest, owner: Room, cases: QuerySet[Case]) -> CaseList:
    available, usual = columns_of(owner)
    return CaseList(request, owner, cases.filter(visible(request.user)), available, usual)


def _records(request: HttpRequest, found: Asked, dates: Period) -> HttpResponseBase:
    listed = Records(found.figure, dates, request.user, request.GET.get("after", ""))
    total, mine = listed.all.count(), listed.mine.count()
    rows, ahead = listed.page()
    head = _head(request, found, dates, total, mine)
    context = {
        **head,
        "shown_columns": [(column.label, column.number) for column in listed.columns],
        "shown_rows": rows,
        "ahead": f"{head['address']}?after={quote(ahead)}" if ahead else "",
        "start": head["address"] if listed.after else "",
    }
    return render_page(request, "report/figure_records.html", context)


def _rate(request: HttpRequest, found: Asked) -> HttpResponseBase:
    """A rate opens its part and its whole."""
    language = "en" if english() else "zh"
    readings = Readings(found.period)
    own = readings.dates(found.figure).period
    lines = []
    for words, part in zip((_("分子"), _("分母")), found.figure.parts(), strict=True):
        value = readings.value(part, own)
        lines.append(
            (
                words,
                part.label_in("en" if language == "en" else "zh-hant"),
                shown(value, part.unit, part.precision, language),
                reverse("report:figure", args=[part.full_name, str(own)]),
            )
        )
    head = _head(request, found, own, 0, 0) | {"figure_total": "", "exports": []}
    return render_page(request, "report/figure_rate.html", {**head, "lines": lines})


def _public(request: HttpRequest, found: Asked) -> HttpResponseBase:
    """A reader of the public sees the number and how many records are behind it, not the records."""
    delivered = [
        frozen.edition
        for frozen in FrozenFigure.objects.filter(
            figure=found.name,
            edition__period=found.period.code,
            edition__state__in=(Edition.State.DELIVERED, Edition.State.ERRATA),
        ).select_related("edition")
    ]
    if not delivered:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        raise Http404(_("這個數字尚未公開。"))
    return HttpResponseRedirect(
        reverse("report:fact", args=[fact_id(found.name, found.period, str(delivered[-1].pk))])
    )


@require_safe
def figure_export(request: HttpRequest, name: str, period: str, form: str) -> HttpResponseBase:
    """CSV or ODS of exactly the records that the page lists."""
    if form not in TYPES:
        raise Http404
    if answer := refused(request, None):
        return answer
    found, dates = _listed(request, name, period)
    title = found.figure.label_in(get_language() or "zh-hant")
    cases = cases_of(found.figure(dates))
    rows: Any
    if cases is not None and (owner := _room(found.figure)) and owner.process:
        case_list = _listing(request, owner, cases)
        refuse_faults(case_list.filters)
        heads, rows = case_list.layout.heads(), exported_rows(case_list)
    else:
        listed = Records(found.figure, dates, request.user)
        heads, rows = [column.label for column in listed.columns], listed.plain()
    ledger.note("export", f"figure:{found.name}"[:60], request.user, period=str(found.period), form=form)  # type: ignore[arg-type]
    response: HttpResponseBase
    if form == "csv":
        response = StreamingHttpResponse(write_csv(heads, rows), content_type=TYPES[form])
    else:
        response = HttpResponse(write_ods(heads, rows, title), content_type=TYPES[form])
    file = quote(f"{title}-{found.period.code}.{form}")
    response["Content-Disposition"] = f"attachment; filename=\"figure.{form}\"; filename*=UTF-8''{file}"
    response["Cache-Control"] = "private, no-store"
    return response


# ── How it is computed ────────────────────────────────────────────────────────────────────────────────


@require_safe
def computation(request: HttpRequest, name: str, period: str) -> HttpResponseBase:
    """計算歷程: definition, the query as the database runs it, and the rules of the room in force."""
    if answer := refused(request, None):
        return answer
    found = asked(name, period)
    language = "en" if english() else "zh"
    readings = Readings(found.period)
    reading, dates = readings.read(found.figure), readings.dates(found.figure)
    owner = found.name.rpartition(".")[0].partition("[")[0]
    rules = [
        (str(rule.label), row.value, row.basis, format_date(row.since) if row.since.year > 1911 else "")
        for code, rule in sorted(declared.items())
        if code.startswith(f"{owner}.") and (row := _row(rule, dates.period.as_of))
    ]
    context = {
        **nav.frame(request),
        "heading": _("計算歷程"),
        "lead": reading.label["en" if language == "en" else "zh"],
        "crumbs": [Link(_("統計數字"), reverse("report:figures")), Link(_("計算歷程"), "")],
        "lines": [
            (_("數值"), shown(reading.value, reading.unit, reading.decimals, language)),
            (_("期間"), period_words(start_of(reading), end_of(reading), language)),
            (_("定義"), f"{found.figure.defined(dates.period) or found.figure.label}（v{reading.version}）"),
            (_("計量"), str(found.figure.measure)),
            (_("紀錄筆數"), f"{reading.records:,}"),
            (_("紀錄鍵值雜湊（SHA-256）"), reading.digest),
        ],
        "queries": [
            (part.label_in("zh-hant" if language == "zh" else "en"), sql_of(part, dates.period))
            for part in found.figure.parts()
        ],
        "rules": rules,
        "records": reverse("report:figure", args=[found.name, str(found.period)]),
    }
    return render_page(request, "report/computation.html", context)


def _row(rule: Any, day: date) -> Any:
    try:
        return rule.row(day)
    except LookupError:
        return None


def sql_of(figure: Figure, period: Period) -> str:
    """The query of the figure as the database at hand runs it, values written in."""
    text = str(whole_of(figure)(period).order_by().values("pk").query)
    for word in (" FROM ", " WHERE ", " INNER JOIN ", " LEFT OUTER JOIN ", " GROUP BY ", " HAVING "):
        text = text.replace(word, "\n" + word.strip() + " ")
    return text


# ── All figures ───────────────────────────────────────────────────────────────────────────────────────


@require_safe
def figures_page(request: HttpRequest) -> HttpResponseBase:
    """`/figures/`: every declared figure of the rooms in use, with its value for a period."""
    if answer := refused(request, None):
        return answer
    period = asked_period(request)
    language = "en" if english() else "zh"
    readings = Readings(period)
    groups = []
    for one in rooms():
        listed = [figure for name, figure in register.items() if name.rpartition(".")[0] == one.name]
        lines = []
        for figure in listed:
            value = readings.value(figure, readings.dates(figure).period)
            lines.append(
                (
                    figure.label_in("en" if language == "en" else "zh-hant"),
                    shown(value, figure.unit, figure.precision, language),
                    str(figure.kind.label),
                    figure.defined(readings.dates(figure).period),
                    figure_address(figure.full_name, period),
                )
            )
        if lines:
            groups.append((one.title, lines))
    context = {
        **nav.frame(request),
        "heading": _("統計數字"),
        "lead": roc_text(period, language),
        "crumbs": [Link(_("首頁"), reverse("desk:home")), Link(_("統計數字"), "")],
        "groups": groups,
        "period": period.code,
        "fault": request.GET.get("period", "")
        if request.GET.get("period") and not _parsed(request.GET["period"])
        else "",
        "before": period.previous().code,
        "after": period.next().code,
    }
    return render_page(request, "report/figures.html", context)


def _parsed(text: str) -> Period | None:
    try:
        return Period.parse(text)
    except PeriodError:
        return None


def asked_period(request: HttpRequest) -> Period:
    """The period of the address, else that of the newest edition, else the half-year before this one."""
    if found := _parsed(request.GET.get("period", "") or "-"):
        return found
    newest = Edition.objects.order_by("-opened_at", "-pk").first()
    if newest:
        return newest.days
    today = timezone.localdate()
    return Period.of_half(today.year - 1911, 1 if today.month < 7 else 2).previous()
