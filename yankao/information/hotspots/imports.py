"""熱點匯入 Sites that are open, from a file; access points parted by 、."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yankao.kernel.casework.duties import RDEC
from yankao.kernel.intake import Import
from yankao.kernel.people import cells
from yankao.kernel.people.standing import standing
from yankao.kernel.sheets import parsing
from yankao.kernel.sheets.intake import Column, Profile, Refusal, Values

from . import process as way
from .models import AccessPoint, Hotspot, Setting
from .public import opened


def _sound(values: Values) -> Iterable[tuple[str, str]]:
    if values["opened_on"] > timezone.localdate():
        yield "opened_on", _("啟用日不能晚於今天。")
    if values["closed_on"] and values["closed_on"] < values["opened_on"]:
        yield "closed_on", _("停用日不能早於啟用日。")
    if not values["points"]:
        yield "points", _("啟用的熱點至少要有一個基地台，否則收不到使用紀錄。")
    if (values["longitude"] is None) != (values["latitude"] is None):
        yield "latitude", _("經緯度須一起填寫，且在合理範圍內。")


PROFILE = Profile(
    title=gettext_lazy("無線熱點"),
    columns=(
        Column("name", ("熱點", "Site"), parsing.text, required=True, told=lambda one: one.case.title),
        Column("name_en", ("英文名稱", "English name"), parsing.text, required=True),
        Column("agency", ("主辦機關", "Agency"), cells.agency, required=True),
        Column("district", ("行政區", "District"), cells.district, required=True),
        Column("setting", ("場所類別", "Setting"), parsing.among(Setting), required=True),
        Column("address", ("地址", "Address"), parsing.text, required=True),
        Column("longitude", ("經度", "Longitude"), parsing.decimal),
        Column("latitude", ("緯度", "Latitude"), parsing.decimal),
        Column("ssid", ("網路名稱", "Network name"), parsing.text, default="iTaiwan"),
        Column(
            "opened_on", ("啟用日", "Opened on"), parsing.day, required=True, told=lambda one: one.valid_from
        ),
        Column("closed_on", ("停用日", "Closed on"), parsing.day, told=lambda one: one.valid_to),
        Column(
            "points",
            ("基地台", "Access points"),
            parsing.several,
            required=True,
            told=lambda one: "、".join(point.name for point in one.access_points.all()),
        ),
    ),
    check=_sound,
    key=("name", "opened_on"),
)
SAME = ("name_en", "setting", "address", "longitude", "latitude", "ssid")


def keep(actor: Any, values: Values) -> Hotspot:
    """Enrol the site, or leave it alone when it is on record already."""
    found = Hotspot.objects.filter(case__title=values["name"], valid_from=values["opened_on"]).first()
    if found is not None:
        _refuse_difference(found, values)
        return found
    one = way.process.open(
        actor,
        title=values["name"],
        agency=values["agency"],
        district=values["district"],
        **{part: values[part] for part in SAME},
    )
    points = [way.PointRow(name) for name in values["points"]]
    way.enrol(one, actor, opened_on=values["opened_on"], points=points)
    if values["closed_on"]:
        way.close(one, actor, closed_on=values["closed_on"], reason=_("依匯入檔登錄停用。"))
    return one


def _refuse_difference(one: Hotspot, values: Values) -> None:
    labels = {column.field: column.names[0] for column in PROFILE.columns}
    points = set(AccessPoint.objects.filter(hotspot=one).values_list("name", flat=True))
    kept = {part: getattr(one, part) for part in SAME} | {"points": points, "closed_on": one.valid_to}
    given = {**values, "points": set(values["points"])}
    for part, value in kept.items():
        if (value or None) != (given[part] or None):
            shown = "、".join(sorted(value)) if isinstance(value, set) else value
            sentence = _("「%(name)s」已登錄，這一欄現為「%(value)s」；不同者請在案件上辦理。")
            told = {"name": values["name"], "value": shown or _("（空白）")}
            raise Refusal(sentence % told, labels[part], str(values[part] or ""))


def may_import(user: Any) -> bool:
    """The commission keeps the register."""
    return standing(user).has(*RDEC)


IMPORTS = (
    Import(
        "hotspots",
        gettext_lazy("無線熱點"),
        PROFILE,
        keep=keep,
        may=may_import,
        example=(
            "苓雅區行政中心", "Lingya Administrative Center", "水利局", "苓雅區", "行政機關",
            "高雄市苓雅區四維三路2號",
            "120.312", "22.621", "iTaiwan", "101/3/1", "", "iTW-001-1、iTW-001-2",
        ),
        records=lambda user: opened().prefetch_related("access_points").order_by("valid_from", "pk"),
    ),
)  # fmt: skip
