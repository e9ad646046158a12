"""Calls as the exchange tells them, and the sums by half-hour that are kept beside them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from yankao.kernel.journal.models import Fact, Instant, Named, Pseudonym, Source, once

SLOT = 1800
"""Seconds of an interval: half an hour."""
THRESHOLDS = (5, 10, 15, 20, 30, 45, 60, 90, 120)
"""Thresholds in seconds for which every half-hour keeps its sums; a definition names one of them."""


class Queue(models.Model):
    """話務佇列 A line that callers wait in."""

    class Channel(models.TextChoices):
        PHONE = "phone", _("1999電話")
        WEB_PHONE = "web_phone", _("網頁電話")
        VIDEO = "video", _("視訊手語")

    code = models.CharField(_("代碼"), max_length=60, unique=True)
    name = models.CharField(_("名稱"), max_length=60)
    name_en = models.CharField(_("英文名稱"), max_length=80, blank=True)
    channel = models.CharField(_("管道"), max_length=10, choices=Channel.choices, default=Channel.PHONE)

    class Meta:
        verbose_name = _("話務佇列")
        verbose_name_plural = _("話務佇列")

    def __str__(self) -> str:
        return self.name


class Agent(models.Model):
    """話務員 A seat as the exchange names it, and the person who sits there."""

    code = models.CharField(_("話機代碼"), max_length=60, unique=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("人員"),
    )

    class Meta:
        verbose_name = _("話務員")
        verbose_name_plural = _("話務員")

    def __str__(self) -> str:
        return self.code


class State(models.TextChoices):
    """Where a call stands. Its words are what the exchange told; none is ever left without a state."""

    WAITING = "waiting", _("等候中")
    TALKING = "talking", _("通話中")
    COMPLETED = "completed", _("通話結束")
    TRANSFERRED = "transferred", _("已轉接")
    ABANDONED = "abandoned", _("未接即掛斷")
    LEFT = "left", _("離開佇列")
    LOST = "lost", _("無結束紀錄")


OPEN = (State.WAITING, State.TALKING)
UNENDED = Q(ended=None, state__in=OPEN)
"""Calls on the line. That no end was told is what the index holds (SQLite does not see a list of states in
it): without it each of these questions would walk through every call there ever was."""


class Call(Fact):
    """話務紀錄 One call in a queue, told once by its exchange.

    `wait` is until it was answered or left; `talk` from the answer to the end. `connected`, `held`, `ended`,
    `ending`, `talked` and `told` are what the exchange said, so that a later word can be merged in.
    """

    queue = Named(Queue, verbose_name=_("佇列"))
    agent = Named(Agent, null=True, verbose_name=_("話務員"))
    caller = Pseudonym(_("來電者代號"), blank=True)
    slot = models.IntegerField(_("半小時"))
    entered = Instant(_("進線時間"))
    wait = models.IntegerField(_("等候秒數"), null=True)
    talk = models.IntegerField(_("通話秒數"), null=True)
    state = models.CharField(_("狀態"), max_length=11, choices=State.choices)
    connected = Instant(_("接聽時間"), null=True)
    held = models.IntegerField(null=True)
    ended = Instant(_("結束時間"), null=True)
    ending = models.CharField(max_length=20, blank=True)
    talked = models.IntegerField(null=True)
    told = models.SmallIntegerField(default=63)

    class Meta:
        verbose_name = _("話務紀錄")
        verbose_name_plural = _("話務紀錄")
        constraints = [once("call")]
        indexes = [
            models.Index(fields=["slot"], name="calls_of_a_half_hour"),
            models.Index(fields=["source", "entered"], name="calls_unended", condition=Q(ended=None)),
        ]


class CallInterval(models.Model):
    """半小時話務 What one queue did in one half-hour, kept equal to its calls.

    `in_20` are answered within 20 seconds, `out_20` abandoned within 20 seconds, and so for every threshold.
    """

    slot = models.IntegerField(_("半小時"))
    day = models.DateField(_("日期"))
    queue = models.ForeignKey(Queue, models.PROTECT, related_name="+", db_index=False, verbose_name=_("佇列"))
    offered = models.IntegerField(_("進線"))
    answered = models.IntegerField(_("接聽"))
    abandoned = models.IntegerField(_("未接即掛斷"))
    left = models.IntegerField(_("離開佇列"))
    lost = models.IntegerField(_("無結束紀錄"))
    waited = models.BigIntegerField(_("接聽前等候秒數"))
    talked = models.BigIntegerField(_("通話秒數"))
    ended = models.IntegerField(_("通話已結束"))
    in_5 = models.IntegerField()
    in_10 = models.IntegerField()
    in_15 = models.IntegerField()
    in_20 = models.IntegerField()
    in_30 = models.IntegerField()
    in_45 = models.IntegerField()
    in_60 = models.IntegerField()
    in_90 = models.IntegerField()
    in_120 = models.IntegerField()
    out_5 = models.IntegerField()
    out_10 = models.IntegerField()
    out_15 = models.IntegerField()
    out_20 = models.IntegerField()
    out_30 = models.IntegerField()
    out_45 = models.IntegerField()
    out_60 = models.IntegerField()
    out_90 = models.IntegerField()
    out_120 = models.IntegerField()

    class Meta:
        verbose_name = _("半小時話務")
        verbose_name_plural = _("半小時話務")
        constraints = [
            models.UniqueConstraint(fields=["slot", "queue"], name="one_sum_a_queue_and_half_hour")
        ]
        indexes = [models.Index(fields=["day"], name="call_sums_of_a_day")]


class AgentEvent(models.Model):
    """話務員狀態 An agent came, went, paused or went on, as the exchange tells it."""

    class Kind(models.TextChoices):
        IN = "in", _("登入")
        OUT = "out", _("登出")
        PAUSE = "pause", _("暫停")
        RESUME = "resume", _("恢復")

    source = models.ForeignKey(Source, models.PROTECT, related_name="+", db_index=False)
    agent = models.ForeignKey(Agent, models.PROTECT, related_name="events", verbose_name=_("話務員"))
    at = Instant(_("時間"))
    kind = models.CharField(_("狀態"), max_length=6, choices=Kind.choices)
    reason = models.CharField(_("原因"), max_length=60, blank=True)

    class Meta:
        verbose_name = _("話務員狀態")
        verbose_name_plural = _("話務員狀態")
        constraints = [
            models.UniqueConstraint(fields=["source", "agent", "at", "kind"], name="one_agent_event_a_second")
        ]
        indexes = [models.Index(fields=["at"], name="agent_events_by_time")]


class Restart(models.Model):
    """交換機重新啟動 Calls alive at this moment have no end in the log and never will."""

    source = models.ForeignKey(Source, models.PROTECT, related_name="+")
    at = Instant(_("時間"))

    class Meta:
        verbose_name = _("交換機重新啟動")
        verbose_name_plural = _("交換機重新啟動")
        constraints = [models.UniqueConstraint(fields=["source", "at"], name="one_restart_a_second")]


class Kiosk(models.Model):
    """看板連結 A link that opens the wallboard and nothing else, without signing in, until it expires."""

    label = models.CharField(_("放置地點"), max_length=60)
    digest = models.CharField(max_length=64, unique=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("建立人")
    )
    made_at = models.DateTimeField(_("建立時間"), auto_now_add=True)
    expires_on = models.DateField(_("有效期限"))
    revoked_at = models.DateTimeField(_("撤銷時間"), null=True, blank=True)

    class Meta:
        verbose_name = _("看板連結")
        verbose_name_plural = _("看板連結")

    def __str__(self) -> str:
        return self.label
