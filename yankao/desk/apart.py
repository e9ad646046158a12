"""Cases told as parts without a common case: each part is put into the database's words once, and whatever
counts or walks the whole is put together from those words.

A work list has some thirty parts, each a condition of a dozen terms, and asks them ten ways: late, today,
group by group, in order. As one query of the ORM each way works every term out anew; the first page of a
person after a start took two seconds. A part reads the same whoever counts it: `SELECT id, opened_on, due_at`
under its condition stands in place of the table, and both databases flatten it into the query around it.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

from django.db import connection
from django.db.models import BigIntegerField, Expression, Field, IntegerField, Q, QuerySet

from yankao.kernel import prepared
from yankao.kernel.casework.models import Case
from yankao.kernel.prepared import Build, Text, filled, shape


def cases(part: Q) -> Text | None:
    """The cases of a part, as id, `opened_on` and `due_at`; None where there can be none. Raises Unplain for
    a condition that is not told by plain values.
    """
    told, values = shape(part)

    def build(given: Sequence[Any]) -> QuerySet[Any]:
        return Case.objects.filter(filled(part, iter(given))).values_list("id", "opened_on", "due_at")

    return prepared.text(("part", told), values, build)


def among(part: Text, name: Hashable, values: Sequence[Any], build: Build) -> Text | None:
    """The query `build` of the docket, asked of a part alone. It may name the three columns of a part."""
    asked = prepared.text(("among", name), values, build)
    if asked is None:
        return None
    table = connection.ops.quote_name(Case._meta.db_table)
    before, found, behind = asked.sql.partition(f" FROM {table}")
    if not found or "%s" in before:
        raise ValueError(f"the part does not fit into: {asked.sql[:200]}")
    return Text(f"{before} FROM ({part.sql}) {table}{behind}", (*part.params, *asked.params))


def where(part: Text, test: Q) -> Text | None:
    """The cases of a part for which a plain condition on its three columns holds."""
    told, values = shape(test)
    return among(
        part, told, values, lambda given: Case.objects.filter(filled(test, iter(given))).values_list("pk")
    )


def counted(parts: Sequence[Text | None], cap: int) -> Text:
    """How many cases the parts hold together, each counted as far as the cap, as an expression."""
    given = [part for part in parts if part is not None]
    words = [f"(SELECT COUNT(*) FROM ({part.sql} LIMIT {cap:d}) capped)" for part in given]  # noqa: S608  (words of the ORM; its values stay parameters)
    return Text(" + ".join(words) or "0", [value for part in given for value in part.params])


def together(texts: Sequence[Text]) -> Text:
    """The rows of several queries, one behind the other."""
    if len(texts) == 1:
        return texts[0]
    return Text(
        " UNION ALL ".join(f"({text.sql})" for text in texts), [v for text in texts for v in text.params]
    )


class Words(Expression):
    """A text as an expression of a larger query: a number, or the rows for `pk__in`."""

    def __init__(self, text: Text, output_field: Field[Any, Any]) -> None:
        super().__init__(output_field=output_field)
        self.text = text

    def as_sql(self, compiler: Any, connection: Any, **_more: Any) -> tuple[str, tuple[Any, ...]]:
        return f"({self.text.sql})", tuple(self.text.params)


def number(text: Text) -> Words:
    """The expression as a column of a query."""
    return Words(text, IntegerField())


def ids(texts: Sequence[Text]) -> Words:
    """The rows of several queries of one column, for `pk__in`."""
    return Words(together(texts), BigIntegerField())
