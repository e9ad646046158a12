"""A deferred check in the database itself: lines in force sum to the total of the record they belong to.

For use in migrations. Within a transaction lines may come and go; what does not sum when it ends is refused,
whoever wrote it. PostgreSQL has deferred constraint triggers. SQLite has none, but its foreign keys can be
deferred: triggers keep a row for every record out of balance that points nowhere, and such a row cannot be
committed.
"""

from __future__ import annotations

from typing import Any

from django.db.migrations import RunPython

UNBALANCED = (
    "CREATE TABLE money_unbalanced (record TEXT PRIMARY KEY, settled_by TEXT NOT NULL "
    "REFERENCES money_unbalanced (record) DEFERRABLE INITIALLY DEFERRED)"
)
"""Of SQLite alone: a row stands for a record whose lines do not sum; its key to nobody refuses the commit."""

_SQLITE = """
CREATE TRIGGER {table}_{total}_balance_{what} AFTER {WHAT} ON {table} BEGIN
{body} END
"""
_SQLITE_BODY = """
DELETE FROM money_unbalanced WHERE record = '{records}.{total}:' || {row};
INSERT INTO money_unbalanced (record, settled_by)
  SELECT '{records}.{total}:' || r.{pk}, 'nobody' FROM {records} r WHERE r.{pk} = {row}
  AND COALESCE(r.{total}, 0) <> (
    SELECT COALESCE(SUM(l.amount), 0) FROM {lines} l WHERE l.{key} = r.{pk} AND l.until IS NULL);
"""
_POSTGRES = """
CREATE OR REPLACE FUNCTION {table}_{total}_balance() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE off bigint;
BEGIN
  SELECT r.{pk} INTO off FROM {records} r WHERE r.{pk} IN ({rows})
    AND COALESCE(r.{total}, 0) <> (
      SELECT COALESCE(SUM(l.amount), 0) FROM {lines} l WHERE l.{key} = r.{pk} AND l.until IS NULL) LIMIT 1;
  IF off IS NOT NULL THEN
    RAISE EXCEPTION '{lines} of {records} % do not sum to {total}', off
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$
"""


def unbalanced_table() -> RunPython:
    """The table of SQLite's deferred check, in the migration of this package."""

    def forward(apps: Any, editor: Any) -> None:
        if editor.connection.vendor == "sqlite":
            editor.execute(UNBALANCED)

    def back(apps: Any, editor: Any) -> None:
        if editor.connection.vendor == "sqlite":
            editor.execute("DROP TABLE money_unbalanced")

    return RunPython(forward, back, elidable=False)


def sums_to(records: str, total: str, lines: str, key: str, pk: str = "case_id") -> RunPython:
    """A migration operation: the standing rows of table `lines` sum to `total` of table `records`.

    `key` is the column of `lines` that holds the record's `pk`; a total of NULL stands for 0. SQLite drops
    the triggers of a table that a later migration alters by copying: such a migration ends with this again.
    """
    names = {"records": records, "total": total, "lines": lines, "key": key, "pk": pk}
    events: dict[str, dict[str, tuple[str, ...]]] = {
        lines: {"insert": (f"NEW.{key}",), "update": (f"NEW.{key}", f"OLD.{key}"), "delete": (f"OLD.{key}",)},
        records: {"insert": (f"NEW.{pk}",), "update": (f"NEW.{pk}",)},
    }

    def forward(apps: Any, editor: Any) -> None:
        for table, cases in events.items():
            if editor.connection.vendor == "sqlite":
                for what, rows in cases.items():
                    body = "".join(_SQLITE_BODY.format(row=row, **names) for row in rows)
                    editor.execute(f"DROP TRIGGER IF EXISTS {table}_{total}_balance_{what}")
                    editor.execute(
                        _SQLITE.format(table=table, total=total, what=what, WHAT=what.upper(), body=body)
                    )
                continue
            # NEW and OLD are NULL where the event has none, and NULL is no row of the list.
            rows_of = f"NEW.{key}, OLD.{key}" if table == lines else f"NEW.{pk}"
            editor.execute(_POSTGRES.format(table=table, rows=rows_of, **names), params=None)
            editor.execute(f"DROP TRIGGER IF EXISTS {table}_{total}_balance ON {table}")
            editor.execute(
                f"CREATE CONSTRAINT TRIGGER {table}_{total}_balance AFTER INSERT OR UPDATE"
                f"{' OR DELETE' if table == lines else ''} ON {table} DEFERRABLE INITIALLY DEFERRED "
                f"FOR EACH ROW EXECUTE FUNCTION {table}_{total}_balance()"
            )

    def back(apps: Any, editor: Any) -> None:
        for table, cases in events.items():
            if editor.connection.vendor == "sqlite":
                for what in cases:
                    editor.execute(f"DROP TRIGGER IF EXISTS {table}_{total}_balance_{what}")
            else:
                editor.execute(f"DROP TRIGGER IF EXISTS {table}_{total}_balance ON {table}")
                editor.execute(f"DROP FUNCTION IF EXISTS {table}_{total}_balance()")

    return RunPython(forward, back, elidable=False)
