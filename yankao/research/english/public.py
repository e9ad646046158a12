"""譯名名冊 The public register of approved names, and the translation of an address."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from yankao.desk import nav
from yankao.desk.jinja import format_date
from yankao.desk.pages import render_page
from yankao.desk.parts import Link, Tag
from yankao.desk.register import Register
from yankao.desk.screens import Filter
from yankao.kernel.address import merged, parse
from yankao.kernel.people.models import Agency
from yankao.kernel.register import english
from yankao.kernel.register.open_data import Field

from .models import BilingualName, Category


def proposer_name(agency: Agency) -> str:
    """The proposing agency in the reader's language."""
    return str(english.shown(english.AGENCY, agency.name, agency.name_en))


FIELDS = (
    Field("number", gettext_lazy("案號"), lambda name: name.case.number),
    Field(
        "zh",
        gettext_lazy("中文名稱"),
        lambda name: name.zh,
    ),
    Field(
        "english",
        gettext_lazy("英文名稱"),
        lambda name: name.english,
    ),
    Field(
        "category",
        gettext_lazy("譯名類別"),
        lambda name: str(name.get_category_display()),
    ),
    Field(
        "way",
        gettext_lazy("譯寫方式"),
        lambda name: str(name.get_way_display()),
    ),
    Field(
        "basis",
        gettext_lazy("依據或理由"),
        lambda name: name.basis,
    ),
    Field(
        "agency",
        gettext_lazy("提案機關"),
        lambda name: proposer_name(name.case.agency),
    ),
    Field(
        "approved_on",
        gettext_lazy("核定日"),
        lambda name: name.approved_on,
    ),
    Field(
        "letter",
        gettext_lazy("核定文號"),
        lambda name: name.letter,
    ),
    Field(
        "valid_from",
        gettext_lazy("生效日"),
        lambda name: name.valid_from,
    ),
    Field(
        "valid_to",
        gettext_lazy("失效日"),
        lambda name: name.valid_to,
    ),
    Field(
        "aliases",
        gettext_lazy("舊譯名與別名"),
        lambda name: sorted(alias.name for alias in name.aliases.all()),
    ),
)


def approved() -> QuerySet[BilingualName]:
    """Every name that was ever approved."""
    rows = BilingualName.objects.filter(approved_on__isnull=False)
    return rows.select_related("case__agency").prefetch_related("aliases")


def matching(word: str) -> Q:
    """A word in the Chinese name, the English one or an alias."""
    return (
        Q(key__icontains=english.key_of(word))
        | Q(english__icontains=word)
        | Q(pk__in=BilingualName.objects.filter(aliases__name__icontains=word).values("pk"))
    )


def standing_of(name: BilingualName) -> Tag:
    today = timezone.localdate()
    if name.holds_on(today):
        return Tag(_("有效"), "green")
    assert name.valid_from
    return Tag(_("尚未生效"), "blue") if name.valid_from > today else Tag(_("已失效"), "", "plain")


NAMES = Register(
    room="english",
    title=gettext_lazy("英語譯名"),
    lead=gettext_lazy("本市核定的英文名稱，供標示、網站與文件使用；失效的譯名也查得到。"),
    rows=approved,
    day="approved_on",
    fields=FIELDS,
    columns=("zh", "english", "category", "approved_on"),
    search=matching,
    filters=(Filter("category", "category", gettext_lazy("譯名類別"), lambda user: Category.choices),),
    tag=standing_of,
    links=lambda: (Link(_("地址英譯"), reverse("english_public:address")),),
)


# ── Addresses ───────────────────────────────────────────────────────────────────────────────────────


class AddressForm(forms.Form):
    """One address, as it is written."""

    address = forms.CharField(
        label=gettext_lazy("中文地址"),
        max_length=120,
        help_text=gettext_lazy("例如高雄市苓雅區四維三路2號10樓；數字用國字、全形或半形都可以。"),
    )


@require_safe
def address(request: HttpRequest) -> HttpResponse:
    """An address in English: approved names first, the rest by rule, and which is which."""
    form = AddressForm(request.GET if "address" in request.GET else None)
    context: dict[str, Any] = {
        **nav.frame(request),
        "heading": _("地址英譯"),
        "lead": _("以核定譯名為準；名冊沒有的路名與里名，依漢語拼音與譯寫原則譯出。"),
        "form": form,
        "answer": None,
    }
    if form.is_valid():
        found = parse(form.cleaned_data["address"])
        today = merged(found, timezone.localdate())
        told = english.address_in_english(today)
        labels = {
            "postcode": _("郵遞區號"),
            "city": _("縣市"),
            "district": _("行政區"),
            "village": _("里"),
            "neighbourhood": _("鄰"),
            "road": _("路街"),
            "section": _("段"),
            "lane": _("巷"),
            "alley": _("弄"),
            "number": _("號"),
            "floor": _("樓"),
            "room": _("室"),
        }
        context["answer"] = {
            "text": told.text,
            "by_rule": told.by_rule,
            "parts": [(label, value) for part, label in labels.items() if (value := getattr(today, part))],
            "rest": found.rest,
            "sure": found.confidence >= 1,
            "renamed": today.normal() if (today.city, today.district) != (found.city, found.district) else "",
            "day": format_date(timezone.localdate()),
        }
    return render_page(request, "english/address.html", context, status=422 if form.errors else 200)
