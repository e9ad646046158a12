"""Places reported again and again with their cases behind them, and open cases that say nearly the same."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from yankao.service.petitions import hotspots
from yankao.service.petitions.models import Category

pytestmark = pytest.mark.django_db
HERE = {"longitude": Decimal("120.28370"), "latitude": Decimal("22.62700")}


@pytest.fixture
def spot(desk):
    """Three of one kind at one place these days, one of another kind, one elsewhere, one of long ago."""
    now, ditch = timezone.now(), Category.objects.get(pk="drainage.ditch")
    texts = (
        "側溝長期淤積，蚊蟲孳生，請派員清理。",
        "側溝長期淤積，蚊蟲孳生，請儘速派員清理。",
        "水溝蓋破裂，行人易跌倒。",
    )
    desk.three = [
        desk.received(category=ditch, received_at=now - timedelta(days=n), content=text, **HERE)
        for n, text in enumerate(texts)
    ]
    desk.received(category=Category.objects.get(pk="other"), received_at=now, **HERE)
    desk.received(category=ditch, received_at=now, longitude=Decimal("120.3"), latitude=Decimal("22.7"))
    desk.received(category=ditch, received_at=now - timedelta(days=200), **HERE)
    return desk


def test_a_place_reported_again_and_again_opens_exactly_its_cases(spot, client):
    [place] = hotspots.places(spot.cast.rdec_controller)
    assert (place.category, place.cases, place.open) == ("drainage.ditch", 3, 3)
    client.force_login(spot.cast.rdec_controller)
    page = client.get(reverse("petitions:hotspots")).content.decode()
    href = re.search(r'href="(/rooms/service.petitions/hotspots/[^"]+)"', page).group(1)
    rows = client.get(href).content.decode()
    assert rows.count('<th scope="row">') == 3
    assert all(one.case.number in rows for one in spot.three)
    assert hotspots.places(spot.cast.rdec_controller, least=4) == []
    client.force_login(spot.cast.crew)
    assert client.get(reverse("petitions:hotspots")).status_code == 403


def test_a_place_and_its_clusters_hold_the_whole_family_of_a_category(spot, client):
    """One hole in the road, filed by the counter as works and by the office as a road."""
    drainage = Category.objects.get(pk="drainage")
    coarse = spot.received(
        category=drainage, received_at=timezone.now(), content=spot.three[0].content, **HERE
    )
    user = spot.cast.rdec_controller
    [place] = hotspots.places(user)
    assert (place.category, place.cases) == ("drainage", 4)
    rows = hotspots.behind(user, (place.x, place.y, place.category), 90)
    assert {one.pk for one in rows} == {one.pk for one in (coarse, *spot.three)}
    found = next(
        one for one in hotspots.clusters(user) if spot.three[0].pk in {case.pk for case in one.cases}
    )
    assert coarse.pk in {case.pk for case in found.cases}


def test_open_cases_that_say_nearly_the_same_are_clustered_and_closed_or_hidden_ones_are_not(spot):
    found = hotspots.clusters(spot.cast.rdec_controller)
    assert {one.pk for one in spot.three[:2]} <= {one.pk for one in found[0].cases}
    assert spot.three[2].pk not in {one.pk for cluster in found for one in cluster.cases}
    assert hotspots.clusters(spot.cast.works_controller) == [], "not theirs to know of"
