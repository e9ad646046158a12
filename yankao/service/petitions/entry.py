"""代為登錄 What somebody says, writes or sends, put down by staff: by telephone, at the counter, on paper.

A spoken petition is read back before it is on record (行政程序法 §169): the page shows the words to read, and
the record says how they were confirmed. Who petitions goes into the identity vault and nowhere else.
"""

from __future__ import annotations

import re
import secrets
from datetime import date, datetime
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.validators import validate_email
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from yankao.counter.dangers import danger_in
from yankao.counter.pages import called as danger_name
from yankao.desk import nav, parts
from yankao.desk.fields import RocDateField
from yankao.desk.inputs import EvidenceField, TextField
from yankao.desk.pages import render_page
from yankao.kernel.casework.process import Refused
from yankao.kernel.people.models import District
from yankao.kernel.register.english import called
from yankao.kernel.vault.persons import Person

from . import intake, registers
from .models import ORAL, Channel, Kind, Petition, ReadBack
from .process import process

BY_STAFF = (
    Channel.PHONE, Channel.COUNTER, Channel.LETTER, Channel.FAX, Channel.EMAIL, Channel.COUNCILLOR,
)  # fmt: skip
WRITTEN = (Channel.LETTER, Channel.FAX, Channel.EMAIL, Channel.COUNCILLOR)
"""Lies in a tray before it is typed: its time counts from the day on which the city had it."""
PAPER = ("pdf", "odt", "jpeg", "png")


class EntryForm(forms.Form):
    """One petition as it is told; the person apart from the matter."""

    use_required_attribute = False
    channel = forms.ChoiceField(
        label=gettext_lazy("受理管道"), widget=forms.RadioSelect,
        choices=[(str(one), one.label) for one in BY_STAFF],
    )  # fmt: skip
    kind = forms.ChoiceField(
        label=gettext_lazy("案件類別"), widget=forms.RadioSelect,
        choices=[(str(one), one.label) for one in (Kind.PETITION, Kind.DISPATCH, Kind.MAILBOX)],
    )  # fmt: skip
    subject = forms.CharField(label=gettext_lazy("主旨"), max_length=120, required=False)
    content = TextField(
        label=gettext_lazy("陳情內容"), max_length=8000, widget=forms.Textarea(attrs={"rows": 6}),
        help_text=gettext_lazy("照陳情人的意思寫；姓名、電話寫在下面，不要寫在內容裡"),
    )  # fmt: skip
    category = forms.ChoiceField(label=gettext_lazy("案件分類"), required=False)
    service = forms.ChoiceField(
        label=gettext_lazy("服務項目"), required=False, help_text=gettext_lazy("派工通報才要選")
    )
    district = forms.ChoiceField(label=gettext_lazy("行政區"), required=False)
    place = forms.CharField(label=gettext_lazy("地點"), max_length=200, required=False)
    name = forms.CharField(
        label=gettext_lazy("姓名"), max_length=60, required=False,
        help_text=gettext_lazy("陳情人的資料加密保存，平時只顯示部分；不願具名就留白"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip
    mobile = forms.CharField(
        label=gettext_lazy("手機"), max_length=20, required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "tel"}),
    )  # fmt: skip
    phone = forms.CharField(
        label=gettext_lazy("電話"), max_length=20, required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "tel"}),
    )  # fmt: skip
    email = forms.CharField(
        label=gettext_lazy("電子郵件"), max_length=120, required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "email"}),
    )  # fmt: skip
    address = forms.CharField(
        label=gettext_lazy("聯絡地址"), max_length=200, required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip
    language = forms.ChoiceField(
        label=gettext_lazy("通知用的語言"), choices=[("zh-hant", gettext_lazy("中文")), ("en", "English")],
        widget=forms.RadioSelect,
    )  # fmt: skip
    confidential = forms.BooleanField(
        label=gettext_lazy("陳情人要求保密"), required=False,
        help_text=gettext_lazy("只有您、收文保管人員與指定的承辦人員看得到"),
    )  # fmt: skip
    reference = forms.CharField(
        label=gettext_lazy("來源文號"), max_length=80, required=False,
        help_text=gettext_lazy("書信、傳真、議員轉介的文號"),
    )  # fmt: skip
    received_on = RocDateField(
        label=gettext_lazy("收文日"), required=False,
        help_text=gettext_lazy("書信、傳真、電子郵件與議員轉介才要填，例如115/11/23；辦理期限自這一天起算"),
    )  # fmt: skip
    key = forms.CharField(widget=forms.HiddenInput, min_length=16, max_length=64)

    def __init__(self, user: Any, *args: Any, **given: Any) -> None:
        super().__init__(*args, **given)
        today = timezone.localdate()
        fields: dict[str, Any] = self.fields
        none = ("", _("先不分類"))
        fields["category"].choices = [
            none,
            *(
                (code, f"{one.parent} › {one}" if one.parent_id else str(one))
                for code, one in _categories()
                if one.withdrawn_on is None or today < one.withdrawn_on
            ),
        ]
        fields["service"].choices = [
            ("", _("無")), *((one.pk, str(one)) for one in registers.offered(today))
        ]  # fmt: skip
        fields["district"].choices = [
            ("", _("不確定")), *((one.pk, called(one)) for one in District.objects.order_by("code"))
        ]  # fmt: skip
        self.fields["files"] = EvidenceField(
            user, many=True, kinds=PAPER, required=False, label=_("附件"),
            help_text=_("來信或來文的掃描檔、照片：PDF、ODT、JPEG或PNG"),
        )  # fmt: skip

    def clean_email(self) -> str:
        given = str(self.cleaned_data["email"]).strip()
        if given:
            try:
                validate_email(given)
            except ValidationError:
                raise ValidationError(_("電子郵件的格式不對，例如name@example.com。")) from None
        return given

    def clean_mobile(self) -> str:
        return self._number("mobile")

    def clean_phone(self) -> str:
        return self._number("phone")

    def _number(self, name: str) -> str:
        given = str(self.cleaned_data[name]).strip()
        if given and not 6 <= len(re.sub(r"\D", "", given)) <= 15:
            raise ValidationError(_("電話號碼的位數不對。"))
        return given

    def clean_received_on(self) -> date | None:
        given: date | None = self.cleaned_data["received_on"]
        if given is not None and given > timezone.localdate():
            raise ValidationError(_("收文日不能晚於今天。"))
        return given

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        written, day = given.get("channel") in WRITTEN, given.get("received_on")
        if written and day is None and "received_on" not in self.errors:
            self.add_error("received_on", _("請填收到來文的日期。"))
        if "channel" in given and not written and day not in (None, timezone.localdate()):
            self.add_error("received_on", _("電話與臨櫃的陳情以登錄當時為準，收文日請留白。"))
        if given.get("kind") == Kind.DISPATCH:
            if not given.get("service"):
                self.add_error("service", _("派工通報須選定服務項目。"))
            if not given.get("place"):
                self.add_error("place", _("請說明地點。"))
        return given


def _categories() -> list[tuple[str, Any]]:
    """The categories with their parents at hand."""
    known = registers.categories()
    found = []
    for code, one in known.items():
        if one.parent_id:
            one.parent = known[one.parent_id]
        found.append((code, one))
    return found


def opens(user: Any) -> bool:
    """Who may put down what somebody else says."""
    return intake.may_enter(user)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def enter(request: HttpRequest) -> HttpResponse:
    """The form; for what is spoken the words to read back; the number and code to tell."""
    if not opens(request.user):
        raise PermissionDenied(_("代為登錄由受理窗口辦理。"))
    if request.method != "POST":
        usual = {
            "channel": str(Channel.PHONE), "kind": str(Kind.PETITION), "language": "zh-hant",
            "key": secrets.token_hex(16),
        }  # fmt: skip
        return _page(request, EntryForm(request.user, initial=usual))
    form = EntryForm(request.user, request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, form, status=422)
    told = form.cleaned_data
    confirmed = request.POST.get("read_back", "")
    spoken = told["channel"] in ORAL and told["kind"] != Kind.DISPATCH
    if spoken and confirmed not in ReadBack.values:
        missed = "read_back" in request.POST or "confirm" in request.POST
        return _page(request, form, read=_to_read(told), missed=missed, status=422 if missed else 200)
    try:
        done = intake.receive(_told(request.user, told, confirmed if spoken else ""))
    except Refused as refused:
        form.add_error(None, str(refused))
        return _page(request, form, status=409)
    except ValidationError as fault:
        for name, sentences in fault.message_dict.items():
            form.add_error(name if name in form.fields else None, list(sentences))
        return _page(request, form, status=422)
    return _entered(request, done)


def key_of(user: Any, sent: str) -> str:
    """What names a form sent from a desk. It is the sender's own: the access code comes of it, and whoever
    sends another's form once more is told nothing.
    """
    return f"desk:{user.pk}:{sent}"


def _told(user: Any, told: dict[str, Any], read_back: str) -> intake.Told:
    district = District.objects.filter(pk=told["district"]).first() if told["district"] else None
    return intake.Told(
        channel=told["channel"], kind=told["kind"], client_key=key_of(user, told["key"]),
        subject=told["subject"], content=told["content"],
        category=registers.categories().get(told["category"]),
        service=registers.services().get(told["service"]) if told["kind"] == Kind.DISPATCH else None,
        place=told["place"], district=district, language=told["language"],
        confidential=told["confidential"], reference=told["reference"], files=told["files"], agent=user,
        read_back=read_back, received_at=_moment(told["received_on"]), entered_at=timezone.now(),
        petitioner=Person(
            name=told["name"], mobile=told["mobile"], phone=told["phone"], email=told["email"],
            address=told["address"], language=told["language"],
        ),
    )  # fmt: skip


def _moment(day: date | None) -> datetime | None:
    """The hour of the typing on the day of receipt: nobody knows the hour of a letter."""
    now = timezone.localtime()
    return None if day is None else timezone.make_aware(datetime.combine(day, now.time()))


def _to_read(told: dict[str, Any]) -> list[str]:
    """What is read to the caller, line by line."""
    lines = [told["subject"], *told["content"].splitlines()]
    if told["place"]:
        lines.append(_("地點：%(place)s") % {"place": told["place"]})
    if told["name"]:
        lines.append(_("陳情人：%(name)s") % {"name": told["name"]})
    ways = [told[name] for name in ("mobile", "phone", "email", "address") if told[name]]
    if ways:
        lines.append(_("聯絡方式：%(ways)s") % {"ways": _("、").join(ways)})
    return [line for line in lines if line.strip()]


def _crumbs(title: str) -> list[parts.Link]:
    return [
        parts.Link(_("首頁"), reverse("desk:home")),
        parts.Link(_("人民陳情與派工通報"), reverse("desk:list", args=[process.kind])),
        parts.Link(title, ""),
    ]


def _page(
    request: HttpRequest, form: EntryForm, *, read: list[str] | None = None, missed: bool = False,
    status: int = 200,
) -> HttpResponse:  # fmt: skip
    title = _("代為登錄")
    danger = (
        danger_in(f"{form.data.get('subject', '')} {form.data.get('content', '')}") if form.data else None
    )
    context = {
        **nav.frame(request), "heading": title, "crumbs": _crumbs(title), "form": form, "read": read or [],
        "missed": missed, "ways": ReadBack.choices, "danger": danger,
        "danger_name": danger_name(danger) if danger else "",
    }  # fmt: skip
    return render_page(request, "petitions/entry.html", context, status=status)


def _entered(request: HttpRequest, done: intake.Received) -> HttpResponse:
    """The number and the access code, to tell the petitioner; sent again, the same ones."""
    one: Petition = done.petition
    title = _("已登錄")
    context = {
        **nav.frame(request), "heading": title, "crumbs": _crumbs(title), "number": one.case.number,
        "code": f"{done.code[:5]} {done.code[5:]}", "case": one.pk,
    }  # fmt: skip
    return render_page(request, "petitions/entered.html", context)
