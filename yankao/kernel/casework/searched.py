"""What is searched of a case: its number and title, and what its room lays open besides.

A case for named persons or secret is not in the index at all. Whoever may know of such cases finds them
among those: they are few, and read through.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Q, QuerySet

from .. import prepared
from ..search import grams, index
from ..search.corpus import Corpus
from ..search.find import Found, best
from .models import RESTRICTED, Case, Record, Security

laid_open: dict[str, tuple[type[Record], tuple[str, ...]]] = {}
"""By kind of case: the record and those of its columns that are searched besides (`Process.searches`)."""


def _fields(case: Case, record: Record | None = None) -> Sequence[str] | None:
    return None if case.security in (Security.NAMED, Security.SECRET) else _open_fields(case, record)


def _open_fields(case: Case, record: Record | None = None) -> Sequence[str]:
    model, names = laid_open.get(case.kind, (None, ()))
    if model is not None and record is None:
        record = getattr(case, str(model._meta.model_name))
    return (case.number, case.title, *(str(getattr(record, name) or "") for name in names))


def _rows() -> QuerySet[Case]:
    near = [str(model._meta.model_name) for model, _names in laid_open.values()]
    rows = Case.objects.select_related(*near) if near else Case.objects.all()
    columns = [f"{model._meta.model_name}__{name}" for model, names in laid_open.values() for name in names]
    return rows.only("number", "kind", "title", "security", *columns)


CASES: Corpus[Case] = Corpus(0, "cases", Case, _fields, (2, 1, *[0.5] * 8), _rows)


def text_of(case: Case, record: Record) -> str | None:
    """What is searched of a case in memory."""
    fields = _fields(case, record)
    return None if fields is None else grams.joined(fields)


def keep(case: Case, record: Record, before: str | None, *, fresh: bool) -> None:
    """Keep what is searched of a case when that changed; `fresh`: the case is being opened.

    Of a restricted case it is asked every time whether anything is left.
    """
    text = text_of(case, record)
    if (text is not None) if fresh else (text is None or text != before):
        index.keep(CASES, [(case.pk, text)], fresh=fresh)


def _restricted(words: Sequence[str], visible: Q) -> list[tuple[int, str]]:
    """The restricted cases a person may know of that hold the words: keys and texts."""
    columns = [f"{model._meta.model_name}__{name}" for model, names in laid_open.values() for name in names]

    def build(seen: Q) -> QuerySet[Any]:
        few = Case.objects.filter(RESTRICTED).values("pk")  # alone, so that its own index is walked
        return Case.objects.filter(seen, pk__in=few).values_list("pk", "number", "title", *columns)

    rows = prepared.narrowed((__name__, *columns), visible, build, once=True)
    told = ((pk, grams.joined(str(field or "") for field in fields)) for pk, *fields in rows)
    return [(pk, text) for pk, text in told if grams.holds(text, words)]


class Searched:
    """The cases a search box asks for, among those a person may know of (`visible`)."""

    def __init__(self, query: str, visible: Q) -> None:
        self.words = grams.words_of(query)
        self._found = Found(CASES, self.words)
        self._also = [pk for pk, _text in _restricted(self.words, visible)] if self.words else []

    @property
    def where(self) -> Q:
        """The condition on `Case`, to walk a list by."""
        return self._found.where(self._also) if self.words else Q()

    @property
    def counted(self) -> Q:
        """The same, to count a list by."""
        return self._found.counted(self._also) if self.words else Q()


def best_cases(query: str, visible: Q, limit: int) -> list[int]:
    """The ids of the cases that answer best among those a person may know of."""
    words = grams.words_of(query)
    if not words:
        return []
    return best(CASES, query, visible, limit, _restricted(words, visible))
