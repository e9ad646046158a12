"""標章業者匯入 Certified businesses from a file: what it gives out comes back without loss."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yankao.kernel.casework.duties import RDEC
from yankao.kernel.intake import Import
from yankao.kernel.people import cells
from yankao.kernel.people.agencies import commission
from yankao.kernel.people.standing import standing
from yankao.kernel.sheets import parsing
from yankao.kernel.sheets.intake import Column, Profile, Refusal, Values

from . import process as way
from .models import Badge, Sector
from .public import certified


def _sound(values: Values) -> Iterable[tuple[str, str]]:
    if sentence := way.tax_no_unsound(values["tax_no"]):
        yield "tax_no", sentence
    first, last = values["first_certified_on"], values["certified_on"]
    if last > timezone.localdate():
        yield "certified_on", _("認證日不能晚於今天。")
    if first and first > last:
        yield "first_certified_on", _("首次認證日不能晚於認證日。")
    if values["visits_made"] < 1:
        yield "visits_made", _("認證前至少輔導過1次。")


PROFILE = Profile(
    title=gettext_lazy("英語服務標章業者"),
    columns=(
        Column(
            "name", ("業者", "Business"), parsing.text, required=True, told=lambda badge: badge.case.title
        ),
        Column("name_en", ("英文店名", "English name"), parsing.text, required=True),
        Column("sector", ("業別", "Sector"), parsing.among(Sector), required=True),
        Column("district", ("行政區", "District"), cells.district),
        Column("address", ("地址", "Address"), parsing.text, required=True),
        Column("route", ("推動路線或商圈", "Route"), parsing.text, default=""),
        Column("tax_no", ("統一編號", "Tax no."), parsing.text, default=""),
        Column("contact", ("聯絡人", "Contact"), parsing.text, default=""),
        Column("phone", ("聯絡電話", "Telephone"), parsing.text, default=""),
        Column("badge_no", ("標章號碼", "Badge no."), parsing.text, required=True),
        Column("first_certified_on", ("首次認證日", "First certified on"), parsing.day),
        Column("certified_on", ("認證日", "Certified on"), parsing.day, required=True),
        Column("visits_made", ("輔導次數", "Visits"), parsing.whole, default=1),
    ),
    check=_sound,
    key=("badge_no",),
)
ASKED = ("name_en", "sector", "address", "route", "tax_no", "contact", "phone")


def keep(actor: Any, values: Values) -> Badge:
    """Enrol the business, or leave it alone when its badge is on record already."""
    first = values["first_certified_on"] or values["certified_on"]
    found = Badge.objects.filter(badge_no=values["badge_no"]).select_related("case__district").first()
    if found is not None:
        _refuse_difference(found, {**values, "first_certified_on": first})
        return found
    badge = way.process.open(
        actor,
        title=values["name"],
        agency=commission(timezone.localdate()),
        district=values["district"],
        **{part: values[part] for part in ASKED},
    )
    way.enrol(
        badge,
        actor,
        certified_on=values["certified_on"],
        badge_no=values["badge_no"],
        visits_made=values["visits_made"],
        first_certified_on=first,
    )
    return badge


def _refuse_difference(badge: Badge, values: Values) -> None:
    labels = {column.field: column.names[0] for column in PROFILE.columns}
    kept: dict[str, Any] = {part: getattr(badge, part) for part in (*ASKED, "first_certified_on")}
    kept |= {"name": badge.case.title, "district": badge.case.district, "certified_on": badge.certified_on}
    for part, value in kept.items():
        if (value or None) != (values[part] or None):
            sentence = _("標章%(number)s已登錄，這一欄現為「%(value)s」；不同者請在案件上更正或續證。")
            told = {"number": badge.badge_no, "value": value or _("（空白）")}
            raise Refusal(sentence % told, labels[part], str(values[part] or ""))


def may_import(user: Any) -> bool:
    """The commission keeps the register."""
    return standing(user).has(*RDEC)


IMPORTS = (
    Import(
        "badges",
        gettext_lazy("英語服務標章業者"),
        PROFILE,
        keep=keep,
        may=may_import,
        records=lambda user: certified().order_by("certified_on", "pk"),
        example=(
            "海港小館", "Harbor Kitchen", "餐飲", "鹽埕區", "高雄市鹽埕區中山路1號",
            "捷運站三十分鐘轉乘圈", "", "陳小姐",
            "07-5550001", "KES1010001", "98/3/1", "101/3/1", "2",
        ),
    ),
)  # fmt: skip
