"""The database refuses cost sheets and allowed amounts that do not sum to their total."""

from django.db import migrations

from yankao.kernel.money.balance import sums_to


class Migration(migrations.Migration):
    dependencies = [("proposals", "0001_initial"), ("money", "0002_unbalanced")]
    operations = [
        sums_to("proposals_proposal", "total", "proposals_cost", "proposal_id"),
        sums_to("proposals_proposal", "allowed_total", "proposals_allowed", "proposal_id"),
    ]
