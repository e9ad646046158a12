"""What the index finds is what a full scan finds, on both databases, whatever is asked."""

from __future__ import annotations

import random
from itertools import accumulate
from typing import Any
from unittest.mock import patch

import pytest
from django.db import transaction
from django.db.models import Q
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from yankao.kernel.people.models import Agency
from yankao.kernel.search import find, grams, index, newest
from yankao.kernel.search.corpus import Corpus, anew, corpora, differences, mend
from yankao.kernel.search.models import Entry
from yankao.kernel.search.tables import BLOCK

pytestmark = pytest.mark.django_db

LETTERS = "臺台北市停車場路燈水溝道aAＢb1２3-.'\"*()%_\\&|!: é𠮷"
TEXTS = st.lists(st.text(st.sampled_from(LETTERS), max_size=14), min_size=1, max_size=12)
ASKED = st.text(st.sampled_from(LETTERS), min_size=1, max_size=5)


@pytest.fixture(scope="module")
def corpus() -> Any:
    """Agencies by name, as any records would be; taken out again afterwards."""
    made: Corpus[Agency] = Corpus(
        900, "trial", Agency, lambda one: (one.code, one.name), (2, 1), Agency.objects.order_by
    )
    yield made
    del corpora["trial"]


def scan(corpus: Any, words: list[str]) -> set[int]:
    found = Entry.objects.filter(pk__gte=corpus.base).values_list("pk", "text")
    return {pk - corpus.base for pk, text in found if grams.holds(text, words)}


def indexed(corpus: Any, words: list[str]) -> set[int]:
    return {pk - corpus.base for pk in find.Asked(corpus, words).hits().values_list("pk", flat=True)}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(TEXTS, TEXTS, st.lists(ASKED, min_size=1, max_size=6))
def test_hits_are_those_of_a_full_scan_after_keeping_and_amending(
    db: None, corpus: Any, first: list[str], second: list[str], asked: list[str]
) -> None:
    with transaction.atomic():
        index.keep(corpus, [(n, grams.joined([text])) for n, text in enumerate(first)], fresh=True)
        amended: list[tuple[int, str | None]] = [(n, grams.joined([t])) for n, t in enumerate(second)]
        index.keep(corpus, [(n, text if n % 3 else None) for n, text in amended])
        for query in [*asked, *second, *first]:
            for word in words if (words := grams.words_of(query)) else ():
                assert indexed(corpus, [word]) == scan(corpus, [word]), word
            if words:
                assert indexed(corpus, words) == scan(corpus, words), words
        transaction.set_rollback(True)


FEW_LETTERS = "停車臺aＡ1. "  # so that pairs of a word often stand in a text apart
BLOCKS = [1, 2, 700, BLOCK - 703, BLOCK, 5 * BLOCK]
PLACES = st.lists(
    st.tuples(st.text(st.sampled_from(FEW_LETTERS), max_size=9), st.booleans(), st.sampled_from(BLOCKS)),
    min_size=1,
    max_size=14,
)
"""Texts, whether each may be seen, and how far its key lies from the one before."""


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    PLACES,
    st.lists(st.text(st.sampled_from(FEW_LETTERS), min_size=1, max_size=5), min_size=1, max_size=3),
    st.integers(1, 4),
    st.sampled_from([1, 800, 6000]),
    st.sampled_from([0, 2, 5000]),
    st.sampled_from([1, 3, 200]),
    st.sampled_from([-1, -1, 1, 3000]),  # below none: whatever is asked may be common
)
@example(  # the pairs of a word stand in a text apart
    places=[("車停車", True, 1), ("路燈", True, 1)],
    asked=["停車停"],
    limit=2,
    read=1,
    looked=5000,
    few=200,
    hits=-1,
)
def test_the_newest_hits_are_those_of_a_full_scan_narrowed_by_what_may_be_seen(
    db: None,
    corpus: Any,
    places: Any,
    asked: list[str],
    limit: int,
    read: int,
    looked: int,
    few: int,
    hits: int,
) -> None:
    keys = accumulate((gap for _text, _seen, gap in places), initial=BLOCK)  # the fixtures' keys are smaller
    rows = [
        Agency(pk=pk, code=f"{pk}{'+' if seen else '-'}", name=text, valid_from="2000-01-01")
        for pk, (text, seen, _gap) in zip(keys, places, strict=False)
    ]
    seen = Q(code__endswith="+")
    small = {"READ": read, "LOOKED_THROUGH": looked, "AT_ONCE": few, "HITS": hits, "FIRST": 1, "FARTHEST": 2}
    with transaction.atomic(), patch.multiple(newest, **small):
        Agency.objects.bulk_create(rows)
        told = {row.pk: str(corpus.text(row)) for row in rows}
        index.keep(corpus, list(told.items()), fresh=True)
        for query in [*asked, " ".join(asked), *(row.name[:3] for row in rows)]:
            if not (words := grams.words_of(query)):
                continue
            found = [row.pk for row in rows if row.code[-1] == "+" and grams.holds(told[row.pk], words)]
            wanted = {pk: told[pk] for pk in sorted(found)[-limit:]}
            assert find._newest(find.Asked(corpus, words), seen, limit) == wanted, words
            assert find._newest(find.Asked(corpus, words), Q(pk__in=()), limit) == {}
        transaction.set_rollback(True)


@pytest.fixture
def agencies(corpus: Any) -> list[Agency]:
    """Three hundred of them, each kept."""
    rng = random.Random(3)
    words = ["停車場", "路燈", "水溝", "號誌", "樹木", "噪音", "LED", "A1", "公園", "步道"]
    rows = Agency.objects.bulk_create(
        Agency(code=f"X{n}", name="".join(rng.sample(words, 3)), valid_from="2000-01-01") for n in range(300)
    )
    index.keep(corpus, [(row.pk, corpus.text(row)) for row in rows], fresh=True)
    return rows


@pytest.mark.parametrize("query", ["燈", "路燈", "停車場", "led", "車場 路", "1", "a1 水溝", "沒有的", "x29"])
@pytest.mark.parametrize("few", [4000, 10])
def test_a_list_is_narrowed_alike_by_few_keys_and_row_by_row(
    agencies: list[Agency], corpus: Any, query: str, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(find, "FEW", few)
    words = grams.words_of(query)
    told = {row.pk for row in agencies if grams.holds(corpus.text(row), words)}
    found = find.Found(corpus, words)
    assert set(Agency.objects.filter(found.where()).values_list("pk", flat=True)) == told
    assert set(Agency.objects.filter(found.counted()).values_list("pk", flat=True)) == told
    other = agencies[0].pk
    assert set(Agency.objects.filter(found.where([other])).values_list("pk", flat=True)) == told | {other}


@pytest.mark.parametrize("looked", [5000, 3])
def test_the_best_are_those_that_may_be_seen_the_nearest_first(
    agencies: list[Agency], corpus: Any, looked: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(newest, "LOOKED_THROUGH", looked)
    seen = Q(code__endswith="7")
    found = find.best(corpus, "路燈", seen, 50)
    names = {row.pk: row for row in agencies}
    told = {row.pk for row in agencies if "路燈" in row.name and row.code.endswith("7")}
    assert set(found) == told
    begins = [names[pk].name.startswith("路燈") for pk in found]
    assert begins == sorted(begins, reverse=True) and 0 < sum(begins) < len(begins)
    assert names[find.best(corpus, "X17", Q(), 1)[0]].code == "X17"
    assert find.best(corpus, "   ", seen) == []


def test_an_index_that_fell_behind_is_told_and_mended(agencies: list[Agency], corpus: Any) -> None:
    def wrong() -> list[int]:
        return sorted(one.key for batch in differences(corpus) for one in batch)

    assert wrong() == []
    changed, gone, lost = agencies[3], agencies[4], agencies[5]
    Agency.objects.filter(pk=changed.pk).update(name="改了名字")
    gone.delete()
    index.keep(corpus, [(lost.pk, None)])
    assert wrong() == sorted([changed.pk, agencies[4].pk or gone_key(corpus), lost.pk])
    for batch in differences(corpus):
        mend(corpus, batch)
    assert wrong() == [] and indexed(corpus, ["改了"]) == {changed.pk}


def gone_key(corpus: Any) -> int:
    """The key of the entry whose record is no more."""
    keys = set(Agency.objects.values_list("pk", flat=True))
    return next(pk - corpus.base for pk in corpus.entries().values_list("pk", flat=True)
                if pk - corpus.base not in keys)  # fmt: skip


def test_written_anew_it_finds_the_same(agencies: list[Agency], corpus: Any) -> None:
    before = indexed(corpus, ["路燈"])
    assert anew() >= len(agencies) and indexed(corpus, ["路燈"]) == before
