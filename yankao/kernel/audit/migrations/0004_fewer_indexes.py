import django.db.models.deletion
from django.db import migrations, models

from yankao.kernel.unindexed import Unindexed


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0003_withheld_sealed"),
        ("casework", "0004_restricted"),
    ]

    operations = [
        Unindexed(
            model_name="entry",
            name="case",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="entries",
                to="casework.case",
                verbose_name="案件",
            ),
        ),
        Unindexed(
            model_name="entry",
            name="subject",
            field=models.CharField(max_length=60, verbose_name="對象"),
        ),
    ]
