"""The texts that are searched, and the index over them."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models.lookups import Lookup


class Text(models.TextField):  # type: ignore[type-arg]  # generic in the stubs alone
    """A text asked with `holds`: a run of characters stands in it as it is."""


class Held(models.TextField):  # type: ignore[type-arg]  # generic in the stubs alone
    """The grams of a text, asked with `all_of`: tokens as the database wants them (`tables.asked`)."""


class Place(models.BigIntegerField):  # type: ignore[type-arg]  # generic in the stubs alone
    """A key that is the place of its row, where SQLite would else keep an index of such keys beside.

    (The stubs declare the field with type parameters that Django's own class does not take when it runs.)
    """

    def db_type(self, connection: Any) -> str | None:
        return "integer" if connection.vendor == "sqlite" else super().db_type(connection)


@Text.register_lookup
class Holds(Lookup):
    lookup_name = "holds"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        text, params = self.process_lhs(compiler, connection)
        test = "instr" if connection.vendor == "sqlite" else "strpos"
        return f"{test}({text}, %s) > 0", (*params, self.rhs)


@Held.register_lookup
class AllOf(Lookup):
    lookup_name = "all_of"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        held, params = self.process_lhs(compiler, connection)
        test = "MATCH %s" if connection.vendor == "sqlite" else "@@ %s::tsquery"
        return f"{held} {test}", (*params, self.rhs)


@models.BigAutoField.register_lookup
class Among(Lookup):
    """`pk__among="3,5,8"`: one of these keys, given as one value, however many."""

    lookup_name = "among"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        key, params = self.process_lhs(compiler, connection)
        if connection.vendor == "sqlite":
            one_of = "IN (SELECT value FROM json_each('[' || %s || ']'))"
            return f"{key} {one_of}", (*params, self.rhs)
        return f"{key} = ANY(string_to_array(%s, ',')::bigint[])", (*params, self.rhs)


class Entry(models.Model):
    """What is searched of one record, as it is compared (`grams.joined`): a line for each field.

    The id tells corpus and key: `Corpus.base + key`.
    """

    id = Place(primary_key=True)
    text = Text()

    class Meta:
        db_table = "search_entry"

    def __str__(self) -> str:
        return str(self.text)


class Grams(models.Model):
    """The grams of an entry: on SQLite a table of FTS5, written by `index` alone; on PostgreSQL a view of
    what its index over the entries holds.
    """

    entry = models.OneToOneField(
        Entry,
        models.DO_NOTHING,
        primary_key=True,
        db_column="rowid",
        db_constraint=False,
        related_name="grams",
    )
    held = Held(db_column="search_grams")

    class Meta:
        managed = False
        db_table = "search_grams"

    def __str__(self) -> str:
        return f"{self.pk}"
