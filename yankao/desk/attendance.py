"""簽到、出席與問卷的畫面 Signing in by a rotating code, the organiser's screen and roll, the questionnaire.

Pages for any room of sessions: a room names its tables (`kernel.session.roll.Roll`) and who may keep its
rolls, and mounts `public_pages` and `inside_pages` among its addresses. Public pages show no name but the one
just typed; the screen in the hall shows how many came, not who.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from yankao.kernel.casework.process import Refused
from yankao.kernel.casework.schema import agencies_today
from yankao.kernel.people.models import Agency
from yankao.kernel.session import code, opinions
from yankao.kernel.session.models import QUESTIONS, Way
from yankao.kernel.session.roll import Roll, close_roll, hours, known_presence, shut, sign_in, sign_out

from . import nav, parts
from .jinja import english, format_date, format_time
from .moves import INVALID
from .pages import render_page

SCREEN_SECONDS = 20
SHOWN_SECONDS = 12 * 3600
_DONE = "yankao.session.done"


class AgencyField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """An agency by its name in the reader's language; empty for people from outside the city."""

    def __init__(self, **given: Any) -> None:
        said: dict[str, Any] = {
            "required": False,
            "label": gettext_lazy("機關"),
            "empty_label": gettext_lazy("（非市府機關）"),
        } | given
        super().__init__(Agency.objects.none(), **said)

    def label_from_instance(self, obj: Any) -> str:
        return str(obj.name_en or obj.name if english() else obj.name)


class HereForm(forms.Form):
    """Who stands before the screen."""

    ticket = forms.CharField(widget=forms.HiddenInput)
    name = forms.CharField(
        label=gettext_lazy("姓名"), max_length=60, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    agency = AgencyField()
    number = forms.CharField(
        label=gettext_lazy("報到號碼"),
        max_length=6,
        required=False,
        help_text=gettext_lazy("通知上的六位數；同機關有同名者才需要"),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["agency"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = agencies_today()


class OpinionForm(forms.Form):
    """The questionnaire: each question from 1 to 5, and what one wants to say."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        marks = [(str(n), str(n)) for n in range(5, 0, -1)]
        for name, label in QUESTIONS:
            self.fields[name] = forms.TypedChoiceField(
                label=label, choices=marks, coerce=int, widget=forms.RadioSelect,
                help_text=gettext_lazy("5為非常滿意，1為非常不滿意"),
            )  # fmt: skip
        self.fields["words"] = forms.CharField(
            label=gettext_lazy("意見"),
            required=False,
            max_length=1000,
            widget=forms.Textarea(attrs={"rows": 3}),
            help_text=gettext_lazy("請勿填寫姓名等個人資料"),
        )


class NoteForm(forms.Form):
    """Somebody noted at the desk: of the roster by choice, or by name."""

    seat = forms.ModelChoiceField(None, label=gettext_lazy("學員"), required=False)  # type: ignore[var-annotated]
    name = forms.CharField(label=gettext_lazy("或現場報名者姓名"), max_length=60, required=False)
    agency = AgencyField(label=gettext_lazy("現場報名者機關"))
    arrived = forms.TimeField(label=gettext_lazy("簽到"), help_text=gettext_lazy("如09:00"))
    left = forms.TimeField(label=gettext_lazy("簽退"), help_text=gettext_lazy("如16:00"), required=False)

    def __init__(self, *args: Any, seats: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, rows in (("seat", seats), ("agency", agencies_today())):
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)
            field.queryset = rows

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if not given.get("seat") and not (given.get("name") or "").strip():
            self.add_error("seat", _("請選學員，或填現場報名者的姓名。"))
        return given


@dataclass(frozen=True)
class Doors:
    """The pages of one room: its tables, the last part of its name, and who keeps a session's rolls."""

    roll: Roll
    label: str
    keeps: Callable[[Any, Any], bool]
    title: Callable[[Any], str] = lambda session: str(session.case.title)

    def _page(
        self, request: HttpRequest, name: str, heading: str, context: dict[str, Any], status: int = 200
    ) -> HttpResponse:
        given = {**nav.frame(request), "heading": heading, "wide": True, **context}
        return render_page(request, f"desk/{name}.html", given, status=status)

    def _sitting(self, pk: int) -> Any:
        rows = self.roll.sittings._default_manager.select_related(f"{self.roll.session}__case__agency")
        return get_object_or_404(rows, pk=pk)

    def _session(self, sitting: Any) -> Any:
        return getattr(sitting, self.roll.session)

    def public_address(self, name: str, *args: Any) -> str:
        return reverse(f"{self.label}_public:{name}", args=args)

    def inside_address(self, name: str, *args: Any) -> str:
        return reverse(f"{self.label}:{name}", args=args)

    # ── Signing in ──────────────────────────────────────────────────────────────────────────────────

    def here(self, request: HttpRequest, sitting: int, given: str) -> HttpResponseBase:
        """The form behind the code. A code that is over says so and tells nothing of the session."""
        now = timezone.now()
        posted = request.method == "POST"
        ticket = request.POST.get("ticket", "")
        kind = self.roll.kind
        welcome = code.ticket_good(kind, sitting, ticket) if posted else code.good(kind, sitting, given, now)
        if not welcome:
            return self._page(request, "here_over", _("簽到碼已過期"), {}, status=403)
        found = self._sitting(sitting)
        form = HereForm(request.POST if posted else None, initial={"ticket": code.ticket(kind, sitting)})
        if posted and form.is_valid():
            try:
                return self._signed(form.cleaned_data, found, request.POST.get("act", "in"), now)
            except Refused as refused:
                form.add_error(None, str(refused))
        context = {
            "form": form,
            "title": self.title(self._session(found)),
            "when": _hours_of(found),
            "place": found.place,
            "closed": shut(found, now),
        }
        return self._page(request, "here", _("簽到"), context, status=INVALID if form.errors else 200)

    def _signed(self, given: dict[str, Any], sitting: Any, act: str, now: datetime) -> HttpResponseBase:
        who = {name: given[name] for name in ("name", "agency", "number")}
        if act == "out":
            presence = known_presence(self.roll, sitting, **who)
            if presence is None:
                raise Refused(_("找不到您的簽到紀錄，請先簽到，或洽主辦單位。"))
            sign_out(self.roll, presence, at=now, way=Way.CODE)
        else:
            presence = sign_in(self.roll, sitting, **who, at=now, way=Way.CODE).presence
        token = signing.dumps([self.roll.kind, presence.pk], salt=_DONE)
        return HttpResponseRedirect(self.public_address("done", token))

    def done(self, request: HttpRequest, token: str) -> HttpResponseBase:
        """What was kept, with the way to the questionnaire."""
        try:
            kind, pk = signing.loads(token, salt=_DONE, max_age=SHOWN_SECONDS)
        except signing.BadSignature:
            return self._page(request, "here_over", _("頁面已過期"), {}, status=403)
        presences = self.roll.presences._default_manager.select_related("seat", "sitting")
        one = get_object_or_404(presences, pk=pk if kind == self.roll.kind else None)
        asks = self.roll.opinions is not None and not one.seat.answered
        context = {
            "arrived": format_time(one.arrived_at),
            "left": format_time(one.left_at) if one.left_at else "",
            "late": one.late_by,
            "opinion": self.public_address("opinion", code.opinion_ticket(kind, one.seat_id)) if asks else "",
        }
        return self._page(request, "here_done", _("已簽退") if one.left_at else _("已簽到"), context)

    def opinion(self, request: HttpRequest, token: str) -> HttpResponseBase:
        """The questionnaire; answered once, kept without a name."""
        seat = code.opinion_seat(self.roll.kind, token)
        if seat is None:
            return self._page(request, "here_over", _("問卷已失效"), {}, status=403)
        form = OpinionForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            given = dict(form.cleaned_data)
            try:
                opinions.answer(self.roll, seat, words=given.pop("words"), scores=given)
            except Refused as refused:
                form.add_error(None, str(refused))
            else:
                return HttpResponseRedirect(self.public_address("thanks"))
        status = INVALID if form.errors else 200
        return self._page(request, "opinion", _("滿意度調查"), {"form": form}, status=status)

    def thanks(self, request: HttpRequest) -> HttpResponseBase:
        return self._page(request, "opinion_thanks", _("謝謝您的意見"), {})

    # ── The organiser's ─────────────────────────────────────────────────────────────────────────────

    def _kept(self, request: HttpRequest, sitting: int) -> Any:
        found = self._sitting(sitting)
        if not self.keeps(request.user, self._session(found)):
            raise PermissionDenied
        return found

    def _crumbs(self, session: Any, title: str) -> list[parts.Link]:
        listed = reverse("desk:list", args=[self.roll.kind])
        return [
            parts.Link(_("首頁"), reverse("desk:home")),
            parts.Link(str(session._meta.verbose_name), listed),
            parts.Link(str(session.case.number), reverse("desk:case", args=[session.pk])),
            parts.Link(title, ""),
        ]

    def screen(self, request: HttpRequest, sitting: int) -> HttpResponseBase:
        """What the hall sees: the code, and how many came."""
        found = self._kept(request, sitting)
        now = timezone.now()
        shown = code.code_at(self.roll.kind, found.pk, now)
        address = request.build_absolute_uri(self.public_address("here", found.pk, shown))
        session = self._session(found)
        context = {
            "title": self.title(session),
            "when": _hours_of(found),
            "place": found.place,
            "code": code.picture(address, _("簽到碼，掃描後開啟簽到頁")),
            "address": address,
            "closed": shut(found, now),
            "came": found.presences.count(),
            "expected": self.roll.seats_of(session).count(),
            "seconds": SCREEN_SECONDS,
            "crumbs": self._crumbs(session, _("簽到碼")),
            "back": self.inside_address("roll", found.pk),
        }
        given = {**nav.frame(request), "heading": _("簽到碼"), **context}
        return render_page(request, "desk/sign_in_screen.html", given, block="live")

    def roll_page(self, request: HttpRequest, sitting: int) -> HttpResponseBase:
        """Who came when; the desk notes others by hand and closes the attendance when it is over."""
        found = self._kept(request, sitting)
        session = self._session(found)
        seats = self.roll.seats_of(session)
        rows = list(found.presences.select_related("seat__agency").order_by("arrived_at", "pk"))
        missing = seats.exclude(pk__in=[row.seat_id for row in rows]).order_by("agency__code", "name")
        act = request.POST.get("act", "") if request.method == "POST" else ""
        form = NoteForm(request.POST if act == "note" else None, seats=missing)
        try:
            if act == "close":
                stayed = close_roll(self.roll, found, at=timezone.now(), by=request.user)
                messages.success(request, _("出席已結算；未簽退的%(n)s人以到場次結束計。") % {"n": stayed})
                return HttpResponseRedirect(request.path)
            if act == "note" and form.is_valid():
                self._note(request, found, form.cleaned_data)
                return HttpResponseRedirect(request.path)
        except Refused as refused:
            if act == "close":
                messages.error(request, str(refused))
                return HttpResponseRedirect(request.path)
            form.add_error(None, str(refused))
        context = {
            "title": self.title(session),
            "when": _hours_of(found),
            "rows": [_row(one) for one in rows],
            "missing": [(seat.name, _agency(seat)) for seat in missing],
            "form": None if found.closed_at or found.cancelled_on else form,
            "closed": format_time(found.closed_at) if found.closed_at else "",
            "screen": self.inside_address("screen", found.pk),
            "crumbs": self._crumbs(session, _("簽到簿")),
        }
        given = {**nav.frame(request), "heading": _("簽到簿"), **context}
        return render_page(request, "desk/roll.html", given, status=INVALID if form.errors else 200)

    def _note(self, request: HttpRequest, sitting: Any, given: dict[str, Any]) -> None:
        seat = given["seat"]
        who = (
            {"name": seat.name, "agency": seat.agency, "number": seat.number}
            if seat
            else {"name": given["name"], "agency": given["agency"]}
        )
        arrived = _moment(sitting, given["arrived"])
        left = _moment(sitting, given["left"]) if given["left"] else None
        if left and left < arrived:
            raise Refused(_("簽退不能早於簽到。"))
        signed = sign_in(self.roll, sitting, **who, at=arrived, way=Way.DESK, by=request.user)
        if left:
            sign_out(self.roll, signed.presence, at=left, way=Way.DESK)
        messages.success(request, _("已登錄出席。") if signed.fresh else _("先前已簽到，簽到時間不變。"))

    # ── Addresses ───────────────────────────────────────────────────────────────────────────────────

    def public_pages(self) -> list[URLPattern]:
        """What anybody may open who has the code or the ticket."""
        both = require_http_methods(["GET", "HEAD", "POST"])
        return [
            path("here/<int:sitting>/<slug:given>/", never_cache(both(self.here)), name="here"),
            path("done/<str:token>/", never_cache(require_safe(self.done)), name="done"),
            path("opinion/<str:token>/", never_cache(both(self.opinion)), name="opinion"),
            path("thanks/", require_safe(self.thanks), name="thanks"),
        ]

    def inside_pages(self) -> list[URLPattern]:
        both = require_http_methods(["GET", "HEAD", "POST"])
        return [
            path("sittings/<int:sitting>/screen/", login_required(require_safe(self.screen)), name="screen"),
            path("sittings/<int:sitting>/", login_required(both(self.roll_page)), name="roll"),
        ]


def _moment(sitting: Any, at: time) -> datetime:
    return timezone.make_aware(datetime.combine(sitting.held_on, at))


def _hours_of(sitting: Any) -> str:
    return f"{format_date(sitting.held_on, True)} {sitting.starts_at:%H:%M}–{sitting.ends_at:%H:%M}"


def _agency(seat: Any) -> str:
    if seat.agency is None:
        return _("（非市府機關）")
    return str(seat.agency.name_en or seat.agency.name if english() else seat.agency.name)


def _clock(moment: datetime | None) -> str:
    return f"{timezone.localtime(moment):%H:%M}" if moment else ""


def _row(one: Any) -> dict[str, Any]:
    marks = []
    if one.seat.walk_in:
        marks.append(parts.Tag(_("現場報名"), "blue"))
    if one.late_by:
        marks.append(
            parts.Tag(
                _(
                    "遲到%(n)s分",
                )
                % {"n": one.late_by},
                "amber",
            )
        )
    if one.early_by:
        marks.append(parts.Tag(_("早退%(n)s分") % {"n": one.early_by}, "amber"))
    return {
        "name": one.seat.name,
        "agency": _agency(one.seat),
        "arrived": _clock(one.arrived_at),
        "left": _clock(one.left_at),
        "hours": f"{hours(one.minutes)}" if one.left_at else "",
        "way": str(Way(one.way).label),
        "marks": marks,
    }
