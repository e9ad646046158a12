"""The question "where": from the photograph, from the phone, on the map, or as an address in words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from zlib import crc32

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from yankao.kernel import address as addresses
from yankao.kernel.people.geography import district_at
from yankao.kernel.people.models import District, Village
from yankao.kernel.people.places import Place, places
from yankao.kernel.register.english import called

from . import drafts, maps
from .drafts import Draft
from .journey import Answer, Page

STREET = 5
"""The zoom at which a place that is known is shown."""
FROM_PHOTO, FROM_PHONE, FROM_MAP = "photo", "phone", "map"


def point_of(draft: Draft) -> tuple[float, float] | None:
    """Longitude and latitude that were chosen, if any."""
    at = draft.about.get("at")
    return (at["longitude"], at["latitude"]) if at else None


def choose(draft: Draft, longitude: float, latitude: float, source: str, zoom: int = STREET) -> bool:
    """Take a point as the place; False outside the city, where nothing changes."""
    if district_at(longitude, latitude) is None:
        return False
    draft.about["at"] = {"longitude": round(longitude, 6), "latitude": round(latitude, 6), "from": source}
    draft.about["view"] = [round(longitude, 6), round(latitude, 6), zoom]
    return True


def view_of(draft: Draft) -> maps.View:
    told = draft.about.get("view")
    return maps.View(*told) if told else maps.whole()


class PlaceForm(forms.Form):
    """An address or a landmark in words, and the district; a point was chosen by the buttons already."""

    use_required_attribute = False
    address = forms.CharField(
        label=gettext_lazy("地址或明顯的地標"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("例如「五福三路21號前」或「公園南側入口」；請不要寫姓名"),
        widget=forms.TextInput(attrs={"autocomplete": "street-address"}),
    )
    district = forms.ChoiceField(label=gettext_lazy("行政區"), required=False)
    longitude = forms.CharField(required=False, widget=forms.HiddenInput)
    latitude = forms.CharField(required=False, widget=forms.HiddenInput)
    draft: Draft
    wanted = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["district"]
        field.choices = [
            ("", _("不確定")), *((one.pk, called(one)) for one in District.objects.order_by("code"))
        ]  # fmt: skip

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        given.pop("longitude", None)
        given.pop("latitude", None)
        point = point_of(self.draft)
        text = given.get("address", "")
        if self.wanted and not text.strip() and point is None:
            self.add_error("address", _("請寫地址或地標，或在地圖上指出位置。"))
        if point is not None:
            given["district"] = district_at(*point) or given.get("district", "")
        elif text and not given.get("district"):
            given["district"] = _district_in(text)
        return given


def _district_in(text: str) -> str:
    """The code of the district an address names, "" for none."""
    named = addresses.parse(text).district
    found = District.objects.filter(name=named).first() if named else None
    return str(found.pk) if found else ""


def form_for(draft: Draft, *, wanted: bool = True) -> type[PlaceForm]:
    """The form of this draft; `wanted`: whether a place must be told."""
    return type("PlaceForm", (PlaceForm,), {"draft": draft, "wanted": wanted})


def act(draft: Draft, given: Any) -> bool:
    """A step on the map, a click in it, the phone's own place, or an address to be looked for."""
    way = given.get("go", "")
    if not way and "map.x" not in given:
        return False
    draft.about["typed"] = {
        "address": given.get("address", "")[:200], "district": given.get("district", "")[:12]
    }  # fmt: skip
    draft.about.pop("outside", None)
    view = view_of(draft)
    if way == "clear":
        draft.about.pop("at", None)
        draft.about.pop("view", None)
        return True
    if way == "here":
        point = _point(given.get("longitude"), given.get("latitude"))
        if point is None or not choose(draft, *point, FROM_PHONE):
            draft.about["outside"] = True
        return True
    if way == "find":
        near = _near(given.get("address", ""), given.get("district", ""))
        view = near or view
        if near is None:
            draft.about["lost"] = True
    elif way in ("n", "s", "e", "w", "in", "out"):
        view = view.stepped(way)
    else:
        shown = _number(given.get("map.wide") or maps.WIDE) or maps.WIDE
        x, y = ((_number(given.get(name)) or 0) * maps.WIDE / shown for name in ("map.x", "map.y"))
        view = view.clicked(x, y)
    if not choose(draft, view.longitude, view.latitude, FROM_MAP, view.zoom):
        draft.about["outside"] = True
        draft.about["view"] = [view.longitude, view.latitude, view.zoom]
        draft.about.pop("at", None)
    return True


def _number(given: Any) -> float | None:
    try:
        value = float(given)
    except (TypeError, ValueError):
        return None
    return value if -1000 < value < 1000 else None


def _point(longitude: Any, latitude: Any) -> tuple[float, float] | None:
    x, y = _number(longitude), _number(latitude)
    return (x, y) if x is not None and y is not None else None


def _near(text: str, district: str) -> maps.View | None:
    """About where an address is: the first of `found`."""
    near = next(iter(found(text, district)), None)
    return near.view if near else None


@dataclass(frozen=True)
class Found:
    """A place that words may mean, and how near the map shows it: the nearer, the surer."""

    words: str
    view: maps.View


PAIR = re.compile(r"\s*(-?\d{1,3}\.\d{2,})\s*[,，、 ]\s*(-?\d{1,3}\.\d{2,})\s*")
VILLAGE = re.compile(r"[一-鿿]{1,4}[里村]")
MOST = 6
"""So many places that words may mean are offered."""


def found(text: str, district: str) -> list[Found]:
    """Where an address or landmark may be, the surest first: a point typed as two numbers, a place a room
    knows by this name or on this road, the village, the middle of the district. `district` is a code or "".
    """
    if pair := PAIR.fullmatch(text):
        one, other = (float(part) for part in pair.groups())
        longitude, latitude = (one, other) if one > other else (other, one)
        inside = district_at(longitude, latitude)
        return [Found(f"{latitude:.5f}, {longitude:.5f}", maps.View(longitude, latitude, STREET))] * bool(
            inside
        )
    told = addresses.parse(text)
    code = _district_in(text) or district
    at = [one for one in _known(text, told) if not code or one.district in ("", code)]
    offered = [Found(one.words, maps.View(one.longitude, one.latitude, STREET)) for one in at[:MOST]]
    villages = Village.objects.filter(longitude__isnull=False, valid_to=None).select_related("district")
    named = {told.village, *VILLAGE.findall(text)} - {""}
    if named:
        around = villages.filter(name__in=named, **({"district_id": code} if code else {}))
        offered += [_village(one) for one in around[:MOST]]
    points = list(villages.filter(district_id=code)) if code else []
    if points:
        middle = [
            round(float(sum(getattr(one, name) for one in points) / len(points)), 6)
            for name in ("longitude", "latitude")
        ]
        whole = _("%(district)s中央（請在地圖上再指出）") % {"district": called(points[0].district)}
        offered.append(Found(whole, maps.View(middle[0], middle[1], 2)))
    return offered


def _known(text: str, told: addresses.Address) -> list[Place]:
    """Places called so; else those on the road the address names, of its house number first."""
    if by_name := places(text):
        return by_name
    if not told.road:
        return []
    on_road = places(told.road)
    house = told.number.partition("-")[0]
    return sorted(on_road, key=lambda one: not (house and f"{told.road}{house}號" in one.words))


def _village(one: Village) -> Found:
    words = f"{called(one.district)} {called(one)}"
    return Found(words, maps.View(float(one.longitude or 0), float(one.latitude or 0), 4))


def context(draft: Draft) -> dict[str, Any]:
    at = draft.about.get("at")
    told = {
        FROM_PHOTO: _("已用照片裡的位置。"),
        FROM_PHONE: _("已用這支手機的位置。"),
        FROM_MAP: _("位置是地圖中央的十字。"),
    }
    return {
        "version": crc32(repr(draft.about.get("view")).encode()),
        "at": at,
        "source": told.get(at["from"], "") if at else "",
        "outside": draft.about.get("outside"),
        "lost": draft.about.pop("lost", None),
        "rough": at is not None and at["from"] == FROM_MAP and view_of(draft).zoom < 4,
    }


def said(draft: Draft) -> list[Answer]:
    """The place in words: address, district, and whether a point on the map goes with it."""
    lines = [Answer(_("地址或明顯的地標"), draft.get("place", "address") or _("未填"))]
    district = District.objects.filter(pk=draft.get("place", "district") or "-").first()
    if district is not None:
        lines.append(Answer(_("行政區"), called(district)))
    if at := draft.about.get("at"):
        lines.append(Answer(_("地圖位置"), f"{at['latitude']:.5f}, {at['longitude']:.5f}"))
    return lines


def place_page(title: Any, **more: Any) -> Page:
    """The page `place` of a journey."""
    return Page(
        "place", title, form_for, template="counter/place.html", context=context, said=said, act=act, **more
    )  # fmt: skip


@never_cache
@require_safe
def map_picture(request: HttpRequest, journey: str) -> HttpResponse:
    """The map of the form this browser is filling in; its address tells no place."""
    draft = drafts.find(request, journey)
    if draft is None:
        raise Http404
    names = {one.pk: called(one) for one in District.objects.all()}
    drawn = maps.picture(view_of(draft), names, cross=draft.about.get("at") is not None)
    return HttpResponse(drawn, content_type="image/svg+xml")
