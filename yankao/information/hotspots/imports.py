"""熱點與上網紀錄的檔案 Sites that are open, with their access points parted by 、; and sessions at them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yankao.kernel.casework.duties import RDEC
from yankao.kernel.intake import Import
from yankao.kernel.journal.facts import Named, facts, when
from yankao.kernel.people import cells
from yankao.kernel.people.standing import standing
from yankao.kernel.sheets import parsing
from yankao.kernel.sheets.intake import Column, Profile, Refusal, Values

from . import detail
from . import process as way
from .journal import journal
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


SESSIONS = (
    Column("nas", ("基地台識別碼", "access point"), parsing.text, required=True),
    Column(
        "hotspot_id", ("熱點案號", "site"), parsing.text,
        told=lambda one: one.hotspot.case.number if one.hotspot else "",
    ),
    Column("account", ("使用者代碼", "user (keyed)"), parsing.text, default=""),
    when("started_at", "開始", "started", required=True),
    when("stopped_at", "結束", "stopped"),
    when("last_at", "最近回報", "last heard of", required=True),
    Column("octets_in", ("上傳位元組", "bytes up"), parsing.whole, required=True),
    Column("octets_out", ("下載位元組", "bytes down"), parsing.whole, required=True),
)  # fmt: skip
KEYED = re.compile(r"([0-9a-f]{24})?")


def sound_session(values: Values) -> str:
    """What accounting itself could not have told."""
    if not KEYED.fullmatch(values["account"]):
        return _("使用者代碼只接受本平台匯出的加密代碼，不接受帳號。")
    if min(values["octets_in"], values["octets_out"]) < 0:
        return _("位元組數不能是負數。")
    if not values["started_at"] <= (values["stopped_at"] or values["last_at"]) <= values["last_at"]:
        return _("時間的先後不對：開始、結束、最近回報。")
    values["day"] = detail.day_of(values["started_at"])
    return ""


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
    facts(
        journal, "sessions", gettext_lazy("上網紀錄"), SESSIONS, sound=sound_session,
        named={"hotspot_id": Named(Hotspot.objects.all, "case__number")}, related=("hotspot__case",),
    ),
)  # fmt: skip
