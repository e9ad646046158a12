from django.db import migrations, models

from yankao.kernel.unindexed import Unindexed


class Migration(migrations.Migration):
    """Old drafts are looked for once an hour among some thousands; every answer wrote the index anew."""

    dependencies = [("counter", "0001_draft")]

    operations = [
        Unindexed(
            model_name="draft",
            name="touched_at",
            field=models.DateTimeField(verbose_name="最後填寫時間"),
        ),
    ]
