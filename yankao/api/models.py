"""Keys by which a person's own programs may ask in the person's name."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Scope(models.TextChoices):
    """What a token may be used for."""

    READ = "read", _("只能讀取")
    WRITE = "write", _("讀取與辦理")
    FEED = "feed", _("只供訂閱行事曆")


class ApiToken(models.Model):
    """介面權杖 A personal token. The token itself is shown once; only its SHA-256 is kept."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="api_tokens", verbose_name=_("人員")
    )
    name = models.CharField(_("名稱"), max_length=60, help_text=_("例如使用它的程式或主機。"))
    hint = models.CharField(_("開頭"), max_length=12)
    digest = models.CharField(max_length=64, unique=True)
    scope = models.CharField(_("權限"), max_length=8, choices=Scope.choices, default=Scope.READ)
    made_at = models.DateTimeField(_("建立時間"), auto_now_add=True)
    expires_on = models.DateField(_("有效期限"))
    used_on = models.DateField(_("最近使用"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("撤銷時間"), null=True, blank=True)

    class Meta:
        verbose_name = _("介面權杖")
        verbose_name_plural = _("介面權杖")
        indexes = [models.Index(fields=["user", "-made_at"], name="api_tokens_of_person")]

    def __str__(self) -> str:
        return f"{self.name} ({self.hint}…)"


class Client(models.Model):
    """介接單位 A system outside that sends reports by Open311. Of its key only the SHA-256 is kept."""

    name = models.CharField(_("名稱"), max_length=60, help_text=_("例如通報網站或手機程式的名稱。"))
    hint = models.CharField(_("開頭"), max_length=12)
    digest = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField(_("建立時間"), auto_now_add=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("建立人")
    )
    used_on = models.DateField(_("最近使用"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("撤銷時間"), null=True, blank=True)

    class Meta:
        verbose_name = _("介接單位")
        verbose_name_plural = _("介接單位")

    def __str__(self) -> str:
        return f"{self.name} ({self.hint}…)"


class Hook(models.Model):
    """事件訂閱 A system outside that is told of steps of cases. Its secret is derived from the salt."""

    name = models.CharField(_("名稱"), max_length=60)
    url = models.URLField(_("接收網址"), max_length=300)
    rooms = models.JSONField(_("業務"), default=list)
    acts = models.JSONField(_("動作"), default=list, blank=True)
    salt = models.CharField(max_length=64)
    made_at = models.DateTimeField(_("建立時間"), auto_now_add=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("建立人")
    )
    after = models.BigIntegerField(_("已讀至帳冊"))
    ended_at = models.DateTimeField(_("停用時間"), null=True, blank=True)

    class Meta:
        verbose_name = _("事件訂閱")
        verbose_name_plural = _("事件訂閱")

    def __str__(self) -> str:
        return self.name


class Delivery(models.Model):
    """事件送達 One event for one subscription: queued, taken by the other side, or a dead letter."""

    class State(models.TextChoices):
        QUEUED = "queued", _("待送")
        DONE = "done", _("已送達")
        DEAD = "dead", _("無法送達")

    hook = models.ForeignKey(Hook, models.PROTECT, related_name="deliveries", verbose_name=_("事件訂閱"))
    seq = models.BigIntegerField(_("帳冊序號"))
    event = models.CharField(_("事件"), max_length=120)
    body = models.TextField(_("內容"))
    state = models.CharField(_("狀態"), max_length=8, choices=State.choices, default=State.QUEUED)
    tries = models.PositiveSmallIntegerField(_("嘗試次數"), default=0)
    said = models.CharField(_("對方回應"), max_length=80, blank=True)
    queued_at = models.DateTimeField(_("登記時間"))
    done_at = models.DateTimeField(_("送達時間"), null=True, blank=True)

    class Meta:
        verbose_name = _("事件送達")
        verbose_name_plural = _("事件送達")
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint(fields=["hook", "seq"], name="one_delivery_an_event")]
        indexes = [models.Index(fields=["state", "-id"], name="delivery_state")]
