"""What hangs on a case, asked at once: of most tables a case has no row, and each would be a question.

One statement, kept by its shape, says which tables hold any row of the case or of its record; those that hold
none are not asked again while the page is drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from django.db.models import Exists, Model, OuterRef, Q, QuerySet

from yankao.kernel import prepared
from yankao.kernel.casework.models import Case, CaseEvidence, Comment, Link
from yankao.kernel.letters.models import Concerned, Dispatch, Received

if TYPE_CHECKING:
    from .case import Opened

CASE = OuterRef("pk")


def _of_the_case() -> dict[str, Any]:
    return {
        "evidence": Exists(CaseEvidence.objects.filter(case=CASE)),
        "comments": Exists(Comment.objects.filter(case=CASE)),
        "links": Exists(Link.objects.filter(Q(source=CASE) | Q(target=CASE))),
        "sent": Exists(Dispatch.objects.filter(case=CASE)) | Exists(Concerned.objects.filter(case=CASE)),
        "received": Exists(Received.objects.filter(case=CASE)),
    }


@cache
def _of_the_record(record: Any) -> dict[str, tuple[type[Model], str]]:
    """The tables whose rows belong to one record, by the name the record has for them."""
    return {
        str(one.get_accessor_name()): (one.related_model, one.field.name)
        for one in record._meta.related_objects
        if one.one_to_many and one.get_accessor_name() and one.related_model._meta.managed
    }


def empty_of(given: Opened) -> frozenset[str]:
    """Which of "evidence", "comments", "links", "sent" and "received" the case has none of.

    The tables of the record's own that hold none of its rows answer from here on without being asked.
    """
    record: Any = type(given.record)
    tables = _of_the_record(record)
    names = [*_of_the_case(), *tables]

    def build(values: Sequence[Any]) -> QuerySet[Any]:
        told = _of_the_case() | {
            name: Exists(model._default_manager.filter(**{column: CASE}))
            for name, (model, column) in tables.items()
        }
        shown = {f"has_{place}": told[name] for place, name in enumerate(names)}
        return Case.objects.filter(pk=values[0]).annotate(**shown).values_list(*shown)

    (found,) = prepared.rows((__name__, record._meta.label), [given.case.pk], build)
    empty = frozenset(name for name, held in zip(names, found, strict=True) if not held)
    given.record._prefetched_objects_cache = {
        name: model._default_manager.none() for name, (model, _column) in tables.items() if name in empty
    }
    return empty - tables.keys()
