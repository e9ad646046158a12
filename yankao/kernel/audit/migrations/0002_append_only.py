"""The ledger cannot be changed, deleted or emptied; its head row exists from the start."""

from django.db import migrations

from yankao.kernel.audit.append_only import append_only


def first_head(apps, editor):
    apps.get_model("audit", "Head").objects.get_or_create(pk=1)


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]
    operations = [migrations.RunPython(first_head, migrations.RunPython.noop), append_only("audit_entry")]
