"""Entries that hold between two dates, and the promise that no two hold at once under one key.

    class Name(Record, Dated):
        class Meta:
            constraints = [*dated("name"), NoOverlap(keys=("category", "key"), name="one_name_at_a_time")]

A row without `valid_from` is a proposal and holds on no day; both edges are included; no `valid_to` means
until further notice.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DEFAULT_DB_ALIAS, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.backends.ddl_references import Statement, Table
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


def in_force(on: Any, prefix: str = "") -> Q:
    """The condition that a dated row holds on the day; `prefix` names the relation it is asked through."""
    begun = Q(**{f"{prefix}valid_from__lte": on})
    return begun & (Q(**{f"{prefix}valid_to": None}) | Q(**{f"{prefix}valid_to__gte": on}))


class Dated(models.Model):
    """效期 Holds from a day to a day."""

    valid_from = models.DateField(_("生效日"), null=True, blank=True)
    valid_to = models.DateField(_("失效日"), null=True, blank=True)

    class Meta:
        abstract = True

    def holds_on(self, day: date) -> bool:
        """Whether the entry is in force on the day."""
        begun = self.valid_from is not None and self.valid_from <= day
        return begun and (self.valid_to is None or day <= self.valid_to)


class Alias(Dated):
    """別名 Another name an entry goes by, for a time; a room adds the key to its entry."""

    name = models.CharField(_("別名"), max_length=160)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name


def dated(name: str) -> list[models.BaseConstraint]:
    """An end only after a beginning."""
    ends = Q(valid_from__isnull=False, valid_to__gte=F("valid_from"))
    return [
        models.CheckConstraint(
            condition=Q(valid_to=None) | ends,
            name=f"{name}_dates_in_order",
            violation_error_message=_("失效日不能早於生效日。"),
        )
    ]


class NoOverlap(models.BaseConstraint):
    """No two rows of one key hold on the same day: told by `validate`, held by the database.

    PostgreSQL holds it by an exclusion constraint over the hashed key and the dates (no extension needed),
    SQLite by two triggers. An index that begins with the keys makes both fast; the room declares it.
    """

    violation_error_message = _("同一期間已有生效的登錄，請先終止原登錄。")

    def __init__(self, *, keys: Sequence[str], name: str, violation_error_message: Any = None) -> None:
        super().__init__(name=name, violation_error_message=violation_error_message)
        self.keys = tuple(keys)

    def deconstruct(self) -> Any:
        path, args, kwargs = super().deconstruct()
        return path, args, {**kwargs, "keys": self.keys}

    def __eq__(self, other: object) -> bool:
        if isinstance(other, NoOverlap):
            return (self.name, self.keys) == (other.name, other.keys)
        return NotImplemented

    __hash__ = None  # type: ignore[assignment]

    # ── The guard ──

    def validate(self, model: Any, instance: Any, exclude: Any = None, using: str = DEFAULT_DB_ALIAS) -> None:
        if instance.valid_from is None or set(exclude or ()) & {*self.keys, "valid_from"}:
            return
        # What a column is worked out to be when the row is written counts, not what it was.
        same = {key: model._meta.get_field(key).pre_save(instance, False) for key in self.keys}
        rows = model._base_manager.using(using).filter(**same).exclude(pk=instance.pk)
        rows = rows.filter(Q(valid_to=None) | Q(valid_to__gte=instance.valid_from), valid_from__isnull=False)
        if instance.valid_to is not None:
            rows = rows.filter(valid_from__lte=instance.valid_to)
        if rows.exists():
            raise ValidationError(self.get_violation_error_message(), code="overlap")

    # ── The database ──

    def constraint_sql(self, model: Any, schema_editor: BaseDatabaseSchemaEditor | None) -> Any:
        """With the making of the table; for SQLite the triggers follow when the table stands."""
        assert schema_editor
        if schema_editor.connection.vendor == "postgresql":
            return f"CONSTRAINT {schema_editor.quote_name(self.name)} {self._exclusion(model, schema_editor)}"
        schema_editor.deferred_sql += self._triggers(model, schema_editor)
        return None

    def create_sql(self, model: Any, schema_editor: BaseDatabaseSchemaEditor | None) -> Any:
        assert schema_editor
        return Statement(
            "ALTER TABLE %(table)s ADD CONSTRAINT %(name)s %(rule)s",
            table=Table(model._meta.db_table, schema_editor.quote_name),
            name=schema_editor.quote_name(self.name),
            rule=self._exclusion(model, schema_editor),
        )

    def remove_sql(self, model: Any, schema_editor: BaseDatabaseSchemaEditor | None) -> Any:
        assert schema_editor
        return Statement(
            "ALTER TABLE %(table)s DROP CONSTRAINT %(name)s",
            table=Table(model._meta.db_table, schema_editor.quote_name),
            name=schema_editor.quote_name(self.name),
        )

    def _columns(self, model: Any, schema_editor: BaseDatabaseSchemaEditor) -> list[str]:
        return [schema_editor.quote_name(model._meta.get_field(key).column) for key in self.keys]

    def _exclusion(self, model: Any, schema_editor: BaseDatabaseSchemaEditor) -> str:
        key = " || chr(31) || ".join(f"{column}::text" for column in self._columns(model, schema_editor))
        hashed = f"(hashtextextended({key}, 0) >> 1)"
        return (
            f"EXCLUDE USING gist (int8range({hashed}, {hashed}, '[]') WITH &&,"
            ' daterange("valid_from", "valid_to", \'[]\') WITH &&) WHERE ("valid_from" IS NOT NULL)'
        )

    def _triggers(self, model: Any, schema_editor: BaseDatabaseSchemaEditor) -> list[Statement]:
        quoted, columns = schema_editor.quote_name, self._columns(model, schema_editor)
        key = quoted(model._meta.pk.column)
        same = " AND ".join(f"{column} = NEW.{column}" for column in columns)
        # Names of the model's own table and columns, quoted: nothing of it comes from outside.
        body = (
            ' ON %(table)s WHEN NEW."valid_from" IS NOT NULL BEGIN SELECT RAISE(ABORT, '  # noqa: S608
            f"'{self.name}') WHERE EXISTS (SELECT 1 FROM %(table)s WHERE {same} AND {key} <> NEW.{key}"
            ' AND "valid_from" <= coalesce(NEW."valid_to", \'9999-12-31\')'
            ' AND coalesce("valid_to", \'9999-12-31\') >= NEW."valid_from"); END'
        )
        table = Table(model._meta.db_table, quoted)
        whens = {
            "insert": "AFTER INSERT",
            "update": f'AFTER UPDATE OF {", ".join(columns)}, "valid_from", "valid_to"',
        }
        return [
            Statement(f"CREATE TRIGGER {quoted(f'{self.name}_{when}')} {words}{body}", table=table)
            for when, words in whens.items()
        ]
