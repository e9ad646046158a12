import csv
from datetime import date
from pathlib import Path

from django.db import migrations

DATA = Path(__file__).resolve().parent.parent / "data"
BASIS = "派工服務項目時限表（平台預設值）"


def _rows(name):
    with (DATA / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def load(apps, schema_editor):
    category = apps.get_model("petitions", "Category")
    service = apps.get_model("petitions", "Service")
    limit = apps.get_model("petitions", "ServiceLimit")
    category.objects.bulk_create(
        category(
            code=row["code"],
            parent_id=row["parent"] or None,
            name=row["name"],
            name_en=row["name_en"],
            appeal=row["appeal"] == "1",
            sealed=row["sealed"] == "1",
            order=int(row["order"]),
        )
        for row in _rows("categories.csv")
    )
    services = _rows("services.csv")
    service.objects.bulk_create(
        service(
            code=row["code"],
            category_id=row["category"],
            name=row["name"],
            name_en=row["name_en"],
            danger=row["danger"] == "1",
            order=int(row["order"]),
        )
        for row in services
    )
    limit.objects.bulk_create(
        limit(
            service_id=row["code"],
            survey=f"{row['survey']} hours",
            safety=f"{row['safety']} hours" if row["safety"] else "",
            fix=f"{row['fix']} days",
            valid_from=date(2001, 1, 1),
            legal_basis=BASIS,
        )
        for row in services
    )


class Migration(migrations.Migration):
    """Categories, services and their limits as shipped, so that a petition can be received on the first day."""

    dependencies = [("petitions", "0001_initial")]
    operations = [migrations.RunPython(load, migrations.RunPython.noop)]
