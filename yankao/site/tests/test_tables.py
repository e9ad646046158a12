"""The tables that `from_nothing` makes in haste are those the models ask for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, models

pytestmark = pytest.mark.django_db
OURS = [one for one in apps.get_models() if one._meta.managed and not one._meta.proxy]


def _triggers(cursor: Any) -> str:
    """On SQLite triggers keep that periods do not overlap; PostgreSQL has a constraint for it."""
    if connection.vendor != "sqlite":
        return ""
    cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
    return " ".join(name for (name,) in cursor.fetchall())


def wrong(model: type[models.Model], triggers: str) -> Iterator[str]:
    """What the table of a model lacks of what the model says."""
    options: Any = model._meta
    fields = {one.column: one for one in options.local_concrete_fields}
    with connection.cursor() as cursor:
        described = connection.introspection.get_table_description(cursor, options.db_table)
        kept = connection.introspection.get_constraints(cursor, options.db_table)
    columns = {one.name: one for one in described}
    alone = {tuple(one["columns"]) for one in kept.values() if one["unique"] or one["primary_key"]}
    referring = {one["columns"][0] for one in kept.values() if one["foreign_key"]}
    for name, field in fields.items():
        if name not in columns:
            yield f"no column {name}"
        elif field.null != columns[name].null_ok and not field.generated:
            yield f"{name} may be empty: {columns[name].null_ok}"
        if field.unique and (name,) not in alone:
            yield f"{name} is not unique"
        if field.remote_field and field.db_constraint and name not in referring:
            yield f"{name} refers to nothing"
    for one in (*options.indexes, *options.constraints):
        if one.name not in kept and one.name not in triggers:
            yield f"no {one.name}"


def test_every_table_has_the_columns_indexes_and_rules_of_its_model() -> None:
    with connection.cursor() as cursor:
        triggers = _triggers(cursor)
    assert {one._meta.label: told for one in OURS if (told := list(wrong(one, triggers)))} == {}
