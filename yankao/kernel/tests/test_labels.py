"""Declared words: one look-up a language, and always the reader's own."""

from __future__ import annotations

import pytest
from django.utils.translation import gettext_lazy, override

from yankao.kernel import labels
from yankao.kernel.labels import said

BOARD = gettext_lazy("看板")


@pytest.fixture(autouse=True)
def fresh():
    labels.forget()
    yield
    labels.forget()


def test_a_word_is_said_in_the_language_of_the_reader():
    for language, word in (("zh-hant", "看板"), ("en", "Board"), ("zh-hant", "看板")):
        with override(language):
            assert said(BOARD) == word


def test_a_word_is_said_in_the_language_asked_for_whatever_the_reader_s():
    with override("zh-hant"):
        assert said(BOARD, "en") == "Board"
        assert said(BOARD) == "看板"
    with override("en"):
        assert said(BOARD, "zh-hant") == "看板"


def test_a_text_is_itself():
    assert said("看板", "en") == "看板"


def test_many_words_made_for_the_occasion_are_not_kept_for_ever(monkeypatch):
    monkeypatch.setattr(labels, "KEPT", 3)
    words = [gettext_lazy(f"第{n}號") for n in range(10)]
    with override("zh-hant"):
        assert [said(word) for word in words] == [f"第{n}號" for n in range(10)]
    assert len(labels._said) <= 3


def test_an_object_in_the_place_of_one_that_is_gone_is_not_taken_for_it():
    with override("zh-hant"):
        said(BOARD)
        kept = labels._said.pop((id(BOARD), "zh-hant"))
        other = gettext_lazy("匯入")
        labels._said[id(other), "zh-hant"] = kept  # as if it had been given the same place
        assert said(other) == "匯入"
