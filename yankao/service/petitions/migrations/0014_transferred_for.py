from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("petitions", "0013_draws_kept")]
    operations = [
        migrations.AddField(
            model_name="petition",
            name="transferred_for",
            field=models.TextField(blank=True, max_length=2000, verbose_name="移轉理由"),
        ),
    ]
