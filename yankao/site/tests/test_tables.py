"""The tables that `from_nothing` makes in haste are those the models ask for."""

from __future__ import annotations

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


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label)
def test_the_table_of_a_model_has_its_columns_indexes_and_rules(model: type[models.Model]) -> None:
    options: Any = model._meta
    with connection.cursor() as cursor:
        columns = {
            one.name: one for one in connection.introspection.get_table_description(cursor, options.db_table)
        }
        kept = connection.introspection.get_constraints(cursor, options.db_table)
        triggers = _triggers(cursor)
    fields = {one.column: one for one in options.local_concrete_fields}
    assert set(columns) >= set(fields)
    assert {
        name for name, one in fields.items() if one.null != columns[name].null_ok and not one.generated
    } == set()
    named = {one.name for one in (*options.indexes, *options.constraints)}
    assert {name for name in named if name not in kept and name not in triggers} == set()
    alone = {tuple(one["columns"]) for one in kept.values() if one["unique"] or one["primary_key"]}
    assert {name for name, one in fields.items() if one.unique and (name,) not in alone} == set()
    referring = {one["columns"][0] for one in kept.values() if one["foreign_key"]}
    assert {name for name, one in fields.items() if one.remote_field and one.db_constraint} <= referring
