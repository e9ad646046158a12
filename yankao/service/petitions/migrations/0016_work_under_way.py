from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("petitions", "0015_left_out")]
    operations = [
        migrations.AddIndex(
            model_name="work",
            index=models.Index("petition", condition=models.Q(("completed_at", None)), name="work_under_way"),
        ),
    ]
