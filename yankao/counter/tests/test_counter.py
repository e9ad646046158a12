"""The citizens' first page, the search, danger, and following a case: what is said and what is not."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from yankao.counter import dangers, drafts, following, maps, models, pages, places
from yankao.counter.offers import Opened
from yankao.kernel.people.geography import (
    district_at,
    districts_drawn,
    load_geography,
    outlines,
    polygons,
    village_at,
    villages_drawn,
)
from yankao.kernel.people.models import District
from yankao.kernel.people.places import Place, named

pytestmark = pytest.mark.django_db


def test_the_first_page_offers_the_ways_in_and_what_is_public(client: Client) -> None:
    text = client.get("/").content.decode()
    for words in ("有什麼需要", "/counter/report/", "/counter/follow/", "議會施政報告", "tel:119"):
        assert words in text
    english = client.get("/", HTTP_ACCEPT_LANGUAGE="en").content.decode()
    assert "What do you need?" in english


def test_staff_go_on_to_their_work(client: Client, cast) -> None:
    client.force_login(cast.officer)
    assert client.get("/").headers["Location"] == "/work/"
    assert client.get("/counter/").status_code == 200


@pytest.mark.parametrize(
    ("words", "number"),
    [
        ("我家失火了", "119"), ("樓下有瓦斯味", "119"), ("有人觸電", "119"), ("There is a FIRE", "119"),
        ("巷口發生車禍", "110"), ("被搶劫", "110"), ("消防栓漏水", ""), ("防火巷堆雜物", ""),
        ("路燈不亮", ""), ("路樹倒塌壓到人", "119"), ("招牌掉下來砸傷行人", "119"),
        ("A tree fell on somebody", "119"), ("想死", "1925"), ("我真的活不下去了", "1925"),
        ("他想自殺", "119"), ("I want to die", "1925"), ("請想想死角的照明", ""), ("不想活動中心被拆", ""),
        ("fire hydrant leaks", ""), ("firefly season", ""),
        ("The gas is leaking and it smells", "119"), ("a man is not breathing", "119"),
        ("heart attack in the park", "119"), ("有人要跳河", "119"), ("老人跌倒骨折", "119"),
        ("有毒氣體外洩", "119"), ("電線桿倒了", "119"), ("汽車相撞", "110"), ("我被打", "110"),
        ("a man with a knife", "110"), ("my neighbour is beating his wife", "110"),
        ("he is hitting his child right now", "110"), ("垃圾車的蓋子被打開", ""), ("公園被打掃得很乾淨", ""),
    ],
)  # fmt: skip
def test_words_of_danger_lead_to_the_telephone(client: Client, words: str, number: str) -> None:
    found = dangers.danger_in(words)
    assert (found.number if found else "") == number
    text = client.get("/counter/search/", {"q": words}).content.decode()
    assert ('class="danger"' in text) == bool(number)
    if number:
        assert text.index(f"tel:{number}") < text.index('<form class="ask"')


def test_a_search_finds_services_first_and_says_when_there_is_nothing(client: Client) -> None:
    text = client.get("/counter/search/", {"q": "路燈不亮"}).content.decode()
    assert "/counter/report/?service=streetlight" in text
    nothing = client.get("/counter/search/", {"q": "zzzzqqqq"}).content.decode()
    assert "沒有找到相符的說明" in nothing


def test_a_form_begins_with_a_post_and_keeps_nothing_in_the_address(client: Client) -> None:
    assert models.Draft.objects.count() == 0
    assert client.get("/counter/report/").status_code == 200
    assert client.get("/counter/report/photo/").headers["Location"] == "/counter/report/"
    started = client.post("/counter/report/")
    assert (started.status_code, started.headers["Location"]) == (303, "/counter/report/photo/")
    cookie = client.cookies["yk_form_report"]
    assert cookie["httponly"] and cookie["path"] == "/counter/report/" and cookie["samesite"] == "Lax"
    assert cookie.value not in models.Draft.objects.get().mark


def test_pages_ahead_of_the_next_question_lead_back_to_it(client: Client) -> None:
    client.post("/counter/petition/")
    assert client.get("/counter/petition/who/").headers["Location"] == "/counter/petition/matter/"
    assert client.get("/counter/petition/check/").headers["Location"] == "/counter/petition/matter/"
    assert client.get("/counter/petition/nowhere/").status_code == 404


def test_a_draft_is_sealed_and_forgotten(client: Client, django_assert_num_queries) -> None:
    draft = drafts.begin()
    draft.answers["contact"] = {"name": "王小明", "mobile": "0912345678"}
    drafts.save(draft, "report")
    row = models.Draft.objects.get()
    assert "王小明".encode() not in bytes(row.text) and b"0912345678" not in bytes(row.text)
    models.Draft.objects.update(touched_at=row.touched_at - drafts.LIFE)
    client.cookies["yk_form_report"] = draft.token
    assert client.get("/counter/report/contact/").headers["Location"] == "/counter/report/"
    answer = client.post("/counter/report/contact/", {"name": "王小明"})
    assert answer.status_code == 410 and "王小明" not in answer.content.decode()
    assert drafts.forget_old() == 1


def test_a_form_with_an_outdated_token_is_not_kept_in_the_session() -> None:
    strict = Client(enforce_csrf_checks=True)
    sent = strict.post(
        "/counter/report/contact/", {"name": "王小明"}, headers={"origin": "http://testserver"}
    )
    assert sent.status_code == 403
    assert "kept" not in strict.session


def test_one_source_does_not_begin_forms_without_end(client: Client) -> None:
    answers = [client.post("/counter/report/").status_code for _n in range(61)]
    assert answers == [303] * 60 + [429]


# ── Following ───────────────────────────────────────────────────────────────────────────────────────


def tried(client: Client, number: str, code: str, **more):
    return client.post("/counter/follow/", {"number": number, "code": code}, **more)


def test_nobody_tries_codes_without_end(client: Client) -> None:
    client.get("/counter/follow/")  # a browser has the token of the form before it can send one
    answers = [tried(client, f"P101-{n:06d}", "AAAAAAAAAA").status_code for n in range(32)]
    assert answers[:30] == [422] * 30 and answers[30:] == [429] * 2


def test_browsers_behind_one_address_do_not_use_up_each_others_forms() -> None:
    """The telephones of a carrier share an address; a browser keeps to its own count, and a form whose start
    failed is not counted.
    """
    for number in range(4):
        browser = Client()
        browser.get("/counter/report/")
        assert browser.cookies["csrftoken"].value
        with patch.object(drafts, "save", side_effect=OSError), pytest.raises(OSError):
            browser.post("/counter/report/")
        answers = [browser.post("/counter/report/").status_code for _turn in range(61)]
        assert answers == [303] * 60 + [429], number


def test_one_address_does_not_flood_the_counter_with_ever_new_browsers(monkeypatch) -> None:
    monkeypatch.setattr(pages, "BEGUN_FROM", SimpleNamespace(at=lambda day: 5))
    answers = []
    for number in range(7):
        browser = Client()
        browser.cookies["csrftoken"] = f"{number:032d}"
        answers.append(browser.post("/counter/report/").status_code)
    assert answers == [303] * 5 + [429] * 2


def test_looking_up_what_opens_is_not_counted(monkeypatch) -> None:
    monkeypatch.setattr(
        following, "_opened", lambda pair: Opened("/counter/", 1) if pair.code == "B" else None
    )
    here = Client()
    assert {tried(here, "P101-000001", "B").status_code for _turn in range(40)} == {303}
    assert tried(here, "P101-000001", "A").status_code == 422


def test_many_callers_do_not_guess_one_number_either(client: Client) -> None:
    places = [tried(client, "p101-000001", "A" * 10, REMOTE_ADDR=f"10.0.0.{n}") for n in range(22)]
    assert [one.status_code for one in places] == [422] * 20 + [429] * 2


def test_a_case_is_shown_to_nobody_who_has_not_said_its_code(client: Client) -> None:
    answer = client.get(reverse("petitions_counter:case"))
    assert answer.headers["Location"] == "/counter/follow/"


# ── The map ─────────────────────────────────────────────────────────────────────────────────────────


@settings(deadline=None, max_examples=50, suppress_health_check=list(HealthCheck))
@given(st.integers(1, maps.WIDE), st.integers(1, maps.HIGH), st.integers(0, len(maps.SPANS) - 1))
def test_a_pixel_and_its_place_belong_together(x: int, y: int, zoom: int) -> None:
    view = maps.View(120.3, 22.63, zoom)
    assert view.at(*view.point(x, y)) == pytest.approx((x, y), abs=1e-6)
    nearer = view.clicked(x, y)
    assert nearer.zoom == min(zoom + 1, len(maps.SPANS) - 1)
    assert nearer.at(*view.point(x, y)) == pytest.approx((maps.WIDE / 2, maps.HIGH / 2), abs=0.2)


def test_a_click_is_taken_where_it_was_made_however_wide_the_map_is_shown() -> None:
    def at(x: float, y: float, wide: str) -> tuple[float, float] | None:
        draft = drafts.begin()
        draft.about["view"] = [120.3014, 22.6273, 3]
        assert places.act(draft, {"map.x": str(x), "map.y": str(y), "map.wide": wide})
        return places.point_of(draft)

    assert at(400, 200, "") == at(400, 200, "640") == at(200, 100, "320") != at(200, 100, "640")
    assert at(400, 200, "0") == at(400, 200, "x") == at(400, 200, "640")


def looked(*presses: dict[str, str]) -> drafts.Draft:
    """A draft after these presses on the page of the place."""
    draft = drafts.begin()
    for one in presses:
        assert places.act(draft, one)
    return draft


def test_a_press_on_a_map_from_afar_brings_it_nearer_and_points_out_nothing() -> None:
    click, keyboard = {"map.x": "300", "map.y": "240"}, {"map.x": "0", "map.y": "0"}
    for presses in ([keyboard], [click], [keyboard] * 6, [{"go": "in"}] * 6, [click] * (places.NEAR - 1)):
        assert places.point_of(looked(*presses)) is None
    draft = looked(*[click] * places.NEAR)
    assert places.point_of(draft) == (places.view_of(draft).longitude, places.view_of(draft).latitude)
    middle = places.view_of(looked(*[{"go": "in"}] * 6))
    there = looked(*[{"go": "in"}] * 6, {"go": "this"})
    assert places.point_of(there) == (middle.longitude, middle.latitude)


def test_looking_from_farther_keeps_the_place_and_moving_the_far_map_gives_it_up() -> None:
    here = {"go": "here", "longitude": "120.3014", "latitude": "22.6273"}
    draft = looked(here, {"go": "out"}, {"go": "out"}, {"go": "in"})
    assert places.point_of(draft) == (120.3014, 22.6273)
    assert draft.about["at"]["from"] == places.FROM_PHONE
    assert places.point_of(looked(here, {"go": "n"})) not in (None, (120.3014, 22.6273))
    assert places.point_of(looked(here, {"go": "out"}, {"go": "out"}, {"go": "e"})) is None


def test_an_address_nobody_finds_is_no_place_and_a_district_only_moves_the_map(db: Any) -> None:
    load_geography()
    there = District.objects.get(name="三民區")
    lost = looked({"go": "find", "address": "五福三路21號前", "district": ""})
    assert lost.about["lost"] and places.point_of(lost) is None and places.view_of(lost).zoom == 0
    draft = looked({"go": "find", "address": "建國三路100號", "district": there.pk})
    assert places.point_of(draft) is None and "lost" not in draft.about
    assert draft.about["moved"] == "三民區中央" and places.view_of(draft).zoom == 2
    village = looked({"go": "find", "address": "三民區鼎強里", "district": ""})
    assert places.point_of(village) is None and "里" in village.about["moved"]
    typed = looked({"go": "find", "address": "22.6273, 120.3014", "district": ""})
    assert places.point_of(typed) == (120.3014, 22.6273)
    assert typed.about["at"]["words"] == "22.62730, 120.30140"


def test_a_search_that_fails_gives_up_what_other_words_found_and_keeps_what_was_pointed_out(db: Any) -> None:
    nothing = {"go": "find", "address": "愛河", "district": ""}
    here = {"go": "here", "longitude": "120.3014", "latitude": "22.6273"}
    assert places.point_of(looked(here, nothing)) == (120.3014, 22.6273)
    words = {"go": "find", "address": "22.6273 120.3014", "district": ""}
    assert places.point_of(looked(words)) and places.point_of(looked(words, nothing)) is None
    assert "lost" not in looked(nothing, words).about


@pytest.fixture
def _rooms_know_places(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two places as a room may know them."""

    def known(words: str) -> list[Place]:
        hall = Place("行政中心（四維三路2號）", 120.312, 22.621)
        return [one for one in (hall, Place("圖書館（四維三路6號）", 120.313, 22.622)) if words in one.words]

    monkeypatch.setitem(named._listeners, "test", known)


@pytest.mark.usefixtures("_rooms_know_places")
@pytest.mark.parametrize(
    ("words", "point"),
    [
        ("四維三路2號", (120.312, 22.621)), ("圖書館", (120.313, 22.622)), ("四維三路", None),
        ("四維三路100號", None), ("圖書", None),
    ],
)  # fmt: skip
def test_a_place_stands_for_its_own_name_and_house_and_not_for_its_road(
    words: str, point: tuple[float, float] | None
) -> None:
    draft = looked({"go": "find", "address": words, "district": ""})
    assert places.point_of(draft) == point
    assert places.view_of(draft).zoom == places.STREET


def test_every_district_holds_a_point_of_its_own_and_the_sea_none() -> None:
    for shape in outlines()["features"]:
        ring = max((rings[0] for rings in polygons(shape["geometry"])), key=len)
        y = sum(point[1] for point in ring) / len(ring)
        crossings = sorted(
            a[0] + (y - a[1]) * (b[0] - a[0]) / (b[1] - a[1])
            for a, b in zip(ring, [*ring[1:], ring[0]], strict=True)
            if (a[1] > y) != (b[1] > y)
        )
        middle = (crossings[0] + crossings[1]) / 2
        assert district_at(middle, y) == shape["id"]
    assert district_at(119.0, 22.6) is None and district_at(0, 0) is None


def test_every_village_holds_the_point_of_its_name_and_lies_in_its_district() -> None:
    drawn = villages_drawn()
    assert len(drawn) == 886
    for shape in drawn:
        assert village_at(*shape.at) == shape.code
        assert shape.code[:8] in {one.code for one in districts_drawn() if one.holds(*shape.at)}
    assert village_at(119.0, 22.6) is None


def test_a_picture_shows_the_boundaries_of_villages_when_near() -> None:
    far, near = (maps.View(120.3014, 22.6273, zoom) for zoom in (maps.DIVIDED - 1, maps.DIVIDED))
    assert "stroke-dasharray" not in maps.picture(far, {}, cross=False)
    shown = maps.picture(near, {}, cross=False)
    assert "stroke-dasharray" in shown
    assert len(shown) < 150_000


def test_a_picture_names_what_it_shows_and_marks_the_place() -> None:
    drawn = maps.picture(maps.whole(), {outlines()["features"][0]["id"]: "<某區>"}, cross=True)
    assert drawn.startswith("<svg") and "#a8201a" in drawn and "<某區>" not in drawn
    assert "#a8201a" not in maps.picture(maps.whole(), {}, cross=False)


def test_no_name_on_a_picture_lies_on_another(db: Any) -> None:
    load_geography()
    for zoom in (2, 3):
        drawn = maps.picture(maps.View(120.3014, 22.6273, zoom), {}, cross=False)
        texts = re.findall(r'<text x="(-?\d+)" y="(-?\d+)" font-size="12" [^>]*>([^<]*[里村])</text>', drawn)
        at = [(int(x), int(y), len(name)) for x, y, name in texts]
        assert len(at) > 10
        for n, (x, y, long) in enumerate(at):
            for a, b, wide in at[:n]:
                assert abs(x - a) >= 6 * (long + wide) - 1 or abs(y - b) >= 12, (x, y, a, b)


@pytest.mark.django_db
def test_a_form_thrown_away_meanwhile_is_kept_anew(rf: Any) -> None:
    draft = drafts.begin()
    draft.answers = {"matter": {"content": "路燈不亮"}}
    drafts.save(draft, "report")
    drafts.forget(draft)
    drafts.save(draft, "report")
    request = rf.get("/")
    request.COOKIES[f"{drafts.COOKIE}report"] = draft.token
    found = drafts.find(request, "report")
    assert found is not None
    assert found.answers == draft.answers
    assert drafts.find(request, "petition") is None
    request.COOKIES[f"{drafts.COOKIE}petition"] = draft.token
    assert drafts.find(request, "petition") is None
