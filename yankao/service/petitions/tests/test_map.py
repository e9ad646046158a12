"""Maps: squares on the public one, single cases only for those who may know of them."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from html import unescape

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from yankao.desk import reference
from yankao.kernel.audit.models import Entry
from yankao.kernel.people.geography import load_geography, village_at
from yankao.kernel.people.models import District, Village
from yankao.service.petitions import mapping
from yankao.service.petitions.mapping import Box
from yankao.service.petitions.models import Petition
from yankao.service.petitions.process import process

PLACE = {"longitude": Decimal("120.284512"), "latitude": Decimal("22.623456")}
NEARBY = {"longitude": Decimal("120.284699"), "latitude": Decimal("22.623999")}
FAR = {"longitude": Decimal("120.330000"), "latitude": Decimal("22.700000")}


def features(answer):
    assert answer.headers["Content-Type"] == "application/geo+json"
    return json.loads(answer.content)["features"]


def test_squares_grow_with_the_distance_and_never_shrink_below_the_public_limit():
    sizes = [mapping.cells(zoom) for zoom in range(21)]
    assert sizes == sorted(sizes) and sizes[20] == mapping.SQUARES and sizes[0] == 20


@pytest.mark.parametrize(
    "text", ["", "1,2,3", "a,b,c,d", "120,22,119,23", "120,95,121,96", "120.1,22.1,120.2", "nan,1,2,3"]
)
def test_a_box_that_is_none_is_not_taken(text):
    assert Box.read(text, 200) is None


def test_a_box_is_widened_to_whole_squares():
    box = Box.read("120.2811,22.6211,120.2899,22.6299", 200)
    assert (box.west, box.south, box.east, box.north) == (
        Decimal("120.28"), Decimal("22.62"), Decimal("120.29"), Decimal("22.63"),
    )  # fmt: skip


@pytest.mark.django_db
class TestMaps:
    def test_the_public_map_tells_squares_and_no_place(self, desk, client):
        for place in (PLACE, NEARBY, FAR):
            desk.fault(**place)
        desk.fault(confidential=True, **PLACE)
        asked = {"zoom": 20, "box": "120.28,22.62,120.29,22.63"}
        found = features(client.get(reverse("petitions_counter:squares"), asked))
        assert [(one["properties"]["open"], one["geometry"]["coordinates"]) for one in found] == [
            (2, [120.2825, 22.6225])
        ]
        whole = features(client.get(reverse("petitions_counter:squares")))
        assert sum(one["properties"]["n"] for one in whole) == 3
        assert "五福四路" not in json.dumps(whole, ensure_ascii=False)

    def test_the_offices_map_shows_single_cases_from_near_to_those_who_may_know_of_them(self, desk, client):
        one = desk.fault(**PLACE)
        hidden = desk.fault(confidential=True, **PLACE)
        place, asked = reverse("petitions:cases"), {"zoom": 16, "box": "120.28,22.62,120.29,22.63"}
        assert client.get(place, asked).status_code == 302
        client.force_login(desk.cast.rdec_controller)
        found = features(client.get(place, asked))
        numbers = {row["properties"]["number"] for row in found}
        assert one.case.number in numbers
        assert found[0]["geometry"]["coordinates"] == [120.284512, 22.623456]
        squares = features(client.get(place, {"zoom": 9}))
        assert sum(row["properties"]["n"] for row in squares) == len(numbers)
        client.force_login(desk.cast.officer)
        told = features(client.get(place, asked))
        assert hidden.case.number not in {row["properties"].get("number") for row in told}

    def test_pages_offer_the_picture_the_table_and_what_the_moving_map_needs(self, desk, client):
        desk.fault(**PLACE)
        page = client.get(reverse("petitions_counter:map")).content.decode()
        assert "<svg" in page and "data-map-picture" in page and "petitions/map" in page
        client.force_login(desk.cast.rdec_controller)
        page = client.get(reverse("petitions:map")).content.decode()
        assert "<svg" in page and reverse("petitions:cases") in page

    def test_the_offices_map_is_coloured_and_each_count_opens_exactly_its_cases(self, desk, client):
        load_geography()
        reference.forget()
        village = Village.objects.select_related("district").get(pk=village_at(*map(float, PLACE.values())))
        faults = [desk.fault(district=village.district, **place) for place in (PLACE, NEARBY, PLACE, PLACE)]
        done, unplaced = faults[3], desk.fault(district=village.district)
        Petition.objects.filter(pk=done.pk).update(completed_at=timezone.now())
        client.force_login(desk.cast.rdec_controller)
        place, name = reverse("petitions:map"), village.district.name
        District.objects.filter(name=name).exclude(pk=village.district_id).update(name="別的區")
        city = client.get(place, {"service": "pothole"}).content.decode()
        assert f"<title>{name} 3件</title>" in city
        row = rf'<th scope="row"><a href="([^"]*)">{name}</a></th><td class="num"><a href="([^"]*)">3<'
        near, by_district = (unescape(one) for one in re.search(row, city).groups())
        inside = client.get(place + near).content.decode()
        row = rf'<th scope="row">{village.name}</th><td class="num"><a href="([^"]*)">3<'
        by_village = unescape(re.search(row, inside)[1])
        assert f"<title>{village.name} 3件</title>" in inside
        whole = unescape(re.search(r'<figcaption><a href="([^"]*)">', inside)[1])
        for address in (by_district, by_village, whole):
            page = client.get(address).content.decode()
            assert [one.case.number in page for one in (*faults, unplaced)] == [True] * 3 + [False] * 2
            assert "這個條件" not in page

    def test_the_public_map_speaks_english_and_tells_its_colours(self, desk, client):
        desk.fault(**PLACE)
        done = desk.fault(**FAR)
        Petition.objects.filter(pk=done.pk).update(completed_at=timezone.now())
        client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
        page = client.get(reverse("petitions_counter:map")).content.decode()
        assert "1 case(s)" in page and "件" not in page
        legend = re.search(r'<ul class="maplegend">(.*?)</ul>', page)[1]
        told = [("open", "Open"), ("mended", "Mended in the last 30 days")]
        assert re.findall(r'class="(.*?)">(.*?)<', legend) == told
        assert page.count('class="bad land"') == page.count('class="c5 land"') == 1

    def test_a_corrected_position_brings_its_village_with_it(self, desk):
        load_geography()
        reference.forget()
        one = desk.fault(**PLACE)
        first, agent = one.village, desk.cast.rdec_controller
        assert first is not None
        other = Village.objects.filter(latitude__isnull=False).exclude(district=first.district).first()
        there = {"longitude": other.longitude, "latitude": other.latitude}
        expected = village_at(float(other.longitude), float(other.latitude))
        process.amend(one, agent, reason="位置填錯。", village=first, **there)  # as the form sends it
        one.refresh_from_db()
        assert one.village_id == expected != first.pk
        assert f'"{expected}"' in Entry.objects.filter(case=one.pk).latest("seq").body
        process.amend(one, agent, reason="里界有爭議。", village=first, latitude=PLACE["latitude"])
        one.refresh_from_db()
        assert one.village_id == first.pk  # what a person says goes before what is worked out
        process.amend(one, agent, reason="不知位置。", longitude=None, latitude=None)
        one.refresh_from_db()
        assert one.village is None

    def test_a_case_with_a_point_lies_in_its_village_and_a_district_s_map_shows_its_villages(
        self, desk, client
    ):
        load_geography()
        reference.forget()
        code = village_at(float(PLACE["longitude"]), float(PLACE["latitude"]))
        village = Village.objects.get(code=code)
        one = desk.fault(district=village.district, **PLACE)
        unplaced = desk.fault(district=village.district)
        desk.fault(district=District.objects.exclude(pk=village.district_id).first())
        assert one.village == village
        assert unplaced.village is None
        assert mapping.by_village(village.district_id) == {code: (1, 0), "": (1, 0)}
        page = client.get(
            reverse("petitions_counter:map"), {"district": village.district_id}
        ).content.decode()
        inside = Village.objects.filter(district=village.district, valid_to=None).count()
        assert page.count('land" d=') == inside > 10
        assert f"<title>{village.name} 1件</title>" in page
        assert page.count(" 0件</title>") == inside - 1
        assert "處理中2件" in page
        assert f'<th scope="row">{village.name}</th><td class="num">1</td>' in page
        assert '<th scope="row">不詳</th><td class="num">1</td>' in page

    def test_a_tile_is_one_query_however_many_cases_it_counts(self, desk, client):
        for place in (PLACE, NEARBY, FAR):
            desk.fault(**place)
        with CaptureQueriesContext(connection) as asked:
            mapping.squares(box=Box.read("120.1,22.5,120.5,22.9", 200))
        assert len(asked) == 1

    def test_villages_that_a_map_shows_come_with_their_outlines_and_names(self, desk, client):
        load_geography()
        reference.forget()
        place = reverse("petitions_counter:villages")
        assert features(client.get(place)) == []
        found = features(client.get(place, {"box": "120.28,22.62,120.29,22.63"}))
        assert 5 < len(found) < mapping.DRAWN
        here = village_at(float(PLACE["longitude"]), float(PLACE["latitude"]))
        assert here in {one["id"] for one in found}
        for one in found:
            assert one["geometry"]["type"] in ("Polygon", "MultiPolygon")
            assert one["properties"]["name"].endswith("里")
            assert village_at(*one["properties"]["at"]) == one["id"]
        assert len(features(client.get(reverse("petitions_counter:outlines")))) == 38

    def test_the_list_is_narrowed_by_village_and_danger(self, desk, client):
        load_geography()
        here, there, other = (desk.fault(**place) for place in (PLACE, PLACE, FAR))
        village = Village.objects.select_related("district").get(pk=village_at(*map(float, PLACE.values())))
        other_so_called = Village.objects.exclude(district=village.district).first()
        Village.objects.filter(pk=other_so_called.pk).update(name=village.name)
        Petition.objects.filter(pk__in=(here.pk, there.pk)).update(village=village, danger=False)
        Petition.objects.filter(pk=other.pk).update(village=other_so_called, danger=True)
        client.force_login(desk.cast.rdec_controller)
        place = reverse("desk:list", args=[process.kind])
        whole = f"{village.district.name}{village.name}"
        for query, found in (
            ({"village": village.pk}, {here, there}), ({"find": f"里:{whole}"}, {here, there}),
            ({"find": f"里：{village.name}"}, {here, there, other}),
            ({"find": "危險:是"}, {other}), ({"danger": "0"}, {here, there}),
            ({"find": "類別:派工通報"}, {here, there, other}),
        ):  # fmt: skip
            page = client.get(place, query, follow=True).content.decode()
            assert {one for one in (here, there, other) if one.case.number in page} == found, query
        assert "看不懂「里" in client.get(place, {"village": "火星里"}).content.decode()
        assert f"里：<b>{whole}</b>" in client.get(place, {"village": village.pk}).content.decode()
