from django.db import migrations, models

import yankao.kernel.search.models


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(
            name="Entry",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("text", yankao.kernel.search.models.Text()),
            ],
            options={"db_table": "search_entry"},
        ),
        migrations.CreateModel(
            name="Grams",
            fields=[
                (
                    "entry",
                    models.OneToOneField(
                        db_column="rowid",
                        db_constraint=False,
                        on_delete=models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="grams",
                        serialize=False,
                        to="search.entry",
                    ),
                ),
                ("held", yankao.kernel.search.models.Held(db_column="search_grams")),
            ],
            options={"db_table": "search_grams", "managed": False},
        ),
    ]
