from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("petitions", "0014_transferred_for")]
    operations = [
        migrations.AddField(
            model_name="fieldreport",
            name="left_out",
            field=models.TextField(blank=True, default="", verbose_name="未採用照片"),
            preserve_default=False,
        ),
    ]
