"""What citizens are asked at the counter: to report a fault, petition, write to the mayor, or ask.

Four journeys of one engine (`yankao.counter.journey`). Who is named, who confidential and who nameless is
explained before it is chosen, and who will read it before it is sent.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, cast

from django import forms
from django.conf import settings
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yankao.counter import places
from yankao.counter.drafts import Draft
from yankao.counter.journey import Answer, Journey, Page, Sent
from yankao.counter.offers import asked
from yankao.desk.inputs import EvidenceField, TextField
from yankao.desk.jinja import format_date, format_time
from yankao.kernel.casework.docket import Clock
from yankao.kernel.evidence.models import Evidence
from yankao.kernel.outbox.numbers import international
from yankao.kernel.people.models import District
from yankao.kernel.register.english import called
from yankao.kernel.vault.persons import Person, phone_form

from . import intake, near, registers
from .models import Category, Channel, Kind, Nature, Petition, Service
from .questions import answer_of, chosen_in, field_of, questions_of
from .telling import headline

OTHER = "other"
PHOTOS, FILES = 3, 5
PLAIN_FORM = {"use_required_attribute": False}


def _form(name: str, **fields: Any) -> type[forms.Form]:
    return cast("type[forms.Form]", type(name, (forms.Form,), {**PLAIN_FORM, **fields}))


def _choice(label: Any, choices: list[tuple[str, Any]], **more: Any) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=choices, widget=forms.RadioSelect, **more)


# ── Files ───────────────────────────────────────────────────────────────────────────────────────────


def _files_form(
    draft: Draft, page: str, most: int, label: Any, hint: Any, kinds: tuple[str, ...]
) -> type[forms.Form]:
    """Files kept from before stand in the form as chosen, and can be given up."""

    class FilesForm(forms.Form):
        use_required_attribute = False

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            field = EvidenceField(None, many=True, kinds=kinds, required=False, label=label, help_text=hint)
            self.fields["files"] = field
            keys = draft.filled(page).get("files", [])
            if keys:
                found = Evidence.objects.in_bulk(keys)
                field.widget.kept = [(field.mark_of(found[key]), found[key]) for key in keys if key in found]

        def clean_files(self) -> list[Evidence]:
            files: list[Evidence] = self.cleaned_data["files"]
            if len(files) > most:
                raise forms.ValidationError(_("最多%(n)s個檔案，請勾選不用的。") % {"n": most})
            return files

    return FilesForm


def _files_said(page: str) -> Any:
    def said(draft: Draft) -> list[Answer]:
        found = Evidence.objects.in_bulk(draft.get(page, "files", []))
        return [Answer(_("檔案"), _("、").join(one.name for one in found.values()) or _("沒有檔案"))]

    return said


def _photo_form(draft: Draft) -> type[forms.Form]:
    hint = _("JPEG或PNG，最多%(n)s張；請避開人臉與車牌。照片裡的拍攝位置會帶入下一步。") % {"n": PHOTOS}
    return _files_form(draft, "photo", PHOTOS, _("照片（沒有也可以繼續）"), hint, ("jpeg", "png"))


def _place_of_photo(draft: Draft, form: forms.Form) -> None:
    """The first photograph that knows where it was taken; a place chosen by hand stays."""
    at, before = draft.about.get("at"), places.point_of(draft)
    if at and at["from"] != places.FROM_PHOTO:
        return
    draft.about.pop("at", None)
    for one in form.cleaned_data["files"]:
        if one.longitude is not None and places.choose(
            draft, float(one.longitude), float(one.latitude), places.FROM_PHOTO
        ):
            break
    if places.point_of(draft) != before:
        places.ask_again(draft)
    _look_near(draft)


# ── Reporting a fault ───────────────────────────────────────────────────────────────────────────────


def _services() -> list[Service]:
    return registers.offered(timezone.localdate())


def _service_form(draft: Draft) -> type[forms.Form]:
    choices = [*((one.pk, str(one)) for one in _services()), (OTHER, _("都不是，我用文字說明"))]
    wanted = draft.about.get("service")
    first = {"initial": wanted} if wanted in dict(choices) else {}
    return _form("ServiceForm", service=_choice(_("哪一種情形"), choices, **first))


def _service_chosen(draft: Draft, form: forms.Form) -> None:
    draft.answers.pop("more", None)
    _look_near(draft)


def _look_near(draft: Draft) -> None:
    """Which open reports are close: asked when place and kind are known, and again when one changed."""
    point, service = places.point_of(draft), draft.get("what", "service")
    before = draft.about.get("near", [])
    found = near.near(service, *point) if point and service and service != OTHER else []
    draft.about["near"] = [[one.petition.pk, one.metres] for one in found]
    if [one[0] for one in draft.about["near"]] != [one[0] for one in before]:
        draft.answers.pop("near", None)


def _placed(draft: Draft, form: forms.Form) -> None:
    _look_near(draft)


def _more_form(draft: Draft) -> type[forms.Form]:
    asked_for = questions_of(draft.get("what", "service"))
    return _form("MoreForm", **{one.code: field_of(one) for one in asked_for})


def _near_form(draft: Draft) -> type[forms.Form]:
    choices = [
        (str(one["key"]), _("是第%(n)s件（%(facts)s），我也遇到") % {"n": one["n"], "facts": one["facts"]})
        for one in _near_cards(draft)
    ]
    choices.append((OTHER, _("都不是，我要另外通報")))
    return _form("NearForm", same=_choice(_("是同一件嗎"), choices))


def _near_rows(draft: Draft) -> list[near.Near]:
    told = dict(draft.about.get("near", []))
    rows = Petition.objects.select_related("case__district", "service", "village")
    found = rows.in_bulk(list(told))
    return [near.Near(found[pk], metres) for pk, metres in told.items() if pk in found]


def _near_cards(draft: Draft) -> list[dict[str, Any]]:
    """What tells reports nearby apart: where, which answers were chosen, since when, how far along, who else.
    Nothing that anybody wrote, and no picture.
    """
    rows = _near_rows(draft)
    keys = [one.petition.pk for one in rows]
    others, pictured = near.joined(keys), near.pictured(keys)
    point = places.point_of(draft)
    cards = []
    for n, one in enumerate(rows, 1):
        petition = one.petition
        district = called(petition.case.district) if petition.case.district else ""
        village = called(petition.village) if petition.village else ""
        answers = chosen_in(petition.content, petition.service_id or "")
        away = near.away(point, petition, one.metres)
        facts = [away, village or district, *(words for _label, words in answers)]
        cards.append({
            "key": petition.pk, "n": n, "what": str(petition.service), "away": away,
            "where": f"{district} {village}".strip(), "answers": answers,
            "since": format_time(petition.received_at), "stage": headline(petition)[0],
            "others": others.get(petition.pk, 0), "pictured": petition.pk in pictured,
            "facts": _("，").join(filter(None, facts)),
        })  # fmt: skip
    return cards


def _near_context(draft: Draft) -> dict[str, Any]:
    return {"near": _near_cards(draft)}


def joins(draft: Draft) -> bool:
    """Whether the citizen said that it is one of the reports nearby."""
    return bool(draft.about.get("near")) and draft.get("near", "same", OTHER) != OTHER


def _alone(draft: Draft) -> bool:
    return not joins(draft)


def _details_form(draft: Draft) -> type[forms.Form]:
    needed = draft.get("what", "service") in ("", OTHER)
    return _form(
        "DetailsForm",
        content=TextField(
            label=_("請說明情形"),
            max_length=2000,
            required=needed,
            widget=forms.Textarea(attrs={"rows": 5}),
            help_text=_("哪裡壞了、多久了、有沒有危險。請不要在這裡寫姓名、電話。"),
        ),
    )


NO_MOBILE = gettext_lazy("請填可以收簡訊的手機號碼，例如0912-345-678；國外的號碼請加上+與國碼。")


class ContactForm(forms.Form):
    """Name and ways to be reached."""

    use_required_attribute = False
    name = forms.CharField(
        label=gettext_lazy("姓名"), max_length=100, required=False,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )  # fmt: skip
    mobile = forms.CharField(
        label=gettext_lazy("手機"), max_length=20, required=False,
        help_text=gettext_lazy("進度會用簡訊告訴您，例如0912-345-678"),
        widget=forms.TextInput(attrs={"autocomplete": "tel", "inputmode": "tel"}),
    )  # fmt: skip
    email = forms.CharField(
        label=gettext_lazy("電子郵件"), max_length=120, required=False,
        widget=forms.TextInput(attrs={"autocomplete": "email", "inputmode": "email"}),
    )  # fmt: skip

    def clean_email(self) -> str:
        given: str = self.cleaned_data["email"].strip()
        if given:
            try:
                validate_email(given)
            except forms.ValidationError:
                raise forms.ValidationError(_("電子郵件的格式不對，例如name@example.com。")) from None
        return given

    def clean_mobile(self) -> str:
        given: str = self.cleaned_data["mobile"].strip()
        if given and not international(given):
            raise forms.ValidationError(NO_MOBILE)
        return given


class FollowerForm(ContactForm):
    """Who says "me too" is told how it goes on: by one way at least."""

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if not self.errors and not (given.get("mobile") or given.get("email")):
            self.add_error("mobile", _("請留手機或電子郵件，才能把進度告訴您。"))
        return given


class NamedForm(ContactForm):
    """A petition in one's own name: name and one way to be reached (行政程序法 §173)."""

    address = forms.CharField(
        label=gettext_lazy("聯絡地址"), max_length=200, required=False,
        widget=forms.TextInput(attrs={"autocomplete": "street-address"}),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].required = True
        self.fields["name"].error_messages["required"] = _("請填真實姓名。")
        for name in ("mobile", "email", "address"):
            field: Any = self.fields[name]
            field.one_of = True

    def clean_mobile(self) -> str:
        """A landline will do here: it is called, no text is sent to it."""
        given: str = self.cleaned_data["mobile"].strip()
        return given if 8 <= len(phone_form(given).lstrip("+")) <= 15 else super().clean_mobile()

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if not self.errors and not (given.get("mobile") or given.get("email") or given.get("address")):
            self.add_error("mobile", _("手機、電子郵件、聯絡地址請至少填一項，才能答復您。"))
        return given


def _contact_lead(draft: Draft) -> Any:
    if joins(draft):
        return _("請至少留一種方式，才能把進度告訴您；隨時可以退出，您留的資料會刪除。")
    return _("都可以不填；沒有填的話，用案號與查詢碼也查得到。")


def _contact_form(draft: Draft) -> type[forms.Form]:
    return FollowerForm if joins(draft) else ContactForm


def person_of(draft: Draft, language: str) -> Person:
    """Who told it, as the vault keeps it; nobody for an anonymous one."""
    told = draft.answers.get("contact", {})
    number = told.get("mobile", "")
    texts = bool(international(number))
    return Person(
        name=told.get("name", ""), mobile=number if texts else "", phone="" if texts else number,
        email=told.get("email", ""), address=told.get("address", ""), language=language,
    )  # fmt: skip


def _where(draft: Draft) -> dict[str, Any]:
    """Place, point and district as receiving takes them."""
    point = places.point_of(draft)
    code = draft.get("place", "district")
    found: dict[str, Any] = {
        "place": draft.get("place", "address"),
        "district": District.objects.filter(pk=code).first() if code else None,
    }
    if point:
        found["longitude"], found["latitude"] = (Decimal(f"{one:.6f}") for one in point)
    return found


def _evidence(draft: Draft, page: str) -> list[Evidence]:
    """The files sent up on a page."""
    keys = draft.get(page, "files", [])
    return list(Evidence.objects.filter(pk__in=keys)) if keys else []


def _fault_text(draft: Draft, service: Service | None) -> str:
    """What the citizen wrote, and the answers to the questions below it."""
    lines = [draft.get("details", "content").strip()]
    if not lines[0] and service is not None:
        lines = [service.name]
    told = draft.answers.get("more", {})
    for one in questions_of(service.pk if service else ""):
        if answer := answer_of(one, told.get(one.code)):
            lines.append(f"{one.words}：{answer}")
    return "\n".join(lines)


def _opened(petition: Petition, *codes: str) -> tuple[str, str]:
    """The number of the case and the day by which it is promised ("" without a clock). Of a case just opened
    both are at hand; of one that a retry met again they are asked.
    """
    docket: Any = getattr(petition, "docket", None)
    case = docket.case if docket else petition.case
    running = docket.running.values() if docket else Clock.objects.filter(case=case, stopped_at=None)
    days = sorted(clock.due_at for clock in running if clock.code in codes)
    return case.number, format_date(days[0], weekday=True) if days else ""


def report(draft: Draft, language: str, keep: Callable[[Sent], None]) -> None:
    """Open the case of a fault, or join the one it is."""
    person = person_of(draft, language)
    if joins(draft):
        with transaction.atomic():
            key = f"counter:{draft.key}"
            petition = near.join(int(draft.get("near", "same")), person, key, _evidence(draft, "photo"))
            keep(Sent(petition.case.number, _spaced(intake.code_of(key)), _("已加入關注"), (
                _("已把您加入「%(title)s」的關注名單，沒有另外立案。") % {"title": petition.service},
                _("每個公開的進度都會用您留的方式告訴您。"),
                _("用這個案號與查詢碼可以看進度，也可以隨時退出關注並刪除您留的資料。"),
                *_where_shown(person),
            )))  # fmt: skip
        return
    service = registers.services().get(draft.get("what", "service"))
    told = intake.Told(
        channel=Channel.WEB, kind=Kind.DISPATCH, client_key=f"counter:{draft.key}", language=language,
        content=_fault_text(draft, service), service=service, petitioner=person,
        files=_evidence(draft, "photo"), **_where(draft),
    )  # fmt: skip

    def opened(done: intake.Received) -> None:
        number, day = _opened(done.petition, "fix" if service else "triage")
        lines = [_("派工中心會通知負責的單位到場處理。")]
        if day and not service:
            told = _("受理窗口會在%(day)s前判斷種類並交給負責的單位；修復期限屆時會顯示在查詢頁。")
            lines = [told % {"day": day}]
        elif day:
            lines.append(_("預定%(day)s前修復；超過時您會在查詢頁看到原因。") % {"day": day})
        lines += _reached(person)
        keep(Sent(number, _spaced(done.code), _("已收到您的通報"), tuple(lines)))

    intake.receive(told, opened)


def _reached(person: Person, *, close: bool = False) -> list[str]:
    if person.mobile or person.email:
        return [_("有進度時會用您留的方式通知您。"), *_where_shown(person, close=close)]
    return [_("您沒有留聯絡方式，請用案號與查詢碼查詢進度。"), *_where_shown(person, close=close)]


def _where_shown(person: Person, *, close: bool = False) -> list[str]:
    """Where the code can be read besides here: of an accusation or a confidential matter nowhere."""
    ways = {"email": person.email, "sms": person.mobile}
    if not close and any(to and settings.MESSAGES.get(way) for way, to in ways.items()):
        return [_("案號與查詢碼也會用您留的方式傳給您。")]
    return [_("查詢碼只在這裡顯示，不會另外寄給您。")]


def _spaced(code: str) -> str:
    """ABCDE FGHIJ is easier to copy than ten letters in a row."""
    return f"{code[:5]} {code[5:]}"


def _fault_readers(draft: Draft) -> list[str]:
    if joins(draft):
        return [
            _("受理窗口、負責的機關與派工人員會看到您加上的照片。"),
            _("姓名與聯絡方式加密保存，只用來把進度告訴您；每次調閱都有紀錄，您用查詢碼看得到。"),
        ]
    lines = [
        _("受理窗口、負責的機關與派工人員會看到情形、地點與照片。"),
        _("公開地圖只顯示種類、大約位置（約500公尺方格）與進度，沒有您的文字、照片與姓名。"),
        _("在附近通報同一種情形的人，會看到這件的距離、方向、村里、您選的選項與有沒有照片，看不到其他內容。"),
    ]
    if person_of(draft, ""):
        lines.append(_("姓名與聯絡方式加密保存，平時只顯示部分；每次調閱都有紀錄，您查詢案件時看得到。"))
    else:
        lines.append(_("您沒有留姓名與聯絡方式。"))
    return lines


def notice() -> list[Answer]:
    """What 個資法 §8 wants said before data is asked for."""
    return [
        Answer(_("蒐集機關"), _("本府研究發展考核委員會")),
        Answer(_("目的"), _("受理、處理與答復您反映的事項（人民陳情業務）")),
        Answer(_("類別"), _("姓名、聯絡方式，以及您自己寫的內容")),
        Answer(_("利用期間與對象"), _("結案後依保存年限保存；由處理本案的機關利用，屆期銷毀")),
        Answer(_("您的權利"), _("查詢、閱覽、複製、更正、停止利用與刪除，可撥1999提出")),
        Answer(
            _("不提供的影響"), _("可以不留資料；但無法通知您進度，陳情未具真實姓名與聯絡方式者得不予處理")
        ),
    ]


REPORT = Journey(
    "report",
    gettext_lazy("通報損壞或髒亂"),
    gettext_lazy("路面坑洞、路燈不亮、水溝阻塞、號誌故障，拍照就能通報"),
    (
        Page(
            "photo", gettext_lazy("先拍一張照片"), _photo_form, after=_place_of_photo,
            said=_files_said("photo"),
        ),
        places.place_page(gettext_lazy("在哪裡"), after=_placed),
        Page("what", gettext_lazy("是什麼情形"), _service_form, after=_service_chosen),
        Page(
            "near", gettext_lazy("附近已經有人通報"), _near_form, template="petitions/near.html",
            lead=gettext_lazy("如果是同一件，加入關注就好：不必重填，進度一樣會告訴您。"),
            context=_near_context, shown=lambda draft: bool(draft.about.get("near")),
        ),
        Page(
            "more", gettext_lazy("再說清楚一點"), _more_form,
            shown=lambda draft: _alone(draft) and bool(questions_of(draft.get("what", "service"))),
        ),
        Page("details", gettext_lazy("還有什麼要說的"), _details_form, shown=_alone, watched=("content",)),
        Page(
            "contact", gettext_lazy("怎麼告訴您進度"), _contact_form,
            context=lambda draft: {"lead": _contact_lead(draft)},
        ),
    ),
    report,
    icon="alert",
    words="通報|報修|損壞|壞掉|壞了|破損|故障|髒亂|report|broken|repair|fault",
    needs=(gettext_lazy("照片（有的話）"), gettext_lazy("地點：照片、手機定位、地圖或地址都可以")),
    notice=notice,
    readers=_fault_readers,
    button=gettext_lazy("送出通報"),
    words_taken=("service",),
)  # fmt: skip


# ── Petition, mailbox, question ─────────────────────────────────────────────────────────────────────

UNSURE = "unsure"


def _matter_form(draft: Draft) -> type[forms.Form]:
    return _form(
        "MatterForm",
        subject=forms.CharField(label=_("一句話說明"), max_length=120),
        content=TextField(
            label=_("詳細內容"), max_length=8000, widget=forms.Textarea(attrs={"rows": 9}),
            help_text=_("發生什麼事、何時何地、您希望市府怎麼做。"),
        ),
    )  # fmt: skip


def _category_form(draft: Draft) -> type[forms.Form]:
    today = timezone.localdate()
    rows = [
        one
        for one in registers.categories().values()
        if one.parent_id is None and (one.withdrawn_on is None or today < one.withdrawn_on)
    ]
    rows.sort(key=lambda one: one.order)
    choices = [*((one.pk, str(one)) for one in rows), (UNSURE, _("不確定"))]
    wanted = draft.about.get("category")
    first = {"initial": wanted} if wanted in dict(choices) else {}
    return _form("CategoryForm", category=_choice(_("和哪一方面有關"), choices, **first))


def accuses(draft: Draft) -> bool:
    """Whether what is told is an accusation, which is sealed."""
    chosen = registers.categories().get(draft.get("category", "category"))
    return chosen is not None and chosen.sealed


def _parties_form(draft: Draft) -> type[forms.Form]:
    choices = [
        ("public", _("市府機關的作為、服務、設施或法令")),
        ("private", _("我和別人之間：鄰居、房東房客、買賣、借錢、繼承、婚姻")),
        ("both", _("兩者都有")),
    ]
    return _form("PartiesForm", parties=_choice(_("主要是哪一種"), choices))


def _private(draft: Draft) -> bool:
    return bool(draft.get("parties", "parties") == "private")


def _mediation_form(draft: Draft) -> type[forms.Form]:
    tick = forms.BooleanField(
        label=_("我知道市府不能裁判私人間的爭執，仍要請市府處理與行政機關有關的部分"),
        error_messages={"required": _("要繼續送件請勾選；若要走調解，請用上面的途徑。")},
    )
    return _form("MediationForm", understood=tick)


def _documents_form(draft: Draft) -> type[forms.Form]:
    hint = _("PDF、ODT、JPEG或PNG，最多%(n)s個。") % {"n": FILES}
    return _files_form(
        draft, "files", FILES, _("附件（沒有也可以繼續）"), hint, ("pdf", "odt", "jpeg", "png")
    )


def _who_form(draft: Draft) -> type[forms.Form]:
    if accuses(draft):
        choices = [
            ("named", _("具名檢舉：只有政風保管人員知道您是誰")),
            ("anonymous", _("匿名檢舉：不留姓名；沒有具體事證時可能無法查處")),
        ]
    else:
        choices = [
            ("named", _("具名：受理窗口與承辦機關的承辦人會知道您是誰")),
            ("confidential", _("保密：只有被指定的承辦人員會知道您是誰")),
            ("anonymous", _("匿名：不留姓名；依法得不予處理，但仍會登記")),
        ]
    return _form("WhoForm", who=_choice(_("要讓承辦人員知道您是誰嗎"), choices))


def _known(draft: Draft) -> bool:
    return bool(draft.get("who", "who", "named") != "anonymous")


def _named_form(draft: Draft) -> type[forms.Form]:
    return NamedForm


def _readers(draft: Draft) -> list[str]:
    who = draft.get("who", "who", "named")
    if accuses(draft):
        lines = [
            _("這是檢舉：內容與您的身分都密封，只有政風保管人員可以打開。"),
            _("被檢舉的機關與人員、受理窗口、全文搜尋與統計都看不到。"),
        ]
    elif who == "confidential":
        lines = [_("只有被指定的承辦人員看得到內容與您的身分；每次查看都有紀錄。")]
    else:
        lines = [_("受理窗口、承辦機關與會辦機關看得到內容。")]
    if who == "anonymous":
        lines.append(_("您沒有留姓名；請務必抄下案號與查詢碼，才看得到答復。"))
    else:
        lines.append(_("姓名與聯絡方式加密保存；誰在什麼時候為什麼看過，您查詢案件時看得到。"))
    return lines


def _send(draft: Draft, language: str, keep: Callable[[Sent], None], kind: str, nature: str = "") -> None:
    who = draft.get("who", "who", "named")
    person = person_of(draft, language) if who != "anonymous" else Person(language=language)
    category: Category | None = registers.categories().get(draft.get("category", "category"))
    code = draft.get("where", "district")
    told = intake.Told(
        channel=Channel.WEB, kind=kind, client_key=f"counter:{draft.key}", language=language, nature=nature,
        subject=draft.get("matter", "subject"), content=draft.get("matter", "content"), category=category,
        place=draft.get("where", "place"),
        district=District.objects.filter(pk=code).first() if code else None,
        petitioner=person, confidential=who == "confidential",
        files=_evidence(draft, "files"),
    )  # fmt: skip
    first = _("政風保管人員會登錄並查處。") if accuses(draft) else _("受理窗口會登錄並交給負責的機關。")

    def opened(done: intake.Received) -> None:
        number, day = _opened(done.petition, "answer")
        lines = [first]
        if day:
            lines.append(_("預定%(day)s前答復；要延長時會先告訴您理由。") % {"day": day})
        lines += _reached(person, close=accuses(draft) or who == "confidential")
        keep(Sent(number, _spaced(done.code), _("已收到您的來信"), tuple(lines)))

    intake.receive(told, opened)


def _where_form(draft: Draft) -> type[forms.Form]:
    districts = [("", _("不限地點")), *((one.pk, called(one)) for one in District.objects.order_by("code"))]
    return _form(
        "WhereForm",
        place=forms.CharField(label=_("地點"), max_length=200, required=False),
        district=forms.ChoiceField(label=_("行政區"), choices=districts, required=False),
    )


CONTACT = Page(
    "contact", gettext_lazy("怎麼答復您"), _named_form, shown=_known,
    lead=gettext_lazy("姓名一定要填；手機、電子郵件、聯絡地址至少填一項。"),
)  # fmt: skip
MATTER = Page("matter", gettext_lazy("您要說的事"), _matter_form, watched=("subject", "content"))
LETTER: tuple[Page, ...] = (
    MATTER,
    Page("category", gettext_lazy("和哪一方面有關"), _category_form),
    Page("parties", gettext_lazy("這件事主要是關於"), _parties_form, shown=lambda draft: not accuses(draft)),
    Page(
        "mediation", gettext_lazy("私人間的爭執，有更快的途徑"), _mediation_form, shown=_private,
        template="petitions/mediation.html",
    ),
    Page("where", gettext_lazy("在哪裡發生的"), _where_form, lead=gettext_lazy("和地點無關的話，直接繼續。")),
    Page("files", gettext_lazy("有要附的檔案嗎"), _documents_form, said=_files_said("files")),
    Page("who", gettext_lazy("具名、保密或匿名"), _who_form),
    CONTACT,
)  # fmt: skip

PETITION = Journey(
    "petition",
    gettext_lazy("陳情"),
    gettext_lazy("對市政的建議、對處理結果不服、權益受損、檢舉違失"),
    LETTER,
    lambda draft, language, keep: _send(draft, language, keep, Kind.PETITION),
    icon="document",
    words="陳情|申訴|檢舉|投訴|抗議|不服|petition|complaint|complain|accuse",
    needs=(gettext_lazy("發生的時間、地點與經過"), gettext_lazy("相關文件或照片（有的話）")),
    notice=notice,
    readers=_readers,
    button=gettext_lazy("送出陳情"),
    words_taken=("category",),
)

MAILBOX = Journey(
    "mailbox",
    gettext_lazy("寫信給市長"),
    gettext_lazy("市長信箱：由市長室交給負責的機關答復"),
    LETTER,
    lambda draft, language, keep: _send(draft, language, keep, Kind.MAILBOX),
    icon="inbox",
    words="市長信箱|市長|寫信|mayor|mailbox|letter",
    needs=(gettext_lazy("一件事寫一封，才能分別答復"),),
    notice=notice,
    readers=_readers,
    button=gettext_lazy("寄出"),
)


def _answers_context(draft: Draft) -> dict[str, Any]:
    text = f"{draft.get('matter', 'subject')}"
    return {"hits": [hit for answer in asked.tell(text) for hit in answer][:5]}


def _answered_form(draft: Draft) -> type[forms.Form]:
    return _form("AnsweredForm")


ASK = Journey(
    "ask",
    gettext_lazy("問一個問題"),
    gettext_lazy("先看有沒有現成的答案，沒有再送給負責的機關"),
    (
        MATTER,
        Page(
            "answers", gettext_lazy("這些有幫助嗎"), _answered_form, template="petitions/answers.html",
            context=_answers_context, said=lambda draft: [],
        ),
        Page("category", gettext_lazy("和哪一方面有關"), _category_form),
        Page("who", gettext_lazy("具名、保密或匿名"), _who_form),
        CONTACT,
    ),
    lambda draft, language, keep: _send(draft, language, keep, Kind.PETITION, Nature.LAW),
    icon="help",
    words="問題|詢問|請問|諮詢|question|ask|enquiry",
    notice=notice,
    readers=_readers,
    button=gettext_lazy("送出問題"),
)  # fmt: skip

JOURNEYS = (REPORT, PETITION, MAILBOX, ASK)
