"""A migration that takes a column's index away and touches nothing else.

Django gives every relation an index. Where a declared one begins with the same column, or nobody looks rows
up by it, it only costs: each is a page more that every insert writes.
"""

from __future__ import annotations

from typing import Any

from django.db.migrations import AlterField


class Unindexed(AlterField):
    """`AlterField` to a field without an index of its own. SQLite would make the whole table anew for it,
    and its triggers would be lost with the old one.
    """

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        model = to_state.apps.get_model(app_label, self.model_name)
        if not self.allow_migrate_model(schema_editor.connection.alias, model):
            return
        column = model._meta.get_field(self.name).column
        declared = {one.name for one in (*model._meta.indexes, *model._meta.constraints)}
        connection = schema_editor.connection
        with connection.cursor() as cursor:
            found = connection.introspection.get_constraints(cursor, model._meta.db_table)
        for name, told in found.items():
            own = told["index"] and not told["unique"] and told["columns"] == [column]
            if own and name not in declared:
                schema_editor.execute(f"DROP INDEX {schema_editor.quote_name(name)}")

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        model = to_state.apps.get_model(app_label, self.model_name)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            for statement in schema_editor._field_indexes_sql(model, model._meta.get_field(self.name)):
                schema_editor.execute(statement)

    def describe(self) -> str:
        return f"Take the index of {self.name} of {self.model_name} away"
