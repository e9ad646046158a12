"""常見問答 What the knowledge base answers to a citizen's search at the counter."""

from __future__ import annotations

import re
from collections import Counter

from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import pgettext

from yankao.counter.offers import Hit, asked
from yankao.desk.jinja import english
from yankao.kernel.search.grams import words_of as words_in

from . import deeds
from .models import Article
from .pages import words_of

MOST = 12
PAIRS = 8
"""So many pairs of characters of a whole sentence are looked for."""
HAN = re.compile(r"[㐀-鿿]{3,}")


@asked.hear
def answers(words: str) -> list[Hit]:
    """The articles that hold every word; for a sentence of which none holds all, those that hold most of its
    pairs of characters.
    """
    if not words_in(words):
        return []
    holding = deeds.ranked(deeds.published().select_related("owner"), words, MOST)
    return [_hit(one) for one in holding or _near(words)]


def _near(words: str) -> list[Article]:
    runs = HAN.findall(words) or [one for one in words.split() if len(one) > 3]
    pairs = [run[n : n + 2] for run in runs for n in range(len(run) - 1)] if HAN.search(words) else runs
    shares: Counter[int] = Counter()
    kept: dict[int, Article] = {}
    for pair in list(dict.fromkeys(pairs))[:PAIRS]:
        for place, one in enumerate(deeds.ranked(deeds.published().select_related("owner"), pair, MOST)):
            shares[one.pk] += 100 - place
            kept[one.pk] = one
    least = 2 if len(pairs) > 1 else 1
    return [kept[pk] for pk, share in shares.most_common(MOST) if share > 100 * (least - 1)]


def _hit(one: Article) -> Hit:
    question, answer = words_of(one)
    owner = one.owner.name_en or one.owner.name if english() else one.owner.name
    return Hit(
        question,
        reverse("enquiries_public:article", args=[one.code]),
        Truncator(answer).chars(90),
        owner,
        mark=pgettext("answer", "已查核") if one.verified() else "",
    )
