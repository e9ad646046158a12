"""Notices to people inside the house; e-mail goes out through the same transaction's outbox."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class Notice(models.Model):
    """通知 One message to one person. `key` makes a repeated sending harmless."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="notices", verbose_name=_("收件人")
    )
    kind = models.CharField(_("類別"), max_length=24)
    case = models.ForeignKey(
        "casework.Case", models.PROTECT, null=True, related_name="notices", verbose_name=_("案件")
    )
    text = models.CharField(_("內容"), max_length=400)
    link = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField(_("時間"), auto_now_add=True)
    read_at = models.DateTimeField(_("已讀"), null=True, blank=True)
    snoozed_until = models.DateTimeField(_("稍後提醒"), null=True, blank=True)
    key = models.CharField(max_length=120, null=True, unique=True)

    class Meta:
        verbose_name = _("通知")
        verbose_name_plural = _("通知")
        indexes = [
            models.Index("user", F("at").desc(), name="notice_user_recent"),
            models.Index("user", condition=Q(read_at=None), name="notice_user_unread"),
        ]

    def __str__(self) -> str:
        return self.text
