from django.db import migrations, models

from yankao.kernel.vault import keys, sealing


def seal(apps, editor):
    withheld = apps.get_model("audit", "Withheld")
    rows = []
    for row in withheld.objects.filter(shredded_at=None).iterator(chunk_size=1000):
        sealed = sealing.seal(f"{row.salt}{row.value}".encode(), keys.ring(keys.ORDINARY))
        row.key_id, row.wrapped, row.text = sealed.key_id, sealed.wrapped, sealed.text
        rows.append(row)
    withheld.objects.bulk_update(rows, ["key_id", "wrapped", "text"], batch_size=500)


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_append_only")]
    operations = [
        migrations.AddField("withheld", "key_id", models.CharField(max_length=40, default=""), preserve_default=False),
        migrations.AddField("withheld", "wrapped", models.BinaryField(null=True)),
        migrations.AddField("withheld", "text", models.BinaryField(null=True)),
        migrations.RunPython(seal, migrations.RunPython.noop),
        migrations.RemoveField("withheld", "salt"),
        migrations.RemoveField("withheld", "value"),
    ]
