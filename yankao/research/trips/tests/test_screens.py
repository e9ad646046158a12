"""What the room adds to the desk, its tables, its import and the public register."""

import json
from datetime import date

import pytest
from django.utils import timezone, translation

from yankao.kernel.casework.adoption import Answer
from yankao.kernel.intake import take
from yankao.kernel.sheets import read, write_csv, write_ods
from yankao.research.trips import process as p
from yankao.research.trips.imports import IMPORTS, PROFILE
from yankao.research.trips.models import Publicity, Suggestion, Trip
from yankao.research.trips.screens import first, same_places

pytestmark = pytest.mark.django_db
TRIPS = "/rooms/research.trips/"
PUBLIC = "/register/trips/"


def page(client, address, user=None, **more):
    if user:
        client.force_login(user)
    return client.get(address, **more)


def rows_of(response):
    return list(read(response.content, "x.ods").rows)


# ── Desk ────────────────────────────────────────────────────────────────────────────────────────────


def test_the_list_and_the_case_page_show_the_room(desk, client):
    trip = desk.sent_out(agencies=("works", "water"))
    desk.do(
        trip,
        p.answer,
        desk.cast.works_officer,
        suggestion=Suggestion.objects.get(number=1),
        result=Answer.NOT_ADOPTED,
        reason="現行法令未允許",
    )
    listed = page(client, TRIPS + "?country=JP&area=overseas", desk.cast.controller).content.decode()
    assert trip.case.title in listed
    desk.party(desk.trip(title="赴韓國考察"), codes=("KR",))
    assert trip.case.title not in page(client, TRIPS + "?country=KR").content.decode()
    shown = page(client, f"/cases/{trip.pk}/").content.decode()
    for words in (
        "林怡君（工程員）",
        "日本（東京）",
        "第1次繳交",
        "建議2",
        "現行法令未允許",
        "未回復",
        "採行表",
    ):
        assert words in shown


def test_an_agency_finds_its_suggestions_in_its_work_list(desk, client):
    trip = desk.sent_out(agencies=("works",))
    assert trip.case.title in page(client, "/work/", desk.cast.works_controller).content.decode()
    desk.do(
        trip,
        p.answer,
        desk.cast.works_officer,
        suggestion=Suggestion.objects.get(),
        result=Answer.DONE,
        done_on=date(2012, 6, 5),
    )
    assert trip.case.title not in page(client, "/work/", desk.cast.works_controller).content.decode()


def test_earlier_journeys_to_the_same_country_are_shown_before_leaving(desk, client):
    desk.returned()
    new = desk.party(desk.trip(title="再赴日本", departs_on=date(2012, 9, 1), returns_on=date(2012, 9, 8)))
    assert [str(one) for one in same_places(new, desk.cast.registrar)] == ["日本（東京）"]
    assert "核准前請查對" in page(client, f"/cases/{new.pk}/", desk.cast.registrar).content.decode()
    old = desk.party(desk.trip(title="三年後", departs_on=date(2015, 9, 1), returns_on=date(2015, 9, 8)))
    assert same_places(old, desk.cast.registrar) == []


def test_the_first_screen_counts_what_its_list_shows(desk, client):
    today = timezone.localdate()
    trip = desk.party(desk.trip(departs_on=today, returns_on=today))
    p.depart(trip, desk.cast.registrar, departed_on=today)
    p.come_back(trip, desk.cast.registrar, returned_on=today)
    assert [item["count"] for item in first(desk.cast.registrar)] == [0, 0]  # due in three months
    desk.returned()  # long overdue
    desk.sent_out()
    items = first(desk.cast.registrar)
    assert [item["count"] for item in items] == [1, 1] and items[0]["tone"] == "red"
    for item in items:
        shown = page(client, item["url"], desk.cast.registrar).content.decode()
        assert shown.count('class="sub"') == 1
    assert first(desk.cast.mayor) == []


def test_the_month_s_table_lists_the_entries_of_the_month(desk, client):
    trip = desk.registered(on=date(2012, 5, 20))
    (row,) = rows_of(page(client, TRIPS + "tables/?month=101-05", desk.cast.controller))
    assert trip.case.title in row.cells
    assert not rows_of(page(client, TRIPS + "tables/?month=101-06"))
    assert not rows_of(page(client, TRIPS + "tables/?month=101-05", desk.cast.works_controller))


def test_a_period_that_cannot_be_read_is_told_with_what_was_typed(desk, client):
    answer = page(client, TRIPS + "tables/?period=上個月", desk.cast.controller)
    assert answer.status_code == 422
    assert "看不懂「上個月」" in answer.content.decode() and 'value="上個月"' in answer.content.decode()


def test_the_adoption_table_is_given_by_trip_and_by_period(desk, client):
    trip = desk.sent_out(on=date(2012, 6, 1))
    by_trip = rows_of(page(client, f"{TRIPS}tables/adoption/{trip.pk}.ods", desk.cast.controller))
    by_period = rows_of(page(client, TRIPS + "tables/?period=101H1"))
    assert [row.cells for row in by_trip] == [row.cells for row in by_period]
    assert len(by_trip) == 2 and "未回復" in by_trip[0].cells
    assert page(client, f"{TRIPS}tables/adoption/{trip.pk}.ods", desk.cast.stranger).status_code == 404


# ── The public register ─────────────────────────────────────────────────────────────────────────────


def withheld(desk):
    return desk.registered(publicity=Publicity.WITHHELD, ground="政府資訊公開法第18條")


def test_anybody_reads_a_registered_report_and_takes_its_file(desk, client):
    trip = desk.registered()
    listed = page(client, PUBLIC).content.decode()
    assert trip.case.title in listed and "林怡君" not in listed
    shown = page(client, f"{PUBLIC}{trip.pk}/").content.decode()
    assert "心得三點" in shown and "林怡君" not in shown
    file = page(client, f"{PUBLIC}{trip.pk}/file")
    assert b"".join(file).startswith(b"PK")


def test_a_withheld_report_shows_its_ground_and_nothing_of_its_content(desk, client):
    trip = withheld(desk)
    listed = page(client, PUBLIC).content.decode()
    assert trip.case.title in listed and "政府資訊公開法第18條" in listed
    shown = page(client, f"{PUBLIC}{trip.pk}/").content.decode()
    assert (
        "心得三點" not in shown
        and trip.url not in shown
        and f"{trip.pk}/file" not in shown
        and "政府資訊公開法第18條" in shown
    )
    assert page(client, f"{PUBLIC}{trip.pk}/file").status_code == 404
    assert trip.case.title not in page(client, PUBLIC + "?q=心得三點").content.decode()
    for form in ("csv", "json"):
        told = b"".join(page(client, f"{PUBLIC}open-data.{form}")).decode()
        assert trip.case.title in told and "心得三點" not in told and "/file" not in told
        assert trip.url not in told


def test_a_report_not_yet_in_the_register_is_not_public(desk, client):
    trip = desk.accepted()
    assert trip.case.title not in page(client, PUBLIC).content.decode()
    assert page(client, f"{PUBLIC}{trip.pk}/").status_code == 404
    assert page(client, f"{PUBLIC}{trip.pk}/file").status_code == 404


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=心得", True),
        ("q=水利局", True),
        ("q=Japan", True),
        ("q=東京 雨水", True),
        ("q=巴黎", False),
        ("kind=inspection", True),
        ("kind=other", False),
        ("country=JP", True),
        ("country=US", False),
        ("kind=nonsense", True),
        ("q=%25", False),
    ],
)
def test_the_register_is_searched_by_words_kind_and_country(desk, client, query, found):
    trip = desk.registered()
    assert (trip.case.title in page(client, f"{PUBLIC}?{query}").content.decode()) is found


def test_open_data_has_the_public_columns_only(desk, client):
    desk.registered()
    answer = json.loads(b"".join(page(client, PUBLIC + "open-data.json")))
    (record,) = answer["records"]
    assert set(record) == set(answer["fields"])
    assert (
        record["destinations"] == "日本（東京）"
        and record["travellers"] == 1
        and record["abstract"] == "心得三點"
    )
    assert record["file"].endswith("/file") and "林怡君" not in json.dumps(answer, ensure_ascii=False)
    (row,) = read(b"".join(page(client, PUBLIC + "open-data.csv")), "x.csv").rows
    assert len(row.cells) == len(record)


def test_the_register_is_read_in_english(desk, client):
    desk.registered()
    shown = page(client, PUBLIC, headers={"accept-language": "en"}).content.decode()
    assert "Water Resources Bureau" in shown and "Japan" in shown and "公開方式" not in shown


def test_pages_of_the_register_follow_one_another_with_the_same_number_of_questions(
    desk, client, django_assert_max_num_queries, monkeypatch
):
    from yankao.kernel.register import pages

    for number in range(5):
        trip = desk.registered(on=date(2012, 5, 20 + number % 2))
        type(trip.case).objects.filter(pk=trip.pk).update(title=f"第{number}件")
    whole = pages.page
    monkeypatch.setattr("yankao.research.trips.public.page", lambda *a, **k: whole(*a, size=2, **k))
    seen, address = [], PUBLIC
    while address:
        with django_assert_max_num_queries(6):
            shown = client.get(address).content.decode()
        seen += [n for n in range(5) if f"第{n}件" in shown]
        address = (
            shown.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
            if 'rel="next"' in shown
            else ""
        )
    assert seen == [1, 3, 2, 4, 0] or sorted(seen) == [0, 1, 2, 3, 4]
    assert page(client, PUBLIC + "?older=nonsense").status_code == 404


# ── Import ──────────────────────────────────────────────────────────────────────────────────────────

HEAD = [column.names[0] for column in PROFILE.columns]
ROW = [
    "C1010001",
    "赴日本考察",
    "水利局",
    "考察",
    "日本（東京、大阪）、KR",
    "林怡君（工程員）、陳冠廷",
    "101/3/5",
    "101/3/12",
    "目的",
    "字第1號",
    "25萬",
    "市公務預算",
    "",
    "101/3/5",
    "101/3/13",
]


def imported(desk, *rows, ods=False, actor=None):
    data = write_ods(HEAD, rows, title="trips") if ods else b"".join(write_csv(HEAD, rows))
    return take(read(data, "x.ods" if ods else "x.csv"), IMPORTS[0], actor or desk.cast.registrar)


@pytest.mark.parametrize("ods", [False, True])
def test_a_row_becomes_a_trip_as_far_as_it_tells(desk, ods):
    outcome = imported(desk, ROW, ods=ods)
    assert (outcome.read, outcome.kept, outcome.refused) == (1, 1, [])
    trip = Trip.objects.get()
    assert (trip.case.stage, trip.returned_on, trip.budget) == ("returned", date(2012, 3, 13), 250_000)
    assert [str(one) for one in trip.destinations.order_by("pk")] == ["日本（東京、大阪）", "南韓"]
    assert [str(one) for one in trip.travellers.order_by("pk")] == ["林怡君（工程員）", "陳冠廷"]
    assert trip.case.clocks.get(code="report", stopped_at=None)


@pytest.mark.parametrize("kind", ["考察", "inspection", "Inspection tour"])
def test_a_kind_is_given_in_either_language_or_by_its_code(desk, kind):
    with translation.override("en"):
        outcome = imported(desk, [*ROW[:3], kind, *ROW[4:]])
    assert outcome.refused == [] and Trip.objects.get().kind == "inspection"


def test_the_same_file_twice_opens_nothing_twice(desk):
    imported(desk, ROW)
    again = imported(desk, ROW)
    assert (again.kept, again.refused, Trip.objects.count()) == (1, [], 1)


def test_a_row_that_differs_from_the_record_comes_back_with_the_column(desk):
    imported(desk, ROW)
    changed = [*ROW[:10], "30萬", *ROW[11:]]
    (refused,) = imported(desk, changed).refused
    assert refused.problems[0].column == "預算金額" and "250000" in refused.problems[0].sentence
    assert Trip.objects.get().budget == 250_000


@pytest.mark.parametrize(
    ("place", "text", "sentence"),
    [
        (2, "水利處", "機關"),
        (3, "觀光", "考察"),
        (4, "火星", "火星"),
        (6, "三月", "日期"),
        (7, "101/3/1", "不能早於"),
        (10, "很多", "金額"),
        (0, "", "不可空白"),
        (13, "", "實際出國日"),
    ],
)
def test_a_wrong_row_comes_back_with_its_reason_and_the_others_are_kept(desk, place, text, sentence):
    wrong = [*ROW[:place], text, *ROW[place + 1 :]]
    right = ["C1010002", *ROW[1:]]
    outcome = imported(desk, wrong, right)
    assert (outcome.read, outcome.kept, len(outcome.refused)) == (2, 1, 1)
    assert sentence in " ".join(str(problem) for problem in outcome.refused[0].problems)
    assert outcome.refused[0].cells == wrong
    assert Trip.objects.get().trip_no == "C1010002"


def test_a_row_of_another_agency_is_refused_by_the_duty(desk):
    outcome = imported(desk, [*ROW[:2], "工務局", *ROW[3:]])
    assert outcome.kept == 0 and "立案" in outcome.refused[0].problems[0].sentence


def test_a_journey_to_the_mainland_without_notice_comes_back_whole(desk):
    outcome = imported(desk, [*ROW[:4], "中國大陸（上海）", *ROW[5:]])
    assert "通報" in outcome.refused[0].problems[0].sentence and not Trip.objects.exists()
