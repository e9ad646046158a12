"""熱點名冊 Where the free wireless network can be used: map, list, open data."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yankao.desk.charts import choropleth
from yankao.desk.jinja import english
from yankao.desk.parts import Tag
from yankao.desk.register import Register
from yankao.desk.screens import Filter
from yankao.kernel.people.geography import outlines
from yankao.kernel.people.models import District
from yankao.kernel.register.english import called
from yankao.kernel.register.open_data import Field

from .models import Hotspot, Setting
from .process import Stage

FIELDS = (
    Field("name", gettext_lazy("熱點"), lambda one: one.name_en if english() else one.case.title),
    Field(
        "district", gettext_lazy("行政區"), lambda one: called(one.case.district) if one.case.district else ""
    ),
    Field("setting", gettext_lazy("場所類別"), lambda one: str(one.get_setting_display())),
    Field("address", gettext_lazy("地址"), lambda one: one.address),
    Field("ssid", gettext_lazy("網路名稱"), lambda one: one.ssid),
    Field("longitude", gettext_lazy("經度"), lambda one: _plain(one.longitude)),
    Field("latitude", gettext_lazy("緯度"), lambda one: _plain(one.latitude)),
    Field("opened_on", gettext_lazy("啟用日"), lambda one: one.valid_from),
    Field("closed_on", gettext_lazy("停用日"), lambda one: one.valid_to),
    Field("number", gettext_lazy("案號"), lambda one: one.case.number),
)


def _plain(value: Any) -> str:
    return "" if value is None else f"{value:f}"


def opened() -> QuerySet[Hotspot]:
    """Every site that was ever open."""
    return Hotspot.objects.filter(valid_from__isnull=False).select_related("case__district")


def matching(word: str) -> Q:
    return (
        Q(case__title__icontains=word)
        | Q(name_en__icontains=word)
        | Q(address__icontains=word)
        | Q(case__district__name__icontains=word)
        | Q(case__district__name_en__icontains=word)
    )


def standing_of(one: Hotspot) -> Tag:
    today = timezone.localdate()
    if one.valid_to is not None and one.valid_to < today:
        return Tag(_("已停用"), "", "plain")
    if one.case.stage == Stage.SUSPENDED:
        return Tag(_("暫停服務"), "amber")
    return Tag(_("使用中"), "green")


def site_map() -> dict[str, Any]:
    """The districts that the product carries, shaded by sites in service, and the sites where they stand."""
    open_now = Hotspot.objects.open_on(timezone.localdate())
    by_code = dict(open_now.values_list("case__district").annotate(n=Count("pk")).order_by())
    names = {one.pk: called(one) for one in District.objects.all()}
    features = [
        (names.get(shape["id"], shape["properties"]["name"]), shape["geometry"])
        for shape in outlines()["features"]
    ]
    values = {names[code]: count for code, count in by_code.items() if code in names}
    placed = open_now.filter(longitude__isnull=False).values_list(
        "case__title", "name_en", "longitude", "latitude"
    )
    points = [(en if english() else zh, float(x), float(y)) for zh, en, x, y in placed if x and y]
    total = sum(by_code.values())
    sentence = _("使用中的無線熱點%(n)s處，分布於%(d)s個行政區。") % {"n": total, "d": len(values)}
    return {
        "map": choropleth(features, values, sentence=sentence, unit=_("處"), points=points),
        "told": sentence,
    }


HOTSPOTS = Register(
    room="hotspots",
    title=gettext_lazy("免費無線熱點"),
    lead=gettext_lazy("本市公共區域免費無線上網的地點，手機搜尋所列網路名稱即可使用。"),
    rows=opened,
    day="valid_from",
    fields=FIELDS,
    columns=("name", "district", "setting", "address"),
    search=matching,
    filters=(
        Filter("setting", "setting", gettext_lazy("場所類別"), lambda user: Setting.choices),
        Filter(
            "district",
            "case__district",
            gettext_lazy("行政區"),
            lambda user: [(one.pk, called(one)) for one in District.objects.all()],
        ),
    ),
    tag=standing_of,
    above="hotspots/map.html",
    around=site_map,
)
