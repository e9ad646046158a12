"""The model finds what it was taught, says how sure it is and why, and reaches the hit rate it promises."""

from __future__ import annotations

import csv
import gzip
import io
from pathlib import Path

import pytest

from yankao.kernel.suggest import linear
from yankao.kernel.suggest.linear import Model, train

QUESTIONS = Path(__file__).resolve().parents[5] / "shared" / "data" / "kaohsiung-faq" / "kcg_faq_dev.csv.gz"
TAUGHT = {
    "水利": ("側溝淤積請清疏", "水溝蓋鬆動", "大雨積水請抽水", "排水溝堵塞", "河堤步道積水"),
    "交通": ("紅綠燈故障", "號誌秒數太短", "停車格標線模糊", "公車誤點", "路口號誌不亮"),
    "環保": ("垃圾堆置發臭", "夜間施工噪音", "工廠排放異味", "資源回收時間", "流浪狗吠叫噪音"),
}


@pytest.fixture(scope="module")
def model() -> Model:
    return train(*zip(*((text, label) for label, texts in TAUGHT.items() for text in texts), strict=True))


def test_the_likeliest_label_comes_first_with_its_words(model: Model) -> None:
    first, *others = model.suggest("住家前水溝淤積發臭，請派員清疏")
    assert first.label == "水利" and len(others) == 2 and first.sure > others[0].sure > 0
    assert any("溝" in word or "清疏" in word for word in first.words)
    assert all(word in "住家前水溝淤積發臭,請派員清疏" for one in (first, *others) for word in one.words)
    assert model.suggest("號誌壞了")[0].label == "交通"


def test_a_text_without_a_known_character_gets_no_suggestion(model: Model) -> None:
    assert model.suggest("xyz") == [] and model.suggest("") == []


def test_how_sure_the_suggestions_are_sums_to_one(model: Model) -> None:
    assert sum(one.sure for one in model.suggest("積水", most=9)) == pytest.approx(1)


def test_kept_and_read_again_it_says_the_same(model: Model, tmp_path: Path) -> None:
    model.keep(tmp_path / "m.gz", version="7")
    again, head = Model.read(tmp_path / "m.gz")
    assert head["version"] == "7" and again.measured == model.measured
    for text in ("水溝", "路口號誌"):
        assert [(one.label, one.words) for one in again.suggest(text)] == [
            (one.label, one.words) for one in model.suggest(text)
        ]


def test_folds_part_the_texts_and_share_the_labels() -> None:
    labels = ["a"] * 20 + ["b"] * 10 + ["c"] * 3
    parts = linear.parts(labels, 5, 0)
    assert sorted(n for _train, ask in parts for n in ask) == list(range(33))
    assert all(not set(train_on) & set(ask) for train_on, ask in parts)
    assert {sum(labels[n] == "a" for n in ask) for _train, ask in parts} == {4}


def test_with_one_label_there_is_nothing_to_learn() -> None:
    with pytest.raises(ValueError, match="two labels"):
        train(["甲", "乙"], ["同", "同"])


def test_the_promised_hit_rate_on_questions_of_a_real_city() -> None:
    """Stratified in five, seed 0, on the question alone: a linear support vector machine finds 76.6 and
    87.8 per cent."""
    if not QUESTIONS.exists():
        pytest.skip(f"NOT MEASURED: {QUESTIONS} is not here; it is never shipped")
    with gzip.open(QUESTIONS) as raw:
        rows = list(csv.DictReader(io.TextIOWrapper(raw, "utf-8-sig")))
    model = train([row["question"] for row in rows], [row["agency"] for row in rows], seed=0)
    told = model.measured
    assert told is not None and told.texts == 819 and told.folds == 5
    assert told.top1 >= 0.78 and told.top3 >= 0.90, told
