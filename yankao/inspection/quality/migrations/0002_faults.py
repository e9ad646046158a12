import csv
from pathlib import Path

from django.db import migrations

TABLE = Path(__file__).resolve().parent.parent / "data" / "faults.csv"


def load(apps, schema_editor):
    code = apps.get_model("quality", "FaultCode")
    with TABLE.open(encoding="utf-8", newline="") as stream:
        code.objects.bulk_create([code(**row) for row in csv.DictReader(stream)])


class Migration(migrations.Migration):
    """The code table of deficiencies, chapters 4.01 to 6, so that a team can write on its first day."""

    dependencies = [("quality", "0001_initial")]
    operations = [migrations.RunPython(load, migrations.RunPython.noop)]
