"""The question "where": from the photograph, from the phone, on the map, or as an address in words."""

from __future__ import annotations

import re
from collections.abc import Callable
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
NEAR = 4
"""From this zoom on a press on the map points a place out; before it the map comes nearer and no more: a crew
cannot be sent to the middle of a city or a district.
"""
FROM_PHOTO, FROM_PHONE, FROM_MAP, FROM_WORDS = "photo", "phone", "map", "words"
NOTES = ("outside", "lost", "moved")
"""What the last press came to; the next one says its own."""


def point_of(draft: Draft) -> tuple[float, float] | None:
    """Longitude and latitude that were chosen, if any."""
    at = draft.about.get("at")
    return (at["longitude"], at["latitude"]) if at else None


def choose(draft: Draft, longitude: float, latitude: float, source: str, zoom: int = STREET) -> bool:
    """Take a point as the place; False outside the city, where nothing changes."""
    if district_at(longitude, latitude) is None:
        return False
    draft.about["at"] = {"longitude": round(longitude, 6), "latitude": round(latitude, 6), "from": source}
    _show(draft, maps.View(round(longitude, 6), round(latitude, 6), zoom))
    return True


def ask_again(draft: Draft) -> None:
    """The point is another now: district and words are to be looked at anew, and stand there as they were."""
    if (words := draft.answers.pop("place", None)) is not None:
        draft.keep_typed("place", words)


def _show(draft: Draft, view: maps.View) -> None:
    draft.about["view"] = [view.longitude, view.latitude, view.zoom]


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
        told = given.get("district") or _district_in(text)
        there = (district_at(*point) or "") if point is not None else ""
        if there and told and there != told:
            words = {"there": _called(there), "told": _called(told)}
            self.add_error("district", _(
                "地圖上的位置在%(there)s，不在%(told)s：請改選行政區、在地圖上重新指出，或按「不用地圖位置」。"
            ) % words)  # fmt: skip
        given["district"] = there or told
        return given


def _called(code: str) -> str:
    row = District.objects.filter(pk=code).first()
    return called(row) if row else code


def _district_in(text: str) -> str:
    """The code of the district an address names, "" for none."""
    named = addresses.parse(text).district if text else ""
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
    for note in NOTES:
        draft.about.pop(note, None)
    before = point_of(draft)
    if way == "clear":
        draft.about.pop("at", None)
        draft.about.pop("view", None)
    elif way == "here":
        point = _point(given.get("longitude"), given.get("latitude"))
        if point is None or not choose(draft, *point, FROM_PHONE):
            draft.about["outside"] = True
    elif way == "find":
        _find(draft, given.get("address", ""), given.get("district", ""))
    else:
        _look(draft, way, given)
    if point_of(draft) != before:
        ask_again(draft)
    return True


def _look(draft: Draft, way: str, given: Any) -> None:
    """Another view of the map. Nearer and farther keep its middle, and so the place; whoever moves it points
    a place out where it is near enough, and gives up the one before where it is not.
    """
    view = view_of(draft)
    shown = _number(given.get("map.wide") or maps.WIDE) or maps.WIDE
    x, y = ((_number(given.get(name)) or 0) * maps.WIDE / shown for name in ("map.x", "map.y"))
    if way in ("n", "s", "e", "w", "in", "out"):
        view = view.stepped(way)
    elif way != "this":
        view = view.clicked(x, y)
    _show(draft, view)
    if way in ("in", "out") or not (way or x or y):  # (0, 0) is what a keyboard sends: nearer
        return
    inside = district_at(view.longitude, view.latitude) is not None
    if inside and view.zoom >= NEAR:
        choose(draft, view.longitude, view.latitude, FROM_MAP, view.zoom)
        return
    draft.about.pop("at", None)
    if not inside:
        draft.about["outside"] = True


def _find(draft: Draft, text: str, district: str) -> None:
    """Show where an address may be, and take it as the place only where it is surely that. What was pointed
    out before stays when nothing is found, unless other words brought it.
    """
    near = next(iter(found(text, district)), None)
    at = draft.about.get("at")
    if near is None:
        draft.about["lost"] = True
        if at and at["from"] == FROM_WORDS:
            draft.about.pop("at")
    elif near.sure and choose(draft, near.view.longitude, near.view.latitude, FROM_WORDS):
        draft.about["at"]["words"] = near.words
    else:
        draft.about.pop("at", None)
        _show(draft, near.view)
        draft.about["moved"] = near.words


def _number(given: Any) -> float | None:
    try:
        value = float(given)
    except (TypeError, ValueError):
        return None
    return value if -1000 < value < 1000 else None


def _point(longitude: Any, latitude: Any) -> tuple[float, float] | None:
    x, y = _number(longitude), _number(latitude)
    return (x, y) if x is not None and y is not None else None


@dataclass(frozen=True)
class Found:
    """A place that words may mean, and how near the map shows it: the nearer, the surer. `sure`: the very
    place, not one that stands for a road, a village or a district.
    """

    words: str
    view: maps.View
    sure: bool = False


PAIR = re.compile(r"\s*(-?\d{1,3}\.\d{2,})\s*[,，、 ]\s*(-?\d{1,3}\.\d{2,})\s*")
VILLAGE = re.compile(r"[一-鿿]{1,4}[里村]")
MOST = 6
"""So many places that words may mean are offered."""


def found(text: str, district: str) -> list[Found]:
    """Where an address or landmark may be, the surest first: a point typed as two numbers, a place a room
    knows by this name or on this road, the village, the middle of the district. `district` is a code or "".
    """
    if pair := PAIR.fullmatch(text):
        latitude, longitude = sorted(float(part) for part in pair.groups())
        inside = district_at(longitude, latitude)
        one = Found(f"{latitude:.5f}, {longitude:.5f}", maps.View(longitude, latitude, STREET), sure=True)
        return [one] if inside else []
    told = addresses.parse(text)
    code = _district_in(text) or district
    at = [one for one in _known(text, told) if not code or one.district in ("", code)]
    offered = [
        Found(one.words, maps.View(one.longitude, one.latitude, STREET), sure=_means(one, text, told))
        for one in at[:MOST]
    ]
    villages = Village.objects.filter(longitude__isnull=False, valid_to=None).select_related("district")
    named = {told.village, *VILLAGE.findall(text.removeprefix(told.city).removeprefix(told.district))} - {""}
    if named:
        around = villages.filter(name__in=named, **({"district_id": code} if code else {}))
        offered += [_village(one) for one in around[:MOST]]
    points = list(villages.filter(district_id=code)) if code else []
    if points:
        middle = [
            round(float(sum(getattr(one, name) for one in points) / len(points)), 6)
            for name in ("longitude", "latitude")
        ]
        whole = _("%(district)s中央") % {"district": called(points[0].district)}
        offered.append(Found(whole, maps.View(middle[0], middle[1], 2)))
    return offered


def _known(text: str, told: addresses.Address) -> list[Place]:
    """Places called so; else those on the road the address names, of its house number first."""
    if by_name := places(text):
        return by_name
    if not told.road:
        return []
    return sorted(places(told.road), key=lambda one: not _at_house(one, told))


def _at_house(one: Place, told: addresses.Address) -> bool:
    """Whether a place stands at the very house an address names."""
    house = told.number.partition("-")[0]
    return bool(told.road and house) and f"{told.road}{house}號" in one.words


def _means(one: Place, text: str, told: addresses.Address) -> bool:
    """Whether the words are the place's own name or house, not a part of it that others have as well."""
    return one.words.partition("（")[0].casefold() == text.strip().casefold() or _at_house(one, told)


def _village(one: Village) -> Found:
    words = f"{called(one.district)} {called(one)}"
    return Found(words, maps.View(float(one.longitude or 0), float(one.latitude or 0), 4))


def context(draft: Draft) -> dict[str, Any]:
    at = draft.about.get("at")
    told = {
        FROM_PHOTO: _("已用照片裡的位置。"),
        FROM_PHONE: _("已用這支手機的位置。"),
        FROM_MAP: _("位置是地圖中央的十字。"),
        FROM_WORDS: _("位置是「%(words)s」。") % {"words": at.get("words", "") if at else ""},
    }
    return {
        "version": crc32(repr(draft.about.get("view")).encode()),
        "at": at,
        "source": told.get(at["from"], "") if at else "",
        "outside": draft.about.get("outside"),
        "lost": draft.about.get("lost"),
        "moved": draft.about.get("moved", ""),
        "far": view_of(draft).zoom < NEAR,
        "whole": view_of(draft).zoom == 0,
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


def place_page(title: Any, *, after: Callable[[Draft, forms.Form], None], **more: Any) -> Page:
    """The page `place` of a journey."""

    def answered(draft: Draft, form: forms.Form) -> None:
        for note in NOTES:
            draft.about.pop(note, None)
        after(draft, form)

    return Page(
        "place", title, form_for, template="counter/place.html", context=context, said=said, act=act,
        after=answered, **more,
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
