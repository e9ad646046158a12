from django.db import migrations, models


def fill(apps, editor):
    """Of the samples drawn before, what was drawn is known by its rows; from which cases is not."""
    Draw = apps.get_model("petitions", "Draw")
    for kind, rows in (("audit", "audits"), ("satisfaction", "ratings")):
        for one in Draw.objects.using(editor.connection.alias).filter(purpose=kind):
            one.numbers = sorted(getattr(one, rows).values_list("petition__case__number", flat=True))
            one.save(update_fields=["numbers"])


class Migration(migrations.Migration):
    dependencies = [("petitions", "0012_no_action_proposals")]
    operations = [
        migrations.AddField(
            "draw", "among", models.JSONField(blank=True, default=list, verbose_name="母體案號")
        ),
        migrations.AddField(
            "draw", "numbers", models.JSONField(blank=True, default=list, verbose_name="抽出案號")
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
