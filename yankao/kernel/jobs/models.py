"""The queue: one table of jobs, one of effects already made, one of letters to send."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class State(models.TextChoices):
    """Values as in `django.tasks.TaskResultStatus`. FAILED is the dead letter: retried on request only."""

    READY = "READY", _("待執行")
    RUNNING = "RUNNING", _("執行中")
    SUCCESSFUL = "SUCCESSFUL", _("已完成")
    FAILED = "FAILED", _("無法完成")


class Job(models.Model):
    """背景工作 A call to make later, written in the caller's transaction: it exists when its reason does."""

    task = models.CharField(_("工作"), max_length=200)
    args = models.JSONField(_("參數"), default=list)
    kwargs = models.JSONField(_("具名參數"), default=dict)
    queue = models.CharField(_("佇列"), max_length=40, default="default")
    priority = models.SmallIntegerField(_("優先順序"), default=0)
    run_after = models.DateTimeField(_("最早執行時間"), default=timezone.now)
    key = models.CharField(_("防重複鍵"), max_length=200, null=True, blank=True, unique=True)
    backend = models.CharField(_("後端"), max_length=40, default="default")
    state = models.CharField(_("狀態"), max_length=10, choices=State.choices, default=State.READY)
    attempts = models.PositiveSmallIntegerField(_("嘗試次數"), default=0)
    max_attempts = models.PositiveSmallIntegerField(_("嘗試上限"), default=5)
    orphaned = models.BooleanField(_("曾中斷"), default=False)
    claimed_by = models.CharField(_("執行者"), max_length=80, blank=True)
    claimed_until = models.DateTimeField(_("租約到期"), null=True, blank=True)
    enqueued_at = models.DateTimeField(_("登記時間"), default=timezone.now)
    started_at = models.DateTimeField(_("首次執行"), null=True, blank=True)
    last_attempted_at = models.DateTimeField(_("最近執行"), null=True, blank=True)
    finished_at = models.DateTimeField(_("結束時間"), null=True, blank=True)
    workers = models.TextField(_("歷次執行者"), blank=True)
    errors = models.JSONField(_("錯誤"), default=list)
    result = models.JSONField(_("結果"), null=True, blank=True)

    class Meta:
        verbose_name = _("背景工作")
        verbose_name_plural = _("背景工作")
        indexes = [
            models.Index(
                fields=["orphaned", "-priority", "run_after", "id"],
                condition=Q(state="READY"),
                name="job_due",
            ),
            models.Index(fields=["claimed_until"], condition=Q(state="RUNNING"), name="job_claimed"),
            models.Index(fields=["finished_at"], condition=Q(state="SUCCESSFUL"), name="job_finished"),
            models.Index(fields=["finished_at"], condition=Q(state="FAILED"), name="job_dead"),
        ]

    def __str__(self) -> str:
        return f"{self.task} {self.pk}"


class Effect(models.Model):
    """效果紀錄 The mark that an effect has been made; written in the transaction of the effect itself."""

    key = models.CharField(_("鍵"), max_length=200, primary_key=True)
    at = models.DateTimeField(_("時間"), default=timezone.now, db_index=True)

    class Meta:
        verbose_name = _("效果紀錄")
        verbose_name_plural = _("效果紀錄")


class Mail(models.Model):
    """電子郵件 A letter to send. The id makes its Message-ID, so that a repeated letter can be recognised."""

    class State(models.TextChoices):
        QUEUED = "queued", _("待寄送")
        SENT = "sent", _("已寄出")
        FAILED = "failed", _("寄送失敗，將重試")
        DEAD = "dead", _("無法寄送")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    key = models.CharField(_("防重複鍵"), max_length=180, unique=True)
    to = models.EmailField(_("收件人"))
    subject = models.CharField(_("主旨"), max_length=200)
    body = models.TextField(_("內文"))
    calendar = models.TextField(_("行事曆邀請"), blank=True)
    language = models.CharField(_("語言"), max_length=10)
    state = models.CharField(_("狀態"), max_length=8, choices=State.choices, default=State.QUEUED)
    queued_at = models.DateTimeField(_("登記時間"), default=timezone.now)
    sent_at = models.DateTimeField(_("寄出時間"), null=True, blank=True)
    message_id = models.CharField(_("信件識別碼"), max_length=200, blank=True)
    error = models.CharField(_("錯誤"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("電子郵件")
        verbose_name_plural = _("電子郵件")
        indexes = [models.Index(fields=["state", "queued_at"], name="mail_by_state")]

    def __str__(self) -> str:
        return f"{self.get_state_display()} {self.id}"
