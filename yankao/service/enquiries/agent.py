"""話務員的畫面 The agent's screen: who is on the line, what to say, the answer, where it is, and the keys."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from yankao.counter.dangers import danger_in
from yankao.counter.pages import called as danger_name
from yankao.desk import parts
from yankao.desk.jinja import format_date, format_time
from yankao.desk.moves import INVALID, key_of
from yankao.desk.own_pages import actor, only
from yankao.desk.pages import render_page, wants_block
from yankao.kernel import incidents as everybody
from yankao.kernel.casework import duties
from yankao.kernel.casework.asked import asked, services
from yankao.kernel.journal.declare import AtHand
from yankao.kernel.people.agencies import agencies_on
from yankao.kernel.people.models import Agency, District
from yankao.kernel.register.english import called
from yankao.kernel.vault.persons import Person

from . import deeds, incidents, letters, where
from .models import Article, Channel, Contact, Incident, Nuisance, Outcome
from .pages import (
    SHOWN,
    drawn,
    leads,
    listed,
    lists_callers,
    mark,
    opens,
    script,
    words_of,
    writes,
)

MATTER = ("content", "name", "phone", "read_back")
"""What is asked for a case alone."""
PLACE = ("service", "place", "district")
"""Where somebody is sent."""
SPOKEN = (Channel.PHONE, Channel.WEB_PHONE, Channel.VIDEO)


class ContactForm(forms.Form):
    """What an agent writes down; which key is pressed says the outcome."""

    use_required_attribute = False
    channel = forms.ChoiceField(label=gettext_lazy("管道"), choices=Channel.choices, initial=Channel.PHONE)
    language = forms.ChoiceField(
        label=gettext_lazy("語言"),
        choices=[
            ("zh", gettext_lazy("國語")),
            ("nan", gettext_lazy("台語")),
            ("hak", gettext_lazy("客語")),
            ("en", gettext_lazy("英語")),
            ("other", gettext_lazy("其他")),
        ],
    )
    agency = forms.ModelChoiceField(
        label=gettext_lazy("轉接機關"),
        queryset=Agency.objects.none(),
        required=False,
        empty_label=gettext_lazy("（不轉接）"),
    )
    note = forms.CharField(
        label=gettext_lazy("諮詢摘要"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("請勿寫入姓名、電話或身分證字號"),
    )

    service = forms.ChoiceField(
        label=gettext_lazy("服務項目"), required=False,
        help_text=gettext_lazy("要派人到場的才選；選了會查附近的未結案件"),
    )  # fmt: skip
    place = forms.CharField(
        label=gettext_lazy("地點"), max_length=200, required=False,
        help_text=gettext_lazy("地址、地標、路名或里名；按「查地點」在地圖上找"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip
    district = forms.ChoiceField(label=gettext_lazy("行政區"), required=False)
    content = forms.CharField(
        label=gettext_lazy("陳情內容"), max_length=8000, required=False,
        widget=forms.Textarea(attrs={"rows": 3}), help_text=gettext_lazy("立案時記入；留空則以摘要為內容"),
    )  # fmt: skip
    name = forms.CharField(
        label=gettext_lazy("陳情人姓名"), max_length=60, required=False,
        help_text=gettext_lazy("姓名與電話加密保存；都不填即為匿名"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip
    phone = forms.CharField(
        label=gettext_lazy("聯絡電話"), max_length=30, required=False,
        help_text=gettext_lazy("手機號碼會以簡訊收到進度"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "tel"}),
    )  # fmt: skip
    read_back = forms.BooleanField(label=gettext_lazy("已朗讀內容，陳情人確認無誤"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        today = timezone.localdate()
        fields["agency"].queryset = agencies_on(today).filter(first_level=True).order_by("code")
        if not asked.heard:
            for name in (*MATTER, *PLACE):
                del fields[name]
            return
        fields["service"].choices = [("", _("不派人到場")), *services(today)]
        fields["district"].choices = [
            ("", _("不確定")), *((one.pk, called(one)) for one in District.objects.order_by("code"))
        ]  # fmt: skip


def keys() -> tuple[tuple[str, Any, str, str, str], ...]:
    """The three keys: answered, passed on, made a case (or kept for one, where no room takes cases); each
    with its access key.
    """
    case = (Outcome.CASE_CREATED, _("立案")) if asked.heard else (Outcome.CASE_WANTED, _("待立案"))
    return (
        (Outcome.IMMEDIATE, _("答復完成"), "primary", "check", "1"),
        (Outcome.TRANSFERRED, _("轉接機關"), "", "arrow", "2"),
        (*case, "", "add", "3"),
    )


COUNTING = range(4, 10)
"""Access keys of incidents, beyond those of the three keys."""
MORE = ((Outcome.ABANDONED, gettext_lazy("對方中斷")), (Outcome.NUISANCE, gettext_lazy("騷擾來電")))


def clock(seconds: int) -> str:
    """A time as minutes and seconds: 1:05."""
    return f"{seconds // 60}:{seconds % 60:02d}"


def _strip() -> dict[str, Any] | None:
    """The queues at this moment, and how old that is."""
    now = deeds.pulse()
    if now is None:
        return None
    heard = f"{format_time(now.heard_at)}:{now.heard_at:%S}" if now.heard_at else ""
    return {"now": now, "longest": clock(now.longest), "since": heard, "wall": reverse("calls:wall")}


def _counting(found: list[everybody.Incident]) -> dict[int, str]:
    """The access key of each incident, by its number: it keeps its own when another comes or goes, so that a
    key that was learned does not count to something else.
    """
    keys: dict[int, str] = {}
    for one in sorted(found, key=lambda one: one.key):
        start = one.key % len(COUNTING)
        free = [str(key) for key in (*COUNTING[start:], *COUNTING[:start]) if str(key) not in keys.values()]
        if free:
            keys[one.key] = free[0]
    return keys


def _banner() -> list[dict[str, Any]]:
    """The incidents before every agent, each with its key."""
    found = everybody.at(timezone.now())
    keys = _counting(found)
    return [
        {
            "one": one, "since": format_time(one.since), "until": format_time(one.until),
            "key": keys.get(one.key), "href": reverse("enquiries:incident", args=[one.code]),
        }
        for one in found
    ]  # fmt: skip


def about(contact: Contact) -> str:
    """What a contact was about: its article, its incident or its case."""
    return str(contact.article or contact.incident or (contact.case.number if contact.case else ""))


def _pop(user: Any, call: AtHand | None, shown: Article | None, words: str) -> dict[str, Any]:
    """What is asked for anew every few seconds: queues, incidents, who is on the line since when, what was
    asked before, whether the caller is listed, and the script that fits.
    """
    found = deeds.script_of(words, shown, call.line if call else "")
    kept = f"?{urlencode({'script': found.code})}" if found and (words or shown) else ""
    told: dict[str, Any] = {
        "strip": _strip(), "banner": _banner(), "script": script(found), "petitions": asked.heard,
        "call": None, "before": [], "listing": None, "cases": [],
        "again": reverse("enquiries:pop") + kept,
    }  # fmt: skip
    if call is None:
        return told
    before = [
        (format_time(one.at), str(one.get_outcome_display()), about(one), str(one.agency or ""))
        for one in deeds.last_contacts(call.party)
    ]
    seconds = max(0, int((timezone.now() - call.since).total_seconds()))
    return told | {
        "call": {
            "place": call.place, "channel": call.channel, "since": format_time(call.since),
            "length": clock(seconds), "waited": clock(call.waited), "limit": call.limit,
            "late": call.waited > call.limit > 0,
        },
        "before": before,
        "listing": Nuisance.holding(call.party, timezone.localdate()),
        "cases": [
            (one.number, one.title, format_date(one.opened_on), reverse("desk:case", args=[one.pk]))
            for one in deeds.open_cases(user, call.party)
        ],
    }  # fmt: skip


def _article(code: str) -> Article | None:
    return deeds.published().filter(code=code).select_related("owner").first() if code else None


@only(opens)
@require_http_methods(["GET", "HEAD", "POST"])
def home(request: HttpRequest) -> HttpResponse:
    """The agent's screen: the caller, the knowledge, the keys; for others the day's contacts."""
    words = request.GET.get("q", "").strip()
    picked = _article(request.GET.get("article", ""))
    if request.method != "POST" and wants_block(request):
        return render_page(request, "enquiries/home.html", _answers(words, picked), block="answers")
    call = deeds.at_hand(request.user)
    given = request.POST
    if request.method == "POST" and not writes(request.user):
        raise Http404(_("沒有這項業務。"))
    looking = request.method == "POST" and where.acts(given)
    spot = where.act(given) if looking else where.read(given.get("spot", ""))
    if looking:
        typed = {**given.dict(), "read_back": "read_back" in given}
        form = ContactForm(initial=typed | ({"district": spot.district} if spot.district else {}))
    else:
        form = ContactForm(given if request.method == "POST" else None, initial={"channel": _channel(call)})
    near = (
        where.beside(spot, given.get("service", ""), given.get("place", ""), given.get("district", ""))
        if request.method == "POST" and asked.heard
        else []
    )
    seen = [one for one in given.get("seen", "").split(",") if one]
    if (
        request.method == "POST"
        and not looking
        and (answer := _written(request, form, picked, call, spot, [str(one.case) for one in near], seen))
    ):
        return answer
    where.remember(request, spot)
    today = timezone.localdate()
    danger = danger_in(f"{given.get('note', '')} {given.get('content', '')}")
    context = {
        **_pop(request.user, call, picked, words),
        "writes": writes(request.user),
        "form": form,
        "key": key_of(request),
        **_answers(words, picked),
        "action": f"{request.path}?{urlencode({'q': words, 'article': picked.code if picked else ''})}",
        "keys": keys(),
        "fields": [form[name] for name in ("channel", "language", "agency", "note")],
        "matter": [form[name] for name in MATTER if name in form.fields],
        "place": [form[name] for name in PLACE if name in form.fields],
        "opened": request.method == "POST",
        "spot": spot,
        "near": [(one, format_date(one.since)) for one in near],
        "seen": ",".join(str(one.case) for one in near),
        "asked_near": bool(given.get("service")),
        "danger": danger,
        "danger_name": danger_name(danger) if danger else "",
        "more": MORE,
        "rows": _today(request.user, today),
        "links": _links(request.user),
    }
    status = INVALID if form.errors else 200
    return drawn(request, "enquiries/home.html", _("市政業務諮詢"), context, status=status, root=True)


def _channel(call: AtHand | None) -> str:
    return call.channel if call is not None and call.channel in Channel.values else str(Channel.PHONE)


def _answers(words: str, picked: Article | None) -> dict[str, Any]:
    """What the words find, the best first, and the article that was picked; also while somebody types."""
    hits = listed(deeds.published(), words, "enquiries:article") if words else []
    for one in hits:
        one["pick"] = f"{reverse('enquiries:home')}?{urlencode({'q': words, 'article': one['code']})}#found"
    return {"q": words, "hits": hits, "picked": _picked(picked)}


def _picked(article: Article | None) -> dict[str, Any] | None:
    if article is None:
        return None
    return {
        "code": article.code, "words": words_of(article), "mark": mark(article),
        "owner": called(article.owner),
        "verified": format_date(article.verified_on), "review": format_date(article.review_by),
        "law": article.law, "forms": article.forms, "href": reverse("enquiries:article", args=[article.code]),
    }  # fmt: skip


def _today(user: Any, today: date) -> list[tuple[str, ...]]:
    mine = Contact.objects.filter(day=today).select_related("article", "agency", "agent", "case", "incident")
    if not leads(user) and writes(user):
        mine = mine.filter(agent=user.pk)
    return [
        (
            format_time(one.at),
            str(one.get_channel_display()),
            str(one.get_outcome_display()),
            about(one) or str(one.agency or ""),
            _("有") if one.call_id else "",
            str(one.agent or ""),
        )
        for one in mine.order_by("-at", "-pk")[:SHOWN]
    ]


def _links(user: Any) -> list[parts.Link]:
    found = [
        parts.Link(_("重大事件"), reverse("enquiries:incidents"), icon="alert"),
        parts.Link(_("知識庫"), reverse("enquiries:articles"), icon="book"),
    ]
    if writes(user) and asked.heard:
        found.append(parts.Link(_("待立案的諮詢"), reverse("enquiries:wanted"), icon="clock"))
    if lists_callers(user):
        found.append(parts.Link(_("騷擾來電名單"), reverse("enquiries:nuisance"), icon="shield"))
    if letters.editors.cases(user) == duties.ALL:
        place = reverse("desk:room_letters", args=["service.enquiries"])
        found.append(parts.Link(_("文書"), place, icon="sheet"))
    return found


def _written(
    request: HttpRequest, form: ContactForm, picked: Article | None, call: AtHand | None, spot: where.Where,
    near: list[str], seen: list[str],
) -> HttpResponse | None:  # fmt: skip
    """The contact kept and the way on; None when something must be corrected first, or looked at."""
    outcome, joins, event = (request.POST.get(name, "") for name in ("outcome", "join", "incident"))
    if joins:
        outcome = Outcome.CASE_JOINED
    elif event:
        outcome = Outcome.IMMEDIATE
    if outcome not in Outcome.values:
        form.add_error(None, _("請選擇處理結果。"))
        return None
    if not form.is_valid():
        return None
    given = form.cleaned_data
    if outcome == Outcome.CASE_CREATED and set(near) - set(seen):
        form.add_error(None, _("附近已有同類未結案件，請先看下面的清單；都不是同一件，再按一次「立案」。"))
        return None
    if joins and joins not in near:
        form.add_error(None, _("這一件不在附近的未結案件中，請重新查地點。"))
        return None
    spoken = call if given["channel"] in SPOKEN else None
    try:
        made = deeds.record(
            actor(request),
            key_of(request),
            outcome=outcome,
            channel=given["channel"],
            call=spoken,
            article=None if event else picked,
            agency=given["agency"],
            language=given["language"],
            note=given["note"],
            matter=matter_of(given, spot) if outcome in (Outcome.CASE_CREATED, Outcome.CASE_JOINED) else None,
            incident=_counted(event, spoken) if event else None,
            joins=int(joins) if joins else None,
        )
    except ValidationError as error:
        for name, sentences in getattr(error, "message_dict", {"": error.messages}).items():
            form.add_error(name if name in form.fields else None, sentences)
        return None
    messages.success(request, _said(made))
    return HttpResponseRedirect(reverse("enquiries:home"))


def _counted(given: str, call: AtHand | None) -> Incident:
    """The incident a contact is counted to: one that holds now, or held when the call was answered."""
    pk = int(given) if given.isascii() and given.isdigit() and len(given) < 16 else 0
    return incidents.to_count(pk, call.since if call else timezone.now())


def _said(made: Contact) -> str:
    said = _("已登錄：%(outcome)s。") % {"outcome": made.get_outcome_display()}
    if made.incident is not None:
        said += _("計入「%(what)s」。") % {"what": made.incident.what}
    if made.outcome == Outcome.CASE_JOINED and made.case is not None:
        said += _("來電者已加入%(number)s，沒有另外立案。") % {"number": made.case.number}
    if made.code and made.case is not None:
        told = {"number": made.case.number, "code": made.code}
        said += _("案號%(number)s，查詢碼%(code)s，請告知陳情人；查詢碼不再顯示。") % told
    if made.outcome == Outcome.CASE_WANTED and not asked.heard:
        said += _("陳情系統尚未啟用，來電內容已留存，啟用後由話務中心補立案。")
    return said


def matter_of(given: dict[str, Any], spot: where.Where | None = None) -> deeds.Matter:
    """What the form says of a case. A mobile number is kept as one: progress goes there by text."""
    number = given.get("phone", "").strip()
    mobile = "".join(one for one in number if one.isdigit()).startswith(("09", "8869"))
    person = Person(
        name=given.get("name", "").strip(), phone="" if mobile else number, mobile=number if mobile else "",
        language="en" if given.get("language") == "en" else "zh-hant",
    )  # fmt: skip
    content = given.get("content", "").strip() or given["note"]
    code = (spot.district if spot else "") or given.get("district", "")
    return deeds.Matter(
        content, given.get("place", ""), person, given.get("read_back", False), given.get("service", ""),
        District.objects.filter(pk=code).first() if code else None,
        where.decimals(spot.point) if spot else None,
    )  # fmt: skip


@only(writes)
@require_safe
def pop(request: HttpRequest) -> HttpResponse:
    """The part of the agent's screen that moves, alone."""
    shown = _article(request.GET.get("script", ""))
    return render_page(
        request, "enquiries/pop.html", _pop(request.user, deeds.at_hand(request.user), shown, "")
    )
