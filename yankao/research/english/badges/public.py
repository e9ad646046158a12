"""標章業者名冊 Who carries the badge: the public register, and the columns of its file."""

from __future__ import annotations

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yankao.desk.parts import Tag
from yankao.desk.register import Register
from yankao.desk.screens import Filter
from yankao.kernel.people.models import District
from yankao.kernel.register.english import called
from yankao.kernel.register.open_data import Field

from .models import Badge, Sector

FIELDS = (
    Field("number", gettext_lazy("案號"), lambda badge: badge.case.number),
    Field(
        "name",
        gettext_lazy("業者"),
        lambda badge: badge.case.title,
    ),
    Field(
        "name_en",
        gettext_lazy("英文店名"),
        lambda badge: badge.name_en,
    ),
    Field(
        "sector",
        gettext_lazy("業別"),
        lambda badge: str(badge.get_sector_display()),
    ),
    Field(
        "district",
        gettext_lazy("行政區"),
        lambda badge: called(badge.case.district) if badge.case.district else "",
    ),
    Field(
        "address",
        gettext_lazy("地址"),
        lambda badge: badge.address,
    ),
    Field(
        "route",
        gettext_lazy("推動路線或商圈"),
        lambda badge: badge.route,
    ),
    Field(
        "tax_no",
        gettext_lazy("統一編號"),
        lambda badge: badge.tax_no,
    ),
    Field(
        "contact",
        gettext_lazy("聯絡人"),
        lambda badge: badge.contact,
        personal=True,
    ),
    Field(
        "phone",
        gettext_lazy("聯絡電話"),
        lambda badge: badge.phone,
        personal=True,
    ),
    Field(
        "badge_no",
        gettext_lazy("標章號碼"),
        lambda badge: badge.badge_no,
    ),
    Field(
        "first_certified_on",
        gettext_lazy("首次認證日"),
        lambda badge: badge.first_certified_on,
    ),
    Field(
        "certified_on",
        gettext_lazy("認證日"),
        lambda badge: badge.certified_on,
    ),
    Field("expires_on", gettext_lazy("有效至"), lambda badge: badge.expires_on),
    Field(
        "visits",
        gettext_lazy("輔導次數"),
        lambda badge: badge.visits_made,
    ),
)


def certified() -> QuerySet[Badge]:
    """Every business that was ever certified."""
    return Badge.objects.filter(certified_on__isnull=False).select_related("case__district")


def matching(word: str) -> Q:
    return (
        Q(case__title__icontains=word)
        | Q(name_en__icontains=word)
        | Q(address__icontains=word)
        | Q(route__icontains=word)
        | Q(badge_no__iexact=word)
    )


def standing_of(badge: Badge) -> Tag:
    if badge.withdrawn_on:
        return Tag(_("已撤銷"), "red", "plain")
    assert badge.expires_on
    valid = badge.expires_on >= timezone.localdate()
    return Tag(_("有效"), "green") if valid else Tag(_("已期滿"), "", "plain")


BADGES = Register(
    room="badges",
    title=gettext_lazy("英語服務標章業者"),
    lead=gettext_lazy("經輔導並通過認證、以英語服務的業者；標章有效期間依認證日起算。"),
    rows=certified,
    day="certified_on",
    fields=FIELDS,
    columns=("name", "name_en", "sector", "district", "expires_on"),
    search=matching,
    filters=(
        Filter("sector", "sector", gettext_lazy("業別"), lambda user: Sector.choices),
        Filter(
            "district",
            "case__district",
            gettext_lazy("行政區"),
            lambda user: [(one.pk, called(one)) for one in District.objects.all()],
        ),
    ),
    tag=standing_of,
)
