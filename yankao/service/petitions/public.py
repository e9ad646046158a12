"""What the room brings to the counter: four forms, the page of a case, the map, what a search finds."""

from __future__ import annotations

import re

from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from yankao.counter.offers import Hit, asked

from . import following, mapping, registers
from .asking import JOURNEYS as JOURNEYS

WORDS = {
    "pothole": "坑洞|路面|破洞|pothole|hole in the road",
    "manhole": "人孔蓋|孔蓋|manhole",
    "streetlight": "路燈|街燈|燈壞|燈不亮|燈沒亮|燈熄|street light|streetlight|lamp",
    "pavement": "人行道|騎樓地磚|pavement|sidewalk",
    "drain": "側溝|水溝|排水溝|淤積|drain|ditch|gutter",
    "drain-cover": "水溝蓋|溝蓋|drain cover|grate",
    "flooding": "淹水|積水|flood",
    "signal": "號誌|紅綠燈|traffic light|signal",
    "sign": "標誌|路牌|交通標誌|traffic sign",
    "marking": "標線|斑馬線|停車格|marking|crossing",
}
"""By which words, besides its name, a search finds a service."""


@asked.hear
def services(words: str) -> list[Hit]:
    """The services that the words speak of: each leads to the report with the service chosen; where there is
    none, the categories of a petition.
    """
    plain = words.casefold()
    found = []
    for one in registers.offered(timezone.localdate()):
        known = [one.name, one.name_en.casefold(), *WORDS.get(one.pk, "").split("|")]
        if any(word and (word in plain or (len(plain) > 1 and plain in word)) for word in known):
            title = _("通報：%(what)s") % {"what": one}
            found.append(
                Hit(title, f"{reverse('counter:start', args=['report'])}?service={one.pk}", service=True)
            )
    return found or categories(words)


MORE_WORDS = {
    "environment": "吵|噪|髒|垃圾|臭|污染|noisy|loud|rubbish|garbage|smell|pollut",
    "building": "違建|加蓋|漏水|illegal",
    "transport": "公車|捷運|輕軌|bus|metro",
    "traffic": "違停|塞車|parking|traffic",
    "conduct": "貪污|收賄|態度|corrupt|bribe",
}
"""By which words, besides its name and those of its parts, a search finds a category."""


def categories(words: str) -> list[Hit]:
    """The categories the words speak of: each leads to the petition with the category chosen."""
    plain, today = words.casefold(), timezone.localdate()
    rows = [
        one
        for one in registers.categories().values()
        if one.pk != "other" and (one.withdrawn_on is None or today < one.withdrawn_on)
    ]
    known: dict[str, set[str]] = {}
    for one in rows:
        names = re.split("與|、|,| and ", f"{one.name}與{one.name_en.casefold()}")
        more = MORE_WORDS.get(one.pk, "").split("|")
        known.setdefault(one.parent_id or one.pk, set()).update(word.strip() for word in (*names, *more))
    return [
        Hit(
            _("陳情：%(what)s") % {"what": one},
            f"{reverse('counter:start', args=['petition'])}?category={one.pk}", service=True,
        )
        for one in rows
        if one.parent_id is None
        and any(word and (word in plain or (len(plain) > 1 and plain in word)) for word in known[one.pk])
    ]  # fmt: skip


counter_urlpatterns = [
    path("case/", following.case, name="case"),
    path("case/push", following.push, name="push"),
    path("joined/", following.joined, name="joined"),
    path("stop/<str:token>/", following.stop, name="stop"),
    path("case/letters/<int:pk>.<slug:form>", following.letter, name="letter"),
    path("map/", mapping.show_map, name="map"),
    path("map/squares.geojson", mapping.squares_data, name="squares"),
    path("map/outlines.geojson", mapping.outlines_data, name="outlines"),
    path("map/villages.geojson", mapping.villages_data, name="villages"),
]
