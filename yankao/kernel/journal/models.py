"""What every journal keeps: where it listens, what came in, what could not be read, what a second source
says.

Raw blocks are append-only; what lies in them is sealed with the key of its month, so that forgetting a month
is forgetting its key.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Instant(models.BigIntegerField):  # type: ignore[type-arg]
    """A moment to the second, kept as seconds since 1970 and read as an aware datetime.

    Eight bytes that are compared and subtracted by any database; written from a whole number or a datetime.
    """

    def from_db_value(self, value: int | None, expression: Any, connection: Any) -> datetime | None:
        return None if value is None else datetime.fromtimestamp(value, UTC)

    @property
    def validators(self) -> list[Any]:
        """None: the limits of whole numbers say nothing of a moment."""
        return []

    def to_python(self, value: Any) -> Any:
        return datetime.fromtimestamp(value, UTC) if isinstance(value, int) else value

    def get_prep_value(self, value: Any) -> Any:
        return int(value.timestamp()) if isinstance(value, datetime) else super().get_prep_value(value)


class Pseudonym(models.CharField):  # type: ignore[type-arg]
    """The word that stands for a person's number (`sealing.pseudonym`): compared, never shown nor given
    out.
    """

    personal = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 24)
        super().__init__(*args, **kwargs)


class Sealed(models.BinaryField):  # type: ignore[type-arg]
    """A personal value sealed by the installation's key (`sealing.seal`): read by reveal only."""

    personal = True


class Source(models.Model):
    """資料來源 One feed of a journal, and how far it was read.

    `inode`, `offset` and `fingerprint` (of the file's beginning) say where reading stopped, so that a
    rotated, truncated or replaced file is noticed. `same_as` names the source under whose name the facts
    are kept when two feeds tell of the same things (the live feed and the log of one exchange).
    """

    journal = models.CharField(_("紀錄"), max_length=60)
    code = models.SlugField(_("代碼"), max_length=40)
    name = models.CharField(_("名稱"), max_length=80)
    format = models.CharField(_("格式"), max_length=30)
    address = models.CharField(_("位置"), max_length=300, blank=True)
    settings = models.JSONField(_("設定"), default=dict, blank=True)
    same_as = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="echoes", verbose_name=_("同一來源")
    )
    active = models.BooleanField(_("讀取中"), default=True)
    inode = models.BigIntegerField(null=True, blank=True)
    offset = models.BigIntegerField(_("已讀位元組"), default=0)
    fingerprint = models.CharField(max_length=80, blank=True)
    read_at = models.DateTimeField(_("最近讀取"), null=True, blank=True)
    last_at = models.DateTimeField(_("最近事件"), null=True, blank=True)
    fault = models.CharField(_("異常"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("資料來源")
        verbose_name_plural = _("資料來源")
        constraints = [models.UniqueConstraint(fields=["journal", "code"], name="one_source_code_a_journal")]

    def __str__(self) -> str:
        return self.name

    @property
    def keeper(self) -> Source:
        """The source in whose name facts are kept."""
        return self.same_as or self


class MonthKey(models.Model):
    """月金鑰 The key that seals the raw blocks of a month, itself sealed; empty once the month is
    forgotten.
    """

    month = models.CharField(_("月份"), max_length=7, unique=True)
    sealed = models.BinaryField(null=True)
    forgotten_at = models.DateTimeField(_("銷毀時間"), null=True, blank=True)

    class Meta:
        verbose_name = _("月金鑰")
        verbose_name_plural = _("月金鑰")


class Block(models.Model):
    """原始資料 So many whole records as they came, compressed and sealed. Never changed, never deleted."""

    source = models.ForeignKey(Source, models.PROTECT, related_name="blocks", verbose_name=_("資料來源"))
    digest = models.CharField(max_length=64)
    received_at = models.DateTimeField(_("收到時間"))
    offset = models.BigIntegerField(_("起始位元組"), default=0)
    size = models.PositiveIntegerField(_("位元組"))
    records = models.PositiveIntegerField(_("紀錄數"))
    dead = models.PositiveIntegerField(_("無法讀取"), default=0)
    first_at = models.DateTimeField(_("最早事件"), null=True)
    last_at = models.DateTimeField(_("最晚事件"), null=True)
    key = models.ForeignKey(MonthKey, models.PROTECT, related_name="+")
    data = models.BinaryField()

    class Meta:
        verbose_name = _("原始資料")
        verbose_name_plural = _("原始資料")
        constraints = [models.UniqueConstraint(fields=["source", "digest"], name="one_block_a_digest")]
        indexes = [models.Index(fields=["source", "first_at"], name="blocks_of_a_time")]


class DeadLetter(models.Model):
    """無法讀取的資料 One record that could not be read: it waits for a repaired text or a word why not."""

    source = models.ForeignKey(
        Source, models.PROTECT, related_name="dead_letters", verbose_name=_("資料來源")
    )
    block = models.ForeignKey(Block, models.PROTECT, related_name="+")
    number = models.PositiveIntegerField(_("行號"))
    raw = models.BinaryField()
    reason = models.CharField(_("原因"), max_length=300)
    arrived_at = models.DateTimeField(_("收到時間"))
    handled_at = models.DateTimeField(_("處理時間"), null=True, blank=True)
    handled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("處理人"),
    )  # fmt: skip
    outcome = models.CharField(
        _("處理結果"),
        max_length=10,
        blank=True,
        choices=[("repaired", _("已更正")), ("dropped", _("不採計"))],
    )
    remark = models.CharField(_("說明"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("無法讀取的資料")
        verbose_name_plural = _("無法讀取的資料")
        constraints = [
            models.UniqueConstraint(fields=["block", "number"], name="one_dead_letter_a_record"),
            models.CheckConstraint(
                condition=Q(handled_at=None, outcome="") | Q(handled_at__isnull=False) & ~Q(outcome=""),
                name="dead_letter_handled_with_outcome",
            ),
        ]
        indexes = [
            models.Index(
                fields=["source", "number"], name="dead_letters_waiting", condition=Q(handled_at=None)
            )
        ]


class Named(models.ForeignKey[Any]):
    """What facts name: a row of a table that never loses one (`audit.append_only.kept` in its migration).

    A constraint of the database would be asked again for every fact, which takes PostgreSQL half of its time;
    instead the keys of a block are asked for at once (`ingest`), where facts are written and nowhere else.
    """

    def __init__(self, to: Any, on_delete: Any = models.PROTECT, **options: Any) -> None:
        options |= {"db_constraint": False, "db_index": False, "related_name": "+"}
        super().__init__(to, on_delete, **options)


class Fact(models.Model):
    """What a room's journal table has: who told it first, its name there, and the day it counts for."""

    source = Named(Source, verbose_name=_("資料來源"))
    external_id = models.CharField(_("來源識別碼"), max_length=80)
    block = Named(Block, null=True)
    day = models.DateField(_("日期"))

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.external_id


def once(name: str) -> models.BaseConstraint:
    """The constraint every table of facts has: a thing is told once by a source, however often it is said."""
    return models.UniqueConstraint(fields=["source", "external_id"], name=f"{name}_once")


class Counterpart(Fact):
    """對帳紀錄 The same thing as a second source tells it, kept only to be compared."""

    seconds = models.PositiveIntegerField(_("秒數"), default=0)

    class Meta:
        verbose_name = _("對帳紀錄")
        verbose_name_plural = _("對帳紀錄")
        constraints = [once("counterpart")]
        indexes = [models.Index(fields=["source", "day"], name="counterparts_of_a_day")]


class Reconciliation(models.Model):
    """對帳 One day of a source beside the same day of a second one, with what stands only in one of them."""

    source = models.ForeignKey(
        Source, models.PROTECT, related_name="reconciliations", verbose_name=_("資料來源")
    )
    second = models.ForeignKey(Source, models.PROTECT, related_name="+", verbose_name=_("第二來源"))
    day = models.DateField(_("日期"))
    count = models.PositiveIntegerField(_("紀錄數"))
    second_count = models.PositiveIntegerField(_("第二來源紀錄數"))
    missing = models.PositiveIntegerField(_("只見於第二來源"))
    surplus = models.PositiveIntegerField(_("只見於資料來源"))
    examples = models.JSONField(_("差異識別碼"), default=list)
    made_at = models.DateTimeField(_("對帳時間"), auto_now=True)

    class Meta:
        verbose_name = _("對帳")
        verbose_name_plural = _("對帳")
        constraints = [
            models.UniqueConstraint(fields=["source", "second", "day"], name="one_reconciliation_a_day")
        ]
