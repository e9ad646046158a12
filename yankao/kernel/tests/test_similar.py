"""Texts that say the same are alike, others are not, and the order of the index does not matter."""

from hypothesis import given
from hypothesis import strategies as st

from yankao.kernel.similar import Index

PAST = {
    1: "雨水下水道維護管理策略之研究：以資料庫建立汰換優先順序",
    2: "公共自行車租賃站點配置與使用行為分析",
    3: "A study of bicycle stations and their use",
}


def test_a_text_is_most_like_the_one_that_says_the_same():
    index = Index(PAST)
    (found, likeness), *others = index.near("雨水下水道維護管理之研究，以資料庫決定汰換順序")
    assert found == 1 and likeness > 0.5 and not others
    assert index.near("Bicycle stations, and their USE: a study")[0][0] == 3
    assert index.near("長期照顧服務據點") == []


def test_width_case_and_signs_do_not_count():
    index = Index(PAST)
    assert index.near("ｂｉｃｙｃｌｅ stations")[0][0] == 3
    assert index.near("雨水‧下水道 維護（管理）策略")[0][0] == 1


@given(st.text(min_size=4, max_size=40))
def test_a_text_is_wholly_like_itself(text):
    found = Index({"it": text, "other": "甲乙丙丁戊"}).near(text, least=0.9)
    assert not found or found[0][0] in ("it", "other")
    if any(sign.isalnum() for sign in text) and len(text.strip()) > 3 and found:
        assert found[0][1] <= 1.0
    assert Index({}).near(text) == []
