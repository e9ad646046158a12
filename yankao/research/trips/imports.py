"""公務出國案匯入 Trips from a list, one row a trip; travellers and destinations parted by 、.

The trip's number makes a row harmless the second time. A row that differs from what is on record comes back
with the sentence which column does: corrections are made on the case, with their reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yankao.kernel.casework.duties import RDEC, prefixed
from yankao.kernel.intake import Import
from yankao.kernel.people import cells
from yankao.kernel.people.models import Role
from yankao.kernel.people.standing import standing
from yankao.kernel.sheets import parsing
from yankao.kernel.sheets.intake import Column, Profile, Refusal, Values

from . import process as way
from .models import Country, Kind, Source, Trip, names_of

BRACKETED = re.compile(r"([^（(]+)(?:[（(]([^）)]*)[）)])?")
PARTED = re.compile(r"[、；;\n]")
CHUNK = 500


def _parts(given: str) -> list[tuple[str, str]]:
    """`日本（東京）、韓國` as (日本, 東京), (韓國, ""); brackets may hold 、 themselves."""
    pieces: list[str] = []
    depth, piece = 0, ""
    for sign in given:
        depth += (sign in "（(") - (sign in "）)")
        if PARTED.match(sign) and depth <= 0:
            pieces.append(piece)
            piece = ""
        else:
            piece += sign
    found = []
    for one in [*pieces, piece]:
        if one.strip():
            match = BRACKETED.fullmatch(one.strip())
            if match is None:
                raise Refusal(
                    _("看不懂「%(given)s」，請寫成「名稱（說明）」，各項以、分開。") % {"given": one.strip()}
                )
            found.append((match[1].strip(), (match[2] or "").strip()))
    return found


def destinations(given: str) -> list[way.DestinationRow]:
    """Countries by name or ISO code, each with its places in brackets."""
    rows = []
    for name, place in _parts(given):
        plain = name.replace("臺", "台")
        named = Q(code=name.upper()) | Q(name=name) | Q(name=plain) | Q(name_en__iexact=name)
        country = Country.objects.filter(named).first()
        if country is None:
            raise Refusal(_("沒有「%(name)s」這個國家或地區。") % {"name": name})
        rows.append(way.DestinationRow(country, place))
    return rows


def travellers(given: str) -> list[way.TravellerRow]:
    """Names, each with the title in brackets, and after a comma the agency when it is another one."""
    rows = []
    for name, inside in _parts(given):
        title, _comma, other = inside.replace("，", ",").partition(",")
        rows.append(way.TravellerRow(name, title.strip(), other.strip()))
    return rows


def _bracketed(name: str, *inside: str) -> str:
    words = "，".join(filter(None, inside))
    return f"{name}（{words}）" if words else name


def _where(trip: Trip) -> str:
    going = (one for one in trip.destinations.all() if one.dropped_on is None)
    return "、".join(_bracketed(one.country.name, one.place) for one in going)


def _who(trip: Trip) -> str:
    going = (one for one in trip.travellers.all() if one.dropped_on is None)
    return "、".join(_bracketed(one.name, one.title, one.agency) for one in going)


def _number(trip: Trip) -> str:
    return trip.trip_no or trip.case.number


def _days(values: Values) -> Any:
    order = (("departs_on", "returns_on"), ("departed_on", "returned_on"))
    for first, last in order:
        if values[first] and values[last] and values[last] < values[first]:
            yield last, _("返國日不能早於出國日。")
    if values["returned_on"] and not values["departed_on"]:
        yield "departed_on", _("已返國者須填實際出國日。")
    for name in ("departed_on", "returned_on"):
        if values[name] and values[name] > timezone.localdate():
            yield name, _("實際日期不能晚於今天。")


PROFILE = Profile(
    title=gettext_lazy("公務出國案"),
    columns=(
        Column("trip_no", ("出國案號", "Trip no."), parsing.text, required=True, told=_number),
        Column("title", ("案名", "Title"), parsing.text, required=True),
        Column("agency", ("主辦機關", "Agency"), cells.agency, required=True),
        Column("kind", ("出國類別", "Kind"), parsing.among(Kind), required=True),
        Column("destinations", ("前往地點", "Destinations"), destinations, required=True, told=_where),
        Column("travellers", ("出國人員", "Travellers"), travellers, required=True, told=_who),
        Column("departs_on", ("預定出國日", "Departs on"), parsing.day, required=True),
        Column("returns_on", ("預定返國日", "Returns on"), parsing.day, required=True),
        Column("purpose", ("出國目的", "Purpose"), parsing.text, default=""),
        Column("letter", ("核准文號", "Approval letter"), parsing.text, default=""),
        Column("budget", ("預算金額", "Budget"), parsing.money, default=0),
        Column(
            "source",
            ("經費來源", "Source of funds"),
            parsing.among(Source),
            default=Source.CITY_GENERAL,
        ),
        Column("notified_on", ("赴陸港澳通報日", "Notified on"), parsing.day),
        Column("departed_on", ("實際出國日", "Departed on"), parsing.day),
        Column("returned_on", ("實際返國日", "Returned on"), parsing.day),
    ),
    check=_days,
    key=("trip_no",),
)

SAME = ("kind", "departs_on", "returns_on", "purpose", "letter", "budget", "source")
LATER = ("notified_on", "departed_on", "returned_on")


def keep(actor: Any, values: Values) -> Trip:
    """Open the trip, or leave it alone when it is on record already; then the moves the row tells of."""
    named = Q(trip_no=values["trip_no"]) | Q(trip_no="", case__number=values["trip_no"])
    found = Trip.objects.filter(named).select_related("case__agency").first()
    if found is not None:
        _refuse_difference(found, values)
        return found
    facts = {name: values[name] for name in SAME}
    trip = way.process.open(
        actor,
        title=values["title"],
        agency=values["agency"],
        trip_no=values["trip_no"],
        opened_on=min(values["departs_on"], timezone.localdate()),
        **facts,
    )
    way.list_party(trip, actor, destinations=values["destinations"], travellers=values["travellers"])
    if values["notified_on"]:
        way.record_notice(trip, actor, notified_on=values["notified_on"])
    if values["departed_on"]:
        way.depart(trip, actor, departed_on=values["departed_on"])
    if values["returned_on"]:
        way.come_back(trip, actor, returned_on=values["returned_on"])
    return trip


def _refuse_difference(trip: Trip, values: Values) -> None:
    labels = {column.field: column.names[0] for column in PROFILE.columns}
    kept: dict[str, Any] = {name: getattr(trip, name) for name in (*SAME, *LATER)}
    kept |= {"title": trip.case.title, "agency": trip.case.agency}
    kept["destinations"] = names_of(trip.destinations.filter(dropped_on=None).order_by("pk"))
    told = {**values, "destinations": _places(values["destinations"])}
    for name, value in kept.items():
        given = told[name]
        if (given or None) != (value or None) and not (name in LATER and given is None):
            shown = value.isoformat() if isinstance(value, date) else str(value or _("（空白）"))
            sentence = _("案號%(number)s已登錄，這一欄現為「%(value)s」；不同者請在案件上更正。")
            raise Refusal(sentence % {"number": trip.trip_no, "value": shown}, labels[name], str(given))


def _places(rows: list[way.DestinationRow]) -> str:
    return names_of(f"{row.country}{f'（{row.place}）' if row.place else ''}" for row in rows)


def may_import(user: Any) -> bool:
    """Those who may open a trip for some agency."""
    return standing(user).has(*RDEC, Role.REGISTRAR, Role.CONTROLLER, Role.PERSONNEL)


def on_record(user: Any) -> Iterator[Trip]:
    """The trips this person sees, but for those cancelled: a list of trips has no word for them."""
    seen = Trip.objects.filter(prefixed(way.process.visible(user), "case__"), cancelled_on=None)
    party = ("destinations__country", "travellers")
    found = seen.select_related("case__agency").prefetch_related(*party).order_by("pk")
    return found.iterator(chunk_size=CHUNK)


IMPORTS = (
    Import(
        "trips",
        gettext_lazy("公務出國案"),
        PROFILE,
        keep=keep,
        may=may_import,
        records=on_record,
        example=(
            "C11500001",
            "赴日本考察雨水下水道",
            "水利局",
            "考察",
            "日本（東京、大阪）",
            "林怡君（工程員）、陳冠廷（科長）",
            "115/3/5",
            "115/3/12",
            "考察雨水下水道營運",
            "高市府人力字第11530000100號",
            "250000",
            "市公務預算",
            "",
            "",
            "",
        ),
    ),
)
