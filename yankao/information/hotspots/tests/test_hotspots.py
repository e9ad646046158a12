"""A site is proposed, approved and opened with its access points; the map and the open data show it."""

import csv
import json
from datetime import date
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.urls import reverse

from yankao.counter.places import STREET, found
from yankao.information.hotspots import demo, imports
from yankao.information.hotspots import process as p
from yankao.information.hotspots.models import Hotspot
from yankao.kernel.casework import contract
from yankao.kernel.casework.process import Refused
from yankao.kernel.figures.checks import checks, partition_faults
from yankao.kernel.figures.declare import read, register
from yankao.kernel.intake import take
from yankao.kernel.people.city import build_city
from yankao.kernel.people.places import places
from yankao.kernel.period import Period
from yankao.kernel.sheets import read as read_sheet
from yankao.kernel.sheets import write_csv

from .conftest import at

pytestmark = pytest.mark.django_db
HALF = Period.parse("101H1")
TODAY = date(2026, 11, 23)


def test_the_process_keeps_its_contract_and_its_page():
    contract.holds(p.process, Path(p.__file__).with_name("process.md"))


def test_the_half_year_yields_the_published_figures_and_the_present_leaves_them(db):
    city = build_city(today=TODAY)
    demo.load(city)
    mine = {name: figure for name, figure in register.items() if name.startswith("information.hotspots.")}
    before = {name: read(figure, HALF) for name, figure in mine.items()}
    found = {name.rpartition(".")[2]: int(one.value) for name, one in before.items()}
    assert (found["sites"], found["users"], found["sessions"]) == (84, 2870, 5014)
    wanted = settings.BASE_DIR.parent / "shared" / "acceptance" / "figures.csv"
    if wanted.exists():
        with wanted.open(encoding="utf-8") as stream:
            rows = [r for r in csv.DictReader(stream) if r["figure"].startswith("information.hotspots.")]
        assert {r["figure"].rpartition(".")[2]: int(r["value"]) for r in rows}.items() <= found.items()
    for name, check in checks.items():
        if name.startswith("information.hotspots."):
            assert check.faults(HALF) == []
    demo.present(city, TODAY)
    for name, figure in mine.items():
        assert read(figure, HALF).digest == before[name].digest
        assert not list(partition_faults(figure, HALF))
    assert set(Hotspot.objects.values_list("case__stage", flat=True)) == set(p.Stage.values)


def test_other_rooms_find_an_open_site_by_its_name_or_its_road(site, cast):
    code = cast.district.pk
    for words in ("苓雅區行政中心", "四維三路", "lingya administrative"):
        assert [(one.longitude, one.latitude, one.district) for one in places(words)] == [
            (120.312, 22.621, code)
        ]
    near = found("四維三路2號", code)
    assert near[0].view.zoom == STREET and "苓雅區行政中心" in near[0].words
    assert found("四維三路2號", "64000110") == [] == places("二")
    site.valid_to = date(2013, 1, 1)
    site.save()
    assert places("四維三路") == []


def test_an_access_point_stands_at_one_site_at_a_time(site, cast):
    other = p.process.open(
        cast.officer, title="圖書館", agency=cast.water, name_en="Library", setting="library", address="x",
        at=at(date(2012, 2, 1)),
    )  # fmt: skip
    points = [p.PointRow("ITW-001-1")]
    with pytest.raises(ValidationError, match="其他熱點"):
        p.enrol.run(
            other, cast.rdec_controller, {"opened_on": date(2012, 3, 1), "points": points}, at=at(TODAY)
        )
    gone = site.access_points.get(name="iTW-001-1")
    p.drop_point.run(site, cast.officer, {"point": gone, "until": date(2012, 2, 28)}, at=at(date(2012, 3, 1)))
    p.enrol.run(other, cast.rdec_controller, {"opened_on": date(2012, 3, 1), "points": points}, at=at(TODAY))
    assert other.access_points.get().valid_from == date(2012, 3, 1)
    with pytest.raises(Refused, match="基地台"):
        p._opened(other, date(2012, 3, 1), [])


def test_only_the_commission_approves_and_a_closed_site_stays_in_the_sum(site, cast):
    with pytest.raises(Refused):
        p.close(site, cast.officer, closed_on=date(2012, 5, 1), reason="拆除")
    p.close.run(site, cast.rdec_controller, {"closed_on": date(2012, 5, 1), "reason": "拆除"}, at=at(TODAY))
    assert register["information.hotspots.sites"].value(HALF) == 1
    assert register["information.hotspots.sites_open"].value(HALF) == 0
    assert not site.access_points.filter(valid_to=None).exists()


def test_sites_come_back_from_their_file_without_loss(site, cast):
    wanted = imports.IMPORTS[0]
    header, rows = wanted.out(cast.rdec_controller)
    data = b"".join(write_csv(header, rows))
    again = take(read_sheet(data, "h.csv"), wanted, cast.rdec_controller)
    assert (again.kept, again.refused) == (1, [])
    site.case.title = "別的名稱"
    site.case.save()
    site.access_points.filter(name="iTW-001-2").delete()
    site.access_points.update(name="other", key="other")
    outcome = take(read_sheet(data, "h.csv"), wanted, cast.rdec_controller)
    assert (outcome.kept, [str(r.problems) for r in outcome.refused]) == (1, [])
    copy = Hotspot.objects.get(case__title="苓雅區行政中心")
    for column in (
        "name_en",
        "setting",
        "address",
        "longitude",
        "latitude",
        "ssid",
        "valid_from",
        "valid_to",
    ):
        site.refresh_from_db()
        assert getattr(copy, column) == getattr(site, column), column
    assert sorted(point.name for point in copy.access_points.all()) == ["iTW-001-1", "iTW-001-2"]
    changed = data.decode("utf-8-sig").replace("四維三路2號", "四維三路3號")
    assert take(read_sheet(changed.encode(), "h.csv"), wanted, cast.rdec_controller).refused


def test_the_public_page_has_a_map_a_search_and_open_data(client, site, django_assert_max_num_queries):
    page = client.get("/register/hotspots/").content.decode()
    assert "<svg" in page and "<circle" in page and "苓雅區行政中心" in page
    assert "沒有符合的登錄" in client.get("/register/hotspots/?q=不存在").content.decode()
    records = json.loads(b"".join(client.get("/register/hotspots/open-data.json").streaming_content))[
        "records"
    ]
    assert records[0]["latitude"] == "22.621000" and "iTW" not in json.dumps(records)
    assert client.get(f"/register/hotspots/{site.pk}/").status_code == 200
    with django_assert_max_num_queries(8):
        client.get("/register/hotspots/")


def test_the_sources_are_for_the_commission(client, site, cast):
    client.force_login(cast.officer)
    assert client.get(reverse("hotspots:sources")).status_code == 403
    client.force_login(cast.rdec_controller)
    assert client.get(reverse("hotspots:sources")).status_code == 200
    assert client.get(reverse("desk:case", args=[site.pk])).status_code == 200
