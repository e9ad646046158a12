"""Names on paper are masked, lists go by strokes, people are found by sound."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yankao.kernel.people.models import User
from yankao.kernel.people.names import graphemes, mask, search_form, search_keys, sort_key
from yankao.kernel.people.people import find_people


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("林怡君", "林○君"),
        ("王明", "王○"),
        ("歐陽娜娜", "歐陽○○"),
        ("歐陽修", "歐陽○"),
        ("司馬", "司○"),
        ("陳林美玉", "陳○○玉"),
        ("𠮷田明", "𠮷○明"),
        ("歐陽 𠮷堃", "歐陽○○"),
        ("王 小明", "王○明"),
        ("葛\U000e0100城美", "葛\U000e0100○美"),
        ("瓦歷斯‧諾幹", "瓦○○‧諾○"),
        ("Kolas Yotaka", "K○○○○ Y○○○○○"),
        ("John", "J○○○"),
        ("李", "○"),
        ("", ""),
    ],
)
def test_a_name_is_masked_as_on_public_papers(name, masked):
    assert mask(name) == masked


@given(st.text(min_size=2, max_size=12).filter(lambda text: len(graphemes("".join(text.split()))) > 1))
def test_no_masked_name_shows_all_its_characters(name):
    masked = mask(name)
    assert "○" in masked
    assert len(graphemes(masked)) <= len(graphemes(name))


def test_people_are_listed_by_strokes():
    names = [
        "丁一",
        "王小明",
        "仉強",
        "白先生",
        "江美",
        "李四",
        "林怡君",
        "洪武",
        "高雄",
        "張三",
        "曾國",
        "黃金",
        "葉子",
        "劉備",
        "鄭成功",
        "謝長廷",
        "蘇軾",
    ]
    shuffled = random.Random(1).sample(names, len(names))
    assert sorted(shuffled, key=sort_key) == names


@pytest.mark.parametrize(("before", "after"), [("A", "丁"), ("鄭", "𠮷"), ("林怡", "林怡君"), ("Ada", "bob")])
def test_other_scripts_come_first_and_rare_characters_last(before, after):
    assert sort_key(before) < sort_key(after)


@given(st.text(max_size=100))
def test_a_sort_key_fits_its_column_and_every_collation(name):
    key = sort_key(name)
    assert len(key) <= 160 and set(key) <= set("0123456789ABCDEF")


@pytest.mark.parametrize(
    ("name", "zhuyin", "pinyin", "letters"),
    [
        ("林怡君", "ㄌㄧㄐ", "linyijun", "lyj"),
        ("單小明", "ㄕㄒㄇ", "shanxiaoming", "sxm"),
        ("曾國藩", "ㄗㄍㄈ", "zengguofan", "zgf"),
        ("仇英", "ㄑㄧ", "qiuying", "qy"),
        ("翁山", "ㄨㄕ", "wengshan", "ws"),
        ("歐陽修", "ㄡㄧㄒ", "ouyangxiu", "oyx"),
        ("尉遲恭", "ㄩㄔㄍ", "yuchigong", "ycg"),
    ],
)
def test_a_name_is_kept_by_its_sound(name, zhuyin, pinyin, letters):
    assert search_keys(name) == f"|{zhuyin}|{pinyin}|{letters}|"


@given(st.text(max_size=100), st.text(max_size=100))
def test_any_name_has_keys_that_fit(name, name_en):
    assert len(search_keys(name, name_en)) <= 300


def test_what_is_typed_is_understood_as_sound_or_writing():
    assert search_form("ㄌㄧㄣˊ") == "ㄌㄧㄣ"
    assert search_form("Lin Yi-Chün".replace("ü", "u")) == "lin yi chun"
    assert search_form("林") is None


@pytest.mark.django_db
def test_people_are_found_by_writing_zhuyin_pinyin_and_english_name():
    lin = User.objects.create_user("lin", name="林怡君", name_en="LIN, Yi-Chun")
    tseng = User.objects.create_user("tseng", name="曾國華", name_en="Tseng Kuo-hua")
    User.objects.create_user("wang", name="王大明")
    for typed in ("怡君", "ㄌㄧㄐ", "ㄌㄧ", "lyj", "linyi", "Lin Yi", "yi-chun", "lin"):
        assert list(find_people(typed)) == [lin], typed
    for typed in ("ㄗㄍ", "zeng", "tseng", "Kuo"):
        assert list(find_people(typed)) == [tseng], typed
    assert not find_people("  ") and not find_people("ㄓ")


@pytest.mark.django_db
def test_keys_follow_the_name_whenever_it_is_written():
    user = User.objects.create_user("a", name="林怡君")
    user.name = "單小明"
    user.save()
    assert User.objects.get().search_keys.startswith("|ㄕㄒㄇ|")
    User.objects.bulk_create([User(username="b", name="王明")])
    assert [u.name for u in User.objects.order_by("sort_key")] == ["王明", "單小明"]
