"""Triggers that make a table append-only, or keep its rows, on SQLite and on PostgreSQL, for migrations."""

from __future__ import annotations

from typing import Any

from django.db.migrations import RunPython

_SQLITE = """
CREATE TRIGGER {table}_no_{what} BEFORE {WHAT} ON {table}
BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END
"""
_POSTGRES = """
CREATE OR REPLACE FUNCTION yankao_append_only() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$
"""


class _Statements(RunPython):
    """Statements alone: it does not have the models drawn, which takes longer than the statements."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        run: Any = self.code
        run(None, schema_editor)


def append_only(table: str) -> RunPython:
    """A migration operation: the database refuses to change or delete rows of `table` (and to empty it)."""

    def forward(apps: Any, editor: Any) -> None:
        if editor.connection.vendor == "sqlite":
            for what in ("update", "delete"):
                editor.execute(_SQLITE.format(table=table, what=what, WHAT=what.upper()))
        else:
            editor.execute(_POSTGRES, params=None)
            editor.execute(
                f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION yankao_append_only()"
            )
            editor.execute(
                f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION yankao_append_only()"
            )

    def back(apps: Any, editor: Any) -> None:
        names = (
            ("no_update", "no_delete")
            if editor.connection.vendor == "sqlite"
            else ("append_only", "no_truncate")
        )
        for name in names:
            on = "" if editor.connection.vendor == "sqlite" else f" ON {table}"
            editor.execute(f"DROP TRIGGER IF EXISTS {table}_{name}{on}")

    return _Statements(forward, back, elidable=False)


def kept(table: str) -> RunPython:
    """A migration operation: the database refuses to delete rows of `table`, which others name without a
    constraint. Rows may change.
    """

    def forward(apps: Any, editor: Any) -> None:
        if editor.connection.vendor == "sqlite":
            editor.execute(_SQLITE.format(table=table, what="delete", WHAT="DELETE"))
        else:
            editor.execute(_POSTGRES, params=None)
            editor.execute(
                f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION yankao_append_only()"
            )

    def back(apps: Any, editor: Any) -> None:
        on = "" if editor.connection.vendor == "sqlite" else f" ON {table}"
        editor.execute(f"DROP TRIGGER IF EXISTS {table}_no_delete{on}")

    return _Statements(forward, back, elidable=False)
