from __future__ import annotations

from datetime import date, datetime, time

import pytest
from django.utils import timezone

from yankao.information.hotspots import process as p
from yankao.information.hotspots.listener import source_of


def at(day: date, hour: int = 10) -> datetime:
    return timezone.make_aware(datetime.combine(day, time(hour)))


@pytest.fixture(autouse=True)
def private_store(settings, tmp_path):
    settings.DATA = tmp_path


@pytest.fixture
def site(cast):
    """A site of two access points, open since January."""
    one = p.process.open(
        cast.officer, title="苓雅區行政中心", agency=cast.water, officer=cast.officer, district=cast.district,
        name_en="Lingya Administrative Center", setting="office", address="四維三路2號",
        longitude="120.312", latitude="22.621", at=at(date(2012, 1, 2)),
    )  # fmt: skip
    p.approve.run(one, cast.rdec_controller, {}, at=at(date(2012, 1, 5)))
    points = [p.PointRow("iTW-001-1"), p.PointRow("iTW-001-2")]
    given = {"opened_on": date(2012, 1, 10), "points": points}
    p.open_site.run(one, cast.officer, given, at=at(date(2012, 1, 10)))
    return one


@pytest.fixture
def source(db):
    return source_of("detail", "測試", "radius_detail")


def record(session="S1", status="Start", at=1326160000, user="alice", nas="iTW-001-1", **more):
    """A record as FreeRADIUS writes it."""
    lines = ["Tue Jan 10 09:46:40 2012"]
    given = {
        "Acct-Session-Id": f'"{session}"', "User-Name": f'"{user}"', "NAS-Identifier": f'"{nas}"',
        "Acct-Unique-Session-Id": f'"{session}"', "Acct-Status-Type": status, "Timestamp": at,
    }  # fmt: skip
    given |= {name.replace("_", "-"): value for name, value in more.items()}
    lines += [f"\t{name} = {value}" for name, value in given.items() if value is not None]
    return "\n".join(lines) + "\n\n"
