"""Tables of the vault. Nothing outside this package keeps, reads or writes a person's data."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .persons import LABELS
from .rows import Sealed


class Retention(models.TextChoices):
    """保存類別 How long a person's data is kept after the case is closed, by rules (`shredding`)."""

    BRIEF = "brief", _("短期")
    USUAL = "usual", _("一般")
    LONG = "long", _("長期")
    ACCUSATION = "accusation", _("檢舉")


class Identity(Sealed):
    """當事人個資 One person as told in one case. The columns say nothing about who it is.

    The marks are keyed hashes of telephone, mobile, e-mail, ID number, and name with address: equal marks are
    the same person. They and the envelope are emptied when the identity is shredded; the row stays.
    """

    case = models.ForeignKey(
        "casework.Case", models.PROTECT, null=True, related_name="identities", verbose_name=_("案件")
    )
    sealed = models.BooleanField(_("檢舉密封"), default=False)
    retention = models.CharField(
        _("保存類別"), max_length=12, choices=Retention.choices, default=Retention.USUAL
    )
    phone_mark = models.CharField(max_length=32, null=True, db_index=True)
    mobile_mark = models.CharField(max_length=32, null=True, db_index=True)
    email_mark = models.CharField(max_length=32, null=True, db_index=True)
    id_mark = models.CharField(max_length=32, null=True, db_index=True)
    home_mark = models.CharField(max_length=32, null=True, db_index=True)
    kept_at = models.DateTimeField(_("登錄時間"), default=timezone.now)
    unwanted = models.CharField(_("不再接收的管道"), max_length=20, blank=True, default="")
    """By which ways the person no longer wants to be told, with commas."""
    shredded_at = models.DateTimeField(_("銷毀時間"), null=True, blank=True)

    class Meta:
        verbose_name = _("當事人個資")
        verbose_name_plural = _("當事人個資")
        constraints = [
            models.CheckConstraint(
                condition=Q(shredded_at=None, wrapped__isnull=False, text__isnull=False)
                | Q(
                    shredded_at__isnull=False, wrapped=None, text=None, phone_mark=None, mobile_mark=None,
                    email_mark=None, id_mark=None, home_mark=None,
                ),
                name="identity_whole_or_shredded",
            ),
            models.CheckConstraint(
                condition=Q(sealed=False, key_id__startswith="ordinary-")
                | Q(sealed=True, key_id__startswith="sealed-"),
                name="identity_key_of_its_ring",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return str(_("當事人個資"))

    def __repr__(self) -> str:
        return f"<Identity {self.pk}>"


class Shredding(models.Model):
    """個資銷毀案 A proposal to forget the persons of a class, and what came of it."""

    retention = models.CharField(_("保存類別"), max_length=12, choices=Retention.choices)
    until = models.DateField(_("結案日至"))
    years = models.PositiveSmallIntegerField(_("保存年數"))
    count = models.PositiveIntegerField(_("到期人數"))
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("提出人")
    )
    proposed_at = models.DateTimeField(_("提出時間"), default=timezone.now)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("核定人")
    )
    done_at = models.DateTimeField(_("銷毀時間"), null=True, blank=True)
    done = models.PositiveIntegerField(_("已銷毀人數"), default=0)
    dropped_at = models.DateTimeField(_("撤回時間"), null=True, blank=True)

    class Meta:
        verbose_name = _("個資銷毀案")
        verbose_name_plural = _("個資銷毀案")
        constraints = [
            models.UniqueConstraint(
                fields=["retention"], condition=Q(done_at=None, dropped_at=None), name="one_open_shredding"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_retention_display()} {self.until}"


class Purpose(models.TextChoices):
    """What a person's data is looked at for; the petitioner reads it beside who looked."""

    CONTACT = "contact", _("聯繫當事人")
    REPLY = "reply", _("寄發答復或通知")
    VISIT = "visit", _("現場會勘")
    VERIFY = "verify", _("查證身分")
    APPEAL = "appeal", _("救濟或申訴")
    AUDIT = "audit", _("稽核")
    INCIDENT = "incident", _("個資事件處理")
    REQUEST = "request", _("當事人行使個資權利")
    TRANSFER = "transfer", _("移轉案件檔案")


class Reveal(models.Model):
    """調閱個資紀錄 Somebody saw a person's data. The database refuses to change or delete a line."""

    identity = models.ForeignKey(Identity, models.PROTECT, related_name="reveals", verbose_name=_("當事人"))
    case = models.ForeignKey("casework.Case", models.PROTECT, related_name="+", verbose_name=_("案件"))
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("調閱人")
    )
    at = models.DateTimeField(_("時間"), default=timezone.now)
    purpose = models.CharField(_("目的"), max_length=12, choices=Purpose.choices)
    why = models.CharField(_("說明"), max_length=200, blank=True)
    fields = models.CharField(_("項目"), max_length=80)

    class Meta:
        verbose_name = _("調閱個資紀錄")
        verbose_name_plural = _("調閱個資紀錄")
        indexes = [models.Index("case", "at", name="reveal_case_at")]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()} {self.at:%Y-%m-%d %H:%M}"

    @property
    def labels(self) -> list[str]:
        """The fields that were seen, in words."""
        return [str(LABELS[name]) for name in self.fields.split(",") if name in LABELS]
