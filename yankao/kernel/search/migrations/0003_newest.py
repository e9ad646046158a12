"""What finds the newest hits soon: PostgreSQL's index tells blocks of ids apart, and an entry of SQLite lies
where its id says.
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
        return
    tables.index_anew(editor)


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
