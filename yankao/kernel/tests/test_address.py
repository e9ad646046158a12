"""Addresses of Taiwan taken apart, and what comes of the city's road names in English."""

import csv
import gzip
import io
from collections import Counter
from dataclasses import replace
from datetime import date

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from yankao.kernel.address import merged, number_of, parse
from yankao.kernel.register import english


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (
            "802高雄市苓雅區四維三路2號10樓",
            {"postcode": "802", "city": "高雄市", "district": "苓雅區", "road": "四維三路", "number": "2",
             "floor": "10"},
        ),
        (
            "高雄市左營區新上里５鄰博愛二路１００巷５弄12號之3 8樓之1",
            {"village": "新上里", "neighbourhood": "5", "road": "博愛二路", "lane": "100", "alley": "5",
             "number": "12-3", "floor": "8-1", "district": "左營區"},
        ),
        ("高雄市仁武區文東路１段十五號", {"road": "文東路", "section": "1", "number": "15"}),
        ("高雄市橋頭區芋寮路仁愛巷三十二之一號", {"road": "芋寮路", "lane": "仁愛", "number": "32-1"}),
        ("台北市中正區重慶南路一段122號B1樓", {"city": "臺北市", "district": "中正區", "floor": "B1"}),
        ("高雄市路竹區路科一路3號", {"district": "路竹區", "road": "路科一路", "number": "3"}),
        ("高雄市前鎮區凱旋四路105號, 三樓 301室", {"floor": "3", "room": "301", "district": "前鎮區"}),
        ("高雄縣鳳山市中山路9號", {"city": "高雄縣", "district": "鳳山市", "road": "中山路"}),
    ],
)  # fmt: skip
def test_an_address_is_taken_apart(text, parts):
    found = parse(text)
    assert {name: getattr(found, name) for name in parts} == parts
    assert found.rest == "" and found.confidence == 1 and found.raw == text


@given(st.text(max_size=40))
def test_no_text_breaks_the_reader(text):
    found = parse(text)
    assert 0 <= found.confidence <= 1 and found.raw == text


@given(
    st.integers(1, 999), st.none() | st.integers(1, 30), st.none() | st.integers(1, 60), st.integers(1, 9),
    st.sampled_from(["中山一路", "博愛二路", "大順三路", "左營大路"]),
)  # fmt: skip
def test_what_is_written_one_way_is_read_back(number, alley, floor, section, road):
    text = f"高雄市三民區{road}{section}段" + (f"{alley}巷" if alley else "") + f"{number}號"
    text += f"{floor}樓" if floor else ""
    found = parse(text)
    assert found.normal() == text and found.confidence == 1
    twin = parse(text.replace("號", "號之7 "))
    assert (twin.number, twin.floor) == (f"{number}-7", found.floor) and parse(twin.normal()) == replace(
        twin, raw=twin.normal()
    )


@pytest.mark.parametrize(
    ("text", "number"),
    [("五十六", 56), ("一百二十", 120), ("１２", 12), ("十", 10), ("路", None), ("", None)],
)
def test_numbers_are_read_in_every_width(text, number):
    assert number_of(text) == number


def test_an_address_of_the_old_county_maps_by_date():
    old = parse("高雄縣三民鄉民生村5號")
    assert merged(old, date(2010, 12, 24)) is old
    new = merged(old, date(2010, 12, 25))
    assert (new.city, new.district, new.village) == ("高雄市", "那瑪夏區", "民生里")


@pytest.mark.parametrize(
    ("zh", "en"),
    [
        ("博愛二路", "Bo’ai 2nd Rd."),
        ("文賢北路", "Wenxian N. Rd."),
        ("鳳北路", "Fengbei Rd."),
        ("文東路１段", "Sec. 1, Wendong Rd."),
        ("大學五十六街", "Daxue 56th St."),
        ("長春街", "Changchun St."),
        ("重慶街", "Chongqing St."),
        ("美術東四路", "Meishu E. 4th Rd."),
        ("芋寮路仁愛巷", "Ren’ai Ln., Yuliao Rd."),
        ("第七十三號碼頭", "73rd Wharf"),
    ],
)
def test_a_road_is_rendered_by_rule(zh, en):
    english.provide(lambda day: {})
    assert english.road_in_english(zh) == en


@pytest.fixture(autouse=True)
def provider():
    kept = english._provider
    yield
    if kept:
        english.provide(kept)


def test_an_approved_name_comes_before_the_rule():
    english.provide(
        lambda day: {
            (english.ROAD, "左營下路"): "Zuoying Sia Rd.",
            (english.PLACE, "左營區"): "Zuoying District",
        }
    )
    told = english.address_in_english(parse("高雄市左營區左營下路12號"))
    assert told.text == "No. 12, Zuoying Sia Rd., Zuoying District, Kaohsiung City"
    assert told.by_rule == ()


def test_how_much_of_the_post_s_road_list_the_rule_alone_covers(capsys):
    path = settings.BASE_DIR.parent / "shared" / "data" / "bilingual-names" / "kaohsiung_roads_zh_en.csv.gz"
    if not path.exists():
        pytest.skip(
            f"the list of road names is not beside this checkout: ../shared/data/bilingual-names/{path.name}"
        )
    english.provide(lambda day: {})
    with gzip.open(path) as stream:
        rows = list(csv.DictReader(io.TextIOWrapper(stream, "utf-8")))
    right = sum(english.road_in_english(row["road"]) == row["road_en"] for row in rows)
    read = Counter(
        not found.rest and found.district == row["district"] and found.number == "12"
        for row in rows
        for found in [parse(f"{row['zip3']}{row['city']}{row['district']}{row['road']}12號")]
    )
    with capsys.disabled():
        print("\nroads rendered as the post does:", right, "of", len(rows))  # noqa: T201
        print("addresses understood:", read[True], "of", len(rows))  # noqa: T201
    assert len(rows) == 5812 and right / len(rows) > 0.97 and read[True] / len(rows) > 0.99
