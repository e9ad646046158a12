"""示範資料 Eighty-four sites, and the accounting of their first months: 2,870 accounts, 5,014 sessions.

The accounting is written as a FreeRADIUS server writes it and goes the way of every record; some sessions
have no Stop, one has counters beyond 2^32. Accounts are invented.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from yankao.kernel.casework.archive import Archive
from yankao.kernel.journal.ingest import take
from yankao.kernel.people.city import City
from yankao.kernel.people.models import District, Village

from . import process as p
from .detail import TAIPEI
from .listener import source_of
from .models import Setting

SEED = 1010407
SITES, USERS, SESSIONS = 84, 2870, 5014
KINDS = (
    (Setting.OFFICE, "行政中心", "Administrative Center"),
    (Setting.LIBRARY, "圖書館", "Library"),
    (Setting.STATION, "轉運站", "Bus Station"),
    (Setting.SIGHT, "遊客中心", "Visitor Center"),
    (Setting.HEALTH, "衛生所", "Health Center"),
    (Setting.PARK, "公園", "Park"),
)
TOGETHER = 900
"""Records of one block."""


def _point(district: District) -> tuple[object, object]:
    found = Village.objects.filter(district=district, longitude__isnull=False).order_by("code").first()
    return (found.longitude, found.latitude) if found else (None, None)


def _sites(city: City) -> list[tuple[District, tuple[str, str, str], date]]:
    found: list[tuple[District, tuple[str, str, str], date]] = []
    for number in range(SITES):
        district = city.districts[number % len(city.districts)]
        kind = KINDS[number // len(city.districts) if number < 76 else 3 + number % 3]
        found.append((district, kind, date(2011, 10, 3) + timedelta(days=number * 211 // SITES)))
    return found


def load(city: City) -> None:
    """The sites of the reference half-year and their accounting up to 30 June 2012."""
    staff = city.rdec_controller
    points = {district.pk: _point(district) for district in city.districts}
    with Archive(p.process) as archive:
        for number, (district, (setting, zh, en), opened) in enumerate(_sites(city)):
            agency = city.district_offices[number % len(city.district_offices)]
            longitude, latitude = points[district.pk]
            one = archive.open(
                title=f"{district.name}{zh}", agency=agency, on=opened, district=district, actor=staff,
                name_en=f"{district.name_en} {en}".replace(" District", ""), setting=setting,
                address=f"高雄市{district.name}中正路{10 + number}號", longitude=longitude, latitude=latitude,
                ssid="iTaiwan",
            )  # fmt: skip
            rows = [p.PointRow(f"iTW-{number + 1:03d}-{n}") for n in (1, 2)]
            archive.move(one, p.enrol, staff, opened, opened_on=opened, points=rows)
    rng = random.Random(SEED)
    sites = _sites(city)
    told: list[tuple[int, str]] = []
    for number in range(SESSIONS):
        place = rng.randrange(SITES)
        first = max(sites[place][2], date(2012, 1, 2))
        day = first + timedelta(days=rng.randrange((date(2012, 6, 30) - first).days))
        user = number if number < USERS else rng.randrange(USERS)
        told += session(rng, number, place, user, day, ends=number % 61 != 0, huge=number == 1200)
    _keep("detail-101H1", told)


def session(
    rng: random.Random,
    number: int,
    place: int,
    user: int,
    day: date,
    *,
    ends: bool,
    huge: bool = False,
    salt: str = "",
) -> list[tuple[int, str]]:
    """(Moment, record) of the Start and the Stop of one session, as a server writes them."""
    begun = datetime(day.year, day.month, day.day, 8, tzinfo=TAIPEI) + timedelta(
        seconds=rng.randrange(43_000)
    )
    length = 120 + rng.randrange(5400)
    head = (
        f'\tUser-Name = "itw{salt}{user:05d}@itaiwan.gov.tw"\n'
        f'\tNAS-Identifier = "iTW-{place + 1:03d}-{1 + number % 2}"\n'
        f'\tAcct-Session-Id = "{number:08X}"\n\tAcct-Unique-Session-Id = "{salt}{number:032x}"\n'
    )
    start = int(begun.timestamp())
    found = [(start, f"{head}\tAcct-Status-Type = Start\n\tTimestamp = {start}\n\n")]
    stop = start + length
    counters = (
        f"\tAcct-Session-Time = {length}\n\tAcct-Input-Octets = {rng.randrange(3_000_000)}\n"
        f"\tAcct-Output-Octets = {rng.randrange(40_000_000)}\n"
        f"\tAcct-Output-Gigawords = {int(huge)}\n"
    )
    kind = "Stop" if ends else "Interim-Update"
    found.append((stop, f"{head}\tAcct-Status-Type = {kind}\n{counters}\tTimestamp = {stop}\n\n"))
    return found


def _keep(code: str, told: Iterable[tuple[int, str]]) -> None:
    source = source_of(code, "iTaiwan計費伺服器", "radius_detail")
    lines = sorted(told)
    for at in range(0, len(lines), TOGETHER):
        some = lines[at : at + TOGETHER]
        heads = (datetime.fromtimestamp(moment, UTC).astimezone(TAIPEI) for moment, _text in some)
        texts = (text for _moment, text in some)
        block = "".join(
            f"{head:%a %b %d %H:%M:%S %Y}\n{text}" for head, text in zip(heads, texts, strict=True)
        )
        arrived = datetime.fromtimestamp(some[-1][0] + 60, UTC)
        take(source, block.encode(), at=arrived)


# ── The living present ──────────────────────────────────────────────────────────────────────────────


def present(city: City, today: date) -> None:
    """Proposals, a suspended and a closed site, and the use of the last fortnight."""
    days, staff, water = timedelta, city.rdec_controller, city.by_code("KCG-WR")
    with Archive(p.process) as archive:
        for number, (name, en, far) in enumerate(
            (
                ("愛河水岸休憩站", "Love River Rest Stop", 0),
                ("滯洪池公園管理站", "Detention Pond Park Office", 0),
                ("亞灣輕軌候車亭", "Asia New Bay Light Rail Stop", 1),
                ("旗津渡輪站", "Cijin Ferry Pier", 2),
                ("舊市場服務台", "Old Market Desk", 3),
                ("社區活動中心", "Community Center", 4),
            )
        ):
            on = today - days(days=5 + 8 * number)
            agency = water if number < 2 else city.agencies[number * 4 % len(city.agencies)]
            district = city.districts[number * 5 % len(city.districts)]
            longitude, latitude = _point(district)
            one = archive.open(
                title=name, agency=agency, on=on, officer=city.officer(agency), actor=city.officer(agency),
                district=district, name_en=en, setting=Setting.PARK,
                address=f"高雄市{district.name}河濱路{number + 1}號",
                longitude=longitude, latitude=latitude, ssid="iTaiwan",
            )  # fmt: skip
            if far == 4:
                archive.move(one, p.reject, staff, on + days(days=9), reason="鄰近已有熱點，訊號可及。")
            elif far:
                archive.move(one, p.approve, staff, on + days(days=4))
            if far in (2, 3):
                rows = [p.PointRow(f"iTW-9{number:02d}-1")]
                archive.move(
                    one, p.open_site, staff, on + days(days=10), opened_on=on + days(days=10), points=rows
                )
            if far == 2:
                archive.move(one, p.suspend, staff, today - days(days=2), reason="電路檢修。")
            if far == 3:
                last = today - days(days=3)
                archive.move(one, p.close, staff, last, closed_on=last, reason="建物拆除。")
    rng = random.Random(SEED + today.toordinal())
    told: list[tuple[int, str]] = []
    for number in range(240):
        day = today - days(days=1 + rng.randrange(14))
        told += session(
            rng, number, rng.randrange(SITES), rng.randrange(90), day, ends=number % 40 != 0, salt="p"
        )
    _keep("detail-now", told)
