from django.db import migrations

# Letters are never "completed": without being told, PostgreSQL takes every unfinished row for a fault.
MADE = "CREATE STATISTICS petition_kind_completed (mcv) ON kind, completed_at FROM petitions_petition"
GONE = "DROP STATISTICS IF EXISTS petition_kind_completed"


def make(apps, editor):
    if editor.connection.vendor == "postgresql":
        editor.execute(MADE)


def undo(apps, editor):
    if editor.connection.vendor == "postgresql":
        editor.execute(GONE)


class Migration(migrations.Migration):
    dependencies = [("petitions", "0009_fewer_indexes")]
    operations = [migrations.RunPython(make, undo)]
