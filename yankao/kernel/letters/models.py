"""What was sent: the number series of agencies, the outgoing register, and what a certificate vouches for."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from .kinds import Kind, Secrecy, Urgency


class Series(models.Model):
    """發文字號 How an agency (or one of its units, or for one kind) numbers what it sends, between two dates.

    `form` holds ``{word}``, ``{roc}`` and ``{seq}``; a change of form is a new row from its day. The running
    number begins anew each ROC year.
    """

    agency = models.ForeignKey(
        "people.Agency", models.PROTECT, related_name="letter_series", verbose_name=_("發文機關")
    )
    unit = models.ForeignKey(
        "people.Unit", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("單位")
    )
    kind = models.CharField(
        _("文書別"), max_length=12, choices=Kind.choices, blank=True, help_text=_("空白表示各類文書共用")
    )
    word = models.CharField(_("發文代字"), max_length=20)
    form = models.CharField(_("字號格式"), max_length=60)
    pattern = models.CharField(_("檢核規則"), max_length=120)
    address = models.CharField(_("機關地址"), max_length=120, blank=True)
    phone = models.CharField(_("電話"), max_length=60, blank=True)
    valid_from = models.DateField(_("生效日"))
    valid_to = models.DateField(_("失效日"), null=True, blank=True)

    class Meta:
        verbose_name = _("發文字號")
        verbose_name_plural = _("發文字號")
        constraints = [
            models.UniqueConstraint(
                fields=["agency", "kind", "valid_from"], condition=Q(unit=None), name="one_series_a_day"
            ),
            models.UniqueConstraint(
                fields=["unit", "kind", "valid_from"],
                condition=Q(unit__isnull=False),
                name="one_series_a_unit_and_day",
            ),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from")), name="series_dates_in_order"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.word}字"


class Dispatch(models.Model):
    """發文 One document that was issued. Written once; only its revocation is added later.

    `subject` names what it is about (``case:12``); `title` and `receivers` hold no personal data, for the
    register is searched. The text itself stands in the files alone.
    """

    code = models.CharField(_("範本"), max_length=80)
    kind = models.CharField(_("文書別"), max_length=12, choices=Kind.choices)
    language = models.CharField(_("語文"), max_length=10)
    agency = models.ForeignKey(
        "people.Agency", models.PROTECT, related_name="dispatches", verbose_name=_("發文機關")
    )
    series = models.ForeignKey(
        Series, models.PROTECT, null=True, blank=True, related_name="dispatches", verbose_name=_("字號系列")
    )
    roc_year = models.PositiveSmallIntegerField(_("年度"))
    seq = models.PositiveIntegerField(_("流水號"), null=True, blank=True)
    number = models.CharField(_("發文字號"), max_length=60, blank=True)
    dated = models.DateField(_("發文日期"))
    title = models.CharField(_("事由"), max_length=200)
    receivers = models.CharField(_("受文者"), max_length=400, blank=True)
    urgency = models.CharField(_("速別"), max_length=8, choices=Urgency.choices, default=Urgency.ORDINARY)
    secrecy = models.CharField(_("密等"), max_length=8, choices=Secrecy.choices, default=Secrecy.NONE)
    subject = models.CharField(_("對象"), max_length=80, db_index=True)
    case = models.ForeignKey(
        "casework.Case", models.PROTECT, null=True, blank=True, related_name="dispatches",
        verbose_name=_("案件"),
    )  # fmt: skip
    odt = models.ForeignKey("evidence.Evidence", models.PROTECT, related_name="+", verbose_name="ODT")
    pdf = models.ForeignKey("evidence.Evidence", models.PROTECT, related_name="+", verbose_name="PDF")
    ods = models.ForeignKey(
        "evidence.Evidence", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="ODS"
    )
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("發文人")
    )
    issued_at = models.DateTimeField(_("發文時間"))
    batch = models.CharField(_("批次"), max_length=64, blank=True, db_index=True)
    key = models.CharField(max_length=160, unique=True, null=True, blank=True)
    only = models.CharField(max_length=180, unique=True, null=True, blank=True)
    """Holds the place of a letter that is sent once about one thing; a revocation frees it."""
    revoked_at = models.DateTimeField(_("註銷時間"), null=True, blank=True)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("註銷人"),
    )  # fmt: skip
    revoked_for = models.CharField(_("註銷理由"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("發文")
        verbose_name_plural = _("發文")
        constraints = [
            models.UniqueConstraint(fields=["number"], condition=~Q(number=""), name="one_letter_a_number"),
            models.UniqueConstraint(fields=["series", "roc_year", "seq"], name="one_letter_a_place"),
            models.CheckConstraint(
                condition=Q(number="", series=None, seq=None) | (~Q(number="") & Q(seq__isnull=False)),
                name="letter_numbered_or_not",
            ),
            models.CheckConstraint(
                condition=Q(revoked_at=None, revoked_for="")
                | (Q(revoked_at__isnull=False) & ~Q(revoked_for="")),
                name="letter_revoked_with_reason",
            ),
        ]
        indexes = [
            models.Index(F("dated").desc(), F("id").desc(), name="dispatch_recent"),
            models.Index("agency", F("dated").desc(), F("id").desc(), name="dispatch_agency_recent"),
            models.Index("code", F("dated").desc(), F("id").desc(), name="dispatch_code_recent"),
        ]

    def __str__(self) -> str:
        return self.number or self.title

    @property
    def valid(self) -> bool:
        return self.revoked_at is None


class Concerned(models.Model):
    """A case that a document about several is about."""

    dispatch = models.ForeignKey(Dispatch, models.PROTECT, related_name="concerned", verbose_name=_("發文"))
    case = models.ForeignKey(
        "casework.Case", models.PROTECT, related_name="concerned_in", verbose_name=_("案件")
    )

    class Meta:
        verbose_name = _("發文所涉案件")
        verbose_name_plural = _("發文所涉案件")
        constraints = [models.UniqueConstraint(fields=["dispatch", "case"], name="one_concern_a_case")]


class Vouched(models.Model):
    """驗證 What a certificate says to whoever holds its code. Of the code only the digest is kept."""

    dispatch = models.OneToOneField(
        Dispatch, models.PROTECT, primary_key=True, related_name="vouched", verbose_name=_("發文")
    )
    digest = models.CharField(max_length=64, unique=True)
    lines = models.JSONField(_("證明內容"), default=list)

    class Meta:
        verbose_name = _("證書驗證")
        verbose_name_plural = _("證書驗證")


class WrongCode(models.Model):
    """A code that is none, tried by a client (hashed), kept for a day so that every worker counts alike."""

    client = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index("client", F("at").desc(), name="wrong_codes_of_client")]


class Received(models.Model):
    """收文 One document that an agency received: whose, about what, by when it is to be handled.

    `sender` is an agency or an office, never a private person by name: the register is searched.
    """

    agency = models.ForeignKey(
        "people.Agency", models.PROTECT, related_name="received", verbose_name=_("收文機關")
    )
    number = models.CharField(_("收文號"), max_length=40, unique=True)
    received_on = models.DateField(_("收文日期"))
    sender = models.CharField(_("來文機關"), max_length=120)
    sender_number = models.CharField(_("來文字號"), max_length=80, blank=True)
    dated = models.DateField(_("來文日期"), null=True, blank=True)
    title = models.CharField(_("事由"), max_length=200)
    urgency = models.CharField(_("速別"), max_length=8, choices=Urgency.choices, default=Urgency.ORDINARY)
    secrecy = models.CharField(_("密等"), max_length=8, choices=Secrecy.choices, default=Secrecy.NONE)
    due_at = models.DateTimeField(_("辦理期限"))
    case = models.ForeignKey(
        "casework.Case", models.PROTECT, null=True, blank=True, related_name="received_letters",
        verbose_name=_("案件"),
    )  # fmt: skip
    file = models.ForeignKey(
        "evidence.Evidence", models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("來文檔案"),
    )  # fmt: skip
    registered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("收文人")
    )
    registered_at = models.DateTimeField(_("登錄時間"))
    key = models.CharField(max_length=160, unique=True, null=True, blank=True)
    done_on = models.DateField(_("辦結日期"), null=True, blank=True)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("辦結人"),
    )  # fmt: skip
    outcome = models.CharField(_("辦理情形"), max_length=200, blank=True)
    answer = models.ForeignKey(
        Dispatch, models.PROTECT, null=True, blank=True, related_name="answers", verbose_name=_("復文")
    )

    class Meta:
        verbose_name = _("收文")
        verbose_name_plural = _("收文")
        constraints = [
            models.UniqueConstraint(
                fields=["agency", "sender", "sender_number"],
                condition=~Q(sender_number=""),
                name="one_receipt_a_letter",
                violation_error_message=_("這份來文已登錄。"),
            ),
            models.CheckConstraint(
                condition=Q(dated=None) | Q(dated__lte=F("received_on")),
                name="letter_received_after_dated",
                violation_error_message=_("來文日期不能晚於收文日期。"),
            ),
            models.CheckConstraint(
                condition=Q(done_on=None, outcome="", answer=None)
                | (Q(done_on__gte=F("received_on")) & ~Q(outcome="")),
                name="letter_done_with_outcome",
                violation_error_message=_("辦結須說明辦理情形，日期不能早於收文。"),
            ),
        ]
        indexes = [
            models.Index("agency", F("received_on").desc(), F("id").desc(), name="received_agency_recent"),
            models.Index("agency", "due_at", condition=Q(done_on=None), name="received_open"),
        ]

    def __str__(self) -> str:
        return self.number
