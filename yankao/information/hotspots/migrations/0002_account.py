from django.db import migrations

from yankao.kernel.journal.models import Pseudonym


class Migration(migrations.Migration):
    """The users of sessions are marked as personal: their words leave the house in no plain export. The
    column stays as it is.
    """

    dependencies = [("hotspots", "0001_initial")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField("wifisession", "account", Pseudonym("使用者代碼", max_length=24)),
            ]
        ),
    ]
