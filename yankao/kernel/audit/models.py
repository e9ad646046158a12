"""The ledger: one append-only chain of entries, its head, its checkpoints, and what it withholds."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from ..vault.rows import Sealed


class Entry(models.Model):
    """辦理歷程 One line of the ledger. The database refuses to change or delete it.

    `at` is when the step happened, `recorded_at` when it was written down; `body` is canonical JSON
    (`given`, `changed`, `reason`), `hash` binds every column and the hash before.
    """

    seq = models.BigIntegerField(_("序號"), primary_key=True)
    at = models.DateTimeField(_("辦理時間"))
    recorded_at = models.DateTimeField(_("登錄時間"))
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("辦理人")
    )
    subject = models.CharField(_("對象"), max_length=60)
    case = models.ForeignKey(
        "casework.Case", models.PROTECT, null=True, related_name="entries", verbose_name=_("案件"),
        db_index=False,  # `entry_case_seq` begins with it
    )  # fmt: skip
    act = models.CharField(_("動作"), max_length=60)
    source = models.CharField(_("原階段"), max_length=24, blank=True)
    target = models.CharField(_("新階段"), max_length=24, blank=True)
    body = models.TextField(_("內容"), default="{}")
    prev = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("歷程")
        verbose_name_plural = _("歷程")
        indexes = [
            models.Index("case", "seq", name="entry_case_seq"),
            models.Index("recorded_at", name="entry_recorded"),
        ]

    def __str__(self) -> str:
        return f"{self.seq} {self.subject} {self.act}"


class Head(models.Model):
    """Where the chain ends: one row, locked while a transaction appends."""

    seq = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64, default="0" * 64)


class Checkpoint(models.Model):
    """A signed daily statement of where the chain stood; published outside the database."""

    day = models.DateField(_("日期"), unique=True)
    seq = models.BigIntegerField(_("序號"))
    hash = models.CharField(max_length=64)
    signature = models.CharField(max_length=200)
    signed_at = models.DateTimeField()

    class Meta:
        verbose_name = _("帳本查核點")
        verbose_name_plural = _("帳本查核點")


class Withheld(Sealed):
    """A personal value the ledger holds by reference only, so that it can be shredded without breaking the
    chain: salt and value, sealed by the vault's keys.
    """

    shredded_at = models.DateTimeField(null=True, blank=True)


class Look(models.Model):
    """調閱紀錄 Who opened a record of a restricted class, when and why."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("調閱人")
    )
    subject = models.CharField(_("對象"), max_length=60, db_index=True)
    at = models.DateTimeField(_("時間"), auto_now_add=True)
    purpose = models.CharField(_("目的"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("調閱紀錄")
        verbose_name_plural = _("調閱紀錄")
