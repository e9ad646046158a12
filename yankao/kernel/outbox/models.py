"""Messages to citizens, what the gateway was given of them, and what it said afterwards."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..vault.models import Identity
from ..vault.rows import Sealed


class Channel(models.TextChoices):
    """管道 How a citizen is reached."""

    EMAIL = "email", _("電子郵件")
    SMS = "sms", _("簡訊")
    PUSH = "push", _("網頁推播")


class State(models.TextChoices):
    """How far a message came, as far as is known and no farther."""

    QUEUED = "queued", _("待發送")
    HANDED = "handed", _("已交付閘道，尚無送達回報")
    DELIVERED = "delivered", _("已送達")
    FAILED = "failed", _("閘道回報未送達")
    UNCLEAR = "unclear", _("閘道未回應，是否送出不明")
    DEAD = "dead", _("無法發送")
    SHOWN = "shown", _("示範站：僅顯示，未發送")


WANTING = (State.FAILED, State.UNCLEAR, State.DEAD)
"""What a person should look at."""


class Message(Sealed):
    """對民眾的訊息 One message by one channel. `key` makes a repeated telling harmless; the id is the key
    that the gateway is given. The sealed text holds subject and words; the address is never kept here.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    key = models.CharField(_("防重複鍵"), max_length=180, unique=True)
    channel = models.CharField(_("管道"), max_length=8, choices=Channel.choices)
    identity = models.ForeignKey(Identity, models.PROTECT, related_name="messages", verbose_name=_("當事人"))
    case = models.ForeignKey(
        "casework.Case", models.PROTECT, null=True, related_name="messages", verbose_name=_("案件")
    )
    wording = models.CharField(_("用語"), max_length=80)
    language = models.CharField(_("語言"), max_length=10)
    urgent = models.BooleanField(_("緊急"), default=False)
    state = models.CharField(_("狀態"), max_length=12, choices=State.choices, default=State.QUEUED)
    parts = models.PositiveSmallIntegerField(_("則數"), default=1)
    queued_at = models.DateTimeField(_("登記時間"), default=timezone.now)
    handed_at = models.DateTimeField(_("交付時間"), null=True, blank=True)
    delivered_at = models.DateTimeField(_("送達時間"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("嘗試次數"), default=0)
    again = models.PositiveSmallIntegerField(_("重送次數"), default=0)
    error = models.CharField(_("原因"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("對民眾的訊息")
        verbose_name_plural = _("對民眾的訊息")
        indexes = [
            models.Index("state", F("queued_at").desc(), name="message_state_recent"),
            models.Index(F("queued_at").desc(), name="message_recent"),
            models.Index("case", "queued_at", name="message_case"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="delivered") | Q(delivered_at__isnull=False), name="message_delivered_when"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_channel_display()} {self.wording}"

    def __repr__(self) -> str:
        return f"<Message {self.pk}>"


class Handover(models.Model):
    """One part of a message the gateway took, under the gateway's own number. Written as soon as it is taken,
    so that a later failure repeats no part."""

    message = models.ForeignKey(Message, models.CASCADE, related_name="handovers", verbose_name=_("訊息"))
    part = models.PositiveBigIntegerField(_("則"))
    reference = models.CharField(_("閘道編號"), max_length=80, db_index=True)
    at = models.DateTimeField(_("交付時間"), default=timezone.now)

    class Meta:
        verbose_name = _("交付紀錄")
        verbose_name_plural = _("交付紀錄")
        constraints = [
            models.UniqueConstraint(fields=["message", "part"], name="one_handover_a_part"),
        ]


class Receipt(models.Model):
    """A gateway's word on one of its numbers. It may come before our own row on the handing over does."""

    reference = models.CharField(_("閘道編號"), max_length=80)
    delivered = models.BooleanField(_("已送達"))
    at = models.DateTimeField(_("回報時間"), default=timezone.now)
    said = models.CharField(_("閘道所述"), max_length=40, blank=True)

    class Meta:
        verbose_name = _("送達回報")
        verbose_name_plural = _("送達回報")
        constraints = [
            models.UniqueConstraint(fields=["reference", "delivered"], name="one_receipt_a_word"),
        ]


class Device(Sealed):
    """推播裝置 A browser that asked to be told. Its address and keys are sealed; `mark` finds it again."""

    identity = models.ForeignKey(Identity, models.CASCADE, related_name="devices", verbose_name=_("當事人"))
    mark = models.CharField(max_length=32)
    since = models.DateTimeField(_("登記時間"), default=timezone.now)
    gone_at = models.DateTimeField(_("失效時間"), null=True, blank=True)

    class Meta:
        verbose_name = _("推播裝置")
        verbose_name_plural = _("推播裝置")
        constraints = [
            models.UniqueConstraint(fields=["identity", "mark"], name="one_device_an_identity"),
        ]
