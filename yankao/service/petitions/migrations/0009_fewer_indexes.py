import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from yankao.kernel.unindexed import Unindexed


class Migration(migrations.Migration):
    dependencies = [
        ("casework", "0004_restricted"),
        ("evidence", "0002_alter_evidence_uploaded_by"),
        ("people", "0004_crew"),
        ("petitions", "0008_mapped"),
        ("vault", "0004_purpose_transfer"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        Unindexed(
            model_name="petition",
            name="category",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="petitions.category",
                verbose_name="案件分類",
            ),
        ),
        Unindexed(
            model_name="petition",
            name="earlier",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="petitions.petition",
                verbose_name="先前答復之案件",
            ),
        ),
        Unindexed(
            model_name="petition",
            name="merged_into",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="merged",
                to="petitions.petition",
                verbose_name="併入",
            ),
        ),
        Unindexed(
            model_name="petition",
            name="petitioner",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="vault.identity",
                verbose_name="陳情人",
            ),
        ),
        Unindexed(
            model_name="petition",
            name="split_from",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="parts",
                to="petitions.petition",
                verbose_name="分自",
            ),
        ),
        Unindexed(
            model_name="reply",
            name="approved_by",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="核定人",
            ),
        ),
        Unindexed(
            model_name="reply",
            name="drafted_by",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="擬稿人",
            ),
        ),
        Unindexed(
            model_name="reply",
            name="petition",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="replies",
                to="petitions.petition",
                verbose_name="陳情案件",
            ),
        ),
        Unindexed(
            model_name="work",
            name="after",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="evidence.evidence",
                verbose_name="施工後照片",
            ),
        ),
        Unindexed(
            model_name="work",
            name="before",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="evidence.evidence",
                verbose_name="施工前照片",
            ),
        ),
        Unindexed(
            model_name="work",
            name="petition",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="works",
                to="petitions.petition",
                verbose_name="陳情案件",
            ),
        ),
        Unindexed(
            model_name="work",
            name="verified_by",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="查驗人",
            ),
        ),
        migrations.AddIndex(
            model_name="petition",
            index=models.Index(
                models.F("earlier"), condition=models.Q(("earlier__isnull", False)), name="petition_earlier"
            ),
        ),
        migrations.AddIndex(
            model_name="petition",
            index=models.Index(
                models.F("merged_into"),
                condition=models.Q(("merged_into__isnull", False)),
                name="petition_merged",
            ),
        ),
        migrations.AddIndex(
            model_name="petition",
            index=models.Index(
                models.F("split_from"),
                condition=models.Q(("split_from__isnull", False)),
                name="petition_split",
            ),
        ),
        migrations.AddIndex(
            model_name="work",
            index=models.Index(
                models.F("before"), condition=models.Q(("before__isnull", False)), name="work_before"
            ),
        ),
        migrations.AddIndex(
            model_name="work",
            index=models.Index(
                models.F("after"), condition=models.Q(("after__isnull", False)), name="work_after"
            ),
        ),
    ]
