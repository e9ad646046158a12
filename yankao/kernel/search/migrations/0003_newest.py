"""What finds the newest hits soon: PostgreSQL's index lies over the entries themselves and tells blocks of ids
apart, and an entry of SQLite lies where its id says.
"""

from typing import Any

from django.db import migrations

import yankao.kernel.search.models
from yankao.kernel.search import tables

PLACES = (
    'CREATE TABLE search_entry_placed ("id" integer NOT NULL PRIMARY KEY, "text" text NOT NULL)',
    'INSERT INTO search_entry_placed ("id", "text") SELECT "id", "text" FROM search_entry ORDER BY "id"',
    "DROP TABLE search_entry",
    "ALTER TABLE search_entry_placed RENAME TO search_entry",
)


def forward(apps: Any, editor: Any) -> None:
    if editor.connection.vendor == "sqlite":
        for statement in PLACES:
            editor.execute(statement, params=None)
    elif held_beside(editor.connection):
        editor.execute("DROP TABLE search_grams")
        tables.forward(apps, editor)


def held_beside(connection: Any) -> bool:
    """Whether the grams are kept in a table of their own, as they were before they were worked out."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT relkind = 'r' FROM pg_class WHERE oid = 'search_grams'::regclass")
        return bool(cursor.fetchone()[0])


class Migration(migrations.Migration):
    dependencies = [("search", "0002_grams")]
    operations = [
        migrations.SeparateDatabaseAndState(
            [migrations.RunPython(forward, migrations.RunPython.noop, elidable=False)],
            [
                migrations.AlterField(
                    "Entry", "id", yankao.kernel.search.models.Place(primary_key=True, serialize=False)
                )
            ],
        ),
    ]
