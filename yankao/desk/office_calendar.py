"""辦公日曆 A year of the office calendar, its editions, the suspensions of work. Changes recount clocks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from yankao.kernel.calendar import Calendar, CalendarError, CalendarFileError, Edition, read_dgpa_csv
from yankao.kernel.casework.tasks import recount_deadlines
from yankao.kernel.jobs import enqueue
from yankao.kernel.people.models import District, Role
from yankao.kernel.people.standing import standing
from yankao.kernel.register.english import called
from yankao.kernel.rules.models import Closure
from yankao.kernel.rules.office import announce_closure, import_edition, office_calendar

from . import office
from .fields import RocDateField
from .inputs import RocMomentField, words_of
from .jinja import format_short_date, format_time
from .moves import INVALID, key_of
from .parts import Link, Tag

KEEPERS = (*office.COMMISSION, Role.ADMIN)
FIRST, LAST = 1945, 2100
LARGEST = 1_000_000
CLOSURES = 50


@dataclass(frozen=True)
class Square:
    """A day as the year shows it: `kind` off, make-up or closed; empty for a plain working day."""

    number: int
    kind: str
    words: str


def month_of(calendar: Calendar, year: int, month: int) -> tuple[str, int, list[list[Square | None]]]:
    """The month's name, its working days, and its weeks from Sunday to Saturday."""
    day, worked = date(year, month, 1), 0
    squares: list[Square | None] = [None] * (day.isoweekday() % 7)
    language = get_language() or "zh"
    while day.month == month:
        kind, entry = calendar.kind(day), calendar.entry(day)
        works = calendar.is_workday(day)
        worked += works
        shape = {"makeup_workday": "makeup", "closure": "shut", "workday": ""}.get(kind, "off")
        notices = calendar.closures_on(day)
        plain = kind in ("weekend", "workday") and not notices and not entry.name
        words = "" if plain else calendar.why(day, lang=language)
        squares.append(Square(day.day, shape, words))
        day += timedelta(days=1)
    squares += [None] * (-len(squares) % 7)
    weeks = [squares[at : at + 7] for at in range(0, len(squares), 7)]
    return format_month(year, month), worked, weeks


def named_days(weeks: list[list[Square | None]]) -> list[Square]:
    """The days of a month that have a name or a notice."""
    return [day for week in weeks for day in week if day and day.words]


def format_month(year: int, month: int) -> str:
    if get_language() == "en":
        return f"{date(year, month, 1):%B %Y}"
    return _("%(month)s月") % {"month": month}


def issued_words(edition: Edition) -> str:
    """When an edition was issued, as far as is known."""
    if edition.issued:
        return format_short_date(edition.issued)
    return _("未發布") if edition.provisional else _("未載明")


def _year(request: HttpRequest) -> int:
    """The year asked for, of the Republic or of the common era; this year when it says nothing."""
    given = request.GET.get("year", "")
    year = int(given) if given.isascii() and given.isdigit() and len(given) < 5 else timezone.localdate().year
    year += 1911 if year < 1000 else 0
    return min(max(year, FIRST), LAST)


def year_words(year: int) -> str:
    return str(year) if get_language() == "en" else _("%s年") % (year - 1911)


@login_required
@require_safe
def calendar(request: HttpRequest) -> HttpResponseBase:
    """A year, month by month, with the editions that rule it."""
    office.entered(request, office.CALENDAR)
    year, known = _year(request), office_calendar()
    try:
        months = [month_of(known, year, month) for month in range(1, 13)]
        ruling = known.edition(date(year, 12, 31))
        editions = [one for one in known.editions if one.year == year] or [ruling]
    except CalendarError:
        months, editions = [], []
    place = reverse("desk:office_calendar")
    around = [
        Link(year_words(one), f"{place}?year={one}", current=one == year) for one in range(year - 2, year + 3)
    ]
    shown = [
        (one.label, issued_words(one), one.source, one.workdays,
         Tag(_("暫定"), "amber") if one.provisional else Tag(_("正式"), "green"))
        for one in editions
    ]  # fmt: skip
    return office.drawn(
        request, office.CALENDAR, "desk/office_calendar.html", heading=_("%s辦公日曆") % year_words(year),
        months=months, editions=shown, years=around, provisional=any(one.provisional for one in editions),
        named=[(month, named_days(weeks)) for month, _worked, weeks in months],
        weekdays=[_("日"), _("一"), _("二"), _("三"), _("四"), _("五"), _("六")],
        may_keep=standing(request.user).has(*KEEPERS),
    )  # fmt: skip


# ── Taking an edition in ────────────────────────────────────────────────────────────────────────────


class EditionForm(forms.Form):
    """The official file and what it is."""

    file = forms.FileField(
        label=gettext_lazy("官方CSV檔"),
        help_text=gettext_lazy("人事總處公布的辦公日曆表，UTF-8或Big5"),
        max_length=160,
    )
    label = forms.CharField(
        label=gettext_lazy("版本"),
        max_length=80,
        help_text=gettext_lazy("例如116年第1版；同名者取代先前的內容"),
    )
    issued_on = RocDateField(label=gettext_lazy("發布日"))
    source = forms.CharField(
        label=gettext_lazy("來源"), max_length=200, help_text=gettext_lazy("公文文號或網址")
    )

    def clean_file(self) -> Any:
        upload = self.cleaned_data["file"]
        if upload.size > LARGEST:
            raise forms.ValidationError(_("這個檔案太大，不是一年的日曆表。"))
        return upload


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def take_edition(request: HttpRequest) -> HttpResponseBase:
    """Import an edition; rows in error are shown, nothing is kept. Open deadlines are then counted anew."""
    office.entered(request, office.CALENDAR)
    office.must(request, KEEPERS, _("匯入辦公日曆"))
    form = EditionForm(request.POST or None, request.FILES or None)
    problems: tuple[tuple[int, str], ...] = ()
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        data = given["file"].read()
        try:
            year = _taken(request, data, given)
        except CalendarFileError as error:
            problems = error.problems
        else:
            return office.done(
                request, _("已匯入「%s」，未結期限將於背景重算。") % given["label"], "desk:office_calendar",
                query=f"?year={year}",
            )  # fmt: skip
    bad = bool(problems or (form.is_bound and form.errors))
    return office.drawn(
        request, office.CALENDAR, "desk/office_edition.html", heading=_("匯入辦公日曆"),
        beyond=(Link(_("匯入"), ""),), form=form, problems=problems, status=INVALID if bad else 200,
    )  # fmt: skip


def _taken(request: HttpRequest, data: bytes, given: dict[str, Any]) -> int:
    year = read_dgpa_csv(data).year

    def deed() -> None:
        import_edition(
            request.user, data, label=given["label"], issued_on=given["issued_on"], source=given["source"]
        )
        recount_later(request, _("辦公日曆「%s」") % given["label"])

    office.make_once(request, deed)
    return year


def recount_later(request: HttpRequest, reason: str) -> None:
    """Open deadlines are counted anew in the background, in the transaction of what changed the calendar."""
    enqueue(recount_deadlines, request.user.pk, reason, key=f"recount:{request.user.pk}:{key_of(request)}")


# ── Suspensions of work ─────────────────────────────────────────────────────────────────────────────


class ClosureForm(forms.Form):
    """A notice of suspension of work."""

    day = RocDateField(label=gettext_lazy("日期"))
    part = forms.ChoiceField(
        label=gettext_lazy("時段"), choices=Closure.Part.choices, widget=forms.RadioSelect
    )
    districts = forms.ModelMultipleChoiceField(
        District.objects.all(), label=gettext_lazy("行政區"), required=False,
        widget=forms.CheckboxSelectMultiple, help_text=gettext_lazy("都不勾選表示全市"),
    )  # fmt: skip
    announced_at = RocMomentField(label=gettext_lazy("發布時間"))
    source = forms.CharField(
        label=gettext_lazy("公告"), max_length=200, help_text=gettext_lazy("公告文號或網址")
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def closures(request: HttpRequest) -> HttpResponseBase:
    """The notices, newest first, and the form for one more."""
    office.entered(request, office.CALENDAR)
    may_keep = standing(request.user).has(*KEEPERS)
    form: ClosureForm | None = None
    if request.method == "POST":
        office.must(request, KEEPERS, _("登錄停止上班"))
        form = ClosureForm(request.POST)
        if form.is_valid() and _announced(request, form):
            return office.done(request, _("已登錄停止上班，未結期限將於背景重算。"), "desk:office_closures")
    elif may_keep:
        form = ClosureForm(initial={"announced_at": timezone.localtime(), "part": Closure.Part.FULL})

    rows = [
        (format_short_date(one.day), str(one.get_part_display()),
         words_of(one.district) if one.district else _("全市"), format_time(one.announced_at), one.source)
        for one in Closure.objects.select_related("district").order_by("-day", "part", "district")[:CLOSURES]
    ]  # fmt: skip
    names = {str(d.pk): called(d) for d in District.objects.all()}
    if form is not None:
        field: Any = form.fields["districts"]
        field.label_from_instance = lambda district: names.get(str(district.pk), str(district))
    return office.drawn(
        request, office.CALENDAR, "desk/office_closures.html", heading=_("停止上班"),
        beyond=(Link(_("停止上班"), ""),), rows=rows, form=form,
        status=INVALID if form is not None and form.is_bound else 200,
    )  # fmt: skip


def _announced(request: HttpRequest, form: ClosureForm) -> bool:
    """Keep the notice for each district named, all or none; whether it could be kept."""
    given = form.cleaned_data

    def deed() -> None:
        for district in list(given["districts"]) or [None]:
            announce_closure(
                request.user, given["day"], part=given["part"], district=district,
                announced_at=given["announced_at"], source=given["source"],
            )  # fmt: skip
        recount_later(request, _("停止上班：%s") % given["source"])

    try:
        office.make_once(request, deed)
    except ValueError as error:
        form.add_error("day", str(error))
        return False
    return True
