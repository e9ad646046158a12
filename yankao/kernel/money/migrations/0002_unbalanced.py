"""SQLite's ground for deferred checks of sums."""

from django.db import migrations

from yankao.kernel.money.balance import unbalanced_table


class Migration(migrations.Migration):
    dependencies = [("money", "0001_initial")]
    operations = [unbalanced_table()]
