"""Agencies over the merger of 25 December 2010, and the geography of the city."""

from datetime import date
from itertools import pairwise

import pytest

from yankao.kernel.people import agencies, geography
from yankao.kernel.people.models import Agency, District, Village

pytestmark = pytest.mark.django_db
EVE, DAY = date(2010, 12, 24), date(2010, 12, 25)


@pytest.fixture
def merged():
    assert agencies.load_agencies() == Agency.objects.count()


def test_city_and_county_become_one_city(merged):
    governments = ["KCG-OLD", "KSC", "KCG"]
    old_city, county, city = (Agency.objects.get(code=code) for code in governments)
    assert [a.code for a in agencies.agencies_on(EVE).filter(code__in=governments)] == ["KCG-OLD", "KSC"]
    assert [a.code for a in agencies.agencies_on(DAY).filter(code__in=governments)] == ["KCG"]
    assert agencies.current(county, DAY) == agencies.current(old_city, DAY) == city
    assert agencies.current(county, EVE) == county
    assert agencies.predecessors(city, EVE) == (old_city, county)
    assert agencies.predecessors(city, DAY) == (city,)


def test_the_first_level_agencies_of_2012(merged):
    found = agencies.first_level(date(2012, 6, 30))
    assert found.count() == 31
    assert all(agency.name_en and agency.parent.code == "KCG" for agency in found)
    assert agencies.commission(date(2012, 6, 30)).name == "研究發展考核委員會"
    assert agencies.commission(EVE).code == "KCG-OLD-RDEC"


def test_each_district_has_an_office_that_came_from_one_office(merged):
    geography.load_geography()
    for district in District.objects.all():
        office = Agency.objects.get(code=f"KCG-{district.code}")
        assert office.name == f"{district.name}公所"
        (before,) = agencies.predecessors(office, EVE)
        assert agencies.current(before, DAY) == office
    assert agencies.agencies_on(DAY).filter(name__endswith="區公所").count() == 38


def test_an_agency_that_ended_without_successor_has_no_current_one(merged):
    gone = Agency.objects.create(code="X", name="臨時工程處", valid_to=date(2011, 6, 30))
    assert agencies.current(gone, date(2011, 6, 30)) == gone
    with pytest.raises(agencies.NoSingleAgency, match="沒有承接機關"):
        agencies.current(gone, date(2011, 7, 1))


def test_a_split_agency_asks_which_one_and_names_them(merged):
    old = Agency.objects.create(code="O", name="建設處", valid_to=date(2012, 12, 31))
    parts = [Agency.objects.create(code=c, name=c, valid_from=date(2013, 1, 1)) for c in ("P", "Q")]
    for part in parts:
        part.predecessors.add(old)
    with pytest.raises(agencies.NoSingleAgency) as caught:
        agencies.current(old, date(2013, 1, 1))
    assert caught.value.agencies == tuple(parts) and "P" in caught.value.sentence


def test_succession_is_followed_over_several_reforms_and_never_in_a_ring():
    chain = [
        Agency.objects.create(
            code=str(n), name=str(n), valid_from=date(2000 + n, 1, 1), valid_to=date(2000 + n, 12, 31)
        )
        for n in range(4)
    ]
    for earlier, later in pairwise(chain):
        later.predecessors.add(earlier)
    chain[0].predecessors.add(chain[3])
    assert agencies.current(chain[0], date(2003, 5, 1)) == chain[3]
    assert agencies.successors(chain[0], date(2009, 1, 1)) == ()


def test_the_tree_of_a_day_has_only_what_exists_then(merged, django_assert_num_queries):
    with django_assert_num_queries(1):
        tree = agencies.tree(EVE)
    assert {agency.code for agency in tree[None]} == {"KCG-OLD", "KSC"}
    county = Agency.objects.get(code="KSC")
    assert sum(a.code.startswith("KSC-6400") for a in tree[county.pk]) == 27


def test_loading_twice_changes_nothing(merged):
    before = list(Agency.objects.order_by("pk").values())
    agencies.load_agencies()
    assert list(Agency.objects.order_by("pk").values()) == before
    assert geography.load_geography() == geography.load_geography()


def test_districts_and_villages_are_those_of_the_tables():
    loaded = geography.load_geography()
    assert (
        (loaded.districts, loaded.villages)
        == (38, 891)
        == (District.objects.count(), Village.objects.count())
    )
    assert Village.objects.exclude(longitude=None).count() == 886
    assert not District.objects.filter(name_en="").exists()
    assert not Village.objects.exclude(code__startswith="64000").exists()


def test_dissolved_villages_exist_in_the_years_that_list_them():
    geography.load_geography()
    assert geography.villages_on(date(2012, 6, 30)).count() == 891
    assert geography.villages_on(date(2022, 1, 1)).count() == 886
    gone = {v.name for v in Village.objects.exclude(valid_to=None)}
    assert gone == {"延平里", "廍北里", "果惠里", "仁聲里", "鎮中里"}
    assert geography.villages_on(EVE).count() == 0


def test_outlines_cover_every_district_and_stay_small():
    geography.load_geography()
    codes = {feature["id"] for feature in geography.outlines()["features"]}
    assert codes == set(District.objects.values_list("code", flat=True))
    assert (geography.DATA / "districts.geojson.gz").stat().st_size < 200_000
    assert geography.city().name_en == "Kaohsiung City"


def test_the_code_names_no_city():
    folder = geography.DATA.parent
    for source in set(folder.glob("*.py")) - {folder / "testing.py"}:
        body = source.read_text()
        assert "高雄" not in body and "64000" not in body, source.name
