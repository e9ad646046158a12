"""An index taken away by a migration, and given back."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import connection, models
from django.db.migrations.state import ProjectState

from yankao.kernel.unindexed import Unindexed

pytestmark = pytest.mark.django_db(transaction=True)


def _indexes() -> set[str]:
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, "audit_look")
    return {name for name, told in found.items() if told["index"] and told["columns"] == ["subject"]}


def _triggers() -> set[str]:
    kept = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
    }
    with connection.cursor() as cursor:
        cursor.execute(kept[connection.vendor])
        return {name for (name,) in cursor.fetchall()}


def test_a_column_loses_its_index_and_gets_it_back_and_no_trigger_is_lost() -> None:
    before = ProjectState.from_apps(apps)
    after = before.clone()
    operation = Unindexed("look", "subject", models.CharField(max_length=60))
    operation.state_forwards("audit", after)
    indexes, triggers = _indexes(), _triggers()
    assert indexes
    try:
        with connection.schema_editor() as editor:
            operation.database_forwards("audit", editor, before, after)
        assert not _indexes()
        assert _triggers() == triggers
    finally:
        with connection.schema_editor() as editor:
            operation.database_backwards("audit", editor, after, before)
    assert _indexes() == indexes
    assert _triggers() == triggers


def test_what_is_declared_keeps_its_index() -> None:
    """`audit_entry.recorded_at` has a declared index alone; taking its own away finds nothing to take."""
    state = ProjectState.from_apps(apps)
    operation = Unindexed("entry", "recorded_at", models.DateTimeField())
    with connection.cursor() as cursor:
        before = connection.introspection.get_constraints(cursor, "audit_entry")
    with connection.schema_editor() as editor:
        operation.database_forwards("audit", editor, state, state)
    with connection.cursor() as cursor:
        assert connection.introspection.get_constraints(cursor, "audit_entry") == before
