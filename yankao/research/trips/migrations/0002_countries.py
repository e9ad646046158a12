import csv
from pathlib import Path

from django.db import migrations

TABLE = Path(__file__).resolve().parent.parent / "data" / "countries.csv"


def load(apps, schema_editor):
    country = apps.get_model("trips", "Country")
    with TABLE.open(encoding="utf-8", newline="") as stream:
        country.objects.bulk_create([country(**row) for row in csv.DictReader(stream)])


class Migration(migrations.Migration):
    """Countries and areas by ISO 3166-1, so that an itinerary can be listed on the first day."""

    dependencies = [("trips", "0001_initial")]
    operations = [migrations.RunPython(load, migrations.RunPython.noop)]
