"""The docket: one narrow row for every case of every room, with its clocks, links, evidence and comments."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.expressions import RawSQL
from django.db.models.lookups import In
from django.utils.translation import gettext_lazy as _

from ..money.fields import money as money


class Security(models.TextChoices):
    """Who may know of a case at all. The duty of the room decides within the class."""

    OPEN = "open", _("公開")
    AGENCY = "agency", _("機關內")
    NAMED = "named", _("指定人員")
    SECRET = "secret", _("密")


# Written out, not bound: SQLite uses a partial index only where it reads the same condition in the query.
RESTRICTED = Q(
    In(F("security"), [RawSQL(f"'{one.value}'", ()) for one in (Security.NAMED, Security.SECRET)])  # noqa: S611  (literal codes of the class, so that the partial index is used)
)
"""The cases only few may know of."""


class Case(models.Model):
    """案件 What every governed case has; what is particular to a room lives in its own table."""

    number = models.CharField(_("案號"), max_length=32, unique=True)
    kind = models.CharField(_("業務"), max_length=40)
    title = models.CharField(_("案名"), max_length=200)
    agency = models.ForeignKey(
        "people.Agency", models.PROTECT, related_name="cases", verbose_name=_("主辦機關"), db_index=False
    )
    officer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="cases",
        verbose_name=_("承辦人"),
        db_index=False,
    )
    district = models.ForeignKey(
        "people.District", models.PROTECT, null=True, blank=True, verbose_name=_("行政區")
    )
    stage = models.CharField(_("階段"), max_length=24)
    opened_on = models.DateField(_("立案日"))
    due_at = models.DateTimeField(_("期限"), null=True, blank=True)
    closed_on = models.DateField(_("結案日"), null=True, blank=True)
    security = models.CharField(
        _("安全等級"), max_length=8, choices=Security.choices, default=Security.AGENCY
    )

    class Meta:
        verbose_name = _("案件")
        verbose_name_plural = _("案件")
        constraints = [
            models.CheckConstraint(
                condition=Q(closed_on=None) | Q(closed_on__gte=F("opened_on")),
                name="case_closed_after_opened",
            ),
        ]
        # Lists walk these: a room's newest, an agency's newest, a stage's newest; work by deadline for the
        # open ones.
        indexes = [
            models.Index("kind", F("opened_on").desc(), F("id").desc(), name="case_kind_recent"),
            models.Index("kind", "agency", F("opened_on").desc(), F("id").desc(), name="case_agency_recent"),
            models.Index("kind", "stage", F("opened_on").desc(), F("id").desc(), name="case_stage_recent"),
            # Holds what decides who sees a case too: a filtered list is counted from the index alone.
            models.Index(
                "kind",
                "agency",
                "stage",
                F("opened_on").desc(),
                F("id").desc(),
                "security",
                "officer",
                name="case_agency_stage",
            ),
            models.Index("due_at", "id", condition=Q(closed_on=None), name="case_open_due"),
            models.Index("agency", "due_at", "id", condition=Q(closed_on=None), name="case_open_agency_due"),
            models.Index(
                "officer", "due_at", "id", condition=Q(closed_on=None), name="case_open_officer_due"
            ),
            models.Index("kind", "due_at", "id", condition=Q(closed_on=None), name="case_open_kind_due"),
            # Boards and work lists: whose, how urgent and how many, told from the index alone.
            models.Index(
                "kind",
                "stage",
                "due_at",
                "id",
                "officer",
                "agency",
                condition=Q(closed_on=None),
                name="case_open_stage_due",
            ),
            models.Index("officer", F("opened_on").desc(), F("id").desc(), name="case_officer_recent"),
            models.Index(
                "kind",
                "agency",
                F("opened_on").desc(),
                F("id").desc(),
                condition=Q(closed_on=None),
                name="case_open_recent",
            ),
            models.Index("closed_on", "id", condition=Q(closed_on__isnull=False), name="case_closed_on"),
            # Few, and looked through by searches: no index of texts holds them.
            models.Index("id", condition=RESTRICTED, name="case_restricted"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"


class Record(models.Model):
    """A room's own facts about a case: `class Trip(Record)`. Facts only; stage, agency and dates of
    handling are the docket's.
    """

    case = models.OneToOneField(
        Case, models.PROTECT, primary_key=True, related_name="%(class)s", verbose_name=_("案件")
    )

    class Meta:
        abstract = True

    step: Any
    """The move under way, for the body of a move: who, when, and what else to keep (`process.Step`)."""
    docket: Any
    """What an archive has played of this case so far (`steps.Docket`); only while it is in memory."""

    def __str__(self) -> str:
        return str(self.case)


class Sequence(models.Model):
    """The last number given out for a kind of case in a year."""

    code = models.CharField(max_length=60, primary_key=True)
    last = models.PositiveBigIntegerField(default=0)


class Clock(models.Model):
    """辦理期限 A running deadline. `due_at` is where it stands now; every change of it is a row of
    `ClockChange`.
    """

    case = models.ForeignKey(Case, models.PROTECT, related_name="clocks", verbose_name=_("案件"))
    code = models.CharField(_("期限別"), max_length=40)
    started_at = models.DateTimeField(_("起算"))
    span = models.CharField(_("期間"), max_length=60)
    due_at = models.DateTimeField(_("期限"))
    calendar = models.CharField(_("辦公日曆版本"), max_length=80, blank=True)
    stopped_at = models.DateTimeField(_("完成"), null=True, blank=True)
    paused_at = models.DateTimeField(_("暫停起"), null=True, blank=True)

    class Meta:
        verbose_name = _("辦理期限")
        verbose_name_plural = _("辦理期限")
        constraints = [
            models.UniqueConstraint(
                fields=["case", "code"], condition=Q(stopped_at=None), name="one_running_clock_a_code"
            )
        ]
        indexes = [models.Index("due_at", condition=Q(stopped_at=None), name="clock_running_due")]

    def __str__(self) -> str:
        return f"{self.code} {self.due_at:%Y-%m-%d}"


class ClockChange(models.Model):
    """展期、暫停、恢復、重算 Why a deadline moved: who, when, for what reason, from where to where."""

    class Kind(models.TextChoices):
        PAUSE = "pause", _("暫停")
        RESUME = "resume", _("恢復")
        EXTEND = "extend", _("展期")
        RECALCULATE = "recalculate", _("重算")

    clock = models.ForeignKey(Clock, models.PROTECT, related_name="changes", verbose_name=_("期限"))
    kind = models.CharField(_("類別"), max_length=12, choices=Kind.choices)
    at = models.DateTimeField(_("時間"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("辦理人")
    )
    reason = models.TextField(_("理由"), blank=True)
    due_before = models.DateTimeField(_("原期限"))
    due_after = models.DateTimeField(_("新期限"))

    class Meta:
        verbose_name = _("期限異動")
        verbose_name_plural = _("期限異動")


class Link(models.Model):
    """相關案件 How one case relates to another; rooms meet here and not by foreign keys of their own."""

    class Kind(models.TextChoices):
        CAUSED_BY = "caused_by", _("起因於")
        FOLLOWS = "follows", _("接續")
        SEE_ALSO = "see_also", _("參見")

    source = models.ForeignKey(Case, models.PROTECT, related_name="links_out", verbose_name=_("案件"))
    target = models.ForeignKey(Case, models.PROTECT, related_name="links_in", verbose_name=_("相關案件"))
    kind = models.CharField(_("關係"), max_length=12, choices=Kind.choices)

    class Meta:
        verbose_name = _("相關案件")
        verbose_name_plural = _("相關案件")
        constraints = [
            models.UniqueConstraint(fields=["source", "target", "kind"], name="one_link_a_kind"),
            models.CheckConstraint(condition=~Q(source=F("target")), name="link_to_another_case"),
        ]


class CaseEvidence(models.Model):
    """佐證資料 A file given to a case, and with which move."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="evidence", verbose_name=_("案件"))
    evidence = models.ForeignKey(
        "evidence.Evidence", models.PROTECT, related_name="cases", verbose_name=_("檔案")
    )
    act = models.CharField(_("動作"), max_length=60, blank=True)
    purpose = models.CharField(_("用途"), max_length=60, blank=True)

    class Meta:
        verbose_name = _("佐證資料")
        verbose_name_plural = _("佐證資料")
        constraints = [
            models.UniqueConstraint(fields=["case", "evidence", "purpose"], name="one_evidence_a_purpose")
        ]


class Comment(models.Model):
    """意見 A note between colleagues on a case. Not part of the decision; never edited."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="comments", verbose_name=_("案件"))
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("發言人")
    )
    at = models.DateTimeField(_("時間"), auto_now_add=True)
    text = models.TextField(_("內容"))

    class Meta:
        verbose_name = _("意見")
        verbose_name_plural = _("意見")


class Follow(models.Model):
    """關注 A person who wants to hear of a case."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="followers", verbose_name=_("案件"))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="following", verbose_name=_("人員")
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "case"], name="one_follow_a_person")]


class Receipt(models.Model):
    """What a request already did, so that its retry does nothing twice."""

    key = models.CharField(max_length=64, primary_key=True)
    case = models.ForeignKey(Case, models.PROTECT, related_name="+")
    act = models.CharField(max_length=60)
    at = models.DateTimeField(auto_now_add=True)


def percent(label: Any, **options: Any) -> models.DecimalField[Any, Any]:
    """Percentage points with two decimals, 0 to 999.99."""
    return models.DecimalField(label, max_digits=6, decimal_places=2, **options)
