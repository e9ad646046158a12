from django.db import migrations

from yankao.kernel.search import tables


class Migration(migrations.Migration):
    dependencies = [("search", "0001_initial")]
    operations = [migrations.RunPython(tables.forward, tables.back, elidable=False)]
